package desk

import (
	"fmt"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// family is one kind of stream: how its events fold, and what the desk has to know beside.
type family[S, C, E, F any] struct {
	model  *events.Model[S, E]
	decide func(S, C, trade.Given, F) ([]E, error)
	prefix string // of the types of its events
	lastAt func(*S) time.Time
	// isFact reports whether a command of a role is a fact: see machine.Life.Instant. It is nil if
	// the family has none.
	isFact func(command string, role trade.Role) bool
	// contended streams are written by the orders of many buyers: a command waits for its queue
	// position before it loads one.
	contended bool
}

// The families. All are immutable.
var (
	orders = &family[order.Order, order.Command, order.Event, order.Facts]{
		model: order.Model(), decide: order.Decide, prefix: "order", lastAt: func(o *order.Order) time.Time { return o.LastAt },
		isFact: order.Life().Fact,
	}
	services = &family[seller.Service, seller.Command, seller.Event, seller.Facts]{
		model: seller.Model(), decide: seller.Decide, prefix: "service", lastAt: func(s *seller.Service) time.Time { return s.LastAt },
	}
	entrustments = &family[entrustment.Entrustment, entrustment.Command, entrustment.Event, entrustment.Facts]{
		model: entrustment.Model(), decide: entrustment.Decide, prefix: "entrustment",
		lastAt: func(e *entrustment.Entrustment) time.Time { return e.LastAt }, isFact: entrustment.Life().Fact,
	}
	lines = &family[credit.Line, credit.Command, credit.Event, credit.Facts]{
		model: credit.Model(credit.Assurance), decide: credit.Decide, prefix: "credit", lastAt: func(l *credit.Line) time.Time { return l.LastAt }, contended: true,
	}
	payLaterOrders = &family[paylater.Order, paylater.Command, paylater.Event, paylater.Facts]{
		model: paylater.Model(), decide: paylater.Decide, prefix: "paylater", lastAt: func(o *paylater.Order) time.Time { return o.LastAt },
		isFact: paylater.Life().Fact,
	}
	quotas = &family[credit.Line, credit.Command, credit.Event, credit.Facts]{
		model: credit.Model(credit.PayLater), decide: credit.Decide, prefix: "credit", lastAt: func(l *credit.Line) time.Time { return l.LastAt }, contended: true,
	}
	balances = &family[funds.Balance, funds.Command, funds.Event, funds.Facts]{
		model: funds.Model(), decide: funds.Decide, prefix: "funds", lastAt: func(b *funds.Balance) time.Time { return b.LastAt },
		isFact: funds.Life().Fact,
	}
	payments = &family[payment.Payment, payment.Command, payment.Event, payment.Facts]{
		model: payment.Model(), decide: payment.Decide, prefix: "payment", lastAt: func(p *payment.Payment) time.Time { return p.LastAt },
		isFact: func(string, trade.Role) bool { return true }, // addressed by AdoptPayments alone
	}
	accounts = &family[reservation.Reservation, reservation.Command, reservation.Event, reservation.Facts]{
		model: reservation.Model(reservation.ReceivingAccount), decide: reservation.Decide, prefix: "reservation",
		lastAt: func(r *reservation.Reservation) time.Time { return r.LastAt },
	}
	declarations = &family[reservation.Reservation, reservation.Command, reservation.Event, reservation.Facts]{
		model: reservation.Model(reservation.DeclarationNumber), decide: reservation.Decide, prefix: "reservation",
		lastAt: func(r *reservation.Reservation) time.Time { return r.LastAt },
	}
)

// kind is a family without its types.
type kind interface {
	// head loads a stream and returns its version and the latest instant of its events.
	head(x *execution, stream events.StreamID) (events.Version, time.Time, error)
	// fact reports whether a command of a role is one that no clock refuses.
	fact(command string, role trade.Role) bool
	// encode encodes an event if it is one of the family.
	encode(buf []byte, event any) (typ string, schema uint16, data []byte, ok bool, err error)
	// decode decodes an event if its type has the family's prefix.
	decode(prefix, typ string, schema uint16, data []byte) (event any, ok bool, err error)
}

var kinds = [...]kind{orders, services, entrustments, lines, payLaterOrders, quotas, balances, payments, accounts, declarations}

// load returns the state of a stream as the command sees it. What is only loaded is guarded in
// the commit.
func (f *family[S, C, E, F]) load(x *execution, stream events.StreamID) (S, error) {
	if f.contended {
		if err := x.queueUp(stream); err != nil {
			var none S
			return none, err
		}
	}
	s, _, err := f.model.Load(x.tx, stream)
	return s, err
}

// write appends events to a stream and notes them for the result.
func (f *family[S, C, E, F]) write(x *execution, stream events.StreamID, made []E) error {
	if len(made) == 0 {
		return nil
	}
	_, version, err := f.model.Load(x.tx, stream)
	if err != nil {
		return err
	}
	if err := f.model.Append(x.tx, stream, made...); err != nil {
		return err
	}
	for i, e := range made {
		x.written = append(x.written, Recorded{Stream: stream, Version: version + events.Version(i) + 1, At: x.given.At, Event: e})
	}
	return nil
}

// execute decides a command on a stream, with the facts, and writes the resulting events.
func (f *family[S, C, E, F]) execute(x *execution, stream events.StreamID, c C, facts F) error {
	s, err := f.load(x, stream)
	if err != nil {
		return err
	}
	made, err := f.decide(s, c, x.given, facts)
	if err != nil {
		return err
	}
	return f.write(x, stream, made)
}

// counterpart decides, on another stream, what a command brings with it there, and writes it.
func (f *family[S, C, E, F]) counterpart(x *execution, stream events.StreamID, c C, facts F) error {
	s, err := f.load(x, stream)
	if err != nil {
		return err
	}
	made, err := f.decide(s, c, trade.Given{By: trade.Actor{Role: trade.Desk}, At: x.given.At}, facts)
	if err != nil {
		return err
	}
	// The streams may come from a cache, and one be older than the other, which it then does not
	// fit. Here that counts as a refusal, which the store confirms or the command is decided again;
	// in the append it would end the command.
	for _, e := range made {
		if err := f.model.Evolve(&s, e, x.given.At); err != nil {
			return fmt.Errorf("desk: %s does not fit %s: %w", stream, x.stream, err)
		}
	}
	return f.write(x, stream, made)
}

func (f *family[S, C, E, F]) head(x *execution, stream events.StreamID) (events.Version, time.Time, error) {
	if _, err := f.load(x, stream); err != nil {
		return 0, time.Time{}, err
	}
	s, v, err := f.model.Load(x.tx, stream)
	return v, f.lastAt(&s), err
}

func (f *family[S, C, E, F]) fact(command string, role trade.Role) bool {
	return f.isFact != nil && f.isFact(command, role)
}

func (f *family[S, C, E, F]) encode(buf []byte, event any) (typ string, schema uint16, data []byte, ok bool, err error) {
	e, ok := event.(E)
	if !ok {
		return "", 0, buf, false, nil
	}
	typ, schema, data, err = f.model.Encode(buf, e)
	return typ, schema, data, true, err
}

func (f *family[S, C, E, F]) decode(prefix, typ string, schema uint16, data []byte) (any, bool, error) {
	if prefix != f.prefix {
		return nil, false, nil
	}
	e, err := f.model.Decode(typ, schema, data)
	if err != nil {
		return nil, true, err // not e, which is a nil of the family's type
	}
	return e, true, nil
}

// EncodeEvent appends the JSON of an event of any stream that the desk writes to buf and returns
// the extended buffer with the type and the schema version. The inverse is DecodeEvent. What is no
// such event is a *trade.InvalidError.
func EncodeEvent(buf []byte, event any) (typ string, schema uint16, data []byte, err error) {
	for _, k := range kinds {
		if typ, schema, data, ok, err := k.encode(buf, event); ok {
			return typ, schema, data, err
		}
	}
	return "", 0, buf, trade.Invalid("event", "%T is not an event that a desk writes", event)
}

// DecodeEvent reads an event of any stream that the desk writes: an order.Event, a seller.Event,
// an entrustment.Event, a credit.Event, a paylater.Event, a funds.Event, a payment.Event or a
// reservation.Event. A type or a schema version that none of them has is events.ErrUnknownType.
func DecodeEvent(typ string, schema uint16, data []byte) (any, error) {
	prefix, _, _ := strings.Cut(typ, ".")
	for _, k := range kinds {
		if e, ok, err := k.decode(prefix, typ, schema, data); ok {
			return e, err
		}
	}
	return nil, events.ErrUnknownType
}
