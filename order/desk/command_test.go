package desk_test

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

var background = context.Background()

// TestRepeatedCommand asks for a command of several streams again: by the same desk, by another
// one, and after others have gone on. The result is always the first one.
func TestRepeatedCommand(t *testing.T) {
	for _, kind := range []string{"memory", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			tr := inMemory(t)
			if kind == "sqlite" {
				tr = onSQLite(t)
			}
			tr.opened("10000 USD")
			id := tr.draft("6000 USD", "2000 USD", order.CoveragePostDelivery)
			c := asking(acme, submission(id))
			c.Correlation = "web-1"
			first, err := tr.Desk.Do(background, c)
			if err != nil {
				t.Fatal(err)
			}
			if streams := streamsOf(first); len(streams) != 3 || streams[0] != order.Stream(id) || first.Stream != streams[0] || first.Version != 8 {
				t.Fatalf("facts of %v, stream %s version %d", streams, first.Stream, first.Version)
			}
			position := first.Receipt.First
			for r, err := range tr.Store.ReadAll(background, first.Receipt.First-1, events.Filter{}) {
				if err != nil {
					t.Fatal(err)
				}
				f := first.Events[position-first.Receipt.First]
				if r.Stream != f.Stream || r.Version != f.Version || !r.At.Equal(f.At) {
					t.Fatalf("the log has %s %d at position %d, the result %+v", r.Stream, r.Version, r.Position, f)
				}
				position++
			}
			again := func(d *desk.Desk) {
				t.Helper()
				c := c
				c.Expect, c.Correlation = 3, "web-2" // no part of what is asked
				r, err := d.Do(background, c)
				if err != nil || !r.Receipt.Repeated {
					t.Fatalf("%+v, %v", r.Receipt, err)
				}
				r.Receipt.Repeated = false
				if !reflect.DeepEqual(r, first) {
					t.Fatalf("again\n%+v\nfirst\n%+v", r, first)
				}
			}
			again(tr.Desk)
			tr.shipped(id)
			again(tr.Desk)
			again(newFixture(t, tr.Store).Desk)
			again(newFixture(t, tr.Store, desk.WithCache(0)).Desk)
			again(newFixture(t, &mingled{tr.Store}).Desk)
		})
	}
}

// TestSpellingsAreOneCommand issues a command again in another spelling under the same ID: it is the
// same command, because its digest is of what it asks for.
func TestSpellingsAreOneCommand(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	account := string(tr.Order(id).ReceivingAccount)
	paid := func(at string) string {
		return `{"reference":"R1","method":"tt","account":"` + account + `","amount":"100.00 USD","payer":"Bruno Imports","paid_at":"` + at + `"}`
	}
	for _, c := range []struct {
		by        trade.Actor
		name      string
		spellings []string
	}{
		{platform, "record-payment", []string{
			paid("2024-12-31T09:00:00Z"), paid("2024-12-31T09:00:00.000Z"), paid("2024-12-31T09:00:00+00:00"),
		}},
		{bruno, "open-dispute", []string{
			`{"ground":"quality","claimed":"1.00 USD","text":"broken\nhalf of it"}`,
			`{"ground":"quality","claimed":"1.00 USD","text":" broken\r\nhalf of it\r\n"}`,
		}},
	} {
		first := desk.NewID()
		for i, spelling := range c.spellings {
			command, err := order.DecodeCommand(c.name, []byte(spelling))
			if err != nil {
				t.Fatalf("%s: %v", spelling, err)
			}
			r, err := tr.Desk.Do(background, desk.Command{ID: first, By: c.by, Do: desk.OnOrder(id, command)})
			if err != nil || r.Receipt.Repeated != (i > 0) || len(r.Events) == 0 {
				t.Errorf("%s: %+v, %v", spelling, r, err)
			}
		}
	}
}

// mingled is a store in which records of other commits lie between those of each.
type mingled struct{ events.Store }

