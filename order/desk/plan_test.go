package desk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// sheet is a world of maps: what a plan does, without a store.
type sheet struct {
	orders       map[trade.ID]order.Order
	services     map[trade.Account]seller.Service
	entrustments map[order.EntrustmentID]entrustment.Entrustment
	lines        map[trade.Account]credit.Line
	reservations map[events.StreamID]reservation.Reservation

	at      time.Time
	written []string // the kinds of the facts, in the order of the appends
	calls   int
	breaks  int // the call that fails; 0 for none

	shop // no plan of an assurance order looks at it

	// lie, if set, changes what a plan is shown of an entrustment or a line at that call.
	lieEntrustment func(call int, e *entrustment.Entrustment)
	lieLine        func(call int, l *credit.Line)
}

var _ world = (*sheet)(nil)

var errBroken = errors.New("the world broke")

func newSheet() *sheet {
	return &sheet{
		orders: map[trade.ID]order.Order{}, services: map[trade.Account]seller.Service{},
		entrustments: map[order.EntrustmentID]entrustment.Entrustment{}, lines: map[trade.Account]credit.Line{},
		reservations: map[events.StreamID]reservation.Reservation{}, at: planStart,
	}
}

func (s *sheet) copied() *sheet {
	c := *s
	c.orders, c.services, c.entrustments = maps.Clone(s.orders), maps.Clone(s.services), maps.Clone(s.entrustments)
	c.lines, c.reservations = maps.Clone(s.lines), maps.Clone(s.reservations)
	c.written, c.calls = nil, 0
	return &c
}

func (s *sheet) call() error {
	if s.calls++; s.calls == s.breaks {
		return errBroken
	}
	return nil
}

func (s *sheet) order(id trade.ID) (order.Order, error) {
	o := s.orders[id]
	o.ID = id
	return o, s.call()
}

func (s *sheet) service(account trade.Account) (seller.Service, error) {
	x, ok := s.services[account]
	if !ok {
		x = seller.New(account)
	}
	return x, s.call()
}

func (s *sheet) entrustment(id order.EntrustmentID) (entrustment.Entrustment, error) {
	e, ok := s.entrustments[id]
	if !ok {
		e = entrustment.New(id)
	}
	err := s.call()
	if s.lieEntrustment != nil {
		s.lieEntrustment(s.calls, &e)
	}
	return e, err
}

func (s *sheet) line(account trade.Account, c trade.Currency) (credit.Line, error) {
	l, ok := s.lines[account]
	if !ok {
		l = credit.New(account, c)
	}
	err := s.call()
	if s.lieLine != nil {
		s.lieLine(s.calls, &l)
	}
	return l, err
}

func (s *sheet) reservation(stream events.StreamID) (reservation.Reservation, error) {
	return s.reservations[stream], s.call()
}

func (s *sheet) appendOrder(id trade.ID, facts ...order.Event) error {
	o := s.orders[id]
	o.ID = id
	for _, e := range facts {
		if err := o.Apply(e, s.at); err != nil {
			return err
		}
		s.written = append(s.written, e.Kind().String())
	}
	s.orders[id] = o
	return s.call()
}

func (s *sheet) appendService(account trade.Account, facts ...seller.Event) error {
	x, _ := s.service(account)
	s.calls--
	for _, e := range facts {
		if err := x.Apply(e, s.at); err != nil {
			return err
		}
		s.written = append(s.written, e.Kind().String())
	}
	s.services[account] = x
	return s.call()
}

func (s *sheet) appendEntrustment(id order.EntrustmentID, facts ...entrustment.Event) error {
	e, ok := s.entrustments[id]
	if !ok {
		e = entrustment.New(id)
	}
	for _, f := range facts {
		if err := e.Apply(f, s.at); err != nil {
			return err
		}
		s.written = append(s.written, f.Kind().String())
	}
	s.entrustments[id] = e
	return s.call()
}

func (s *sheet) appendLine(account trade.Account, c trade.Currency, facts ...credit.Event) error {
	l, ok := s.lines[account]
	if !ok {
		l = credit.New(account, c)
	}
	for _, e := range facts {
		if err := l.Apply(e, s.at); err != nil {
			return err
		}
		s.written = append(s.written, e.Kind().String())
	}
	s.lines[account] = l
	return s.call()
}

