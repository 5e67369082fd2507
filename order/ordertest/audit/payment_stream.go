package audit

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"

	"github.com/tradesurety/surety/events"
)

// paymentBook is the auditor's state of the stream of a payment (D65). The book of the order has the money
// of the payment.
type paymentBook struct {
	head
	recorded  bool   // an order has the payment, and its record was not voided
	adoptedIn uint64 // the commit that adopted the payment of the first edition
}

func (*paymentBook) check(*Auditor) {}

// streamOf returns the stream of a payment, without its category. A transfer is identified by its
// receiving account and reference, any other payment by its method and reference.
func streamOf(method, account, reference string) string {
	parts := []string{method, reference}
	if method == "tt" {
		parts = []string{method, account, reference}
	}
	var key strings.Builder
	for _, part := range parts {
		key.WriteString(strconv.Itoa(len(part)) + ":" + part)
	}
	sum := sha256.Sum256([]byte(key.String()))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

func (a *Auditor) paymentBookOf(key string) *paymentBook {
	b := a.payments[key]
	if b == nil {
		if a.has(a.forgotten, key) {
			a.failf("D65", "the payment belongs to a forgotten order")
		}
		b = &paymentBook{head: head{stream: events.StreamID("payment-" + key)}}
		a.payments[key] = b
	}
	return b
}

func (a *Auditor) bookPayment(key string) {
	b := a.paymentBookOf(key)
	if !a.advance(&b.head, b) {
		return
	}
	if key == "adopted" || a.record.Type == "payment.all-adopted" {
		a.onAllAdopted(b, key)
		return
	}
	name := key + " " + string(a.text("case"))
	switch a.record.Type {
	case "payment.recorded":
		a.onPaymentRecorded(b, key)
		return
	case "payment.applied":
		a.confirms(effect{what: "the end of a review", name: key})
	case "payment.taken":
		a.confirms(effect{what: "what a bank took", name: name, x: a.amountOf("amount"), y: int64(a.time("at"))})
	case "payment.resolved":
		a.confirms(effect{what: "the end of a case", name: name, y: int64(a.time("at")), flag: a.flag("won")})
	case "payment.returned":
		a.confirms(effect{what: "a return", name: key, x: a.amountOf("amount")})
	case "payment.voided":
		a.confirms(effect{what: "a void", name: key})
	default:
		a.failf("I28", "an unknown type")
	}
	if !b.recorded {
		a.failf("D65", "no order has the payment")
	}
	b.recorded = a.record.Type != "payment.voided"
}

// onAllAdopted books the mark that every payment of the first edition has a stream, and checks that this
// is so. A payment that two orders counted has one stream.
func (a *Auditor) onAllAdopted(b *paymentBook, key string) {
	if key != "adopted" || a.record.Type != "payment.all-adopted" || a.command.name != "adopt-payments" || b.recorded {
		a.failf("D65", "the mark of adoption is on another stream, or is set twice")
	}
	b.recorded = true
	has := func(key, reference string) {
		if in := a.payments[key]; (in == nil || !in.recorded) && !a.has(a.forgotten, key) {
			a.failf("D65", "%q has no stream", reference)
		}
	}
	for _, s := range a.payLater {
		for reference := range s.unadopted {
			has(streamOf("charge", "", reference), reference)
		}
	}
	for _, o := range a.orders {
		for i := range o.payments {
			if p := &o.payments[i]; p.firstEdition && p.reference != "" {
				has(streamOf(p.method, o.account, p.reference), p.reference)
			}
		}
	}
}

// amountOf returns an amount of the data. Its currency is checked on the stream of the order.
func (a *Auditor) amountOf(key string) amount {
	n, _ := a.anyMoney(key)
	return n
}

// onPaymentRecorded books a received payment. Each payment belongs to one order (D65).
func (a *Auditor) onPaymentRecorded(b *paymentBook, key string) {
	method, review, n := a.intern(a.text("method")), a.flag("review"), a.amountOf("amount")
	if b.adoptedIn == a.commit {
		b.adoptedIn = 0
		return
	}
	switch {
	case b.recorded:
		a.failf("D65", "the payment is recorded a second time, for order %s", a.text("order"))
	case key != streamOf(method, string(a.text("account")), string(a.text("reference"))):
		a.failf("D65", "%s %q belongs on another stream", method, a.text("reference"))
	case a.data.raw("cases") != nil || a.amountOf("returned") != 0 || a.amountOf("reversed") != 0:
		a.failf("D65", "a new payment has cases or returned or reversed money")
	}
	b.recorded = true
	e := effect{what: "a payment", name: key, x: n, flag: review}
	if method == "charge" {
		e.payLater = a.payLater[string(a.text("order"))]
	} else {
		e.order = a.orders[string(a.text("order"))]
	}
	a.confirms(e)
}

// adoptPayments adopts the payments of the first edition that get their own streams in this commit. It
// runs before the records are booked, because events of the order may name these payments.
func (a *Auditor) adoptPayments(records []events.Record) {
	a.commitPayments = a.commitPayments[:0]
	for i := range records {
		r := &records[i]
		key, of := strings.CutPrefix(string(r.Stream), "payment-")
		if !of {
			continue
		}
		a.commitPayments = append(a.commitPayments, key)
		if r.Type == "payment.recorded" && a.parseData(r.Data) {
			a.record = r
			a.adoptPayment()
		}
	}
	a.record = a.first
}

// adoptPayment adopts a payment of the first edition, whose data must agree with the book of its order.
func (a *Auditor) adoptPayment() {
	if string(a.text("method")) == "charge" {
		a.adoptCharge()
		return
	}
	o := a.orders[string(a.text("order"))]
	if o == nil {
		return
	}
	method, reference, account := string(a.text("method")), string(a.text("reference")), string(a.text("account"))
	key := streamOf(method, account, reference)
	p := o.payment(func(p *payment) bool { return p.firstEdition && p.reference == reference && p.method == method })
	if p == nil || method == "tt" && account != o.account || a.record.Stream != events.StreamID("payment-"+key) {
		return
	}
	b, before, unattributed := a.paymentBookOf(key), p.cases, o.unattributedOf(p)
	if b.recorded || a.amountOf("amount") != p.amount || a.flag("review") != (unattributed > 0) {
		a.failf("D65", "%q is of %d, recorded %t, %d of it under review", reference, p.amount, b.recorded, unattributed)
	}
	b.recorded, b.adoptedIn = true, a.commit
	o.setStream(p, key)
	p.cases = a.readCases()
	if p.needsReview && (a.amountOf("returned") != p.underReview.returned || a.amountOf("reversed") != 0) {
		a.failf("D65", "of %d, %d is returned and %d reversed; %d is unapplied", p.amount, a.amountOf("returned"), a.amountOf("reversed"), p.underReview.unapplied)
	}
	if len(before) != len(p.cases) || len(before) == 1 && (p.cases[0].outcome != before[0].outcome || p.cases[0].name != "" || p.cases[0].amount != 0) {
		a.failf("D65", "%q has the cases %+v, its order has %+v", reference, p.cases, before)
	}
}

// adoptCharge adopts a payment that the first edition recorded on a pay-later order.
func (a *Auditor) adoptCharge() {
	s, reference := a.payLater[string(a.text("order"))], string(a.text("reference"))
	key := streamOf("charge", "", reference)
	if s == nil || a.record.Stream != events.StreamID("payment-"+key) {
		return
	}
	n, kept := s.unadopted[reference]
	if !kept {
		return
	}
	b := a.paymentBookOf(key)
	if b.recorded || a.amountOf("amount") != n || a.flag("review") || a.data.raw("cases") != nil {
		a.failf("D65", "%q is of %d, recorded %t", reference, n, b.recorded)
	}
	b.recorded, b.adoptedIn = true, a.commit
	delete(s.unadopted, reference)
}

// setStream sets the stream of a payment that the first edition recorded, and attributes money under
// review to it.
func (o *orderBook) setStream(p *payment, stream string) {
	n := o.unattributedOf(p)
	p.stream, p.firstEdition, p.needsReview = stream, false, n > 0
	p.underReview.unapplied, p.underReview.returned = n, p.amount-n
	o.money.unattributed -= n
}

// readCases returns the cases of the data.
func (a *Auditor) readCases() (list []bankCase) {
	a.eachObject("cases", func() {
		c := bankCase{name: a.intern(a.text("name")), amount: a.amountOf("amount"), openedAt: a.time("opened_at"), at: a.time("at")}
		switch status := a.text("status"); string(status) {
		case "open":
		case "won":
			c.outcome = caseWon
		case "lost":
			c.outcome = caseLost
		default:
			a.failf("D24", "a case has the status %q", status)
		}
		list = append(list, c)
	})
	return list
}
