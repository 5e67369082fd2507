package ordertest

import (
	"errors"
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// attempt is a way to issue commands, and its share of a game in percent.
type attempt struct {
	name  string
	share int
	run   func(g *game)
}

var attempts = []attempt{
	{"valid", 54, (*game).valid},
	{"boundary", 10, (*game).boundary},
	{"tick", 6, (*game).tick},
	{"any", 9, func(g *game) { g.try(one(g.chance, Everybody()...), g.any()) }},
	{"wrong actor", 7, (*game).wrongActor},
	{"malformed", 5, (*game).malformed},
	{"stale", 3, (*game).stale},
	{"twice", 3, (*game).twice},
	{"forged", 3, (*game).forged},
}

// step makes one attempt. Before it the clock may move.
func (g *game) step() {
	g.passTime()
	n := g.chance(100)
	for _, a := range attempts {
		if n -= a.share; n < 0 {
			g.tally.Asked[a.name]++
			a.run(g)
			return
		}
	}
}

// next returns a sensible next request. It tries up to six and returns the first one that the desk would accept, or
// the last one.
func (g *game) next() (by trade.Actor, r Request) {
	for range 6 {
		by, r = g.Player.next()
		c := desk.Command{ID: g.nextID(), By: by, Do: r.Action()}
		err := g.Desk.Try(g.t.Context(), c)
		if err == nil {
			break
		}
		g.promised(c, err) // the desk may refuse, but only by an error that it promises
	}
	return by, r
}

// valid issues the next sensible command.
func (g *game) valid() { g.try(g.next()) }

// try issues a request under a new ID.
func (g *game) try(by trade.Actor, r Request) {
	g.rt.Helper()
	_ = g.do(desk.Command{ID: g.nextID(), By: by, Do: r.Action()})
}

// boundary sets the clock to a deadline or a nanosecond beside it, and issues the next sensible command or ticks. It
// never sets the clock back.
func (g *game) boundary() {
	if at := g.deadline().Add(one[time.Duration](g.chance, -1, 0, 1)); at.After(g.Clock.Now()) {
		g.Clock.Set(at)
	}
	if g.chance(3) == 0 {
		g.tick()
		return
	}
	g.try(g.next())
}

// tick ticks until nothing is due. The result of one tick can make something else due at once, such as the charge after
// a late receipt, but ten ticks must be enough.
func (g *game) tick() {
	g.rt.Helper()
	for range 10 {
		if !g.tickOnce() {
			return
		}
	}
	g.rt.Fatalf("I29: after ten ticks at %s there is still something to do", g.Clock.Now())
}

// tickOnce ticks, checks that each executed command has one commit, in the order of the deadlines, and reports whether
// the tick wrote anything.
func (g *game) tickOnce() bool {
	g.rt.Helper()
	done, err := g.Desk.Tick(g.t.Context(), g.Clock.Now())
	if err != nil {
		g.rt.Fatalf("tick: %v", err)
	}
	wrote := commits(g.written("tick"))
	some := len(wrote) > 0
	for _, d := range done {
		if d.At.After(g.Clock.Now()) {
			g.rt.Fatalf("tick at %s did %s, due at %s", g.Clock.Now(), d.Do, d.At)
		}
		if d.Err == nil && len(wrote) > 0 {
			g.commit(desk.Command{ID: wrote[0][0].Commit, By: System, Do: d.Do}, wrote[0])
			wrote = wrote[1:]
		}
	}
	if len(wrote) > 0 {
		g.rt.Fatalf("tick wrote %s, which none of %d due commands explains", wrote[0][0].Type, len(done))
	}
	return some
}

// wrongActor issues the next sensible command by another actor: of another role, or of the same role with another
// account.
func (g *game) wrongActor() {
	by, r := g.next()
	other := one(g.chance, Everybody()...)
	if g.chance(2) == 0 {
		other = trade.Actor{Role: by.Role, Account: "x-nobody", Email: "nobody@nowhere.example"}
	}
	g.try(other, r)
}

// malformed issues a command with a hostile payload or a hostile envelope.
func (g *game) malformed() {
	by, r := g.next()
	c := desk.Command{ID: g.nextID(), By: by, Do: r.spoilt(g.chance).Action()}
	switch g.chance(8) {
	case 0:
		c.ID = one(g.chance, uuid.Nil, uuid.Max)
	case 1:
		c.By = one(g.chance, trade.Actor{}, trade.Actor{Role: trade.Desk}, trade.Actor{Role: trade.Role(99), Account: by.Account}, trade.Actor{Role: by.Role, Account: "no account"})
	case 2:
		c.Do = desk.Action{}
	case 3:
		c.Trace = one(g.chance, "\x00", string(make([]byte, 201)))
	}
	if err := g.do(c); err == nil && (c.By.Role == trade.Desk || c.ID == uuid.Nil || c.Do.String() == "nothing") {
		g.rt.Fatalf("%s under %s by %v was accepted", c.Do, c.ID, c.By)
	}
}

// stale issues the next command at a version that the stream does not have, and then at its current version.
func (g *game) stale() {
	g.rt.Helper()
	by, r := g.next()
	c := desk.Command{ID: g.nextID(), By: by, Do: r.Action(), Expect: 1 << 40}
	var old *desk.ExpectError
	if err := g.do(c); !errors.As(err, &old) {
		g.rt.Fatalf("%s at version %d: %v, want an ExpectError", c.Do, c.Expect, err)
	}
	if c.Expect = old.Head; c.Expect == 0 {
		return
	}
	if err := g.do(c); errors.As(err, &old) {
		g.rt.Fatalf("%s at version %d: %v", c.Do, c.Expect, err)
	}
}

// twice repeats the last executed command.
func (g *game) twice() {
	g.rt.Helper()
	if len(g.result.Events) == 0 {
		return
	}
	again, err := g.Desk.Do(g.t.Context(), g.last)
	if wrote := g.written("the repeated command"); len(wrote) > 0 {
		g.rt.Fatalf("I29: %s repeated wrote %s", g.last.Do, wrote[0].Type)
	}
	if err != nil || !again.Receipt.Repeated {
		g.rt.Fatalf("I29: %s repeated: %+v, %v", g.last.Do, again.Receipt, err)
	}
	if again.Receipt.Repeated = false; !reflect.DeepEqual(again, g.result) {
		g.rt.Fatalf("I29: %s repeated returned\n%+v, the first time\n%+v", g.last.Do, again, g.result)
	}
}

// forged issues another command under the ID of the last executed one. A command that the actor may not issue is
// refused as under any other ID (D64).
func (g *game) forged() {
	g.rt.Helper()
	if len(g.result.Events) == 0 {
		return
	}
	c := g.last
	if c.By.Account = "b-forger"; g.chance(2) == 0 {
		by, r := g.next()
		c.By, c.Do = by, r.Action()
	}
	if c.By.Role == g.last.By.Role && c.By.Account == g.last.By.Account && c.Do.String() == g.last.Do.String() {
		return // it looks like the same command
	}
	var duplicate *events.DuplicateError
	var no *trade.Refusal
	if err := g.do(c); !errors.As(err, &duplicate) && (!errors.As(err, &no) || !no.ByActor()) {
		g.rt.Fatalf("I29: %s under the ID of %s: %v", c.Do, g.last.Do, err)
	}
}
