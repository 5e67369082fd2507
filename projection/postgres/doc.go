// Package postgres keeps views in a schema of a PostgreSQL database: for services of several
// processes, and for views that are joined with other tables. It works with PostgreSQL 14 and
// later.
//
// # Setting up
//
// Open makes the schema if there is none; there are no migrations, because views can be built
// again at any time. The schema is not the one of the log, and need not be in the same database:
// DROP SCHEMA surety_views CASCADE is always safe, and the next worker builds its view again.
//
// A worker needs a role that owns the schema, or that may make it. A reader needs USAGE on the
// schema and SELECT on its tables. If the role of the workers executes
//
//	ALTER DEFAULT PRIVILEGES IN SCHEMA surety_views GRANT SELECT ON TABLES TO reader
//
// the reader can also read the tables of later versions. A standby of the server can be read too.
//
// A pooler such as pgbouncer may stand before the server if it hands out sessions (pool_mode =
// session); otherwise Open refuses with ErrPooled. Before a standby that is not found out.
//
// # Tables
//
// Version 2 of a view named board with a table named orders has its rows in the table
// "board@2.orders", which psql can read and other tables can be joined with:
//
//	SELECT * FROM surety_views."board@2.orders" WHERE phase = 'shipped';
//
// Numbers are bigint, texts are text, ordered byte by byte. The table versions has the versions
// with their checkpoints, and which of them is live. The indexes of a version are made when it
// takes over: until then it has no readers, and writing a row without indexes is several times
// faster; while a version is built anew because its log is on another history, it is without them, and
// keeps its tables. Each index ends with the columns of the key, so that the rows it finds are in order.
// PostgreSQL bounds an index: a key, and the values of an index, have 2,600 bytes together at
// most, and 32 columns.
//
// # Writing
//
// A commit is one transaction. It moves the checkpoint, which fails if another worker has moved
// it and makes a concurrent worker wait; then it writes the rows of each table with one statement.
// It does not wait for the disk (synchronous_commit is off): a crash of the server may take the
// newest commits, rows and checkpoints together, and the next worker folds the same records again.
//
// # Reading
//
// A read is one REPEATABLE READ, READ ONLY transaction. It holds one connection of the pool while
// its function runs; no other call holds one after it returns. A pool of one connection is enough
// for everything except a read within a read. A version is not dropped while it is being read.
//
// See TestStore for the promises of projection.Store, TestKill for the death of a worker's
// process, TestTwoProcesses for two of them on one view, and TestServerGoesAway for the server.
package postgres
