package credit

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// life is a line of either product with what the streams of its orders say.
type life struct {
	line    Line
	orders  [4]Facts
	history []events.Recorded[Event]
}

func lifeOrder(i int) trade.ID { return trade.ID{1, 6: 0x70, 8: 0x80, 15: byte(i)} }

// draw draws a command, mostly one that names what its order holds, and its actor and
// facts. It draws one number and picks evenly from there, because the numbers that rapid draws are
// mostly small.
func (l *life) draw(t *rapid.T) (Command, trade.Actor, Facts) {
	pick := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "step"), 0)).IntN
	money := func() trade.Money {
		if pick(20) == 0 {
			return trade.Minor(math.MaxInt64, l.line.Currency)
		}
		return trade.Minor(int64(1+pick(30)), l.line.Currency)
	}
	n, amount, limit := pick(len(l.orders)), money(), trade.Minor(2*money().MinorUnits()-2, l.line.Currency)
	if limit.IsNegative() {
		limit = trade.Minor(math.MaxInt64, l.line.Currency)
	}
	id, facts := lifeOrder(n), l.orders[n]
	facts.Fake = n < 2
	holds := facts.Hold.Amount
	if !holds.IsPositive() || pick(10) == 0 {
		holds = amount
	}
	ground := []Ground{{ReasonOverdue, trade.Text(id.String())}, {ReasonFakeOrder, trade.Text(id.String())}, {ReasonOpenOrders, ""}, {ReasonOther, "audit"}}[pick(4)]
	restore := Restore{Order: id, Amount: holds, Cause: []RestoreCause{RestorePaid, RestoreReturned}[pick(2)], Overdue: facts.Overdue}
	release := Release{Order: id, Amount: holds, Cause: []order.ReleaseCause{order.ReleaseShipped, order.ReleaseUncovered, order.ReleaseUncovered}[pick(3)]}
	hold, deduct := Hold{Order: id, Amount: amount}, Deduct{Order: id, Amount: amount}
	commands := []Command{
		hold, hold, hold, hold, AssessLimit{Limit: limit}, Suspend{Reason: "fraud"}, Resume{}, Resume{}, Adjust{Order: id, From: holds, To: amount},
		Adjust{Order: id, From: holds, To: amount}, release, Claim{Order: id, Open: holds, Amount: amount}, RepayClaim{Amount: amount, Reference: "TT-1"}, deduct,
	}
	if l.line.Product == PayLater {
		commands = []Command{
			deduct, deduct, deduct, deduct, AssessLimit{Limit: limit}, OpenLine{Limit: limit}, OpenLine{Limit: limit}, restore, restore,
			Restore{Order: id, Amount: amount, Cause: RestoreLowered}, Consume{Order: id, Amount: holds}, Freeze(ground), Unfreeze(ground), Unfreeze(ground),
			NoteOverdue{Order: id}, NoteOverdue{Order: id}, Withdraw{Amount: amount}, hold,
		}
	}
	switch c := commands[pick(len(commands))]; c.(type) {
	case Hold, Adjust, Release, Claim, Deduct, Restore, NoteOverdue, Consume:
		return c, desk, facts
	default:
		return c, platform, facts
	}
}

// note follows what the order of an event holds.
func (l *life) note(e Event) {
	of := func(id trade.ID) *Facts { return &l.orders[id[15]] }
	holds := func(id trade.ID, status order.HoldStatus, amount trade.Money, cause order.ReleaseCause) {
		of(id).Hold = order.Hold{Status: status, Amount: amount, Cause: cause}
	}
	switch e := e.(type) {
	case Held:
		holds(e.Order, order.HoldOpen, e.Amount, "")
	case HoldAdjusted:
		holds(e.Order, order.HoldOpen, e.To, "")
	case Released:
		holds(e.Order, order.HoldIsReleased, e.Amount, e.Cause)
	case ClaimPosted:
		holds(e.Order, order.HoldIsPosted, e.Amount, "")
	case QuotaDeducted:
		holds(e.Order, order.HoldOpen, e.Amount, "")
	case QuotaRestored:
		rest := trade.Minor(of(e.Order).Hold.Amount.MinorUnits()-e.Amount.MinorUnits(), l.line.Currency)
		if holds(e.Order, order.HoldOpen, rest, ""); rest.IsZero() {
			l.orders[e.Order[15]] = Facts{Hold: order.Hold{Status: order.HoldIsReleased}}
		}
	case QuotaConsumed:
		l.orders[e.Order[15]] = Facts{Hold: order.Hold{Status: order.HoldIsPosted, Amount: e.Amount}}
	case OverdueNoted:
		of(e.Order).Overdue = true
	}
}

