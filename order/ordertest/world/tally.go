package world

import (
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/trade"
)

// tally adds up the events that move money or quota.
type tally struct {
	usd, cny        amounts
	openWithdrawals map[string]funds.WithdrawalRequested // by stream and ID
	limitOf         map[events.StreamID]int64            // of each line
	assuranceLimits int64                                // of all assurance lines
	payLaterLimits  int64                                // of all pay-later lines
	// shortfalls are the amounts that the sellers have waived, by order.
	shortfalls map[events.StreamID]int64
}

// amounts are the amounts of a Money in minor units.
type amounts struct {
	received, applied, unapplied, returned, reversed, refunded, claimed, shortfall int64
	held, released, posted, repaid                                                 int64
	deducted, restoredPaid, restoredOther, writtenOff                              int64
	credited, debt, inTransit, paidOut, fees, spent, debited                       int64
}

// used returns how much the pay-later orders use.
func (a *amounts) used() int64 {
	return a.deducted - a.restoredPaid - a.restoredOther - a.writtenOff
}

func newTally() tally {
	return tally{openWithdrawals: make(map[string]funds.WithdrawalRequested), limitOf: make(map[events.StreamID]int64), shortfalls: make(map[events.StreamID]int64)}
}

// moneyEvents are the types of the events that move money or quota.
var moneyEvents = func() map[string]bool {
	kinds := make(map[string]bool)
	for _, k := range []fmt.Stringer{
		order.KindPaymentReceived, order.KindUnappliedApplied, order.KindUnappliedReturned, order.KindPaymentReversed,
		order.KindTransferReversed, order.KindChargebackResolved, order.KindPaymentVoided, order.KindPaymentInitiated, order.KindTermsModified, order.KindRefundMade, order.KindClaimPosted, order.KindShortfallAccepted,
		credit.KindLimitAssessed, credit.KindHeld, credit.KindHoldAdjusted, credit.KindReleased, credit.KindClaimPosted,
		credit.KindClaimRepaid, credit.KindLineOpened, credit.KindLimitRaised, credit.KindLimitReduced,
		credit.KindQuotaDeducted, credit.KindQuotaRestored, credit.KindQuotaConsumed,
		funds.KindCredited, funds.KindDebited, funds.KindWithdrawalRequested, funds.KindWithdrawalSettled,
		funds.KindWithdrawalFailed, funds.KindChargePaid,
	} {
		kinds[k.String()] = true
	}
	return kinds
}()

// add adds the event of a record.
func (t *tally) add(r *events.Record) error {
	if !moneyEvents[r.Type] {
		return nil
	}
	event, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return err
	}
	switch e := event.(type) {
	case order.Event:
		before := t.usd.shortfall
		t.usd.addOrder(e, t.shortfalls[r.Stream])
		if n := t.usd.shortfall - before; n != 0 {
			t.shortfalls[r.Stream] += n
		}
	case credit.Event:
		t.addLine(r.Stream, e)
	case funds.Event:
		return t.addFunds(r.Stream, e)
	}
	return nil
}

// addOrder adds an event of an order, which had the given shortfall before.
func (a *amounts) addOrder(event order.Event, shortfall int64) {
	before := a.shortfall
	switch e := event.(type) {
	case order.PaymentInitiated:
		a.addMoved(e.Moved)
	case order.PaymentReceived:
		a.received += e.Amount.MinorUnits()
		a.applied += e.Applied.MinorUnits()
		a.unapplied += e.Unapplied.MinorUnits()
		a.reversed += e.Reversed.MinorUnits()
	case order.UnappliedApplied:
		a.applied += e.Amount.MinorUnits()
		a.unapplied -= e.Amount.MinorUnits()
		a.addMoved(e.Moved)
	case order.UnappliedReturned:
		a.unapplied -= e.Amount.MinorUnits()
		a.returned += e.Amount.MinorUnits()
	case order.PaymentReversed:
		a.addMoved(order.Moved{Applied: e.Applied, Unapplied: e.Unapplied, Shortfall: e.Shortfall})
	case order.TransferReversed:
		a.addMoved(order.Moved{Applied: e.Applied, Unapplied: e.Unapplied, Shortfall: e.Shortfall})
	case order.PaymentVoided:
		a.addMoved(e.Moved)
	case order.ChargebackResolved:
		none := trade.Money{}
		a.addMoved(order.Moved{Applied: none.SubUnchecked(e.Applied), Unapplied: none.SubUnchecked(e.Unapplied), Shortfall: e.Shortfall})
	case order.RefundMade:
		a.refunded += e.Amount.MinorUnits()
	case order.ClaimPosted:
		a.claimed += e.Amount.MinorUnits()
	case order.ShortfallAccepted:
		a.shortfall += e.Amount.MinorUnits()
	case order.TermsModified:
		if e.ShortfallVoid {
			a.shortfall = before - shortfall
		}
	}
}

