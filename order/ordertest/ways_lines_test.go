package ordertest_test

import (
	"fmt"
	"strings"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// The ways out of what orders share. What an order holds of a line, the order's own way out frees.

// current returns a state as the desk of a trial shows it.
func current[S any](y *trial, s S, _ events.Version, err error) S {
	y.t.Helper()
	if err != nil {
		y.t.Fatalf("reading: %v", err)
	}
	return s
}

// way looks for the way out of a stream that is not an order's, within so many steps.
func (x *exits) way(kind string, y *trial, steps int, out func() bool, next func() []request) error {
	x.t.Helper()
	if out() {
		return nil
	}
	way, ok := y.search(steps, out, next)
	if err := x.found(kind, y, way, ok); err != nil {
		return fmt.Errorf("%w:\n%s", err, strings.Join(way, "\n"))
	}
	return nil
}

// ofService looks for the way out of a suspension, which the platform can end.
func (x *exits) ofService(account trade.Account) error {
	x.t.Helper()
	y := x.trial()
	return x.way("service", y, 1, func() bool {
		s, v, err := y.desk.ReadService(y.t.Context(), ordertest.Platform, account)
		return current(y, s, v, err).Phase != order.ServiceSuspended
	}, func() []request {
		c := seller.Reinstate{}
		return []request{{ordertest.Platform, desk.OnSeller(account, c), c}}
	})
}

// ofLine looks for the way to a line that owes nothing and is not suspended.
func (x *exits) ofLine(account trade.Account, currency trade.Currency) error {
	x.t.Helper()
	y := x.trial()
	read := func() credit.Line {
		l, v, err := y.desk.ReadLine(y.t.Context(), ordertest.Platform, account, currency)
		return current(y, l, v, err)
	}
	return x.way("line", y, mostSteps, func() bool {
		l := read()
		return l.Phase != credit.PhaseSuspended && l.Consumed.IsZero()
	}, func() (list []request) {
		for _, c := range []credit.Command{credit.RepayClaim{Amount: read().Consumed, Reference: "repaid"}, credit.Resume{}} {
			list = append(list, request{ordertest.Platform, desk.OnLine(account, currency, c), c})
		}
		return list
	})
}

// ofQuota looks for the way out of a freeze, however many reasons it has.
func (x *exits) ofQuota(merchant trade.Account, currency trade.Currency) error {
	x.t.Helper()
	y := x.trial()
	read := func() credit.Line {
		l, v, err := y.desk.ReadQuota(y.t.Context(), ordertest.Platform, merchant, currency)
		return current(y, l, v, err)
	}
	return x.way("quota", y, mostSteps+len(read().Freezes), func() bool { l := read(); return !l.Frozen() }, func() (list []request) {
		for _, g := range read().Freezes {
			list = append(list, request{ordertest.Platform, desk.OnQuota(merchant, currency, credit.Unfreeze(g)), credit.Unfreeze(g)})
		}
		return list
	})
}

// ofFunds looks for the way of all received funds to their merchant, once with every withdrawal that is on
// its way settled and once failed.
func (x *exits) ofFunds(merchant trade.Account, currency trade.Currency) error {
	x.t.Helper()
	owner := trade.Actor{Role: trade.Seller, Account: merchant}
	for _, settled := range []bool{true, false} {
		y := x.trial()
		read := func() funds.Balance {
			b, v, err := y.desk.ReadFunds(y.t.Context(), ordertest.Platform, merchant, currency)
			return current(y, b, v, err)
		}
		b := read()
		steps := mostSteps + len(b.Withdrawals())
		err := x.way("funds", y, steps, func() bool {
			b := read()
			p := b.Page(y.clock.Now())
			return p.Pending.IsZero() && p.Available.IsZero() && p.InTransit.IsZero()
		}, func() (list []request) {
			b := read()
			add := func(by trade.Actor, c funds.Command) {
				list = append(list, request{by, desk.OnFunds(merchant, currency, c), c})
			}
			for _, w := range b.Withdrawals() {
				if settled {
					add(ordertest.Platform, funds.SettleWithdrawal{ID: w.ID})
				} else {
					add(ordertest.Platform, funds.FailWithdrawal{ID: w.ID, Reason: "account closed"})
				}
			}
			p := b.Page(y.clock.Now())
			for ; p.Pending.IsPositive() && !p.NextAt.IsZero(); p = b.Page(y.clock.Now()) {
				y.clock.Set(p.NextAt)
			}
			if p.Available.IsPositive() {
				out := desk.NewID().String()
				add(owner, funds.PayCharge{ID: funds.ChargeID("X-" + out), Amount: p.Available, What: "promotion"})
				add(owner, funds.Withdraw{ID: funds.WithdrawalID("W-" + out), Amount: p.Available, Dest: ordertest.OwnAlipay(owner)})
			}
			return list
		})
		if err != nil {
			return err
		}
	}
	return nil
}
