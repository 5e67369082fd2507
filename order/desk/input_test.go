package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TestBadInput hands the desk what nobody should: the answer names field and reason, and nothing
// is written.
func TestBadInput(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.draft("100 USD", "100 USD", order.CoverageNone)
	good := asking(acme, submission(id))
	ofRFC4122 := desk.NewID()
	microsoft := ofRFC4122
	microsoft[8] = 0xc0
	long := strings.Repeat("x", 201)
	accounts := []trade.Account{"", " ", "a b", "a/b", "a-b/USD", "a\x00b", "a\nb", "ü", trade.Account(strings.Repeat("a", 65)), "a~2Fb"}

	type row struct {
		name, field string
		change      func(c *desk.Command)
	}
	rows := []row{
		{"nil ID", "command.id", func(c *desk.Command) { c.ID = uuid.Nil }},
		{"another variant", "command.id", func(c *desk.Command) { c.ID = microsoft }},
		{"the greatest ID", "command.id", func(c *desk.Command) { c.ID = uuid.Max }},
		{"nobody", "actor.role", func(c *desk.Command) { c.By = trade.Actor{} }},
		{"unknown role", "actor.role", func(c *desk.Command) { c.By.Role = 99 }},
		{"the desk", "actor.role", func(c *desk.Command) { c.By = trade.Actor{Role: trade.Desk} }},
		{"bad address of the actor", "actor.email", func(c *desk.Command) { c.By.Email = "a@b@c" }},
		{"nothing", "command", func(c *desk.Command) { c.Do = desk.Action{} }},
		{"nil command of an order", "command", func(c *desk.Command) { c.Do = desk.OnOrder(id, nil) }},
		{"nil command of a service", "command", func(c *desk.Command) { c.Do = desk.OnSeller(acme.Account, nil) }},
		{"nil command of an entrustment", "command", func(c *desk.Command) { c.Do = desk.OnEntrustment("E1", nil) }},
		{"nil command of a line", "command", func(c *desk.Command) { c.Do = desk.OnLine(acme.Account, usd, nil) }},
		{"pointer", "command", func(c *desk.Command) { c.Do = desk.OnOrder(id, &order.Cancel{}) }},
		{"nil pointer", "command", func(c *desk.Command) { c.Do = desk.OnOrder(id, (*order.Cancel)(nil)) }},
		{"pointer to an entrustment's", "command", func(c *desk.Command) { c.Do = desk.OnEntrustment("E1", &entrustment.Cancel{}) }},
		{"wrapped command", "command", func(c *desk.Command) { c.Do = desk.OnOrder(id, struct{ order.Command }{order.Cancel{}}) }},
		{"empty order", "order", func(c *desk.Command) { c.Do = desk.OnOrder(trade.ID{}, order.Cancel{}) }},
		{"empty currency", "currency", func(c *desk.Command) {
			c.Do = desk.OnLine(acme.Account, trade.Currency{}, credit.AssessLimit{Limit: money("1 USD")})
		}},
		{"long correlation", "command.correlation", func(c *desk.Command) { c.Correlation = long }},
		{"long causation", "command.causation", func(c *desk.Command) { c.Causation = long }},
		{"control character", "command.trace", func(c *desk.Command) { c.Trace = "a\x1bb" }},
		{"broken text", "command.correlation", func(c *desk.Command) { c.Correlation = "a\xffb" }},
		{"huge text", "text", func(c *desk.Command) {
			c.Do = desk.OnOrder(id, order.AttachContract{
				FileName: "f", Size: 1, SHA256: strings.Repeat("a", 64), Text: strings.Repeat("x", order.MaxContractText+1),
			})
		}},
		{"too many items", "terms.items", func(c *desk.Command) {
			c.Do = desk.OnOrder(id, order.SetTerms{Terms: order.Terms{Total: money("1 USD"), Items: make([]order.Item, order.MaxItems+1)}})
		}},
		{"bad entrustment", "entrustment", func(c *desk.Command) { c.Do = desk.OnOrder(id, order.Link{Entrustment: "a/b"}) }},
		{"bad number", "declaration.number", func(c *desk.Command) {
			d := declaration("D1", start)
			d.Number = "a/b"
			c.By, c.Do = platform, desk.OnEntrustment("E1", entrustment.Declare{Declaration: d})
		}},
	}
	for _, a := range accounts {
		rows = append(rows,
			row{"actor " + string(a), "actor.account", func(c *desk.Command) { c.By.Account = a }},
			row{"service of " + string(a), "seller", func(c *desk.Command) { c.Do = desk.OnSeller(a, seller.Activate{Route: seller.RouteConsole}) }},
			row{"line of " + string(a), "seller", func(c *desk.Command) { c.Do = desk.OnLine(a, usd, credit.AssessLimit{Limit: money("1 USD")}) }},
			row{"entrustment " + string(a), "entrustment", func(c *desk.Command) { c.Do = desk.OnEntrustment(order.EntrustmentID(a), entrustment.Draft{}) }},
		)
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			c := good
			r.change(&c)
			before := must(tr.Store.Settled(background))
			_, err := tr.Desk.Do(background, c)
			var invalid *trade.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != r.field || invalid.Reason == "" {
				t.Fatalf("%v, want field %q and a reason", err, r.field)
			}
			if dry := tr.Desk.Try(background, c); dry == nil || dry.Error() != err.Error() {
				t.Fatalf("Try says %v, Do %v", dry, err)
			}
			if after := must(tr.Store.Settled(background)); after != before {
				t.Fatal("something was written")
			}
			if s := c.Do.String(); s == "" {
				t.Fatal("the action has no text")
			}
		})
	}
	if _, err := tr.Desk.Do(background, good); err != nil {
		t.Fatalf("the good one: %v", err)
	}
}

