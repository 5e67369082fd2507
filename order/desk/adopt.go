package desk

import (
	"context"
	"errors"
	"log/slog"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// Adoption says how far AdoptPayments has come, and what it found.
type Adoption struct {
	Position events.Position // of the last payment that it looked at
	Until    events.Position // the end of the log when it began
	Payments int             // how many payments without a stream of their own it looked at, adopted before or not
	Adopted  int             // how many of them it gave their streams
	// Contested are the payments that the first edition counted on a second order as well. They stay
	// with the first order; people decide about the money of the second one. A case that the
	// second one has of such a payment is ended by ResolveChargeback on it, beside the one of the first.
	// VoidPayment on the owner frees such a payment: the next run, or a report that names it, gives it to
	// the other order.
	Contested []Contested
}

// Contested is a payment that two orders of the first edition counted.
type Contested struct {
	Key   payment.Key
	Owner trade.ID // the order that has the payment's stream
	Order trade.ID // the one that counted it as well
}

// AdoptPayments gives the payments that the first edition of the rule book kept on their orders streams
// of their own, as every payment has since (D65), in the order in which they came in. A payment that two
// orders counted stays with the first one, and is reported as contested. Until it has run, a card payment
// or a pay-later one that the first edition counted can be counted on a second order.
//
// Run it once when no process of the first edition writes to the store any longer. It reads the log
// payment by payment, whatever its size, and may run beside any number of desks and beside another run.
// A run that was cancelled or killed leaves complete streams behind, and the next one goes on; a run that
// has nothing to do writes nothing. At its end it marks the store as adopted: see PaymentsAdopted.
//
// progress, which may be nil, is called after each payment. AdoptPayments returns what it did. The
// error joins those of orders that cannot be read, which leave the store without the mark; an error of
// the store or of ctx ends the run and is joined last.
func (d *Desk) AdoptPayments(ctx context.Context, progress func(Adoption)) (Adoption, error) {
	var (
		done   Adoption
		failed []error
		unread = make(map[payment.Key]bool) // the payments of orders that cannot be read: nobody else gets them
		err    error
	)
	if done.Until, err = d.store.Settled(ctx); err != nil {
		return done, err
	}
	for r, err := range d.store.ReadAll(ctx, 0, receipts) {
		if err == nil && r.Position > done.Until {
			break
		}
		var (
			kept  keptPayment
			owner trade.ID
			isNew bool
		)
		if err == nil {
			done.Position = r.Position
			if kept, err = d.keptBy(ctx, &r); err == nil && kept.order.IsZero() {
				continue
			}
		}
		if err == nil && !unread[kept.key] {
			owner, isNew, err = d.adopt(ctx, kept)
		}
		switch faultOf(err) {
		case faultNone:
		case faultOfOrder:
			failed, unread[kept.key] = append(failed, err), true
		case faultOfStore:
			return done, errors.Join(append(failed, err)...)
		}
		done.Payments++
		switch {
		case isNew:
			done.Adopted++
		case err == nil && !owner.IsZero() && owner != kept.order:
			done.Contested = append(done.Contested, Contested{Key: kept.key, Owner: owner, Order: kept.order})
		}
		if progress != nil {
			progress(done)
		}
	}
	if len(failed) > 0 {
		return done, errors.Join(failed...)
	}
	return done, d.markAdopted(ctx)
}

// receipts are the records of payments that came in.
var receipts = events.Filter{Categories: []string{order.Category, paylater.Category}, Types: []string{
	order.KindPaymentReceived.String(), paylater.KindInstalmentPaid.String(), paylater.KindPaid.String(), paylater.KindPaymentUnapplied.String(),
}}

// keptPayment is a payment that the first edition kept on its order; order is zero for one that it did not.
type keptPayment struct {
	order trade.ID
	key   payment.Key
}

// keptBy returns the payment of a record if the first edition kept it.
func (d *Desk) keptBy(ctx context.Context, r *events.Record) (keptPayment, error) {
	id, err := orderOf(r.Stream)
	if err != nil {
		return keptPayment{}, r.Corrupt(err)
	}
	e, err := DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return keptPayment{}, r.Corrupt(err)
	}
	var key payment.Key
	switch e := e.(type) {
	case order.PaymentReceived:
		if e.OwnStream {
			return keptPayment{}, nil
		}
		return keptPayment{id, payment.Key{Method: e.Method, Account: e.ReceivingAccount, Reference: e.Reference}}, nil
	case paylater.InstalmentPaid:
		key = charge(e.Reference)
	case paylater.Paid:
		key = charge(e.Reference)
	case paylater.PaymentUnapplied:
		key = charge(e.Reference)
	}
	// The events of pay-later orders do not say it: the stream of the payment began in their commit.
	for first, err := range d.store.Read(ctx, key.Stream(), 0) {
		if err != nil || first.Commit == r.Commit {
			return keptPayment{}, err
		}
		break
	}
	return keptPayment{id, key}, nil
}

