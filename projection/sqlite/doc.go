// Package sqlite keeps views in one SQLite file of their own, which need not be beside the log
// and may be removed at any time: the views are built again.
//
// The file is not the one of the log. An append then never waits for a view, and the log is
// forced to the disk while the views need not be: the file is in WAL mode with synchronous set to
// normal, and what a loss of power takes away are the newest commits, rows and checkpoints
// together. The next worker folds the same records again.
//
// # Tables
//
// Version 2 of a view named board with a table named orders has its rows in the table
// "board@2.orders", which may be read with any SQLite tool. Which version is live is told by the
// table versions. The indexes of a version are made when it takes over: until then nobody
// reads it, and a row without indexes is written several times faster.
//
// # Processes
//
// Any number of processes may open one file. Writers take turns; readers wait for nobody.
//
// See TestStore for the promises of projection.Store and TestKill for the death of a worker's
// process.
package sqlite
