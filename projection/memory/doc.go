// Package memory keeps views in memory: the smallest implementation of projection.Store. It is
// for tests, for simulations, and for views that are quicker to build again than to keep.
//
// The views end with the process; the next process builds them again from the log. A commit waits
// for the running reads, and reads wait for a commit.
//
// See TestStore for the promises.
package memory
