package order

import (
	"strings"

	"github.com/tradesurety/surety/order/trade"
)

// Party is one side of a contract.
type Party struct {
	Account trade.Account
	Email   trade.Email
	Name    string
}

// Same reports whether the actor is this party: the same account, or the same address.
func (p Party) Same(account trade.Account, email trade.Email) bool {
	return p.Account != "" && p.Account == account || p.Email.Same(email)
}

// sameName reports whether the names of a payer and a buyer are equal but for case and white space,
// which bank statements change.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
