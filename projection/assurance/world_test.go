package assurance_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/viewtest"
)

const day = 24 * time.Hour

var (
	start    = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	acme     = trade.Actor{Role: trade.Seller, Account: "s-acme", Email: "sales@acme.example"}
	orient   = trade.Actor{Role: trade.Seller, Account: "s-orient", Email: "sales@orient.example"}
	bruno    = trade.Actor{Role: trade.Buyer, Account: "b-bruno", Email: "bruno@buyer.example"}
	stranger = trade.Actor{Role: trade.Buyer, Account: "b-stranger", Email: "stranger@buyer.example"}
	platform = trade.Actor{Role: trade.Platform, Account: "p-ops"}
	usd      = must(trade.ParseCurrency("USD"))
)

func TestMain(m *testing.M) { os.Exit(viewtest.Main(m)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func money(s string) trade.Money { return must(trade.ParseMoney(s)) }

// world is a desk on a log in memory, with a clock that the test sets, and traders who act at
// random.
type world struct {
	testing.TB
	log    events.Store
	desk   *desk.Desk
	clock  time.Time
	rand   *rand.Rand
	orders []trade.ID
	serial int

	overdue int // overdue orders that a check has seen
	owed    int // orders with money that the buyer owes that a check has seen
}

func newWorld(t testing.TB, opts ...desk.Option) *world {
	log := memory.New()
	t.Cleanup(func() { _ = log.Close() })
	w := &world{TB: t, log: log, clock: start, rand: viewtest.Rand(t)}
	opts = append([]desk.Option{
		desk.WithClock(func() time.Time { return w.clock }),
		desk.WithSources(desk.DemoSources()),
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
	w.desk = must(desk.New(log, opts...))
	for _, s := range []trade.Actor{acme, orient} {
		w.do(s, desk.OnSeller(s.Account, seller.Activate{Route: seller.RouteConsole}))
		w.do(platform, desk.OnLine(s.Account, usd, credit.AssessLimit{Limit: money("20000 USD")}))
	}
	return w
}

// ask executes a command; a refusal is allowed.
func (w *world) ask(by trade.Actor, do desk.Action) bool {
	w.Helper()
	_, err := w.desk.Do(context.Background(), desk.Command{ID: desk.NewID(), By: by, Do: do})
	if _, no := errors.AsType[*trade.Refusal](err); err != nil && !no {
		w.Fatalf("%s: %v", do, err)
	}
	return err == nil
}

func (w *world) do(by trade.Actor, do desk.Action) {
	w.Helper()
	if !w.ask(by, do) {
		w.Fatalf("%s was refused", do)
	}
}

func (w *world) order(id trade.ID) order.Order {
	w.Helper()
	o, _, err := w.desk.ReadOrder(context.Background(), platform, id)
	if err != nil {
		w.Fatal(err)
	}
	return o
}

// trade takes that many steps: new orders, and the next sensible command for existing ones.
func (w *world) trade(steps int) *world {
	w.Helper()
	for range steps {
		w.clock = w.clock.Add([]time.Duration{time.Second, time.Minute, time.Hour, 9 * time.Hour, day}[w.rand.IntN(5)])
		switch n := w.rand.IntN(10); {
		case n < 2 || len(w.orders) == 0:
			w.orders = append(w.orders, w.draft([]trade.Actor{acme, orient}[w.rand.IntN(2)]))
		case n < 9:
			w.next(w.orders[w.rand.IntN(len(w.orders))])
		default:
			limit := money([]string{"9000 USD", "20000 USD", "50000 USD"}[w.rand.IntN(3)])
			c := []credit.Command{credit.AssessLimit{Limit: limit}, credit.Suspend{Reason: "audit"}, credit.Resume{}, credit.Resume{}}[w.rand.IntN(4)]
			w.ask(platform, desk.OnLine(acme.Account, usd, c))
		}
	}
	return w
}

// draft writes an order that is ready to be submitted.
func (w *world) draft(by trade.Actor) trade.ID {
	id := trade.NewID()
	coverage := []order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery}[w.rand.IntN(3)]
	for _, c := range []order.Command{
		order.Draft{Mode: order.DraftOnline},
		order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"},
		order.MatchBuyer{Email: bruno.Email},
		order.SetTerms{Terms: order.Terms{Total: money([]string{"600 USD", "2500 USD"}[w.rand.IntN(2)]), Initial: money("300 USD")}},
		order.ChooseCoverage{Coverage: coverage, TermsAccepted: true},
		order.SetTransport{Mode: order.TransportAir},
	} {
		w.do(by, desk.OnOrder(id, c))
	}
	return id
}

// next takes an order a step on, or ends it.
func (w *world) next(id trade.ID) {
	o := w.order(id)
	by := trade.Actor{Role: trade.Seller, Account: o.Seller.Account, Email: o.Seller.Email}
	if w.rand.IntN(12) == 0 {
		w.ask([]trade.Actor{by, bruno}[w.rand.IntN(2)], desk.OnOrder(id, order.Cancel{}))
		return
	}
	switch o.Phase {
	case order.PhaseDraft:
		w.ask(by, desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true}))
	case order.PhaseSubmitted:
		w.ask(bruno, desk.OnOrder(id, order.Confirm{Terms: o.Revision}))
	case order.PhaseConfirmed:
		w.wire(&o, o.StepDue())
	case order.PhaseReadyToShip:
		w.export(id, by)
	case order.PhaseShipped:
		if w.rand.IntN(2) == 0 {
			w.ask(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
		}
	case order.PhaseReceived:
		w.wire(&o, o.Due())
	case order.PhaseCompleted:
		w.ask(bruno, desk.OnOrder(id, order.Review{Rating: 5, Text: "good"}))
	}
}

func (w *world) wire(o *order.Order, amount trade.Money) {
	w.Helper()
	w.serial++
	w.ask(platform, desk.OnOrder(o.ID, order.RecordPayment{
		Reference: fmt.Sprintf("R%d", w.serial), Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: amount, Payer: "Bruno Imports", PaidAt: w.clock,
	}))
}

// export takes a funded order through customs.
func (w *world) export(id trade.ID, by trade.Actor) {
	w.serial++
	e := order.EntrustmentID(fmt.Sprintf("E%d", w.serial))
	w.do(by, desk.OnEntrustment(e, entrustment.Draft{Title: "goods"}))
	w.do(by, desk.OnEntrustment(e, entrustment.Submit{}))
	w.do(platform, desk.OnEntrustment(e, entrustment.Approve{}))
	w.do(platform, desk.OnEntrustment(e, entrustment.Declare{Declaration: entrustment.Declaration{
		Number: entrustment.DeclarationNo(fmt.Sprintf("D%d", w.serial)), DeclaringCustoms: "2201", DeparturePort: "310001", DeclaredAt: w.clock,
		Items: []entrustment.Item{{
			No: 1, HSCode: "9001909090", Name: "lens", Quantity: must(trade.ParseNumber("100")), Unit: "piece",
			Price: must(trade.ParseNumber("10")), Total: money("1000 USD"),
		}},
	}}))
	w.do(by, desk.OnOrder(id, order.Link{Entrustment: e}))
	w.do(platform, desk.OnEntrustment(e, entrustment.Release{ReleasedAt: w.clock}))
	w.ask(by, desk.OnOrder(id, order.MarkShipped{}))
}

func (w *world) catchUp(store projection.Store, views []*projection.View, opts ...projection.Option) {
	w.Helper()
	viewtest.CatchUp(w, w.log, store, views, 1+w.rand.IntN(3), opts...)
}

func sorted[T any](list []T, key func(T) string) []T {
	slices.SortFunc(list, func(a, b T) int {
		if key(a) < key(b) {
			return -1
		}
		return 1
	})
	return list
}
