package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// long appends a stream of several pages.
func long(t *testing.T, s *Store, stream events.StreamID, n int) {
	t.Helper()
	types := make([]string, 500)
	for i := range types {
		types[i] = "order.noted"
	}
	for after := 0; after < n; after += len(types) {
		appended(t, s, one(stream, events.Version(after), types...))
	}
}

// TestReadEnds appends to the stream, and to the log, that the loop reads: both end where they
// began.
func TestReadEnds(t *testing.T) {
	const n = 3000
	s := newPlace(t).open(t, WithDurability(events.DurabilityProcess))
	long(t, s, "order-1", n)
	loop := func(name string, seq iter.Seq2[events.Record, error]) {
		seen, head := 0, headOf(t, s, "order-1")
		for _, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen%100 == 0 {
				appended(t, s, one("order-1", head, "order.noted"))
				head++
			}
		}
		if before := int(head) - seen/100; seen < before || seen > before+pageRecords {
			t.Errorf("%s: %d records, %d were there", name, seen, before)
		}
	}
	loop("Read", s.Read(t.Context(), "order-1", 0))
	loop("ReadAll", s.ReadAll(t.Context(), 0, events.Filter{}))
}

// TestPagesAreBounded reads records so large that a page ends by bytes, after small ones that
// have let it ask for many.
func TestPagesAreBounded(t *testing.T) {
	const few, n = 2000, 60
	s := newPlace(t).open(t, WithDurability(events.DurabilityProcess))
	long(t, s, "order-1", few)
	for i := range events.Version(n) {
		c := one("order-1", few+i, "order.noted")
		c.Batches[0].Events[0].Data = make([]byte, events.MaxData)
		appended(t, s, c)
	}
	p := newPage()
	at, most := int64(0), 0
	for more := true; more; more = p.more {
		p.reset()
		if p.limit < minRecords || p.limit > pageRecords {
			t.Errorf("a page asks for %d rows", p.limit)
		}
		if err := s.fill(t.Context(), p, "order-1", s.queries.stream, "order-1", at, p.limit); err != nil {
			t.Fatal(err)
		}
		for _, r := range p.records {
			if int64(r.Version) != at+1 {
				t.Fatalf("version %d after %d", r.Version, at)
			}
			at++
		}
		most = max(most, p.bytes)
	}
	if at != few+n || most > pageBytes+events.MaxData+events.MaxMeta {
		t.Errorf("%d records, and %d bytes in the largest page", at, most)
	}
	if head := headOf(t, s, "order-1"); head != few+n {
		t.Errorf("%d records in all pages", head)
	}
}

// TestFilterAcrossPages finds few records among many, over pages without any.
func TestFilterAcrossPages(t *testing.T) {
	s := newPlace(t).open(t, WithDurability(events.DurabilityProcess))
	appended(t, s, one("line-1", 0, "line.opened"))
	long(t, s, "order-1", pagePositions+1000)
	appended(t, s, one("line-1", 1, "line.closed"))
	for _, tt := range []struct {
		filter events.Filter
		want   int
	}{
		{events.Filter{Categories: []string{"line"}}, 2},
		{events.Filter{Types: []string{"line.closed"}}, 1},
		{events.Filter{Categories: []string{"line"}, Types: []string{"order.noted"}}, 0},
		{events.Filter{Types: []string{"order.noted"}}, (pagePositions + 1000 + 499) / 500 * 500},
	} {
		n, last := 0, events.Position(0)
		for r, err := range s.ReadAll(t.Context(), 0, tt.filter) {
			if err != nil {
				t.Fatal(err)
			}
			if !tt.filter.Matches(r.Stream, r.Type) || r.Position <= last {
				t.Fatalf("%+v after position %d", r, last)
			}
			n, last = n+1, r.Position
		}
		if n != tt.want {
			t.Errorf("%+v: %d records, want %d", tt.filter, n, tt.want)
		}
	}
}

