package desk_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// tick does what is due at that instant, by the clock as well.
func (tr *fixture) tick(now time.Time) []desk.Ticked {
	tr.Helper()
	tr.at(now)
	done, err := tr.Desk.Tick(context.Background(), now)
	if err != nil {
		tr.Fatal(err)
	}
	return done
}

// TestDeadlines has each deadline come: nothing is done a nanosecond before, and it is done at
// the instant.
func TestDeadlines(t *testing.T) {
	for _, c := range []struct {
		kind    string
		prepare func(tr *fixture) trade.ID
		at      func(o order.Order) time.Time
		phase   order.Phase
		reason  order.CloseReason
	}{
		{"confirm", func(tr *fixture) trade.ID { return tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery) },
			func(o order.Order) time.Time { return o.ConfirmBy }, order.PhaseClosed, order.ClosedExpired},
		{"pay", func(tr *fixture) trade.ID { return tr.confirmed("6000 USD", "6000 USD", order.CoveragePostDelivery) },
			func(o order.Order) time.Time { return o.PayBy }, order.PhaseClosed, order.ClosedExpired},
		{"receipt", func(tr *fixture) trade.ID {
			id := tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
			tr.shipped(id)
			return id
		}, func(o order.Order) time.Time { return o.Shipment.ReceiptDeadline }, order.PhaseCompleted, ""},
	} {
		t.Run(c.kind, func(t *testing.T) {
			tr := inMemory(t).opened("10000 USD")
			id := c.prepare(tr)
			at := c.at(tr.Order(id))
			if done := tr.tick(at.Add(-1)); len(done) != 0 {
				t.Fatalf("a nanosecond early: %+v", done)
			}
			done := tr.tick(at)
			if len(done) != 1 || done[0].Order != id || done[0].Kind != c.kind || !done[0].At.Equal(at) || done[0].Err != nil {
				t.Fatalf("at the deadline: %+v", done)
			}
			if o := tr.Order(id); o.Phase != c.phase || o.CloseReason != c.reason {
				t.Fatalf("phase %s, closed %q", o.Phase, o.CloseReason)
			}
			tr.held("0 USD")
			if done := tr.tick(at.Add(time.Hour)); len(done) != 0 {
				t.Fatalf("again: %+v", done)
			}
		})
	}
}

// TestNoticeMovesThePayDeadline has a transfer be announced just before the deadline.
func TestNoticeMovesThePayDeadline(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	payBy := tr.Order(id).PayBy
	if done := tr.tick(payBy.Add(-time.Hour)); len(done) != 0 {
		t.Fatalf("early: %+v", done)
	}
	tr.Do(bruno, desk.OnOrder(id, order.InitiatePayment{Payment: "P1", Method: order.PayTT, Amount: money("100 USD")}))
	until := payBy.Add(-time.Hour).Add(7 * day)
	for _, early := range []time.Time{payBy, until.Add(-1)} {
		if done := tr.tick(early); len(done) != 0 {
			t.Fatalf("at %s: %+v", early, done)
		}
	}
	if done := tr.tick(until); len(done) != 1 || done[0].Err != nil || !done[0].At.Equal(until) {
		t.Fatalf("at %s: %+v", until, done)
	}
	// A card payment that fails leaves the deadline as it was, and it comes once.
	id = tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	for _, step := range []func(){
		func() {
			tr.Do(bruno, desk.OnOrder(id, order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: money("100 USD")}))
		},
		func() { tr.Do(platform, desk.OnOrder(id, order.FailPayment{Payment: "P1", Reason: "declined"})) },
		func() {},
	} {
		if done := tr.tick(tr.Clock.Now()); len(done) != 0 {
			t.Fatalf("before the deadline: %+v", done)
		}
		step()
	}
	if done := tr.tick(tr.Order(id).PayBy); len(done) != 1 || done[0].Err != nil {
		t.Fatalf("at the deadline that it was: %+v", done)
	}
	// In process it stops the clock until it fails.
	id = tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.Do(bruno, desk.OnOrder(id, order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: money("100 USD")}))
	tr.at(tr.Order(id).PayBy.Add(-time.Hour))
	tr.Do(bruno, desk.OnOrder(id, order.InitiatePayment{Payment: "P2", Method: order.PayCard, Amount: money("100 USD")}))
	if done := tr.tick(tr.Order(id).PayBy.Add(22 * time.Hour)); len(done) != 0 {
		t.Fatalf("in process: %+v", done)
	}
	tr.Do(platform, desk.OnOrder(id, order.FailPayment{Payment: "P2", Reason: "declined"}))
	if done := tr.tick(tr.Clock.Now()); len(done) != 1 || done[0].Err != nil {
		t.Fatalf("failed: %+v", done)
	}
}

