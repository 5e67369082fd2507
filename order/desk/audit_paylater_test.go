package desk_test

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// entry is a record of the log with its event.
type entry struct {
	commit uuid.UUID
	stream events.StreamID
	event  any
}

// entriesAfter reads the log from a position on and returns the position that it has come to.
func entriesAfter(store events.Store, after events.Position) ([]entry, events.Position, error) {
	var log []entry
	for r, err := range store.ReadAll(context.Background(), after, events.Filter{}) {
		if err != nil {
			return nil, after, err
		}
		e, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			return nil, after, r.Corrupt(err)
		}
		log, after = append(log, entry{r.Commit, r.Stream, e}), r.Position
	}
	return log, after, nil
}

// shopBooks are kept of all merchants, in minor units, from what the events say and without the
// states that they fold into. What an order says, what its line says and what its funds say are
// kept apart, so that they can be compared.
type shopBooks struct {
	sales map[trade.ID]*saleBook
	shops map[string]*shopBook // by merchant and currency
}

// saleBook is one order, told three times.
type saleBook struct {
	shop string

	original, out, paid, refunded int64 // by the order
	overdue                       bool

	deducted, restoredPaid, restored, consumed int64 // by the line

	credited, debited int64 // by the funds
}

// shopBook is the line and the funds of one merchant.
type shopBook struct {
	opened               bool
	limit, used, overdue int64
	freezes              map[credit.Ground]bool

	credited, refunded, spent, debt int64
	inTransit, paidOut, fees, taken int64 // taken is what has left with withdrawals that have not failed
	open                            map[funds.WithdrawalID]funds.WithdrawalRequested
}

func newShopBooks() *shopBooks {
	return &shopBooks{sales: make(map[trade.ID]*saleBook), shops: make(map[string]*shopBook)}
}

func (b *shopBooks) sale(id trade.ID) *saleBook {
	if b.sales[id] == nil {
		b.sales[id] = &saleBook{}
	}
	return b.sales[id]
}

func (b *shopBooks) shop(key string) *shopBook {
	if b.shops[key] == nil {
		b.shops[key] = &shopBook{freezes: make(map[credit.Ground]bool), open: make(map[funds.WithdrawalID]funds.WithdrawalRequested)}
	}
	return b.shops[key]
}

// enter books the entries and checks the invariants at the end of each commit, so that what one
// stream says without the others in the same commit is found (I31).
func (b *shopBooks) enter(log []entry) error {
	for i, e := range log {
		key, _ := e.stream.Key()
		var err error
		switch x := e.event.(type) {
		case paylater.Event:
			b.enterSale(must(trade.ParseID(key)), x)
		case credit.Event:
			if e.stream.Category() == credit.PayLaterCategory {
				err = b.enterLine(b.shop(key), x)
			}
		case funds.Event:
			err = b.enterFunds(b.shop(key), x)
		}
		if err == nil && (i+1 == len(log) || log[i+1].commit != e.commit) {
			err = b.check()
		}
		if err != nil {
			return fmt.Errorf("entry %d of %d, %T of %s: %w", i+1, len(log), e.event, e.stream, err)
		}
	}
	return nil
}

func (b *shopBooks) enterSale(id trade.ID, e paylater.Event) {
	s := b.sale(id)
	switch e := e.(type) {
	case paylater.Placed:
		s.shop = e.Merchant + "/" + e.Amount.Currency().String()
		s.original, s.out = e.Amount.MinorUnits(), e.Amount.MinorUnits()
	case paylater.Paid:
		s.paid, s.out, s.overdue = e.Total.MinorUnits(), 0, false
	case paylater.AmountLowered:
		s.out = e.To.MinorUnits()
	case paylater.Cancelled, paylater.Returned, paylater.WrittenOff:
		s.out, s.overdue = 0, false
	case paylater.MarkedOverdue:
		s.overdue = true
	case paylater.RefundMade:
		s.refunded += e.Amount.MinorUnits()
	}
}

