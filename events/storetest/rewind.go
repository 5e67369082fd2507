package storetest

import (
	"fmt"
	"os"
	"testing"
	"time"

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
	// Away reports whether a call failed because the log was out of reach, as that of a server is while
	// the server starts again: then the call is made again. Nil says that the log is never out of reach.
	Away func(error) bool
}

// IsAway reports whether a call failed because the log was out of reach.
func (r Rewindable) IsAway(err error) bool { return err != nil && r.Away != nil && r.Away(err) }

// Ask calls f until it fails for another reason than a log that is out of reach, or does not fail.
func (r Rewindable) Ask(t testing.TB, f func() error) error {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		err := f()
		if !r.IsAway(err) {
			return err
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log stays away: %v", err)
		}
	}
}

// LostEvents is how many events a test of Rewinds writes that are then lost.
const LostEvents = 10

// Rewinds runs a test of what follows a log on each of the logs, which are new and empty, for each moment
// at which it may look again: before, when and after the other history is as long as the one that was
// lost, which is when it has as many events as f gets. The long form does each 200 times.
func Rewinds(t *testing.T, logs map[string]func(testing.TB) Rewindable, f func(t *testing.T, log Rewindable, more int)) {
	rounds := 1
	if long() {
		rounds = 200
	}
	rewinds(t, logs, rounds, []string{"Shorter", "Level", "Longer"}, f)
}

// RewindsServer is Rewinds on logs that take seconds to be put on another history: the short form has the
// last of the moments, the long form each 3 times.
func RewindsServer(t *testing.T, logs map[string]func(testing.TB) Rewindable, f func(t *testing.T, log Rewindable, more int)) {
	if long() {
		rewinds(t, logs, 3, []string{"Shorter", "Level", "Longer"}, f)
	} else {
		rewinds(t, logs, 1, []string{"Longer"}, f)
	}
}

func rewinds(t *testing.T, logs map[string]func(testing.TB) Rewindable, rounds int, moments []string, f func(t *testing.T, log Rewindable, more int)) {
	more := map[string]int{"Shorter": 4, "Level": LostEvents, "Longer": 25}
	for name, open := range logs {
		for _, moment := range moments {
			for round := range rounds {
				t.Run(fmt.Sprintf("%s/%s/%d", name, moment, round), func(t *testing.T) { f(t, open(t), more[moment]) })
			}
		}
	}
}

func long() bool { return os.Getenv("SURETY_LONG") == "1" }

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
