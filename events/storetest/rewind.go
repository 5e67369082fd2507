package storetest

import (
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// Rewindable is a log that is open and can be put on another history, for tests of what follows a
// log.
type Rewindable struct {
	// Store is an events.Marker that lives through it. Its owner closes it.
	Store events.Store
	// Branch copies the log as it is. The caller writes another history to the copy. The function put
	// puts the copy in the place of the log in one step, as a restored backup or a promoted standby
	// does it, and returns the log as another process opens it.
	Branch func(t testing.TB) (other events.Store, put func() (opened events.Store))
}

// Moments says how many events another history has where the one that was lost had 10: what follows
// the log looks again before, when and after it is as long.
var Moments = map[string]int{"Shorter": 4, "Level": 10, "Longer": 25}

// InMemory returns an empty log in memory.
func InMemory() Rewindable {
	store := NewSwitch(memory.New())
	return Rewindable{Store: store, Branch: func(t testing.TB) (events.Store, func() events.Store) {
		t.Helper()
		other := store.Log().(*memory.Store).Branch(1<<64 - 1)
		return other, func() events.Store {
			if err := store.To(other); err != nil {
				t.Fatal(err)
			}
			return NewSwitch(other)
		}
	}}
}
