package order_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The people of the stories, and the instants that they count from.
var (
	seller   = trade.Actor{Role: trade.Seller, Account: "acme", Email: "sales@acme.example"}
	buyer    = trade.Actor{Role: trade.Buyer, Account: "b-1029", Email: "buyer@example.com"}
	platform = trade.Actor{Role: trade.Platform}
	system   = trade.Actor{Role: trade.System}
	deskRole = trade.Actor{Role: trade.Desk}

	otherSeller = trade.Actor{Role: trade.Seller, Account: "rival", Email: "sales@rival.example"}
	otherBuyer  = trade.Actor{Role: trade.Buyer, Account: "b-2000", Email: "other@example.com"}

	orderID = mustID("0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a")
	otherID = mustID("0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8b")

	usd = mustCurrency("USD")
	eur = mustCurrency("EUR")

	newYear = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

const (
	day     = 24 * time.Hour
	account = order.ReceivingAccount("RA-1")
	digest  = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

func mustID(s string) trade.ID { return must(trade.ParseID(s)) }

func mustCurrency(s string) trade.Currency { return must(trade.ParseCurrency(s)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// money reads an amount; without a currency it is in US dollars.
func money(s string) trade.Money {
	s = strings.ReplaceAll(s, "_", " ")
	if m, err := trade.ParseAmount(s, usd); err == nil {
		return m
	}
	return must(trade.ParseMoney(s))
}

// reporter is what stories need of a test.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// step is the records of an accepted command, and its policy.
type step struct {
	policy  *order.Policy
	records []events.Record
}

// story is an order with the commands that made it. It is a value: a story can be continued in several
// ways. Every accepted command is checked, see accept.
type story struct {
	t       reporter
	order   order.Order
	steps   []step
	books   *books // of the steps; nil before the first
	history []events.Recorded[order.Event]
	now     time.Time
	policy  *order.Policy
	facts   order.Facts
	// payments are the streams of the payments that came in.
	payments []payment.Payment
	first    bool // some of its events are of the first edition
}

// once begins a story at New Year under the default policy, on a line of 10,000 dollars.
func once(t reporter) story {
	return story{
		t: t, order: order.Order{ID: orderID}, now: newYear, policy: order.DefaultPolicy(),
		facts: order.Facts{
			Service: order.ServiceActive, Match: buyer.Account,
			Quota:     order.Quota{Available: money("10000")},
			Receiving: order.Receiving{Account: account},
		},
	}
}

// at continues the story at that instant, after continues it so much later.
func (s story) at(t time.Time) story { s.now = t; return s }

func (s story) after(d time.Duration) story { return s.at(s.now.Add(d)) }

// under continues the story under another policy, knowing with other facts.
func (s story) under(set func(*order.Policy)) story {
	p := *s.policy
	set(&p)
	s.policy = &p
	return s
}

func (s story) knowing(set func(*order.Facts)) story { set(&s.facts); return s }

// attempt is a command with its result.
type attempt struct {
	story
	by  trade.Actor
	cmd order.Command
	got []order.Event
	err error
}

// when issues the command. The entrustment of a link is the seller's, unless the story has another.
func (s story) when(by trade.Actor, cmd order.Command) attempt {
	given := s.given(by, cmd)
	got, err := decided(s.order, cmd, given)
	return attempt{story: s, by: by, cmd: cmd, got: got, err: err}
}

// given is the input of a decision beside the order and the command.
type given struct {
	trade.Given
	facts order.Facts
}

func decided(o order.Order, c order.Command, g given) ([]order.Event, error) {
	return order.Decide(o, c, g.Given, g.facts)
}

func (s story) given(by trade.Actor, cmd order.Command) given {
	facts := s.facts
	if link, ok := cmd.(order.Link); ok && facts.Entrustment.ID == "" {
		facts.Entrustment = order.Entrustment{ID: link.Entrustment, Seller: seller.Account}
	}
	if facts.Incoming.Order.IsZero() {
		facts.Incoming = s.incoming(cmd)
	}
	facts.Policy = s.policy
	return given{trade.Given{By: by, At: s.now}, facts}
}

// incoming is the payment that a command names, as its stream has it.
func (s story) incoming(cmd order.Command) order.IncomingPayment {
	in, _ := payment.Find(&s.order, cmd, func(k payment.Key) (payment.Payment, error) {
		if i := s.paymentIndex(k.Stream()); i >= 0 {
			return s.payments[i], nil
		}
		return payment.New(k.Stream()), nil
	})
	return in
}

func (s story) paymentIndex(stream events.StreamID) int {
	return slices.IndexFunc(s.payments, func(p payment.Payment) bool { return p.Stream == stream })
}

// pays writes to the stream of a payment what an event brings with it there, as the desk does.
func (s story) pays(t reporter, a attempt, e order.Event) story {
	t.Helper()
	key, c, ok := payment.Counterpart(&a.order, e)
	if !ok {
		return s
	}
	s.payments = slices.Clone(s.payments)
	i := s.paymentIndex(key.Stream())
	if i < 0 {
		s.payments = append(s.payments, payment.New(key.Stream()))
		i = len(s.payments) - 1
	}
	made, err := payment.Decide(s.payments[i], c, trade.Given{By: deskRole, At: a.at()}, payment.Facts{})
	if err != nil || len(made) == 0 {
		t.Fatalf("%s made %+v, and its payment refuses %+v: %v", a.cmd.Name(), e, c, err)
	}
	for _, e := range made {
		if s.payments[i], err = payment.Evolve(s.payments[i], e, a.at()); err != nil {
			t.Fatalf("the payment: %v", err)
		}
	}
	return s
}

// does continues the story with a command that must be accepted.
func (s story) does(by trade.Actor, cmd order.Command) story {
	s.t.Helper()
	a := s.when(by, cmd)
	if a.err != nil {
		s.t.Fatalf("%s by %s in %s: %v", cmd.Name(), by.Role, s.order.Phase, a.err)
	}
	return a.accept(s.t)
}

// then is the test that the attempt results in exactly these events.
func (a attempt) then(want ...order.Event) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if a.err != nil || !slices.EqualFunc(a.got, want, func(a, b order.Event) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatalf("%s by %s in %s:\n got %+v, %v\nwant %+v", a.cmd.Name(), a.by.Role, a.order.Phase, a.got, a.err, want)
		}
		a.accept(t)
	}
}

// leads is the test that the attempt is accepted and leads to that phase.
func (a attempt) leads(to order.Phase) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if a.err != nil {
			t.Fatalf("%s by %s in %s: %v", a.cmd.Name(), a.by.Role, a.order.Phase, a.err)
		}
		if next := a.accept(t); next.order.Phase != to {
			t.Fatalf("the order is %s, want %s", next.order.Phase, to)
		}
	}
}

