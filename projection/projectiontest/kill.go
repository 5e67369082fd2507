package projectiontest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/projection"
	rowstore "github.com/tradesurety/surety/projection/memory"
)

// Balances is the table of Sums.
var Balances = &projection.Table{
	Name: "balances", Key: 1, Indexes: [][]string{{"total"}},
	Columns: []projection.Column{{Name: "account", Kind: projection.KindText}, {Name: "total", Kind: projection.KindInt}},
}

// Sums returns a view that adds up the first bytes of the events of each stream.
func Sums() *projection.View {
	return &projection.View{
		Name: "sums", Version: 1, Tables: []*projection.Table{Balances}, ByStream: true,
		New: func(events.Store) projection.Folder {
			return projection.Func(func(rows *projection.Rows, r *events.Record) error {
				total := int64(r.Data[0])
				if row := rows.Get(Balances, projection.Text(r.Stream)); row != nil {
					total += row[1].Int()
				}
				rows.Put(Balances, projection.Text(r.Stream), projection.Int(total))
				return nil
			})
		},
	}
}

// Log returns a log of n events on ten streams, the same one in every process. It is no
// events.Marker: as one, each process would have a log of its own.
func Log(n int) events.Store {
	log := memory.New()
	for i := range n {
		_, err := log.Append(context.Background(), events.Commit{ID: uuid.UUID{0: byte(i >> 8), 1: byte(i), 2: 1}, Batches: []events.Batch{{
			Stream: events.StreamID(fmt.Sprintf("account-%d", i%10)), After: events.Version(i / 10),
			Events: []events.Event{{Type: "added", Schema: 1, At: events.MinInstant, Data: []byte{byte(i)}}},
		}}})
		if err != nil {
			panic(err) // the commits are well formed
		}
	}
	return unmarked(log)
}

// Build folds a log into Sums, in batches of that many records.
func Build(ctx context.Context, log events.Store, store projection.Store, batch int) (projection.Progress, error) {
	w, err := projection.New(log, store, Sums(), projection.WithBatch(batch))
	if err != nil {
		return projection.Progress{}, err
	}
	return w.CatchUp(ctx)
}

// KillSize is the length of the log of Kill and Victim.
const KillSize = 2000

// Victim builds Sums in small batches and prints the number of records that it has folded. Kill
// kills the process in which it runs.
func Victim(store projection.Store) error {
	p, err := Build(context.Background(), Log(KillSize), store, 5)
	if err == nil {
		fmt.Fprintln(os.Stdout, "folded", p.Records)
	}
	return err
}

// Kill starts a child process with these arguments (see storetest.Child), which opens the store
// that they name and calls Victim, and kills it once it has built a part of the view; again and
// again until the view is complete. After each death the view must hold the result of the records
// up to its checkpoint. The store is another one on the same data, and has no views at first.
func Kill(t *testing.T, store projection.Store, args ...string) {
	const step = 100
	log := Log(KillSize)
	at := func() events.Position {
		list, err := store.Versions(t.Context(), Sums().Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return 0
		}
		return list[0].Checkpoint.Position
	}
	start := func() (*storetest.Process, chan struct{}) {
		p, done := storetest.Start(t, args...), make(chan struct{})
		go func() { p.Await("folded"); close(done) }()
		return p, done
	}
	killed := 0
	for next := events.Position(step); next < KillSize; next += step {
		p, done := start()
		for ended := false; !ended && at() < next; {
			select {
			case <-done:
				ended = true
			case <-time.After(time.Millisecond):
			}
		}
		p.Kill()
		<-done
		if err := Sums().Reconcile(t.Context(), log, store, rowstore.New()); err != nil {
			t.Fatal(err)
		}
		if at() < KillSize {
			killed++
		}
	}
	if killed == 0 {
		t.Error("no process died before the view was complete")
	}
	p, _ := start()
	if line, ok := p.Hear(); !ok || at() != KillSize {
		t.Errorf("the last process leaves the view at %d: %s", at(), line)
	}
	t.Logf("%d processes were killed before the view was complete", killed)
}
