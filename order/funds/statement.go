package funds

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// Statement is the movements of a merchant's funds over some events, in their order. Its figures
// are what the merchant has, waiting or available, less the debt: a credit that becomes available
// is not a movement. Closing is Opening plus all amounts.
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
	Amount     trade.Money // what was added; negative for what was taken
	Balance    trade.Money // after the movement
}

// Ledger returns the statement of the events that follow on a balance, in their order: from New it
// is the whole life of one, from a replay up to some instant it is what came after. It returns the
// error of the first event that cannot be, with the statement up to there.
func Ledger(b Balance, history []events.Recorded[Event]) (Statement, error) {
	s := Statement{Opening: b.amount(b.own()), Closing: b.amount(b.own())}
	for _, r := range history {
		before := b.own()
		if err := b.Apply(r.Event, r.At); err != nil {
			return s, err
		}
		m := Movement{At: trade.Instant(r.At), Kind: r.Event.Kind(), Amount: b.amount(b.own() - before), Balance: b.amount(b.own())}
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
			continue // what was settled left the balance before, and a card is not money
		}
		s.Movements, s.Closing = append(s.Movements, m), m.Balance
	}
	return s, nil
}

// Withdrawals returns all withdrawals of a history in the order in which they were requested
// (提现记录). It checks only that a withdrawal is requested once and ends at most once after that; an
// error is a *trade.InvalidError, returned with the withdrawals up to there.
func Withdrawals(history []events.Recorded[Event]) ([]Withdrawal, error) {
	var list []Withdrawal
	index := make(map[WithdrawalID]int)
	end := func(id WithdrawalID, to Status, at time.Time, reason trade.Text) error {
		i, ok := index[id]
		if !ok || list[i].Status != Requested {
			return trade.Invalid("id", "is not that of an open withdrawal")
		}
		list[i].Status, list[i].EndedAt, list[i].Reason = to, trade.Instant(at), reason
		return nil
	}
	for _, r := range history {
		var err error
		switch e := r.Event.(type) {
		case WithdrawalRequested:
			if _, twice := index[e.ID]; twice {
				return list, trade.Invalid("id", "was requested already")
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
