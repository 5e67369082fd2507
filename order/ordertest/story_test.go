package ordertest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// failed is the panic by which spy ends a test, with the text of the failure.
type failed string

// spy is a test that panics with the text of its failure.
type spy struct{}

func (spy) Helper()                  {}
func (spy) Cleanup(func())           {}
func (spy) Context() context.Context { return context.Background() }

func (spy) Errorf(format string, args ...any) { panic(failed(fmt.Sprintf(format, args...))) }
func (spy) Fatalf(format string, args ...any) { panic(failed(fmt.Sprintf(format, args...))) }

// failure runs a test and returns the text of its failure, or "".
func failure(test func(t ordertest.TB)) (text string) {
	defer func() {
		if f, ok := recover().(failed); ok {
			text = string(f)
		}
	}()
	test(spy{})
	return ""
}

// TestStory checks for each method of a story what passes and what fails.
func TestStory(t *testing.T) {
	confirmed := func(t ordertest.TB) ordertest.Story {
		return ordertest.GivenOrder(t, order.PhaseConfirmed, ordertest.Contract{})
	}
	payBy := ordertest.Start.Add(60 * ordertest.Day)
	for _, c := range []struct {
		name  string
		test  func(t ordertest.TB)
		fails string // a part of the failure; empty if the test passes
	}{
		{"Then", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.Cancel{}).Then(order.Closed{Reason: order.ClosedCancelled})
		}, ""},
		{"Then/another fact", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.Cancel{}).Then(order.Closed{Reason: order.ClosedExpired})
		}, "!   reason: \"cancelled\""},
		{"Then/one more", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.Cancel{}).Then(order.Closed{Reason: order.ClosedCancelled}, order.Completed{})
		}, "order.completed"},
		{"Then/nothing", func(t ordertest.TB) { confirmed(t).When(ordertest.Buyer, order.Cancel{}).Then() }, "nothing"},
		{"Then/refused", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Stranger, order.Cancel{}).Then(order.Closed{Reason: order.ClosedCancelled})
		}, "refused by D27"},
		{"Then/on", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.Cancel{}).Then(order.Closed{Reason: order.ClosedCancelled}).
				When(ordertest.Buyer, order.Cancel{}).Refused(rule.D27)
		}, ""},
		{"Leads", func(t ordertest.TB) { confirmed(t).When(ordertest.Buyer, order.Cancel{}).Leads(order.PhaseClosed) }, ""},
		{"Leads/elsewhere", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.Cancel{}).Leads(order.PhaseDraft)
		}, "an order that is draft, and it is closed"},
		{"Leads/refused", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Stranger, order.Cancel{}).Leads(order.PhaseClosed)
		}, "refused by D27"},
		{"Refused", func(t ordertest.TB) {
			confirmed(t).When(ordertest.System, order.Expire{}).Refused(rule.D28).From(payBy)
		}, ""},
		{"Refused/by another rule", func(t ordertest.TB) {
			confirmed(t).When(ordertest.System, order.Expire{}).Refused(rule.A18)
		}, "refused by A18"},
		{"Refused/accepted", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.Cancel{}).Refused(rule.D27)
		}, "order.closed"},
		{"Refused/from another instant", func(t ordertest.TB) {
			confirmed(t).When(ordertest.System, order.Expire{}).Refused(rule.D28).From(payBy.Add(1))
		}, "earliest 2025-03-02T00:00:00.000000001Z"},
		{"Refused/short of another amount", func(t ordertest.TB) {
			confirmed(t).When(ordertest.System, order.Expire{}).Refused(rule.D28).Short(ordertest.USD("1"))
		}, "missing 1.00 USD"},
		{"Refused/until", func(t ordertest.TB) {
			confirmed(t).When(ordertest.System, order.Expire{}).Refused(rule.D28).Until(payBy)
		}, "deadline 2025-03-02"},
		{"Invalid", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.FailPayment{Payment: "a b"}).Invalid("payment")
		}, ""},
		{"Invalid/another field", func(t ordertest.TB) {
			confirmed(t).When(ordertest.Buyer, order.FailPayment{Payment: "a b"}).Invalid("text")
		}, "an invalid text"},
		{"And/refused", func(t ordertest.TB) { confirmed(t).And(ordertest.Stranger, order.Cancel{}) }, "it to be accepted"},
		{"Given/events", func(t ordertest.TB) {
			ordertest.Given(t, order.Drafted{Seller: ordertest.Seller.Account, Mode: order.DraftOnline, DraftedAt: ordertest.Start}).
				When(ordertest.Seller, order.Cancel{}).Leads(order.PhaseClosed)
		}, ""},
		{"Given/events that cannot be", func(t ordertest.TB) { ordertest.Given(t, order.Completed{}) }, "order.completed cannot happen to an order that is none"},
		{"Given/no way", func(t ordertest.TB) {
			ordertest.GivenOrder(t, order.PhaseReceived, ordertest.Contract{Total: ordertest.USD("1")})
		}, "leads to completed, not to received"},
		{"At", func(t ordertest.TB) {
			confirmed(t).At(payBy).When(ordertest.System, order.Expire{}).Leads(order.PhaseClosed)
		}, ""},
		{"After", func(t ordertest.TB) {
			confirmed(t).After(60*ordertest.Day-1).When(ordertest.System, order.Expire{}).Refused(rule.D28)
		}, ""},
		{"Under", func(t ordertest.TB) {
			p := order.DefaultPolicy()
			p.PayWithin = time.Hour
			ordertest.GivenOrder(t, order.PhaseSubmitted, ordertest.Contract{}).Under(p).And(ordertest.Buyer, order.Confirm{Terms: 2}).
				After(time.Hour).When(ordertest.System, order.Expire{}).Leads(order.PhaseClosed)
		}, ""},
		{"Knowing", func(t ordertest.TB) {
			ordertest.Given(t).Knowing(func(f *order.Facts) { f.Service = order.ServiceSuspended }).
				When(ordertest.Seller, order.Draft{Mode: order.DraftOnline}).Refused(rule.A6)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) { held(t, c.test, c.fails) })
	}
}

