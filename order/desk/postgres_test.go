package desk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// onServer begins the name of a place that is on a server and no file.
const onServer = "postgres "

// newSchema makes an empty log on the server of the tests and returns its place.
func newSchema(t *testing.T) string {
	t.Helper()
	dsn, schema := pgtest.Cluster(t), pgtest.Schema(t)
	if err := postgres.Migrate(t.Context(), dsn, postgres.WithSchema(schema)); err != nil {
		t.Fatal(err)
	}
	return onServer + schema + " " + dsn
}

// openLog opens a store of its own on the log at a place: a file, or what newSchema has made.
func openLog(t testing.TB, place string) events.Store {
	t.Helper()
	where, ok := strings.CutPrefix(place, onServer)
	if !ok {
		return openFile(t, place)
	}
	schema, dsn, _ := strings.Cut(where, " ")
	store, err := postgres.Open(context.Background(), dsn, postgres.WithSchema(schema), postgres.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// desksOn are two desks, each with a store and a cache of its own.
func desksOn(t *testing.T, place string, opts ...desk.Option) [2]*fixture {
	t.Helper()
	return [2]*fixture{newFixture(t, openLog(t, place), opts...), newFixture(t, openLog(t, place), opts...)}
}

// fightSlowly is fight for stores on which a command takes some milliseconds.
func fightSlowly(sides [2]*fixture, commands [2]desk.Command) [2]error {
	return clash(sides, commands, func() { time.Sleep(headStart()) })
}

// headStart is how long one of two commands that meet on a server is ahead of the other.
func headStart() time.Duration { return time.Duration(rand.IntN(3000)) * time.Microsecond }

// TestPostgresRaces has commands meet in earnest, as TestRaces has, at desks with connections of
// their own to one server, until each side has won.
func TestPostgresRaces(t *testing.T) {
	for _, d := range slices.Concat(duels, laterDuels) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel() // a desk and the server work by turns
			place := newSchema(t)
			tr := newFixture(t, openLog(t, place)).opened("10000 USD")
			d.meet(tr, max(rounds(20), 5), tr.together(desksOn(t, place), fightSlowly))
			tr.audit()
		})
	}
}

// TestPostgresPayLaterRaces does the same for pay-later orders.
func TestPostgresPayLaterRaces(t *testing.T) {
	policy := payout(map[trade.Account]funds.Policy{shopkeeper.Account: {}})
	for _, d := range payLaterDuels {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			place := newSchema(t)
			tr := newFixture(t, openLog(t, place), policy).openShop("5000 CNY")
			d.meet(tr, max(rounds(20), 5), tr.together(desksOn(t, place, policy), fightSlowly))
			tr.audit()
		})
	}
}

// asksWhatItReads asks for commands, each at the instant that comes with it.
func (tr *fixture) asksWhatItReads(in io.Reader) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var a asked
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			tr.Fatal(err)
		}
		fmt.Println(answer(tr.at(a.At).Desk.Do(context.Background(), a.command())))
	}
}

// requests are the commands of some duels in a form that another process can read.
var requests = map[string]func(tr *fixture, round int) [2]ordertest.Request{
	"TwoOrdersLinkOneEntrustment": func(_ *fixture, round int) [2]ordertest.Request {
		c := order.Link{Entrustment: order.EntrustmentID(fmt.Sprintf("E%d", round))}
		return [2]ordertest.Request{onOrder(orderOfRound(round, 0), c), onOrder(orderOfRound(round, 1), c)}
	},
	"TwoOrdersHoldTheLastOfAQuota": func(_ *fixture, round int) [2]ordertest.Request {
		c := order.Submit{OneTouchAcknowledged: true}
		return [2]ordertest.Request{onOrder(orderOfRound(round, 0), c), onOrder(orderOfRound(round, 1), c)}
	},
	"TwoConfirmations": func(_ *fixture, round int) [2]ordertest.Request {
		r := onOrder(orderOfRound(round, 0), order.Confirm{Terms: 2})
		return [2]ordertest.Request{r, r}
	},
	"PayAgainstExpireAtTheDeadline": func(tr *fixture, round int) [2]ordertest.Request {
		o := tr.Order(orderOfRound(round, 0))
		paid := order.RecordPayment{
			Reference: "all", Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: o.Terms.Total, Payer: "Bruno Imports", PaidAt: o.PayBy,
		}
		return [2]ordertest.Request{onOrder(o.ID, paid), onOrder(o.ID, order.Expire{})}
	},
}

