package funds_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// A payment waits seven days and is then withdrawn for a fee. Nothing has to happen for it to
// become available, and deciding needs no store.
func Example() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	desk, merchant := trade.Actor{Role: trade.Desk}, trade.Actor{Role: trade.Seller, Account: "acme"}
	hundred, _ := trade.ParseMoney("100.00 CNY")
	policy := funds.Policy{HoldDays: 7, FeeRate: 10, Expected: 24 * time.Hour}

	b := funds.New("acme", funds.CNY())
	do := func(by trade.Actor, at time.Time, c funds.Command, f funds.Facts) error {
		f.Policy = &policy
		made, err := funds.Decide(b, c, trade.Given{By: by, At: at}, f)
		for _, e := range made {
			fmt.Println(e.Kind())
			err = errors.Join(err, b.Apply(e, at))
		}
		return err
	}
	err := do(desk, at, funds.Credit{Order: trade.ID{1}, Amount: hundred}, funds.Facts{Sale: funds.Sale{Paid: hundred}})
	fmt.Println(b.Pending(at), b.Available(at), err)

	withdraw := funds.Withdraw{ID: "w-1", Amount: hundred, Dest: funds.Dest{
		Alipay: funds.Alipay{Account: "acme@example.com", Holder: "acme"},
	}}
	early := do(merchant, at.AddDate(0, 0, 6), withdraw, funds.Facts{})
	var no *trade.Refusal
	fmt.Println(errors.Is(early, rule.B17), errors.As(early, &no), no.Earliest.Format(time.DateTime))

	err = do(merchant, no.Earliest, withdraw, funds.Facts{})
	fmt.Println(b.Withdrawals()[0].Net, err)
	// Output:
	// funds.credited
	// 100.00 CNY 0.00 CNY <nil>
	// true true 2025-03-17 09:00:00
	// funds.withdrawal-requested
	// 99.90 CNY <nil>
}

// account is acme's balance with its history.
type account struct {
	balance funds.Balance
	history []events.Recorded[funds.Event]
	now     time.Time
}

// do decides a command and folds its events; it prints a refusal. A sale comes with a counterpart.
func (a *account) do(role trade.Role, c funds.Command, sale funds.Sale) {
	f := funds.Facts{Policy: &funds.Policy{HoldDays: 0, Expected: 24 * time.Hour}, Sale: sale}
	made, err := funds.Decide(a.balance, c, trade.Given{By: trade.Actor{Role: role, Account: "acme"}, At: a.now}, f)
	for _, e := range made {
		err = errors.Join(err, a.balance.Apply(e, a.now))
		a.history = append(a.history, events.Recorded[funds.Event]{At: a.now, Event: e})
	}
	if err != nil {
		fmt.Println(err)
	}
	a.now = a.now.Add(time.Hour)
}

func money(amount string) trade.Money {
	m, err := trade.ParseMoney(amount + " CNY")
	if err != nil {
		panic(err)
	}
	return m
}

func alipay(id funds.WithdrawalID, amount string) funds.Withdraw {
	return funds.Withdraw{ID: id, Amount: money(amount), Dest: funds.Dest{Alipay: funds.Alipay{Account: "acme@example.com", Holder: "acme"}}}
}

// busy is an account that was credited, withdrew all of it and had to refund a part.
func busy() *account {
	a := &account{balance: funds.New("acme", funds.CNY()), now: time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)}
	hundred := money("100")
	a.do(trade.Desk, funds.Credit{Order: trade.ID{1}, Amount: hundred}, funds.Sale{Paid: hundred})
	a.do(trade.Seller, alipay("w-1", "100"), funds.Sale{})
	a.do(trade.Desk, funds.Debit{Order: trade.ID{1}, Amount: money("60")}, funds.Sale{Paid: hundred, Credited: hundred})
	a.do(trade.Platform, funds.SettleWithdrawal{ID: "w-1"}, funds.Sale{})
	return a
}

// The part of a refund that the balance cannot cover is a debt, which the next credit settles
// first.
func Example_debt() {
	a := busy()
	fmt.Println("owes", a.balance.Debt())
	a.do(trade.Desk, funds.Credit{Order: trade.ID{2}, Amount: money("80")}, funds.Sale{Paid: money("80")})
	fmt.Println("owes", a.balance.Debt(), "has", a.balance.Available(a.now))
	// Output:
	// owes 60.00 CNY
	// owes 0.00 CNY has 20.00 CNY
}

// Quota is a limit and never money.
func ExampleWithdrawQuota() {
	a := busy()
	a.do(trade.Seller, funds.WithdrawQuota{Amount: money("1")}, funds.Sale{})
	// Output:
	// refused by B6: withdraw-quota in phase open: The pay-later quota cannot be withdrawn; only received funds can. Here: withdraw received funds instead.
}

// Page is what the merchant sees: each unit that was credited is in one place.
func ExampleBalance_Page() {
	a := busy()
	p := a.balance.Page(a.now)
	fmt.Println("credited", p.Credited, "paid out", p.PaidOut, "refunded", p.Refunded, "debt", p.Debt)
	// Output:
	// credited 100.00 CNY paid out 100.00 CNY refunded 60.00 CNY debt 60.00 CNY
}

// A statement lists what moved the funds, with the balance after each movement.
func ExampleLedger() {
	s, err := funds.Ledger(funds.New("acme", funds.CNY()), busy().history)
	for _, m := range s.Movements {
		fmt.Println(m.At.Format("15:04"), m.Kind, m.Amount, m.Balance)
	}
	fmt.Println(s.Opening, s.Closing, err)
	// Output:
	// 09:00 funds.credited 100.00 CNY 100.00 CNY
	// 10:00 funds.withdrawal-requested -100.00 CNY 0.00 CNY
	// 11:00 funds.debited -60.00 CNY -60.00 CNY
	// 0.00 CNY -60.00 CNY <nil>
}

// Withdrawals lists all withdrawals of a history, those that are over too.
func ExampleWithdrawals() {
	list, err := funds.Withdrawals(busy().history)
	for _, w := range list {
		fmt.Println(w.ID, w.Gross, w.Status, w.EndedAt.Format("15:04"))
	}
	fmt.Println(err)
	// Output:
	// w-1 100.00 CNY settled 12:00
	// <nil>
}
