package ordertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// reportedPayment is a payment that the player has reported, accepted or not, with the cases about it.
type reportedPayment struct {
	reference string
	method    order.Method
	amount    trade.Money
	cases     []string
}

// report notes a payment that is reported, so that a bank can take it back later.
func (p *Player) report(id trade.ID, c order.RecordPayment) order.RecordPayment {
	if p.reported == nil {
		p.reported = make(map[trade.ID][]*reportedPayment)
	}
	p.reported[id] = append(p.reported[id], &reportedPayment{reference: c.Reference, method: c.Method, amount: c.Amount})
	return c
}

// unannounced returns the report of a card payment that the buyer has not announced.
func (p *Player) unannounced(o *order.Order, amount trade.Money) order.Command {
	id := order.PaymentID("U" + p.named(p.serial))
	return p.report(o.ID, order.RecordPayment{
		Reference: "K-" + string(id), Method: order.PayCard, Payment: id, Amount: amount, PaidAt: p.Clock.Now(),
	})
}

// cardReport returns a report about an announced card or e-Checking payment: it is received, fails, or is received
// after it failed. It returns nil if there is none to report.
func (p *Player) cardReport(o *order.Order) order.Command {
	for _, x := range o.Payments {
		if x.Method == order.PayTT {
			continue
		}
		switch {
		case x.Status == order.PaymentPending && p.chance(5) == 0:
			return order.FailPayment{Payment: x.ID, Reason: "declined"}
		case x.Status == order.PaymentPending && p.chance(2) == 0, x.Status == order.PaymentHasFailed && p.chance(6) == 0:
			return p.report(o.ID, order.RecordPayment{Reference: "K-" + string(x.ID), Method: x.Method, Payment: x.ID, Amount: x.Amount, PaidAt: p.Clock.Now()})
		}
	}
	return nil
}

// bankReport returns a bank's report about a received payment, or nil if there is none: the bank takes back a
// part, all of it or more, a case ends, or a report is late or repeated. Sometimes it is a command of the platform
// instead, which voids its record of a payment, or applies or returns money under review.
func (p *Player) bankReport(o *order.Order) order.Command {
	if len(p.reported[o.ID]) == 0 {
		return nil
	}
	x := one(p.chance, p.reported[o.ID]...)
	switch n := p.chance(12); {
	case n < 5 || len(x.cases) == 0 && n < 9:
		return p.openCase(x)
	case n < 9:
		return order.ResolveChargeback{Reference: x.reference, Case: one(p.chance, x.cases...), Won: p.chance(2) == 0, At: p.reportedAt()}
	case n < 10 && o.Ledger.Review.IsPositive():
		if o.Due().IsPositive() && p.chance(2) == 0 {
			return order.ApplyUnapplied{Reference: x.reference, Amount: least(p.part(x.amount), o.Due())}
		}
		return order.ReturnUnapplied{Reference: x.reference, Amount: p.part(x.amount)}
	case n < 11:
		return order.VoidPayment{Reference: x.reference}
	}
	c := order.RecordPayment{Reference: x.reference, Method: x.method, Amount: x.amount, PaidAt: p.Clock.Now()}
	if x.method == order.PayTT {
		c.ReceivingAccount = o.ReceivingAccount
	}
	return c
}

// openCase returns the report of a chargeback of a payment, or of the recall of a transfer.
func (p *Player) openCase(x *reportedPayment) order.Command {
	name := fmt.Sprint("case-", p.chance(3))
	if !slices.Contains(x.cases, name) {
		x.cases = append(x.cases, name)
	}
	amount := one(p.chance, trade.Money{}, x.amount, p.part(x.amount), x.amount.AddUnchecked(USD("1")))
	if x.method == order.PayTT {
		return order.ReverseTransfer{Reference: x.reference, Case: name, Amount: amount, At: p.reportedAt()}
	}
	return order.ChargeBack{Reference: x.reference, Case: name, Amount: amount, At: p.reportedAt()}
}

// reportedAt returns the instant of a report, in the past if the report is late.
func (p *Player) reportedAt() time.Time {
	return p.Clock.Now().Add(-one(p.chance, 0, 0, 0, time.Hour, Day, 3*Day))
}
