package paylater_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	views "github.com/tradesurety/surety/projection/paylater"
)

// account is the history of a balance with its state after each event.
type account struct {
	merchant trade.Account
	history  []events.Recorded[funds.Event]
	types    []string
	states   []funds.Balance // one more than events: the first is the empty balance
}

func (w *world) account(merchant trade.Account) *account {
	w.Helper()
	a := &account{merchant: merchant, states: []funds.Balance{funds.New(merchant, cny)}}
	w.records(must(funds.Stream(merchant, cny)), func(r *events.Record) {
		e := must(funds.DecodeEvent(r.Type, r.Schema, r.Data))
		a.history, a.types = append(a.history, events.Recorded[funds.Event]{At: r.At, Event: e}), append(a.types, r.Type)
		a.states = append(a.states, must(funds.Evolve(a.states[len(a.states)-1], e, r.At)))
	})
	return a
}

// booked returns when the event of that version is booked.
func (a *account) booked(version int) time.Time { return a.states[version].LastAt }

// at returns the version and the page at an instant.
func (a *account) at(t time.Time) (int, funds.Page) {
	v := 0
	for v < len(a.history) && !a.booked(v+1).After(t) {
		v++
	}
	return v, a.states[v].Page(t)
}

func fundsFigures(p funds.Page) views.FundsFigures {
	return views.FundsFigures{
		Credited: p.Credited, Pending: p.Pending, Available: p.Available, InTransit: p.InTransit, PaidOut: p.PaidOut,
		Fees: p.Fees, Spent: p.Spent, Refunded: p.Refunded, Debt: p.Debt,
	}
}

func (w *world) checkFunds(store projection.Store) {
	w.Helper()
	f := views.NewFunds(store)
	for _, m := range merchants {
		a := w.account(m.Account)
		recent := max(1, len(a.history)-12)
		for version := recent; version <= len(a.history); version++ {
			w.checkBalance(f, a, a.booked(version))
		}
		for range 5 {
			w.checkBalance(f, a, start.Add(time.Duration(w.rand.Int64N(int64(w.clock.Sub(start)+10*day)))))
		}
		w.checkWithdrawals(f, a)
		w.limit = 1 // every place is the end of a page
		w.checkStatement(f, a, a.booked(recent), time.Time{})
		w.limit = 0
		w.checkStatement(f, a, time.Time{}, time.Time{})
		for range 4 {
			from := start.Add(time.Duration(w.rand.Int64N(int64(w.clock.Sub(start)))))
			w.checkStatement(f, a, from, from.Add(time.Duration(w.rand.Int64N(int64(20*day)))))
			w.checkStatement(f, a, a.booked(1+w.rand.IntN(len(a.history))), w.clock.Add(30*day))
		}
	}
}

// checkBalance compares with a replay up to the instant. Waiting funds depend on all events so far,
// so they are compared with the current state.
func (w *world) checkBalance(f *views.Funds, a *account, at time.Time) {
	w.Helper()
	ctx, by := context.Background(), trade.Actor{Role: trade.Seller, Account: a.merchant}
	version, want := a.at(at)
	have, found, err := f.Balance(ctx, by, a.merchant, cny, at)
	if err != nil || found != (version > 0) {
		w.Fatalf("at %s there is a balance: %t, at version %d: %v", at, found, version, err)
	}
	if !found {
		return
	}
	if have.FundsFigures != fundsFigures(want) || int(have.Version) != version || !have.At.Equal(at) || !have.UpdatedAt.Equal(a.booked(version)) {
		w.Fatalf("at %s the balance is %+v, want %+v at version %d", at, have, want, version)
	}
	now := max(0, w.clock.Sub(a.booked(len(a.history))))
	at = a.booked(len(a.history)).Add(now)
	last := a.states[len(a.history)]
	waits := last.Waiting(at)
	list := all(w, func(p views.Page) ([]funds.Waiting, string, error) {
		return f.Waiting(ctx, platform, a.merchant, cny, at, p)
	})
	if !slices.Equal(list, waits) {
		w.Fatalf("at %s wait %+v, want %+v", at, list, waits)
	}
	w.seen["waits"] += len(waits)
	b, _, err := f.Balance(ctx, platform, a.merchant, cny, at)
	if err != nil || !b.NextAt.Equal(last.Page(at).NextAt) || b.FundsFigures != fundsFigures(last.Page(at)) {
		w.Fatalf("at %s the balance is %+v, want %+v: %v", at, b, last.Page(at), err)
	}
}

