package ordertest_test

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// orderState is an order and its received payments as values, without a desk or a store. A test can continue
// one value in several ways.
type orderState struct {
	order    order.Order
	payments []payment.Payment
}

// stateOf returns the state of an order on a desk, with its payments under those keys.
func stateOf(t ordertest.TB, f *ordertest.Fixture, id trade.ID, keys ...payment.Key) orderState {
	t.Helper()
	p := orderState{order: f.Order(id)}
	for _, k := range keys {
		in, version, err := payment.Model().Replay(t.Context(), f.Store, k.Stream())
		if err != nil {
			t.Fatalf("payment %s: %v", k.Reference, err)
		}
		if version > 0 {
			p.payments = append(p.payments, in)
		}
	}
	return p
}

// load returns the payment under that key, or a new one.
func (p orderState) load(k payment.Key) (payment.Payment, error) {
	if i := p.index(k); i >= 0 {
		return p.payments[i], nil
	}
	return payment.New(k.Stream()), nil
}

func (p orderState) index(k payment.Key) int {
	stream := k.Stream()
	return slices.IndexFunc(p.payments, func(x payment.Payment) bool { return x.Stream == stream })
}

// decide returns the state after a command, and whether the command made events.
func (p orderState) decide(by trade.Actor, c order.Command, at time.Time) (orderState, bool, error) {
	in, err := payment.Find(&p.order, c, p.load)
	if err != nil {
		return p, false, err
	}
	made, err := order.Decide(p.order, c, trade.Given{By: by, At: at}, order.Facts{Incoming: in})
	if err != nil || len(made) == 0 {
		return p, false, err
	}
	p.payments = slices.Clone(p.payments)
	for _, e := range made {
		if err := p.writePayment(e, at); err != nil {
			return p, false, err
		}
		if p.order, err = order.Evolve(p.order, e, at); err != nil {
			return p, false, err
		}
	}
	return p, true, nil
}

// writePayment applies the counterpart of an event to the state of its payment.
func (p *orderState) writePayment(e order.Event, at time.Time) error {
	key, c, ok := payment.Counterpart(&p.order, e)
	if !ok {
		return nil
	}
	i := p.index(key)
	if i < 0 {
		i = len(p.payments)
		p.payments = append(p.payments, payment.New(key.Stream()))
	}
	made, err := payment.Decide(p.payments[i], c, trade.Given{By: trade.Actor{Role: trade.Desk}, At: at}, payment.Facts{})
	for _, e := range made {
		if err == nil {
			p.payments[i], err = payment.Evolve(p.payments[i], e, at)
		}
	}
	return err
}