// addMoved moves money from applied and unapplied to reversed, or back if the amounts are negative.
func (a *amounts) addMoved(m order.Moved) {
	a.applied -= m.Applied.MinorUnits()
	a.unapplied -= m.Unapplied.MinorUnits()
	a.reversed += m.Applied.MinorUnits() + m.Unapplied.MinorUnits()
	a.shortfall -= m.Shortfall.MinorUnits()
}

// addLine adds an event of an assurance or pay-later line.
func (t *tally) addLine(stream events.StreamID, event credit.Event) {
	switch e := event.(type) {
	case credit.LimitAssessed:
		t.setLimit(stream, e.Limit, &t.assuranceLimits)
	case credit.Held:
		t.usd.held += e.Amount.MinorUnits()
	case credit.HoldAdjusted:
		t.usd.held += e.To.MinorUnits() - e.From.MinorUnits()
	case credit.Released:
		t.usd.released += e.Amount.MinorUnits()
	case credit.ClaimPosted:
		t.usd.posted += e.Amount.MinorUnits()
		t.usd.released += e.Released.MinorUnits()
	case credit.ClaimRepaid:
		t.usd.repaid += e.Amount.MinorUnits()
	case credit.LineOpened:
		t.setLimit(stream, e.Limit, &t.payLaterLimits)
	case credit.LimitRaised:
		t.setLimit(stream, e.To, &t.payLaterLimits)
	case credit.LimitReduced:
		t.setLimit(stream, e.To, &t.payLaterLimits)
	case credit.QuotaDeducted:
		t.cny.deducted += e.Amount.MinorUnits()
	case credit.QuotaRestored:
		if e.Cause == credit.RestorePaid {
			t.cny.restoredPaid += e.Amount.MinorUnits()
		} else {
			t.cny.restoredOther += e.Amount.MinorUnits()
		}
	case credit.QuotaConsumed:
		t.cny.writtenOff += e.Amount.MinorUnits()
		t.setLimit(stream, e.LimitTo, &t.payLaterLimits)
	}
}

// setLimit replaces the limit of a line in the sum of the limits of its kind.
func (t *tally) setLimit(stream events.StreamID, limit trade.Money, sum *int64) {
	*sum += limit.MinorUnits() - t.limitOf[stream]
	t.limitOf[stream] = limit.MinorUnits()
}

// addFunds adds an event of received funds.
func (t *tally) addFunds(stream events.StreamID, event funds.Event) error {
	a := &t.cny
	settle := func(id funds.WithdrawalID) (funds.WithdrawalRequested, error) {
		key := string(stream) + " " + string(id)
		w, ok := t.openWithdrawals[key]
		delete(t.openWithdrawals, key)
		if !ok {
			return w, fmt.Errorf("withdrawal %s is not open: %w", id, errImpossibleEvent)
		}
		a.inTransit -= w.Gross.MinorUnits()
		return w, nil
	}
	switch e := event.(type) {
	case funds.Credited:
		a.credited += e.Amount.MinorUnits()
		a.debt -= e.Repaid.MinorUnits()
	case funds.Debited:
		a.debited += e.Amount.MinorUnits()
		a.debt += e.Debt.MinorUnits()
	case funds.WithdrawalRequested:
		t.openWithdrawals[string(stream)+" "+string(e.ID)] = e
		a.inTransit += e.Gross.MinorUnits()
	case funds.WithdrawalSettled:
		w, err := settle(e.ID)
		a.paidOut += w.Net.MinorUnits()
		a.fees += w.Fee.MinorUnits()
		return err
	case funds.WithdrawalFailed:
		_, err := settle(e.ID)
		a.debt -= e.Repaid.MinorUnits()
		return err
	case funds.ChargePaid:
		a.spent += e.Amount.MinorUnits()
	}
	return nil
}
