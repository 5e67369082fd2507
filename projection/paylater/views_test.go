package paylater_test

import (
	"context"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	views "github.com/tradesurety/surety/projection/paylater"
)

// TestViewsAreTheFold plays random trades while the views follow in batches of random sizes, by
// any number of workers, and compares them with a replay of each stream.
func TestViewsAreTheFold(t *testing.T) {
	viewtest.Stores(t, func(t *testing.T, store projection.Store) {
		w := newWorld(t)
		for range 3 {
			w.trade(150)
			w.check(store)
		}
		w.play()
		clear(w.seen)
		w.check(store)
		for _, what := range []string{"overdue", "frozen", "forecast", "release", "drained", "fees", "failed", "waits"} {
			if w.seen[what] == 0 {
				t.Errorf("%q was not looked at", what)
			}
		}
		scratch := func() projection.Store { return viewmemory.New() }
		if err := views.Reconcile(t.Context(), w.log, store, scratch); err != nil {
			t.Fatal(err)
		}
	})
}

func (w *world) check(store projection.Store) {
	w.Helper()
	w.catchUp(store, views.Views(), projection.WithBatch(1+w.rand.IntN(150)), projection.WithSlices(1+w.rand.IntN(3)))
	w.checkBoard(store)
	w.checkDeadlines(store)
	w.checkExposure(store)
	w.checkBuyers(store)
	w.checkQuota(store)
	w.checkFunds(store)
}

// all reads all pages.
func all[T any](w *world, ask func(views.Page) ([]T, string, error)) []T {
	w.Helper()
	var list []T
	p := views.Page{Limit: w.limit}
	if p.Limit == 0 {
		p.Limit = 1 + w.rand.IntN(7)
	}
	for {
		page, next, err := ask(p)
		if err != nil {
			w.Fatal(err)
		}
		if len(page) > p.Limit {
			w.Fatalf("a page of %d has %d", p.Limit, len(page))
		}
		if list = append(list, page...); next == "" {
			return list
		}
		p.After = next
	}
}

func (w *world) checkBoard(store projection.Store) {
	w.Helper()
	board, replayed := views.NewBoard(store), w.replayed()
	check := func(by trade.Actor, f views.BoardFilter, means func(*paylater.Order) bool) {
		w.Helper()
		have := all(w, func(p views.Page) ([]views.BoardOrder, string, error) {
			return board.List(context.Background(), by, f, p)
		})
		if f.ByDeadline {
			if !slices.IsSortedFunc(have, func(a, b views.BoardOrder) int { return a.Deadline.Compare(b.Deadline) }) {
				w.Fatalf("%+v: the deadlines are not in order", f)
			}
			slices.SortFunc(have, func(a, b views.BoardOrder) int { return slices.Compare(a.ID[:], b.ID[:]) })
		} else {
			slices.Reverse(have)
		}
		var want []views.BoardOrder
		for i := range replayed {
			if means(&replayed[i]) {
				want = append(want, w.onBoard(&replayed[i]))
			}
		}
		if !slices.Equal(have, want) {
			w.Fatalf("%+v by %s: the board has\n%+v, want\n%+v", f, by.Account, have, want)
		}
	}
	deadline := func(o *paylater.Order) time.Time { d, _ := o.Deadline(); return d.At }
	check(platform, views.BoardFilter{}, func(*paylater.Order) bool { return true })
	check(system, views.BoardFilter{Status: views.StatusWaitPayment}, func(o *paylater.Order) bool {
		return views.PlatformStatus(o) == views.StatusWaitPayment
	})
	for _, by := range []trade.Actor{lin, zhou, mei, tom, stranger} {
		check(by, views.BoardFilter{}, func(o *paylater.Order) bool { return o.VisibleTo(by) })
	}
	check(lin, views.BoardFilter{Merchant: zhou.Account}, func(*paylater.Order) bool { return false })
	check(platform, views.BoardFilter{ByDeadline: true}, func(o *paylater.Order) bool { return !deadline(o).IsZero() })
	soon := w.clock.Add(2 * day)
	check(zhou, views.BoardFilter{ByDeadline: true, DueBefore: soon}, func(o *paylater.Order) bool {
		return o.Merchant == zhou.Account && !deadline(o).IsZero() && deadline(o).Before(soon)
	})
	for p := paylater.PhasePlaced; p <= paylater.PhaseWrittenOff; p++ {
		check(platform, views.BoardFilter{Phase: p, Buyer: mei.Account}, func(o *paylater.Order) bool { return o.Phase == p && o.Buyer == mei.Account })
	}
}

