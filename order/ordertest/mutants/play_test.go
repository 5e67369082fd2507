package mutants

import (
	"flag"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/ordertest"
)

// games and moves bound the play that has to see a mutant.
const (
	games = "300"
	moves = "120"
	seed  = "1"
)

// TestPlay is the first of the killers: games under the auditor, always the same. Of the sources
// as they are it finds nothing.
func TestPlay(t *testing.T) {
	for name, value := range map[string]string{
		"rapid.checks": games, "rapid.steps": moves, "rapid.seed": seed, "rapid.shrinktime": "0s", "rapid.nofailfile": "true",
	} {
		was := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, was) })
	}
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New()
		defer store.Close()
		ordertest.Play(rt, store)
	})
}
