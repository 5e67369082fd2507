package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
)

// Fold: facts become a state. Nothing is decided here.

// Apply folds one fact into the state in place. An error says that the history cannot be
// that of an order: the fact has no step from this phase, or contradicts what came before.
// The state is then as it was.
func (o *Order) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return invalid("event", "is nil, a pointer, or no event of an order")
	}
	to, ok := lifecycle.Next(o.Phase, e.Kind())
	if !ok {
		return fmt.Errorf("order: %s has no step from phase %s", e.Kind(), o.Phase)
	}
	at = at.UTC()
	if err := o.contradicts(e); err != nil {
		return err
	}
	o.evolve(e, at)
	o.Phase = to
	if at.After(o.LastAt) {
		// What a command on another stream writes here goes by version: its instant may lie
		// before that of the event ahead of it.
		o.LastAt = at
	}
	return nil
}

// contradicts reports a fact that the table allows and the order's own past does not: one
// whose misreading would bind the wrong person, move money or quota twice, or let the state
// grow without end.
func (o *Order) contradicts(e Event) error {
	switch e := e.(type) {
	case ContractAttached:
		return bounded(len(o.Contracts), MaxContracts)
	case HoldPlaced:
		return e.contradicts(o)
	case HoldReleased:
		return e.contradicts(o)
	case Confirmed:
		return e.contradicts(o)
	case PaymentInitiated:
		return bounded(len(o.Payments), MaxPayments)
	case PaymentReceived:
		return e.contradicts(o)
	case UnappliedApplied:
		return e.contradicts(o)
	case ShortfallAccepted:
		return e.contradicts(o)
	case Funded:
		return e.contradicts(o)
	case EntrustmentLinked:
		return e.contradicts(o)
	case Completed:
		return e.contradicts(o)
	}
	return nil
}

// evolve lets a fact do its work. A call through the interface would do, but then every state
// that is folded would move to the heap.
func (o *Order) evolve(e Event, at time.Time) {
	switch e := e.(type) {
	case Drafted:
		e.evolve(o, at)
	case BuyerEntered:
		e.evolve(o, at)
	case BuyerMatched:
		e.evolve(o, at)
	case ContractAttached:
		e.evolve(o, at)
	case TermsSet:
		e.evolve(o, at)
	case TransportSet:
		e.evolve(o, at)
	case CoverageChosen:
		e.evolve(o, at)
	case Submitted:
		e.evolve(o, at)
	case HoldPlaced:
		e.evolve(o, at)
	case HoldReleased:
		e.evolve(o, at)
	case Confirmed:
		e.evolve(o, at)
	case PaymentInitiated:
		e.evolve(o, at)
	case PaymentReceived:
		e.evolve(o, at)
	case PaymentFailed:
		e.evolve(o, at)
	case UnappliedApplied:
		e.evolve(o, at)
	case ShortfallAccepted:
		e.evolve(o, at)
	case Funded:
		e.evolve(o, at)
	case EntrustmentLinked:
		e.evolve(o, at)
	case EntrustmentUnlinked:
		e.evolve(o, at)
	case EntrustmentReleased:
		e.evolve(o, at)
	case Shipped:
		e.evolve(o, at)
	case ReceiptConfirmed:
		e.evolve(o, at)
	case Completed:
		e.evolve(o, at)
	case Reviewed:
		e.evolve(o, at)
	case Closed:
		e.evolve(o, at)
	}
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
func Replay(id ID, history []Recorded) (o Order, err error) {
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
func At(id ID, history []Recorded, t time.Time) (Order, error) {
	n := 0
	for n < len(history) && !history[n].At.After(t) {
		n++
	}
	return Replay(id, history[:n])
}
