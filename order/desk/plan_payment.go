package desk

import (
	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// namedPayment loads the payment that a command on an order names (D65): its own, or else the one that
// another order has. Only who may issue the command learns of it.
func (x *execution) namedPayment(o *order.Order, c order.Command) (order.IncomingPayment, error) {
	if o.Phase == order.PhaseNone || x.given.By.Role != trade.Platform && x.given.By.Role != trade.Buyer {
		return order.IncomingPayment{}, nil
	}
	return payment.Find(o, c, func(k payment.Key) (payment.Payment, error) { return payments.load(x, k.Stream()) })
}

// paymentStream returns the stream of a payment that came in for an order.
func paymentStream(o *order.Order, m order.Method, reference string) events.StreamID {
	return payment.Key{Method: m, Account: o.ReceivingAccount, Reference: reference}.Stream()
}

// toPayment writes to the stream of a payment what an event of its order brings with it there; named is
// the payment that the command names. One that the first edition kept on the order gets its stream first.
func (x *execution) toPayment(o *order.Order, named order.IncomingPayment, e order.Event) error {
	c, ok := payment.Counterpart(o.ID, e)
	if !ok {
		return nil
	}
	if r, ok := c.(payment.Record); ok {
		return payments.counterpart(x, paymentStream(o, r.Method, r.Reference), r, payment.Facts{})
	}
	stream := paymentStream(o, named.Method, named.Reference)
	p, err := payments.load(x, stream)
	if err != nil {
		return err
	}
	switch p.Fact().Order {
	case o.ID:
	case trade.ID{}:
		if err := payments.counterpart(x, stream, payment.Adopt(named, o.ReceivingAccount), payment.Facts{}); err != nil {
			return err
		}
	default:
		return nil // another order has it: see payment.Find
	}
	return payments.counterpart(x, stream, c, payment.Facts{})
}
