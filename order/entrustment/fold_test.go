package entrustment_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	. "github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// market is a few entrustments that compete for a few numbers and orders.
type market struct {
	worlds  [3]*world
	owners  map[DeclarationNo]order.EntrustmentID
	drafted map[trade.ID]time.Time
	shipped map[trade.ID]bool
}

func newMarket(t *rapid.T, tb testing.TB) *market {
	m := &market{owners: make(map[DeclarationNo]order.EntrustmentID), drafted: make(map[trade.ID]time.Time), shipped: make(map[trade.ID]bool)}
	for i := range m.worlds {
		m.worlds[i] = newWorld(tb)
		m.worlds[i].s.ID = order.EntrustmentID(fmt.Sprint("E-", i))
	}
	for i := range byte(3) {
		id := trade.ID{i + 1}
		m.drafted[id] = draftDay.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "drafted")) * time.Hour)
		m.shipped[id] = i == 2
	}
	return m
}

// draw returns some command; most are refused where they are drawn.
func (m *market) draw(t *rapid.T, w *world) Command {
	id := trade.ID{rapid.ByteRange(1, 3).Draw(t, "order")}
	at := draftDay.Add(time.Duration(rapid.IntRange(-4, 4).Draw(t, "hours"))*time.Hour + time.Duration(rapid.IntRange(-1, 1).Draw(t, "millis"))*time.Millisecond)
	d := declaration()
	if rapid.Bool().Draw(t, "euros") {
		d = euros()
	}
	d.Number = DeclarationNo(fmt.Sprint("NO", rapid.IntRange(1, 3).Draw(t, "number")))
	d.DeclaredAt = at
	w.facts.Reservation = Reservation{Number: d.Number, Owner: m.owners[d.Number]}
	w.facts.Order = LinkedOrder{ID: w.s.Order, Shipped: m.shipped[w.s.Order]}
	return rapid.SampledFrom([]Command{
		Draft{}, Submit{}, Submit{}, Resubmit{}, Resubmit{}, Approve{}, Approve{}, Approve{}, Declare{d}, Declare{d}, Declare{d},
		RequestChange{Need: NeedInformation}, Return{Reason: "HS code"}, Release{at}, Release{at}, CloseCustoms{at}, Cancel{},
		Link{Order: id, DraftedAt: m.drafted[id], Currency: rapid.SampledFrom([]trade.Currency{usd, usd, eur}).Draw(t, "currency"), Seller: string(alice)},
		Unlink{Order: id, Cause: CauseUnlinked},
	}).Draw(t, "command")
}

// run asks for n commands and records those that are accepted.
func (m *market) run(t *rapid.T, n int) {
	for range n {
		w := m.worlds[rapid.IntRange(0, len(m.worlds)-1).Draw(t, "entrustment")]
		c := m.draw(t, w)
		decided, err := w.try(c)
		if err == nil {
			w.record(decided)
			if d, ok := c.(Declare); ok {
				if m.owners[d.Declaration.Number] == "" {
					m.owners[d.Declaration.Number] = w.s.ID
				}
			}
		} else if !errors.Is(err, rule.D62) && !isRefusal(err) {
			t.Fatalf("%T: %v", c, err)
		}
		w.given.At = w.given.At.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
	}
}

func isRefusal(err error) bool {
	_, refused := errors.AsType[*trade.Refusal](err)
	return refused
}

func TestReplayIsTheLiveState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(rt, t)
		m.run(rt, 50)
		for _, w := range m.worlds {
			whole, err := Replay(New(w.s.ID), stored(rt, w.history))
			if err != nil || !reflect.DeepEqual(whole, w.s) {
				rt.Fatalf("replay gives %+v, %v; live is %+v", whole, err, w.s)
			}
			cut := rapid.IntRange(0, len(w.history)).Draw(rt, "cut")
			s, err := Replay(New(w.s.ID), w.history[:cut])
			for _, r := range w.history[cut:] {
				if err == nil {
					s, err = Evolve(s, r.Event, r.At)
				}
			}
			if err != nil || !reflect.DeepEqual(s, whole) {
				rt.Fatalf("prefix of %d and rest give %+v, %v; the whole %+v", cut, s, err, whole)
			}
		}
	})
}

