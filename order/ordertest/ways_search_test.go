package ordertest_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// TestWaysOut looks for an exit from 10,000 states, or from 100,000 with SURETY_LONG=1.
func TestWaysOut(t *testing.T) {
	want := 10_000
	switch {
	case os.Getenv("SURETY_LONG") == "1":
		want = 100_000
	case testing.Short():
		want = 1000
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SURETY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	all, total := newExitSearch(t, nil), 0
	for ; total < want; seed++ {
		x, deadEnds := hostileTrade(t, seed, nil)
		for _, err := range deadEnds {
			t.Fatalf("SURETY_SEED=%d go test ./order/ordertest -run '^TestWaysOut$': %v", seed, err)
		}
		for kind, n := range x.states {
			all.states[kind] += n
			total += n
			all.longest[kind] = max(all.longest[kind], x.longest[kind])
		}
		for trait, n := range x.traits {
			all.traits[trait] += n
		}
		all.attempts += x.attempts
	}
	t.Logf("%d states searched with %d commands: %v; longest exits: %v; traits of the orders: %v", total, all.attempts, all.states, all.longest, all.traits)
}

// hostileTrade generates a trade in which banks take money back, and looks for exits after every commit.
func hostileTrade(t testing.TB, seed uint64, refuse func(d *desk.Desk, do request) error) (x *exitSearch, deadEnds []error) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 22))
	store := memory.New()
	defer store.Close()
	p, terms := order.DefaultPolicy(), paylater.DefaultPolicy()
	p.AutoShip, p.CapCoverage, terms.Instalments = rnd.IntN(4) == 0, rnd.IntN(4) == 0, rnd.IntN(2) == 0
	if rnd.IntN(4) == 0 {
		p.HoldAt = order.HoldAtConfirm
	}
	terms.ChargeRetries, terms.FreezeAfterOverdue = rnd.IntN(3), rnd.IntN(3)
	opts := []desk.Option{desk.WithPolicy(p), desk.WithPayLater(terms)}
	player := ordertest.NewPlayer(ordertest.DeskOn(t, store, opts...), rnd.IntN, ordertest.PlayerConfig{Orders: 3, PayLaterOrders: 2}).Open()
	x = newExitSearch(t, store, opts...)
	x.refuse = refuse
	position := events.Position(0)
	for n := range 160 {
		c := player.Next()
		if n%2 == 1 {
			id := player.Orders[n/2%len(player.Orders)]
			if by, do := x.hostileCommand(player.Fixture, rnd, id); do != nil {
				c.By, c.Do = by, desk.OnOrder(id, do)
			}
		}
		if n%16 == 15 {
			if _, err := player.Desk.Tick(context.Background(), player.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = player.Desk.Do(context.Background(), c) // a refused command writes no state
		var commit []events.Record
		for r, err := range store.ReadAll(context.Background(), position, events.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			commit, position = append(commit, r), r.Position
		}
		x.now = trade.Later(x.now, player.Clock.Now())
		deadEnds = append(deadEnds, x.checkCommit(commit)...)
	}
	return x, deadEnds
}

// hostileCommand returns a random command that makes an order harder to end, or none. Banks take money back in every
// phase, in parts and repeatedly, and cases are won and lost again. The platform voids records, and returns or applies
// money under review. Strangers pay, refunds are made, and disputes are opened.
func (x *exitSearch) hostileCommand(f *ordertest.Fixture, rnd *rand.Rand, id trade.ID) (trade.Actor, order.Command) {
	o, _, err := f.Desk.ReadOrder(context.Background(), ordertest.Platform, id)
	if err != nil || o.Phase < order.PhaseSubmitted {
		return trade.Actor{}, nil
	}
	owner := trade.Actor{Role: trade.Seller, Account: o.Seller.Account, Email: o.Seller.Email}
	buyer := ordertest.Buyer
	if o.Buyer.Email.Same(ordertest.OtherBuyer.Email) {
		buyer = ordertest.OtherBuyer
	}
	amount := ordertest.USD([]string{"1", "50", "100", "1000", "2400", "2500", "2500", "2600"}[rnd.IntN(8)])
	now := f.Clock.Now()
	n := strconv.Itoa(rnd.IntN(1_000_000))
	if known := x.payments[id]; len(known) > 0 && rnd.IntN(5) > 0 {
		return x.hostileToPayment(known[rnd.IntN(len(known))], rnd, amount, now)
	}
	switch rnd.IntN(12) {
	case 0, 1:
		return buyer, order.InitiatePayment{Payment: order.PaymentID("N" + n), Method: order.PayCard, Amount: minMoney(amount, o.Due())}
	case 2, 3:
		for _, p := range o.Payments {
			if p.Status != order.PaymentIsReceived && p.Method != order.PayTT {
				return ordertest.Platform, order.RecordPayment{Reference: "H-" + n, Method: p.Method, Payment: p.ID, Amount: p.Amount, PaidAt: now}
			}
		}
		return ordertest.Platform, order.RecordPayment{Reference: "H-" + n, Method: order.PayECheck, Payment: order.PaymentID("U" + n), Amount: amount, PaidAt: now}
	case 4, 5:
		c := ordertest.Wired(&o, "H-"+n, minMoney(amount, o.Terms.Total), now)
		if rnd.IntN(4) == 0 {
			c.Payer = "Somebody"
		}
		return ordertest.Platform, c
	case 6:
		return ordertest.Platform, order.Refund{Amount: minMoney(amount, o.Left())}
	case 7:
		return buyer, order.OpenDispute{Ground: order.GroundQuality, Claimed: o.Left()}
	case 8:
		return owner, order.AcceptShortfall{}
	case 9:
		return ordertest.Platform, order.ReturnUnapplied{Amount: minMoney(amount, o.Ledger.Unapplied)}
	case 10:
		return buyer, order.Confirm{Terms: o.Revision}
	default:
		return ordertest.System, []order.Command{order.Escalate{}, order.AutoConfirmReceipt{}, order.Expire{}}[rnd.IntN(3)]
	}
}

// hostileToPayment returns a random command about a received payment.
func (x *exitSearch) hostileToPayment(k payment.Key, rnd *rand.Rand, amount trade.Money, now time.Time) (trade.Actor, order.Command) {
	if rnd.IntN(3) == 0 {
		amount = trade.Money{}
	}
	name := []string{"a", "b"}[rnd.IntN(2)]
	at := now.Add(-[]time.Duration{0, 0, time.Hour, ordertest.Day}[rnd.IntN(4)])
	switch n := rnd.IntN(12); {
	case n < 5 && k.Method == order.PayTT && rnd.IntN(2) == 0:
		return ordertest.Platform, order.ReverseTransfer{Reference: k.Reference, Case: name, Amount: amount, At: at}
	case n < 4:
		return ordertest.Platform, order.ChargeBack{Reference: k.Reference, Method: caseMethod(k.Method), Case: name, Amount: amount, At: at}
	case n < 8:
		return ordertest.Platform, order.ResolveChargeback{Reference: k.Reference, Method: caseMethod(k.Method), Case: name, Won: rnd.IntN(3) == 0, At: at}
	case n < 9:
		return ordertest.Platform, order.VoidPayment{Reference: k.Reference, Method: k.Method}
	case n < 10:
		return ordertest.Platform, order.ApplyUnapplied{Reference: k.Reference, Method: k.Method, Amount: ordertest.USD("50")}
	default:
		return ordertest.Platform, order.ReturnUnapplied{Reference: k.Reference, Method: k.Method, Amount: ordertest.USD("50")}
	}
}

// caseMethod returns the method that a command about a chargeback names: none for a transfer.
func caseMethod(m order.Method) order.Method {
	if m == order.PayTT {
		return ""
	}
	return m
}

func minMoney(a, b trade.Money) trade.Money {
	if b.Less(a) {
		return b
	}
	return a
}
