package paylater_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order/internal/aggregatetest"
	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// everyEvent has an event of each kind without a zero field, and one more where a field may be
// left out.
func everyEvent() []Event {
	return []Event{
		Placed{Buyer: "bao", Merchant: "meilin", Amount: yuan("5000")},
		Cancelled{Restored: yuan("100"), PaidBack: yuan("30.10"), Reason: "卖完了 \"sold out\""},
		Cancelled{Restored: yuan("0"), PaidBack: yuan("0")},
		Shipped{AutoReceiveAt: newYear.Add(10 * day)},
		ReceiptExtended{AutoReceiveAt: newYear.Add(13*day + 1)},
		ReceiptConfirmed{By: trade.Buyer, DueAt: newYear.Add(day)},
		ReceiptConfirmed{By: trade.System},
		InstalmentPaid{Reference: "2025010122001", Amount: yuan("33.33")},
		Paid{Reference: "2025010122002 <last>", Amount: yuan("66.67"), Total: yuan("100"), Overdue: true},
		Paid{Reference: "2025010122003", Amount: yuan("100"), Total: yuan("100")},
		RefundMade{Amount: yuan("0.01"), Reason: "a scratch"},
		RefundMade{Amount: euros("12.50")},
		ChargeRequested{Attempt: 1, Amount: yuan("100")},
		ChargeFailed{Attempt: 2, Reason: "余额不足"},
		ChargeFailed{Attempt: 1},
		MarkedOverdue{Amount: yuan("100"), FreezeAfter: 3},
		MarkedOverdue{Amount: yuan("100")},
		WrittenOff{Consumed: yuan("60"), PaidBack: yuan("10"), Reason: "insolvent"},
		WrittenOff{Consumed: yuan("60"), PaidBack: yuan("0")},
		AfterSalesOpened{Reason: "wrong size"},
		AfterSalesOpened{},
		AfterSalesClosed{By: trade.Platform, DueAt: newYear.Add(3 * day), Reason: "exchanged"},
		AfterSalesClosed{By: trade.Buyer, DueAt: newYear.Add(3 * day)},
		AmountLowered{To: yuan("60"), Restored: yuan("40")},
		Returned{Restored: yuan("60"), PaidBack: yuan("10"), Overdue: true, Reason: "refused"},
		Returned{Restored: yuan("60"), PaidBack: yuan("0")},
		FakeFlagged{Reason: "brushing"},
		FakeFlagged{},
		PaymentUnapplied{Reference: "2025010122004", Amount: yuan("0.01")},
		UnappliedReturned{Amount: yuan("0.01")},
		AfterSalesOpened{Reason: "wrong size", PauseUntil: newYear.Add(30 * day)},
	}
}

