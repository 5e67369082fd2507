package payment_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/aggregatetest"
	. "github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var (
	noon = time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC)

	first  = must(trade.ParseID("019342c8-5a00-7000-8000-000000000001"))
	second = must(trade.ParseID("019342c8-5a00-7000-8000-000000000002"))

	key = Key{Method: order.PayCard, Reference: "CH 1/2"}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func money(s string) trade.Money { return must(trade.ParseMoney(s + " USD")) }

func given() trade.Given { return trade.Given{By: trade.Actor{Role: trade.Desk}, At: noon} }

// record is a card payment of 2,000 on the first order, and on review whether it waits for review.
func record(review bool) Record {
	return Record{Order: first, Method: key.Method, Reference: key.Reference, Amount: money("2000"), Review: review}
}

// adopted is a record without a zero field, as far as its fields go together.
var adopted = Record{
	Order: first, Method: order.PayTT, Account: "RA-1", Reference: "0001", Amount: money("2000"), Review: true, Returned: money("500"), Reversed: money("100"),
	Cases: []Case{{Name: "case 1/2", Amount: money("100"), OpenedAt: noon, Status: "won", At: noon.Add(time.Hour)}},
}

func TestAggregate(t *testing.T) {
	aggregatetest.Run(t, aggregatetest.Aggregate[Payment, Command, Event, Facts, Phase, Kind]{
		Stream: key.Stream(), New: func() Payment { return New(key.Stream()) },
		Phase:  func(p Payment) Phase { return p.Phase },
		LastAt: func(p Payment) time.Time { return p.LastAt },
		Decide: Decide, Evolve: Evolve, Replay: Replay, Life: Life(), Model: Model,
		EncodeEvent: EncodeEvent, DecodeEvent: DecodeEvent, EncodeCommand: EncodeCommand, DecodeCommand: DecodeCommand,
		Commands: []Command{
			adopted, Apply{}, Return{Amount: money("500")}, Take{Case: "a", Amount: money("100"), At: noon}, Resolve{Case: "a", Won: true, At: noon}, Void{}, NoteAllAdopted{},
		},
		Events: []Event{
			Recorded(adopted), Recorded(record(false)),
			Recorded{Order: first, Method: Charge, Reference: "CH-1", Amount: money("50")},
			Applied{}, Taken{Case: "a", Amount: money("100"), At: noon}, Taken{Case: "recall 1", At: noon},
			Resolved{Case: "a", Won: true, At: noon}, Resolved{Case: "a", At: noon}, Returned{Amount: money("500")}, Voided{}, AllAdopted{},
		},
		Golden: "testdata/events.golden", Doc: "doc.go",
		History: []events.Recorded[Event]{
			{At: noon, Event: Recorded(record(true))}, {At: noon, Event: Taken{Case: "a", Amount: money("100"), At: noon}}, {At: noon.Add(1), Event: Voided{}},
		},
	})
}

