package ordertest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Of several payments. That an order is completed, or closed because all of its money was paid back, is
// decided by what is known when it happens, and stays; so a received order can complete between the
// receipt of one payment and a case about the other. In what follows no order does.

// unsettled returns the end without what may differ while a case is open: whether an order that is not
// shipped yet is confirmed or ready to ship. It is frozen in either, and which of them it is the end of
// the last case decides (D63).
func (e end) unsettled() end {
	if e.open > 0 && e.phase == order.PhaseReadyToShip {
		e.phase = order.PhaseConfirmed
	}
	return e
}

// recall is the report of a transfer's recall.
func recall(reference, name, amount string, hour int) order.ReverseTransfer {
	c := order.ReverseTransfer{Reference: reference, Case: name, At: banksAt(hour)}
	if amount != "" {
		c.Amount = ordertest.USD(amount)
	}
	return c
}

// doubled is an order of 6,000 dollars for which 6,000 came in by wire W and 6,000 by card C, and
// the later payment, a surplus, was returned.
func doubled(t ordertest.TB, f *ordertest.Fixture, phase order.Phase, announced, cardFirst bool) orderState {
	t.Helper()
	id := f.OrderAt(order.PhaseConfirmed, ordertest.Contract{Total: ordertest.USD("6000"), Initial: ordertest.USD("2000")})
	do := func(by trade.Actor, c order.Command) { t.Helper(); f.Do(by, desk.OnOrder(id, c)) }
	if announced {
		do(ordertest.Buyer, order.InitiatePayment{Payment: "1", Method: order.PayCard, Amount: ordertest.USD("6000")})
	}
	o := f.Order(id)
	incoming := []order.Command{
		ordertest.Wired(&o, "W", ordertest.USD("6000"), f.Clock.Now()),
		order.RecordPayment{Reference: "C-" + id.String(), Method: order.PayCard, Payment: "1", Amount: ordertest.USD("6000"), PaidAt: f.Clock.Now()},
	}
	if cardFirst {
		slices.Reverse(incoming)
	}
	for _, c := range incoming {
		do(ordertest.Platform, c)
	}
	surplus := order.ReturnUnapplied{Amount: ordertest.USD("6000")}
	if o = f.Order(id); o.Ledger.Review.IsPositive() {
		surplus.Reference = "C-" + id.String()
	}
	do(ordertest.Platform, surplus)
	if phase > order.PhaseReadyToShip && phase < order.PhaseClosed {
		e := order.EntrustmentID("G-" + strings.ToUpper(id.String()[24:]))
		f.Entrust(ordertest.Seller, e, ordertest.USD("0").Currency())
		do(ordertest.Seller, order.Link{Entrustment: e})
		f.Do(ordertest.Platform, desk.OnEntrustment(e, entrustment.Release{ReleasedAt: f.Clock.Now()}))
		do(ordertest.Seller, order.MarkShipped{})
	}
	if phase == order.PhaseCompleted {
		do(ordertest.Buyer, order.ConfirmReceipt{})
	}
	if phase == order.PhaseClosed {
		do(ordertest.Seller, order.Refund{Amount: ordertest.USD("6000")})
	}
	if o = f.Order(id); o.Phase != phase {
		t.Fatalf("the order is %s, want %s", o.Phase, phase)
	}
	return stateOf(t, f, id, payment.Key{Method: order.PayTT, Account: o.ReceivingAccount, Reference: "W"},
		payment.Key{Method: order.PayCard, Reference: "C-" + id.String()})
}

// stride is 1, and n in the short form, which takes one of n cases.
func stride(n int) int {
	if testing.Short() {
		return n
	}
	return 1
}

