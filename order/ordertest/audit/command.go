package audit

import (
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// role is the role of an actor, or a set of roles.
type role uint8

const (
	buyer role = 1 << iota
	seller
	platform
	system
	desk // stands for a command to another stream, which is not in the log; see OrdersOnly
)

func roleOf(text []byte) role {
	switch string(text) {
	case "buyer":
		return buyer
	case "seller":
		return seller
	case "platform":
		return platform
	case "system":
		return system
	case "desk":
		return desk
	}
	return 0
}

// actor is the caller that issued the command of a commit.
type actor struct {
	role    role
	account string
}

// commandRule is the rule of a command: the roles that may issue it, and the events that it may write to
// the stream that it is addressed to.
type commandRule struct {
	name        string
	roles       role
	events      []string
	whileFrozen bool   // allowed while a dispute or a chargeback is open (D29)
	breaks      string // the invariant that any other event breaks
}

// caseResults are the events that an order may write after a report about a case.
const caseResults = "unfunded funded completed closed entrustment-unlinked shipped hold-released"

// commandRules has the commands of sections 4.1 to 4.7 of the rule book, by category of the addressed
// stream.
var commandRules = map[string]map[string]*commandRule{
	"order": commandTable(
		"draft: seller > drafted", "set-buyer: seller > buyer-entered", "match-buyer: seller > buyer-matched",
		"attach-contract: seller buyer while-frozen > contract-attached", "set-terms: seller > terms-set",
		"set-transport: seller > transport-set shipped hold-released", "choose-coverage: seller > coverage-chosen",
		"submit: seller > submitted hold-placed",
		"confirm: buyer > confirmed hold-placed unapplied-applied funded shipped hold-released",
		"modify: seller > terms-modified hold-placed hold-adjusted hold-released",
		"propose-change: seller > change-proposed",
		"accept-change: buyer > change-accepted hold-placed hold-adjusted hold-released funded shipped",
		"reject-change: buyer > change-rejected",
		"initiate-payment: buyer > payment-initiated unapplied-applied funded unfunded completed shipped hold-released",
		"record-payment: platform while-frozen > payment-received funded completed shipped hold-released",
		"apply-unapplied: platform > unapplied-applied funded unfunded completed shipped hold-released",
		"fail-payment: platform while-frozen > payment-failed",
		"charge-back: platform while-frozen > payment-reversed "+caseResults,
		"reverse-transfer: platform while-frozen > transfer-reversed "+caseResults,
		"resolve-chargeback: platform while-frozen > chargeback-resolved "+caseResults,
		"void-payment: platform while-frozen > payment-voided "+caseResults,
		"unfund: system > unfunded",
		"accept-shortfall: seller > shortfall-accepted funded completed shipped hold-released",
		"link: seller > entrustment-linked shipped hold-released", "unlink: seller desk > entrustment-unlinked",
		"record-release: desk while-frozen > entrustment-released shipped hold-released",
		"mark-shipped: seller platform > shipped hold-released",
		"extend-receipt: buyer seller > receipt-extended",
		"confirm-receipt: buyer > receipt-confirmed hold-released completed",
		"auto-confirm-receipt: system > receipt-confirmed hold-released completed",
		"review: buyer while-frozen > reviewed", "edit-review: buyer while-frozen > review-edited", "reply: seller while-frozen > review-replied",
		"cancel: buyer seller > closed entrustment-unlinked hold-released",
		"expire: system > closed entrustment-unlinked hold-released",
		"open-dispute: buyer while-frozen > dispute-opened", "withdraw: buyer while-frozen > dispute-withdrawn shipped hold-released",
		"escalate: buyer seller system while-frozen > dispute-escalated",
		"propose-settlement: buyer seller while-frozen > settlement-proposed",
		"accept-settlement: buyer seller while-frozen > settlement-accepted refund-made entrustment-unlinked hold-released closed shipped",
		"arbitrate: platform while-frozen > arbitrated refund-made claim-posted entrustment-unlinked hold-released closed shipped",
		"refund: seller platform while-frozen > refund-made entrustment-unlinked hold-released closed shipped",
		"return-unapplied: platform while-frozen > unapplied-returned",
	),
	"entrustment": commandTable(
		"draft: seller > drafted", "submit: seller > submitted", "resubmit: seller > resubmitted",
		"cancel: seller > unlinked cancelled", "request-change: platform > change-requested", "approve: platform > approved",
		"declare: platform > declared", "return: platform > returned", "release: platform while-frozen > released released-beside",
		"close-customs: platform > customs-closed",
	),
	"line": commandTable(
		"assess-limit: platform > limit-assessed", "suspend: platform > line-suspended", "resume: platform > line-resumed",
		"repay-claim: platform > claim-repaid", "request-assessment: seller > assessment-requested",
	),
	"paylater_line": commandTable(
		"open-line: platform > line-opened", "assess-limit: platform > limit-raised limit-reduced",
		"freeze: platform > frozen", "unfreeze: platform > unfrozen", "request-assessment: seller > assessment-requested",
	),
	"paylater": commandTable(
		"place: buyer > placed", "cancel: buyer seller > cancelled", "ship: seller > shipped",
		"confirm-receipt: buyer > receipt-confirmed", "auto-confirm-receipt: system > receipt-confirmed",
		"extend-receipt: buyer > receipt-extended", "pay: buyer system > instalment-paid paid payment-unapplied", "return-unapplied: platform > unapplied-returned",
		"refund: seller platform > refund-made cancelled", "request-charge: system > charge-requested",
		"fail-charge: system > charge-failed", "mark-overdue: system > marked-overdue", "write-off: platform > written-off",
		"open-after-sales: buyer > after-sales-opened", "close-after-sales: buyer seller platform > after-sales-closed",
		"lower-amount: seller > amount-lowered", "return: seller platform > returned", "flag-fake: platform > fake-flagged",
	),
	"funds": commandTable(
		"bind-card: seller > card-bound", "unbind-card: seller > card-unbound", "withdraw: seller > withdrawal-requested",
		"settle-withdrawal: platform > withdrawal-settled", "fail-withdrawal: platform > withdrawal-failed",
		"pay-charge: seller > charge-paid",
	),
	"payment": commandTable("adopt-payments: platform system > recorded all-adopted"),
	"service": commandTable(
		"activate: seller > activated activation-rejected", "suspend: platform > suspended", "reinstate: platform > reinstated",
	),
}

// counterpartEvents are the events that a command may write to streams that it is not addressed to. Their
// effects show which other event each of them belongs to.
var counterpartEvents = map[string][]string{
	"order":             {"entrustment-released", "entrustment-unlinked", "shipped", "hold-released"},
	"entrustment":       {"linked", "unlinked"},
	"line":              {"held", "hold-adjusted", "released", "claim-posted"},
	"paylater_line":     {"quota-deducted", "quota-restored", "quota-consumed", "overdue-noted", "frozen"},
	"funds":             {"credited", "debited"},
	"receiving_account": {"reserved"},
	"payment":           {"recorded", "applied", "taken", "resolved", "returned", "voided"},
	"declaration":       {"reserved"},
}

// commandTable reads rows such as "cancel: buyer seller > closed hold-released".
func commandTable(rows ...string) map[string]*commandRule {
	t := make(map[string]*commandRule)
	for _, row := range rows {
		command, rest, _ := strings.Cut(row, ": ")
		roles, makes, _ := strings.Cut(rest, " > ")
		r := &commandRule{name: command, events: strings.Fields(makes), breaks: "I8"}
		if command == "freeze" || command == "unfreeze" {
			r.breaks = "I25"
		}
		for _, name := range strings.Fields(roles) {
			r.roles |= roleOf([]byte(name))
			r.whileFrozen = r.whileFrozen || name == "while-frozen"
		}
		t[command] = r
	}
	return t
}

// authorize returns the rule of the commit's command, and checks that the actor may issue it.
func (a *Auditor) authorize(category string, command []byte) *commandRule {
	r := commandRules[category][string(command)]
	switch {
	case r == nil:
		a.failf("I8", "%s has no command %s", category, command)
	case a.by.role&r.roles == 0 || a.by.role == desk && !a.ordersOnly:
		a.failf("I8", "the role of the actor may not issue %s", command)
	case a.by.role&(buyer|seller) != 0 && a.by.account == "":
		a.failf("I8", "the actor of %s has no account", command)
	}
	return r
}

// permitted reports whether the commit's command may write such an event to such a stream.
func (a *Auditor) permitted(r *events.Record) bool {
	prefix, name, _ := strings.Cut(r.Type, ".")
	category := r.Stream.Category()
	makes := counterpartEvents[category]
	if r.Stream == a.target {
		makes = a.command.events
	}
	if prefix != typePrefix(category) || !slices.Contains(makes, name) {
		a.failf(a.command.breaks, "the command %s of %s may not write this event", a.command.name, a.target)
	}
	return a.violation == nil
}

// typePrefix returns the first part of the event types of a category.
func typePrefix(category string) string {
	switch category {
	case "line", "paylater_line":
		return "credit"
	case "receiving_account", "declaration":
		return "reservation"
	}
	return category
}

// checkParty checks that a buyer or a seller is the one of the stream. Other roles have no account there.
func (a *Auditor) checkParty(buyerAccount, sellerAccount string) {
	switch {
	case a.by.role == buyer && a.by.account != buyerAccount:
		a.failf("I8", "buyer %q, the buyer of the stream is %q", a.by.account, buyerAccount)
	case a.by.role == seller && a.by.account != sellerAccount:
		a.failf("I8", "seller %q, the seller of the stream is %q", a.by.account, sellerAccount)
	}
}
