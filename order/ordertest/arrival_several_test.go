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

// Reports about several payments. An order is completed, or closed because all of its money was paid back, by what is
// known at that time, and later reports do not undo it. So a received order can complete after the receipt of one
// payment and before a case about another one, and the outcome depends on the order of arrival. In these tests no order
// completes or closes between two reports.

// withoutOpenPhase returns the outcome without what may differ while a case is open: whether an order that is not shipped
// is confirmed or ready to ship. The order is frozen in both phases, and the result of the last case decides (D63).
func (e outcome) withoutOpenPhase() outcome {
	if e.open > 0 && e.phase == order.PhaseReadyToShip {
		e.phase = order.PhaseConfirmed
	}
	return e
}

// recall returns the report of a recalled transfer.
func recall(reference, name, amount string, hour int) order.ReverseTransfer {
	c := order.ReverseTransfer{Reference: reference, Case: name, At: bankHour(hour)}
	if amount != "" {
		c.Amount = ordertest.USD(amount)
	}
	return c
}

// paidTwice makes an order of 6,000 dollars that was paid twice: 6,000 by wire W and 6,000 by card. The later payment was
// a surplus and was returned.
func paidTwice(t ordertest.TB, f *ordertest.Fixture, phase order.Phase, announced, cardFirst bool) orderState {
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

// stride returns 1, or n with -short, which takes every nth case.
func stride(n int) int {
	if testing.Short() {
		return n
	}
	return 1
}

// TestArrivalOfTwo delivers the reports about two payments, one of which was returned.
func TestArrivalOfTwo(t *testing.T) {
	f := ordertest.Desk(t)
	for _, phase := range []order.Phase{order.PhaseReadyToShip, order.PhaseShipped, order.PhaseCompleted, order.PhaseClosed} {
		for n := range 4 {
			announced, cardFirst := n&1 == 1, n&2 == 2
			if cardFirst && !announced {
				continue // the card payment waits for the review, so that the wire is not a surplus
			}
			start := paidTwice(t, f, phase, announced, cardFirst)
			card := start.payments[1].Reference
			for _, amount := range []string{"", "2500"} {
				for i := 0; i < len(caseHours()); i += stride(4) {
					h := caseHours()[i]
					chargeBack := order.ChargeBack{Reference: card, Case: "a", At: bankHour(h[0])}
					if amount != "" {
						chargeBack.Amount = ordertest.USD(amount)
					}
					a := arrivalSearch{decide: decideOnDelivery, severalPayments: true, reports: []report{
						{"charged back", chargeBack}, {"won", order.ResolveChargeback{Reference: card, Case: "a", Won: true, At: bankHour(h[1])}},
						{"lost", order.ResolveChargeback{Reference: card, Case: "a", At: bankHour(h[2])}},
						{"recalled", recall("W", "r", "", 3)}, {"recalled in part", recall("W", "s", amount, 4)},
					}}
					a.mustExplore(t, fmt.Sprintf("%s, announced %t, card first %t, %q, %v", phase, announced, cardFirst, amount, h), start)
				}
			}
		}
	}
}

// TestArrivalOfOneReference delivers the reports about two payments that have the same reference and differ in their
// method.
func TestArrivalOfOneReference(t *testing.T) {
	f := ordertest.Desk(t)
	for _, b := range startingOrders {
		if b.phase == order.PhaseReceived || b.phase == order.PhaseClosed {
			continue
		}
		id := makeStartingOrder(t, f, b, order.PayCard)
		o := f.Order(id)
		in := func(m order.Method, amount string) report {
			return report{"received by " + string(m), order.RecordPayment{Reference: "0001", Method: m, Payment: "1", Amount: ordertest.USD(amount), PaidAt: bankHour(0)}}
		}
		chargeBack := func(m order.Method) report {
			return report{"charged back by " + string(m), order.ChargeBack{Reference: "0001", Method: m, Case: "a", At: bankHour(1)}}
		}
		ended := func(m order.Method, won bool) report {
			return report{fmt.Sprint("resolved by ", m, ", won: ", won), order.ResolveChargeback{Reference: "0001", Method: m, Case: "a", Won: won, At: bankHour(2)}}
		}
		wire := report{"received by wire", ordertest.Wired(&o, "0001", ordertest.USD("1500"), bankHour(0))}
		for _, c := range []struct {
			name    string
			reports []report
			lost    int64
		}{
			{"card and wire", []report{in(order.PayCard, "2000"), wire, chargeBack(""), ended("", true), ended("", false), {"recalled", recall("0001", "a", "", 3)}}, 3500_00},
			{"card and e-check", []report{in(order.PayCard, "2000"), in(order.PayECheck, "700"), chargeBack(order.PayCard), chargeBack(order.PayECheck),
				ended(order.PayCard, true), ended(order.PayECheck, false)}, 700_00},
		} {
			a := arrivalSearch{decide: decideOnDelivery, severalPayments: true, reports: c.reports}
			outcomes := a.mustExplore(t, b.String()+": "+c.name, stateOf(t, f, id, wireKeys(o)...))
			if e := outcomes[counts{1, 1, 1, 1, 1, 1}]; e.reversed != c.lost || e.lost != c.lost || e.open != 0 || e.early != (counts{}) {
				t.Errorf("%s: %s: %+v", b, c.name, e)
			}
		}
	}
}

// TestArrivalOnDesk delivers the six reports in every order through a desk. The outcome must be that of the same reports
// without a store.
func TestArrivalOnDesk(t *testing.T) {
	f := ordertest.Desk(t)
	for _, b := range startingOrders {
		id := makeStartingOrder(t, f, b, order.PayCard)
		a := arrivalSearch{decide: decideOnDelivery, reports: onePaymentReports(order.PayCard, "2000", "", 2, 3, 4)}
		outcomes := a.mustExplore(t, b.String(), stateOf(t, f, id, wireKeys(f.Order(id))...))
		want := outcomes[counts{1, 1, 1, 1, 1, 1}]
		for n := 0; n < 120; n += stride(5) {
			got, err := deliverOnDesk(t, f, b, n)
			if err != nil || got != want {
				t.Fatalf("%s, order %d: %v\n%+v, without a store\n%+v", b, n, err, got, want)
			}
		}
	}
}

// deliverOnDesk makes a new order and delivers the reports about one payment in the nth order of arrival, with the
// repeated receipt at the end. It delivers early reports again until none is early.
func deliverOnDesk(t *testing.T, f *ordertest.Fixture, b startingOrder, n int) (outcome, error) {
	t.Helper()
	id := makeStartingOrder(t, f, b, order.PayCard)
	f.Clock.Set(deliveredAt)
	defer f.Clock.Set(ordertest.Start)
	list := onePaymentReports(order.PayCard, "2000", "", 2, 3, 4)
	remaining, queue := slices.Clone(list[:5]), []report{}
	for k := 5; k > 0; k-- {
		i := n % k
		n /= k
		queue = append(queue, remaining[i])
		remaining = slices.Delete(remaining, i, i+1)
	}
	queue = append(queue, list[5])
	reference := "C-" + id.String()
	for tries := 0; len(queue) > 0; tries++ {
		r := queue[0]
		queue = queue[1:]
		_, err := f.Ask(ordertest.Platform, desk.OnOrder(id, withReference(r.Command, reference)))
		if _, early := errors.AsType[*trade.EarlyError](err); early && tries < 100 {
			queue = append(queue, r)
		} else if err != nil {
			return outcome{}, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	o := f.Order(id)
	p := stateOf(t, f, id, append(wireKeys(o), payment.Key{Method: order.PayCard, Reference: reference})...)
	e := outcomeOf(p, counts{})
	e.payments = strings.ReplaceAll(e.payments, reference, "C-1")
	return e, nil
}

// withReference returns the report with another payment reference. Each order on a desk needs its own (D65).
func withReference(c order.Command, reference string) order.Command {
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

// TestArrivalFindsRefusedReceipts is the control: a desk that refuses the receipt of a payment that was reported as failed
// (the first edition's D18) loses a report, and the search must name it.
func TestArrivalFindsRefusedReceipts(t *testing.T) {
	f := ordertest.Desk(t)
	id := makeStartingOrder(t, f, startingOrder{order.PhaseConfirmed, true}, order.PayCard)
	a := arrivalSearch{reports: onePaymentReports(order.PayCard, "2000", "", 2, 3, 4)[:2], decide: func(p orderState, by trade.Actor, c order.Command) (orderState, bool, error) {
		if in, ok := c.(order.RecordPayment); ok && slices.ContainsFunc(p.order.Payments, func(x order.Payment) bool {
			return x.ID == in.Payment && x.Status == order.PaymentHasFailed
		}) {
			return p, false, trade.Refuse(rule.D18, c.Name(), p.order.Phase.String())
		}
		return decideOnDelivery(p, by, c)
	}}
	start := stateOf(t, f, id)
	if _, err := a.explore(start, 6); !errors.Is(err, rule.D18) || !strings.Contains(err.Error(), "failed, received: received is lost") {
		t.Errorf("the first edition's D18: %v", err)
	}
	a.decide = func(p orderState, by trade.Actor, c order.Command) (orderState, bool, error) {
		if _, ok := c.(order.RecordPayment); ok && len(p.order.Payments) > 0 && p.order.Payments[0].Status == order.PaymentHasFailed {
			return p, false, nil // accepted, and no event is written
		}
		return decideOnDelivery(p, by, c)
	}
	if _, err := a.explore(start, 6); err == nil || !strings.Contains(err.Error(), "has two outcomes") {
		t.Errorf("a receipt that writes no event: %v", err)
	}
	if _, err := (&arrivalSearch{reports: a.reports, decide: decideOnDelivery}).explore(start, 6); err != nil {
		t.Errorf("the second edition: %v", err)
	}
}

// TestArrivalAtRandom delivers the same reports about four payments in two random orders, some of them repeatedly, and
// compares the outcomes.
func TestArrivalAtRandom(t *testing.T) {
	f := ordertest.Desk(t)
	starts := make([]orderState, len(startingOrders))
	for i, b := range startingOrders {
		id := makeStartingOrder(t, f, b, order.PayCard)
		starts[i] = stateOf(t, f, id, wireKeys(f.Order(id))...)
	}
	rapidly(t, 3000, 1_000_000, 1, func(rt *rapid.T) {
		i := rapid.IntRange(0, len(starts)-1).Draw(rt, "beginning")
		start, b := starts[i], startingOrders[i]
		list := rapid.SliceOfN(paymentReports(&start.order), 1, 9).Draw(rt, "reports")
		received := receipts(&start.order)
		if b.phase == order.PhaseClosed {
			// Money that is received after the close waits for its return, even if the refunded payment is charged back later.
			for _, r := range received {
				start, _, _ = decideOnDelivery(start, ordertest.Platform, r.Command)
			}
		}
		list = append(list, received...)
		first, second := deliverAll(rt, start, list), deliverAll(rt, start, list)
		if first != second {
			rt.Fatalf("%s: %v lead to\n%+v and to\n%+v", b, list, first, second)
		}
	})
}

// receipts returns the receipts of a card payment and of three transfers, one of them by a stranger. Together they are
// less than a received order has due.
func receipts(o *order.Order) []report {
	stranger := ordertest.Wired(o, "S", ordertest.USD("400"), bankHour(0))
	stranger.Payer = "Somebody"
	return []report{
		{"S received", stranger},
		{"C-1 received", order.RecordPayment{Reference: "C-1", Method: order.PayCard, Payment: "1", Amount: ordertest.USD("1900"), PaidAt: bankHour(0)}},
		{"V received", ordertest.Wired(o, "V", ordertest.USD("1300"), bankHour(0))},
		{"C-1 received by wire", ordertest.Wired(o, "C-1", ordertest.USD("700"), bankHour(0))},
	}
}

// paymentReports generates reports about these payments, and about the initial payment of the order.
func paymentReports(o *order.Order) *rapid.Generator[report] {
	return rapid.Custom(func(rt *rapid.T) report {
		name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "case")
		hour := rapid.IntRange(1, 6).Draw(rt, "hour")
		amount := []string{"", "300", "1000", "1900", "2500"}[(int(name[0])*7+hour*3)%5] // one amount for each case and instant
		won := rapid.Bool().Draw(rt, "won")
		switch rapid.IntRange(0, 4).Draw(rt, "kind") {
		case 0:
			return report{"failed", order.FailPayment{Payment: "1", Reason: "declined"}}
		case 1:
			c := order.ChargeBack{Reference: "C-1", Case: name, At: bankHour(hour)}
			if amount != "" {
				c.Amount = ordertest.USD(amount)
			}
			return report{fmt.Sprintf("%s charged back at %d", name, hour), c}
		case 2:
			return report{fmt.Sprintf("%s won at %d: %t", name, hour, won), order.ResolveChargeback{Reference: "C-1", Case: name, Won: won, At: bankHour(hour)}}
		default:
			which := rapid.SampledFrom([]string{"V", "C-1", "S", "initial"}).Draw(rt, "transfer")
			return report{fmt.Sprintf("%s of %s recalled at %d", name, which, hour), recall(which, name, amount, hour)}
		}
	})
}

// deliverAll delivers the reports in a random order, some of them twice. It delivers early reports again until no more
// of them are accepted.
func deliverAll(rt *rapid.T, p orderState, list []report) outcome {
	queue := slices.Clone(list)
	for range rapid.IntRange(0, 3).Draw(rt, "repeated reports") {
		queue = append(queue, rapid.SampledFrom(list).Draw(rt, "repeated report"))
	}
	queue = rapid.Permutation(queue).Draw(rt, "order")
	for {
		var early []report
		for _, r := range queue {
			next, _, err := decideOnDelivery(p, ordertest.Platform, r.Command)
			if _, wait := errors.AsType[*trade.EarlyError](err); wait {
				early = append(early, r)
			} else if err != nil {
				rt.Fatalf("%s is lost: %v", r.name, err)
			}
			p = next
		}
		if len(early) == len(queue) {
			return outcomeOf(p, counts{}).withoutOpenPhase()
		}
		queue = early
	}
}
