package assurance_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// TestViewsAreTheFold plays random trades while the views follow in batches of random sizes,
// and compares what they say with a replay of each stream.
func TestViewsAreTheFold(t *testing.T) {
	stores(t, func(t *testing.T, store projection.Store) {
		w := newWorld(t)
		for range 6 {
			w.trade(60)
			w.catchUp(store, assurance.Views(), projection.WithBatch(1+w.rand.IntN(50)), projection.WithSlices(1+w.rand.IntN(3)))
			w.checkBoard(store)
			w.checkDeadlines(store)
			w.checkExposure(store)
			w.checkLedger(store)
		}
		scratch := func() projection.Store { return viewmemory.New() }
		if err := assurance.Reconcile(context.Background(), w.log, store, scratch); err != nil {
			t.Fatal(err)
		}
	})
}

// replayed returns every order, folded from its first record.
func (w *world) replayed() []order.Order {
	w.Helper()
	var all []order.Order
	for _, id := range w.orders {
		o, _, err := order.NewModel().Replay(context.Background(), w.log, order.Stream(id))
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
	list := func(by order.Actor, f assurance.BoardFilter) []assurance.BoardOrder {
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
	check := func(by order.Actor, f assurance.BoardFilter, means func(*order.Order) bool) {
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
			status, step := o.PlatformStatus()
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
	check(platform, assurance.BoardFilter{Status: "unpay"}, func(o *order.Order) bool { s, _ := o.PlatformStatus(); return s == "unpay" })
}

// checkDeadlines compares with what the desk's own index would say.
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
			if d, _ := want[0].Deadline(); due.Order != want[0].ID || !due.At.Equal(d.At) || due.Kind != d.Kind || due.Do.String() != desk.Order(want[0].ID, d.Command).String() {
				w.Fatalf("%+v is due, want %s with %+v", due, want[0].ID, d)
			}
			want = want[1:]
		}
		if len(want) > 0 {
			w.Fatalf("%s is due at %s and not told", want[0].ID, now)
		}
	}
}

