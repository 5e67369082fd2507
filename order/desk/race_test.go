package desk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// duel is two commands that are asked for at the same time, each at a desk of its own with a
// store of its own on one log.
type duel struct {
	name string
	// prepare makes what the two are about and returns them.
	prepare func(tr *fixture, round int) [2]desk.Command
	// judge returns who was first, and what is wrong with the answers.
	judge func(tr *fixture, round int, answers [2]error) (winner int, err error)
}

// refusedBy reports whether the answer is a refusal by that rule.
func refusedBy(err error, ruleID rule.ID) bool {
	var no *trade.Refusal
	return errors.As(err, &no) && no.Rule == ruleID
}

// oneOf is the judge of two commands of which one is accepted and the other refused by a rule.
func oneOf(rules ...rule.ID) func(*fixture, int, [2]error) (int, error) {
	return func(_ *fixture, _ int, answers [2]error) (int, error) {
		for winner := range answers {
			if loser := answers[1-winner]; answers[winner] == nil && refusedBy(loser, rules[(1-winner)%len(rules)]) {
				return winner, nil
			}
		}
		return 0, fmt.Errorf("answers %v and %v, want one refused by %v", answers[0], answers[1], rules)
	}
}

// orderOfRound is the nth order of a round.
func orderOfRound(round, n int) trade.ID {
	return trade.ID{0: 1, 1: byte(n), 6: 0x70, 8: 0x80, 13: byte(round >> 16), 14: byte(round >> 8), 15: byte(round)}
}

func (tr *fixture) confirmedIn(round, n int, total string, coverage order.Coverage) trade.ID {
	id := orderOfRound(round, n)
	tr.drafted(acme, id, total, total, coverage)
	tr.submit(id)
	tr.confirm(id)
	return id
}

var duels = []duel{
	{
		name: "TwoOrdersLinkOneEntrustment",
		prepare: func(tr *fixture, round int) (c [2]desk.Command) {
			e := order.EntrustmentID(fmt.Sprintf("E%d", round))
			tr.Do(acme, desk.OnEntrustment(e, entrustment.Draft{Title: "goods"}))
			for n := range c {
				c[n] = asking(acme, link(tr.confirmedIn(round, n, "100 USD", order.CoverageNone), e))
			}
			return c
		},
		judge: oneOf(rule.A22),
	},
	{
		name: "TwoOrdersHoldTheLastOfAQuota",
		prepare: func(tr *fixture, round int) (c [2]desk.Command) {
			for n := range c {
				id := orderOfRound(round, n)
				tr.drafted(acme, id, "6000 USD", "6000 USD", order.CoveragePostDelivery)
				c[n] = asking(acme, submission(id))
			}
			return c
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			winner, err := oneOf(rule.D3)(tr, round, answers)
			if err == nil {
				tr.held("6000 USD")
				tr.Do(acme, desk.OnOrder(orderOfRound(round, winner), order.Cancel{}))
				tr.held("0 USD")
			}
			return winner, err
		},
	},
	{
		name: "TwoConfirmations",
		prepare: func(tr *fixture, round int) (c [2]desk.Command) {
			id := orderOfRound(round, 0)
			tr.drafted(acme, id, "100 USD", "100 USD", order.CoverageNone)
			tr.submit(id)
			for n := range c {
				c[n] = asking(bruno, desk.OnOrder(id, order.Confirm{Terms: 2}))
			}
			return c
		},
		judge: oneOf(rule.A18),
	},
	{
		name: "PayAgainstExpireAtTheDeadline",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id := tr.at(start).confirmedIn(round, 0, "100 USD", order.CoveragePostDelivery)
			o := tr.Order(id)
			tr.at(o.PayBy)
			return [2]desk.Command{asking(platform, transfer(&o, "all", "100 USD", o.PayBy)), asking(system, desk.OnOrder(id, order.Expire{}))}
		},
		judge: paidOrEnded(rule.D28, order.ClosedExpired),
	},
	{
		name: "PayAgainstCancel",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id := tr.at(start).confirmedIn(round, 0, "100 USD", order.CoveragePostDelivery)
			o := tr.Order(id)
			return [2]desk.Command{asking(platform, transfer(&o, "all", "100 USD", start)), asking(bruno, desk.OnOrder(id, order.Cancel{}))}
		},
		judge: paidOrEnded(rule.D27, order.ClosedCancelled),
	},
	{
		name: "ConfirmReceiptAgainstAutoConfirmReceipt",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			id := orderOfRound(round, 0)
			tr.at(start).until(id, order.EntrustmentID(fmt.Sprintf("E%d", round)), 6)
			tr.at(tr.Order(id).Shipment.ReceiptDeadline)
			return [2]desk.Command{asking(bruno, desk.OnOrder(id, order.ConfirmReceipt{})), asking(system, desk.OnOrder(id, order.AutoConfirmReceipt{}))}
		},
		judge: oneOf(rule.A24, rule.A25),
	},
	{
		name: "EntrustmentCancelAgainstLink",
		prepare: func(tr *fixture, round int) [2]desk.Command {
			e := order.EntrustmentID(fmt.Sprintf("E%d", round))
			tr.Do(acme, desk.OnEntrustment(e, entrustment.Draft{Title: "goods"}))
			id := tr.confirmedIn(round, 0, "100 USD", order.CoverageNone)
			return [2]desk.Command{asking(acme, link(id, e)), asking(acme, desk.OnEntrustment(e, entrustment.Cancel{}))}
		},
		judge: func(tr *fixture, round int, answers [2]error) (int, error) {
			// A cancellation is accepted either way: it takes the link along that was there first.
			o, e := tr.Order(orderOfRound(round, 0)), tr.Entrustment(order.EntrustmentID(fmt.Sprintf("E%d", round)))
			if answers[1] != nil || len(o.Links) != 0 || e.Linked() || e.Phase != entrustment.PhaseCancelled {
				return 0, fmt.Errorf("answers %v and %v, links %v, entrustment %s linked to %s", answers[0], answers[1], o.Links, e.Phase, e.Order)
			}
			if answers[0] == nil {
				return 0, nil
			}
			if !refusedBy(answers[0], rule.D39) {
				return 0, answers[0]
			}
			return 1, nil
		},
	},
}

