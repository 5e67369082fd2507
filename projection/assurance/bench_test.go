package assurance_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	logsqlite "github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	viewsqlite "github.com/tradesurety/surety/projection/sqlite"
)

// life returns the events of one order from its draft to its completion, as a desk writes them.
func life(t testing.TB) []events.Event {
	t.Helper()
	w := newWorld(t)
	id := w.draft(acme)
	for range 40 {
		w.clock = w.clock.Add(time.Hour)
		o := w.order(id)
		by := acme
		switch o.Phase {
		case order.PhaseDraft:
			w.do(by, desk.Order(id, order.Submit{OneTouchAcknowledged: true}))
		case order.PhaseSubmitted:
			w.do(bruno, desk.Order(id, order.Confirm{Terms: o.Revision}))
		case order.PhaseConfirmed:
			w.wire(&o, o.StepDue())
		case order.PhaseReadyToShip:
			w.export(id, by)
		case order.PhaseShipped:
			w.do(bruno, desk.Order(id, order.ConfirmReceipt{}))
		case order.PhaseReceived:
			w.wire(&o, o.Due())
		}
	}
	if o := w.order(id); o.Phase != order.PhaseCompleted {
		t.Fatalf("the order ends as %s", o.Phase)
	}
	var all []events.Event
	for r, err := range w.log.Read(context.Background(), order.Stream(id), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events.Event{Type: r.Type, Schema: r.Schema, At: r.At, Meta: r.Meta, Data: r.Data})
	}
	return all
}

// fill makes a log of so many whole orders, 64 of which are always under way, one event a
// commit. It returns its path and the number of its records.
func fill(t testing.TB, orders int) (string, int) {
	t.Helper()
	const width = 64
	story, path := life(t), filepath.Join(t.TempDir(), "log")
	log, err := logsqlite.Open(t.Context(), path, logsqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	total := 0
	for begun := 0; begun < orders; begun += width {
		var streams [width]events.StreamID
		for i := range streams {
			streams[i] = order.Stream(order.ID(uuid.Must(uuid.NewV7())))
		}
		for v, event := range story {
			group := make([]events.Commit, width)
			for i := range group {
				id := uuid.Must(uuid.NewV7())
				group[i] = events.Commit{ID: id, Digest: sha256.Sum256(id[:]), Batches: []events.Batch{{
					Stream: streams[i], After: events.Version(v), Events: []events.Event{event},
				}}}
			}
			for _, out := range log.AppendEach(t.Context(), group) {
				if out.Err != nil {
					t.Fatal(out.Err)
				}
			}
			total += width
		}
	}
	return path, total
}

// rawScan reads every column of every record with the driver alone.
func rawScan(path string) (func() (int, error), func() error, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		return nil, nil, err
	}
	stmt, err := conn.Prepare("SELECT position, version, schema, at, idx, type, stream, commit_id, meta, data FROM records ORDER BY position")
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	buf := make([]byte, 1<<16)
	return func() (rows int, err error) {
		defer stmt.Reset()
		for {
			row, err := stmt.Step()
			if err != nil || !row {
				return rows, err
			}
			rows++
			for i := range 5 {
				_ = stmt.ColumnInt64(i)
			}
			for i := 5; i < 10; i++ {
				stmt.ColumnBytes(i, buf)
			}
		}
	}, conn.Close, nil
}

// BenchmarkRebuild builds views from zero, each beside a raw scan of the same log in the same
// run. The ratio is the median over the pairs: how many records a second the view takes for each
// one that the driver alone reads.
func BenchmarkRebuild(b *testing.B) {
	path, total := fill(b, 5000)
	raw, closeRaw, err := rawScan(path)
	if err != nil {
		b.Fatal(err)
	}
	defer closeRaw()
	log, err := logsqlite.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	inMemory := func(testing.TB) projection.Store { return viewmemory.New() }
	n := 0
	inFile := func(b testing.TB) projection.Store {
		n++
		s, err := viewsqlite.Open(b.Context(), filepath.Join(b.TempDir(), fmt.Sprintf("views-%d", n)))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	}
	for _, c := range []struct {
		name  string
		view  func() *projection.View // nil only reads the log
		store func(testing.TB) projection.Store
	}{
		{"ReadAll", nil, nil},
		{"Fold", foldOnly, inMemory},
		{"Deadlines/memory", assurance.DeadlinesView, inMemory},
		{"Board/memory", assurance.BoardView, inMemory},
		{"Deadlines/sqlite", assurance.DeadlinesView, inFile},
		{"Board/sqlite", assurance.BoardView, inFile},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ratios []float64
			var spent time.Duration
			for b.Loop() {
				start := time.Now()
				if rows, err := raw(); err != nil || rows != total {
					b.Fatalf("%d rows of %d: %v", rows, total, err)
				}
				alone := time.Since(start)
				var store projection.Store
				if c.view != nil {
					store = c.store(b)
				}
				start = time.Now()
				if c.view == nil {
					for _, err := range log.ReadAll(b.Context(), 0, events.Filter{}) {
						if err != nil {
							b.Fatal(err)
						}
					}
				} else {
					w, err := projection.New(log, store, c.view())
					if err != nil {
						b.Fatal(err)
					}
					if p, err := w.CatchUp(b.Context()); err != nil || p.Records != uint64(total) {
						b.Fatalf("%+v: %v", p, err)
					}
				}
				took := time.Since(start)
				spent += took
				ratios = append(ratios, float64(alone)/float64(took))
			}
			slices.Sort(ratios)
			b.ReportMetric(float64(b.N*total)/spent.Seconds(), "events/s")
			b.ReportMetric(ratios[len(ratios)/2], "of-raw-scan")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// foldOnly decodes and folds every order and keeps nothing but how many there are of a phase at
// the end of each batch.
func foldOnly() *projection.View {
	v := assurance.DeadlinesView()
	v.Name = "fold"
	v.New = projection.Fold[order.Order, order.Event]{
		Model: order.NewModel(),
		Last:  func(*projection.Rows, events.StreamID, events.Version, *order.Order) {},
	}.Folder
	return v
}

// TestRebuildIsContinued rebuilds the board of a whole log, breaks off again and again, each time
// with a new worker, and sees the progress go on. SURETY_LONG=1 takes a million events.
func TestRebuildIsContinued(t *testing.T) {
	orders := 640
	if os.Getenv("SURETY_LONG") == "1" {
		orders = 60_000
	}
	path, total := fill(t, orders)
	log, err := logsqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	store, err := viewsqlite.Open(t.Context(), filepath.Join(t.TempDir(), "views"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var last projection.Progress
	stops, begun := 0, time.Now()
	for {
		ctx, cancel := context.WithCancel(t.Context())
		reports := 0
		w, err := projection.New(log, store, assurance.BoardView(), projection.WithBatch(max(256, total/100)), projection.OnProgress(func(p projection.Progress) {
			if p.Checkpoint.Position < last.Checkpoint.Position || p.Lag() > uint64(total)-uint64(p.Checkpoint.Position) || p.Rate <= 0 && p.Records > 0 {
				t.Errorf("after %+v comes %+v", last, p)
			}
			last = p
			if reports++; reports == 7 {
				cancel()
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.CatchUp(ctx)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		stops++
	}
	if last.Lag() != 0 || stops < 3 {
		t.Fatalf("it was broken off %d times and ends at %+v", stops, last)
	}
	t.Logf("%d events in %s, broken off %d times", total, time.Since(begun).Round(time.Millisecond), stops)
	if err := assurance.BoardView().Reconcile(t.Context(), log, store, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
}
