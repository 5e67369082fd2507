package paylater_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	views "github.com/tradesurety/surety/projection/paylater"
)

// checkDeadlines compares with the desk's own index.
func (w *world) checkDeadlines(store projection.Store) {
	w.Helper()
	for _, now := range []time.Time{w.clock, w.clock.Add(day), w.clock.Add(50 * day)} {
		var want []paylater.Order
		for _, o := range w.replayed() {
			if d, runs := o.Deadline(); runs && !d.At.After(now) {
				want = append(want, o)
			}
		}
		slices.SortStableFunc(want, func(a, b paylater.Order) int {
			x, _ := a.Deadline()
			y, _ := b.Deadline()
			return x.At.Compare(y.At)
		})
		for due, err := range views.NewDeadlines(store).Due(context.Background(), now) {
			if err != nil {
				w.Fatal(err)
			}
			if len(want) == 0 {
				w.Fatalf("%+v is not due at %s", due, now)
			}
			if d, _ := want[0].Deadline(); due.Order != want[0].ID || !due.At.Equal(d.At) || due.Kind != d.Kind || due.Do.String() != desk.OnPayLater(want[0].ID, d.Command).String() {
				w.Fatalf("%+v is due, want %s with %+v", due, want[0].ID, d)
			}
			want = want[1:]
		}
		if len(want) > 0 {
			w.Fatalf("%s is due at %s and not yielded", want[0].ID, now)
		}
	}
}

// assure adds an assurance order that waits for its buyer.
func (w *world) assure() {
	w.Helper()
	by := trade.Actor{Role: trade.Seller, Account: "s-acme", Email: "sales@acme.example"}
	w.ask(by, desk.OnSeller(by.Account, seller.Activate{Route: seller.RouteConsole}))
	id := trade.NewID()
	for _, c := range []order.Command{
		order.Draft{Mode: order.DraftOnline},
		order.SetBuyer{Email: "bruno@buyer.example", BuyerName: "Bruno Imports"},
		order.MatchBuyer{Email: "bruno@buyer.example"},
		order.SetTerms{Terms: order.Terms{Total: trade.Minor(600_00, usd), Initial: trade.Minor(600_00, usd)}},
		order.ChooseCoverage{Coverage: order.CoverageNone, TermsAccepted: true},
		order.SetTransport{Mode: order.TransportAir},
		order.Submit{OneTouchAcknowledged: true},
	} {
		w.do(by, desk.OnOrder(id, c))
	}
}

// TestTickOnBoth ticks a desk with both kinds of orders by the views of both, and requires that it
// acts in the order of the deadlines and leaves nothing for a desk with its own index.
func TestTickOnBoth(t *testing.T) {
	viewtest.Stores(t, func(t *testing.T, store projection.Store) {
		w := newWorld(t)
		for i := range 3 {
			w.assure()
			w.place(lin, mei, trade.Minor(1_00, cny))
			w.do(lin, desk.OnPayLater(w.orders[i], paylater.Ship{}))
			w.clock = w.clock.Add(time.Hour)
		}
		both := []*projection.View{assurance.DeadlinesView(), views.DeadlinesView()}
		w.catchUp(store, both)
		clock := func() time.Time { return w.clock }
		byViews := must(desk.New(w.log, desk.WithSources(desk.DemoSources()), desk.WithClock(clock), desk.WithDeadlines(views.NewDeadlines(store).With(assurance.NewDeadlines(store)))))
		w.clock = w.clock.Add(40 * day)
		kinds := make(map[string]int)
		for range 3 { // receipt, charge, overdue
			done, err := byViews.Tick(t.Context(), w.clock)
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range done {
				if d.Err != nil || i > 0 && d.At.Before(done[i-1].At) {
					t.Errorf("%+v", d)
				}
				kinds[d.Kind]++
			}
			w.catchUp(store, both)
			w.clock = w.clock.Add(2 * day)
		}
		if want := map[string]int{"confirm": 3, "receipt": 3, "charge": 3, "overdue": 3}; !maps.Equal(kinds, want) {
			t.Errorf("the deadlines that were met are %v, want %v", kinds, want)
		}
		if rest, err := w.desk.Tick(t.Context(), w.clock); err != nil || len(rest) != 0 {
			t.Fatalf("the views have left over %+v: %v", rest, err)
		}
	})
}

// listed are deadlines from a list.
type listed []struct {
	due desk.Due
	err error
}

func (l listed) Due(context.Context, time.Time) iter.Seq2[desk.Due, error] {
	return func(yield func(desk.Due, error) bool) {
		for _, d := range l {
			if !yield(d.due, d.err) {
				return
			}
		}
	}
}

// TestWith merges deadlines with those of another kind: due ones by instant, then broken orders,
// and nothing after an error that ends a sequence.
func TestWith(t *testing.T) {
	w, store := newWorld(t), viewmemory.New()
	w.place(lin, mei, trade.Minor(100, cny))
	w.do(lin, desk.OnPayLater(w.orders[0], paylater.Ship{}))
	bad := trade.NewID()
	_, err := w.log.Append(t.Context(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
		Stream: paylater.Stream(bad), Events: []events.Event{{Type: "paylater.unheard-of", Schema: 1, At: w.clock, Data: []byte("{}")}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w.catchUp(store, []*projection.View{views.DeadlinesView()}, projection.OnPoison(projection.Park))
	at := w.order(w.orders[0]).AutoReceiveAt
	other := listed{
		{due: desk.Due{Kind: "before", At: at.Add(-1)}}, {due: desk.Due{Kind: "same", At: at}}, {due: desk.Due{Kind: "after", At: at.Add(1)}},
		{due: desk.Due{Kind: "broken"}, err: &events.CorruptError{}},
	}
	failure := errors.New("the store is away")
	collect := func(d desk.Deadlines, most int) (kinds []string) {
		for due, err := range d.Due(t.Context(), at) {
			kind := due.Kind
			switch {
			case errors.Is(err, failure):
				kind = "failure"
			case err != nil && due.Order == bad:
				kind = "parked"
			}
			if kinds = append(kinds, kind); len(kinds) == most {
				break
			}
		}
		return kinds
	}
	own := views.NewDeadlines(store)
	for _, c := range []struct {
		name  string
		of    desk.Deadlines
		most  int
		wants []string
	}{
		{"alone", own, 9, []string{"receipt", "parked"}},
		{"none", own.With(listed{}), 9, []string{"receipt", "parked"}},
		{"both", own.With(other), 9, []string{"before", "same", "receipt", "after", "broken", "parked"}},
		{"interrupted", own.With(other), 2, []string{"before", "same"}},
		{"failing", own.With(append(other[:1:1], listed{{err: failure}, {due: desk.Due{Kind: "late"}}}...)), 9, []string{"before", "failure"}},
		{"failing second", views.NewDeadlines(viewmemory.New()).With(other), 9, []string{""}},
		{"three", own.With(own.With(other)), 9, []string{"before", "same", "receipt", "receipt", "after", "broken", "parked", "parked"}},
	} {
		if kinds := collect(c.of, c.most); !slices.Equal(kinds, c.wants) {
			t.Errorf("%s: yielded are %q, want %q", c.name, kinds, c.wants)
		}
	}
}