// TestBadEvents is the table of what the decoder of events refuses, with the field it names.
func TestBadEvents(t *testing.T) {
	long := strings.Repeat("x", 501)
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
		{"fake-flagged", ``, "event"},
		{"fake-flagged", `null`, "event"},
		{"fake-flagged", `[]`, "event"},
		{"fake-flagged", `{} {}`, "event"},
		{"fake-flagged", `{"note":"x"}`, "note"},
		{"fake-flagged", `{"reason":"x","REASON":"y"}`, "REASON"},
		{"fake-flagged", `{"reason":"x","reason":"y"}`, "reason"},
		{"fake-flagged", `{"reason":null}`, "reason"},
		{"fake-flagged", `{"reason":"a\u0000b"}`, "reason"},
		{"fake-flagged", `{"reason":"a\u202eb"}`, "reason"},
		{"fake-flagged", "{\"reason\":\"\xff\"}", "reason"},
		{"fake-flagged", `{"reason":" x"}`, "reason"},
		{"fake-flagged", `{"reason":"` + long + `"}`, "reason"},
		{"after-sales-opened", `{"reason":"` + long + `"}`, "reason"},
		{"placed", `{"buyer":"bao","amount":"1.00 CNY"}`, "merchant"},
		{"placed", `{"merchant":"meilin","amount":"1.00 CNY"}`, "buyer"},
		{"placed", `{"buyer":"b a","merchant":"meilin","amount":"1.00 CNY"}`, "buyer"},
		{"placed", `{"buyer":"bao","merchant":"","amount":"1.00 CNY"}`, "merchant"},
		{"placed", `{"buyer":"bao","merchant":"meilin"}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":""}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":1}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":"1"}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":"0 CNY"}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":"-1 CNY"}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":"0.001 CNY"}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":"1e9 CNY"}`, "amount"},
		{"placed", `{"buyer":"bao","merchant":"meilin","amount":"92233720368547758.08 CNY"}`, "amount"},
		{"cancelled", `{"restored":"1.00 CNY"}`, "paid_back"},
		{"cancelled", `{"restored":"-1.00 CNY","paid_back":"0.00 CNY"}`, "restored"},
		{"cancelled", `{"restored":"1.00 CNY","paid_back":""}`, "paid_back"},
		{"cancelled", `{"restored":"1.00 CNY","paid_back":"0.00 CNY","reason":"\n"}`, "reason"},
		{"shipped", `{}`, "auto_receive_at"},
		{"shipped", `{"auto_receive_at":"2025-01-11"}`, "auto_receive_at"},
		{"shipped", `{"auto_receive_at":"2025-01-11T08:00:00+08:00"}`, "auto_receive_at"},
		{"shipped", `{"auto_receive_at":"1970-01-01T00:00:00Z"}`, "auto_receive_at"},
		{"shipped", `{"auto_receive_at":"2230-01-01T00:00:00Z"}`, "auto_receive_at"},
		{"receipt-extended", `{"auto_receive_at":"0001-01-01T00:00:00Z"}`, "auto_receive_at"},
		{"receipt-confirmed", `{"by":"seller"}`, "by"},
		{"receipt-confirmed", `{"by":""}`, "by"},
		{"receipt-confirmed", `{"due_at":"2025-01-11T00:00:00Z"}`, "by"},
		{"receipt-confirmed", `{"by":"buyer","due_at":"1970-01-01T00:00:00Z"}`, "due_at"},
		{"instalment-paid", `{"reference":"","amount":"1.00 CNY"}`, "reference"},
		{"instalment-paid", `{"reference":"R","amount":"0.00 CNY"}`, "amount"},
		{"paid", `{"reference":"` + strings.Repeat("x", 201) + `","amount":"1.00 CNY","total":"1.00 CNY"}`, "reference"},
		{"paid", `{"reference":"R","amount":"1.00 CNY"}`, "total"},
		{"paid", `{"reference":"R","amount":"1.00 CNY","total":"0.00 CNY"}`, "total"},
		{"paid", `{"reference":"R","amount":"1.00 CNY","total":"1.00 CNY","overdue":"true"}`, "overdue"},
		{"refund-made", `{"amount":"0.00 CNY"}`, "amount"},
		{"charge-requested", `{"attempt":0,"amount":"1.00 CNY"}`, "attempt"},
		{"charge-requested", `{"attempt":102,"amount":"1.00 CNY"}`, "attempt"},
		{"charge-requested", `{"attempt":1.5,"amount":"1.00 CNY"}`, "attempt"},
		{"charge-requested", `{"attempt":1,"amount":"-1.00 CNY"}`, "amount"},
		{"charge-failed", `{"attempt":-1}`, "attempt"},
		{"charge-failed", `{"attempt":1,"reason":"\t"}`, "reason"},
		{"marked-overdue", `{"amount":"1.00 CNY","freeze_after":-1}`, "freeze_after"},
		{"marked-overdue", `{"amount":"0.00 CNY"}`, "amount"},
		{"written-off", `{"consumed":"0.00 CNY","paid_back":"0.00 CNY"}`, "consumed"},
		{"written-off", `{"consumed":"1.00 CNY","paid_back":"-1.00 CNY"}`, "paid_back"},
		{"after-sales-closed", `{"by":"system","due_at":"2025-01-11T00:00:00Z"}`, "by"},
		{"after-sales-closed", `{"by":"buyer","due_at":"2231-01-11T00:00:00Z"}`, "due_at"},
		{"after-sales-closed", `{"by":"buyer","due_at":"2025-01-11T00:00:00Z","reason":"\u0007"}`, "reason"},
		{"amount-lowered", `{"to":"0.00 CNY","restored":"1.00 CNY"}`, "to"},
		{"amount-lowered", `{"to":"1.00 CNY","restored":"0.00 CNY"}`, "restored"},
		{"returned", `{"restored":"1.00 XXX","paid_back":"0.00 CNY"}`, "restored"},
	}, func(typ string, data []byte) (Event, error) { return DecodeEvent("paylater."+typ, 1, data) })
}

