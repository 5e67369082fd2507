package projection_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

var (
	names = &projection.Table{
		Name: "names", Key: 1,
		Columns: []projection.Column{{Name: "name", Kind: projection.KindText}, {Name: "n", Kind: projection.KindInt}},
	}
	start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

// view returns a view that calls f for each record.
func view(f func(rows *projection.Rows, r *events.Record) error) *projection.View {
	return &projection.View{
		Name: "test", Version: 1, Tables: []*projection.Table{names},
		New: func(events.Store) projection.Folder { return projection.Func(f) },
	}
}

// logOf returns a log with an event of that type on each of the streams, one commit each.
func logOf(t testing.TB, typ string, streams ...string) events.Store {
	t.Helper()
	log := memory.New()
	t.Cleanup(func() { _ = log.Close() })
	heads := make(map[string]events.Version)
	for _, s := range streams {
		_, err := log.Append(context.Background(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
			Stream: events.StreamID(s), After: heads[s], Events: []events.Event{{Type: typ, Schema: 1, At: start, Data: []byte("1")}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		heads[s]++
	}
	return log
}

func catchUp(t testing.TB, log events.Store, store projection.Store, v *projection.View, opts ...projection.Option) error {
	t.Helper()
	w, err := projection.New(log, store, v, opts...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.CatchUp(context.Background())
	return err
}

func TestDefinition(t *testing.T) {
	good := func() *projection.View { return view(func(*projection.Rows, *events.Record) error { return nil }) }
	if _, err := good().Schema(); err != nil {
		t.Fatal(err)
	}
	column := func(name string) []projection.Column {
		return []projection.Column{{Name: name, Kind: projection.KindInt}}
	}
	for field, spoil := range map[string]func(v *projection.View){
		"name":           func(v *projection.View) { v.Name = "" },
		"name ":          func(v *projection.View) { v.Name = strings.Repeat("a", projection.MaxName+1) },
		"name  ":         func(v *projection.View) { v.Name = "Board" },
		"name   ":        func(v *projection.View) { v.Name = "b\"; DROP TABLE x; --" },
		"name    ":       func(v *projection.View) { v.Name = "看板" },
		"name     ":      func(v *projection.View) { v.Name = "a\x00b" },
		"name      ":     func(v *projection.View) { v.Name = "1a" },
		"version":        func(v *projection.View) { v.Version = 0 },
		"version ":       func(v *projection.View) { v.Version = projection.MaxVersion + 1 },
		"new":            func(v *projection.View) { v.New = nil },
		"tables":         func(v *projection.View) { v.Tables = make([]*projection.Table, projection.MaxTables) },
		"tables[0]":      func(v *projection.View) { v.Tables = []*projection.Table{nil} },
		"tables[0].name": func(v *projection.View) { v.Tables[0].Name = "a b" },
		"tables[1].name": func(v *projection.View) {
			v.Tables = append(v.Tables, &projection.Table{Name: "names", Columns: column("a"), Key: 1})
		},
		"tables[1].name ":       func(v *projection.View) { v.Tables[0].Name = "parked" },
		"tables[0].columns":     func(v *projection.View) { v.Tables[0].Columns = make([]projection.Column, projection.MaxColumns+1) },
		"tables[0].columns[0]":  func(v *projection.View) { v.Tables[0].Columns = column("a-b") },
		"tables[0].columns[1]":  func(v *projection.View) { v.Tables[0].Columns = append(column("a"), column("a")...) },
		"tables[0].columns[0] ": func(v *projection.View) { v.Tables[0].Columns = []projection.Column{{Name: "a"}} },
		"tables[0].key":         func(v *projection.View) { v.Tables[0].Key = 0 },
		"tables[0].key ":        func(v *projection.View) { v.Tables[0].Key = 3 },
		"tables[0].indexes":     func(v *projection.View) { v.Tables[0].Indexes = make([][]string, projection.MaxIndexes+1) },
		"tables[0].indexes[0]":  func(v *projection.View) { v.Tables[0].Indexes = [][]string{{}} },
		"tables[0].indexes[0] ": func(v *projection.View) { v.Tables[0].Indexes = [][]string{{"missing"}} },
		"tables[0].indexes[1]":  func(v *projection.View) { v.Tables[0].Indexes = [][]string{{"n"}, {"n", "n"}} },
	} {
		v := good()
		table := *names
		v.Tables = []*projection.Table{&table}
		spoil(v)
		_, err := projection.New(memory.New(), viewmemory.New(), v)
		d, ok := errors.AsType[*projection.DefinitionError](err)
		if !ok || d.Field != strings.TrimSpace(field) || d.Reason == "" || len(d.Error()) > 400 {
			t.Errorf("%s: the error is %v", field, err)
		}
	}
	if _, err := projection.New(memory.New(), viewmemory.New(), nil); err == nil {
		t.Error("a nil view is accepted")
	}
}

// TestRowsThatDoNotFit lets a function make malformed rows, and expects the view to stop where it
// was.
func TestRowsThatDoNotFit(t *testing.T) {
	other := &projection.Table{Name: "other", Key: 1, Columns: names.Columns}
	text, number := projection.Text("x"), projection.Int(1)
	for name, put := range map[string]func(rows *projection.Rows){
		"table":     func(rows *projection.Rows) { rows.Put(other, text, number) },
		"no table":  func(rows *projection.Rows) { rows.Put(nil, text, number) },
		"few":       func(rows *projection.Rows) { rows.Put(names, text) },
		"many":      func(rows *projection.Rows) { rows.Put(names, text, number, number) },
		"kind":      func(rows *projection.Rows) { rows.Put(names, number, number) },
		"no kind":   func(rows *projection.Rows) { rows.Put(names, text, projection.Value{}) },
		"utf-8":     func(rows *projection.Rows) { rows.Put(names, projection.Text("\xff"), number) },
		"nul":       func(rows *projection.Rows) { rows.Put(names, projection.Text("a\x00"), number) },
		"delete":    func(rows *projection.Rows) { rows.Delete(names, text, number) },
		"get":       func(rows *projection.Rows) { rows.Get(names, number) },
		"get table": func(rows *projection.Rows) { rows.Get(other, text) },
	} {
		log, store := logOf(t, "a", "s-1", "s-2", "s-3"), viewmemory.New()
		v := view(func(rows *projection.Rows, r *events.Record) error {
			rows.Put(names, projection.Text(r.Stream), number)
			if r.Position == 3 {
				put(rows)
			}
			return nil
		})
		err := catchUp(t, log, store, v, projection.WithBatch(2), projection.OnPoison(projection.Park))
		if _, ok := errors.AsType[*projection.RowError](err); !ok {
			t.Errorf("%s: the error is %v", name, err)
		}
		n := 0
		err = store.Read(context.Background(), "test", 1, func(s projection.Snapshot) error {
			if p := s.Status().Checkpoint.Position; p != 2 {
				t.Errorf("%s: the checkpoint is at %d", name, p)
			}
			return projection.Each(s, names, projection.Query{}, func(projection.Row) error { n++; return nil })
		})
		if err != nil || n != 2 {
			t.Errorf("%s: there are %d rows: %v", name, n, err)
		}
	}
}

func TestStreamsThatShareARow(t *testing.T) {
	var streams []string
	for i := range 64 {
		streams = append(streams, fmt.Sprintf("s-%d", i))
	}
	log := logOf(t, "a", streams...)
	v := view(func(rows *projection.Rows, r *events.Record) error {
		rows.Put(names, projection.Text("all"), projection.Int(int64(r.Position)))
		return nil
	})
	if err := catchUp(t, log, viewmemory.New(), v, projection.WithSlices(4)); err != nil {
		t.Fatalf("a view that is not ByStream may: %v", err)
	}
	v.ByStream = true
	err := catchUp(t, log, viewmemory.New(), v, projection.WithSlices(4))
	if o, ok := errors.AsType[*projection.OverlapError](err); !ok || o.Key[0] != projection.Text("all") {
		t.Fatalf("the error is %v", err)
	}
}

// TestNotTheRecordsFault lets reading fail while a record is folded, and expects that the record is
// neither parked nor called poison.
func TestNotTheRecordsFault(t *testing.T) {
	log := logOf(t, "a", "s-1", "s-2", "s-1")
	errDown := errors.New("the log cannot be read")
	model := &events.Model[int, string]{
		Category: "s",
		Evolve:   func(n *int, _ string, _ time.Time) error { *n++; return nil },
		Decode:   func(typ string, _ uint16, _ []byte) (string, error) { return typ, nil },
	}
	fold := projection.Fold[int, string]{Model: model, Last: func(rows *projection.Rows, stream events.StreamID, _ events.Version, n *int) {
		rows.Put(names, projection.Text(stream), projection.Int(int64(*n)))
	}}
	v := &projection.View{Name: "test", Version: 1, Tables: []*projection.Table{names}, ByStream: true, New: fold.Folder}
	store := viewmemory.New()
	if err := catchUp(t, log, store, v, projection.WithBatch(2)); err != nil {
		t.Fatal(err)
	}
	again := viewmemory.New()
	w, err := projection.New(noStreams{log, errDown}, again, v, projection.WithBatch(1), projection.OnPoison(projection.Park))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := w.CatchUp(t.Context()); err != nil || p.Records != 3 {
		t.Fatalf("with all states in memory no stream is read: %+v, %v", p, err)
	}
	// A worker that begins in the middle has to read the earlier records.
	third := viewmemory.New()
	ctx, cancel := context.WithCancel(t.Context())
	w, err = projection.New(log, third, v, projection.WithBatch(1), projection.OnProgress(func(projection.Progress) { cancel() }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CatchUp(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	err = catchUp(t, noStreams{log, errDown}, third, v, projection.OnPoison(projection.Park))
	if _, poison := errors.AsType[*projection.PoisonError](err); !errors.Is(err, errDown) || poison {
		t.Fatalf("the error is %v", err)
	}
	if err := catchUp(t, log, third, v); err != nil {
		t.Fatal(err)
	}
	if err := v.Reconcile(t.Context(), log, third, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
}

// noStreams is a log whose single streams cannot be read.
type noStreams struct {
	events.Store
	err error
}

func (n noStreams) Read(context.Context, events.StreamID, events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) { yield(events.Record{}, n.err) }
}

// TestTooManyParked breaks every stream.
func TestTooManyParked(t *testing.T) {
	var streams []string
	for i := range projection.MaxParked + 1 {
		streams = append(streams, fmt.Sprintf("s-%d", i))
	}
	v := view(func(*projection.Rows, *events.Record) error { return errors.New("no") })
	store := viewmemory.New()
	err := catchUp(t, logOf(t, "a", streams[:projection.MaxParked]...), store, v, projection.OnPoison(projection.Park))
	if err != nil {
		t.Fatal(err)
	}
	err = catchUp(t, logOf(t, "a", streams...), viewmemory.New(), v, projection.OnPoison(projection.Park), projection.WithBatch(300))
	if !errors.Is(err, projection.ErrManyParked) {
		t.Fatalf("the error is %v", err)
	}
}

// TestFoldsOfOtherCategories gives a view a record that nothing in it folds.
func TestFoldsOfOtherCategories(t *testing.T) {
	v := view(nil)
	v.New = projection.Folds()
	err := catchUp(t, logOf(t, "a", "s-1"), viewmemory.New(), v)
	if poison, ok := errors.AsType[*projection.PoisonError](err); !ok || poison.Record.Stream != "s-1" {
		t.Fatalf("the error is %v", err)
	}
}

// TestNothingIsLeftRunning interrupts runs by a poison event and by the caller, and counts
// goroutines.
func TestNothingIsLeftRunning(t *testing.T) {
	var streams []string
	for i := range 200 {
		streams = append(streams, fmt.Sprintf("s-%d", i))
	}
	log := logOf(t, "a", streams...)
	before := runtime.NumGoroutine()
	for i := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		v := view(func(_ *projection.Rows, r *events.Record) error {
			if r.Position == events.Position(100+i) {
				if i%2 == 0 {
					return errors.New("poison")
				}
				cancel()
			}
			return nil
		})
		w, err := projection.New(log, viewmemory.New(), v, projection.WithBatch(3))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.CatchUp(ctx); err == nil {
			t.Fatal("the run was not interrupted")
		}
		cancel()
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left of %d", runtime.NumGoroutine(), before)
		}
	}
}

// TestNoDriver checks the dependencies: a program that keeps views in memory links no database, and
// the mechanism does not import orders.
func TestNoDriver(t *testing.T) {
	const module = "github.com/tradesurety/surety/"
	for pkg, forbidden := range map[string][]string{
		"projection":           {"sqlite", "pgx", "database/sql", module + "order", module + "events/memory"},
		"projection/memory":    {"sqlite", "pgx", "database/sql", module + "order"},
		"projection/sqlite":    {"pgx", module + "order", module + "events/sqlite"},
		"projection/postgres":  {"sqlite", module + "order", module + "events/postgres"},
		"projection/assurance": {"sqlite", "pgx", "database/sql"},
		"projection/paylater":  {"sqlite", "pgx", "database/sql"},
	} {
		out, err := exec.Command("go", "list", "-deps", module+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dep := range strings.FieldsSeq(string(out)) {
			if dep == module+"events/postgres/session" {
				continue // it is no store: the two on PostgreSQL share it
			}
			for _, f := range forbidden {
				if dep == f || f != "database/sql" && strings.Contains(dep, f) {
					t.Errorf("%s pulls in %s", pkg, dep)
				}
			}
		}
	}
}
