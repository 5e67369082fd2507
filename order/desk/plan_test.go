package desk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// view is a store in memory that a plan works on. It counts what the plan reads and commits, breaks
// at one of these calls, and can show streams otherwise than they are, as a cache may.
type view struct {
	events.Store
	calls  int
	breaks int // the call that fails; 0 for none

	hidden map[events.StreamID]events.Version  // what lies after that version is not shown
	shown  map[events.StreamID][]events.Record // is shown after what is not hidden
	read   func(stream events.StreamID)        // is told of each stream that is read
}

var errBroken = errors.New("the store broke")

func (v *view) call() error {
	if v.calls++; v.calls == v.breaks {
		return errBroken
	}
	return nil
}

func (v *view) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		if v.read != nil {
			v.read(stream)
		}
		if err := v.call(); err != nil {
			yield(events.Record{}, err)
			return
		}
		last := after
		for r, err := range v.Store.Read(ctx, stream, after) {
			if most, ok := v.hidden[stream]; err == nil && ok && r.Version > most {
				break
			}
			if last = r.Version; !yield(r, err) {
				return
			}
		}
		for _, r := range v.shown[stream] {
			if last++; r.Version == 0 {
				r.Version = last
			}
			if r.Version > after && !yield(r, nil) {
				return
			}
		}
	}
}

// Append accepts whatever was decided on what is not so; a commit of guards, which would see it,
// too.
func (v *view) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if err := v.call(); err != nil {
		return events.Receipt{}, err
	}
	if v.hidden != nil || v.shown != nil {
		return events.Receipt{Commit: c.ID}, nil
	}
	return v.Store.Append(ctx, c)
}

