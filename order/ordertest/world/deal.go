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

// deal is an assurance order.
type deal struct {
	affair
	drafted   desk.Command // its first command
	total     int64
	initial   int64
	coverage  order.Coverage
	goods     []good
	contested bool          // a bank decides on a chargeback
	came      []payment.Key // the payments that were reported
	cases     int           // counts the cases about them
	shipments int           // how many entrustments it takes
}

// newDeal begins one.
func newDeal(w *world) {
	d := &deal{affair: affair{id: trade.ID(w.newID()), buyer: w.people.anyone(w), seller: w.people.sellers[w.rng.IntN(w.Sellers)]}}
	w.begin(&d.affair, order.Stream(d.id))
	w.report.Assurance++
	d.total = 100_00 + w.rng.Int64N(9_900_00)
	d.initial = d.total
	if w.odds(600) {
		d.initial = d.total * (20 + w.rng.Int64N(60)) / 100
	}
	d.coverage = order.CoveragePostDelivery
	switch roll := w.rng.Uint32N(10); {
	case roll < 2:
		d.coverage = order.CoverageNone
	case roll < 5:
		d.coverage = order.CoveragePreShipment
	}
	d.shipments = 1
	if w.odds(150) {
		d.shipments += 1 + w.rng.IntN(2)
	}
	w.sleep(&d.affair, d, 0)
}

// do addresses a command to the order.
func (d *deal) do(c order.Command) desk.Action { return desk.OnOrder(d.id, c) }

// sells and buys ask for a command that has to be accepted.
func (d *deal) sells(w *world, c order.Command) { w.all(d.seller.Actor, d.do(c)) }
func (d *deal) buys(w *world, c order.Command)  { w.all(d.buyer, d.do(c)) }

// look reads the order.
func (d *deal) look(w *world) (o order.Order, ok bool) {
	ok = w.read(func(p *desk.Desk) (err error) {
		o, _, err = p.ReadOrder(w.ctx, platform, d.id)
		return err
	})
	return o, ok
}

// run lets the people of the order look at it and do what they think is next.
func (d *deal) run(w *world, no uint64) {
	if no != d.turn || d.over {
		return // they have changed their plans
	}
	d.turns++
	if order.Phase(d.phase) == order.PhaseNone {
		d.draft(w)
		return
	}
	o, ok := d.look(w)
	if !ok {
		return
	}
	if w.odds(60) {
		d.attack(w, &o)
	}
	if wait := d.next(w, &o); !d.over && w.err == nil {
		w.sleep(&d.affair, d, wait)
	}
}

// next does what is next and returns how long they wait then.
func (d *deal) next(w *world, o *order.Order) time.Duration {
	switch {
	case o.Frozen():
		return d.quarrel(w, o)
	case o.Phase == order.PhaseDraft:
		return d.submit(w, o)
	case o.Phase == order.PhaseSubmitted:
		return d.consent(w, o)
	case o.Phase == order.PhaseConfirmed:
		return d.fund(w, o)
	case o.Phase == order.PhaseReadyToShip:
		return d.ship(w, o)
	case o.Phase == order.PhaseShipped:
		return d.receive(w, o)
	case o.Phase == order.PhaseReceived:
		return d.settle(w, o)
	default:
		return d.after(w, o)
	}
}

// draft writes the contract in one sitting, with the mistakes that people make.
func (d *deal) draft(w *world) {
	me, m := d.seller.Actor, d.seller
	d.drafted = desk.Command{ID: w.newID(), By: me, Do: d.do(order.Draft{Mode: order.DraftOnline})}
	want := must
	if m.suspended {
		want = never
	}
	if _, ok := w.carry(d.drafted, want); !ok {
		if d.turns < 4 {
			w.sleep(&d.affair, d, day)
		} else {
			w.finish(&d.affair, "refused")
		}
		return
	}
	name := "Imports of " + string(d.buyer.Account)
	if w.odds(40) {
		w.ask(me, d.do(order.SetBuyer{Email: "no address", BuyerName: name}), never)
		typo := "x" + d.buyer.Email
		w.all(me, d.do(order.SetBuyer{Email: typo, BuyerName: name}))
		w.ask(me, d.do(order.MatchBuyer{Email: d.buyer.Email}), never)
		w.all(me, d.do(order.MatchBuyer{Email: typo})) // which finds nobody
	}
	w.all(me, d.do(order.SetBuyer{Email: d.buyer.Email, BuyerName: name}), d.do(order.MatchBuyer{Email: d.buyer.Email}))
	if w.odds(30) {
		w.ask(me, d.do(order.SetTerms{Terms: order.Terms{Total: w.usd(d.initial), Initial: w.usd(d.total + 1)}}), never)
	}
	w.all(me, d.do(order.SetTerms{Terms: d.terms(w)}))
	covers := d.coverage != order.CoverageNone
	if covers && w.odds(20) {
		w.ask(me, d.do(order.ChooseCoverage{Coverage: d.coverage}), never) // the tick is forgotten
	}
	if w.odds(20) {
		w.ask(me, d.do(order.Submit{OneTouchAcknowledged: true}), never) // the coverage is
	}
	w.all(me, d.do(order.ChooseCoverage{Coverage: d.coverage, TermsAccepted: covers}))
	if !w.odds(60) { // the mode of transport is forgotten, which nobody minds until shipment
		w.all(me, d.do(order.SetTransport{Mode: d.mode(w)}))
	}
	if w.odds(30) {
		w.all(me, d.do(contract(w, "")))
		w.ask(me, d.do(contract(w, "Beneficiary account: 6222 0202 0001 2345")), never)
	}
	w.sleep(&d.affair, d, w.between(time.Minute, day))
}

