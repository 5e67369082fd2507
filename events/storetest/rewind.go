package storetest

import (
	"fmt"
	"os"
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

// Lost is how many events a test of Rewinds writes that are then lost.
const Lost = 10

// Rewinds runs a test of what follows a log on each of the logs, which are new and empty, for each moment
// at which it may look again: before, when and after the other history is as long as the one that was
// lost, which is when it has as many events as f gets. The long form does each 200 times.
func Rewinds(t *testing.T, logs map[string]func(testing.TB) Rewindable, f func(t *testing.T, log Rewindable, more int)) {
	rounds := 1
	if os.Getenv("SURETY_LONG") == "1" {
		rounds = 200
	}
	for name, open := range logs {
		for moment, more := range map[string]int{"Shorter": 4, "Level": Lost, "Longer": 25} {
			for round := range rounds {
				t.Run(fmt.Sprintf("%s/%s/%d", name, moment, round), func(t *testing.T) { f(t, open(t), more) })
			}
		}
	}
}

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