// hide shows a stream as it was at that version, and on top of it other events.
func (v *view) hide(t *testing.T, stream events.StreamID, most events.Version, others ...any) {
	t.Helper()
	if v.hidden == nil {
		v.hidden, v.shown = make(map[events.StreamID]events.Version), make(map[events.StreamID][]events.Record)
	}
	v.hidden[stream] = most
	for _, e := range others {
		typ, schema, data, err := EncodeEvent(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		v.shown[stream] = append(v.shown[stream], events.Record{Stream: stream, Type: typ, Schema: schema, Data: data, At: planStart})
	}
}

// planner executes commands on a view.
type planner struct {
	*view
	desk    *Desk
	at      time.Time
	written []string // the kinds of the events of the last command, in the order of the appends
}

func newPlanner(t *testing.T, list ...asked) *planner {
	t.Helper()
	policy := order.DefaultPolicy()
	policy.EscalateFrom, policy.EscalateAfter = 0, 0
	later := paylater.DefaultPolicy()
	later.FreezeAfterOverdue = 1
	p := &planner{view: &view{Store: memory.New()}, at: planStart}
	t.Cleanup(func() { _ = p.Store.Close() })
	d, err := New(p.view, WithCache(0), WithPolicy(policy), WithPayLater(later), WithClock(func() time.Time { return p.at }), WithSources(DemoSources()), WithSources(Sources{
		Match: func(context.Context, trade.Email) (trade.Account, error) { return planBuyer.Account, nil },
		Store: func(context.Context, trade.Account) (seller.Facts, error) {
			return seller.Facts{Operating: true, Membership: seller.MemberPaid}, nil
		},
		Account: func(context.Context, uuid.UUID, trade.ID) (order.ReceivingAccount, error) { return "ACC1", nil },
		Funds: func(context.Context, trade.Account) (funds.Policy, error) {
			return funds.Policy{HoldDays: 7, Expected: time.Hour}, nil
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	p.desk = d
	for _, a := range list {
		if err := p.plan(a); err != nil {
			t.Fatalf("%s: %v", a.do, err)
		}
		p.at = p.at.Add(time.Minute)
	}
	return p
}

// plan executes a command and notes what it wrote, or would have.
func (p *planner) plan(a asked) error {
	p.at = p.at.Add(a.wait)
	p.calls, p.written = 0, nil
	_, x, err := p.desk.transact(context.Background(), &Command{ID: NewID(), By: a.by, Do: a.do}, p.desk.clock, false)
	if x != nil {
		for _, e := range x.written {
			p.written = append(p.written, kindOf(e.Event))
		}
	}
	return err
}

func kindOf(e any) string {
	typ, _, _, err := EncodeEvent(nil, e)
	if err != nil {
		return err.Error()
	}
	return typ
}

// length returns how many events the log has.
func (p *planner) length(t *testing.T) events.Position {
	t.Helper()
	n, err := p.Store.Settled(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
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

// asked is a command and who issues it, some time after the one before.
type asked struct {
	by   trade.Actor
	do   Action
	wait time.Duration
}

func orderAsked(by trade.Actor, c order.Command) asked {
	return asked{by: by, do: OnOrder(planOrder1, c)}
}

func planMoney(text string) trade.Money { return planMust(trade.ParseMoney(text)) }

func drafting() []asked {
	return []asked{
		{by: planOwner, do: OnSeller(planOwner.Account, seller.Activate{Route: seller.RouteConsole})},
		{by: planOps, do: OnLine(planOwner.Account, planUSD, credit.AssessLimit{Limit: planMoney("10000 USD")})},
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
		list = append(list, asked{by: planOwner, do: OnEntrustment(id, entrustment.Draft{Title: "goods"})})
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
		{by: planOwner, do: OnEntrustment(id, entrustment.Submit{})},
		{by: planOps, do: OnEntrustment(id, entrustment.Approve{})},
		{by: planOps, do: OnEntrustment(id, entrustment.Declare{Declaration: entrustment.Declaration{
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
		Reference: "T1", Method: order.PayTT, ReceivingAccount: "ACC1", Amount: planMoney("2000 USD"), Payer: "Bruno", PaidAt: planStart,
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
	}, asked{by: planOps, do: OnEntrustment("E1", entrustment.Release{ReleasedAt: planStart.Add(10 * time.Minute)})},
		[]string{"entrustment.released", "order.entrustment-released"}},
	{"release of a free one: entrustment alone", func() []asked {
		return append(entrusting("E1"), declaring("E1", "N1", planStart)...)
	}, asked{by: planOps, do: OnEntrustment("E1", entrustment.Release{ReleasedAt: planStart})},
		[]string{"entrustment.released"}},
	{"cancelled entrustment: entrustment and order", func() []asked { return append(confirming(), linking("E1")...) },
		asked{by: planOwner, do: OnEntrustment("E1", entrustment.Cancel{})},
		[]string{"entrustment.unlinked", "entrustment.cancelled", "order.entrustment-unlinked"}},
	{"ship: order and line", func() []asked {
		list := append(confirming(), append(linking("E1"), declaring("E1", "N1", planStart)...)...)
		return append(list, asked{by: planOps, do: OnEntrustment("E1", entrustment.Release{ReleasedAt: planStart.Add(time.Minute * 5)})}, paying())
	}, orderAsked(planOwner, order.MarkShipped{}),
		[]string{"order.shipped", "order.hold-released", "credit.released"}},
	{"close before shipment: order, entrustments and line", func() []asked { return append(confirming(), linking("E1", "E2", "E3")...) },
		orderAsked(planBuyer, order.Cancel{}),
		[]string{"order.entrustment-unlinked", "order.entrustment-unlinked", "order.entrustment-unlinked", "order.hold-released", "order.closed",
			"entrustment.unlinked", "entrustment.unlinked", "entrustment.unlinked", "credit.released"}},
}

// everyPlan has the plans of both kinds of orders.
func everyPlan() []plan { return slices.Concat(plans, laterPlans, payLaterPlans) }

func TestPlan(t *testing.T) {
	for _, p := range everyPlan() {
		t.Run(p.name, func(t *testing.T) {
			w := newPlanner(t, p.given()...)
			if err := w.plan(p.ask); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(w.written, p.want) {
				t.Fatalf("written %q, want %q", w.written, p.want)
			}
		})
	}
}

// TestPlanAllOrNone breaks the store at each of the reads of each plan in turn, and at its commit:
// the plan does not go on, and nothing of it is in the log.
func TestPlanAllOrNone(t *testing.T) {
	for _, p := range everyPlan() {
		t.Run(p.name, func(t *testing.T) {
			w := newPlanner(t, p.given()...)
			before, at := w.length(t), w.at
			for n := 1; ; n++ {
				w.breaks, w.at = n, at
				err := w.plan(p.ask)
				if w.calls < n {
					if n < 3 || err != nil || w.length(t) != before+events.Position(len(p.want)) {
						t.Fatalf("%d calls, %v", w.calls, err)
					}
					return
				}
				if !errors.Is(err, errBroken) || w.calls != n || w.length(t) != before {
					t.Fatalf("broken at call %d the plan went on to call %d: %v", n, w.calls, err)
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

// TestPlanCounterpartRefuses shows one stream as it was at another time than the others: a rule of
// one of them refuses the whole.
func TestPlanCounterpartRefuses(t *testing.T) {
	line := planMust(credit.Stream(credit.Assurance, planOwner.Account, planUSD))
	other := entrustment.Linked{Order: planOrder2, DraftedAt: planStart, Currency: planUSD}
	t.Run("another order took the entrustment", func(t *testing.T) {
		w := newPlanner(t, append(confirming(), entrusting("E1")...)...)
		w.hide(t, "entrustment-E1", 1, other)
		refusedAs(t, w.plan(orderAsked(planOwner, order.Link{Entrustment: "E1"})), rule.A22, "link")
	})
	t.Run("another order took the quota", func(t *testing.T) {
		w := newPlanner(t, drafting()...)
		w.hide(t, line, 1, credit.LimitAssessed{Limit: planMoney("1999.99 USD")})
		refusedAs(t, w.plan(orderAsked(planOwner, order.Submit{OneTouchAcknowledged: true})), rule.D3, "submit")
	})
	t.Run("the line knows nothing of the hold", func(t *testing.T) {
		w := newPlanner(t, confirming()...)
		w.hide(t, line, 1)
		err := w.plan(orderAsked(planBuyer, order.Cancel{}))
		if _, ok := errors.AsType[*trade.InvalidError](err); !ok || slices.Contains(w.written, "credit.released") {
			t.Fatalf("%v after %q", err, w.written)
		}
	})
	t.Run("the entrustment was linked to another order meanwhile", func(t *testing.T) {
		w := newPlanner(t, append(confirming(), linking("E1", "E2")...)...)
		w.hide(t, "entrustment-E2", 1, other)
		refusedAs(t, w.plan(orderAsked(planBuyer, order.Cancel{})), rule.D40, "unlink")
	})
	t.Run("the order does not have the link", func(t *testing.T) {
		w := newPlanner(t, append(confirming(), append(linking("E1"), declaring("E1", "N1", planStart)...)...)...)
		w.hide(t, order.Stream(planOrder1), 9)
		refusedAs(t, w.plan(asked{by: planOps, do: OnEntrustment("E1", entrustment.Release{ReleasedAt: planStart})}), rule.A21, "record-release")
	})
}

// TestPlanReadsNoMoreThanItNeeds names the streams of commands that others would otherwise meet in
// the log for no reason: each reads one stream and commits.
func TestPlanReadsNoMoreThanItNeeds(t *testing.T) {
	w := newPlanner(t, append(confirming(), linking("E1")...)...)
	for _, c := range []asked{
		{by: planOwner, do: OnEntrustment("E1", entrustment.Submit{})},
		{by: planOps, do: OnEntrustment("E1", entrustment.Approve{})},
		{by: planBuyer, do: OnOrder(planOrder2, order.Draft{Mode: order.DraftOnline})},
	} {
		if err := w.plan(c); w.calls > 2 || (err != nil) != (c.by == planBuyer) {
			t.Fatalf("%s: %d reads and commits, %v", c.do, w.calls, err)
		}
	}
}

func TestPlanExpiry(t *testing.T) {
	w := newPlanner(t, append(drafting(), orderAsked(planOwner, order.Submit{OneTouchAcknowledged: true}))...)
	o, _, err := w.desk.ReadOrder(t.Context(), planOps, planOrder1)
	if err != nil {
		t.Fatal(err)
	}
	w.at = o.ConfirmBy
	if err := w.plan(orderAsked(planClock, order.Expire{})); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(w.written), "[order.hold-released order.closed credit.released]"; got != want {
		t.Fatalf("written %s, want %s", got, want)
	}
	l, _, err := w.desk.ReadLine(t.Context(), planOps, planOwner.Account, planUSD)
	if err != nil || !l.Held.IsZero() || l.OpenHolds != 0 {
		t.Fatalf("the line still holds %s, %v", l.Held, err)
	}
}
