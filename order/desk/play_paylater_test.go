package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

var (
	merchants = []trade.Actor{shopkeeper, otherShop}
	shoppers  = []trade.Actor{shopper, otherShopper, {Role: trade.Buyer, Account: "m-other"}}
	marketers = slices.Concat(merchants, shoppers, []trade.Actor{platform, system})
)

// market makes commands up on orders, lines and funds of several merchants: mostly the next
// sensible step of what there is, and now and then anything, by anybody.
type market struct {
	*fixture
	pick   func(n int) int // from 0 to n-1
	sales  []trade.ID
	serial int
	id     trade.ID // the order of the command that was made up last, if it is of one
	ask    any      // that command
}

// newMarket is a market with that many orders, under policies that pick has a say in.
func newMarket(open func(opts ...desk.Option) *fixture, orders int, pick func(n int) int) *market {
	payouts := map[trade.Account]funds.Policy{
		shopkeeper.Account: {HoldDays: pick(2) * 7, FeeRate: pick(2) * 10, Expected: day},
		otherShop.Account:  {HoldDays: 15, FeeMin: fen(int64(pick(3)))},
	}
	m := &market{pick: pick, fixture: open(payout(payouts), terms(func(p *paylater.Policy) {
		p.FreezeAfterOverdue, p.Instalments, p.ChargeRetries = pick(4), pick(2) == 0, pick(2)
	}))}
	for i := range orders {
		m.sales = append(m.sales, trade.ID{0: 2, 6: 0x70, 8: 0x80, 15: byte(i + 1)})
	}
	return m
}

func from[T any](m *market, list ...T) T { return list[m.pick(len(list))] }

// step returns the next command; between commands time goes on.
func (m *market) step() desk.Command {
	m.serial++
	if m.pick(3) == 0 {
		m.after(from(m, 0, time.Millisecond, time.Hour, day, day, 4*day, 11*day, -3*time.Second, -time.Hour))
	}
	by, do := m.action()
	id := desk.CommandID(start.Add(time.Duration(m.serial)*time.Second), "market", fmt.Sprint(m.serial))
	return desk.Command{ID: id, By: by, Do: do}
}

func (m *market) action() (trade.Actor, desk.Action) {
	id := m.sales[m.serial/12%len(m.sales)]
	if m.pick(3) == 0 {
		id = from(m, m.sales...)
	}
	merchant := from(m, merchants...)
	switch n := m.pick(20); {
	case n < 11:
		by, c := m.nextOfSale(id)
		return by, m.toSale(id, c)
	case n < 14:
		return from(m, marketers...), m.toSale(id, from(m, m.anyOfSale(id)...))
	case n < 15:
		return platform, m.toQuota(merchant, m.nextOfQuota(merchant))
	case n < 16:
		return from(m, marketers...), m.toQuota(merchant, from(m, m.anyOfQuota()...))
	case n < 18:
		by, c := m.nextOfFunds(merchant)
		return by, m.toFunds(merchant, c)
	default:
		return from(m, platform, merchant, merchant, from(m, marketers...)), m.toFunds(merchant, from(m, m.anyOfFunds()...))
	}
}

func (m *market) toSale(id trade.ID, c paylater.Command) desk.Action {
	m.id, m.ask = id, c
	return desk.OnPayLater(id, c)
}

func (m *market) toQuota(merchant trade.Actor, c credit.Command) desk.Action {
	m.id, m.ask = trade.ID{}, c
	return desk.OnQuota(merchant.Account, cny, c)
}

func (m *market) toFunds(merchant trade.Actor, c funds.Command) desk.Action {
	m.id, m.ask = trade.ID{}, c
	return desk.OnFunds(merchant.Account, cny, c)
}

func (m *market) look(id trade.ID) paylater.Order {
	o, _, err := m.Desk.ReadPayLater(context.Background(), platform, id)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		m.Fatal(err)
	}
	return o
}