func (m *mingled) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range m.Store.ReadAll(ctx, after, f) {
			other := r
			other.Commit = uuid.Max
			if !yield(other, err) || !yield(r, err) {
				return
			}
		}
	}
}

// TestNothingToDo has a command be a fact already: it is accepted, writes nothing, and says
// where the stream stands.
func TestNothingToDo(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	paid := tr.wire(id, "R1", "100 USD")
	size := must(tr.Store.Settled(background))
	again := tr.wire(id, "R1", "100 USD")
	if len(again.Events) != 0 || again.Version != paid.Version || again.Stream != order.Stream(id) ||
		again.Receipt.First != 0 || again.Receipt.Position != 0 || again.Receipt.Repeated {
		t.Fatalf("%+v", again)
	}
	if now := must(tr.Store.Settled(background)); now != size {
		t.Fatalf("the log went from %d to %d", size, now)
	}
}

// TestSameIDOtherCommand uses an ID again for another payload, command, target, role or account. A
// command that is not the actor's to issue is refused as under any other ID (D64).
func TestSameIDOtherCommand(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	a, b := trade.NewID(), trade.NewID()
	first := asking(acme, desk.OnOrder(a, order.Draft{Mode: order.DraftOnline}))
	if _, err := tr.Desk.Do(background, first); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(c *desk.Command){
		"payload": func(c *desk.Command) { c.Do = desk.OnOrder(a, order.Draft{Mode: order.DraftAttachment}) },
		"command": func(c *desk.Command) { c.Do = desk.OnOrder(a, order.Cancel{}) },
		"target":  func(c *desk.Command) { c.Do = desk.OnOrder(b, order.Draft{Mode: order.DraftOnline}) },
		"package": func(c *desk.Command) { c.Do = desk.OnEntrustment("E1", entrustment.Draft{}) },
		"account": func(c *desk.Command) {
			c.By.Account, c.Do = orient.Account, desk.OnOrder(b, order.Draft{Mode: order.DraftOnline})
		},
		"not the role's":    func(c *desk.Command) { c.By.Role = trade.Buyer },
		"not the account's": func(c *desk.Command) { c.By.Account = orient.Account },
		"of nothing":        func(c *desk.Command) { c.Do = desk.OnOrder(b, order.Cancel{}) },
	} {
		c := first
		change(&c)
		for range 2 {
			_, err := tr.Desk.Do(background, c)
			var duplicate *events.DuplicateError
			var no *trade.Refusal
			switch strange := strings.Contains(name, "not") || name == "of nothing"; {
			case strange && (!errors.As(err, &no) || !no.ByActor()):
				t.Errorf("%s: %v, want a refusal by the actor", name, err)
			case !strange && (!errors.As(err, &duplicate) || duplicate.Commit != c.ID):
				t.Errorf("%s: %v, want a *DuplicateError", name, err)
			}
			if dry := tr.Desk.Try(background, c); !reflect.DeepEqual(dry, err) {
				t.Errorf("%s: Try says %v", name, dry)
			}
		}
	}
}

func TestExpect(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.draft("100 USD", "100 USD", order.CoverageNone)
	c := asking(acme, submission(id))
	for _, wrong := range []events.Version{1, 5, 7, 100} {
		c.Expect = wrong
		_, err := tr.Desk.Do(background, c)
		var expect *desk.ExpectError
		if !errors.As(err, &expect) || expect.Head != 6 || expect.Expect != wrong || expect.Stream != order.Stream(id) ||
			!strings.Contains(err.Error(), "is at version 6, not") {
			t.Fatalf("expecting %d: %v", wrong, err)
		}
		if dry := tr.Desk.Try(background, c); !reflect.DeepEqual(dry, err) {
			t.Fatalf("Try says %v, Do %v", dry, err)
		}
	}
	c.Expect = 6
	if _, err := tr.Desk.Do(background, c); err != nil {
		t.Fatal(err)
	}
	// What another desk expects is measured by the store, not by what it remembers.
	other := newFixture(t, tr.Store)
	other.Order(id)
	tr.confirm(id)
	cancel := asking(bruno, desk.OnOrder(id, order.Cancel{}))
	cancel.Expect = 8
	if _, err := other.Desk.Do(background, cancel); err != nil {
		t.Fatal(err)
	}
}

