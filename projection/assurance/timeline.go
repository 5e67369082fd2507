package assurance

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// Moment is one fact in the history of an order.
type Moment struct {
	Version events.Version
	At      time.Time
	// By is in which capacity somebody asked for it, and Account is who, if he is a party of the
	// order or it is the reader himself.
	By      trade.Role
	Account trade.Account
	Command string
	Event   order.Event // with personal data masked
	Phase   order.Phase // in which the order was then
}

// Timeline returns the history of an order as the actor may see it, whole and as current as the
// log: its seller, its buyer from submission on, and the platform may. To anybody else there is
// nothing, as of an order that does not exist. Of personal data it shows what tells one from
// another and no more: see Masked. What parties and platform have written to each other, such as
// the text of a dispute or a review, it shows to all who may see the order, as it was written. A
// record that cannot be read is a *events.CorruptError.
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
			Event: Masked(s.Event), Phase: s.State.Phase,
		}
	}
	return moments, nil
}

// Masked returns an event with its personal data masked: of an address its first letter and its
// domain, of a name its first letter, of the number of a bank account its last four characters.
// Accounts of the platform, amounts, references and times stay as they are, and so do free texts:
// whoever hands a masked event to somebody who may not see the order takes them out.
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
		e.Account = readmodel.MaskNumber(e.Account)
		return e
	case order.PaymentReceived:
		e.Account, e.Payer = readmodel.MaskNumber(e.Account), readmodel.MaskName(e.Payer)
		return e
	default:
		return e
	}
}
