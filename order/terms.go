package order

import (
	"fmt"
	"strings"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Revision counts the changes of an order's terms. A buyer who consents names the revision seen.
type Revision uint32

// Terms is what buyer and seller agree on. Every event that sets terms carries a Revision.
// Stored: add fields, never rename or remove.
type Terms struct {
	// Total is the price of the order (A12).
	Total trade.Money `json:"total"`
	// Initial is the initial payment (预付款); the rest is the balance (尾款). In a command the
	// zero Money stands for the total (D15).
	Initial   trade.Money `json:"initial,omitzero"`
	Items     []Item      `json:"items,omitzero"`
	ShipBy    ShipBy      `json:"ship_by,omitzero"`
	TradeTerm string      `json:"trade_term,omitzero"` // Incoterm and place, such as "FOB Ningbo"
}

// Item is a line of the contract.
// Stored: add fields, never rename or remove.
type Item struct {
	Name     string       `json:"name"`
	HSCode   string       `json:"hs_code,omitzero"` // 6 to 10 digits
	Quantity trade.Number `json:"quantity"`
	Unit     string       `json:"unit"`
	Price    trade.Number `json:"price"` // of one unit, in the currency of the total
	Amount   trade.Money  `json:"amount"`
}

// PayStep is a step of payment.
type PayStep string

// The two steps of payment.
const (
	InitialPayment PayStep = "initial"
	BalancePayment PayStep = "balance"
)

// ShipBy is the agreed time of shipment (D17): a date, which means its end in China, or a
// number of days after a payment was satisfied. The zero value agrees on none.
// Stored: add fields, never rename or remove.
type ShipBy struct {
	Date  string  `json:"date,omitzero"` // such as "2025-03-31"
	Days  int     `json:"days,omitzero"`
	After PayStep `json:"after,omitzero"`
}

// MaxItems is the largest number of items of a contract.
const MaxItems = 100

// check returns a *trade.InvalidError if a part is malformed.
func (t *Terms) check() error {
	if err := trade.CheckMoney("terms.total", t.Total); err != nil {
		return err
	}
	if err := trade.CheckMoney("terms.initial", t.Initial); err != nil {
		return err
	}
	if len(t.Items) > MaxItems {
		return trade.Invalid("terms.items", "%d are more than %d", len(t.Items), MaxItems)
	}
	for i := range t.Items {
		if err := t.Items[i].check(fmt.Sprintf("terms.items[%d]", i)); err != nil {
			return err
		}
	}
	if t.TradeTerm != "" {
		if err := trade.CheckText("terms.trade_term", t.TradeTerm, 100); err != nil {
			return err
		}
	}
	return t.ShipBy.check()
}

func (it *Item) check(field string) error {
	if err := trade.CheckMoney(field+".amount", it.Amount); err != nil {
		return err
	}
	if err := trade.CheckText(field+".name", it.Name, 200); err != nil {
		return err
	}
	if err := trade.CheckText(field+".unit", it.Unit, 20); err != nil {
		return err
	}
	if it.HSCode != "" && (len(it.HSCode) < 6 || len(it.HSCode) > 10 || !allDigits(it.HSCode)) {
		return trade.Invalid(field+".hs_code", "%s is not 6 to 10 digits", trade.Quoted(it.HSCode))
	}
	return nil
}

func (s *ShipBy) check() error {
	switch {
	case *s == ShipBy{}:
		return nil
	case s.Date != "" && (s.Days != 0 || s.After != ""):
		return trade.Invalid("terms.ship_by", "names both a date and a number of days")
	case s.Date != "":
		date, err := time.Parse(time.DateOnly, s.Date)
		if err != nil || date.Format(time.DateOnly) != s.Date {
			return trade.Invalid("terms.ship_by.date", "%s is not a date such as 2025-03-31", trade.Quoted(s.Date))
		}
		return trade.CheckInstant("terms.ship_by.date", date)
	case s.After != InitialPayment && s.After != BalancePayment:
		return trade.Invalid("terms.ship_by.after", "%s is neither initial nor balance", trade.Quoted(string(s.After)))
	case s.Days < 1 || s.Days > 365:
		return trade.Invalid("terms.ship_by.days", "%d lies outside 1 to 365", s.Days)
	}
	return nil
}

// complete returns the terms with the initial payment filled in, or the refusal of terms that do
// not add up (A12), in which the caller fills in command and phase.
func (t Terms) complete() (Terms, *trade.Refusal) {
	no := func(field, english, chinese string) *trade.Refusal {
		return trade.Refuse(rule.A12, "", "").On("terms."+field).Says(english, chinese)
	}
	if !t.Total.IsPositive() {
		return t, no("total", "the total is not positive", "订单总金额缺失或不大于零")
	}
	if t.Initial == (trade.Money{}) {
		t.Initial = t.Total
	}
	if _, err := t.Initial.Cmp(t.Total); err != nil {
		return t, trade.Refuse(rule.D60, "", "").On("terms.initial").Says("the initial payment and the total are in different currencies", "预付款与总金额币种不同")
	}
	if !t.Initial.IsPositive() || t.Total.Less(t.Initial) {
		return t, no("initial", "the initial payment is not above zero and at most the total", "预付款须大于零且不超过总金额")
	}
	// The caller may still write to its items.
	t.Items = append([]Item(nil), t.Items...)
	if len(t.Items) == 0 {
		return t, nil
	}
	sum := trade.Minor(0, t.Total.Currency())
	for i := range t.Items {
		it := &t.Items[i]
		amount, err := it.Quantity.Times(it.Price, t.Total.Currency())
		if err == nil {
			sum, err = sum.Add(it.Amount)
		}
		if err != nil {
			return t, trade.Refuse(rule.D60, "", "").On(fmt.Sprintf("terms.items[%d].amount", i)).
				Because("the amount of item %[1]d is out of range or in another currency", "第%[1]d项金额溢出或币种不同", i+1)
		}
		if !it.Quantity.IsPositive() || !it.Amount.IsPositive() || amount != it.Amount {
			return t, no(fmt.Sprintf("items[%d].amount", i), fmt.Sprintf("item %d is not quantity times price", i+1), fmt.Sprintf("第%d项金额不等于数量乘以单价", i+1))
		}
	}
	if sum != t.Total {
		return t, no("items", "the items add up to "+sum.String(), "明细合计为 "+sum.String())
	}
	return t, nil
}

// china is the time zone in which agreed dates end; China has had no daylight saving since 1991.
var china = time.FixedZone("UTC+8", 8*60*60)

// agreedShipBy returns the agreed time of shipment, or zero if none was agreed or the payment that
// it counts from is not satisfied. Only an earlier instant is in time.
func (o *Order) agreedShipBy() time.Time {
	s := o.Terms.ShipBy
	if s.Date != "" {
		date, err := time.ParseInLocation(time.DateOnly, s.Date, china)
		if err != nil {
			return time.Time{}
		}
		return date.AddDate(0, 0, 1).UTC().Add(o.Stopped)
	}
	from, stopped := o.FundedAt, o.Stopped-o.StoppedToFunded
	if s.After == BalancePayment {
		from, stopped = o.PaidAt, o.Stopped-o.StoppedToPaid
	}
	if s.Days == 0 || from.IsZero() {
		return time.Time{}
	}
	return from.Add(time.Duration(s.Days)*day + stopped)
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