// stored returns the history as it comes back from its bytes.
func stored(t *rapid.T, history []events.Recorded[Event]) []events.Recorded[Event] {
	var back []events.Recorded[Event]
	for _, r := range history {
		typ, schema, data, err := EncodeEvent(nil, r.Event)
		if err != nil {
			t.Fatal(err)
		}
		e, err := DecodeEvent(typ, schema, data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		back = append(back, events.Recorded[Event]{At: r.At, Event: e})
	}
	return back
}

// TestHostileHistories replays random facts in random order: a fold either takes a step of the
// table or names the fact and keeps the state before it.
func TestHostileHistories(t *testing.T) {
	facts := []Event{
		Drafted{Seller: "alice"}, Submitted{}, Cancelled{}, ChangeRequested{Need: NeedInformation}, Resubmitted{}, Approved{},
		Declared{Declaration: declaration()}, Returned{Reason: "HS code"}, Released{ReleasedAt: released}, CustomsClosed{ClosedAt: released},
		Linked{Order: orderOne, DraftedAt: draftDay, Currency: usd}, Unlinked{Order: orderOne, Cause: CauseClosed}, nil, (*Submitted)(nil),
	}
	rapid.Check(t, func(t *rapid.T) {
		var history []events.Recorded[Event]
		for _, e := range rapid.SliceOfN(rapid.SampledFrom(facts), 1, 20).Draw(t, "facts") {
			history = append(history, events.Recorded[Event]{At: draftDay, Event: e})
		}
		s, err := Replay(New(ours), history)
		var corrupt *events.CorruptError
		if err == nil {
			return
		}
		if !errors.As(err, &corrupt) || corrupt.Stream != "entrustment-E-1" || !errors.As(err, new(*trade.InvalidError)) {
			t.Fatal(err)
		}
		before, err := Replay(New(ours), history[:corrupt.Version-1])
		if err != nil || !reflect.DeepEqual(before, s) {
			t.Fatalf("stopped in %+v, the prefix is %+v, %v", s, before, err)
		}
	})
}

func TestHistoriesThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		phase Phase
		facts []Event
	}{
		"no event":                     {PhaseNone, []Event{nil}},
		"a pointer to an event":        {PhaseNone, []Event{&Drafted{Seller: "alice"}}},
		"released before submitted":    {PhaseDrafted, []Event{Released{ReleasedAt: released}}},
		"released beside while alive":  {PhaseAccepted, []Event{ReleasedBeside{ReleasedAt: released}}},
		"closed before released":       {PhaseDeclaring, []Event{CustomsClosed{ClosedAt: released}}},
		"released twice":               {PhaseReleased, []Event{Released{ReleasedAt: released}}},
		"anything after cancellation":  {PhaseCancelled, []Event{Linked{Order: orderOne, DraftedAt: draftDay, Currency: usd}}},
		"two orders at once":           {PhaseDrafted, []Event{Linked{Order: orderOne, DraftedAt: draftDay, Currency: usd}, Linked{Order: orderTwo, DraftedAt: draftDay, Currency: usd}}},
		"linked to no order":           {PhaseDrafted, []Event{Linked{DraftedAt: draftDay, Currency: usd}}},
		"unlinked while not linked":    {PhaseDrafted, []Event{Unlinked{Order: orderOne, Cause: CauseClosed}}},
		"unlinked from no order":       {PhaseDrafted, []Event{Unlinked{Cause: CauseClosed}}},
		"unlinked from another order":  {PhaseDrafted, []Event{Linked{Order: orderOne, DraftedAt: draftDay, Currency: usd}, Unlinked{Order: orderTwo, Cause: CauseClosed}}},
		"drafted anew by another firm": {PhaseDrafted, []Event{Drafted{Seller: "mallory"}}},
	} {
		s := in(t, c.phase).s
		for i, e := range c.facts {
			before := s
			err := s.Apply(e, s.LastAt)
			if last := i == len(c.facts)-1; last != (err != nil) {
				t.Errorf("%s: %T gives %v", name, e, err)
			} else if last && !reflect.DeepEqual(before, s) {
				t.Errorf("%s: the state changed", name)
			}
		}
	}
}

// TestStatesAreValues goes on twice from one state and tries a third way: none sees the others.
func TestStatesAreValues(t *testing.T) {
	w := in(t, PhaseDeclaring)
	shared, history := w.s, w.history
	want, err := Replay(New(ours), history)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := Evolve(shared, Returned{Reason: "a"}, draftDay.AddDate(0, 0, 5))
	b, errB := Evolve(shared, Released{ReleasedAt: released}, draftDay.AddDate(0, 0, 6))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if a.Phase != PhaseReturned || b.Phase != PhaseReleased || !reflect.DeepEqual(shared, want) {
		t.Errorf("%s, %s; shared is %+v", a.Phase, b.Phase, shared)
	}

	// What a caller appends to the items reaches no other state, even where the event's slice has room.
	e := Declared{Declaration: declaration()}
	e.Declaration.Items = append(make([]Item, 0, 8), e.Declaration.Items...)
	accepted := in(t, PhaseAccepted).s
	one, two := must(Evolve(accepted, e, draftDay)), must(Evolve(accepted, e, draftDay))
	first := append(one.Declaration.Items, Item{No: 31})
	if _ = append(two.Declaration.Items, Item{No: 32}); first[2].No != 31 {
		t.Error("two states share what lies beyond their items")
	}

	// Whoever made the command may use its items again.
	d := declaration()
	w = in(t, PhaseAccepted).do(Declare{d})
	d.Items[0].Name = "something else"
	if w.s.Declaration.Items[0].Name == "something else" {
		t.Error("the state shares the items of the command")
	}
}

func TestInstantsAreStoredInUTC(t *testing.T) {
	china := time.FixedZone("CST", 8*3600)
	d := declaration()
	d.DeclaredAt = d.DeclaredAt.In(china)
	l := link(orderOne)
	l.DraftedAt = l.DraftedAt.In(china)
	a := in(t, PhaseAccepted)
	a.given.At = a.given.At.In(china)
	a.do(l, Declare{d}, Release{ReleasedAt: released.In(china)}, CloseCustoms{ClosedAt: released.In(china)})
	b := in(t, PhaseAccepted).do(link(orderOne), Declare{declaration()}, Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released})
	if !reflect.DeepEqual(a.s, b.s) {
		t.Errorf("%+v\n%+v", a.s, b.s)
	}
}
