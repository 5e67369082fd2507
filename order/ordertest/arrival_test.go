package ordertest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// The order of arrival of reports (D18, D24, D62). Banks and processors report what happened once or
// more often, in any order. Each set of reports has one end state, none is lost, and of each case the
// report of the latest instant stands.

// report is what a bank or a processor reports.
type report struct {
	name string
	order.Command
}

// answer is how the platform answers a report, or the buyer's announcement.
type answer func(p orderState, by trade.Actor, c order.Command) (orderState, bool, error)

// bankTime is the instant at which everything is delivered, while the announced payment is still in
// process, and banksAt the one of a bank's report.
var bankTime = ordertest.Start.Add(time.Hour)

func banksAt(hour int) time.Time { return bankTime.Add(time.Duration(hour-10) * time.Hour) }

func onTime(p orderState, by trade.Actor, c order.Command) (orderState, bool, error) {
	return p.decide(by, c, bankTime)
}

// bag counts how often each report of a list was delivered.
type bag [8]uint8

func (s bag) with(i int) bag { s[i]++; return s }

// named says which reports a set has.
func (s bag) named(reports []report) string {
	var names []string
	for i, n := range s {
		if n > 0 {
			names = append(names, fmt.Sprintf("%d x %s", n, reports[i].name))
		}
	}
	return "{" + strings.Join(names, ", ") + "}"
}

// end is what has to be the same whatever the order of arrival. What may differ is not in it: how many
// events there are, the instants at which they were written and the deadlines that count from these,
// and which notice of failure an announcement had that did not come in.
type end struct {
	phase                                                    order.Phase
	received, applied, unapplied, review, returned, reversed int64
	shortfall, refunded, claimed                             int64
	taken, lost, beyond, owed                                int64
	open                                                     int
	payments                                                 string // with their cases
	early                                                    bag    // reports that wait for another one which is not in the set
}

func endOf(p orderState, early bag) end {
	l := &p.order.Ledger
	e := end{
		phase: p.order.Phase, received: l.Received.MinorUnits(), applied: l.Applied.MinorUnits(), unapplied: l.Unapplied.MinorUnits(),
		review: l.Review.MinorUnits(), returned: l.Returned.MinorUnits(), reversed: l.Reversed.MinorUnits(), shortfall: l.Shortfall.MinorUnits(),
		refunded: l.Refunded.MinorUnits(), claimed: l.Claimed.MinorUnits(), taken: l.Taken.MinorUnits(), lost: l.Lost.MinorUnits(),
		beyond: l.Beyond().MinorUnits(), owed: l.OwedByBuyer().MinorUnits(), open: p.order.OpenChargebacks, early: early,
	}
	var list []string
	for i := range p.payments {
		in := p.payments[i].Fact()
		text := fmt.Sprint(in.Method, " ", in.Reference, " ", in.Amount, ": ", in.Review, " ", in.Unapplied.MinorUnits(), in.Returned.MinorUnits(), in.Reversed.MinorUnits())
		for _, c := range in.Cases {
			text += fmt.Sprint("; ", c.Name, " ", c.Amount.MinorUnits(), " ", c.Status, " at ", c.At.Format(time.RFC3339), " opened ", c.OpenedAt.Format(time.RFC3339))
		}
		list = append(list, text)
	}
	slices.Sort(list)
	e.payments = strings.Join(list, "\n")
	return e
}

// arrivals goes through every order in which reports can arrive. Two orders that lead to one state go
// on alike, for what is decided depends on nothing else; so each state is continued once.
type arrivals struct {
	answer  answer
	reports []report
	// announce is the buyer's announcement, made at once after the payment came in. It is
	// a request: where the order takes none it is refused, in whatever order the reports arrive.
	announce *order.InitiatePayment
	// several says that the reports are about several payments, see unsettled.
	several bool

	states []orderState
	known  map[string]int
	steps  map[step]next
	ends   []map[bag]end // of each state with the reports that are early
}

type step struct{ state, report int }

// next is the state that a report leads to, and whether the report is to be delivered again.
type next struct {
	state int
	early bool
}

