package order

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Unapplied: money that waits, because it was too much, too early, too late, or is under review. It is
// applied here; ReturnUnapplied pays it back.

// ApplyUnapplied applies waiting money to what is due (D19, D21). With a Reference it is that of a
// payment under review, which is thereby reviewed: what it has beyond the amount waits with the
// order's other money. Without one it is the money that is not under review.
type ApplyUnapplied struct {
	Amount    trade.Money `json:"amount"`
	Reference string      `json:"reference,omitzero"` // of the payment, as it was recorded
	Method    Method      `json:"method,omitzero"`    // of the payment, where several have the reference
}

func (c ApplyUnapplied) check() error { return checkNamed(c.Reference, c.Method) }

// checkNamed checks how a command names a payment, if it names one.
func checkNamed(reference string, method Method) error {
	if err := checkMethod(method, PayTT, PayCard, PayECheck); err != nil || reference == "" {
		return err
	}
	return checkReference("reference", reference)
}

// checkMethod checks the method of a payment that a command names, if it names one.
func checkMethod(m Method, may ...Method) error {
	if m == "" || slices.Contains(may, m) {
		return nil
	}
	return trade.Invalid("method", "%s is not one of %v", trade.Quoted(string(m)), may)
}

// underReview returns the payment under review that a command names, or a refusal.
func (o *Order) underReview(id rule.ID, c Command, f *Facts, reference string) (IncomingPayment, error) {
	p, ok := o.incoming(f, c)
	if !ok || p.Order != o.ID || !p.Review {
		return p, refuse(id, c, o).On("reference").Because("no payment %[1]s is under review", "没有凭证号为 %[1]s 的待核对款项", reference)
	}
	return p, nil
}

func (c ApplyUnapplied) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	e := UnappliedApplied{Amount: c.Amount}
	waits := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review)
	if c.Reference != "" {
		p, err := o.underReview(rule.D19, c, f, c.Reference)
		if err != nil {
			return nil, err
		}
		reviewed := p.Reviewed()
		waits, e.Reviewed, e.Cases = p.Unapplied, p.Unapplied, o.sumsAfter(&p, &reviewed)
		e.Reference, e.Method = p.Reference, p.Method
	}
	if err := o.checkAmount(c, c.Amount); err != nil {
		return nil, err
	}
	if most := zeroOf(c.Amount).AddUnchecked(smaller(waits, o.Due())); most.Less(c.Amount) {
		return nil, refuse(rule.D19, c, o).On("amount").
			Because("at most %[1]s can be applied", "可转入金额最多为 %[1]s", most).Short(c.Amount.SubUnchecked(most))
	}
	if c.Reference != "" {
		if err := o.checkSums(c, e.Cases); err != nil {
			return nil, err
		}
		e.Moved = o.balance(o.Ledger.applied(&e))
	}
	return o.withConsequences(g, f, e)
}

// applyWaiting returns the application of money that came in before the buyer confirmed (D21b).
// Money under review still waits.
func (o *Order) applyWaiting() []Event {
	amount := smaller(o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review), o.Due())
	if !amount.IsPositive() {
		return nil
	}
	return []Event{UnappliedApplied{Amount: amount}}
}

// UnappliedApplied says that waiting money is applied. Reviewed is the money that was under review
// until then: all of the payment that Reference and Method name.
// Stored: add fields, never rename or remove.
type UnappliedApplied struct {
	Amount    trade.Money `json:"amount"`
	Reviewed  trade.Money `json:"reviewed,omitzero"`
	Reference string      `json:"reference,omitzero"` // the first edition named none
	Method    Method      `json:"method,omitzero"`
	Moved     Moved       `json:"moved,omitzero"`
	Cases     CaseSums    `json:"cases,omitzero"`
}

func (e *UnappliedApplied) contradicts(o *Order) error {
	return o.Ledger.applied(e).check(&o.Terms, e.Amount.IsPositive() && !e.Reviewed.IsNegative())
}

func (e UnappliedApplied) evolve(o *Order, at time.Time) {
	o.Ledger = o.Ledger.applied(&e)
	if e.Reference == "" {
		o.lowerKeptReview(e.Reviewed)
	} else {
		o.named(e.Method, e.Reference)
	}
	o.forgetUnannounced(e.Method, e.Reference)
	o.noteSettled(at)
}
