package funds

import (
	"time"

	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

// MarshalJSON returns the balance in JSON as it is at the instant of its last event: whose it is, the
// figures of its Page, the bound cards and the withdrawals that are open. It has the form of the other
// states.
func (b Balance) MarshalJSON() ([]byte, error) {
	return wire.AppendView(nil, struct {
		Merchant trade.Account
		Currency trade.Currency
		Phase    Phase
		LastAt   time.Time
		Page
		Cards       []CardNo
		Withdrawals []Withdrawal
	}{b.Merchant, b.Currency, b.Phase, b.LastAt, b.Page(b.LastAt), b.Cards(), b.Withdrawals()})
}
