package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Export: the goods leave through OneTouch (一达通). The order is linked to one or more export
// entrustments (委托单), customs releases them, and the order ships.

// LinkedEntrustment is an entrustment on the order.
type LinkedEntrustment struct {
	ID         EntrustmentID
	ReleasedAt time.Time // when customs released it; zero until then
}

// MaxLinks is how many entrustments an order is linked to at most.
const MaxLinks = 100

// linkIndex returns the index of a linked entrustment, or -1.
func (o *Order) linkIndex(id EntrustmentID) int {
	for i := range o.Links {
		if o.Links[i].ID == id {
			return i
		}
	}
	return -1
}

// Void reports whether the link is void: customs released the goods before the order was drafted
// (A23, D41).
func (o *Order) Void(l LinkedEntrustment) bool {
	return !l.ReleasedAt.IsZero() && l.ReleasedAt.Before(o.DraftedAt)
}

// Link links an export entrustment, which Facts.Entrustment describes, to the order.
type Link struct {
	Entrustment EntrustmentID `json:"entrustment"`
}

func (c Link) check() error { return trade.CheckID("entrustment", string(c.Entrustment)) }

func (c Link) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.linkIndex(c.Entrustment) >= 0 {
		return nil, refuse(rule.D40, c, o).On("entrustment").Because("%[1]s is linked to this order already", "委托单 %[1]s 已关联本订单", c.Entrustment)
	}
	if len(o.Links) >= MaxLinks {
		return nil, trade.Invalid("entrustment", "an order is linked to at most %d", MaxLinks)
	}
	e := &f.Entrustment
	if e.ID != c.Entrustment || e.Seller != o.Seller.Account { // another seller's is none (D64)
		return nil, refuse(rule.A21, c, o).On("entrustment").Because("OneTouch has no entrustment %[1]s", "一达通没有委托单 %[1]s", c.Entrustment)
	}
	if !e.Order.IsZero() {
		return nil, refuse(rule.A22, c, o).On("entrustment").Because("%[1]s is linked to another order", "委托单 %[1]s 已关联其他订单", c.Entrustment)
	}
	if !e.ReleasedAt.IsZero() && e.ReleasedAt.Before(o.DraftedAt) {
		return nil, releasedEarly(refuse(rule.A23, c, o).On("entrustment"), e.ReleasedAt, o.DraftedAt)
	}
	if !e.Currency.IsZero() && e.Currency != o.Terms.Total.Currency() {
		return nil, refuse(rule.D39, c, o).On("entrustment").Because("it was declared in %[1]s", "该委托单申报币种为 %[1]s", e.Currency)
	}
	if e.Cancelled {
		return nil, refuse(rule.D39, c, o).On("entrustment").Because("it is cancelled", "该委托单已取消")
	}
	return o.withConsequences(g, f, EntrustmentLinked{Entrustment: c.Entrustment, ReleasedAt: e.ReleasedAt.UTC()})
}

func releasedEarly(no *trade.Refusal, released, drafted time.Time) *trade.Refusal {
	return no.Because("released %[1]s, drafted %[2]s", "放行时间 %[1]s，起草时间 %[2]s",
		released.UTC().Format(time.RFC3339Nano), drafted.UTC().Format(time.RFC3339Nano))
}

// EntrustmentLinked says that the entrustment, which customs may have released before, is linked to
// the order.
// Stored: add fields, never rename or remove.
type EntrustmentLinked struct {
	Entrustment EntrustmentID `json:"entrustment"`
	ReleasedAt  time.Time     `json:"released_at,omitzero"`
}

func (e *EntrustmentLinked) contradicts(o *Order) error {
	if o.linkIndex(e.Entrustment) >= 0 {
		return fmt.Errorf("order: entrustment %q is linked twice", e.Entrustment)
	}
	return checkCount(len(o.Links), MaxLinks)
}

func (e EntrustmentLinked) evolve(o *Order, _ time.Time) {
	o.Links = appended(o.Links, LinkedEntrustment{ID: e.Entrustment, ReleasedAt: e.ReleasedAt})
}

// Unlink frees an entrustment for another order. The desk issues it when the entrustment was
// cancelled.
type Unlink struct {
	Entrustment EntrustmentID `json:"entrustment"`
}

func (c Unlink) check() error { return trade.CheckID("entrustment", string(c.Entrustment)) }

func (c Unlink) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.linkIndex(c.Entrustment) < 0 {
		return nil, refuse(rule.D40, c, o).On("entrustment").Because("%[1]s is not linked to this order", "委托单 %[1]s 未关联本订单", c.Entrustment)
	}
	cause := UnlinkAsked
	if g.By.Role == trade.Desk {
		cause = UnlinkCancelled
	}
	return []Event{EntrustmentUnlinked{Entrustment: c.Entrustment, Cause: cause}}, nil
}

// UnlinkCause says why a link ended.
type UnlinkCause string

// The causes of an unlink.
const (
	UnlinkAsked     UnlinkCause = "unlinked"
	UnlinkCancelled UnlinkCause = "cancelled" // the entrustment was cancelled
	UnlinkClosed    UnlinkCause = "closed"    // the order was closed before shipment
)

// EntrustmentUnlinked says that the entrustment is free again.
// Stored: add fields, never rename or remove.
type EntrustmentUnlinked struct {
	Entrustment EntrustmentID `json:"entrustment"`
	Cause       UnlinkCause   `json:"cause"`
}

func (e EntrustmentUnlinked) evolve(o *Order, _ time.Time) {
	var rest []LinkedEntrustment
	for _, l := range o.Links {
		if l.ID != e.Entrustment {
			rest = append(rest, l)
		}
	}
	o.Links = rest
}

