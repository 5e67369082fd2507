package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Change: the terms change after submission. Before any money is applied the seller modifies the
// order and the buyer confirms again; afterwards the seller proposes and the buyer accepts.

// Amendment is the new contract. It is complete: a term that is left out is removed.
// Stored: add fields, never rename or remove.
type Amendment struct {
	Terms    Terms    `json:"terms"`
	Coverage Coverage `json:"coverage"`
	// BuyerName corrects the payer's name on transfers; empty keeps it. It may change only before
	// money is applied.
	BuyerName string `json:"buyer_name,omitzero"`
	// Seller, BuyerEmail and Mode cannot change (D25). A client that sends the whole contract
	// back may repeat them.
	Seller     trade.Account `json:"seller,omitzero"`
	BuyerEmail trade.Email   `json:"buyer_email,omitzero"`
	Mode       DraftMode     `json:"mode,omitzero"`
}

// check names the fields as a command has them, in its key "to".
func (a *Amendment) check() error {
	if a.BuyerName != "" {
		if err := trade.CheckText("to.buyer_name", a.BuyerName, 200); err != nil {
			return err
		}
	}
	if err := (ChooseCoverage{Coverage: a.Coverage}).check(); err != nil {
		return trade.Within("to", err)
	}
	return trade.Within("to", a.Terms.check())
}

// amendedTerms returns the complete terms of the amendment, or the refusal of one that changes what
// is fixed, or that changes nothing (D25).
func (o *Order) amendedTerms(c Command, a *Amendment, accepted bool) (Terms, error) {
	for _, fixed := range [...]struct {
		differs bool
		field   string
	}{
		{a.Seller != "" && a.Seller != o.Seller.Account, "to.seller"},
		{a.BuyerEmail != "" && !a.BuyerEmail.Same(o.Buyer.Email), "to.buyer_email"},
		{a.Mode != "" && a.Mode != o.Mode, "to.mode"},
	} {
		if fixed.differs {
			return Terms{}, refuse(rule.D25, c, o).On(fixed.field).
				Because("seller, buyer's address and drafting mode are fixed", "卖家、买家邮箱和起草方式不可修改")
		}
	}
	terms, no := a.Terms.complete()
	if no != nil {
		no.Command, no.Phase, no.Field = c.Name(), o.Phase.String(), "to."+no.Field
		return Terms{}, no
	}
	if terms.Total.Currency() != o.Terms.Total.Currency() {
		return Terms{}, refuse(rule.D25, c, o).On("to.terms.total").Because("the currency is fixed", "币种不可修改")
	}
	if len(o.differences(a, &terms)) == 0 {
		return Terms{}, refuse(rule.D25, c, o).On("to").Because("nothing differs", "没有任何变更")
	}
	if a.Coverage != CoverageNone && !accepted && o.Coverage == CoverageNone {
		return Terms{}, refuse(rule.A13, c, o).On("terms_accepted").Because("the Trade Assurance terms are not ticked", "未勾选信用保证条款")
	}
	return terms, nil
}

// differences returns the names of the fields that an amendment changes.
func (o *Order) differences(a *Amendment, t *Terms) []string {
	var names []string
	for _, d := range [...]struct {
		differs bool
		name    string
	}{
		{t.Total != o.Terms.Total, "total"},
		{t.Initial != o.Terms.Initial, "initial"},
		{!slices.Equal(t.Items, o.Terms.Items), "items"},
		{t.ShipBy != o.Terms.ShipBy, "ship_by"},
		{t.TradeTerm != o.Terms.TradeTerm, "trade_term"},
		{a.Coverage != o.Coverage, "coverage"},
		{a.BuyerName != "" && a.BuyerName != o.Buyer.Name, "buyer_name"},
	} {
		if d.differs {
			names = append(names, d.name)
		}
	}
	return names
}

// Modify changes a submitted or confirmed order before any money is applied. It voids the
// confirmation: the buyer has to confirm the new revision.
type Modify struct {
	To            Amendment `json:"to"`
	TermsAccepted bool      `json:"terms_accepted,omitzero"` // needed for coverage on an order that had none
}

func (c Modify) check() error { return c.To.check() }

func (c Modify) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if !o.Ledger.Applied.IsZero() {
		return nil, refuse(rule.D25, c, o).Because("money has come in: a change needs the buyer's consent", "订单已收款，变更须经买家同意")
	}
	if err := o.checkNotProcessing(rule.D27, c, g.At); err != nil {
		return nil, err
	}
	terms, err := o.amendedTerms(c, &c.To, c.TermsAccepted)
	if err != nil {
		return nil, err
	}
	hold, err := o.holdAfterChange(c, g, f, &terms, c.To.Coverage, false)
	if err != nil {
		return nil, err
	}
	name := c.To.BuyerName
	if name == "" {
		name = o.Buyer.Name
	}
	modified := TermsModified{
		Terms: terms, Coverage: c.To.Coverage, BuyerName: name, Changes: o.differences(&c.To, &terms),
		Revision: o.Revision + 1, ConfirmBy: g.At.Add(f.rules().ConfirmWithin), ShortfallVoid: !o.Ledger.Shortfall.IsZero(),
	}
	return append([]Event{modified}, hold...), nil
}

