package order

import (
	"errors"
	"strconv"
	"time"
)

// Option is a command that an actor's role and the phase allow.
type Option struct {
	Command string
	// Refusal is the rule that would refuse the command now whatever its payload, as far as
	// the order alone tells; nil if none is known.
	Refusal *Refusal
}

// Next returns what the actor may ask for at that instant, in the order of the table. A command
// that needs a payload, or a look at another stream, can still be refused when it is made.
func (o Order) Next(by Actor, at time.Time, policy *Policy) []Option {
	g := Given{By: by, At: at, Policy: policy, Facts: o.favourable()}
	if g.validate() != nil || !o.isParty(by) {
		return nil
	}
	var options []Option
	for i := range permissions {
		p := &permissions[i]
		if !contains(p.Roles, by.Role) || !contains(p.Phases, o.Phase) {
			continue
		}
		option := Option{Command: p.Command}
		switch {
		case by.Role != Desk && at.Before(o.LastAt):
			option.Refusal = Refuse(RuleD61, p.Command, o.Phase.String()).From(o.LastAt)
		case p.probe != nil:
			if _, err := Decide(o, p.probe(&o), g); err != nil {
				errors.As(err, &option.Refusal)
			}
		}
		options = append(options, option)
	}
	return options
}

// favourable returns facts of other streams under which nothing but the order itself refuses.
func (o *Order) favourable() Facts {
	return Facts{
		Service: ServiceActive,
		Quota:   Quota{Available: o.Need()},
		Account: Receiving{Account: "any", Owner: o.ID},
	}
}

func probeSubmit(*Order) Command { return Submit{OneTouchAcknowledged: true} }

func probeConfirm(o *Order) Command { return Confirm{Terms: o.Revision} }

// probePayment announces a transfer of what is due, which no other payment blocks, under an id
// that the order does not have.
func probePayment(o *Order) Command {
	taken := make(map[PaymentID]bool, len(o.Payments))
	for i := range o.Payments {
		taken[o.Payments[i].ID] = true
	}
	n := 0
	for taken[PaymentID(strconv.Itoa(n))] {
		n++
	}
	return InitiatePayment{Payment: PaymentID(strconv.Itoa(n)), Method: PayTT, Amount: o.Due()}
}

func probeShortfall(*Order) Command { return AcceptShortfall{} }

func probeShipment(*Order) Command { return MarkShipped{} }

func probeReceipt(*Order) Command { return ConfirmReceipt{} }

func probeAutoReceipt(*Order) Command { return AutoConfirmReceipt{} }

func probeReview(*Order) Command { return Review{Rating: 5} }

func probeCancel(*Order) Command { return Cancel{} }

func probeExpire(*Order) Command { return Expire{} }

// Deadline is an instant from which the system does what a party did not.
type Deadline struct {
	At      time.Time
	Kind    string  // "confirm", "pay" or "receipt"
	Command Command // what the system asks for then
}

// Deadline returns the deadline that runs now, and whether one does. An order has at most one.
func (o *Order) Deadline() (Deadline, bool) {
	switch o.Phase {
	case PhaseSubmitted:
		return Deadline{At: o.ConfirmBy, Kind: "confirm", Command: Expire{}}, true
	case PhaseConfirmed:
		if !o.Ledger.Applied.IsZero() || o.processing() {
			return Deadline{}, false
		}
		at := o.PayBy
		if until := o.announced(at); !until.IsZero() {
			at = until
		}
		return Deadline{At: at, Kind: "pay", Command: Expire{}}, true
	case PhaseShipped:
		return Deadline{At: o.Shipment.ReceiptDeadline, Kind: "receipt", Command: AutoConfirmReceipt{}}, true
	}
	return Deadline{}, false
}
