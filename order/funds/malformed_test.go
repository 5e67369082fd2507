package funds

import (
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// TestMalformed is the table of input that is malformed whatever the state.
func TestMalformed(t *testing.T) {
	long := string(make([]byte, 1<<20))
	ok := Credit{Order: orderB, Amount: yuan(1)}
	for _, c := range []struct {
		field string
		by    trade.Actor
		at    time.Time
		ask   Command
	}{
		{"command", desk, noon, nil},
		{"actor.role", trade.Actor{}, noon, ok},
		{"actor.role", trade.Actor{Role: 99}, noon, ok},
		{"actor.account", trade.Actor{Role: trade.Seller}, noon, ok},
		{"actor.account", trade.Actor{Role: trade.Desk, Account: "a b"}, noon, ok},
		{"at", desk, time.Time{}, ok},
		{"at", desk, time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), ok},
		{"at", desk, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), ok},
		{"order", desk, noon, Credit{Amount: yuan(1)}},
		{"amount", desk, noon, Credit{Order: orderB}},
		{"amount", desk, noon, Credit{Order: orderB, Amount: yuan(0)}},
		{"amount", desk, noon, Credit{Order: orderB, Amount: yuan(-1)}},
		{"order", desk, noon, Debit{Amount: yuan(1)}},
		{"amount", desk, noon, Debit{Order: orderA, Amount: yuan(-1)}},
		{"card", acme, noon, BindCard{Holder: "acme"}},
		{"card", acme, noon, BindCard{Card: CardNo(long), Holder: "acme"}},
		{"holder", acme, noon, BindCard{Card: "6222-01"}},
		{"card", acme, noon, UnbindCard{}},
		{"id", acme, noon, Withdraw{Amount: yuan(1), Dest: alipay}},
		{"id", acme, noon, Withdraw{ID: WithdrawalID(long), Amount: yuan(1), Dest: alipay}},
		{"dest.alipay.account", acme, noon, Withdraw{ID: "w-2", Amount: yuan(1)}},
		{"dest.alipay.account", acme, noon, Withdraw{ID: "w-2", Amount: yuan(1), Dest: Dest{Alipay: Alipay{Account: long, Holder: "acme"}}}},
		{"dest.alipay.holder", acme, noon, Withdraw{ID: "w-2", Amount: yuan(1), Dest: Dest{Alipay: Alipay{Account: "a"}}}},
		{"dest", acme, noon, Withdraw{ID: "w-2", Amount: yuan(1), Dest: Dest{Alipay: alipay.Alipay, Card: "6222-01"}}},
		{"dest.card", acme, noon, Withdraw{ID: "w-2", Amount: yuan(1), Dest: Dest{Card: "6222 01"}}},
		{"id", platform, noon, SettleWithdrawal{}},
		{"id", platform, noon, FailWithdrawal{Reason: "closed"}},
		{"reason", platform, noon, FailWithdrawal{ID: "w-1"}},
		{"reason", platform, noon, FailWithdrawal{ID: "w-1", Reason: trade.Text(long)}},
		{"id", acme, noon, PayCharge{Amount: yuan(1), What: "promotion"}},
		{"what", acme, noon, PayCharge{ID: "c-2", Amount: yuan(1)}},
		{"what", acme, noon, PayCharge{ID: "c-2", Amount: yuan(1), What: long}},
	} {
		_, err := Decide(free, c.ask, trade.Given{By: c.by, At: c.at}, sold(1))
		var bad *trade.InvalidError
		if !errors.As(err, &bad) || bad.Field != c.field || bad.Reason == "" {
			t.Errorf("%s of %.60v: got %v", c.field, c.ask, err)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s: an error of %d bytes", c.field, len(err.Error()))
		}
	}
}

// TestBadFacts is the table of facts that cannot be.
func TestBadFacts(t *testing.T) {
	for name, f := range map[string]Facts{
		"credited in another currency": {Sale: Sale{Credited: dollars(100)}},
		"two currencies":               {Sale: Sale{Credited: yuan(100), Refunded: dollars(1)}},
		"out of range":                 {Sale: Sale{Credited: fen(-1 << 63), Refunded: yuan(1)}},
	} {
		var bad *trade.InvalidError
		if _, err := Decide(free, Debit{orderA, yuan(1)}, trade.Given{By: desk, At: noon}, f); !errors.As(err, &bad) || bad.Field != "facts.sale" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPolicy(t *testing.T) {
	defaults := DefaultPolicy()
	if defaults != (Policy{Expected: 24 * time.Hour}) || defaults.Validate(CNY()) != nil {
		t.Errorf("the defaults are %+v", defaults)
	}
	for _, c := range []struct {
		field  string
		policy Policy
	}{
		{"policy.hold_days", Policy{HoldDays: -1}},
		{"policy.hold_days", Policy{HoldDays: 3651}},
		{"policy.fee_rate", Policy{FeeRate: -1}},
		{"policy.fee_rate", Policy{FeeRate: 10_001}},
		{"policy.expected", Policy{Expected: -1}},
		{"policy.expected", Policy{Expected: 3650*day + 1}},
		{"policy.fee_min", Policy{FeeMin: yuan(-1)}},
		{"policy.fee_min", Policy{FeeMin: dollars(1)}},
		{"policy.fee_max", Policy{FeeMax: yuan(-1)}},
		{"policy.fee_max", Policy{FeeMax: dollars(0)}},
		{"policy.fee_max", Policy{FeeMin: fen(2), FeeMax: fen(1)}},
		{"policy.min_withdrawal", Policy{MinWithdrawal: yuan(-1)}},
		{"policy.min_withdrawal", Policy{MinWithdrawal: dollars(1)}},
	} {
		var bad *trade.InvalidError
		if err := c.policy.Validate(CNY()); !errors.As(err, &bad) || bad.Field != c.field {
			t.Errorf("%+v: %v", c.policy, err)
		}
		for _, ask := range []Command{Credit{orderB, yuan(1)}, withdraw(1)} {
			f := sold(1)
			f.Policy = &c.policy
			if _, err := Decide(free, ask, trade.Given{By: who(ask), At: noon}, f); !errors.As(err, &bad) || bad.Field != c.field {
				t.Errorf("%s under %+v: %v", ask.Name(), c.policy, err)
			}
		}
	}
	for _, p := range []Policy{
		{}, {HoldDays: 3650, FeeRate: 10_000, Expected: 3650 * day}, {FeeMin: fen(2), FeeMax: fen(2), MinWithdrawal: fen(1)}, {FeeMin: fen(2), FeeMax: yuan(0)},
	} {
		if err := p.Validate(CNY()); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
	// What is decided at the last instant under the longest policy can be stored.
	f := Facts{Policy: &Policy{HoldDays: 3650, Expected: 3650 * day}, Sale: Sale{Paid: yuan(1)}}
	for _, ask := range []Command{Credit{orderB, yuan(1)}, withdraw(1)} {
		made, err := Decide(free, ask, trade.Given{By: who(ask), At: trade.MaxInstant}, f)
		if err != nil {
			t.Fatal(err)
		}
		b := free
		if err := b.Apply(recode(t, made[0]), trade.MaxInstant); err != nil {
			t.Error(err)
		}
	}
}
