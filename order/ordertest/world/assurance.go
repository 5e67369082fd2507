package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// assuranceOrder is an assurance order and the plans of its seller and buyer.
type assuranceOrder struct {
	liveOrder
	draftCommand desk.Command // the command that began it
	total        int64
	initial      int64
	coverage     order.Coverage
	bankDecides  bool          // the decision of a bank on a chargeback is on its way
	payments     []payment.Key // the payments that were reported or are on their way
	cases        int           // the number of the case that a bank opened last on them
	entrustments int           // how many it has been given
	shipments    int           // how many entrustments it needs
}

// beginAssurance begins an assurance order.
func beginAssurance(w *world) {
	a := &assuranceOrder{liveOrder: liveOrder{id: trade.ID(w.newID()), buyer: w.people.anyBuyer(w), seller: w.people.sellers[w.rng.IntN(w.Sellers)]}}
	w.begin(&a.liveOrder, order.Stream(a.id))
	w.report.Assurance++
	a.total = 100_00 + w.rng.Int64N(9_900_00)
	a.initial = a.total
	if w.odds(600) {
		a.initial = a.total * (20 + w.rng.Int64N(60)) / 100
	}
	a.coverage = order.CoveragePostDelivery
	switch roll := w.rng.Uint32N(10); {
	case roll < 2:
		a.coverage = order.CoverageNone
	case roll < 5:
		a.coverage = order.CoveragePreShipment
	}
	a.shipments = 1
	if w.odds(150) {
		a.shipments += 1 + w.rng.IntN(2)
	}
	w.schedule(&a.liveOrder, a, 0)
}

// on returns the action that issues a command on the order.
func (a *assuranceOrder) on(c order.Command) desk.Action { return desk.OnOrder(a.id, c) }

// bySeller and byBuyer issue a command that must be accepted.
func (a *assuranceOrder) bySeller(w *world, c order.Command) { w.issueAll(a.seller.Actor, a.on(c)) }
func (a *assuranceOrder) byBuyer(w *world, c order.Command)  { w.issueAll(a.buyer, a.on(c)) }

// read reads the order as the platform sees it.
func (a *assuranceOrder) read(w *world) (o order.Order, ok bool) {
	ok = w.read(func(p *desk.Desk) (err error) {
		o, _, err = p.ReadOrder(w.ctx, platform, a.id)
		return err
	})
	return o, ok
}

// run has the parties look at the order and take the next step.
func (a *assuranceOrder) run(w *world, no uint64) {
	if no != a.planned || a.over {
		return // another entry has replaced this one
	}
	a.rounds++
	if order.Phase(a.phase) == order.PhaseNone {
		a.draft(w)
		return
	}
	o, ok := a.read(w)
	if !ok {
		return
	}
	if w.odds(60) {
		a.attack(w, &o)
	}
	if wait := a.next(w, &o); !a.over && w.err == nil {
		w.schedule(&a.liveOrder, a, wait)
	}
}

// next takes the next step of the order and returns how long the parties wait after it.
func (a *assuranceOrder) next(w *world, o *order.Order) time.Duration {
	switch {
	case o.Frozen():
		return a.whileFrozen(w, o)
	case o.Phase == order.PhaseDraft:
		return a.submit(w, o)
	case o.Phase == order.PhaseSubmitted:
		return a.confirm(w, o)
	case o.Phase == order.PhaseConfirmed:
		return a.fund(w, o)
	case o.Phase == order.PhaseReadyToShip:
		return a.ship(w, o)
	case o.Phase == order.PhaseShipped:
		return a.receive(w, o)
	case o.Phase == order.PhaseReceived:
		return a.payBalance(w, o)
	default:
		return a.afterEnd(w, o)
	}
}

// draft has the seller write the contract, with the mistakes that people make.
func (a *assuranceOrder) draft(w *world) {
	me, m := a.seller.Actor, a.seller
	a.draftCommand = desk.Command{ID: w.newID(), By: me, Do: a.on(order.Draft{Mode: order.DraftOnline})}
	want := must
	if m.serviceSuspended {
		want = never
	}
	if _, ok := w.execute(a.draftCommand, want); !ok {
		if a.rounds < 4 {
			w.schedule(&a.liveOrder, a, day)
		} else {
			w.finish(&a.liveOrder, "refused")
		}
		return
	}
	name := "Imports of " + string(a.buyer.Account)
	if w.odds(40) {
		w.issue(me, a.on(order.SetBuyer{Email: "no address", BuyerName: name}), never)
		typo := "x" + a.buyer.Email
		w.issueAll(me, a.on(order.SetBuyer{Email: typo, BuyerName: name}))
		w.issue(me, a.on(order.MatchBuyer{Email: a.buyer.Email}), never)
		w.issueAll(me, a.on(order.MatchBuyer{Email: typo})) // no account has this address
	}
	w.issueAll(me, a.on(order.SetBuyer{Email: a.buyer.Email, BuyerName: name}), a.on(order.MatchBuyer{Email: a.buyer.Email}))
	if w.odds(30) {
		w.issue(me, a.on(order.SetTerms{Terms: order.Terms{Total: w.usd(a.initial), Initial: w.usd(a.total + 1)}}), never)
	}
	w.issueAll(me, a.on(order.SetTerms{Terms: a.terms(w)}))
	covers := a.coverage != order.CoverageNone
	if covers && w.odds(20) {
		w.issue(me, a.on(order.ChooseCoverage{Coverage: a.coverage}), never) // the terms of the coverage are not accepted
	}
	if w.odds(20) {
		w.issue(me, a.on(order.Submit{OneTouchAcknowledged: true}), never) // no coverage is chosen
	}
	w.issueAll(me, a.on(order.ChooseCoverage{Coverage: a.coverage, TermsAccepted: covers}))
	if !w.odds(60) { // else it is missing, which no rule refuses before shipment
		w.issueAll(me, a.on(order.SetTransport{Mode: a.mode(w)}))
	}
	if w.odds(30) {
		w.issueAll(me, a.on(contract(w, "")))
		w.issue(me, a.on(contract(w, "Beneficiary account: 6222 0202 0001 2345")), never)
	}
	w.schedule(&a.liveOrder, a, w.between(time.Minute, day))
}