// onBoard returns the row that the board must have for an order.
func (w *world) onBoard(o *paylater.Order) views.BoardOrder {
	w.Helper()
	d, _ := o.Deadline()
	version := events.Version(0)
	w.records(paylater.Stream(o.ID), func(r *events.Record) { version = r.Version })
	return views.BoardOrder{
		ID: o.ID, Version: version, Merchant: o.Merchant, Buyer: o.Buyer, Phase: o.Phase, Status: views.PlatformStatus(o),
		Original: o.Original, Outstanding: o.Outstanding, Due: o.Due(), Paid: o.Paid, Refunded: o.Refunded, Unapplied: o.Unapplied(),
		Deadline: d.At, DeadlineKind: d.Kind, DueAt: o.DueAt, OverdueAt: o.OverdueAt, AfterSalesAt: o.AfterSalesAt, PauseUntil: o.PauseUntil,
		FakeFlagged: o.FakeFlagged, PlacedAt: o.PlacedAt, UpdatedAt: o.LastAt,
	}
}

func (w *world) checkExposure(store projection.Store) {
	w.Helper()
	x, ctx := views.NewExposure(store), context.Background()
	for _, m := range merchants {
		have, err := x.Lines(ctx, m, m.Account)
		if err != nil || len(have) != 2 {
			w.Fatalf("the lines of %s are %+v: %v", m.Account, have, err)
		}
		for i, c := range []trade.Currency{cny, usd} {
			l, version, err := w.desk.ReadQuota(ctx, platform, m.Account, c)
			if err != nil {
				w.Fatal(err)
			}
			page, got := l.Page(), have[i]
			if got.Merchant != m.Account || got.Currency != c || got.Limit != page.Limit || got.Used != page.Used || got.Remaining != page.Remaining ||
				got.Usable != page.Usable || got.Excess != page.Excess || got.Frozen() != page.Frozen || !slices.Equal(got.Why, page.Why) ||
				got.Orders != l.OpenHolds || got.Overdue != l.Overdue || !got.UpdatedAt.Equal(l.LastAt) || got.Version != version {
				w.Fatalf("the line is %+v, want %+v at version %d", got, l, version)
			}
			if got.Frozen() {
				w.seen["frozen"]++
			}
			w.checkUses(x, m, c)
		}
	}
}

func (w *world) checkUses(x *views.Exposure, m trade.Actor, c trade.Currency) {
	w.Helper()
	ctx, until := context.Background(), w.clock.Add(2*day)
	var largest, forecast []views.Use
	for _, o := range w.replayed() {
		if o.Merchant != m.Account || o.Original.Currency() != c || o.Outstanding.IsZero() {
			continue
		}
		u := views.Use{Order: o.ID, Buyer: o.Buyer, Outstanding: o.Outstanding, Phase: o.Phase, DueAt: o.DueAt, OverdueAt: o.OverdueAt}
		if o.Phase == paylater.PhaseReceived && !o.AfterSalesOpen() {
			if u.FreeBy = o.DueAt; !u.FreeBy.After(until) {
				forecast = append(forecast, u)
				w.seen["forecast"]++
			}
		}
		largest = append(largest, u)
	}
	slices.Reverse(largest)
	slices.SortStableFunc(largest, func(a, b views.Use) int { return int(b.Outstanding.MinorUnits() - a.Outstanding.MinorUnits()) })
	slices.SortStableFunc(forecast, func(a, b views.Use) int { return a.FreeBy.Compare(b.FreeBy) })
	most := 1 + w.rand.IntN(5)
	have, err := x.Largest(ctx, platform, m.Account, c, most)
	if want := largest[:min(most, len(largest))]; err != nil || !slices.Equal(have, want) {
		w.Fatalf("the largest are %+v, want %+v: %v", have, want, err)
	}
	have, err = x.Forecast(ctx, m, m.Account, c, until, 100)
	if err != nil || !slices.Equal(have, forecast) {
		w.Fatalf("the forecast is %+v, want %+v: %v", have, forecast, err)
	}
}

