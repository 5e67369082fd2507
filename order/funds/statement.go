package funds

import (
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// Statement is what has moved a merchant's funds in a time, in the order in which it was recorded.
// Its figures are what the merchant has, whether it waits or is available, less what he owes: that
// credits become available moves nothing. Closing is Opening and all the amounts.
type Statement struct {
	Opening   trade.Money
	Movements []Movement
	Closing   trade.Money
}

// Movement is one line of a statement. Of Order, Withdrawal and Charge exactly one is set.
type Movement struct {
	At         time.Time
	Kind       Kind
	Order      trade.ID
	Withdrawal WithdrawalID
	Charge     ChargeID
	Amount     trade.Money // what was added; below zero for what was taken
	Balance    trade.Money // after the movement
}

// Ledger returns the statement of the facts that follow on a balance, in their order: New
// gives the whole life of one, a replay up to some instant gives what came after. It returns the
// error of the first fact that cannot be, with the statement up to there.
func Ledger(b Balance, history []Recorded) (Statement, error) {
	s := Statement{Opening: b.amount(b.own()), Closing: b.amount(b.own())}
	for _, r := range history {
		before := b.own()
		if err := b.Apply(r.Event, r.At); err != nil {
			return s, err
		}
		m := Movement{At: instant(r.At), Kind: r.Event.Kind(), Amount: b.amount(b.own() - before), Balance: b.amount(b.own())}
		switch e := r.Event.(type) {
		case Credited:
			m.Order = e.Order
		case Debited:
			m.Order = e.Order
		case WithdrawalRequested:
			m.Withdrawal = e.ID
		case WithdrawalFailed:
			m.Withdrawal = e.ID
		case ChargePaid:
			m.Charge = e.ID
		default:
			continue // what was settled has left before, and a card is no money
		}
		s.Movements, s.Closing = append(s.Movements, m), m.Balance
	}
	return s, nil
}

// Withdrawals returns all withdrawals of a history in the order in which they were requested
// (提现记录). It reads the history as it is and checks nothing but that a withdrawal is requested
// once and ends once after that; an error is an *trade.InvalidError, with what came before it.
func Withdrawals(history []Recorded) ([]Withdrawal, error) {
	var list []Withdrawal
	index := make(map[WithdrawalID]int)
	end := func(id WithdrawalID, to Status, at time.Time, reason string) error {
		i, ok := index[id]
		if !ok || list[i].Status != Requested {
			return invalid("id", "is not that of an open withdrawal")
		}
		list[i].Status, list[i].EndedAt, list[i].Reason = to, instant(at), reason
		return nil
	}
	for _, r := range history {
		var err error
		switch e := r.Event.(type) {
		case WithdrawalRequested:
			if _, twice := index[e.ID]; twice {
				return list, invalid("id", "was requested already")
			}
			index[e.ID] = len(list)
			list = append(list, e.withdrawal(r.At))
		case WithdrawalSettled:
			err = end(e.ID, Settled, r.At, "")
		case WithdrawalFailed:
			err = end(e.ID, Failed, r.At, e.Reason)
		}
		if err != nil {
			return list, err
		}
	}
	return list, nil
}
