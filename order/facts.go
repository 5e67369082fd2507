package order

import (
	"time"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Facts is what a command needs to know of other streams, and the policy. The caller who fills it
// in guards those streams in the same commit.
type Facts struct {
	// Policy is what the platform may set; nil stands for the defaults.
	Policy *Policy
	// Service is the state of the seller's service; Draft and Submit need it.
	Service Service
	// Match is the account that the platform has for the buyer's address; empty if it has none.
	// MatchBuyer needs it.
	Match trade.Account
	// Entrustment is the one that Link names.
	Entrustment Entrustment
	// Quota is the state of the seller's line in the order's currency; Submit, Confirm, Modify,
	// ProposeChange and AcceptChange need it for a covered order.
	Quota Quota
	// Incoming is the payment that the command names, if its stream has one: of the order if several
	// methods have the reference. With a Reference and without an Order it is one whose record was taken
	// back. RecordPayment, ChargeBack, ReverseTransfer, ResolveChargeback and
	// VoidPayment need it, InitiatePayment of a payment that came in before, and ApplyUnapplied and
	// ReturnUnapplied with a reference.
	Incoming IncomingPayment
	// Receiving is the receiving account that was made for the order; Submit needs it.
	Receiving Receiving
}

// Service is the state of a seller's Trade Assurance service.
type Service uint8

// The states of the service. The zero value is that of a seller who never applied for it.
const (
	ServiceNone Service = iota
	ServiceActive
	ServiceRejected
	ServiceSuspended
)

// services names the states: on the wire, and for people in both languages.
var services = machine.Names{
	{"none", "not activated", "未开通"},
	{"active", "active", "已开通"},
	{"rejected", "rejected", "开通被拒绝"},
	{"suspended", "suspended", "已暂停"},
}

// String returns "none", "active", "rejected" or "suspended".
func (s Service) String() string { return services.Name(uint8(s)) }

// Text returns the state as a sentence has it.
func (s Service) Text(lang rule.Lang) string { return services.Text(uint8(s), lang) }

// Entrustment is what an order needs to know of an export entrustment (委托单). The zero value
// is one that the export service does not know.
type Entrustment struct {
	ID         EntrustmentID
	Seller     trade.Account
	Cancelled  bool
	Currency   trade.Currency // zero as long as nothing was declared
	Order      trade.ID       // the order that it is linked to; zero if to none
	ReleasedAt time.Time      // when customs released it; zero if they have not
}

// EntrustmentID names an export entrustment in the export service: see trade.CheckID for its form.
type EntrustmentID string

// Quota is what an order needs to know of a credit line.
type Quota struct {
	Available trade.Money
	Suspended bool
}

// Receiving is a receiving account that was made for one order.
type Receiving struct {
	Account ReceivingAccount
	Owner   trade.ID // the order that reserved the account; zero if none did
}

// ReceivingAccount is the number of a receiving account (收款账号): see trade.CheckID for its form.
type ReceivingAccount string

// Policy is the part of the rule book that a platform may set. The settings that applied to an
// order are recorded in its events, so that a later change rewrites no history. A Policy must not
// be changed once it is in use.
type Policy struct {
	// ConfirmWithin is how long the buyer may take to confirm (D28; 30 days).
	ConfirmWithin time.Duration
	// PayWithin is how long a confirmed order may wait for the first money (D28; 60 days).
	PayWithin time.Duration
	// ReceiptDays is after how many days receipt is confirmed automatically, by mode of
	// transport (A25; air 15, land 30, sea 45). A mode that is not in it is refused (D14), and a
	// policy without any does not pass Validate.
	ReceiptDays map[Transport]int
	// CalendarDays counts ReceiptDays to the end of the last day in China instead of in
	// units of 24 hours (D11; off).
	CalendarDays bool
	// HoldAt is when the order takes its hold on the quota (D4; at Submit).
	HoldAt HoldAt
	// CapCoverage covers an order up to what the line has left instead of refusing it (D3; off).
	CapCoverage bool
	// AutoShip marks an order as shipped as soon as its last entrustment is released and nothing
	// else blocks shipment (D9; off).
	AutoShip bool
	// LinkPrefix stands before the order's id in the link that the seller sends to the buyer
	// (A17; "/orders/").
	LinkPrefix string
	// ProcessingLife is how long a payment that the buyer announced counts as in process (D18).
	ProcessingLife ProcessingLife
	// ReviewWithin is how long after completion a review is accepted (D31; 30 days).
	ReviewWithin time.Duration
	// ReceiptExtension is by how much each party may extend the deadline of receipt, once
	// (D12; 15 days).
	ReceiptExtension time.Duration
	// ShipWithin is how long after the initial payment was satisfied an agreed time of shipment
	// may lie that a change puts off (D17; 90 days).
	ShipWithin time.Duration
	// EscalateFrom and EscalateAfter are how long after a dispute was opened either party may
	// escalate it and the system does (D29; 72 and 144 hours: from day 4 and on day 7).
	EscalateFrom, EscalateAfter time.Duration
	// MaxDisputes is how many disputes an order may have (D29; 3).
	MaxDisputes int
	// ClockSkew is how far behind a stream's last event a command's instant may lie and still
	// be recorded at that event's instant, and how far ahead of the command's instant one may lie
	// that was observed outside (D61; 5 seconds).
	ClockSkew time.Duration
	// FindsAccount reports whether the text of an offline contract names a receiving account
	// (A10). The default is the function FindsAccount; nil disables the check.
	FindsAccount func(text string) bool
	// BuyerEmail reports whether a buyer may have that address (D32). The default, nil, accepts
	// any.
	BuyerEmail func(trade.Email) bool
	// StrictDeclarationNo requires 18 digits with the export flag of a declaration number (D43; off).
	StrictDeclarationNo bool
}

// The longest terms that a Policy may set: deadlines stay instants that can be stored.
const (
	maxTerm = 10 * 365 * day
	maxDays = 3650
	// An order's disputes are bounded so that its deadlines come.
	maxDisputes = 100
)

// Validate returns a *trade.InvalidError that names the first setting that is out of bounds, or
// nil. Decide does not validate: a caller who reads a Policy from outside does so once.
func (p *Policy) Validate() error {
	for _, term := range [...]struct {
		field string
		value time.Duration
		least time.Duration
	}{
		{"policy.confirm_within", p.ConfirmWithin, 1},
		{"policy.pay_within", p.PayWithin, 1},
		{"policy.processing_life.tt", p.ProcessingLife.TT, 0},
		{"policy.processing_life.card", p.ProcessingLife.Card, 0},
		{"policy.processing_life.e_check", p.ProcessingLife.ECheck, 0},
		{"policy.review_within", p.ReviewWithin, 0},
		{"policy.receipt_extension", p.ReceiptExtension, 0},
		{"policy.ship_within", p.ShipWithin, 0},
		{"policy.escalate_from", p.EscalateFrom, 0},
		{"policy.escalate_after", p.EscalateAfter, p.EscalateFrom},
		{"policy.clock_skew", p.ClockSkew, 0},
	} {
		if term.value < term.least || term.value > maxTerm {
			return trade.Invalid(term.field, "%s lies outside %s to %s", term.value, term.least, maxTerm)
		}
	}
	if len(p.ReceiptDays) == 0 {
		return trade.Invalid("policy.receipt_days", "has no mode of transport, so that no order could be shipped")
	}
	for mode, days := range p.ReceiptDays {
		if err := trade.CheckID("policy.receipt_days", string(mode)); err != nil {
			return err
		}
		if days < 1 || days > maxDays {
			return trade.Invalid("policy.receipt_days", "%d of %s lie outside 1 to %d", days, mode, maxDays)
		}
	}
	if p.MaxDisputes < 0 || p.MaxDisputes > maxDisputes {
		return trade.Invalid("policy.max_disputes", "%d lies outside 0 to %d", p.MaxDisputes, maxDisputes)
	}
	if p.HoldAt > HoldAtConfirm {
		return trade.Invalid("policy.hold_at", "%d is neither at Submit nor at Confirm", p.HoldAt)
	}
	if p.LinkPrefix == "" {
		return nil
	}
	return trade.CheckText("policy.link_prefix", p.LinkPrefix, 500)
}

// InFuture reports whether an instant that was observed outside lies after that of the command by
// more than ClockSkew (D61). A nil Policy stands for the defaults.
func (p *Policy) InFuture(observed, at time.Time) bool {
	if p == nil {
		p = defaultPolicy
	}
	return observed.After(at.Add(p.ClockSkew))
}

// ProcessingLife is how long an announced payment counts as in process, by method.
type ProcessingLife struct {
	TT     time.Duration // 7 days
	Card   time.Duration // 24 hours
	ECheck time.Duration // 14 days
}

func (l ProcessingLife) of(m Method) time.Duration {
	switch m {
	case PayCard:
		return l.Card
	case PayECheck:
		return l.ECheck
	default:
		return l.TT
	}
}

// HoldAt is when an order takes its hold on the quota.
type HoldAt uint8

// The instants at which an order can take its hold.
const (
	HoldAtSubmit HoldAt = iota
	HoldAtConfirm
)

const day = 24 * time.Hour

// DefaultPolicy returns a new Policy with the documented defaults.
func DefaultPolicy() *Policy {
	return &Policy{
		ConfirmWithin:    30 * day,
		PayWithin:        60 * day,
		ReceiptDays:      map[Transport]int{TransportAir: 15, TransportLand: 30, TransportSea: 45},
		LinkPrefix:       "/orders/",
		ProcessingLife:   processingLife,
		ReviewWithin:     30 * day,
		ReceiptExtension: 15 * day,
		ShipWithin:       90 * day,
		EscalateFrom:     3 * day,
		EscalateAfter:    6 * day,
		MaxDisputes:      3,
		ClockSkew:        5 * time.Second,
		FindsAccount:     FindsAccount,
	}
}

var defaultPolicy = DefaultPolicy()

// rules returns the policy that applies: Policy, or the defaults if it is nil.
func (f *Facts) rules() *Policy {
	if f.Policy == nil {
		return defaultPolicy
	}
	return f.Policy
}
