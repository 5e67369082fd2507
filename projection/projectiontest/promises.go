package projectiontest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
)

// schema has two tables; the cases put their rows without a worker.
func (e *env) schema(name string, version int) *projection.Schema {
	e.Helper()
	v := &projection.View{
		Name: name, Version: version, Tables: []*projection.Table{things, marks},
		New: func(events.Store) projection.Folder { return projection.Func(nil) },
	}
	s, err := v.Schema()
	e.must(err)
	return s
}

var (
	things = &projection.Table{
		Name: "things", Key: 2,
		Columns: []projection.Column{
			{Name: "kind", Kind: projection.KindText}, {Name: "number", Kind: projection.KindInt},
			{Name: "order", Kind: projection.KindText}, {Name: "size", Kind: projection.KindInt}, // a keyword of SQL as a name
		},
		Indexes: [][]string{{"order"}, {"size"}, {"order", "size"}},
	}
	marks = &projection.Table{Name: "marks", Key: 1, Columns: []projection.Column{{Name: "mark", Kind: projection.KindInt}}}
)

func thing(kind string, number int64, order string, size int64) projection.Row {
	return projection.Row{projection.Text(kind), projection.Int(number), projection.Text(order), projection.Int(size)}
}

// change returns a commit from a checkpoint to the next one.
func change(s *projection.Schema, from projection.Checkpoint, tables ...projection.TableChange) *projection.Change {
	to := projection.Checkpoint{Turn: from.Turn + 1, Position: from.Position + 10, Last: from.Position + 7}
	to.Commit[0] = byte(to.Turn)
	if to.Turn%3 > 0 { // a log need not be an events.Marker
		to.Mark = events.Mark{Position: to.Position + 2, Sum: [32]byte{byte(to.Turn)}}
	}
	return &projection.Change{Name: s.Name, Version: s.Version, From: from, To: to, Tables: tables}
}

func put(t *projection.Table, rows ...projection.Row) projection.TableChange {
	return projection.TableChange{Table: t, Put: rows}
}

// rows returns all rows of a table, and the status.
func (e *env) rows(store projection.Store, s *projection.Schema, t *projection.Table) ([]projection.Row, projection.Status) {
	e.Helper()
	var (
		all    []projection.Row
		status projection.Status
	)
	e.must(store.Read(context.Background(), s.Name, s.Version, func(snap projection.Snapshot) error {
		status = snap.Status()
		return projection.Each(snap, t, projection.Query{}, func(row projection.Row) error {
			all = append(all, row)
			return nil
		})
	}))
	return all, status
}

func equalRows(a, b []projection.Row) bool {
	return slices.EqualFunc(a, b, slices.Equal[projection.Row])
}

func (e *env) same(have, want []projection.Row) {
	e.Helper()
	if !equalRows(have, want) {
		e.Fatalf("the rows are %v, want %v", have, want)
	}
}

// is fails the test unless the error is a *projection.ViewError of that cause.
func (e *env) is(err, cause error) {
	e.Helper()
	if _, ok := errors.AsType[*projection.ViewError](err); !ok || !errors.Is(err, cause) {
		e.Fatalf("the error is %v, want a *ViewError: %v", err, cause)
	}
}

func commitIsAllOrNone(e *env) {
	store, s, ctx := e.open(), e.schema("hand", 1), context.Background()
	e.must(store.Prepare(ctx, s))
	first := change(s, projection.Checkpoint{}, put(things, thing("a", 1, "x", 1), thing("a", 2, "y", 2)), put(marks, projection.Row{projection.Int(1)}))
	e.must(store.Commit(ctx, first))
	second := change(s, first.To,
		projection.TableChange{Table: things, Put: []projection.Row{thing("a", 1, "z", 9)}, Delete: []projection.Row{{projection.Text("a"), projection.Int(2)}, {projection.Text("b"), projection.Int(1)}}})
	e.must(store.Commit(ctx, second))
	check := func() {
		e.Helper()
		rows, status := e.rows(store, s, things)
		e.same(rows, []projection.Row{thing("a", 1, "z", 9)})
		if status.Checkpoint != second.To {
			e.Fatalf("the checkpoint is %v, want %v", status.Checkpoint, second.To)
		}
	}
	check()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := store.Commit(cancelled, change(s, second.To, put(things, thing("c", 1, "", 0)))); !errors.Is(err, context.Canceled) {
		e.Fatalf("a cancelled commit gives %v", err)
	}
	check()
	e.is(store.Commit(ctx, change(s, first.To, put(things, thing("c", 1, "", 0)))), projection.ErrBehind)
	check()
}

