package audit

import "strings"

// phase is a phase, or a set of phases, of an order or an entrustment.
type phase uint16

const (
	orderNone phase = 1 << iota
	orderDraft
	orderSubmitted
	orderConfirmed
	orderReady
	orderShipped
	orderReceived
	orderCompleted
	orderClosed

	orderCollects  = orderConfirmed | orderReady | orderShipped | orderReceived
	orderDisputes  = orderConfirmed | orderReady | orderShipped
	orderUnshipped = orderConfirmed | orderReady
	orderLinkable  = orderSubmitted | orderConfirmed | orderReady
	orderMoney     = orderSubmitted | orderCollects | orderCompleted | orderClosed
	orderEnded     = orderCompleted | orderClosed
)

// orderStep is the rule of an event of an order: the phases in which it may occur, the phase to which it
// leads (0 if the phase stays), the invariant that it breaks in other phases, and its handler.
type orderStep struct {
	from, to phase
	breaks   string
	apply    func(a *Auditor, o *orderBook)
}

// orderSteps has the events of section 4.2 of the rule book.
var orderSteps = map[string]orderStep{
	"order.drafted":           {orderNone, orderDraft, "I13", (*Auditor).onDrafted},
	"order.buyer-entered":     {orderDraft, 0, "I13", (*Auditor).onBuyerEntered},
	"order.buyer-matched":     {orderDraft, 0, "I13", (*Auditor).onBuyerMatched},
	"order.contract-attached": {orderDraft | orderMoney, 0, "I7", (*Auditor).onContractAttached},
	"order.terms-set":         {orderDraft, 0, "I13", (*Auditor).onTermsSet},
	"order.transport-set":     {orderDraft | orderLinkable, 0, "I7", (*Auditor).onTransportSet},
	"order.coverage-chosen":   {orderDraft, 0, "I13", (*Auditor).onCoverageChosen},
	"order.submitted":         {orderDraft, orderSubmitted, "I6", (*Auditor).onSubmitted},
	"order.confirmed":         {orderSubmitted, orderConfirmed, "I7", (*Auditor).onConfirmed},

	"order.hold-placed":   {orderLinkable, 0, "I4", (*Auditor).onHoldPlaced},
	"order.hold-adjusted": {orderLinkable, 0, "I4", (*Auditor).onHoldAdjusted},
	"order.hold-released": {orderLinkable | orderShipped | orderReceived, 0, "I5", (*Auditor).onHoldReleased},
	"order.claim-posted":  {orderDisputes, 0, "I16", (*Auditor).onClaimPosted},

	"order.payment-initiated":   {orderCollects, 0, "I7", (*Auditor).onPaymentInitiated},
	"order.payment-received":    {orderMoney, 0, "I7", (*Auditor).onPaymentReceived},
	"order.payment-failed":      {orderMoney, 0, "I7", (*Auditor).onPaymentFailed},
	"order.unapplied-applied":   {orderCollects | orderCompleted, 0, "I7", (*Auditor).onUnappliedApplied},
	"order.shortfall-accepted":  {orderCollects, 0, "I7", (*Auditor).onShortfallAccepted},
	"order.funded":              {orderConfirmed, orderReady, "I7", (*Auditor).onFunded},
	"order.unfunded":            {orderReady, orderConfirmed, "D63", (*Auditor).onUnfunded},
	"order.refund-made":         {orderCollects | orderEnded, 0, "I7", (*Auditor).onRefundMade},
	"order.unapplied-returned":  {orderMoney, 0, "I7", (*Auditor).onUnappliedReturned},
	"order.payment-reversed":    {orderMoney, 0, "I7", (*Auditor).onPaymentReversed},
	"order.chargeback-resolved": {orderMoney, 0, "I7", (*Auditor).onChargebackResolved},
	"order.transfer-reversed":   {orderMoney, 0, "I7", (*Auditor).onTransferReversed},
	"order.payment-voided":      {orderMoney, 0, "I7", (*Auditor).onPaymentVoided},

	"order.entrustment-linked":   {orderConfirmed | orderReady, 0, "I11", (*Auditor).onEntrustmentLinked},
	"order.entrustment-unlinked": {orderLinkable, 0, "I11", (*Auditor).onEntrustmentUnlinked},
	"order.entrustment-released": {orderLinkable, 0, "I11", (*Auditor).onEntrustmentReleased},
	"order.shipped":              {orderReady, orderShipped, "I7", (*Auditor).onShipped},

	"order.receipt-confirmed": {orderShipped, orderReceived, "I7", (*Auditor).onReceiptConfirmed},
	"order.receipt-extended":  {orderShipped, 0, "I12", (*Auditor).onReceiptExtended},
	"order.completed":         {orderReceived, orderCompleted, "I7", (*Auditor).onCompleted},
	"order.reviewed":          {orderReceived | orderCompleted, 0, "I7", (*Auditor).onReviewed},
	"order.review-edited":     {orderReceived | orderCompleted, 0, "I7", (*Auditor).onReviewEdited},
	"order.review-replied":    {orderReceived | orderCompleted, 0, "I7", (*Auditor).onReviewReplied},

	"order.terms-modified":  {orderSubmitted | orderConfirmed, orderSubmitted, "D25", (*Auditor).onTermsModified},
	"order.change-proposed": {orderConfirmed | orderReady, 0, "D25", (*Auditor).onChangeProposed},
	"order.change-accepted": {orderConfirmed | orderReady, 0, "D25", (*Auditor).onChangeAccepted},
	"order.change-rejected": {orderConfirmed | orderReady, 0, "D25", (*Auditor).onChangeRejected},

	"order.dispute-opened":      {orderDisputes, 0, "D29", (*Auditor).onDisputeOpened},
	"order.dispute-withdrawn":   {orderDisputes, 0, "D29", (*Auditor).onDisputeWithdrawn},
	"order.dispute-escalated":   {orderDisputes, 0, "D29", (*Auditor).onDisputeEscalated},
	"order.settlement-proposed": {orderDisputes, 0, "D29", (*Auditor).onSettlementProposed},
	"order.settlement-accepted": {orderDisputes, 0, "D29", (*Auditor).onSettlementAccepted},
	"order.arbitrated":          {orderDisputes, 0, "D29", (*Auditor).onArbitrated},

	"order.closed": {orderDraft | orderSubmitted | orderCollects, orderClosed, "I15", (*Auditor).onClosed},
}

