package ordertest

import (
	"cmp"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// Contract is the content of an order. The zero value stands for 6,000 US dollars, 2,000 of them before
// shipment, without coverage, by air, between Seller and Buyer.
type Contract struct {
	Seller, Buyer  trade.Actor
	Total, Initial trade.Money // if Initial is zero, the Total is due before shipment
	Coverage       order.Coverage
	Transport      order.Transport
	// Entrustment is the export entrustment that the order is linked to. If it is empty, a Story
	// names it E1 and a Fixture derives the name from the order's ID.
	Entrustment order.EntrustmentID
}

// Covered reports whether the order needs quota.
func (c Contract) Covered() bool { return c.Coverage != "" && c.Coverage != order.CoverageNone }

// filled returns the contract with defaults in its zero fields.
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

// step is one of the usual commands of an order, issued in the phase from.
type step struct {
	from    order.Phase
	by      trade.Actor
	command func(o *order.Order, now time.Time) order.Command
	goes    bool // whether it leads out of the phase
}

// wayTo returns the steps that bring an order to a phase, up to the command that leads out of it. A closed order
// was cancelled by the buyer after confirmation.
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

// fixed returns the command of a step that does not depend on the order.
func fixed(c order.Command) func(*order.Order, time.Time) order.Command {
	return func(*order.Order, time.Time) order.Command { return c }
}

// way returns the steps of an order from its draft to its completion.
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

// Wired returns the report of a transfer from the order's buyer to its receiving account.
func Wired(o *order.Order, reference string, amount trade.Money, paidAt time.Time) order.RecordPayment {
	return order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: amount, Payer: o.Buyer.Name, PaidAt: paidAt,
	}
}
