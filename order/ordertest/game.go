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

// asking is a way to ask, and how often of a hundred times a game takes it.
type asking struct {
	name  string
	often int
	ask   func(g *game)
}

var askings = []asking{
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

// step asks for one thing; before it time goes on, or a little back.
func (g *game) step() {
	g.passTime()
	n := g.chance(100)
	for _, a := range askings {
		if n -= a.often; n < 0 {
			g.tally.Asked[a.name]++
			a.ask(g)
			return
		}
	}
}

// next is the next sensible step of something, if one is soon found that the desk would take.
func (g *game) next() (by trade.Actor, r Request) {
	for range 6 {
		by, r = g.Player.next()
		c := desk.Command{ID: g.nextID(), By: by, Do: r.Action()}
		err := g.Desk.Try(g.t.Context(), c)
		if err == nil {
			break
		}
		g.promised(c, err) // a fault is not what the next try passes over
	}
	return by, r
}

// valid asks for the next sensible step.
func (g *game) valid() { g.try(g.next()) }

// try asks for something under a new ID.
func (g *game) try(by trade.Actor, r Request) {
	g.rt.Helper()
	_ = g.do(desk.Command{ID: g.nextID(), By: by, Do: r.Action()})
}

// boundary takes the clock to a deadline, or a nanosecond beside it, and asks for the next step
// or has the system act. A game does not go back further than its log.
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

// tick does what is due until nothing is. What one tick has done may make something else due at
// once, such as the charge after a late receipt, but that comes to an end.
func (g *game) tick() {
	g.rt.Helper()
	for range 10 {
		if !g.tickOnce() {
			return
		}
	}
	g.rt.Fatalf("I29: after ten ticks at %s there is still something to do", g.Clock.Now())
}

// tickOnce does what is due, a commit a command in the order of the deadlines, and reports
// whether it wrote anything.
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

// wrongActor has somebody else ask for the next sensible step: in another role, or in the same
// one from another account.
func (g *game) wrongActor() {
	by, r := g.next()
	other := one(g.chance, Everybody()...)
	if g.chance(2) == 0 {
		other = trade.Actor{Role: by.Role, Account: "x-nobody", Email: "nobody@nowhere.example"}
	}
	g.try(other, r)
}

// malformed asks for what nobody should send: a spoilt payload, or a spoilt envelope.
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

// stale asks for the next step at a version that the stream does not have, and then at the one
// that it has.
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

// twice asks once more for what was carried out last.
func (g *game) twice() {
	g.rt.Helper()
	if len(g.result.Events) == 0 {
		return
	}
	again, err := g.Desk.Do(g.t.Context(), g.last)
	if wrote := g.written("the same again"); len(wrote) > 0 {
		g.rt.Fatalf("I29: %s asked again wrote %s", g.last.Do, wrote[0].Type)
	}
	if err != nil || !again.Receipt.Repeated {
		g.rt.Fatalf("I29: %s asked again: %+v, %v", g.last.Do, again.Receipt, err)
	}
	if again.Receipt.Repeated = false; !reflect.DeepEqual(again, g.result) {
		g.rt.Fatalf("I29: %s asked again gave\n%+v, first\n%+v", g.last.Do, again, g.result)
	}
}

// forged asks for something else under the ID of what was carried out last. What is not the
// actor's to issue is refused as under any other ID (D64).
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
		return // the very same, for all that can be seen
	}
	var duplicate *events.DuplicateError
	var no *trade.Refusal
	if err := g.do(c); !errors.As(err, &duplicate) && (!errors.As(err, &no) || !no.ByActor()) {
		g.rt.Fatalf("I29: %s under the ID of %s: %v", c.Do, g.last.Do, err)
	}
}