func onOrder(id trade.ID, c order.Command) ordertest.Request {
	return ordertest.Request{Kind: "order", Target: id.String(), Command: c}
}

// TestPostgresTwoProcesses has two processes issue commands that race each other, at least 200 rounds
// each and until each process has won; act on the same deadlines; and die in the middle of their
// commands.
func TestPostgresTwoProcesses(t *testing.T) {
	for _, d := range duels {
		if requests[d.name] == nil {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			place := newSchema(t)
			tr := newFixture(t, openLog(t, place)).opened("10000 USD")
			children := [2]*process{startChild(t, "ask", place), startChild(t, "ask", place)}
			d.meet(tr, rounds(200), func(round int, commands [2]desk.Command) (answers [2]error) {
				var lines [2]string
				for n, r := range requests[d.name](tr, round) {
					lines[n] = string(must(json.Marshal(asked{commands[n].ID, commands[n].By, tr.Clock.Now(), r})))
				}
				first := round % 2
				children[first].Say(lines[first])
				// A start of its own gives the slower command a chance to be first.
				time.Sleep(headStart())
				children[1-first].Say(lines[1-first])
				for n, c := range children {
					if said := c.hear(); said != "ok" {
						answers[n] = &trade.Refusal{Rule: rule.ID(said)}
					}
				}
				return answers
			})
			tr.audit()
		})
	}
	t.Run("Tick", func(t *testing.T) { tickInTwo(t, newSchema(t), max(rounds(5), 2)) })
	t.Run("KilledMidCommand", func(t *testing.T) { killMidCommand(t, newSchema(t), 6) })
}

// TestPostgresDesksNeverContradictEachOther is TestDesksNeverContradictEachOther on a server.
func TestPostgresDesksNeverContradictEachOther(t *testing.T) {
	inTurn(t, desksOn(t, newSchema(t)), max(rounds(400), 100))
}

// TestPostgresLife takes an assurance order and a pay-later order through their lives, every
// step at the desk that has not taken the one before. A desk that comes later reads the same.
func TestPostgresLife(t *testing.T) {
	place := newSchema(t)
	desks := desksOn(t, place)
	a, b := desks[0].opened("10000 USD").openShop("5000 CNY"), desks[1]
	id, e := orderOfRound(0, 0), order.EntrustmentID("E1")
	a.drafted(acme, id, "6000 USD", "2000 USD", order.CoveragePostDelivery)
	b.submit(id)
	a.held("6000 USD")
	b.refused(rule.A18, stranger, desk.OnOrder(id, order.Confirm{Terms: 2}))
	a.confirm(id)
	b.wire(id, "initial", "2000 USD")
	a.entrust(e)
	b.Do(acme, link(id, e))
	a.release(e, a.Clock.Now())
	b.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	a.wire(id, "balance", "4000 USD")
	b.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	a.held("0 USD")

	sale := a.place("3000 CNY")
	b.on(sale, paylater.Ship{})
	a.on(sale, paylater.ConfirmReceipt{})
	b.lineIs("5000", "3000", "2000")
	b.pay(sale, "3000 CNY")
	a.lineIs("5000", "0", "5000")

	late := newFixture(t, openLog(t, place))
	for _, tr := range []*fixture{a, b, late} {
		tr.phase(id, order.PhaseCompleted)
		if o := tr.PayLaterOrder(sale); o.Phase != paylater.PhasePaid {
			t.Fatalf("phase %s", o.Phase)
		}
		if o := tr.Order(id); !reflect.DeepEqual(o, late.Order(id)) {
			t.Fatalf("one desk reads %+v, another %+v", o, late.Order(id))
		}
	}
	verify(t, late.Store)
	late.audit()
}