func (a *assuranceOrder) mode(w *world) order.Transport {
	return [...]order.Transport{order.TransportAir, order.TransportLand, order.TransportSea}[w.rng.IntN(3)]
}

func (a *assuranceOrder) terms(w *world) order.Terms {
	t := order.Terms{Total: w.usd(a.total), Initial: w.usd(a.initial), TradeTerm: "FOB Ningbo"}
	if w.odds(300) {
		t.ShipBy = order.ShipBy{Days: 10 + w.rng.IntN(20), After: order.InitialPayment}
	}
	return t
}

// contract returns the command that attaches a file. Rule A10 refuses a text that names an account.
func contract(w *world, text string) order.AttachContract {
	const digits = "0123456789abcdef"
	var sum [64]byte
	for i := range sum {
		sum[i] = digits[w.rng.Uint32N(16)]
	}
	return order.AttachContract{FileName: "contract.pdf", SHA256: string(sum[:]), Size: 1000 + w.rng.Int64N(9000), Text: text}
}

// submit has the seller submit the contract. If the line cannot cover it, the seller waits, drops the
// coverage, or cancels.
func (a *assuranceOrder) submit(w *world, o *order.Order) time.Duration {
	me := a.seller.Actor
	if w.odds(20) {
		a.bySeller(w, order.Cancel{})
		return time.Minute
	}
	if w.odds(40) {
		w.issue(me, a.on(order.Submit{}), never) // without the acknowledgement
	}
	submit := a.on(order.Submit{OneTouchAcknowledged: true})
	switch {
	case a.seller.serviceSuspended:
		w.issue(me, submit, never)
		return day
	case w.odds(10):
		if w.inTwoTabs(me, submit) {
			return w.between(time.Hour, 6*day)
		}
	case w.issue(me, submit, may):
		return w.between(time.Hour, 6*day)
	}
	switch {
	case w.err != nil:
	case o.Coverage == order.CoverageNone || w.lastRefusal == nil || w.lastRefusal.Rule != rule.D3:
		w.fail(fmt.Errorf("was refused for a reason other than quota: %v", w.lastRefusal))
	case w.odds(300) || a.cooperative():
		a.bySeller(w, order.ChooseCoverage{Coverage: order.CoverageNone})
		return time.Minute
	case w.odds(100):
		a.bySeller(w, order.Cancel{})
		return time.Minute
	}
	return w.between(day, 4*day)
}

// confirm has the buyer confirm the order, or do something else with it.
func (a *assuranceOrder) confirm(w *world, o *order.Order) time.Duration {
	confirm := order.Confirm{Terms: o.Revision}
	switch {
	case w.now.Equal(o.ConfirmBy):
		w.issue(a.buyer, a.on(confirm), never)
		return day
	case w.now.Equal(o.ConfirmBy.Add(-1)):
		w.issue(system, a.on(order.Expire{}), never)
		a.byBuyer(w, confirm)
		return w.between(time.Hour, day)
	case !w.now.Before(o.ConfirmBy):
		return tickEvery
	}
	roll := w.rng.Uint32N(1000)
	switch {
	case a.cooperative():
	case roll < 40:
		return a.modify(w, o)
	case roll < 60:
		w.issueAll(w.either(a.seller.Actor, a.buyer), a.on(order.Cancel{}))
		return time.Minute
	case roll < 80 && a.pending == 0: // the buyer pays before confirming
		a.wire(w, o, o.Terms.Initial.MinorUnits(), o.Buyer.Name, w.between(time.Hour, 2*day))
		return 3 * day
	case roll < 110: // the buyer does not answer
		return w.until(o.ConfirmBy.Add(day))
	case roll < 115:
		return o.ConfirmBy.Sub(w.now)
	case roll < 120:
		return o.ConfirmBy.Add(-1).Sub(w.now)
	case roll < 135:
		w.inTwoTabs(a.buyer, a.on(confirm))
		return w.between(time.Hour, day)
	}
	a.byBuyer(w, confirm)
	return w.between(time.Hour, 3*day)
}

// modify has the seller change the terms before a payment is applied. The buyer then cannot confirm the
// terms of before.
func (a *assuranceOrder) modify(w *world, o *order.Order) time.Duration {
	a.total += w.rng.Int64N(500_00) - 100_00
	a.initial = min(a.initial, a.total)
	to := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
	to.Terms.Total, to.Terms.Initial = w.usd(a.total), w.usd(a.initial)
	if !w.issue(a.seller.Actor, a.on(order.Modify{To: to}), may) {
		a.total, a.initial = o.Terms.Total.MinorUnits(), o.Terms.Initial.MinorUnits()
		return w.between(time.Hour, day)
	}
	w.issue(a.buyer, a.on(order.Confirm{Terms: o.Revision}), never)
	return w.between(time.Hour, 2*day)
}

// either draws one of two actors.
func (w *world) either(a, b trade.Actor) trade.Actor {
	if w.odds(500) {
		return a
	}
	return b
}
