package seller

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

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

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { recode(t, drawEvent(t)) })
}

// TestBadInput is the table of what the decoders refuse: the field is named.
func TestBadInput(t *testing.T) {
	const filed = `"certification":{"company_name":"A"}`
	for _, c := range []struct{ typ, data, field string }{
		{"service.suspended", `{}`, "reason"},
		{"service.suspended", `{"reason":"x","by":"y"}`, "by"},
		{"service.suspended", `{"reason":"x","reason":"y"}`, "reason"},
		{"service.suspended", `{"Reason":"x"}`, "Reason"},
		{"service.suspended", `{"reason":"x","REASON":"y"}`, "REASON"},
		{"service.suspended", `{"reason":1}`, "reason"},
		{"service.suspended", `{"reason":null}`, "reason"},
		{"service.suspended", `{"reason":["x"]}`, "reason"},
		{"service.suspended", "{\"reason\":\"a\x00b\"}", "reason"},
		{"service.suspended", `{"reason":"a\u0000b"}`, "reason"},
		{"service.suspended", `{"reason":"a\u202eb"}`, "reason"},
		{"service.suspended", `{"reason":"\ud800"}`, "reason"},
		{"service.suspended", "{\"reason\":\"\xff\"}", "reason"},
		{"service.suspended", `{"reason":""}`, "reason"},
		{"service.suspended", `{"reason":"` + strings.Repeat("x", maxReason+1) + `"}`, "reason"},
		{"service.suspended", `{"reason":"x"}{}`, ""},
		{"service.suspended", `null`, ""},
		{"service.suspended", `[]`, ""},
		{"service.suspended", ``, ""},
		{"service.reinstated", `{"reason":"x"}`, "reason"},
		{"service.activated", `{"route":"console"}`, "membership"},
		{"service.activated", `{"route":"broker","membership":"paid"}`, "route"},
		{"service.activated", `{"route":"console","membership":"PAID"}`, "membership"},
		{"service.activated", `{"route":"console","membership":"free","certification":{"x":1}}`, "certification.x"},
		{"service.activated", `{"route":"console","membership":"free","certification":{"company_name":"\t"}}`, "certification.company_name"},
		{"service.activation-rejected", `{"route":"broker","reason":"x",` + filed + `}`, "route"},
		{"service.activation-rejected", `{"route":"console","reason":"x\n",` + filed + `}`, "reason"},
		{"service.activation-rejected", `{"route":"console","reason":"x"}`, "certification"},
	} {
		_, err := DecodeEvent(c.typ, 1, []byte(c.data))
		if field, ok := fieldOf(err); !ok || field != c.field {
			t.Errorf("%s %.60s: got %v, want field %q", c.typ, c.data, err, c.field)
		}
	}
	for _, c := range []struct{ name, data, field string }{
		{"open", `{}`, "command"},
		{"Suspend", `{"reason":"x"}`, "command"},
		{"", `{}`, "command"},
		{"suspend", `{}`, "reason"},
		{"suspend", `{"reason":"a\rb"}`, "reason"},
		{"activate", `{}`, "route"},
		{"activate", `{"route":""}`, "route"},
		{"activate", `{"route":"console","fee":0}`, "fee"},
		{"activate", `{"route":"console","fee":"1"}`, "fee"},
		{"activate", `{"route":"console","fee":"1e9999999 USD"}`, "fee"},
		{"activate", `{"route":"console","fee":"99999999999999999999 USD"}`, "fee"},
		{"activate", `{"route":"console","fee":"0.001 USD"}`, "fee"},
		{"activate", `{"route":"console","verdict":{"approved":true}}`, "verdict"},
		{"activate", `{"route":"console","membership":"paid"}`, "membership"},
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

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range samples() {
		typ, _, data, _ := EncodeEvent(nil, e)
		f.Add(typ, data)
	}
	f.Add("service.suspended", []byte(`{"reason":"a\u00e9"} `))
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		e, err := DecodeEvent(typ, 1, data)
		if err == nil {
			recode(t, e)
		}
	})
}

func FuzzDecodeCommand(f *testing.F) {
	for _, c := range asks() {
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
