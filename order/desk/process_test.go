package desk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/trade"
)

// TestMain runs the tests or, in a process of its own, a desk: args are what it does and on which
// log.
func TestMain(m *testing.M) {
	storetest.Child(func(args []string) error {
		tr := newFixture(child{}, openLog(child{}, args[1]))
		switch args[0] {
		case "ask":
			tr.asksWhatItReads(os.Stdin)
		case "confirm":
			tr.confirmsWhatItReads(os.Stdin)
		case "tick":
			tr.ticksWhenItReads(os.Stdin)
		case "rule":
			tr.rulesWhatItReads(os.Stdin)
		case "dispute":
			tr.disputesUntilKilled(os.Stdin)
		case "adopt":
			tr.adoptsWhenItReads(os.Stdin)
		case "play":
			tr.playsUntilKilled(os.Stdin)
		}
		return nil
	})
	os.Exit(pgtest.Main(m))
}

// child is a process that has no test to fail.
type child struct{ testing.TB }

func (child) Helper() {}

func (child) Context() context.Context { return context.Background() }

// Cleanup forgets what is to be done: the process ends without leave.
func (child) Cleanup(func()) {}

func (child) Fatal(args ...any) {
	fmt.Println("error", fmt.Sprint(args...))
	os.Exit(1)
}

func (c child) Fatalf(format string, args ...any) { c.Fatal(fmt.Sprintf(format, args...)) }

// process is a child.
type process struct {
	*storetest.Process
	t testing.TB
}

// startChild starts a process for a task on the log at a place.
func startChild(t testing.TB, task, place string) *process {
	t.Helper()
	return &process{storetest.Start(t, task, place), t}
}

func (p *process) hear() string {
	line, ok := p.Hear()
	if !ok {
		p.t.Fatal("the child is gone")
	}
	return line
}

// answer is what came of a command in few words: ok, a rule, or what else.
func answer(r desk.Result, err error) string {
	var no *trade.Refusal
	switch {
	case errors.As(err, &no):
		return string(no.Rule)
	case err != nil:
		return err.Error()
	case r.Receipt.Repeated:
		return "repeated"
	case len(r.Events) == 0:
		return "nothing to do"
	}
	return "ok"
}

func (tr *fixture) confirmsWhatItReads(in io.Reader) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		id := must(trade.ParseID(lines.Text()))
		fmt.Println(answer(tr.Ask(bruno, desk.OnOrder(id, order.Confirm{Terms: 2}))))
	}
}

// TestTwoProcessesConfirm has two processes confirm the same order for the same buyer: one is
// accepted, the other refused by A18.
func TestTwoProcessesConfirm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	tr := newFixture(t, openFile(t, path)).opened("0 USD")
	children := [2]*process{startChild(t, "confirm", path), startChild(t, "confirm", path)}
	var won [2]int
	least := max(rounds(200), 20)
	for round := 0; round < least || (won[0] == 0 || won[1] == 0) && round < 20*least; round++ {
		id := orderOfRound(round, 0)
		tr.drafted(acme, id, "100 USD", "100 USD", order.CoverageNone)
		tr.submit(id)
		first := round % 2
		children[first].Say(id.String())
		children[1-first].Say(id.String())
		switch a, b := children[0].hear(), children[1].hear(); {
		case a == "ok" && b == "A18":
			won[0]++
		case a == "A18" && b == "ok":
			won[1]++
		default:
			t.Fatalf("round %d: %q and %q", round, a, b)
		}
	}
	t.Logf("won %v", won)
	if won[0] == 0 || won[1] == 0 {
		t.Fatalf("one process never won: %v", won)
	}
	tr.audit()
}

func (tr *fixture) ticksWhenItReads(in io.Reader) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		now := must(time.Parse(time.RFC3339Nano, lines.Text()))
		done, err := tr.Desk.Tick(context.Background(), now)
		acted := 0
		for _, x := range done {
			if x.Err == nil {
				acted++
			}
		}
		fmt.Println(acted, err)
	}
}

// TestTwoProcessesTick has two processes do what is due at the same instant: each order is
// closed once.
func TestTwoProcessesTick(t *testing.T) {
	tickInTwo(t, filepath.Join(t.TempDir(), "log.db"), max(rounds(10), 3))
}

// tickInTwo has two processes tick that many times on the log at a place.
func tickInTwo(t *testing.T, place string, times int) {
	tr := newFixture(t, openLog(t, place)).opened("1000000 USD")
	children := [2]*process{startChild(t, "tick", place), startChild(t, "tick", place)}
	for round := range times {
		const orders = 20
		tr.at(start.Add(time.Duration(round) * 40 * day))
		for n := range orders {
			id := orderOfRound(round, n)
			tr.drafted(acme, id, "100 USD", "100 USD", order.CoveragePostDelivery)
			tr.submit(id)
		}
		tr.held("2000 USD")
		now := tr.Clock.Now().Add(30 * day).Format(time.RFC3339Nano)
		children[0].Say(now)
		children[1].Say(now)
		for _, c := range children {
			// What one has done counts for the other as done, unless it came too late to ask.
			if acted, rest, _ := strings.Cut(c.hear(), " "); rest != "<nil>" || must(strconv.Atoi(acted)) > orders {
				t.Fatalf("acted on %s: %s", acted, rest)
			}
		}
		for n := range orders {
			if o := tr.Order(orderOfRound(round, n)); o.CloseReason != order.ClosedExpired {
				t.Fatalf("order %d of round %d is %s", n, round, o.Phase)
			}
		}
		tr.held("0 USD")
	}
	tr.audit()
}