// TestDamageIsFound changes records by hand, with the trigger disabled that prevents it: reading
// the stream, or a walk over the whole log, is an error that names the place, and no record of a
// stream is yielded after a hole.
func TestDamageIsFound(t *testing.T) {
	for _, tt := range []struct {
		name, statement string
		at              events.CorruptError
		says            string
		before          int  // records that the walk takes
		read            bool // reading the stream finds it too
	}{
		{"Hole", "DELETE FROM {schema}.records WHERE stream = 'order-1' AND version = 2",
			events.CorruptError{Stream: "order-1", Version: 3, Position: 3}, "version 2 is missing", 1, true},
		{"OtherStream", "UPDATE {schema}.records SET stream = 'order-2' WHERE position = 3",
			events.CorruptError{Stream: "order-2", Version: 3, Position: 3}, "version 1 is missing", 2, true},
		{"OddStream", "UPDATE {schema}.records SET stream = 'Order 1' WHERE position = 1",
			events.CorruptError{Stream: "Order 1", Version: 1, Position: 1}, "stream", 0, false},
		{"HalfACommit", "DELETE FROM {schema}.records WHERE position = 4",
			events.CorruptError{Stream: "line-2", Version: 1, Position: 5}, "index 1", 3, false},
		{"IndexTwice", "UPDATE {schema}.records SET commit_id = (SELECT commit_id FROM {schema}.records WHERE position = 1) WHERE position = 5",
			events.CorruptError{Stream: "line-2", Version: 1, Position: 5}, "index 1", 4, false},
		{"OddType", "UPDATE {schema}.records SET type = 'A b' WHERE position = 2",
			events.CorruptError{Stream: "order-1", Version: 2, Position: 2}, "type", 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t)
			s := p.open(t)
			appended(t, s, one("order-1", 0, "a", "b", "c"))
			both := one("line-1", 0, "a")
			both.Batches = append(both.Batches, one("line-2", 0, "a").Batches...)
			appended(t, s, both)
			p.run(t, "ALTER TABLE {schema}.records DISABLE TRIGGER records_are_kept",
				"ALTER TABLE {schema}.records DROP CONSTRAINT records_commit_idx", tt.statement)
			check := func(what string, err error, says string) {
				t.Helper()
				c, ok := errors.AsType[*events.CorruptError](err)
				if !ok || c.Stream != tt.at.Stream || c.Version != tt.at.Version || c.Position != tt.at.Position || !strings.Contains(err.Error(), says) {
					t.Errorf("%s: %v, want %+v and %q", what, err, tt.at, says)
				}
			}
			report, err := events.Verify(t.Context(), s, nil)
			if check("verify", err, tt.says); report.Records != tt.before {
				t.Errorf("the walk took %d records", report.Records)
			}
			if tt.read {
				check("read", firstError(s.Read(t.Context(), tt.at.Stream, 0)), "")
			}
		})
	}
}

// TestModesOfPools reads and appends through pools that prepare nothing, as they are set up
// before some poolers.
func TestModesOfPools(t *testing.T) {
	p := newPlace(t)
	for i, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		moded := place{p.dsn + " default_query_exec_mode=" + mode, p.schema}
		s := moded.open(t)
		c := one("order-1", events.Version(2*i), "a")
		appended(t, s, c)
		inTx(t, moded.connect(t), pgx.TxOptions{}, func(tx pgx.Tx) error {
			_, err := s.AppendTx(t.Context(), tx, one("order-1", events.Version(2*i+1), "b"))
			return err
		})
		if n := headOf(t, s, "order-1"); n != events.Version(2*i+2) {
			t.Errorf("%s: version %d", mode, n)
		}
		if _, found, err := s.Lookup(t.Context(), c.ID); !found || err != nil {
			t.Errorf("%s: %t, %v", mode, found, err)
		}
		if err := firstError(s.ReadAll(t.Context(), 0, events.Filter{Categories: []string{"order"}, Types: []string{"a"}})); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		if err := s.SaveSnapshot(t.Context(), events.Snapshot{Stream: "order-1", Version: 1, Fold: "f", Data: []byte{0}}); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		if snap, found, err := s.LatestSnapshot(t.Context(), "order-1", "f"); !found || err != nil || string(snap.Data) != "\x00" {
			t.Errorf("%s: %+v, %t, %v", mode, snap, found, err)
		}
	}
}

