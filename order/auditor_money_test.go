package order_test

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// cash is the auditor's book of one order, in minor units.
type cash struct {
	in, applied, waiting, returned, reversed int64
	refunded, claimed, forgone               int64
	announced                                map[order.PaymentID]order.Method
	receipts                                 map[string]order.PaymentReceived
	paysBack                                 bool // the last step paid applied money back
}

func newCash() cash {
	return cash{announced: make(map[order.PaymentID]order.Method), receipts: make(map[string]order.PaymentReceived)}
}

func (c *cash) settled() int64 { return c.applied + c.forgone }

// back is what went back of the applied money.
func (c *cash) back() int64 { return c.refunded + c.claimed }

func (a *auditor) seeMoney(e order.Event) {
	m := &a.money
	switch e := e.(type) {
	case order.PaymentInitiated:
		a.want(e.Method != order.PayECheck || e.BankCountry == "US", "I9: e-Checking of a bank in %q", e.BankCountry)
		a.want(e.Method == order.PayTT || e.Method == order.PayCard || e.Method == order.PayECheck, "I9: paid by %q", e.Method)
		m.announced[e.Payment] = e.Method
	case order.PaymentFailed:
		delete(m.announced, e.Payment)
	case order.PaymentReceived:
		_, known := m.receipts[e.Reference]
		a.want(!known, "D19: reference %s came in twice", e.Reference)
		a.want(e.Method == order.PayTT || m.announced[e.Payment] == e.Method, "D18: money of no initiated payment")
		delete(m.announced, e.Payment)
		a.want(!a.ended() || e.Applied.IsZero(), "I15: money was applied after the end")
		m.receipts[e.Reference] = e
		m.in += e.Amount.MinorUnits()
		m.waiting += e.Unapplied.MinorUnits()
		a.apply(e.Applied)
	case order.UnappliedApplied:
		m.waiting -= e.Amount.MinorUnits()
		a.apply(e.Amount)
	case order.ShortfallAccepted:
		m.forgone += e.Amount.MinorUnits()
	case order.UnappliedReturned:
		m.waiting -= e.Amount.MinorUnits()
		m.returned += e.Amount.MinorUnits()
	case order.RefundMade:
		m.refunded += e.Amount.MinorUnits()
		a.payBack(e.Amount)
	case order.ClaimPosted:
		a.want(!a.received, "I16: a claim after receipt")
		m.claimed += e.Amount.MinorUnits()
		a.payBack(e.Amount)
	case order.Funded:
		a.want(m.settled() >= a.terms.Initial.MinorUnits() && a.confirmed && !a.funded, "I7: funded too soon or twice")
		a.funded = true
	case order.Completed:
		a.want(m.settled() == a.terms.Total.MinorUnits() && a.received && !a.done, "I14: completed too soon or twice")
	}
	a.seeReversal(e)
}

// seeReversal follows what banks took back of card and e-Checking payments.
func (a *auditor) seeReversal(e order.Event) {
	m := &a.money
	switch e := e.(type) {
	case order.PaymentReversed:
		paid, known := m.receipts[e.Reference]
		_, twice := a.frozen.contested[e.Reference]
		a.want(known && !twice && paid.Method != order.PayTT && paid.Amount == e.Amount, "D24: %s cannot be charged back", e.Reference)
		took := e.Applied.MinorUnits() + e.Unapplied.MinorUnits()
		a.want(took == min(e.Amount.MinorUnits(), m.applied+m.waiting), "D24: of %s were taken %d", e.Amount, took)
		m.applied, m.waiting, m.reversed = m.applied-e.Applied.MinorUnits(), m.waiting-e.Unapplied.MinorUnits(), m.reversed+took
	case order.ChargebackResolved:
		back := e.Applied.MinorUnits() + e.Unapplied.MinorUnits()
		a.want(e.Won || back == 0, "D24: a lost chargeback brought %d back", back)
		m.applied, m.waiting, m.reversed = m.applied+e.Applied.MinorUnits(), m.waiting+e.Unapplied.MinorUnits(), m.reversed-back
	}
}

func (a *auditor) apply(m trade.Money) {
	a.want(m.IsZero() || a.confirmed && !a.ended(), "I7: money applied outside its phases")
	a.money.applied += m.MinorUnits()
}

// payBack is what must hold when applied money went back.
func (a *auditor) payBack(m trade.Money) {
	a.want(m.IsPositive() && a.money.back() <= a.money.applied, "I14: paid %d of %d back", a.money.back(), a.money.applied)
	a.money.paysBack = true
}

