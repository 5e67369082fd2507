package order_test

import (
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// goesOn are the commands that are answered while a dispute or a chargeback is open; everything
// else waits.
var goesOn = map[string]bool{
	"record-payment": true, "fail-payment": true, "charge-back": true, "resolve-chargeback": true, "record-release": true,
	"refund": true, "return-unapplied": true,
	"open-dispute": true, "withdraw": true, "escalate": true, "propose-settlement": true, "accept-settlement": true, "arbitrate": true,
}

// afterEnd are the facts that an ended order takes.
var afterEnd = map[order.Kind]bool{
	order.KindPaymentReceived: true, order.KindPaymentFailed: true, order.KindUnappliedReturned: true,
	order.KindPaymentReversed: true, order.KindChargebackResolved: true,
	order.KindReviewed: true, order.KindReviewEdited: true, order.KindReviewReplied: true,
}

// consent is what the auditor knows of changes.
type consent struct {
	number uint32
	open   bool
	terms  order.Terms
	cover  order.Coverage
}

func (a *auditor) seeChange(s step, e order.Event) {
	c := &a.change
	switch e := e.(type) {
	case order.TermsModified:
		a.want(s.by.Role == trade.Seller && a.money.applied == 0 && !a.funded, "D25: modified with money, or by another")
		a.want(e.Terms.Total.Currency() == a.terms.Total.Currency(), "D25: the currency changed")
		a.terms, a.coverage, a.confirmed, c.open = e.Terms, e.Coverage, false, false
	case order.ChangeProposed:
		a.want(s.by.Role == trade.Seller && !c.open && !a.shipped, "D25: proposed twice, or by another")
		*c = consent{number: e.Proposal, open: true, terms: e.Terms, cover: e.Coverage}
	case order.ChangeAccepted:
		a.want(s.by.Role == trade.Buyer && s.by.Account == a.buyerAccount && c.open && e.Proposal == c.number, "D25: accepted by another, or another proposal")
		a.want(e.Terms.Total == c.terms.Total && e.Terms.Initial == c.terms.Initial && e.Coverage == c.cover, "D25: accepted other terms")
		a.want(e.Terms.Total.MinorUnits() >= a.money.settled(), "D25: the total fell below what is settled")
		paid := a.money.settled() == a.terms.Total.MinorUnits()
		a.want(!paid || e.Terms.Total == a.terms.Total && e.Coverage == a.coverage, "D25: total or coverage changed after full payment")
		a.terms, a.coverage, c.open = e.Terms, e.Coverage, false
	case order.ChangeRejected:
		a.want(s.by.Role == trade.Buyer && c.open && e.Proposal == c.number, "D25: rejected by another, or another proposal")
		c.open = false
	}
}

// quarrel is what the auditor knows of disputes and chargebacks.
type quarrel struct {
	stage                    order.DisputeStage
	disputes, offer          uint32
	by                       trade.Role // whose offer stands
	amount                   int64
	escalateFrom, escalateBy time.Time
	contested                map[string]bool // the payments charged back: whether the contest is open
	since                    time.Time       // when the first of what is open was opened
}

// stands reports whether the order stands still.
func (a *auditor) stands() bool {
	for _, open := range a.frozen.contested {
		if open {
			return true
		}
	}
	return a.frozen.stage != order.StageNone
}

func (a *auditor) seeQuarrel(s step, e order.Event) {
	f := &a.frozen
	before := a.stands()
	switch e := e.(type) {
	case order.DisputeOpened:
		a.want(f.stage == order.StageNone && s.by.Role == trade.Buyer && a.money.applied > 0 && !a.received, "D29: a dispute opened in vain")
		a.want(!a.shipped || before || s.at.Before(a.receiptBy), "D13: opened after the deadline of receipt")
		f.stage, f.disputes, f.amount = order.StageNegotiating, f.disputes+1, 0
		f.escalateFrom, f.escalateBy = e.EscalateFrom, e.EscalateBy
	case order.DisputeWithdrawn:
		a.want(f.stage != order.StageNone && s.by.Role == trade.Buyer, "D29: withdrawn by another, or nothing")
		f.stage = order.StageNone
		a.thaws(s, e.ReceiptDeadline)
	case order.DisputeEscalated:
		from := f.escalateFrom
		if e.By == trade.System {
			from = f.escalateBy
		}
		a.want(f.stage == order.StageNegotiating && s.by.Role == e.By && !s.at.Before(from), "D29: escalated too soon, or twice")
		f.stage = order.StageEscalated
	case order.SettlementProposed:
		a.want(f.stage != order.StageNone && e.By == s.by.Role && e.Proposal == f.offer+1, "D29: an offer %d after %d", e.Proposal, f.offer)
		f.offer, f.by, f.amount = e.Proposal, e.By, e.Refund.MinorUnits()
	case order.SettlementAccepted:
		a.want(f.stage != order.StageNone && e.Proposal == f.offer && f.amount > 0 && s.by.Role != f.by, "D29: accepted one's own offer, or none")
		f.stage = order.StageNone
		a.thaws(s, e.ReceiptDeadline)
	case order.Arbitrated:
		a.want(f.stage == order.StageEscalated && s.by.Role == trade.Platform, "D29: a ruling by another, or too soon")
		f.stage = order.StageNone
		a.thaws(s, e.ReceiptDeadline)
	case order.PaymentReversed:
		f.contested[e.Reference] = true
	case order.ChargebackResolved:
		a.want(f.contested[e.Reference], "D24: resolved what is not contested")
		f.contested[e.Reference] = false
		a.thaws(s, e.ReceiptDeadline)
	}
	if !before && a.stands() {
		f.since = s.at
	}
}

// thaws is what the end of a dispute or a chargeback does to the clock of receipt: what was left
// of the time when the first was opened goes on when the last has ended.
func (a *auditor) thaws(s step, deadline time.Time) {
	if a.stands() || !a.shipped || a.received || a.ended() {
		a.want(deadline.IsZero(), "D13: a deadline %s where no clock runs", deadline)
		return
	}
	a.receiptBy = s.at.Add(a.receiptBy.Sub(a.frozen.since))
	a.want(deadline.Equal(a.receiptBy), "I12: the deadline is %s, want %s", deadline, a.receiptBy)
}

func (a *auditor) compareQuarrel(o *order.Order) {
	a.want(o.Frozen() == a.stands() && o.FrozenAt.IsZero() == !a.stands(), "I28: frozen %v since %s", o.Frozen(), o.FrozenAt)
	a.want(o.Dispute.Stage == a.frozen.stage && o.Dispute.Number == a.frozen.disputes, "I28: the dispute is %+v", o.Dispute)
	a.want(o.Shipment.ReceiptDeadline.Equal(a.receiptBy), "I12: receipt is due %s, want %s", o.Shipment.ReceiptDeadline, a.receiptBy)
	open := 0
	for _, contested := range a.frozen.contested {
		if contested {
			open++
		}
	}
	a.want(o.OpenChargebacks == open, "I28: %d chargebacks, want %d", o.OpenChargebacks, open)
}
