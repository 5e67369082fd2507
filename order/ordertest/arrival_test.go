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

// The order of arrival of reports (D18, D24, D62). Banks and processors send each report once or several times, and the
// reports arrive in any order. Each set of reports must lead to one outcome, no report may be lost, and the report with
// the latest instant must decide a case.

// report is a command that reports an event at a bank or a processor.
type report struct {
	name string
	order.Command
}

// decideFunc decides on a report, or on the buyer's announcement of a payment. It returns the next state, and whether
// the command wrote events.
type decideFunc func(p orderState, by trade.Actor, c order.Command) (orderState, bool, error)

// deliveredAt is the instant at which all reports are delivered. The announced payment is still in process then.
var deliveredAt = ordertest.Start.Add(time.Hour)

// bankHour returns an instant that a bank's report states. Hour 10 is the instant of delivery.
func bankHour(hour int) time.Time { return deliveredAt.Add(time.Duration(hour-10) * time.Hour) }

// decideOnDelivery decides by the rules of the order at the instant of delivery.
func decideOnDelivery(p orderState, by trade.Actor, c order.Command) (orderState, bool, error) {
	return p.decide(by, c, deliveredAt)
}

// counts has the number of deliveries of each report of a list.
type counts [8]uint8

func (s counts) with(i int) counts { s[i]++; return s }

// describe returns the reports of a set as text.
func (s counts) describe(reports []report) string {
	var names []string
	for i, n := range s {
		if n > 0 {
			names = append(names, fmt.Sprintf("%d x %s", n, reports[i].name))
		}
	}
	return "{" + strings.Join(names, ", ") + "}"
}

// outcome has what must be the same for every order of arrival. It leaves out what may differ: the number of events, the
// instants at which they were written and the deadlines that begin at these, and the notice of failure of an announced
// payment that was not received.
type outcome struct {
	phase                                                    order.Phase
	received, applied, unapplied, review, returned, reversed int64
	shortfall, refunded, claimed                             int64
	taken, lost, beyond, owed                                int64
	open                                                     int
	payments                                                 string // the payments with their cases
	early                                                    counts // reports that wait for a report that is not in the set
}

