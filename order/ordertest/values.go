package ordertest

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/trade"
)

// drawn returns a generator of the function's values. One drawn number is the seed of each value, so that all of
// its parts are evenly distributed.
func drawn[T any](f func(v values) T) *rapid.Generator[T] {
	return rapid.Custom(func(t *rapid.T) T {
		return f(values{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)).IntN})
	})
}

// Amounts generates positive amounts of a currency: one minor unit, round sums, odd ones, and the largest that there
// is.
func Amounts(c trade.Currency) *rapid.Generator[trade.Money] {
	return drawn(func(v values) trade.Money { return v.amount(c) })
}

// HostileAmounts generates amounts that almost every command rejects: zero, negative amounts, the extremes, and
// currencies that the kit does not use, among them one that does not exist.
func HostileAmounts() *rapid.Generator[trade.Money] {
	return drawn(func(v values) trade.Money { return one(v.chance, hostileMoney...) })
}

// Numbers generates quantities and prices, whole ones and fractions.
func Numbers() *rapid.Generator[trade.Number] {
	return drawn(func(v values) trade.Number { return v.number() })
}

// Actors generates the actors of the kit, and actors that no order knows.
func Actors() *rapid.Generator[trade.Actor] {
	return drawn(func(v values) trade.Actor {
		return one(v.chance, append(Everybody(),
			trade.Actor{Role: trade.Buyer, Account: "x-nobody", Email: "nobody@nowhere.example"},
			trade.Actor{Role: trade.Seller, Account: "x-nobody"}, trade.Actor{Role: trade.Platform})...)
	})
}

// HostileActors generates actors that a desk rejects: without a role or an account, of an unknown role, with a
// malformed account, or the desk itself.
func HostileActors() *rapid.Generator[trade.Actor] {
	return drawn(func(v values) trade.Actor {
		return one(v.chance, trade.Actor{}, trade.Actor{Role: trade.Buyer}, trade.Actor{Role: trade.Role(99), Account: "a"},
			trade.Actor{Role: trade.Seller, Account: "no account"}, trade.Actor{Role: trade.Buyer, Account: "b", Email: "no address"}, trade.Actor{Role: trade.Desk})
	})
}

// OrderIDs generates ids of orders from a small set, so that they repeat.
func OrderIDs() *rapid.Generator[trade.ID] {
	return drawn(func(v values) trade.ID { return v.id() })
}

// CommandIDs generates ids of commands: of version 8, as desk.CommandID derives them, and of versions 4 and 7.
func CommandIDs() *rapid.Generator[uuid.UUID] {
	return drawn(func(v values) uuid.UUID {
		id := desk.CommandID(Start, "ordertest", strconv.Itoa(v.chance(1<<30)))
		id[6] = id[6]&0x0f | byte(one(v.chance, 0x40, 0x70, 0x80))
		return id
	})
}

// Instants generates instants at and around Start, and the bounds of instants.
func Instants() *rapid.Generator[time.Time] {
	return drawn(func(v values) time.Time {
		if v.chance(10) == 0 {
			return one(v.chance, trade.MinInstant, trade.MaxInstant, time.Date(2028, 2, 29, 23, 59, 59, 999_999_999, time.UTC))
		}
		return v.instant()
	})
}

// Around generates the instants that matter for a deadline: the deadline, a nanosecond before and after it, and
// instants further away on both sides.
func Around(deadline time.Time) *rapid.Generator[time.Time] {
	return drawn(func(v values) time.Time {
		return deadline.Add(one(v.chance, -Day, -time.Millisecond, -1, 0, 0, 1, time.Millisecond, Day))
	})
}

// Terms generates terms of a contract in a currency: a total and an initial payment, and sometimes the items that
// add up to the total, an agreed time of shipment and a trade term.
func Terms(c trade.Currency) *rapid.Generator[order.Terms] {
	return drawn(func(v values) order.Terms { return v.terms(c) })
}

// Contracts generates contracts for orders of the kit.
func Contracts() *rapid.Generator[Contract] {
	return drawn(func(v values) Contract {
		t := v.terms(USD("0").Currency())
		return Contract{
			Seller: one(v.chance, Seller, OtherSeller), Buyer: one(v.chance, Buyer, OtherBuyer), Total: t.Total, Initial: t.Initial,
			Coverage: v.coverage(), Transport: v.transport(),
		}
	})
}

// values generates values.
type values struct{ chance }

