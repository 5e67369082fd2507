// Package sqlite keeps the log in one SQLite file: the store for a service that runs on one
// machine, and for tests that want a real one. It is pure Go and needs no server.
//
// # Durability
//
// The file is in WAL mode. With events.DurabilityFsync, the default, the write-ahead log is
// forced to the disk before a commit is acknowledged; with events.DurabilityProcess it is
// forced only at checkpoints, and what a loss of power takes away is the newest commits.
// Every connection sets what it relies on and reads it back; Open refuses a file on which a
// setting does not take, with a *SettingError that names it.
//
// # Writing
//
// A process has one writing connection. A caller who finds it idle runs its own transaction;
// callers who find it busy are gathered, and one transaction takes them all. Each member of a
// group gets its own answer, and a member that makes the transaction fail does not take the
// others with it. Several processes may open one file: they take turns for SQLite's write
// lock, and a caller waits for its turn for as long as its context lives.
//
// # Reading
//
// Reads take a bounded number of connections of their own and are never blocked by a writer.
// They fetch a page, let the connection go, and yield the page: the body of a caller's loop
// may take its time, append, or read again.
//
// # Files
//
// Open creates the file when there is none, and refuses with an *OpenError, and without
// touching a byte, whatever is there and is not a log of this package. Beside the file SQLite
// keeps two more with the suffixes -wal and -shm while it is open; the three belong together
// and must be on a local file system.
//
// See TestStore for the promises of events.Store, TestKillLosesNothingAcknowledged for the
// death of a writing process, and TestTwoProcessesShareOneFile for the turns.
package sqlite
