package entrustment_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// An entrustment is decided on and folded without a store. Goods that left before the order was
// drafted cannot be linked to it.
func Example() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	seller := trade.Actor{Role: trade.Seller, Account: "alice"}
	platform := trade.Actor{Role: trade.Platform}
	price, _ := trade.ParseNumber("2.50")
	quantity, _ := trade.ParseNumber("400")
	total, _ := trade.ParseMoney("1000.00 USD")

	s := entrustment.New("E-1")
	ask := func(by trade.Actor, c entrustment.Command, f entrustment.Facts) error {
		at = at.Add(time.Minute)
		events, err := entrustment.Decide(s, c, trade.Given{By: by, At: at}, f)
		for _, e := range events {
			fmt.Println(e.Kind())
			err = errors.Join(err, s.Apply(e, at))
		}
		return err
	}
	err := errors.Join(
		ask(seller, entrustment.Draft{Title: "lenses"}, entrustment.Facts{}),
		ask(seller, entrustment.Submit{}, entrustment.Facts{}),
		ask(platform, entrustment.Approve{}, entrustment.Facts{}),
		ask(platform, entrustment.Declare{Declaration: entrustment.Declaration{
			Number: "531620250000000001", DeclaringCustoms: "5316", DeparturePort: "470501", DeclaredAt: at,
			Items: []entrustment.Item{{No: 1, HSCode: "9001909090", Name: "lens", Quantity: quantity, Unit: "piece", Price: price, Total: total}},
		}}, entrustment.Facts{Reservation: entrustment.Reservation{Number: "531620250000000001"}}),
		ask(platform, entrustment.Release{ReleasedAt: at}, entrustment.Facts{}),
	)
	fmt.Println(s.Phase, err)

	late := entrustment.Link{Order: trade.ID{1}, DraftedAt: at, Currency: total.Currency(), Seller: "alice"}
	err = ask(trade.Actor{Role: trade.Desk}, late, entrustment.Facts{})
	fmt.Println(errors.Is(err, rule.A23))
	// Output:
	// entrustment.drafted
	// entrustment.submitted
	// entrustment.approved
	// entrustment.declared
	// entrustment.released
	// released <nil>
	// true
}
