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

// Funds tells what merchants have received and what has become of it.
type Funds struct{ source readmodel.Source }

// NewFunds returns the funds of a store, which some worker builds by FundsView.
func NewFunds(store projection.Store) *Funds {
	return &Funds{readmodel.Source{Store: store, View: FundsView()}}
}

// FundsFigures are those of a balance at some time. Credited is
//
//	Pending + Available + InTransit + PaidOut + Fees + Spent + Refunded - Debt
type FundsFigures struct {
	Credited  trade.Money // all that was ever credited
	Pending   trade.Money // in its waiting time
	Available trade.Money // to withdraw or to spend
	InTransit trade.Money // gross, of withdrawals that are open
	PaidOut   trade.Money // net, of withdrawals that were settled
	Fees      trade.Money // of withdrawals that were settled
	Spent     trade.Money // on other charges
	Refunded  trade.Money // taken for refunds
	Debt      trade.Money // what refunds have lacked
}

// list returns the figures in the order of figureColumns.
func (f *FundsFigures) list() [9]*trade.Money {
	return [...]*trade.Money{&f.Credited, &f.Pending, &f.Available, &f.InTransit, &f.PaidOut, &f.Fees, &f.Spent, &f.Refunded, &f.Debt}
}

// fundsFigures returns those of a row of movements, or nothing if there is none.
func fundsFigures(row projection.Row, c trade.Currency) (f FundsFigures) {
	for i, amount := range f.list() {
		*amount = trade.Minor(0, c)
		if row != nil {
			*amount = trade.Minor(row[movements.Column(figureColumns[i])].Int(), c)
		}
	}
	return f
}

// release moves so much from what waits to what is available.
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
	UpdatedAt time.Time      // when the last event up to then is booked
	Version   events.Version // of the stream after that event
}

// Balance returns a merchant's balance in a currency as it stands at an instant, which may lie
// before the last event or after it, and whether it has one. The platform may ask for any, a
// merchant for his own; to anybody else there is none. The instant is one that
// trade.CheckInstant takes.
func (f *Funds) Balance(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, at time.Time) (b Balance, found bool, err error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return Balance{}, false, err
	}
	if err := trade.CheckInstant("at", at); err != nil {
		return Balance{}, false, err
	}
	x := newBooks(merchant, c)
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

// Waiting returns a page of what waits at an instant, as far as is known, the earliest to become
// available first, and the After of the page that follows. Who may ask for the balance may ask for
// it.
func (f *Funds) Waiting(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, at time.Time, p Page) (list []funds.Waiting, next string, err error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return nil, "", err
	}
	if err := trade.CheckInstant("at", at); err != nil {
		return nil, "", err
	}
	x := newBooks(merchant, c)
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
// and the After of the page that follows. Who may ask for the balance may ask for it. Of the
// destination there is what tells one from another: the last four characters of a card or number,
// the first letter and the domain of an address.
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
		Dest: funds.Dest{Card: funds.CardNo(r.Text("card"))}, Status: funds.Status(r.Text("status")), Reason: r.Text("reason"),
		RequestedAt: r.Time("requested"), ExpectedAt: r.Time("expected"), EndedAt: r.Time("ended"),
	}
	if w.Dest.Card == "" {
		// Withdrawals go to the merchant's own account alone.
		w.Dest.Alipay = funds.Alipay{Account: r.Text("alipay"), Holder: r.Text("merchant")}
	}
	return w
}
