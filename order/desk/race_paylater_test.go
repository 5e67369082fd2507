package desk_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// saleOfRound places the order of a round.
func (tr *fixture) saleOfRound(round int, amount string) trade.ID {
	tr.Helper()
	id := orderOfRound(round, 9)
	tr.Do(shopper, desk.OnPayLater(id, placing(shopkeeper, amount)))
	return id
}

// used checks what the orders of the shop use of its line.
func (tr *fixture) used(want string) error {
	if l := tr.quota(); l.Held != money(want) {
		return fmt.Errorf("%s is used, want %s", l.Held, want)
	}
	return nil
}

// keeps judges by oneOf, and then what is left of the quota, which is all of it.
func keeps(rules ...rule.ID) func(*fixture, int, [2]error) (int, error) {
	return func(tr *fixture, round int, answers [2]error) (int, error) {
		winner, err := oneOf(rules...)(tr, round, answers)
		if err == nil {
			err = tr.used("0 CNY")
		}
		return winner, err
	}
}

var payLaterDuels = []duel{
	{
		name: "TwoOrdersUseTheLastOfAQuota",
		prepare: func(_ *fixture, round int) (c [2]desk.Command) {
			for n := range c {
				c[n] = asking(shopper, desk.OnPayLater(orderOfRound(round, n), placing(shopkeeper, "3000 CNY")))
			}
			return c
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			winner, err := oneOf(rule.B5)(tr, round, answers)
			if err == nil {
				err = tr.used("3000 CNY")
			}
			if err == nil {
				tr.on(orderOfRound(round, winner), paylater.Cancel{})
				err = tr.used("0 CNY")
			}
			return winner, err
		},
	},
	{
		name: "PayAgainstCancel",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id := tr.saleOfRound(round, "100 CNY")
			return [2]desk.Command{asking(shopper, desk.OnPayLater(id, paying("100 CNY"))), asking(shopkeeper, desk.OnPayLater(id, paylater.Cancel{}))}
		},
		judge: keeps(rule.B8, rule.D49),
	},
	{
		name: "PayAgainstOverdueAtTheDueInstant",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			tr.at(start)
			id := tr.saleOfRound(round, "100 CNY")
			tr.on(id, paylater.Ship{}, paylater.ConfirmReceipt{})
			// A nanosecond after the due time both may be first.
			tr.at(tr.PayLaterOrder(id).DueAt.Add(1))
			return [2]desk.Command{asking(shopper, desk.OnPayLater(id, paying("100 CNY"))), asking(system, desk.OnPayLater(id, paylater.MarkOverdue{}))}
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			// A payment is accepted either way; the order was overdue before it or never.
			o, l := tr.PayLaterOrder(orderOfRound(round, 9)), tr.quota()
			if answers[0] != nil || o.Phase != paylater.PhasePaid || l.Overdue != 0 || !l.Held.IsZero() {
				return 0, fmt.Errorf("answers %v and %v, phase %s, %d overdue, %s used", answers[0], answers[1], o.Phase, l.Overdue, l.Held)
			}
			switch late := !o.OverdueAt.IsZero(); {
			case answers[1] == nil && late:
				return 1, nil
			case refusedBy(answers[1], rule.D47) && !late:
				return 0, nil
			}
			return 0, fmt.Errorf("overdue at %s, %v", o.OverdueAt, answers[1])
		},
	},
	{
		name: "TwoWithdrawalsOfOneBalance",
		prepare: func(tr *fixture, round int) (c [2]desk.Command) {
			tr.pay(tr.saleOfRound(round, "100 CNY"), "100 CNY")
			for n := range c {
				c[n] = asking(shopkeeper, withdrawal(fmt.Sprintf("W-%d-%d", round, n), "100 CNY"))
			}
			return c
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			winner, err := oneOf(rule.B10)(tr, round, answers)
			if p := tr.funds(); err == nil && (!p.Available.IsZero() || p.InTransit != yuan("100") || !p.Debt.IsZero()) {
				err = fmt.Errorf("%+v", p)
			}
			if err == nil {
				tr.Do(platform, onFunds(funds.SettleWithdrawal{ID: funds.WithdrawalID(fmt.Sprintf("W-%d-%d", round, winner))}))
			}
			return winner, err
		},
	},
	{
		name: "WithdrawalAgainstRefund",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id := tr.saleOfRound(round, "100 CNY")
			tr.pay(id, "100 CNY")
			return [2]desk.Command{
				asking(shopkeeper, withdrawal(fmt.Sprintf("W-%d", round), "100 CNY")), asking(platform, desk.OnPayLater(id, paylater.Refund{Amount: money("60 CNY")})),
			}
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			p := tr.funds()
			switch {
			case answers[1] != nil:
				return 0, fmt.Errorf("the refund: %w", answers[1])
			case answers[0] == nil && p.Debt == yuan("60") && p.Available.IsZero() && p.InTransit == yuan("100"):
				tr.Do(platform, onFunds(funds.FailWithdrawal{ID: funds.WithdrawalID(fmt.Sprintf("W-%d", round)), Reason: "account closed"}))
				return 0, tr.emptied(round)
			case refusedBy(answers[0], rule.B10) && p.Debt.IsZero() && p.Available == yuan("40") && p.InTransit.IsZero():
				return 1, tr.emptied(round)
			}
			return 0, fmt.Errorf("the withdrawal: %v; %+v", answers[0], p)
		},
	},
}

// emptied spends the 40 yuan that the race of a round has left in any case.
func (tr *fixture) emptied(round int) error {
	tr.Do(shopkeeper, onFunds(funds.PayCharge{ID: funds.ChargeID(fmt.Sprint("C-", round)), Amount: money("40 CNY"), What: "promotion"}))
	if p := tr.funds(); !p.Available.IsZero() || !p.Debt.IsZero() {
		return fmt.Errorf("not 40 yuan were left: %+v", p)
	}
	return nil
}

