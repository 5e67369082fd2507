package order_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// exampleOrder is an order with its history, as a caller without a store would keep it. Package desk
// does all of this on a store.
type exampleOrder struct {
	order.Order
	history []events.Recorded[order.Event]
	facts   order.Facts
	now     time.Time
}

// newExample returns an order of a seller with an active service and a line of 10,000 dollars.
func newExample() *exampleOrder {
	return &exampleOrder{
		Order: order.New(orderID), now: newYear,
		facts: order.Facts{
			Service: order.ServiceActive, Match: buyer.Account,
			Quota: order.Quota{Available: money("10000.00 USD")}, Receiving: order.Receiving{Account: "RA-1"},
		},
	}
}

// do issues a command and returns the wire names of the resulting events.
func (e *exampleOrder) do(by trade.Actor, c order.Command) (string, error) {
	made, err := order.Decide(e.Order, c, trade.Given{By: by, At: e.now}, e.facts)
	if err != nil {
		return "", err
	}
	var kinds []string
	for _, event := range made {
		if err := e.Apply(event, e.now); err != nil {
			return "", err
		}
		e.history = append(e.history, events.Recorded[order.Event]{At: e.now, Event: event})
		kinds = append(kinds, strings.TrimPrefix(event.Kind().String(), "order."))
	}
	return strings.Join(kinds, ", "), nil
}

// show issues a command and prints the resulting events, or the refusal.
func (e *exampleOrder) show(by trade.Actor, c order.Command) {
	kinds, err := e.do(by, c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %s -> %s\n", c.Name(), kinds, e.Phase)
}

// quietly issues commands that must be accepted.
func (e *exampleOrder) quietly(by trade.Actor, commands ...order.Command) {
	for _, c := range commands {
		must(e.do(by, c))
	}
}

// submitted returns an order of 6,000 dollars, 2,000 of them at first, that is offered to the buyer.
func (e *exampleOrder) submitted(c order.Coverage) *exampleOrder {
	e.quietly(seller,
		order.Draft{Mode: order.DraftOnline},
		order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"},
		order.MatchBuyer{Email: buyer.Email},
		order.SetTerms{Terms: order.Terms{Total: money("6000.00 USD"), Initial: money("2000.00 USD")}},
		order.SetTransport{Mode: order.TransportAir},
		order.ChooseCoverage{Coverage: c, TermsAccepted: c != order.CoverageNone},
		order.Submit{OneTouchAcknowledged: true})
	return e
}

// confirmed returns the order after the buyer's confirmation.
func (e *exampleOrder) confirmed(c order.Coverage) *exampleOrder {
	e.submitted(c).quietly(buyer, order.Confirm{Terms: e.Revision})
	return e
}

// transfer is a transfer by the buyer to the order's receiving account.
func (e *exampleOrder) transfer(reference, amount string) order.RecordPayment {
	return order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: e.ReceivingAccount,
		Amount: money(amount), Payer: "Jane Doe", PaidAt: e.now,
	}
}

// shipped returns the order after the initial payment and the shipment.
func (e *exampleOrder) shipped(c order.Coverage) *exampleOrder {
	e.confirmed(c).quietly(platform, e.transfer("T1", "2000.00 USD"))
	e.facts.Entrustment = order.Entrustment{ID: "OT-1", Seller: seller.Account, ReleasedAt: e.now}
	e.quietly(seller, order.Link{Entrustment: "OT-1"}, order.MarkShipped{})
	return e
}

