package desk_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TestWhoMayRead asks for everything as everybody. To those who may not see it, it is not there.
func TestWhoMayRead(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	draft := tr.draft("100 USD", "100 USD", order.CoverageNone)
	submitted := tr.placed("100 USD", "100 USD", order.CoverageNone)
	tr.entrust("E1")
	nobody := trade.NewID()
	everybody := actors
	reads := map[string]struct {
		may  []trade.Actor
		read func(by trade.Actor) error
	}{
		"draft":    {[]trade.Actor{acme, platform, system}, func(by trade.Actor) error { _, _, err := tr.Desk.ReadOrder(background, by, draft); return err }},
		"order":    {[]trade.Actor{acme, bruno, platform, system}, func(by trade.Actor) error { _, _, err := tr.Desk.ReadOrder(background, by, submitted); return err }},
		"timeline": {[]trade.Actor{acme, bruno, platform, system}, func(by trade.Actor) error { _, err := tr.Desk.Timeline(background, by, submitted); return err }},
		"at":       {[]trade.Actor{acme, bruno, platform, system}, func(by trade.Actor) error { _, err := tr.Desk.At(background, by, submitted, start); return err }},
		"next":     {[]trade.Actor{acme, bruno, platform, system}, func(by trade.Actor) error { _, err := tr.Desk.Next(background, by, submitted); return err }},
		"no order": {nil, func(by trade.Actor) error { _, _, err := tr.Desk.ReadOrder(background, by, nobody); return err }},
		"service":  {[]trade.Actor{acme, platform, system}, func(by trade.Actor) error { _, _, err := tr.Desk.ReadService(background, by, acme.Account); return err }},
		"line": {[]trade.Actor{acme, platform, system}, func(by trade.Actor) error {
			_, _, err := tr.Desk.ReadLine(background, by, acme.Account, usd)
			return err
		}},
		"no line": {nil, func(by trade.Actor) error {
			_, _, err := tr.Desk.ReadLine(background, by, orient.Account, usd)
			return err
		}},
		"entrustment":   {[]trade.Actor{acme, platform, system}, func(by trade.Actor) error { _, _, err := tr.Desk.ReadEntrustment(background, by, "E1"); return err }},
		"no entrusting": {nil, func(by trade.Actor) error { _, _, err := tr.Desk.ReadEntrustment(background, by, "E2"); return err }},
	}
	for name, r := range reads {
		for _, by := range everybody {
			may := false
			for _, who := range r.may {
				may = may || who == by
			}
			switch err := r.read(by); {
			case may && err != nil:
				t.Errorf("%s by %s %s: %v", name, by.Role, by.Account, err)
			case !may && !errors.Is(err, desk.ErrNotFound):
				t.Errorf("%s by %s %s: %v, want ErrNotFound", name, by.Role, by.Account, err)
			}
		}
		for _, by := range []trade.Actor{{Role: trade.Desk}, {}, {Role: trade.Buyer}} {
			var invalid *trade.InvalidError
			if err := r.read(by); !errors.As(err, &invalid) {
				t.Errorf("%s by %+v: %v, want an *InvalidError", name, by, err)
			}
		}
	}
	// An unregistered buyer is known by the verified address.
	fresh := tr.draft("100 USD", "100 USD", order.CoverageNone)
	tr.Do(acme, desk.OnOrder(fresh, order.SetBuyer{Email: "new@buyer.example", BuyerName: "New"}))
	tr.Do(acme, desk.OnOrder(fresh, order.MatchBuyer{Email: "new@buyer.example"}))
	tr.submit(fresh)
	if _, _, err := tr.Desk.ReadOrder(background, trade.Actor{Role: trade.Buyer, Account: "b-new", Email: "new@buyer.example"}, fresh); err != nil {
		t.Error(err)
	}
	var invalid *trade.InvalidError
	if _, _, err := tr.Desk.ReadLine(background, platform, "a/b", usd); !errors.As(err, &invalid) {
		t.Errorf("%v", err)
	}
	if _, _, err := tr.Desk.ReadEntrustment(background, acme, "a/b"); !errors.As(err, &invalid) {
		t.Errorf("%v", err)
	}
}

// TestReadsAreCurrent has another desk move what this one remembers.
func TestReadsAreCurrent(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	other := newFixture(t, tr.Store)
	id := tr.placed("100 USD", "100 USD", order.CoveragePostDelivery)
	other.Order(id)
	other.line()
	tr.confirm(id)
	tr.Do(platform, limit("1 USD"))
	if o, _, err := other.Desk.ReadOrder(background, platform, id, desk.AllowStale()); err != nil || o.Phase != order.PhaseSubmitted {
		t.Fatalf("stale: %s, %v", o.Phase, err)
	}
	if l, _, err := other.Desk.ReadLine(background, platform, acme.Account, usd, desk.AllowStale()); err != nil || l.Limit != money("10000 USD") {
		t.Fatalf("stale: %s, %v", l.Limit, err)
	}
	other.phase(id, order.PhaseConfirmed)
	if l := other.line(); l.Limit != money("1 USD") {
		t.Fatalf("limit %s", l.Limit)
	}
}

