package desk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

const day = 24 * time.Hour

// start is when the trades of these tests begin.
var start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

var (
	acme     = trade.Actor{Role: trade.Seller, Account: "s-acme", Email: "sales@acme.example"}
	bruno    = trade.Actor{Role: trade.Buyer, Account: "b-bruno", Email: "bruno@buyer.example"}
	stranger = trade.Actor{Role: trade.Buyer, Account: "b-stranger", Email: "stranger@buyer.example"}
	platform = trade.Actor{Role: trade.Platform, Account: "p-ops"}
	usd      = must(trade.ParseCurrency("USD"))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func money(s string) trade.Money { return must(trade.ParseMoney(s)) }

func number(s string) trade.Number { return must(trade.ParseNumber(s)) }

// trade is a desk on a store with a clock that stands still until it is set.
type fixture struct {
	testing.TB
	store    events.Store
	desk     *desk.Desk
	clock    *atomic.Int64
	policy   *order.Policy    // what the auditor is to know of the desk's; nil for the defaults
	payLater *paylater.Policy // the same of pay-later orders
}

func newTrade(t testing.TB, store events.Store, opts ...desk.Option) *fixture {
	tr := &fixture{TB: t, store: store, clock: new(atomic.Int64)}
	tr.clock.Store(start.UnixNano())
	opts = append([]desk.Option{
		desk.WithClock(tr.now),
		desk.WithSources(desk.Sources{
			Match: func(_ context.Context, e trade.Email) (trade.Account, error) {
				if e.Same(bruno.Email) {
					return bruno.Account, nil
				}
				return "", nil
			},
			Store: func(context.Context, trade.Account) (seller.Facts, error) {
				return seller.Facts{Operating: true, Membership: seller.MemberPaid}, nil
			},
		}),
	}, opts...)
	tr.desk = must(desk.New(store, opts...))
	return tr
}

func inMemory(t testing.TB, opts ...desk.Option) *fixture {
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	return newTrade(t, store, opts...)
}

// inMemoryUnder is a trade in memory under the default policy with a change.
func inMemoryUnder(t testing.TB, change func(p *order.Policy)) *fixture {
	policy := order.DefaultPolicy()
	change(policy)
	tr := inMemory(t, desk.WithPolicy(policy))
	tr.policy = policy
	return tr
}

// onSQLite is a trade in a file of its own, without forcing it to the disk.
func onSQLite(t testing.TB, opts ...desk.Option) *fixture {
	return newTrade(t, openFile(t, filepath.Join(t.TempDir(), "log.db")), opts...)
}

func openFile(t testing.TB, path string) events.Store {
	store, err := sqlite.Open(context.Background(), path, sqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func (tr *fixture) now() time.Time { return time.Unix(0, tr.clock.Load()).UTC() }

func (tr *fixture) at(t time.Time) *fixture { tr.clock.Store(t.UnixNano()); return tr }

func (tr *fixture) after(d time.Duration) *fixture { tr.clock.Add(int64(d)); return tr }

func (tr *fixture) try(by trade.Actor, do desk.Action) error {
	return tr.desk.Try(context.Background(), desk.Command{ID: desk.NewID(), By: by, Do: do})
}

func (tr *fixture) ask(by trade.Actor, do desk.Action) (desk.Result, error) {
	return tr.desk.Do(context.Background(), desk.Command{ID: desk.NewID(), By: by, Do: do})
}

// do carries a command out that has to be accepted.
func (tr *fixture) do(by trade.Actor, do desk.Action) desk.Result {
	tr.Helper()
	r, err := tr.ask(by, do)
	if err != nil {
		tr.Fatalf("%s: %v", do, err)
	}
	return r
}

// refused asks for a command that has to be refused by exactly that rule, and checks that
// nothing was written.
func (tr *fixture) refused(ruleID rule.ID, by trade.Actor, do desk.Action) *trade.Refusal {
	tr.Helper()
	before := must(tr.store.Settled(context.Background()))
	_, err := tr.ask(by, do)
	var no *trade.Refusal
	if !errors.As(err, &no) || no.Rule != ruleID {
		tr.Fatalf("%s: %v, want a refusal by %s", do, err, ruleID)
	}
	if after := must(tr.store.Settled(context.Background())); after != before {
		tr.Fatalf("%s was refused and yet the log went from %d to %d", do, before, after)
	}
	return no
}

func (tr *fixture) order(id trade.ID) order.Order {
	tr.Helper()
	o, _, err := tr.desk.ReadOrder(context.Background(), platform, id)
	if err != nil {
		tr.Fatal(err)
	}
	return o
}

func (tr *fixture) line() credit.Line {
	tr.Helper()
	l, _, err := tr.desk.ReadLine(context.Background(), platform, acme.Account, usd)
	if err != nil {
		tr.Fatal(err)
	}
	return l
}

func (tr *fixture) entrustment(id order.EntrustmentID) entrustment.Entrustment {
	tr.Helper()
	e, _, err := tr.desk.ReadEntrustment(context.Background(), platform, id)
	if err != nil {
		tr.Fatal(err)
	}
	return e
}

// opened activates the seller's service and assesses the limit of the line.
func (tr *fixture) opened(limit string) *fixture {
	tr.Helper()
	return tr.openedTo(acme, limit)
}

// openedTo does the same for another seller.
func (tr *fixture) openedTo(by trade.Actor, limit string) *fixture {
	tr.Helper()
	tr.do(by, desk.OnSeller(by.Account, seller.Activate{Route: seller.RouteConsole}))
	tr.do(platform, desk.OnLine(by.Account, usd, credit.AssessLimit{Limit: money(limit)}))
	return tr
}

// draft writes an order of that total, initial payment and coverage, ready to be submitted.
func (tr *fixture) draft(total, initial string, coverage order.Coverage) trade.ID {
	tr.Helper()
	id := trade.NewID()
	tr.drafted(acme, id, total, initial, coverage)
	return id
}

func (tr *fixture) drafted(by trade.Actor, id trade.ID, total, initial string, coverage order.Coverage) {
	tr.Helper()
	for _, c := range []order.Command{
		order.Draft{Mode: order.DraftOnline},
		order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"},
		order.MatchBuyer{Email: bruno.Email},
		order.SetTerms{Terms: order.Terms{Total: money(total), Initial: money(initial)}},
		order.ChooseCoverage{Coverage: coverage, TermsAccepted: coverage != order.CoverageNone},
		order.SetTransport{Mode: order.TransportAir},
	} {
		tr.do(by, desk.OnOrder(id, c))
	}
}

// placed is a draft that was submitted, and confirmed one that the buyer has confirmed as well.
func (tr *fixture) placed(total, initial string, coverage order.Coverage) trade.ID {
	tr.Helper()
	id := tr.draft(total, initial, coverage)
	tr.submit(id)
	return id
}

func (tr *fixture) confirmed(total, initial string, coverage order.Coverage) trade.ID {
	tr.Helper()
	id := tr.placed(total, initial, coverage)
	tr.confirm(id)
	return id
}

// life is an order from its draft to its completion.
func (tr *fixture) life(total, initial string, coverage order.Coverage) trade.ID {
	tr.Helper()
	id := tr.placed(total, initial, coverage)
	tr.shipped(id)
	if due := tr.order(id); !due.Due().IsZero() {
		tr.wire(id, "balance", due.Due().String())
	}
	tr.do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	return id
}

func (tr *fixture) submit(id trade.ID) desk.Result {
	tr.Helper()
	return tr.do(acme, desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true}))
}

func (tr *fixture) confirm(id trade.ID) desk.Result {
	tr.Helper()
	return tr.do(bruno, desk.OnOrder(id, order.Confirm{Terms: tr.order(id).Revision}))
}

// wire reports a transfer to the order's account.
func (tr *fixture) wire(id trade.ID, reference, amount string) desk.Result {
	tr.Helper()
	return tr.do(platform, desk.OnOrder(id, order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: tr.order(id).ReceivingAccount, Amount: money(amount),
		Payer: "Bruno Imports", PaidAt: tr.now(),
	}))
}