func (w *world) checkBuyers(store projection.Store) {
	w.Helper()
	x := views.NewExposure(store)
	for _, b := range buyers {
		for _, by := range []trade.Actor{platform, system, lin, zhou, b} {
			var want []views.BuyerExposure
			for _, c := range []trade.Currency{cny, usd} {
				if e := w.owes(b, by, c); e.Orders > 0 {
					want = append(want, e)
				}
			}
			have, err := x.Buyer(context.Background(), by, b.Account)
			if err != nil || !slices.Equal(have, want) {
				w.Fatalf("to %s %s owes %+v, want %+v: %v", by.Account, b.Account, have, want, err)
			}
			for _, e := range have {
				w.seen["overdue"] += e.OverdueOrders
				if share := big.NewRat(e.Overdue.MinorUnits(), e.Outstanding.MinorUnits()); e.ShareOverdue().Cmp(share) != 0 {
					w.Fatalf("%s of %s is a share of %s", e.Overdue, e.Outstanding, e.ShareOverdue())
				}
			}
		}
		if none, err := x.Buyer(context.Background(), stranger, b.Account); err != nil || len(none) > 0 {
			w.Fatalf("a stranger sees %+v: %v", none, err)
		}
	}
}

// owes returns the sums of the orders of a buyer that an actor may see.
func (w *world) owes(b, by trade.Actor, c trade.Currency) views.BuyerExposure {
	w.Helper()
	zero := trade.Minor(0, c)
	e := views.BuyerExposure{Currency: c, Outstanding: zero, Due: zero, Overdue: zero}
	for _, o := range w.replayed() {
		if o.Buyer != b.Account || o.Original.Currency() != c || o.Outstanding.IsZero() || !o.VisibleTo(by) {
			continue
		}
		e.Orders++
		e.Outstanding, e.Due = must(e.Outstanding.Add(o.Outstanding)), must(e.Due.Add(o.Due()))
		if o.Phase == paylater.PhaseOverdue {
			e.Overdue = must(e.Overdue.Add(o.Outstanding))
			e.OverdueOrders++
		}
	}
	return e
}

// checkQuota compares with the ledger that package credit makes of the whole history.
func (w *world) checkQuota(store projection.Store) {
	w.Helper()
	ctx := context.Background()
	var history []events.Recorded[credit.Event]
	w.records(must(credit.Stream(credit.PayLater, lin.Account, cny)), func(r *events.Record) {
		history = append(history, events.Recorded[credit.Event]{At: r.At, Event: must(credit.DecodeEvent(r.Type, r.Schema, r.Data))})
	})
	// A counterpart is ordered by version, and is booked no earlier than the event before it.
	booked := make([]time.Time, len(history))
	for i := range history {
		if booked[i] = history[i].At; i > 0 && booked[i].Before(booked[i-1]) {
			booked[i] = booked[i-1]
		}
	}
	cut, end := w.rand.IntN(len(history)), w.rand.IntN(len(history))
	cut, end = min(cut, end), max(cut, end)
	from, to := booked[cut], booked[end]
	for cut > 0 && booked[cut-1].Equal(from) {
		cut--
	}
	for end > 0 && booked[end-1].Equal(to) {
		end--
	}
	opening := must(credit.Replay(credit.New(credit.PayLater, lin.Account, cny), history[:cut]))
	want := must(credit.Ledger(opening, history[cut:end]))
	quota := views.NewQuota(store)
	have := all(w, func(p views.Page) ([]views.QuotaMovement, string, error) {
		s, err := quota.Statement(ctx, lin, lin.Account, cny, from, to, p)
		if s.Opening != quotaFigures(want.Opening) || s.Closing != quotaFigures(want.Closing) {
			w.Fatalf("the statement leads from %+v to %+v, want from %+v to %+v", s.Opening, s.Closing, want.Opening, want.Closing)
		}
		return s.Movements, s.Next, err
	})
	after := quotaFigures(want.Opening)
	if !slices.EqualFunc(have, want.Movements, func(a views.QuotaMovement, b credit.Movement) bool {
		after.Limit, after.Used = must(after.Limit.Add(b.Limit)), must(after.Used.Add(b.Used))
		e, _ := history[a.Version-1].Event.(credit.QuotaRestored)
		return a.At.Equal(b.At) && a.Type == b.Kind.String() && a.Order == b.Order && a.Limit == b.Limit && a.Used == b.Used && a.Cause == e.Cause && a.After == after
	}) {
		w.Fatalf("the movements are\n%+v, want\n%+v", have, want.Movements)
	}
	whole, err := quota.Statement(ctx, platform, lin.Account, cny, time.Time{}, time.Time{}, views.Page{})
	if line := must(credit.Replay(credit.New(credit.PayLater, lin.Account, cny), history)); err != nil || whole.Closing != quotaFigures(line.Page()) || !whole.Opening.Limit.IsZero() {
		w.Fatalf("the whole statement leads from %+v to %+v: %v", whole.Opening, whole.Closing, err)
	}
}

func quotaFigures(p credit.Page) views.QuotaFigures {
	return views.QuotaFigures{Limit: p.Limit, Used: p.Used}
}