func (w *world) checkWithdrawals(f *views.Funds, a *account) {
	w.Helper()
	want := must(funds.Withdrawals(a.history))
	slices.Reverse(want)
	for i := range want {
		switch d := &want[i].Dest; {
		case d.Card != "":
			d.Card = "***2222"
		case strings.Contains(d.Alipay.Account, "@"):
			d.Alipay.Account = "l***@pay.example"
		default:
			d.Alipay.Account = "***1234"
		}
		if want[i].Status == funds.Failed {
			w.seen["failed"]++
		}
	}
	have := all(w, func(p views.Page) ([]funds.Withdrawal, string, error) {
		return f.Withdrawals(context.Background(), platform, a.merchant, cny, p)
	})
	if !slices.Equal(have, want) {
		w.Fatalf("the withdrawals are\n%+v, want\n%+v", have, want)
	}
}

// checkStatement compares a statement with a replay: at each event the figures are those of the
// balance, and between events only time has passed.
func (w *world) checkStatement(f *views.Funds, a *account, from, to time.Time) {
	w.Helper()
	ctx := context.Background()
	last := a.booked(len(a.history))
	end := to
	if to.IsZero() {
		end = last.Add(1)
	}
	first, opening := a.at(from.Add(-1))
	past, closing := a.at(end.Add(-1))
	have := all(w, func(p views.Page) ([]views.FundsMovement, string, error) {
		s, err := f.Statement(ctx, platform, a.merchant, cny, from, to, p)
		if err != nil || s.Opening != fundsFigures(opening) || s.Closing != fundsFigures(closing) {
			w.Fatalf("from %s to %s the statement leads from\n%+v to\n%+v, want from\n%+v to\n%+v: %v", from, to, s.Opening, s.Closing, opening, closing, err)
		}
		return s.Movements, s.Next, err
	})
	ledger := must(funds.Ledger(a.states[first], a.history[first:past])).Movements
	version, before := first, fundsFigures(opening)
	for _, m := range have {
		switch {
		case m.Version == 0:
			w.seen["release"]++
			for version < past && a.booked(version+1).Before(m.At) {
				version++
				w.still(a, version, before)
			}
			if version > 0 && !m.At.After(a.booked(version)) || m.At.Before(from) || !m.At.Before(end) {
				w.Fatalf("a release at %s comes after version %d", m.At, version)
			}
			if m.Type != views.TypeReleased || m.Order.IsZero() || !m.Available.IsPositive() || m.After.Pending.IsNegative() {
				w.Fatalf("a release is %+v", m)
			}
		default:
			for version++; version < int(m.Version); version++ {
				w.still(a, version, before)
			}
			if m.Type != a.types[version-1] || !m.At.Equal(a.history[version-1].At) || m.After != fundsFigures(a.states[version].Page(a.booked(version))) {
				w.Fatalf("%+v is the movement of version %d, %s, after which the balance is %+v", m, version, a.types[version-1], a.states[version].Page(a.booked(version)))
			}
			ledger = w.inLedger(m, ledger)
		}
		if sum := added(before, m.FundsFigures); sum != m.After {
			w.Fatalf("%+v after %+v does not add up", m, before)
		}
		before = m.After
	}
	if before != fundsFigures(closing) || len(ledger) > 0 {
		w.Fatalf("the movements lead to %+v, want %+v; left out are %+v", before, closing, ledger)
	}
}

// still requires that an event without a movement has changed no figure.
func (w *world) still(a *account, version int, before views.FundsFigures) {
	w.Helper()
	if fundsFigures(a.states[version].Page(a.booked(version))) != before {
		w.Fatalf("version %d, %s, is left out", version, a.types[version-1])
	}
}

// inLedger removes the line of a movement from the ledger that package funds makes. A settlement has
// no line there.
func (w *world) inLedger(m views.FundsMovement, ledger []funds.Movement) []funds.Movement {
	w.Helper()
	if m.Type == funds.KindWithdrawalSettled.String() {
		w.seen["fees"]++
		return ledger
	}
	own := must(must(m.Pending.Add(m.Available)).Sub(m.Debt))
	if len(ledger) == 0 || ledger[0].Kind.String() != m.Type || ledger[0].Amount != own ||
		ledger[0].Order != m.Order || ledger[0].Withdrawal != m.Withdrawal || ledger[0].Charge != m.Charge {
		w.Fatalf("%+v is in the statement, and the ledger continues with %+v", m, ledger)
	}
	if m.Type == funds.KindDebited.String() && m.Pending.IsNegative() {
		w.seen["drained"]++
	}
	return ledger[1:]
}

func added(a, b views.FundsFigures) views.FundsFigures {
	return views.FundsFigures{
		Credited: must(a.Credited.Add(b.Credited)), Pending: must(a.Pending.Add(b.Pending)), Available: must(a.Available.Add(b.Available)),
		InTransit: must(a.InTransit.Add(b.InTransit)), PaidOut: must(a.PaidOut.Add(b.PaidOut)), Fees: must(a.Fees.Add(b.Fees)),
		Spent: must(a.Spent.Add(b.Spent)), Refunded: must(a.Refunded.Add(b.Refunded)), Debt: must(a.Debt.Add(b.Debt)),
	}
}
