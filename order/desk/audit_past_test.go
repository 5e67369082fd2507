package desk_test

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// histories walks the facts of each order and checks what they say one after the other: I7, I8,
// I12, I14, I15, I16, that nothing moves a frozen order (D29), and that nobody is bound to what
// he did not name (A18, D25). The sums are kept without the order's own fold and end where it
// does.
func (b *books) histories() error {
	for id, facts := range b.facts {
		o := b.orders[id]
		p := past{transport: o.Transport}
		for i, r := range facts {
			if fault := p.frozenBy(r.Event); fault != "" {
				return fmt.Errorf("order %s, fact %d: %s", id, i+1, fault)
			}
			if fault := p.ended(r.Event); fault != "" {
				return fmt.Errorf("order %s, fact %d: %s", id, i+1, fault)
			}
			for _, fault := range []string{p.terms(r.Event), p.money(r.Event), p.quota(r.Event), p.goods(r), p.trouble(r)} {
				if fault != "" {
					return fmt.Errorf("order %s, fact %d, %s: %s", id, i+1, r.Event.Kind(), fault)
				}
			}
			if sum := p.applied + p.unapplied + p.returned + p.reversed; sum != p.received || min(p.applied, p.unapplied, p.returned, p.reversed, p.shortfall) < 0 ||
				p.total != 0 && p.applied+p.shortfall > p.total {
				return fmt.Errorf("I14: order %s, fact %d, %s: %+v", id, i+1, r.Event.Kind(), p)
			}
		}
		if l := o.Ledger; p.received != l.Received.MinorUnits() || p.applied != l.Applied.MinorUnits() || p.unapplied != l.Unapplied.MinorUnits() ||
			p.returned != l.Returned.MinorUnits() || p.reversed != l.Reversed.MinorUnits() || p.shortfall != l.Shortfall.MinorUnits() ||
			p.refunded != l.Refunded.MinorUnits() || p.claimed != l.Claimed.MinorUnits() {
			return fmt.Errorf("I14: order %s: the facts say %+v, the ledger %+v", id, p, l)
		}
	}
	return nil
}

// past is what the facts of one order add up to, in minor units.
type past struct {
	received, applied, unapplied, returned, reversed, shortfall, refunded, claimed int64
	total, initial, hold                                                           int64

	revision  order.Revision
	coverage  order.Coverage
	transport order.Transport
	proposed  order.ChangeProposed
	offered   order.SettlementProposed

	submitted, confirmed, shipped, taken, claims, completed, closed bool
	disputed                                                        bool
	contested                                                       int // how many payments
	frozenAt, deadline                                              time.Time
}

// frozenBy says what is wrong with a fact about an order that stands still.
func (p *past) frozenBy(e order.Event) string {
	if !p.disputed && p.contested == 0 {
		return ""
	}
	switch e := e.(type) {
	case order.Confirmed, order.Shipped, order.ReceiptConfirmed, order.ReceiptExtended, order.TermsModified,
		order.ChangeProposed, order.ChangeAccepted, order.ChangeRejected, order.EntrustmentLinked,
		order.ShortfallAccepted, order.UnappliedApplied, order.PaymentInitiated, order.Reviewed, order.ReviewEdited, order.ReviewReplied:
		return fmt.Sprintf("D29: %s while it is frozen", e.Kind())
	case order.EntrustmentUnlinked:
		if e.Cause != order.UnlinkClosed {
			return "D29: unlinked while it is frozen"
		}
	case order.Closed:
		if e.Reason != order.ClosedRefunded {
			return fmt.Sprintf("D29: %s while it is frozen", e.Reason)
		}
	}
	return ""
}

// ended says what is wrong with a fact about an order that has ended (I15).
func (p *past) ended(e order.Event) string {
	if !p.completed && !p.closed {
		return ""
	}
	switch e.(type) {
	case order.PaymentReceived, order.PaymentFailed, order.UnappliedReturned, order.PaymentReversed, order.ChargebackResolved:
		return ""
	case order.Reviewed, order.ReviewEdited, order.ReviewReplied:
		if p.completed {
			return ""
		}
	}
	return fmt.Sprintf("I15: %s after the end", e.Kind())
}

// terms follows what the two sides agreed on.
func (p *past) terms(e order.Event) string {
	set := func(t order.Terms, r order.Revision) {
		p.total, p.initial, p.revision = t.Total.MinorUnits(), t.Initial.MinorUnits(), r
	}
	switch e := e.(type) {
	case order.TermsSet:
		set(e.Terms, e.Revision)
	case order.CoverageChosen:
		p.coverage, p.revision = e.Coverage, e.Revision
	case order.Submitted:
		p.submitted = true
	case order.Confirmed:
		if !p.submitted || p.confirmed || e.Terms != p.revision {
			return fmt.Sprintf("A18: confirmed revision %d of %d", e.Terms, p.revision)
		}
		p.confirmed = true
	case order.TermsModified:
		if p.applied != 0 || e.Revision != p.revision+1 {
			return fmt.Sprintf("D25: revision %d after %d with %d applied", e.Revision, p.revision, p.applied)
		}
		p.confirmed, p.coverage = false, e.Coverage
		set(e.Terms, e.Revision)
	case order.ChangeProposed:
		p.proposed = e
	case order.ChangeAccepted:
		if e.Proposal != p.proposed.Proposal || e.Terms.Total != p.proposed.Terms.Total || e.Coverage != p.proposed.Coverage || e.Revision != p.revision+1 {
			return fmt.Sprintf("D25: accepted %+v, proposed %+v", e, p.proposed)
		}
		p.coverage = e.Coverage
		set(e.Terms, e.Revision)
	}
	return ""
}