// orderBook is the auditor's state of an order. Amounts are in its currency.
type orderBook struct {
	head
	id    string
	phase phase
	// secondEdition reports whether an event showed that the second edition of the rule book writes the
	// order. Until then the auditor applies what both editions have in common.
	secondEdition bool

	seller, sellerEmail          string
	buyer, buyerEmail, buyerName string
	matched, attachmentMode      bool   // attachmentMode: the contract is uploaded
	files                        [2]int // contracts of the seller and of the buyer
	draftedAt                    instant
	currency                     currency
	total, initial               amount
	shipBy                       shipBy
	revision                     int64
	coverage                     string // one of the constants below
	hadCoverage                  bool   // a coverage other than none was chosen at some time
	transport                    string
	account                      string
	confirmBy, payBy             instant

	line             *lineBook // the seller's line; nil before the first hold
	hold             hold
	money            ledger
	payments         []payment
	closedWithMoney  bool // the first edition closed it with refundable money
	wasReadyUnfunded bool // the first edition left it ready to ship without its initial payment

	fundedAt, paidAt               instant // the start of the time for which the initial payment, or the total, is settled
	unfunded                       bool    // the initial payment was taken back (D63)
	clockStoppedAt                 instant // the start of the current pause of the agreed time of shipment; 0 while it runs
	clockStopped                   instant // the length of the earlier pauses
	stoppedToFunded, stoppedToPaid instant // the length of the pauses up to fundedAt and paidAt

	links []link

	shippedAt, deadline, completedAt instant
	late                             bool
	extended                         role
	reviewedAt, editedAt             instant
	replied                          bool

	proposal             proposal
	dispute              dispute
	ruledIn              phase // of the last ruling; 0 if there was none
	afterRuling          bool  // a dispute was opened after the last ruling
	frozenAt, unfrozenAt instant
}

type link struct {
	entrustment *entrustmentBook
	released    instant
}

// The kinds of coverage.
const (
	none         = "none"
	preShipment  = "pre-shipment"
	postDelivery = "post-delivery"
)

func (a *Auditor) orderOf(id string) *orderBook {
	o := a.orders[id]
	if o == nil {
		o = &orderBook{head: head{stream: a.record.Stream}, id: id, phase: orderNone, secondEdition: a.secondEdition}
		a.orders[id] = o
	}
	return o
}

