package credit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

// recode returns what the codec makes of an event, and fails unless that is the event and its
// JSON is that of encoding/json.
func recode(t rapid.TB, e Event) Event {
	t.Helper()
	typ, version, data, err := EncodeEvent([]byte("before"), e)
	if err != nil || !bytes.HasPrefix(data, []byte("before")) {
		t.Fatalf("encoding %+v: %q, %v", e, data, err)
	}
	data = data[len("before"):]
	if want := plainJSON(t, e); !bytes.Equal(data, want) {
		t.Fatalf("encoded %s, encoding/json writes %s", data, want)
	}
	decoded, err := DecodeEvent(typ, version, data)
	if err != nil || decoded != e {
		t.Fatalf("decoded %+v, %v; want %+v", decoded, err, e)
	}
	return decoded
}

func plainJSON(t rapid.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// fullEvents has an event of every kind without a zero field.
var fullEvents = []Event{
	LimitAssessed{dollars(10_000), everything},
	LineSuspended{"fraud"},
	LineResumed{},
	ClaimPosted{orderA, dollars(2_500), dollars(3_500)},
	ClaimRepaid{dollars(2_500), "TT-1"},
	QuotaDeducted{orderA, yuan(4_000)},
	QuotaRestored{orderA, yuan(4_000), RestorePaid, true},
	OverdueNoted{orderA},
	QuotaConsumed{orderA, yuan(4_000), yuan(5_000), yuan(1_000)},
	Frozen(overdue),
	Unfrozen(audit),
	Held{orderA, dollars(6_000)},
	HoldAdjusted{orderA, dollars(6_000), dollars(5_000)},
	Released{orderA, dollars(5_000), CauseShipped},
	LineOpened{yuan(5_000), everything},
	LimitRaised{yuan(5_000), yuan(20_000), everything},
	LimitReduced{yuan(20_000), yuan(5_000), everything},
}

// fullCommands has every command without a zero field.
var fullCommands = []Command{
	AssessLimit{dollars(10_000), everything},
	Suspend{"fraud"},
	Resume{},
	Claim{orderA, dollars(6_000), dollars(2_500)},
	RepayClaim{dollars(2_500), "TT-1"},
	Hold{orderA, dollars(6_000)},
	Adjust{orderA, dollars(6_000), dollars(5_000)},
	Release{orderA, dollars(5_000), CauseShipped},
	OpenLine{yuan(5_000), everything},
	Deduct{orderA, yuan(4_000)},
	Restore{orderA, yuan(4_000), RestoreReturned, true},
	NoteOverdue{orderA},
	Consume{orderA, yuan(4_000)},
	Withdraw{yuan(1)},
	Freeze(fake),
	Unfreeze(audit),
}

func TestCodecCarriesEveryField(t *testing.T) {
	for i, e := range fullEvents {
		if e.Kind() != Kind(i+1) || i+1 > kindCount {
			t.Errorf("event %d is of kind %s", i, e.Kind())
		}
		noZero(t, reflect.ValueOf(e))
		recode(t, e)
	}
	if len(fullEvents) != kindCount {
		t.Errorf("%d of %d kinds", len(fullEvents), kindCount)
	}
	if len(fullCommands) != len(commandNames()) {
		t.Errorf("%d of %d commands", len(fullCommands), len(commandNames()))
	}
	for _, c := range fullCommands {
		noZero(t, reflect.ValueOf(c))
		name, data := EncodeCommand(c)
		if want := plainJSON(t, c); name != c.Name() || !bytes.Equal(data, want) {
			t.Errorf("encoded %s %s, encoding/json writes %s", name, data, want)
		}
		if decoded, err := DecodeCommand(name, data); err != nil || decoded != c {
			t.Errorf("decoded %+v, %v; want %+v", decoded, err, c)
		}
	}
}

func noZero(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s.%s is zero", v.Type(), v.Type().Field(i).Name)
		}
		if v.Field(i).Type() == reflect.TypeFor[Inputs]() {
			noZero(t, v.Field(i))
		}
	}
}

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { recode(t, drawEvent(t)) })
}

// TestZeroFlow: a flow of nothing keeps its currency, which encoding/json would leave out.
func TestZeroFlow(t *testing.T) {
	e := LimitAssessed{Limit: dollars(0), Inputs: Inputs{TradeFlow: euros(0)}}
	typ, version, data, err := EncodeEvent(nil, e)
	if err != nil || string(data) != `{"limit":"0.00 USD","inputs":{"trade_flow":"0.00 EUR"}}` {
		t.Fatalf("encoded %s, %v", data, err)
	}
	if decoded, err := DecodeEvent(typ, version, data); err != nil || decoded != e {
		t.Errorf("decoded %+v, %v", decoded, err)
	}
}