// TestTooBigForTheLog has terms that the rules take and the log does not.
func TestTooBigForTheLog(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	id := tr.draft("100 USD", "100 USD", order.CoverageNone)
	terms := order.Terms{Total: money("100 USD")}
	for range order.MaxItems {
		terms.Items = append(terms.Items, order.Item{
			Name: strings.Repeat("界", 66), Unit: "piece", Quantity: number("1"), Price: number("1"), Amount: money("1 USD"),
		})
	}
	c := desk.OnOrder(id, order.SetTerms{Terms: terms})
	_, err := tr.Ask(acme, c)
	dry := tr.try(acme, c)
	if (err == nil) != (dry == nil) {
		t.Fatalf("Do says %v, Try %v", err, dry)
	}
	var bounds *events.BoundsError
	if err != nil && !errors.As(err, &bounds) {
		t.Fatalf("%v, want a *BoundsError", err)
	}
}

// TestEndedContextAndClosedStore has the caller or the store be gone, with everything in the
// cache and with nothing.
func TestEndedContextAndClosedStore(t *testing.T) {
	for _, cache := range []int{1000, 0} {
		tr := inMemory(t, desk.WithCache(cache)).opened("10000 USD")
		id := tr.draft("100 USD", "100 USD", order.CoveragePostDelivery)
		ended, cancel := context.WithCancel(background)
		cancel()
		size := must(tr.Store.Settled(background))
		for _, c := range []desk.Command{
			asking(acme, submission(id)), asking(orient, submission(id)), asking(bruno, desk.OnOrder(id, order.Cancel{})),
		} {
			if _, err := tr.Desk.Do(ended, c); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", c.Do, err)
			}
			if err := tr.Desk.Try(ended, c); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", c.Do, err)
			}
		}
		if _, _, err := tr.Desk.ReadOrder(ended, platform, id); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if now := must(tr.Store.Settled(background)); now != size {
			t.Fatal("something was written")
		}
		if err := tr.Store.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Ask(acme, submission(id)); !errors.Is(err, events.ErrClosed) {
			t.Fatal(err)
		}
		if err := tr.try(acme, submission(id)); !errors.Is(err, events.ErrClosed) {
			t.Fatal(err)
		}
		if _, _, err := tr.Desk.ReadOrder(background, platform, id); !errors.Is(err, events.ErrClosed) {
			t.Fatal(err)
		}
		if _, err := tr.Desk.Timeline(background, platform, id); !errors.Is(err, events.ErrClosed) {
			t.Fatal(err)
		}
	}
}
