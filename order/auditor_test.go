package order_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
)

// auditor recounts an order from its events alone, in its own words, and knows what must be
// true of every history that was accepted.
type auditor struct {
	policy *order.Policy

	buyerEmail                              order.Email
	buyerAccount                            order.Account
	terms                                   order.Terms
	coverage                                order.Coverage
	transport                               order.Transport
	draftedAt, shippedAt, receiptBy         time.Time
	drafted, submitted, confirmed           bool
	funded, shipped, received, done, closed bool
	reviews                                 int
	in, applied, waiting, forgone           int64
	held, freed                             int64
	holds, releases                         int
	links                                   map[order.EntrustmentID]time.Time
	announced                               map[order.PaymentID]order.Method
	fault                                   error
}

// audit returns what is wrong with an order's history, or with the state that was folded from
// it, or nil.
func audit(steps []step, o *order.Order, policy *order.Policy) error {
	a := auditor{
		policy: policy, links: make(map[order.EntrustmentID]time.Time), announced: make(map[order.PaymentID]order.Method),
	}
	for _, s := range steps {
		for _, e := range s.events {
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
		a.want(byBuyer && s.by.Account == e.Account && s.by.Role == order.Buyer, "I8: confirmed by another than the buyer")
		a.confirmed, a.buyerAccount = true, e.Account
	case order.HoldPlaced:
		a.want(a.coverage != order.CoverageNone, "I3: a hold without coverage")
		a.want(a.holds == a.releases, "I5: a second hold")
		a.held, a.holds = a.held+e.Amount.MinorUnits(), a.holds+1
	case order.HoldReleased:
		a.want(a.holds == a.releases+1, "I5: a hold is resolved twice")
		a.freed, a.releases = a.freed+e.Amount.MinorUnits(), a.releases+1
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
		a.want(!a.closed && !a.done, "I15: closed after the end")
		a.want(a.applied == 0, "D27: closed with money")
		a.closed = true
	default:
		a.seeMoney(e)
		a.seeGoods(s, e)
	}
}

func (a *auditor) seeMoney(e order.Event) {
	switch e := e.(type) {
	case order.PaymentInitiated:
		a.want(e.Method != order.PayECheck || e.BankCountry == "US", "I9: e-Checking of a bank in %q", e.BankCountry)
		a.want(e.Method == order.PayTT || e.Method == order.PayCard || e.Method == order.PayECheck, "I9: paid by %q", e.Method)
		a.announced[e.Payment] = e.Method
	case order.PaymentFailed:
		delete(a.announced, e.Payment)
	case order.PaymentReceived:
		a.want(e.Method == order.PayTT || a.announced[e.Payment] == e.Method, "D18: money of no initiated payment")
		delete(a.announced, e.Payment)
		a.want(!a.ended() || e.Applied.IsZero(), "I15: money was applied after the end")
		a.in += e.Amount.MinorUnits()
		a.waiting += e.Unapplied.MinorUnits()
		a.apply(e.Applied)
	case order.UnappliedApplied:
		a.waiting -= e.Amount.MinorUnits()
		a.apply(e.Amount)
	case order.ShortfallAccepted:
		a.forgone += e.Amount.MinorUnits()
	case order.Funded:
		a.want(a.settled() >= a.terms.Initial.MinorUnits() && a.confirmed && !a.funded, "I7: funded too soon or twice")
		a.funded = true
	case order.Completed:
		a.want(a.settled() == a.terms.Total.MinorUnits() && a.received && !a.done, "I14: completed too soon or twice")
		a.done = true
	}
}

func (a *auditor) seeGoods(s step, e order.Event) {
	switch e := e.(type) {
	case order.Shipped:
		a.want(a.funded && !a.shipped && a.settled() >= a.terms.Initial.MinorUnits(), "I7: shipped twice or before the money")
		a.want(len(a.links) > 0, "I10: shipped without an entrustment")
		for id, released := range a.links {
			a.want(!released.IsZero() && !released.Before(a.draftedAt), "I10: shipped with %s released %s", id, released)
			a.want(!e.ShippedAt.Before(released), "D9: shipped before %s was released", id)
		}
		a.shipped, a.shippedAt, a.receiptBy = true, e.ShippedAt, e.ReceiptDeadline
	case order.ReceiptConfirmed:
		a.want(a.shipped && !a.received, "I7: received twice or before shipment")
		if e.By == order.System {
			n := time.Duration(a.policy.ReceiptDays[a.transport]) * day
			a.want(s.by.Role == order.System && !s.at.Before(a.shippedAt.Add(n)), "I12: automatic receipt too soon")
		} else {
			a.want(s.by.Role == order.Buyer && s.by.Account == a.buyerAccount, "I8: receipt by another than the buyer")
		}
		a.received = true
	case order.Reviewed:
		a.reviews++
		a.want(a.received && a.reviews == 1, "I7: reviewed twice or before receipt")
	}
}

func (a *auditor) apply(m order.Money) {
	a.want(m.IsZero() || a.confirmed && !a.ended(), "I7: money applied outside its phases")
	a.applied += m.MinorUnits()
}

func (a *auditor) settled() int64 { return a.applied + a.forgone }

func (a *auditor) ended() bool { return a.closed || a.done }

// balance is what holds between two commands.
func (a *auditor) balance() {
	a.want(a.in == a.applied+a.waiting, "I14: received %d, applied %d, waiting %d", a.in, a.applied, a.waiting)
	a.want(a.applied >= 0 && a.waiting >= 0 && a.forgone >= 0, "I14: a negative amount")
	a.want(a.settled() <= a.terms.Total.MinorUnits(), "I14: more than the total is settled")
	open := a.submitted
	if a.policy.HoldAt == order.HoldAtConfirm {
		open = a.confirmed
	}
	switch a.coverage {
	case order.CoveragePreShipment:
		open = open && !a.shipped && !a.closed
	case order.CoveragePostDelivery:
		open = open && !a.received && !a.closed
	default:
		open = false
	}
	a.want((a.holds > a.releases) == open, "I4: a hold is open: %v, want %v", a.holds > a.releases, open)
	a.want(open || a.held == a.freed, "I5: held %d, released %d", a.held, a.freed)
	a.want(!a.closed || len(a.links) == 0, "D40: closed and still linked")
}

// compare holds the folded state to the recount.
func (a *auditor) compare(o *order.Order) {
	l := o.Ledger
	a.want(l.Received.MinorUnits() == a.in && l.Applied.MinorUnits() == a.applied &&
		l.Unapplied.MinorUnits() == a.waiting && l.Shortfall.MinorUnits() == a.forgone, "I28: the ledger has %+v", l)
	a.want(l.Returned.IsZero() && l.Reversed.IsZero() && l.Refunded.IsZero() && l.Claimed.IsZero(), "I14: money went that cannot go")
	a.want(!l.Review.IsNegative() && l.Review.AtMost(l.Unapplied), "D19: under review is %s of %s", l.Review, l.Unapplied)
	a.want((o.Hold.Status == order.HoldOpen) == (a.holds > a.releases), "I28: the hold is %v", o.Hold.Status)
	a.want(o.Hold.Status != order.HoldOpen || o.Hold.Amount.MinorUnits() == a.held-a.freed, "I28: the hold is of %s", o.Hold.Amount)
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

// bilingual checks that a refusal speaks both languages, each of them only.
func bilingual(t reporter, no *order.Refusal) {
	t.Helper()
	if err := speaks(no); err != nil {
		t.Errorf("%s: %v", no.Rule, err)
	}
}

func speaks(no *order.Refusal) error {
	english, chinese := no.Text(order.English), no.Text(order.Chinese)
	if english == "" || chinese == "" || (no.Reason(order.English) == "") != (no.Reason(order.Chinese) == "") {
		return errors.New("a language is missing")
	}
	for _, r := range english {
		if r >= 0x3000 && r < 0xa000 {
			return fmt.Errorf("Chinese in the English text %q", english)
		}
	}
	if words := latinWords(chinese); words > 4 {
		return fmt.Errorf("an English sentence in the Chinese text %q", chinese)
	}
	return nil
}

// latinWords counts the words of lower-case letters in a row; codes, names and numbers are none.
func latinWords(s string) int {
	most, row, letters := 0, 0, 0
	end := func() {
		if letters > 1 {
			row++
			most = max(most, row)
		}
		letters = 0
	}
	for _, r := range s + " " {
		switch {
		case r >= 'a' && r <= 'z':
			letters++
		case r == ' ':
			end()
		default:
			end()
			row = 0
		}
	}
	return most
}
