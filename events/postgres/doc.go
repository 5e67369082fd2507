// Package postgres keeps the log in a schema of a PostgreSQL database: the store for services
// of several processes, and for those who want their events beside their other tables. It
// works with PostgreSQL 14 and later.
//
// # Setting up
//
// Migrate makes the schema, or brings it forward; Schema returns the same statements for a
// tool of your own. Open and New change nothing, and refuse with an *OpenError a schema that is
// not a log of the version that they know. Open has a pool of its own, New uses the caller's.
// Beside the pool a store has one connection on which it appends, and one on which it listens
// once Changed was called.
//
// All of them must be sessions of the server. A pooler such as pgbouncer may stand before it with
// pool_mode = session; one that hands out connections by transaction or by statement is found out
// when the store is opened, and refused with ErrPooled.
//
// # Durability
//
// With events.DurabilityFsync, the default, Open refuses a server whose fsync or
// full_page_writes is off, with a *SettingError that names it, and every append sets
// synchronous_commit for its transaction: a commit is acknowledged when it is on the disk. With
// events.DurabilityProcess it does not wait for that, and a crash of the server may lose the
// newest commits. The settings are read back on every new connection.
//
// Where the server has synchronous standbys (synchronous_standby_names), a commit is acknowledged
// when they have it too, and waits for as long as that takes. The store never answers success for
// what the primary alone has. If the wait is cancelled, or ends with the process of the server, the
// connection or the primary, callers get events.ErrUnknownOutcome until a later transaction that
// writes nothing but a message in the write-ahead log has waited for the standby: until it is back,
// or is taken off the list. So does Append of a commit that is found, and Lookup, where this process
// has not seen acknowledged that commit or a later one; otherwise they cost no such transaction. In a
// transaction of the caller, the caller's COMMIT waits, and its connection gets the server's warning.
// Reads return what the primary has.
//
// events.DurabilityReplicated demands that: Open refuses a server whose synchronous_standby_names is
// empty, and one of whose standbys none answers before the context ends; an append is refused, and
// nothing written, once the setting is empty. A server that is replicated below PostgreSQL, as some
// that are rented are, waits for nobody that it could show, and is refused at that level. With all
// servers in the DSN and target_session_attrs=read-write a store goes on with the one that was
// promoted; a primary from before the failover that comes back is refused, see TimelineError.
//
// # Writing
//
// Each store has one committer. It sends the commits of all callers in groups, each group as one
// transaction in one round trip: the statement that inserts the rows verifies what they were
// decided on. When the verification fails, a second transaction looks everything up. Each
// member of a group gets its own answer, and one that makes the transaction fail does not fail
// the others. A single caller does not wait.
//
// When the connection is lost under a group, the store connects again, makes sure that the
// server's process for the old connection is gone, and asks again by the IDs of the commits. So
// only callers who were cancelled, and those of a server that does not come back, get
// events.ErrUnknownOutcome.
//
// Lookup of an ID that cannot be read and commits of guards are decided in a group too, under the
// lock of the log; a group of them alone is one round trip that ends with ROLLBACK. After a group of
// unknown outcome nothing is decided before the server's process for its connection is gone.
//
// AppendTx appends in a transaction of the caller, together with rows of other tables.
//
// # Order
//
// A writer holds one advisory lock of the log until its commit can be seen, and takes the
// positions after the highest one. Positions therefore become visible in their order, and have
// no gaps that a reader would have to wait for: a reader goes on from the last position it has
// seen, and neither other databases nor long transactions of the same server delay it. The
// price is that groups of different processes follow each other. Since a group takes the lock
// once, the number of processes counts and not that of callers: with 32 callers each, two
// processes together reached 0.7 and four 0.4 of what one did (BenchmarkStores).
//
// The alternative is a lock per stream and positions from a sequence: groups of different
// processes run side by side, and a reader has to prove of every gap that it will not be filled.
// Both were measured in one interleaved run, by processes of 32 callers with one event a commit.
// Without the readers' proofs, and notifying as the store does, the alternative reached, against
// the lock of the log, 1.01 with one process, 1.23 with two and 1.37 with four on streams of
// their own (1.09, 1.36 and 1.44 without notifying), and 0.92, 0.89 and 1.00 where one commit of
// four also goes to a stream that all share. With two processes on a machine of two cores that
// was 16,200 commits/s against 21,000, and 5,700 against 5,100: too little for giving up
// positions without gaps. To measure it again:
//
//	go test -run '^$' -bench Designs -benchtime 25x ./events/postgres
//
// # History
//
// Each transaction adds a link to the sum of the log, in the column sum of its last row: see
// events.Marker. The server computes it where it draws the positions, from the link before and a
// hash of the records that the store sends along. A store value remembers the last link that it was
// acknowledged, or that is at or after a record which it has read; never one of AppendTx, whose
// transaction may be rolled back. Each
// statement that appends, decides in turn or saves a snapshot looks whether the log still has it,
// and each new connection of the pool before it reads. If it is gone, as behind a name or a pooler
// where another server answers now, nothing is written and the store value is dead. A log that a
// standby has not received to its end is no other history while the standby is one.
//
// At the level events.DurabilityProcess a crash of the server may lose what was acknowledged: that
// is another history too.
//
// Migrate gives a log of version 1 its first link, at the position of its last record. No record is
// read or rewritten for that. From there on the database refuses each record of a process that still works with the earlier version, which can go on reading: it
// gets an *Error, and nothing of the append was applied.
//
// # Reading
//
// Reads fetch a page through the pool, let the connection go, and yield the page: the body of
// a caller's loop may take its time, append, or read again, in a pool of one connection too. A page
// from a cursor comes from one statement, with the links at both its ends.
// Filters are applied by the server. Through a pool of the store's own, statements keep to the
// indexes whether the tables were ever analysed or not.
//
// # Standbys
//
// OpenReplica opens the reading half of a store on a standby: a *Replica yields what the standby has
// replayed. Append, commits of guards and SaveSnapshot return events.ErrReadOnly, and Lookup of an ID that
// the standby does not have returns events.ErrUnknownOutcome. Workers of package projection build views from
// it in another database. A desk on it reads what the standby has, and executes nothing. Lag reports how far it is
// behind a Receipt, and behind its primary in time. What the recovery of the standby cancels is asked for
// again.
//
// See TestStore for the promises of events.Store, TestInterleavings, TestCommitOrder and
// TestFourProcesses for the order, TestPoolers for pgbouncer, TestKilledClients and TestKilledServer for deaths at either
// end, TestReplyIsLost for connections, TestOneNode for a standby that is away, TestPrimaryIsLost for failovers,
// TestFork for a log that is rewound, TestMigrateLinks for a log of version 1, and TestDamageIsFound for records changed by hand.
package postgres
