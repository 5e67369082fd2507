package events_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/postgrestest"
	"github.com/tradesurety/surety/events/sqlite/sqlitetest"
	"github.com/tradesurety/surety/events/storetest"
)

// isFork reports whether an error is a *ForkError.
func isFork(err error) bool {
	fork := (*events.ForkError)(nil)
	return errors.As(err, &fork)
}

// write adds numbers to streams of their own, in that many commits.
func write(t testing.TB, store events.Store, what string, n int) {
	t.Helper()
	for i := range n {
		mustAdd(t, store, events.StreamID(fmt.Sprintf("tally-%s.%d", what, i)), add(i))
	}
}

// TestRewoundServer is TestRewindUnderTail and TestRewindUnderSnapshotter on a server that is away for a while.
func TestRewoundServer(t *testing.T) {
	logs := postgrestest.Logs(t)
	t.Run("Tail", func(t *testing.T) { storetest.RewindsServer(t, logs, rewoundTail) })
	t.Run("Snapshotter", func(t *testing.T) { storetest.RewindsServer(t, logs, rewoundSnapshotter) })
}

// TestRewindUnderTail puts another history under a tail that waits at the end of its log. It ends with the
// *ForkError before it yields anything of that; so does one that goes on later from its cursor.
func TestRewindUnderTail(t *testing.T) { storetest.Rewinds(t, sqlitetest.Logs(), rewoundTail) }

func rewoundTail(t *testing.T, log storetest.Rewindable, more int) {
	const common = 5
	write(t, log.Store, "common", common)
	other, put := log.Branch(t)
	write(t, other, "other", more)
	write(t, log.Store, "lost", storetest.LostEvents)

	var cursor events.Cursor
	tail := func(from events.Position) <-chan any {
		return following(t, events.Tail(t.Context(), log.Store, from, events.Filter{}))
	}
	tailFrom := func(events.Position) <-chan any {
		return following(t, events.TailFrom(t.Context(), log.Store, &cursor, events.Filter{}))
	}
	out, kept := tail(0), tailFrom(0)
	for i := range common + storetest.LostEvents {
		wantEqual(t, "position", next(t, out).(events.Record).Position, events.Position(i+1))
		next(t, kept)
	}
	last, err := log.Store.(events.Marker).Mark(t.Context(), common+storetest.LostEvents)
	if err != nil {
		t.Fatal(err)
	}
	opened := put()
	ends := func(out <-chan any) (err error) {
		v := next(t, out)
		err, ok := v.(error)
		if !ok {
			t.Errorf("the tail yields %v", v)
		}
		if v, more := <-out; more {
			t.Errorf("after its error it yields %v", v)
		}
		return err
	}
	for out, again := range map[<-chan any]func(events.Position) <-chan any{out: tail, kept: tailFrom} {
		err := ends(out)
		if log.IsAway(err) {
			err = log.Ask(t, func() error { return ends(again(common + storetest.LostEvents)) })
		}
		if !isFork(err) {
			t.Errorf("the tail ends with %v, want a *ForkError", err)
		}
	}
	at := events.Cursor{Position: common + storetest.LostEvents, Mark: last}
	for r, err := range events.TailFrom(t.Context(), opened, &at, events.Filter{}) {
		if !isFork(err) {
			t.Errorf("a tail that goes on from its cursor yields %+v, %v", r, err)
		}
		break
	}
	// The control: by its position alone a reader goes on, and has skipped the beginning.
	skipped, went := 0, 0
	for r, err := range opened.ReadAll(t.Context(), common, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if skipped++; r.Position > common+storetest.LostEvents {
			skipped, went = skipped-1, went+1
		}
	}
	if want := max(0, more-storetest.LostEvents); went != want || skipped != min(more, storetest.LostEvents) {
		t.Errorf("by its position a reader goes on with %d records, and skips %d", went, skipped)
	}
}

// waits is a store that keeps snapshots back until it is let go.
type waits struct {
	storetest.Marked
	held, goes chan struct{}
}

func (w *waits) SaveSnapshot(ctx context.Context, s events.Snapshot) error {
	w.held <- struct{}{}
	<-w.goes
	return w.Marked.SaveSnapshot(ctx, s)
}

// TestRewindUnderSnapshotter has a snapshot of the lost history be on its way while the log is put on
// another one, to which it is not saved: it would outlive every restart. A cache of the lost history
// answers nothing.
func TestRewindUnderSnapshotter(t *testing.T) {
	storetest.Rewinds(t, sqlitetest.Logs(), rewoundSnapshotter)
}

func rewoundSnapshotter(t *testing.T, log storetest.Rewindable, more int) {
	store := &waits{log.Store.(storetest.Marked), make(chan struct{}, 1), make(chan struct{})}
	model, cache, failed := savedTallies(), events.NewCache(8), make(chan error, 1)
	snapshotter := events.NewSnapshotter(4, func(_ events.StreamID, err error) { failed <- err })
	defer snapshotter.Close()
	opts := []events.Option{events.WithCache(cache), events.WithSnapshots(snapshotter)}

	adds(t, store, model, opts, 1)
	other, put := log.Branch(t)
	for i := range more {
		adds(t, other, model, nil, add(100+i))
	}
	for i := range storetest.LostEvents - 1 {
		write(t, store, fmt.Sprint("lost", i), 1)
	}
	adds(t, store, model, opts, 2, 3, 4)
	<-store.held
	opened := put()
	close(store.goes)
	if err := <-failed; !isFork(err) && !log.IsAway(err) { // nobody saves it again
		t.Errorf("the snapshot fails with %v, want a *ForkError", err)
	}
	if v := latest(t, opened); v != 0 {
		t.Errorf("the other history has a snapshot of version %d", v)
	}
	viewed := log.Ask(t, func() error {
		_, _, err := model.View(t.Context(), store, "tally-a", opts...)
		return err
	})
	_, _, stale := model.View(t.Context(), store, "tally-a", append(opts, events.AllowStale())...)
	decided := 0
	decide := func(_ context.Context, tx *events.Tx) error {
		decided++
		_, _, err := model.Load(tx, "tally-a")
		return errors.Join(err, errors.New("refused"))
	}
	_, tried := events.Try(t.Context(), store, asked(), decide, opts...)
	_, done := events.Transact(t.Context(), store, asked(), decide, opts...)
	for name, err := range map[string]error{"View": viewed, "View, stale": stale, "Try": tried, "Transact": done} {
		if !isFork(err) {
			t.Errorf("%s: %v, want a *ForkError", name, err)
		}
	}
	if decided > 2 || cache.Len() > 0 {
		t.Errorf("decided %d times, and %d states are in the cache", decided, cache.Len())
	}
	state, version, err := model.View(t.Context(), opened, "tally-a")
	if err != nil || version != events.Version(1+more) || len(state.Items) != 1+more {
		t.Errorf("the stream is at version %d with %v (%v)", version, state.Items, err)
	}
}
