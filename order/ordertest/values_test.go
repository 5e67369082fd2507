package ordertest_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestValues checks the promises of the generators of values.
func TestValues(t *testing.T) {
	usd := ordertest.USD("0").Currency()
	around := make(map[time.Duration]bool)
	set(t, "rapid.checks", "2000") // so that each of a few values is drawn, also in the short form
	rapid.Check(t, func(rt *rapid.T) {
		if m := ordertest.Amounts(usd).Draw(rt, "amount"); !m.IsPositive() || m.Currency() != usd {
			rt.Errorf("the amount is %s", m)
		}
		if n := ordertest.Numbers().Draw(rt, "number"); !n.IsPositive() {
			rt.Errorf("the number is %s", n)
		}
		if by := ordertest.Actors().Draw(rt, "actor"); by.Validate() != nil {
			rt.Errorf("the actor is %+v", by)
		}
		if by := ordertest.HostileActors().Draw(rt, "hostile actor"); by.Validate() == nil && by.Role != trade.Desk {
			rt.Errorf("the hostile actor is %+v", by)
		}
		if at := ordertest.Instants().Draw(rt, "instant"); trade.CheckInstant("at", at) != nil {
			rt.Errorf("the instant is %s", at)
		}
		around[ordertest.Around(ordertest.Start).Draw(rt, "around").Sub(ordertest.Start)] = true
		if id := ordertest.OrderIDs().Draw(rt, "order"); id.IsZero() {
			rt.Error("an order without an id")
		}
		if err := ordertest.Policies().Draw(rt, "policy").Validate(); err != nil {
			rt.Error(err)
		}
		if err := ordertest.PayLaterPolicies().Draw(rt, "pay-later policy").Validate(); err != nil {
			rt.Error(err)
		}
		draft := ordertest.GivenOrder(rt, order.PhaseDraft, ordertest.Contract{})
		draft.And(ordertest.Seller, order.SetTerms{Terms: ordertest.Terms(usd).Draw(rt, "terms")})

		// A desk accepts the generated ids of commands.
		f := ordertest.Desk(rt)
		c := desk.Command{ID: ordertest.CommandIDs().Draw(rt, "id"), By: ordertest.Seller, Do: desk.OnOrder(ordertest.OrderID, order.Draft{Mode: order.DraftOnline})}
		var no *trade.Refusal
		if _, err := f.Desk.Do(rt.Context(), c); !errors.As(err, &no) || no.Rule != rule.A6 {
			rt.Errorf("the answer is %v", err)
		}
	})
	for _, d := range []time.Duration{-1, 0, 1} {
		if !around[d] {
			t.Errorf("no instant lies %s from the deadline", d)
		}
	}
}

// TestContracts brings orders with generated contracts to every phase up to shipped.
func TestContracts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := ordertest.Contracts().Draw(rt, "contract")
		phase := rapid.SampledFrom([]order.Phase{order.PhaseDraft, order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip, order.PhaseShipped}).Draw(rt, "phase")
		o := ordertest.GivenOrder(rt, phase, c).Order()
		f := ordertest.Desk(rt)
		if on := f.Order(f.OrderAt(phase, ordertest.Contract{Total: trade.Minor(min(c.Total.MinorUnits(), 1<<59), c.Total.Currency()), Coverage: c.Coverage})); on.Phase != phase {
			rt.Errorf("the desk's order is %s, want %s", on.Phase, phase)
		}
		if o.Terms.Total != c.Total || o.Terms.Initial != c.Initial || o.Coverage != c.Coverage || o.Transport != c.Transport {
			rt.Errorf("the order of %+v is %+v", c, o)
		}
	})
}

// TestHostileAmounts checks that a draft accepts no hostile amount as its total, except for amounts that are merely
// very large or of another currency.
func TestHostileAmounts(t *testing.T) {
	refused := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := ordertest.HostileAmounts().Draw(rt, "amount")
		o := ordertest.GivenOrder(t, order.PhaseDraft, ordertest.Contract{}).Order()
		_, err := order.Decide(o, order.SetTerms{Terms: order.Terms{Total: m}}, trade.Given{By: ordertest.Seller, At: ordertest.Start}, order.Facts{})
		if _, unknown := m.Currency().MarshalText(); (err == nil) != (m.IsPositive() && unknown == nil) {
			rt.Errorf("a total of %d %v: %v", m.MinorUnits(), m.Currency(), err)
		}
		if err != nil {
			refused++
		}
	})
	if refused == 0 {
		t.Error("every hostile amount is accepted")
	}
}