// adopt gives a payment its stream, unless it has one. It returns the order that has the payment, or
// zero if its order does not keep it any longer, and whether the stream is new.
func (d *Desk) adopt(ctx context.Context, kept keptPayment) (owner trade.ID, isNew bool, err error) {
	stream := kept.key.Stream()
	p, _, err := payments.model.View(ctx, d.store, stream, d.options...)
	if owner = p.Fact().Order; err != nil || owner == kept.order {
		return owner, false, err
	}
	err = d.onPayment(ctx, stream, func(x *execution) error {
		owner, isNew, err = x.adopt(kept)
		return err
	})
	return owner, isNew && err == nil, err
}

func (x *execution) adopt(kept keptPayment) (owner trade.ID, isNew bool, err error) {
	p, err := payments.load(x, x.stream)
	if err != nil {
		return owner, false, err
	}
	record, err := x.keptRecord(kept)
	if err != nil || record.Order.IsZero() {
		return owner, false, err
	}
	if owner = p.Fact().Order; !owner.IsZero() {
		return owner, false, nil
	}
	return kept.order, true, payments.counterpart(x, x.stream, record, payment.Facts{})
}

// keptRecord returns the record of a payment as its order has it, or the zero value if the order does
// not keep it any longer.
func (x *execution) keptRecord(kept keptPayment) (payment.Record, error) {
	if kept.key.Method == payment.Charge {
		o, err := payLaterOrders.load(x, paylater.Stream(kept.order))
		return payment.Record{Order: o.ID, Method: payment.Charge, Reference: kept.key.Reference, Amount: o.Brought(kept.key.Reference)}, err
	}
	o, err := orders.load(x, order.Stream(kept.order))
	if err != nil {
		return payment.Record{}, err
	}
	in, _ := o.Incoming(kept.key.Method, kept.key.Reference)
	return payment.Adopt(in, o.ReceivingAccount), nil
}

// markAdopted writes the mark that every payment has its stream, unless it is there.
func (d *Desk) markAdopted(ctx context.Context) error {
	if _, v, err := payments.model.View(ctx, d.store, payment.Adoption, d.options...); err != nil || v > 0 {
		return err
	}
	return d.onPayment(ctx, payment.Adoption, func(x *execution) error {
		return payments.counterpart(x, x.stream, payment.NoteAllAdopted{}, payment.Facts{})
	})
}

// onPayment writes to the stream of a payment for AdoptPayments. Where others write to what the plan
// loads for as long as a command may take, it tries again. A crash leaves all of the commit or nothing
// of it, and the next run finds which.
func (d *Desk) onPayment(ctx context.Context, stream events.StreamID, plan func(x *execution) error) error {
	for {
		_, err := d.do(ctx, Command{
			ID: NewID(), By: trade.Actor{Role: trade.System},
			Do: Action{stream: stream, kind: payments, name: "adopt-payments", plan: plan},
		}, d.clock)
		if conflict := (*events.ConflictError)(nil); !errors.As(err, &conflict) || ctx.Err() != nil {
			return err
		}
	}
}

// PaymentsAdopted reports whether every payment in the store has a stream of its own: AdoptPayments has
// left its mark, or the first payment of the log is not one of the first edition. It reads three records
// at most, and passes over those before the first payment.
func (d *Desk) PaymentsAdopted(ctx context.Context) (bool, error) {
	if _, v, err := payments.model.View(ctx, d.store, payment.Adoption); err != nil || v > 0 {
		return v > 0, err
	}
	for r, err := range d.store.ReadAll(ctx, 0, receipts) {
		if err != nil {
			return false, err
		}
		kept, err := d.keptBy(ctx, &r)
		return kept.order.IsZero(), err
	}
	return true, nil
}

// WithLogger sets where the desk says what the one who runs it should know; the default, also for nil, is
// nowhere. With its first command or Tick it warns of a store whose payments are not adopted: see
// PaymentsAdopted and AdoptPayments.
func WithLogger(l *slog.Logger) Option {
	return func(d *Desk) { d.logger = l }
}

// warn says once that payments of the first edition have no streams of their own.
func (d *Desk) warn(ctx context.Context) {
	if d.logger == nil || !d.opened.CompareAndSwap(false, true) {
		return
	}
	adopted, err := d.PaymentsAdopted(ctx)
	if err != nil {
		d.opened.Store(false) // the command meets the error too, or the next one asks again
	} else if !adopted {
		d.logger.WarnContext(ctx, "desk: the payments of the first edition have no streams of their own; until desk.AdoptPayments has run, a card payment among them can be counted on a second order")
	}
}
