package funds

import (
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

// theOrder is the one that the golden events name.
var theOrder = must(trade.ParseID("0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"))

// everyEvent has an event of each kind, and more where a field may be nothing.
var everyEvent = []Event{
	Credited{theOrder, yuan(5_000), yuan(0), 7, ripe},
	Credited{theOrder, fen(100_10), yuan(60), 0, noon.Add(1)},
	Credited{theOrder, yen(7), yen(7), 3650, noon.Add(3650 * day)},
	Debited{theOrder, yuan(60), yuan(0)},
	Debited{theOrder, yuan(60), fen(59_99)},
	CardBound{"6222-0200-0001", "acme"},
	CardUnbound{"6222-0200-0001"},
	WithdrawalRequested{"w-2025.1", yuan(100), fen(10), fen(99_90), Dest{Alipay: Alipay{"店铺 acme@example.com", "acme"}}, ripe.Add(day)},
	WithdrawalRequested{"w-2", yuan(100), yuan(0), yuan(100), Dest{Card: "6222-0200-0001"}, ripe.Add(day)},
	WithdrawalSettled{"w-2"},
	WithdrawalFailed{"w-2", "银行卡已注销 <closed>", yuan(60)},
	ChargePaid{"c-1", fen(12_34), "直通车推广"},
}

// everyCommand has each command without a zero field.
var everyCommand = []Command{
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

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { recode(t, drawEvent(t)) })
}

// TestBadInput is the table of what the decoders refuse: the field is named.
func TestBadInput(t *testing.T) {
	const (
		id   = `"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"`
		rest = `,"hold_days":7,"available_at":"2025-01-08T12:00:00Z"}`
		dest = `"dest":{"alipay":{"account":"a","holder":"acme"}}`
		soon = `,"expected_at":"2025-01-09T12:00:00Z"}`
	)
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
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
		{"funds.charge-paid", `["c"]`, "event"},
		{"funds.charge-paid", `{"id":"c","amount":"1.00 CNY","what":"x"} x`, "event"},
	}, func(typ string, data []byte) (Event, error) { return DecodeEvent(typ, 1, data) })
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
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
	}, DecodeCommand)
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range everyEvent {
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
	aggregatetest.FuzzCommands(f, everyCommand, EncodeCommand, DecodeCommand)
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