// refusedBy is the test that exactly this rule refuses the attempt, with a text in both languages, and
// that the attempt changes nothing.
func (a attempt) refusedBy(ruleID rule.ID, more ...func(*trade.Refusal) error) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		var no *trade.Refusal
		if !errors.As(a.err, &no) || no.Rule != ruleID || !errors.Is(a.err, ruleID) {
			t.Fatalf("%s by %s in %s: got %+v, %v; want a refusal by %s", a.cmd.Name(), a.by.Role, a.order.Phase, a.got, a.err, string(ruleID))
		}
		if no.Command != a.cmd.Name() || !no.ByActor() && no.Phase != a.order.Phase.String() {
			t.Errorf("the refusal is of %s in %s", no.Command, no.Phase)
		}
		bilingual(t, no)
		for _, check := range more {
			if err := check(no); err != nil {
				t.Error(err)
			}
		}
		a.nothing(t)
	}
}

// short, from and until check the missing amount and the instants of a refusal.
func short(amount string) func(*trade.Refusal) error {
	return func(no *trade.Refusal) error {
		if no.Missing != money(amount) {
			return fmt.Errorf("the refusal misses %s, want %s", no.Missing, amount)
		}
		return nil
	}
}

// figureless checks that a refusal is the rule and no more: who is not the owner of the line learns no
// figure of it (D64).
func figureless(no *trade.Refusal) error {
	if !no.Missing.IsZero() || no.Reason(rule.English) != "" || no.Reason(rule.Chinese) != "" {
		return fmt.Errorf("the refusal says %q and %s", no.Reason(rule.English), no.Missing)
	}
	return nil
}

