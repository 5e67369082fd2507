// Package memory keeps views in memory: the smallest thing that keeps the promises of
// projection.Store. It is for tests, for simulations, and for views that are quicker to build
// again than to keep.
//
// A process that ends takes its views along; the next one builds them anew from the log. A
// commit waits for the reads that run, and reads wait for a commit.
//
// See TestStore for the promises.
package memory