// TermsModified says what the new terms are, and until when the buyer may confirm them. An earlier
// confirmation is void, and so is a proposal that was made under it.
// Stored: add fields, never rename or remove.
type TermsModified struct {
	Terms     Terms     `json:"terms"`
	Coverage  Coverage  `json:"coverage"`
	BuyerName string    `json:"buyer_name"`
	Changes   []string  `json:"changes"` // the names of the fields that differ
	Revision  Revision  `json:"revision"`
	ConfirmBy time.Time `json:"confirm_by"`
	// ShortfallVoid says that an accepted shortfall does not count any longer (D63).
	ShortfallVoid bool `json:"shortfall_void,omitzero"`
}

// ledger returns the ledger under the new terms.
func (e *TermsModified) ledger(o *Order) Ledger {
	l := o.Ledger
	if e.ShortfallVoid {
		l.Shortfall, l.Yielding = zeroOf(l.Shortfall), trade.Money{}
	}
	return l
}

func (e *TermsModified) contradicts(o *Order) error {
	return e.ledger(o).check(&e.Terms, e.Revision == o.Revision+1 && o.Ledger.Applied.IsZero())
}

func (e TermsModified) evolve(o *Order, _ time.Time) {
	o.Proposal.Open = false
	o.Ledger = e.ledger(o)
	o.Terms, o.Coverage, o.Buyer.Name = e.Terms, e.Coverage, e.BuyerName
	o.Revision, o.ConfirmBy, o.PayBy = e.Revision, e.ConfirmBy, time.Time{}
}

// Proposal is the last change that the seller proposed.
type Proposal struct {
	Number   uint32 // counts the proposals of the order; 0 if there was none
	Open     bool
	Terms    Terms
	Coverage Coverage
}

// ProposeChange proposes other terms to the buyer, once money has come in. One proposal is open at
// a time.
type ProposeChange struct {
	To            Amendment `json:"to"`
	TermsAccepted bool      `json:"terms_accepted,omitzero"`
}

func (c ProposeChange) check() error { return c.To.check() }

func (c ProposeChange) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkMoneyIn(c); err != nil {
		return nil, err
	}
	if o.Proposal.Open {
		return nil, refuse(rule.D25, c, o).Because("proposal %[1]d is open", "变更申请 %[1]d 尚待买家处理", o.Proposal.Number)
	}
	if c.To.BuyerName != "" && c.To.BuyerName != o.Buyer.Name {
		return nil, refuse(rule.D25, c, o).On("to.buyer_name").Because("the buyer's name is fixed once money has come in", "收款后买家名称不可修改")
	}
	terms, err := o.amendedTerms(c, &c.To, c.TermsAccepted)
	if err != nil {
		return nil, err
	}
	if no := o.checkChange(c, g, f, &terms, c.To.Coverage); no != nil {
		return nil, no
	}
	if _, err := o.holdAfterChange(c, g, f, &terms, c.To.Coverage, true); err != nil {
		return nil, err
	}
	return []Event{ChangeProposed{
		Proposal: o.Proposal.Number + 1, Terms: terms, Coverage: c.To.Coverage, Changes: o.differences(&c.To, &terms),
	}}, nil
}

// checkMoneyIn refuses a change by consent before any money is applied: the seller modifies the
// order then.
func (o *Order) checkMoneyIn(c Command) error {
	if o.Phase == PhaseConfirmed && o.Ledger.Applied.IsZero() {
		return refuse(rule.D25, c, o).Because("no money has come in: modify the order", "订单尚未收款，请直接修改订单")
	}
	return nil
}

// checkChange refuses terms that contradict the money that came in (D25), and a time of shipment
// that is put off too far (D17). The fields are those of ProposeChange.
func (o *Order) checkChange(c Command, g *trade.Given, f *Facts, terms *Terms, coverage Coverage) *trade.Refusal {
	settled := o.Ledger.settled()
	switch {
	case terms.Total.Less(settled):
		return refuse(rule.D25, c, o).On("to.terms.total").Because("%[1]s are settled already", "已收款 %[1]s，总金额不得低于该数", settled)
	case o.Due().IsZero() && terms.Total != o.Terms.Total:
		return refuse(rule.D25, c, o).On("to.terms.total").Because("the order is paid in full: its total is fixed", "订单已付清，总金额不可修改")
	case o.Due().IsZero() && coverage != o.Coverage:
		return refuse(rule.D25, c, o).On("to.coverage").Because("the balance is paid: the coverage is fixed", "尾款已付清，保障方式不可修改")
	case o.Phase == PhaseReadyToShip && settled.Less(terms.Initial):
		return refuse(rule.D25, c, o).On("to.terms.initial").Because("the initial payment cannot exceed the %[1]s that are settled", "预付款不得超过已收款 %[1]s", settled)
	}
	return o.checkShipBy(c, g, f, terms)
}