func from(t time.Time) func(*trade.Refusal) error {
	return func(no *trade.Refusal) error {
		if !no.Earliest.Equal(t) {
			return fmt.Errorf("possible from %s, want %s", no.Earliest, t)
		}
		return nil
	}
}

func until(t time.Time) func(*trade.Refusal) error {
	return func(no *trade.Refusal) error {
		if !no.Deadline.Equal(t) {
			return fmt.Errorf("the deadline was %s, want %s", no.Deadline, t)
		}
		return nil
	}
}

// invalid is the test that the attempt is malformed in that field, and changes nothing.
func (a attempt) invalid(field string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		var bad *trade.InvalidError
		if !errors.As(a.err, &bad) || bad.Field != field || bad.Reason == "" || len(bad.Error()) > 400 {
			t.Fatalf("got %+v, %v; want an invalid %s", a.got, a.err, field)
		}
		a.nothing(t)
	}
}

// nothing checks that the attempt has neither events nor an effect on the state.
func (a attempt) nothing(t *testing.T) {
	t.Helper()
	if len(a.got) != 0 {
		t.Errorf("refused, and still there are %+v", a.got)
	}
	if fresh := must(order.Replay(order.New(orderID), a.history)); !reflect.DeepEqual(a.order, fresh) {
		t.Errorf("the state was written:\n%+v\n%+v", a.order, fresh)
	}
}

// at returns the instant at which the resulting events are recorded.
func (a attempt) at() time.Time {
	return order.Life().Instant(a.cmd.Name(), trade.Given{By: a.by, At: a.now}, a.order.LastAt)
}

// accept folds the resulting events and checks what must hold after every step: the events are among
// those that the command may make, and are the same after they were stored; the live state is that of
// a replay; no earlier state has changed; the same command has the same result; and the auditor
// finds no fault.
func (a attempt) accept(t reporter) story {
	t.Helper()
	s := a.story
	before := must(order.Replay(order.New(orderID), s.history))
	s.history = slices.Clone(s.history)
	live := s.order
	for _, e := range a.got {
		checkMakes(t, a.cmd, e)
		checkCodec(t, e)
		r := events.Recorded[order.Event]{At: a.at(), Event: e}
		s.history = append(s.history, r)
		next, err := order.Evolve(live, r.Event, r.At)
		if err != nil {
			t.Fatalf("%s made %+v: %v", a.cmd.Name(), e, err)
		}
		live = next
		s = s.pays(t, a, e)
	}
	checkSame(t, "the live state and the replay", live, must(order.Replay(order.New(orderID), s.history)))
	again, err := decided(s.order, a.cmd, a.story.given(a.by, a.cmd))
	if err != nil || !reflect.DeepEqual(again, a.got) {
		t.Errorf("decided again: %+v, %v; the first time %+v", again, err, a.got)
	}
	checkSame(t, "the state before and the replay", s.order, before)
	s.order = live
	if len(a.got) > 0 {
		s.steps = append(slices.Clone(s.steps), step{s.policy, a.records(t)})
		if s.books, err = s.books.enter(s.steps, s.first); err != nil {
			t.Fatalf("after %s: %v", a.cmd.Name(), err)
		}
	}
	if s.books != nil && s.books.steps == len(s.steps) { // no other continuation has gone further
		if fault := ordertest.AuditFigures(s.order).Against(s.books.Figures(order.Stream(orderID))); fault != "" {
			t.Fatalf("I28: after %s: %s", a.cmd.Name(), fault)
		}
	}
	return s
}

