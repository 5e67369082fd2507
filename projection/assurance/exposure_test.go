package assurance_test

import (
	"context"
	"math/big"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
)

func (w *world) checkExposure(store projection.Store) {
	w.Helper()
	x, ctx := assurance.NewExposure(store), context.Background()
	for _, who := range []trade.Actor{acme, orient} {
		l, version, err := w.desk.ReadLine(ctx, platform, who.Account, usd)
		if err != nil {
			w.Fatal(err)
		}
		have, err := x.Lines(ctx, who, who.Account)
		if err != nil || len(have) != 1 {
			w.Fatalf("the lines of %s are %+v: %v", who.Account, have, err)
		}
		want := assurance.LineExposure{
			Seller: who.Account, Currency: usd, Limit: l.Limit, Held: l.Held, Consumed: l.Consumed, Remaining: l.Available(),
			Excess: l.Overcommitted(), OpenHolds: l.OpenHolds, Suspended: l.Suspended(), Reason: string(l.Reason), UpdatedAt: l.LastAt, Version: version,
		}
		if have[0] != want {
			w.Fatalf("the exposure is %+v, want %+v", have[0], want)
		}
		var holding []order.Order
		for _, o := range w.replayed() {
			if o.Seller.Account == who.Account && o.Hold.Status == order.HoldOpen {
				holding = append(holding, o)
			}
		}
		w.checkHoldings(x, who, holding)
	}
	w.checkBuyer(x)
}

// checkBuyer compares the sums of the orders of the buyer at some instants, for every actor who may
// read them.
func (w *world) checkBuyer(x *assurance.Exposure) {
	w.Helper()
	for _, at := range []time.Time{w.clock, w.clock.Add(30 * day), w.clock.Add(90 * day)} {
		for _, by := range []trade.Actor{platform, acme, orient, bruno} {
			zero := trade.Minor(0, usd)
			want := assurance.BuyerExposure{Currency: usd, Held: zero, Due: zero, Overdue: zero, Owed: zero}
			for _, o := range w.replayed() {
				open := o.Phase >= order.PhaseConfirmed && o.Phase < order.PhaseCompleted && !o.Due().IsZero()
				holds, owed := o.Hold.Status == order.HoldOpen, o.Ledger.OwedByBuyer()
				if by.Role == trade.Seller && by.Account != o.Seller.Account || !open && !holds && owed.IsZero() {
					continue
				}
				want.Orders++
				if !owed.IsZero() {
					want.Owed = must(want.Owed.Add(owed))
					w.owed++
				}
				if holds {
					want.Held = must(want.Held.Add(o.Hold.Amount))
				}
				if open {
					want.Due = must(want.Due.Add(o.Due()))
				}
				if o.Phase == order.PhaseConfirmed && !at.Before(o.PayBy) {
					want.Overdue = must(want.Overdue.Add(o.StepDue()))
					want.OverdueOrders++
				}
			}
			sums, err := x.Buyer(context.Background(), by, bruno.Account, at)
			if err != nil || want.Orders == 0 && len(sums) > 0 || want.Orders > 0 && (len(sums) != 1 || sums[0] != want) {
				w.Fatalf("for %s the sums of the buyer's orders are %+v, want %+v: %v", by.Account, sums, want, err)
			}
			if want.Orders == 0 {
				continue
			}
			w.overdue += want.OverdueOrders
			share := sums[0].ShareOverdue()
			if new(big.Rat).Mul(share, new(big.Rat).SetInt64(want.Due.MinorUnits())).Cmp(new(big.Rat).SetInt64(want.Overdue.MinorUnits())) != 0 {
				w.Fatalf("%s of %s is a share of %s", want.Overdue, want.Due, share)
			}
		}
	}
}

func (w *world) checkHoldings(x *assurance.Exposure, who trade.Actor, holding []order.Order) {
	w.Helper()
	ctx := context.Background()
	largest, err := x.Largest(ctx, platform, who.Account, usd, 3)
	if err != nil || len(largest) != min(3, len(holding)) {
		w.Fatalf("%d hold, the largest are %+v: %v", len(holding), largest, err)
	}
	slices.SortFunc(holding, func(a, b order.Order) int { return int(b.Hold.Amount.MinorUnits() - a.Hold.Amount.MinorUnits()) })
	for i := range largest {
		if largest[i].Held != holding[i].Hold.Amount {
			w.Fatalf("the largest are %+v, want %s at %d", largest, holding[i].Hold.Amount, i)
		}
	}
	until := w.clock.Add(20 * day)
	forecast, err := x.Forecast(ctx, who, who.Account, usd, until, 1000)
	if err != nil {
		w.Fatal(err)
	}
	var last time.Time
	for _, o := range holding {
		d, runs := o.Deadline()
		i := slices.IndexFunc(forecast, func(h assurance.Holding) bool { return h.Order == o.ID })
		if listed := i >= 0; listed != (runs && !d.At.After(until)) || listed && !forecast[i].FreeBy.Equal(d.At) {
			w.Fatalf("order %s has deadline %+v; the forecast is %+v", o.ID, d, forecast)
		}
	}
	for _, h := range forecast {
		if h.FreeBy.Before(last) {
			w.Fatalf("the forecast is out of order: %+v", forecast)
		}
		last = h.FreeBy
	}
}
