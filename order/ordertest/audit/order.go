package audit

import "strings"

// phase is where an order stands.
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

// orderStep says in which phases an event of an order may come, where it leads (nowhere if to is
// 0), which invariant it breaks elsewhere, and what it says.
type orderStep struct {
	from, to phase
	breaks   string
	says     func(a *Auditor, o *orderBook)
}

// orderSteps is section 4.2 of the rule book.
var orderSteps = map[string]orderStep{
	"order.drafted":           {orderNone, orderDraft, "I13", (*Auditor).drafted},
	"order.buyer-entered":     {orderDraft, 0, "I13", (*Auditor).buyerEntered},
	"order.buyer-matched":     {orderDraft, 0, "I13", (*Auditor).buyerMatched},
	"order.contract-attached": {orderDraft | orderMoney, 0, "I7", (*Auditor).contractAttached},
	"order.terms-set":         {orderDraft, 0, "I13", (*Auditor).termsSet},
	"order.transport-set":     {orderDraft | orderLinkable, 0, "I7", (*Auditor).transportSet},
	"order.coverage-chosen":   {orderDraft, 0, "I13", (*Auditor).coverageChosen},
	"order.submitted":         {orderDraft, orderSubmitted, "I6", (*Auditor).submitted},
	"order.confirmed":         {orderSubmitted, orderConfirmed, "I7", (*Auditor).confirmed},

	"order.hold-placed":   {orderLinkable, 0, "I4", (*Auditor).holdPlaced},
	"order.hold-adjusted": {orderLinkable, 0, "I4", (*Auditor).holdAdjusted},
	"order.hold-released": {orderLinkable | orderShipped | orderReceived, 0, "I5", (*Auditor).holdReleased},
	"order.claim-posted":  {orderDisputes, 0, "I16", (*Auditor).claimPosted},

	"order.payment-initiated":   {orderCollects, 0, "I7", (*Auditor).paymentInitiated},
	"order.payment-received":    {orderMoney, 0, "I7", (*Auditor).paymentReceived},
	"order.payment-failed":      {orderMoney, 0, "I7", (*Auditor).paymentFailed},
	"order.unapplied-applied":   {orderCollects | orderCompleted, 0, "I7", (*Auditor).unappliedApplied},
	"order.shortfall-accepted":  {orderCollects, 0, "I7", (*Auditor).shortfallAccepted},
	"order.funded":              {orderConfirmed, orderReady, "I7", (*Auditor).orderFunded},
	"order.unfunded":            {orderReady, orderConfirmed, "D63", (*Auditor).orderUnfunded},
	"order.refund-made":         {orderCollects | orderEnded, 0, "I7", (*Auditor).refundMade},
	"order.unapplied-returned":  {orderMoney, 0, "I7", (*Auditor).unappliedReturned},
	"order.payment-reversed":    {orderMoney, 0, "I7", (*Auditor).paymentReversed},
	"order.chargeback-resolved": {orderMoney, 0, "I7", (*Auditor).chargebackResolved},
	"order.transfer-reversed":   {orderMoney, 0, "I7", (*Auditor).transferReversed},
	"order.payment-voided":      {orderMoney, 0, "I7", (*Auditor).paymentVoided},

	"order.entrustment-linked":   {orderConfirmed | orderReady, 0, "I11", (*Auditor).entrustmentLinked},
	"order.entrustment-unlinked": {orderLinkable, 0, "I11", (*Auditor).entrustmentUnlinked},
	"order.entrustment-released": {orderLinkable, 0, "I11", (*Auditor).entrustmentReleased},
	"order.shipped":              {orderReady, orderShipped, "I7", (*Auditor).orderWasShipped},

	"order.receipt-confirmed": {orderShipped, orderReceived, "I7", (*Auditor).receiptConfirmed},
	"order.receipt-extended":  {orderShipped, 0, "I12", (*Auditor).receiptExtended},
	"order.completed":         {orderReceived, orderCompleted, "I7", (*Auditor).orderWasCompleted},
	"order.reviewed":          {orderReceived | orderCompleted, 0, "I7", (*Auditor).orderReviewed},
	"order.review-edited":     {orderReceived | orderCompleted, 0, "I7", (*Auditor).reviewEdited},
	"order.review-replied":    {orderReceived | orderCompleted, 0, "I7", (*Auditor).reviewReplied},

	"order.terms-modified":  {orderSubmitted | orderConfirmed, orderSubmitted, "D25", (*Auditor).termsModified},
	"order.change-proposed": {orderConfirmed | orderReady, 0, "D25", (*Auditor).changeProposed},
	"order.change-accepted": {orderConfirmed | orderReady, 0, "D25", (*Auditor).changeAccepted},
	"order.change-rejected": {orderConfirmed | orderReady, 0, "D25", (*Auditor).changeRejected},

	"order.dispute-opened":      {orderDisputes, 0, "D29", (*Auditor).disputeOpened},
	"order.dispute-withdrawn":   {orderDisputes, 0, "D29", (*Auditor).disputeWithdrawn},
	"order.dispute-escalated":   {orderDisputes, 0, "D29", (*Auditor).disputeEscalated},
	"order.settlement-proposed": {orderDisputes, 0, "D29", (*Auditor).settlementProposed},
	"order.settlement-accepted": {orderDisputes, 0, "D29", (*Auditor).settlementAccepted},
	"order.arbitrated":          {orderDisputes, 0, "D29", (*Auditor).orderArbitrated},

	"order.closed": {orderDraft | orderSubmitted | orderCollects, orderClosed, "I15", (*Auditor).orderWasClosed},
}

