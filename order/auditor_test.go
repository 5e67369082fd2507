package order_test

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// auditor recounts an order from its events alone, in its own words, and knows what must be
// true of every history that was accepted.
type auditor struct {
	policy *order.Policy

	buyerEmail                              trade.Email
	buyerAccount                            trade.Account
	terms                                   order.Terms
	coverage                                order.Coverage
	transport                               order.Transport
	draftedAt, shippedAt, receiptBy         time.Time
	drafted, submitted, confirmed           bool
	funded, shipped, received, done, closed bool
	reviews, edits, replies                 int
	reviewedAt, completedAt                 time.Time
	extended                                map[trade.Role]bool
	links                                   map[order.EntrustmentID]time.Time

	money  cash
	quota  pledge
	change consent
	frozen quarrel
	fault  error
}

// audit returns what is wrong with an order's history, or with the state that was folded from
// it, or nil.
func audit(steps []step, o *order.Order, policy *order.Policy) error {
	a := auditor{
		policy: policy, links: make(map[order.EntrustmentID]time.Time), extended: make(map[trade.Role]bool),
		money: newCash(), frozen: quarrel{contested: make(map[string]bool)},
	}
	for _, s := range steps {
		a.want(!a.stands() || goesOn[s.ask.Name()], "D29: %s while a dispute or chargeback is open", s.ask.Name())
		for _, e := range s.events {
			a.want(!a.ended() || afterEnd[e.Kind()], "I15: %s after the end", e.Kind())
			a.see(s, e)
		}
		a.balance()
	}
	a.compare(o)
	return a.fault
}

// want notes the first promise that does not hold.
func (a *auditor) want(ok bool, format string, args ...any) {
	if !ok && a.fault == nil {
		a.fault = fmt.Errorf(format, args...)
	}
}

func (a *auditor) see(s step, e order.Event) {
	switch e := e.(type) {
	case order.Drafted:
		a.want(!a.drafted && s.by.Account == e.Seller, "I13: drafted twice, or by another")
		a.drafted, a.draftedAt = true, e.DraftedAt
	case order.BuyerEntered:
		a.want(!a.submitted, "I13: the buyer changed after submission")
		a.buyerEmail, a.buyerAccount = e.Email, ""
	case order.BuyerMatched:
		a.buyerAccount = e.Account
	case order.TermsSet:
		a.want(!a.submitted, "I13: the terms changed after submission")
		a.terms = e.Terms
	case order.CoverageChosen:
		a.coverage = e.Coverage
	case order.TransportSet:
		a.transport = e.Mode
	case order.Submitted:
		a.want(!a.submitted && e.Account != "", "I6: submitted twice, or without an account")
		a.submitted = true
	case order.Confirmed:
		a.want(a.submitted && !a.confirmed, "I7: confirmed twice or before submission")
		byBuyer := a.buyerAccount == "" && s.by.Email.Same(a.buyerEmail) || s.by.Account == a.buyerAccount
		a.want(byBuyer && s.by.Account == e.Account && s.by.Role == trade.Buyer, "I8: confirmed by another than the buyer")
		a.confirmed, a.buyerAccount = true, e.Account
	case order.EntrustmentLinked:
		_, twice := a.links[e.Entrustment]
		a.want(!twice, "I11: linked twice")
		a.links[e.Entrustment] = e.ReleasedAt
	case order.EntrustmentReleased:
		_, linked := a.links[e.Entrustment]
		a.want(linked, "I11: released and not linked")
		a.links[e.Entrustment] = e.ReleasedAt
	case order.EntrustmentUnlinked:
		delete(a.links, e.Entrustment)
	case order.Closed:
		a.want(e.Reason == order.ClosedRefunded || a.money.applied == 0, "D27: closed with money")
		a.want(e.Reason != order.ClosedRefunded || a.money.back() == a.money.applied, "D30: closed with money left")
		a.closed = true
		a.frozen.stage = order.StageNone
		a.change.open = false
	default:
		a.seeMoney(e)
		a.seeQuota(e)
		a.seeGoods(s, e)
		a.seeReview(s, e)
		a.seeChange(s, e)
		a.seeQuarrel(s, e)
	}
}