func (a *Auditor) bookOrder(o *orderBook) {
	fresh := o.writtenIn != a.commit
	if !a.advance(&o.head, o) {
		return
	}
	if fresh {
		a.checkAccess(o)
	}
	step, known := orderSteps[a.record.Type]
	switch {
	case !known:
		a.failf("I28", "an unknown type")
	case o.phase&step.from == 0 && o.phase&orderEnded != 0:
		a.failf("I15", "an event after the end of the order")
	case o.phase&step.from == 0:
		a.failf(step.breaks, "the phase does not allow it")
	}
	if a.violation != nil {
		return
	}
	funded, paid := o.fundedAt, o.paidAt
	step.apply(a, o)
	if step.to != 0 {
		o.phase = step.to
	}
	a.updateSettledSince(o)
	a.updateClock(o, o.fundedAt != funded, o.paidAt != paid)
	if !o.secondEdition {
		o.money.unattributed = o.money.review
	}
}

// checkAccess checks that the actor is a party of the order, and that the command may act on the order
// while it is frozen.
func (a *Auditor) checkAccess(o *orderBook) {
	if o.frozen() && !a.command.whileFrozen {
		a.failf("D29", "%s while a dispute or a chargeback is open", a.command.name)
	}
	if o.unfunded && a.by.role == buyer && a.command.name == "cancel" && o.hasReleasedGoods() {
		a.failf("D63", "the buyer cancels after customs released goods")
	}
	if o.phase == orderNone || o.stream != a.target {
		return
	}
	if a.by.role == buyer && o.buyer == "" && o.matched && a.by.account != o.seller {
		return // the buyer is matched by e-mail address, and the event does not have the actor's address
	}
	a.checkParty(o.buyer, o.seller)
}

// check checks the invariants of an order at the end of a commit.
func (o *orderBook) check(a *Auditor) {
	a.checkMoney(o)
	a.checkHold(o)
	switch {
	case o.phase == orderConfirmed && o.funded():
		a.failf("I7", "%d of %d is settled, and the order is not funded", o.settled(), o.initial)
	case o.secondEdition && !o.wasReadyUnfunded && o.readyUnfunded():
		a.failf("D63", "%d of %d is settled and %d refundable, and the order is still ready to ship", o.settled(), o.initial, o.refundable())
	case o.phase == orderReceived && o.settled() == o.total:
		a.failf("I14", "all of %d is settled, and the order is not completed", o.total)
	case o.phase == orderClosed && o.shippedAt == 0 && len(o.links) > 0:
		a.failf("D40", "closed before shipment with %d links", len(o.links))
	case o.phase != orderNone && (o.account != "") != (o.phase > orderDraft) && !(o.phase == orderClosed && o.account == ""):
		a.failf("I6", "account %q", o.account)
	}
	for _, l := range o.links {
		if l.entrustment.order != o {
			a.failf("I11", "entrustment %s is not linked to the order", l.entrustment.id)
		}
	}
	o.wasReadyUnfunded = o.readyUnfunded()
}

// readyUnfunded reports whether the order is ready to ship although its initial payment was taken back.
func (o *orderBook) readyUnfunded() bool {
	return o.phase == orderReady && !o.funded() && o.money.cases.open == 0
}

func (a *Auditor) onDrafted(o *orderBook) {
	o.seller, o.sellerEmail = a.intern(a.text("seller")), a.intern(a.text("seller_email"))
	o.draftedAt, o.attachmentMode = a.time("drafted_at"), string(a.text("mode")) == "attachment"
	if o.seller != a.by.account || o.draftedAt != a.at {
		a.failf("I13", "drafted for %q at %s", o.seller, o.draftedAt)
	}
	if mode := string(a.text("mode")); mode != "online" && mode != "attachment" {
		a.failf("A7", "drafted in mode %q", mode)
	}
	if !a.serves(o.seller) {
		a.failf("A6", "the service of %s is not active", o.seller)
	}
}

func (a *Auditor) onBuyerEntered(o *orderBook) {
	o.buyerEmail, o.buyerName = a.intern(a.text("email")), a.intern(a.text("name"))
	o.buyer, o.matched = "", false
	if o.buyerEmail == "" || strings.EqualFold(o.buyerEmail, o.sellerEmail) {
		a.failf("D36", "the buyer's address %q, the seller's %q", o.buyerEmail, o.sellerEmail)
	}
}

