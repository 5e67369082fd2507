package funds

import (
	"encoding/binary"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

var (
	acme     = trade.Actor{Role: trade.Seller, Account: "acme"}
	platform = trade.Actor{Role: trade.Platform}
	desk     = trade.Actor{Role: trade.Desk}

	noon = time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
	ripe = noon.Add(7 * day) // when what is credited at noon becomes available by default

	usd = trade.Currency{'U', 'S', 'D'}

	orderA, orderB, orderC = number(0xa), number(0xb), number(0xc)

	alipay = Dest{Alipay: Alipay{Account: "acme@example.com", Holder: "acme"}}
	toCard = Dest{Card: "6222-01"}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// number returns the id of an order, sorted by n.
func number(n uint64) trade.ID {
	id := trade.ID{1, 6: 0x70}
	binary.BigEndian.PutUint64(id[8:], 1<<63|n)
	return id
}

// yuan returns whole yuan.
func yuan(n int64) trade.Money { return trade.Minor(n*100, CNY()) }

func fen(n int64) trade.Money { return trade.Minor(n, CNY()) }

func yen(n int64) trade.Money { return trade.Minor(n, trade.Currency{'J', 'P', 'Y'}) }

func dollars(n int64) trade.Money { return trade.Minor(n*100, usd) }

// credited is a credit of whole yuan made at noon that waits for so many days.
func credited(id trade.ID, n int64, days int) Event {
	return Credited{Order: id, Amount: yuan(n), Repaid: yuan(0), HoldDays: days, AvailableAt: noon.Add(time.Duration(days) * day)}
}

// requested is a withdrawal without a fee.
func requested(id WithdrawalID, n int64, dest Dest) Event {
	return WithdrawalRequested{ID: id, Gross: yuan(n), Fee: yuan(0), Net: yuan(n), Dest: dest, ExpectedAt: noon.Add(day)}
}

// after returns acme's balance in yuan after the events, all of them at noon.
func after(history ...Event) Balance {
	b := New("acme", CNY())
	for _, e := range history {
		if err := b.Apply(e, noon); err != nil {
			panic(err)
		}
	}
	return b
}

// sold is the fact that a buyer pays that much to a merchant whose credits wait seven days.
func sold(n int64) Facts {
	return Facts{Policy: &Policy{HoldDays: 7, Expected: day}, Sale: Sale{Paid: yuan(n)}}
}

// paid is the fact that so much was credited for an order, and so much of it refunded.
func paid(credited, refunded int64) Facts {
	return Facts{Sale: Sale{Paid: yuan(credited), Credited: yuan(credited), Refunded: yuan(refunded)}}
}
