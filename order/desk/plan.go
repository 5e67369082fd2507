package desk

import (
	"fmt"
	"slices"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// world is what a plan may look at and write to: streams by name. What is looked at is guarded
// in the commit that the plan makes. On a store it is a transaction; in a test it is maps.
type world interface {
	order(id trade.ID) (order.Order, error)
	service(account trade.Account) (seller.Service, error)
	entrustment(id order.EntrustmentID) (entrustment.Entrustment, error)
	line(account trade.Account, c trade.Currency) (credit.Line, error)
	reservation(stream events.StreamID) (reservation.Reservation, error)

	appendOrder(id trade.ID, facts ...order.Event) error
	appendService(account trade.Account, facts ...seller.Event) error
	appendEntrustment(id order.EntrustmentID, facts ...entrustment.Event) error
	appendLine(account trade.Account, c trade.Currency, facts ...credit.Event) error
	reserve(stream events.StreamID, made ...reservation.Event) error

	shop
}

// outside is what a plan needs of the world beyond the streams.
type outside struct {
	match    trade.Account          // MatchBuyer: the account that the directory has for the buyer's address
	findings seller.Findings        // Activate: what the platform knows of the store
	account  order.ReceivingAccount // Submit: the account that was made; empty until it is needed
	payLater *paylater.Policy       // pay-later orders: the policy of the desk
	policy   *order.Policy          // orders and entrustments: the policy of the desk
	funds    *funds.Policy          // Pay and Withdraw: the policy of the merchant
}

// planOrder decides a command on an order and writes what it does to every stream: the facts
// go to the order, and each fact that concerns another stream is decided there by the rules of
// that stream. Either all of it is written or none.
func planOrder(w world, id trade.ID, c order.Command, g trade.Given, out outside) error {
	o, err := w.order(id)
	if err != nil {
		return err
	}
	f, err := orderFacts(w, &o, c, g.By, out)
	if err != nil {
		return err
	}
	facts, err := order.Decide(o, c, g, f)
	if err != nil || len(facts) == 0 {
		return err
	}
	if err := w.appendOrder(id, facts...); err != nil {
		return err
	}
	if !slices.ContainsFunc(facts, concernsOthers) {
		return nil // as it is with most commands; an order is not small enough to be copied for them
	}
	return follow(w, o, facts, g, out)
}

// concernsOthers reports whether follow writes something to another stream for a fact.
func concernsOthers(fact order.Event) bool {
	switch fact.(type) {
	case order.Submitted, order.HoldPlaced, order.HoldAdjusted, order.ClaimPosted, order.HoldReleased,
		order.EntrustmentLinked, order.EntrustmentUnlinked:
		return true
	}
	return false
}

// orderFacts looks up what other streams say, as far as the command needs it.
func orderFacts(w world, o *order.Order, c order.Command, by trade.Actor, out outside) (f order.Facts, err error) {
	f.Policy = out.policy
	switch c := c.(type) {
	case order.Draft:
		if by.Role != trade.Seller {
			return f, nil // he is refused whatever the service
		}
		s, err := w.service(by.Account)
		f.Service = s.Fact()
		return f, err
	case order.MatchBuyer:
		f.Match = out.match
	case order.Submit:
		if o.Phase != order.PhaseDraft {
			return f, nil
		}
		s, err := w.service(o.Seller.Account)
		if err != nil {
			return f, err
		}
		f.Service = s.Fact()
		if f.Quota, err = quota(w, o); err != nil || out.account == "" {
			return f, err
		}
		stream, err := reservation.Stream(reservation.ReceivingAccount, string(out.account))
		if err != nil {
			return f, err
		}
		r, err := w.reservation(stream)
		owner, _ := trade.ParseID(r.Owner)
		f.Account = order.Receiving{Account: out.account, Owner: owner}
		return f, err
	case order.Confirm:
		f.Quota, err = quota(w, o)
	case order.Modify:
		f.Quota, err = quotaFor(w, o, c.To.Coverage)
	case order.ProposeChange:
		f.Quota, err = quotaFor(w, o, c.To.Coverage)
	case order.AcceptChange:
		f.Quota, err = quotaFor(w, o, o.Proposal.Coverage)
	case order.Link:
		if trade.CheckID("entrustment", string(c.Entrustment)) != nil {
			return f, nil // the order says what is wrong with it
		}
		e, err := w.entrustment(c.Entrustment)
		f.Entrustment = e.Fact()
		return f, err
	}
	return f, err
}

// quota looks at the line that a covered order without a hold will need.
func quota(w world, o *order.Order) (order.Quota, error) {
	if o.Need().IsZero() || o.Hold.Status == order.HoldOpen {
		return order.Quota{}, nil
	}
	l, err := w.line(o.Seller.Account, o.Terms.Total.Currency())
	return l.Fact(), err
}

// quotaFor looks at the line that a change to that coverage may need more of.
func quotaFor(w world, o *order.Order, coverage order.Coverage) (order.Quota, error) {
	covers := coverage == order.CoveragePreShipment || coverage == order.CoveragePostDelivery
	if !covers || o.Phase < order.PhaseSubmitted || o.Phase > order.PhaseReadyToShip {
		return order.Quota{}, nil // it needs none, or the order refuses the change whatever the line says
	}
	l, err := w.line(o.Seller.Account, o.Terms.Total.Currency())
	return l.Fact(), err
}

// follow writes to the other streams what the facts of an order bring with them. o is the
// order as it was before the facts.
func follow(w world, o order.Order, facts []order.Event, g trade.Given, out outside) error {
	g.By = trade.Actor{Role: trade.Desk}
	for _, fact := range facts {
		var err error
		switch e := fact.(type) {
		case order.Submitted:
			err = reserve(w, reservation.ReceivingAccount, string(e.Account), o.ID.String(), g)
		case order.HoldPlaced:
			err = toLine(w, &o, credit.Hold{Order: o.ID, Amount: e.Amount}, g)
		case order.HoldAdjusted:
			err = toLine(w, &o, credit.Adjust{Order: o.ID, From: e.From, To: e.To}, g)
		case order.ClaimPosted:
			err = toLine(w, &o, credit.Claim{Order: o.ID, Open: o.Hold.Amount, Amount: e.Amount}, g)
		case order.HoldReleased:
			err = toLine(w, &o, credit.Release{Order: o.ID, Amount: e.Amount, Cause: credit.Cause(e.Cause)}, g)
		case order.EntrustmentLinked:
			err = toEntrustment(w, e.Entrustment, entrustment.Link{
				Order: o.ID, DraftedAt: o.DraftedAt, Currency: o.Terms.Total.Currency(), Seller: string(o.Seller.Account),
			}, g)
		case order.EntrustmentUnlinked:
			if e.Cause == order.UnlinkCancelled {
				break // the entrustment's own cancellation asked for it
			}
			err = toEntrustment(w, e.Entrustment, entrustment.Unlink{Order: o.ID, Cause: entrustment.Cause(e.Cause)}, g)
		}
		if err != nil {
			return err
		}
		// The next fact meets the order as this one left it: a hold is placed, then released.
		if err := o.Apply(fact, g.At); err != nil {
			return err
		}
	}
	return nil
}

// toLine decides a counterpart command on the line of an order's seller.
func toLine(w world, o *order.Order, c credit.Command, g trade.Given) error {
	currency := o.Terms.Total.Currency()
	l, err := w.line(o.Seller.Account, currency)
	if err != nil {
		return err
	}
	facts, err := credit.Decide(l, c, g, credit.Facts{Hold: o.Hold})
	if err != nil || len(facts) == 0 {
		return err
	}
	// The line may come from a cache and be older than the order, whose hold it then does not
	// know. Said here it counts as a refusal, which the store confirms or the plan is made
	// again; in the append it would end the command.
	for _, fact := range facts {
		if l, err = credit.Evolve(l, fact, g.At); err != nil {
			return fmt.Errorf("desk: the line of seller %s does not bear order %s: %w", o.Seller.Account, o.ID, err)
		}
	}
	return w.appendLine(o.Seller.Account, currency, facts...)
}

// toEntrustment decides a counterpart command on an entrustment.
func toEntrustment(w world, id order.EntrustmentID, c entrustment.Command, g trade.Given) error {
	e, err := w.entrustment(id)
	if err != nil {
		return err
	}
	facts, err := entrustment.Decide(e, c, g, entrustment.Facts{})
	if err != nil || len(facts) == 0 {
		return err
	}
	return w.appendEntrustment(id, facts...)
}

// planEntrustment decides a command on an entrustment. What customs release is written on the
// linked order as well, a cancelled entrustment leaves its order, and a declaration reserves
// its number.
func planEntrustment(w world, id order.EntrustmentID, c entrustment.Command, g trade.Given, out outside) error {
	e, err := w.entrustment(id)
	if err != nil {
		return err
	}
	f := entrustment.Facts{Policy: out.policy}
	if c, ok := c.(entrustment.Declare); ok {
		if f.Reservation, err = declarationOwner(w, c.Declaration.Number); err != nil {
			return err
		}
	}
	var linked order.Order
	if e.Linked() && concernsOrder(c) {
		if linked, err = w.order(e.Order); err != nil {
			return err
		}
		f.Order = entrustment.LinkedOrder{ID: linked.ID, Shipped: !linked.Shipment.ShippedAt.IsZero()}
	}
	facts, err := entrustment.Decide(e, c, g, f)
	if err != nil || len(facts) == 0 {
		return err
	}
	if err := w.appendEntrustment(id, facts...); err != nil {
		return err
	}
	for _, fact := range facts {
		var err error
		switch fact := fact.(type) {
		case entrustment.Declared:
			err = reserve(w, reservation.DeclarationNumber, string(fact.Declaration.Number), string(id), asDesk(g))
		case entrustment.Released:
			err = toOrder(w, linked, order.RecordRelease{Entrustment: id, ReleasedAt: fact.ReleasedAt}, g, out)
		case entrustment.Unlinked:
			err = toOrder(w, linked, order.Unlink{Entrustment: id}, g, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// concernsOrder reports whether a command on an entrustment asks or tells the linked order. The
// others leave its stream alone, so that they do not meet its commands in the log.
func concernsOrder(c entrustment.Command) bool {
	switch c.(type) {
	case entrustment.Cancel, entrustment.Release:
		return true
	}
	return false
}

// toOrder decides a counterpart command on the order that an entrustment is linked to, if it
// is to one.
func toOrder(w world, o order.Order, c order.Command, g trade.Given, out outside) error {
	if o.Phase == order.PhaseNone {
		return nil
	}
	g = asDesk(g)
	facts, err := order.Decide(o, c, g, order.Facts{Policy: out.policy})
	if err != nil || len(facts) == 0 {
		return err
	}
	if err := w.appendOrder(o.ID, facts...); err != nil {
		return err
	}
	return follow(w, o, facts, g, out)
}

// asDesk returns the given of a command that the desk writes beside the one that was asked for.
func asDesk(g trade.Given) trade.Given {
	g.By = trade.Actor{Role: trade.Desk}
	return g
}

// planSeller decides a command on a seller's service.
func planSeller(w world, account trade.Account, c seller.Command, g trade.Given, out outside) error {
	s, err := w.service(account)
	if err != nil {
		return err
	}
	facts, err := seller.Decide(s, c, g, out.findings)
	if err != nil || len(facts) == 0 {
		return err
	}
	return w.appendService(account, facts...)
}

// planLine decides a command on a seller's line.
func planLine(w world, account trade.Account, currency trade.Currency, c credit.Command, g trade.Given) error {
	l, err := w.line(account, currency)
	if err != nil {
		return err
	}
	facts, err := credit.Decide(l, c, g, credit.Facts{})
	if err != nil || len(facts) == 0 {
		return err
	}
	return w.appendLine(account, currency, facts...)
}