func oneCommitWins(e *env) {
	const callers = 8
	store, s, ctx := e.open(), e.schema("hand", 1), context.Background()
	e.must(store.Prepare(ctx, s))
	var at projection.Checkpoint
	for round := range int64(10) {
		var (
			group sync.WaitGroup
			won   atomic.Int64
			errs  [callers]error
		)
		for i := range callers {
			group.Go(func() {
				if errs[i] = store.Commit(ctx, change(s, at, put(things, thing("a", round, "", int64(i))))); errs[i] == nil {
					won.Store(int64(i))
				}
			})
		}
		group.Wait()
		n := 0
		for _, err := range errs {
			if err == nil {
				n++
				continue
			}
			e.is(err, projection.ErrBehind)
		}
		rows, status := e.rows(store, s, things)
		if n != 1 || rows[len(rows)-1][3].Int() != won.Load() {
			e.Fatalf("%d commits won, the last row is %v", n, rows[len(rows)-1])
		}
		at = status.Checkpoint
	}
}

func readSeesOneState(e *env) {
	store, s, ctx := e.open(), e.schema("hand", 1), context.Background()
	e.must(store.Prepare(ctx, s))
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := store.Read(ctx, s.Name, s.Version, func(snap projection.Snapshot) error {
					a, err := snap.Select(projection.Query{Table: "things"})
					if err != nil || len(a) == 0 {
						return err
					}
					b, err := snap.Select(projection.Query{Table: "marks", Descending: true, Limit: 1})
					if turn := int64(snap.Status().Checkpoint.Turn); err != nil || a[0][3].Int() != turn || b[0][0].Int() != turn {
						e.Errorf("at turn %d the tables have %v and %v: %v", turn, a, b, err)
					}
					return nil
				})
				if err != nil {
					e.Error(err)
					return
				}
			}
		})
	}
	var at projection.Checkpoint
	for n := range int64(100) {
		c := change(s, at, put(things, thing("a", 1, "", n+1)), put(marks, projection.Row{projection.Int(n + 1)}))
		if err := store.Commit(ctx, c); err != nil {
			e.Error(err)
			break
		}
		at = c.To
	}
	close(stop)
	group.Wait()
}

func rowsComeBackAsPut(e *env) {
	store, s, ctx := e.open(), e.schema("a23456789_123456789_1234", projection.MaxVersion), context.Background()
	e.must(store.Prepare(ctx, s))
	want := []projection.Row{
		thing("", math.MinInt64, "", math.MinInt64),
		thing("", math.MaxInt64, "\x01\x7f", -1),
		thing(" ", 0, "'; DROP TABLE versions; --", 0),
		thing("A", 0, "\"%_?\"", 256),
		thing("a", -1, "信用保障订单", 1<<62),
		thing("é", 1, "line\nbreak", 255),
		thing("\U0010ffff", 1, "end", math.MaxInt64),
	}
	e.must(store.Commit(ctx, change(s, projection.Checkpoint{}, put(things, want...))))
	have, _ := e.rows(store, s, things)
	e.same(have, want)
}

func unknownVersions(e *env) {
	store, s, ctx := e.open(), e.schema("hand", 1), context.Background()
	nothing := func(projection.Snapshot) error { return nil }
	e.is(store.Commit(ctx, change(s, projection.Checkpoint{})), projection.ErrNotPrepared)
	e.is(store.Read(ctx, "hand", 1, nothing), projection.ErrNotPrepared)
	e.is(store.Read(ctx, "hand", 0, nothing), projection.ErrNotPrepared)
	e.is(store.Read(ctx, "'; --", 1, nothing), projection.ErrNotPrepared)
	e.is(store.TakeOver(ctx, "hand", 1, 0), projection.ErrNotPrepared)
	e.is(store.Clear(ctx, "hand", 1, projection.Checkpoint{}), projection.ErrNotPrepared)
	e.is(store.Clear(ctx, "hand", 0, projection.Checkpoint{}), projection.ErrNotPrepared)
	e.must(store.Drop(ctx, "hand", 1))
	if list, err := store.Versions(ctx, "hand"); err != nil || len(list) != 0 {
		e.Fatalf("of an unknown view are %v, %v", list, err)
	}
	e.must(store.Prepare(ctx, s))
	e.must(store.Prepare(ctx, e.schema("hand", 1)))
	other := &projection.Schema{Name: "hand", Version: 1, Tables: []*projection.Table{marks}}
	e.is(store.Prepare(ctx, other), projection.ErrOtherTables)
	err := store.Read(ctx, "hand", 1, func(snap projection.Snapshot) error {
		for _, q := range []projection.Query{
			{Table: "nothing"}, {Table: "things", Limit: -1}, {Table: "things", Limit: projection.MaxLimit + 1},
			{Table: "things", Order: []string{"1; --"}}, {Table: "things", Order: []string{"size", "size"}},
			{Table: "things", After: []projection.Value{projection.Int(1)}},
			{Table: "things", After: []projection.Value{projection.Int(1), projection.Int(1)}},
			{Table: "things", Where: []projection.Condition{{Column: "nothing", Op: projection.Equal}}},
			{Table: "things", Where: []projection.Condition{{Column: "size", Op: projection.Equal, Value: projection.Text("1")}}},
			{Table: "things", Where: []projection.Condition{{Column: "size", Value: projection.Int(1)}}},
		} {
			_, err := snap.Select(q)
			if _, ok := errors.AsType[*projection.QueryError](err); !ok {
				e.Errorf("%v gives %v, want a *QueryError", q, err)
			}
		}
		return errCrash
	})
	if !errors.Is(err, errCrash) {
		e.Fatalf("the error of the function comes back as %v", err)
	}
}