func (s *sheet) reserve(stream events.StreamID, made ...reservation.Event) error {
	r := s.reservations[stream]
	r.Use = reservation.Use(stream.Category())
	for _, e := range made {
		if err := r.Apply(e, s.at); err != nil {
			return err
		}
		s.written = append(s.written, e.Kind().String())
	}
	s.reservations[stream] = r
	return s.call()
}

var (
	planStart  = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	planOwner  = trade.Actor{Role: trade.Seller, Account: "s-acme"}
	planBuyer  = trade.Actor{Role: trade.Buyer, Account: "b-bruno"}
	planOps    = trade.Actor{Role: trade.Platform}
	planClock  = trade.Actor{Role: trade.System}
	planUSD    = planMust(trade.ParseCurrency("USD"))
	planOrder1 = trade.ID{15: 1}
	planOrder2 = trade.ID{15: 2}
)

func planMust[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// asked is who asks for what in a plan.
type asked struct {
	by trade.Actor
	do Action
}

func (s *sheet) plan(a asked) error {
	policy := order.DefaultPolicy()
	policy.EscalateFrom, policy.EscalateAfter = 0, 0
	g := trade.Given{By: a.by, At: s.at}
	return a.do.plan(s, g, outside{
		policy: policy,
		match:  planBuyer.Account, account: "ACC1",
		findings: seller.Findings{Operating: true, Membership: seller.MemberPaid},
	})
}

// after carries out what has to be accepted.
func (s *sheet) after(t *testing.T, list ...asked) *sheet {
	t.Helper()
	for _, a := range list {
		if err := s.plan(a); err != nil {
			t.Fatalf("%s: %v", a.do, err)
		}
		s.at = s.at.Add(time.Minute)
	}
	return s
}

func orderAsked(by trade.Actor, c order.Command) asked { return asked{by, Order(planOrder1, c)} }

func planMoney(text string) trade.Money { return planMust(trade.ParseMoney(text)) }

func drafting() []asked {
	return []asked{
		{planOwner, Seller(planOwner.Account, seller.Activate{Route: seller.RouteConsole})},
		{planOps, Line(planOwner.Account, planUSD, credit.AssessLimit{Limit: planMoney("10000 USD")})},
		orderAsked(planOwner, order.Draft{Mode: order.DraftOnline}),
		orderAsked(planOwner, order.SetBuyer{Email: "bruno@buyer.example", BuyerName: "Bruno"}),
		orderAsked(planOwner, order.MatchBuyer{Email: "bruno@buyer.example"}),
		orderAsked(planOwner, order.SetTerms{Terms: order.Terms{Total: planMoney("6000 USD"), Initial: planMoney("2000 USD")}}),
		orderAsked(planOwner, order.ChooseCoverage{Coverage: order.CoveragePreShipment, TermsAccepted: true}),
		orderAsked(planOwner, order.SetTransport{Mode: order.TransportSea}),
	}
}

func confirming() []asked {
	return append(drafting(),
		orderAsked(planOwner, order.Submit{OneTouchAcknowledged: true}),
		orderAsked(planBuyer, order.Confirm{Terms: 2}))
}

func entrusting(ids ...order.EntrustmentID) []asked {
	var list []asked
	for _, id := range ids {
		list = append(list, asked{planOwner, Entrustment(id, entrustment.Draft{Title: "goods"})})
	}
	return list
}

func linking(ids ...order.EntrustmentID) []asked {
	list := entrusting(ids...)
	for _, id := range ids {
		list = append(list, orderAsked(planOwner, order.Link{Entrustment: id}))
	}
	return list
}

func declaring(id order.EntrustmentID, number entrustment.DeclarationNo, at time.Time) []asked {
	return []asked{
		{planOwner, Entrustment(id, entrustment.Submit{})},
		{planOps, Entrustment(id, entrustment.Approve{})},
		{planOps, Entrustment(id, entrustment.Declare{Declaration: entrustment.Declaration{
			Number: number, DeclaringCustoms: "2201", DeparturePort: "310001", DeclaredAt: at,
			Items: []entrustment.Item{{
				No: 1, HSCode: "9001909090", Name: "lens", Quantity: planMust(trade.ParseNumber("10")), Unit: "piece",
				Price: planMust(trade.ParseNumber("10")), Total: planMoney("100 USD"),
			}},
		}})},
	}
}

func paying() asked {
	return orderAsked(planOps, order.RecordPayment{
		Reference: "T1", Method: order.PayTT, Account: "ACC1", Amount: planMoney("2000 USD"), Payer: "Bruno", PaidAt: planStart,
	})
}

// plan is a command with what it writes.
type plan struct {
	name  string
	given func() []asked
	ask   asked
	want  []string
}

// plans are commands that write to several streams.
var plans = []plan{
	{"submit: order, account and hold", drafting, orderAsked(planOwner, order.Submit{OneTouchAcknowledged: true}),
		[]string{"order.submitted", "order.hold-placed", "reservation.reserved", "credit.held"}},
	{"link: order and entrustment", func() []asked { return append(confirming(), entrusting("E1")...) },
		orderAsked(planOwner, order.Link{Entrustment: "E1"}),
		[]string{"order.entrustment-linked", "entrustment.linked"}},
	{"unlink: order and entrustment", func() []asked { return append(confirming(), linking("E1")...) },
		orderAsked(planOwner, order.Unlink{Entrustment: "E1"}),
		[]string{"order.entrustment-unlinked", "entrustment.unlinked"}},
	{"declare: entrustment and number", func() []asked {
		return append(confirming(), append(linking("E1"), declaring("E1", "N1", planStart)[:2]...)...)
	}, declaring("E1", "N1", planStart)[2],
		[]string{"entrustment.declared", "reservation.reserved"}},
	{"release: entrustment and order", func() []asked {
		return append(confirming(), append(linking("E1"), declaring("E1", "N1", planStart)...)...)
	}, asked{planOps, Entrustment("E1", entrustment.Release{ReleasedAt: planStart.Add(10 * time.Minute)})},
		[]string{"entrustment.released", "order.entrustment-released"}},
	{"release of a free one: entrustment alone", func() []asked {
		return append(entrusting("E1"), declaring("E1", "N1", planStart)...)
	}, asked{planOps, Entrustment("E1", entrustment.Release{ReleasedAt: planStart})},
		[]string{"entrustment.released"}},
	{"cancelled entrustment: entrustment and order", func() []asked { return append(confirming(), linking("E1")...) },
		asked{planOwner, Entrustment("E1", entrustment.Cancel{})},
		[]string{"entrustment.unlinked", "entrustment.cancelled", "order.entrustment-unlinked"}},
	{"ship: order and line", func() []asked {
		list := append(confirming(), append(linking("E1"), declaring("E1", "N1", planStart)...)...)
		return append(list, asked{planOps, Entrustment("E1", entrustment.Release{ReleasedAt: planStart.Add(time.Minute * 5)})}, paying())
	}, orderAsked(planOwner, order.MarkShipped{}),
		[]string{"order.shipped", "order.hold-released", "credit.released"}},
	{"close before shipment: order, entrustments and line", func() []asked { return append(confirming(), linking("E1", "E2", "E3")...) },
		orderAsked(planBuyer, order.Cancel{}),
		[]string{"order.entrustment-unlinked", "order.entrustment-unlinked", "order.entrustment-unlinked", "order.hold-released", "order.closed",
			"entrustment.unlinked", "entrustment.unlinked", "entrustment.unlinked", "credit.released"}},
}

func TestPlan(t *testing.T) {
	for _, p := range slices.Concat(plans, laterPlans) {
		t.Run(p.name, func(t *testing.T) {
			s := newSheet().after(t, p.given()...).copied()
			if err := s.plan(p.ask); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.written, p.want) {
				t.Fatalf("written %q, want %q", s.written, p.want)
			}
		})
	}
}