func (a *Auditor) onBuyerMatched(o *orderBook) {
	o.buyer, o.matched = a.intern(a.text("account")), true
	switch {
	case string(a.text("email")) != o.buyerEmail || o.buyerEmail == "":
		a.failf("A8", "a match of %s, the entered address is %q", a.text("email"), o.buyerEmail)
	case o.buyer == o.seller:
		a.failf("D36", "the buyer is the seller")
	case a.flag("registered") != (o.buyer != ""):
		a.failf("A8", "registered %t with account %q", a.flag("registered"), o.buyer)
	}
}

func (a *Auditor) onContractAttached(o *orderBook) {
	if party := roleOf(a.text("party")); party != a.by.role {
		a.failf("A9", "a contract of the %s", a.text("party"))
	}
	switch {
	case a.by.role == buyer && o.phase == orderDraft && (!o.matched || o.buyer == ""):
		a.failf("A9", "a buyer that is not matched and registered attaches a contract to a draft")
	case o.phase&(orderDraft|orderSubmitted|orderConfirmed) == 0 && !o.frozen():
		a.failf("A9", "evidence after the initial payment without a dispute or a chargeback")
	}
	files := &o.files[0]
	if a.by.role == buyer {
		files = &o.files[1]
	}
	// The first edition allowed 50 files an order from both parties together.
	if *files++; *files > 25 && o.files[0]+o.files[1] > 50 {
		a.failf("A9", "the %s has %d files", a.text("party"), *files)
	}
}

func (a *Auditor) onTransportSet(o *orderBook) {
	o.transport = a.intern(a.text("mode"))
	if a.policy.ReceiptDays[o.transport] <= 0 {
		a.failf("D14", "mode %q", o.transport)
	}
}

func (a *Auditor) onCoverageChosen(o *orderBook) {
	a.setCoverage(o)
	a.nextRevision(o)
}

// setCoverage reads and sets the coverage.
func (a *Auditor) setCoverage(o *orderBook) {
	switch text := a.text("coverage"); string(text) {
	case none, preShipment, postDelivery:
		o.coverage = a.intern(text)
		o.hadCoverage = o.hadCoverage || o.coverage != none
	default:
		a.failf("A13", "coverage %q", text)
	}
}

// nextRevision counts the revision of the terms and checks the stated one (A18).
func (a *Auditor) nextRevision(o *orderBook) {
	if next := a.number("revision"); next != o.revision+1 {
		a.failf("A18", "revision %d after %d", next, o.revision)
	}
	o.revision++
}

func (a *Auditor) onSubmitted(o *orderBook) {
	o.account, o.confirmBy = string(a.text("account")), a.time("confirm_by")
	switch {
	case !o.matched:
		a.failf("A8", "the buyer is not matched")
	case o.total <= 0:
		a.failf("A12", "the total is %d", o.total)
	case o.coverage == "":
		a.failf("A16", "no coverage was chosen")
	case o.attachmentMode && o.files[0] == 0:
		a.failf("A7", "no contract is attached")
	case !a.serves(o.seller):
		a.failf("A6", "the service of %s is not active", o.seller)
	case o.account == "":
		a.failf("I6", "no receiving account")
	case a.number("revision") != o.revision:
		a.failf("A18", "revision %d, the terms have revision %d", a.number("revision"), o.revision)
	case o.confirmBy != a.at+instant(a.policy.ConfirmWithin):
		a.failf("D28", "the confirmation is due at %s", o.confirmBy)
	case !strings.HasSuffix(string(a.text("link")), o.id):
		a.failf("A17", "link %s", a.text("link"))
	}
	a.states(effect{what: "an account", order: o, name: o.account})
}

func (a *Auditor) onConfirmed(o *orderBook) {
	account, terms := a.intern(a.text("account")), a.number("terms")
	o.payBy = a.time("pay_by")
	switch {
	case account != a.by.account || o.buyer != "" && account != o.buyer:
		a.failf("I8", "confirmed for %q, the contract's buyer is %q", account, o.buyer)
	case account == o.seller:
		a.failf("D36", "the buyer is the seller")
	case terms != o.revision:
		a.failf("A18", "revision %d, the terms have revision %d", terms, o.revision)
	case a.at >= o.confirmBy:
		a.failf("D28", "confirmed at %s, the deadline is %s", a.at, o.confirmBy)
	case o.payBy != a.at+instant(a.policy.PayWithin):
		a.failf("D28", "the payment is due at %s", o.payBy)
	}
	o.buyer = account
}