// point is where a delivery stands: the state, what was delivered, and what of it is too early yet.
type point struct {
	state            int
	delivered, early bag
}

func (a *arrivals) intern(p orderState) int {
	text := fmt.Sprintf("%+v", p)
	n, ok := a.known[text]
	if !ok {
		n = len(a.states)
		a.states = append(a.states, p)
		a.ends = append(a.ends, map[bag]end{})
		a.known[text] = n
	}
	return n
}

// deliver returns what a report leads to. One that is refused is lost.
func (a *arrivals) deliver(state, i int) (next, error) {
	if n, ok := a.steps[step{state, i}]; ok {
		return n, nil
	}
	before := a.states[state]
	p, wrote, err := a.answer(before, ordertest.Platform, a.reports[i].Command)
	n := next{state: state}
	if _, early := errors.AsType[*trade.EarlyError](err); early {
		n.early = true
	} else if err != nil {
		return n, fmt.Errorf("%s is lost: %w", a.reports[i].name, err)
	} else if wrote {
		if _, receipt := a.reports[i].Command.(order.RecordPayment); receipt && a.announce != nil {
			if p, _, err = a.answer(p, ordertest.Buyer, *a.announce); err != nil {
				if _, no := errors.AsType[*trade.Refusal](err); !no {
					return n, fmt.Errorf("the announcement: %w", err)
				}
			}
		}
		n.state = a.intern(p)
	}
	a.steps[step{state, i}] = n
	return n, nil
}

// settle delivers the early reports again until none is left that anything changes for.
func (a *arrivals) settle(at point) (end, error) {
	state, early := at.state, at.early
	for again := true; again; {
		again = false
		for i := range a.reports {
			for early[i] > 0 {
				n, err := a.deliver(state, i)
				if err != nil {
					return end{}, err
				}
				if n.early {
					break
				}
				state, again = n.state, true
				early[i]--
			}
		}
	}
	e, ok := a.ends[state][early]
	if !ok {
		if e = endOf(a.states[state], early); a.several {
			e = e.unsettled()
		}
		a.ends[state][early] = e
	}
	return e, nil
}

// every delivers all sequences of up to so many reports and returns the end of each set, or an error if
// a report is lost, or if a set has several ends.
func (a *arrivals) every(start orderState, most int) (map[bag]end, error) {
	a.known, a.steps = map[string]int{}, map[step]next{}
	ends, from := map[bag]end{}, map[bag][]int{}
	now := map[point][]int{{state: a.intern(start)}: nil} // with a way there
	for range most {
		then := map[point][]int{}
		for at, way := range now {
			for i := range a.reports {
				n, err := a.deliver(at.state, i)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", a.way(append(way, i)), err)
				}
				to := point{n.state, at.delivered.with(i), at.early}
				if n.early {
					to.early = to.early.with(i)
				}
				if _, ok := then[to]; ok {
					continue
				}
				path := append(slices.Clone(way), i)
				then[to] = path
				e, err := a.settle(to)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", a.way(path), err)
				}
				if first, ok := ends[to.delivered]; !ok {
					ends[to.delivered], from[to.delivered] = e, path
				} else if first != e {
					return nil, fmt.Errorf("%s ends in two ways:\n%s: %+v\n%s: %+v",
						to.delivered.named(a.reports), a.way(from[to.delivered]), first, a.way(path), e)
				}
			}
		}
		now = then
	}
	return ends, nil
}

func (a *arrivals) way(list []int) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = a.reports[n].name
	}
	return strings.Join(names, ", ")
}

// beginning is an order at the phase from which reports arrive.
type beginning struct {
	phase     order.Phase
	announced bool // the card payment 1 was announced once the order was confirmed
}

func (b beginning) String() string {
	if b.announced {
		return b.phase.String() + ", announced before"
	}
	return b.phase.String()
}

