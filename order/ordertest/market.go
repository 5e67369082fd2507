package ordertest

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// market makes commands up on pay-later orders, quotas and received funds of two merchants.
type market struct {
	*table
	sales []trade.ID
}

func newMarket(tb *table, sales int) *market {
	m := &market{table: tb}
	for i := range sales {
		m.sales = append(m.sales, trade.ID{0: 2, 6: 0x70, 8: 0x80, 15: byte(i + 1)})
	}
	return m
}

// open opens the lines of the merchants and places some orders.
func (m *market) open() {
	m.OpenShop(Merchant, CNY("5000")).OpenShop(OtherMerchant, CNY("5000"))
	for _, id := range m.sales {
		if m.chance(3) > 0 {
			m.Do(one(m.chance, Shopper, OtherShopper), desk.OnPayLater(id, paylater.Place{
				Merchant: one(m.chance, Merchant, OtherMerchant).Account, ChosePayLater: true, Amount: CNY(one(m.chance, "100", "33.33", "500")),
			}))
		}
	}
}

// next is the next sensible step of something, by whoever may take it.
func (m *market) next() (trade.Actor, wish) {
	id := m.sales[m.serial/8%len(m.sales)]
	if m.chance(3) == 0 {
		id = one(m.chance, m.sales...)
	}
	merchant := one(m.chance, Merchant, OtherMerchant)
	switch n := m.chance(20); {
	case n < 14:
		by, c := m.nextOfSale(id)
		return by, onSale(id, c)
	case n < 16:
		return Platform, onQuota(merchant, m.nextOfQuota(merchant))
	default:
		by, c := m.nextOfFunds(merchant)
		return by, onFunds(merchant, c)
	}
}

// any is any command on anything.
func (m *market) any() wish {
	merchant := one(m.chance, Merchant, OtherMerchant)
	switch n := m.chance(10); {
	case n < 6:
		id := one(m.chance, m.sales...)
		return onSale(id, one(m.chance, m.anyOfSale(id)...))
	case n < 8:
		return onQuota(merchant, one(m.chance, m.anyOfQuota()...))
	default:
		return onFunds(merchant, one(m.chance, m.anyOfFunds()...))
	}
}

// deadline is a deadline that runs, or the instant at which a credit becomes available, or the
// zero time.
func (m *market) deadline() time.Time {
	o := m.look(one(m.chance, m.sales...))
	if d, runs := o.Deadline(); runs {
		return d.At
	}
	if !o.PaidAt.IsZero() {
		return o.PaidAt.Add(7 * Day)
	}
	return time.Time{}
}

func (m *market) look(id trade.ID) paylater.Order {
	o, _, err := m.Desk.ReadPayLater(m.t.Context(), Platform, id)
	return found(m.Fixture, o, err)
}

func (m *market) amount() trade.Money {
	return CNY(one(m.chance, "0.01", "100", "33.33", "500", "1200"))
}

func (m *market) placing() paylater.Place {
	return paylater.Place{Merchant: one(m.chance, Merchant, OtherMerchant).Account, ChosePayLater: m.chance(9) > 0, Amount: m.amount()}
}

// nextOfSale is a step that takes the order on.
func (m *market) nextOfSale(id trade.ID) (trade.Actor, paylater.Command) {
	o := m.look(id)
	buyer, merchant := trade.Actor{Role: trade.Buyer, Account: o.Buyer}, trade.Actor{Role: trade.Seller, Account: o.Merchant}
	due := paylater.Pay{Reference: fmt.Sprint("P", m.serial), Amount: o.Due()}
	deadline, runs := o.Deadline()
	switch {
	case o.Phase == paylater.PhaseNone:
		return one(m.chance, Shopper, OtherShopper), m.placing()
	case o.Phase == paylater.PhasePrepaid && m.chance(4) == 0, o.Phase == paylater.PhasePaid && o.Refundable().IsPositive():
		return merchant, paylater.Refund{Amount: one(m.chance, o.Refundable(), CNY("0.01"))}
	case (o.Phase == paylater.PhasePlaced || o.Phase == paylater.PhaseReceived) && m.chance(6) == 0:
		return merchant, paylater.LowerAmount{Amount: CNY(one(m.chance, "0.01", "20"))}
	case o.Phase == paylater.PhasePlaced && m.chance(3) == 0:
		return buyer, one[paylater.Command](m.chance, paylater.Cancel{}, due, due, due)
	case o.Phase == paylater.PhasePlaced || o.Phase == paylater.PhasePrepaid:
		return merchant, paylater.Ship{}
	case o.Phase == paylater.PhaseOverdue && m.chance(2) == 0:
		return Platform, one[paylater.Command](m.chance, paylater.WriteOff{}, paylater.Return{})
	case o.Phase == paylater.PhaseOverdue:
		return buyer, due
	case o.AfterSalesOpen():
		return one(m.chance, merchant, buyer, Platform), paylater.CloseAfterSales{}
	case o.ChargePending && m.chance(2) == 0:
		return System, paylater.FailCharge{Reason: "no money"}
	case o.Phase == paylater.PhaseShipped && !o.Extended && m.chance(3) == 0:
		return buyer, paylater.ExtendReceipt{}
	case o.Phase == paylater.PhaseReceived && m.chance(3) == 0:
		return buyer, paylater.OpenAfterSales{}
	case runs && m.chance(3) == 0:
		if m.Clock.Now().Before(deadline.At) {
			m.Clock.Set(deadline.At)
		}
		return System, deadline.Command
	case o.Phase == paylater.PhaseShipped || o.Phase == paylater.PhasePrepaidShipped:
		return buyer, paylater.ConfirmReceipt{}
	case o.Phase == paylater.PhaseReceived:
		return buyer, due
	default:
		return Platform, paylater.FlagFake{Reason: "brushing"}
	}
}

