package sqlite

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
)

// wide appends an event of so many bytes.
func wide(t *testing.T, s *Store, stream events.StreamID, after events.Version, n int) error {
	t.Helper()
	c := one(stream, after, "a")
	c.Batches[0].Events[0].Data = make([]byte, n)
	_, err := s.Append(t.Context(), c)
	return err
}

func healthOf(t *testing.T, s *Store) Health {
	t.Helper()
	h, err := s.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestCheckpointsKeepTheWALSmall appends many times what may be in the WAL.
func TestCheckpointsKeepTheWALSmall(t *testing.T) {
	for _, size := range []int{10, events.MaxData} {
		s := openNew(t, WithDurability(events.DurabilityProcess))
		for i := range events.Version(2000) {
			if err := wide(t, s, "order-1", i, size); err != nil {
				t.Fatal(err)
			}
			if i%100 > 0 {
				continue
			}
			// Up to checkpointPages, and what comes before they are counted again.
			if h := healthOf(t, s); h.Pending > (checkpointPages+countEvery*(17+6))*4096 || h.Err != nil {
				t.Fatalf("after %d events of %d bytes: %+v", i, size, h)
			}
		}
		if h := healthOf(t, s); h.Last.IsZero() || h.WAL < h.Pending {
			t.Errorf("%+v", h)
		}
	}
}

// TestFailingCheckpointsAreReported lets checkpoints fail: appends go on up to the bound of the WAL,
// Health and the log say so, and appends go on once a checkpoint works.
func TestFailingCheckpointsAreReported(t *testing.T) {
	broken := errors.New("the disk is on fire")
	fail := true
	var logged bytes.Buffer
	var seen []events.CheckpointDone
	s := openNew(t, WithDurability(events.DurabilityProcess), WithMaxWAL(16<<20),
		WithObserver(events.Observer{Checkpoint: func(c events.CheckpointDone) { seen = append(seen, c) }}), WithLogger(slog.New(slog.NewTextHandler(&logged, nil))),
		withHooks(hooks{checkpoint: func() error {
			if fail {
				return broken
			}
			return nil
		}}))
	version := events.Version(0)
	for {
		err := wide(t, s, "order-1", version, events.MaxData)
		if err != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Op != "checkpoint" || !errors.Is(err, broken) || errors.Is(err, events.ErrUnknownOutcome) {
				t.Fatalf("an append beyond the bound: %v", err)
			}
			break
		}
		if version++; version > 1000 {
			t.Fatal("the WAL has no bound")
		}
	}
	if h := healthOf(t, s); !errors.Is(h.Err, broken) || h.Pending < 16<<20 || h.Pending > 32<<20 || h.WAL < h.Pending || !h.Last.IsZero() {
		t.Errorf("%+v", h)
	}
	if n := headOf(t, s, "order-1"); n != version {
		t.Errorf("%d records can be read, want %d", n, version)
	}
	if text := logged.String(); strings.Count(text, "level=WARN") != 1 || !strings.Contains(text, "the disk is on fire") {
		t.Errorf("logged:\n%s", text)
	}
	fail = false
	_ = wide(t, s, "order-1", version, 10) // the one that finds that the next checkpoint works
	if err := wide(t, s, "order-2", 0, 10); err != nil {
		t.Errorf("an append after it: %v", err)
	}
	if h := healthOf(t, s); h.Err != nil || h.Pending > 1<<20 || h.Last.IsZero() {
		t.Errorf("%+v", h)
	}
	if text := logged.String(); strings.Count(text, "level=INFO") != 1 {
		t.Errorf("logged:\n%s", text)
	}
	if first, last := seen[0], seen[len(seen)-1]; !errors.Is(first.Err, broken) || first.Pending == 0 || first.Bytes < first.Pending ||
		last.Err != nil || last.Pending != 0 || last.Bytes < 16<<20 {
		t.Errorf("the first checkpoint was %+v, the last %+v", first, last)
	}
}

// TestAReaderHoldsTheWAL has a transaction of another program read an old state: that is reported,
// appends go on, and the WAL begins anew when it has ended.
func TestAReaderHoldsTheWAL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path, WithDurability(events.DurabilityProcess), WithMaxWAL(1<<20))
	appended(t, s, one("order-1", 0, "a"))
	other := foreign(t, path)
	run(t, other, "BEGIN", "SELECT count(*) FROM records")
	for i := range events.Version(300) {
		if err := wide(t, s, "order-2", i, events.MaxData); err != nil {
			t.Fatal(err)
		}
	}
	if h := healthOf(t, s); !errors.Is(h.Err, ErrHeld) || h.Pending < 300*events.MaxData*9/10 {
		t.Errorf("%+v", h)
	}
	run(t, other, "ROLLBACK")
	for i := range events.Version(100) {
		if err := wide(t, s, "order-3", i, events.MaxData); err != nil {
			t.Fatal(err)
		}
	}
	h := healthOf(t, s)
	if h.Err != nil || h.Pending > 10<<20 {
		t.Errorf("%+v", h)
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() != h.WAL {
		t.Errorf("%v %v", info, err)
	}
}

// TestHealthOfAReadOnlyStore reports what is pending, and nothing of checkpoints, which it does not
// run.
func TestHealthOfAReadOnlyStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	appended(t, s, one("order-1", 0, "a"))
	if h := healthOf(t, openAt(t, path, WithReadOnly())); h.Pending == 0 || h.WAL == 0 || h.Err != nil || !h.Last.IsZero() {
		t.Errorf("%+v", h)
	}
	s.Close()
	if _, err := s.Health(t.Context()); !errors.Is(err, events.ErrClosed) {
		t.Errorf("health of a store that is closed: %v", err)
	}
}
