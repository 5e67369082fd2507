package sqlite_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/events/storetest"
)

// TestStore checks the promises of events.Store, with as many readers as there are by default
// and with a single one.
func TestStore(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { storetest.Run(t, suite()) })
	t.Run("one reader", func(t *testing.T) {
		storetest.Run(t, suite(sqlite.WithReaders(1), sqlite.WithDurability(events.DurabilityProcess)))
	})
}

// suite returns how to open, reopen and share a file.
func suite(opts ...sqlite.Option) storetest.Config {
	var paths sync.Map // events.Store -> string
	at := func(t testing.TB, path string) events.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), path, opts...)
		if err != nil {
			t.Fatal(err)
		}
		paths.Store(s, path)
		return s
	}
	same := func(t testing.TB, s events.Store) events.Store {
		t.Helper()
		path, _ := paths.Load(s)
		return at(t, path.(string))
	}
	return storetest.Config{
		Open: func(t testing.TB) events.Store { return at(t, filepath.Join(t.TempDir(), "log")) },
		Reopen: func(t testing.TB, s events.Store) events.Store {
			if err := s.Close(); err != nil && !errors.Is(err, events.ErrClosed) {
				t.Fatal(err)
			}
			return same(t, s)
		},
		Second: same,
	}
}
