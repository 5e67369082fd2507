package sqlite

import (
	"context"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// openAt opens a store that is closed when the test ends.
func openAt(t testing.TB, path string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, events.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

func openNew(t testing.TB, opts ...Option) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "log"), opts...)
}

func withHooks(h hooks) Option { return func(c *config) { c.hooks = h } }

// one makes a commit of events of one type on one stream.
func one(stream events.StreamID, after events.Version, types ...string) events.Commit {
	id := uuid.Must(uuid.NewV7())
	b := events.Batch{Stream: stream, After: after}
	for _, typ := range types {
		b.Events = append(b.Events, events.Event{Type: typ, Schema: 1, At: time.Unix(1, 0), Meta: []byte("who"), Data: []byte(typ)})
	}
	return events.Commit{ID: id, Digest: sha256.Sum256(id[:]), Batches: []events.Batch{b}}
}

func appended(t testing.TB, s *Store, c events.Commit) events.Receipt {
	t.Helper()
	r, err := s.Append(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// heads returns the number of records of a stream, which must be readable.
func headOf(t testing.TB, s *Store, stream events.StreamID) events.Version {
	t.Helper()
	var head events.Version
	for r, err := range s.Read(context.Background(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		head = r.Version
	}
	return head
}

// foreign opens a connection to the file beside the store.
func foreign(t testing.TB, path string) *sqlite.Conn {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t testing.TB, conn *sqlite.Conn, queries ...string) {
	t.Helper()
	for _, query := range queries {
		if err := exec(conn, query); err != nil {
			t.Fatal(err)
		}
	}
}