// stored continues the story with events as the first edition of the rule book stored them.
func (s story) stored(by trade.Actor, cmd order.Command, made ...order.Event) story {
	s.t.Helper()
	a := attempt{story: s, by: by, cmd: cmd, got: made}
	s.history, s.first, s.books = slices.Clone(s.history), true, nil
	for _, e := range made {
		checkCodec(s.t, e)
		s.history = append(s.history, events.Recorded[order.Event]{At: s.now, Event: e})
		next, err := order.Evolve(s.order, e, s.now)
		if err != nil {
			s.t.Fatalf("stored %+v: %v", e, err)
		}
		s.order = next
	}
	s.steps = append(slices.Clone(s.steps), step{s.policy, a.records(s.t)})
	return s
}

// records returns the resulting events as a log stores them.
func (a attempt) records(t reporter) []events.Record {
	t.Helper()
	var list []events.Record
	meta := fmt.Appendf(nil, `{"role":%q,"account":%q,"command":%q}`, a.by.Role, a.by.Account, a.cmd.Name())
	for i, e := range a.got {
		typ, schema, data, err := order.EncodeEvent(nil, e)
		if err != nil {
			t.Fatalf("encoding %+v: %v", e, err)
		}
		n := len(a.history) + i + 1
		list = append(list, events.Record{
			Position: events.Position(n), Stream: order.Stream(orderID), Version: events.Version(n),
			Commit: uuid.UUID{byte(len(a.steps) >> 8), byte(len(a.steps)), 1},
			Index:  i, Type: typ, Schema: schema, At: a.at(), Meta: meta, Data: data,
		})
		// The address by which a buyer without an account is known is in no record.
		if _, ok := e.(order.Confirmed); ok && a.order.Buyer.Account == "" && !a.order.Buyer.Email.Same(a.by.Email) {
			t.Fatalf("I8: confirmed by %s, the contract is for %s", a.by.Email, a.order.Buyer.Email)
		}
	}
	return list
}

// books are those that the independent auditor keeps of the first steps of a story.
type books struct {
	*audit.Auditor
	steps int
}

// enter returns the books of these steps: b, if it lacks only the last step, or new ones, because a
// story can be continued in several ways.
func (b *books) enter(steps []step, first bool) (*books, error) {
	if b == nil || b.steps != len(steps)-1 {
		b = &books{Auditor: audit.New(audit.OrdersOnly())}
		if !first {
			audit.SecondEdition()(b.Auditor)
		}
	}
	for _, s := range steps[b.steps:] {
		audit.WithPolicy(ordertest.AuditPolicy(s.policy, nil))(b.Auditor)
		if err := b.Commit(s.records); err != nil {
			return nil, err
		}
		b.steps++
	}
	return b, nil
}

func checkSame(t reporter, what string, a, b order.Order) {
	t.Helper()
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("%s differ:\n%+v\n%+v", what, a, b)
	}
}

// checkMakes checks that the table of commands says that the command may make the event.
func checkMakes(t reporter, cmd order.Command, e order.Event) {
	t.Helper()
	for _, p := range order.Life().Permits() {
		if p.Command == cmd.Name() && slices.Contains(p.Makes, e.Kind()) {
			return
		}
	}
	t.Errorf("%s made %s, which it may not", cmd.Name(), e.Kind())
}

// checkCodec checks that the event is the same after it was stored.
func checkCodec(t reporter, e order.Event) {
	t.Helper()
	typ, version, data, err := order.EncodeEvent(nil, e)
	if err != nil {
		t.Fatalf("encoding %+v: %v", e, err)
	}
	got, err := order.DecodeEvent(typ, version, data)
	if err != nil || !reflect.DeepEqual(got, e) {
		t.Fatalf("stored as %s %s: got %+v, %v; want %+v", typ, data, got, err, e)
	}
	if _, _, again, _ := order.EncodeEvent(nil, got); !bytes.Equal(again, data) {
		t.Errorf("encoded %s, then %s", data, again)
	}
}
