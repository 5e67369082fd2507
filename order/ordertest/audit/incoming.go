package audit

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"

	"github.com/tradesurety/surety/events"
)

// incomingBook is what is kept of the stream of a payment (D65). What became of the payment is kept with
// its order, whose events say the same.
type incomingBook struct {
	head
	held    bool   // an order has the payment, and its record was not taken back
	adopted uint64 // the commit in which a payment of the first edition got the stream
}

func (*incomingBook) settle(*Auditor) {}

// streamOf returns the stream of a payment, without its category: a transfer is known by its receiving
// account and reference, any other payment by its method and reference.
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

func (a *Auditor) incomingOf(key string) *incomingBook {
	b := a.incoming[key]
	if b == nil {
		if a.has(a.forgotten, key) {
			a.failf("D65", "the payment is that of an order that was forgotten")
		}
		b = &incomingBook{head: head{stream: events.StreamID("payment-" + key)}}
		a.incoming[key] = b
	}
	return b
}

func (a *Auditor) seeIncoming(key string) {
	b := a.incomingOf(key)
	if !a.enter(&b.head, b) {
		return
	}
	if key == "adopted" || a.record.Type == "payment.all-adopted" {
		a.allAdopted(b, key)
		return
	}
	name := key + " " + string(a.text("case"))
	switch a.record.Type {
	case "payment.recorded":
		a.recorded(b, key)
		return
	case "payment.applied":
		a.confirms(effect{what: "the end of a review", name: key})
	case "payment.taken":
		a.confirms(effect{what: "what a bank took", name: name, x: a.amountOf("amount"), y: int64(a.when("at"))})
	case "payment.resolved":
		a.confirms(effect{what: "the end of a case", name: name, y: int64(a.when("at")), flag: a.flag("won")})
	case "payment.returned":
		a.confirms(effect{what: "a return", name: key, x: a.amountOf("amount")})
	case "payment.voided":
		a.confirms(effect{what: "a void", name: key})
	default:
		a.failf("I28", "an unknown type")
	}
	if !b.held {
		a.failf("D65", "no order has the payment")
	}
	b.held = a.record.Type != "payment.voided"
}

// allAdopted is the mark that every payment of the first edition has a stream. One that two orders counted
// has the stream of the other.
func (a *Auditor) allAdopted(b *incomingBook, key string) {
	if key != "adopted" || a.record.Type != "payment.all-adopted" || a.asked.command != "adopt-payments" || b.held {
		a.failf("D65", "a mark of adoption that is out of place, or twice")
	}
	b.held = true
	has := func(key, reference string) {
		if in := a.incoming[key]; (in == nil || !in.held) && !a.has(a.forgotten, key) {
			a.failf("D65", "%q has no stream of its own", reference)
		}
	}
	for _, s := range a.sales {
		for reference := range s.kept {
			has(streamOf("charge", "", reference), reference)
		}
	}
	for _, o := range a.orders {
		for i := range o.payments {
			if p := &o.payments[i]; p.first && p.reference != "" {
				has(streamOf(p.method, o.account, p.reference), p.reference)
			}
		}
	}
}

// amountOf returns an amount whose currency is that of the order that says the same.
func (a *Auditor) amountOf(key string) amount {
	n, _ := a.anyMoney(key)
	return n
}

// recorded is a payment that came in. Each belongs to one order (D65).
func (a *Auditor) recorded(b *incomingBook, key string) {
	method, review, n := a.keep(a.text("method")), a.flag("review"), a.amountOf("amount")
	if b.adopted == a.commit {
		b.adopted = 0
		return
	}
	switch {
	case b.held:
		a.failf("D65", "the payment is recorded a second time, on %s", a.text("order"))
	case key != streamOf(method, string(a.text("account")), string(a.text("reference"))):
		a.failf("D65", "%s %q has another stream", method, a.text("reference"))
	case a.fact.raw("cases") != nil || a.amountOf("returned") != 0 || a.amountOf("reversed") != 0:
		a.failf("D65", "a new payment with a history")
	}
	b.held = true
	e := effect{what: "a payment", name: key, x: n, flag: review}
	if method == "charge" {
		e.sale = a.sales[string(a.text("order"))]
	} else {
		e.order = a.orders[string(a.text("order"))]
	}
	a.confirms(e)
}