// TestArrivalOfTwo delivers the reports about two payments of which one was returned.
func TestArrivalOfTwo(t *testing.T) {
	f := ordertest.Desk(t)
	for _, phase := range []order.Phase{order.PhaseReadyToShip, order.PhaseShipped, order.PhaseCompleted, order.PhaseClosed} {
		for n := range 4 {
			announced, cardFirst := n&1 == 1, n&2 == 2
			if cardFirst && !announced {
				continue // its money waits for the review, so the wire is no surplus
			}
			start := doubled(t, f, phase, announced, cardFirst)
			card := start.payments[1].Reference
			for _, amount := range []string{"", "2500"} {
				for i := 0; i < len(hours()); i += stride(4) {
					h := hours()[i]
					back := order.ChargeBack{Reference: card, Case: "a", At: banksAt(h[0])}
					if amount != "" {
						back.Amount = ordertest.USD(amount)
					}
					a := arrivals{answer: onTime, several: true, reports: []report{
						{"charged back", back}, {"won", order.ResolveChargeback{Reference: card, Case: "a", Won: true, At: banksAt(h[1])}},
						{"lost", order.ResolveChargeback{Reference: card, Case: "a", At: banksAt(h[2])}},
						{"recalled", recall("W", "r", "", 3)}, {"recalled in part", recall("W", "s", amount, 4)},
					}}
					a.must(t, fmt.Sprintf("%s, announced %t, card first %t, %q, %v", phase, announced, cardFirst, amount, h), start)
				}
			}
		}
	}
}

// TestArrivalOfOneReference delivers the reports about payments by several methods which have the same
// reference.
func TestArrivalOfOneReference(t *testing.T) {
	f := ordertest.Desk(t)
	for _, b := range beginnings {
		if b.phase == order.PhaseReceived || b.phase == order.PhaseClosed {
			continue
		}
		id := brought(t, f, b, order.PayCard)
		o := f.Order(id)
		in := func(m order.Method, amount string) report {
			return report{"received by " + string(m), order.RecordPayment{Reference: "0001", Method: m, Payment: "1", Amount: ordertest.USD(amount), PaidAt: banksAt(0)}}
		}
		back := func(m order.Method) report {
			return report{"charged back by " + string(m), order.ChargeBack{Reference: "0001", Method: m, Case: "a", At: banksAt(1)}}
		}
		ended := func(m order.Method, won bool) report {
			return report{fmt.Sprint("ended by ", m, ": ", won), order.ResolveChargeback{Reference: "0001", Method: m, Case: "a", Won: won, At: banksAt(2)}}
		}
		wire := report{"received by wire", ordertest.Wired(&o, "0001", ordertest.USD("1500"), banksAt(0))}
		for _, c := range []struct {
			name    string
			reports []report
			lost    int64
		}{
			{"card and wire", []report{in(order.PayCard, "2000"), wire, back(""), ended("", true), ended("", false), {"recalled", recall("0001", "a", "", 3)}}, 3500_00},
			{"card and e-check", []report{in(order.PayCard, "2000"), in(order.PayECheck, "700"), back(order.PayCard), back(order.PayECheck),
				ended(order.PayCard, true), ended(order.PayECheck, false)}, 700_00},
		} {
			a := arrivals{answer: onTime, several: true, reports: c.reports}
			ends := a.must(t, b.String()+": "+c.name, stateOf(t, f, id, wires(o)...))
			if e := ends[bag{1, 1, 1, 1, 1, 1}]; e.reversed != c.lost || e.lost != c.lost || e.open != 0 || e.early != (bag{}) {
				t.Errorf("%s: %s: %+v", b, c.name, e)
			}
		}
	}
}

// TestArrivalOnDesk delivers the six reports in every order through a desk. The end is that of the
// same reports without a store.
func TestArrivalOnDesk(t *testing.T) {
	f := ordertest.Desk(t)
	for _, b := range beginnings {
		id := brought(t, f, b, order.PayCard)
		a := arrivals{answer: onTime, reports: ofOnePayment(order.PayCard, "2000", "", 2, 3, 4)}
		ends := a.must(t, b.String(), stateOf(t, f, id, wires(f.Order(id))...))
		want := ends[bag{1, 1, 1, 1, 1, 1}]
		for n := 0; n < 120; n += stride(5) {
			got, err := deliverOnDesk(t, f, b, n)
			if err != nil || got != want {
				t.Fatalf("%s, order %d: %v\n%+v, without a store\n%+v", b, n, err, got, want)
			}
		}
	}
}