func outcomeOf(p orderState, early counts) outcome {
	l := &p.order.Ledger
	e := outcome{
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

// arrivalSearch delivers reports in every order. Decisions depend on the state alone, so that each state is continued
// once, however many orders of arrival lead to it.
type arrivalSearch struct {
	decide  decideFunc
	reports []report
	// announce is the buyer's announcement, issued right after the receipt of the payment. The order may refuse it.
	announce *order.InitiatePayment
	// severalPayments says that the reports are about several payments, see withoutOpenPhase.
	severalPayments bool

	states   []orderState
	known    map[string]int
	steps    map[step]next
	outcomes []map[counts]outcome // of each state, by the reports that are early
}

type step struct{ state, report int }

// next is the state after a report, and whether the report is too early and has to be delivered again.
type next struct {
	state int
	early bool
}

// point is a point of a delivery: the state, the delivered reports, and those of them that were too early.
type point struct {
	state            int
	delivered, early counts
}

func (a *arrivalSearch) intern(p orderState) int {
	text := fmt.Sprintf("%+v", p)
	n, ok := a.known[text]
	if !ok {
		n = len(a.states)
		a.states = append(a.states, p)
		a.outcomes = append(a.outcomes, map[counts]outcome{})
		a.known[text] = n
	}
	return n
}

// deliver returns the state after a report. A refused report is lost, which is an error.
func (a *arrivalSearch) deliver(state, i int) (next, error) {
	if n, ok := a.steps[step{state, i}]; ok {
		return n, nil
	}
	before := a.states[state]
	p, wrote, err := a.decide(before, ordertest.Platform, a.reports[i].Command)
	n := next{state: state}
	if _, early := errors.AsType[*trade.EarlyError](err); early {
		n.early = true
	} else if err != nil {
		return n, fmt.Errorf("%s is lost: %w", a.reports[i].name, err)
	} else if wrote {
		if _, receipt := a.reports[i].Command.(order.RecordPayment); receipt && a.announce != nil {
			if p, _, err = a.decide(p, ordertest.Buyer, *a.announce); err != nil {
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

// settle delivers the early reports again until no further one is accepted, and returns the outcome.
func (a *arrivalSearch) settle(at point) (outcome, error) {
	state, early := at.state, at.early
	for changed := true; changed; {
		changed = false
		for i := range a.reports {
			for early[i] > 0 {
				n, err := a.deliver(state, i)
				if err != nil {
					return outcome{}, err
				}
				if n.early {
					break
				}
				state, changed = n.state, true
				early[i]--
			}
		}
	}
	e, ok := a.outcomes[state][early]
	if !ok {
		if e = outcomeOf(a.states[state], early); a.severalPayments {
			e = e.withoutOpenPhase()
		}
		a.outcomes[state][early] = e
	}
	return e, nil
}

// explore delivers all sequences of at most that many reports and returns the outcome of each set. It returns an error if
// a report is lost, or if a set has two outcomes.
func (a *arrivalSearch) explore(start orderState, most int) (map[counts]outcome, error) {
	a.known, a.steps = map[string]int{}, map[step]next{}
	outcomes, paths := map[counts]outcome{}, map[counts][]int{}
	points := map[point][]int{{state: a.intern(start)}: nil} // with one path to each
	for range most {
		following := map[point][]int{}
		for at, reached := range points {
			for i := range a.reports {
				n, err := a.deliver(at.state, i)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", a.pathOf(append(reached, i)), err)
				}
				to := point{n.state, at.delivered.with(i), at.early}
				if n.early {
					to.early = to.early.with(i)
				}
				if _, ok := following[to]; ok {
					continue
				}
				path := append(slices.Clone(reached), i)
				following[to] = path
				e, err := a.settle(to)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", a.pathOf(path), err)
				}
				if first, ok := outcomes[to.delivered]; !ok {
					outcomes[to.delivered], paths[to.delivered] = e, path
				} else if first != e {
					return nil, fmt.Errorf("%s has two outcomes:\n%s: %+v\n%s: %+v",
						to.delivered.describe(a.reports), a.pathOf(paths[to.delivered]), first, a.pathOf(path), e)
				}
			}
		}
		points = following
	}
	return outcomes, nil
}

func (a *arrivalSearch) pathOf(list []int) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = a.reports[n].name
	}
	return strings.Join(names, ", ")
}

// startingOrder is the phase of an order before the first report arrives.
type startingOrder struct {
	phase     order.Phase
	announced bool // card payment 1 was announced when the order was confirmed
}

func (b startingOrder) String() string {
	if b.announced {
		return b.phase.String() + ", announced before"
	}
	return b.phase.String()
}

// startingOrders are orders of 6,000 dollars with an initial payment of 2,000. What their phase requires was paid by
// wire. A closed order was refunded.
var startingOrders = []startingOrder{
	{order.PhaseSubmitted, false},
	{order.PhaseConfirmed, false}, {order.PhaseConfirmed, true},
	{order.PhaseReadyToShip, false}, {order.PhaseReadyToShip, true},
	{order.PhaseShipped, false}, {order.PhaseShipped, true},
	{order.PhaseReceived, false}, {order.PhaseReceived, true},
	{order.PhaseCompleted, false}, {order.PhaseCompleted, true},
	{order.PhaseClosed, false}, {order.PhaseClosed, true},
}

// announcement returns the buyer's announcement of payment 1 by that method.
func announcement(m order.Method) order.InitiatePayment {
	return order.InitiatePayment{Payment: "1", Method: m, Amount: ordertest.USD("2000"), BankCountry: "US"}
}

// makeStartingOrder makes a new order on a desk and brings it to that phase.
func makeStartingOrder(t ordertest.TB, f *ordertest.Fixture, to startingOrder, m order.Method) trade.ID {
	t.Helper()
	first := min(to.phase, order.PhaseConfirmed)
	id := f.OrderAt(first, ordertest.Contract{})
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

// wireKeys returns the keys of the transfers of a starting order.
func wireKeys(o order.Order) []payment.Key {
	return []payment.Key{
		{Method: order.PayTT, Account: o.ReceivingAccount, Reference: "initial"},
		{Method: order.PayTT, Account: o.ReceivingAccount, Reference: "balance"},
	}
}

// onePaymentReports returns the reports about one payment: received, failed, charged back, won, lost, received again. The
// case was opened, won and lost at these hours, see bankHour.
func onePaymentReports(m order.Method, amount, claimed string, opened, won, lost int) []report {
	in := order.RecordPayment{Reference: "C-1", Method: m, Payment: "1", Amount: ordertest.USD(amount), PaidAt: bankHour(0)}
	changed := in
	changed.PaidAt, changed.Fee, changed.Payer = bankHour(1), ordertest.USD("3"), "J. Doe"
	chargeBack := order.ChargeBack{Reference: "C-1", Case: "a", At: bankHour(opened)}
	if claimed != "" {
		chargeBack.Amount = ordertest.USD(claimed)
	}
	return []report{
		{"received", in}, {"failed", order.FailPayment{Payment: "1", Reason: "declined"}}, {"charged back", chargeBack},
		{"won", order.ResolveChargeback{Reference: "C-1", Case: "a", Won: true, At: bankHour(won)}},
		{"lost", order.ResolveChargeback{Reference: "C-1", Case: "a", At: bankHour(lost)}},
		{"received again", changed},
	}
}

// caseHours returns one example of each order of the instants at which a case was opened, won and lost. Instants may be
// equal.
func caseHours() (list [][3]int) {
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

// chargedPayments are payments, each with the amounts that its case claims. An empty amount claims the whole payment.
var chargedPayments = []struct {
	method  order.Method
	amount  string
	claimed []string
}{
	{order.PayCard, "2000", []string{"", "500", "2000", "9000"}},
	{order.PayCard, "7000", []string{"", "2000"}},
	{order.PayCard, "1500", []string{""}},
	{order.PayECheck, "2000", []string{""}},
}

// TestArrival delivers every sequence of at most six reports about one payment to an order in every phase. The buyer
// announces the payment before the reports, right after the receipt, or not at all.
func TestArrival(t *testing.T) {
	f := ordertest.Desk(t)
	sets, list := 0, chargedPayments
	if testing.Short() {
		list = chargedPayments[3:]
	}
	for _, c := range list {
		before := map[string]map[counts]outcome{}
		for _, b := range startingOrders {
			id := makeStartingOrder(t, f, b, c.method)
			start := stateOf(t, f, id, wireKeys(f.Order(id))...)
			for _, claimed := range c.claimed {
				for _, h := range caseHours() {
					a := arrivalSearch{decide: decideOnDelivery, reports: onePaymentReports(c.method, c.amount, claimed, h[0], h[1], h[2])}
					name := fmt.Sprintf("%s by %s, %q claimed, hours %v", c.amount, c.method, claimed, h)
					outcomes := a.mustExplore(t, b.String()+": "+name, start)
					sets += len(outcomes)
					requireLatestReport(t, outcomes, h)
					if key := b.phase.String() + name; b.announced {
						requireSameOutcomes(t, b.String()+": "+name, before[key], outcomes)
					} else {
						late := announcement(c.method)
						a.announce = &late
						before[key] = a.mustExplore(t, b.String()+", announced after it: "+name, start)
					}
				}
			}
		}
	}
	t.Logf("%d sets of reports", sets)
}

// mustExplore explores sequences of at most six reports, and fails the test on an error.
func (a *arrivalSearch) mustExplore(t *testing.T, name string, start orderState) map[counts]outcome {
	t.Helper()
	outcomes, err := a.explore(start, 6)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return outcomes
}

// requireSameOutcomes requires an announcement after the receipt to lead to the same outcome as one before it. An order
// that has ended refuses the announcement, so that its outcomes are not compared.
func requireSameOutcomes(t *testing.T, name string, after, before map[counts]outcome) {
	t.Helper()
	for s, e := range before {
		if late := after[s]; e != late && e.phase < order.PhaseCompleted {
			t.Fatalf("%s: %v: announced before the receipt\n%+v, announced after it\n%+v", name, s, e, late)
		}
	}
}

// requireLatestReport requires the report with the latest instant to decide the case of each set that has all reports. At
// equal instants a result counts before the opening, and lost before won.
func requireLatestReport(t *testing.T, outcomes map[counts]outcome, h [3]int) {
	t.Helper()
	want, at := order.CaseOpen, h[0]
	if h[1] >= at {
		want, at = order.CaseWon, h[1]
	}
	if h[2] >= at {
		want = order.CaseLost
	}
	for s, e := range outcomes {
		if s[0]+s[5] == 0 {
			if e.early[2] != s[2] || e.early[3] != s[3] || e.early[4] != s[4] || e.received != outcomes[counts{}.with(1)].received {
				t.Fatalf("%v: the outcome changed although no payment was received: %+v", s, e)
			}
			continue
		}
		if e.early != (counts{}) && s[2] > 0 {
			t.Fatalf("%v: the payment was received, and %v still wait", s, e.early)
		}
		if s[2] > 0 && s[3] > 0 && s[4] > 0 && !strings.Contains(e.payments, " "+string(want)+" at ") {
			t.Fatalf("%v, hours %v: the case is not %s: %s", s, h, want, e.payments)
		}
	}
}