func (m *market) amount() trade.Money {
	return fen(from(m, int64(1), 100_00, 33_33, 500_00, 1200_00))
}

func (m *market) placing() paylater.Place {
	return paylater.Place{Merchant: from(m, merchants...).Account, ChosePayLater: m.pick(9) > 0, Amount: m.amount()}
}

// nextOfSale is a step that takes the order on.
func (m *market) nextOfSale(id trade.ID) (trade.Actor, paylater.Command) {
	o := m.look(id)
	buyer, seller := trade.Actor{Role: trade.Buyer, Account: o.Buyer}, trade.Actor{Role: trade.Seller, Account: o.Merchant}
	due := paylater.Pay{Reference: fmt.Sprint("P", m.serial), Amount: o.Due()}
	deadline, runs := o.Deadline()
	switch {
	case o.Phase == paylater.PhaseNone:
		return from(m, shoppers...), m.placing()
	case o.Phase == paylater.PhasePrepaid && m.pick(4) == 0, o.Phase == paylater.PhasePaid:
		return seller, paylater.Refund{Amount: from(m, o.Refundable(), fen(1))}
	case o.Phase == paylater.PhasePlaced && m.pick(3) == 0:
		return from(m, buyer, seller), from[paylater.Command](m, paylater.Cancel{}, due, due, due)
	case o.Phase == paylater.PhasePlaced || o.Phase == paylater.PhasePrepaid:
		return seller, paylater.Ship{}
	case o.Phase == paylater.PhaseOverdue:
		return from(m, platform, buyer), from[paylater.Command](m, paylater.WriteOff{}, due)
	case o.AfterSalesOpen():
		return from(m, seller, buyer, platform), paylater.CloseAfterSales{}
	case runs && m.pick(2) == 0:
		if m.Clock.Now().Before(deadline.At) {
			m.at(deadline.At)
		}
		return system, deadline.Command
	case o.Phase == paylater.PhaseReceived && m.pick(4) == 0:
		return buyer, paylater.OpenAfterSales{}
	default:
		return buyer, from[paylater.Command](m, paylater.ConfirmReceipt{}, due)
	}
}

// anyOfSale has one of each command of an order, sensible or not.
func (m *market) anyOfSale(id trade.ID) []paylater.Command {
	o := m.look(id)
	return []paylater.Command{
		m.placing(), paylater.Cancel{}, paylater.Ship{}, paylater.ExtendReceipt{}, paylater.ConfirmReceipt{}, paylater.AutoConfirmReceipt{},
		paylater.Pay{Reference: fmt.Sprint("P", m.serial%20), Amount: from(m, o.Due(), m.amount())}, paylater.Refund{Amount: m.amount()},
		paylater.RequestCharge{}, paylater.FailCharge{Reason: "no money"}, paylater.MarkOverdue{}, paylater.WriteOff{},
		paylater.OpenAfterSales{}, paylater.CloseAfterSales{}, paylater.LowerAmount{Amount: from(m, m.amount(), fen(2))}, paylater.Return{},
		paylater.FlagFake{},
	}
}

// nextOfQuota is what a platform may well ask for: more often a thaw than a freeze.
func (m *market) nextOfQuota(merchant trade.Actor) credit.Command {
	l, _, err := m.Desk.ReadQuota(context.Background(), platform, merchant.Account, cny)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return credit.OpenLine{Limit: fen(5000_00)}
	case err != nil:
		m.Fatal(err)
	case l.Frozen():
		return credit.Unfreeze(from(m, l.Freezes...))
	}
	return from(m, m.anyOfQuota()...)
}

