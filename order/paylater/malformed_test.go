package paylater_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// TestMalformed is the table of input that is malformed whatever the state.
func TestMalformed(t *testing.T) {
	long := string(make([]byte, 1<<20))
	ok := place("1")
	placing := func(change func(*Place)) Place {
		c := ok
		change(&c)
		return c
	}
	for _, c := range []struct {
		field string
		by    trade.Actor
		at    time.Time
		ask   Command
	}{
		{"command", buyer, newYear, nil},
		{"command", buyer, newYear, &ok},
		{"actor.role", trade.Actor{}, newYear, ok},
		{"actor.role", trade.Actor{Role: 99}, newYear, ok},
		{"actor.account", trade.Actor{Role: trade.Buyer}, newYear, ok},
		{"actor.account", trade.Actor{Role: trade.Buyer, Account: "a b"}, newYear, ok},
		{"at", buyer, time.Time{}, ok},
		{"at", buyer, trade.MinInstant.Add(-1), ok},
		{"at", buyer, trade.MaxInstant.Add(1), ok},
		{"merchant", buyer, newYear, placing(func(c *Place) { c.Merchant = "" })},
		{"merchant", buyer, newYear, placing(func(c *Place) { c.Merchant = trade.Account(long) })},
		{"amount", buyer, newYear, placing(func(c *Place) { c.Amount = trade.Money{} })},
		{"amount", buyer, newYear, placing(func(c *Place) { c.Amount = yuan("0") })},
		{"amount", buyer, newYear, placing(func(c *Place) { c.Amount = yuan("-1") })},
		{"amount", buyer, newYear, placing(func(c *Place) { c.Amount = trade.Minor(1, trade.Currency{}) })},
		{"amount", buyer, newYear, placing(func(c *Place) { c.Amount = trade.Minor(1, trade.Currency{'X', 'X', 'X'}) })},
		{"reference", buyer, newYear, Pay{Amount: yuan("1")}},
		{"reference", buyer, newYear, Pay{Reference: long, Amount: yuan("1")}},
		{"reference", buyer, newYear, Pay{Reference: "a\x00", Amount: yuan("1")}},
		{"amount", buyer, newYear, Pay{Reference: "R"}},
		{"amount", merchant, newYear, Refund{}},
		{"reason", merchant, newYear, Refund{Amount: yuan("1"), Reason: trade.Text(long)}},
		{"amount", merchant, newYear, LowerAmount{Amount: yuan("-1")}},
		{"reason", buyer, newYear, Cancel{Reason: "a\rb"}},
		{"reason", system, newYear, FailCharge{Reason: trade.Text(long)}},
		{"reason", platform, newYear, WriteOff{Reason: trade.Text(long)}},
		{"reason", buyer, newYear, OpenAfterSales{Reason: trade.Text(long)}},
		{"reason", merchant, newYear, CloseAfterSales{Reason: trade.Text(long)}},
		{"reason", merchant, newYear, Return{Reason: "\xff"}},
		{"reason", platform, newYear, FlagFake{Reason: "a\u202eb"}},
	} {
		made, err := Decide(New(ours), c.ask, trade.Given{By: c.by, At: c.at}, Facts{})
		if !invalidField(err, c.field) || made != nil {
			t.Errorf("%s of %.60v: got %v", c.field, c.ask, err)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s: an error of %d bytes", c.field, len(err.Error()))
		}
	}
}

func TestPolicy(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
	if p := DefaultPolicy(); !reflect.DeepEqual(*p, Policy{ReceiveWithin: 10 * day, Extension: 3 * day, PayWithin: day, MaxAfterSales: 3, MaxPause: 30 * day}) {
		t.Errorf("the defaults are %+v", *p)
	}
	const most = 10 * 365 * day
	for field, bad := range map[string][]func(*Policy){
		"receive_within":       {func(p *Policy) { p.ReceiveWithin = 0 }, func(p *Policy) { p.ReceiveWithin = most + 1 }},
		"extension":            {func(p *Policy) { p.Extension = -1 }, func(p *Policy) { p.Extension = most + 1 }},
		"pay_within":           {func(p *Policy) { p.PayWithin = -1 }, func(p *Policy) { p.PayWithin = most + 1 }},
		"charge_retries":       {func(p *Policy) { p.ChargeRetries = -1 }, func(p *Policy) { p.ChargeRetries = 101 }},
		"max_after_sales":      {func(p *Policy) { p.MaxAfterSales = -1 }, func(p *Policy) { p.MaxAfterSales = 1_001 }},
		"max_pause":            {func(p *Policy) { p.MaxPause = -1 }, func(p *Policy) { p.MaxPause = most + 1 }},
		"currencies":           {func(p *Policy) { p.Currencies = []trade.Currency{{}} }},
		"freeze_after_overdue": {func(p *Policy) { p.FreezeAfterOverdue = -1 }, func(p *Policy) { p.FreezeAfterOverdue = 1_000_001 }},
	} {
		for _, change := range bad {
			w := newWorld(t).under(change)
			if _, err := w.try(place("1")); !invalidField(err, "policy."+field) {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	if _, err := newWorld(t).under(func(p *Policy) { *p = Policy{} }).try(place("1")); err == nil || !strings.Contains(err.Error(), "receive_within") {
		t.Errorf("a policy without terms: %v", err)
	}
	w := newWorld(t).under(func(p *Policy) { *p = Policy{ReceiveWithin: 1, ChargeRetries: 100, FreezeAfterOverdue: 1_000_000} })
	w.do(place("1"), Ship{}).wait(1).do(AutoConfirmReceipt{}, RequestCharge{})
}

// TestLastDeadlines runs an order at the latest accepted instant: its events can be stored and read
// back.
func TestLastDeadlines(t *testing.T) {
	const most = 10 * 365 * day
	w := newWorld(t).under(func(p *Policy) { p.ReceiveWithin, p.Extension, p.PayWithin = most, most, most })
	w.at(trade.MaxInstant).do(place("1"), Ship{}, ExtendReceipt{}, ConfirmReceipt{}, OpenAfterSales{}, CloseAfterSales{})
	for _, r := range w.history {
		typ, schema, data, err := EncodeEvent(nil, r.Event)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := DecodeEvent(typ, schema, data); err != nil || e != r.Event {
			t.Errorf("%s: %+v, %v", data, e, err)
		}
	}
}
