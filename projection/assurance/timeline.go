package assurance

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// Moment is one event in the history of an order.
type Moment struct {
	Version events.Version
	At      time.Time
	// By is the role that issued the command, and Account the account, if it is a party of the
	// order or the reader.
	By      trade.Role
	Account trade.Account
	Command string
	Event   order.Event // with personal data masked
	Phase   order.Phase // after the event
	// OwedByBuyer is what the buyer had got back beyond what had come in, after the event (D8).
	OwedByBuyer trade.Money
}

// Timeline returns the history of an order, complete and as current as the log, for the actors who
// may see it: its seller, its buyer from submission on, and the platform. For other callers it is
// empty, as for an order that does not exist. Personal data is masked, see Masked. Texts that
// parties and platform have written to each other, such as that of a dispute or a review, are
// not masked. A record that cannot be read is a *events.CorruptError.
func Timeline(ctx context.Context, log events.Store, by trade.Actor, id trade.ID) ([]Moment, error) {
	steps, err := readmodel.History(ctx, log, order.Model(), order.Stream(id), by)
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	o := &steps[len(steps)-1].State
	if !o.VisibleTo(by) {
		return nil, nil
	}
	moments := make([]Moment, len(steps))
	for i := range steps {
		s := &steps[i]
		moments[i] = Moment{
			Version: s.Version, At: s.At, By: s.By.Role, Account: s.Account(by, o.Seller.Account, o.Buyer.Account), Command: s.By.Command,
			Event: Masked(s.Event), Phase: s.State.Phase, OwedByBuyer: s.State.Ledger.OwedByBuyer(),
		}
	}
	return moments, nil
}

// Masked returns an event with its personal data masked: an address keeps its first letter and its
// domain, a name its first letter, the number of a bank account its last four characters. Accounts
// of the platform, amounts, references and times are not masked, and neither are free texts: remove
// them before you pass a masked event to someone who may not see the order.
func Masked(e order.Event) order.Event {
	switch e := e.(type) {
	case order.Drafted:
		e.Email = readmodel.MaskEmail(e.Email)
		return e
	case order.BuyerEntered:
		e.Email, e.BuyerName = readmodel.MaskEmail(e.Email), readmodel.MaskName(e.BuyerName)
		return e
	case order.BuyerMatched:
		e.Email = readmodel.MaskEmail(e.Email)
		return e
	case order.TermsModified:
		e.BuyerName = readmodel.MaskName(e.BuyerName)
		return e
	case order.Submitted:
		e.ReceivingAccount = readmodel.MaskNumber(e.ReceivingAccount)
		return e
	case order.PaymentReceived:
		e.ReceivingAccount, e.Payer = readmodel.MaskNumber(e.ReceivingAccount), readmodel.MaskName(e.Payer)
		return e
	default:
		return e
	}
}
