package ordertest

import (
	"time"

	"github.com/tradesurety/surety/order"
)

// The people of the kit. Desk knows them: Buyer and OtherBuyer are registered under their
// addresses, Stranger is not. Nobody may write to these variables.
var (
	Seller      = order.Actor{Role: order.Seller, Account: "s-acme", Email: "sales@acme.example"}
	OtherSeller = order.Actor{Role: order.Seller, Account: "s-orient", Email: "sales@orient.example"}
	Buyer       = order.Actor{Role: order.Buyer, Account: "b-bruno", Email: "bruno@buyer.example"}
	OtherBuyer  = order.Actor{Role: order.Buyer, Account: "b-clara", Email: "clara@buyer.example"}
	Stranger    = order.Actor{Role: order.Buyer, Account: "b-stranger", Email: "stranger@buyer.example"}

	// Merchants sell to shoppers who pay later.
	Merchant      = order.Actor{Role: order.Seller, Account: "m-shop", Email: "owner@shop.example"}
	OtherMerchant = order.Actor{Role: order.Seller, Account: "m-other", Email: "owner@other.example"}
	Shopper       = order.Actor{Role: order.Buyer, Account: "b-shopper", Email: "shopper@home.example"}
	OtherShopper  = order.Actor{Role: order.Buyer, Account: "b-other", Email: "other@home.example"}

	Platform = order.Actor{Role: order.Platform, Account: "p-ops"}
	System   = order.Actor{Role: order.System}
)

// Everybody returns the people of the kit.
func Everybody() []order.Actor {
	return []order.Actor{
		Seller, OtherSeller, Buyer, OtherBuyer, Stranger, Merchant, OtherMerchant, Shopper, OtherShopper, Platform, System,
	}
}

// Start is the instant at which the clocks of the kit begin. Nobody may write to it.
var Start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Day is the day of the rule book: 24 hours.
const Day = 24 * time.Hour

// USD returns an amount of US dollars, such as USD("1234.50"). It is for constants of a test:
// text that order.ParseAmount refuses makes it panic.
func USD(amount string) order.Money { return amountOf(amount, "USD") }

// CNY returns an amount of yuan as USD returns one of dollars.
func CNY(amount string) order.Money { return amountOf(amount, "CNY") }

func amountOf(amount, currency string) order.Money {
	return must(order.ParseAmount(amount, must(order.ParseCurrency(currency))))
}

// must is for constants of the kit and of tests, which are wrong in the program or not at all.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