// TestPostgresAdopts adopts the payments of the first edition on a server, in one process and in two.
func TestPostgresAdopts(t *testing.T) {
	adoptsFirstEdition(firstEdition(t, openLog(t, newSchema(t))))
	adoptInTwo(t, newSchema(t))
}

// TestPostgresRepeatedFacts has every command of a long play asked for at two desks at once,
// under one ID. It takes effect once, both have the same result, and a third desk that begins
// when all is over has it too.
func TestPostgresRepeatedFacts(t *testing.T) {
	place := newSchema(t)
	desks := desksOn(t, place)
	desks[0].opened("50000 USD").openedTo(orient, "50000 USD")
	seed := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		seed = must(strconv.ParseUint(text, 10, 64))
	}
	t.Logf("seed %d; again: SURETY_SEED=%d go test -count=1 -run '^%s$' ./order/desk", seed, seed, t.Name())
	p := ordertest.NewPlayer(desks[0].Fixture, rand.New(rand.NewPCG(seed, 0)).IntN, ordertest.PlayerConfig{Orders: 4})
	var commands []desk.Command
	var results []desk.Result
	won := make(map[bool]int) // by whether the second desk was first
	for range max(rounds(600), 100) {
		c := p.Next()
		desks[1].at(p.Clock.Now())
		got, errs := twice(desks, c)
		if !reflect.DeepEqual(errs[0], errs[1]) {
			t.Fatalf("%s: %v at one desk, %v at the other", c.Do, errs[0], errs[1])
		}
		if errs[0] != nil || len(got[0].Events) == 0 {
			continue
		}
		if got[0].Receipt.Repeated == got[1].Receipt.Repeated {
			t.Fatalf("%s took effect twice or never: %+v, %+v", c.Do, got[0].Receipt, got[1].Receipt)
		}
		won[got[0].Receipt.Repeated]++
		got[0].Receipt.Repeated, got[1].Receipt.Repeated = false, false
		if !reflect.DeepEqual(got[0], got[1]) {
			t.Fatalf("%s gave\n%+v\nand\n%+v", c.Do, got[0], got[1])
		}
		commands, results = append(commands, c), append(results, got[0])
	}
	t.Logf("%d commands took effect, first at %v", len(commands), won)
	if won[false] == 0 || won[true] == 0 {
		t.Fatal("one desk was never first")
	}
	late := newFixture(t, openLog(t, place), desk.WithCache(0))
	size := must(late.Store.Settled(t.Context()))
	for n, c := range slices.Backward(commands) {
		again, err := late.at(p.Clock.Now()).Desk.Do(t.Context(), c)
		if err != nil || !again.Receipt.Repeated {
			t.Fatalf("%s again: %+v, %v", c.Do, again.Receipt, err)
		}
		if again.Receipt.Repeated = false; !reflect.DeepEqual(again, results[n]) {
			t.Fatalf("%s again gave\n%+v\nfirst\n%+v", c.Do, again, results[n])
		}
	}
	if now := must(late.Store.Settled(t.Context())); now != size {
		t.Fatalf("the log went from %d to %d", size, now)
	}
	late.audit()
}

// twice asks for one command at both desks at once.
func twice(desks [2]*fixture, c desk.Command) (results [2]desk.Result, errs [2]error) {
	var all sync.WaitGroup
	for _, n := range rand.Perm(2) {
		all.Go(func() { results[n], errs[n] = desks[n].Desk.Do(context.Background(), c) })
	}
	all.Wait()
	return results, errs
}
