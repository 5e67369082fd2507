package postgres

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// row is a row as a typed scan reads it.
type row struct {
	position, version, at int64
	typ, stream           string
	schema                int32
	commit                pgtype.UUID
	index                 int16
	digest, meta, data    []byte
}

func (r *row) fields() []any {
	return []any{&r.position, &r.version, &r.typ, &r.schema, &r.at, &r.commit, &r.index, &r.digest, &r.meta, &r.data}
}

func (k *bench) pool(b *testing.B) *pgxpool.Pool {
	pool, err := pgxpool.New(b.Context(), k.dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// BenchmarkLoad reads the twelve records of one order.
func BenchmarkLoad(b *testing.B) {
	each(b, func(b *testing.B, analysed bool) {
		const round = 50
		k := newBench(b, analysed)
		streams := k.fill(b, 1024)
		pool := k.pool(b)
		var left, right int
		compare(b, round, "orders", []string{"raw", "store"}, func() error {
			for range round {
				left++
				rows, err := pool.Query(b.Context(), "SELECT "+columns+" FROM store.records WHERE stream = $1 ORDER BY version", string(streams[left*7919%len(streams)]))
				if err != nil {
					return err
				}
				list := make([]row, 0, 16)
				for rows.Next() {
					list = append(list, row{})
					if err := rows.Scan(list[len(list)-1].fields()...); err != nil {
						return err
					}
				}
				if rows.Close(); len(list) != eventsPerOrder || rows.Err() != nil {
					return fmt.Errorf("%d records: %w", len(list), rows.Err())
				}
			}
			return nil
		}, func() error {
			for range round {
				right++
				n := 0
				for _, err := range k.store.Read(b.Context(), streams[right*7919%len(streams)], 0) {
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
	})
}

// BenchmarkScan reads the whole log, and with a filter that no record passes, beside a typed
// scan of everything.
func BenchmarkScan(b *testing.B) {
	each(b, func(b *testing.B, analysed bool) {
		k := newBench(b, analysed)
		k.fill(b, 2048)
		pool := k.pool(b)
		total := 0
		if err := pool.QueryRow(b.Context(), "SELECT count(*) FROM store.records").Scan(&total); err != nil {
			b.Fatal(err)
		}
		raw := func() error {
			rows, err := pool.Query(b.Context(), "SELECT "+columns+", stream FROM store.records ORDER BY position")
			if err != nil {
				return err
			}
			var r row
			tag, err := pgx.ForEachRow(rows, append(r.fields(), &r.stream), func() error { return nil })
			if err != nil || tag.RowsAffected() != int64(total) {
				return fmt.Errorf("%s: %w", tag, err)
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
				compare(b, total, "events", []string{"raw", "store"}, raw, func() error {
					n := 0
					for _, err := range k.store.ReadAll(b.Context(), 0, c.filter) {
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
	})
}