// TestPlanAllOrNone breaks the world at each of the looks and writes of each plan in turn: the
// plan never goes on as if nothing had happened, so that nothing of it is committed.
func TestPlanAllOrNone(t *testing.T) {
	for _, p := range slices.Concat(plans, laterPlans) {
		t.Run(p.name, func(t *testing.T) {
			base := newSheet().after(t, p.given()...)
			for n := 1; ; n++ {
				s := base.copied()
				s.breaks = n
				err := s.plan(p.ask)
				if s.calls < n {
					if n == 1 || err != nil {
						t.Fatalf("%d calls, %v", s.calls, err)
					}
					return
				}
				if !errors.Is(err, errBroken) || s.calls != n {
					t.Fatalf("broken at call %d the plan went on to call %d: %v", n, s.calls, err)
				}
			}
		})
	}
}

// refusedAs checks that a refusal is that of a command by a rule.
func refusedAs(t *testing.T, err error, ruleID rule.ID, command string) {
	t.Helper()
	var no *trade.Refusal
	if !errors.As(err, &no) || no.Rule != ruleID || no.Command != command {
		t.Fatalf("%v, want a refusal of %s by %s", err, command, ruleID)
	}
}

// TestPlanCounterpartRefuses shows the counterpart another state than the order was shown: the
// counterpart's own rule refuses the whole.
func TestPlanCounterpartRefuses(t *testing.T) {
	t.Run("another order took the entrustment", func(t *testing.T) {
		s := newSheet().after(t, append(confirming(), entrusting("E1")...)...).copied()
		looks := 0
		s.lieEntrustment = func(_ int, e *entrustment.Entrustment) {
			if looks++; looks > 1 {
				e.Order = planOrder2
			}
		}
		refusedAs(t, s.plan(orderAsked(planOwner, order.Link{Entrustment: "E1"})), rule.A22, "link")
	})
	t.Run("another order took the quota", func(t *testing.T) {
		s := newSheet().after(t, drafting()...).copied()
		looks := 0
		s.lieLine = func(_ int, l *credit.Line) {
			if looks++; looks > 1 {
				l.Limit = planMoney("1999.99 USD")
			}
		}
		refusedAs(t, s.plan(orderAsked(planOwner, order.Submit{OneTouchAcknowledged: true})), rule.D3, "hold")
	})
	t.Run("the line knows nothing of the hold", func(t *testing.T) {
		s := newSheet().after(t, confirming()...).copied()
		s.lieLine = func(_ int, l *credit.Line) { l.Held, l.OpenHolds = planMoney("0 USD"), 0 }
		err := s.plan(orderAsked(planBuyer, order.Cancel{}))
		var invalid *trade.InvalidError
		if !errors.As(err, &invalid) || slices.Contains(s.written, "credit.released") {
			t.Fatalf("%v after %q", err, s.written)
		}
	})
	t.Run("the entrustment was linked to another order meanwhile", func(t *testing.T) {
		s := newSheet().after(t, append(confirming(), linking("E1", "E2")...)...).copied()
		s.lieEntrustment = func(_ int, e *entrustment.Entrustment) {
			if e.ID == "E2" {
				e.Order = planOrder2
			}
		}
		refusedAs(t, s.plan(orderAsked(planBuyer, order.Cancel{})), rule.D40, "unlink")
	})
	t.Run("the order does not have the link", func(t *testing.T) {
		list := append(confirming(), append(linking("E1"), declaring("E1", "N1", planStart)...)...)
		s := newSheet().after(t, list...).copied()
		o := s.orders[planOrder1]
		o.Links = nil
		s.orders[planOrder1] = o
		refusedAs(t, s.plan(asked{planOps, Entrustment("E1", entrustment.Release{ReleasedAt: planStart})}), rule.A21, "record-release")
	})
}

