package projection_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// A view that counts the events of each category.
func Example() {
	counts := &projection.Table{
		Name: "counts", Key: 1,
		Columns: []projection.Column{{Name: "category", Kind: projection.KindText}, {Name: "n", Kind: projection.KindInt}},
	}
	view := &projection.View{
		Name: "traffic", Version: 1, Tables: []*projection.Table{counts},
		New: func(events.Store) projection.Folder {
			return projection.Func(func(rows *projection.Rows, r *events.Record) error {
				category, n := projection.Text(r.Stream.Category()), int64(1)
				if row := rows.Get(counts, category); row != nil {
					n += row[1].Int()
				}
				rows.Put(counts, category, projection.Int(n))
				return nil
			})
		},
	}

	ctx, log, store := context.Background(), memory.New(), viewmemory.New()
	for _, stream := range strings.Fields("order-1 order-2 line-acme order-3") {
		_, err := log.Append(ctx, events.Commit{ID: uuid.New(), Batches: []events.Batch{{
			Stream: events.StreamID(stream), Events: []events.Event{{Type: "begun", Schema: 1, At: events.MinInstant}},
		}}})
		if err != nil {
			fmt.Println(err)
			return
		}
	}

	worker, err := projection.New(log, store, view)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := worker.CatchUp(ctx); err != nil { // or Follow, to continue with new records
		fmt.Println(err)
		return
	}
	err = view.Read(ctx, store, func(s projection.Snapshot) error {
		return projection.Each(s, counts, projection.Query{}, func(row projection.Row) error {
			fmt.Println(row[0].Text(), row[1].Int())
			return nil
		})
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// line 1
	// order 3
}
