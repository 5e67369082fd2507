package assurance

import (
	"context"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
)

// Moment is one fact in the history of an order.
type Moment struct {
	Version events.Version
	At      time.Time
	// By is in which capacity somebody asked for it, and Account is who, if he is a party of the
	// order or it is the reader himself.
	By      order.Role
	Account order.Account
	Command string
	Event   order.Event // with personal data masked
	Phase   order.Phase // in which the order was then
}

// Timeline returns the history of an order as the actor may see it, whole and as current as the
// log: its seller, its buyer from submission on, and the platform may. To anybody else there is
// nothing, as of an order that does not exist. Of personal data it shows what tells one from
// another and no more: see Masked. A record that cannot be read is a *events.CorruptError.
func Timeline(ctx context.Context, log events.Store, by order.Actor, id order.ID) ([]Moment, error) {
	if err := reader(by); err != nil {
		return nil, err
	}
	var (
		moments []Moment
		o       = order.Order{ID: id}
	)
	for r, err := range log.Read(ctx, order.Stream(id), 0) {
		if err != nil {
			return nil, err
		}
		e, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
		if err == nil {
			err = o.Apply(e, r.At)
		}
		if err != nil {
			return nil, r.Corrupt(err)
		}
		m := Moment{Version: r.Version, At: r.At, Event: Masked(e), Phase: o.Phase}
		if len(r.Meta) > 0 {
			meta, err := desk.DecodeMeta(r.Meta)
			if err != nil {
				return nil, r.Corrupt(err)
			}
			m.By, m.Account, m.Command = meta.Role, order.Account(meta.Account), meta.Command
		}
		moments = append(moments, m)
	}
	if !o.VisibleTo(by) {
		return nil, nil
	}
	for i := range moments {
		// Who works for the platform is its own affair.
		if a := moments[i].Account; by.Role != order.Platform && a != by.Account && a != o.Seller.Account && a != o.Buyer.Account {
			moments[i].Account = ""
		}
	}
	return moments, nil
}

// Masked returns an event with its personal data masked: of an address its first letter and its
// domain, of a name its first letter, of the number of a bank account its last four characters.
// Accounts of the platform, amounts, references and times stay as they are.
func Masked(e order.Event) order.Event {
	switch e := e.(type) {
	case order.Drafted:
		e.Email = maskEmail(e.Email)
		return e
	case order.BuyerEntered:
		e.Email, e.BuyerName = maskEmail(e.Email), maskName(e.BuyerName)
		return e
	case order.BuyerMatched:
		e.Email = maskEmail(e.Email)
		return e
	case order.TermsModified:
		e.BuyerName = maskName(e.BuyerName)
		return e
	case order.Submitted:
		e.Account = maskAccount(e.Account)
		return e
	case order.PaymentReceived:
		e.Account, e.Payer = maskAccount(e.Account), maskName(e.Payer)
		return e
	default:
		return e
	}
}

const mask = "***"

func maskEmail(e order.Email) order.Email {
	local, domain, ok := strings.Cut(string(e), "@")
	if !ok {
		return order.Email(maskName(string(e)))
	}
	return order.Email(maskName(local) + "@" + domain)
}

func maskName(s string) string {
	for _, first := range s {
		return string(first) + mask
	}
	return ""
}

func maskAccount(a order.ReceivingAccount) order.ReceivingAccount {
	const shown = 4
	switch {
	case a == "":
		return ""
	case len(a) <= 2*shown:
		return mask
	default:
		return mask + a[len(a)-shown:]
	}
}