// orderBook is what is kept of an order. Amounts are of its currency.
type orderBook struct {
	head
	id    string
	phase phase
	// An event showed that the second edition of the rule book writes the order. Until then it is held
	// to what both editions have in common.
	second bool

	seller, sellerEmail          string
	buyer, buyerEmail, buyerName string
	matched, uploads             bool   // uploads: the mode of attachment
	files                        [2]int // contracts of the seller and of the buyer
	draftedAt                    instant
	currency                     currency
	total, initial               amount
	shipBy                       shipBy
	revision                     int64
	coverage                     string // one of the constants below
	covered                      bool   // had a coverage other than none once
	transport                    string
	account                      string
	confirmBy, payBy             instant

	line     *lineBook // that it holds quota of; nil until it does
	hold     holding
	money    ledger
	payments []payment
	leftover bool // the first edition closed it with money left
	stranded bool // the first edition left it ready to ship and not funded

	fundedAt, paidAt           instant // since when the initial payment, or the total, is settled
	unfunded                   bool    // the initial payment was taken back (D63)
	stoppedAt                  instant // since when the agreed time stands still; 0 while it runs
	stopped                    instant // how long it stood still before
	stoodToFunded, stoodToPaid instant // up to fundedAt and paidAt

	links []link

	shippedAt, deadline, completedAt instant
	late                             bool
	extended                         role
	reviewedAt, editedAt             instant
	replied                          bool

	proposal           proposal
	dispute            dispute
	ruledIn            phase // in which the platform ruled last; 0 if it never did
	afterRuling        bool  // a dispute was opened after that
	frozenAt, thawedAt instant
}

type link struct {
	goods    *goodsBook
	released instant
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
		o = &orderBook{head: head{stream: a.record.Stream}, id: id, phase: orderNone, second: a.second}
		a.orders[id] = o
	}
	return o
}

