package credit

import (
	"reflect"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

var (
	platform = trade.Actor{Role: trade.Platform}
	desk     = trade.Actor{Role: trade.Desk}
	merchant = trade.Actor{Role: trade.Seller, Account: "acme"}

	noon = time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)

	usd = trade.Currency{'U', 'S', 'D'}
	eur = trade.Currency{'E', 'U', 'R'}
	cny = trade.Currency{'C', 'N', 'Y'}

	orderA = trade.ID{1, 6: 0x70, 8: 0x80, 15: 0xa}
	orderB = trade.ID{1, 6: 0x70, 8: 0x80, 15: 0xb}
	orderC = trade.ID{1, 6: 0x70, 8: 0x80, 15: 0xc}
)

// dollars returns whole dollars.
func dollars(n int64) trade.Money { return trade.Minor(n*100, usd) }

func euros(n int64) trade.Money { return trade.Minor(n*100, eur) }

// yuan returns whole yuan, and fen their hundredth parts.
func yuan(n int64) trade.Money { return fen(n * 100) }

func fen(n int64) trade.Money { return trade.Minor(n, cny) }

func assessed(limit int64) Event { return LimitAssessed{Limit: dollars(limit)} }

func held(id trade.ID, amount int64) Event { return Held{Order: id, Amount: dollars(amount)} }

// open is the fact that an order holds that much.
func open(amount int64) Facts {
	return Facts{Hold: order.Hold{Status: order.HoldOpen, Amount: dollars(amount)}}
}

// released is the fact that an order's hold was released.
func released(amount int64, cause order.ReleaseCause) Facts {
	return Facts{Hold: order.Hold{Status: order.HoldIsReleased, Amount: dollars(amount), Cause: cause}}
}

// posted is the fact that an order's hold was claimed.
func posted(amount int64) Facts {
	return Facts{Hold: order.Hold{Status: order.HoldIsPosted, Amount: dollars(amount)}}
}

// uses is the fact that a pay-later order still uses that much.
func uses(amount int64) Facts {
	return Facts{Hold: order.Hold{Status: order.HoldOpen, Amount: yuan(amount)}}
}

// after returns acme's assurance line in dollars after the events, all of them at noon.
func after(history ...Event) Line { return follow(New(Assurance, "acme", usd), history...) }

// opened returns acme's pay-later line in yuan, opened with that limit, after the events.
func opened(limit int64, history ...Event) Line {
	return follow(New(PayLater, "acme", cny), slices.Concat([]Event{LineOpened{Limit: yuan(limit)}}, history)...)
}

func follow(l Line, history ...Event) Line {
	for _, e := range history {
		if err := l.Apply(e, noon); err != nil {
			panic(err)
		}
	}
	return l
}

// same reports whether two lines are equal in every field.
func same(a, b Line) bool { return reflect.DeepEqual(a, b) }

// copied returns a line that shares nothing with l.
func copied(l Line) Line {
	l.Freezes = slices.Clone(l.Freezes)
	return l
}