// TestPlanLooksAtNoMoreThanItNeeds names the streams of commands that others would otherwise
// meet in the log for no reason.
func TestPlanLooksAtNoMoreThanItNeeds(t *testing.T) {
	s := newSheet().after(t, append(confirming(), linking("E1")...)...)
	for _, c := range []asked{
		{planOwner, Entrustment("E1", entrustment.Submit{})},
		{planOps, Entrustment("E1", entrustment.Approve{})},
		{planBuyer, Order(planOrder2, order.Draft{Mode: order.DraftOnline})},
	} {
		s = s.copied()
		if err := s.plan(c); s.calls > 2 || (err != nil) != (c.by == planBuyer) {
			t.Fatalf("%s: %d looks and writes, %v", c.do, s.calls, err)
		}
	}
}

func TestPlanExpiry(t *testing.T) {
	s := newSheet().after(t, drafting()...).after(t, orderAsked(planOwner, order.Submit{OneTouchAcknowledged: true}))
	s.at = s.orders[planOrder1].ConfirmBy
	s = s.copied()
	if err := s.plan(orderAsked(planClock, order.Expire{})); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(s.written), "[order.hold-released order.closed credit.released]"; got != want {
		t.Fatalf("written %s, want %s", got, want)
	}
	if l := s.lines[planOwner.Account]; !l.Held.IsZero() || l.OpenHolds != 0 {
		t.Fatalf("the line still holds %s", l.Held)
	}
}
