package ordertest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// reply is the answer to a command, from a Story or from a Fixture.
type reply struct {
	t     TB
	asked string // the command with its actor and instant
	err   error
}

// shown returns the result of the command: its error or the events.
func (r reply) shown(events []block) []block {
	if r.err != nil {
		return []block{blockOfError(r.err)}
	}
	return events
}

func (r reply) failure(want, got []block) string { return r.asked + "\n" + sideBySide(want, got) }

// demand fails the test unless the command was accepted and made the wanted events.
func (r reply) demand(want, got []block) {
	r.t.Helper()
	if r.err != nil || !slices.EqualFunc(want, got, slices.Equal[block]) {
		r.t.Fatalf("%s", r.failure(want, r.shown(got)))
	}
}

func (r reply) refused(want rule.ID, got []block) Refusal {
	r.t.Helper()
	var no *trade.Refusal
	if !errors.As(r.err, &no) || no.Rule != want {
		r.t.Fatalf("%s", r.failure([]block{{"refused by " + string(want), "  " + want.Text(rule.English)}}, r.shown(got)))
		no = new(trade.Refusal)
	}
	return Refusal{r, no}
}

func (r reply) invalid(field string, got []block) {
	r.t.Helper()
	var bad *trade.InvalidError
	if !errors.As(r.err, &bad) || bad.Field != field {
		r.t.Fatalf("%s", r.failure([]block{{"an invalid " + field}}, r.shown(got)))
	}
}

// Refusal is the refusal of a command. Its methods check its details.
type Refusal struct {
	reply reply
	// Refusal is the error that the command returned.
	*trade.Refusal
}

// Short checks that this amount was missing.
func (r Refusal) Short(missing trade.Money) Refusal {
	r.reply.t.Helper()
	if r.Missing != missing {
		r.fail("missing " + missing.String())
	}
	return r
}

// From checks that the command can be accepted from this instant on.
func (r Refusal) From(earliest time.Time) Refusal {
	r.reply.t.Helper()
	if !r.Earliest.Equal(earliest) {
		r.fail("earliest " + earliest.Format(time.RFC3339Nano))
	}
	return r
}

// Until checks that the command would have been accepted before this instant.
func (r Refusal) Until(deadline time.Time) Refusal {
	r.reply.t.Helper()
	if !r.Deadline.Equal(deadline) {
		r.fail("deadline " + deadline.Format(time.RFC3339Nano))
	}
	return r
}

func (r Refusal) fail(want string) {
	r.reply.t.Helper()
	r.reply.t.Fatalf("%s", r.reply.failure([]block{{"refused by " + string(r.Rule), "  " + want}}, []block{blockOfError(r.Refusal)}))
}

// DeskAnswer is a Fixture's answer to a command.
type DeskAnswer struct {
	reply
	f      *Fixture
	result desk.Result
	before events.Position // the end of the log before the command
}

// When executes a command on the desk. The methods of the DeskAnswer check the result.
func (f *Fixture) When(by trade.Actor, do desk.Action) DeskAnswer {
	f.t.Helper()
	before := f.settled()
	r, err := f.Ask(by, do)
	return DeskAnswer{reply: f.reply(by, do, err), f: f, result: r, before: before}
}

// settled returns the last position of the log.
func (f *Fixture) settled() events.Position {
	f.t.Helper()
	p, err := f.Store.Settled(f.t.Context())
	if err != nil {
		f.t.Fatalf("reading the end of the log: %v", err)
	}
	return p
}

func (f *Fixture) reply(by trade.Actor, do desk.Action, err error) reply {
	asked := fmt.Sprintf("%s by %s at %s", do, who(by), f.Clock.Now().Format(time.RFC3339Nano))
	return reply{t: f.t, asked: asked, err: err}
}

// Then checks that the command made exactly these events, on all streams and in the order of the log. Each is an
// event as in desk.Recorded: an order.Event, a credit.Event, and so on.
func (a DeskAnswer) Then(want ...any) desk.Result {
	a.t.Helper()
	a.demand(blocksOf(want), a.events())
	return a.result
}

// Refused checks that this rule refused the command and that nothing was written.
func (a DeskAnswer) Refused(ruleID rule.ID) Refusal {
	a.t.Helper()
	no := a.refused(ruleID, a.events())
	a.unwritten()
	return no
}

// Invalid checks that the command was malformed in that field and that nothing was written.
func (a DeskAnswer) Invalid(field string) {
	a.t.Helper()
	a.invalid(field, a.events())
	a.unwritten()
}

func (a DeskAnswer) unwritten() {
	a.t.Helper()
	if now := a.f.settled(); now != a.before {
		a.t.Fatalf("%s\n  was not accepted, but the log went from position %d to %d", a.asked, a.before, now)
	}
}

func (a DeskAnswer) events() []block {
	list := make([]any, 0, len(a.result.Events))
	for _, f := range a.result.Events {
		list = append(list, f.Event)
	}
	return blocksOf(list)
}
