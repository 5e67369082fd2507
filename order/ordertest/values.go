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
)

// drawn makes a generator of a function of chance. One number decides all of a value, evenly.
func drawn[T any](f func(v values) T) *rapid.Generator[T] {
	return rapid.Custom(func(t *rapid.T) T {
		return f(values{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)).IntN})
	})
}

// Amounts are positive amounts of a currency: one minor unit, round sums, odd ones, and the
// largest that there is.
func Amounts(c order.Currency) *rapid.Generator[order.Money] {
	return drawn(func(v values) order.Money { return v.amount(c) })
}

// HostileAmounts are amounts that hardly any command takes: none, negative ones, the extremes,
// and other currencies than those of the kit, among them one that does not exist.
func HostileAmounts() *rapid.Generator[order.Money] {
	return drawn(func(v values) order.Money { return one(v.chance, hostileMoney...) })
}

// Numbers are quantities and prices, whole ones and fractions.
func Numbers() *rapid.Generator[order.Number] {
	return drawn(func(v values) order.Number { return v.number() })
}

// Actors are the people of the kit, and people that no order knows.
func Actors() *rapid.Generator[order.Actor] {
	return drawn(func(v values) order.Actor {
		return one(v.chance, append(Everybody(),
			order.Actor{Role: order.Buyer, Account: "x-nobody", Email: "nobody@nowhere.example"},
			order.Actor{Role: order.Seller, Account: "x-nobody"}, order.Actor{Role: order.Platform})...)
	})
}

// HostileActors are actors that nobody may be: without a role or an account, of an unknown role,
// under a malformed account, or the desk itself.
func HostileActors() *rapid.Generator[order.Actor] {
	return drawn(func(v values) order.Actor {
		return one(v.chance, order.Actor{}, order.Actor{Role: order.Buyer}, order.Actor{Role: order.Role(99), Account: "a"},
			order.Actor{Role: order.Seller, Account: "no account"}, order.Actor{Role: order.Buyer, Account: "b", Email: "no address"}, order.Actor{Role: order.Desk})
	})
}

// OrderIDs are ids of orders, a few of them again and again.
func OrderIDs() *rapid.Generator[order.ID] {
	return drawn(func(v values) order.ID { return v.id() })
}

// CommandIDs are ids of commands: of version 8, as desk.CommandID derives them, and of versions
// 4 and 7.
func CommandIDs() *rapid.Generator[uuid.UUID] {
	return drawn(func(v values) uuid.UUID {
		id := desk.CommandID(Start, "ordertest", strconv.Itoa(v.chance(1<<30)))
		id[6] = id[6]&0x0f | byte(one(v.chance, 0x40, 0x70, 0x80))
		return id
	})
}

// Instants are instants at or around Start, and the bounds that instants have.
func Instants() *rapid.Generator[time.Time] {
	return drawn(func(v values) time.Time {
		if v.chance(10) == 0 {
			return one(v.chance, order.MinInstant, order.MaxInstant, time.Date(2028, 2, 29, 23, 59, 59, 999_999_999, time.UTC))
		}
		return v.instant()
	})
}

// Around are the instants at which a deadline decides: a nanosecond before it, at it, a
// nanosecond after it, and a while away on both sides.
func Around(deadline time.Time) *rapid.Generator[time.Time] {
	return drawn(func(v values) time.Time {
		return deadline.Add(one(v.chance, -Day, -time.Millisecond, -1, 0, 0, 1, time.Millisecond, Day))
	})
}

// Terms are terms that a contract can have in a currency: a total and an initial payment, at
// times the items that add up to it, an agreed time of shipment and a trade term.
func Terms(c order.Currency) *rapid.Generator[order.Terms] {
	return drawn(func(v values) order.Terms { return v.terms(c) })
}

// Contracts are what orders of the kit can be about.
func Contracts() *rapid.Generator[Contract] {
	return drawn(func(v values) Contract {
		t := v.terms(USD("0").Currency())
		return Contract{
			Seller: one(v.chance, Seller, OtherSeller), Buyer: one(v.chance, Buyer, OtherBuyer), Total: t.Total, Initial: t.Initial,
			Coverage: v.coverage(), Transport: v.transport(),
		}
	})
}

// values makes values up.
type values struct{ chance }

func (v values) amount(c order.Currency) order.Money {
	return order.Minor(one[int64](v.chance, 1, 99, 100, 3_333, 10_000, 250_000, 600_001, 1_000_000, 1<<63-1), c)
}

func (v values) usd() order.Money { return v.amount(USD("0").Currency()) }
func (v values) cny() order.Money { return v.amount(funds.CNY()) }

func (v values) number() order.Number {
	return must(order.ParseNumber(one(v.chance, "1", "3", "12.5", "100", "0.000001", "4.8", "4.79")))
}

func (v values) id() order.ID {
	return one(v.chance, OrderID, order.ID{0: 1, 6: 0x70, 8: 0x80, 15: 1}, order.ID{0: 1, 6: 0x70, 8: 0x80, 15: 2}, order.ID{0: 2, 6: 0x40, 8: 0x80, 15: 3})
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

// reference is an identifier of the kind that banks and clients give.
func (v values) reference() string {
	return one(v.chance, "R1", "R2", "K-C1", "2025.01@bank+7_x")
}

// text is something that a person writes, and maybe is what he may leave out.
func (v values) text() string {
	return one(v.chance, "as agreed", "货已收到，质量很好", "O'Brien & Söhne", "line of credit, 50 % down")
}

func (v values) maybe() string { return one(v.chance, "", v.text()) }

func (v values) yes() bool { return v.chance(2) == 0 }

func (v values) terms(c order.Currency) order.Terms {
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
	t.Initial = order.Minor(max(t.Total.MinorUnits()/int64(one(v.chance, 1, 2, 3, 1000)), 1), c)
	return t
}

func (v values) item(c order.Currency) order.Item {
	quantity, price := must(order.ParseNumber(one(v.chance, "1", "12", "100"))), must(order.ParseNumber(one(v.chance, "3", "100", "2500")))
	return order.Item{
		Name: v.text(), HSCode: one(v.chance, "", "900190", "9001909090"), Quantity: quantity, Unit: "piece", Price: price,
		Amount: must(quantity.Times(price, c)),
	}
}

func (v values) amendment() order.Amendment {
	return order.Amendment{Terms: v.terms(USD("0").Currency()), Coverage: v.coverage(), BuyerName: v.maybe()}
}

func (v values) inputs(c order.Currency) credit.Inputs {
	volume := v.amount(c)
	return one(v.chance, credit.Inputs{}, credit.Inputs{
		Qualification: "A", Ability: "verified", TradeFlow: v.amount(c), Penalties: int64(v.chance(3)), Month: "2025-06",
		Grade: int64(v.chance(101)), Score: must(order.ParseNumber(one(v.chance, "0", "4.79", "4.8", "5"))), Volume: volume,
		FakeVolume: order.Minor(volume.MinorUnits()/2, c), Products: int64(v.chance(101)), Profile: 100, AfterSales: 0,
	})
}
