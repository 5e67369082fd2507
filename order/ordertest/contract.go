package ordertest

import (
	"cmp"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// Contract is what an order is about. Its zero value is a usual one: 6,000 US dollars, 2,000
// of them before shipment, without coverage, by air, between Seller and Buyer.
type Contract struct {
	Seller, Buyer  trade.Actor
	Total, Initial trade.Money // without an Initial the Total is due before shipment
	Coverage       order.Coverage
	Transport      order.Transport
	// Entrustment is the export entrustment that the order is linked to. If it is empty, a
	// Story calls it E1 and a Fixture by the order's ID.
	Entrustment order.EntrustmentID
}

// Covered reports whether the order takes quota.
func (c Contract) Covered() bool { return c.Coverage != "" && c.Coverage != order.CoverageNone }

func (c Contract) filled(e order.EntrustmentID) Contract {
	if c.Seller == (trade.Actor{}) {
		c.Seller = Seller
	}
	if c.Buyer == (trade.Actor{}) {
		c.Buyer = Buyer
	}
	if c.Total.IsZero() {
		c.Total, c.Initial = USD("6000"), USD("2000")
	}
	if c.Initial.IsZero() {
		c.Initial = c.Total
	}
	c.Coverage = cmp.Or(c.Coverage, order.CoverageNone)
	c.Transport = cmp.Or(c.Transport, order.TransportAir)
	c.Entrustment = cmp.Or(c.Entrustment, e)
	return c
}

// step is one command on the usual way of an order, taken in the phase from.
type step struct {
	from    order.Phase
	by      trade.Actor
	command func(o *order.Order, now time.Time) order.Command
	goes    bool // whether it leads out of the phase
}

// wayTo is how an order comes to a phase, up to the command that leads out of it. A closed order
// is one that its buyer cancelled after he had confirmed it.
func (c Contract) wayTo(phase order.Phase) []step {
	if phase == order.PhaseClosed {
		return append(c.wayTo(order.PhaseConfirmed), step{order.PhaseConfirmed, c.Buyer, fixed(order.Cancel{}), true})
	}
	way := c.way()
	if end := slices.IndexFunc(way, func(s step) bool { return s.goes && s.from == phase }); end >= 0 {
		way = way[:end]
	}
	return way
}

// fixed returns a command that does not depend on the order.
func fixed(c order.Command) func(*order.Order, time.Time) order.Command {
	return func(*order.Order, time.Time) order.Command { return c }
}

// way is how an order goes from its draft to its completion.
func (c Contract) way() []step {
	const stays, goes = false, true
	return []step{
		{order.PhaseNone, c.Seller, fixed(order.Draft{Mode: order.DraftOnline}), goes},
		{order.PhaseDraft, c.Seller, fixed(order.SetBuyer{Email: c.Buyer.Email, BuyerName: "Imports " + string(c.Buyer.Account)}), stays},
		{order.PhaseDraft, c.Seller, fixed(order.MatchBuyer{Email: c.Buyer.Email}), stays},
		{order.PhaseDraft, c.Seller, fixed(order.SetTerms{Terms: order.Terms{Total: c.Total, Initial: c.Initial}}), stays},
		{order.PhaseDraft, c.Seller, fixed(order.ChooseCoverage{Coverage: c.Coverage, TermsAccepted: c.Covered()}), stays},
		{order.PhaseDraft, c.Seller, fixed(order.SetTransport{Mode: c.Transport}), stays},
		{order.PhaseDraft, c.Seller, fixed(order.Submit{OneTouchAcknowledged: true}), goes},
		{order.PhaseSubmitted, c.Buyer, func(o *order.Order, _ time.Time) order.Command { return order.Confirm{Terms: o.Revision} }, goes},
		{order.PhaseConfirmed, Platform, func(o *order.Order, now time.Time) order.Command {
			return Wired(o, "initial", o.Terms.Initial, now)
		}, goes},
		{order.PhaseReadyToShip, c.Seller, fixed(order.Link{Entrustment: c.Entrustment}), stays},
		{order.PhaseReadyToShip, trade.Actor{Role: trade.Desk}, func(_ *order.Order, now time.Time) order.Command {
			return order.RecordRelease{Entrustment: c.Entrustment, ReleasedAt: now}
		}, stays},
		{order.PhaseReadyToShip, c.Seller, fixed(order.MarkShipped{}), goes},
		{order.PhaseShipped, c.Buyer, fixed(order.ConfirmReceipt{}), goes},
		{order.PhaseReceived, Platform, func(o *order.Order, now time.Time) order.Command {
			return Wired(o, "balance", o.Due(), now)
		}, goes},
	}
}

// Wired reports a transfer from its buyer to the account of an order.
func Wired(o *order.Order, reference string, amount trade.Money, paidAt time.Time) order.RecordPayment {
	return order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: amount, Payer: o.Buyer.Name, PaidAt: paidAt,
	}
}
