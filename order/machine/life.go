package machine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is a Symbol that has a name for people as well.
type Phase interface {
	Symbol
	// Text returns the phase as a sentence has it: the order is "ready to ship".
	Text(lang rule.Lang) string
}

// Permit says which roles may issue a command in which phases, which rule refuses it otherwise,
// and which events may result. A command may have several permits, all with the same rule.
type Permit[P Phase, K Symbol] struct {
	Command string
	Roles   []trade.Role
	Phases  []P
	Rule    rule.ID
	Makes   []K

	// In the phases of Except, ExceptRule refuses instead of Rule.
	Except     []P
	ExceptRule rule.ID
	// WhileFrozen says that the command is accepted while the stream is frozen (D29).
	WhileFrozen bool
	// OnlyFrozen says that the command is accepted only while the stream is frozen.
	OnlyFrozen bool
	// Facts are the roles whose command no clock refuses (D61): it reports what happened outside, or
	// frees money or quota that one event under a wrong clock must not lock. See Life.Instant.
	Facts []trade.Role
}

// Unless returns the permit with another rule for refusals in those phases.
func (p Permit[P, K]) Unless(ruleID rule.ID, phases []P) Permit[P, K] {
	p.Except, p.ExceptRule = phases, ruleID
	return p
}

// EvenFrozen returns the permit with the command accepted while the stream is frozen, too.
func (p Permit[P, K]) EvenFrozen() Permit[P, K] {
	p.WhileFrozen = true
	return p
}

// WhenFrozen returns the permit with the command accepted only while the stream is frozen.
func (p Permit[P, K]) WhenFrozen() Permit[P, K] {
	p.WhileFrozen, p.OnlyFrozen = true, true
	return p
}

// in reports whether the permit has the phase of the stream, and the freeze that it may need.
func (p *Permit[P, K]) in(at *At[P]) bool {
	return slices.Contains(p.Phases, at.Phase) && (at.Frozen || !p.OnlyFrozen)
}

// AsFact returns the permit with the command as a fact if it comes from one of the roles, or from
// any role of the permit if none is named.
func (p Permit[P, K]) AsFact(roles ...trade.Role) Permit[P, K] {
	if len(roles) == 0 {
		roles = p.Roles
	}
	p.Facts = roles
	return p
}

func (p *Permit[P, K]) refuses(phase P) rule.ID {
	if slices.Contains(p.Except, phase) {
		return p.ExceptRule
	}
	return p.Rule
}

func (p Permit[P, K]) clone() Permit[P, K] {
	p.Roles, p.Phases, p.Makes, p.Except = slices.Clone(p.Roles), slices.Clone(p.Phases), slices.Clone(p.Makes), slices.Clone(p.Except)
	p.Facts = slices.Clone(p.Facts)
	return p
}

// Life is the life of an aggregate as data: the steps that its events take and the permits of its
// commands. What no permit allows is denied. It is made by NewLife and never changes.
type Life[P Phase, K Symbol] struct {
	table            *Table[P, K]
	english, chinese string // the aggregate, such as "order" and "订单"
	steps            []Step[P, K]
	permits          []Permit[P, K]
	commands         map[string]*command[P, K]
}

// command is all permits of one command.
type command[P Phase, K Symbol] struct {
	rows             []*Permit[P, K]
	english, chinese string // for whom it is, and in which phases
}

// NewLife returns the life of an aggregate with those names in English and Chinese, from its steps
// and its permits, to which it keeps no reference. Its errors are those of New.
func NewLife[P Phase, K Symbol](english, chinese string, initial P, steps []Step[P, K], permits []Permit[P, K]) (*Life[P, K], error) {
	table, err := New(initial, steps)
	if err != nil {
		return nil, err
	}
	l := &Life[P, K]{table: table, english: english, chinese: chinese, steps: cloneSteps(steps), commands: make(map[string]*command[P, K])}
	for _, p := range permits {
		l.permits = append(l.permits, p.clone())
	}
	for i := range l.permits {
		p := &l.permits[i]
		c := l.commands[p.Command]
		if c == nil {
			c = new(command[P, K])
			l.commands[p.Command] = c
		}
		c.rows = append(c.rows, p)
	}
	for name, c := range l.commands {
		c.describe(name)
	}
	return l, nil
}

// Must returns the life, or panics: if the tables of a package contradict each other, the program is
// broken.
func Must[P Phase, K Symbol](l *Life[P, K], err error) *Life[P, K] {
	if err != nil {
		panic(err)
	}
	return l
}

// describe sets the sentences that say which roles may issue the command in which phases.
func (c *command[P, K]) describe(name string) {
	var english, chinese []string
	for _, p := range c.rows {
		var when, whenChinese string
		if p.OnlyFrozen {
			when, whenChinese = " and "+openEnglish, "且"+openChinese+"时"
		}
		english = append(english, "for "+list(texts(p.Roles, rule.English, "the %s"), "and")+
			", while it is "+list(texts(p.Phases, rule.English, "%s"), "or")+when)
		chinese = append(chinese, strings.Join(texts(p.Roles, rule.Chinese, "%s"), "、")+
			"在"+strings.Join(texts(p.Phases, rule.Chinese, "“%s”"), "、")+"状态下"+whenChinese)
	}
	c.english = name + " is " + strings.Join(english, ", and ")
	c.chinese = name + " 仅限" + strings.Join(chinese, "，或") + "使用"
}

// What freezes a stream.
const (
	openEnglish = "a dispute or a chargeback is open"
	openChinese = "有进行中的纠纷或拒付"
)

// texts returns the text of each value in that language, written as the format says.
func texts[T interface{ Text(lang rule.Lang) string }](values []T, lang rule.Lang, format string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = fmt.Sprintf(format, v.Text(lang))
	}
	return list
}