// asked is a command that a child has asked for, as it prints it.
type asked struct {
	ID      uuid.UUID
	By      trade.Actor
	At      time.Time
	Request ordertest.Request
}

func (a asked) command() desk.Command {
	return desk.Command{ID: a.ID, By: a.By, Do: a.Request.Action()}
}

// dying is a store that kills its process at a commit, before it has happened or after.
type dying struct {
	events.Store
	commits int // until then
	late    bool
}

func (d *dying) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if c.IsGuard() {
		return d.Store.Append(ctx, c)
	}
	if d.commits--; d.commits != 0 {
		return d.Store.Append(ctx, c)
	}
	if d.late {
		if _, err := d.Store.Append(ctx, c); err != nil {
			d.commits = 1 // somebody was first, there is another time
			return events.Receipt{}, err
		}
	}
	storetest.Die()
	return events.Receipt{}, nil
}

// playsUntilKilled prints every command before it issues it, and then the result. What it reads first
// is its seed, and how it is to end: at which commit, before it or after. At no
// commit it waits to be killed.
func (tr *fixture) playsUntilKilled(in io.Reader) {
	var (
		seed uint64
		end  = dying{Store: tr.Store}
	)
	if _, err := fmt.Fscanln(in, &seed, &end.commits, &end.late); err != nil {
		tr.Fatal(err)
	}
	tr = newFixture(child{}, &end)
	tr.at(start.Add(time.Duration(seed) * 60 * day))
	p := ordertest.NewPlayer(tr.Fixture, rand.New(rand.NewPCG(seed, 0)).IntN, ordertest.PlayerConfig{Name: 'A' + byte(seed), Orders: 6})
	for {
		c := p.Next()
		line := must(json.Marshal(asked{c.ID, c.By, p.Clock.Now(), p.Request()}))
		fmt.Println("ask " + string(line))
		fmt.Println("got", c.ID, answer(tr.Desk.Do(context.Background(), c)))
	}
}

// TestKilledMidCommand kills a process in the middle of its commands, again and again on one
// log. What it heard is there; every stream replays and every invariant holds; and its last
// command, of which nobody knows the outcome, asked again with its ID takes effect once.
func TestKilledMidCommand(t *testing.T) {
	killMidCommand(t, filepath.Join(t.TempDir(), "log.db"), max(rounds(20), 6))
}

// killMidCommand kills that many processes at work on the log at a place.
func killMidCommand(t *testing.T, place string, cycles int) {
	newFixture(t, openLog(t, place)).opened("1000000 USD").openedTo(orient, "1000000 USD")
	var commands, lost, kept int
	for cycle := range cycles {
		c := startChild(t, "play", place)
		kill, at := time.Minute, 1+rand.IntN(60)
		if cycle%3 == 0 {
			kill, at = time.Duration(20+rand.IntN(150))*time.Millisecond, 0
		}
		c.Say(fmt.Sprintln(cycle+1, at, cycle%3 == 1))
		last, heard, n := c.untilKilled(kill)
		commands += n

		store := openLog(t, place)
		tr := newFixture(t, store).at(last.At)
		for _, id := range heard {
			if _, known, err := store.Lookup(context.Background(), id); err != nil || !known {
				t.Fatalf("cycle %d: command %s was acknowledged and is not there: %v", cycle, id, err)
			}
		}
		verify(t, store)
		tr.audit()
		if last.ID == uuid.Nil {
			continue
		}
		again := last.command()
		first, err := tr.Desk.Do(context.Background(), again)
		size := must(store.Settled(context.Background()))
		switch {
		case first.Receipt.Repeated:
			kept++
		case err == nil:
			lost++
		}
		second, err2 := tr.Desk.Do(context.Background(), again)
		if (err == nil) != (err2 == nil) || must(store.Settled(context.Background())) != size {
			t.Fatalf("cycle %d: %s asked again: %v, then %v", cycle, again.Do, err, err2)
		}
		if len(first.Events) > 0 && (!second.Receipt.Repeated || second.Receipt.First != first.Receipt.First) {
			t.Fatalf("cycle %d: %s asked again: %+v, then %+v", cycle, again.Do, first.Receipt, second.Receipt)
		}
		verify(t, store)
		tr.audit()
	}
	t.Logf("%d commands; of the last ones, unheard, %d had taken effect and %d took effect when asked again", commands, kept, lost)
	if kept == 0 || lost == 0 {
		t.Fatal("the children did not die on both sides of a commit")
	}
}

// untilKilled lets the child work and kills it. It returns the command that the child issued last if
// that had no answer, the IDs of those that were acknowledged, and how many it issued.
func (p *process) untilKilled(after time.Duration) (last asked, heard []uuid.UUID, n int) {
	p.Await("ask")
	time.AfterFunc(after, p.Kill)
	for line, ok := p.Hear(); ok; line, ok = p.Hear() {
		what, rest, _ := strings.Cut(line, " ")
		switch what {
		case "ask":
			last, n = asked{}, n+1
			if err := json.Unmarshal([]byte(rest), &last); err != nil {
				p.t.Fatal(err)
			}
		case "got":
			if id, said, _ := strings.Cut(rest, " "); said == "ok" {
				heard = append(heard, uuid.MustParse(id))
			}
			last = asked{At: last.At}
		default:
			p.t.Fatalf("the child said %q", line)
		}
	}
	return last, heard, n
}

// verify walks the log and decodes every record.
func verify(t testing.TB, store events.Store) {
	t.Helper()
	_, err := events.Verify(context.Background(), store, func(r events.Record) error {
		if _, err := desk.DecodeMeta(r.Meta); err != nil {
			return err
		}
		_, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