func transfer(o *order.Order, reference, amount string, at time.Time) desk.Action {
	return desk.OnOrder(o.ID, order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: money(amount), Payer: "Bruno Imports", PaidAt: at,
	})
}

// paidOrEnded judges money that comes in while the order ends. It is recorded in any case: as
// paid, and the end is refused by the rule; or as waiting, on an order that has ended.
func paidOrEnded(ruleID rule.ID, reason order.CloseReason) func(*fixture, int, [2]error) (int, error) {
	return func(tr *fixture, round int, answers [2]error) (int, error) {
		o := tr.Order(orderOfRound(round, 0))
		if answers[0] != nil || o.Ledger.Received != money("100 USD") {
			return 0, fmt.Errorf("the money was refused: %v; received %s", answers[0], o.Ledger.Received)
		}
		switch {
		case answers[1] == nil && o.CloseReason == reason && o.Ledger.Unapplied == money("100 USD") && o.Hold.Status == order.HoldIsReleased:
			return 1, nil
		case refusedBy(answers[1], ruleID) && o.Phase == order.PhaseReadyToShip && o.Ledger.Applied == money("100 USD"):
			tr.Do(platform, limit("10000000 USD")) // its hold stays
			return 0, nil
		}
		return 0, fmt.Errorf("the end: %v; phase %s, ledger %+v, hold %+v", answers[1], o.Phase, o.Ledger, o.Hold)
	}
}

// TestRaces has commands meet in earnest, at least 200 rounds each and until each side has won.
// Every loser is refused by the rule that then holds, and no money and no quota is lost.
func TestRaces(t *testing.T) {
	for _, d := range slices.Concat(duels, laterDuels) {
		t.Run(d.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.db")
			tr := newFixture(t, openFile(t, path)).opened("10000 USD")
			sides := [2]*fixture{newFixture(t, openFile(t, path)), newFixture(t, openFile(t, path))}
			d.meet(tr, max(rounds(200), 20), tr.together(sides, fight))
			tr.audit()
		})
	}
}

// meet has the commands of a duel asked for, so many rounds and then until each side has won.
func (d duel) meet(tr *fixture, least int, ask func(round int, c [2]desk.Command) [2]error) {
	tr.Helper()
	const most = 4000
	var won [2]int
	for round := 0; round < least || (won[0] == 0 || won[1] == 0) && round < most; round++ {
		winner, err := d.judge(tr, round, ask(round, d.prepare(tr, round)))
		if err != nil {
			tr.Fatalf("round %d: %v", round, err)
		}
		won[winner]++
	}
	tr.Logf("won %v", won)
	if won[0] == 0 || won[1] == 0 {
		tr.Fatalf("one side never won: %v", won)
	}
}

// together asks for both at the two desks, as fight does, at the instant of the trade.
func (tr *fixture) together(sides [2]*fixture, fight func([2]*fixture, [2]desk.Command) [2]error) func(int, [2]desk.Command) [2]error {
	return func(_ int, commands [2]desk.Command) [2]error {
		for _, s := range sides {
			s.at(tr.Clock.Now())
		}
		return fight(sides, commands)
	}
}

// fight asks for both at once. One side is given a moment's start.
func fight(sides [2]*fixture, commands [2]desk.Command) [2]error {
	wait := time.Duration(rand.IntN(300)) * time.Microsecond
	return clash(sides, commands, func() {
		// A sleep is not as short.
		for since := time.Now(); time.Since(since) < wait; {
		}
	})
}

// clash asks for both at once, for one of them after the delay.
func clash(sides [2]*fixture, commands [2]desk.Command, delay func()) (answers [2]error) {
	var (
		all   sync.WaitGroup
		begin = make(chan struct{})
		late  = rand.IntN(2)
	)
	for n := range sides {
		all.Go(func() {
			<-begin
			if n == late {
				delay()
			}
			_, answers[n] = sides[n].Desk.Do(context.Background(), commands[n])
		})
	}
	close(begin)
	all.Wait()
	return answers
}

