package ordertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// OrderID is the ID of the order of a Story.
var OrderID = trade.ID{0: 1, 1: 0x94, 6: 0x70, 8: 0x80, 15: 1}

// ReceivingAccount is the receiving account of the order of a Story.
const ReceivingAccount order.ReceivingAccount = "RA-1"

// Story is a test of one order, without a desk or a store: Given its events, When an actor issues a command, Then the
// result is these events, or the command is Refused. A Story is a value: a test can continue one Story in several
// ways.
type Story struct {
	t       TB
	order   order.Order
	history []events.Recorded[order.Event]
	now     time.Time
	policy  *order.Policy
	facts   order.Facts
}

// Given begins the story of an order with these events, all at Start, under the default policy. Unless Knowing
// changes it, the seller's service is active, Buyer is registered, the line has 10,000 US dollars left, the receiving
// account is ReceivingAccount, and every entrustment is the seller's own.
func Given(t TB, events ...order.Event) Story {
	t.Helper()
	s := Story{
		t: t, order: order.Order{ID: OrderID}, now: Start, policy: order.DefaultPolicy(),
		facts: order.Facts{
			Service: order.ServiceActive, Match: Buyer.Account,
			Quota:     order.Quota{Available: USD("10000")},
			Receiving: order.Receiving{Account: ReceivingAccount},
		},
	}
	return s.happens(events)
}

// GivenOrder begins the story of an order that the usual commands have brought to that phase. The command that leads
// out of the phase is the next one: a draft can be submitted, an order that is ready to ship has a released
// entrustment.
func GivenOrder(t TB, phase order.Phase, c Contract) Story {
	t.Helper()
	c = c.filled("E1")
	s := Given(t).Knowing(func(f *order.Facts) { f.Match, f.Quota.Available = c.Buyer.Account, c.Total })
	for _, step := range c.wayTo(phase) {
		if step.from == s.order.Phase {
			s = s.And(step.by, step.command(&s.order, s.now))
		}
	}
	if s.order.Phase != phase {
		t.Fatalf("the usual way of this contract leads to %s, not to %s", s.order.Phase, phase)
	}
	return s
}

// And continues after a command, which must be accepted.
func (s Story) And(by trade.Actor, c order.Command) Story {
	s.t.Helper()
	a := s.When(by, c)
	if a.err != nil {
		s.t.Fatalf("%s", a.told(nil, "it to be accepted"))
	}
	return s.happens(a.got)
}

// At continues at that instant; After continues after a duration.
func (s Story) At(t time.Time) Story { s.now = t; return s }

// After continues after that duration; At continues at an instant.
func (s Story) After(d time.Duration) Story { return s.At(s.now.Add(d)) }

// Under continues under a policy.
func (s Story) Under(p *order.Policy) Story { s.policy = p; return s }

// Knowing continues with other facts of other streams.
func (s Story) Knowing(change func(f *order.Facts)) Story { change(&s.facts); return s }

// Order returns the current state of the order.
func (s Story) Order() order.Order { return s.order }

// History returns the events so far. The caller may keep the slice.
func (s Story) History() []events.Recorded[order.Event] { return slices.Clone(s.history) }

// Now returns the instant of the next command.
func (s Story) Now() time.Time { return s.now }

// happens folds events at the current instant.
func (s Story) happens(made []order.Event) Story {
	s.t.Helper()
	s.history = slices.Clone(s.history)
	for _, e := range made {
		r := events.Recorded[order.Event]{At: s.now, Event: e}
		next, err := order.Evolve(s.order, r.Event, r.At)
		if err != nil {
			s.t.Fatalf("%s cannot happen to an order that is %s: %v", e.Kind(), s.order.Phase, err)
		}
		s.order, s.history = next, append(s.history, r)
	}
	return s
}

// When decides a command. The methods of the Answer check the result.
func (s Story) When(by trade.Actor, c order.Command) Answer {
	facts := s.facts
	if link, ok := c.(order.Link); ok && facts.Entrustment.ID == "" {
		facts.Entrustment = order.Entrustment{ID: link.Entrustment, Seller: s.order.Seller.Account}
	}
	facts.Policy = s.policy
	got, err := order.Decide(s.order, c, trade.Given{By: by, At: s.now}, facts)
	what := "nothing"
	if c != nil {
		what = c.Name()
	}
	return Answer{
		reply: reply{t: s.t, asked: fmt.Sprintf("%s by %s at %s, of an order that is %s", what, who(by), s.now.Format(time.RFC3339Nano), s.order.Phase), err: err},
		story: s, got: got,
	}
}

// who returns the text for an actor.
func who(by trade.Actor) string {
	if by.Account == "" {
		return "the " + by.Role.String()
	}
	return fmt.Sprintf("the %s %s", by.Role, by.Account)
}

// Answer is the result of a command in a Story.
type Answer struct {
	reply
	story Story
	got   []order.Event
}

// Then checks that the command made exactly these events, and continues after them. Without arguments it checks that
// there was nothing to do.
func (a Answer) Then(want ...order.Event) Story {
	a.t.Helper()
	a.demand(blocksOf(want), blocksOf(a.got))
	return a.story.happens(a.got)
}

// Leads checks that the command was accepted and led the order to that phase, and continues from there.
func (a Answer) Leads(to order.Phase) Story {
	a.t.Helper()
	a.demand(blocksOf(a.got), blocksOf(a.got))
	next := a.story.happens(a.got)
	if next.order.Phase != to {
		a.t.Fatalf("%s", a.told(blocksOf(a.got), fmt.Sprintf("an order that is %s, and it is %s", to, next.order.Phase)))
	}
	return next
}

// Refused checks that this rule refused the command.
func (a Answer) Refused(ruleID rule.ID) Refusal {
	a.t.Helper()
	return a.refused(ruleID, blocksOf(a.got))
}

// Invalid checks that the command was malformed in that field.
func (a Answer) Invalid(field string) {
	a.t.Helper()
	a.invalid(field, blocksOf(a.got))
}

// told returns the failure of an answer that is not the wanted one.
func (a Answer) told(got []block, want string) string {
	return a.failure([]block{{want}}, a.shown(got))
}
