package sqlite

import (
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/tradesurety/surety/events"
)

// TestNoPositionIsLeft appends to a log that is at the highest position: nothing is applied, also
// not at a position that SQLite draws at random.
func TestNoPositionIsLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	appended(t, s, one("order-1", 0, "a"))
	run(t, foreign(t, path), "INSERT INTO log (position, stream, version, type, schema, at, commit_id, idx, digest, meta, data)"+
		" SELECT 9223372036854775807, 'order-2', 1, type, schema, at, randomblob(16), idx, digest, meta, data FROM log",
		"INSERT INTO links SELECT 9223372036854775807, randomblob(32)")
	c := one("order-1", 1, "b")
	_, err := s.Append(t.Context(), c)
	if b, ok := errors.AsType[*events.BoundsError](err); !ok || b.Field != "position" || errors.Is(err, events.ErrUnknownOutcome) {
		t.Errorf("append beyond the highest position: %v", err)
	}
	if _, found, err := s.Lookup(t.Context(), c.ID); found || err != nil {
		t.Errorf("the commit is known: %t, %v", found, err)
	}
	if p, err := s.Settled(t.Context()); p != math.MaxInt64 || err != nil {
		t.Errorf("settled at %d, %v", p, err)
	}
}

// TestPositionsFollowOtherWriters takes the position after that of another connection, and again
// after a transaction that was rolled back.
func TestPositionsFollowOtherWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	a, b := openAt(t, path), openAt(t, path)
	run(t, a.conns[0], "CREATE TEMP TRIGGER poison BEFORE INSERT ON log WHEN NEW.type = 'poison' BEGIN SELECT raise(ABORT, 'poison'); END")
	for i := range events.Position(10) {
		s := a
		if i%2 == 1 {
			s = b
		} else if _, err := a.Append(t.Context(), one("order-9", 0, "a", "poison")); err == nil {
			t.Fatal("the poison is in the log")
		}
		if r := appended(t, s, one("order-1", events.Version(i), "a")); r.Position != i+1 {
			t.Fatalf("position %d, want %d", r.Position, i+1)
		}
	}
}