// TestConsentNamesTheTerms races a confirmation of older terms against one of the present ones:
// whichever is first, no buyer is bound to terms that the command did not name.
func TestConsentNamesTheTerms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	tr := newFixture(t, openFile(t, path)).opened("10000 USD")
	sides := [2]*fixture{newFixture(t, openFile(t, path)), newFixture(t, openFile(t, path))}
	for round := range max(rounds(200), 20) {
		id := orderOfRound(round, 0)
		tr.drafted(acme, id, "100 USD", "100 USD", order.CoverageNone)
		tr.submit(id)
		answers := fight(sides, [2]desk.Command{
			asking(bruno, desk.OnOrder(id, order.Confirm{Terms: 1})), asking(bruno, desk.OnOrder(id, order.Confirm{Terms: 2})),
		})
		if !refusedBy(answers[0], rule.A18) || answers[1] != nil {
			t.Fatalf("older terms: %v; present terms: %v", answers[0], answers[1])
		}
	}
	tr.audit()
}

// TestDesksNeverContradictEachOther has two desks with caches of their own work on the same
// orders in turn, 1,000 commands and more: what one has acknowledged the other takes as done,
// and what one has undone the other refuses.
func TestDesksNeverContradictEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	inTurn(t, [2]*fixture{newFixture(t, openFile(t, path)), newFixture(t, openFile(t, path))}, rounds(1000))
}

// inTurn has the two desks take that many turns.
func inTurn(t *testing.T, desks [2]*fixture, turns int) {
	desks[0].opened("1000000 USD")
	desks[1].line()
	turn := 0
	next := func() *fixture { turn++; return desks[rand.IntN(2)] }
	for round := 0; turn < turns; round++ {
		id, e := orderOfRound(round, 0), order.EntrustmentID(fmt.Sprintf("E%d", round))
		for _, c := range []order.Command{
			order.Draft{Mode: order.DraftOnline}, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"},
			order.MatchBuyer{Email: bruno.Email}, order.SetTerms{Terms: order.Terms{Total: money("100 USD")}},
			order.ChooseCoverage{Coverage: order.CoveragePostDelivery, TermsAccepted: true}, order.Submit{OneTouchAcknowledged: true},
		} {
			next().Do(acme, desk.OnOrder(id, c))
		}
		next().Do(bruno, desk.OnOrder(id, order.Confirm{Terms: 2}))
		next().Do(acme, desk.OnEntrustment(e, entrustment.Draft{Title: "goods"}))
		next().Do(acme, link(id, e))
		next().refused(rule.D40, acme, link(id, e))
		next().Do(acme, unlink(id, e))
		next().refused(rule.D40, acme, unlink(id, e))
		next().Do(acme, link(id, e))
		next().Do(bruno, desk.OnOrder(id, order.Cancel{}))
		next().refused(rule.A21, acme, link(id, e))
		next().refused(rule.D27, bruno, desk.OnOrder(id, order.Cancel{}))
		if s := next().Entrustment(e); s.Linked() {
			t.Fatalf("still linked to %s", s.Order)
		}
		next().held("0 USD")
	}
	desks[0].audit()
}

// TestStaleLine has a desk release a hold on a line that its cache knows without it.
func TestStaleLine(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	other := newFixture(t, tr.Store)
	other.line()
	id := tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
	other.Do(bruno, desk.OnOrder(id, order.Cancel{}))
	tr.held("0 USD")
	// And one hold on a line that it knows as full.
	id = tr.placed("10000 USD", "10000 USD", order.CoveragePostDelivery)
	other.held("10000 USD")
	tr.Do(acme, desk.OnOrder(id, order.Cancel{}))
	other.placed("10000 USD", "10000 USD", order.CoveragePostDelivery)
	tr.Do(platform, desk.OnLine(acme.Account, usd, credit.Suspend{Reason: "audit"}))
	other.refused(rule.D3, acme, submission(tr.draft("1 USD", "1 USD", order.CoveragePostDelivery)))
	tr.audit()
}

// TestHotLine has many callers place orders on one line through one desk: they are queued, and
// none of them decides in vain.
func TestHotLine(t *testing.T) {
	store := &conflicts{Store: memory.New()}
	tr := newFixture(t, store).opened("1000000 USD")
	var all sync.WaitGroup
	var ids []trade.ID
	for range 100 {
		ids = append(ids, tr.draft("6000 USD", "6000 USD", order.CoveragePostDelivery))
	}
	for _, id := range ids {
		all.Go(func() {
			if _, err := tr.Ask(acme, submission(id)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	tr.held("600000 USD")
	if n := store.met.Load(); n != 0 {
		t.Fatalf("%d conflicts", n)
	}
}

// conflicts is a store that counts the conflicts of its callers.
type conflicts struct {
	events.Store
	met atomic.Int64
}

func (s *conflicts) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	// Without a pause a commit is too fast for another caller to come in between.
	time.Sleep(100 * time.Microsecond)
	r, err := s.Store.Append(ctx, c)
	var conflict *events.ConflictError
	if errors.As(err, &conflict) {
		s.met.Add(1)
	}
	return r, err
}