func (a *Auditor) seeOrder(o *orderBook) {
	fresh := o.stamp != a.commit
	if !a.enter(&o.head, o) {
		return
	}
	if fresh {
		a.mayTouch(o)
	}
	step, known := orderSteps[a.record.Type]
	switch {
	case !known:
		a.failf("I28", "an unknown type")
	case o.phase&step.from == 0 && o.phase&orderEnded != 0:
		a.failf("I15", "after the end")
	case o.phase&step.from == 0:
		a.failf(step.breaks, "not in this phase")
	}
	if a.fault != nil {
		return
	}
	funded, paid := o.fundedAt, o.paidAt
	step.says(a, o)
	if step.to != 0 {
		o.phase = step.to
	}
	a.noteSettled(o)
	a.noteStopped(o, o.fundedAt != funded, o.paidAt != paid)
	if !o.second {
		o.money.unknown = o.money.review
	}
}

// mayTouch checks that the actor is a party of the order, and that the order does not stand still.
func (a *Auditor) mayTouch(o *orderBook) {
	if o.frozen() && !a.asked.amid {
		a.failf("D29", "%s while a dispute or a chargeback is open", a.asked.command)
	}
	if o.unfunded && a.by.role == buyer && a.asked.command == "cancel" && o.anyReleased() {
		a.failf("D63", "cancelled by the buyer after goods were released")
	}
	if o.phase == orderNone || o.stream != a.target {
		return
	}
	if a.by.role == buyer && o.buyer == "" && o.matched && a.by.account != o.seller {
		return // he is known by his address, which no event shows
	}
	a.is(o.buyer, o.seller)
}

// settle checks what has to hold of an order between commits.
func (o *orderBook) settle(a *Auditor) {
	a.settleMoney(o)
	a.settleHold(o)
	switch {
	case o.phase == orderConfirmed && o.funded():
		a.failf("I7", "%d are settled of %d, and the order is not funded", o.settled(), o.initial)
	case o.second && !o.stranded && o.strands():
		a.failf("D63", "%d are settled of %d and %d left, and the order is still to be shipped", o.settled(), o.initial, o.left())
	case o.phase == orderReceived && o.settled() == o.total:
		a.failf("I14", "all of %d is settled, and the order is not completed", o.total)
	case o.phase == orderClosed && o.shippedAt == 0 && len(o.links) > 0:
		a.failf("D40", "closed before shipment with %d links", len(o.links))
	case o.phase != orderNone && (o.account != "") != (o.phase > orderDraft) && !(o.phase == orderClosed && o.account == ""):
		a.failf("I6", "account %q", o.account)
	}
	for _, l := range o.links {
		if l.goods.order != o {
			a.failf("I11", "entrustment %s is not linked to the order", l.goods.id)
		}
	}
	o.stranded = o.strands()
}

// strands reports whether the order is to be shipped although its initial payment was taken back.
func (o *orderBook) strands() bool {
	return o.phase == orderReady && !o.funded() && o.money.cases.open == 0
}

