package order_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
)

// The chapters of the stories. Each takes one hour or none, and starts where the one before it ends.

// drafted opens an order online.
func drafted(t reporter) story { return once(t).does(seller, order.Draft{Mode: order.DraftOnline}) }

// matched enters the buyer and matches the address.
func (s story) matched() story {
	s.t.Helper()
	return s.does(seller, order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"}).
		does(seller, order.MatchBuyer{Email: buyer.Email})
}

// priced sets total and initial payment.
func (s story) priced(total, initial string) story {
	s.t.Helper()
	return s.does(seller, order.SetTerms{Terms: order.Terms{Total: money(total), Initial: money(initial)}})
}

func (s story) covered(c order.Coverage) story {
	s.t.Helper()
	return s.does(seller, order.ChooseCoverage{Coverage: c, TermsAccepted: c != order.CoverageNone})
}

// complete is a draft of 6,000 dollars, 2,000 of them at first, that could be submitted.
func complete(t reporter, c order.Coverage) story {
	return drafted(t).matched().priced("6000", "2000").covered(c)
}

var submit = order.Submit{OneTouchAcknowledged: true}

// submitted is that order, offered an hour after it was drafted.
func submitted(t reporter, c order.Coverage) story { return complete(t, c).submits() }

func (s story) submits() story {
	s.t.Helper()
	return s.after(time.Hour).does(seller, submit)
}

// confirmed is that order, two hours after it was drafted.
func confirmed(t reporter, c order.Coverage) story { return submitted(t, c).confirms() }

func (s story) confirms() story {
	s.t.Helper()
	return s.after(time.Hour).does(buyer, order.Confirm{Terms: s.order.Revision})
}

// wire is a transfer by the buyer to the order's account.
func (s story) wire(amount string) order.RecordPayment {
	return order.RecordPayment{
		Reference: "W-" + strconv.Itoa(len(s.steps)), Method: order.PayTT, ReceivingAccount: s.order.ReceivingAccount,
		Amount: money(amount), Payer: "JANE  doe", PaidAt: s.now,
	}
}

func (s story) wired(amount string) story {
	s.t.Helper()
	return s.does(platform, s.wire(amount))
}

// latest is the reference of the payment that came in last.
func (s story) latest() string { return s.payments[len(s.payments)-1].Reference }

// card is a card payment that the buyer initiates.
func card(id order.PaymentID, amount string) order.InitiatePayment {
	return order.InitiatePayment{Payment: id, Method: order.PayCard, Amount: money(amount)}
}

// charged is the receipt of a card payment.
func (s story) charged(id order.PaymentID, amount string) order.RecordPayment {
	return order.RecordPayment{
		Reference: "C-" + string(id), Method: order.PayCard, Payment: id, Amount: money(amount), PaidAt: s.now,
	}
}

// notice announces a transfer.
func notice(id order.PaymentID, amount string) order.InitiatePayment {
	return order.InitiatePayment{Payment: id, Method: order.PayTT, Amount: money(amount)}
}

// funded is that order with its initial payment, three hours after it was drafted.
func funded(t reporter, c order.Coverage) story {
	return confirmed(t, c).after(time.Hour).wired("2000")
}

func (s story) linked(id order.EntrustmentID) story {
	s.t.Helper()
	return s.does(seller, order.Link{Entrustment: id})
}

// released records that customs released a linked entrustment at that instant.
func (s story) released(id order.EntrustmentID, at time.Time) story {
	s.t.Helper()
	return s.does(deskRole, order.RecordRelease{Entrustment: id, ReleasedAt: at})
}

// shippable is that order, funded, by air, with an entrustment released four hours after it was
// drafted.
func shippable(t reporter, c order.Coverage) story {
	s := funded(t, c).does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1").after(time.Hour)
	return s.released("E1", s.now)
}

// shipped is that order, shipped five hours after it was drafted.
func shipped(t reporter, c order.Coverage) story { return shippable(t, c).ships() }

func (s story) ships() story {
	s.t.Helper()
	return s.after(time.Hour).does(seller, order.MarkShipped{})
}

// received is that order, with the buyer six hours after it was drafted, its balance open.
func received(t reporter, c order.Coverage) story {
	return shipped(t, c).after(time.Hour).does(buyer, order.ConfirmReceipt{})
}

// completed is that order, paid in full seven hours after it was drafted.
func completed(t reporter, c order.Coverage) story {
	return received(t, c).after(time.Hour).wired("4000")
}

// cancelled is that order, cancelled before the buyer confirmed.
func cancelled(t reporter, c order.Coverage) story {
	return submitted(t, c).after(time.Hour).does(seller, order.Cancel{})
}

// amendment changes price and coverage of that order; the terms are otherwise as they were.
func (s story) amendment(total, initial string, c order.Coverage) order.Amendment {
	terms := s.order.Terms
	terms.Total, terms.Initial = money(total), money(initial)
	return order.Amendment{Terms: terms, Coverage: c}
}

// amended changes terms of that order other than price and coverage.
func (s story) amended(change func(*order.Terms)) order.Amendment {
	a := order.Amendment{Terms: s.order.Terms, Coverage: s.order.Coverage}
	change(&a.Terms)
	return a
}

func ticked(a order.Amendment) order.Modify { return order.Modify{To: a, TermsAccepted: true} }

// paid pays by card.
func (s story) paid(id order.PaymentID, amount string) story {
	s.t.Helper()
	s = s.does(buyer, card(id, amount))
	return s.does(platform, s.charged(id, amount))
}

// paidFirst pays by card as the first edition of the rule book stored it: on the order alone.
func (s story) paidFirst(id order.PaymentID, amount, applied string) story {
	s.t.Helper()
	s = s.stored(buyer, order.InitiatePayment{}, order.PaymentInitiated{Payment: id, Method: order.PayCard, Amount: money("1")})
	made := []order.Event{order.PaymentReceived{
		Reference: "C-" + string(id), Method: order.PayCard, Payment: id, Amount: money(amount), Applied: money(applied),
		Unapplied: must(money(amount).Sub(money(applied))), PaidAt: s.now,
	}}
	if next := must(order.Evolve(s.order, made[0], s.now)); next.Phase == order.PhaseConfirmed && next.Funded() {
		made = append(made, order.Funded{})
	}
	return s.stored(platform, order.RecordPayment{}, made...)
}

// contestedFirst has a bank take such a payment back.
func (s story) contestedFirst(id order.PaymentID, amount, applied, unapplied string) story {
	s.t.Helper()
	return s.stored(platform, order.ChargeBack{}, order.PaymentReversed{
		Reference: "C-" + string(id), Amount: money(amount), Applied: money(applied), Unapplied: money(unapplied),
	})
}

// resolvedFirst ends that chargeback.
func (s story) resolvedFirst(id order.PaymentID, won bool, applied, unapplied string) story {
	s.t.Helper()
	e := order.ChargebackResolved{Reference: "C-" + string(id), Won: won}
	if won {
		e.Applied, e.Unapplied = money(applied), money(unapplied)
	}
	return s.stored(platform, order.ResolveChargeback{}, e)
}

// shippedByCard is an order of 6,000 dollars that card payment 1 paid, shipped.
func shippedByCard(t *testing.T) story {
	return began(t, "order:none:6000:6000").follows(t, "confirm card:1:6000 ship")
}

// stranded is an order that the first edition left ready to ship although its initial payment was lost
// to a chargeback.
func stranded(t reporter) story {
	return confirmed(t, order.CoveragePostDelivery).after(time.Hour).paidFirst("1", "2000", "2000").
		contestedFirst("1", "2000", "2000", "0").after(time.Hour).resolvedFirst("1", false, "0", "0")
}

// contested has a bank take a card payment back, resolved ends that chargeback.
func (s story) contested(id order.PaymentID) story {
	s.t.Helper()
	return s.does(platform, s.case1(id))
}

func (s story) resolved(id order.PaymentID, won bool) story {
	s.t.Helper()
	return s.does(platform, s.end1(id, won))
}

// case1 opens the first case about a card payment, for all of it, and end1 ends it.
func (s story) case1(id order.PaymentID) order.ChargeBack {
	return order.ChargeBack{Reference: "C-" + string(id), Case: "case-1", At: s.now}
}

func (s story) end1(id order.PaymentID, won bool) order.ResolveChargeback {
	return order.ResolveChargeback{Reference: "C-" + string(id), Case: "case-1", Won: won, At: s.now}
}

// objection is a dispute over that amount.
func objection(amount string) order.OpenDispute {
	return order.OpenDispute{Ground: order.GroundQuality, Claimed: money(amount)}
}

// disputed opens a dispute over a dollar, escalated has the system escalate it six days later.
func (s story) disputed() story {
	s.t.Helper()
	return s.disputedOver("1")
}

func (s story) escalated() story {
	s.t.Helper()
	return s.escalatedOver("1")
}

func (s story) disputedOver(amount string) story {
	s.t.Helper()
	return s.does(buyer, objection(amount))
}

func (s story) escalatedOver(amount string) story {
	s.t.Helper()
	return s.disputedOver(amount).after(6*day).does(system, order.Escalate{})
}

func (s story) refunded(amount string) story {
	s.t.Helper()
	return s.does(seller, order.Refund{Amount: money(amount)})
}

func compensation(amount string) order.Arbitrate {
	return order.Arbitrate{Compensation: money(amount)}
}

// inPhase is an order in that phase in which as many commands as possible are accepted.
func inPhase(t reporter, p order.Phase) story {
	switch p {
	case order.PhaseDraft:
		return complete(t, order.CoveragePostDelivery)
	case order.PhaseSubmitted:
		return submitted(t, order.CoveragePostDelivery)
	case order.PhaseConfirmed:
		return confirmed(t, order.CoveragePostDelivery)
	case order.PhaseReadyToShip:
		return shippable(t, order.CoveragePostDelivery)
	case order.PhaseShipped:
		return shipped(t, order.CoveragePostDelivery)
	case order.PhaseReceived:
		return received(t, order.CoveragePostDelivery)
	case order.PhaseCompleted:
		return completed(t, order.CoveragePostDelivery)
	case order.PhaseClosed:
		return cancelled(t, order.CoveragePostDelivery)
	default:
		return once(t)
	}
}
