package order_test

import (
	"os"
	"strings"
	"testing"

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
			s = s.moved(t, fields[0])
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