// anyOfSale has one of each command of an order, sensible or not.
func (m *market) anyOfSale(id trade.ID) []paylater.Command {
	o := m.look(id)
	return []paylater.Command{
		m.placing(), paylater.Cancel{}, paylater.Ship{}, paylater.ExtendReceipt{}, paylater.ConfirmReceipt{}, paylater.AutoConfirmReceipt{},
		paylater.Pay{Reference: fmt.Sprint("P", m.chance(m.serial+1)), Amount: one(m.chance, o.Due(), m.amount())}, paylater.Refund{Amount: m.amount()},
		paylater.RequestCharge{}, paylater.FailCharge{Reason: "no money"}, paylater.MarkOverdue{}, paylater.WriteOff{},
		paylater.OpenAfterSales{}, paylater.CloseAfterSales{}, paylater.LowerAmount{Amount: one(m.chance, m.amount(), CNY("0.02"))}, paylater.Return{},
		paylater.FlagFake{},
	}
}

// nextOfQuota is what a platform may well ask for: more often a thaw than a freeze.
func (m *market) nextOfQuota(merchant trade.Actor) credit.Command {
	l, _, err := m.Desk.ReadQuota(m.t.Context(), Platform, merchant.Account, funds.CNY())
	l = found(m.Fixture, l, err)
	switch {
	case l.Frozen():
		return credit.Unfreeze(one(m.chance, l.Freezes...))
	case m.chance(3) == 0:
		return credit.Freeze(m.ground())
	default:
		return credit.AssessLimit{Limit: CNY(one(m.chance, "5000", "1000", "9000"))}
	}
}

func (m *market) ground() credit.Ground {
	id := one(m.chance, m.sales...)
	return one(m.chance,
		credit.Ground{Reason: credit.ReasonOverdue, Ref: id.String()}, credit.Ground{Reason: credit.ReasonFakeOrder, Ref: id.String()},
		credit.Ground{Reason: credit.ReasonOpenOrders}, credit.Ground{Reason: credit.ReasonOther, Ref: "audit"})
}

// anyOfQuota has one of each command of a pay-later line.
func (m *market) anyOfQuota() []credit.Command {
	id, amount, ground := one(m.chance, m.sales...), m.amount(), m.ground()
	return []credit.Command{
		credit.OpenLine{Limit: CNY("5000")}, credit.AssessLimit{Limit: CNY(one(m.chance, "5000", "100", "9000"))},
		credit.Deduct{Order: id, Amount: amount}, credit.Restore{Order: id, Amount: amount, Cause: credit.RestorePaid}, credit.NoteOverdue{Order: id},
		credit.Consume{Order: id, Amount: amount}, credit.Withdraw{Amount: amount}, credit.Freeze(ground), credit.Unfreeze(ground),
	}
}

// nextOfFunds takes what can be taken, and ends what is on its way.
func (m *market) nextOfFunds(merchant trade.Actor) (trade.Actor, funds.Command) {
	b, _, err := m.Desk.ReadFunds(m.t.Context(), Platform, merchant.Account, funds.CNY())
	b = found(m.Fixture, b, err)
	open := b.Withdrawals()
	if len(open) > 0 && m.chance(2) == 0 {
		id := one(m.chance, open...).ID
		return Platform, one[funds.Command](m.chance, funds.SettleWithdrawal{ID: id}, funds.FailWithdrawal{ID: id, Reason: "account closed"})
	}
	if cards := b.Cards(); len(cards) > 1 && m.chance(2) == 0 {
		return merchant, funds.UnbindCard{Card: one(m.chance, cards...)}
	}
	if all := b.Available(m.Clock.Now()); all.IsPositive() {
		if m.chance(4) == 0 {
			return merchant, funds.PayCharge{ID: funds.ChargeID(fmt.Sprint("C", m.serial)), Amount: CNY("0.01"), What: "promotion"}
		}
		dest := OwnAlipay(merchant)
		if cards := b.Cards(); len(cards) > 0 && m.chance(2) == 0 {
			dest = funds.Dest{Card: one(m.chance, cards...)}
		}
		return merchant, funds.Withdraw{ID: funds.WithdrawalID(fmt.Sprint("W", m.serial)), Amount: all, Dest: dest}
	}
	return merchant, funds.BindCard{Card: funds.CardNo(fmt.Sprintf("6222-%04d", m.serial)), Holder: merchant.Account}
}

// anyOfFunds has one of each command of received funds.
func (m *market) anyOfFunds() []funds.Command {
	id, amount := one(m.chance, m.sales...), m.amount()
	w := funds.WithdrawalID(fmt.Sprint("W", m.chance(m.serial+1)))
	holder := one(m.chance, Merchant, OtherMerchant)
	dest := one(m.chance, OwnAlipay(holder), funds.Dest{Card: "6222-01"})
	return []funds.Command{
		funds.Credit{Order: id, Amount: amount}, funds.Debit{Order: id, Amount: amount}, funds.BindCard{Card: "6222-01", Holder: holder.Account},
		funds.UnbindCard{Card: "6222-01"}, funds.Withdraw{ID: w, Amount: amount, Dest: dest}, funds.WithdrawQuota{Amount: amount, Dest: dest},
		funds.SettleWithdrawal{ID: w}, funds.FailWithdrawal{ID: w, Reason: "account closed"},
		funds.PayCharge{ID: funds.ChargeID(fmt.Sprint("C", m.chance(m.serial+1))), Amount: amount, What: "promotion"},
	}
}