func (d *deal) mode(w *world) order.Transport {
	return [...]order.Transport{order.TransportAir, order.TransportLand, order.TransportSea}[w.rng.IntN(3)]
}

func (d *deal) terms(w *world) order.Terms {
	t := order.Terms{Total: w.usd(d.total), Initial: w.usd(d.initial), TradeTerm: "FOB Ningbo"}
	if w.odds(300) {
		t.ShipBy = order.ShipBy{Days: 10 + w.rng.IntN(20), After: order.InitialPayment}
	}
	return t
}

// contract is a file; its text may name an account, which A10 forbids.
func contract(w *world, text string) order.AttachContract {
	const digits = "0123456789abcdef"
	var sum [64]byte
	for i := range sum {
		sum[i] = digits[w.rng.Uint32N(16)]
	}
	return order.AttachContract{FileName: "contract.pdf", SHA256: string(sum[:]), Size: 1000 + w.rng.Int64N(9000), Text: text}
}

// submit hands the contract in. Where the line does not bear it the seller waits, does without
// the coverage, or gives up.
func (d *deal) submit(w *world, o *order.Order) time.Duration {
	me := d.seller.Actor
	if w.odds(20) {
		d.sells(w, order.Cancel{})
		return time.Minute
	}
	if w.odds(40) {
		w.ask(me, d.do(order.Submit{}), never) // the acknowledgement is forgotten
	}
	submit := d.do(order.Submit{OneTouchAcknowledged: true})
	switch {
	case d.seller.suspended:
		w.ask(me, submit, never)
		return day
	case w.odds(10):
		if w.inTwoTabs(me, submit) {
			return w.between(time.Hour, 6*day)
		}
	case w.ask(me, submit, may):
		return w.between(time.Hour, 6*day)
	}
	switch {
	case w.err != nil:
	case o.Coverage == order.CoverageNone || w.no == nil || w.no.Rule != rule.D3:
		w.fail(fmt.Errorf("was refused for another reason than quota: %v", w.no))
	case w.odds(300) || d.calm():
		d.sells(w, order.ChooseCoverage{Coverage: order.CoverageNone})
		return time.Minute
	case w.odds(100):
		d.sells(w, order.Cancel{})
		return time.Minute
	}
	return w.between(day, 4*day)
}

// consent is the buyer making up his mind.
func (d *deal) consent(w *world, o *order.Order) time.Duration {
	confirm := order.Confirm{Terms: o.Revision}
	switch {
	case w.now.Equal(o.ConfirmBy):
		w.ask(d.buyer, d.do(confirm), never)
		return day
	case w.now.Equal(o.ConfirmBy.Add(-1)):
		w.ask(system, d.do(order.Expire{}), never)
		d.buys(w, confirm)
		return w.between(time.Hour, day)
	case !w.now.Before(o.ConfirmBy):
		return tickEvery
	}
	roll := w.rng.Uint32N(1000)
	switch {
	case d.calm():
	case roll < 40:
		return d.modify(w, o)
	case roll < 60:
		w.all(w.one(d.seller.Actor, d.buyer), d.do(order.Cancel{}))
		return time.Minute
	case roll < 80 && d.pending == 0: // he pays before he has confirmed
		d.wire(w, o, o.Terms.Initial.MinorUnits(), o.Buyer.Name, w.between(time.Hour, 2*day))
		return 3 * day
	case roll < 110: // he does not answer
		return w.until(o.ConfirmBy.Add(day))
	case roll < 115:
		return o.ConfirmBy.Sub(w.now)
	case roll < 120:
		return o.ConfirmBy.Add(-1).Sub(w.now)
	case roll < 135:
		w.inTwoTabs(d.buyer, d.do(confirm))
		return w.between(time.Hour, day)
	}
	d.buys(w, confirm)
	return w.between(time.Hour, 3*day)
}

// modify changes the terms before money counts; a buyer who confirms what he saw before is told
// so.
func (d *deal) modify(w *world, o *order.Order) time.Duration {
	d.total += w.rng.Int64N(500_00) - 100_00
	d.initial = min(d.initial, d.total)
	to := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
	to.Terms.Total, to.Terms.Initial = w.usd(d.total), w.usd(d.initial)
	if !w.ask(d.seller.Actor, d.do(order.Modify{To: to}), may) {
		d.total, d.initial = o.Terms.Total.MinorUnits(), o.Terms.Initial.MinorUnits()
		return w.between(time.Hour, day)
	}
	w.ask(d.buyer, d.do(order.Confirm{Terms: o.Revision}), never)
	return w.between(time.Hour, 2*day)
}

// one draws one of two.
func (w *world) one(a, b trade.Actor) trade.Actor {
	if w.odds(500) {
		return a
	}
	return b
}
