package projection_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/postgrestest"
	"github.com/tradesurety/surety/events/sqlite/sqlitetest"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// write appends n commits of one event, to streams of their own.
func write(t testing.TB, log events.Store, what string, n int) {
	t.Helper()
	for i := range n {
		_, err := log.Append(t.Context(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
			Stream: events.StreamID(fmt.Sprintf("name-%s.%d", what, i)), Events: []events.Event{{Type: "named", Schema: 1, At: start, Data: []byte("1")}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRewind puts another history under a worker that follows its log. It ends before it folds anything
// of that, and the next one refuses the view, unless it may build it anew.
func TestRewind(t *testing.T) {
	storetest.Rewinds(t, sqlitetest.Logs(), rewound)
}

// TestRewoundServer is TestRewind on a server that is away for a while: the worker then fails, and is run again.
func TestRewoundServer(t *testing.T) { storetest.RewindsServer(t, postgrestest.Logs(t), rewound) }

func rewound(t *testing.T, log storetest.Rewindable, more int) {
	const common = 5
	store := viewmemory.New()
	v := view(func(rows *projection.Rows, r *events.Record) error {
		rows.Put(names, projection.Text(r.Stream), projection.Int(int64(r.Position)))
		return nil
	})
	write(t, log.Store, "common", common)
	other, put := log.Branch(t)
	write(t, other, "other", more)
	write(t, log.Store, "lost", storetest.LostEvents)

	reached, ended := make(chan struct{}, 100), make(chan error, 1)
	worker, err := projection.New(log.Store, store, v, projection.PollEvery(time.Millisecond), projection.OnProgress(func(p projection.Progress) {
		if p.Live && p.Checkpoint.Position == common+storetest.LostEvents && len(reached) == 0 {
			reached <- struct{}{}
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	go func() { ended <- worker.Follow(t.Context()) }()
	<-reached
	opened := put()
	refused := func(err error) {
		t.Helper()
		wrong, fork := (*projection.LogError)(nil), (*events.ForkError)(nil)
		if !errors.As(err, &wrong) || !errors.As(err, &fork) {
			t.Errorf("the worker ends with %v, want a *LogError that is a *events.ForkError", err)
		}
		has(t, store, v, common, "lost", storetest.LostEvents)
	}
	err = <-ended
	if log.IsAway(err) {
		err = log.Ask(t, func() error { return worker.Follow(t.Context()) })
	}
	refused(err)
	refused(catchUp(t, log.Store, store, v, projection.WithRebuildOnFork())) // the log is dead
	refused(catchUp(t, opened, store, v))
	if err := catchUp(t, opened, store, v, projection.WithRebuildOnFork()); err != nil {
		t.Fatal(err)
	}
	has(t, store, v, common, "other", more)
}

// has requires that the view has the rows of what both histories have and of one of them.
func has(t testing.TB, store projection.Store, v *projection.View, common int, what string, n int) {
	t.Helper()
	want := make(map[string]int64)
	for i := range common {
		want[fmt.Sprintf("name-common.%d", i)] = int64(i + 1)
	}
	for i := range n {
		want[fmt.Sprintf("name-%s.%d", what, i)] = int64(common + i + 1)
	}
	if err := v.Read(t.Context(), store, func(s projection.Snapshot) error {
		return projection.Each(s, names, projection.Query{}, func(row projection.Row) error {
			if at, ok := want[row[0].Text()]; !ok || at != row[1].Int() {
				t.Errorf("the view has %v", row)
			}
			delete(want, row[0].Text())
			return nil
		})
	}); err != nil {
		t.Error(err)
	}
	if len(want) > 0 {
		t.Errorf("the view lacks %v", want)
	}
}
