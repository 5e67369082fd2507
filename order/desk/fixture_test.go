package desk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

const day = 24 * time.Hour

// start is when the trades of these tests begin.
var start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

var (
	acme, orient     = ordertest.Seller, ordertest.OtherSeller
	bruno, stranger  = ordertest.Buyer, ordertest.Stranger
	platform, system = ordertest.Platform, ordertest.System
	actors           = []trade.Actor{acme, orient, bruno, stranger, platform, system}
	usd              = must(trade.ParseCurrency("USD"))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func money(s string) trade.Money { return must(trade.ParseMoney(s)) }

func number(s string) trade.Number { return must(trade.ParseNumber(s)) }

// fixture is the kit's fixture with the people and the shorthands of these tests.
type fixture struct {
	testing.TB
	*ordertest.Fixture
	policy   *order.Policy    // what the auditor is to know of the desk's; nil for the defaults
	payLater *paylater.Policy // the same of pay-later orders
}

// weekly is the default policy of received funds, but that credits wait seven days.
func weekly() funds.Policy {
	p := funds.DefaultPolicy()
	p.HoldDays = 7
	return p
}

func newFixture(t testing.TB, store events.Store, opts ...desk.Option) *fixture {
	opts = append([]desk.Option{desk.WithSources(desk.Sources{
		Funds: func(context.Context, trade.Account) (funds.Policy, error) { return weekly(), nil },
	})}, opts...)
	tr := &fixture{TB: t, Fixture: ordertest.DeskOn(t, store, opts...)}
	return tr.at(start)
}

func inMemory(t testing.TB, opts ...desk.Option) *fixture {
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	return newFixture(t, store, opts...)
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
	return newFixture(t, openFile(t, filepath.Join(t.TempDir(), "log.db")), opts...)
}

func openFile(t testing.TB, path string) events.Store {
	store, err := sqlite.Open(context.Background(), path, sqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func (tr *fixture) at(t time.Time) *fixture { tr.Clock.Set(t); return tr }

func (tr *fixture) after(d time.Duration) *fixture { tr.Clock.Advance(d); return tr }

func (tr *fixture) try(by trade.Actor, do desk.Action) error {
	return tr.Desk.Try(context.Background(), desk.Command{ID: desk.NewID(), By: by, Do: do})
}

// asking is a command under a new ID.
func asking(by trade.Actor, do desk.Action) desk.Command {
	return desk.Command{ID: desk.NewID(), By: by, Do: do}
}

// refused asks for a command that has to be refused by exactly that rule, and checks that
// nothing was written.
func (tr *fixture) refused(ruleID rule.ID, by trade.Actor, do desk.Action) *trade.Refusal {
	tr.Helper()
	before := must(tr.Store.Settled(context.Background()))
	_, err := tr.Ask(by, do)
	var no *trade.Refusal
	if !errors.As(err, &no) || no.Rule != ruleID {
		tr.Fatalf("%s: %v, want a refusal by %s", do, err, ruleID)
	}
	if after := must(tr.Store.Settled(context.Background())); after != before {
		tr.Fatalf("%s was refused and yet the log went from %d to %d", do, before, after)
	}
	return no
}

func (tr *fixture) line() credit.Line {
	tr.Helper()
	l, _, err := tr.Desk.ReadLine(context.Background(), platform, acme.Account, usd)
	if err != nil {
		tr.Fatal(err)
	}
	return l
}

// opened activates the seller's service and assesses the limit of the line.
func (tr *fixture) opened(limit string) *fixture {
	tr.Helper()
	return tr.openedTo(acme, limit)
}

// openedTo does the same for another seller.
func (tr *fixture) openedTo(by trade.Actor, limit string) *fixture {
	tr.Helper()
	tr.Do(by, desk.OnSeller(by.Account, seller.Activate{Route: seller.RouteConsole}))
	tr.Do(platform, desk.OnLine(by.Account, usd, credit.AssessLimit{Limit: money(limit)}))
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
		tr.Do(by, desk.OnOrder(id, c))
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
	if due := tr.Order(id); !due.Due().IsZero() {
		tr.wire(id, "balance", due.Due().String())
	}
	tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	return id
}

func (tr *fixture) submit(id trade.ID) desk.Result {
	tr.Helper()
	return tr.Do(acme, desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true}))
}

func (tr *fixture) confirm(id trade.ID) desk.Result {
	tr.Helper()
	return tr.Do(bruno, desk.OnOrder(id, order.Confirm{Terms: tr.Order(id).Revision}))
}

// wire reports a transfer to the order's account.
func (tr *fixture) wire(id trade.ID, reference, amount string) desk.Result {
	tr.Helper()
	return tr.Do(platform, desk.OnOrder(id, order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: tr.Order(id).ReceivingAccount, Amount: money(amount),
		Payer: "Bruno Imports", PaidAt: tr.Clock.Now(),
	}))
}

// entrust takes an entrustment to the point at which customs have it.
func (tr *fixture) entrust(id order.EntrustmentID) {
	tr.Helper()
	tr.Do(acme, desk.OnEntrustment(id, entrustment.Draft{Title: "goods"}))
	tr.Do(acme, desk.OnEntrustment(id, entrustment.Submit{}))
	tr.Do(platform, desk.OnEntrustment(id, entrustment.Approve{}))
	tr.Do(platform, desk.OnEntrustment(id, entrustment.Declare{Declaration: declaration("D-"+string(id), tr.Clock.Now())}))
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
	return tr.Do(platform, desk.OnEntrustment(id, entrustment.Release{ReleasedAt: at}))
}

// shipped takes a submitted order to shipment with one entrustment.
func (tr *fixture) shipped(id trade.ID) {
	tr.Helper()
	e := order.EntrustmentID(fmt.Sprintf("E-%.8s", id.String()[28:]))
	tr.confirm(id)
	tr.wire(id, "initial", tr.Order(id).Terms.Initial.String())
	tr.entrust(e)
	tr.Do(acme, desk.OnOrder(id, order.Link{Entrustment: e}))
	tr.release(e, tr.Clock.Now())
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
}