func (b *shopBooks) enterLine(l *shopBook, e credit.Event) error {
	switch e := e.(type) {
	case credit.LineOpened:
		l.opened, l.limit = true, e.Limit.MinorUnits()
	case credit.LimitRaised:
		if l.limit = e.To.MinorUnits(); len(l.freezes) > 0 {
			return fmt.Errorf("D55: raised while frozen for %v", l.freezes)
		}
	case credit.LimitReduced:
		l.limit = e.To.MinorUnits()
	case credit.QuotaDeducted:
		b.sale(e.Order).deducted += e.Amount.MinorUnits()
		l.used += e.Amount.MinorUnits()
		switch {
		case len(l.freezes) > 0:
			return fmt.Errorf("I24: deducted while frozen for %v", l.freezes)
		case l.used > l.limit:
			return fmt.Errorf("I18: a deduction makes %d used of %d", l.used, l.limit)
		}
	case credit.QuotaRestored:
		l.used -= e.Amount.MinorUnits()
		if e.Cause == credit.RestorePaid {
			b.sale(e.Order).restoredPaid += e.Amount.MinorUnits()
		} else {
			b.sale(e.Order).restored += e.Amount.MinorUnits()
		}
		if e.Overdue {
			l.overdue--
		}
	case credit.QuotaConsumed:
		b.sale(e.Order).consumed += e.Amount.MinorUnits()
		l.used -= e.Amount.MinorUnits()
		l.limit = max(0, l.limit-e.Amount.MinorUnits())
		l.overdue--
	case credit.OverdueNoted:
		l.overdue++
	case credit.Frozen:
		l.freezes[credit.Ground(e)] = true
	case credit.Unfrozen:
		delete(l.freezes, credit.Ground(e))
	}
	return nil
}

func (b *shopBooks) enterFunds(f *shopBook, e funds.Event) error {
	switch e := e.(type) {
	case funds.Credited:
		b.sale(e.Order).credited += e.Amount.MinorUnits()
		f.credited += e.Amount.MinorUnits()
		f.debt -= e.Repaid.MinorUnits()
	case funds.Debited:
		b.sale(e.Order).debited += e.Amount.MinorUnits()
		f.refunded += e.Amount.MinorUnits()
		f.debt += e.Debt.MinorUnits()
	case funds.WithdrawalRequested:
		if gross := e.Gross.MinorUnits(); gross != e.Net.MinorUnits()+e.Fee.MinorUnits() {
			return fmt.Errorf("I23: net %s and fee %s are not %s", e.Net, e.Fee, e.Gross)
		}
		f.open[e.ID] = e
		f.inTransit += e.Gross.MinorUnits()
		f.taken += e.Gross.MinorUnits()
	case funds.WithdrawalSettled:
		w, open := f.open[e.ID]
		if !open {
			return fmt.Errorf("I23: withdrawal %s is settled and was not open", e.ID)
		}
		delete(f.open, e.ID)
		f.inTransit -= w.Gross.MinorUnits()
		f.paidOut += w.Net.MinorUnits()
		f.fees += w.Fee.MinorUnits()
	case funds.WithdrawalFailed:
		w, open := f.open[e.ID]
		if !open {
			return fmt.Errorf("I23: withdrawal %s has failed and was not open", e.ID)
		}
		gross := w.Gross.MinorUnits()
		delete(f.open, e.ID)
		f.inTransit -= gross
		f.taken -= gross
		f.debt -= e.Repaid.MinorUnits()
	case funds.ChargePaid:
		f.spent += e.Amount.MinorUnits()
	}
	return nil
}

// left is what has to wait or to be available: whatever was credited and has gone nowhere.
func (f *shopBook) left() int64 {
	return f.credited - f.refunded + f.debt - f.inTransit - f.paidOut - f.fees - f.spent
}