// TestGolden decodes what was ever written and writes it again unchanged.
func TestGolden(t *testing.T) {
	assurance, err := os.ReadFile("testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/events_paylater.golden")
	if err != nil {
		t.Fatal(err)
	}
	text = append(assurance, text...)
	seen := make(map[Kind]bool)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		typ, rest, _ := strings.Cut(line, " ")
		number, data, _ := strings.Cut(rest, " ")
		if number != "1" {
			t.Fatalf("schema version %s in %q", number, line)
		}
		e, err := DecodeEvent(typ, 1, []byte(data))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		seen[e.Kind()] = true
		typ, version, again, err := EncodeEvent(nil, e)
		if got := fmt.Sprintf("%s %d %s", typ, version, again); err != nil || got != line {
			t.Errorf("encoded again:\n%s\nwas:\n%s", got, line)
		}
	}
	if len(seen) != kindCount {
		t.Errorf("the file has %d of %d kinds", len(seen), kindCount)
	}
}

// TestBadInput is the table of what the decoders refuse: the field is named.
func TestBadInput(t *testing.T) {
	const id = `"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"`
	for _, c := range []struct{ typ, data, field string }{
		{"credit.held", `{}`, "order"},
		{"credit.held", `{` + id + `}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"1.00 USD","amount":"2.00 USD"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"1.00 USD","Amount":"2.00 USD"}`, "Amount"},
		{"credit.held", `{` + id + `,"amount":"1.00 USD","by":"acme"}`, "by"},
		{"credit.held", `{` + id + `,"amount":1}`, "amount"},
		{"credit.held", `{` + id + `,"amount":null}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"1.00"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"1.00 usd"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"1.001 USD"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"0.00 USD"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"-1.00 USD"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":""}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"1e9999999 USD"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"92233720368547758.08 USD"}`, "amount"},
		{"credit.held", `{` + id + `,"amount":"` + strings.Repeat("9", 60_000) + ` USD"}`, "amount"},
		{"credit.held", `{"order":"","amount":"1.00 USD"}`, "order"},
		{"credit.held", `{"order":"0193A4C8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"1.00 USD"}`, "order"},
		{"credit.held", `{"order":"{0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a}","amount":"1.00 USD"}`, "order"},
		{"credit.held", `[` + id + `]`, ""},
		{"credit.held", `{` + id + `,"amount":"1.00 USD"} x`, ""},
		{"credit.hold-adjusted", `{` + id + `,"from":"1.00 USD"}`, "to"},
		{"credit.hold-adjusted", `{` + id + `,"from":"1.00 USD","to":"0.00 USD"}`, "to"},
		{"credit.hold-adjusted", `{` + id + `,"from":"0.00 USD","to":"1.00 USD"}`, "from"},
		{"credit.released", `{` + id + `,"amount":"0.00 USD","cause":"shipped"}`, "amount"},
		{"credit.released", `{` + id + `,"amount":"1.00 USD"}`, "cause"},
		{"credit.released", `{` + id + `,"amount":"1.00 USD","cause":"Shipped"}`, "cause"},
		{"credit.released", `{` + id + `,"amount":"1.00 USD","cause":""}`, "cause"},
		{"credit.claim-posted", `{` + id + `,"amount":"1.00 USD","released":"-1.00 USD"}`, "released"},
		{"credit.claim-posted", `{` + id + `,"amount":"0.00 USD","released":"1.00 USD"}`, "amount"},
		{"credit.claim-repaid", `{"amount":"1.00 USD","reference":"a\u0000b"}`, "reference"},
		{"credit.claim-repaid", "{\"amount\":\"1.00 USD\",\"reference\":\"a\nb\"}", "reference"},
		{"credit.limit-assessed", `{"limit":""}`, "limit"},
		{"credit.limit-assessed", `{"limit":"-0.01 USD"}`, "limit"},
		{"credit.limit-assessed", `{"limit":"1.00 USD","inputs":{"month":"20000-01"}}`, "inputs.month"},
		{"credit.limit-assessed", `{"limit":"1.00 USD","inputs":{"penalties":-1}}`, "inputs.penalties"},
		{"credit.limit-assessed", `{"limit":"1.00 USD","inputs":{"penalties":1.0}}`, "inputs.penalties"},
		{"credit.limit-assessed", `{"limit":"1.00 USD","inputs":{"penalties":9223372036854775808}}`, "inputs.penalties"},
		{"credit.limit-assessed", `{"limit":"1.00 USD","inputs":{"score":4.8}}`, "inputs.score"},
		{"credit.line-suspended", `{"reason":"\ud800"}`, "reason"},
		{"credit.line-resumed", `{"reason":"x"}`, "reason"},
		{"credit.line-opened", `{}`, "limit"},
		{"credit.line-opened", `{"limit":"-0.01 CNY"}`, "limit"},
		{"credit.line-opened", `{"limit":"1.00 CNY","inputs":{"grade":101}}`, "inputs.grade"},
		{"credit.line-opened", `{"limit":"1.00 CNY","inputs":{"score":"4.8000001"}}`, "inputs.score"},
		{"credit.line-opened", `{"limit":"1.00 CNY","inputs":{"score":"5.000001"}}`, "inputs.score"},
		{"credit.line-opened", `{"limit":"1.00 CNY","inputs":{"volume":"1.00 CNY","fake_volume":"1.01 CNY"}}`, "inputs.fake_volume"},
		{"credit.limit-raised", `{"from":"2.00 CNY","to":"2.00 CNY"}`, "to"},
		{"credit.limit-raised", `{"from":"2.00 CNY","to":"3.00 USD"}`, "to"},
		{"credit.limit-raised", `{"from":"-1.00 CNY","to":"3.00 CNY"}`, "from"},
		{"credit.limit-raised", `{"from":"","to":"3.00 CNY"}`, "from"},
		{"credit.limit-raised", `{"from":"2.00 CNY","to":"3.00 CNY","inputs":{"profile":-1}}`, "inputs.profile"},
		{"credit.limit-reduced", `{"from":"2.00 CNY","to":"2.00 CNY"}`, "to"},
		{"credit.limit-reduced", `{"from":"2.00 CNY","to":"-0.01 CNY"}`, "to"},
		{"credit.limit-reduced", `{"from":"2.00 CNY","to":""}`, "to"},
		{"credit.limit-reduced", `{"from":"2.00 CNY","to":"1.00 CNY","inputs":{"products":101}}`, "inputs.products"},
		{"credit.quota-deducted", `{"amount":"1.00 CNY"}`, "order"},
		{"credit.quota-deducted", `{` + id + `,"amount":"0.00 CNY"}`, "amount"},
		{"credit.quota-restored", `{` + id + `,"amount":"0.00 CNY","cause":"paid"}`, "amount"},
		{"credit.quota-restored", `{` + id + `,"amount":"1.00 CNY","cause":"shipped"}`, "cause"},
		{"credit.quota-restored", `{` + id + `,"amount":"1.00 CNY","cause":"cancelled","overdue":true}`, "overdue"},
		{"credit.quota-restored", `{` + id + `,"amount":"1.00 CNY","cause":"lowered","overdue":true}`, "overdue"},
		{"credit.quota-restored", `{` + id + `,"amount":"1.00 CNY","cause":"paid","overdue":1}`, "overdue"},
		{"credit.overdue-noted", `{}`, "order"},
		{"credit.overdue-noted", `{` + id + `,"amount":"1.00 CNY"}`, "amount"},
		{"credit.quota-consumed", `{` + id + `,"amount":"0.00 CNY","limit_from":"3.00 CNY","limit_to":"3.00 CNY"}`, "amount"},
		{"credit.quota-consumed", `{` + id + `,"amount":"1.00 CNY","limit_from":"3.00 CNY","limit_to":"1.99 CNY"}`, "limit_to"},
		{"credit.quota-consumed", `{` + id + `,"amount":"4.00 CNY","limit_from":"3.00 CNY","limit_to":"-1.00 CNY"}`, "limit_to"},
		{"credit.quota-consumed", `{` + id + `,"amount":"1.00 CNY","limit_from":"-3.00 CNY","limit_to":"0.00 CNY"}`, "limit_from"},
		{"credit.frozen", `{"ref":"x"}`, "reason"},
		{"credit.frozen", `{"reason":"Overdue","ref":"x"}`, "reason"},
		{"credit.frozen", `{"reason":"overdue"}`, "ref"},
		{"credit.frozen", `{"reason":"overdue","ref":"0193A4C8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"}`, "ref"},
		{"credit.frozen", `{"reason":"open-orders","ref":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"}`, "ref"},
		{"credit.unfrozen", `{"reason":"fake-order","ref":"00000000-0000-0000-0000-000000000000"}`, "ref"},
		{"credit.unfrozen", `{"reason":"other"}`, "ref"},
		{"credit.unfrozen", `{"reason":"other","ref":"` + strings.Repeat("x", 201) + `"}`, "ref"},
	} {
		_, err := DecodeEvent(c.typ, 1, []byte(c.data))
		if field, ok := fieldOf(err); !ok || field != c.field {
			t.Errorf("%s %.60s: got %v, want field %q", c.typ, c.data, err, c.field)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s %.60s: an error of %d bytes", c.typ, c.data, len(err.Error()))
		}
	}
	for _, c := range []struct{ name, data, field string }{
		{"pay-out", `{}`, "command"},
		{"withdraw", `{}`, "amount"},
		{"withdraw", `{"amount":"0 CNY"}`, "amount"},
		{"open-line", `{"limit":"unlimited"}`, "limit"},
		{"deduct", `{` + id + `,"amount":"-1 CNY"}`, "amount"},
		{"deduct", `{"order":"A-1","amount":"1 CNY"}`, "order"},
		{"restore", `{` + id + `,"amount":"1 CNY","cause":"refunded"}`, "cause"},
		{"restore", `{"amount":"1 CNY","cause":"paid"}`, "order"},
		{"restore", `{` + id + `,"amount":"1 CNY","cause":"cancelled","overdue":true}`, "overdue"},
		{"note-overdue", `{"order":""}`, "order"},
		{"consume", `{` + id + `}`, "amount"},
		{"freeze", `{"reason":"bankrupt"}`, "reason"},
		{"unfreeze", `{}`, "reason"},
		{"Hold", `{` + id + `,"amount":"1 USD"}`, "command"},
		{"hold", `{` + id + `}`, "amount"},
		{"hold", `{` + id + `,"amount":"0 USD"}`, "amount"},
		{"hold", `{` + id + `,"amount":"1 USD","open":"1 USD"}`, "open"},
		{"adjust", `{` + id + `,"from":"1 USD","to":"-1 USD"}`, "to"},
		{"release", `{` + id + `,"amount":"1 USD","cause":"lost"}`, "cause"},
		{"claim", `{` + id + `,"open":"1 USD"}`, "amount"},
		{"repay-claim", `{"amount":"1 USD"}`, "reference"},
		{"assess-limit", `{"limit":10000}`, "limit"},
		{"assess-limit", `{"limit":"1e5 USD"}`, "limit"},
		{"suspend", `{"reason":""}`, "reason"},
	} {
		_, err := DecodeCommand(c.name, []byte(c.data))
		if field, ok := fieldOf(err); !ok || field != c.field {
			t.Errorf("%s %s: got %v, want field %q", c.name, c.data, err, c.field)
		}
	}
}

