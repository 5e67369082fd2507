package projectiontest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/projection"
)

// writer writes random events of a few accounts: amounts that are added to them.
type writer struct {
	*env
	log   events.Store
	heads map[events.StreamID]events.Version
}

const (
	added  = "account.added"
	broken = "account.broken" // cannot be folded
)

var start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func newWriter(e *env) *writer {
	log := memory.New()
	e.Cleanup(func() { _ = log.Close() })
	return &writer{e, log, make(map[events.StreamID]events.Version)}
}

// account returns one of the streams. They are few, so that a batch has several events of each.
func account(n int) events.StreamID { return events.StreamID(fmt.Sprintf("account-%d", n)) }

// write commits n events to random accounts, some commits to several.
func (w *writer) write(n int) *writer {
	w.Helper()
	for n > 0 {
		var c events.Commit
		for _, i := range w.rand.Perm(12)[:1+w.rand.IntN(3)] {
			if n == 0 {
				break
			}
			stream := account(i)
			b := events.Batch{Stream: stream, After: w.heads[stream]}
			for range min(n, 1+w.rand.IntN(2)) {
				b.Events = append(b.Events, w.event(added, byte(w.rand.IntN(100))))
				n--
			}
			c.Batches = append(c.Batches, b)
		}
		w.commit(c)
	}
	return w
}

// one commits one event to an account.
func (w *writer) one(n int, typ string) events.Position {
	w.Helper()
	return w.commit(events.Commit{Batches: []events.Batch{{
		Stream: account(n), After: w.heads[account(n)], Events: []events.Event{w.event(typ, 1)},
	}}})
}

func (w *writer) event(typ string, amount byte) events.Event {
	return events.Event{Type: typ, Schema: 1, At: start, Data: []byte{amount}}
}

func (w *writer) commit(c events.Commit) events.Position {
	w.Helper()
	c.ID = uuid.Must(uuid.NewV7())
	receipt, err := w.log.Append(context.Background(), c)
	w.must(err)
	for _, b := range c.Batches {
		w.heads[b.Stream] += events.Version(len(b.Events))
	}
	return receipt.Position
}

// sum is the state of an account.
type sum struct {
	version events.Version
	total   int64
}

// balances is in every view of the suite; counts has one row that all streams share, and entries
// one for each event.
var (
	balances = &projection.Table{
		Name: "balances", Key: 1,
		Columns: []projection.Column{{Name: "account", Kind: projection.KindText}, {Name: "version", Kind: projection.KindInt}, {Name: "total", Kind: projection.KindInt}},
		Indexes: [][]string{{"total"}},
	}
	counts = &projection.Table{
		Name: "counts", Key: 1,
		Columns: []projection.Column{{Name: "what", Kind: projection.KindText}, {Name: "n", Kind: projection.KindInt}},
	}
	entries = &projection.Table{
		Name: "entries", Key: 2,
		Columns: []projection.Column{{Name: "account", Kind: projection.KindText}, {Name: "version", Kind: projection.KindInt}, {Name: "amount", Kind: projection.KindInt}},
	}
)

var errBroken = errors.New("the event is broken")

// sums reads and writes rows: each balance, and the number of events.
func sums(repaired *atomic.Bool) *projection.View {
	return &projection.View{
		Name: "sums", Version: 1, Tables: []*projection.Table{balances, counts},
		New: func(events.Store) projection.Folder {
			return projection.Func(func(rows *projection.Rows, r *events.Record) error {
				n := int64(1)
				if row := rows.Get(counts, projection.Text("events")); row != nil {
					n += row[1].Int()
				}
				// A row that is put before the error must not stay.
				rows.Put(counts, projection.Text("events"), projection.Int(n))
				if r.Type == broken && !repaired.Load() {
					return errBroken
				}
				total := int64(r.Data[0])
				if row := rows.Get(balances, projection.Text(r.Stream)); row != nil {
					total += row[2].Int()
				}
				rows.Put(balances, projection.Text(r.Stream), projection.Int(int64(r.Version)), projection.Int(total))
				return nil
			})
		},
	}
}