// check compares the three tales of each order, and the sums of each merchant.
func (b *shopBooks) check() error {
	used, late := map[string]int64{}, map[string]int64{}
	for id, s := range b.sales {
		used[s.shop] += s.out
		if s.overdue {
			late[s.shop]++
		}
		switch {
		case s.deducted != s.original || s.deducted != s.restoredPaid+s.restored+s.consumed+s.out:
			return fmt.Errorf("I19: of order %s: %+v", id, *s)
		case s.credited != s.paid || s.credited != s.restoredPaid:
			return fmt.Errorf("I20, I21: of order %s: %+v", id, *s)
		case s.debited != s.refunded || s.refunded > s.paid:
			return fmt.Errorf("D50: of order %s: %+v", id, *s)
		}
	}
	for key, l := range b.shops {
		switch {
		case l.used != used[key]:
			return fmt.Errorf("I17: the line of %s says %d used, its orders %d", key, l.used, used[key])
		case l.overdue != late[key]:
			return fmt.Errorf("D53: the line of %s says %d overdue, its orders %d", key, l.overdue, late[key])
		case min(l.left(), l.debt, l.inTransit, l.paidOut, l.fees, l.spent) < 0 || l.debt > 0 && l.left() > 0:
			return fmt.Errorf("I22: the funds of %s are %+v", key, *l)
		case l.left()-l.debt != l.credited-l.refunded-l.spent-l.taken:
			return fmt.Errorf("I23: the funds of %s are %+v", key, *l)
		}
		delete(used, key)
	}
	for key, n := range used {
		if n != 0 {
			return fmt.Errorf("I17: orders use %d of the line of %s, which is not there", n, key)
		}
	}
	return nil
}

// shown compares what the desk shows of the merchants with the books.
func (b *shopBooks) shown(tr *fixture) error {
	ctx := context.Background()
	for key, s := range b.shops {
		merchant := trade.Account(key[:len(key)-len("/CNY")])
		if s.opened {
			l, _, err := tr.desk.ReadQuota(ctx, platform, merchant, cny)
			if err != nil {
				return err
			}
			p := l.Page()
			limit, used, remaining := p.Limit.MinorUnits(), p.Used.MinorUnits(), p.Remaining.MinorUnits()
			switch {
			case limit != s.limit || used != s.used || l.Overdue != s.overdue || len(p.Why) != len(s.freezes) || p.Frozen != (len(s.freezes) > 0):
				return fmt.Errorf("I17: the line of %s is %+v, the books have %+v", key, p, *s)
			case remaining != max(0, s.limit-s.used) || remaining+used < limit || used <= limit && remaining+used != limit:
				return fmt.Errorf("I18: the line of %s is %+v", key, p)
			}
		}
		f, version, err := tr.desk.ReadFunds(ctx, platform, merchant, cny)
		if version == 0 {
			continue // nothing was received, and no card is bound
		}
		if err != nil {
			return err
		}
		if err := s.fundsShown(&f, tr); err != nil {
			return fmt.Errorf("funds of %s: %w", key, err)
		}
	}
	return nil
}

func (f *shopBook) fundsShown(b *funds.Balance, tr *fixture) error {
	before := int64(-1)
	for _, days := range []time.Duration{0, 1, 7, 15, 1000} {
		p := b.Page(tr.now().Add(days * day))
		want := funds.Page{
			At: p.At, Credited: fen(f.credited), Pending: p.Pending, Available: p.Available, InTransit: fen(f.inTransit),
			PaidOut: fen(f.paidOut), Fees: fen(f.fees), Spent: fen(f.spent), Refunded: fen(f.refunded), Debt: fen(f.debt), NextAt: p.NextAt,
		}
		available, pending := p.Available.MinorUnits(), p.Pending.MinorUnits()
		switch {
		case p != want || available+pending != f.left() || min(available, pending) < 0:
			return fmt.Errorf("I22: %+v, the books have %+v", p, *f)
		case available < before:
			return fmt.Errorf("I27: %d available after %d days, and %d before", available, days, before)
		}
		before = available
	}
	return nil
}

func fen(n int64) trade.Money { return trade.Minor(n, cny) }