func TestTimeline(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := trade.NewID()
	draft := asking(acme, desk.OnOrder(id, order.Draft{Mode: order.DraftOnline}))
	draft.Correlation, draft.Causation, draft.Trace = "c-1", "c-0", "00-abc"
	if _, err := tr.Desk.Do(background, draft); err != nil {
		t.Fatal(err)
	}
	tr.after(time.Hour).Do(acme, desk.OnOrder(id, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"}))
	tr.after(time.Hour).Do(acme, desk.OnOrder(id, order.MatchBuyer{Email: bruno.Email}))
	entries, err := tr.Desk.Timeline(background, acme, id)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	want := desk.Meta{Role: trade.Seller, Account: acme.Account, Command: "draft", Correlation: "c-1", Causation: "c-0", Trace: "00-abc"}
	if entries[0].By != want {
		t.Fatalf("by %+v, want %+v", entries[0].By, want)
	}
	for i, e := range entries {
		if e.Version != events.Version(i+1) || !e.At.Equal(start.Add(time.Duration(i)*time.Hour)) {
			t.Fatalf("entry %d is version %d at %s", i, e.Version, e.At)
		}
	}
	if last := entries[2].Order; !reflect.DeepEqual(last, tr.Order(id)) {
		t.Fatalf("the last entry has %+v", last)
	}
	for at, matched := range map[time.Time]bool{start: false, start.Add(2*time.Hour - 1): false, start.Add(2 * time.Hour): true} {
		if o, err := tr.Desk.At(background, acme, id, at); err != nil || o.Matched != matched || o.Phase != order.PhaseDraft {
			t.Fatalf("at %s: %+v, %v", at, o, err)
		}
	}
	if o, err := tr.Desk.At(background, acme, id, start.Add(-1)); err != nil || o.Phase != order.PhaseNone || o.ID != id {
		t.Fatalf("before it began: %+v, %v", o, err)
	}
}

// TestBrokenHistory has records that no desk writes: they are named, and stop nobody else.
func TestBrokenHistory(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.draft("100 USD", "100 USD", order.CoverageNone)
	forge := func(stream events.StreamID, after events.Version, list ...events.Event) {
		t.Helper()
		_, err := tr.Store.Append(background, events.Commit{ID: desk.NewID(), Batches: []events.Batch{{Stream: stream, After: after, Events: list}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	reserved := func(owner string) events.Event {
		return events.Event{Type: "reservation.reserved", Schema: 1, At: start, Data: []byte(`{"owner":"` + owner + `"}`)}
	}
	other := trade.NewID().String()
	for name, forged := range map[string][]events.Event{
		"TWICE":   {reserved(other), reserved(other)},
		"NOBODY":  {reserved("")},
		"STRANGE": {reserved("no order")},
		"NEWER":   {{Type: "reservation.reserved", Schema: 2, At: start, Data: []byte(`{}`)}},
		"OTHER":   {{Type: "order.closed", Schema: 1, At: start, Data: []byte(`{}`)}},
	} {
		forge(events.StreamID("receiving_account-"+name), 0, forged...)
		broken := newFixture(t, tr.Store, desk.WithSources(desk.Sources{Account: accountNamed(name)}))
		_, err := broken.Ask(acme, submission(id))
		var corrupt *events.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Stream != events.StreamID("receiving_account-"+name) {
			t.Errorf("%s: %v, want a *CorruptError", name, err)
		}
	}
	tr.submit(id)
	// An order whose metadata nobody can read has no timeline; the order itself is there.
	_, head, err := tr.Desk.ReadOrder(background, platform, id)
	if err != nil {
		t.Fatal(err)
	}
	typ, schema, data, err := order.EncodeEvent(nil, order.TransportSet{Mode: order.TransportSea})
	if err != nil {
		t.Fatal(err)
	}
	forge(order.Stream(id), head, events.Event{Type: typ, Schema: schema, At: start, Data: data, Meta: []byte("?")})
	tr.phase(id, order.PhaseSubmitted)
	var corrupt *events.CorruptError
	if _, err := tr.Desk.Timeline(background, platform, id); !errors.As(err, &corrupt) || corrupt.Version != head+1 {
		t.Fatalf("%v, want a *CorruptError of version %d", err, head+1)
	}
}

// TestDecodeEvent has one event of each package, and none.
func TestDecodeEvent(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	tr.life("100 USD", "100 USD", order.CoveragePostDelivery)
	seen := make(map[string]bool)
	for r, err := range tr.Store.ReadAll(background, 0, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			t.Fatal(err)
		}
		switch e.(type) {
		case order.Event, seller.Event, entrustment.Event, credit.Event, payment.Event, reservation.Reserved:
			seen[r.Stream.Category()] = true
		default:
			t.Fatalf("%s is a %T", r.Type, e)
		}
	}
	if len(seen) != 7 {
		t.Fatalf("events of %v", seen)
	}
	for _, c := range []struct {
		typ    string
		schema uint16
	}{{"", 1}, {"order", 1}, {"order.never", 1}, {"reservation.reserved", 2}, {"reservation.never", 1}, {"ghost.drafted", 1}} {
		if e, err := desk.DecodeEvent(c.typ, c.schema, []byte("{}")); err == nil {
			t.Errorf("%s schema %d is %+v", c.typ, c.schema, e)
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	f.Add("reservation.reserved", []byte(`{"owner":"E1"}`))
	f.Add("order.closed", []byte(`{"reason":"cancelled"}`))
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		e, err := desk.DecodeEvent(typ, 1, data)
		if r, ok := e.(reservation.Reserved); ok && err == nil && r.Kind().String() != typ {
			t.Fatalf("%s decoded as %s", typ, r.Kind())
		}
	})
}

func FuzzDecodeMeta(f *testing.F) {
	f.Add([]byte(`{"role":"seller","account":"s-acme","command":"draft","correlation":"c"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := desk.DecodeMeta(data)
		if err == nil && m.Role.String() == "unknown" {
			t.Fatalf("%q has %+v", data, m)
		}
	})
}
