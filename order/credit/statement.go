package credit

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// Page is what the owner of a line is shown of it (额度页面), even while nothing of it is usable.
type Page struct {
	Limit     trade.Money // what the platform assessed (当前额度)
	Used      trade.Money // what orders hold or use (使用情况)
	Consumed  trade.Money // what was claimed and not repaid yet; zero on a pay-later line
	Remaining trade.Money // what is left of the limit (剩余额度)
	Excess    trade.Money // by how much used and consumed exceed a limit that was cut
	Usable    trade.Money // what a new order may take now: Remaining, or nothing while Frozen
	Frozen    bool        // whether the line takes no new orders, frozen or suspended
	Why       []Ground    // why it takes none; a copy
}

// Page returns what the owner of the line is shown of it. A suspended assurance line is shown as
// frozen for another reason, which is that of its suspension.
func (l *Line) Page() Page {
	why := slices.Clone(l.Freezes)
	if l.Suspended() {
		why = []Ground{{Reason: ReasonOther, Ref: l.Reason}}
	}
	return Page{
		Limit: l.Limit, Used: l.Held, Consumed: l.Consumed, Remaining: l.Available(),
		Excess: l.Overcommitted(), Usable: l.Usable(), Frozen: len(why) > 0, Why: why,
	}
}

// Movement is one event that changed a figure of a line, and by how much: negative is down.
type Movement struct {
	At       time.Time
	Kind     Kind
	Order    trade.ID // the order that it was for; zero if for none
	Limit    trade.Money
	Used     trade.Money
	Consumed trade.Money
}

// Statement is what happened to a line over a period: each figure of Opening plus its movements is
// that of Closing.
type Statement struct {
	Opening   Page
	Movements []Movement
	Closing   Page
}

// Ledger returns the statement of the history that follows the line l; New is where a whole history
// begins. An event that changes no figure, such as a freeze, is not a movement. An error is that of
// Apply, at the first event that it refuses; the statement then ends before that event.
func Ledger(l Line, history []events.Recorded[Event]) (Statement, error) {
	s := Statement{Opening: l.Page()}
	for _, r := range history {
		before := l
		if err := l.Apply(r.Event, r.At); err != nil {
			s.Closing = l.Page()
			return s, err
		}
		m := Movement{
			At: r.At, Kind: r.Event.Kind(), Order: orderOf(r.Event),
			Limit: minus(l.Limit, before.Limit), Used: minus(l.Held, before.Held), Consumed: minus(l.Consumed, before.Consumed),
		}
		if !m.Limit.IsZero() || !m.Used.IsZero() || !m.Consumed.IsZero() {
			s.Movements = append(s.Movements, m)
		}
	}
	s.Closing = l.Page()
	return s, nil
}

// orderOf returns the order that an event is for, or the zero ID.
func orderOf(e Event) trade.ID {
	switch e := e.(type) {
	case Held:
		return e.Order
	case HoldAdjusted:
		return e.Order
	case Released:
		return e.Order
	case ClaimPosted:
		return e.Order
	case QuotaDeducted:
		return e.Order
	case QuotaRestored:
		return e.Order
	case QuotaConsumed:
		return e.Order
	}
	return trade.ID{}
}
