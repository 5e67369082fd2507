package ordertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// openPayLater opens the lines of the merchants and places some orders.
func (p *Player) openPayLater() {
	p.OpenQuota(Merchant, CNY("5000")).OpenQuota(OtherMerchant, CNY("5000"))
	for _, id := range p.PayLaterOrders {
		if p.chance(3) > 0 {
			p.Do(one(p.chance, Shopper, OtherShopper), desk.OnPayLater(id, paylater.Place{
				Merchant: one(p.chance, Merchant, OtherMerchant).Account, ChosePayLater: true, Amount: CNY(one(p.chance, "100", "33.33", "500")),
			}))
		}
	}
}

// nextOfPayLater returns a next sensible command on a pay-later order, or on a merchant's pay-later line or funds, with
// an actor who may issue it.
func (p *Player) nextOfPayLater() (trade.Actor, Request) {
	id := p.PayLaterOrders[p.serial/8%len(p.PayLaterOrders)]
	if p.chance(3) == 0 {
		id = one(p.chance, p.PayLaterOrders...)
	}
	merchant := one(p.chance, Merchant, OtherMerchant)
	switch n := p.among(20, 14); {
	case n < 14:
		by, c := p.nextOfPayLaterOrder(id)
		return by, onPayLater(id, c)
	case n < 16:
		return Platform, onQuota(merchant, p.nextOfQuota(merchant))
	default:
		by, c := p.nextOfFunds(merchant)
		return by, onFunds(merchant, c)
	}
}

// deadlineOfPayLater returns the open deadline of some pay-later order, or the instant at which a credit becomes
// available, or the zero time.
func (p *Player) deadlineOfPayLater() time.Time {
	o := p.payLaterOrder(one(p.chance, p.PayLaterOrders...))
	if d, runs := o.Deadline(); runs {
		return d.At
	}
	if !o.PaidAt.IsZero() {
		return o.PaidAt.Add(7 * Day)
	}
	return time.Time{}
}

func (p *Player) payLaterOrder(id trade.ID) paylater.Order {
	o, _, err := p.Desk.ReadPayLater(p.t.Context(), Platform, id)
	return found(p.Fixture, o, err)
}

func (p *Player) amount() trade.Money {
	return CNY(one(p.chance, "0.01", "100", "33.33", "500", "1200"))
}

func (p *Player) placing() paylater.Place {
	return paylater.Place{Merchant: one(p.chance, Merchant, OtherMerchant).Account, ChosePayLater: p.chance(9) > 0, Amount: p.amount()}
}

