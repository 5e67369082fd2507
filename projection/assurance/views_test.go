package assurance_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// TestViewsAreTheFold plays random trades while the views follow in batches of random sizes,
// and compares them with a replay of each stream.
func TestViewsAreTheFold(t *testing.T) {
	viewtest.Stores(t, func(t *testing.T, store projection.Store) {
		w := newWorld(t)
		for range 6 {
			w.trade(60)
			w.catchUp(store, assurance.Views(), projection.WithBatch(1+w.rand.IntN(50)), projection.WithSlices(1+w.rand.IntN(3)))
			w.checkBoard(store)
			w.checkDeadlines(store)
			w.checkExposure(store)
			w.checkLedger(store)
		}
		w.overdue, w.owed = 0, 0
		w.unpaid()
		w.paidBackTwice()
		w.catchUp(store, assurance.Views())
		w.checkExposure(store)
		if w.overdue == 0 {
			t.Error("no order was overdue when the views were looked at")
		}
		if w.owed == 0 {
			t.Error("no buyer owed money when the views were looked at")
		}
		scratch := func() projection.Store { return viewmemory.New() }
		if err := assurance.Reconcile(context.Background(), w.log, store, scratch); err != nil {
			t.Fatal(err)
		}
	})
}

// paidBackTwice adds an order whose payment is refunded, and then charged back and lost as well.
func (w *world) paidBackTwice() {
	w.Helper()
	id := w.unpaid()
	o, reference := w.order(id), "CH-"+id.String()
	due := o.StepDue()
	for _, a := range []struct {
		by trade.Actor
		do order.Command
	}{
		{bruno, order.InitiatePayment{Payment: "card", Method: order.PayCard, Amount: due}},
		{platform, order.RecordPayment{Reference: reference, Method: order.PayCard, Payment: "card", Amount: due, PaidAt: w.clock}},
		{acme, order.Refund{Amount: due}},
		{platform, order.ChargeBack{Reference: reference, Case: "case", At: w.clock}},
		{platform, order.ResolveChargeback{Reference: reference, Case: "case", At: w.clock}},
	} {
		w.do(a.by, desk.OnOrder(id, a.do))
	}
}

// unpaid adds an order that its buyer has confirmed and not paid.
func (w *world) unpaid() trade.ID {
	w.Helper()
	for {
		id := w.draft(acme)
		w.orders = append(w.orders, id)
		w.ask(acme, desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true}))
		if o := w.order(id); o.Phase == order.PhaseSubmitted {
			w.do(bruno, desk.OnOrder(id, order.Confirm{Terms: o.Revision}))
			return id
		}
	}
}

// replayed returns every order, folded from its first record.
func (w *world) replayed() []order.Order {
	w.Helper()
	var all []order.Order
	for _, id := range w.orders {
		o, _, err := order.Model().Replay(context.Background(), w.log, order.Stream(id))
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, o)
	}
	return sorted(all, func(o order.Order) string { return o.ID.String() })
}

func (w *world) checkBoard(store projection.Store) {
	w.Helper()
	board, replayed := assurance.NewBoard(store), w.replayed()
	list := func(by trade.Actor, f assurance.BoardFilter) []assurance.BoardOrder {
		w.Helper()
		var all []assurance.BoardOrder
		p := assurance.Page{Limit: 1 + w.rand.IntN(7)}
		for {
			page, next, err := board.List(context.Background(), by, f, p)
			if err != nil {
				w.Fatal(err)
			}
			if all = append(all, page...); next == "" {
				return all
			}
			p.After = next
		}
	}
	check := func(by trade.Actor, f assurance.BoardFilter, means func(*order.Order) bool) {
		w.Helper()
		have := list(by, f)
		if f.ByDeadline {
			for i := 1; i < len(have); i++ {
				if have[i].Deadline.Before(have[i-1].Deadline) {
					w.Fatalf("a deadline at %s comes after one at %s", have[i].Deadline, have[i-1].Deadline)
				}
			}
			have = sorted(have, func(o assurance.BoardOrder) string { return o.ID.String() })
		} else {
			slices.Reverse(have)
		}
		for i := range replayed {
			o := &replayed[i]
			if !means(o) {
				continue
			}
			if len(have) == 0 || have[0].ID != o.ID {
				w.Fatalf("%+v: order %s is missing", f, o.ID)
			}
			status, step := o.PlatformStatus(o.LastAt)
			deadline, _ := o.Deadline()
			row := have[0]
			if row.Phase != o.Phase || row.Seller != o.Seller.Account || row.Buyer != o.Buyer.Account || row.Status != status || row.Step != step ||
				row.Total != o.Terms.Total || row.Due != o.Due() || !row.Deadline.Equal(deadline.At) || row.DeadlineKind != deadline.Kind ||
				row.Coverage != o.Coverage || !row.DraftedAt.Equal(o.DraftedAt) || !row.UpdatedAt.Equal(o.LastAt) {
				w.Fatalf("the board has %+v of %+v", row, o)
			}
			have = have[1:]
		}
		if len(have) > 0 {
			w.Fatalf("%+v: order %s is too many", f, have[0].ID)
		}
	}
	all := func(*order.Order) bool { return true }
	deadline := func(o *order.Order) time.Time { d, _ := o.Deadline(); return d.At }
	check(platform, assurance.BoardFilter{}, all)
	check(acme, assurance.BoardFilter{}, func(o *order.Order) bool { return o.Seller.Account == acme.Account })
	check(acme, assurance.BoardFilter{Seller: orient.Account}, func(*order.Order) bool { return false })
	check(bruno, assurance.BoardFilter{}, func(o *order.Order) bool { return o.VisibleTo(bruno) })
	check(stranger, assurance.BoardFilter{}, func(*order.Order) bool { return false })
	check(platform, assurance.BoardFilter{ByDeadline: true}, func(o *order.Order) bool { return !deadline(o).IsZero() })
	soon := w.clock.Add(10 * day)
	check(orient, assurance.BoardFilter{ByDeadline: true, DueBefore: soon}, func(o *order.Order) bool {
		return o.Seller.Account == orient.Account && !deadline(o).IsZero() && deadline(o).Before(soon)
	})
	for p := order.PhaseDraft; p <= order.PhaseClosed; p++ {
		check(platform, assurance.BoardFilter{Phase: p, Buyer: bruno.Account}, func(o *order.Order) bool { return o.Phase == p })
	}
	check(platform, assurance.BoardFilter{Status: "unpay"}, func(o *order.Order) bool { s, _ := o.PlatformStatus(o.LastAt); return s == "unpay" })
}

