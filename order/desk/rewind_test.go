package desk_test

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/postgres/postgrestest"
	"github.com/tradesurety/surety/events/sqlite/sqlitetest"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

// histories is an order with two histories: what a desk has written and has in its cache, and what
// another desk has written in its place. At the same version the order is paid in one of them and not in
// the other, to which a failed payment belongs.
type histories struct {
	*fixture
	id   trade.ID
	paid desk.Command // that was executed, and lost
}

// common writes what both histories have.
func common(tr *fixture) *histories {
	tr.opened("10000 USD")
	h := &histories{fixture: tr, id: tr.confirmed("1000 USD", "1000 USD", order.CoverageNone)}
	tr.entrust("E-1")
	tr.tick(start) // the index has read the log
	return h
}

// lose writes what is lost: a payment, and drafts up to that many events.
func (h *histories) lose(n int) {
	h.Helper()
	begin := must(h.Store.Settled(background))
	h.paid = asking(platform, desk.OnOrder(h.id, order.RecordPayment{
		Reference: "initial", Method: order.PayTT, ReceivingAccount: h.Order(h.id).ReceivingAccount, Amount: money("1000 USD"),
		Payer: "Bruno Imports", PaidAt: h.Clock.Now(),
	}))
	must(h.Desk.Do(background, h.paid))
	if phase := h.Order(h.id).Phase; phase != order.PhaseReadyToShip {
		h.Fatalf("the order is %s", phase)
	}
	h.fill(begin + events.Position(n))
	h.tick(start)
}

// replace writes the other history.
func (h *histories) replace(other *fixture, n int) {
	h.Helper()
	begin := must(other.Store.Settled(background))
	other.Do(bruno, desk.OnOrder(h.id, order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: money("1000 USD")}))
	other.Do(platform, desk.OnOrder(h.id, order.FailPayment{Payment: "P1", Reason: "declined"}))
	other.fill(begin + events.Position(n))
}

// fill drafts orders until the log ends at a position.
func (tr *fixture) fill(to events.Position) {
	tr.Helper()
	for must(tr.Store.Settled(background)) < to {
		tr.Do(acme, desk.OnOrder(trade.NewID(), order.Draft{Mode: order.DraftOnline}))
	}
}

// ship takes the order from its payment to its shipment.
func (h *histories) ship() error {
	var failed error
	for _, c := range []desk.Command{
		asking(acme, desk.OnOrder(h.id, order.Link{Entrustment: "E-1"})),
		asking(platform, desk.OnEntrustment("E-1", entrustment.Release{ReleasedAt: h.Clock.Now()})),
		asking(acme, desk.OnOrder(h.id, order.MarkShipped{})),
	} {
		_, err := h.Desk.Do(background, c)
		failed = errors.Join(failed, err)
	}
	return failed
}

// TestRewind puts another history under a desk whose cache and index of deadlines are of the lost one.
// Every call returns the *events.ForkError, whichever comes first, and nothing is written. A desk on the
// log as it is opened anew goes on.
func TestRewind(t *testing.T) {
	storetest.Rewinds(t, sqlitetest.Logs(), rewound)
}

// TestRewoundServer is TestRewind on a server that is away for a while: calls then fail, and are made again.
func TestRewoundServer(t *testing.T) { storetest.RewindsServer(t, postgrestest.Logs(t), rewound) }

