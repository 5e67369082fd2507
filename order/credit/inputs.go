package credit

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradesurety/surety/order/trade"
)

// Inputs is what an assessment was made from. The event records it, so that the limit can be
// explained later. Every field may be left out.
// Stored: add fields, never rename or remove.
type Inputs struct {
	Qualification string      `json:"qualification,omitzero"` // the grade of the enterprise's qualification, as the platform words it
	Ability       string      `json:"ability,omitzero"`       // the grade of its verified ability
	TradeFlow     trade.Money `json:"trade_flow,omitzero"`    // the trade of the last 180 days, in any currency
	Penalties     int64       `json:"penalties,omitzero"`     // the number of penalties that lowered the limit
	Month         string      `json:"month,omitzero"`         // the month that the assessment is for, such as "2025-06"

	// What a pay-later limit is assessed from, see [Assessment]. Percentages are whole, from 0
	// to 100.

	Grade      int64        `json:"grade,omitzero"`       // the credit grade (信用等级), as a percentage of the highest
	Score      trade.Number `json:"score,omitzero"`       // the store score (店铺评分), from 0 to 5
	Volume     trade.Money  `json:"volume,omitzero"`      // the trade of the last three months (交易量)
	FakeVolume trade.Money  `json:"fake_volume,omitzero"` // the part of Volume whose orders are flagged as fake
	Products   int64        `json:"products,omitzero"`    // how complete the product information (商品信息) is, as a percentage
	Profile    int64        `json:"profile,omitzero"`     // how complete the shop's profile (店铺资料) is, as a percentage
	AfterSales int64        `json:"after_sales,omitzero"` // the after-sales service (售后服务), as a percentage of the best
}

func (i *Inputs) check(text trade.TextCheck) error {
	for _, grade := range [...][2]string{{"inputs.qualification", i.Qualification}, {"inputs.ability", i.Ability}} {
		if grade[1] == "" {
			continue
		}
		if err := text(grade[0], grade[1], maxGrade); err != nil {
			return err
		}
	}
	switch {
	case i.TradeFlow.IsNegative():
		return trade.Invalid("inputs.trade_flow", "must not be negative")
	case i.Penalties < 0:
		return trade.Invalid("inputs.penalties", "must not be negative")
	case i.Month != "" && !isMonth(i.Month):
		return trade.Invalid("inputs.month", "is not a month such as 2025-06")
	}
	return i.checkShop()
}

// checkShop checks what a pay-later limit is assessed from.
func (i *Inputs) checkShop() error {
	for _, p := range [...]struct {
		field string
		value int64
	}{
		{"inputs.grade", i.Grade}, {"inputs.products", i.Products},
		{"inputs.profile", i.Profile}, {"inputs.after_sales", i.AfterSales},
	} {
		if p.value < 0 || p.value > 100 {
			return trade.Invalid(p.field, "is not a percentage from 0 to 100")
		}
	}
	switch {
	case i.Score.IsNegative() || i.Score.Cmp(highestScore) > 0:
		return trade.Invalid("inputs.score", "is not a score from 0 to 5")
	case i.Volume.IsNegative():
		return trade.Invalid("inputs.volume", "must not be negative")
	case i.FakeVolume.IsNegative() || !i.FakeVolume.AtMost(i.Volume):
		return trade.Invalid("inputs.fake_volume", "is not a part of the volume")
	}
	return nil
}

func isMonth(s string) bool {
	const layout = "2006-01"
	t, err := time.Parse(layout, s)
	return err == nil && t.Format(layout) == s
}

// Assessment makes the limit of a pay-later line from what is known of the shop. It is a pure
// function: the same inputs give the same limit. The platform issues OpenLine, and later
// AssessLimit, with the limit and the inputs. A *trade.InvalidError names the input without which
// there is no limit.
type Assessment func(Inputs) (trade.Money, error)

var _ Assessment = DefaultAssessment

// The numbers of DefaultAssessment. The rule book fixes only the score.
var (
	leverScore   = mustNumber("4.8")
	highestScore = mustNumber("5")
	leastLimit   = decimal.New(5_000, 0)
)

const (
	baseShare  = 1_000  // of the volume, in parts of shareParts
	leverShare = 6      // more for each percent of a lever
	shareParts = 10_000 // the parts of a share
)

// DefaultAssessment is the Assessment of a platform that has none of its own. The limit is a share
// of the volume without its fake part: 10 percent, and up to 6 percent more for each of five
// levers, which are credit grade, store score, product information, profile and after-sales. Four
// of them count by their percentage; the score counts in full from 4.8 on, 4.8 included, and not
// at all below. A limit is at least 5,000 units of the currency and is rounded down to its minor
// unit. Volume names the currency and must not be left out.
func DefaultAssessment(i Inputs) (trade.Money, error) {
	if err := i.check(trade.CheckText); err != nil {
		return trade.Money{}, err
	}
	currency := i.Volume.Currency()
	if currency.IsZero() {
		return trade.Money{}, trade.Invalid("inputs.volume", "has no currency")
	}
	levers := i.Grade + i.Products + i.Profile + i.AfterSales
	if i.Score.Cmp(leverScore) >= 0 {
		levers += 100
	}
	// In two steps, since the product of volume and share may be too large.
	volume, share := i.Volume.MinorUnits()-i.FakeVolume.MinorUnits(), baseShare+leverShare*levers
	limit := trade.Minor(volume/shareParts*share+volume%shareParts*share/shareParts, currency)
	least, err := trade.NewMoney(leastLimit, currency)
	if err == nil && limit.Less(least) {
		return least, nil
	}
	return limit, err
}

// mustNumber panics if one of the constants above is not a number: the program is broken then,
// whatever its input.
func mustNumber(s string) trade.Number {
	n, err := trade.ParseNumber(s)
	if err != nil {
		panic(err)
	}
	return n
}