// told is the payment after the desk issued the commands, each a minute after the one before it.
func told(t *testing.T, commands ...Command) Payment {
	t.Helper()
	p := New(key.Stream())
	for _, c := range commands {
		g := given()
		g.At = g.At.Add(time.Minute)
		made, err := Decide(p, c, g, Facts{})
		if err != nil {
			t.Fatalf("%s: %v", c.Name(), err)
		}
		for _, e := range made {
			if p, err = Evolve(p, e, g.At); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p
}

// refused fails unless the rule refuses the command.
func refused(t *testing.T, p Payment, c Command, by rule.ID) {
	t.Helper()
	made, err := Decide(p, c, given(), Facts{})
	if no, ok := errors.AsType[*trade.Refusal](err); !ok || no.Rule != by || no.Text(rule.English) == "" || no.Text(rule.Chinese) == "" || made != nil {
		t.Errorf("%s: got %+v, %v; want a refusal by %s", c.Name(), made, err, string(by))
	}
}

// nothing fails unless the command is accepted and changes nothing.
func nothing(t *testing.T, p Payment, c Command) {
	t.Helper()
	if made, err := Decide(p, c, given(), Facts{}); err != nil || made != nil {
		t.Errorf("%s: got %+v, %v; want nothing", c.Name(), made, err)
	}
}

func TestRule(t *testing.T) {
	t.Run("D19", testD19)
	t.Run("D21", testD21)
	t.Run("D24", testD24)
	t.Run("D65", testD65)
}

func testD19(t *testing.T) {
	p := told(t, record(false))
	other := record(false)
	other.Amount = money("1999.99")
	refused(t, p, other, rule.D19)
	nothing(t, p, record(false))
}

func testD65(t *testing.T) {
	p := told(t, record(false))
	if f := p.Fact(); f.Order != first || f.Amount != money("2000") || f.Method != order.PayCard || f.Reference != key.Reference || f.Review {
		t.Errorf("the order is told %+v", f)
	}
	other := record(false)
	other.Order = second
	refused(t, p, other, rule.D65)
	for _, by := range []trade.Actor{{Role: trade.Platform}, {Role: trade.System}, {Role: trade.Seller, Account: "acme"}, {Role: trade.Buyer, Account: "b-1"}} {
		if _, err := Decide(New(key.Stream()), record(false), trade.Given{By: by, At: noon}, Facts{}); !errors.Is(err, rule.D65) {
			t.Errorf("recorded by %s: %v", by.Role, err)
		}
	}
	t.Run("void and recorded again, by another order", func(t *testing.T) {
		void := told(t, record(true), Take{Case: "a", Amount: money("5"), At: noon}, Void{})
		if f := void.Fact(); !reflect.DeepEqual(f, order.IncomingPayment{}) {
			t.Errorf("the order is told %+v", f)
		}
		refused(t, void, Void{}, rule.D65)
		refused(t, void, Take{Case: "a", At: noon}, rule.D24)
		made, err := Decide(void, other, given(), Facts{})
		if err != nil || len(made) != 1 {
			t.Fatalf("got %+v, %v", made, err)
		}
		if again, err := Evolve(void, made[0], noon); err != nil || again.Fact().Order != second || len(again.Cases) > 0 || again.Review {
			t.Errorf("the payment is %+v, %v", again, err)
		}
	})
	t.Run("the stream is that of the key", func(t *testing.T) {
		if _, err := Decide(New(Key{Method: order.PayCard, Reference: "CH 1/3"}.Stream()), record(false), given(), Facts{}); !errors.As(err, new(*trade.InvalidError)) {
			t.Errorf("recorded under another key: %v", err)
		}
		const want = events.StreamID("payment-dzo6e44qnacvuuhzfjag525spd") // of "4:card6:CH 1/2"
		streams := map[events.StreamID]Key{}
		for _, k := range []Key{
			key, {Method: order.PayECheck, Reference: "CH 1/2"}, {Method: Charge, Reference: "CH 1/2"}, {Method: order.PayTT, Reference: "CH 1/2"},
			{Method: order.PayTT, Account: "RA-1", Reference: "0001"}, {Method: order.PayTT, Account: "RA-2", Reference: "0001"},
			{Method: order.PayTT, Account: "RA-10", Reference: "001"}, {Method: order.PayTT, Account: "RA-1", Reference: "0001 "},
		} {
			s := k.Stream()
			if other, twice := streams[s]; twice || len(s) != len("payment-")+26 || s.Category() != Category {
				t.Errorf("%+v and %+v are %s", k, other, s)
			}
			streams[s] = k
		}
		if got := (Key{Method: order.PayCard, Account: "RA-1", Reference: "CH 1/2"}).Stream(); got != key.Stream() {
			t.Errorf("an account that is not a transfer's makes %s", got)
		}
		if key.Stream() != want {
			t.Errorf("the stream is %s, want %s", key.Stream(), want)
		}
	})
}

// TestAllAdopted marks a store in the one stream for it.
func TestAllAdopted(t *testing.T) {
	mark := New(Adoption)
	made, err := Decide(mark, NoteAllAdopted{}, given(), Facts{})
	if err != nil || !reflect.DeepEqual(made, []Event{AllAdopted{}}) {
		t.Fatalf("got %+v, %v", made, err)
	}
	after := must(Evolve(mark, made[0], noon))
	nothing(t, after, NoteAllAdopted{})
	if f := after.Fact(); after.Phase != PhaseAllAdopted || !f.Order.IsZero() {
		t.Errorf("the mark is %+v", after)
	}
	for _, c := range []Command{record(false), NoteAllAdopted{}} {
		p := New(key.Stream())
		if c.Name() == record(false).Name() {
			p = New(Adoption)
		}
		if made, err := Decide(p, c, given(), Facts{}); !errors.As(err, new(*trade.InvalidError)) || made != nil {
			t.Errorf("%s on %s: %+v, %v", c.Name(), p.Stream, made, err)
		}
	}
	if _, err := Evolve(New(key.Stream()), AllAdopted{}, noon); err == nil {
		t.Error("the mark is on the stream of a payment")
	}
}

func testD21(t *testing.T) {
	under := told(t, record(true))
	if under.Unapplied != money("2000") || !under.Review {
		t.Errorf("the payment is %+v", under)
	}
	p := told(t, record(true), Return{Amount: money("500")})
	if p.Unapplied != money("1500") || p.Returned != money("500") {
		t.Errorf("the payment is %+v", p)
	}
	for _, bad := range []string{"0", "-1", "1500.01"} {
		refused(t, p, Return{Amount: money(bad)}, rule.D21)
	}
	done := told(t, record(true), Return{Amount: money("500")}, Apply{})
	if done.Review || !done.Unapplied.IsZero() || !done.Returned.IsZero() {
		t.Errorf("the payment is %+v", done)
	}
	refused(t, done, Apply{}, rule.D21)
	refused(t, done, Return{Amount: money("1")}, rule.D21)
	refused(t, New(key.Stream()), Apply{}, rule.D21)
}

// testD24 is the table of reports: which one stands, and what the cases take of a payment of 2,000.
func testD24(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	opens := func(name, amount string, minutes int) Command {
		c := Take{Case: name, At: at(minutes)}
		if amount != "" {
			c.Amount = money(amount)
		}
		return c
	}
	won := func(name string, minutes int) Command { return Resolve{Case: name, Won: true, At: at(minutes)} }
	lost := func(name string, minutes int) Command { return Resolve{Case: name, At: at(minutes)} }
	for _, c := range []struct {
		name       string
		reports    []Command
		take, lost string
		open       int
	}{
		{"an amount", []Command{opens("a", "500", 0)}, "500", "0", 1},
		{"no amount", []Command{opens("a", "", 0)}, "2000", "0", 1},
		{"more than the payment", []Command{opens("a", "500", 0), opens("b", "1700", 0)}, "2200", "0", 2},
		{"an amount and none", []Command{opens("a", "500", 0), opens("b", "", 0)}, "2000", "0", 2},
		{"more than the payment and none", []Command{opens("a", "2200", 0), opens("b", "", 0)}, "2200", "0", 2},
		{"won", []Command{opens("a", "500", 0), won("a", 1)}, "0", "0", 0},
		{"lost", []Command{opens("a", "500", 0), lost("a", 1)}, "500", "500", 0},
		{"no amount, lost beside an open one", []Command{opens("a", "", 0), opens("b", "700", 0), lost("a", 1)}, "2000", "1300", 1},
		{"of two without an amount the first name has the rest", []Command{opens("b", "", 0), opens("a", "", 1), lost("b", 2)}, "2000", "0", 1},
		{"and the other one when that is won", []Command{opens("b", "", 0), opens("a", "", 1), lost("b", 2), won("a", 3)}, "2000", "2000", 0},
		{"won, then lost", []Command{opens("a", "500", 0), won("a", 1), lost("a", 2)}, "500", "500", 0},
		{"lost, then won, told the other way round", []Command{opens("a", "500", 0), won("a", 2), lost("a", 1)}, "0", "0", 0},
		{"opened again with another amount", []Command{opens("a", "500", 0), won("a", 1), opens("a", "700", 2)}, "700", "0", 1},
		{"an opening before the end, told after it", []Command{opens("a", "500", 0), lost("a", 2), opens("a", "700", 1)}, "700", "700", 0},
		{"an opening before the last one", []Command{opens("a", "500", 1), opens("a", "700", 0)}, "500", "0", 1},
		{"at one instant the end", []Command{opens("a", "500", 0), lost("a", 0)}, "500", "500", 0},
		{"at one instant lost", []Command{opens("a", "500", 0), lost("a", 1), won("a", 1)}, "500", "500", 0},
		{"at one instant lost, told last", []Command{opens("a", "500", 0), won("a", 1), lost("a", 1)}, "500", "500", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := told(t, append([]Command{record(false)}, c.reports...)...)
			if take, lost, open := p.Cases.Take(p.Amount), p.Cases.Lost(p.Amount), p.Cases.Open(); take != money(c.take) || lost != money(c.lost) || open != c.open {
				t.Errorf("they take %s, %s of it is lost, %d are open: %+v", take, lost, open, p.Cases)
			}
			for _, again := range c.reports {
				nothing(t, p, again)
			}
		})
	}
	t.Run("the same in any order of arrival", func(t *testing.T) {
		reports := []Command{opens("a", "500", 0), won("a", 1), opens("a", "700", 2), lost("a", 3)}
		want := told(t, append([]Command{record(false)}, reports...)...)
		for _, order := range [][]int{{0, 1, 3, 2}, {0, 2, 1, 3}, {0, 3, 1, 2}, {2, 0, 1, 3}, {2, 3, 0, 1}, {2, 3, 1, 0}, {0, 3, 2, 1}} {
			in := []Command{record(false)}
			for _, i := range order {
				in = append(in, reports[i])
			}
			if got := told(t, in...); !reflect.DeepEqual(got.Cases, want.Cases) {
				t.Errorf("told as %v: %+v, want %+v", order, got.Cases, want.Cases)
			}
		}
	})
	t.Run("a recall stands", func(t *testing.T) {
		k := Key{Method: order.PayTT, Account: "RA-1", Reference: "0001"}
		p := New(k.Stream())
		for _, e := range []Event{Recorded{Order: first, Method: k.Method, Account: k.Account, Reference: k.Reference, Amount: money("2000")}, Taken{Case: "r", At: noon}} {
			p = must(Evolve(p, e, noon))
		}
		if p.Cases[0].Status != order.CaseRecalled || p.Cases.Open() != 0 || p.Cases.Lost(p.Amount) != money("2000") {
			t.Errorf("the cases are %+v", p.Cases)
		}
	})
	p := told(t, record(false), opens("a", "500", 0))
	t.Run("the end of what was not opened", func(t *testing.T) { refused(t, p, won("b", 1), rule.D24) })
	t.Run("another amount at the same instant", func(t *testing.T) { refused(t, p, opens("a", "501", 0), rule.D24) })
	t.Run("a sum that overflows", func(t *testing.T) { refused(t, p, opens("b", "92233720368547758.07", 0), rule.D24) })
	t.Run("a payment under review answers with its own money", func(t *testing.T) {
		p := told(t, record(true), Return{Amount: money("1500")}, opens("a", "700", 0))
		if p.Unapplied.IsPositive() || p.Reversed != money("500") || p.Returned != money("1500") {
			t.Errorf("the payment is %+v", p)
		}
		p = told(t, record(true), opens("a", "700", 0), won("a", 1))
		if p.Unapplied != money("2000") || !p.Reversed.IsZero() {
			t.Errorf("the payment is %+v", p)
		}
	})
	t.Run("the first name is that of the case that the first edition kept", func(t *testing.T) {
		r := record(false)
		r.Cases = []Case{{OpenedAt: noon, Status: "open", At: noon}}
		p := told(t, r, lost("a", 1))
		if len(p.Cases) != 1 || p.Cases[0].Name != "a" || p.Cases[0].Status != order.CaseLost {
			t.Errorf("the cases are %+v", p.Cases)
		}
	})
}

// TestCorrupt: events that cannot be there are refused, and change nothing.
func TestCorrupt(t *testing.T) {
	under, done := told(t, record(true)), told(t, record(false))
	bad := func(change func(*Recorded)) Recorded {
		r := Recorded(record(true))
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		p Payment
		e Event
	}{
		"nothing came in":                  {New(key.Stream()), bad(func(r *Recorded) { r.Amount = money("0") })},
		"more returned than came in":       {New(key.Stream()), bad(func(r *Recorded) { r.Returned = money("2000.01") })},
		"less than nothing returned":       {New(key.Stream()), bad(func(r *Recorded) { r.Returned = money("-1") })},
		"less than nothing reversed":       {New(key.Stream()), bad(func(r *Recorded) { r.Reversed = money("-1") })},
		"a case of an unknown status":      {New(key.Stream()), bad(func(r *Recorded) { r.Cases = []Case{{Name: "a", OpenedAt: noon, Status: "closed", At: noon}} })},
		"recorded twice":                   {done, Recorded(record(false))},
		"applied, not under review":        {done, Applied{}},
		"returned, not under review":       {done, Returned{Amount: money("1")}},
		"returned more than waits":         {under, Returned{Amount: money("2000.01")}},
		"returned nothing":                 {under, Returned{Amount: money("0")}},
		"the end of what was not opened":   {done, Resolved{Case: "a", At: noon}},
		"taken before it was recorded":     {New(key.Stream()), Taken{Case: "a", At: noon}},
		"taken back after it was void":     {told(t, record(true), Void{}), Taken{Case: "a", At: noon}},
		"the record taken back, and again": {told(t, record(true), Void{}), Voided{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Evolve(c.p, c.e, noon); err == nil || !reflect.DeepEqual(got, c.p) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestAdopt makes the record of a payment that an order of the first edition kept.
func TestAdopt(t *testing.T) {
	in := order.IncomingPayment{
		Order: first, Method: order.PayCard, Reference: key.Reference, Amount: money("2000"),
		Cases: order.Cases{{OpenedAt: noon, Status: order.CaseLost, At: noon.Add(1)}},
	}
	r := Adopt(in, "RA-1")
	if want := (Record{Order: first, Method: order.PayCard, Reference: key.Reference, Amount: money("2000"), Cases: []Case{{OpenedAt: noon, Status: "lost", At: noon.Add(1)}}}); !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
	if p := told(t, r); !reflect.DeepEqual(p.Fact(), in) {
		t.Errorf("the order is told %+v, want %+v", p.Fact(), in)
	}
	in.Method, in.Cases = order.PayTT, nil
	if r := Adopt(in, "RA-1"); r.Account != "RA-1" {
		t.Errorf("got %+v", r)
	}
}
