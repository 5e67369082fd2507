package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// ForkConfig says how to put an earlier state of a log under a store that is open.
type ForkConfig struct {
	// Open returns a fresh, empty store, which is an events.Marker. The suite closes it.
	Open func(t testing.TB) events.Store
	// Save keeps a copy of the log of s, as a backup does, and returns what puts the copy in the
	// place of the log while s stays open, once.
	Save func(t testing.TB, s events.Store) (restore func(t testing.TB))
	// Second opens a handle on the log of s as it is now, as another process does. The suite
	// closes it.
	Second func(t testing.TB, s events.Store) events.Store
}

// Fork checks the promise of one history: a store value and its followers live through a log that
// is rewound, and that other processes have then written to or not. Whatever the other history
// is, a follower gets a *events.ForkError and nothing of it, and the store value is dead.
func Fork(t *testing.T, c ForkConfig) {
	for _, b := range branches() {
		for _, first := range []string{"Follower", "Writer"} {
			t.Run(b.name+"/"+first, func(t *testing.T) {
				if err := newFork(t, c).run(b, first); err != nil {
					t.Error(err)
				}
			})
		}
	}
	for _, read := range []string{"Read", "ReadAll", "LastRecord", "PartOfACommit", "LatestSnapshot", "Lookup", "Retry"} {
		t.Run("OnlyRead/"+read, func(t *testing.T) {
			if err := newFork(t, c).onlyRead(read); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("NothingLost", func(t *testing.T) {
		if err := newFork(t, c).nothingLost(); err != nil {
			t.Error(err)
		}
	})
}

// branch is what is written to a log after it was rewound. The lost end of the log is three
// commits of two events each; same is the last of them.
type branch struct {
	name  string
	write func(f *fork, s events.Store, same events.Commit) error
}

func branches() []branch {
	others := func(n int) func(*fork, events.Store, events.Commit) error {
		return func(f *fork, s events.Store, _ events.Commit) error { return f.tail(s, n, "other") }
	}
	return []branch{
		{"Rewound", others(0)},
		{"Shorter", others(1)},
		{"Level", others(3)},
		{"Overtaken", others(5)},
		// Its last commit has the position, the ID and the bytes of the one that was lost.
		{"Retried", func(f *fork, s events.Store, same events.Commit) error {
			if err := f.tail(s, 2, "other"); err != nil {
				return err
			}
			_, err := f.apply(s, same)
			return err
		}},
		{"RetriedAndOvertaken", func(f *fork, s events.Store, same events.Commit) error {
			if err := f.tail(s, 2, "other"); err != nil {
				return err
			}
			if _, err := f.apply(s, same); err != nil {
				return err
			}
			_, err := f.put(s, batch("order-9", 0, newEvents(4)...))
			return err
		}},
	}
}

// fork is one run: a store value that lives on, and what its followers keep.
type fork struct {
	*env
	config  ForkConfig
	store   events.Store
	last    events.Commit   // that was lost
	common  []events.Cursor // of the records that both histories have
	cursors []events.Cursor // of the records that were lost
}

func newFork(t testing.TB, c ForkConfig) *fork {
	e := newEnv(t, Config{Open: c.Open, Second: c.Second}, nil)
	return &fork{env: e, config: c, store: e.open()}
}

// tail appends n commits of two events, each on a stream of its own, as all branches do.
func (f *fork) tail(s events.Store, n int, text string) error {
	for i := range n {
		f.last = f.commit(batch(stream("tail", i), 0, newEvent(text), newEvent("the same")))
		if _, err := f.apply(s, f.last); err != nil {
			return err
		}
	}
	return nil
}

// begin writes what both histories have, saves it, and writes what is lost.
func (f *fork) begin(lost int) (restore func(testing.TB), err error) {
	if err := f.markedLog(f.store); err != nil {
		return nil, err
	}
	if f.common, err = f.follow(f.store, events.Cursor{}); err != nil {
		return nil, err
	}
	restore = f.config.Save(f.t, f.store)
	if err := f.tail(f.store, lost, "lost"); err != nil {
		return nil, err
	}
	f.cursors, err = f.follow(f.store, f.common[len(f.common)-1])
	return restore, err
}

// follow returns the cursor of each record after one.
func (f *fork) follow(s events.Store, c events.Cursor) ([]events.Cursor, error) {
	var kept []events.Cursor
	for _, err := range events.ReadFrom(f.ctx, s, &c, events.Filter{}) {
		if err != nil {
			return nil, err
		}
		kept = append(kept, c)
	}
	return kept, nil
}

// run has a follower or a writer be the first of the store value to meet the fork.
func (f *fork) run(b branch, first string) error {
	restore, err := f.begin(3)
	if err != nil {
		return err
	}
	living := f.living()
	cache := events.NewCache(8)
	if _, _, err := tailModel.View(f.ctx, f.store, "tail-0", events.WithCache(cache)); err != nil {
		return err
	}
	same := f.last
	restore(f.t)
	other := f.second(f.store)
	if err := b.write(f, other, same); err != nil {
		return err
	}
	before, err := all(f.ctx, other)
	if err != nil {
		return err
	}
	if first == "Writer" {
		if _, err := f.store.Append(f.ctx, f.commit(batch("unrelated-1", 0, newEvents(1)...))); !isFork(err) {
			return fmt.Errorf("a writer that lived through it: %v, want a *ForkError", err)
		}
	}
	if err := f.lostCursors(f.store); err != nil {
		return fmt.Errorf("through the store value that lived through it: %w", err)
	}
	if err := inOrder(living, func() error { return f.dead(cache) }, func() error { return f.lostCursors(other) }); err != nil {
		return err
	}
	if err := f.goesOn(other, before); err != nil {
		return fmt.Errorf("through another store value: %w", err)
	}
	return nil
}

// onlyRead has a store value read, without a Mark, what another one has written and what is lost then.
// What it decides on that must not go into the other history, which has the same versions.
func (f *fork) onlyRead(how string) error {
	writer := f.second(f.store)
	if err := f.markedLog(writer); err != nil {
		return err
	}
	restore := f.config.Save(f.t, f.store)
	split := func(s events.Store, text string) error {
		_, err := f.put(s, batch("split-1", 0, newEvent(text)), batch("split-2", 0, newEvent(text)))
		return err
	}
	if err := f.tail(writer, 3, "lost"); err != nil {
		return err
	}
	if err := split(writer, "lost"); err != nil {
		return err
	}
	var err error
	switch how {
	case "Read":
		_, err = collect(f.store.Read(f.ctx, "tail-1", 0))
	case "ReadAll":
		_, err = collect(f.store.ReadAll(f.ctx, 0, events.Filter{Categories: []string{"tail"}}))
	case "LastRecord":
		_, err = collect(f.store.Read(f.ctx, "tail-1", 1))
	case "PartOfACommit":
		// The link is at the position of another record than that which is read.
		_, err = collect(f.store.Read(f.ctx, "split-1", 0))
	case "LatestSnapshot":
		// What follows it is read later, from the other history.
		kept, ok := writer.(events.Snapshots)
		if !ok {
			return nil
		}
		if err := kept.SaveSnapshot(f.ctx, events.Snapshot{Stream: "tail-1", Version: 2, Fold: "f"}); err != nil {
			return err
		}
		_, _, err = f.store.(events.Snapshots).LatestSnapshot(f.ctx, "tail-1", "f")
	case "Lookup":
		_, _, err = f.store.Lookup(f.ctx, f.last.ID)
	case "Retry":
		_, err = f.store.Append(f.ctx, f.last)
	}
	if err != nil {
		return err
	}
	restore(f.t)
	other := f.second(f.store)
	if err := f.tail(other, 3, "other"); err != nil {
		return err
	}
	if err := split(other, "other"); err != nil {
		return err
	}
	before, err := all(f.ctx, other)
	if err != nil {
		return err
	}
	if _, err := f.store.Append(f.ctx, f.commit(batch("tail-1", 2), batch("unrelated-1", 0, newEvents(1)...))); !isFork(err) {
		return fmt.Errorf("a commit that was decided on what was lost: %v, want a *ForkError", err)
	}
	if _, err := f.store.Append(f.ctx, f.commit(batch("tail-1", 2))); !isFork(err) {
		return fmt.Errorf("guards that were decided on what was lost: %v, want a *ForkError", err)
	}
	return f.goesOn(other, before)
}

// living starts a follower that waits at the end of the log, and returns what waits for its end:
// it must yield no record and then a *events.ForkError.
func (f *fork) living() func() error {
	c := f.cursors[len(f.cursors)-1]
	ended := make(chan error, 1)
	go func() {
		for r, err := range events.TailFrom(f.ctx, f.store, &c, events.Filter{}) {
			if err == nil {
				err = fmt.Errorf("a follower that lived through it got the record at position %d of the other history", r.Position)
			}
			ended <- err
			return
		}
	}()
	return func() error {
		if err := <-ended; !isFork(err) {
			return fmt.Errorf("a follower that lived through it: %w, want a *ForkError", err)
		}
		return nil
	}
}

func isFork(err error) bool {
	_, ok := errors.AsType[*events.ForkError](err)
	return ok
}

// lostCursors reads from everything that a follower may have kept of what was lost.
func (f *fork) lostCursors(s events.Store) error {
	m := s.(events.Marker)
	for _, kept := range f.cursors {
		c := kept
		for r, err := range events.ReadFrom(f.ctx, s, &c, events.Filter{}) {
			if !isFork(err) {
				return fmt.Errorf("a follower at %s goes on with position %d (%v), want a *ForkError", kept, r.Position, err)
			}
		}
		if c != kept {
			return fmt.Errorf("a follower at %s is at %s and has no *ForkError", kept, c)
		}
		if err := m.Holds(f.ctx, kept.Mark); !isFork(err) {
			return fmt.Errorf("link %s was lost: %v, want a *ForkError", kept.Mark, err)
		}
		for _, text := range []string{kept.ID(), kept.String()} {
			if _, err := events.Recall(f.ctx, s, text); !isFork(err) {
				return fmt.Errorf("%q was lost: %v, want a *ForkError", text, err)
			}
		}
	}
	return nil
}

// dead makes every call of a store value that has met the fork, and asks a cache that was filled
// before for what it has.
func (f *fork) dead(cache *events.Cache) error {
	s, m, ctx := f.store, f.store.(events.Marker), f.ctx
	commit := f.commit(batch("unrelated-1", 0, newEvents(1)...))
	_, appended := s.Append(ctx, commit)
	_, guarded := s.Append(ctx, f.commit(batch("unrelated-1", 0)))
	each := s.AppendEach(ctx, []events.Commit{commit, f.commit(batch("unrelated-2", 0, newEvents(1)...))})
	_, _, looked := s.Lookup(ctx, f.last.ID)
	_, read := collect(s.Read(ctx, "order-1", 0))
	_, readAll := collect(s.ReadAll(ctx, 0, events.Filter{}))
	_, readFrom := collect(m.ReadFrom(ctx, new(events.Cursor), events.Filter{}))
	_, links := linksOf(ctx, m, 0)
	_, settled := s.Settled(ctx)
	_, marked := m.Mark(ctx, 0)
	runs := 0
	_, transacted := events.Transact(ctx, s, events.Request{ID: f.id()}, func(context.Context, *events.Tx) error { runs++; return nil }, events.WithTimeout(0))
	_, _, viewed := tailModel.View(ctx, s, "tail-0", events.WithCache(cache))
	_, _, stale := tailModel.View(ctx, s, "tail-0", events.WithCache(cache), events.AllowStale())
	calls := map[string]error{
		"Append": appended, "Append of guards": guarded, "AppendEach": each[0].Err, "AppendEach, the second member": each[1].Err,
		"Lookup": looked, "Read": read, "ReadAll": readAll, "ReadFrom": readFrom, "Links": links, "Settled": settled, "Mark": marked,
		"Holds": m.Holds(ctx, f.common[0].Mark), "Holds of the zero Mark": m.Holds(ctx, events.Mark{}),
		"Transact": transacted, "View": viewed, "View, stale": stale,
	}
	if kept, ok := s.(events.Snapshots); ok {
		calls["SaveSnapshot"] = kept.SaveSnapshot(ctx, events.Snapshot{Stream: "order-1", Version: 1, Fold: "f"})
		_, _, calls["LatestSnapshot"] = kept.LatestSnapshot(ctx, "order-1", "f")
	}
	var faults []error
	for name, err := range calls {
		if !isFork(err) {
			faults = append(faults, fmt.Errorf("%s of a store value that has met a fork: %w, want a *ForkError", name, err))
		}
	}
	if runs > 1 || cache.Len() > 0 {
		faults = append(faults, fmt.Errorf("a transaction ran %d times, and its cache has %d states", runs, cache.Len()))
	}
	return errors.Join(faults...)
}

// tailModel folds a stream of the suite to its number of events.
var tailModel = &events.Model[int, int]{
	Category: "tail",
	Evolve:   func(n *int, one int, _ time.Time) error { *n += one; return nil },
	Decode:   func(string, uint16, []byte) (int, error) { return 1, nil },
}

// goesOn checks that a store value opened on the other history is well, has nothing that the dead
// one was asked to write, and serves the followers that have seen nothing but what both
// histories have.
func (f *fork) goesOn(s events.Store, before []events.Record) error {
	log, err := all(f.ctx, s)
	if err != nil {
		return err
	}
	if err := sameRecords(log, before); err != nil {
		return fmt.Errorf("the dead store value has written: %w", err)
	}
	if _, err := events.Verify(f.ctx, s, nil); err != nil {
		return err
	}
	for _, c := range f.common {
		from := slices.IndexFunc(log, func(r events.Record) bool { return r.Position > c.Position })
		if from < 0 {
			from = len(log)
		}
		kept := c
		got, err := collect(events.ReadFrom(f.ctx, s, &c, events.Filter{}))
		if err != nil {
			return fmt.Errorf("a follower at %s has seen nothing that was lost: %w", kept, err)
		}
		if err := sameRecords(got, log[from:]); err != nil {
			return err
		}
	}
	_, err = f.put(s, batch("unrelated-1", 0, newEvents(1)...))
	return err
}

// nothingLost restores a copy of everything: there is no other history, and the store value and
// its followers live on.
func (f *fork) nothingLost() error {
	restore, err := f.begin(0)
	if err != nil {
		return err
	}
	restore(f.t)
	c := f.common[len(f.common)-1]
	commit := f.commit(batch("after-1", 0, newEvents(2)...))
	if _, err := f.apply(f.second(f.store), commit); err != nil {
		return err
	}
	got, err := collect(events.ReadFrom(f.ctx, f.store, &c, events.Filter{}))
	if err != nil {
		return err
	}
	if err := sameRecords(got, recordsOf(commit, got)); err != nil {
		return err
	}
	if _, err := f.put(f.store, batch("after-1", 2, newEvents(1)...)); err != nil {
		return err
	}
	if _, known, err := f.store.Lookup(f.ctx, uuid.Max); err != nil || known {
		return fmt.Errorf("lookup: %t, %w", known, err)
	}
	return nil
}