// folded is ByStream and uses a model; accounts whose total is a multiple of seven have no
// balance.
func folded(repaired *atomic.Bool) *projection.View {
	model := &events.Model[sum, byte]{
		Category: "account",
		Evolve:   func(s *sum, amount byte, _ time.Time) error { s.version++; s.total += int64(amount); return nil },
		Decode: func(typ string, _ uint16, data []byte) (byte, error) {
			if typ == broken && !repaired.Load() {
				return 0, errBroken
			}
			return data[0], nil
		},
	}
	fold := projection.Fold[sum, byte]{
		Model: model,
		Each: func(rows *projection.Rows, r *events.Record, amount byte, _ *sum) error {
			rows.Put(entries, projection.Text(r.Stream), projection.Int(int64(r.Version)), projection.Int(int64(amount)))
			return nil
		},
		Last: func(rows *projection.Rows, stream events.StreamID, v events.Version, s *sum) {
			if s.total%7 == 0 {
				rows.Delete(balances, projection.Text(stream))
				return
			}
			rows.Put(balances, projection.Text(stream), projection.Int(int64(v)), projection.Int(s.total))
		},
		States: 4, // fewer than the accounts: most states are read again
	}
	return &projection.View{
		Name: "folded", Version: 1, Tables: []*projection.Table{balances, entries}, ByStream: true,
		Filter: events.Filter{Categories: []string{"account"}}, New: fold.Folder,
	}
}

// named returns the view under another name.
func named(view *projection.View, n int) *projection.View {
	v := *view
	v.Name = fmt.Sprintf("%s_%d", view.Name, n)
	return &v
}

// want returns the balances that a view must have at a position: a loop over the log computes them,
// without a broken event and the later events of its stream.
func (w *writer) want(view *projection.View, to events.Position, repaired bool) map[string]sum {
	w.Helper()
	all, stopped := make(map[string]sum), make(map[string]bool)
	for r, err := range w.log.ReadAll(context.Background(), 0, events.Filter{}) {
		w.must(err)
		if r.Position > to {
			break
		}
		name := string(r.Stream)
		if stopped[name] = stopped[name] || r.Type == broken && !repaired; stopped[name] {
			continue
		}
		s := all[name]
		all[name] = sum{r.Version, s.total + int64(r.Data[0])}
	}
	if view.ByStream {
		maps.DeleteFunc(all, func(_ string, s sum) bool { return s.total%7 == 0 })
	}
	return all
}

// check compares the balances of a view with what they must be at its checkpoint, whether it is
// ready or not.
func (w *writer) check(store projection.Store, view *projection.View, repaired bool) projection.Status {
	w.Helper()
	var (
		status projection.Status
		n      int64
		have   = make(map[string]sum)
	)
	w.must(store.Read(context.Background(), view.Name, view.Version, func(s projection.Snapshot) error {
		status = s.Status()
		if !view.ByStream {
			rows, err := s.Select(projection.Query{Table: "counts"})
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				n = rows[0][1].Int()
			}
		}
		return projection.Each(s, balances, projection.Query{}, func(row projection.Row) error {
			have[row[0].Text()] = sum{events.Version(row[1].Int()), row[2].Int()}
			return nil
		})
	}))
	want := w.want(view, status.Checkpoint.Position, repaired)
	if !maps.Equal(have, want) {
		w.Fatalf("view %s at position %d has %v, want %v", view.Name, status.Checkpoint.Position, have, want)
	}
	if !view.ByStream {
		var records int64
		for _, s := range want {
			records += int64(s.version)
		}
		if n != records {
			w.Fatalf("view %s at position %d has counted %d events, want %d", view.Name, status.Checkpoint.Position, n, records)
		}
	}
	return status
}

// faulty is a log whose ReadAll fails after that many records.
type faulty struct {
	events.Store
	after int
}

var errCrash = errors.New("the test fails here")

func (f *faulty) ReadAll(ctx context.Context, after events.Position, filter events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range f.Store.ReadAll(ctx, after, filter) {
			if f.after--; f.after < 0 {
				yield(events.Record{}, errCrash)
				return
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
