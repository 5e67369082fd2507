// Package projectiontest checks the promises of projection.Store, and those of package
// projection on such a store: every store passes the same cases. For each promise about crashes
// and about workers beside each other there is a control, a store with the fault that the case
// looks for, which has to be found out.
//
// A test of a store calls [Run]:
//
//	func TestStore(t *testing.T) {
//		projectiontest.Run(t, projectiontest.Config{Open: open})
//	}
//
// The seed of a random case is printed; SURETY_SEED takes it again, and SURETY_LONG=1 runs the
// long forms.
package projectiontest
