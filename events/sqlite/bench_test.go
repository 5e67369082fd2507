package sqlite

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/grouptest"
)

// The benchmarks compare the store with the driver alone, used as well as it can be: the same
// rows in the same tables with the same indexes and settings, and no lock, no check, no
// record made of a row. Raw and store alternate in short rounds of one run, and the ratio is
// the median over the pairs, so that a busy machine slows both alike.

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

// raw is the driver alone on a file of this package.
type raw struct {
	conn                  *sqlite.Conn
	begin, commit, insert *sqlite.Stmt
	stream, all           *sqlite.Stmt
	text, blob            []byte
}

func openRaw(b testing.TB, path string) *raw {
	c := &config{durability: events.DurabilityFsync, migrations: migrations()}
	if exists, err := inspect(path, len(c.migrations), true); err != nil {
		b.Fatal(err)
	} else if !exists {
		if err := create(path, c); err != nil {
			b.Fatal(err)
		}
	}
	conn, err := connect(path, c, true)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	run(b, conn, "PRAGMA wal_autocheckpoint = 1000")
	r := &raw{conn: conn, text: make([]byte, 256), blob: make([]byte, 1<<16)}
	err = prepare(conn, map[**sqlite.Stmt]string{
		&r.begin:  "BEGIN IMMEDIATE",
		&r.commit: "COMMIT",
		&r.insert: "INSERT INTO log (stream, version, type, schema, at, commit_id, idx, digest, meta, data)" +
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		&r.stream: "SELECT " + columns + " FROM records WHERE stream = ? ORDER BY version",
		&r.all:    "SELECT " + columns + ", stream FROM records ORDER BY position",
	})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// put inserts the rows of a commit of one event.
func (r *raw) put(c *events.Commit) error {
	batch := &c.Batches[0]
	ev := &batch.Events[0]
	r.insert.BindText(1, string(batch.Stream))
	r.insert.BindInt64(2, int64(batch.After)+1)
	r.insert.BindText(3, ev.Type)
	r.insert.BindInt64(4, int64(ev.Schema))
	r.insert.BindInt64(5, ev.At.UnixNano())
	r.insert.BindBytes(6, c.ID[:])
	r.insert.BindInt64(7, 0)
	r.insert.BindBytes(8, c.Digest[:])
	r.insert.BindBytes(9, ev.Meta)
	r.insert.BindBytes(10, ev.Data)
	return step(r.insert)
}

// drain reads every column of every row.
func (r *raw) drain(stmt *sqlite.Stmt, withStream bool) (rows int, err error) {
	defer stmt.Reset()
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return rows, err
		}
		rows++
		_ = stmt.ColumnInt64(colPosition) + stmt.ColumnInt64(colVersion) + stmt.ColumnInt64(colSchema) + stmt.ColumnInt64(colAt) + stmt.ColumnInt64(colIndex)
		stmt.ColumnBytes(colType, r.text)
		stmt.ColumnBytes(colCommit, r.text)
		stmt.ColumnBytes(colMeta, r.blob)
		stmt.ColumnBytes(colData, r.blob)
		if withStream {
			stmt.ColumnBytes(colStream, r.text)
		}
	}
}

