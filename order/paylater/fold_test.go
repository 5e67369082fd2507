package paylater_test

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// sound fails unless the sums of an order agree with each other and with its phase.
func sound(t rapid.TB, o *Order) {
	t.Helper()
	cents := func(m trade.Money) int64 { return m.MinorUnits() }
	sum := cents(o.Paid) + cents(o.Restored) + cents(o.Consumed) + cents(o.Outstanding)
	if sum != cents(o.Original) {
		t.Fatalf("the parts make %d of %s: %+v", sum, o.Original, *o)
	}
	for _, m := range []trade.Money{o.Outstanding, o.Paid, o.Restored, o.Consumed, o.Instalments, o.PaidBack, o.Refunded, o.Due(), o.Refundable()} {
		if m.IsNegative() || m.Currency() != o.Original.Currency() {
			t.Fatalf("an amount of %s: %+v", m, *o)
		}
	}
	waits, has := false, false
	for i := range unpaid {
		waits = waits || o.Phase == unpaid[i]
	}
	for i := range paid {
		has = has || o.Phase == paid[i]
	}
	switch {
	case waits != o.Outstanding.IsPositive() || waits != o.Due().IsPositive():
		t.Fatalf("%s outstanding, %s due in %s", o.Outstanding, o.Due(), o.Phase)
	case has && !o.Paid.IsPositive() || !has && o.Paid.IsPositive() && (o.Phase != PhaseCancelled || o.Refunded != o.Paid):
		t.Fatalf("%s paid in %s", o.Paid, o.Phase)
	case o.Consumed.IsPositive() != (o.Phase == PhaseWrittenOff):
		t.Fatalf("%s consumed in %s", o.Consumed, o.Phase)
	case o.AfterSalesOpen() && o.Phase != PhaseReceived && o.Phase != PhaseOverdue:
		t.Fatalf("an after-sales case is open in %s", o.Phase)
	case o.ChargePending && o.Phase != PhaseReceived && o.Phase != PhaseOverdue:
		t.Fatalf("a charge is under way in %s", o.Phase)
	}
}

// onward has what often leads deeper into the life of an order.
var onward = map[Phase][]Command{
	PhasePlaced:         {Ship{}, Ship{}, LowerAmount{Amount: yuan("90")}},
	PhaseShipped:        {ConfirmReceipt{}, AutoConfirmReceipt{}, ExtendReceipt{}},
	PhasePrepaid:        {Ship{}},
	PhasePrepaidShipped: {ConfirmReceipt{}, AutoConfirmReceipt{}, ExtendReceipt{}},
	PhaseReceived: {
		OpenAfterSales{}, CloseAfterSales{}, CloseAfterSales{}, RequestCharge{}, RequestCharge{}, FailCharge{}, MarkOverdue{},
		Pay{Reference: "R", Amount: yuan("10")},
	},
	PhaseOverdue: {RequestCharge{}, FailCharge{}, WriteOff{}, Pay{Reference: "S", Amount: yuan("10")}},
}

// draw returns some command for the order; a good part of them is taken where they are drawn.
func draw(t *rapid.T, o *Order) (trade.Actor, Command) {
	cents := func(most int64, label string) trade.Money {
		return trade.Minor(rapid.Int64Range(1, max(1, most)).Draw(t, label), yuan("0").Currency())
	}
	due := o.Due()
	if rapid.IntRange(0, 2).Draw(t, "part") == 0 {
		due = cents(due.MinorUnits()+2, "due")
	}
	if !due.IsPositive() {
		due = cents(10, "amount")
	}
	all := o.Refundable()
	if !all.IsPositive() {
		all = cents(10, "all")
	}
	reference := rapid.StringMatching(`R[0-9]`).Draw(t, "reference")
	c := rapid.SampledFrom([]Command{
		Place{Merchant: "meilin", ChosePayLater: rapid.IntRange(0, 9).Draw(t, "chose") > 0, Amount: cents(12000, "placed")},
		Cancel{}, Ship{}, Ship{}, ConfirmReceipt{}, ConfirmReceipt{}, AutoConfirmReceipt{}, ExtendReceipt{},
		Pay{Reference: reference, Amount: due}, Pay{Reference: reference, Amount: due},
		Refund{Amount: cents(o.Refundable().MinorUnits()+1, "refund")}, Refund{Amount: all},
		RequestCharge{}, FailCharge{}, MarkOverdue{}, MarkOverdue{}, WriteOff{}, OpenAfterSales{}, CloseAfterSales{},
		LowerAmount{Amount: cents(o.Outstanding.MinorUnits()+1, "lower")}, Return{}, FlagFake{},
	}).Draw(t, "command")
	if on := onward[o.Phase]; on != nil && rapid.IntRange(0, 3).Draw(t, "onward") > 0 {
		c = rapid.SampledFrom(on).Draw(t, "on")
	}
	by := actor(c)
	if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
		by = rapid.SampledFrom([]trade.Actor{buyer, merchant, platform, system, desk, {Role: trade.Buyer, Account: "x"}}).Draw(t, "by")
	}
	return by, c
}