func versionsAreIndependent(e *env) {
	store, ctx := e.open(), context.Background()
	one, two, other := e.schema("hand", 1), e.schema("hand", 2), e.schema("hand_1", 2)
	var at projection.Checkpoint
	for i, s := range []*projection.Schema{one, two, other} {
		e.must(store.Prepare(ctx, s))
		first := change(s, projection.Checkpoint{}, put(things, thing("a", 1, "", int64(i))))
		e.must(store.Commit(ctx, first))
		at = first.To
	}
	e.must(store.Commit(ctx, change(two, at, put(marks, projection.Row{projection.Int(5)}))))
	for i, s := range []*projection.Schema{one, two, other} {
		rows, _ := e.rows(store, s, things)
		e.same(rows, []projection.Row{thing("a", 1, "", int64(i))})
	}
	e.must(store.Drop(ctx, "hand", 2))
	e.is(store.Read(ctx, "hand", 2, func(projection.Snapshot) error { return nil }), projection.ErrNotPrepared)
	e.must(store.Prepare(ctx, two))
	if rows, status := e.rows(store, two, things); len(rows) != 0 || status.Checkpoint != (projection.Checkpoint{}) {
		e.Fatalf("a version that was dropped begins with %v at %v", rows, status)
	}
	if list, err := store.Versions(ctx, "hand"); err != nil || len(list) != 2 || list[0].Version != 1 || list[1].Version != 2 {
		e.Fatalf("the versions are %v, %v", list, err)
	}
}

func takeOverIsOneStep(e *env) {
	store, ctx := e.open(), context.Background()
	for v := 1; v <= 3; v++ {
		e.must(store.Prepare(ctx, e.schema("hand", v)))
	}
	e.is(store.TakeOver(ctx, "hand", 2, 1), projection.ErrOtherLive)
	e.must(store.TakeOver(ctx, "hand", 1, 0))
	e.is(store.TakeOver(ctx, "hand", 2, 0), projection.ErrOtherLive)
	e.is(store.Drop(ctx, "hand", 1), projection.ErrLive)
	var group sync.WaitGroup
	stop := make(chan struct{})
	group.Go(func() {
		for last := 1; ; {
			err := store.Read(ctx, "hand", 0, func(s projection.Snapshot) error {
				if v := s.Status().Version; v < last || !s.Status().Live {
					e.Errorf("version %d is read after version %d", v, last)
				} else {
					last = v
				}
				return nil
			})
			if err != nil {
				e.Error(err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	var errs [8]error
	for v := 2; v <= 3; v++ {
		var callers sync.WaitGroup
		for i := range errs {
			callers.Go(func() { errs[i] = store.TakeOver(ctx, "hand", v, v-1) })
		}
		callers.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			}
		}
		if won != 1 {
			e.Errorf("version %d took over %d times: %v", v, won, errs)
		}
	}
	close(stop)
	group.Wait()
	list, err := store.Versions(ctx, "hand")
	e.must(err)
	for _, s := range list {
		if !s.Ready || s.Live != (s.Version == 3) {
			e.Errorf("the status is %+v", s)
		}
	}
	e.must(store.Drop(ctx, "hand", 1))
}

func outlivesClose(e *env) {
	if e.config.Reopen == nil {
		return // the data does not outlive a close
	}
	store, s, ctx := e.open(), e.schema("hand", 1), context.Background()
	e.must(store.Prepare(ctx, s))
	c := change(s, projection.Checkpoint{}, put(things, thing("a", 1, "x", 1)))
	e.must(store.Commit(ctx, c))
	e.must(store.TakeOver(ctx, "hand", 1, 0))
	again := e.config.Reopen(e.TB, store)
	if err := store.Commit(ctx, change(s, c.To)); !errors.Is(err, projection.ErrClosed) {
		e.Fatalf("a closed store gives %v", err)
	}
	rows, status := e.rows(again, s, things)
	e.same(rows, []projection.Row{thing("a", 1, "x", 1)})
	if status != (projection.Status{Name: "hand", Version: 1, Checkpoint: c.To, Ready: true, Live: true}) {
		e.Fatalf("the status is %+v", status)
	}
}
