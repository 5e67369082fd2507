package ordertest

import (
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
)

// Policies generates policies of assurance orders: the defaults, or the defaults with other values of some settings.
func Policies() *rapid.Generator[*order.Policy] {
	return rapid.Custom(func(t *rapid.T) *order.Policy {
		p := order.DefaultPolicy()
		if rapid.Bool().Draw(t, "defaults") {
			return p
		}
		p.AutoShip = rapid.Bool().Draw(t, "AutoShip")
		p.CapCoverage = rapid.Bool().Draw(t, "CapCoverage")
		p.CalendarDays = rapid.Bool().Draw(t, "CalendarDays")
		p.HoldAt = rapid.SampledFrom([]order.HoldAt{order.HoldAtSubmit, order.HoldAtConfirm}).Draw(t, "HoldAt")
		return p
	})
}

// PayLaterPolicies generates policies of pay-later orders.
func PayLaterPolicies() *rapid.Generator[*paylater.Policy] {
	return rapid.Custom(func(t *rapid.T) *paylater.Policy {
		p := paylater.DefaultPolicy()
		p.Instalments = rapid.Bool().Draw(t, "Instalments")
		p.ChargeRetries = rapid.IntRange(0, 2).Draw(t, "ChargeRetries")
		p.FreezeAfterOverdue = rapid.IntRange(0, 3).Draw(t, "FreezeAfterOverdue")
		return p
	})
}

// AuditPolicy returns the policies of a desk in the form of package audit. A nil policy is the default.
func AuditPolicy(p *order.Policy, terms *paylater.Policy) audit.Policy {
	if p == nil {
		p = order.DefaultPolicy()
	}
	if terms == nil {
		terms = paylater.DefaultPolicy()
	}
	days := make(map[string]int, len(p.ReceiptDays))
	for mode, n := range p.ReceiptDays {
		days[string(mode)] = n
	}
	var currencies []string
	for _, c := range terms.Currencies {
		currencies = append(currencies, c.String())
	}
	return audit.Policy{
		Currencies: currencies, MaxAfterSales: terms.MaxAfterSales, MaxPause: terms.MaxPause,
		ConfirmWithin: p.ConfirmWithin, PayWithin: p.PayWithin, ReceiptDays: days, CalendarDays: p.CalendarDays,
		HoldAtConfirm: p.HoldAt == order.HoldAtConfirm, CapCoverage: p.CapCoverage, AutoShip: p.AutoShip,
		NoticeLife: p.ProcessingLife.TT, CardLife: p.ProcessingLife.Card, ECheckLife: p.ProcessingLife.ECheck, MaxDisputes: p.MaxDisputes,
		ReviewWithin: p.ReviewWithin, ReceiptExtension: p.ReceiptExtension,
		EscalateFrom: p.EscalateFrom, EscalateAfter: p.EscalateAfter, ClockSkew: p.ClockSkew,
		ReceiveWithin: terms.ReceiveWithin, PayLaterExtension: terms.Extension, DueWithin: terms.PayWithin,
		ChargeRetries: terms.ChargeRetries, Instalments: terms.Instalments, FreezeAfterOverdue: terms.FreezeAfterOverdue,
	}
}

// AuditFunds returns the policy of a merchant's received funds in the form of package audit.
func AuditFunds(p funds.Policy) audit.FundsPolicy {
	return audit.FundsPolicy{
		HoldDays: p.HoldDays, FeeRate: int64(p.FeeRate), FeeMin: p.FeeMin.MinorUnits(), FeeMax: p.FeeMax.MinorUnits(),
		MinWithdrawal: p.MinWithdrawal.MinorUnits(), Expected: p.Expected,
	}
}
