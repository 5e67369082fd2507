package ordertest

import (
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// Start is the first instant of the kit's clocks. It must not be changed.
var Start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Day is the day of the rule book: 24 hours.
const Day = 24 * time.Hour

// USD returns an amount of US dollars, such as USD("1234.50"). It is for constants of a test and panics if
// trade.ParseAmount returns an error.
func USD(amount string) trade.Money { return amountOf(amount, "USD") }

// CNY returns an amount of yuan. It panics as USD does.
func CNY(amount string) trade.Money { return amountOf(amount, "CNY") }

func amountOf(amount, currency string) trade.Money {
	return must(trade.ParseAmount(amount, must(trade.ParseCurrency(currency))))
}

// must is for constants of the kit and of tests, where an error is a fault of the program.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