// TestSources counts how often each source is asked: by a command that is refused, by Try, by a
// command that has to be decided several times, and by one that is asked again.
func TestSources(t *testing.T) {
	var asked struct{ match, store, certify, account atomic.Int64 }
	sources := desk.Sources{
		Match: func(context.Context, trade.Email) (trade.Account, error) {
			asked.match.Add(1)
			return bruno.Account, nil
		},
		Store: func(context.Context, trade.Account) (seller.Facts, error) {
			asked.store.Add(1)
			return seller.Facts{Operating: true, Membership: seller.MemberFree, Verdict: seller.Verdict{Approved: true}}, nil
		},
		Certify: func(context.Context, uuid.UUID, seller.Certification) (seller.Verdict, error) {
			asked.certify.Add(1)
			return seller.Verdict{Approved: true}, nil
		},
		Account: func(_ context.Context, command uuid.UUID, _ trade.ID) (order.ReceivingAccount, error) {
			asked.account.Add(1)
			return order.ReceivingAccount(command.String()), nil
		},
	}
	base := memory.New()
	store := &rival{Store: base}
	tr := newFixture(t, store, desk.WithSources(sources))
	count := func(name string, n *atomic.Int64, want int64) {
		t.Helper()
		if got := n.Swap(0); got != want {
			t.Fatalf("%s was asked %d times, want %d", name, got, want)
		}
	}
	activate := desk.OnSeller(acme.Account, seller.Activate{Route: seller.RouteConsole, Certification: seller.Certification{
		CompanyName: "Acme", RegistrationNo: "91330000", LegalRepresentative: "Li", RegisteredAddress: "Ningbo",
	}})
	tr.refused(rule.A2, orient, activate)
	tr.refused(rule.A2, platform, activate)
	count("Store", &asked.store, 0)
	if err := tr.try(acme, activate); err != nil {
		t.Fatal(err)
	}
	count("Store", &asked.store, 1)
	count("Certify", &asked.certify, 0)
	c := asking(acme, activate)
	for range 2 {
		if _, err := tr.Desk.Do(background, c); err != nil {
			t.Fatal(err)
		}
	}
	count("Certify", &asked.certify, 1)

	id := trade.NewID()
	tr.Do(acme, desk.OnOrder(id, order.Draft{Mode: order.DraftOnline}))
	match := desk.OnOrder(id, order.MatchBuyer{Email: bruno.Email})
	tr.refused(rule.A8, acme, match) // nothing entered yet
	tr.Do(acme, desk.OnOrder(id, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"}))
	tr.refused(rule.A8, orient, match)
	tr.refused(rule.A8, acme, desk.OnOrder(id, order.MatchBuyer{Email: "other@buyer.example"}))
	count("Match", &asked.match, 0)
	// Three times somebody is faster; the look-up is made once.
	store.rounds.Store(3)
	store.faster = func() {
		_, err := newFixture(t, base).Ask(acme, desk.OnOrder(id, order.SetTransport{Mode: order.TransportAir}))
		if err != nil {
			t.Error(err)
		}
	}
	tr.Do(acme, match)
	count("Match", &asked.match, 1)
	tr.Do(acme, desk.OnOrder(id, order.SetTerms{Terms: order.Terms{Total: money("100 USD")}}))
	tr.refused(rule.A16, acme, submission(id))
	tr.Do(acme, desk.OnOrder(id, order.ChooseCoverage{Coverage: order.CoverageNone}))
	tr.refused(rule.A16, acme, desk.OnOrder(id, order.Submit{}))
	if err := tr.try(acme, submission(id)); err != nil {
		t.Fatal(err)
	}
	count("Account", &asked.account, 0)
	// The same for the account.
	store.rounds.Store(3)
	tr.submit(id)
	count("Account", &asked.account, 1)
	if store.rounds.Load() != 0 {
		t.Fatal("nobody was faster")
	}
}

// rival is a store on which somebody else is faster, so many times.
type rival struct {
	events.Store
	rounds atomic.Int64
	faster func()
}

func (r *rival) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if !c.IsGuard() && r.rounds.Load() > 0 {
		r.rounds.Add(-1)
		r.faster()
	}
	return r.Store.Append(ctx, c)
}

// TestSourceFails has each source fail: nothing is written, the error is that of the source, and
// the command asked again goes through.
func TestSourceFails(t *testing.T) {
	down := errors.New("directory is down")
	fail := true
	tr := inMemory(t, desk.WithSources(desk.Sources{
		Match: func(context.Context, trade.Email) (trade.Account, error) {
			if fail {
				return "", down
			}
			return bruno.Account, nil
		},
		Account: func(_ context.Context, command uuid.UUID, _ trade.ID) (order.ReceivingAccount, error) {
			if fail {
				return "", down
			}
			return order.ReceivingAccount(command.String()), nil
		},
	})).opened("0 USD")
	id := trade.NewID()
	for _, step := range []order.Command{
		order.Draft{Mode: order.DraftOnline}, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"},
		order.MatchBuyer{Email: bruno.Email}, order.SetTerms{Terms: order.Terms{Total: money("100 USD")}},
		order.ChooseCoverage{Coverage: order.CoverageNone}, order.Submit{OneTouchAcknowledged: true},
	} {
		c := asking(acme, desk.OnOrder(id, step))
		fail = true
		size := must(tr.Store.Settled(background))
		if _, err := tr.Desk.Do(background, c); err != nil {
			if !errors.Is(err, down) || must(tr.Store.Settled(background)) != size {
				t.Fatalf("%s: %v", c.Do, err)
			}
			fail = false
			if _, err := tr.Desk.Do(background, c); err != nil {
				t.Fatal(err)
			}
			fail = true
		} else if step == (order.Command)(order.MatchBuyer{Email: bruno.Email}) || step == (order.Command)(order.Submit{OneTouchAcknowledged: true}) {
			t.Fatalf("%s went through without its source", c.Do)
		}
	}
	tr.phase(id, order.PhaseSubmitted)
}

// unsure is a store that applies a commit or not and does not say which.
type unsure struct {
	events.Store
	applied bool
	times   atomic.Int64
}

func (u *unsure) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if c.IsGuard() || u.times.Load() == 0 {
		return u.Store.Append(ctx, c)
	}
	u.times.Add(-1)
	if u.applied {
		if _, err := u.Store.Append(ctx, c); err != nil {
			return events.Receipt{}, err
		}
	}
	return events.Receipt{}, events.ErrUnknownOutcome
}