// beginnings are orders of 6,000 dollars, 2,000 of them before shipment, which are paid by wire as far
// as their phase needs it. A closed one was refunded.
var beginnings = []beginning{
	{order.PhaseSubmitted, false},
	{order.PhaseConfirmed, false}, {order.PhaseConfirmed, true},
	{order.PhaseReadyToShip, false}, {order.PhaseReadyToShip, true},
	{order.PhaseShipped, false}, {order.PhaseShipped, true},
	{order.PhaseReceived, false}, {order.PhaseReceived, true},
	{order.PhaseCompleted, false}, {order.PhaseCompleted, true},
	{order.PhaseClosed, false}, {order.PhaseClosed, true},
}

// announcement is the buyer's announcement of the payment under that method.
func announcement(m order.Method) order.InitiatePayment {
	return order.InitiatePayment{Payment: "1", Method: m, Amount: ordertest.USD("2000"), BankCountry: "US"}
}

// brought brings a new order there on a desk.
func brought(t ordertest.TB, f *ordertest.Fixture, to beginning, m order.Method) trade.ID {
	t.Helper()
	from := min(to.phase, order.PhaseConfirmed)
	id := f.OrderAt(from, ordertest.Contract{})
	if to.announced {
		f.Do(ordertest.Buyer, desk.OnOrder(id, announcement(m)))
	}
	if to.phase <= order.PhaseConfirmed {
		return id
	}
	e := order.EntrustmentID("G-" + strings.ToUpper(id.String()[24:]))
	wire := func(reference, amount string) {
		o := f.Order(id)
		f.Do(ordertest.Platform, desk.OnOrder(id, ordertest.Wired(&o, reference, ordertest.USD(amount), f.Clock.Now())))
	}
	steps := []func(){
		func() { wire("initial", "2000") },
		func() {
			f.Entrust(ordertest.Seller, e, ordertest.USD("0").Currency())
			f.Do(ordertest.Seller, desk.OnOrder(id, order.Link{Entrustment: e}))
			f.Do(ordertest.Platform, desk.OnEntrustment(e, entrustment.Release{ReleasedAt: f.Clock.Now()}))
			f.Do(ordertest.Seller, desk.OnOrder(id, order.MarkShipped{}))
		},
		func() { f.Do(ordertest.Buyer, desk.OnOrder(id, order.ConfirmReceipt{})) },
		func() { wire("balance", "4000") },
	}
	if to.phase == order.PhaseClosed {
		steps = []func(){steps[0], func() { f.Do(ordertest.Seller, desk.OnOrder(id, order.Refund{Amount: ordertest.USD("2000")})) }}
	}
	for _, s := range steps {
		if f.Order(id).Phase != to.phase {
			s()
		}
	}
	if o := f.Order(id); o.Phase != to.phase {
		t.Fatalf("the order is %s, want %s", o.Phase, to.phase)
	}
	return id
}

// wires are the keys of the transfers of an order that was brought somewhere.
func wires(o order.Order) []payment.Key {
	return []payment.Key{
		{Method: order.PayTT, Account: o.ReceivingAccount, Reference: "initial"},
		{Method: order.PayTT, Account: o.ReceivingAccount, Reference: "balance"},
	}
}

// ofOnePayment are the reports about the payment: received, failed, charged back, won, lost, received
// again. The case was opened, won and lost at these hours of the bank.
func ofOnePayment(m order.Method, amount, claimed string, opened, won, lost int) []report {
	in := order.RecordPayment{Reference: "C-1", Method: m, Payment: "1", Amount: ordertest.USD(amount), PaidAt: banksAt(0)}
	again := in
	again.PaidAt, again.Fee, again.Payer = banksAt(1), ordertest.USD("3"), "J. Doe"
	back := order.ChargeBack{Reference: "C-1", Case: "a", At: banksAt(opened)}
	if claimed != "" {
		back.Amount = ordertest.USD(claimed)
	}
	return []report{
		{"received", in}, {"failed", order.FailPayment{Payment: "1", Reason: "declined"}}, {"charged back", back},
		{"won", order.ResolveChargeback{Reference: "C-1", Case: "a", Won: true, At: banksAt(won)}},
		{"lost", order.ResolveChargeback{Reference: "C-1", Case: "a", At: banksAt(lost)}},
		{"received again", again},
	}
}

