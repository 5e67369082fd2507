package ordertest_test

import (
	"context"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TestGolden has the worked examples of the rule book that TestGolden, TestGoldenDisputes and TestGoldenPayLater of
// package desk do not have.
func TestGolden(t *testing.T) {
	t.Run("a free member needs a certification, a paid one does not", func(t *testing.T) {
		member := func(m seller.Membership) *ordertest.Fixture {
			return ordertest.Desk(t, desk.WithSources(desk.Sources{Store: func(context.Context, trade.Account) (seller.Facts, error) {
				return seller.Facts{Operating: true, Membership: m}, nil
			}}))
		}
		activate := desk.OnSeller(ordertest.Seller.Account, seller.Activate{Route: seller.RouteConsole})
		member(seller.MemberFree).When(ordertest.Seller, activate).Refused(rule.A5)
		member(seller.MemberPaid).When(ordertest.Seller, activate).Then(seller.Activated{Route: seller.RouteConsole, Membership: seller.MemberPaid})
	})
	t.Run("e-Checking depends on the country of the bank, not on that of the buyer", func(t *testing.T) {
		f := ordertest.Desk(t)
		id := f.OrderAt(order.PhaseConfirmed, ordertest.Contract{})
		check := order.InitiatePayment{Payment: "P1", Method: order.PayECheck, Amount: ordertest.USD("2000"), BankCountry: "CA"}
		f.When(ordertest.Buyer, desk.OnOrder(id, check)).Refused(rule.A19)
		check.BankCountry = "US"
		f.When(ordertest.Buyer, desk.OnOrder(id, check)).Then(order.PaymentInitiated{
			Payment: "P1", Method: order.PayECheck, Amount: ordertest.USD("2000"), BankCountry: "US",
			NoticeUntil: f.Clock.Now().Add(14 * ordertest.Day),
		})
	})
}
