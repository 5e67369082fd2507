package desk

import (
	"slices"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// planOrder decides a command on an order and writes what it does to every stream: the resulting
// events go to the order, and each that concerns another stream is decided there by the rules of
// that stream. Either all of it is written or none.
func (x *execution) planOrder(c order.Command) error {
	o, err := orders.load(x, x.stream)
	if err != nil {
		return err
	}
	f, err := x.orderFacts(&o, c)
	if err != nil {
		return err
	}
	made, err := order.Decide(o, c, x.given, f)
	if err != nil {
		return err
	}
	if err := orders.write(x, x.stream, made); err != nil {
		return err
	}
	if !slices.ContainsFunc(made, func(e order.Event) bool { return concernsOthers(&o, e) }) {
		return nil // as it is with most commands; an order is not small enough to be copied for them
	}
	return x.spread(o, made)
}

// concernsOthers reports whether spread writes something to another stream for an event.
func concernsOthers(o *order.Order, e order.Event) bool {
	switch e.(type) {
	case order.Submitted, order.HoldPlaced, order.HoldAdjusted, order.ClaimPosted, order.HoldReleased,
		order.EntrustmentLinked, order.EntrustmentUnlinked:
		return true
	}
	_, _, ok := payment.Counterpart(o, e)
	return ok
}

// orderFacts loads what other streams say, as far as the command needs it.
func (x *execution) orderFacts(o *order.Order, c order.Command) (order.Facts, error) {
	f := order.Facts{Policy: x.desk.policy}
	var err error
	switch c := c.(type) {
	case order.Draft:
		if x.given.By.Role == trade.Seller { // others are refused whatever the service
			f.Service, err = x.service(x.given.By.Account)
		}
	case order.MatchBuyer:
		f.Match = x.lookedUp.match
	case order.Submit:
		if o.Phase != order.PhaseDraft {
			return f, nil
		}
		if f.Service, err = x.service(o.Seller.Account); err != nil {
			return f, err
		}
		if f.Quota, err = x.quotaOf(o); err != nil || x.lookedUp.account == "" {
			return f, err
		}
		f.Receiving, err = x.receiving(x.lookedUp.account)
	case order.Confirm:
		f.Quota, err = x.quotaOf(o)
	case order.Modify:
		f.Quota, err = x.quotaFor(o, c.To.Coverage)
	case order.ProposeChange:
		f.Quota, err = x.quotaFor(o, c.To.Coverage)
	case order.AcceptChange:
		f.Quota, err = x.quotaFor(o, o.Proposal.Coverage)
	case order.InitiatePayment, order.RecordPayment, order.ChargeBack, order.ReverseTransfer, order.ResolveChargeback,
		order.VoidPayment, order.ApplyUnapplied, order.ReturnUnapplied:
		f.Incoming, err = x.namedPayment(o, c)
	case order.Link:
		stream, malformed := entrustment.Stream(c.Entrustment)
		if malformed != nil {
			return f, nil // the order says what is wrong with it
		}
		var e entrustment.Entrustment
		e, err = entrustments.load(x, stream)
		f.Entrustment = e.Fact()
	}
	return f, err
}

func (x *execution) service(account trade.Account) (order.Service, error) {
	stream, err := seller.Stream(account)
	if err != nil {
		return 0, err
	}
	s, err := services.load(x, stream)
	return s.Fact(), err
}

func (x *execution) receiving(account order.ReceivingAccount) (order.Receiving, error) {
	stream, err := reservation.Stream(reservation.ReceivingAccount, string(account))
	if err != nil {
		return order.Receiving{}, err
	}
	r, err := accounts.load(x, stream)
	owner, _ := trade.ParseID(r.Owner) // zero if the account is free
	return order.Receiving{Account: account, Owner: owner}, err
}

// quotaOf loads the line that a covered order without a hold will need.
func (x *execution) quotaOf(o *order.Order) (order.Quota, error) {
	if o.Need().IsZero() || o.Hold.Status == order.HoldOpen {
		return order.Quota{}, nil
	}
	return x.loadQuota(o)
}

// quotaFor loads the line that a change to that coverage may need more of.
func (x *execution) quotaFor(o *order.Order, coverage order.Coverage) (order.Quota, error) {
	covers := coverage == order.CoveragePreShipment || coverage == order.CoveragePostDelivery
	if !covers || o.Phase < order.PhaseSubmitted || o.Phase > order.PhaseReadyToShip {
		return order.Quota{}, nil // it needs none, or the order refuses the change whatever the line says
	}
	return x.loadQuota(o)
}

func (x *execution) loadQuota(o *order.Order) (order.Quota, error) {
	stream, err := lineOf(o)
	if err != nil {
		return order.Quota{}, err
	}
	l, err := lines.load(x, stream)
	return l.Fact(), err
}

// lineOf returns the stream of the line that an order's hold is on.
func lineOf(o *order.Order) (events.StreamID, error) {
	return credit.Stream(credit.Assurance, o.Seller.Account, o.Terms.Total.Currency())
}

// spread writes to the other streams what the events of an order bring with them. o is the order
// before the events.
func (x *execution) spread(o order.Order, made []order.Event) error {
	for _, e := range made {
		var err error
		switch e := e.(type) {
		case order.Submitted:
			err = x.reserve(accounts, reservation.ReceivingAccount, string(e.ReceivingAccount), o.ID.String())
		case order.HoldPlaced:
			err = x.toLine(&o, credit.Hold{Order: o.ID, Amount: e.Amount})
		case order.HoldAdjusted:
			err = x.toLine(&o, credit.Adjust{Order: o.ID, From: e.From, To: e.To})
		case order.ClaimPosted:
			err = x.toLine(&o, credit.Claim{Order: o.ID, Open: o.Hold.Amount, Amount: e.Amount})
		case order.HoldReleased:
			err = x.toLine(&o, credit.Release{Order: o.ID, Amount: e.Amount, Cause: e.Cause})
		case order.EntrustmentLinked:
			err = x.toEntrustment(e.Entrustment, entrustment.Link{
				Order: o.ID, DraftedAt: o.DraftedAt, Currency: o.Terms.Total.Currency(), Seller: string(o.Seller.Account),
			})
		case order.EntrustmentUnlinked:
			if e.Cause == order.UnlinkCancelled {
				break // the entrustment's own cancellation unlinks it
			}
			err = x.toEntrustment(e.Entrustment, entrustment.Unlink{Order: o.ID, Cause: entrustment.Cause(e.Cause)})
		default:
			err = x.toPayment(&o, e)
		}
		if err != nil {
			return err
		}
		// The next event meets the order as this one left it: a hold is placed, then released.
		if err := o.Apply(e, x.given.At); err != nil {
			return err
		}
	}
	return nil
}

func (x *execution) toLine(o *order.Order, c credit.Command) error {
	stream, err := lineOf(o)
	if err != nil {
		return err
	}
	return lines.counterpart(x, stream, c, credit.Facts{Hold: o.Hold})
}

func (x *execution) toEntrustment(id order.EntrustmentID, c entrustment.Command) error {
	stream, err := entrustment.Stream(id)
	if err != nil {
		return err
	}
	return entrustments.counterpart(x, stream, c, entrustment.Facts{})
}

// reserve gives a number to its owner, in the commit of the command that needs it.
func (x *execution) reserve(f *family[reservation.Reservation, reservation.Command, reservation.Event, reservation.Facts],
	use reservation.Use, number, owner string) error {
	stream, err := reservation.Stream(use, number)
	if err != nil {
		return err
	}
	return f.counterpart(x, stream, reservation.Reserve{Owner: owner}, reservation.Facts{})
}

// planEntrustment decides a command on an entrustment. What customs release is written on the
// linked order as well, a cancelled entrustment leaves its order, and a declaration reserves its
// number.
func (x *execution) planEntrustment(c entrustment.Command) error {
	e, err := entrustments.load(x, x.stream)
	if err != nil {
		return err
	}
	f := entrustment.Facts{Policy: x.desk.policy}
	if c, ok := c.(entrustment.Declare); ok {
		if f.Reservation, err = x.declarationOwner(c.Declaration.Number); err != nil {
			return err
		}
	}
	var linked order.Order
	if e.Linked() && concernsOrder(c) {
		if linked, err = orders.load(x, order.Stream(e.Order)); err != nil {
			return err
		}
		f.Order = entrustment.LinkedOrder{ID: linked.ID, Shipped: !linked.Shipment.ShippedAt.IsZero()}
	}
	made, err := entrustment.Decide(e, c, x.given, f)
	if err != nil {
		return err
	}
	if err := entrustments.write(x, x.stream, made); err != nil {
		return err
	}
	id := e.ID
	for _, e := range made {
		var err error
		switch e := e.(type) {
		case entrustment.Declared:
			err = x.reserve(declarations, reservation.DeclarationNumber, string(e.Declaration.Number), string(id))
		case entrustment.Released:
			err = x.toOrder(linked, order.RecordRelease{Entrustment: id, ReleasedAt: e.ReleasedAt})
		case entrustment.Unlinked:
			err = x.toOrder(linked, order.Unlink{Entrustment: id})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// declarationOwner loads which entrustment a declaration number belongs to (D43). Nobody has one
// that is malformed; that it is, the entrustment says.
func (x *execution) declarationOwner(n entrustment.DeclarationNo) (entrustment.Reservation, error) {
	stream, malformed := reservation.Stream(reservation.DeclarationNumber, string(n))
	if malformed != nil {
		return entrustment.Reservation{}, nil
	}
	r, err := declarations.load(x, stream)
	return entrustment.Reservation{Number: n, Owner: order.EntrustmentID(r.Owner)}, err
}

// concernsOrder reports whether a command on an entrustment reads or writes the linked order. The
// others leave its stream alone, so that they do not meet its commands in the log.
func concernsOrder(c entrustment.Command) bool {
	switch c.(type) {
	case entrustment.Cancel, entrustment.Release:
		return true
	}
	return false
}

// toOrder decides a counterpart command on the order that an entrustment is linked to, if it is
// linked to one, and spreads the resulting events.
func (x *execution) toOrder(o order.Order, c order.Command) error {
	if o.Phase == order.PhaseNone {
		return nil
	}
	given := trade.Given{By: trade.Actor{Role: trade.Desk}, At: x.given.At}
	made, err := order.Decide(o, c, given, order.Facts{Policy: x.desk.policy})
	if err != nil {
		return err
	}
	if err := orders.write(x, order.Stream(o.ID), made); err != nil {
		return err
	}
	return x.spread(o, made)
}
