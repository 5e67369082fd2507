package paylater_test

import (
	"testing"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// life is an order that is paid late, after an after-sales case.
func life(b *testing.B) *world {
	b.Helper()
	w := newWorld(b).do(place("100"), Ship{}, ExtendReceipt{}, ConfirmReceipt{}, OpenAfterSales{}).wait(day)
	w.do(LowerAmount{Amount: yuan("90")}, CloseAfterSales{}).wait(day).do(RequestCharge{}, FailCharge{}).wait(1)
	return w.do(MarkOverdue{}, pay("90"), Refund{Amount: yuan("1")}).in(PhasePaid)
}

// BenchmarkFold folds a whole life without decoding.
func BenchmarkFold(b *testing.B) {
	w := life(b)
	b.ReportAllocs()
	for b.Loop() {
		o := New(ours)
		for i := range w.history {
			if err := o.Apply(w.history[i].Event, w.history[i].At); err != nil {
				b.Fatal(err)
			}
		}
	}
	perEvent(b, len(w.history))
}

// BenchmarkReplay does the same from the stored bytes.
func BenchmarkReplay(b *testing.B) {
	w := life(b)
	types, data := make([]string, len(w.history)), make([][]byte, len(w.history))
	for i, r := range w.history {
		var err error
		if types[i], _, data[i], err = EncodeEvent(nil, r.Event); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		o := New(ours)
		for i := range data {
			e, err := DecodeEvent(types[i], 1, data[i])
			if err == nil {
				err = o.Apply(e, w.history[i].At)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	perEvent(b, len(w.history))
}

func perEvent(b *testing.B, events int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
}

func BenchmarkDecidePlace(b *testing.B) {
	w := newWorld(b)
	var c Command = place("100")
	given := trade.Given{By: buyer, At: newYear}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decide(w.o, c, given, w.facts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecidePay(b *testing.B) {
	w := newWorld(b).do(place("100"), Ship{}, ConfirmReceipt{})
	var c Command = pay("100")
	given := trade.Given{By: buyer, At: newYear}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decide(w.o, c, given, w.facts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodePaid(b *testing.B) {
	var e Event = Paid{Reference: "2025010122001", Amount: yuan("100"), Total: yuan("100")}
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := EncodeEvent(buf, e); err != nil {
			b.Fatal(err)
		}
	}
}