func (w *world) checkExposure(store projection.Store) {
	w.Helper()
	x, ctx := assurance.NewExposure(store), context.Background()
	var held, due order.Money
	orders := 0
	for _, who := range []order.Actor{acme, orient} {
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
			Excess: l.Overcommitted(), OpenHolds: l.OpenHolds, Frozen: l.Suspended(), UpdatedAt: l.LastAt, Version: version,
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
	for _, o := range w.replayed() {
		open := o.Phase >= order.PhaseConfirmed && o.Phase < order.PhaseCompleted && !o.Due().IsZero()
		if o.Hold.Status == order.HoldOpen {
			held = must(held.Add(o.Hold.Amount))
		}
		if open {
			due = must(due.Add(o.Due()))
		}
		if open || o.Hold.Status == order.HoldOpen {
			orders++
		}
	}
	sums, err := x.Buyer(ctx, platform, bruno.Account)
	if err != nil || orders > 0 && (len(sums) != 1 || sums[0].Orders != orders || sums[0].Held.MinorUnits() != held.MinorUnits() || sums[0].Due.MinorUnits() != due.MinorUnits()) {
		w.Fatalf("the buyer's orders come to %+v, want %d holding %s with %s due: %v", sums, orders, held, due, err)
	}
}

func (w *world) checkHoldings(x *assurance.Exposure, who order.Actor, holding []order.Order) {
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
		if told := i >= 0; told != (runs && !d.At.After(until)) || told && !forecast[i].FreeBy.Equal(d.At) {
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

// checkLedger compares with the ledger that package credit makes of the whole history.
func (w *world) checkLedger(store projection.Store) {
	w.Helper()
	ctx := context.Background()
	var history []credit.Recorded
	for r, err := range w.log.Read(ctx, must(credit.Stream(acme.Account, usd)), 0) {
		if err != nil {
			w.Fatal(err)
		}
		history = append(history, credit.Recorded{At: r.At, Event: must(credit.DecodeEvent(r.Type, r.Schema, r.Data))})
	}
	cut := w.rand.IntN(len(history))
	from := history[cut].At
	for cut > 0 && !history[cut-1].At.Before(from) {
		cut--
	}
	opening, err := credit.Replay(credit.New(acme.Account, usd), history[:cut])
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
		s, err := assurance.NewLedger(store).Statement(ctx, acme, credit.Assurance, acme.Account, usd, from, time.Time{}, p)
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

// TestTickOnDeadlines runs two desks on copies of one world, one with the deadlines of a view and
// one with its own index, and requires them to do the same.
func TestTickOnDeadlines(t *testing.T) {
	stores(t, func(t *testing.T, store projection.Store) {
		w := newWorld(t)
		w.trade(200)
		w.catchUp(store, []*projection.View{assurance.DeadlinesView()})
		clock := func() time.Time { return w.clock }
		byView := desk.New(w.log, desk.WithClock(clock), desk.WithDeadlines(assurance.NewDeadlines(store)))
		w.clock = w.clock.Add(40 * day)
		done, err := byView.Tick(context.Background(), w.clock)
		if err != nil || len(done) == 0 {
			t.Fatalf("the tick did %v: %v", done, err)
		}
		for _, d := range done {
			if d.Err != nil {
				t.Errorf("%+v", d)
			}
		}
		if rest, err := w.desk.Tick(context.Background(), w.clock); err != nil || len(rest) != 0 {
			t.Fatalf("the view has left over %+v: %v", rest, err)
		}
		w.catchUp(store, []*projection.View{assurance.DeadlinesView()})
		w.checkDeadlines(store)
	})
}

// TestBadQuestions asks what cannot be asked, and for what may not be seen.
func TestBadQuestions(t *testing.T) {
	w, store, ctx := newWorld(t).trade(80), viewmemory.New(), context.Background()
	board, exposure, ledger := assurance.NewBoard(store), assurance.NewExposure(store), assurance.NewLedger(store)
	_, _, err := board.List(ctx, platform, assurance.BoardFilter{}, assurance.Page{})
	if !errors.Is(err, projection.ErrNotPrepared) {
		t.Errorf("a board that nobody has built gives %v", err)
	}
	w.catchUp(store, assurance.Views())
	invalid := func(err error) {
		t.Helper()
		if _, ok := errors.AsType[*order.InvalidError](err); !ok {
			t.Errorf("the error is %v, want an *order.InvalidError", err)
		}
	}
	for _, by := range []order.Actor{{}, {Role: order.Seller}, {Role: order.Desk}, {Role: order.Buyer, Account: "a/b"}} {
		_, _, err := board.List(ctx, by, assurance.BoardFilter{}, assurance.Page{})
		invalid(err)
		_, err = exposure.Lines(ctx, by, acme.Account)
		invalid(err)
		_, err = exposure.Buyer(ctx, by, bruno.Account)
		invalid(err)
		_, err = ledger.Statement(ctx, by, credit.Assurance, acme.Account, usd, time.Time{}, time.Time{}, assurance.Page{})
		invalid(err)
		_, err = assurance.Timeline(ctx, w.log, by, w.orders[0])
		invalid(err)
	}
	for _, after := range []string{"x", "1/2", "/", w.orders[0].String() + " ", "9223372036854775808/1"} {
		_, _, err := board.List(ctx, platform, assurance.BoardFilter{ByDeadline: len(after)%2 == 0}, assurance.Page{After: after})
		invalid(err)
	}
	for _, after := range []string{"x", "1", "/", "1/x"} {
		_, err := ledger.Statement(ctx, platform, credit.Assurance, acme.Account, usd, time.Time{}, time.Time{}, assurance.Page{After: after})
		invalid(err)
	}
	_, err = exposure.Lines(ctx, platform, "")
	invalid(err)
	_, err = exposure.Buyer(ctx, platform, "a b")
	invalid(err)
	_, _, err = board.List(ctx, platform, assurance.BoardFilter{}, assurance.Page{Limit: projection.MaxLimit + 1})
	if _, ok := errors.AsType[*projection.QueryError](err); !ok {
		t.Errorf("a page that is too long gives %v", err)
	}
	if list, err := exposure.Lines(ctx, orient, acme.Account); err != nil || len(list) > 0 {
		t.Errorf("another seller sees %v: %v", list, err)
	}
	if list, err := exposure.Buyer(ctx, acme, bruno.Account); err != nil || len(list) > 0 {
		t.Errorf("a seller sees of a buyer %v: %v", list, err)
	}
	if list, err := exposure.Largest(ctx, bruno, acme.Account, usd, 5); err != nil || len(list) > 0 {
		t.Errorf("a buyer sees of a line %v: %v", list, err)
	}
	if s, err := ledger.Statement(ctx, orient, credit.Assurance, acme.Account, usd, time.Time{}, time.Time{}, assurance.Page{}); err != nil || len(s.Movements) > 0 || s.Closing != (assurance.Figures{}) {
		t.Errorf("another seller sees %v: %v", s, err)
	}
}

// TestDeadlinesOfBrokenOrders parks an order that cannot be read, and expects it to be told.
func TestDeadlinesOfBrokenOrders(t *testing.T) {
	w, store, ctx := newWorld(t).trade(100), viewmemory.New(), context.Background()
	id := order.NewID()
	_, err := w.log.Append(ctx, events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
		Stream: order.Stream(id), Events: []events.Event{{Type: "order.unheard-of", Schema: 1, At: w.clock, Data: []byte("{}")}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w.catchUp(store, []*projection.View{assurance.DeadlinesView()}, projection.OnPoison(projection.Park))
	d := desk.New(w.log, desk.WithDeadlines(assurance.NewDeadlines(store)))
	done, err := d.Tick(ctx, w.clock.Add(100*day))
	broken, ok := errors.AsType[*events.CorruptError](err)
	if !ok || broken.Stream != order.Stream(id) || len(done) < 2 {
		t.Fatalf("the tick did %d things: %v", len(done), err)
	}
}

// TestReconcileComparesSums writes an order that holds quota of which its line knows nothing, past
// the desk, and expects it to be found out.
func TestReconcileComparesSums(t *testing.T) {
	w, store, ctx := newWorld(t), viewmemory.New(), context.Background()
	scratch := func() projection.Store { return viewmemory.New() }
	if err := assurance.Reconcile(ctx, w.log, store, scratch); !errors.Is(err, projection.ErrNotPrepared) {
		t.Fatalf("without views the error is %v", err)
	}
	var id order.ID
	for held := false; !held; {
		id = w.draft(acme)
		w.ask(acme, desk.Order(id, order.Submit{OneTouchAcknowledged: true}))
		o := w.order(id)
		held = o.Hold.Status == order.HoldOpen
	}
	w.catchUp(store, assurance.Views())
	if err := assurance.Reconcile(ctx, w.log, store, scratch); err != nil {
		t.Fatal(err)
	}
	b := events.Batch{Stream: order.Stream(order.NewID())}
	for r, err := range w.log.Read(ctx, order.Stream(id), 0) {
		if err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, events.Event{Type: r.Type, Schema: r.Schema, At: r.At, Meta: r.Meta, Data: r.Data})
	}
	if _, err := w.log.Append(ctx, events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	w.catchUp(store, assurance.Views())
	err := assurance.Reconcile(ctx, w.log, store, scratch)
	if sum, ok := errors.AsType[*assurance.SumError](err); !ok || sum.Seller != acme.Account || sum.Holding != sum.Holds+1 {
		t.Fatalf("the error is %v", err)
	}
}