// nextOfPayLaterOrder returns a next sensible command on the order.
func (p *Player) nextOfPayLaterOrder(id trade.ID) (trade.Actor, paylater.Command) {
	o := p.payLaterOrder(id)
	buyer, merchant := trade.Actor{Role: trade.Buyer, Account: o.Buyer}, trade.Actor{Role: trade.Seller, Account: o.Merchant}
	due := paylater.Pay{Reference: "P" + p.named(p.serial), Amount: one(p.chance, o.Due(), o.Due(), o.Due(), CNY("0.01"))}
	deadline, runs := o.Deadline()
	switch {
	case o.Phase == paylater.PhaseNone:
		return one(p.chance, Shopper, OtherShopper), p.placing()
	case o.Unapplied().IsPositive() && p.chance(2) == 0:
		return Platform, paylater.ReturnUnapplied{Amount: one(p.chance, o.Unapplied(), CNY("0.01"))}
	case p.chance(30) == 0: // a charge that was not stopped
		return System, paylater.Pay{Reference: due.Reference, Amount: CNY(one(p.chance, "100", "1200"))}
	case o.Phase == paylater.PhasePrepaid && p.chance(4) == 0, o.Phase == paylater.PhasePaid && o.Refundable().IsPositive():
		return merchant, paylater.Refund{Amount: one(p.chance, o.Refundable(), CNY("0.01"))}
	case (o.Phase == paylater.PhasePlaced || o.Phase == paylater.PhaseReceived) && p.chance(6) == 0:
		return merchant, paylater.LowerAmount{Amount: CNY(one(p.chance, "0.01", "20"))}
	case o.Phase == paylater.PhasePlaced && p.chance(3) == 0:
		return buyer, one[paylater.Command](p.chance, paylater.Cancel{}, due, due, due)
	case o.Phase == paylater.PhasePlaced || o.Phase == paylater.PhasePrepaid:
		return merchant, paylater.Ship{}
	case o.Phase == paylater.PhaseOverdue && p.chance(2) == 0:
		return Platform, one[paylater.Command](p.chance, paylater.WriteOff{}, paylater.Return{})
	case o.Phase == paylater.PhaseOverdue:
		return buyer, due
	case o.AfterSalesOpen():
		return one(p.chance, merchant, buyer, Platform), paylater.CloseAfterSales{}
	case o.ChargePending && p.chance(2) == 0:
		return System, paylater.FailCharge{Reason: "no money"}
	case o.Phase == paylater.PhaseShipped && !o.Extended && p.chance(3) == 0:
		return buyer, paylater.ExtendReceipt{}
	case o.Phase == paylater.PhaseReceived && p.chance(3) == 0:
		return buyer, paylater.OpenAfterSales{}
	case runs && p.chance(3) == 0:
		if p.Clock.Now().Before(deadline.At) {
			p.Clock.Set(deadline.At)
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

// everyOfPayLater returns one of each command of a pay-later order, of a merchant's pay-later line and of the funds.
func (p *Player) everyOfPayLater() []Request {
	id, merchant := one(p.chance, p.PayLaterOrders...), one(p.chance, Merchant, OtherMerchant)
	list := each(onPayLater, id, p.anyOfPayLaterOrder(id))
	if p.config.LeaveShared {
		return list
	}
	return slices.Concat(list, each(onQuota, merchant, p.anyOfQuota()), each(onFunds, merchant, p.anyOfFunds()))
}

// anyOfPayLaterOrder returns one of each command of an order, sensible or not.
func (p *Player) anyOfPayLaterOrder(id trade.ID) []paylater.Command {
	o := p.payLaterOrder(id)
	due := o.Due()
	if !due.IsPositive() {
		due = CNY("0.01")
	}
	return []paylater.Command{
		p.placing(), paylater.Cancel{}, paylater.Ship{}, paylater.ExtendReceipt{}, paylater.ConfirmReceipt{}, paylater.AutoConfirmReceipt{},
		paylater.Pay{Reference: fmt.Sprint("P", p.chance(p.serial+1)), Amount: one(p.chance, due, p.amount())}, paylater.Refund{Amount: p.amount()},
		paylater.RequestCharge{}, paylater.FailCharge{Reason: "no money"}, paylater.MarkOverdue{}, paylater.WriteOff{},
		paylater.OpenAfterSales{}, paylater.CloseAfterSales{}, paylater.LowerAmount{Amount: one(p.chance, p.amount(), CNY("0.02"))}, paylater.Return{},
		paylater.FlagFake{}, paylater.ReturnUnapplied{Amount: p.amount()},
	}
}

// nextOfQuota returns a sensible command on a pay-later line: more often an unfreeze than a freeze.
func (p *Player) nextOfQuota(merchant trade.Actor) credit.Command {
	l, _, err := p.Desk.ReadQuota(p.t.Context(), Platform, merchant.Account, funds.CNY())
	l = found(p.Fixture, l, err)
	switch {
	case l.Phase == credit.PhaseNone:
		return credit.OpenLine{Limit: CNY("5000")}
	case l.Frozen():
		return credit.Unfreeze(one(p.chance, l.Freezes...))
	case p.chance(3) == 0:
		return credit.Freeze(p.ground())
	default:
		return credit.AssessLimit{Limit: CNY(one(p.chance, "5000", "1000", "9000"))}
	}
}

func (p *Player) ground() credit.Ground {
	id := one(p.chance, p.PayLaterOrders...)
	return one(p.chance,
		credit.Ground{Reason: credit.ReasonOverdue, Ref: trade.Text(id.String())}, credit.Ground{Reason: credit.ReasonFakeOrder, Ref: trade.Text(id.String())},
		credit.Ground{Reason: credit.ReasonOpenOrders}, credit.Ground{Reason: credit.ReasonOther, Ref: "audit"})
}

// anyOfQuota returns one of each command of a pay-later line.
func (p *Player) anyOfQuota() []credit.Command {
	id, amount, ground := one(p.chance, p.PayLaterOrders...), p.amount(), p.ground()
	return []credit.Command{
		credit.OpenLine{Limit: CNY("5000")}, credit.AssessLimit{Limit: CNY(one(p.chance, "5000", "100", "9000"))},
		credit.Deduct{Order: id, Amount: amount}, credit.Restore{Order: id, Amount: amount, Cause: credit.RestorePaid}, credit.NoteOverdue{Order: id},
		credit.Consume{Order: id, Amount: amount}, credit.Withdraw{Amount: amount}, credit.Freeze(ground), credit.Unfreeze(ground),
		credit.RequestAssessment{},
	}
}

// nextOfFunds returns a sensible command on received funds: it withdraws or spends what is available, ends open
// withdrawals, and binds and unbinds cards.
func (p *Player) nextOfFunds(merchant trade.Actor) (trade.Actor, funds.Command) {
	b, _, err := p.Desk.ReadFunds(p.t.Context(), Platform, merchant.Account, funds.CNY())
	b = found(p.Fixture, b, err)
	open := b.Withdrawals()
	if len(open) > 0 && p.chance(2) == 0 {
		id := one(p.chance, open...).ID
		return Platform, one[funds.Command](p.chance, funds.SettleWithdrawal{ID: id}, funds.FailWithdrawal{ID: id, Reason: "account closed"})
	}
	if cards := b.Cards(); len(cards) > 1 && p.chance(2) == 0 {
		return merchant, funds.UnbindCard{Card: one(p.chance, cards...)}
	}
	if all := b.Available(p.Clock.Now()); all.IsPositive() {
		if p.chance(4) == 0 {
			return merchant, funds.PayCharge{ID: funds.ChargeID(fmt.Sprint("C", p.serial)), Amount: CNY("0.01"), What: "promotion"}
		}
		dest := OwnAlipay(merchant)
		if cards := b.Cards(); len(cards) > 0 && p.chance(2) == 0 {
			dest = funds.Dest{Card: one(p.chance, cards...)}
		}
		return merchant, funds.Withdraw{ID: funds.WithdrawalID(fmt.Sprint("W", p.serial)), Amount: all, Dest: dest}
	}
	return merchant, funds.BindCard{Card: funds.CardNo(fmt.Sprintf("6222-%04d", p.serial)), Holder: merchant.Account}
}

// anyOfFunds returns one of each command of received funds.
func (p *Player) anyOfFunds() []funds.Command {
	id, amount := one(p.chance, p.PayLaterOrders...), p.amount()
	w := funds.WithdrawalID(fmt.Sprint("W", p.chance(p.serial+1)))
	holder := one(p.chance, Merchant, OtherMerchant)
	dest := one(p.chance, OwnAlipay(holder), funds.Dest{Card: "6222-01"})
	return []funds.Command{
		funds.Credit{Order: id, Amount: amount}, funds.Debit{Order: id, Amount: amount}, funds.BindCard{Card: "6222-01", Holder: holder.Account},
		funds.UnbindCard{Card: "6222-01"}, funds.Withdraw{ID: w, Amount: amount, Dest: dest}, funds.WithdrawQuota{Amount: amount, Dest: dest},
		funds.SettleWithdrawal{ID: w}, funds.FailWithdrawal{ID: w, Reason: "account closed"},
		funds.PayCharge{ID: funds.ChargeID(fmt.Sprint("C", p.chance(p.serial+1))), Amount: amount, What: "promotion"},
	}
}
