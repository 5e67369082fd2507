package audit

import (
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// role is the capacity in which somebody acts.
type role uint8

const (
	buyer role = 1 << iota
	seller
	platform
	system
	elsewhere // a command that another stream was asked, where that stream is not in the log
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
		return elsewhere
	}
	return 0
}

// actor is who asked for a commit.
type actor struct {
	role    role
	account string
}

// right says who may ask for a command, and which events it may make on the stream that it is
// addressed to.
type right struct {
	command string
	roles   role
	makes   []string
	amid    bool   // also while a dispute or a chargeback is open (D29)
	breaks  string // the invariant that it breaks by making anything else
}

// answers are what an order may answer to a report about a case.
const answers = "unfunded funded completed closed entrustment-unlinked shipped hold-released"

// rights is sections 4.1 to 4.7 of the rule book, by category of the addressed stream.
var rights = map[string]map[string]*right{
	"order": table(
		"draft: seller > drafted", "set-buyer: seller > buyer-entered", "match-buyer: seller > buyer-matched",
		"attach-contract: seller buyer amid > contract-attached", "set-terms: seller > terms-set",
		"set-transport: seller > transport-set shipped hold-released", "choose-coverage: seller > coverage-chosen",
		"submit: seller > submitted hold-placed",
		"confirm: buyer > confirmed hold-placed unapplied-applied funded shipped hold-released",
		"modify: seller > terms-modified hold-placed hold-adjusted hold-released",
		"propose-change: seller > change-proposed",
		"accept-change: buyer > change-accepted hold-placed hold-adjusted hold-released funded shipped",
		"reject-change: buyer > change-rejected",
		"initiate-payment: buyer > payment-initiated unapplied-applied funded unfunded completed shipped hold-released",
		"record-payment: platform amid > payment-received funded completed shipped hold-released",
		"apply-unapplied: platform > unapplied-applied funded unfunded completed shipped hold-released",
		"fail-payment: platform amid > payment-failed",
		"charge-back: platform amid > payment-reversed "+answers,
		"reverse-transfer: platform amid > transfer-reversed "+answers,
		"resolve-chargeback: platform amid > chargeback-resolved "+answers,
		"void-payment: platform amid > payment-voided "+answers,
		"unfund: system > unfunded",
		"accept-shortfall: seller > shortfall-accepted funded completed shipped hold-released",
		"link: seller > entrustment-linked shipped hold-released", "unlink: seller desk > entrustment-unlinked",
		"record-release: desk amid > entrustment-released shipped hold-released",
		"mark-shipped: seller platform > shipped hold-released",
		"extend-receipt: buyer seller > receipt-extended",
		"confirm-receipt: buyer > receipt-confirmed hold-released completed",
		"auto-confirm-receipt: system > receipt-confirmed hold-released completed",
		"review: buyer amid > reviewed", "edit-review: buyer amid > review-edited", "reply: seller amid > review-replied",
		"cancel: buyer seller > closed entrustment-unlinked hold-released",
		"expire: system > closed entrustment-unlinked hold-released",
		"open-dispute: buyer amid > dispute-opened", "withdraw: buyer amid > dispute-withdrawn shipped hold-released",
		"escalate: buyer seller system amid > dispute-escalated",
		"propose-settlement: buyer seller amid > settlement-proposed",
		"accept-settlement: buyer seller amid > settlement-accepted refund-made entrustment-unlinked hold-released closed shipped",
		"arbitrate: platform amid > arbitrated refund-made claim-posted entrustment-unlinked hold-released closed shipped",
		"refund: seller platform amid > refund-made entrustment-unlinked hold-released closed shipped",
		"return-unapplied: platform amid > unapplied-returned",
	),
	"entrustment": table(
		"draft: seller > drafted", "submit: seller > submitted", "resubmit: seller > resubmitted",
		"cancel: seller > unlinked cancelled", "request-change: platform > change-requested", "approve: platform > approved",
		"declare: platform > declared", "return: platform > returned", "release: platform amid > released released-beside",
		"close-customs: platform > customs-closed",
	),
	"line": table(
		"assess-limit: platform > limit-assessed", "suspend: platform > line-suspended", "resume: platform > line-resumed",
		"repay-claim: platform > claim-repaid", "request-assessment: seller > assessment-requested",
	),
	"paylater_line": table(
		"open-line: platform > line-opened", "assess-limit: platform > limit-raised limit-reduced",
		"freeze: platform > frozen", "unfreeze: platform > unfrozen", "request-assessment: seller > assessment-requested",
	),
	"paylater": table(
		"place: buyer > placed", "cancel: buyer seller > cancelled", "ship: seller > shipped",
		"confirm-receipt: buyer > receipt-confirmed", "auto-confirm-receipt: system > receipt-confirmed",
		"extend-receipt: buyer > receipt-extended", "pay: buyer system > instalment-paid paid payment-unapplied", "return-unapplied: platform > unapplied-returned",
		"refund: seller platform > refund-made cancelled", "request-charge: system > charge-requested",
		"fail-charge: system > charge-failed", "mark-overdue: system > marked-overdue", "write-off: platform > written-off",
		"open-after-sales: buyer > after-sales-opened", "close-after-sales: buyer seller platform > after-sales-closed",
		"lower-amount: seller > amount-lowered", "return: seller platform > returned", "flag-fake: platform > fake-flagged",
	),
	"funds": table(
		"bind-card: seller > card-bound", "unbind-card: seller > card-unbound", "withdraw: seller > withdrawal-requested",
		"settle-withdrawal: platform > withdrawal-settled", "fail-withdrawal: platform > withdrawal-failed",
		"pay-charge: seller > charge-paid",
	),
	"payment": table("adopt-payments: platform system > recorded all-adopted"),
	"service": table(
		"activate: seller > activated activation-rejected", "suspend: platform > suspended", "reinstate: platform > reinstated",
	),
}

