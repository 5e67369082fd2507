package funds

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// drawEvent draws any event of the package that its codec takes.
func drawEvent(t *rapid.T) Event {
	text := rapid.StringMatching(`[a-z<>&"\\一-龥]([a-z \x{2028}一-龥]{0,20}[a-z])?`)
	money := func(least, most int64) trade.Money {
		units := rapid.OneOf(rapid.Int64Range(least, min(most, 9)), rapid.Int64Range(max(least, most-5), most))
		return trade.Minor(units.Draw(t, "units"), rapid.SampledFrom([]trade.Currency{CNY(), CNY(), CNY(), usd}).Draw(t, "currency"))
	}
	part := func(m trade.Money) trade.Money {
		return trade.Minor(rapid.Int64Range(0, m.MinorUnits()).Draw(t, "part"), m.Currency())
	}
	id, amount := number(rapid.Uint64Range(1, 3).Draw(t, "order")), money(1, math.MaxInt64)
	w := WithdrawalID(rapid.SampledFrom([]string{"w-1", "w-2", "w-3"}).Draw(t, "withdrawal"))
	card := rapid.SampledFrom([]CardNo{"6222-01", "6222-02"}).Draw(t, "card")
	switch Kind(rapid.IntRange(1, kindCount).Draw(t, "kind")) {
	case KindCredited:
		days := rapid.SampledFrom([]int{0, 7, maxHoldDays}).Draw(t, "days")
		at := noon.Add(time.Duration(rapid.Int64Range(-1, 1).Draw(t, "nanoseconds")))
		return Credited{id, amount, part(amount), days, at.Add(time.Duration(days) * day)}
	case KindDebited:
		return Debited{id, amount, part(amount)}
	case KindCardBound:
		return CardBound{card, rapid.SampledFrom([]trade.Account{"acme", "acme", "mallory"}).Draw(t, "holder")}
	case KindCardUnbound:
		return CardUnbound{card}
	case KindWithdrawalRequested:
		fee := trade.Minor(rapid.Int64Range(0, amount.MinorUnits()-1).Draw(t, "fee"), amount.Currency())
		net := trade.Minor(amount.MinorUnits()-fee.MinorUnits(), amount.Currency())
		dest := rapid.SampledFrom([]Dest{{Card: card}, {Alipay: Alipay{text.Draw(t, "account"), "mallory"}}}).Draw(t, "dest")
		return WithdrawalRequested{w, amount, fee, net, dest, noon.Add(day)}
	case KindWithdrawalSettled:
		return WithdrawalSettled{w}
	case KindWithdrawalFailed:
		return WithdrawalFailed{w, trade.Text(text.Draw(t, "reason")), money(0, math.MaxInt64)}
	default:
		return ChargePaid{ChargeID(w), amount, text.Draw(t, "what")}
	}
}

// TestHostileHistory applies events at random: one that is refused is a typed error and changes
// nothing, and whatever is accepted leaves a balance whose sums can be.
func TestHostileHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := New("acme", CNY())
		at := noon
		for range 40 {
			e, before := drawEvent(t), b
			at = at.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "hours")) * time.Hour)
			to, ok := life.Table().Next(b.Phase, e.Kind())
			err := b.Apply(e, at)
			var invalid *trade.InvalidError
			switch {
			case err != nil && b != before:
				t.Fatalf("%+v: %v, and the balance was written", e, err)
			case err != nil && !errors.As(err, &invalid):
				t.Fatalf("%+v: the error %v has no type", e, err)
			case err == nil && (!ok || b.Phase != to || b.LastAt.Before(at) || b.LastAt.Before(before.LastAt)):
				t.Fatalf("%+v in %s is accepted and leads to %s at %s", e, before.Phase, b.Phase, b.LastAt)
			}
			saved, _ := save(nil, &b)
			again := New("acme", CNY())
			if err := restore(saved, &again); b.sound() != nil || err != nil || !equal(again, b) {
				t.Fatalf("%+v leaves %+v, which is saved as %s: %v", e, b, saved, err)
			}
		}
	})
}

