package desk

import (
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
)

// changed is the order of these plans with another total, initial payment and coverage.
func changed(total, initial string, c order.Coverage) order.Amendment {
	return order.Amendment{Terms: order.Terms{Total: planMoney(total), Initial: planMoney(initial)}, Coverage: c}
}

func modifying(total, initial string, c order.Coverage) asked {
	return orderAsked(planOwner, order.Modify{To: changed(total, initial, c), TermsAccepted: true})
}

// funded is an order whose initial payment is there, with an entrustment linked to it.
func funded() []asked { return append(confirming(), append(linking("E1"), paying())...) }

func proposed(total, initial string, c order.Coverage) []asked {
	return append(funded(), orderAsked(planOwner, order.ProposeChange{To: changed(total, initial, c), TermsAccepted: true}))
}

// escalated is a funded order whose dispute the platform may rule on. The parties are given no
// time to agree: under the policy of these plans they need none.
func escalated() []asked {
	return append(funded(),
		orderAsked(planBuyer, order.OpenDispute{Ground: order.GroundQuality, Claimed: planMoney("2000 USD")}),
		orderAsked(planBuyer, order.ProposeSettlement{Refund: planMoney("2000 USD")}),
		orderAsked(planClock, order.Escalate{}))
}

func ruling(c order.Arbitrate) asked { return orderAsked(planOps, c) }

// laterPlans are the commands of changes, disputes and refunds that write to several streams,
// and those that write to the order alone.
var laterPlans = []plan{
	{"raise: order and line", confirming, modifying("6000 USD", "3000 USD", order.CoveragePreShipment),
		[]string{"order.terms-modified", "order.hold-adjusted", "credit.hold-adjusted"}},
	{"lower: order and line", confirming, modifying("6000 USD", "1000 USD", order.CoveragePreShipment),
		[]string{"order.terms-modified", "order.hold-adjusted", "credit.hold-adjusted"}},
	{"another total of the same need: order alone", confirming, modifying("7000 USD", "2000 USD", order.CoveragePreShipment),
		[]string{"order.terms-modified"}},
	{"uncover: order and line", confirming, modifying("6000 USD", "2000 USD", order.CoverageNone),
		[]string{"order.terms-modified", "order.hold-released", "credit.released"}},
	{"cover again: order and line", func() []asked { return append(confirming(), modifying("6000 USD", "2000 USD", order.CoverageNone)) },
		modifying("6000 USD", "2000 USD", order.CoveragePostDelivery),
		[]string{"order.terms-modified", "order.hold-placed", "credit.held"}},
	{"propose: order alone", funded, orderAsked(planOwner, order.ProposeChange{To: changed("9000 USD", "2000 USD", order.CoveragePostDelivery)}),
		[]string{"order.change-proposed"}},
	{"accept: order and line", func() []asked { return proposed("9000 USD", "2000 USD", order.CoveragePostDelivery) },
		orderAsked(planBuyer, order.AcceptChange{Proposal: 1}),
		[]string{"order.change-accepted", "order.hold-adjusted", "credit.hold-adjusted"}},
	{"accept that satisfies the initial payment", func() []asked {
		list := append(confirming(), paying())
		list[len(list)-1] = orderAsked(planOps, order.RecordPayment{
			Reference: "T1", Method: order.PayTT, ReceivingAccount: "ACC1", Amount: planMoney("1500 USD"), Payer: "Bruno", PaidAt: planStart,
		})
		return append(list, orderAsked(planOwner, order.ProposeChange{To: changed("6000 USD", "1500 USD", order.CoveragePreShipment)}))
	}, orderAsked(planBuyer, order.AcceptChange{Proposal: 1}),
		[]string{"order.change-accepted", "order.hold-adjusted", "order.funded", "credit.hold-adjusted"}},
	{"withdraw: order alone", escalated, orderAsked(planBuyer, order.WithdrawDispute{}), []string{"order.dispute-withdrawn"}},
	{"compensation: order and line", escalated, ruling(order.Arbitrate{Compensation: planMoney("500 USD")}),
		[]string{"order.arbitrated", "order.claim-posted", "credit.claim-posted"}},
	{"compensation of everything: order, line and entrustment", escalated, ruling(order.Arbitrate{Compensation: planMoney("2000 USD")}),
		[]string{"order.arbitrated", "order.claim-posted", "order.entrustment-unlinked", "order.closed", "credit.claim-posted", "entrustment.unlinked"}},
	{"refund ruled: order alone", escalated, ruling(order.Arbitrate{Refund: planMoney("500 USD")}),
		[]string{"order.arbitrated", "order.refund-made"}},
	{"settlement of everything: order, entrustment and line", escalated, orderAsked(planOwner, order.AcceptSettlement{Proposal: 1}),
		[]string{"order.settlement-accepted", "order.refund-made", "order.entrustment-unlinked", "order.hold-released", "order.closed", "entrustment.unlinked", "credit.released"}},
	{"refund of everything: order, entrustment and line", funded, orderAsked(planOwner, order.Refund{Amount: planMoney("2000 USD")}),
		[]string{"order.refund-made", "order.entrustment-unlinked", "order.hold-released", "order.closed", "entrustment.unlinked", "credit.released"}},
	{"release of a disputed order's entrustment: entrustment and order", func() []asked {
		list := append(confirming(), append(linking("E1"), declaring("E1", "N1", planStart)...)...)
		return append(list, paying(), orderAsked(planBuyer, order.OpenDispute{Ground: order.GroundOther, Claimed: planMoney("1 USD")}))
	}, asked{by: planOps, do: OnEntrustment("E1", entrustment.Release{ReleasedAt: planStart.Add(5 * time.Minute)})},
		[]string{"entrustment.released", "order.entrustment-released"}},
}

