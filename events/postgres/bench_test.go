package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/grouptest"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// The benchmarks compare the store with pgx alone, used as well as it can be: the same rows in
// the same tables with the same indexes and the same durability, and no lock, no check, no
// record made of a row. Raw and store alternate in short rounds of one run, and the ratio is
// the median over the pairs, so that a busy machine slows both alike. Each runs on a database
// that was never analysed and on one that was.

const eventsPerOrder = 12

// traffic makes the commits of one caller: one event each, an order of twelve events after
// the other.
type traffic struct {
	stream  events.StreamID
	version events.Version
	data    [250]byte
	meta    [60]byte
}

func (w *traffic) next() events.Commit {
	if w.version%eventsPerOrder == 0 {
		w.stream = events.StreamID("order-" + uuid.Must(uuid.NewV7()).String())
		w.version = 0
	}
	w.version++
	id := uuid.Must(uuid.NewV7())
	copy(w.data[100:], id[:])
	return events.Commit{ID: id, Digest: sha256.Sum256(id[:]), Batches: []events.Batch{{
		Stream: w.stream, After: w.version - 1,
		Events: []events.Event{{Type: "order.payment-received", Schema: 1, At: time.Now(), Meta: w.meta[:], Data: w.data[:]}},
	}}}
}

// bench is a database with a log for the store and one for pgx alone.
type bench struct {
	dsn   string
	store *Store
	raw   schema
}

func newBench(b *testing.B, analysed bool) *bench {
	server := pgtest.Start(b, "autovacuum=off")
	k := &bench{dsn: server.DSN()}
	for _, name := range []string{"raw", "store"} {
		if err := Migrate(b.Context(), k.dsn, WithSchema(name)); err != nil {
			b.Fatal(err)
		}
	}
	var err error
	if k.raw, err = newSchema("raw"); err != nil {
		b.Fatal(err)
	}
	k.do(b, "CREATE SEQUENCE raw.positions")
	if k.store, err = Open(b.Context(), k.dsn, WithSchema("store")); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { k.store.Close() })
	if analysed {
		k.fill(b, 512)
		k.do(b, "INSERT INTO raw.records SELECT * FROM store.records", "SELECT setval('raw.positions', max(position)) FROM raw.records", "VACUUM ANALYZE")
	}
	return k
}

func (k *bench) do(b *testing.B, statements ...string) {
	b.Helper()
	if err := pgtest.Exec(k.dsn, statements...); err != nil {
		b.Fatal(err)
	}
}

func (k *bench) connect(b *testing.B) *pgconn.PgConn {
	conn, err := pgx.Connect(b.Context(), k.dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close(context.Background()) })
	return conn.PgConn()
}

// fill writes orders whose events lie among those of others, and returns their streams.
func (k *bench) fill(b *testing.B, orders int) (streams []events.StreamID) {
	const width = 64
	for start := 0; start < orders; start += width {
		var w [width]traffic
		for range eventsPerOrder {
			var group []events.Commit
			for i := range w {
				group = append(group, w[i].next())
				// The group still uses what the next iteration overwrites.
				e := &group[i].Batches[0].Events[0]
				e.Data = slices.Clone(e.Data)
			}
			for _, out := range k.store.AppendEach(context.Background(), group) {
				if out.Err != nil {
					b.Fatal(out.Err)
				}
			}
		}
		for i := range w {
			streams = append(streams, w[i].stream)
		}
	}
	return streams
}

// compare runs alternating rounds of n units and reports units a second of each, and the ratio of
// the last to each of the others.
func compare(b *testing.B, n int, unit string, names []string, rounds ...func() error) {
	spent := make([]time.Duration, len(rounds))
	ratios := make([][]float64, len(rounds))
	for b.Loop() {
		took := make([]time.Duration, len(rounds))
		for i, round := range rounds {
			start := time.Now()
			if err := round(); err != nil {
				b.Fatal(err)
			}
			took[i] = time.Since(start)
			spent[i] += took[i]
		}
		for i := range rounds {
			ratios[i] = append(ratios[i], float64(took[i])/float64(took[len(took)-1]))
		}
	}
	for i, name := range names {
		b.ReportMetric(float64(b.N*n)/spent[i].Seconds(), name+"-"+unit+"/s")
		if i < len(names)-1 {
			slices.Sort(ratios[i])
			b.ReportMetric(ratios[i][len(ratios[i])/2], "of-"+name)
		}
	}
	b.ReportMetric(0, "ns/op")
}

func each(b *testing.B, run func(b *testing.B, analysed bool)) {
	b.Run("fresh", func(b *testing.B) { run(b, false) })
	b.Run("analysed", func(b *testing.B) { run(b, true) })
}

// The rows of pgx alone have no links.
const rawInsert = "INSERT INTO raw.records (position, sum, " + rowColumns + ") SELECT nextval('raw.positions'), '', "