// TestUnknownOutcome has the store not say what became of a commit, once and for as long as the
// command may take. Asked again with its ID, the command takes effect once.
func TestUnknownOutcome(t *testing.T) {
	for _, applied := range []bool{true, false} {
		store := &unsure{Store: memory.New(), applied: applied}
		tr := newFixture(t, store, desk.WithTimeout(50*time.Millisecond)).opened("10000 USD")
		id := tr.draft("6000 USD", "6000 USD", order.CoveragePostDelivery)
		size := must(store.Settled(background))

		c := asking(acme, submission(id))
		store.times.Store(1 << 40)
		if _, err := tr.Desk.Do(background, c); !errors.Is(err, events.ErrUnknownOutcome) {
			t.Fatalf("applied %t: %v", applied, err)
		}
		store.times.Store(0)
		r, err := tr.Desk.Do(background, c)
		if err != nil || r.Receipt.Repeated != applied || len(r.Events) != 4 || r.Receipt.First != size+1 {
			t.Fatalf("applied %t: %+v, %v", applied, r, err)
		}
		tr.held("6000 USD")

		// Once only, and the desk has found out by itself.
		store.times.Store(1)
		if r := tr.confirm(id); len(r.Events) != 1 || r.Receipt.Repeated != applied {
			t.Fatalf("applied %t: %+v", applied, r)
		}
		tr.phase(id, order.PhaseConfirmed)
		tr.audit()
	}
}

