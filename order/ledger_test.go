package order_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// TestLedger keeps the books of testdata/ledger.txt: after every movement of every order each
// figure is that of the table.
func TestLedger(t *testing.T) {
	text, err := os.ReadFile("testdata/ledger.txt")
	if err != nil {
		t.Fatal(err)
	}
	columns := strings.Fields("received applied unapplied returned reversed refunded claimed due held phase")
	var s story
	n, name := 0, ""
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "#":
		case fields[0] == "order" && len(fields) == 3:
			n, name = n+1, fields[1]
			s = submitted(t, order.Coverage(fields[2]))
		case len(fields) != 1+len(columns):
			t.Fatalf("not a line: %q", line)
		default:
			s = s.after(time.Hour).moved(t, fields[0])
			for i, got := range figures(&s.order) {
				if want := fields[1+i]; i < len(columns)-1 && got != money(want).Amount() || i == len(columns)-1 && got != want {
					t.Errorf("%s, after %s: %s is %s, want %s", name, fields[0], columns[i], got, want)
				}
			}
		}
	}
	if n == 0 {
		t.Error("there are no books")
	}
}

// figures returns what the books say of an order.
func figures(o *order.Order) []string {
	l, held := o.Ledger, trade.Money{}
	if o.Hold.Status == order.HoldOpen {
		held = o.Hold.Amount
	}
	var list []string
	for _, m := range []trade.Money{l.Received, l.Applied, l.Unapplied, l.Returned, l.Reversed, l.Refunded, l.Claimed, o.Due(), held} {
		list = append(list, trade.Minor(m.MinorUnits(), usd).Amount())
	}
	return append(list, o.Phase.String())
}

// moved continues the story with a movement of the table.
func (s story) moved(t *testing.T, movement string) story {
	t.Helper()
	parts := append(strings.Split(movement, ":"), "", "")
	amount, number := parts[1], order.PaymentID(parts[1])
	switch parts[0] {
	case "wire":
		return s.wired(amount)
	case "stranger":
		c := s.wire(amount)
		c.Payer = "John Doe"
		return s.does(platform, c)
	case "card":
		s = s.does(buyer, card(number, "1"))
		return s.does(platform, s.charged(number, parts[2]))
	case "apply":
		return s.does(platform, order.ApplyUnapplied{Amount: money(amount)})
	case "return":
		return s.does(platform, order.ReturnUnapplied{Amount: money(amount)})
	case "refund":
		return s.refunded(amount)
	case "back":
		return s.contested(number)
	case "won", "lost":
		return s.resolved(number, parts[0] == "won")
	case "dispute":
		return s.disputedOver(amount)
	case "settle":
		s = s.does(buyer, order.ProposeSettlement{Refund: money(amount)})
		return s.does(seller, order.AcceptSettlement{Proposal: s.order.Dispute.Settlement.Proposal})
	case "rule", "rule-refund", "rule-claim":
		return s.ruled(parts[0], amount)
	default:
		return s.moves(t, movement)
	}
}

func (s story) ruled(how, amount string) story {
	s.t.Helper()
	var ruling order.Arbitrate
	switch how {
	case "rule-refund":
		ruling.Refund = money(amount)
	case "rule-claim":
		ruling.Compensation = money(amount)
	}
	return s.after(3*day).does(buyer, order.Escalate{}).does(platform, ruling)
}

// moves continues the story with a command that moves no money by itself.
func (s story) moves(t *testing.T, movement string) story {
	t.Helper()
	switch movement {
	case "confirm":
		return s.does(buyer, order.Confirm{Terms: s.order.Revision})
	case "short":
		return s.does(seller, order.AcceptShortfall{})
	case "cancel":
		return s.does(buyer, order.Cancel{})
	case "ship":
		s = s.does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1")
		return s.released("E1", s.now).does(seller, ship)
	case "receive":
		return s.does(buyer, order.ConfirmReceipt{})
	}
	t.Fatalf("no movement %q", movement)
	return s
}
