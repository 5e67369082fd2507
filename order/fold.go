package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// Fold: facts become a state. Nothing is decided here.

// Apply folds one fact into the state in place. An error says that the history cannot be
// that of an order: the fact has no step from this phase, or contradicts what came before.
// The state is then as it was.
//
// An event has a method contradicts where misreading it would bind the wrong person, move money,
// quota or a deadline twice, or let the state grow without end: the table allows it, and the
// order's own past does not.
func (o *Order) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return trade.Invalid("event", "is nil, a pointer, or no event of an order")
	}
	to, ok := lifecycle.Next(o.Phase, e.Kind())
	if !ok {
		return fmt.Errorf("order: %s has no step from phase %s", e.Kind(), o.Phase)
	}
	at = at.UTC()
	if err := contradictsEvent(e, o); err != nil {
		return err
	}
	evolveEvent(e, o, at)
	o.Phase = to
	if at.After(o.LastAt) {
		// What a command on another stream writes here goes by version: its instant may lie
		// before that of the event ahead of it.
		o.LastAt = at
	}
	return nil
}

// bounded returns an error if one more would let a list of the state grow without end.
func bounded(have, most int) error {
	if have >= most {
		return fmt.Errorf("order: one more than the %d that an order holds", most)
	}
	return nil
}

// Evolve returns the order after one more fact; o itself is not changed.
func Evolve(o Order, r Recorded) (Order, error) {
	err := o.Apply(r.Event, r.At)
	return o, err
}

// Replay folds a whole history. A fact that cannot be is a *events.CorruptError that names its
// version.
func Replay(id trade.ID, history []Recorded) (o Order, err error) {
	o.ID = id
	for i := range history {
		r := &history[i]
		if err := o.Apply(r.Event, r.At); err != nil {
			return o, &events.CorruptError{
				Stream: Stream(id), Version: events.Version(i + 1), Type: kindName(r.Event), Err: err,
			}
		}
	}
	return o, nil
}

func kindName(e Event) string {
	if !isEvent(e) {
		return Kind(0).String()
	}
	return e.Kind().String()
}

// At returns the order as it stood at an instant: what was recorded at or before it.
func At(id trade.ID, history []Recorded, t time.Time) (Order, error) {
	n := 0
	for n < len(history) && !history[n].At.After(t) {
		n++
	}
	return Replay(id, history[:n])
}
