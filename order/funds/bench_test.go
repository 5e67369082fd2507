package funds

import (
	"fmt"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// crowd returns a balance on which n credits wait, one a second, and some money is available.
func crowd(tb testing.TB, n int) Balance {
	b := after(credited(orderA, 1_000_000, 0), CardBound{Card: "6222-01", Holder: "acme"})
	for i := range n {
		at := noon.Add(time.Duration(i) * time.Second)
		e := Credited{Order: number(uint64(1000 + i)), Amount: yuan(10), Repaid: yuan(0), HoldDays: 7, AvailableAt: at.Add(7 * day)}
		if err := b.Apply(e, at); err != nil {
			tb.Fatal(err)
		}
	}
	return b
}

// BenchmarkNext decides and folds the next command on a balance on which so many credits wait.
func BenchmarkNext(b *testing.B) {
	week := &Policy{HoldDays: 7, FeeRate: 10, Expected: day}
	for _, c := range []struct {
		by    trade.Actor
		ask   Command
		facts Facts
	}{
		{desk, Credit{Order: orderB, Amount: yuan(10)}, Facts{Policy: week, Sale: Sale{Paid: yuan(10)}}},
		{desk, Debit{Order: number(1000), Amount: yuan(5)}, paid(10, 0)},
		{acme, Withdraw{ID: "w-1", Amount: yuan(100), Dest: alipay}, Facts{Policy: week}},
		{acme, PayCharge{ID: "c-1", Amount: yuan(100), What: "promotion"}, Facts{}},
	} {
		for _, n := range []int{1, 1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", c.ask.Name(), n), func(b *testing.B) {
				balance := crowd(b, n)
				given := trade.Given{By: c.by, At: balance.LastAt.Add(time.Second)}
				b.ReportAllocs()
				for b.Loop() {
					made, err := Decide(balance, c.ask, given, c.facts)
					if err == nil {
						_, err = Evolve(balance, made[0], given.At)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRefused is a withdrawal of more than is available, which what waits will make up for.
func BenchmarkRefused(b *testing.B) {
	for _, n := range []int{1, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			balance := crowd(b, n)
			given := trade.Given{By: acme, At: balance.LastAt}
			var ask Command = Withdraw{ID: "w-1", Amount: yuan(1_000_001), Dest: alipay}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decide(balance, ask, given, Facts{}); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

// BenchmarkRestore loads a balance from its snapshot.
func BenchmarkRestore(b *testing.B) {
	for _, n := range []int{1, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			balance := crowd(b, n)
			data, err := save(nil, &balance)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				again := New("acme", CNY())
				if err := restore(data, &again); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSave writes the snapshot of a balance.
func BenchmarkSave(b *testing.B) {
	balance := crowd(b, 1_000)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = save(buf[:0], &balance)
	}
}

// BenchmarkReplay folds the stored life of a merchant who sells, waits and withdraws; a fold costs
// an event.
func BenchmarkReplay(b *testing.B) {
	var types []string
	var data [][]byte
	var instants []time.Time
	add := func(e Event, at time.Time) {
		typ, _, encoded, err := EncodeEvent(nil, e)
		if err != nil {
			b.Fatal(err)
		}
		types, data, instants = append(types, typ), append(data, encoded), append(instants, at)
	}
	for i := range 1000 {
		at := noon.Add(time.Duration(i) * time.Hour)
		add(Credited{Order: number(uint64(i)), Amount: yuan(10), Repaid: yuan(0), HoldDays: 7, AvailableAt: at.Add(7 * day)}, at)
		if i >= 200 && i%24 == 0 {
			id := WithdrawalID(fmt.Sprintf("w-%d", i))
			add(requested(id, 200, alipay), at)
			add(WithdrawalSettled{ID: id}, at)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		balance := New("acme", CNY())
		for i := range data {
			e, err := DecodeEvent(types[i], 1, data[i])
			if err == nil {
				err = balance.Apply(e, instants[i])
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(data)), "ns/event")
}