// The life of an order, from the draft to the receipt of goods and money.
func Example() {
	o := newExample()
	o.show(seller, order.Draft{Mode: order.DraftOnline})
	o.show(seller, order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"})
	o.show(seller, order.MatchBuyer{Email: buyer.Email})
	o.show(seller, order.SetTerms{Terms: order.Terms{Total: money("6000.00 USD"), Initial: money("2000.00 USD")}})
	o.show(seller, order.SetTransport{Mode: order.TransportAir})
	o.show(seller, order.ChooseCoverage{Coverage: order.CoverageNone})
	o.show(seller, order.Submit{OneTouchAcknowledged: true})
	o.show(buyer, order.Confirm{Terms: o.Revision})
	o.show(platform, o.transfer("T1", "2000.00 USD"))
	o.facts.Entrustment = order.Entrustment{ID: "OT-1", Seller: seller.Account}
	o.show(seller, order.Link{Entrustment: "OT-1"})
	o.show(trade.Actor{Role: trade.Desk}, order.RecordRelease{Entrustment: "OT-1", ReleasedAt: o.now})
	o.show(seller, order.MarkShipped{})
	o.show(buyer, order.ConfirmReceipt{})
	o.show(platform, o.transfer("T2", "4000.00 USD"))

	// Output:
	// draft: drafted -> draft
	// set-buyer: buyer-entered -> draft
	// match-buyer: buyer-matched -> draft
	// set-terms: terms-set -> draft
	// set-transport: transport-set -> draft
	// choose-coverage: coverage-chosen -> draft
	// submit: submitted -> submitted
	// confirm: confirmed -> confirmed
	// record-payment: payment-received, funded -> ready-to-ship
	// link: entrustment-linked -> ready-to-ship
	// record-release: entrustment-released -> ready-to-ship
	// mark-shipped: shipped -> shipped
	// confirm-receipt: receipt-confirmed -> received
	// record-payment: payment-received, completed -> completed
}

// A refusal names its rule, in English and Chinese, and from when on the command is accepted. A
// refusal by role or phase says who may issue the command in which phases.
func ExampleDecide_refusal() {
	o := newExample().shipped(order.CoverageNone)
	for _, c := range []order.Command{order.AutoConfirmReceipt{}, order.Expire{}} {
		_, err := o.do(trade.Actor{Role: trade.System}, c)
		no := err.(*trade.Refusal)
		fmt.Println(string(no.Rule), no.Command, no.Phase)
		fmt.Println(no.Text(rule.English))
		fmt.Println(no.Text(rule.Chinese))
	}

	// Output:
	// A25 auto-confirm-receipt shipped
	// The system confirms receipt 15 days after shipment by air, 30 by land, 45 by sea, and not before; shipment therefore needs a mode of transport. Here: possible from 2025-01-16T00:00:00Z.
	// 买家一直未确认收货的，发货满15天（空运）、30天（陆运）或45天（海运）时由系统自动确认，不得提前；因此发货时必须有运输方式。本次：最早可于 2025-01-16T00:00:00Z。
	// D28 expire shipped
	// The order is shipped; expire is for the system, while it is submitted or confirmed.
	// 订单的状态是“已发货”；expire 仅限系统在“待买家确认”、“待付款”状态下使用。
}

// Before any money is applied the seller modifies the order, and the buyer confirms again.
func ExampleModify() {
	o := newExample().confirmed(order.CoverageNone)
	terms := o.Terms
	terms.Total = money("5800.00 USD")
	o.show(seller, order.Modify{To: order.Amendment{Terms: terms, Coverage: order.CoverageNone}})
	o.show(buyer, order.Confirm{Terms: 2}) // the revision that was offered first
	o.show(buyer, order.Confirm{Terms: o.Revision})

	// Output:
	// modify: terms-modified -> submitted
	// refused by A18: confirm in phase submitted: Only the buyer account named in the contract confirms, only a submitted order, and only the terms as they stand. Here: the terms are at revision 3, not 2.
	// confirm: confirmed -> confirmed
}

// Once money has come in, the seller proposes a change and the buyer accepts it.
func ExampleProposeChange() {
	o := newExample().confirmed(order.CoverageNone)
	o.quietly(platform, o.transfer("T1", "2000.00 USD"))
	terms := o.Terms
	terms.Total = money("5800.00 USD")
	o.show(seller, order.ProposeChange{To: order.Amendment{Terms: terms, Coverage: order.CoverageNone}})
	fmt.Println("total", o.Terms.Total, "due", o.Due())
	o.show(buyer, order.AcceptChange{Proposal: o.Proposal.Number})
	fmt.Println("total", o.Terms.Total, "due", o.Due())

	// Output:
	// propose-change: change-proposed -> ready-to-ship
	// total 6000.00 USD due 4000.00 USD
	// accept-change: change-accepted -> ready-to-ship
	// total 5800.00 USD due 3800.00 USD
}

// A dispute freezes the order. If the parties do not agree, the platform rules, here for a
// compensation from the seller's quota.
func ExampleOpenDispute() {
	o := newExample().shipped(order.CoveragePostDelivery)
	o.show(buyer, order.OpenDispute{Ground: order.GroundQuality, Claimed: money("1000.00 USD")})
	o.show(buyer, order.ConfirmReceipt{})
	o.show(seller, order.ProposeSettlement{Refund: money("100.00 USD")})
	o.now = o.now.AddDate(0, 0, 3)
	o.show(buyer, order.Escalate{})
	o.show(platform, order.Arbitrate{Compensation: money("500.00 USD")})
	fmt.Println("claimed", o.Ledger.Claimed, "frozen", o.Frozen())

	// Output:
	// open-dispute: dispute-opened -> shipped
	// refused by D29: confirm-receipt in phase shipped: One dispute may be open from payment to receipt, three an order, one more after a ruling before shipment; it escalates from day 4, by itself on day 7; only facts, refunds, evidence, reviews and its own steps pass. Here: a dispute or a chargeback is open.
	// propose-settlement: settlement-proposed -> shipped
	// escalate: dispute-escalated -> shipped
	// arbitrate: arbitrated, claim-posted -> shipped
	// claimed 500.00 USD frozen false
}

// A refund pays applied money back. It does not change the total.
func ExampleRefund() {
	o := newExample().shipped(order.CoverageNone)
	o.show(seller, order.Refund{Amount: money("300.00 USD")})
	fmt.Println("refunded", o.Ledger.Refunded, "left", o.Left(), "due", o.Due())
	o.show(seller, order.Refund{Amount: money("1700.00 USD")})

	// Output:
	// refund: refund-made -> shipped
	// refunded 300.00 USD left 1700.00 USD due 4000.00 USD
	// refund: refund-made, closed -> closed
}

// A bank takes a card payment back; the money is due again until the platform wins the contest.
func ExampleChargeBack() {
	o := newExample().confirmed(order.CoverageNone)
	o.quietly(buyer, order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: money("2000.00 USD")})
	o.quietly(platform, order.RecordPayment{Reference: "C1", Method: order.PayCard, Payment: "P1", Amount: money("2000.00 USD"), PaidAt: o.now})
	// The desk reads the payment from its own stream.
	o.facts.Incoming = order.IncomingPayment{Order: o.ID, Method: order.PayCard, Reference: "C1", Amount: money("2000.00 USD")}
	o.show(platform, order.ChargeBack{Reference: "C1", Case: "dp_7", Amount: money("500.00 USD"), At: o.now})
	fmt.Println("due", o.Due(), "frozen", o.Frozen())
	o.facts.Incoming.Cases = order.Cases{{Name: "dp_7", Amount: money("500.00 USD"), OpenedAt: o.now, Status: order.CaseOpen, At: o.now}}
	o.show(platform, order.ResolveChargeback{Reference: "C1", Case: "dp_7", Won: true, At: o.now})
	fmt.Println("due", o.Due(), "frozen", o.Frozen())

	// Output:
	// charge-back: payment-reversed -> ready-to-ship
	// due 4500.00 USD frozen true
	// resolve-chargeback: chargeback-resolved -> ready-to-ship
	// due 4000.00 USD frozen false
}

