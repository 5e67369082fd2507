package seller

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/internal/aggregatetest"
)

// recode returns an event encoded and decoded again.
func recode(t rapid.TB, e Event) Event {
	t.Helper()
	return aggregatetest.Recode(t, e, EncodeEvent, DecodeEvent)
}

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { recode(t, drawEvent(t)) })
}

// TestBadInput is the table of what the decoders refuse: the field is named.
func TestBadInput(t *testing.T) {
	const filed = `"certification":{"company_name":"A"}`
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
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
		{"service.suspended", `{"reason":"x"}{}`, "event"},
		{"service.suspended", `null`, "event"},
		{"service.suspended", `[]`, "event"},
		{"service.suspended", ``, "event"},
		{"service.reinstated", `{"reason":"x"}`, "reason"},
		{"service.activated", `{"route":"console"}`, "membership"},
		{"service.activated", `{"route":"broker","membership":"paid"}`, "route"},
		{"service.activated", `{"route":"console","membership":"PAID"}`, "membership"},
		{"service.activated", `{"route":"console","membership":"free","certification":{"x":1}}`, "certification.x"},
		{"service.activated", `{"route":"console","membership":"free","certification":{"company_name":"\t"}}`, "certification.company_name"},
		{"service.activation-rejected", `{"route":"broker","reason":"x",` + filed + `}`, "route"},
		{"service.activation-rejected", `{"route":"console","reason":"x\n",` + filed + `}`, "reason"},
		{"service.activation-rejected", `{"route":"console","reason":"x"}`, "certification"},
	}, func(typ string, data []byte) (Event, error) { return DecodeEvent(typ, 1, data) })
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
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
	}, DecodeCommand)
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
	aggregatetest.FuzzCommands(f, asks(), EncodeCommand, DecodeCommand)
}