func rewound(t *testing.T, log storetest.Rewindable, more int) {
	h := common(newFixture(t, log.Store))
	other, put := log.Branch(t)
	h.replace(newFixture(t, other), more)
	h.lose(storetest.LostEvents)
	opened := put()
	end := must(opened.Settled(background))

	d, id := h.Desk, h.id
	late := start.Add(60 * day)
	calls := map[string]func() error{
		"Do":       h.ship,
		"Do again": func() error { _, err := d.Do(background, h.paid); return err },
		"Do, refused": func() error {
			_, err := d.Do(background, asking(bruno, desk.OnOrder(id, order.Cancel{})))
			return err
		},
		"Try":       func() error { return h.try(acme, desk.OnOrder(id, order.Link{Entrustment: "E-1"})) },
		"ReadOrder": func() error { _, _, err := d.ReadOrder(background, acme, id); return err },
		"ReadLine":  func() error { _, _, err := d.ReadLine(background, acme, acme.Account, usd); return err },
		"Timeline":  func() error { _, err := d.Timeline(background, acme, id); return err },
		"Next":      func() error { _, err := d.Next(background, acme, id); return err },
		"Tick":      func() error { return nothingDone(d.Tick(background, late)) },
		"Adopt":     func() error { _, err := d.AdoptPayments(background, nil); return err },
		"Adopted":   func() error { _, err := d.PaymentsAdopted(background); return err },
		"Do, unknown": func() error {
			_, err := d.Do(background, asking(acme, desk.OnOrder(trade.NewID(), order.Draft{Mode: order.DraftOnline})))
			return err
		},
	}
	var names []string
	for name := range calls {
		names = append(names, name)
	}
	rand.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
	t.Log(names)
	// A stale read asks nobody: it is dead once anybody has asked.
	calls["ReadOrder, stale"] = func() error { _, _, err := d.ReadOrder(background, acme, id, desk.AllowStale()); return err }
	for _, name := range append(names, "ReadOrder, stale") {
		if err, fork := log.Ask(t, calls[name]), (*events.ForkError)(nil); !errors.As(err, &fork) {
			t.Errorf("%s: %v, want a *events.ForkError", name, err)
		}
	}
	if after := must(opened.Settled(background)); after != end {
		t.Errorf("the log went from %d to %d", end, after)
	}

	fresh := newFixture(t, opened)
	if o := fresh.Order(id); o.Phase != order.PhaseConfirmed {
		t.Errorf("the order is %s", o.Phase)
	}
	if done, err := fresh.at(late).Desk.Tick(background, late); err != nil || len(done) == 0 {
		t.Errorf("%d deadlines, %v", len(done), err)
	}
}

// nothingDone returns the error of a Tick that did nothing.
func nothingDone(done []desk.Ticked, err error) error {
	if len(done) > 0 {
		return errors.New("a Tick has done something")
	}
	return err
}

// blind is a store that does not know its history.
type blind struct{ now atomic.Pointer[events.Store] }

func (b *blind) store() events.Store { return *b.now.Load() }

func (b *blind) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	return b.store().Append(ctx, c)
}

func (b *blind) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	return b.store().AppendEach(ctx, group)
}

func (b *blind) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	return b.store().Lookup(ctx, id)
}

func (b *blind) Read(ctx context.Context, s events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return b.store().Read(ctx, s, after)
}

func (b *blind) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return b.store().ReadAll(ctx, after, f)
}

func (b *blind) Settled(ctx context.Context) (events.Position, error) { return b.store().Settled(ctx) }
func (b *blind) Durability() events.Durability                        { return b.store().Durability() }
func (b *blind) Close() error                                         { return nil }

// TestCacheWithoutIdentity is the control of TestRewind: on a store that does not know its history, a desk
// ships goods that are not paid for, and then nobody can read the order.
func TestCacheWithoutIdentity(t *testing.T) {
	log, b := memory.New(), new(blind)
	var now events.Store = log
	b.now.Store(&now)
	h := common(newFixture(t, b))
	other := log.Branch(1<<64 - 1)
	h.replace(newFixture(t, other), storetest.LostEvents)
	h.lose(storetest.LostEvents)
	now = other
	if err := h.ship(); err != nil {
		t.Fatalf("the fault is not there: %v", err)
	}
	_, _, err := newFixture(t, other).Desk.ReadOrder(background, acme, h.id)
	if corrupt := (*events.CorruptError)(nil); !errors.As(err, &corrupt) {
		t.Errorf("the order can be read: %v", err)
	}
}