// TestBadCommands is the same for commands.
func TestBadCommands(t *testing.T) {
	aggregatetest.Refuses(t, []aggregatetest.Malformed{
		{"", `{}`, "command"},
		{"Ship", `{}`, "command"},
		{"paylater.shipped", `{}`, "command"},
		{"restore", `{}`, "command"},
		{"ship", `{"by":"meilin"}`, "by"},
		{"place", `{"merchant":"meilin"}`, "amount"},
		{"place", `{"merchant":"me ilin","amount":"1.00 CNY"}`, "merchant"},
		{"place", `{"merchant":"meilin","amount":"0 CNY"}`, "amount"},
		{"place", `{"merchant":"meilin","amount":"1.00 CNY","buyer":"bao"}`, "buyer"},
		{"place", `{"merchant":"meilin","amount":"1.00 CNY","chose_pay_later":1}`, "chose_pay_later"},
		{"pay", `{"amount":"1.00 CNY"}`, "reference"},
		{"pay", `{"reference":"R","amount":"-1.00 CNY"}`, "amount"},
		{"refund", `{"amount":"0.00 CNY"}`, "amount"},
		{"refund", `{"amount":"1.00 CNY","reason":"a\u2028b"}`, "reason"},
		{"lower-amount", `{"amount":"0.00 CNY"}`, "amount"},
		{"write-off", `{"reason":7}`, "reason"},
		{"cancel", `{"reason":"a\rb"}`, "reason"},
		{"return", `{"reason":"a\rb"}`, "reason"},
		{"fail-charge", `{"reason":"a\rb"}`, "reason"},
		{"flag-fake", `{"reason":"a\rb"}`, "reason"},
		{"open-after-sales", `{"reason":"a\rb"}`, "reason"},
		{"close-after-sales", `{"reason":"a\rb"}`, "reason"},
	}, DecodeCommand)
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range everyEvent() {
		typ, _, data, _ := EncodeEvent(nil, e)
		f.Add(typ, data)
	}
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		e, err := DecodeEvent(typ, 1, data)
		if err != nil {
			return
		}
		back, schema, first, err := EncodeEvent(nil, e)
		if err != nil || back != typ {
			t.Fatalf("%s became %s, %v", typ, back, err)
		}
		again, err := DecodeEvent(back, schema, first)
		if err != nil || again != e {
			t.Fatalf("%+v became %+v, %v", e, again, err)
		}
		for _, p := range phases {
			w := on(t, p)
			if err := w.o.Apply(e, w.now); err != nil && !errors.As(err, new(*trade.InvalidError)) {
				t.Fatal(err)
			}
			sound(t, &w.o)
		}
	})
}

func FuzzDecodeCommand(f *testing.F) {
	for _, c := range samples() {
		name, data := EncodeCommand(c)
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		c, err := DecodeCommand(name, data)
		if err != nil {
			return
		}
		back, again := EncodeCommand(c)
		same, err := DecodeCommand(back, again)
		if err != nil || back != name || same != c {
			t.Fatalf("%s %s became %s %s, %v", name, data, back, again, err)
		}
		for _, p := range phases {
			if _, err := on(t, p).try(c); err != nil && !errors.As(err, new(*trade.Refusal)) && !errors.As(err, new(*trade.InvalidError)) {
				t.Fatal(err)
			}
		}
	})
}
