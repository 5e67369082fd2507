package paylater

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// Funds shows the funds that merchants have received and their use.
type Funds struct{ source readmodel.Source }

// NewFunds returns the funds of a store, in which a worker builds FundsView.
func NewFunds(store projection.Store) *Funds {
	return &Funds{readmodel.Source{Store: store, View: FundsView()}}
}

// FundsFigures are the figures of a balance at an instant. Credited is
//
//	Pending + Available + InTransit + PaidOut + Fees + Spent + Refunded - Debt
type FundsFigures struct {
	Credited  trade.Money // all credits so far
	Pending   trade.Money // in its waiting time
	Available trade.Money // to withdraw or to spend
	InTransit trade.Money // gross, of open withdrawals
	PaidOut   trade.Money // net, of settled withdrawals
	Fees      trade.Money // of settled withdrawals
	Spent     trade.Money // on other charges
	Refunded  trade.Money // taken for refunds
	Debt      trade.Money // the part of refunds that the balance could not cover
}

// list returns the figures in the order of figureColumns.
func (f *FundsFigures) list() [9]*trade.Money {
	return [...]*trade.Money{&f.Credited, &f.Pending, &f.Available, &f.InTransit, &f.PaidOut, &f.Fees, &f.Spent, &f.Refunded, &f.Debt}
}

// fundsFigures returns the figures of a row of movements, or zeros for nil.
func fundsFigures(row projection.Row, c trade.Currency) (f FundsFigures) {
	for i, amount := range f.list() {
		*amount = trade.Minor(0, c)
		if row != nil {
			*amount = trade.Minor(row[movements.Column(figureColumns[i])].Int(), c)
		}
	}
	return f
}

// release moves an amount in minor units from Pending to Available.
func (f *FundsFigures) release(minor int64) {
	c := f.Pending.Currency()
	f.Pending, f.Available = trade.Minor(f.Pending.MinorUnits()-minor, c), trade.Minor(f.Available.MinorUnits()+minor, c)
}

// minus returns by how much the figures have changed.
func (f FundsFigures) minus(before FundsFigures) (change FundsFigures) {
	after, from := f.list(), before.list()
	for i, amount := range change.list() {
		*amount = readmodel.Difference(*after[i], *from[i])
	}
	return change
}

// Balance is a merchant's funds in one currency at an instant.
type Balance struct {
	At time.Time
	FundsFigures
	NextAt    time.Time      // when more becomes available, as far as is known; zero if nothing waits
	UpdatedAt time.Time      // when the last event up to At is booked
	Version   events.Version // of the stream after that event
}

// Balance returns a merchant's balance in a currency at an instant, which may be before or after
// the last event, and whether there is one. The platform sees all balances, a merchant their own;
// for other callers there is none. The instant must be valid for trade.CheckInstant.
func (f *Funds) Balance(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, at time.Time) (b Balance, found bool, err error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return Balance{}, false, err
	}
	if err := trade.CheckInstant("at", at); err != nil {
		return Balance{}, false, err
	}
	x := newBalanceRows(merchant, c)
	b.At = at.Round(0).UTC()
	err = f.source.Read(ctx, func(s projection.Snapshot) error {
		var last projection.Row
		if b.FundsFigures, last, err = x.before(s, nanos(at)+1); err != nil || last == nil {
			return err
		}
		found = true
		r := readmodel.Row{Table: movements, Row: last}
		b.UpdatedAt, b.Version = r.Time("booked"), events.Version(r.Int("version"))
		next, err := s.Select(x.releases(nanos(at)+1, maxNanos, 1))
		if len(next) > 0 {
			b.NextAt = readmodel.Row{Table: releases, Row: next[0]}.Time("at")
		}
		return err
	})
	if err != nil || !found {
		return Balance{}, false, err
	}
	return b, true, nil
}

// Waiting returns a page of the credits that wait at an instant, as far as is known, the earliest
// to become available first, and the After of the next page. It is for the readers of the balance.
func (f *Funds) Waiting(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, at time.Time, p Page) (list []funds.Waiting, next string, err error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return nil, "", err
	}
	if err := trade.CheckInstant("at", at); err != nil {
		return nil, "", err
	}
	x := newBalanceRows(merchant, c)
	q := x.releases(nanos(at)+1, maxNanos, p.Limit)
	if p.After != "" {
		place, id, err := readmodel.ParsePlace(p.After, 1, true)
		if err != nil {
			return nil, "", err
		}
		q.After = x.Account.Key(projection.Int(place[0]), readmodel.ID(id))
	}
	list, err = readmodel.Select(ctx, f.source, releases, q, func(r readmodel.Row) funds.Waiting {
		return funds.Waiting{Order: r.ID("order"), Amount: r.Money("amount"), AvailableAt: r.Time("at")}
	})
	if n := len(list); err == nil && readmodel.Full(p.Limit, n) {
		next = readmodel.Place(list[n-1].Order, nanos(list[n-1].AvailableAt))
	}
	return list, next, err
}

// Withdrawals returns a page of a merchant's withdrawals in a currency (提现记录), the latest first,
// and the After of the next page. It is for the readers of the balance. Destinations are masked: a
// card or number keeps its last four characters, an address its first letter and its domain.
func (f *Funds) Withdrawals(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, p Page) (list []funds.Withdrawal, next string, err error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return nil, "", err
	}
	q := projection.Query{
		Where: readmodel.Account{Owner: merchant, Currency: c}.Where("merchant"), Order: []string{"place"}, Descending: true, Limit: p.Limit,
	}
	if p.After != "" {
		place, _, err := readmodel.ParsePlace(p.After, 1, false)
		if err != nil {
			return nil, "", err
		}
		q.Where = append(q.Where, projection.Condition{Column: "place", Op: projection.Less, Value: projection.Int(place[0])})
	}
	place := int64(0)
	list, err = readmodel.Select(ctx, f.source, withdrawals, q, func(r readmodel.Row) funds.Withdrawal {
		place = r.Int("place")
		return withdrawal(r)
	})
	if err == nil && readmodel.Full(p.Limit, len(list)) {
		next = readmodel.Place(trade.ID{}, place)
	}
	return list, next, err
}

func withdrawal(r readmodel.Row) funds.Withdrawal {
	w := funds.Withdrawal{
		ID: funds.WithdrawalID(r.Text("id")), Gross: r.Money("gross"), Fee: r.Money("fee"), Net: r.Money("net"),
		Dest: funds.Dest{Card: funds.CardNo(r.Text("card"))}, Status: funds.Status(r.Text("status")), Reason: trade.Text(r.Text("reason")),
		RequestedAt: r.Time("requested"), ExpectedAt: r.Time("expected"), EndedAt: r.Time("ended"),
	}
	if w.Dest.Card == "" {
		// Withdrawals go only to the merchant's own account.
		w.Dest.Alipay = funds.Alipay{Account: r.Text("alipay"), Holder: trade.Account(r.Text("merchant"))}
	}
	return w
}