// TestTickInOrder has many orders be due at once: they are taken by deadline and then by id,
// and as many as there are.
func TestTickInOrder(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	n := 2500
	if testing.Short() {
		n = 300
	}
	for i := range n {
		id := orderOfRound((i*7919)%n, 0)
		tr.drafted(acme, id, "1 USD", "1 USD", order.CoverageNone)
		tr.submit(id)
		if i%10 == 9 {
			tr.after(time.Second)
		}
	}
	done := tr.tick(tr.Clock.Now().Add(30 * day))
	if len(done) != n {
		t.Fatalf("%d done, want %d", len(done), n)
	}
	if !slices.IsSortedFunc(done, func(a, b desk.Ticked) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return slices.Compare(a.Order[:], b.Order[:])
	}) {
		t.Fatal("not by deadline and id")
	}
	for _, d := range done {
		if d.Err != nil {
			t.Fatal(d.Err)
		}
	}
}

// TestTickTwiceAtOnce has two desks do what is due at the same time, and each of them twice.
func TestTickTwiceAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	tr := newFixture(t, openFile(t, path)).opened("10000 USD")
	other := newFixture(t, openFile(t, path))
	var ids []trade.ID
	for range 30 {
		ids = append(ids, tr.placed("100 USD", "100 USD", order.CoveragePostDelivery))
	}
	now := tr.Clock.Now().Add(30 * day)
	before := must(tr.Store.Settled(context.Background()))
	var all sync.WaitGroup
	for _, side := range []*fixture{tr, tr, other, other} {
		all.Go(func() {
			done, err := side.Desk.Tick(context.Background(), now)
			for _, d := range done {
				// The second desk has the first one's answer, or a refusal because the order
				// was already closed when it read it.
				if d.Err != nil && !refusedBy(d.Err, rule.D28) {
					t.Error(d.Err)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		tr.phase(id, order.PhaseClosed)
	}
	tr.held("0 USD")
	if wrote := must(tr.Store.Settled(context.Background())) - before; wrote != 3*30 {
		t.Fatalf("%d events, want a release, a close and a release on the line of each of 30", wrote)
	}
	tr.audit()
}

// TestTickIsRepeatable asks under the ID of a deadline once more, from another desk that knows
// nothing of it.
func TestTickIsRepeatable(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("100 USD", "100 USD", order.CoverageNone)
	due := tr.Order(id).ConfirmBy
	stale := fixed{dueOf(tr.Order(id))}
	if done := tr.tick(due); len(done) != 1 || done[0].Err != nil {
		t.Fatalf("%+v", done)
	}
	size := must(tr.Store.Settled(context.Background()))
	late := newFixture(t, tr.Store, desk.WithDeadlines(stale))
	for range 2 {
		if done := late.tick(due); len(done) != 1 || done[0].Err != nil {
			t.Fatalf("%+v", done)
		}
	}
	if now := must(tr.Store.Settled(context.Background())); now != size {
		t.Fatalf("the log went from %d to %d", size, now)
	}
}

func dueOf(o order.Order) desk.Due {
	d, _ := o.Deadline()
	return desk.Due{Order: o.ID, At: d.At, Kind: d.Kind, Do: desk.OnOrder(o.ID, d.Command)}
}

// fixed is a Deadlines that always says the same.
type fixed []desk.Due

func (f fixed) Due(context.Context, time.Time) iter.Seq2[desk.Due, error] {
	return func(yield func(desk.Due, error) bool) {
		for _, d := range f {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// TestTickMeetsAParty has a buyer act between the moment at which Tick learned what is due and
// the moment at which it acts: Tick is refused, and goes on with the next.
func TestTickMeetsAParty(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	first := tr.placed("100 USD", "100 USD", order.CoverageNone)
	tr.shipped(first)
	second := tr.placed("100 USD", "100 USD", order.CoverageNone)
	tr.shipped(second)
	due := fixed{dueOf(tr.Order(first)), dueOf(tr.Order(second))}
	late := newFixture(t, tr.Store, desk.WithDeadlines(due))
	at := due[0].At
	tr.at(at).Do(bruno, desk.OnOrder(first, order.ConfirmReceipt{}))
	done := late.tick(at)
	if len(done) != 2 || !refusedBy(done[0].Err, rule.A25) || done[1].Err != nil {
		t.Fatalf("%+v", done)
	}
	if a, b := tr.Order(first), tr.Order(second); a.ReceiptBy != trade.Buyer || b.ReceiptBy != trade.System {
		t.Fatalf("received by %s and %s", a.ReceiptBy, b.ReceiptBy)
	}
}

// TestTickAfterRestart has a new desk on an old log know what is due, and one whose clock lies
// behind do nothing.
func TestTickAfterRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	store := openFile(t, path)
	tr := newFixture(t, store).opened("10000 USD")
	id := tr.placed("100 USD", "100 USD", order.CoveragePostDelivery)
	tr.life("100 USD", "100 USD", order.CoverageNone)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	tr = newFixture(t, openFile(t, path))
	if done := tr.tick(start.Add(-day)); len(done) != 0 {
		t.Fatalf("before it all began: %+v", done)
	}
	if done := tr.tick(start.Add(30 * day)); len(done) != 1 || done[0].Order != id || done[0].Err != nil {
		t.Fatalf("%+v", done)
	}
	tr.audit()
}

// TestTickPastABrokenOrder has one order that cannot be folded, and one whose line cannot: the
// others are done, the broken ones are reported each time, and never silently.
func TestTickPastABrokenOrder(t *testing.T) {
	tr := inMemory(t).opened("10000 USD").openedTo(orient, "10000 USD")
	sound := tr.placed("100 USD", "100 USD", order.CoverageNone)
	onBroken := trade.NewID()
	tr.drafted(orient, onBroken, "100 USD", "100 USD", order.CoveragePostDelivery)
	tr.Do(orient, submission(onBroken))
	broken := tr.placed("100 USD", "100 USD", order.CoverageNone)
	write := func(stream events.StreamID, after events.Version) {
		t.Helper()
		_, err := tr.Store.Append(context.Background(), events.Commit{
			ID: desk.NewID(), Batches: []events.Batch{{Stream: stream, After: after, Events: []events.Event{
				{Type: "order.never", Schema: 1, At: start, Data: []byte("{}"), Meta: []byte(`{"role":"system","command":"x"}`)},
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, head, err := tr.Desk.ReadOrder(context.Background(), platform, broken)
	if err != nil {
		t.Fatal(err)
	}
	write(order.Stream(broken), head)
	write("order-stray", 0)
	_, head, err = tr.Desk.ReadLine(context.Background(), platform, orient.Account, usd)
	if err != nil {
		t.Fatal(err)
	}
	write(must(credit.Stream(credit.Assurance, orient.Account, usd)), head)
	// Another desk, with nothing in its cache, meets it all.
	tr = newFixture(t, tr.Store)
	now := start.Add(30 * day)
	for round := range 2 {
		done, err := tr.at(now).Desk.Tick(context.Background(), now)
		var corrupt *events.CorruptError
		if !errors.As(err, &corrupt) {
			t.Fatalf("round %d: %v, want a *CorruptError", round, err)
		}
		said := make(map[trade.ID]error)
		for _, d := range done {
			said[d.Order] = d.Err
		}
		if len(done) != 4-round || said[broken] == nil || said[onBroken] == nil || said[trade.ID{}] == nil || said[sound] != nil {
			t.Fatalf("round %d: %+v", round, done)
		}
	}
	tr.phase(sound, order.PhaseClosed)
	// What comes later is done as well.
	later := tr.placed("100 USD", "100 USD", order.CoverageNone)
	if _, err := tr.Desk.Tick(context.Background(), now.Add(30*day)); err == nil {
		t.Fatal("the broken order was forgotten")
	}
	tr.phase(later, order.PhaseClosed)
}

// garbled is a store that for a while gives records of one stream that nobody can read.
type garbled struct {
	events.Store
	stream events.StreamID
}

func (g *garbled) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range g.Store.Read(ctx, stream, after) {
			if stream == g.stream {
				r.Type = "order.never"
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// TestTickMendsWithTheOrder has an order be unreadable for a while: once it can be read it is
// done as well, and nothing is reported any more.
func TestTickMendsWithTheOrder(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("100 USD", "100 USD", order.CoverageNone)
	store := &garbled{tr.Store, order.Stream(id)}
	late := newFixture(t, store)
	now := start.Add(30 * day)
	for range 2 {
		done, err := late.Desk.Tick(background, now)
		if err == nil || len(done) != 1 || done[0].Order != id || done[0].Err == nil {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	store.stream = ""
	if done := late.tick(now); len(done) != 1 || done[0].Err != nil {
		t.Fatalf("%+v", done)
	}
	tr.phase(id, order.PhaseClosed)
	if done := late.tick(now); len(done) != 0 {
		t.Fatalf("%+v", done)
	}
}

// contested is a store on which somebody is always faster on one stream.
type contested struct {
	events.Store
	stream events.StreamID
}

func (c *contested) Append(ctx context.Context, commit events.Commit) (events.Receipt, error) {
	for _, b := range commit.Batches {
		if b.Stream == c.stream {
			return events.Receipt{}, &events.ConflictError{Stream: b.Stream, After: b.After, Head: b.After + 1}
		}
	}
	return c.Store.Append(ctx, commit)
}

// TestTickPastAContestedOrder has one order that others write to for as long as its command may
// take: the next ones are done, and the error says which was not.
func TestTickPastAContestedOrder(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	first := tr.placed("100 USD", "100 USD", order.CoverageNone)
	second := tr.after(time.Second).placed("100 USD", "100 USD", order.CoverageNone)
	late := newFixture(t, &contested{tr.Store, order.Stream(first)}, desk.WithTimeout(50*time.Millisecond))
	done, err := late.Desk.Tick(background, start.Add(31*day))
	var conflict *events.ConflictError
	if !errors.As(err, &conflict) || len(done) != 2 || done[0].Order != first || done[0].Err == nil || done[1].Err != nil {
		t.Fatalf("%+v, %v", done, err)
	}
	tr.phase(second, order.PhaseClosed)
}

// TestTickHeedsItsContext has a context that has ended, and a store that is closed.
func TestTickHeedsItsContext(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("100 USD", "100 USD", order.CoverageNone)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	now := start.Add(30 * day)
	for range 2 {
		if done, err := tr.Desk.Tick(ended, now); !errors.Is(err, context.Canceled) || len(done) != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	tr.phase(id, order.PhaseSubmitted)
	tr.tick(now)
	tr.phase(id, order.PhaseClosed)
	if err := tr.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Desk.Tick(context.Background(), now); !errors.Is(err, events.ErrClosed) {
		t.Fatalf("closed store: %v", err)
	}
}