// anyOfQuota has one of each command of a pay-later line.
func (m *market) anyOfQuota() []credit.Command {
	id, amount := from(m, m.sales...), m.amount()
	ground := from(m, credit.Ground{Reason: credit.ReasonOverdue, Ref: id.String()}, credit.Ground{Reason: credit.ReasonFakeOrder, Ref: id.String()},
		credit.Ground{Reason: credit.ReasonOpenOrders}, credit.Ground{Reason: credit.ReasonOther, Ref: "audit"})
	return []credit.Command{
		credit.OpenLine{Limit: fen(5000_00)}, credit.AssessLimit{Limit: fen(from(m, int64(5000_00), 1000_00, 100_00, 9000_00))},
		credit.Deduct{Order: id, Amount: amount}, credit.Restore{Order: id, Amount: amount, Cause: credit.RestorePaid}, credit.NoteOverdue{Order: id},
		credit.Consume{Order: id, Amount: amount}, credit.Withdraw{Amount: amount}, credit.Freeze(ground), credit.Unfreeze(ground),
	}
}

// nextOfFunds takes what can be taken, and ends what is on its way.
func (m *market) nextOfFunds(merchant trade.Actor) (trade.Actor, funds.Command) {
	b, _, err := m.Desk.ReadFunds(context.Background(), platform, merchant.Account, cny)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		m.Fatal(err)
	}
	open := b.Withdrawals()
	if len(open) > 0 && m.pick(2) == 0 {
		id := from(m, open...).ID
		return platform, from[funds.Command](m, funds.SettleWithdrawal{ID: id}, funds.FailWithdrawal{ID: id, Reason: "account closed"})
	}
	all := b.Available(m.Clock.Now())
	if all.IsZero() {
		all = fen(1)
	}
	dest := funds.Dest{Alipay: funds.Alipay{Account: "a", Holder: merchant.Account}}
	return merchant, funds.Withdraw{ID: funds.WithdrawalID(fmt.Sprint("W", m.serial)), Amount: from(m, all, m.amount()), Dest: dest}
}

// anyOfFunds has one of each command of a balance.
func (m *market) anyOfFunds() []funds.Command {
	id, amount := from(m, m.sales...), m.amount()
	w := funds.WithdrawalID(fmt.Sprint("W", m.serial-m.pick(20)))
	dest := from(m, ownAlipay, funds.Dest{Card: "6222-01"})
	return []funds.Command{
		funds.Credit{Order: id, Amount: amount}, funds.Debit{Order: id, Amount: amount}, funds.BindCard{Card: "6222-01", Holder: from(m, merchants...).Account},
		funds.UnbindCard{Card: "6222-01"}, funds.Withdraw{ID: w, Amount: amount, Dest: dest}, funds.WithdrawQuota{Amount: amount, Dest: dest},
		funds.SettleWithdrawal{ID: w}, funds.FailWithdrawal{ID: w, Reason: "account closed"},
		funds.PayCharge{ID: funds.ChargeID(fmt.Sprint("C", m.serial%30)), Amount: amount, What: "promotion"},
	}
}

// TestMarketKnowsEveryCommand holds the market to the tables of commands: what is added there has
// to be played with here.
func TestMarketKnowsEveryCommand(t *testing.T) {
	m := newMarket(func(opts ...desk.Option) *fixture { return inMemory(t, opts...) }, 1, func(int) int { return 0 })
	var sales, quotas, balances []string
	for _, row := range paylater.Life().Permits() {
		sales = append(sales, row.Command)
	}
	for _, row := range credit.Life(credit.PayLater).Permits() {
		quotas = append(quotas, row.Command)
	}
	for _, row := range funds.Life().Permits() {
		balances = append(balances, row.Command)
	}
	for _, c := range [][2][]string{
		{names(m.anyOfSale(m.sales[0])), sales}, {names(m.anyOfQuota()), quotas}, {names(m.anyOfFunds()), balances},
	} {
		for i := range c {
			slices.Sort(c[i])
			c[i] = slices.Compact(c[i])
		}
		if !slices.Equal(c[0], c[1]) {
			t.Errorf("played %q, the table has %q", c[0], c[1])
		}
	}
}