// checkShipBy refuses an agreed time of shipment that is put off to later than ShipWithin after the
// initial payment (D17). Until that payment only an agreement in days after it can be judged.
func (o *Order) checkShipBy(c Command, g *trade.Given, f *Facts, terms *Terms) *trade.Refusal {
	before, after := *o, *o
	after.Terms = *terms
	if o.FundedAt.IsZero() && (terms.ShipBy.After == InitialPayment || terms.Initial.AtMost(o.Ledger.settled())) {
		before.FundedAt, after.FundedAt = g.At, g.At
	}
	agreed := after.agreedShipBy()
	if after.FundedAt.IsZero() || !agreed.After(before.agreedShipBy()) {
		return nil
	}
	if last := after.FundedAt.Add(f.rules().ShipWithin); agreed.After(last) {
		return refuse(rule.D17, c, o).On("to.terms.ship_by").Because("no later than %[1]s", "最晚为 %[1]s", last.Format(time.RFC3339Nano))
	}
	return nil
}

// ChangeProposed says which terms the seller proposes.
// Stored: add fields, never rename or remove.
type ChangeProposed struct {
	Proposal uint32   `json:"proposal"`
	Terms    Terms    `json:"terms"`
	Coverage Coverage `json:"coverage"`
	Changes  []string `json:"changes"` // the names of the fields that would differ
}

func (e *ChangeProposed) contradicts(o *Order) error {
	if o.Proposal.Open || e.Proposal != o.Proposal.Number+1 {
		return fmt.Errorf("order: proposal %d after proposal %d", e.Proposal, o.Proposal.Number)
	}
	return nil
}

func (e ChangeProposed) evolve(o *Order, _ time.Time) {
	o.Proposal = Proposal{Number: e.Proposal, Open: true, Terms: e.Terms, Coverage: e.Coverage}
}

// AcceptChange accepts the proposal of that number. The rules are applied again: money may have come
// in meanwhile, and the quota may have changed.
type AcceptChange struct {
	Proposal uint32 `json:"proposal"`
}

func (c AcceptChange) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkProposal(c, c.Proposal); err != nil {
		return nil, err
	}
	if err := o.checkMoneyIn(c); err != nil {
		return nil, err
	}
	p := &o.Proposal
	if no := o.checkChange(c, g, f, &p.Terms, p.Coverage); no != nil {
		return nil, no.On("proposal")
	}
	hold, err := o.holdAfterChange(c, g, f, &p.Terms, p.Coverage, true)
	if err != nil {
		return nil, err
	}
	accepted := ChangeAccepted{Proposal: c.Proposal, Terms: p.Terms, Coverage: p.Coverage, Revision: o.Revision + 1}
	return o.withConsequences(g, f, append([]Event{accepted}, hold...)...)
}

// checkProposal refuses a number that is not that of the open proposal.
func (o *Order) checkProposal(c Command, number uint32) error {
	if !o.Proposal.Open {
		return refuse(rule.D25, c, o).Because("no proposal is open", "没有待处理的变更申请")
	}
	if number != o.Proposal.Number {
		return refuse(rule.D25, c, o).On("proposal").Because("proposal %[1]d is open, not %[2]d", "待处理的变更申请为 %[1]d，而非 %[2]d", o.Proposal.Number, number)
	}
	return nil
}

// ChangeAccepted says which terms both sides agreed to.
// Stored: add fields, never rename or remove.
type ChangeAccepted struct {
	Proposal uint32   `json:"proposal"`
	Terms    Terms    `json:"terms"`
	Coverage Coverage `json:"coverage"`
	Revision Revision `json:"revision"`
}

func (e *ChangeAccepted) contradicts(o *Order) error {
	return o.Ledger.check(&e.Terms, e.Revision == o.Revision+1 && o.Proposal.Open && e.Proposal == o.Proposal.Number)
}

func (e ChangeAccepted) evolve(o *Order, at time.Time) {
	o.Terms, o.Coverage, o.Revision = e.Terms, e.Coverage, e.Revision
	o.Proposal.Open = false
	o.noteSettled(at)
}

// RejectChange rejects the proposal of that number.
type RejectChange struct {
	Proposal uint32 `json:"proposal"`
}

func (c RejectChange) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	if err := o.checkProposal(c, c.Proposal); err != nil {
		return nil, err
	}
	return []Event{ChangeRejected(c)}, nil
}

// ChangeRejected says that the buyer rejected the proposal: the terms do not change.
// Stored: add fields, never rename or remove.
type ChangeRejected struct {
	Proposal uint32 `json:"proposal"`
}

func (e *ChangeRejected) contradicts(o *Order) error {
	if !o.Proposal.Open || e.Proposal != o.Proposal.Number {
		return fmt.Errorf("order: proposal %d rejected after proposal %d", e.Proposal, o.Proposal.Number)
	}
	return nil
}

func (e ChangeRejected) evolve(o *Order, _ time.Time) { o.Proposal.Open = false }