// checkDeadlines compares with the desk's own index.
func (w *world) checkDeadlines(store projection.Store) {
	w.Helper()
	for _, now := range []time.Time{w.clock, w.clock.Add(20 * day), w.clock.Add(500 * day)} {
		var want []order.Order
		for _, o := range w.replayed() {
			if d, runs := o.Deadline(); runs && !d.At.After(now) {
				want = append(want, o)
			}
		}
		slices.SortStableFunc(want, func(a, b order.Order) int {
			x, _ := a.Deadline()
			y, _ := b.Deadline()
			return x.At.Compare(y.At)
		})
		for due, err := range assurance.NewDeadlines(store).Due(context.Background(), now) {
			if err != nil {
				w.Fatal(err)
			}
			if len(want) == 0 {
				w.Fatalf("%+v is not due at %s", due, now)
			}
			if d, _ := want[0].Deadline(); due.Order != want[0].ID || !due.At.Equal(d.At) || due.Kind != d.Kind || due.Do.String() != desk.OnOrder(want[0].ID, d.Command).String() {
				w.Fatalf("%+v is due, want %s with %+v", due, want[0].ID, d)
			}
			want = want[1:]
		}
		if len(want) > 0 {
			w.Fatalf("%s is due at %s and not yielded", want[0].ID, now)
		}
	}
}

// checkLedger compares with the ledger that package credit makes of the whole history.
func (w *world) checkLedger(store projection.Store) {
	w.Helper()
	ctx := context.Background()
	var history []events.Recorded[credit.Event]
	for r, err := range w.log.Read(ctx, must(credit.Stream(credit.Assurance, acme.Account, usd)), 0) {
		if err != nil {
			w.Fatal(err)
		}
		history = append(history, events.Recorded[credit.Event]{At: r.At, Event: must(credit.DecodeEvent(r.Type, r.Schema, r.Data))})
	}
	cut := w.rand.IntN(len(history))
	from := history[cut].At
	for cut > 0 && !history[cut-1].At.Before(from) {
		cut--
	}
	opening, err := credit.Replay(credit.New(credit.Assurance, acme.Account, usd), history[:cut])
	if err != nil {
		w.Fatal(err)
	}
	want, err := credit.Ledger(opening, history[cut:])
	if err != nil {
		w.Fatal(err)
	}
	var have []assurance.Movement
	p := assurance.Page{Limit: 1 + w.rand.IntN(9)}
	for {
		s, err := assurance.NewLedger(store).Statement(ctx, acme, acme.Account, usd, from, time.Time{}, p)
		if err != nil {
			w.Fatal(err)
		}
		if s.Opening != figures(want.Opening) || s.Closing != figures(want.Closing) {
			w.Fatalf("the statement leads from %+v to %+v, want from %+v to %+v", s.Opening, s.Closing, want.Opening, want.Closing)
		}
		have = append(have, s.Movements...)
		if p.After = s.Next; p.After == "" {
			break
		}
	}
	if !slices.EqualFunc(have, want.Movements, func(a assurance.Movement, b credit.Movement) bool {
		return a.At.Equal(b.At) && a.Type == b.Kind.String() && a.Order == b.Order && a.Limit == b.Limit && a.Used == b.Used && a.Consumed == b.Consumed
	}) {
		w.Fatalf("the movements are\n%+v, want\n%+v", have, want.Movements)
	}
}

func figures(p credit.Page) assurance.Figures {
	return assurance.Figures{Limit: p.Limit, Used: p.Used, Consumed: p.Consumed}
}
