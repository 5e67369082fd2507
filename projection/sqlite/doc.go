// Package sqlite keeps views in a SQLite file of their own, which may be removed at any time: the
// views are built again.
//
// The file is not the one of the log, so an append never waits for a view. The log is forced to
// the disk and the views are not: their file is in WAL mode with synchronous set to normal, and a
// loss of power may take the newest commits, rows and checkpoints together. The next worker folds
// the same records again.
//
// # Tables
//
// Version 2 of a view named board with a table named orders has its rows in the table
// "board@2.orders", which any SQLite tool can read. The table versions has the versions, and
// which of them is live. The indexes of a version are made when it takes over: until then it has
// no readers, and writing a row without indexes is several times faster. A version that is built anew
// because its log is on another history is without them likewise.
//
// # Processes
//
// Any number of processes may open one file. One writer runs at a time; readers never wait.
//
// See TestStore for the promises of projection.Store and TestKill for the death of a worker's
// process.
package sqlite
