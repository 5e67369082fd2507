// Package sqlite keeps the log in one SQLite file: the store for a service that runs on one
// machine, and for tests that want a real one. It is pure Go and needs no server.
//
// # Durability
//
// The file is in WAL mode. With events.DurabilityFsync, the default, the write-ahead log is
// forced to the disk before a commit is acknowledged; with events.DurabilityProcess it is
// forced only at checkpoints, and a loss of power may lose the newest commits.
// Every connection makes the settings it relies on and reads them back; Open refuses a file
// on which one has no effect, with a *SettingError that names it.
//
// # Writing
//
// A process has one writing connection. A caller who finds it idle runs its own transaction;
// callers who find it busy are gathered into a group, which is one transaction. Each member of a
// group gets its own answer, and one that makes the transaction fail does not fail the others.
// Several processes may open one file: SQLite's write lock orders them, and a caller waits for
// it until its context ends.
//
// Lookup of an ID that cannot be found and commits of guards are decided in a group too, under the
// write lock and without a COMMIT; while the writer itself holds the lock, a reading connection may
// decide guards whose ID is none of the group's. After a COMMIT of unknown outcome, such as one whose fsync failed,
// the writer makes sure by a durable transaction of its own that the commit is there or never comes
// back, also not after a crash, before it says anything about it; until then it answers
// events.ErrUnknownOutcome.
//
// # Reading
//
// Reads take a bounded number of connections of their own and are never blocked by a writer.
// They fetch a page, let the connection go, and yield the page: the body of a caller's loop
// may take its time, append, or read again.
//
// # Files
//
// Open creates the file when there is none. A file that is not a log of this package it refuses
// with an *OpenError and leaves unchanged. While the file is open, SQLite keeps two more beside
// it, with the suffixes -wal and -shm; the three belong together and must be on a local file
// system. A store does not go on in a file that is no longer at its path, see MovedError.
//
// # History
//
// Each transaction adds a link to the sum of the log: see events.Marker. A store looks for the link
// that it wrote or read last whenever another connection has committed; if it is gone, as after a
// restore into the open file, the store is dead. The file of an earlier build gets its first link
// when it is opened, at the position of its last record. No record is read or rewritten for that,
// and a process that still has the file open with the earlier build can no longer append.
//
// # Backup
//
// Store.Backup copies the log while it is written to, into one file that is whole or absent.
// Copying the files by other means does not: what is in the -wal is missing, or does not fit. Restore
// checks such a backup and puts it to a path at which there is nothing, after MoveAside has moved what
// was there. Store.Check reads a whole file; Open does so by itself only after an unclean end.
//
// # Checkpoints
//
// Commits are written to the -wal, and a checkpoint moves them to the main file, about every four
// megabytes. Checkpoints that fail lose nothing and let the -wal grow: Store.Health reports them,
// WithLogger has them logged, and WithMaxWAL bounds what they may leave.
//
// See TestStore for the promises of events.Store, TestKillLosesNothingAcknowledged for the
// death of a writing process, TestTwoProcessesShareOneFile, TestBackupUnderLoad,
// TestFailedFsyncStaysFailed, and TestFork for a log that is rewound.
package sqlite
