package audit

import "time"

// shipBy is the agreed time of shipment (D17): the end of a date, or days after a payment.
type shipBy struct {
	end     instant
	days    int64
	balance bool // the days count from the balance, not from the initial payment
}

// offer is the terms that an event sets or proposes.
type offer struct {
	currency       currency
	total, initial amount
	shipBy         shipBy
}

func (o *orderBook) take(t offer) {
	o.currency, o.total, o.initial, o.shipBy = t.currency, t.total, t.initial, t.shipBy
}

// terms reads the terms of the fact and checks that they can stand (A12).
func (a *Auditor) terms() offer {
	var t offer
	if !a.nested("terms") {
		a.failf("A12", "no terms")
		return t
	}
	a.turn()
	defer a.turn()
	t.total, t.currency = a.anyMoney("total")
	t.initial = a.money("initial", t.currency)
	if t.total <= 0 || t.initial <= 0 || t.initial > t.total {
		a.failf("A12", "an initial payment of %d of %d", t.initial, t.total)
	}
	a.checkItems(t.total, t.currency)
	t.shipBy = a.shipBy()
	return t
}

// checkItems checks that the items add up to the total, if there are any.
func (a *Auditor) checkItems(total amount, c currency) {
	raw := a.fact.raw("items")
	if raw == nil {
		return
	}
	sum, outer := amount(0), a.fact
	err := items(raw, func(value []byte) {
		if a.fact, _ = parse(value, nil); a.fault == nil {
			sum = a.plus(sum, a.money("amount", c))
		}
	})
	a.fact = outer
	if err != nil || sum != total {
		a.failf("A12", "the items add up to %d, the total is %d: %v", sum, total, err)
	}
}

func (a *Auditor) shipBy() shipBy {
	raw := a.fact.raw("ship_by")
	if raw == nil {
		return shipBy{}
	}
	outer := a.fact
	defer func() { a.fact = outer }()
	var err error
	if a.fact, err = parse(raw, nil); err != nil {
		a.failf("I28", "ship_by: %v", err)
		return shipBy{}
	}
	if date := a.text("date"); date != nil {
		t, err := time.Parse(time.DateOnly, string(date))
		if err != nil {
			a.failf("I28", "ship_by: %v", err)
		}
		// The end of the day in China, which is eight hours ahead.
		return shipBy{end: instant(t.UnixNano()) + day - day/3}
	}
	return shipBy{days: a.number("days"), balance: string(a.text("after")) == "balance"}
}

// agreed returns until when the order is to ship, or 0 if nothing tells. It moves on by the time for
// which the order was frozen or unfunded, which the first edition did not know.
func (o *orderBook) agreed(at instant, moves bool) instant {
	from, stood := o.fundedAt, o.stood(at)-o.stoodToFunded
	if o.shipBy.balance {
		from, stood = o.paidAt, o.stood(at)-o.stoodToPaid
	}
	agreed := from + instant(o.shipBy.days)*day
	switch {
	case o.shipBy.end != 0:
		agreed, stood = o.shipBy.end, o.stood(at)
	case o.shipBy.days == 0 || from == 0:
		return 0
	}
	if moves {
		agreed += stood
	}
	return agreed
}

func (a *Auditor) termsSet(o *orderBook) {
	o.take(a.terms())
	a.revise(o)
}

func (a *Auditor) termsModified(o *orderBook) {
	t := a.terms()
	switch {
	case o.money.applied != 0:
		a.failf("D25", "%d are applied", o.money.applied)
	case o.processing(a.at) || o.announced(a.at):
		a.failf("D27", "a payment is in process")
	case a.flag("shortfall_void") != (o.money.shortfall > 0) && (o.second || a.flag("shortfall_void")):
		a.failf("D63", "a shortfall of %d, void: %t", o.money.shortfall, a.flag("shortfall_void"))
	case t.currency != o.currency:
		a.failf("D25", "from %s to %s", o.currency, t.currency)
	}
	if a.flag("shortfall_void") {
		o.second, o.money.shortfall, o.money.yielding = true, 0, 0
	}
	o.take(t)
	a.cover(o)
	a.revise(o)
	o.buyerName = a.keep(a.text("buyer_name"))
	o.confirmBy, o.payBy, o.proposal.open = a.when("confirm_by"), 0, false
	if o.confirmBy != a.at+instant(a.policy.ConfirmWithin) {
		a.failf("D28", "to be confirmed until %s", o.confirmBy)
	}
}

// proposal is a change that the buyer is asked to consent to.
type proposal struct {
	number   int64
	open     bool
	terms    offer
	coverage string
}

func (a *Auditor) changeProposed(o *orderBook) {
	p := proposal{number: a.number("proposal"), open: true, terms: a.terms(), coverage: a.keep(a.text("coverage"))}
	switch {
	case o.proposal.open || p.number != o.proposal.number+1:
		a.failf("D25", "proposal %d after %d, open %t", p.number, o.proposal.number, o.proposal.open)
	case o.phase == orderConfirmed && o.money.applied == 0:
		a.failf("D25", "no money has come in")
	}
	a.changeable(o, p)
	o.proposal = p
}

// changeable checks that money already in allows the change (D25).
func (a *Auditor) changeable(o *orderBook, p proposal) {
	settled := o.settled()
	switch {
	case p.terms.currency != o.currency:
		a.failf("D25", "from %s to %s", o.currency, p.terms.currency)
	case p.terms.total < settled:
		a.failf("D25", "a total of %d with %d settled", p.terms.total, settled)
	case settled == o.total && (p.terms.total != o.total || p.coverage != o.coverage):
		a.failf("D25", "%d, %s after %d, %s was paid in full", p.terms.total, p.coverage, o.total, o.coverage)
	case o.phase == orderReady && p.terms.initial > settled:
		a.failf("D25", "an initial payment of %d with %d settled", p.terms.initial, settled)
	}
}

func (a *Auditor) changeAccepted(o *orderBook) {
	p := o.proposal
	if number := a.number("proposal"); !p.open || number != p.number {
		a.failf("D25", "proposal %d, of which %d is open %t", number, p.number, p.open)
	}
	if t := a.terms(); t != p.terms || string(a.text("coverage")) != p.coverage {
		a.failf("D25", "accepted %v %s, proposed %v %s", t, a.text("coverage"), p.terms, p.coverage)
	}
	a.changeable(o, p)
	o.take(p.terms)
	a.cover(o)
	a.revise(o)
	o.proposal.open = false
}

func (a *Auditor) changeRejected(o *orderBook) {
	if number := a.number("proposal"); !o.proposal.open || number != o.proposal.number {
		a.failf("D25", "proposal %d, of which %d is open %t", number, o.proposal.number, o.proposal.open)
	}
	o.proposal.open = false
}
