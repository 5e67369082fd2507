// Package memory keeps a log in memory. It is the reference store: the smallest thing that
// keeps the promises of events.Store, for tests, simulations and examples. Nothing outlives
// the process.
//
// # Shape
//
// Records lie in chunks of fixed size that never move, and their bytes in arenas that are
// only ever added to. A reader takes the part of the log that exists when it begins and walks
// it without a lock, because nothing in that part is written again.
//
// # Bytes
//
// The Meta and Data of an event are copied in, so that a caller may use its buffers again.
// The Meta and Data of a record that is read are the store's own memory: they are read-only.
// Appending to them is safe, since their capacity ends where they do.
//
// # Links
//
// The links of a log are computed when somebody asks for them. Store.Branch makes another history
// of the same log, for tests of what happens when a backup is restored.
//
// See TestStore, which runs the conformance suite of package storetest.
package memory
