package paylater

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// DeadlinesView returns the view that Deadlines reads.
func DeadlinesView() *projection.View {
	return readmodel.DeadlinesView("paylater_deadlines", paylater.Model(), func(o *paylater.Order) readmodel.Deadline {
		deadline := readmodel.Deadline{Order: o.ID}
		if d, runs := o.Deadline(); runs {
			deadline.At, deadline.Kind = d.At, d.Kind
			deadline.Command, deadline.Payload = paylater.EncodeCommand(d.Command)
		}
		return deadline
	})
}

// Deadlines yields the deadlines of pay-later orders that are due. It is as current as the view: a
// deadline that the view does not have yet is found by a later Tick.
type Deadlines struct{ source readmodel.Source }

var _ desk.Deadlines = (*Deadlines)(nil)

// NewDeadlines returns the deadlines of a store, in which a worker builds DeadlinesView, for
// desk.WithDeadlines.
func NewDeadlines(store projection.Store) *Deadlines {
	return &Deadlines{readmodel.Source{Store: store, View: DeadlinesView()}}
}

// Due implements desk.Deadlines. It reads page by page, and holds nothing in between. Orders
// that the view has parked come last, as errors.
func (d *Deadlines) Due(ctx context.Context, now time.Time) iter.Seq2[desk.Due, error] {
	return d.source.Due(ctx, now, func(id trade.ID, command string, payload []byte) (desk.Action, error) {
		c, err := paylater.DecodeCommand(command, payload)
		return desk.OnPayLater(id, c), err
	})
}

// With returns the deadlines of both, ordered by instant, for a desk that runs both kinds of
// orders. At the same instant those of other, which is usually that of package assurance, come
// first.
func (d *Deadlines) With(other desk.Deadlines) desk.Deadlines { return both{other, d} }

// both merges two sequences of deadlines.
type both struct{ first, second desk.Deadlines }

// Due implements desk.Deadlines. Orders that cannot be read come last, those of first before those
// of second. Any other error ends the sequence where it appears.
func (b both) Due(ctx context.Context, now time.Time) iter.Seq2[desk.Due, error] {
	return func(yield func(desk.Due, error) bool) {
		first, stop := pull(b.first.Due(ctx, now))
		defer stop()
		second, stop := pull(b.second.Due(ctx, now))
		defer stop()
		for first.ok || second.ok {
			from := first
			if first.rank() > second.rank() || first.rank() == second.rank() && second.due.At.Before(first.due.At) {
				from = second
			}
			fatal := from.rank() == failed
			if !yield(from.due, from.err) || fatal {
				return
			}
			from.advance()
		}
	}
}

// source is a sequence with its current element.
type source struct {
	next func() (desk.Due, error, bool)
	due  desk.Due
	err  error
	ok   bool
}

func pull(all iter.Seq2[desk.Due, error]) (*source, func()) {
	next, stop := iter.Pull2(all)
	s := &source{next: next}
	s.advance()
	return s, stop
}

func (s *source) advance() { s.due, s.err, s.ok = s.next() }

// rank orders elements of different kinds; only elements of rank due are ordered by instant.
type rank int

const (
	failed rank = iota // an error that ends the sequence
	due
	broken // an order that cannot be read
	over   // the sequence has ended
)

func (s *source) rank() rank {
	var corrupt *events.CorruptError
	switch {
	case !s.ok:
		return over
	case errors.As(s.err, &corrupt):
		return broken
	case s.err != nil:
		return failed
	default:
		return due
	}
}