func (a *Auditor) drafted(o *orderBook) {
	o.seller, o.sellerEmail = a.keep(a.text("seller")), a.keep(a.text("seller_email"))
	o.draftedAt, o.uploads = a.when("drafted_at"), string(a.text("mode")) == "attachment"
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

func (a *Auditor) buyerEntered(o *orderBook) {
	o.buyerEmail, o.buyerName = a.keep(a.text("email")), a.keep(a.text("name"))
	o.buyer, o.matched = "", false
	if o.buyerEmail == "" || strings.EqualFold(o.buyerEmail, o.sellerEmail) {
		a.failf("D36", "the buyer's address %q, the seller's %q", o.buyerEmail, o.sellerEmail)
	}
}

func (a *Auditor) buyerMatched(o *orderBook) {
	o.buyer, o.matched = a.keep(a.text("account")), true
	switch {
	case string(a.text("email")) != o.buyerEmail || o.buyerEmail == "":
		a.failf("A8", "a match of %s, entered is %q", a.text("email"), o.buyerEmail)
	case o.buyer == o.seller:
		a.failf("D36", "the buyer is the seller")
	case a.flag("registered") != (o.buyer != ""):
		a.failf("A8", "registered %t with account %q", a.flag("registered"), o.buyer)
	}
}

func (a *Auditor) contractAttached(o *orderBook) {
	if party := roleOf(a.text("party")); party != a.by.role {
		a.failf("A9", "a contract of the %s", a.text("party"))
	}
	switch {
	case a.by.role == buyer && o.phase == orderDraft && (!o.matched || o.buyer == ""):
		a.failf("A9", "a buyer who is not matched and registered attaches to a draft")
	case o.phase&(orderDraft|orderSubmitted|orderConfirmed) == 0 && !o.frozen():
		a.failf("A9", "evidence after the initial payment without a dispute or a chargeback")
	}
	files := &o.files[0]
	if a.by.role == buyer {
		files = &o.files[1]
	}
	// The first edition allowed 50 files an order, whoever filed them.
	if *files++; *files > 25 && o.files[0]+o.files[1] > 50 {
		a.failf("A9", "the %s has %d files", a.text("party"), *files)
	}
}

func (a *Auditor) transportSet(o *orderBook) {
	o.transport = a.keep(a.text("mode"))
	if a.policy.ReceiptDays[o.transport] <= 0 {
		a.failf("D14", "mode %q", o.transport)
	}
}

func (a *Auditor) coverageChosen(o *orderBook) {
	a.cover(o)
	a.revise(o)
}

// cover takes the coverage of the fact.
func (a *Auditor) cover(o *orderBook) {
	switch text := a.text("coverage"); string(text) {
	case none, preShipment, postDelivery:
		o.coverage = a.keep(text)
		o.covered = o.covered || o.coverage != none
	default:
		a.failf("A13", "coverage %q", text)
	}
}

// revise checks that the terms have the next revision (A18).
func (a *Auditor) revise(o *orderBook) {
	if next := a.number("revision"); next != o.revision+1 {
		a.failf("A18", "revision %d after %d", next, o.revision)
	}
	o.revision++
}

func (a *Auditor) submitted(o *orderBook) {
	o.account, o.confirmBy = string(a.text("account")), a.when("confirm_by")
	switch {
	case !o.matched:
		a.failf("A8", "the buyer is not matched")
	case o.total <= 0:
		a.failf("A12", "the total is %d", o.total)
	case o.coverage == "":
		a.failf("A16", "no coverage was chosen")
	case o.uploads && o.files[0] == 0:
		a.failf("A7", "no contract is attached")
	case !a.serves(o.seller):
		a.failf("A6", "the service of %s is not active", o.seller)
	case o.account == "":
		a.failf("I6", "no receiving account")
	case a.number("revision") != o.revision:
		a.failf("A18", "revision %d, the terms have %d", a.number("revision"), o.revision)
	case o.confirmBy != a.at+instant(a.policy.ConfirmWithin):
		a.failf("D28", "to be confirmed until %s", o.confirmBy)
	case !strings.HasSuffix(string(a.text("link")), o.id):
		a.failf("A17", "link %s", a.text("link"))
	}
	a.says(effect{what: "an account", order: o, name: o.account})
}

func (a *Auditor) confirmed(o *orderBook) {
	account, terms := a.keep(a.text("account")), a.number("terms")
	o.payBy = a.when("pay_by")
	switch {
	case account != a.by.account || o.buyer != "" && account != o.buyer:
		a.failf("I8", "confirmed for %q, the contract's buyer is %q", account, o.buyer)
	case account == o.seller:
		a.failf("D36", "the buyer is the seller")
	case terms != o.revision:
		a.failf("A18", "revision %d, the terms have %d", terms, o.revision)
	case a.at >= o.confirmBy:
		a.failf("D28", "confirmed at %s, the deadline is %s", a.at, o.confirmBy)
	case o.payBy != a.at+instant(a.policy.PayWithin):
		a.failf("D28", "to be paid until %s", o.payBy)
	}
	o.buyer = account
}