// A covered order holds a part of the seller's quota until its coverage ends.
func ExampleHold() {
	o := newExample()
	o.facts.Quota.Available = money("1500.00 USD")
	o.quietly(seller,
		order.Draft{Mode: order.DraftOnline},
		order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"},
		order.MatchBuyer{Email: buyer.Email},
		order.SetTerms{Terms: order.Terms{Total: money("6000.00 USD"), Initial: money("2000.00 USD")}},
		order.ChooseCoverage{Coverage: order.CoveragePreShipment, TermsAccepted: true})
	fmt.Println("needed", o.Need())
	_, err := o.do(seller, order.Submit{OneTouchAcknowledged: true})
	fmt.Println("missing", err.(*trade.Refusal).Missing)
	o.facts.Quota.Available = money("2500.00 USD")
	o.show(seller, order.Submit{OneTouchAcknowledged: true})
	fmt.Println("held", o.Hold.Amount)
	o.show(seller, order.Cancel{})

	// Output:
	// needed 2000.00 USD
	// missing 500.00 USD
	// submit: submitted, hold-placed -> submitted
	// held 2000.00 USD
	// cancel: hold-released, closed -> closed
}

// Next lists what an actor may do, and what blocks it. Deadline says when the system acts.
func ExampleOrder_Next() {
	o := newExample().submitted(order.CoverageNone)
	for _, choice := range o.Next(buyer, o.now, nil) {
		fmt.Println(choice.Command)
	}
	d, _ := o.Deadline()
	fmt.Println("or", d.Command.Name(), "from", d.At.Format(time.DateOnly))
	for _, choice := range o.Next(trade.Actor{Role: trade.System}, o.now, nil) {
		fmt.Println(choice.Command, "is refused by", string(choice.Refusal.Rule))
	}

	// Output:
	// attach-contract
	// confirm
	// cancel
	// or expire from 2025-01-31
	// expire is refused by D28
}

// Replay folds a history into a state, At the part of it up to an instant.
func ExampleReplay() {
	o := newExample().submitted(order.CoverageNone)
	o.now = o.now.AddDate(0, 0, 1)
	o.quietly(buyer, order.Confirm{Terms: o.Revision})

	whole, _ := order.Replay(order.New(o.ID), o.history)
	before, _ := order.At(o.ID, o.history, newYear)
	fmt.Println(whole.Phase, before.Phase)

	// A history that cannot be names the event that does not fit.
	_, err := order.Replay(order.New(o.ID), o.history[1:])
	fmt.Println(err)

	// Output:
	// confirmed submitted
	// events: corrupt history: stream order-0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a version 1 position 0 type "order.buyer-entered": invalid event: order.buyer-entered has no step from phase none
}
