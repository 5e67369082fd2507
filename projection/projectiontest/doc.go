// Package projectiontest checks the promises of projection.Store, and those of package projection
// on such a store: every store passes the same cases. For each promise about crashes and about
// concurrent workers there is a control: a store with the fault that the case looks for, which the
// case must detect.
//
// A test of a store calls [Run], and [Kill] if its data outlives the process:
//
//	func TestStore(t *testing.T) {
//		projectiontest.Run(t, projectiontest.Config{Open: open})
//	}
//
// A random case prints its seed; SURETY_SEED repeats it, and SURETY_LONG=1 runs the long forms.
package projectiontest
