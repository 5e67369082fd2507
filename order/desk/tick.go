package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
)

// Deadlines knows what is due.
type Deadlines interface {
	// Due returns the orders with a deadline at or before now, by instant and then by id, at
	// most limit of them. An order may be returned whose deadline has been met since: the
	// command that Tick makes of it is refused and does no harm.
	Due(ctx context.Context, now time.Time, limit int) ([]Due, error)
}

// Due is an order whose deadline has come.
type Due struct {
	Order order.ID
	order.Deadline
}

// Ticked is what became of one due command.
type Ticked struct {
	Due
	// Err is nil if the system acted, now or in an earlier Tick; a *order.Refusal if somebody
	// else had acted first.
	Err error
}

// tickBatch is how many due commands Tick asks for at a time.
const tickBatch = 1000

// Tick does everything that is due at now, in the order of the deadlines: it closes orders
// that waited too long and confirms receipt for buyers who stayed silent. It is harmless to
// run it twice, or in two processes: the ID of each command derives from its order, the kind
// of deadline and its instant. The commands are decided at now, which must not be ahead of the
// clocks of those who act by hand.
//
// It returns what it did. The error is of the store or of Deadlines, and ends the run; what
// was done before it is done.
func (d *Desk) Tick(ctx context.Context, now time.Time) ([]Ticked, error) {
	var done []Ticked
	seen := make(map[order.ID]time.Time)
	for {
		due, err := d.deadlines.Due(ctx, now, tickBatch)
		if err != nil {
			return done, err
		}
		fresh := 0
		for _, x := range due {
			if at, ok := seen[x.Order]; ok && at.Equal(x.At) {
				continue // it was refused in this run and will be again
			}
			seen[x.Order] = x.At
			fresh++
			_, err := d.do(ctx, Command{
				ID: CommandID(x.At, "deadline", x.Order.String()+"/"+x.Kind+"/"+x.At.UTC().Format(time.RFC3339Nano)),
				By: order.Actor{Role: order.System},
				Do: Order(x.Order, x.Command),
			}, func() time.Time { return now })
			var no *order.Refusal
			if err != nil && !errors.As(err, &no) {
				return done, fmt.Errorf("desk: deadline %q of order %s: %w", x.Kind, x.Order, err)
			}
			done = append(done, Ticked{Due: x, Err: err})
		}
		if fresh == 0 || len(due) < tickBatch {
			return done, nil
		}
	}
}

// index is the default Deadlines: it follows the log and keeps the running deadline of every
// order that has one, in memory.
type index struct {
	desk *Desk

	mu      sync.Mutex
	after   events.Position
	running map[order.ID]order.Deadline
}

func newIndex(d *Desk) *index { return &index{desk: d, running: make(map[order.ID]order.Deadline)} }

// Due catches up with the log and returns what is due.
func (x *index) Due(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.catchUp(ctx); err != nil {
		return nil, err
	}
	var due []Due
	for id, deadline := range x.running {
		if !deadline.At.After(now) {
			due = append(due, Due{Order: id, Deadline: deadline})
		}
	}
	slices.SortFunc(due, func(a, b Due) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Order.String(), b.Order.String()))
	})
	return due[:min(limit, len(due))], nil
}

// catchUp looks at every order that the log has written to since the last time. An order that
// ended is dropped without a look.
func (x *index) catchUp(ctx context.Context) error {
	moved := make(map[order.ID]bool)
	after := x.after
	for r, err := range x.desk.store.ReadAll(ctx, after, events.Filter{Categories: []string{order.Category}}) {
		if err != nil {
			return err
		}
		key, _ := r.Stream.Key()
		id, err := order.ParseID(key)
		if err != nil {
			return r.Corrupt(err)
		}
		ended := r.Type == order.KindClosed.String() || r.Type == order.KindReceiptConfirmed.String() || r.Type == order.KindCompleted.String()
		moved[id] = !ended
		after = r.Position
	}
	for id, look := range moved {
		delete(x.running, id)
		if !look {
			continue
		}
		o, _, err := x.desk.orders.View(ctx, x.desk.store, order.Stream(id), events.WithCache(x.desk.cache))
		if err != nil {
			return err
		}
		if deadline, ok := o.Deadline(); ok {
			x.running[id] = deadline
		}
	}
	x.after = after
	return nil
}
