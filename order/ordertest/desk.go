package ordertest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TB is the part of a test that the kit uses. *testing.T, *testing.B, *testing.F and *rapid.T implement it.
type TB interface {
	Helper()
	Cleanup(f func())
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Clock is a clock that moves only when it is set. It is safe for concurrent use.
type Clock struct{ ns atomic.Int64 }

// Now returns the instant of the clock, in UTC.
func (c *Clock) Now() time.Time { return time.Unix(0, c.ns.Load()).UTC() }

// Set sets the clock, forwards or backwards.
func (c *Clock) Set(t time.Time) { c.ns.Store(t.UnixNano()) }

// Advance moves the clock forwards by d, or backwards if d is negative.
func (c *Clock) Advance(d time.Duration) { c.ns.Add(int64(d)) }

// Fixture is a desk on a store with a clock that a test sets. If a method cannot do its work, it fails the test.
type Fixture struct {
	Desk  *desk.Desk
	Store events.Store
	Clock *Clock
	t     TB
	newID func() uuid.UUID
	did   func(desk.Command) // called with each command that Ask has executed
}

// Desk returns a desk on a store in memory, with a clock that begins at Start. The sources know the actors of the
// kit: the e-mail addresses of Buyer and OtherBuyer are registered, every store operates and belongs to a paid member,
// certifications are approved, and receiving accounts derive from the command. The options are applied after these
// defaults; the clock is always that of the fixture.
func Desk(t TB, opts ...desk.Option) *Fixture {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	return DeskOn(t, store, opts...)
}

// DeskOn returns a desk as Desk does, on a store that the caller owns and closes.
func DeskOn(t TB, store events.Store, opts ...desk.Option) *Fixture {
	f := &Fixture{Store: store, Clock: new(Clock), t: t, newID: desk.NewID, did: func(desk.Command) {}}
	f.Clock.Set(Start)
	all := append([]desk.Option{desk.WithSources(Sources())}, opts...)
	d, err := desk.New(store, append(all, desk.WithClock(f.Clock.Now))...)
	if err != nil {
		t.Fatalf("a desk with these options: %v", err)
	}
	f.Desk = d
	return f
}

// Sources returns the sources of Desk, for use with another desk.
func Sources() desk.Sources {
	s := desk.DemoSources()
	s.Match = func(_ context.Context, e trade.Email) (trade.Account, error) {
		for _, by := range []trade.Actor{Buyer, OtherBuyer, Seller} {
			if e.Same(by.Email) {
				return by.Account, nil
			}
		}
		return "", nil
	}
	s.Email = func(_ context.Context, account trade.Account) (trade.Email, error) {
		for _, by := range []trade.Actor{Seller, OtherSeller} {
			if account == by.Account {
				return by.Email, nil
			}
		}
		return "", nil
	}
	s.Store = func(context.Context, trade.Account) (seller.Facts, error) {
		return seller.Facts{Operating: true, Membership: seller.MemberPaid}, nil
	}
	return s
}

// Do executes a command, which must be accepted.
func (f *Fixture) Do(by trade.Actor, do desk.Action) desk.Result {
	f.t.Helper()
	r, err := f.Ask(by, do)
	if err != nil {
		f.t.Fatalf("%s", f.reply(by, do, err).failure([]block{{"it to be accepted"}}, []block{blockOfError(err)}))
	}
	return r
}

// Ask executes a command under a new ID and returns the desk's answer.
func (f *Fixture) Ask(by trade.Actor, do desk.Action) (desk.Result, error) {
	f.t.Helper()
	c := desk.Command{ID: f.newID(), By: by, Do: do}
	r, err := f.Desk.Do(f.t.Context(), c)
	if err == nil {
		f.did(c)
	}
	return r, err
}

// Tick executes what is due by the clock. An error of the store fails the test.
func (f *Fixture) Tick() []desk.Ticked {
	f.t.Helper()
	done, err := f.Desk.Tick(f.t.Context(), f.Clock.Now())
	if err != nil {
		f.t.Fatalf("tick at %s: %v", f.Clock.Now().Format(time.RFC3339Nano), err)
	}
	return done
}

// Records returns the records of the store.
func (f *Fixture) Records() []events.Record {
	f.t.Helper()
	list, err := recordsAfter(f.t.Context(), f.Store, 0)
	if err != nil {
		f.t.Fatalf("reading the log: %v", err)
	}
	return list
}

// recordsAfter returns the records of a store after a position.
func recordsAfter(ctx context.Context, store events.Store, after events.Position) ([]events.Record, error) {
	var list []events.Record
	for r, err := range store.ReadAll(ctx, after, events.Filter{}) {
		if err != nil {
			return list, err
		}
		list = append(list, r)
	}
	return list, nil
}

// Order returns the current state of an order.
func (f *Fixture) Order(id trade.ID) order.Order {
	f.t.Helper()
	return shown(f, "order "+id.String(), func(ctx context.Context) (order.Order, events.Version, error) {
		return f.Desk.ReadOrder(ctx, Platform, id)
	})
}

// Entrustment returns the current state of an export entrustment.
func (f *Fixture) Entrustment(id order.EntrustmentID) entrustment.Entrustment {
	f.t.Helper()
	return shown(f, "entrustment "+string(id), func(ctx context.Context) (entrustment.Entrustment, events.Version, error) {
		return f.Desk.ReadEntrustment(ctx, Platform, id)
	})
}

// Line returns the current state of a seller's assurance line in US dollars.
func (f *Fixture) Line(of trade.Actor) credit.Line {
	f.t.Helper()
	return shown(f, "line of "+string(of.Account), func(ctx context.Context) (credit.Line, events.Version, error) {
		return f.Desk.ReadLine(ctx, Platform, of.Account, USD("0").Currency())
	})
}

// PayLaterOrder returns the current state of a pay-later order.
func (f *Fixture) PayLaterOrder(id trade.ID) paylater.Order {
	f.t.Helper()
	return shown(f, "pay-later order "+id.String(), func(ctx context.Context) (paylater.Order, events.Version, error) {
		return f.Desk.ReadPayLater(ctx, Platform, id)
	})
}

// Quota returns the current state of a merchant's pay-later line in yuan.
func (f *Fixture) Quota(of trade.Actor) credit.Line {
	f.t.Helper()
	return shown(f, "quota of "+string(of.Account), func(ctx context.Context) (credit.Line, events.Version, error) {
		return f.Desk.ReadQuota(ctx, Platform, of.Account, funds.CNY())
	})
}

// Funds returns the page of a merchant's received funds in yuan at the instant of the clock.
func (f *Fixture) Funds(of trade.Actor) funds.Page {
	f.t.Helper()
	b := shown(f, "funds of "+string(of.Account), func(ctx context.Context) (funds.Balance, events.Version, error) {
		return f.Desk.ReadFunds(ctx, Platform, of.Account, funds.CNY())
	})
	return b.Page(f.Clock.Now())
}

func shown[S any](f *Fixture, what string, read func(context.Context) (S, events.Version, error)) S {
	f.t.Helper()
	s, _, err := read(f.t.Context())
	if err != nil {
		f.t.Fatalf("%s: %v", what, err)
	}
	return s
}