func openBench(b testing.TB, path string) *Store {
	s, err := Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// compare runs alternating rounds of n units and reports units a second of each, and the ratio.
func compare(b *testing.B, n int, unit string, raw, store func() error) {
	var ratios []float64
	var spent [2]time.Duration
	for b.Loop() {
		var took [2]time.Duration
		for i, round := range []func() error{raw, store} {
			start := time.Now()
			if err := round(); err != nil {
				b.Fatal(err)
			}
			took[i] = time.Since(start)
			spent[i] += took[i]
		}
		ratios = append(ratios, float64(took[0])/float64(took[1]))
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(b.N*n)/spent[0].Seconds(), "raw-"+unit+"/s")
	b.ReportMetric(float64(b.N*n)/spent[1].Seconds(), "store-"+unit+"/s")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAppend1 appends durably from one caller, one event a commit.
func BenchmarkAppend1(b *testing.B) {
	const round = 20
	r := openRaw(b, filepath.Join(b.TempDir(), "raw"))
	s := openBench(b, filepath.Join(b.TempDir(), "store"))
	var left, right traffic
	compare(b, round, "events", func() error {
		for range round {
			c := left.next()
			if err := r.put(&c); err != nil { // a transaction of its own
				return err
			}
		}
		return nil
	}, func() error {
		for range round {
			if _, err := s.Append(b.Context(), right.next()); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkAppend32 appends durably from 32 callers, one event a commit; raw is one goroutine
// that inserts 32 rows a transaction.
func BenchmarkAppend32(b *testing.B) {
	const callers, turns = 32, 200
	r := openRaw(b, filepath.Join(b.TempDir(), "raw"))
	s := openBench(b, filepath.Join(b.TempDir(), "store"))
	var left, right [callers]traffic
	compare(b, callers*turns, "events", func() error {
		for range turns {
			err := step(r.begin)
			for i := 0; i < callers && err == nil; i++ {
				c := left[i].next()
				err = r.put(&c)
			}
			if err == nil {
				err = step(r.commit)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, func() error {
		var group sync.WaitGroup
		errs := make([]error, callers)
		for i := range callers {
			group.Go(func() {
				for range turns {
					if _, err := s.Append(b.Context(), right[i].next()); err != nil {
						errs[i] = err
						return
					}
				}
			})
		}
		group.Wait()
		return errors.Join(errs...)
	})
}

// fill writes orders whose events lie among those of others, and returns their streams.
func fill(b testing.TB, path string, orders int) (streams []events.StreamID) {
	const width = 32
	s, err := Open(b.Context(), path, WithDurability(events.DurabilityProcess))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for start := 0; start < orders; start += width {
		var w [width]traffic
		for range eventsPerOrder {
			var group []events.Commit
			for i := range w {
				group = append(group, w[i].next())
				// The group still uses what the next iteration overwrites.
				e := &group[i].Batches[0].Events[0]
				e.Data = append([]byte(nil), e.Data...)
			}
			for _, out := range s.AppendEach(context.Background(), group) {
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

// BenchmarkLoad reads the twelve records of one order.
func BenchmarkLoad(b *testing.B) {
	const round = 200
	path := filepath.Join(b.TempDir(), "log")
	streams := fill(b, path, 4096)
	r, s := openRaw(b, path), openBench(b, path)
	var left, right int
	compare(b, round, "orders", func() error {
		for range round {
			left++
			r.stream.BindText(1, string(streams[left*7919%len(streams)]))
			if n, err := r.drain(r.stream, false); err != nil || n != eventsPerOrder {
				return fmt.Errorf("%d records: %w", n, err)
			}
		}
		return nil
	}, func() error {
		for range round {
			right++
			n := 0
			for _, err := range s.Read(b.Context(), streams[right*7919%len(streams)], 0) {
				if err != nil {
					return err
				}
				n++
			}
			if n != eventsPerOrder {
				return fmt.Errorf("%d records", n)
			}
		}
		return nil
	})
}

// BenchmarkScan reads the whole log, and with a filter that no record passes.
func BenchmarkScan(b *testing.B) {
	path := filepath.Join(b.TempDir(), "log")
	total := len(fill(b, path, 2048)) * eventsPerOrder
	r, s := openRaw(b, path), openBench(b, path)
	raw := func() error {
		if n, err := r.drain(r.all, true); err != nil || n != total {
			return fmt.Errorf("%d records: %w", n, err)
		}
		return nil
	}
	for _, c := range []struct {
		name   string
		filter events.Filter
		want   int
	}{
		{"all", events.Filter{}, total},
		{"none", events.Filter{Types: []string{"order.closed"}}, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			compare(b, total, "events", raw, func() error {
				n := 0
				for _, err := range s.ReadAll(b.Context(), 0, c.filter) {
					if err != nil {
						return err
					}
					n++
				}
				if n != c.want {
					return fmt.Errorf("%d records, want %d", n, c.want)
				}
				return nil
			})
		})
	}
}

// BenchmarkRefusals answers refusals beside writers.
func BenchmarkRefusals(b *testing.B) {
	grouptest.Refusals(b, openBench(b, filepath.Join(b.TempDir(), "log")))
}
