package order

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/trade"
)

// Next returns the commands that the actor may issue at that instant, in the order of the table,
// each with the refusal that blocks it, if the order alone shows one. A command whose payload or
// whose facts decide can still be refused when it is issued.
func (o Order) Next(by trade.Actor, at time.Time, policy *Policy) []machine.Choice {
	g, f := trade.Given{By: by, At: at}, o.permissiveFacts()
	f.Policy = policy
	stands := func(command string) machine.At[Phase] { return o.at(by, command) }
	return life.Next(g, stands, func(command string) error {
		probe := probes[command]
		if probe == nil {
			return nil
		}
		c := probe(&o)
		if c == nil {
			return nil
		}
		_, err := Decide(o, c, g, f)
		return err
	})
}

// probes makes a sample of each command that the order alone can refuse, or nil if it cannot.
var probes = map[string]func(*Order) Command{
	AttachContract{}.Name():     probeContract,
	Submit{}.Name():             func(*Order) Command { return Submit{OneTouchAcknowledged: true} },
	Confirm{}.Name():            probeConfirm,
	InitiatePayment{}.Name():    probePayment,
	ApplyUnapplied{}.Name():     probeApplication,
	AcceptShortfall{}.Name():    func(*Order) Command { return AcceptShortfall{} },
	MarkShipped{}.Name():        func(*Order) Command { return MarkShipped{} },
	ConfirmReceipt{}.Name():     func(*Order) Command { return ConfirmReceipt{} },
	AutoConfirmReceipt{}.Name(): func(*Order) Command { return AutoConfirmReceipt{} },
	Review{}.Name():             func(*Order) Command { return Review{Rating: 5} },
	EditReview{}.Name():         func(*Order) Command { return EditReview{Rating: 5} },
	Reply{}.Name():              func(*Order) Command { return Reply{Text: "-"} },
	Modify{}.Name():             probeModification,
	ProposeChange{}.Name():      probeProposal,
	AcceptChange{}.Name():       probeAccept,
	RejectChange{}.Name():       probeReject,
	ExtendReceipt{}.Name():      func(*Order) Command { return ExtendReceipt{} },
	OpenDispute{}.Name():        probeDispute,
	WithdrawDispute{}.Name():    func(*Order) Command { return WithdrawDispute{} },
	Escalate{}.Name():           func(*Order) Command { return Escalate{} },
	ProposeSettlement{}.Name():  probeSettlement,
	AcceptSettlement{}.Name():   probeAcceptance,
	Arbitrate{}.Name():          func(*Order) Command { return Arbitrate{} },
	Refund{}.Name():             probeRefund,
	ReturnUnapplied{}.Name():    probeReturn,
	Unfund{}.Name():             func(*Order) Command { return Unfund{} },
	Cancel{}.Name():             func(*Order) Command { return Cancel{} },
	Expire{}.Name():             func(*Order) Command { return Expire{} },
}

// permissiveFacts returns facts under which only the order itself refuses a command.
func (o *Order) permissiveFacts() Facts {
	return Facts{
		Service:   ServiceActive,
		Quota:     Quota{Available: trade.Minor(math.MaxInt64, o.Terms.Total.Currency())},
		Receiving: Receiving{Account: "any", Owner: o.ID},
	}
}

func probeContract(*Order) Command {
	return AttachContract{FileName: "-", SHA256: strings.Repeat("0", 64), Size: 1}
}

func probeConfirm(o *Order) Command { return Confirm{Terms: o.Revision} }

// probePayment announces a payment that came in before its announcement, if there is one, of which
// little is asked; or else a transfer, which no other payment blocks, of what is due, under an id that
// the order does not have.
func probePayment(o *Order) Command {
	for _, u := range o.Unannounced {
		if !o.announced(u.ID) {
			return InitiatePayment{Payment: u.ID, Method: u.Method, Amount: zeroOf(o.Terms.Total)}
		}
	}
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

func probeAccept(o *Order) Command { return AcceptChange{Proposal: o.Proposal.Number} }

func probeReject(o *Order) Command { return RejectChange{Proposal: o.Proposal.Number} }

func probeDispute(o *Order) Command { return OpenDispute{Ground: GroundOther, Claimed: o.Left()} }

func probeSettlement(o *Order) Command { return ProposeSettlement{Refund: o.Left()} }

func probeAcceptance(o *Order) Command {
	return AcceptSettlement{Proposal: o.Dispute.Settlement.Proposal}
}

func probeRefund(o *Order) Command { return Refund{Amount: o.Left()} }

// probeModification and probeProposal differ from the order in a term that needs no quota.
func probeModification(o *Order) Command { return Modify{To: o.harmlessChange()} }

func probeProposal(o *Order) Command { return ProposeChange{To: o.harmlessChange()} }

// harmlessChange returns an amendment that differs in the trade term alone.
func (o *Order) harmlessChange() Amendment {
	terms := o.Terms
	terms.TradeTerm = "-"
	if o.Terms.TradeTerm == "-" {
		terms.TradeTerm = "--"
	}
	return Amendment{Terms: terms, Coverage: o.Coverage}
}

// probeReturn and probeApplication name no payment: where one is under review, only its own stream
// knows what it has.
func probeReturn(o *Order) Command {
	if o.Ledger.Review.IsPositive() {
		return nil
	}
	return ReturnUnapplied{Amount: o.Ledger.Unapplied}
}

func probeApplication(o *Order) Command {
	if o.Ledger.Review.IsPositive() && o.Due().IsPositive() {
		return nil
	}
	amount := smaller(o.Ledger.Unapplied, o.Due())
	if !amount.IsPositive() {
		amount = trade.Minor(1, o.Terms.Total.Currency())
	}
	return ApplyUnapplied{Amount: amount}
}

// Deadline is an instant from which the system acts because a party did not.
type Deadline struct {
	At      time.Time
	Kind    string  // "confirm", "pay", "receipt", "escalate" or "unfund"
	Command Command // the command that the system issues then
}

// Deadline returns the deadline of the order and true, or false if none is running. An order has
// at most one.
func (o *Order) Deadline() (Deadline, bool) {
	if o.Dispute.Stage == StageNegotiating {
		return Deadline{At: o.Dispute.EscalateBy, Kind: "escalate", Command: Escalate{}}, true
	}
	if o.Frozen() {
		return Deadline{}, false
	}
	switch o.Phase {
	case PhaseSubmitted:
		return Deadline{At: o.ConfirmBy, Kind: "confirm", Command: Expire{}}, true
	case PhaseConfirmed:
		if !o.Left().IsZero() {
			return Deadline{}, false
		}
		return Deadline{At: trade.Later(o.PayBy, o.processingUntil(o.PayBy)), Kind: "pay", Command: Expire{}}, true
	case PhaseReadyToShip:
		if o.Funded() {
			return Deadline{}, false
		}
		return Deadline{At: o.LastAt, Kind: "unfund", Command: Unfund{}}, true
	case PhaseShipped:
		return Deadline{At: o.Shipment.ReceiptDeadline, Kind: "receipt", Command: AutoConfirmReceipt{}}, true
	}
	return Deadline{}, false
}
