// Package postgres keeps views in a schema of a PostgreSQL database: for services of several
// processes, and for those who want to join what a view says with their other tables. It works
// with PostgreSQL 14 and later.
//
// # Setting up
//
// Open makes the schema when there is none; nothing has to be migrated, because views can be
// built again at any time. The schema is not the one of the log, and need not be in the same
// database: DROP SCHEMA surety_views CASCADE is always safe, and the next worker builds what it
// needs anew.
//
// A worker needs a role that owns the schema, or that may make it. Whoever only reads needs
// USAGE on the schema and SELECT on its tables; with
//
//	ALTER DEFAULT PRIVILEGES IN SCHEMA surety_views GRANT SELECT ON TABLES TO reader
//
// by the role of the workers that goes for the tables of later versions too. A standby of the
// server can be read as well.
//
// # Tables
//
// Version 2 of a view named board with a table named orders has its rows in the table
// "board@2.orders", which may be read with psql or joined with other tables:
//
//	SELECT * FROM surety_views."board@2.orders" WHERE phase = 'shipped';
//
// Numbers are bigint, texts are text, ordered byte by byte. Which version is live, and up to
// where it has folded the log, is told by the table versions. The indexes of a version are made
// when it takes over: until then nobody reads it, and a row without indexes is written several
// times faster. Each goes on with the columns of the key, so that what it finds is in order.
// PostgreSQL bounds what an index can hold: a key, and the values of an index, have 2,600 bytes
// together at most, and 32 columns.
//
// # Writing
//
// A commit is one transaction: it moves the checkpoint, which fails if another worker has moved
// it before and makes one wait that is about to, and then writes the rows of a table with one
// statement, whatever their number. It does not wait for the disk (synchronous_commit is off):
// what a crash of the server takes away are the newest commits, rows and checkpoints together,
// and the next worker folds the same records again.
//
// # Reading
//
// A reading is one REPEATABLE READ, READ ONLY transaction. It has one connection of the pool for
// as long as its function runs; no other call has one while it returns to its caller. A pool of
// one connection will do for everything except a reading within a reading. A version is not
// dropped while it is being read.
//
// See TestStore for the promises of projection.Store, TestKill for the death of a worker's
// process, TestTwoProcesses for two of them on one view, and TestServerGoesAway for the server.
package postgres