// check holds the sums of the line to what its orders hold and to each other (I1, I2, I17).
func (l *life) check(t *rapid.T, made []Event) {
	var sum, count, late int64
	for _, f := range l.orders {
		if f.Hold.Status == order.HoldOpen {
			sum, count = sum+f.Hold.Amount.MinorUnits(), count+1
		}
		if f.Overdue {
			late++
		}
	}
	line := &l.line
	over := line.Overcommitted()
	switch {
	case line.Held.MinorUnits() != sum || line.OpenHolds != count || line.Overdue != late:
		t.Fatalf("the line is %+v, its orders hold %d for %d, %d overdue", line, sum, count, late)
	case line.Available().MinorUnits()-over.MinorUnits()+line.Held.MinorUnits()+line.Consumed.MinorUnits() != line.Limit.MinorUnits(),
		!line.Available().IsZero() && !over.IsZero(), line.Available().IsNegative(), over.IsNegative(), line.Consumed.IsNegative():
		t.Fatalf("the sums of %+v do not make its limit", line)
	}
	for _, e := range made {
		grows := false
		switch e := e.(type) {
		case Held, QuotaDeducted:
			grows = true
		case HoldAdjusted:
			grows = e.From.Less(e.To)
		}
		if grows && (!over.IsZero() || line.Frozen() || line.Suspended()) {
			t.Fatalf("%+v leads to %+v", e, line)
		}
	}
}

// drawLife runs drawn commands on a line of either product, and returns the empty line, what was
// recorded and the live line.
func drawLife(t *rapid.T) (Line, []events.Recorded[Event], Line) {
	start := New(Assurance, "acme", usd)
	if rapid.Bool().Draw(t, "pay later") {
		start = New(PayLater, "acme", cny)
	}
	l, at := life{line: start}, noon
	for range rapid.SampledFrom([]int{1, 10, 40, 80}).Draw(t, "commands") {
		c, by, facts := l.draw(t)
		at = at.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour)
		made, err := Decide(l.line, c, trade.Given{By: by, At: at}, facts)
		if no, ok := errors.AsType[*trade.Refusal](err); err != nil && (!ok || no.Command != c.Name() || len(made) > 0) {
			t.Fatalf("%+v: %v is no refusal, or comes with events %v", c, err, made)
		}
		for _, e := range made {
			if err := l.line.Apply(e, at); err != nil {
				t.Fatalf("decided an event that cannot be: %v", err)
			}
			l.note(e)
			l.history = append(l.history, events.Recorded[Event]{At: at, Event: e})
		}
		l.check(t, made)
	}
	return start, l.history, l.line
}

// TestReplay holds the fold to its laws: a replay equals the live state, a prefix and the rest
// equal the whole, a snapshot and the rest equal the whole, and the codec changes nothing.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, history, live := drawLife(t)
		whole, err := Replay(start, history)
		if err != nil || !same(whole, live) {
			t.Fatalf("replayed %+v, %v; live %+v", whole, err, live)
		}
		cut := rapid.IntRange(0, len(history)).Draw(t, "cut")
		prefix, _ := Replay(start, history[:cut])
		kept := copied(prefix)
		if rest, err := Replay(prefix, history[cut:]); err != nil || !same(rest, whole) {
			t.Fatalf("prefix and rest give %+v, %v", rest, err)
		}
		if !same(prefix, kept) {
			t.Fatal("the prefix was written")
		}
		saved, err := save([]byte("before"), &prefix)
		if err != nil {
			t.Fatal(err)
		}
		restored := start
		if err := restore(saved[len("before"):], &restored); err != nil || !same(restored, prefix) {
			t.Fatalf("restored %+v, %v from %s; saved %+v", restored, err, saved, prefix)
		}
		if rest, err := Replay(restored, history[cut:]); err != nil || !same(rest, whole) {
			t.Fatalf("snapshot and rest give %+v, %v", rest, err)
		}
		for i := range history {
			history[i].Event = recode(t, history[i].Event)
		}
		if decoded, err := Replay(start, history); err != nil || !same(decoded, whole) {
			t.Fatalf("decoded history gives %+v, %v", decoded, err)
		}
	})
}