// entrust takes an entrustment to the point at which customs have it.
func (tr *fixture) entrust(id order.EntrustmentID) {
	tr.Helper()
	tr.do(acme, desk.OnEntrustment(id, entrustment.Draft{Title: "goods"}))
	tr.do(acme, desk.OnEntrustment(id, entrustment.Submit{}))
	tr.do(platform, desk.OnEntrustment(id, entrustment.Approve{}))
	tr.do(platform, desk.OnEntrustment(id, entrustment.Declare{Declaration: declaration("D-"+string(id), tr.now())}))
}

func declaration(no string, at time.Time) entrustment.Declaration {
	n := []byte(no)
	for i, c := range n {
		switch {
		case 'a' <= c && c <= 'z':
			n[i] = c - 'a' + 'A'
		case !('A' <= c && c <= 'Z' || '0' <= c && c <= '9'):
			n[i] = '0'
		}
	}
	return entrustment.Declaration{
		Number: entrustment.DeclarationNo(n), DeclaringCustoms: "2201", DeparturePort: "310001", DeclaredAt: at,
		Items: []entrustment.Item{{
			No: 1, HSCode: "9001909090", Name: "lens", Quantity: number("100"), Unit: "piece",
			Price: number("10"), Total: money("1000 USD"),
		}},
	}
}

func (tr *fixture) release(id order.EntrustmentID, at time.Time) desk.Result {
	tr.Helper()
	return tr.do(platform, desk.OnEntrustment(id, entrustment.Release{ReleasedAt: at}))
}

// shipped takes a submitted order to shipment with one entrustment.
func (tr *fixture) shipped(id trade.ID) {
	tr.Helper()
	e := order.EntrustmentID(fmt.Sprintf("E-%.8s", id.String()[28:]))
	tr.confirm(id)
	tr.wire(id, "initial", tr.order(id).Terms.Initial.String())
	tr.entrust(e)
	tr.do(acme, desk.OnOrder(id, order.Link{Entrustment: e}))
	tr.release(e, tr.now())
	tr.do(acme, desk.OnOrder(id, order.MarkShipped{}))
}
