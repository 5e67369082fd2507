package paylater

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Next returns what the actor may ask for at that instant, in the order of the table of
// commands. A nil policy stands for the defaults. A command that needs a payload, or a look at
// the line, can still be refused when it is made.
func (o Order) Next(by trade.Actor, at time.Time, policy *Policy) []machine.Choice {
	if by.Validate() != nil || trade.CheckInstant("at", at) != nil || !o.isParty(by) {
		return nil
	}
	var options []machine.Choice
	for i := range permissions {
		p := &permissions[i]
		if !slices.Contains(p.Roles, by.Role) || !slices.Contains(p.Phases, o.Phase) {
			continue
		}
		option := machine.Choice{Command: p.Command}
		switch {
		case at.Before(o.LastAt):
			option.Refusal = trade.Refuse(rule.D61, p.Command, o.Phase.String()).From(o.LastAt)
		case p.probe != nil:
			if _, err := Decide(o, p.probe(&o), trade.Given{By: by, At: at}, Facts{Policy: policy}); err != nil {
				errors.As(err, &option.Refusal)
			}
		}
		options = append(options, option)
	}
	return options
}

// probePay pays what is due under a reference that the order does not have.
func probePay(o *Order) Command {
	n := len(o.Payments)
	for o.knows(strconv.Itoa(n)) {
		n++
	}
	return Pay{Reference: strconv.Itoa(n), Amount: o.Due()}
}

// probeRefund refunds the least that there is.
func probeRefund(o *Order) Command { return Refund{Amount: o.least()} }

// probeLower lowers the amount by the least that there is. An order of no more than that cannot
// be lowered, which asking for what is outstanding says as well.
func probeLower(o *Order) Command {
	amount := minus(o.Outstanding, o.least())
	if !amount.IsPositive() {
		amount = o.Outstanding
	}
	return LowerAmount{Amount: amount}
}

func (o *Order) least() trade.Money { return trade.Minor(1, o.Original.Currency()) }

// Deadline is an instant from which the system does what is due.
type Deadline struct {
	At      time.Time
	Kind    string  // "receipt", "charge" or "overdue"
	Command Command // what the system asks for then
}

// Deadline returns the deadline that runs now, and whether one does. An order has at most one:
// the automatic receipt, then the first charge at the due time, then the nanosecond after it.
// Charges that are repeated have no deadline: who reports a failure asks for the next one.
func (o *Order) Deadline() (Deadline, bool) {
	switch o.Phase {
	case PhaseShipped, PhasePrepaidShipped:
		return Deadline{At: o.AutoReceiveAt, Kind: "receipt", Command: AutoConfirmReceipt{}}, true
	case PhaseReceived:
		switch {
		case o.AfterSalesOpen():
			return Deadline{}, false
		case o.Charges == 0:
			return Deadline{At: o.DueAt, Kind: "charge", Command: RequestCharge{}}, true
		}
		return Deadline{At: o.DueAt.Add(1), Kind: "overdue", Command: MarkOverdue{}}, true
	}
	return Deadline{}, false
}
