package audit

import "time"

// shipBy is the agreed time of shipment (D17): the end of a date, or days after a payment.
type shipBy struct {
	end     instant
	days    int64
	balance bool // the days count from the balance, not from the initial payment
}

// terms are the terms of an order that an event sets or proposes.
type terms struct {
	currency       currency
	total, initial amount
	shipBy         shipBy
}

func (o *orderBook) setTerms(t terms) {
	o.currency, o.total, o.initial, o.shipBy = t.currency, t.total, t.initial, t.shipBy
}

// readTerms reads the terms of the data and checks them (A12).
func (a *Auditor) readTerms() terms {
	var t terms
	if !a.parseNested("terms") {
		a.failf("A12", "no terms")
		return t
	}
	a.swapNested()
	defer a.swapNested()
	t.total, t.currency = a.anyMoney("total")
	t.initial = a.money("initial", t.currency)
	if t.total <= 0 || t.initial <= 0 || t.initial > t.total {
		a.failf("A12", "an initial payment of %d of %d", t.initial, t.total)
	}
	a.checkItems(t.total, t.currency)
	t.shipBy = a.readShipBy()
	return t
}

// checkItems checks that the items add up to the total, if there are any.
func (a *Auditor) checkItems(total amount, c currency) {
	if a.data.raw("items") == nil {
		return
	}
	sum := amount(0)
	a.eachObject("items", func() { sum = a.add(sum, a.money("amount", c)) })
	if sum != total {
		a.failf("A12", "the items add up to %d, the total is %d", sum, total)
	}
}

func (a *Auditor) readShipBy() shipBy {
	raw := a.data.raw("ship_by")
	if raw == nil {
		return shipBy{}
	}
	outer := a.data
	defer func() { a.data = outer }()
	var err error
	if a.data, err = parse(raw, nil); err != nil {
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

// agreedShipBy returns the agreed time of shipment, or 0 if none is agreed. With postponed it is later by
// the time for which the order was frozen or unfunded, which the first edition does not add.
func (o *orderBook) agreedShipBy(at instant, postponed bool) instant {
	from, stopped := o.fundedAt, o.stoppedFor(at)-o.stoppedToFunded
	if o.shipBy.balance {
		from, stopped = o.paidAt, o.stoppedFor(at)-o.stoppedToPaid
	}
	agreed := from + instant(o.shipBy.days)*day
	switch {
	case o.shipBy.end != 0:
		agreed, stopped = o.shipBy.end, o.stoppedFor(at)
	case o.shipBy.days == 0 || from == 0:
		return 0
	}
	if postponed {
		agreed += stopped
	}
	return agreed
}

func (a *Auditor) onTermsSet(o *orderBook) {
	o.setTerms(a.readTerms())
	a.nextRevision(o)
}

func (a *Auditor) onTermsModified(o *orderBook) {
	t := a.readTerms()
	switch {
	case o.money.applied != 0:
		a.failf("D25", "%d are applied", o.money.applied)
	case o.processing(a.at) || o.announced(a.at):
		a.failf("D27", "a payment is in process")
	case a.flag("shortfall_void") != (o.money.shortfall > 0) && (o.secondEdition || a.flag("shortfall_void")):
		a.failf("D63", "a shortfall of %d, void: %t", o.money.shortfall, a.flag("shortfall_void"))
	case t.currency != o.currency:
		a.failf("D25", "from %s to %s", o.currency, t.currency)
	}
	if a.flag("shortfall_void") {
		o.secondEdition, o.money.shortfall, o.money.yielding = true, 0, 0
	}
	o.setTerms(t)
	a.setCoverage(o)
	a.nextRevision(o)
	o.buyerName = a.intern(a.text("buyer_name"))
	o.confirmBy, o.payBy, o.proposal.open = a.time("confirm_by"), 0, false
	if o.confirmBy != a.at+instant(a.policy.ConfirmWithin) {
		a.failf("D28", "the confirmation is due at %s", o.confirmBy)
	}
}

// proposal is a change that waits for the buyer's consent.
type proposal struct {
	number   int64
	open     bool
	terms    terms
	coverage string
}

func (a *Auditor) onChangeProposed(o *orderBook) {
	p := proposal{number: a.number("proposal"), open: true, terms: a.readTerms(), coverage: a.intern(a.text("coverage"))}
	switch {
	case o.proposal.open || p.number != o.proposal.number+1:
		a.failf("D25", "proposal %d after %d, open %t", p.number, o.proposal.number, o.proposal.open)
	case o.phase == orderConfirmed && o.money.applied == 0:
		a.failf("D25", "no money is applied")
	}
	a.checkChange(o, p)
	o.proposal = p
}

// checkChange checks that the settled money allows the change (D25).
func (a *Auditor) checkChange(o *orderBook, p proposal) {
	settled := o.settled()
	switch {
	case p.terms.currency != o.currency:
		a.failf("D25", "from %s to %s", o.currency, p.terms.currency)
	case p.terms.total < settled:
		a.failf("D25", "a total of %d with %d settled", p.terms.total, settled)
	case settled == o.total && (p.terms.total != o.total || p.coverage != o.coverage):
		a.failf("D25", "changed to %d, %s after %d, %s was paid in full", p.terms.total, p.coverage, o.total, o.coverage)
	case o.phase == orderReady && p.terms.initial > settled:
		a.failf("D25", "an initial payment of %d with %d settled", p.terms.initial, settled)
	}
}

func (a *Auditor) onChangeAccepted(o *orderBook) {
	p := o.proposal
	if number := a.number("proposal"); !p.open || number != p.number {
		a.failf("D25", "proposal %d, of which %d is open %t", number, p.number, p.open)
	}
	if t := a.readTerms(); t != p.terms || string(a.text("coverage")) != p.coverage {
		a.failf("D25", "accepted %v %s, proposed %v %s", t, a.text("coverage"), p.terms, p.coverage)
	}
	a.checkChange(o, p)
	o.setTerms(p.terms)
	a.setCoverage(o)
	a.nextRevision(o)
	o.proposal.open = false
}

func (a *Auditor) onChangeRejected(o *orderBook) {
	if number := a.number("proposal"); !o.proposal.open || number != o.proposal.number {
		a.failf("D25", "proposal %d, of which %d is open %t", number, o.proposal.number, o.proposal.open)
	}
	o.proposal.open = false
}