// TestPayLaterRaces has commands of pay-later orders meet in earnest, as TestRaces has those of
// assurance orders: at least 200 rounds each and until each side has won.
func TestPayLaterRaces(t *testing.T) {
	for _, d := range payLaterDuels {
		t.Run(d.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.db")
			open := func() *fixture {
				return newFixture(t, openFile(t, path), payout(map[trade.Account]funds.Policy{shopkeeper.Account: {}}))
			}
			tr := open().openShop("5000 CNY")
			sides := [2]*fixture{open(), open()}
			var won [2]int
			least := max(rounds(200), 20)
			for round := 0; round < least || (won[0] == 0 || won[1] == 0) && round < 20*least; round++ {
				commands := d.prepare(tr, round)
				for _, s := range sides {
					s.at(tr.Clock.Now())
				}
				winner, err := d.judge(tr, round, fight(sides, commands))
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				won[winner]++
			}
			t.Logf("won %v", won)
			if won[0] == 0 || won[1] == 0 {
				t.Fatalf("one side never won: %v", won)
			}
			tr.audit()
		})
	}
}

// TestStaleQuota has a desk work on orders, a line and funds that its cache knows as they were:
// whichever of them is older, it decides again, and neither refuses nor fails for what is past.
func TestStaleQuota(t *testing.T) {
	tr := shop(t, "5000 CNY")
	other := newFixture(t, tr.Store)
	for _, c := range []struct {
		name   string
		know   func(id trade.ID) // what the other desk looks at before
		change paylater.Command  // by the first desk
		ask    paylater.Command  // of the other one
		rule   rule.ID           // that refuses it; "" if it is accepted
	}{
		{"a line without the order", func(trade.ID) { other.quota() }, nil, paying("100 CNY"), ""},
		{"an order that was paid", func(id trade.ID) { other.PayLaterOrder(id) }, paying("100 CNY"), paying("100 CNY"), rule.B8},
		{"an order that was cancelled", func(id trade.ID) { other.PayLaterOrder(id) }, paylater.Cancel{}, paying("100 CNY"), rule.B8},
		{"all as it was", func(id trade.ID) { other.PayLaterOrder(id); other.quota() }, paying("100 CNY"), paylater.Cancel{}, rule.D49},
		{"funds without the credit", func(id trade.ID) { other.PayLaterOrder(id); other.funds() }, paying("100 CNY"), paylater.Refund{Amount: money("100 CNY")}, ""},
	} {
		if c.change == nil {
			c.know(trade.ID{})
		}
		id := tr.place("100 CNY")
		if c.change != nil {
			c.know(id)
			tr.on(id, c.change)
		}
		_, err := other.Ask(usually(c.ask), desk.OnPayLater(id, c.ask))
		if c.rule == "" && err != nil || c.rule != "" && !refusedBy(err, c.rule) {
			t.Errorf("%s: %v", c.name, err)
		}
		tr.audit()
		other.audit()
	}
}

// TestHotQuota has many callers place and pay orders of one merchant through one desk: they are
// queued, and none of them decides in vain.
func TestHotQuota(t *testing.T) {
	store := &conflicts{Store: memory.New()}
	tr := newFixture(t, store).openShop("100000 CNY")
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			id := trade.NewID()
			for _, c := range []paylater.Command{placing(shopkeeper, "100 CNY"), paying("100 CNY")} {
				if _, err := tr.Ask(shopper, desk.OnPayLater(id, c)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	tr.lineIs("100000", "0", "100000")
	tr.fundsAre("10000", "0", "0")
	if n := store.met.Load(); n != 0 {
		t.Fatalf("%d conflicts", n)
	}
	tr.audit()
}

// TestFreezeMeetsOrders has orders become overdue, be paid and be placed by many callers of two
// desks on one file, while the line is frozen and thawed: the books agree at the end.
func TestFreezeMeetsOrders(t *testing.T) {
	path, policy := filepath.Join(t.TempDir(), "log.db"), paylater.DefaultPolicy()
	policy.FreezeAfterOverdue = 2
	open := func() *fixture {
		return newFixture(t, openFile(t, path), desk.WithPayLater(policy))
	}
	tr := open().openShop("100000 CNY")
	tr.payLater = policy
	sides := [2]*fixture{open(), open()}
	var ids []trade.ID
	for range rounds(60) + 10 {
		ids = append(ids, tr.received("100 CNY"))
	}
	for _, s := range sides {
		s.at(start.Add(day + 1))
	}
	var all sync.WaitGroup
	for i, id := range ids {
		for _, c := range []paylater.Command{paylater.MarkOverdue{}, paying("100 CNY"), placing(shopkeeper, "100 CNY")} {
			to := id
			if _, ok := c.(paylater.Place); ok {
				to = trade.NewID()
			}
			all.Go(func() {
				_, err := sides[i%2].Desk.Do(context.Background(), asking(usually(c), desk.OnPayLater(to, c)))
				if err != nil && !refusedBy(err, rule.D47) && !refusedBy(err, rule.B5) {
					t.Errorf("%s: %v", c.Name(), err)
				}
			})
		}
		if i%5 == 0 {
			all.Go(func() {
				l := sides[i%2].quota()
				for _, g := range l.Freezes {
					if _, err := sides[i%2].Ask(platform, onQuota(credit.Unfreeze(g))); err != nil && !refusedBy(err, rule.D53) {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	tr.at(start.Add(2 * day)).after(time.Second)
	if l := tr.quota(); l.Overdue != 0 {
		t.Fatalf("%d orders are overdue, and all of them were paid", l.Overdue)
	}
	tr.audit()
}
