package world_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/tradesurety/surety/events/memory/forgetful"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest/world"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// stage is a desk on a store that forgets, with a stopped clock.
type stage struct {
	*testing.T
	store *forgetful.Store
	now   time.Time
	desk  *desk.Desk
}

// do executes a command that must be accepted, and returns it.
func (s *stage) do(by trade.Actor, a desk.Action) desk.Command {
	s.Helper()
	c := desk.Command{ID: desk.NewID(), By: by, Do: a}
	if _, err := s.desk.Do(s.Context(), c); err != nil {
		s.Fatal(err)
	}
	return c
}

// found lists the defects that worlds have found, each with the fewest commands that show it.
var found = []struct {
	what string
	show func(s *stage)
}{
	{"a command that is repeated reads no record after its commit", func(s *stage) {
		one, two := trade.Actor{Role: trade.Seller, Account: "s-1"}, trade.Actor{Role: trade.Seller, Account: "s-2"}
		c := s.do(one, desk.OnSeller(one.Account, seller.Activate{Route: seller.RouteConsole}))
		s.do(two, desk.OnSeller(two.Account, seller.Activate{Route: seller.RouteConsole}))
		stream, err := seller.Stream(two.Account)
		if err == nil {
			err = s.store.Forget(s.Context(), stream, math.MaxUint64)
		}
		if err != nil {
			s.Fatal(err)
		}
		if _, err := s.desk.Do(s.Context(), c); err != nil {
			s.Error(err)
		}
	}},
	{"a late tick asks for the charge, and the next one finds the order overdue", func(s *stage) {
		platform, cny := trade.Actor{Role: trade.Platform, Account: "p"}, trade.Currency{'C', 'N', 'Y'}
		buyer, shop := trade.Actor{Role: trade.Buyer, Account: "b"}, trade.Actor{Role: trade.Seller, Account: "m"}
		id := trade.NewID()
		s.do(platform, desk.OnQuota(shop.Account, cny, credit.OpenLine{Limit: trade.Minor(100, cny)}))
		s.do(buyer, desk.OnPayLater(id, paylater.Place{Merchant: "m", ChosePayLater: true, Amount: trade.Minor(100, cny)}))
		s.do(shop, desk.OnPayLater(id, paylater.Ship{}))
		s.do(buyer, desk.OnPayLater(id, paylater.ConfirmReceipt{}))
		for i, want := range []string{"charge", "overdue", ""} {
			done, err := s.desk.Tick(s.Context(), s.now.Add(100*24*time.Hour))
			if err != nil || len(done) != min(len(want), 1) || want != "" && (done[0].Kind != want || done[0].Err != nil) {
				s.Errorf("tick %d: %+v, %v, want %q", i, done, err, want)
			}
		}
	}},
}

func TestFound(t *testing.T) {
	for _, f := range found {
		t.Run(f.what, func(t *testing.T) {
			s := &stage{T: t, store: forgetful.New(), now: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
			t.Cleanup(func() { _ = s.store.Close() })
			d, err := desk.New(s.store, desk.WithClock(func() time.Time { return s.now }), desk.WithSources(desk.DemoSources()), desk.WithSources(desk.Sources{
				Store: func(context.Context, trade.Account) (seller.Facts, error) {
					return seller.Facts{Operating: true, Membership: seller.MemberPaid}, nil
				},
			}))
			if err != nil {
				t.Fatal(err)
			}
			s.desk = d
			f.show(s)
		})
	}
}

// A world of forty orders with faults of every kind. At the end no quota is held or used, and all money
// is accounted for.
func ExampleRun() {
	store := forgetful.New()
	defer func() { _ = store.Close() }()
	report, err := world.Run(context.Background(), store, world.Config{
		Seed: 2025, Orders: 40, Sellers: 2, Buyers: 10, Faults: world.AllFaults(100),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	usd, cny := report.Money[0], report.Money[1]
	fmt.Println(report.Assurance+report.PayLater, "orders, held at the end:", usd.Holding, "and used:", cny.Used)
	// Output: 40 orders, held at the end: 0.00 USD and used: 0.00 CNY
}
