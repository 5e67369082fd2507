package entrustment

import (
	"fmt"

	"github.com/tradesurety/surety/order/trade"
)

// The bounds of a declaration. All of them together keep an event below the 64 KiB that a log
// takes, escapes included; see TestLargestDeclarationFits. Stored: raise them, never lower them.
const (
	maxItems    = 50 // a declaration has no more lines of goods
	maxNumber   = 32
	maxCode     = 64
	maxFirm     = 200
	maxName     = 255
	maxElements = 1000
	maxTexts    = 24 << 10 // bytes of all texts of a declaration together
)

// check returns an *trade.InvalidError that names the first field which is malformed by itself.
// What the fields must be together is the business of fault.
func (d *Declaration) check(text trade.TextCheck) error {
	if err := d.checkFields(text); err != nil {
		return trade.Within("declaration", err)
	}
	texts := len(d.Number)
	for _, t := range d.texts() {
		texts += len(t.text)
	}
	for i := range d.Items {
		if err := d.Items[i].check(text); err != nil {
			return trade.Within(fmt.Sprintf("declaration.items[%d]", i), err)
		}
		for _, t := range d.Items[i].texts() {
			texts += len(t.text)
		}
	}
	if texts > maxTexts {
		return trade.Invalid("declaration", "%d bytes of text are more than %d", texts, maxTexts)
	}
	return nil
}

func (d *Declaration) checkFields(text trade.TextCheck) error {
	if err := d.Number.check("number"); err != nil {
		return err
	}
	for _, t := range d.texts() {
		if err := t.check(text); err != nil {
			return err
		}
	}
	switch {
	case d.GrossWeight.IsNegative():
		return trade.Invalid("gross_weight", "must not be negative")
	case d.NetWeight.IsNegative():
		return trade.Invalid("net_weight", "must not be negative")
	case len(d.Items) > maxItems:
		return trade.Invalid("items", "%d are more than %d", len(d.Items), maxItems)
	}
	return trade.CheckInstant("declared_at", d.DeclaredAt)
}

func (n DeclarationNo) check(field string) error {
	switch {
	case n == "":
		return trade.Invalid(field, "must not be empty")
	case len(n) > maxNumber:
		return trade.Invalid(field, "%d bytes are more than %d", len(n), maxNumber)
	}
	for i := range len(n) {
		if c := n[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return trade.Invalid(field, "%q has a character other than 0-9 A-Z", string(n))
		}
	}
	return nil
}

// check leaves an empty HS code to fault, which refuses it.
func (it *Item) check(text trade.TextCheck) error {
	for _, t := range it.texts() {
		if err := t.check(text); err != nil {
			return err
		}
	}
	switch {
	case it.HSCode != "" && (len(it.HSCode) != 10 || !digits(it.HSCode)):
		return trade.Invalid("hs_code", "must have 10 digits")
	case !it.Quantity.IsPositive():
		return trade.Invalid("quantity", "must be positive")
	case it.Price.IsNegative():
		return trade.Invalid("price", "must not be negative")
	case it.Total.IsNegative():
		return trade.Invalid("total", "must not be negative")
	case it.Total.Currency().IsZero():
		return trade.Invalid("total", "must have a currency")
	}
	return nil
}

// fault names the first field that contradicts the others (D42), and says in both languages what is
// wrong with it, or returns nothing.
func (d *Declaration) fault() (field, english, chinese string) {
	if len(d.Items) == 0 {
		return "items", "it has no items", "报关单没有商品项"
	}
	for i := range d.Items {
		if field, english, chinese = d.Items[i].fault(i+1, d.Currency()); english != "" {
			return fmt.Sprintf("items[%d].%s", i, field), english, chinese
		}
	}
	if _, err := d.DeclaredTotal(); err != nil {
		return "items", "the sum of its totals is out of range", "商品总价合计超出范围"
	}
	if d.NetWeight.Cmp(d.GrossWeight) > 0 {
		return "net_weight", fmt.Sprintf("net weight %s is more than gross weight %s", d.NetWeight, d.GrossWeight),
			fmt.Sprintf("净重 %s 大于毛重 %s", d.NetWeight, d.GrossWeight)
	}
	return "", "", ""
}

// fault is about one item, which stands in the given place and should be in the given currency.
func (it *Item) fault(place int, c trade.Currency) (field, english, chinese string) {
	says := func(field, english, chinese string, args ...any) (string, string, string) {
		args = append([]any{place}, args...)
		return field, fmt.Sprintf(english, args...), fmt.Sprintf(chinese, args...)
	}
	if int(it.No) != place {
		return says("no", "item %d has the number %d", "第 %d 项的项号为 %d", it.No)
	}
	if it.HSCode == "" {
		return says("hs_code", "item %d has no HS code", "第 %d 项没有商品编号")
	}
	if it.Total.Currency() != c {
		return says("total", "item %d is in %s, the first in %s", "第 %d 项币制为 %s，首项为 %s", it.Total.Currency(), c)
	}
	product, err := it.Quantity.Times(it.Price, c)
	if err != nil {
		return says("quantity", "quantity times price of item %d is out of range", "第 %d 项数量乘单价超出范围")
	}
	if product != it.Total {
		return says("total", "item %d has a total of %s, but quantity times price is %s", "第 %d 项总价为 %s，数量乘单价为 %s", it.Total, product)
	}
	return "", "", ""
}

// textField is one text of a draft or a declaration with its bound.
type textField struct {
	field, text string
	limit       int
	mandatory   bool
}

func (t *textField) check(text trade.TextCheck) error {
	if t.text == "" && !t.mandatory {
		return nil
	}
	return text(t.field, t.text, t.limit)
}

func (d *Declaration) texts() [20]textField {
	return [...]textField{
		{"unified_number", d.UnifiedNumber, maxCode, false},
		{"contract_number", d.ContractNumber, maxCode, false},
		{"transport_mode", d.TransportMode, maxCode, false},
		{"declaring_customs", d.DeclaringCustoms, maxCode, true},
		{"exit_customs", d.ExitCustoms, maxCode, false},
		{"departure_port", d.DeparturePort, maxCode, true},
		{"trade_country", d.TradeCountry, maxCode, false},
		{"destination", d.Destination, maxCode, false},
		{"trade_term", d.TradeTerm, maxCode, false},
		{"packing", d.Packing, maxCode, false},
		{"supervision_mode", d.SupervisionMode, maxCode, false},
		{"duty_nature", d.DutyNature, maxCode, false},
		{"source_district", d.SourceDistrict, maxCode, false},
		{"consignor.code", d.Consignor.Code, maxCode, false},
		{"consignor.name", d.Consignor.Name, maxFirm, false},
		{"producer.code", d.Producer.Code, maxCode, false},
		{"producer.name", d.Producer.Name, maxFirm, false},
		{"declarant.code", d.Declarant.Code, maxCode, false},
		{"declarant.name", d.Declarant.Name, maxFirm, false},
		{"bill_number", d.BillNumber, maxCode, false},
	}
}

func (it *Item) texts() [4]textField {
	return [...]textField{
		{"name", it.Name, maxName, true},
		{"elements", it.Elements, maxElements, false},
		{"unit", it.Unit, maxCode, true},
		{"origin", it.Origin, maxCode, false},
	}
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