// TestPlanDisputedOrderKeepsItsEntrustment cancels the entrustment of an order that is frozen: the
// order refuses, and with it the whole.
func TestPlanDisputedOrderKeepsItsEntrustment(t *testing.T) {
	w := newPlanner(t, escalated()...)
	err := w.plan(asked{by: planOwner, do: OnEntrustment("E1", entrustment.Cancel{})})
	refusedAs(t, err, rule.D29, "unlink")
}

// TestPlanChangesMeetAnotherLine shows the line with a lower limit: the change is refused, and the
// line is not written.
func TestPlanChangesMeetAnotherLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		given func() []asked
		ask   asked
		most  events.Version
		rule  rule.ID
	}{
		{"raise", confirming, modifying("6000 USD", "3000 USD", order.CoveragePreShipment), 2, rule.D5},
		{"cover again", func() []asked { return append(confirming(), modifying("6000 USD", "2000 USD", order.CoverageNone)) },
			modifying("6000 USD", "2000 USD", order.CoveragePostDelivery), 3, rule.D5},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newPlanner(t, c.given()...)
			w.hide(t, planMust(credit.Stream(credit.Assurance, planOwner.Account, planUSD)), c.most, credit.LimitAssessed{Limit: planMoney("2000.01 USD")})
			refusedAs(t, w.plan(c.ask), c.rule, "modify")
			if slices.ContainsFunc(w.written, func(kind string) bool { return kind[:6] == "credit" }) {
				t.Fatalf("written %q", w.written)
			}
		})
	}
}

// TestPlanChangesReadNoLineWithoutNeed has changes that need no quota, or are refused whatever the
// line says, leave it to others.
func TestPlanChangesReadNoLineWithoutNeed(t *testing.T) {
	uncovered := append(confirming(), modifying("6000 USD", "2000 USD", order.CoverageNone))
	for _, c := range []struct {
		name  string
		given []asked
		ask   asked
		fails bool
	}{
		{"uncovered stays uncovered", uncovered, modifying("7000 USD", "2000 USD", order.CoverageNone), false},
		{"no such order", nil, asked{by: planOwner, do: OnOrder(planOrder2, order.Modify{To: changed("1 USD", "1 USD", order.CoveragePreShipment)})}, true},
		{"no proposal", uncovered, orderAsked(planBuyer, order.AcceptChange{Proposal: 1}), true},
		{"rejected", proposed("9000 USD", "2000 USD", order.CoveragePostDelivery), orderAsked(planBuyer, order.RejectChange{Proposal: 1}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newPlanner(t, c.given...)
			w.read = func(stream events.StreamID) {
				if stream.Category() == credit.Category {
					t.Error("the line is read")
				}
			}
			if err := w.plan(c.ask); (err != nil) != c.fails {
				t.Fatal(err)
			}
		})
	}
}
