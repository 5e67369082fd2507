package desk

import (
	"context"
	"errors"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// ErrNotFound says that what is read does not exist, or not for this actor: a stranger sees no
// difference.
var ErrNotFound = errors.New("desk: not found")

// ReadOption changes how a state is read.
type ReadOption func(*[]events.Option)

// AllowStale lets a read answer from the cache without asking the store whether the stream has
// moved on.
func AllowStale() ReadOption {
	return func(o *[]events.Option) { *o = append(*o, events.AllowStale()) }
}

func (d *Desk) reading(opts []ReadOption) []events.Option {
	if len(opts) == 0 {
		return d.options // a read honours only the cache of these
	}
	list := []events.Option{events.WithCache(d.cache)}
	for _, o := range opts {
		o(&list)
	}
	return list
}

// ReadOrder returns an order as it stands, and its version. Its seller, the platform and the
// system may read it, and its buyer from submission on.
func (d *Desk) ReadOrder(ctx context.Context, by trade.Actor, id trade.ID, opts ...ReadOption) (order.Order, events.Version, error) {
	o, v, err := d.view(ctx, by, id, opts)
	if err == nil && !o.VisibleTo(by) {
		err = ErrNotFound
	}
	if err != nil {
		return order.Order{}, 0, err
	}
	return o, v, nil
}

// view returns an order to an actor who may see at least a part of it.
func (d *Desk) view(ctx context.Context, by trade.Actor, id trade.ID, opts []ReadOption) (order.Order, events.Version, error) {
	if err := d.reader(by); err != nil {
		return order.Order{}, 0, err
	}
	o, v, err := orders.model.View(ctx, d.store, order.Stream(id), d.reading(opts)...)
	if err != nil {
		return order.Order{}, 0, err
	}
	if _, ok := o.ContractsFor(by); !ok {
		return order.Order{}, 0, ErrNotFound
	}
	return o, v, nil
}

// ReadService returns a seller's service. The seller and the platform may read it.
func (d *Desk) ReadService(ctx context.Context, by trade.Actor, account trade.Account, opts ...ReadOption) (seller.Service, events.Version, error) {
	return read(ctx, d, services, by, account, opts)(seller.Stream(account))
}

// ReadLine returns a seller's line in a currency: limit, held, consumed, available. The seller
// and the platform may read it.
func (d *Desk) ReadLine(ctx context.Context, by trade.Actor, account trade.Account, c trade.Currency, opts ...ReadOption) (credit.Line, events.Version, error) {
	return read(ctx, d, lines, by, account, opts)(credit.Stream(credit.Assurance, account, c))
}

// ReadEntrustment returns an export entrustment. Its seller and the platform may read it.
func (d *Desk) ReadEntrustment(ctx context.Context, by trade.Actor, id order.EntrustmentID, opts ...ReadOption) (entrustment.Entrustment, events.Version, error) {
	s, v, err := read(ctx, d, entrustments, by, by.Account, opts)(entrustment.Stream(id))
	if err == nil && by.Role == trade.Seller && s.Seller != by.Account {
		return entrustment.Entrustment{}, 0, ErrNotFound
	}
	return s, v, err
}

// read returns a function of the stream that returns its state to the owner and the platform.
func read[S, C, E, F any](ctx context.Context, d *Desk, f *family[S, C, E, F], by trade.Actor, owner trade.Account, opts []ReadOption,
) func(events.StreamID, error) (S, events.Version, error) {
	return func(stream events.StreamID, err error) (none S, _ events.Version, _ error) {
		if malformed := d.reader(by); malformed != nil {
			return none, 0, malformed
		}
		if err != nil {
			return none, 0, err
		}
		if by.Role == trade.Buyer || by.Role == trade.Seller && by.Account != owner {
			return none, 0, ErrNotFound
		}
		s, v, err := f.model.View(ctx, d.store, stream, d.reading(opts)...)
		if err == nil && v == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return none, 0, err
		}
		return s, v, nil
	}
}

func (d *Desk) reader(by trade.Actor) error {
	if err := by.Validate(); err != nil {
		return err
	}
	if by.Role == trade.Desk {
		return errClaimsDesk()
	}
	return nil
}

// Contracts returns the offline contracts of an order that the actor may see: all of them for those
// who may read the order, and for the buyer whom the seller of a draft has matched what the buyer
// has filed.
func (d *Desk) Contracts(ctx context.Context, by trade.Actor, id trade.ID, opts ...ReadOption) ([]order.ContractFile, error) {
	o, _, err := d.view(ctx, by, id, opts)
	if err != nil {
		return nil, err
	}
	files, _ := o.ContractsFor(by)
	return files, nil
}

// Next returns the commands that the actor may issue on an order now: see order.Order.Next. All who
// may ask for its contracts may ask for them.
func (d *Desk) Next(ctx context.Context, by trade.Actor, id trade.ID) ([]machine.Choice, error) {
	o, _, err := d.view(ctx, by, id, nil)
	if err != nil {
		return nil, err
	}
	return o.Next(by, d.instant(d.clock(), o.LastAt), d.policy), nil
}

// Entry is a line of an order's timeline.
type Entry struct {
	Version events.Version
	At      time.Time
	By      Meta // who issued the command
	Event   order.Event
	Order   order.Order // the order after the event
}

// Timeline returns the whole history of an order with who issued which command. All who may read
// the order may read it, drafting included. It is as it was recorded, with e-mail addresses, names
// and account numbers; assurance.Timeline masks them.
func (d *Desk) Timeline(ctx context.Context, by trade.Actor, id trade.ID) ([]Entry, error) {
	if _, _, err := d.ReadOrder(ctx, by, id); err != nil {
		return nil, err
	}
	var entries []Entry
	o := order.Order{ID: id}
	for r, err := range d.store.Read(ctx, order.Stream(id), 0) {
		if err != nil {
			return nil, err
		}
		event, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			return nil, r.Corrupt(err)
		}
		meta, err := DecodeMeta(r.Meta)
		if err != nil {
			return nil, r.Corrupt(err)
		}
		if err := o.Apply(event, r.At); err != nil {
			return nil, r.Corrupt(err)
		}
		entries = append(entries, Entry{Version: r.Version, At: r.At, By: meta, Event: event, Order: o})
	}
	return entries, nil
}

// At returns an order as it stood at an instant. All who may read the order may read it.
func (d *Desk) At(ctx context.Context, by trade.Actor, id trade.ID, t time.Time) (order.Order, error) {
	entries, err := d.Timeline(ctx, by, id)
	if err != nil {
		return order.Order{}, err
	}
	o := order.Order{ID: id}
	for _, e := range entries {
		if e.At.After(t) {
			break
		}
		o = e.Order
	}
	return o, nil
}

// ReadPayment returns a payment that came in, by what it is known by: the order that has it, its cases,
// and what is under review. Only the platform and the system may read it.
func (d *Desk) ReadPayment(ctx context.Context, by trade.Actor, key payment.Key, opts ...ReadOption) (payment.Payment, events.Version, error) {
	return read(ctx, d, payments, by, "", opts)(key.Stream(), nil)
}

// PaymentOwner returns the order on which a payment is recorded. Only the platform may ask. A payment that
// no order has is ErrNotFound.
func (d *Desk) PaymentOwner(ctx context.Context, by trade.Actor, key payment.Key) (trade.ID, error) {
	p, _, err := d.ReadPayment(ctx, by, key)
	if err == nil && p.Fact().Order.IsZero() {
		err = ErrNotFound
	}
	return p.Fact().Order, err
}