// money follows the amounts.
func (p *past) money(e order.Event) string {
	applied := p.applied
	switch e := e.(type) {
	case order.PaymentReceived:
		p.received += e.Amount.MinorUnits()
		p.applied += e.Applied.MinorUnits()
		p.unapplied += e.Unapplied.MinorUnits()
	case order.UnappliedApplied:
		p.applied += e.Amount.MinorUnits()
		p.unapplied -= e.Amount.MinorUnits()
	case order.UnappliedReturned:
		p.returned += e.Amount.MinorUnits()
		p.unapplied -= e.Amount.MinorUnits()
	case order.ShortfallAccepted:
		p.shortfall += e.Amount.MinorUnits()
	case order.PaymentReversed:
		p.applied -= e.Applied.MinorUnits()
		p.unapplied -= e.Unapplied.MinorUnits()
		p.reversed += e.Applied.MinorUnits() + e.Unapplied.MinorUnits()
		return ""
	case order.ChargebackResolved:
		p.applied += e.Applied.MinorUnits()
		p.unapplied += e.Unapplied.MinorUnits()
		p.reversed -= e.Applied.MinorUnits() + e.Unapplied.MinorUnits()
		return ""
	case order.RefundMade:
		p.refunded += e.Amount.MinorUnits()
		if p.refunded+p.claimed > p.applied || e.Cause == order.RefundSettled && e.Amount != p.offered.Refund {
			return fmt.Sprintf("I14: refunded %s of %+v", e.Amount, p)
		}
	case order.Funded, order.Completed:
		_, all := e.(order.Completed)
		if settled := p.applied + p.shortfall; settled < p.initial || all && settled != p.total {
			return fmt.Sprintf("I7: %d are settled of %d and %d", settled, p.initial, p.total)
		}
	}
	if p.applied != applied && (!p.confirmed || p.completed || p.closed) {
		return "I7: money is applied to an order that does not collect"
	}
	return ""
}

// quota follows the hold and checks I16.
func (p *past) quota(e order.Event) string {
	switch e := e.(type) {
	case order.HoldPlaced:
		p.hold = e.Amount.MinorUnits()
	case order.HoldAdjusted:
		p.hold = e.To.MinorUnits()
	case order.HoldReleased:
		p.hold = 0
	case order.ClaimPosted:
		amount := e.Amount.MinorUnits()
		if amount <= 0 || amount > p.hold || amount > p.applied-p.refunded-p.claimed || amount+e.Released.MinorUnits() != p.hold ||
			p.taken || p.claims || p.coverage == order.CoverageNone {
			return fmt.Sprintf("I16: claimed %s, released %s of %+v", e.Amount, e.Released, p)
		}
		p.claimed, p.hold, p.claims = p.claimed+amount, 0, true
	}
	return ""
}

// goods follows shipment and receipt and checks I8 and I12.
func (p *past) goods(r order.Recorded) string {
	switch e := r.Event.(type) {
	case order.Shipped:
		days := order.DefaultPolicy().ReceiptDays[p.transport]
		if p.applied+p.shortfall < p.initial || p.shipped {
			return fmt.Sprintf("I7: shipped with %+v", p)
		}
		p.shipped, p.deadline = true, e.ShippedAt.Add(time.Duration(days)*day)
	case order.ReceiptExtended:
		p.deadline = p.deadline.Add(15 * day)
	case order.ReceiptConfirmed:
		if !p.shipped || p.taken || e.By == trade.System && r.At.Before(p.deadline) {
			return fmt.Sprintf("I12: received by the %s, the deadline is %s", e.By, p.deadline)
		}
		p.taken = true
	case order.Completed:
		p.completed = true
	case order.Closed:
		p.closed, p.disputed = true, false
	}
	return ""
}

// trouble follows what freezes the order. As long as it is frozen the clock of receipt stands.
func (p *past) trouble(r order.Recorded) string {
	before := p.disputed || p.contested > 0
	switch e := r.Event.(type) {
	case order.DisputeOpened:
		if p.disputed || p.taken || p.applied == 0 {
			return fmt.Sprintf("D29: opened on %+v", p)
		}
		p.disputed, p.offered = true, order.SettlementProposed{Proposal: p.offered.Proposal}
	case order.SettlementProposed:
		p.offered = e
	case order.SettlementAccepted:
		if e.Proposal != p.offered.Proposal || p.offered.By == 0 {
			return fmt.Sprintf("D29: settled by %+v, offered was %+v", e, p.offered)
		}
		p.disputed = false
	case order.DisputeWithdrawn, order.Arbitrated:
		p.disputed = false
	case order.PaymentReversed:
		p.contested++
	case order.ChargebackResolved:
		p.contested--
	}
	switch after := p.disputed || p.contested > 0; {
	case !before && after:
		p.frozenAt = r.At
	case before && !after && p.shipped:
		p.deadline = p.deadline.Add(r.At.Sub(p.frozenAt))
	}
	return ""
}
