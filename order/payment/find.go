package payment

import "github.com/tradesurety/surety/order"

// Find returns the payment that a command on an order names: one of the order, or else one that another
// order has, or that was voided. load returns the state of the payment of that key. If several methods
// have the reference and the command names none, it is the first in the order card, e-Checking, T/T,
// but one under review if the command ends a review. A payment that two orders of the first edition have
// counted is the first one's; where the other has a case of it, the end of that case is answered from what
// the other has kept.
func Find(o *order.Order, c order.Command, load func(Key) (Payment, error)) (order.IncomingPayment, error) {
	var found order.IncomingPayment
	reference, methods := o.Named(c)
	if reference == "" {
		return found, nil
	}
	review, ends := false, false
	switch c.(type) {
	case order.ApplyUnapplied, order.ReturnUnapplied:
		review = true
	case order.ResolveChargeback:
		ends = true
	}
	const voided, another, own, wanted = 1, 2, 3, 4
	for best, i := 0, 0; i < len(methods) && best < wanted; i++ {
		key := Key{Method: methods[i], Account: o.ReceivingAccount, Reference: reference}
		p, err := load(key)
		if err != nil {
			return found, err
		}
		in, rank := p.Fact(), 0
		if kept, ok := o.Incoming(key.Method, reference); ok && (in.Order.IsZero() || ends && in.Order != o.ID && len(kept.Cases) > 0) {
			in = kept // the first edition kept it on the order
		}
		switch {
		case in.Order == o.ID && (in.Review || !review):
			rank = wanted
		case in.Order == o.ID:
			rank = own
		case !in.Order.IsZero():
			rank = another
		case p.Phase == PhaseVoided:
			in, rank = order.IncomingPayment{Method: key.Method, Reference: reference}, voided
		}
		if rank > best {
			found, best = in, rank
		}
	}
	return found, nil
}

// Counterpart returns the payment that an event of an order concerns, what the event does to it, and true;
// or false if it concerns none. The order is as it was before the event.
func Counterpart(o *order.Order, e order.Event) (Key, Command, bool) {
	key := func(m order.Method, reference string) Key {
		return Key{Method: m, Account: o.ReceivingAccount, Reference: reference}
	}
	switch e := e.(type) {
	case order.PaymentReceived:
		r := Record{Order: o.ID, Method: e.Method, Reference: e.Reference, Amount: e.Amount, Review: e.NeedsReview}
		if e.Method == order.PayTT {
			r.Account = e.ReceivingAccount
		}
		return key(e.Method, e.Reference), r, e.OwnStream
	case order.PaymentInitiated:
		return key(e.Method, e.Reference), Apply{}, e.Cases != order.CaseSums{} // its announcement came late
	case order.UnappliedApplied:
		return key(e.Method, e.Reference), Apply{}, e.Reference != ""
	case order.UnappliedReturned:
		return key(e.Method, e.Reference), Return{Amount: e.Amount}, e.Reference != ""
	case order.PaymentReversed:
		return key(e.Method, e.Reference), Take{Case: e.Case, Amount: e.Claimed, At: e.At}, e.Case != ""
	case order.TransferReversed:
		return key(e.Method, e.Reference), Take{Case: e.Case, Amount: e.Claimed, At: e.At}, true
	case order.ChargebackResolved:
		return key(e.Method, e.Reference), Resolve{Case: e.Case, Won: e.Won, At: e.At}, e.Case != ""
	case order.PaymentVoided:
		return key(e.Method, e.Reference), Void{}, true
	}
	return Key{}, nil, false
}