// TestContradictions is the table of events that the steps allow and the state does not.
func TestContradictions(t *testing.T) {
	all := fen(math.MaxInt64)
	for name, c := range map[string]struct {
		from Balance
		e    Event
	}{
		"no step":                      {never, debited(orderA, 1, 1)},
		"another currency":             {free, Credited{orderB, dollars(1), dollars(0), 7, ripe}},
		"a balance without a currency": {New("acme", trade.Currency{}), credited(orderA, 1, 7)},
		"a zero event":                 {free, Credited{}},
		"a negative credit":            {free, credited(orderB, -1, 7)},
		"a negative refund":            {free, debited(orderA, -1, 0)},
		"a negative charge":            {free, ChargePaid{"c-2", yuan(-1), "x"}},
		"more credited than fits":      {free, Credited{orderB, all, yuan(0), 7, ripe}},
		"more available than fits":     {most, credited(orderB, 1, 0)},
		"credited while it waits":      {week, credited(orderA, 1, 7)},
		"repaid without a debt":        {free, Credited{orderB, yuan(2), yuan(1), 7, ripe}},
		"more repaid than is owed":     {owing, Credited{orderB, yuan(90), yuan(61), 7, ripe}},
		"a debt not settled":           {owing, Credited{orderB, yuan(90), yuan(59), 7, ripe}},
		"a debt while there are funds": {free, debited(orderA, 60, 1)},
		"more refunded than credited":  {moving, debited(orderA, 101, 101)},
		"a refund without a debt":      {moving, debited(orderA, 60, 0)},
		"a refund of all that fits":    {most, Debited{orderA, all, fen(1)}},
		"bound twice":                  {bound, CardBound{"6222-01", "acme"}},
		"another person's card":        {free, CardBound{"6222-01", "mallory"}},
		"unbound, and not bound":       {free, CardUnbound{"6222-01"}},
		"unbound while it is used":     {carded, CardUnbound{"6222-01"}},
		"more requested than there is": {free, requested("w-2", 101, alipay)},
		"requested while it waits":     {week, requested("w-2", 1, alipay)},
		"requested to no bound card":   {free, requested("w-2", 1, toCard)},
		"requested twice":              {failed, requested("w-1", 40, alipay)},
		"requested while it is open":   {carded, requested("w-1", 100, toCard)},
		"settled and never requested":  {free, WithdrawalSettled{"w-2"}},
		"settled twice":                {settled, WithdrawalSettled{"w-1"}},
		"failed after it was settled":  {settled, WithdrawalFailed{"w-1", "closed", yuan(0)}},
		"failed and the debt stays":    {owing, WithdrawalFailed{"w-1", "closed", yuan(0)}},
		"failed and repaid too much":   {owing, WithdrawalFailed{"w-1", "closed", yuan(61)}},
		"more spent than there is":     {free, ChargePaid{"c-2", yuan(101), "x"}},
		"spent while it waits":         {week, ChargePaid{"c-2", yuan(1), "x"}},
		"spent twice":                  {charged, ChargePaid{"c-1", yuan(30), "promotion"}},
		"nil":                          {free, nil},
	} {
		got, err := Evolve(c.from, c.e, noon)
		var bad *trade.InvalidError
		if !errors.As(err, &bad) || got != c.from {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, at := range []time.Time{{}, trade.MinInstant.Add(-1), trade.MaxInstant.Add(1), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if got, err := Evolve(free, credited(orderB, 1, 7), at); err == nil || got != free {
			t.Errorf("at %s: %+v, %v", at, got, err)
		}
	}
	history := []events.Recorded[Event]{
		{At: noon, Event: credited(orderA, 100, 0)}, {At: noon, Event: WithdrawalSettled{"w-1"}}, {At: noon, Event: credited(orderB, 1, 0)},
	}
	if b, err := Replay(New("acme", CNY()), history); err == nil || !equal(b, free) {
		t.Errorf("a replay went on after an error: %+v, %v", b, err)
	}
}

// TestBadSnapshot is the table of what is no snapshot of a balance in yuan.
func TestBadSnapshot(t *testing.T) {
	rich := after(
		credited(orderA, 100, 0), credited(orderB, 50, 7), credited(orderC, 30, 15), CardBound{"6222-01", "acme"}, CardBound{"6222-02", "acme"},
		requested("w-1", 10, toCard), requested("w-2", 20, alipay), requested("w-3", 5, alipay), requested("w-4", 5, alipay),
		WithdrawalSettled{"w-3"}, WithdrawalFailed{"w-4", "closed", yuan(0)}, ChargePaid{"c-1", yuan(6), "promotion"}, ChargePaid{"c-2", yuan(1), "logistics"},
	)
	data, _ := save(nil, &rich)
	good := string(data)
	back := New("acme", CNY())
	if restore(data, &back) != nil || !equal(back, rich) {
		t.Fatalf("%s gives %+v", good, back)
	}
	if _, err := Decide(back, UnbindCard{"6222-01"}, trade.Given{By: acme, At: noon}, none); !errors.Is(err, rule.B10) {
		t.Errorf("the card of an open withdrawal, restored: %v", err)
	}
	do(t, &back, noon, none, SettleWithdrawal{"w-1"}, UnbindCard{"6222-01"})
	const empty = `{"phase":0,"sums":{"credited":0,"available":0,"in_transit":0,"paid_out":0,"fees":0,"spent":0,"refunded":0,"debt":0}}`
	if b := New("acme", CNY()); restore([]byte(empty), &b) != nil || b != never {
		t.Errorf("nothing gives %+v", b)
	}
	idle := strings.Replace(empty, `"phase":0`, `"phase":1,"last_at":"2025-01-01T12:00:00Z"`, 1)
	if b := New("acme", CNY()); restore([]byte(idle), &b) != nil || figuresOf(&b, noon) != (figures{}) {
		t.Errorf("%s gives %+v", idle, b)
	}
	for _, c := range []struct{ in, old, new string }{
		{idle, `"paid_out":0,"fees":0,"spent":0,"refunded":0,"debt":0`, `"paid_out":5,"fees":0,"spent":0,"refunded":0,"debt":5`},
		{idle, `"spent":0`, `"spent":1`}, {idle, `"refunded":0`, `"refunded":1`}, {idle, `"credited":0`, `"credited":1`},
		{good, `"phase":1`, `"phase":2`}, {good, `"phase":1`, `"phase":0`}, {good, `"phase":1`, `"phase":-1`},
		{good, `"last_at":"2025-01-01T12:00:00Z",`, ``}, {good, `"last_at":"2025`, `"last_at":"1989`}, {good, `"last_at":"2025`, `"last_at":"2026`},
		{good, `"credited":18000`, `"credited":18001`}, {good, `"credited":18000`, `"credited":-18000`},
		{good, `"in_transit":3000`, `"in_transit":3001`}, {good, `"spent":700`, `"spent":-700`},
		{good, `"available":5800`, `"available":5801`}, {good, `"available":5800,"in_transit":3000`, `"available":5799,"in_transit":3001`}, {good, `"debt":0`, `"debt":1`},
		{good, `"amount":5000`, `"amount":0`}, {good, `"amount":5000`, `"amount":-5000`}, {good, `"amount":5000`, `"amount":9223372036854775807`},
		{good, `"amount":5000`, `"amount":5001`}, {good, `0b","amount"`, `0c","amount"`}, {good, `"available_at":"2025-01-08`, `"available_at":"2025-01-18`},
		{good, `"available_at":"2025-01-08T12:00:00Z"`, `"available_at":"2025-01-01T12:00:00Z"`},
		{good, `"id":"w-2"`, `"id":"w-1"`}, {good, `"id":"w-2"`, `"id":"w-3"`}, {good, `"id":"w-2"`, `"id":"w-0"`}, {good, `"id":"w-2"`, `"id":""`},
		{good, `"status":"requested"`, `"status":"settled"`}, {good, `"status":"requested"`, `"status":"failed","reason":"x"`},
		{good, `"fee":"0.00 CNY"`, `"fee":"0.01 CNY"`}, {good, `"requested_at":"2025`, `"requested_at":"1989`},
		{good, `"dest":{"card":"6222-01"}`, `"dest":{"card":"6222-03"}`}, {good, `"dest":{"card":"6222-01"}`, `"dest":{}`},
		{good, `"cards":[["6222-01","6222-02"]]`, `"cards":[["6222-02","6222-01"]]`}, {good, `"cards":[["6222-01","6222-02"]]`, `"cards":[]`},
		{good, `"id":"w-4"`, `"id":"w-3"`}, {good, `"id":"c-1"`, `"id":"c-3"`}, {good, `"content":"`, `"content":"0`}, {good, `"content":"`, `"content":"zz`},
		{good, `CNY`, `USD`}, {good, `}`, `,"merchant":"mallory"}`}, {good, `}]`, `]`},
		{empty, `"credited":0`, `"credited":1`}, {empty, `"phase":0`, `"phase":0,"last_at":"2025-01-01T12:00:00Z"`},
		{empty, `"phase":0`, `"phase":1`}, {empty, `}}`, `},"cards":[["6222-01"]]}`},
	} {
		bad := strings.Replace(c.in, c.old, c.new, 1)
		b := New("acme", CNY())
		if err := restore([]byte(bad), &b); err == nil || bad == c.in {
			t.Errorf("%s for %s gives %+v", c.new, c.old, b)
		}
	}
	acmes := New("acme", CNY())
	if at := strings.Index(good, `"content":"`) + len(`"content":"`); restore([]byte(good[:at]+"zz"+good[at+2:]), &acmes) == nil {
		t.Error("a digest that is not hexadecimal")
	}
}

// TestTooLargeSnapshot: sums that have gone round do not pass for those of the parts.
func TestTooLargeSnapshot(t *testing.T) {
	const most = "9223372036854775807"
	// Three times the most, less twice what an int64 goes round by, is the most less 2.
	const round = "9223372036854775805"
	sums := func(credited, transit string) string {
		return `{"phase":1,"last_at":"2025-01-01T12:00:00Z","sums":{"credited":` + credited + `,"available":0,"in_transit":` + transit +
			`,"paid_out":0,"fees":0,"spent":0,"refunded":0,"debt":0}`
	}
	open, waits := []string{}, []string{}
	for _, id := range []string{"1", "2", "3"} {
		open = append(open, `{"id":"w-`+id+`","gross":"92233720368547758.07 CNY","fee":"0.00 CNY","net":"92233720368547758.07 CNY",`+
			`"dest":{"alipay":{"account":"a","holder":"acme"}},"status":"requested","requested_at":"2025-01-01T12:00:00Z","expected_at":"2025-01-02T12:00:00Z"}`)
		waits = append(waits, `{"order":"01000000-0000-7000-8000-00000000000`+id+`","amount":`+most+`,"available_at":"2025-01-08T12:00:00Z"}`)
	}
	for _, c := range []struct {
		data string
		ok   bool
	}{
		{sums(most, most) + `,"open":[[` + open[0] + `]]}`, true},
		{sums(round, round) + `,"open":[[` + strings.Join(open, ",") + `]]}`, false},
		{sums(most, "0") + `,"waiting":[[` + waits[0] + `]]}`, true},
		{sums(round, "0") + `,"waiting":[[` + strings.Join(waits, ",") + `]]}`, false},
	} {
		b := New("acme", CNY())
		if err := restore([]byte(c.data), &b); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.data, err)
		}
	}
}

// TestManyWait: a snapshot is not bounded by the longest list that the codec takes.
func TestManyWait(t *testing.T) {
	b := crowd(t, 20_500)
	data, _ := save(nil, &b)
	again := New("acme", CNY())
	if err := restore(data, &again); err != nil || !equal(again, b) {
		t.Fatalf("%v", err)
	}
	at := noon.Add(7*day + 20_000*time.Second)
	if p, want := again.Page(at), b.Page(at); p != want || p.Pending != yuan(4_990) {
		t.Errorf("the page is %+v, want %+v", p, want)
	}
}