// RecordRelease records on the order that customs released a linked entrustment. The desk issues it
// in the commit that records the release on the entrustment itself.
type RecordRelease struct {
	Entrustment EntrustmentID `json:"entrustment"`
	ReleasedAt  time.Time     `json:"released_at"`
}

func (c RecordRelease) check() error {
	if err := trade.CheckID("entrustment", string(c.Entrustment)); err != nil {
		return err
	}
	return trade.CheckInstant("released_at", c.ReleasedAt)
}

func (c RecordRelease) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	i := o.linkIndex(c.Entrustment)
	if i < 0 {
		return nil, refuse(rule.A21, c, o).On("entrustment").Because("%[1]s is not linked to this order", "委托单 %[1]s 未关联本订单", c.Entrustment)
	}
	if !o.Links[i].ReleasedAt.IsZero() {
		return nil, refuse(rule.A21, c, o).On("entrustment").Because("%[1]s is released already", "委托单 %[1]s 已放行", c.Entrustment)
	}
	return o.withConsequences(g, f, EntrustmentReleased{Entrustment: c.Entrustment, ReleasedAt: c.ReleasedAt.UTC()})
}

// EntrustmentReleased says that customs released a linked entrustment. It is recorded even if it
// makes the link void (D41).
// Stored: add fields, never rename or remove.
type EntrustmentReleased struct {
	Entrustment EntrustmentID `json:"entrustment"`
	ReleasedAt  time.Time     `json:"released_at"`
}

func (e EntrustmentReleased) evolve(o *Order, _ time.Time) {
	if i := o.linkIndex(e.Entrustment); i >= 0 {
		o.Links = slices.Clone(o.Links)
		o.Links[i].ReleasedAt = e.ReleasedAt
	}
}

// MarkShipped reports that the goods are on their way. The time until automatic receipt counts from
// its instant.
type MarkShipped struct{}

func (c MarkShipped) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if missing := o.Terms.Initial.SubUnchecked(o.Ledger.settled()); missing.IsPositive() {
		return nil, refuse(rule.A20, c, o).Because("the initial payment is not satisfied", "预付款未到账").Short(missing)
	}
	if !o.Funded() {
		return nil, refuse(rule.A20, c, o).Because("the money was paid back", "款项已全部退回")
	}
	if len(o.Links) == 0 {
		return nil, refuse(rule.A22, c, o).Because("no entrustment is linked", "尚未关联委托单")
	}
	for i := range o.Links {
		if o.Links[i].ReleasedAt.IsZero() {
			return nil, refuse(rule.D10, c, o).Because("%[1]s is not released", "委托单 %[1]s 尚未放行", o.Links[i].ID)
		}
	}
	for i := range o.Links {
		if o.Void(o.Links[i]) {
			return nil, releasedEarly(refuse(rule.A23, c, o), o.Links[i].ReleasedAt, o.DraftedAt)
		}
	}
	if o.Transport == "" {
		return nil, refuse(rule.A25, c, o).Because("no mode of transport is named", "尚未选择运输方式")
	}
	if last := o.lastRelease(); g.At.Before(last) {
		return nil, refuse(rule.D9, c, o).From(last)
	}
	return o.shipment(c, f, g.At)
}

func (o *Order) lastRelease() time.Time {
	var last time.Time
	for i := range o.Links {
		if o.Links[i].ReleasedAt.After(last) {
			last = o.Links[i].ReleasedAt
		}
	}
	return last
}

// shipment returns the shipment at that instant with its deadline of receipt, and the release of
// the hold if the coverage ends there.
func (o *Order) shipment(c Command, f *Facts, at time.Time) ([]Event, error) {
	days, ok := f.rules().ReceiptDays[o.Transport]
	if !ok || days <= 0 {
		return nil, refuse(rule.D14, c, o)
	}
	deadline := at.Add(time.Duration(days) * day)
	if f.rules().CalendarDays {
		y, m, d := at.In(china).Date()
		deadline = time.Date(y, m, d+days+1, 0, 0, 0, 0, china).UTC()
	}
	e := Shipped{ShippedAt: at, ReceiptDeadline: deadline, Agreed: o.agreedShipBy()}
	e.Late = !e.Agreed.IsZero() && !at.Before(e.Agreed)
	return append([]Event{e}, o.releaseHold(ReleaseShipped)...), nil
}

// autoShip returns the shipment of an order that lacks nothing else (D9), at the instant at which
// the last condition was met.
func (o *Order) autoShip(g *trade.Given, f *Facts) []Event {
	at := o.lastRelease()
	for _, t := range [...]time.Time{o.FundedAt, o.ThawedAt} {
		if at.Before(t) {
			at = t
		}
	}
	if _, err := (MarkShipped{}).decide(o, g, f); err != nil || g.At.Before(at) {
		return nil
	}
	made, _ := o.shipment(MarkShipped{}, f, at) // decide has checked the mode of transport
	return made
}

// Shipped says that the goods are on their way, when the system will confirm receipt if the buyer
// does not, and whether the agreed time had passed (D17).
// Stored: add fields, never rename or remove.
type Shipped struct {
	ShippedAt       time.Time `json:"shipped_at"`
	ReceiptDeadline time.Time `json:"receipt_deadline"`
	Agreed          time.Time `json:"agreed,omitzero"` // the agreed time; only an earlier instant is in time
	Late            bool      `json:"late,omitzero"`
}

func (e Shipped) evolve(o *Order, _ time.Time) { o.Shipment, o.Proposal.Open = e, false }