// inserter returns a function that inserts one row and commits it.
func (k *bench) inserter(b *testing.B) func(*events.Commit) error {
	conn := k.connect(b)
	sd, err := conn.Prepare(b.Context(), "one", rawInsert+"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10", rowTypes[:])
	if err != nil {
		b.Fatal(err)
	}
	return func(c *events.Commit) error {
		var w params
		w.commit(c)
		_, err := conn.ExecStatement(context.Background(), sd, w.values, binaryFormat, nil).Close()
		return err
	}
}

// grouper returns a function that inserts many rows in one transaction.
func (k *bench) grouper(b *testing.B) func([]events.Commit) error {
	conn := k.connect(b)
	types := make([]uint32, rowWidth)
	for i, oid := range rowTypes {
		types[i] = arrayTypes[oid]
	}
	sd, err := conn.Prepare(b.Context(), "many", rawInsert+"e.* FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS e", types)
	if err != nil {
		b.Fatal(err)
	}
	return func(group []events.Commit) error {
		var w params
		for _, oid := range rowTypes {
			w.arrays = append(w.arrays, newArray(oid, 16*len(group)))
		}
		for i := range group {
			w.commit(&group[i])
		}
		for i := range w.arrays {
			w.values = append(w.values, w.arrays[i].value())
		}
		_, err := conn.ExecStatement(context.Background(), sd, w.values, binaryFormat, nil).Close()
		return err
	}
}

// callersDo has callers do the same a number of times at once.
func callersDo(callers, turns int, f func(i int) error) error {
	var group sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		group.Go(func() {
			for n := 0; n < turns && errs[i] == nil; n++ {
				errs[i] = f(i)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// BenchmarkAppend1 appends durably from one caller, one event a commit.
func BenchmarkAppend1(b *testing.B) {
	each(b, func(b *testing.B, analysed bool) {
		const round = 20
		k := newBench(b, analysed)
		insert := k.inserter(b)
		var left, right traffic
		compare(b, round, "events", []string{"raw", "store"}, func() error {
			for range round {
				c := left.next()
				if err := insert(&c); err != nil {
					return err
				}
			}
			return nil
		}, func() error {
			for range round {
				if _, err := k.store.Append(b.Context(), right.next()); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// BenchmarkAppend32 appends durably from 32 callers, one event a commit, beside 32 connections
// that commit each on its own, and beside one that inserts 32 rows a transaction.
func BenchmarkAppend32(b *testing.B) {
	each(b, func(b *testing.B, analysed bool) {
		const callers, turns = 32, 100
		k := newBench(b, analysed)
		var inserts [callers]func(*events.Commit) error
		for i := range inserts {
			inserts[i] = k.inserter(b)
		}
		many := k.grouper(b)
		var left, middle, right [callers]traffic
		compare(b, callers*turns, "events", []string{"autocommit", "group", "store"}, func() error {
			return callersDo(callers, turns, func(i int) error {
				c := left[i].next()
				return inserts[i](&c)
			})
		}, func() error {
			for range turns {
				group := make([]events.Commit, callers)
				for i := range group {
					group[i] = middle[i].next()
				}
				if err := many(group); err != nil {
					return err
				}
			}
			return nil
		}, func() error {
			return callersDo(callers, turns, func(i int) error {
				_, err := k.store.Append(b.Context(), right[i].next())
				return err
			})
		})
	})
}

// BenchmarkReplicated appends durably from 32 callers, one event a commit, to a server alone and to one with
// two standbys, one of which has each commit before it is acknowledged. All of them share this machine.
func BenchmarkReplicated(b *testing.B) {
	const callers, turns = 32, 100
	n := pgtest.ThreeNodes(b, "autovacuum=off")
	nodes := migrated(b, place{n.Primary.DSN(), "log"}).plain(b).open(b, replicated)
	var rounds []func() error
	for _, s := range []*Store{newBench(b, false).store, nodes} {
		var w [callers]traffic
		rounds = append(rounds, func() error {
			return callersDo(callers, turns, func(i int) error {
				_, err := s.Append(b.Context(), w[i].next())
				return err
			})
		})
	}
	compare(b, callers*turns, "events", []string{"alone", "replicated"}, rounds...)
}

// BenchmarkStores appends durably from 32 callers through one, two and four stores, whose
// groups follow each other like those of as many processes.
func BenchmarkStores(b *testing.B) {
	const callers, turns = 32, 20
	k := newBench(b, false)
	stores := []*Store{k.store}
	for range 3 {
		s, err := Open(b.Context(), k.dsn, WithSchema("store"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		stores = append(stores, s)
	}
	var rounds []func() error
	for _, n := range []int{4, 2, 1} {
		var w [callers]traffic
		rounds = append(rounds, func() error {
			return callersDo(callers, turns, func(i int) error {
				_, err := stores[i%n].Append(b.Context(), w[i].next())
				return err
			})
		})
	}
	compare(b, callers*turns, "events", []string{"four", "two", "one"}, rounds...)
}

// BenchmarkRefusals answers refusals beside writers.
func BenchmarkRefusals(b *testing.B) { grouptest.Refusals(b, newBench(b, false).store) }
