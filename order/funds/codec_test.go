package funds

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
	CardBound{"6222-01", "acme"},
	CardUnbound{"6222-01"},
	ChargePaid{"c-1", yuan(30), "promotion"},
	Credited{orderA, yuan(100), yuan(60), 7, ripe},
	Debited{orderA, yuan(60), yuan(10)},
	WithdrawalSettled{"w-1"},
	WithdrawalFailed{"w-1", "closed", yuan(60)},
	WithdrawalRequested{"w-1", yuan(100), fen(10), fen(99_90), alipay, noon.Add(day)},
}

// fullCommands has every command without a zero field.
var fullCommands = []Command{
	BindCard{"6222-01", "acme"},
	UnbindCard{"6222-01"},
	PayCharge{"c-1", yuan(30), "promotion"},
	Credit{orderA, yuan(100)},
	Debit{orderA, yuan(60)},
	SettleWithdrawal{"w-1"},
	FailWithdrawal{"w-1", "closed"},
	Withdraw{"w-1", yuan(100), toCard},
	WithdrawQuota{yuan(100), alipay},
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
	}
}

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { recode(t, drawEvent(t)) })
}

// TestGolden decodes what was ever written and writes it again unchanged.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
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
	const (
		id   = `"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"`
		rest = `,"hold_days":7,"available_at":"2025-01-08T12:00:00Z"}`
		dest = `"dest":{"alipay":{"account":"a","holder":"acme"}}`
		soon = `,"expected_at":"2025-01-09T12:00:00Z"}`
	)
	for _, c := range []struct{ typ, data, field string }{
		{"funds.credited", `{}`, "order"},
		{"funds.credited", `{` + id + rest, "amount"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY"` + rest, "repaid"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","amount":"2.00 CNY"}`, "amount"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","Amount":"2.00 CNY"}`, "Amount"},
		{"funds.credited", `{` + id + `,"amount":1}`, "amount"},
		{"funds.credited", `{` + id + `,"amount":null}`, "amount"},
		{"funds.credited", `{` + id + `,"amount":"1.001 CNY"}`, "amount"},
		{"funds.credited", `{` + id + `,"amount":"1e9999999 CNY"}`, "amount"},
		{"funds.credited", `{` + id + `,"amount":"92233720368547758.08 CNY"}`, "amount"},
		{"funds.credited", `{` + id + `,"amount":"` + strings.Repeat("9", 60_000) + ` CNY"}`, "amount"},
		{"funds.credited", `{` + id + `,"amount":"0.00 CNY","repaid":"0.00 CNY"` + rest, "amount"},
		{"funds.credited", `{` + id + `,"amount":"-1.00 CNY","repaid":"0.00 CNY"` + rest, "amount"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"1.01 CNY"` + rest, "repaid"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"-0.01 CNY"` + rest, "repaid"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"0.00 USD"` + rest, "repaid"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":""` + rest, "repaid"},
		{"funds.credited", `{"order":"","amount":"1.00 CNY","repaid":"0.00 CNY"` + rest, "order"},
		{"funds.credited", `{"order":"0193A4C8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"1.00 CNY"}`, "order"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"0.00 CNY","hold_days":-1,"available_at":"2025-01-08T12:00:00Z"}`, "hold_days"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"0.00 CNY","hold_days":3651,"available_at":"2025-01-08T12:00:00Z"}`, "hold_days"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"0.00 CNY","hold_days":7.0,"available_at":"2025-01-08T12:00:00Z"}`, "hold_days"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"0.00 CNY","hold_days":7,"available_at":"1990-01-07T23:59:59Z"}`, "available_at"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"0.00 CNY","hold_days":7,"available_at":"2200-01-09T00:00:00Z"}`, "available_at"},
		{"funds.credited", `{` + id + `,"amount":"1.00 CNY","repaid":"0.00 CNY","hold_days":7,"available_at":"2025-01-08"}`, "available_at"},
		{"funds.debited", `{` + id + `,"amount":"1.00 CNY"}`, "debt"},
		{"funds.debited", `{` + id + `,"amount":"1.00 CNY","debt":"1.01 CNY"}`, "debt"},
		{"funds.debited", `{` + id + `,"amount":"1.00 CNY","debt":"0.00 USD"}`, "debt"},
		{"funds.debited", `{` + id + `,"amount":"0.00 CNY","debt":"0.00 CNY"}`, "amount"},
		{"funds.card-bound", `{"card":"6222 01","holder":"acme"}`, "card"},
		{"funds.card-bound", `{"card":"6222","holder":""}`, "holder"},
		{"funds.card-bound", `{"card":"` + strings.Repeat("6", 65) + `","holder":"acme"}`, "card"},
		{"funds.card-unbound", `{"card":""}`, "card"},
		{"funds.withdrawal-requested", `{"id":"","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY",` + dest + soon, "id"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"1.00 CNY","net":"0.00 CNY",` + dest + soon, "net"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.01 CNY","net":"1.00 CNY",` + dest + soon, "net"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.01 CNY","net":"0.99 USD",` + dest + soon, "net"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"-0.01 CNY","net":"1.01 CNY",` + dest + soon, "fee"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"2.00 CNY","net":"1.00 CNY",` + dest + soon, "fee"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY","dest":{}` + soon, "dest.alipay.account"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY","dest":{"card":"6222","alipay":{"account":"a","holder":"acme"}}` + soon, "dest"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY","dest":{"card":"6 222"}` + soon, "dest.card"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY","dest":{"alipay":{"account":"a","holder":""}}` + soon, "dest.alipay.holder"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY","dest":{"bank":"a"}` + soon, "dest.bank"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY",` + dest + `,"expected_at":"1989-12-31T23:59:59Z"}`, "expected_at"},
		{"funds.withdrawal-requested", `{"id":"w","gross":"1.00 CNY","fee":"0.00 CNY","net":"1.00 CNY",` + dest + `,"expected_at":"2211-01-01T00:00:00Z"}`, "expected_at"},
		{"funds.withdrawal-settled", `{"id":"w/1"}`, "id"},
		{"funds.withdrawal-failed", `{"id":"","reason":"x","repaid":"0.00 CNY"}`, "id"},
		{"funds.withdrawal-failed", `{"id":"w","reason":"","repaid":"0.00 CNY"}`, "reason"},
		{"funds.withdrawal-failed", `{"id":"w","reason":"x","repaid":"-0.01 CNY"}`, "repaid"},
		{"funds.withdrawal-failed", `{"id":"w","reason":"x","repaid":""}`, "repaid"},
		{"funds.withdrawal-failed", "{\"id\":\"w\",\"reason\":\"a\nb\",\"repaid\":\"0.00 CNY\"}", "reason"},
		{"funds.charge-paid", `{"id":"c","amount":"0.00 CNY","what":"x"}`, "amount"},
		{"funds.charge-paid", `{"id":"c","amount":"1.00 CNY","what":" x"}`, "what"},
		{"funds.charge-paid", `{"id":"c d","amount":"1.00 CNY","what":"x"}`, "id"},
		{"funds.charge-paid", `["c"]`, ""},
		{"funds.charge-paid", `{"id":"c","amount":"1.00 CNY","what":"x"} x`, ""},
	} {
		_, err := DecodeEvent(c.typ, 1, []byte(c.data))
		if field, ok := fieldOf(err); !ok || field != c.field {
			t.Errorf("%s %.120s: got %v, want field %q", c.typ, c.data, err, c.field)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s %.60s: an error of %d bytes", c.typ, c.data, len(err.Error()))
		}
	}
	for _, c := range []struct{ name, data, field string }{
		{"hold", `{}`, "command"},
		{"Credit", `{` + id + `,"amount":"1 CNY"}`, "command"},
		{"credit", `{` + id + `}`, "amount"},
		{"credit", `{` + id + `,"amount":"0 CNY"}`, "amount"},
		{"credit", `{` + id + `,"amount":"1 CNY","hold_days":0}`, "hold_days"},
		{"debit", `{"order":"","amount":"1 CNY"}`, "order"},
		{"bind-card", `{"card":"6222"}`, "holder"},
		{"withdraw", `{"id":"w","amount":"1 CNY"}`, "dest"},
		{"withdraw", `{"id":"w","amount":"1 CNY","dest":{}}`, "dest.alipay.account"},
		{"withdraw", `{"id":"w","amount":1,` + dest + `}`, "amount"},
		{"withdraw-quota", `{"amount":"1 CNY"}`, "dest"},
		{"fail-withdrawal", `{"id":"w","reason":""}`, "reason"},
		{"pay-charge", `{"id":"c","amount":"1 CNY","what":""}`, "what"},
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
	}{{"funds.frozen", 1}, {"Funds.Card-Unbound", 1}, {"", 1}, {"unknown", 1}, {"funds.card-unbound", 0}, {"funds.card-unbound", 2}} {
		if _, err := DecodeEvent(c.typ, c.version, []byte(`{"card":"6222"}`)); !errors.Is(err, events.ErrUnknownType) {
			t.Errorf("%s %d: %v", c.typ, c.version, err)
		}
	}
}

func TestEncodeForeignValues(t *testing.T) {
	for _, e := range []Event{nil, &CardUnbound{}, (*CardUnbound)(nil)} {
		var bad *trade.InvalidError
		if _, _, data, err := EncodeEvent(nil, e); !errors.As(err, &bad) || len(data) > 0 {
			t.Errorf("%v: %s, %v", e, data, err)
		}
		if b := free; !errors.As(b.Apply(e, noon), &bad) {
			t.Errorf("%v is applied", e)
		}
	}
	for _, c := range []Command{nil, &UnbindCard{}, (*UnbindCard)(nil)} {
		if name, data := EncodeCommand(c); name != "" || string(data) != "null" {
			t.Errorf("%v: %s %s", c, name, data)
		}
		var bad *trade.InvalidError
		if _, err := Decide(free, c, trade.Given{By: acme, At: noon}, none); !errors.As(err, &bad) || bad.Field != "command" {
			t.Errorf("%v is decided: %v", c, err)
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range fullEvents {
		typ, _, data, _ := EncodeEvent(nil, e)
		f.Add(typ, data)
	}
	f.Add("funds.card-unbound", []byte(`{"card":"a\u0065"} `))
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

func FuzzRestore(f *testing.F) {
	for _, b := range []Balance{never, week, mixed, carded, owing, settled, failed, charged} {
		data, _ := save(nil, &b)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := New("acme", CNY())
		if restore(data, &b) != nil {
			return
		}
		saved, _ := save(nil, &b)
		again := New("acme", CNY())
		if err := restore(saved, &again); err != nil || !equal(again, b) {
			t.Fatalf("restored %+v, and again %+v, %v", b, again, err)
		}
		if err := b.sound(); err != nil {
			t.Fatal(err)
		}
	})
}