// TestPlansKeepToIndexes appends and reads on a database that is never analysed, from the first
// record on: no statement of the store scans the table, however small it was when the statement
// was planned.
func TestPlansKeepToIndexes(t *testing.T) {
	p := newPlace(t)
	p.run(t, "ALTER TABLE {schema}.records SET (autovacuum_enabled = off)")
	conn := p.connect(t)
	scans := func() (table, index int) {
		err := conn.QueryRow(t.Context(), "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'records'", p.schema).Scan(&table, &index)
		if err != nil {
			t.Fatal(err)
		}
		return table, index
	}
	before, _ := scans()
	s := p.open(t)
	const n = 40
	for i := range events.Version(n) {
		appended(t, s, one("order-1", i, "a"))
		appended(t, s, one("line-1", 6*i, "a", "b", "c", "d", "e", "f"))
		appended(t, s, one("line-1", 6*i+6)) // a guard
		if h := headOf(t, s, "order-1"); h != i+1 {
			t.Fatalf("version %d", h)
		}
		for _, f := range []events.Filter{{}, {Types: []string{"a"}}} {
			if err := firstError(s.ReadAll(t.Context(), 0, f)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil { // the statistics are reported when the connections end
		t.Fatal(err)
	}
	var table int
	eventually(t, "the server has counted", func() bool {
		var index int
		table, index = scans()
		return index > 8*n
	})
	if table != before {
		t.Errorf("the table was scanned %d times", table-before)
	}
}

// TestGapsOfPositions reads through a filter past positions that no record has, and counts queries:
// one page with records, the search for where they go on, and the next page, however wide the gap.
func TestGapsOfPositions(t *testing.T) {
	p := newPlace(t)
	s := p.open(t)
	appended(t, s, one("order-1", 0, "a"))
	const gap = 1_000_000_000
	const move = "INSERT INTO {schema}.records SELECT position + %d, version + 1, at, gen_random_uuid(), schema, idx, stream, type, digest, meta, data, sum FROM {schema}.records WHERE position = %d"
	p.run(t, fmt.Sprintf(move, gap, 1), fmt.Sprintf(move, gap, 1+gap))
	config := s.pool.Config()
	asked := new(asked)
	config.ConnConfig.Tracer = asked
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	counted, err := New(t.Context(), pool, WithSchema(p.schema))
	if err != nil {
		t.Fatal(err)
	}
	closing(t, counted)
	asked.Store(0)
	var found []events.Position
	for r, err := range counted.ReadAll(t.Context(), 0, events.Filter{Types: []string{"a"}}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, r.Position)
	}
	if !slices.Equal(found, []events.Position{1, 1 + gap, 1 + 2*gap}) {
		t.Errorf("the positions are %d", found)
	}
	// The end, a page, and for each gap a page without records, the search and a page; and before
	// them, on a new connection, the link that the store value remembers.
	if n := asked.Load(); n > 9 {
		t.Errorf("%d queries", n)
	}
	asked.Store(0)
	var c events.Cursor
	found = nil
	for r, err := range counted.ReadFrom(t.Context(), &c, events.Filter{Types: []string{"a"}}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, r.Position)
	}
	if n := asked.Load(); n != 3 || !slices.Equal(found, []events.Position{1, 1 + gap, 1 + 2*gap}) {
		t.Errorf("from a cursor: the positions are %d after %d queries, want one for each run of positions", found, n)
	}
}

// asked counts the queries of a pool.
type asked struct{ atomic.Int64 }

func (a *asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	a.Add(1)
	return ctx
}

func (a *asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
