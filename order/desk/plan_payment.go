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
	reference, methods := "", []order.Method{order.PayCard, order.PayECheck, order.PayTT}
	switch c := c.(type) {
	case order.InitiatePayment:
		u, _ := o.CameUnannounced(c.Payment, c.Method)
		reference, methods = u.Reference, []order.Method{u.Method}
	case order.RecordPayment:
		reference, methods = c.Reference, []order.Method{c.Method}
	case order.ChargeBack:
		reference, methods = c.Reference, methods[:2]
	case order.ResolveChargeback:
		reference, methods = c.Reference, methods[:2]
	case order.ReverseTransfer:
		reference, methods = c.Reference, methods[2:]
	case order.VoidPayment:
		reference, methods = c.Reference, named(c.Method, methods)
	case order.ApplyUnapplied:
		reference, methods = c.Reference, named(c.Method, methods)
	case order.ReturnUnapplied:
		reference, methods = c.Reference, named(c.Method, methods)
	}
	if reference == "" || o.Phase == order.PhaseNone || x.given.By.Role != trade.Platform && x.given.By.Role != trade.Buyer {
		return order.IncomingPayment{}, nil
	}
	err := x.findPayment(o, reference, methods)
	return x.payment, err
}

func named(m order.Method, all []order.Method) []order.Method {
	if m == "" {
		return all
	}
	return []order.Method{m}
}

// findPayment loads the payment of that reference by one of the methods.
func (x *execution) findPayment(o *order.Order, reference string, methods []order.Method) error {
	kept, isKept := o.Incoming(reference)
	for _, m := range methods {
		p, err := payments.load(x, paymentStream(o, m, reference))
		if err != nil {
			return err
		}
		switch in := p.Fact(); {
		case in.Order == o.ID:
			x.payment = in
			return nil
		case p.Phase == payment.PhaseNone && isKept && kept.Method == m:
			x.payment = kept // the first edition kept it on the order
			return nil
		case p.Phase == payment.PhaseVoided && x.payment.Reference == "":
			x.payment = order.IncomingPayment{Method: m, Reference: reference}
		case x.payment.Order.IsZero():
			x.payment = in
		}
	}
	return nil
}

// paymentStream returns the stream of a payment that came in for an order.
func paymentStream(o *order.Order, m order.Method, reference string) events.StreamID {
	return payment.Key{Method: m, Account: o.ReceivingAccount, Reference: reference}.Stream()
}

// toPayment writes to the stream of a payment what an event of its order brings with it there. A payment
// that the first edition kept on the order gets its stream first.
func (x *execution) toPayment(o *order.Order, e order.Event) error {
	c, ok := payment.Counterpart(o.ID, e)
	if !ok {
		return nil
	}
	if r, ok := c.(payment.Record); ok {
		return payments.counterpart(x, paymentStream(o, r.Method, r.Reference), r, payment.Facts{})
	}
	stream := paymentStream(o, x.payment.Method, x.payment.Reference)
	p, err := payments.load(x, stream)
	if err != nil {
		return err
	}
	if p.Fact().Order.IsZero() {
		if err := payments.counterpart(x, stream, payment.Adopt(x.payment, o.ReceivingAccount), payment.Facts{}); err != nil {
			return err
		}
	}
	return payments.counterpart(x, stream, c, payment.Facts{})
}