func (a *auditor) seeGoods(s step, e order.Event) {
	switch e := e.(type) {
	case order.Shipped:
		a.want(a.funded && !a.shipped && a.money.settled() >= a.terms.Initial.MinorUnits(), "I7: shipped twice or before the money")
		a.want(len(a.links) > 0, "I10: shipped without an entrustment")
		for id, released := range a.links {
			a.want(!released.IsZero() && !released.Before(a.draftedAt), "I10: shipped with %s released %s", id, released)
			a.want(!e.ShippedAt.Before(released), "D9: shipped before %s was released", id)
		}
		a.shipped, a.shippedAt, a.receiptBy, a.change.open = true, e.ShippedAt, e.ReceiptDeadline, false
	case order.ReceiptExtended:
		a.want(!a.extended[e.By] && s.by.Role == e.By && s.at.Before(a.receiptBy), "D12: extended twice or too late")
		a.want(e.ReceiptDeadline.Equal(a.receiptBy.Add(a.policy.ReceiptExtension)), "D12: extended to %s", e.ReceiptDeadline)
		a.extended[e.By], a.receiptBy = true, e.ReceiptDeadline
	case order.ReceiptConfirmed:
		a.want(a.shipped && !a.received, "I7: received twice or before shipment")
		if e.By == trade.System {
			n := time.Duration(a.policy.ReceiptDays[a.transport]) * day
			a.want(s.by.Role == trade.System && !s.at.Before(a.shippedAt.Add(n)) && !s.at.Before(a.receiptBy), "I12: automatic receipt too soon")
		} else {
			a.want(s.by.Role == trade.Buyer && s.by.Account == a.buyerAccount, "I8: receipt by another than the buyer")
		}
		a.received = true
	case order.Completed:
		a.done, a.completedAt = true, s.at
	}
}

func (a *auditor) seeReview(s step, e order.Event) {
	switch e.(type) {
	case order.Reviewed:
		a.reviews++
		a.want(a.received && a.reviews == 1, "I7: reviewed twice or before receipt")
		a.want(!a.done || !s.at.After(a.completedAt.Add(a.policy.ReviewWithin)), "D31: reviewed too late")
		a.reviewedAt = s.at
	case order.ReviewEdited:
		a.edits++
		a.want(a.reviews == 1 && a.edits == 1 && !s.at.After(a.reviewedAt.Add(a.policy.ReviewWithin)), "D31: edited twice or too late")
		a.reviewedAt = s.at
	case order.ReviewReplied:
		a.replies++
		a.want(a.reviews == 1 && a.replies == 1 && !s.at.After(a.reviewedAt.Add(a.policy.ReviewWithin)), "D31: replied twice or too late")
	}
}

func (a *auditor) ended() bool { return a.closed || a.done }

// balance is what holds between two commands.
func (a *auditor) balance() {
	a.balanceMoney()
	a.balanceQuota()
	a.want(!a.closed || a.shipped || len(a.links) == 0, "D40: closed and still linked")
}

// compare holds the folded state to the recount.
func (a *auditor) compare(o *order.Order) {
	a.compareMoney(o)
	a.compareQuarrel(o)
	a.want(o.Terms.Total == a.terms.Total && o.Terms.Initial == a.terms.Initial && o.Coverage == a.coverage, "I28: the terms are %+v", o.Terms)
	a.want(o.Proposal.Open == a.change.open && o.Proposal.Number == a.change.number, "I28: the proposal is %+v", o.Proposal)
	a.want(o.DraftedAt.Equal(a.draftedAt) && o.Buyer.Email == a.buyerEmail, "I13: drafted or buyer changed")
	a.want(len(o.Links) == len(a.links), "I28: %d links, want %d", len(o.Links), len(a.links))
	for _, link := range o.Links {
		a.want(a.links[link.ID].Equal(link.ReleasedAt), "I28: link %s was released %s", link.ID, link.ReleasedAt)
	}
	a.want((o.Account != "") == a.submitted, "I6: account %q", o.Account)
	a.want(o.Phase == a.phase(), "the phase is %s, want %s", o.Phase, a.phase())
}

// phase tells the phase from what has happened.
func (a *auditor) phase() order.Phase {
	for _, p := range []struct {
		reached bool
		phase   order.Phase
	}{
		{a.closed, order.PhaseClosed}, {a.done, order.PhaseCompleted}, {a.received, order.PhaseReceived},
		{a.shipped, order.PhaseShipped}, {a.funded, order.PhaseReadyToShip}, {a.confirmed, order.PhaseConfirmed},
		{a.submitted, order.PhaseSubmitted}, {a.drafted, order.PhaseDraft},
	} {
		if p.reached {
			return p.phase
		}
	}
	return order.PhaseNone
}