// TestRefusalsAreCurrent has a desk remember what is no longer so. Its refusals, its answers
// that there is nothing to do, and its errors are of what is.
func TestRefusalsAreCurrent(t *testing.T) {
	tr := inMemory(t).opened("100 USD")
	other := newFixture(t, tr.Store)
	holder := tr.placed("100 USD", "100 USD", order.CoveragePostDelivery)
	waiting := other.draft("100 USD", "100 USD", order.CoveragePostDelivery)
	other.refused(rule.D3, acme, submission(waiting))
	tr.Do(acme, desk.OnOrder(holder, order.Cancel{}))
	if err := other.try(acme, submission(waiting)); err != nil {
		t.Fatal(err)
	}
	other.submit(waiting)
	tr.Do(platform, suspendService())
	other.refused(rule.A6, acme, desk.OnOrder(trade.NewID(), order.Draft{Mode: order.DraftOnline}))
	tr.Do(platform, desk.OnSeller(acme.Account, seller.Reinstate{}))
	other.Do(acme, desk.OnOrder(trade.NewID(), order.Draft{Mode: order.DraftOnline}))
}

// TestOptionsThatAreNone gives every option its zero value.
func TestOptionsThatAreNone(t *testing.T) {
	inMemory(t, desk.WithPolicy(nil), desk.WithDeadlines(nil), desk.WithCache(-1), desk.WithTimeout(0)).opened("0 USD").
		life("100 USD", "100 USD", order.CoverageNone)
	plain := must(desk.New(memory.New(), desk.WithSources(desk.DemoSources()), desk.WithClock(nil)))
	if _, err := plain.Do(background, asking(platform, limit("1 USD"))); err != nil {
		t.Fatal(err)
	}
}

// TestSnapshots has a desk load a long line from its snapshot, without one, and with one that
// is lost: the line is the same (I28).
func TestSnapshots(t *testing.T) {
	store := memory.New()
	snapshots := events.NewSnapshotter(10, func(_ events.StreamID, err error) { t.Error(err) })
	tr := newFixture(t, store, desk.WithSnapshots(snapshots)).opened("10000 USD")
	for i := range 2 * events.DefaultSaveEvery {
		tr.Do(platform, limit(money("10000 USD").String()))
		if i == 10 {
			tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
		}
	}
	snapshots.Close()
	stream := must(credit.Stream(credit.Assurance, acme.Account, usd))
	if _, found, err := store.LatestSnapshot(background, stream, credit.Model(credit.Assurance).Fold); err != nil || !found {
		t.Fatalf("no snapshot of the line: %v", err)
	}
	want, version, err := tr.Desk.ReadLine(background, platform, acme.Account, usd)
	if err != nil {
		t.Fatal(err)
	}
	got, v, err := newFixture(t, store, desk.WithCache(0)).Desk.ReadLine(background, platform, acme.Account, usd)
	if err != nil || v != version || !reflect.DeepEqual(got, want) {
		t.Fatalf("by snapshot %+v at %d, live %+v at %d: %v", got, v, want, version, err)
	}
	tr.audit()
}

// accountNamed is a source that always makes the same account.
func accountNamed(name string) func(context.Context, uuid.UUID, trade.ID) (order.ReceivingAccount, error) {
	return func(context.Context, uuid.UUID, trade.ID) (order.ReceivingAccount, error) {
		return order.ReceivingAccount(name), nil
	}
}