func drawPolicy(t *rapid.T) *Policy {
	p := DefaultPolicy()
	p.Instalments = rapid.Bool().Draw(t, "instalments")
	p.ChargeRetries = rapid.IntRange(0, 2).Draw(t, "retries")
	return p
}

// drawWait moves on by hours, or to just before, at or after the next deadline.
func drawWait(t *rapid.T, w *world) {
	d, ok := w.o.Deadline()
	if ok && rapid.Bool().Draw(t, "to the deadline") {
		d.At = d.At.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "nanosecond")))
		if d.At.After(w.now) {
			w.now = d.At
		}
		return
	}
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "hours")) * time.Hour)
}

// live runs drawn commands on one order.
func live(rt *rapid.T, t testing.TB) *world {
	w := newWorld(t)
	w.facts.Policy = drawPolicy(rt)
	w.do(place("100"))
	for range rapid.IntRange(0, 40).Draw(rt, "commands") {
		drawWait(rt, w)
		by, c := draw(rt, &w.o)
		made, err := w.as(by).try(c)
		if err == nil {
			for _, e := range made {
				if err := w.o.Apply(e, w.now); err != nil {
					rt.Fatalf("%T was decided and has no place: %v", e, err)
				}
				w.history = append(w.history, events.Recorded[Event]{At: w.now, Event: e})
			}
		}
		sound(rt, &w.o)
	}
	return w
}

// TestReplayIsTheLiveState holds the fold to its laws: a replay of the stored bytes equals the
// live state, and a prefix and the rest equal the whole.
func TestReplayIsTheLiveState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := live(rt, t)
		whole, err := Replay(New(ours), stored(rt, w.history))
		if err != nil || !reflect.DeepEqual(whole, w.o) {
			rt.Fatalf("replay gives %+v, %v; live is %+v", whole, err, w.o)
		}
		cut := rapid.IntRange(0, len(w.history)).Draw(rt, "cut")
		o, err := Replay(New(ours), w.history[:cut])
		for _, r := range w.history[cut:] {
			if err == nil {
				o, err = Evolve(o, r.Event, r.At)
			}
		}
		if err != nil || !reflect.DeepEqual(o, whole) {
			rt.Fatalf("prefix of %d and rest give %+v, %v; the whole %+v", cut, o, err, whole)
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
		if err != nil || e != r.Event {
			t.Fatalf("%s: %+v, %v", data, e, err)
		}
		back = append(back, events.Recorded[Event]{At: r.At, Event: e})
	}
	return back
}

// TestHostileHistories replays drawn facts in drawn order: a fold either takes a step of the
// table and leaves a sound order, or names the fact and keeps the state before it.
func TestHostileHistories(t *testing.T) {
	facts := append(everyEvent(),
		Placed{Buyer: "bao", Merchant: "meilin", Amount: yuan("100")}, Shipped{AutoReceiveAt: newYear.Add(day)}, Shipped{AutoReceiveAt: newYear.Add(day)},
		ReceiptConfirmed{By: trade.Buyer, DueAt: newYear.Add(day)}, InstalmentPaid{Reference: "a", Amount: yuan("33.33")},
		MarkedOverdue{Amount: yuan("100")}, MarkedOverdue{Amount: yuan("60")}, WrittenOff{Consumed: yuan("100"), PaidBack: yuan("0")},
		Paid{Reference: "b", Amount: yuan("60"), Total: yuan("60")}, Cancelled{Restored: yuan("100"), PaidBack: yuan("0")},
		Placed{Buyer: "bao", Merchant: "meilin", Amount: trade.Minor(math.MaxInt64, yuan("0").Currency())},
		RefundMade{Amount: yuan("-1")}, InstalmentPaid{Reference: "c", Amount: trade.Minor(math.MinInt64, yuan("0").Currency())},
		Placed{Buyer: "bao", Merchant: "meilin"}, AmountLowered{}, Cancelled{}, Paid{}, nil, (*Paid)(nil))
	rapid.Check(t, func(t *rapid.T) {
		history := []events.Recorded[Event]{{At: newYear, Event: Placed{Buyer: "bao", Merchant: "meilin", Amount: yuan("100")}}}
		for _, e := range rapid.SliceOfN(rapid.SampledFrom(facts), 1, 20).Draw(t, "facts") {
			history = append(history, events.Recorded[Event]{At: newYear, Event: e})
		}
		history = history[rapid.IntRange(0, 1).Draw(t, "from"):]
		o := New(ours)
		for i, r := range history {
			before := o
			to, listed := Phase(0), false
			if e := r.Event; e != nil && reflect.TypeOf(e).Kind() == reflect.Struct {
				to, listed = Life().Table().Next(o.Phase, e.Kind())
			}
			err := o.Apply(r.Event, r.At)
			switch {
			case err == nil && (!listed || o.Phase != to):
				t.Fatalf("%+v in %s is taken and leads to %s", r.Event, before.Phase, o.Phase)
			case err == nil:
				sound(t, &o)
			case !errors.As(err, new(*trade.InvalidError)) || !reflect.DeepEqual(o, before):
				t.Fatalf("%+v: %v, now %+v", r.Event, err, o)
			default:
				replayed, err := Replay(New(ours), history)
				corrupt, ok := errors.AsType[*events.CorruptError](err)
				if !ok || corrupt.Stream != Stream(ours) || int(corrupt.Version) != i+1 || !reflect.DeepEqual(replayed, o) {
					t.Fatalf("%v at %d leaves %+v, want %+v", err, i+1, replayed, o)
				}
				return
			}
		}
	})
}