func (a *auditor) balanceMoney() {
	m := &a.money
	a.want(m.in == m.applied+m.waiting+m.returned+m.reversed, "I14: received %d, accounted for %+v", m.in, *m)
	a.want(min(m.applied, m.waiting, m.returned, m.reversed, m.refunded, m.claimed, m.forgone) >= 0, "I14: a negative amount in %+v", *m)
	a.want(m.settled() <= a.terms.Total.MinorUnits(), "I14: more than the total is settled")
	a.want(!m.paysBack || a.closed == (m.back() == m.applied), "D30: paid back %d of %d, closed %v", m.back(), m.applied, a.closed)
	m.paysBack = false
}

func (a *auditor) compareMoney(o *order.Order) {
	m, l := &a.money, o.Ledger
	got := [...]int64{
		l.Received.MinorUnits(), l.Applied.MinorUnits(), l.Unapplied.MinorUnits(), l.Returned.MinorUnits(), l.Reversed.MinorUnits(),
		l.Refunded.MinorUnits(), l.Claimed.MinorUnits(), l.Shortfall.MinorUnits(),
	}
	want := [...]int64{m.in, m.applied, m.waiting, m.returned, m.reversed, m.refunded, m.claimed, m.forgone}
	a.want(got == want, "I28: the ledger has %v, want %v", got, want)
	a.want(!l.Review.IsNegative() && l.Review.AtMost(l.Unapplied), "D19: under review is %s of %s", l.Review, l.Unapplied)
	a.want(o.Left().MinorUnits() == max(0, m.applied-m.back()), "I28: left are %s", o.Left())
	q := &a.quota
	a.want((o.Hold.Status == order.HoldOpen) == (q.open > 0) && (o.Hold.Status == order.HoldIsPosted) == (q.posted > 0), "I28: the hold is %v", o.Hold.Status)
	a.want(o.Hold.Status != order.HoldOpen || o.Hold.Amount.MinorUnits() == q.open, "I28: the hold is of %s", o.Hold.Amount)
	if !a.ended() {
		a.want(o.PaidAt.IsZero() == (!a.confirmed || m.settled() != a.terms.Total.MinorUnits()), "I28: paid at %s with %d settled", o.PaidAt, m.settled())
		a.want(o.FundedAt.IsZero() == (!a.funded || m.settled() < a.terms.Initial.MinorUnits()), "I28: funded at %s with %d settled", o.FundedAt, m.settled())
	}
}

// pledge is the auditor's book of what the order held of the line, in minor units.
type pledge struct {
	held, raised, lowered, freed, posted, open int64
}

func (a *auditor) seeQuota(e order.Event) {
	q := &a.quota
	switch e := e.(type) {
	case order.HoldPlaced:
		a.want(a.coverage != order.CoverageNone, "I3: a hold without coverage")
		a.want(q.open == 0, "I5: a second hold")
		a.want(q.posted == 0, "I16: a hold after a claim")
		a.want(e.Amount.IsPositive() && e.Amount.AtMost(e.Need), "D2: held %s of %s", e.Amount, e.Need)
		q.held, q.open = q.held+e.Amount.MinorUnits(), e.Amount.MinorUnits()
	case order.HoldAdjusted:
		a.want(e.From.MinorUnits() == q.open && q.open > 0 && e.To.IsPositive() && e.To != e.From, "I5: %d adjusted from %s to %s", q.open, e.From, e.To)
		by := e.To.MinorUnits() - q.open
		q.raised, q.lowered, q.open = q.raised+max(0, by), q.lowered+max(0, -by), e.To.MinorUnits()
	case order.HoldReleased:
		a.want(q.open > 0 && e.Amount.MinorUnits() == q.open, "I5: a hold is resolved twice, or in part")
		q.freed, q.open = q.freed+e.Amount.MinorUnits(), 0
	case order.ClaimPosted:
		a.want(a.coverage != order.CoverageNone && q.posted == 0, "I16: a claim without coverage, or a second one")
		a.want(e.Amount.MinorUnits()+e.Released.MinorUnits() == q.open, "I5: of %d were claimed %s and freed %s", q.open, e.Amount, e.Released)
		q.freed, q.posted, q.open = q.freed+e.Released.MinorUnits(), q.posted+e.Amount.MinorUnits(), 0
	}
}

func (a *auditor) balanceQuota() {
	q := &a.quota
	open := a.submitted && q.posted == 0 && !a.closed
	if a.policy.HoldAt == order.HoldAtConfirm {
		open = open && a.confirmed
	}
	switch a.coverage {
	case order.CoveragePreShipment:
		open = open && !a.shipped
	case order.CoveragePostDelivery:
		open = open && !a.received
	default:
		open = false
	}
	a.want((q.open > 0) == open, "I4: a hold is open: %v, want %v", q.open > 0, open)
	a.want(q.held+q.raised-q.lowered == q.freed+q.posted+q.open, "I5: %+v", *q)
	need := a.terms.Initial
	if a.coverage == order.CoveragePostDelivery {
		need = a.terms.Total
	}
	a.want(q.open <= need.MinorUnits(), "D2: %d are held, %s are needed", q.open, need)
}