// held checks whether a test passes, or that it fails with a text.
func held(t *testing.T, test func(t ordertest.TB), fails string) {
	t.Helper()
	switch got := failure(test); {
	case fails == "" && got != "":
		t.Errorf("failed with\n%s", got)
	case fails != "" && !strings.Contains(got, fails):
		t.Errorf("failed with\n%s\nwant %q", got, fails)
	}
}

// TestFixture checks for each method of a fixture what passes and what fails.
func TestFixture(t *testing.T) {
	assessed := desk.OnLine(ordertest.Seller.Account, ordertest.USD("0").Currency(), credit.AssessLimit{Limit: ordertest.USD("1")})
	fact := credit.LimitAssessed{Limit: ordertest.USD("1")}
	for _, c := range []struct {
		name  string
		test  func(t ordertest.TB)
		fails string
	}{
		{"Then", func(t ordertest.TB) { ordertest.Desk(t).When(ordertest.Platform, assessed).Then(fact) }, ""},
		{"Then/another fact", func(t ordertest.TB) {
			ordertest.Desk(t).When(ordertest.Platform, assessed).Then(credit.LimitAssessed{Limit: ordertest.USD("2")})
		}, "limit: \"2.00 USD\""},
		{"Then/no event", func(t ordertest.TB) { ordertest.Desk(t).When(ordertest.Platform, assessed).Then(1) }, "int is no event"},
		{"Then/refused", func(t ordertest.TB) { ordertest.Desk(t).When(ordertest.Seller, assessed).Then(fact) }, "refused by D6"},
		{"Refused", func(t ordertest.TB) { ordertest.Desk(t).When(ordertest.Seller, assessed).Refused(rule.D6) }, ""},
		{"Refused/accepted", func(t ordertest.TB) {
			ordertest.Desk(t).When(ordertest.Platform, assessed).Refused(rule.D6)
		}, "credit.limit-assessed"},
		{"Invalid", func(t ordertest.TB) { ordertest.Desk(t).When(ordertest.Platform, desk.Action{}).Invalid("command") }, ""},
		{"Invalid/accepted", func(t ordertest.TB) { ordertest.Desk(t).When(ordertest.Platform, assessed).Invalid("command") }, "an invalid command"},
		{"Do/refused", func(t ordertest.TB) { ordertest.Desk(t).Do(ordertest.Seller, assessed) }, "it to be accepted"},
		{"Order/none", func(t ordertest.TB) { ordertest.Desk(t).Order(ordertest.OrderID) }, "order " + ordertest.OrderID.String()},
		{"OrderAt/no way", func(t ordertest.TB) {
			ordertest.Desk(t).OrderAt(order.PhaseReceived, ordertest.Contract{Total: ordertest.USD("1")})
		}, "leads to completed, not to received"},
		{"PayLaterOrderAt/no way", func(t ordertest.TB) { ordertest.Desk(t).PayLaterOrderAt(0, ordertest.CNY("1")) }, "no way leads"},
		{"Tick", func(t ordertest.TB) {
			f := ordertest.Desk(t)
			id := f.OrderAt(order.PhaseSubmitted, ordertest.Contract{})
			f.Clock.Advance(30*ordertest.Day - 1)
			if done := f.Tick(); len(done) > 0 {
				t.Errorf("a nanosecond early: %v", done)
			}
			f.Clock.Advance(1)
			if done := f.Tick(); len(done) != 1 || f.Order(id).CloseReason != order.ClosedExpired {
				t.Errorf("at the deadline: %v", done)
			}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) { held(t, c.test, c.fails) })
	}
}

// TestSideBySide checks that the diff wraps long lines and shows both sides of each event.
func TestSideBySide(t *testing.T) {
	long := strings.Repeat("a long reason ", 20)
	text := failure(func(t ordertest.TB) {
		ordertest.GivenOrder(t, order.PhaseShipped, ordertest.Contract{}).
			When(ordertest.Buyer, order.OpenDispute{Ground: order.GroundQuality, Claimed: ordertest.USD("100"), Text: trade.Text(long)}).
			Then(order.DisputeOpened{Number: 1, Ground: order.GroundQuality, Claimed: ordertest.USD("100")})
	})
	for line := range strings.Lines(text) {
		if len(line) > 140 {
			t.Errorf("a line of %d: %s", len(line), line)
		}
	}
	if !strings.Contains(text, "|   claimed: \"100.00 USD\"") || !strings.Contains(text, "!   escalate_by") {
		t.Errorf("the diff is\n%s", text)
	}
}