// adopts looks for payments of the first edition that get streams of their own in this commit. It comes
// before anything else, for the order's events may name them.
func (a *Auditor) adopts(records []events.Record) {
	a.named = a.named[:0]
	for i := range records {
		r := &records[i]
		key, of := strings.CutPrefix(string(r.Stream), "payment-")
		if !of {
			continue
		}
		a.named = append(a.named, key)
		if r.Type == "payment.recorded" && a.read(r.Data) {
			a.record = r
			a.adopt()
		}
	}
	a.record = a.first
}

// adopt takes what the fact says of a payment of the first edition: it has to be what its order knows.
func (a *Auditor) adopt() {
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
	p := o.payment(func(p *payment) bool { return p.first && p.reference == reference && p.method == method })
	if p == nil || method == "tt" && account != o.account || a.record.Stream != events.StreamID("payment-"+key) {
		return
	}
	b, before, unknown := a.incomingOf(key), p.cases, o.unknownOf(p)
	if b.held || a.amountOf("amount") != p.amount || a.flag("review") != (unknown > 0) {
		a.failf("D65", "%q is of %d, held %t, %d of it under review", reference, p.amount, b.held, unknown)
	}
	b.held, b.adopted = true, a.commit
	o.adopts(p, key)
	p.cases = a.cases()
	if p.review && (a.amountOf("returned") != p.own.returned || a.amountOf("reversed") != 0) {
		a.failf("D65", "of %d went back %d, and were taken %d; %d wait", p.amount, a.amountOf("returned"), a.amountOf("reversed"), p.own.unapplied)
	}
	if len(before) != len(p.cases) || len(before) == 1 && (p.cases[0].outcome != before[0].outcome || p.cases[0].name != "" || p.cases[0].amount != 0) {
		a.failf("D65", "%q has the cases %+v, its order knows %+v", reference, p.cases, before)
	}
}

// adoptCharge does so for a payment that the first edition recorded on a pay-later order.
func (a *Auditor) adoptCharge() {
	s, reference := a.sales[string(a.text("order"))], string(a.text("reference"))
	key := streamOf("charge", "", reference)
	if s == nil || a.record.Stream != events.StreamID("payment-"+key) {
		return
	}
	n, kept := s.kept[reference]
	if !kept {
		return
	}
	b := a.incomingOf(key)
	if b.held || a.amountOf("amount") != n || a.flag("review") || a.fact.raw("cases") != nil {
		a.failf("D65", "%q is of %d, held %t", reference, n, b.held)
	}
	b.held, b.adopted = true, a.commit
	delete(s.kept, reference)
}

// adopts gives a payment that the first edition recorded the stream, with what is known of its money.
func (o *orderBook) adopts(p *payment, stream string) {
	n := o.unknownOf(p)
	p.stream, p.first, p.review = stream, false, n > 0
	p.own.unapplied, p.own.returned = n, p.amount-n
	o.money.unknown -= n
}

// cases returns the cases that the fact has.
func (a *Auditor) cases() (list []bankCase) {
	raw := a.fact.raw("cases")
	if raw == nil {
		return nil
	}
	outer := a.fact
	err := items(raw, func(value []byte) {
		if a.fact, _ = parse(value, nil); a.fault != nil {
			return
		}
		c := bankCase{name: a.keep(a.text("name")), amount: a.amountOf("amount"), openedAt: a.when("opened_at"), at: a.when("at")}
		switch status := a.text("status"); string(status) {
		case "open":
		case "won":
			c.outcome = caseWon
		case "lost":
			c.outcome = caseLost
		default:
			a.failf("D24", "a case that is %s", status)
		}
		list = append(list, c)
	})
	if a.fact = outer; err != nil {
		a.failf("I28", "cases: %v", err)
	}
	return list
}
