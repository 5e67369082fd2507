package desk_test

import (
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// both is what each command of a duel is, by its place.
func both(a trade.Actor, x desk.Action, b trade.Actor, y desk.Action) [2]desk.Command {
	return [2]desk.Command{asking(a, x), asking(b, y)}
}

// unlessFirst judges a command that is accepted in any case, against one that is accepted only if it
// comes first and is otherwise refused by the rule. want judges the order; first says whether that one
// came first.
func unlessFirst(always int, ruleID rule.ID, want func(o *order.Order, first bool) bool) func(*fixture, int, [2]error) (int, error) {
	return func(tr *fixture, round int, answers [2]error) (int, error) {
		o := tr.Order(orderOfRound(round, 0))
		sometimes := answers[1-always]
		first := sometimes == nil
		if answers[always] != nil || !first && !refusedBy(sometimes, ruleID) || !want(&o, first) {
			return 0, fmt.Errorf("answers %v and %v, want one refused by %s; the order is %+v", answers[0], answers[1], ruleID, o)
		}
		tr.freeQuota()
		if first {
			return 1 - always, nil
		}
		return always, nil
	}
}

// onlyFirst judges two commands of which one is accepted and the other refused, each by the rule at its
// place. want judges the order; winner is the one that came first.
func onlyFirst(rules [2]rule.ID, want func(o *order.Order, winner int) bool) func(*fixture, int, [2]error) (int, error) {
	return func(tr *fixture, round int, answers [2]error) (int, error) {
		winner, err := oneOf(rules[0], rules[1])(tr, round, answers)
		if o := tr.Order(orderOfRound(round, 0)); err == nil && !want(&o, winner) {
			err = fmt.Errorf("after %d won the order is %+v", winner, o)
		}
		tr.freeQuota()
		return winner, err
	}
}

// freeQuota raises the limit so that the holds and claims of one round leave room for the next.
func (tr *fixture) freeQuota() {
	l := tr.line()
	tr.Do(platform, limit(must(must(l.Held.Add(l.Consumed)).Add(money("10000 USD"))).String()))
}

// raceOrder is the order of a round, taken so many stages far with an entrustment of its own.
func (tr *fixture) raceOrder(round, stages int) (trade.ID, order.EntrustmentID) {
	id, e := orderOfRound(round, 0), order.EntrustmentID(fmt.Sprintf("E%d", round))
	tr.at(start).until(id, e, stages)
	return id, e
}

// disputed opens a dispute and takes it to where the platform may rule.
func (tr *fixture) disputed(id trade.ID, escalated bool) {
	tr.Helper()
	o := tr.Order(id)
	tr.Do(bruno, objection(id, o.Left().String()))
	if escalated {
		tr.after(3*day).Do(bruno, desk.OnOrder(id, order.Escalate{}))
	}
}

func objection(id trade.ID, claimed string) desk.Action {
	return desk.OnOrder(id, order.OpenDispute{Ground: order.GroundQuality, Claimed: money(claimed)})
}

func compensation(id trade.ID, amount string) desk.Action {
	return desk.OnOrder(id, order.Arbitrate{Compensation: money(amount)})
}

func refund(id trade.ID, amount string) desk.Action {
	return desk.OnOrder(id, order.Refund{Amount: money(amount)})
}

// amendmentOf is the order's own terms with another total.
func amendmentOf(o order.Order, total string) order.Amendment {
	a := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
	a.Terms.Total = money(total)
	return a
}

func modification(o order.Order, total string) desk.Action {
	return desk.OnOrder(o.ID, order.Modify{To: amendmentOf(o, total)})
}

// laterDuels are about changes, disputes, refunds, claims and chargebacks.
var laterDuels = []duel{
	{
		// Whichever is first, the buyer is bound to nothing: either the command names terms that
		// are no longer there, or the confirmation is void.
		name: "ModifyAgainstConfirm",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 2)
			o := tr.Order(id)
			return both(acme, modification(o, "7000 USD"), bruno, desk.OnOrder(id, order.Confirm{Terms: o.Revision}))
		},
		judge: unlessFirst(0, rule.A18, func(o *order.Order, _ bool) bool {
			return o.Phase == order.PhaseSubmitted && o.Revision == 3 && o.PayBy.IsZero() && o.Hold.Amount == money("7000 USD")
		}),
	},
	{
		// The buyer's money waits: after Confirm it is applied, and the terms are fixed.
		name: "ModifyAgainstConfirmWithMoneyWaiting",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 2)
			tr.wire(id, "early", "2000 USD")
			o := tr.Order(id)
			return both(acme, modification(o, "7000 USD"), bruno, desk.OnOrder(id, order.Confirm{Terms: o.Revision}))
		},
		judge: onlyFirst([2]rule.ID{rule.D25, rule.A18}, func(o *order.Order, winner int) bool {
			if winner == 0 {
				return o.Phase == order.PhaseSubmitted && o.Revision == 3 && o.Ledger.Applied.IsZero() && o.Hold.Amount == money("7000 USD")
			}
			return o.Phase == order.PhaseReadyToShip && o.Revision == 2 && o.Ledger.Applied == money("2000 USD") && o.Hold.Amount == money("6000 USD")
		}),
	},
	{
		name: "AcceptChangeAgainstRejectChange",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 4)
			tr.Do(acme, desk.OnOrder(id, order.ProposeChange{To: amendmentOf(tr.Order(id), "7000 USD")}))
			return both(bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 1}), bruno, desk.OnOrder(id, order.RejectChange{Proposal: 1}))
		},
		judge: onlyFirst([2]rule.ID{rule.D25, rule.D25}, func(o *order.Order, winner int) bool {
			return !o.Proposal.Open && o.Hold.Amount == o.Terms.Total && o.Terms.Total == money([2]string{"7000 USD", "6000 USD"}[winner])
		}),
	},
	{
		name: "AcceptChangeAgainstTheQuotaOfAnother",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 4)
			tr.Do(acme, desk.OnOrder(id, order.ProposeChange{To: amendmentOf(tr.Order(id), "9000 USD")}))
			other := orderOfRound(round, 1)
			tr.drafted(acme, other, "4000 USD", "4000 USD", order.CoveragePostDelivery)
			return both(bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 1}), acme, submission(other))
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			winner, err := oneOf(rule.D5, rule.D3)(tr, round, answers)
			if err != nil {
				return 0, err
			}
			tr.held([2]string{"9000 USD", "10000 USD"}[winner])
			if o := tr.Order(orderOfRound(round, 0)); o.Hold.Amount != o.Terms.Total || o.Proposal.Open != (winner == 1) {
				return 0, fmt.Errorf("after %d won the order is %+v", winner, o)
			}
			// Both end, so that the next round has the whole line.
			tr.Do(acme, refund(orderOfRound(round, 0), "2000 USD"))
			tr.Do(acme, desk.OnOrder(orderOfRound(round, 1), order.Cancel{}))
			tr.held("0 USD")
			return winner, nil
		},
	},
	{
		name: "ShipAgainstOpenDispute",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 5)
			return both(acme, desk.OnOrder(id, order.MarkShipped{}), bruno, objection(id, "2000 USD"))
		},
		judge: unlessFirst(1, rule.D29, func(o *order.Order, shipped bool) bool {
			want := order.PhaseReadyToShip
			if shipped {
				want = order.PhaseShipped
			}
			return o.Phase == want && o.Dispute.Stage == order.StageNegotiating
		}),
	},
	{
		// A refund of everything closes the order either way. What it had on board stays with it.
		name: "ShipAgainstRefund",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 5)
			return both(acme, desk.OnOrder(id, order.MarkShipped{}), platform, refund(id, "2000 USD"))
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			winner, err := unlessFirst(1, rule.A20, func(o *order.Order, shipped bool) bool {
				return o.CloseReason == order.ClosedRefunded && o.Hold.Status == order.HoldIsReleased && (len(o.Links) == 1) == shipped
			})(tr, round, answers)
			if e := tr.Entrustment(order.EntrustmentID(fmt.Sprintf("E%d", round))); err == nil && e.Linked() != (winner == 0) {
				err = fmt.Errorf("after %d won the entrustment is linked to %s", winner, e.Order)
			}
			return winner, err
		},
	},
	{
		// A receipt releases what is held, a claim resolves it: never both.
		name: "ClaimAgainstReceipt",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 6)
			tr.disputed(id, true)
			return both(platform, compensation(id, "1500 USD"), bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			// The receipt waits for the ruling; before it the receipt is refused.
			o, receipt := tr.Order(orderOfRound(round, 0)), answers[1]
			want := map[bool]order.Phase{true: order.PhaseReceived, false: order.PhaseShipped}[receipt == nil]
			if answers[0] != nil || receipt != nil && !refusedBy(receipt, rule.D29) ||
				o.Phase != want || o.Hold.Status != order.HoldIsPosted || o.Ledger.Claimed != money("1500 USD") {
				return 0, fmt.Errorf("answers %v and %v; the order is %+v", answers[0], receipt, o)
			}
			tr.freeQuota()
			if receipt == nil {
				return 0, nil
			}
			return 1, nil
		},
	},
	{
		name: "ClaimAgainstClose",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 6)
			tr.disputed(id, true)
			return both(platform, compensation(id, "1500 USD"), acme, refund(id, "2000 USD"))
		},
		judge: onlyFirst([2]rule.ID{rule.D29, rule.D30}, func(o *order.Order, winner int) bool {
			if winner == 0 {
				return o.Phase == order.PhaseShipped && o.Hold.Status == order.HoldIsPosted && o.Ledger.Claimed == money("1500 USD") && o.Ledger.Refunded.IsZero()
			}
			return o.CloseReason == order.ClosedRefunded && o.Hold.Status == order.HoldIsReleased && o.Ledger.Claimed.IsZero()
		}),
	},
	{
		name: "TwoRulings",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 6)
			tr.disputed(id, true)
			return both(platform, compensation(id, "1500 USD"), platform, desk.OnOrder(id, order.Arbitrate{Refund: money("500 USD")}))
		},
		judge: onlyFirst([2]rule.ID{rule.D29, rule.D29}, func(o *order.Order, winner int) bool {
			claimed, refunded := o.Ledger.Claimed, o.Ledger.Refunded
			if winner == 0 {
				return claimed == money("1500 USD") && refunded.IsZero() && o.Hold.Status == order.HoldIsPosted
			}
			return claimed.IsZero() && refunded == money("500 USD") && o.Hold.Status == order.HoldOpen
		}),
	},
	{
		name: "TwoClaims",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 6)
			tr.disputed(id, true)
			return both(platform, compensation(id, "1500 USD"), platform, compensation(id, "6000 USD"))
		},
		judge: onlyFirst([2]rule.ID{rule.D29, rule.D29}, func(o *order.Order, winner int) bool {
			return o.Hold.Status == order.HoldIsPosted && o.Ledger.Claimed == money([2]string{"1500 USD", "2000 USD"}[winner])
		}),
	},
	{
		// The balance arrives while the initial payment goes back. It keeps the order alive if
		// it is first, and waits to be returned if it is not.
		name: "PayAgainstRefundOfAll",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 4)
			o := tr.Order(id)
			return both(platform, transfer(&o, "balance", "4000 USD", tr.Clock.Now()), acme, refund(id, "2000 USD"))
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			o := tr.Order(orderOfRound(round, 0))
			l := o.Ledger
			tr.freeQuota()
			switch paid := l.Received == money("6000 USD") && l.Refunded == money("2000 USD"); {
			case answers[0] != nil || answers[1] != nil || !paid:
			case o.Phase == order.PhaseReadyToShip && l.Applied == money("6000 USD") && o.Hold.Status == order.HoldOpen:
				return 0, nil
			case o.CloseReason == order.ClosedRefunded && l.Applied == money("2000 USD") && l.Unapplied == money("4000 USD") && o.Hold.Status == order.HoldIsReleased:
				tr.Do(platform, desk.OnOrder(o.ID, order.ReturnUnapplied{Amount: money("4000 USD")}))
				return 1, nil
			}
			return 0, fmt.Errorf("answers %v and %v; the order is %+v", answers[0], answers[1], o)
		},
	},
	{
		name: "AcceptSettlementAgainstWithdraw",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 6)
			tr.disputed(id, false)
			tr.Do(bruno, desk.OnOrder(id, order.ProposeSettlement{Refund: money("500 USD")}))
			return both(acme, desk.OnOrder(id, order.AcceptSettlement{Proposal: 1}), bruno, desk.OnOrder(id, order.WithdrawDispute{}))
		},
		judge: onlyFirst([2]rule.ID{rule.D29, rule.D29}, func(o *order.Order, winner int) bool {
			return o.Dispute.Stage == order.StageNone && o.Ledger.Refunded.IsZero() == (winner == 1) && o.Hold.Status == order.HoldOpen
		}),
	},
	{
		// An older offer binds nobody once there is a newer one.
		name: "AcceptSettlementAgainstANewerOffer",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 6)
			tr.disputed(id, false)
			tr.Do(acme, desk.OnOrder(id, order.ProposeSettlement{Refund: money("1500 USD")}))
			return both(bruno, desk.OnOrder(id, order.AcceptSettlement{Proposal: 1}), acme, desk.OnOrder(id, order.ProposeSettlement{Refund: money("100 USD")}))
		},
		judge: onlyFirst([2]rule.ID{rule.D29, rule.D29}, func(o *order.Order, winner int) bool {
			if winner == 0 {
				return o.Dispute.Stage == order.StageNone && o.Ledger.Refunded == money("1500 USD")
			}
			return o.Dispute.Stage == order.StageNegotiating && o.Ledger.Refunded.IsZero() && o.Dispute.Settlement.Proposal == 2
		}),
	},
	{
		name: "EscalateAgainstWithdraw",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, _ := tr.raceOrder(round, 6)
			tr.disputed(id, false)
			tr.at(tr.Order(id).Dispute.EscalateBy)
			return both(system, desk.OnOrder(id, order.Escalate{}), bruno, desk.OnOrder(id, order.WithdrawDispute{}))
		},
		judge: unlessFirst(1, rule.D29, func(o *order.Order, _ bool) bool { return o.Dispute.Stage == order.StageNone }),
	},
	{
		name: "ChargeBackAgainstReceipt",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id, e := tr.raceOrder(round, 3)
			tr.byCard(id, "2000 USD")
			tr.entrust(e)
			tr.Do(acme, link(id, e))
			tr.release(e, tr.Clock.Now())
			tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
			return both(platform, desk.OnOrder(id, order.ChargeBack{Reference: captureOf(id), Case: "D1", At: tr.Clock.Now()}), bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
		},
		judge: unlessFirst(0, rule.D29, func(o *order.Order, received bool) bool {
			want, hold := order.PhaseShipped, order.HoldOpen
			if received {
				want, hold = order.PhaseReceived, order.HoldIsReleased
			}
			return o.Phase == want && o.Hold.Status == hold && o.OpenChargebacks == 1 && o.Ledger.Reversed == money("2000 USD") && o.Ledger.Applied.IsZero()
		}),
	},
}

// byCard pays by card under the reference K1.
func (tr *fixture) byCard(id trade.ID, amount string) {
	tr.Helper()
	tr.Do(bruno, desk.OnOrder(id, order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: money(amount)}))
	tr.Do(platform, desk.OnOrder(id, order.RecordPayment{Reference: captureOf(id), Method: order.PayCard, Payment: "P1", Amount: money(amount), PaidAt: tr.Clock.Now()}))
}

// captureOf is the processor's reference of the card payment of an order.
func captureOf(id trade.ID) string { return "K1/" + id.String() }