// fieldOf returns the field that a decoder's error names.
func fieldOf(err error) (string, bool) {
	var malformed *wire.Error
	if errors.As(err, &malformed) {
		return malformed.Field, true
	}
	var invalid *trade.InvalidError
	if errors.As(err, &invalid) {
		return invalid.Field, true
	}
	return "", false
}

func TestUnknownType(t *testing.T) {
	for _, c := range []struct {
		typ     string
		version uint16
	}{{"credit.withdrawn", 1}, {"Credit.Line-Suspended", 1}, {"", 1}, {"unknown", 1}, {"credit.line-suspended", 0}, {"credit.line-suspended", 2}} {
		if _, err := DecodeEvent(c.typ, c.version, []byte(`{"reason":"x"}`)); !errors.Is(err, events.ErrUnknownType) {
			t.Errorf("%s %d: %v", c.typ, c.version, err)
		}
	}
}

func TestEncodeForeignValues(t *testing.T) {
	for _, e := range []Event{nil, &LineSuspended{}, (*LineSuspended)(nil)} {
		var bad *trade.InvalidError
		if _, _, data, err := EncodeEvent(nil, e); !errors.As(err, &bad) || len(data) > 0 {
			t.Errorf("%v: %s, %v", e, data, err)
		}
		if s := never; !errors.As(s.Apply(e, noon), &bad) {
			t.Errorf("%v is applied", e)
		}
	}
	for _, c := range []Command{nil, &Suspend{}, (*Suspend)(nil)} {
		if name, data := EncodeCommand(c); name != "" || string(data) != "null" {
			t.Errorf("%v: %s %s", c, name, data)
		}
		var bad *trade.InvalidError
		if _, err := Decide(six, c, trade.Given{By: platform, At: noon}, none); !errors.As(err, &bad) || bad.Field != "command" {
			t.Errorf("%v is decided: %v", c, err)
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range fullEvents {
		typ, _, data, _ := EncodeEvent(nil, e)
		f.Add(typ, data)
	}
	f.Add("credit.line-suspended", []byte(`{"reason":"a\u00e9"} `))
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		e, err := DecodeEvent(typ, 1, data)
		if err == nil {
			recode(t, e)
		}
	})
}

func FuzzDecodeCommand(f *testing.F) {
	for _, c := range fullCommands {
		name, data := EncodeCommand(c)
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		c, err := DecodeCommand(name, data)
		if err != nil {
			return
		}
		again, err := DecodeCommand(EncodeCommand(c))
		if err != nil || again != c {
			t.Fatalf("decoded %+v, and again %+v, %v", c, again, err)
		}
	})
}
