package credit

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/internal/aggregatetest"
	"github.com/tradesurety/surety/order/trade"
)

// recode returns an event encoded and decoded again.
func recode(t rapid.TB, e Event) Event {
	t.Helper()
	return aggregatetest.Recode(t, e, EncodeEvent, DecodeEvent)
}

// stored is the order of the golden events.
var stored, _ = trade.ParseID("0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a")

func money(s string) trade.Money {
	m, err := trade.ParseMoney(s)
	if err != nil {
		panic(err)
	}
	return m
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

// TestBadInput is the table of what the decoders refuse: the field is named.
func TestBadInput(t *testing.T) {
	const id = `"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"`
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
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
		{"credit.held", `[` + id + `]`, "event"},
		{"credit.held", `{` + id + `,"amount":"1.00 USD"} x`, "event"},
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
	}, func(typ string, data []byte) (Event, error) { return DecodeEvent(typ, 1, data) })
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
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
	}, DecodeCommand)
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range slices.Concat(samples[Assurance], samples[PayLater]) {
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
	aggregatetest.FuzzCommands(f, slices.Concat(requests[Assurance], requests[PayLater]), EncodeCommand, DecodeCommand)
}
