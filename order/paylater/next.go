package paylater

import (
	"strconv"
	"time"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/trade"
)

// Next returns the commands that the actor may issue at that instant, in the order of the table,
// each with what blocks it. A nil policy stands for the defaults. A command that needs a payload,
// or a look at the line, can still be refused when it is issued.
func (o Order) Next(by trade.Actor, at time.Time, policy *Policy) []machine.Choice {
	g, f := trade.Given{By: by, At: at}, Facts{Policy: policy}
	stands := func(command string) machine.At[Phase] { return o.at(by, command) }
	return life.Next(g, stands, func(command string) error {
		probe := probes[command]
		if probe == nil {
			return nil
		}
		_, err := Decide(o, probe(&o), g, f)
		return err
	})
}

// probes makes the sample of each command whose refusals the order alone shows. The others are
// accepted wherever they are permitted, but for Place, which depends on the line.
var probes = map[string]func(*Order) Command{
	AutoConfirmReceipt{}.Name(): func(*Order) Command { return AutoConfirmReceipt{} },
	ExtendReceipt{}.Name():      func(*Order) Command { return ExtendReceipt{} },
	Pay{}.Name():                probePay,
	ReturnUnapplied{}.Name():    func(o *Order) Command { return ReturnUnapplied{Amount: o.least()} },
	Refund{}.Name():             probeRefund,
	RequestCharge{}.Name():      func(*Order) Command { return RequestCharge{} },
	FailCharge{}.Name():         func(*Order) Command { return FailCharge{} },
	MarkOverdue{}.Name():        func(*Order) Command { return MarkOverdue{} },
	OpenAfterSales{}.Name():     func(*Order) Command { return OpenAfterSales{} },
	CloseAfterSales{}.Name():    func(*Order) Command { return CloseAfterSales{} },
	LowerAmount{}.Name():        probeLower,
	FlagFake{}.Name():           func(*Order) Command { return FlagFake{} },
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
// be lowered; a probe for all that is outstanding says so as well.
func probeLower(o *Order) Command {
	amount := o.Outstanding.SubUnchecked(o.least())
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
	Command Command // what the system issues then
}

// Deadline returns the deadline that runs now, and whether one does. An order has at most one:
// the automatic receipt, then the first charge at the due time, then the nanosecond after it.
// An open after-sales case puts the latter two off until its pause has ended.
// A repeated charge has no deadline: it is requested when the one before is reported as failed.
func (o *Order) Deadline() (Deadline, bool) {
	switch o.Phase {
	case PhaseShipped, PhasePrepaidShipped:
		return Deadline{At: o.AutoReceiveAt, Kind: "receipt", Command: AutoConfirmReceipt{}}, true
	case PhaseReceived:
		from, ends := o.resumesAt()
		switch {
		case !ends:
			return Deadline{}, false
		case o.Charges == 0:
			return Deadline{At: from, Kind: "charge", Command: RequestCharge{}}, true
		}
		return Deadline{At: from.Add(1), Kind: "overdue", Command: MarkOverdue{}}, true
	}
	return Deadline{}, false
}