// list joins words as a sentence does.
func list(words []string, last string) string {
	if n := len(words) - 1; n > 0 {
		return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
	}
	return strings.Join(words, "")
}

// Table returns the machine of the steps.
func (l *Life[P, K]) Table() *Table[P, K] { return l.table }

// Diagram returns the steps as a Mermaid state diagram.
func (l *Life[P, K]) Diagram(opts ...MermaidOption) string { return l.table.Mermaid(opts...) }

// Steps returns a copy of the table of events.
func (l *Life[P, K]) Steps() []Step[P, K] { return cloneSteps(l.steps) }

func cloneSteps[P, K Symbol](steps []Step[P, K]) []Step[P, K] {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].From = slices.Clone(steps[i].From)
	}
	return steps
}

// Permits returns a copy of the table of commands.
func (l *Life[P, K]) Permits() []Permit[P, K] {
	permits := make([]Permit[P, K], len(l.permits))
	for i := range l.permits {
		permits[i] = l.permits[i].clone()
	}
	return permits
}

// At is what Life needs to know of a stream when a command reaches it.
type At[P Phase] struct {
	Phase  P
	LastAt time.Time // the latest instant of its events
	Party  bool      // the actor is a party to it; platform, system and desk always are
	Frozen bool      // it accepts only commands with a permit EvenFrozen
}

// Fact reports whether a command of the role is a fact: no clock refuses it.
func (l *Life[P, K]) Fact(name string, role trade.Role) bool {
	c := l.commands[name]
	return c != nil && slices.ContainsFunc(c.rows, func(p *Permit[P, K]) bool { return slices.Contains(p.Facts, role) })
}

// Instant returns the instant of the events that a command makes on a stream whose last event is of
// that instant: that of the command, or for a fact the later of the two.
func (l *Life[P, K]) Instant(name string, g trade.Given, last time.Time) time.Time {
	if l.Fact(name, g.By.Role) {
		return trade.Later(g.At, last)
	}
	return g.At
}

// Check returns the *trade.Refusal of a command by role, party, phase, instant (D61) or freeze
// (D29), the first that applies in this order, or nil. A refusal by role or party has no phase and
// is the same whatever the stream holds: a stranger does not learn whether it exists (D64). A command
// that no permit names is a *trade.InvalidError. The instant is not checked of a fact, which takes
// the one that Instant returns, and not of the desk: what the desk writes to one stream belongs to a
// command on another, and is ordered by version, not by time.
func (l *Life[P, K]) Check(name string, g trade.Given, at At[P]) error {
	c := l.commands[name]
	if c == nil {
		return trade.Invalid("command", "%s is not a command of the %s", trade.Quoted(name), l.english)
	}
	role, here, whileFrozen := false, false, false
	for _, p := range c.rows {
		mine := slices.Contains(p.Roles, g.By.Role)
		role, here = role || mine, here || mine && p.in(&at)
		whileFrozen = whileFrozen || p.WhileFrozen
	}
	no := func(id rule.ID) *trade.Refusal { return trade.Refuse(id, name, at.Phase.String()) }
	other := c.rows[0].refuses(at.Phase)
	switch {
	case !role:
		return trade.Refuse(c.rows[0].Rule, name, "").Instead("the actor is the "+g.By.Role.Text(rule.English)+"; "+c.english,
			"操作者是"+g.By.Role.Text(rule.Chinese)+"；"+c.chinese)
	case !at.Party:
		return trade.Refuse(c.rows[0].Rule, name, "").Instead("the account is not a party to the "+l.english, "该账号不是此"+l.chinese+"的当事人")
	case !here:
		return no(other).Instead("the "+l.english+" is "+at.Phase.Text(rule.English)+"; "+c.english,
			l.chinese+"的状态是“"+at.Phase.Text(rule.Chinese)+"”；"+c.chinese)
	case g.At.Before(at.LastAt) && g.By.Role != trade.Desk && !l.Fact(name, g.By.Role):
		return no(rule.D61).From(at.LastAt)
	case at.Frozen && !whileFrozen:
		return no(rule.D29).Says(openEnglish, openChinese)
	}
	return nil
}

// Step returns the phase to which an event leads, or a *trade.InvalidError if the table has no step
// for it.
func (l *Life[P, K]) Step(from P, event K) (P, error) {
	to, ok := l.table.Next(from, event)
	if !ok {
		return from, trade.Invalid("event", "%s has no step from phase %s", event, from)
	}
	return to, nil
}

// Choice is a command that an actor's role and the phase permit.
type Choice struct {
	Command string
	// Refusal is the refusal of the command whatever its payload, as far as the stream alone shows;
	// nil if none is known.
	Refusal *trade.Refusal
}

// Next returns the commands that the actor's role and the phase permit, in the order of the table,
// and none to which the actor is not a party. The function at returns what Check needs to know for
// a command. If Check accepts a command, probe returns the error of a sample of it, or nil if only
// its payload or other streams can decide.
func (l *Life[P, K]) Next(g trade.Given, at func(command string) At[P], probe func(command string) error) []Choice {
	if g.Validate() != nil {
		return nil
	}
	var choices []Choice
	for i := range l.permits {
		p := &l.permits[i]
		if !slices.Contains(p.Roles, g.By.Role) {
			continue
		}
		at := at(p.Command)
		if !at.Party || !p.in(&at) {
			continue
		}
		err := l.Check(p.Command, g, at)
		if err == nil {
			err = probe(p.Command)
		}
		no, _ := errors.AsType[*trade.Refusal](err)
		choices = append(choices, Choice{p.Command, no})
	}
	return choices
}
