// Package storetest checks that a store keeps the promises of events.Store. Every promise is
// a case; a store that passes can replace any other.
//
// # Use
//
// A store package calls Run from a test of its own:
//
//	func TestStore(t *testing.T) {
//		t.Run("mine", func(t *testing.T) {
//			storetest.Run(t, storetest.Config{Open: func(t testing.TB) events.Store { return open(t) }})
//		})
//	}
//
// so that each promise appears as a test of its own, such as TestStore/mine/OneWriterWins.
//
// # Random cases
//
// Cases that draw at random log their seed and the command that draws the same again;
// SURETY_SEED sets the seed. What the scheduler does is not drawn, so that a fault of
// concurrency may need several runs. SURETY_LONG=1 runs the long forms.
//
// # Controls
//
// A check that cannot fail proves nothing. Under Controls, Run puts a fault between a check
// and the store (a store that ignores versions, one that appends batch by batch, one that
// forgets commit IDs, and others) and fails if the check does not report it.
//
// # Killing and power cuts
//
// Run cannot see what the death of a process leaves behind. Kill can: it starts the test binary
// again as a writer, kills it as kill -9 does, and compares the log with what the writer has
// acknowledged. A test with deaths of its own, such as one in the middle of a transaction, uses
// the parts of Kill: Child and Start for processes, Write for a writer, Auditor for the
// comparison. PowerCut cuts the power of the disk under the writer, and under its server if it has
// one: what was acknowledged must be on the disk. FullDisk fills the disk,
// and IOErrors lets one system call after the other fail.
//
// # Forks
//
// Nor can Run see what a store does whose log is rewound while it is open. Fork can, if it is told
// how to put an earlier state of a log under the store. A Switch is a store whose log a test
// replaces under what follows it.
//
// See TestPromisesAreQuoted, which holds the promises to the comment of events.Store,
// TestAuditorFinds for what an Auditor finds, and TestForkControls for what a follower misses that
// remembers less than a link.
package storetest