func (v values) amount(c trade.Currency) trade.Money {
	return trade.Minor(one[int64](v.chance, 1, 99, 100, 3_333, 10_000, 250_000, 600_001, 1_000_000, 1<<63-1), c)
}

func (v values) usd() trade.Money { return v.amount(USD("0").Currency()) }
func (v values) cny() trade.Money { return v.amount(funds.CNY()) }

func (v values) number() trade.Number {
	return must(trade.ParseNumber(one(v.chance, "1", "3", "12.5", "100", "0.000001", "4.8", "4.79")))
}

func (v values) id() trade.ID {
	return one(v.chance, OrderID, trade.ID{0: 1, 6: 0x70, 8: 0x80, 15: 1}, trade.ID{0: 1, 6: 0x70, 8: 0x80, 15: 2}, trade.ID{0: 2, 6: 0x40, 8: 0x80, 15: 3})
}

func (v values) instant() time.Time {
	return Start.Add(one(v.chance, 0, 1, -1, time.Second, time.Hour, Day, 15*Day, 30*Day-1, 30*Day, 365*Day, -Day))
}

func (v values) coverage() order.Coverage {
	return one(v.chance, order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery)
}

func (v values) transport() order.Transport {
	return one(v.chance, order.TransportAir, order.TransportLand, order.TransportSea)
}

func (v values) goods() order.EntrustmentID {
	return one[order.EntrustmentID](v.chance, "E1", "E2", "E-2025.01_b", "e")
}

// reference returns an identifier as banks and clients give it.
func (v values) reference() string {
	return one(v.chance, "R1", "R2", "K-C1", "2025.01@bank+7_x")
}

// text returns a text as a person writes it.
func (v values) text() string {
	return one(v.chance, "as agreed", "货已收到，质量很好", "O'Brien & Söhne", "line of credit, 50 % down")
}

// maybe returns a text or none, for optional fields.
func (v values) maybe() string { return one(v.chance, "", v.text()) }

// prose returns a free text as a caller may send it. The recorded text can differ (D67).
func (v values) prose() trade.Text {
	return one(v.chance, trade.Text(v.text()), "late again\n\t1. the lamps\n\t2. the shades", " half of it is broken\r\nthe rest is not ours\r\n", "两箱破损\n其余完好")
}

func (v values) maybeProse() trade.Text { return one(v.chance, "", v.prose()) }

func (v values) yes() bool { return v.chance(2) == 0 }

func (v values) terms(c trade.Currency) order.Terms {
	t := order.Terms{
		TradeTerm: one(v.chance, "", "FOB Ningbo", "CIF Hamburg"),
		ShipBy: one(v.chance, order.ShipBy{}, order.ShipBy{Date: "2025-03-31"}, order.ShipBy{Days: 30, After: order.InitialPayment},
			order.ShipBy{Days: 1, After: order.BalancePayment}),
	}
	if v.chance(3) > 0 {
		t.Total = v.amount(c)
	} else {
		for range 1 + v.chance(3) {
			it := v.item(c)
			t.Items = append(t.Items, it)
			t.Total = must(t.Total.Add(it.Amount))
		}
	}
	t.Initial = trade.Minor(max(t.Total.MinorUnits()/int64(one(v.chance, 1, 2, 3, 1000)), 1), c)
	return t
}

func (v values) item(c trade.Currency) order.Item {
	quantity, price := must(trade.ParseNumber(one(v.chance, "1", "12", "100"))), must(trade.ParseNumber(one(v.chance, "3", "100", "2500")))
	return order.Item{
		Name: v.text(), HSCode: one(v.chance, "", "900190", "9001909090"), Quantity: quantity, Unit: "piece", Price: price,
		Amount: must(quantity.Times(price, c)),
	}
}

func (v values) amendment() order.Amendment {
	return order.Amendment{Terms: v.terms(USD("0").Currency()), Coverage: v.coverage(), BuyerName: v.maybe()}
}

func (v values) inputs(c trade.Currency) credit.Inputs {
	volume := v.amount(c)
	return one(v.chance, credit.Inputs{}, credit.Inputs{
		Qualification: "A", Ability: "verified", TradeFlow: v.amount(c), Penalties: int64(v.chance(3)), Month: "2025-06",
		Grade: int64(v.chance(101)), Score: must(trade.ParseNumber(one(v.chance, "0", "4.79", "4.8", "5"))), Volume: volume,
		FakeVolume: trade.Minor(volume.MinorUnits()/2, c), Products: int64(v.chance(101)), Profile: 100, AfterSales: 0,
	})
}