// TestHistoriesThatCannotBe is the table of facts that the steps allow and the past does not.
func TestHistoriesThatCannotBe(t *testing.T) {
	received := func() *world { return on(t, PhaseReceived) }
	charged := func() *world { return received().wait(day).do(RequestCharge{}) }
	open := func() *world { return received().do(OpenAfterSales{}) }
	endless := func() *world { return received().record(AfterSalesOpened{}) }
	parts := func() *world { return on(t, PhasePlaced).under(instalments).do(pay("30")) }
	for name, c := range map[string]struct {
		w     *world
		e     Event
		field string
	}{
		"no step":                              {on(t, PhasePaid), Shipped{}, "event"},
		"placed with oneself":                  {newWorld(t), Placed{Buyer: "bao", Merchant: "bao", Amount: yuan("1")}, "merchant"},
		"placed for nothing":                   {newWorld(t), Placed{Buyer: "bao", Merchant: "meilin", Amount: yuan("0")}, "amount"},
		"placed for no currency":               {newWorld(t), Placed{Buyer: "bao", Merchant: "meilin", Amount: trade.Minor(1, trade.Currency{})}, "amount"},
		"cancelled for less":                   {on(t, PhasePlaced), Cancelled{Restored: yuan("99"), PaidBack: yuan("0")}, "restored"},
		"cancelled in euros":                   {on(t, PhasePlaced), Cancelled{Restored: euros("100"), PaidBack: yuan("0")}, "restored"},
		"cancelled with the parts kept":        {parts(), Cancelled{Restored: yuan("100"), PaidBack: yuan("0")}, "paid_back"},
		"cancelled with money left":            {on(t, PhasePrepaid), Cancelled{Restored: yuan("0"), PaidBack: yuan("0")}, "event"},
		"returned for more":                    {received(), Returned{Restored: yuan("101"), PaidBack: yuan("0")}, "restored"},
		"returned overdue, but was not":        {received(), Returned{Restored: yuan("100"), PaidBack: yuan("0"), Overdue: true}, "overdue"},
		"extended twice":                       {on(t, PhaseShipped).do(ExtendReceipt{}), ReceiptExtended{AutoReceiveAt: newYear.Add(99 * day)}, "event"},
		"extended backwards":                   {on(t, PhaseShipped), ReceiptExtended{AutoReceiveAt: newYear.Add(10 * day)}, "auto_receive_at"},
		"received without a due time":          {on(t, PhaseShipped), ReceiptConfirmed{By: trade.Buyer}, "due_at"},
		"paid and received with one":           {on(t, PhasePrepaidShipped), ReceiptConfirmed{By: trade.Buyer, DueAt: newYear}, "due_at"},
		"a part as large as the whole":         {received(), InstalmentPaid{Reference: "R", Amount: yuan("100")}, "amount"},
		"a part of nothing":                    {received(), InstalmentPaid{Reference: "R", Amount: yuan("0")}, "amount"},
		"a part in euros":                      {received(), InstalmentPaid{Reference: "R", Amount: euros("1")}, "amount"},
		"a part counted twice":                 {parts(), InstalmentPaid{Reference: "P-30", Amount: yuan("30")}, "reference"},
		"the last part counted twice":          {parts(), Paid{Reference: "P-30", Amount: yuan("70"), Total: yuan("100")}, "reference"},
		"paid less than is due":                {parts(), Paid{Reference: "R", Amount: yuan("69"), Total: yuan("100")}, "amount"},
		"restored less than was paid":          {parts(), Paid{Reference: "R", Amount: yuan("70"), Total: yuan("70")}, "total"},
		"paid overdue, but was not":            {received(), Paid{Reference: "R", Amount: yuan("100"), Total: yuan("100"), Overdue: true}, "overdue"},
		"refunded more than was paid":          {on(t, PhasePaid), RefundMade{Amount: yuan("100.01")}, "amount"},
		"refunded nothing":                     {on(t, PhasePaid), RefundMade{Amount: yuan("0")}, "amount"},
		"charged beside another charge":        {charged(), ChargeRequested{Attempt: 2, Amount: yuan("100")}, "event"},
		"charged during an after-sales case":   {endless(), ChargeRequested{Attempt: 1, Amount: yuan("100")}, "event"},
		"the second charge first":              {received(), ChargeRequested{Attempt: 2, Amount: yuan("100")}, "attempt"},
		"charged more than is due":             {received(), ChargeRequested{Attempt: 1, Amount: yuan("101")}, "amount"},
		"a failure of no charge":               {received(), ChargeFailed{Attempt: 1}, "attempt"},
		"a failure of another charge":          {charged(), ChargeFailed{Attempt: 2}, "attempt"},
		"overdue during an after-sales case":   {endless(), MarkedOverdue{Amount: yuan("100")}, "event"},
		"overdue with another amount":          {received(), MarkedOverdue{Amount: yuan("99")}, "amount"},
		"written off with another amount":      {on(t, PhaseOverdue), WrittenOff{Consumed: yuan("99"), PaidBack: yuan("0")}, "consumed"},
		"written off, paying back too much":    {on(t, PhaseOverdue), WrittenOff{Consumed: yuan("100"), PaidBack: yuan("1")}, "paid_back"},
		"a case beside another":                {open(), AfterSalesOpened{}, "event"},
		"the end of no case":                   {received(), AfterSalesClosed{By: trade.Buyer, DueAt: newYear.Add(day)}, "event"},
		"due earlier after a case":             {open(), AfterSalesClosed{By: trade.Buyer, DueAt: newYear}, "due_at"},
		"lowered to what is outstanding":       {received(), AmountLowered{To: yuan("100"), Restored: yuan("0")}, "to"},
		"lowered to what was paid in parts":    {parts(), AmountLowered{To: yuan("30"), Restored: yuan("70")}, "to"},
		"lowered, and another amount restored": {received(), AmountLowered{To: yuan("60"), Restored: yuan("41")}, "restored"},
		"flagged twice":                        {on(t, PhasePaid).do(FlagFake{}), FakeFlagged{}, "event"},
	} {
		before := c.w.o
		if err := c.w.o.Apply(c.e, c.w.now); !invalidField(err, c.field) || !reflect.DeepEqual(c.w.o, before) {
			t.Errorf("%s: %v, want field %s", name, err, c.field)
		}
	}
	w := on(t, PhasePlaced).under(instalments)
	for range MaxPayments - 1 {
		reference := string(rune('一' + len(w.o.Payments)))
		w.do(Pay{Reference: reference, Amount: yuan("1")})
	}
	if err := w.o.Apply(InstalmentPaid{Reference: "R", Amount: yuan("0.01")}, w.now); !invalidField(err, "event") {
		t.Errorf("one payment too many: %v", err)
	}
}

