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
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	logpostgres "github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	logsqlite "github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	viewpostgres "github.com/tradesurety/surety/projection/postgres"
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
			w.do(by, desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true}))
		case order.PhaseSubmitted:
			w.do(bruno, desk.OnOrder(id, order.Confirm{Terms: o.Revision}))
		case order.PhaseConfirmed:
			w.wire(&o, o.StepDue())
		case order.PhaseReadyToShip:
			w.export(id, by)
		case order.PhaseShipped:
			w.do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
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

// fill writes that many complete orders to a log, 64 of them interleaved, one event a commit, and
// returns the number of its records.
func fill(t testing.TB, log events.Store, orders int) int {
	t.Helper()
	const width = 64
	story, total := life(t), 0
	for begun := 0; begun < orders; begun += width {
		var streams [width]events.StreamID
		for i := range streams {
			streams[i] = order.Stream(trade.ID(uuid.Must(uuid.NewV7())))
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
	return total
}

// backend is a log with a store of views of the same kind.
type backend struct {
	total int
	log   events.Store
	raw   func() (rows int, err error) // reads every column of every record with the driver alone
	store func(t testing.TB) projection.Store
}

// kinds make one of each kind, with that many orders in its log.
var kinds = map[string]func(t testing.TB, orders int) backend{"sqlite": onSQLite, "postgres": onPostgres}

func onSQLite(t testing.TB, orders int) backend {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log, err := logsqlite.Open(t.Context(), path, logsqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	b := backend{log: log, total: fill(t, log, orders)}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	stmt, err := conn.Prepare("SELECT position, version, schema, at, idx, type, stream, commit_id, meta, data FROM records ORDER BY position")
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	b.raw = func() (rows int, err error) {
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
	}
	n := 0
	b.store = func(t testing.TB) projection.Store {
		n++
		s, err := viewsqlite.Open(t.Context(), filepath.Join(t.TempDir(), fmt.Sprintf("views-%d", n)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	return b
}

func onPostgres(t testing.TB, orders int) backend {
	t.Helper()
	dsn := pgtest.Start(t).DSN()
	if err := logpostgres.Migrate(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	log, err := logpostgres.Open(t.Context(), dsn, logpostgres.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	b := backend{log: log, total: fill(t, log, orders)}
	if err := pgtest.Exec(dsn, "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	var (
		position, version, at int64
		schema                int32
		index                 int16
		typ, stream           string
		commit                pgtype.UUID
		meta, data            []byte
	)
	b.raw = func() (int, error) {
		rows, err := conn.Query(context.Background(), "SELECT position, version, schema, at, idx, type, stream, commit_id, meta, data FROM surety.records ORDER BY position")
		if err != nil {
			return 0, err
		}
		tag, err := pgx.ForEachRow(rows, []any{&position, &version, &schema, &at, &index, &typ, &stream, &commit, &meta, &data}, func() error { return nil })
		return int(tag.RowsAffected()), err
	}
	n := 0
	b.store = func(t testing.TB) projection.Store {
		n++
		s, err := viewpostgres.Open(t.Context(), dsn, viewpostgres.WithSchema(fmt.Sprintf("views_%d", n)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	return b
}

// BenchmarkRebuild builds views from zero, each beside a raw scan of the same log in the same
// run. The ratio is the median over the pairs: how many records a second the view takes for each
// one that the driver alone reads.
func BenchmarkRebuild(b *testing.B) {
	inMemory := func(testing.TB) projection.Store { return viewmemory.New() }
	for name, kind := range kinds {
		b.Run(name, func(b *testing.B) {
			on := kind(b, 16_000)
			for _, c := range []struct {
				name  string
				view  func() *projection.View // nil only reads the log
				store func(testing.TB) projection.Store
			}{
				{"ReadAll", nil, nil},
				{"Fold", foldOnly, inMemory},
				{"Board/memory", assurance.BoardView, inMemory},
				{"Deadlines/" + name, assurance.DeadlinesView, on.store},
				{"Board/" + name, assurance.BoardView, on.store},
			} {
				b.Run(c.name, func(b *testing.B) { on.rebuild(b, c.view, c.store) })
			}
		})
	}
}

func (on *backend) rebuild(b *testing.B, view func() *projection.View, store func(testing.TB) projection.Store) {
	var ratios []float64
	var spent time.Duration
	for b.Loop() {
		start := time.Now()
		if rows, err := on.raw(); err != nil || rows != on.total {
			b.Fatalf("%d rows of %d: %v", rows, on.total, err)
		}
		alone := time.Since(start)
		took := on.once(b, view, store)
		spent += took
		ratios = append(ratios, float64(alone)/float64(took))
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(b.N*on.total)/spent.Seconds(), "events/s")
	b.ReportMetric(ratios[len(ratios)/2], "of-raw-scan")
	b.ReportMetric(0, "ns/op")
}

// once reads the log, or builds a view of it, once.
func (on *backend) once(b *testing.B, view func() *projection.View, store func(testing.TB) projection.Store) time.Duration {
	if view == nil {
		start := time.Now()
		for _, err := range on.log.ReadAll(b.Context(), 0, events.Filter{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start)
	}
	into := store(b)
	start := time.Now()
	w, err := projection.New(on.log, into, view())
	if err != nil {
		b.Fatal(err)
	}
	if p, err := w.CatchUp(b.Context()); err != nil || p.Records != uint64(on.total) {
		b.Fatalf("%+v: %v", p, err)
	}
	return time.Since(start)
}

// TestRebuildIsContinued rebuilds the board of a whole log with many interruptions, each time with a
// new worker, and checks the progress. SURETY_LONG=1 takes a million events, and prints the
// progress.
func TestRebuildIsContinued(t *testing.T) {
	orders, long := 640, os.Getenv("SURETY_LONG") == "1"
	if long {
		orders = 80_000
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			on := kind(t, orders)
			on.continued(t, long)
		})
	}
}

func (on *backend) continued(t *testing.T, aloud bool) {
	var last projection.Progress
	store, stops, begun := on.store(t), 0, time.Now()
	for {
		ctx, cancel := context.WithCancel(t.Context())
		reports := 0
		w, err := projection.New(on.log, store, assurance.BoardView(), projection.WithBatch(max(256, on.total/100)), projection.OnProgress(func(p projection.Progress) {
			if p.Checkpoint.Position < last.Checkpoint.Position || p.Lag() != uint64(on.total)-uint64(p.Checkpoint.Position) || p.Rate <= 0 && p.Records > 0 {
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
		if stops++; aloud {
			t.Logf("interrupted at %d of %d after %s, at %.0f events/s", last.Checkpoint.Position, last.End, time.Since(begun).Round(time.Millisecond), last.Rate)
		}
	}
	if last.Lag() != 0 || stops < 3 {
		t.Fatalf("it was interrupted %d times and ends at %+v", stops, last)
	}
	t.Logf("%d events in %s, interrupted %d times", on.total, time.Since(begun).Round(time.Millisecond), stops)
	if err := assurance.BoardView().Reconcile(t.Context(), on.log, store, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
}

// foldOnly decodes and folds every order and keeps only the number of orders in a phase at the end
// of each batch.
func foldOnly() *projection.View {
	v := assurance.DeadlinesView()
	v.Name = "fold"
	v.New = projection.Fold[order.Order, order.Event]{
		Model: order.Model(),
		Last:  func(*projection.Rows, events.StreamID, events.Version, *order.Order) {},
	}.Folder
	return v
}
