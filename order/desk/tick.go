package desk

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// Deadlines returns what is due.
type Deadlines interface {
	// Due yields the orders with a deadline at or before now, by instant and then by stream. One
	// may be yielded whose deadline has been met since: the command that Tick makes of it is
	// refused, which is harmless.
	//
	// An error that is a *events.CorruptError is about the order that comes with it, or about
	// none, and the sequence goes on; such errors come last. Any other error ends it. Nothing
	// is locked while the body of the caller's loop runs.
	Due(ctx context.Context, now time.Time) iter.Seq2[Due, error]
}

// Due is an assurance order or a pay-later order whose deadline has passed.
type Due struct {
	Order trade.ID
	At    time.Time
	Kind  string // what the deadline is of: see order.Deadline and paylater.Deadline
	Do    Action // the command that the system issues
}

// Ticked is the outcome of one due command.
type Ticked struct {
	Due
	// Err is nil if the system acted, now or in an earlier Tick; a *trade.Refusal if another
	// command came first; and otherwise why nothing could be done for this order: a
	// *events.CorruptError of one of its streams, or a *events.ConflictError if others wrote
	// to them for as long as the command could take.
	Err error
}

// Tick issues every command that is due at now, in the order of the deadlines: it closes orders
// that waited too long, escalates disputes, confirms receipt for silent buyers, requests the
// charges of pay-later orders and marks them as overdue. Running it twice, or in two processes, is
// harmless: the ID of each command derives from its order, the kind
// of deadline and its instant. The commands are decided at now, which must not be ahead of the
// clocks of the parties. Where a Tick is late, its effect can make something else due at
// once, such as the overdue mark of a payment whose charge was requested late: that is left to the
// next Tick.
//
// It returns what it did. The error joins those of Ticked.Err that are not refusals: an order that
// cannot be read neither delays the others nor goes unnoticed. An error of
// the store, of Deadlines or of ctx ends the run and is joined last. What was done is done.
func (d *Desk) Tick(ctx context.Context, now time.Time) ([]Ticked, error) {
	var (
		done   []Ticked
		failed []error
	)
	d.warn(ctx)
	for x, err := range d.deadlines.Due(ctx, now) {
		if err == nil {
			err = d.act(ctx, x, now)
		}
		switch fault := faultOf(err); fault {
		case faultNone:
		case faultOfOrder:
			failed = append(failed, err)
		case faultOfStore:
			return done, errors.Join(append(failed, err)...)
		}
		done = append(done, Ticked{Due: x, Err: err})
	}
	return done, errors.Join(failed...)
}

// act issues a due command under the ID that belongs to the deadline.
func (d *Desk) act(ctx context.Context, x Due, now time.Time) error {
	_, err := d.do(ctx, Command{
		ID: CommandID(x.At, "deadline", string(x.Do.stream)+"/"+x.Kind+"/"+x.At.UTC().Format(time.RFC3339Nano)),
		By: trade.Actor{Role: trade.System},
		Do: x.Do,
	}, func() time.Time { return now })
	return err
}

// fault says what an error of a due command means for the other commands.
type fault uint8

const (
	faultNone    fault = iota
	faultOfOrder       // it is about this order alone
	faultOfStore       // the next command would meet it as well
)

func faultOf(err error) fault {
	var (
		no       *trade.Refusal
		corrupt  *events.CorruptError
		conflict *events.ConflictError
	)
	switch {
	case err == nil || errors.As(err, &no):
		return faultNone
	case errors.As(err, &corrupt) || errors.As(err, &conflict):
		return faultOfOrder
	default:
		return faultOfStore
	}
}
