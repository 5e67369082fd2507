package order_test

import (
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

func TestPartySame(t *testing.T) {
	p := order.Party{Account: "acme", Email: "Sales@acme.example"}
	for _, c := range []struct {
		account trade.Account
		email   trade.Email
		same    bool
	}{
		{"acme", "", true}, {"ACME", "", false}, {"", "sales@ACME.example", true}, {"rival", "sales@acme.example", true}, {"", "", false}, {"rival", "x@acme.example", false},
	} {
		if got := p.Same(c.account, c.email); got != c.same {
			t.Errorf("%q %q: %v", c.account, c.email, got)
		}
	}
	if (order.Party{}).Same("", "") {
		t.Error("nobody is the same as nobody")
	}
}

// TestService names the states of a service in both languages.
func TestService(t *testing.T) {
	seen := make(map[string]bool)
	for s := order.ServiceNone; s <= order.ServiceSuspended; s++ {
		english, chinese := s.Text(rule.English), s.Text(rule.Chinese)
		if s != order.ServiceNone && english != s.String() || seen[english] || seen[chinese] || latinWords(chinese) > 0 {
			t.Errorf("service %d is %q, %q", s, english, chinese)
		}
		seen[english], seen[chinese] = true, true
	}
}
