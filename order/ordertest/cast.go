package ordertest

import (
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// The people of the kit. Desk knows them: Buyer and OtherBuyer are registered under their
// addresses, Stranger is not. Nobody may write to these variables.
var (
	Seller      = trade.Actor{Role: trade.Seller, Account: "s-acme", Email: "sales@acme.example"}
	OtherSeller = trade.Actor{Role: trade.Seller, Account: "s-orient", Email: "sales@orient.example"}
	Buyer       = trade.Actor{Role: trade.Buyer, Account: "b-bruno", Email: "bruno@buyer.example"}
	OtherBuyer  = trade.Actor{Role: trade.Buyer, Account: "b-clara", Email: "clara@buyer.example"}
	Stranger    = trade.Actor{Role: trade.Buyer, Account: "b-stranger", Email: "stranger@buyer.example"}

	// Merchants sell to shoppers who pay later.
	Merchant      = trade.Actor{Role: trade.Seller, Account: "m-shop", Email: "owner@shop.example"}
	OtherMerchant = trade.Actor{Role: trade.Seller, Account: "m-other", Email: "owner@other.example"}
	Shopper       = trade.Actor{Role: trade.Buyer, Account: "b-shopper", Email: "shopper@home.example"}
	OtherShopper  = trade.Actor{Role: trade.Buyer, Account: "b-other", Email: "other@home.example"}

	Platform = trade.Actor{Role: trade.Platform, Account: "p-ops"}
	System   = trade.Actor{Role: trade.System}
)

// Everybody returns the people of the kit.
func Everybody() []trade.Actor {
	return []trade.Actor{
		Seller, OtherSeller, Buyer, OtherBuyer, Stranger, Merchant, OtherMerchant, Shopper, OtherShopper, Platform, System,
	}
}

// Start is the instant at which the clocks of the kit begin. Nobody may write to it.
var Start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Day is the day of the rule book: 24 hours.
const Day = 24 * time.Hour

// USD returns an amount of US dollars, such as USD("1234.50"). It is for constants of a test:
// text that trade.ParseAmount refuses makes it panic.
func USD(amount string) trade.Money { return amountOf(amount, "USD") }

// CNY returns an amount of yuan as USD returns one of dollars.
func CNY(amount string) trade.Money { return amountOf(amount, "CNY") }

func amountOf(amount, currency string) trade.Money {
	return must(trade.ParseAmount(amount, must(trade.ParseCurrency(currency))))
}

// must is for constants of the kit and of tests, which are wrong in the program or not at all.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
