package world

import (
	"errors"
	"fmt"
)

// checkBooks reads every line and balance from the desk at the end. It requires that they equal the
// totals of the log, that no quota is held when no order is open, and that every cent is accounted for.
func (w *world) checkBooks() {
	w.readSlow(-1)
	if w.err != nil {
		return
	}
	w.noFaults = true // the last reads meet no faults
	a, b := &w.tally.usd, &w.tally.cny
	ends, err := w.readFinalBalances()
	if err != nil {
		w.fail(err)
		return
	}
	for _, check := range []struct {
		what      string
		got, want int64
	}{
		{"received equals applied, unapplied, returned and reversed", a.received, a.applied + a.unapplied + a.returned + a.reversed},
		{"held on the assurance lines", ends.held, a.held - a.released - a.posted},
		{"held on the assurance lines when no order is open", ends.held, 0},
		{"claimed from the lines equals the compensations of orders", a.posted, a.claimed},
		{"claimed and not repaid", ends.consumed, a.posted - a.repaid},
		{"the limits of the assurance lines", ends.limit, w.tally.assuranceLimits},
		{"used on the pay-later lines", ends.used, b.used()},
		{"used on the pay-later lines when no order is open", ends.used, 0},
		{"the limits of the pay-later lines", ends.quota, w.tally.payLaterLimits},
		{"credited equals the payments of pay-later orders", b.credited, b.restoredPaid},
		{"credited", ends.credited, b.credited},
		{"in transit", ends.inTransit, b.inTransit},
		{"paid out", ends.paidOut, b.paidOut},
		{"fees", ends.fees, b.fees},
		{"spent", ends.spent, b.spent},
		{"debited", ends.debited, b.debited},
		{"debt", ends.debt, b.debt},
		{"credited equals the balances and what was paid out, spent or debited", b.credited,
			ends.balance - b.debt + b.inTransit + b.paidOut + b.fees + b.spent + b.debited},
		{"events read by the slow follower", int64(w.slowFollower.events), int64(w.report.Events)},
	} {
		if check.got != check.want {
			w.fail(fmt.Errorf("the books do not balance: %s: %d, want %d", check.what, check.got, check.want))
		}
	}
	if w.slowFollower.chain != w.follower.chain {
		w.fail(errors.New("the slow follower has read other records than the follower"))
	}
	if auditor := w.follower.auditor; auditor != nil && w.err == nil {
		w.noError(auditor.Totals().Err())
	}
	w.completeReport(&ends)
}

// finalBalances are the totals of lines and balances at the end, over all sellers.
type finalBalances struct {
	held, limit, consumed, used, quota                                int64
	credited, balance, inTransit, paidOut, fees, spent, debited, debt int64
}

func (w *world) readFinalBalances() (s finalBalances, err error) {
	d := w.processes[0].desk
	for _, m := range w.people.sellers {
		line, _, err := d.ReadLine(w.ctx, platform, m.Account, w.people.usd)
		if err != nil {
			return s, err
		}
		s.held += line.Held.MinorUnits()
		s.limit += line.Limit.MinorUnits()
		s.consumed += line.Consumed.MinorUnits()
		quota, _, err := d.ReadQuota(w.ctx, platform, m.Account, w.people.cny)
		if err != nil {
			return s, err
		}
		s.used += quota.Held.MinorUnits()
		s.quota += quota.Limit.MinorUnits()
		funds, _, err := d.ReadFunds(w.ctx, platform, m.Account, w.people.cny)
		if err != nil {
			return s, err
		}
		p := funds.Page(w.now)
		s.credited += p.Credited.MinorUnits()
		s.balance += p.Pending.MinorUnits() + p.Available.MinorUnits()
		s.inTransit += p.InTransit.MinorUnits()
		s.paidOut += p.PaidOut.MinorUnits()
		s.fees += p.Fees.MinorUnits()
		s.spent += p.Spent.MinorUnits()
		s.debited += p.Refunded.MinorUnits()
		s.debt += p.Debt.MinorUnits()
	}
	return s, nil
}

// money returns the totals of each currency for the report.
func (w *world) money(s *finalBalances) []Money {
	a, b := &w.tally.usd, &w.tally.cny
	return []Money{
		{
			Currency: w.people.usd,
			Received: w.usd(a.received), Applied: w.usd(a.applied), Unapplied: w.usd(a.unapplied), Returned: w.usd(a.returned),
			Reversed: w.usd(a.reversed), Refunded: w.usd(a.refunded), Claimed: w.usd(a.claimed), Shortfall: w.usd(a.shortfall),
			Held: w.usd(a.held), Released: w.usd(a.released), Posted: w.usd(a.posted), Repaid: w.usd(a.repaid), Holding: w.usd(s.held),
		}, {
			Currency: w.people.cny,
			Deducted: w.cny(b.deducted), RestoredPaid: w.cny(b.restoredPaid), RestoredOther: w.cny(b.restoredOther),
			WrittenOff: w.cny(b.writtenOff), Used: w.cny(s.used),
			Credited: w.cny(b.credited), Balance: w.cny(s.balance), Debt: w.cny(b.debt), InTransit: w.cny(b.inTransit),
			PaidOut: w.cny(b.paidOut), Fees: w.cny(b.fees), Spent: w.cny(b.spent), Debited: w.cny(b.debited),
		},
	}
}