// counterparts are the events that a command may make on streams that it is not addressed to.
// What each of them answers to is checked by its effects.
var counterparts = map[string][]string{
	"order":             {"entrustment-released", "entrustment-unlinked", "shipped", "hold-released"},
	"entrustment":       {"linked", "unlinked"},
	"line":              {"held", "hold-adjusted", "released", "claim-posted"},
	"paylater_line":     {"quota-deducted", "quota-restored", "quota-consumed", "overdue-noted", "frozen"},
	"funds":             {"credited", "debited"},
	"receiving_account": {"reserved"},
	"payment":           {"recorded", "applied", "taken", "resolved", "returned", "voided"},
	"declaration":       {"reserved"},
}

// table reads rows such as "cancel: buyer seller > closed hold-released".
func table(rows ...string) map[string]*right {
	t := make(map[string]*right)
	for _, row := range rows {
		command, rest, _ := strings.Cut(row, ": ")
		roles, makes, _ := strings.Cut(rest, " > ")
		r := &right{command: command, makes: strings.Fields(makes), breaks: "I8"}
		if command == "freeze" || command == "unfreeze" {
			r.breaks = "I25"
		}
		for _, name := range strings.Fields(roles) {
			r.roles |= roleOf([]byte(name))
			r.amid = r.amid || name == "amid"
		}
		t[command] = r
	}
	return t
}

// lookUp returns the right of the commit's command, and checks that the actor has it.
func (a *Auditor) lookUp(category string, command []byte) *right {
	r := rights[category][string(command)]
	switch {
	case r == nil:
		a.failf("I8", "nobody may ask %s of %s", command, category)
	case a.by.role&r.roles == 0 || a.by.role == elsewhere && !a.alone:
		a.failf("I8", "the actor may not ask for %s", command)
	case a.by.role&(buyer|seller) != 0 && a.by.account == "":
		a.failf("I8", "nobody in particular asks for %s", command)
	}
	return r
}

// permitted checks that the commit's command may make such an event on such a stream.
func (a *Auditor) permitted(r *events.Record) bool {
	prefix, name, _ := strings.Cut(r.Type, ".")
	category := r.Stream.Category()
	makes := counterparts[category]
	if r.Stream == a.target {
		makes = a.asked.makes
	}
	if prefix != prefixOf(category) || !slices.Contains(makes, name) {
		a.failf(a.asked.breaks, "%s of %s may not make it here", a.asked.command, a.target)
	}
	return a.fault == nil
}

// prefixOf is the first part of the types of a category.
func prefixOf(category string) string {
	switch category {
	case "line", "paylater_line":
		return "credit"
	case "receiving_account", "declaration":
		return "reservation"
	}
	return category
}

// is checks that a buyer or seller is the one of the stream. Others are who they are.
func (a *Auditor) is(buyerAccount, sellerAccount string) {
	switch {
	case a.by.role == buyer && a.by.account != buyerAccount:
		a.failf("I8", "buyer %q, the contract's is %q", a.by.account, buyerAccount)
	case a.by.role == seller && a.by.account != sellerAccount:
		a.failf("I8", "seller %q, the contract's is %q", a.by.account, sellerAccount)
	}
}