// deliverOnDesk delivers the reports about one payment of a new order in the nth order, the first of
// them last as well, and what is early until nothing is.
func deliverOnDesk(t *testing.T, f *ordertest.Fixture, b beginning, n int) (end, error) {
	t.Helper()
	id := brought(t, f, b, order.PayCard)
	f.Clock.Set(bankTime)
	defer f.Clock.Set(ordertest.Start)
	list := ofOnePayment(order.PayCard, "2000", "", 2, 3, 4)
	left, queue := slices.Clone(list[:5]), []report{}
	for k := 5; k > 0; k-- {
		i := n % k
		n /= k
		queue = append(queue, left[i])
		left = slices.Delete(left, i, i+1)
	}
	queue = append(queue, list[5])
	reference := "C-" + id.String()
	for tries := 0; len(queue) > 0; tries++ {
		r := queue[0]
		queue = queue[1:]
		_, err := f.Ask(ordertest.Platform, desk.OnOrder(id, about(r.Command, reference)))
		if _, early := errors.AsType[*trade.EarlyError](err); early && tries < 100 {
			queue = append(queue, r)
		} else if err != nil {
			return end{}, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	o := f.Order(id)
	p := stateOf(t, f, id, append(wires(o), payment.Key{Method: order.PayCard, Reference: reference})...)
	e := endOf(p, bag{})
	e.payments = strings.ReplaceAll(e.payments, reference, "C-1")
	return e, nil
}

// about is a report about the payment under another reference: on one desk each order has its own.
func about(c order.Command, reference string) order.Command {
	switch c := c.(type) {
	case order.RecordPayment:
		c.Reference = reference
		return c
	case order.ChargeBack:
		c.Reference = reference
		return c
	case order.ResolveChargeback:
		c.Reference = reference
		return c
	}
	return c
}

// TestArrivalFindsRefusedReceipts is the control: a desk that refuses money of a payment which was
// reported failed (the first edition's D18) loses a report, and the search says which.
func TestArrivalFindsRefusedReceipts(t *testing.T) {
	f := ordertest.Desk(t)
	id := brought(t, f, beginning{order.PhaseConfirmed, true}, order.PayCard)
	a := arrivals{reports: ofOnePayment(order.PayCard, "2000", "", 2, 3, 4)[:2], answer: func(p orderState, by trade.Actor, c order.Command) (orderState, bool, error) {
		if in, ok := c.(order.RecordPayment); ok && slices.ContainsFunc(p.order.Payments, func(x order.Payment) bool {
			return x.ID == in.Payment && x.Status == order.PaymentHasFailed
		}) {
			return p, false, trade.Refuse(rule.D18, c.Name(), p.order.Phase.String())
		}
		return onTime(p, by, c)
	}}
	start := stateOf(t, f, id)
	if _, err := a.every(start, 6); !errors.Is(err, rule.D18) || !strings.Contains(err.Error(), "failed, received: received is lost") {
		t.Errorf("the first edition's D18: %v", err)
	}
	a.answer = func(p orderState, by trade.Actor, c order.Command) (orderState, bool, error) {
		if _, ok := c.(order.RecordPayment); ok && len(p.order.Payments) > 0 && p.order.Payments[0].Status == order.PaymentHasFailed {
			return p, false, nil // it says yes and writes nothing
		}
		return onTime(p, by, c)
	}
	if _, err := a.every(start, 6); err == nil || !strings.Contains(err.Error(), "ends in two ways") {
		t.Errorf("a receipt that is dropped silently: %v", err)
	}
	if _, err := (&arrivals{reports: a.reports, answer: onTime}).every(start, 6); err != nil {
		t.Errorf("the second edition: %v", err)
	}
}

// TestArrivalAtRandom delivers the same reports about four payments twice, each in another order and
// some of them more often.
func TestArrivalAtRandom(t *testing.T) {
	f := ordertest.Desk(t)
	starts := make([]orderState, len(beginnings))
	for i, b := range beginnings {
		id := brought(t, f, b, order.PayCard)
		starts[i] = stateOf(t, f, id, wires(f.Order(id))...)
	}
	rapidly(t, 3000, 1_000_000, 1, func(rt *rapid.T) {
		i := rapid.IntRange(0, len(starts)-1).Draw(rt, "beginning")
		start, b := starts[i], beginnings[i]
		list := rapid.SliceOfN(reportsAbout(&start.order), 1, 9).Draw(rt, "reports")
		came := received(&start.order)
		if b.phase == order.PhaseClosed {
			// What comes in after the close waits for its return, even if what was refunded is taken back later.
			for _, r := range came {
				start, _, _ = onTime(start, ordertest.Platform, r.Command)
			}
		}
		list = append(list, came...)
		first, second := deliverAll(rt, start, list), deliverAll(rt, start, list)
		if first != second {
			rt.Fatalf("%s: %v end in\n%+v and in\n%+v", b, list, first, second)
		}
	})
}

// received are the receipts of a card payment and of three transfers, one of them by a stranger, of less than
// is due of a received order.
func received(o *order.Order) []report {
	stranger := ordertest.Wired(o, "S", ordertest.USD("400"), banksAt(0))
	stranger.Payer = "Somebody"
	return []report{
		{"S received", stranger},
		{"C-1 received", order.RecordPayment{Reference: "C-1", Method: order.PayCard, Payment: "1", Amount: ordertest.USD("1900"), PaidAt: banksAt(0)}},
		{"V received", ordertest.Wired(o, "V", ordertest.USD("1300"), banksAt(0))},
		{"C-1 received by wire", ordertest.Wired(o, "C-1", ordertest.USD("700"), banksAt(0))},
	}
}

// reportsAbout are reports about these payments, and about the one that funded the order.
func reportsAbout(o *order.Order) *rapid.Generator[report] {
	return rapid.Custom(func(rt *rapid.T) report {
		name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "case")
		hour := rapid.IntRange(1, 6).Draw(rt, "hour")
		amount := []string{"", "300", "1000", "1900", "2500"}[(int(name[0])*7+hour*3)%5] // one a case and instant
		won := rapid.Bool().Draw(rt, "won")
		switch rapid.IntRange(0, 4).Draw(rt, "kind") {
		case 0:
			return report{"failed", order.FailPayment{Payment: "1", Reason: "declined"}}
		case 1:
			c := order.ChargeBack{Reference: "C-1", Case: name, At: banksAt(hour)}
			if amount != "" {
				c.Amount = ordertest.USD(amount)
			}
			return report{fmt.Sprintf("%s charged back at %d", name, hour), c}
		case 2:
			return report{fmt.Sprintf("%s won at %d: %t", name, hour, won), order.ResolveChargeback{Reference: "C-1", Case: name, Won: won, At: banksAt(hour)}}
		default:
			which := rapid.SampledFrom([]string{"V", "C-1", "S", "initial"}).Draw(rt, "transfer")
			return report{fmt.Sprintf("%s of %s recalled at %d", name, which, hour), recall(which, name, amount, hour)}
		}
	})
}

// deliverAll delivers the reports in a drawn order, some of them twice, and what is early until nothing
// is.
func deliverAll(rt *rapid.T, p orderState, list []report) end {
	queue := slices.Clone(list)
	for range rapid.IntRange(0, 3).Draw(rt, "twice") {
		queue = append(queue, rapid.SampledFrom(list).Draw(rt, "again"))
	}
	queue = rapid.Permutation(queue).Draw(rt, "order")
	for {
		var early []report
		for _, r := range queue {
			next, _, err := onTime(p, ordertest.Platform, r.Command)
			if _, wait := errors.AsType[*trade.EarlyError](err); wait {
				early = append(early, r)
			} else if err != nil {
				rt.Fatalf("%s is lost: %v", r.name, err)
			}
			p = next
		}
		if len(early) == len(queue) {
			return endOf(p, bag{}).unsettled()
		}
		queue = early
	}
}