// TestStatesAreValues goes on twice from one state and tries a third way: none sees the others.
func TestStatesAreValues(t *testing.T) {
	w := on(t, PhaseReceived).under(instalments).do(pay("10"), pay("20"), pay("5"))
	shared := w.o
	want, err := Replay(New(ours), w.history)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.try(pay("30")); err != nil {
		t.Fatal(err)
	}
	a := must(Evolve(shared, InstalmentPaid{Reference: "a", Amount: yuan("1")}, newYear))
	b := must(Evolve(shared, InstalmentPaid{Reference: "b", Amount: yuan("2")}, newYear))
	if a.Payments[3].Reference != "a" || b.Payments[3].Reference != "b" || !reflect.DeepEqual(shared, want) {
		t.Errorf("%+v\n%+v\n%+v", a.Payments, b.Payments, shared.Payments)
	}
	history := append(w.history, events.Recorded[Event]{At: newYear, Event: InstalmentPaid{Reference: "a", Amount: yuan("1")}})
	if fresh, err := Replay(New(ours), history); err != nil || !reflect.DeepEqual(fresh, a) {
		t.Errorf("%+v, %v\n%+v", fresh, err, a)
	}
}

// TestLastInstant keeps the latest instant where an event was written with an earlier one.
func TestLastInstant(t *testing.T) {
	w := on(t, PhasePlaced)
	if err := w.o.Apply(FakeFlagged{}, newYear.Add(-day)); err != nil || !w.o.LastAt.Equal(newYear) || !w.o.FakeFlagged {
		t.Errorf("%v: %+v", err, w.o)
	}
}
