package desk_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// disputeSteps are a dispute of a shipped order from its beginning to its end: claimed, refunded
// and closed. Each is asked for under an ID of its own, which another process makes again.
func disputeSteps(id trade.ID) []scripted {
	var s []scripted
	for n, step := range []struct {
		at time.Duration
		by trade.Actor
		do order.Command
	}{
		{0, bruno, order.OpenDispute{Ground: order.GroundQuality, Claimed: money("2000 USD")}},
		{day, acme, order.ProposeSettlement{Refund: money("100 USD")}},
		{3 * day, bruno, order.Escalate{}},
		{4 * day, platform, order.Arbitrate{Compensation: money("1500 USD")}},
		{5 * day, acme, order.Refund{Amount: money("500 USD")}},
	} {
		s = append(s, scripted{at: start.Add(step.at), Command: desk.Command{
			ID: desk.CommandID(start, "dispute", fmt.Sprint(id, n)), By: step.by, Do: desk.OnOrder(id, step.do),
		}})
	}
	return s
}

// disputesUntilKilled reads an order, and at which commit the process is to end, before it or
// after. It goes through a dispute, saying of each step that it asks for it, and then what came
// of it.
func (tr *fixture) disputesUntilKilled(in io.Reader) {
	var text string
	end := dying{Store: tr.Store}
	if _, err := fmt.Fscanln(in, &text, &end.commits, &end.late); err != nil {
		tr.Fatal(err)
	}
	tr = newFixture(child{}, &end)
	for n, s := range disputeSteps(must(trade.ParseID(text))) {
		fmt.Println("ask", n)
		fmt.Println("got", n, answer(tr.at(s.at).Desk.Do(context.Background(), s.Command)))
	}
}

// TestKilledMidDispute kills a process at each commit of a dispute, before it and after. A desk
// that was there before and knows the order as it was goes on from the step of which nobody
// knows the outcome: every step takes effect once, and the buyer is compensated once.
func TestKilledMidDispute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	tr := newFixture(t, openFile(t, path)).opened("1000000 USD")
	var kept, lost int
	for cycle := range max(rounds(40), 10) {
		id, _ := tr.raceOrder(cycle, 6)
		steps := disputeSteps(id)
		at, late := 1+cycle%len(steps), cycle/len(steps)%2 == 1
		c := startChild(t, "dispute", path)
		c.Say(fmt.Sprintln(id, at, late))
		unheard := c.lastAsked()
		if unheard != at-1 {
			t.Fatalf("cycle %d: the child ended at step %d, want %d", cycle, unheard, at-1)
		}
		for n, s := range steps {
			r, err := tr.at(s.at).Desk.Do(context.Background(), s.Command)
			done := n < unheard || n == unheard && late
			if err != nil || r.Receipt.Repeated != done {
				t.Fatalf("cycle %d, ended at step %d: step %d: %+v, %v", cycle, unheard, n, r.Receipt, err)
			}
		}
		if late {
			kept++
		} else {
			lost++
		}
		if o := tr.Order(id); o.CloseReason != order.ClosedRefunded || o.Ledger.Claimed != money("1500 USD") || o.Ledger.Refunded != money("500 USD") || o.Dispute.Number != 1 {
			t.Fatalf("cycle %d: %+v", cycle, o)
		}
		if l := tr.line(); l.Consumed.MinorUnits() != int64(cycle+1)*150_000 || !l.Held.IsZero() {
			t.Fatalf("cycle %d: consumed %s, held %s", cycle, l.Consumed, l.Held)
		}
	}
	t.Logf("of the steps that nobody heard of, %d had taken effect and %d took effect when asked again", kept, lost)
	verify(t, tr.Store)
	tr.audit()
}

// lastAsked waits until the child has ended and returns the step it asked for last, of which it
// had no answer; or -1.
func (p *process) lastAsked() int {
	last := -1
	for line, ok := p.Hear(); ok; line, ok = p.Hear() {
		what, rest, _ := strings.Cut(line, " ")
		step, said, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(step)
		switch {
		case what == "ask" && err == nil:
			last = n
		case what == "got" && err == nil && said == "ok":
			last = -1
		default:
			p.t.Fatalf("the child said %q", line)
		}
	}
	return last
}

func (tr *fixture) rulesWhatItReads(in io.Reader) {
	tr.at(start.Add(3 * day))
	for lines := bufio.NewScanner(in); lines.Scan(); {
		id := must(trade.ParseID(lines.Text()))
		fmt.Println(answer(tr.Ask(platform, compensation(id, "1500 USD"))))
	}
}

// TestTwoProcessesRule has two processes rule on the same dispute: the buyer is compensated
// once, and the other ruling is refused by D29.
func TestTwoProcessesRule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	tr := newFixture(t, openFile(t, path)).opened("10000000 USD")
	children := [2]*process{startChild(t, "rule", path), startChild(t, "rule", path)}
	var won [2]int
	least := max(rounds(200), 20)
	round := 0
	for ; round < least || (won[0] == 0 || won[1] == 0) && round < 20*least; round++ {
		id, _ := tr.raceOrder(round, 6)
		tr.disputed(id, true)
		first := round % 2
		children[first].Say(id.String())
		children[1-first].Say(id.String())
		switch a, b := children[0].hear(), children[1].hear(); {
		case a == "ok" && b == "D29":
			won[0]++
		case a == "D29" && b == "ok":
			won[1]++
		default:
			t.Fatalf("round %d: %q and %q", round, a, b)
		}
	}
	t.Logf("won %v", won)
	if won[0] == 0 || won[1] == 0 {
		t.Fatalf("one process never won: %v", won)
	}
	if l := tr.line(); l.Consumed.MinorUnits() != int64(round)*150_000 || !l.Held.IsZero() {
		t.Fatalf("consumed %s, held %s after %d rounds", l.Consumed, l.Held, round)
	}
	tr.audit()
}
