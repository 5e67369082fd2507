package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/projectiontest"
)

func TestMain(m *testing.M) {
	storetest.Child(func(args []string) error {
		s, err := Open(context.Background(), args[0])
		if err != nil {
			return err
		}
		return errors.Join(projectiontest.Victim(s), s.Close())
	})
	os.Exit(m.Run())
}

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStore(t *testing.T) {
	dir := t.TempDir()
	var n atomic.Int64
	paths := make(map[projection.Store]string)
	projectiontest.Run(t, projectiontest.Config{
		Open: func(t testing.TB) projection.Store {
			path := filepath.Join(dir, fmt.Sprintf("views-%d", n.Add(1)))
			s := open(t, path)
			paths[s] = path
			return s
		},
		Reopen: func(t testing.TB, s projection.Store) projection.Store {
			if err := s.(*Store).Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, paths[s])
		},
	})
}
