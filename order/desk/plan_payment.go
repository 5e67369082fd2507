package desk

import (
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

// toPayment writes to the stream of a payment what an event of its order brings with it there. A payment
// that the first edition kept on the order gets its stream first. The order is as it was before the event.
func (x *execution) toPayment(o *order.Order, e order.Event) error {
	key, c, ok := payment.Counterpart(o, e)
	if !ok {
		return nil
	}
	stream := key.Stream()
	if _, isNew := c.(payment.Record); !isNew {
		p, err := payments.load(x, stream)
		if err != nil {
			return err
		}
		switch p.Fact().Order {
		case o.ID:
		case trade.ID{}:
			kept, _ := o.Incoming(key.Method, key.Reference)
			if err := payments.counterpart(x, stream, payment.Adopt(kept, o.ReceivingAccount), payment.Facts{}); err != nil {
				return err
			}
		default:
			return nil // another order has it: see payment.Find
		}
	}
	return payments.counterpart(x, stream, c, payment.Facts{})
}