// hours are the orders in which a bank can have opened, won and lost a case, with equal instants.
func hours() (list [][3]int) {
	seen := map[string]bool{}
	for n := range 27 {
		h := [3]int{n % 3, n / 3 % 3, n / 9}
		if key := fmt.Sprint(h[0] < h[1], h[0] == h[1], h[0] < h[2], h[0] == h[2], h[1] < h[2], h[1] == h[2]); !seen[key] {
			seen[key] = true
			list = append(list, [3]int{h[0] + 2, h[1] + 2, h[2] + 2})
		}
	}
	return list
}

// claims are what a payment of that amount brings, and what its case claims; nothing is all of it.
var claims = []struct {
	method  order.Method
	amount  string
	claimed []string
}{
	{order.PayCard, "2000", []string{"", "500", "2000", "9000"}},
	{order.PayCard, "7000", []string{"", "2000"}},
	{order.PayCard, "1500", []string{""}},
	{order.PayECheck, "2000", []string{""}},
}

// TestArrival delivers every sequence of up to six reports about one payment, from every phase, with
// the announcement made before them, at once after the receipt, or not at all.
func TestArrival(t *testing.T) {
	f := ordertest.Desk(t)
	sets, list := 0, claims
	if testing.Short() {
		list = claims[3:]
	}
	for _, c := range list {
		before := map[string]map[bag]end{}
		for _, b := range beginnings {
			id := brought(t, f, b, c.method)
			start := stateOf(t, f, id, wires(f.Order(id))...)
			for _, claimed := range c.claimed {
				for _, h := range hours() {
					a := arrivals{answer: onTime, reports: ofOnePayment(c.method, c.amount, claimed, h[0], h[1], h[2])}
					name := fmt.Sprintf("%s by %s, %q claimed, bank's hours %v", c.amount, c.method, claimed, h)
					ends := a.must(t, b.String()+": "+name, start)
					sets += len(ends)
					stands(t, ends, h)
					if key := b.phase.String() + name; b.announced {
						sameEnds(t, b.String()+": "+name, before[key], ends)
					} else {
						late := announcement(c.method)
						a.announce = &late
						before[key] = a.must(t, b.String()+", announced after it: "+name, start)
					}
				}
			}
		}
	}
	t.Logf("%d sets of reports", sets)
}

// must is every for up to six reports; it must find no fault.
func (a *arrivals) must(t *testing.T, name string, start orderState) map[bag]end {
	t.Helper()
	ends, err := a.every(start, 6)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return ends
}

// sameEnds checks that an announcement made after the receipt leads where one made before does. Once the
// order has ended it is refused.
func sameEnds(t *testing.T, name string, after, before map[bag]end) {
	t.Helper()
	for s, e := range before {
		if late := after[s]; e != late && e.phase < order.PhaseCompleted {
			t.Fatalf("%s: %v: announced before\n%+v, announced after\n%+v", name, s, e, late)
		}
	}
}

// stands checks of each set with all reports which report about the case stands: that of the latest
// instant; at one instant an end before the opening, and lost before won.
func stands(t *testing.T, ends map[bag]end, h [3]int) {
	t.Helper()
	want, at := order.CaseOpen, h[0]
	if h[1] >= at {
		want, at = order.CaseWon, h[1]
	}
	if h[2] >= at {
		want = order.CaseLost
	}
	for s, e := range ends {
		if s[0]+s[5] == 0 {
			if e.early[2] != s[2] || e.early[3] != s[3] || e.early[4] != s[4] || e.received != ends[bag{}.with(1)].received {
				t.Fatalf("%v: money that did not come in: %+v", s, e)
			}
			continue
		}
		if e.early != (bag{}) && s[2] > 0 {
			t.Fatalf("%v: all came in, but %v wait", s, e.early)
		}
		if s[2] > 0 && s[3] > 0 && s[4] > 0 && !strings.Contains(e.payments, " "+string(want)+" at ") {
			t.Fatalf("%v at %v: not %s: %s", s, h, want, e.payments)
		}
	}
}
