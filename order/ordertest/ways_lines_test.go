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

// Exits from services, lines, quotas and funds. The quota that an order holds is freed by the exit of the order.

// current returns the state that the desk of a trial returned, and fails the test on an error.
func current[S any](tr *trial, s S, _ events.Version, err error) S {
	tr.t.Helper()
	if err != nil {
		tr.t.Fatalf("read: %v", err)
	}
	return s
}

// findExit searches an exit of at most that many steps, and counts it. It returns nil if the state needs none.
func (x *exitSearch) findExit(kind string, tr *trial, steps int, done func() bool, next func() []request) error {
	x.t.Helper()
	if done() {
		return nil
	}
	path, ok := tr.search(steps, done, next)
	if err := x.count(kind, tr, path, ok); err != nil {
		return fmt.Errorf("%w:\n%s", err, strings.Join(path, "\n"))
	}
	return nil
}

// checkService looks for an exit from a suspension: the platform can end it.
func (x *exitSearch) checkService(account trade.Account) error {
	x.t.Helper()
	tr := x.trial()
	return x.findExit("service", tr, 1, func() bool {
		s, v, err := tr.desk.ReadService(tr.t.Context(), ordertest.Platform, account)
		return current(tr, s, v, err).Phase != order.ServiceSuspended
	}, func() []request {
		c := seller.Reinstate{}
		return []request{{ordertest.Platform, desk.OnSeller(account, c), c}}
	})
}

// checkLine looks for commands after which the line has no claim to repay and is not suspended.
func (x *exitSearch) checkLine(account trade.Account, currency trade.Currency) error {
	x.t.Helper()
	tr := x.trial()
	read := func() credit.Line {
		l, v, err := tr.desk.ReadLine(tr.t.Context(), ordertest.Platform, account, currency)
		return current(tr, l, v, err)
	}
	return x.findExit("line", tr, maxSteps, func() bool {
		l := read()
		return l.Phase != credit.PhaseSuspended && l.Consumed.IsZero()
	}, func() (list []request) {
		for _, c := range []credit.Command{credit.RepayClaim{Amount: read().Consumed, Reference: "repaid"}, credit.Resume{}} {
			list = append(list, request{ordertest.Platform, desk.OnLine(account, currency, c), c})
		}
		return list
	})
}

// checkQuota looks for an exit from a freeze, for any number of reasons.
func (x *exitSearch) checkQuota(merchant trade.Account, currency trade.Currency) error {
	x.t.Helper()
	tr := x.trial()
	read := func() credit.Line {
		l, v, err := tr.desk.ReadQuota(tr.t.Context(), ordertest.Platform, merchant, currency)
		return current(tr, l, v, err)
	}
	return x.findExit("quota", tr, maxSteps+len(read().Freezes), func() bool { l := read(); return !l.Frozen() }, func() (list []request) {
		for _, g := range read().Freezes {
			list = append(list, request{ordertest.Platform, desk.OnQuota(merchant, currency, credit.Unfreeze(g)), credit.Unfreeze(g)})
		}
		return list
	})
}

// checkFunds looks for commands that pay all received funds out to the merchant: once with every withdrawal in transit
// settled, and once with every one failed.
func (x *exitSearch) checkFunds(merchant trade.Account, currency trade.Currency) error {
	x.t.Helper()
	owner := trade.Actor{Role: trade.Seller, Account: merchant}
	for _, settled := range []bool{true, false} {
		tr := x.trial()
		read := func() funds.Balance {
			b, v, err := tr.desk.ReadFunds(tr.t.Context(), ordertest.Platform, merchant, currency)
			return current(tr, b, v, err)
		}
		b := read()
		steps := maxSteps + len(b.Withdrawals())
		err := x.findExit("funds", tr, steps, func() bool {
			b := read()
			p := b.Page(tr.clock.Now())
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
			p := b.Page(tr.clock.Now())
			for ; p.Pending.IsPositive() && !p.NextAt.IsZero(); p = b.Page(tr.clock.Now()) {
				tr.clock.Set(p.NextAt)
			}
			if p.Available.IsPositive() {
				id := desk.NewID().String()
				add(owner, funds.PayCharge{ID: funds.ChargeID("X-" + id), Amount: p.Available, What: "promotion"})
				add(owner, funds.Withdraw{ID: funds.WithdrawalID("W-" + id), Amount: p.Available, Dest: ordertest.OwnAlipay(owner)})
			}
			return list
		})
		if err != nil {
			return err
		}
	}
	return nil
}
