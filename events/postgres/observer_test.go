package postgres

import (
	"sync"
	"testing"

	"github.com/tradesurety/surety/events"
)

// TestObserver reports groups, and a listener whose connection is cut and made anew.
func TestObserver(t *testing.T) {
	p := newPlace(t)
	var mu sync.Mutex
	var groups []events.GroupDone
	var ups []bool
	s := p.open(t, WithObserver(events.Observer{
		Group: func(g events.GroupDone) {
			mu.Lock()
			defer mu.Unlock()
			groups = append(groups, g)
		},
		Listener: func(up bool, err error) {
			mu.Lock()
			defer mu.Unlock()
			if ups = append(ups, up); up != (err == nil) {
				t.Errorf("up %t with %v", up, err)
			}
		},
	}))
	appended(t, s, one("order-1", 0, "a", "b"))
	if _, err := s.Append(t.Context(), one("order-1", 0, "late")); err == nil {
		t.Fatal("a stale commit went in")
	}
	eventually(t, "both groups are reported", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(groups) == 2
	})
	if g := groups[0]; g.Members != 1 || g.Events != 2 || g.Outcomes != (events.Outcomes{Applied: 1}) || g.Took <= 0 {
		t.Errorf("%+v", g)
	}
	if g := groups[1]; g.Members != 1 || g.Events != 0 || g.Outcomes != (events.Outcomes{Conflicts: 1}) {
		t.Errorf("%+v", g)
	}
	pid := p.listening(t, s)
	if _, err := p.connect(t).Exec(t.Context(), "SELECT pg_terminate_backend($1)", pid); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the store listens again", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(ups) >= 3 && ups[0] && !ups[1] && ups[2]
	})
}
