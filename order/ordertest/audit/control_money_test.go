package audit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/ordertest/audit"
)

// caseReportJSON returns the data of a report about a case of order n's card payment, without amounts that
// move.
func caseReportJSON(n, name, rest string) string {
	return `{"reference":"K-C` + n + `","amount":"2000.00 USD","case":"` + name + `","at":"2025-01-01T00:00:00Z",` + rest + `}`
}

// editInCommit changes the records of one type in the commit of a record.
func editInCommit(typ, needle, of string, change func(r *events.Record)) edit {
	return editCommit(typ, needle, func(r *events.Record) {
		if r.Type == of {
			change(r)
		}
	})
}

// dropFromCommit removes the records of one type from the commit of a record.
func dropFromCommit(typ, needle, of string) edit {
	return func(log []events.Record) []events.Record {
		commit := log[indexOf(log, typ, needle)].Commit
		return slices.DeleteFunc(log, func(r events.Record) bool { return r.Commit == commit && r.Type == of })
	}
}

// replaceInCommit replaces a text in the data of the records of one type in the commit of a record.
func replaceInCommit(typ, needle, of, old, with string) edit {
	return editInCommit(typ, needle, of, func(r *events.Record) {
		if !strings.Contains(string(r.Data), old) {
			panic(of + " has no " + old + ": " + string(r.Data))
		}
		r.Data = []byte(strings.Replace(string(r.Data), old, with, 1))
	})
}

// dropClose removes the close of an order and the unlinking of its entrustment.
func dropClose(n int) edit {
	return allOf(dropFromCommit("order.closed", o(n), "order.entrustment-unlinked"), dropFromCommit("order.closed", o(n), "entrustment.unlinked"), drop("order.closed", o(n)))
}

const fourthDispute = `{"number":4,"ground":"quality","claimed":"1.00 USD","escalate_from":"2025-01-07T00:00:00Z","escalate_by":"2025-01-10T00:00:00Z"}`

// moneyControls break rules of payments, cases and disputes in a log of the second edition.
var moneyControls = []control{
	// the cases of a payment, and the money that the order moves
	{"D24", replace("order.payment-reversed", `"case":"b"`, `"excess":"200.00`, `"excess":"0.00`)},
	{"D24", replace("order.payment-reversed", `"case":"b"`, `"open":2`, `"open":1`)},
	{"D24", replace("order.payment-reversed", `"case":"b"`, `"applied":"1500.00`, `"applied":"1700.00`)},
	{"D24", replace("order.payment-reversed", `"case":"b"`, `"amount":"2000.00`, `"amount":"1700.00`)},
	{"D24", replace("order.payment-reversed", `"case":"c"`, `"applied":"300.00`, `"applied":"2000.00`)},
	{"D24", replace("order.chargeback-resolved", `"case":"a"`, `"applied":"300.00`, `"applied":"500.00`)},
	{"D24", replace("order.chargeback-resolved", `"case":"c"`, `"lost":"300.00`, `"lost":"2000.00`)},
	{"D24", replace("order.chargeback-resolved", o(14), `"applied":"6000.00 USD","unapplied":"0.00`, `"applied":"0.00 USD","unapplied":"6000.00`)},
	{"D24", replace("order.chargeback-resolved", o(19)+` {"reference":"K-C19","won":true`, `"shortfall":"6000.00 USD",`, ``)},
	{"D24", replace("order.chargeback-resolved", o(11), `"applied":"2000.00 USD","unapplied":"0.00`, `"applied":"0.00 USD","unapplied":"2000.00`)},
	{"D24", replace("order.chargeback-resolved", o(23)+` {"reference":"K-C23","won":true`, `"applied":"0.00 USD","unapplied":"6000.00`, `"applied":"4000.00 USD","unapplied":"2000.00`)},
	{"D24", replace("order.transfer-reversed", o(30), `"applied":"200.00 USD","unapplied":"500.00`, `"applied":"700.00 USD","unapplied":"0.00`)},
	{"D24", replace("order.payment-reversed", o(26), `"applied":"0.00`, `"applied":"500.00`)},
	{"D24", replace("order.payment-reversed", o(26), `"reviewed":"1500.00 USD",`, ``)},
	{"D24", replace("order.payment-initiated", `"moved"`, `"moved":{"applied":"500.00 USD"},`, ``)},
	{"D24", replace("order.payment-initiated", `"moved"`, `"moved":{"applied":"500.00`, `"moved":{"applied":"1500.00`)},
	{"D24", replace("order.payment-initiated", `"moved"`, `,"cases":{"taken":"2000.00 USD","lost":"2000.00 USD","excess":"0.00 USD","open":0}`, ``)},
	{"D24", replace("order.payment-reversed", o(24)+` {"reference":"K-C24","amount":"2000.00 USD","applied":"-50.00`, `"applied":"-50.00`, `"applied":"50.00`)},
	{"D24", duplicate("order.payment-reversed", `"case":"a"`)},
	{"D24", replace("order.payment-reversed", `"case":"a"`, `"case":"a"`, `"case":""`)},
	{"D24", replace("order.payment-reversed", `"case":"a"`, `"reference":"K-C5"`, `"reference":"K-C6"`)},
	{"D24", addCommit("order.payment-received", `"cent"`, meta(byPlatform, "charge-back"), "order.payment-reversed", `{"reference":"cent","case":"x","at":"2025-01-01T00:00:00Z"}`)},
	{"D24", addCommit("order.payment-received", "K-C5", meta(byPlatform, "reverse-transfer"), "order.transfer-reversed", caseReportJSON("5", "x", `"claimed":"1.00 USD"`))},
	{"D24", addCommit("order.payment-received", "K-C5", meta(byPlatform, "charge-back"), "order.payment-reversed", `{"reference":"K-C5","amount":"2000.00 USD","applied":"2000.00 USD"}`)},
	{"D19", addCommit("order.payment-reversed", `"case":"b"`, meta(byPlatform, "charge-back"), "order.payment-reversed",
		`{"reference":"K-C5","amount":"2000.00 USD","case":"b","claimed":"1.00 USD","at":"2024-12-31T01:00:00Z"}`)},
	{"D62", addCommit("order.payment-received", "K-C5", meta(byPlatform, "resolve-chargeback"), "order.chargeback-resolved", caseReportJSON("5", "x", `"won":true`))},
	{"D61", replace("order.payment-reversed", `"case":"a"`, `"at":"2024-12-31T01`, `"at":"2025-01-01T01`)},
	{"D61", replace("order.payment-received", "K-C5", `"paid_at":"2025-01-01T00:00:00Z"`, `"paid_at":"2025-01-01T00:00:06Z"`)},
	{"D29", allOf(dropFromCommit("order.chargeback-resolved", "receipt_deadline", "payment.resolved"), drop("order.chargeback-resolved", "receipt_deadline"))},

	// the use of money
	{"I7", addCommit("order.terms-modified", o(23), meta(byPlatform, "apply-unapplied"), "order.unapplied-applied", `{"amount":"1.00 USD"}`)},
	{"I14", replace("order.payment-received", `"0003"`, `"applied":"600.00 USD","unapplied":"0.00 USD","reversed":"1000.00 USD"`, `"applied":"1600.00 USD","unapplied":"0.00 USD"`)},
	{"I14", replace("order.payment-received", `"0003"`, `"applied":"600.00 USD","unapplied":"0.00 USD","reversed":"1000.00`, `"applied":"0.00 USD","unapplied":"0.00 USD","reversed":"1600.00`)},
	{"I14", replace("order.unapplied-applied", "CH-7", `"amount":"2000.00`, `"amount":"2400.01`)},
	{"I14", replace("order.unapplied-returned", "CH-7", `"amount":"100.00 USD","reviewed":"100.00`, `"amount":"2500.01 USD","reviewed":"2500.01`)},
	{"I14", replace("order.unapplied-returned", "CH-7", `,"reference":"CH-7"`, ``)},
	{"I14", allOf(drop("order.unapplied-applied", o(23)), dropFromCommit("order.confirmed", o(23)+` {"account":"b-bruno","terms":3`, "order.funded"))},
	{"I14", replace("order.payment-received", `"late"`, `"unapplied":"10.00`, `"unapplied":"9.00`)},
	{"I14", replace("order.refund-made", o(11), "1000.00", "2000.01")},
	{"I15", addCommit("order.closed", o(1), meta(byPlatform, "refund"), "order.refund-made", `{"amount":"1.00 USD","cause":"agreed"}`)},
	{"I15", replaceInMeta("order.refund-made", o(31)+` {"amount":"2000.00`, `"role":"platform","account":"p-ops"`, `"role":"seller","account":"s-acme"`)},
	{"I15", addCommit("order.completed", o(11), meta(byPlatform, "refund"), "order.closed", `{"reason":"refunded"}`)},
	{"I35", replace("order.payment-received", `"late"`, `"applied":"0.00 USD","unapplied":"10.00`, `"applied":"10.00 USD","unapplied":"0.00`)},
	{"I36", replace("order.chargeback-resolved", o(16), `"lost":"5000.00`, `"lost":"0.00`)},
	{"D19", replace("order.unapplied-applied", "CH-7", `"reviewed":"2400.00`, `"reviewed":"2000.00`)},
	{"D19", replace("order.unapplied-applied", "CH-7", `"reference":"CH-7"`, `"reference":"CH-8"`)},
	{"D19", replace("order.payment-received", `"0002"`, `"0002"`, `"`+strings.Repeat("2", 141)+`"`)},
	{"D19", replace("order.payment-received", `"0002"`, `"0002"`, `"00\n02"`)},
	{"D19", replace("order.payment-received", `"0002"`, `"0002"`, `"0001"`)},
	{"D21", replace("order.unapplied-returned", "CH-7", `"reference":"CH-7"`, `"reference":"CH-8"`)},

	// payments in process
	{"D18", replace("order.payment-initiated", `"C10"`, `"notice_until":"2025-01-02`, `"notice_until":"2025-01-03`)},
	{"D18", replace("order.payment-initiated", `"E10"`, `,"notice_until":"2025-01-16T00:00:00Z"`, ``)},
	{"D18", shiftTime("order.payment-initiated", `"E10"`, -1)},
	{"D18", allOf(replace("order.payment-received", "CH-7", `"applied":"0.00 USD","unapplied":"2500.00`, `"applied":"2500.00 USD","unapplied":"0.00`), replace("order.payment-received", "CH-7", `,"needs_review":true`, ``))},
	{"D18", replace("order.payment-received", "K-C9", `"applied":"6000.00 USD","unapplied":"0.00 USD"`, `"applied":"0.00 USD","unapplied":"6000.00 USD","needs_review":true`)},
	{"D18", replace("order.payment-initiated", `"C8"`, `"reference":"CH-8"`, `"reference":"CH-7"`)},
	{"D18", replace("order.payment-initiated", `"C8"`, `"reviewed":"2500.00`, `"reviewed":"2000.00`)},
	{"D18", shiftTime("order.payment-failed", `"C9"`, day)},
	{"D18", addCommit("order.payment-initiated", `"C8"`, meta(byBuyer, "initiate-payment"), "order.payment-initiated", `{"payment":"C8","method":"card","amount":"1.00 USD","notice_until":"2025-01-02T00:00:00Z"}`)},
	{"D27", shiftTime("order.closed", o(10), -1)},
	{"D28", shiftTime("order.closed", o(16), -1)},
	{"D20", addCommit("order.funded", o(15), meta(byBuyer, "initiate-payment"), "order.payment-initiated", `{"payment":"T15","method":"tt","amount":"1.00 USD","notice_until":"2025-01-08T00:00:00Z"}`)},
	{"D20", addCommit("order.unfunded", o(16), meta(bySeller, "accept-shortfall"), "order.shortfall-accepted", `{"amount":"5000.00 USD"}`)},
	{"D20", addCommit("order.receipt-confirmed", o(11), meta(bySeller, "accept-shortfall"), "order.shortfall-accepted", `{"amount":"3999.00 USD"}`)},

	// the initial payment is taken back
	{"D63", drop("order.unfunded", o(1))},
	{"D63", drop("order.unfunded", o(6))},
	{"D63", drop("order.unfunded", o(33))},
	{"D63", replace("order.unfunded", o(6), "2025-03-02", "2025-03-03")},
	{"D63", addCommit("order.funded", o(9), `{"role":"system","command":"unfund"}`, "order.unfunded", `{"pay_by":"2025-03-02T00:00:00Z"}`)},
	{"D29", addCommit("order.payment-reversed", o(1), `{"role":"system","command":"unfund"}`, "order.unfunded", `{"pay_by":"2025-03-03T00:00:00Z"}`)},
	{"D63", addRecord("order.unfunded", o(15), "order.funded", `{}`)},
	{"D63", replaceInMeta("order.closed", o(1), `"role":"seller","account":"s-acme"`, `"role":"buyer","account":"b-bruno"`)},
	{"D63", addCommit("order.unfunded", o(15), meta(bySeller, "modify"), "order.terms-modified", strings.Replace(amendment, `post-delivery`, `none`, 1))},
	{"D30", dropClose(3)},
	{"D30", addRecord("order.refund-made", o(3), "order.closed", `{"reason":"refunded"}`)},
	{"D30", addRecord("order.chargeback-resolved", o(4), "order.closed", `{"reason":"refunded"}`)},
	{"D30", addRecord("order.transfer-reversed", o(17), "order.closed", `{"reason":"refunded"}`)},

	// disputes, and deadlines while an order is frozen
	{"D29", addCommit("order.dispute-withdrawn", o(20)+` {"pay_by":"2025-03-05`, meta(byBuyer, "open-dispute"), "order.dispute-opened", fourthDispute)},
	{"D29", addCommit("order.arbitrated", o(12)+` {}`, meta(byBuyer, "open-dispute"), "order.dispute-opened", fourthDispute)},
	{"D29", addCommit("order.arbitrated", o(12)+` {"receipt_deadline"`, meta(byBuyer, "open-dispute"), "order.dispute-opened", strings.Replace(fourthDispute, `4`, `5`, 1))},
	{"D13", replace("order.dispute-withdrawn", o(20)+` {"pay_by":"2025-03-05`, `"pay_by":"2025-03-05T00:00:00Z"`, ``)},
	{"D13", replace("order.dispute-withdrawn", o(20)+` {"pay_by":"2025-03-05`, "03-05", "03-04")},
	{"D13", replace("order.chargeback-resolved", `"cb-2"`, `"confirm_by":"2025-02-01T00:00:00Z",`, ``)},
	{"D13", replace("order.chargeback-resolved", o(1), `"case"`, `"pay_by":"2025-03-02T00:00:00Z","case"`)},
	{"I12", replace("order.chargeback-resolved", o(19), `"receipt_deadline":"2025-01-17`, `"receipt_deadline":"2025-01-16`)},
	{"D17", replace("order.shipped", o(27), `"agreed":"2025-02-03`, `"agreed":"2025-02-02`)},
	{"D17", replace("order.shipped", o(12), `"agreed":"2025-02-08`, `"agreed":"2025-02-02`)},

	// a payment belongs to one order, and its stream agrees with the order
	{"D65", allOf(drop("order.payment-voided", o(21)), drop("payment.voided", ""))},
	{"D65", replace("order.payment-voided", o(21), `"amount":"2000.00`, `"amount":"1.00`)},
	{"D65", addCommit("order.payment-received", o(22)+` {"reference":"CH-1"`, meta(byPlatform, "void-payment"), "order.payment-voided",
		`{"reference":"CH-1","method":"card","amount":"2000.00 USD"}`)},
	{"D65", allOf(replace("order.payment-received", `"0002"`, `,"own_stream":true`, ``), dropFromCommit("order.payment-received", `"0002"`, "payment.recorded"))},
	{"D65", editInCommit("order.payment-received", `"0002"`, "payment.recorded", func(r *events.Record) { r.Stream += "x" })},
	{"D65", replaceInCommit("order.payment-received", `"0002"`, "payment.recorded", `"0002"`, `"0003"`)},
	{"D65", replaceInCommit("order.payment-received", "K-C5", "payment.recorded", `"reference"`, `"returned":"1.00 USD","reference"`)},
	{"D65", dropFromCommit("order.chargeback-resolved", o(28), "payment.recorded")},
	{"D65", replaceInCommit("order.chargeback-resolved", o(28), "payment.recorded", `"open"`, `"lost"`)},
	{"D65", replaceInCommit("order.chargeback-resolved", o(28), "payment.recorded", `"amount":"2000.00`, `"amount":"1999.00`)},
	{"D65", replaceInCommit("payment.recorded", `"other"`, "payment.recorded", `"returned":"100.00`, `"returned":"99.00`)},
	{"D65", replaceInCommit("payment.recorded", `"other"`, "payment.recorded", `"review":true,`, ``)},
	{"D65", duplicate("payment.recorded", `"other"`)},
	{"D65", duplicate("payment.voided", "")},
	{"I31", dropFromCommit("order.payment-received", "K-C5", "payment.recorded")},
	{"I31", replaceInCommit("order.payment-received", "K-C5", "payment.recorded", `"amount":"2000.00`, `"amount":"2001.00`)},
	{"I31", replaceInCommit("order.payment-received", "K-C5", "payment.recorded", o(5), o(6))},
	{"I31", dropFromCommit("order.payment-reversed", `"case":"b"`, "payment.taken")},
	{"I31", replaceInCommit("order.payment-reversed", `"case":"b"`, "payment.taken", `"amount":"1700.00`, `"amount":"1500.00`)},
	{"I31", replaceInCommit("order.payment-reversed", `"case":"b"`, "payment.taken", `"b"`, `"a"`)},
	{"I31", dropFromCommit("order.transfer-reversed", o(17), "payment.taken")},
	{"I31", dropFromCommit("order.chargeback-resolved", `"case":"a"`, "payment.resolved")},
	{"I31", replaceInCommit("order.chargeback-resolved", `"case":"a"`, "payment.resolved", `"won":true,`, ``)},
	{"I31", dropFromCommit("order.unapplied-applied", "CH-7", "payment.applied")},
	{"I31", dropFromCommit("order.payment-initiated", "CH-8", "payment.applied")},
	{"I31", dropFromCommit("order.unapplied-returned", "CH-7", "payment.returned")},
	{"I31", dropFromCommit("order.payment-voided", o(21), "payment.voided")},
	{"I31", splitCommit("payment.taken", `"a"`)},

	// roles
	{"I8", replaceInMeta("order.payment-reversed", `"case":"a"`, `"platform"`, `"seller"`)},
	{"I8", replaceInMeta("order.payment-voided", o(21), `"platform","account":"p-ops"`, `"system"`)},
	{"I8", replaceInMeta("payment.recorded", `"other"`, `"platform"`, `"seller"`)},
	{"I8", replaceInMeta("order.unfunded", o(32), `"system"`, `"platform"`)},
	{"I8", replaceInMeta("order.transfer-reversed", o(17), "reverse-transfer", "charge-back")},
	{"I9", replace("order.payment-initiated", `"E10"`, `"US"`, `"CA"`)},
	{"I8", editInCommit("order.payment-reversed", `"case":"b"`, "payment.taken", func(r *events.Record) { r.Type = "payment.given" })},
}

// TestAwardsWaitForChargebacks checks that the platform cannot award money while a chargeback is open, but
// can rule for the seller.
func TestAwardsWaitForChargebacks(t *testing.T) {
	for award, invariant := range map[string]string{`"compensation":"1.00 USD"`: "D29", `"refund":"1.00 USD"`: "D29", ``: ""} {
		h := newHandLog(t)
		h.confirmedOrder(1, "2000", order.CoveragePostDelivery)
		h.readDeskLog()
		h.cardPayment(1, "C1", "6000.00", "6000.00", "0.00", fundedEvent(1))
		h.openDispute(1, 1)
		h.advance(6 * day)
		h.commit(`{"role":"system","command":"escalate"}`, orderEvent(1, "dispute-escalated", `{"by":"system"}`))
		h.openCase(1, caseReport{method: "card", reference: "K-C1", name: "cb-1", payment: "6000.00", claimed: "1.00", at: hour, applied: "1.00", unapplied: "0.00", taken: "1.00", open: 1})
		h.commit(meta(byPlatform, "arbitrate"), orderEvent(1, "arbitrated", `{`+award+`}`))
		if err := audit.New(settings()...).Log(t.Context(), newLog(renumber(h.log))); invariant != "" && !violates(err, invariant) || invariant == "" && err != nil {
			t.Errorf("a ruling of {%s}: %v", award, err)
		}
	}
}

// TestPaymentOfForgottenOrder requires a violation when another order records the payment of a forgotten
// order.
func TestPaymentOfForgottenOrder(t *testing.T) {
	h := newHandLog(t)
	for n := 1; n <= 2; n++ {
		h.confirmedOrder(n, "6000", order.CoverageNone)
	}
	h.readDeskLog()
	h.cardPayment(1, "C1", "6000.00", "6000.00", "0.00", fundedEvent(1))
	h.refund(1, "6000.00", h.closeEvents(1, "refunded")...)
	end := len(h.log)
	h.announce(2, "card", "C1", "6000.00")
	h.recordPayment(2, receipt{method: "card", id: "C1", reference: "K-C1", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, fundedEvent(2))
	log, a := renumber(h.log), audit.New(settings()...)
	if err := a.Log(t.Context(), newLog(log[:end])); err != nil {
		t.Fatal(err)
	}
	a.Forget(events.StreamID("order-" + o(1)))
	if err := a.Log(t.Context(), newLog(log[end:])); !violates(err, "D65") {
		t.Errorf("the payment on another order: %v", err)
	}
}

// addAdoptionMark appends the mark that all payments are adopted.
func addAdoptionMark(log []events.Record) []events.Record {
	r := log[len(log)-1]
	r.Stream, r.Type, r.Data, r.Meta, r.Commit = "payment-adopted", "payment.all-adopted", []byte(`{}`), []byte(meta(byPlatform, "adopt-payments")), uuid.New()
	return append(log, r)
}

// TestAdoptionMark checks the mark that all payments of the first edition have streams.
func TestAdoptionMark(t *testing.T) {
	until := func(typ, needle string) edit {
		return func(log []events.Record) []events.Record { return log[:indexOf(log, typ, needle)] }
	}
	before := until("order.payment-initiated", o(28)) // the first payment that the first edition recorded
	adopted := func(stream string) edit {
		return allOf(before, addAdoptionMark, func(log []events.Record) []events.Record {
			log[len(log)-1].Stream = events.StreamID(stream)
			return log
		})
	}
	for name, c := range map[string]struct {
		invariant string
		edit      edit
	}{
		"nothing to adopt":    {"", allOf(before, addAdoptionMark)},
		"not all are adopted": {"D65", addAdoptionMark},
		"twice":               {"D65", allOf(before, addAdoptionMark, addAdoptionMark)},
		"on another stream":   {"D65", adopted("payment-" + strings.Repeat("a", 26))},
		"by a seller":         {"I8", allOf(before, addAdoptionMark, replaceInMeta("payment.all-adopted", "", "platform", "seller"))},
		"by another command":  {"I8", allOf(before, addAdoptionMark, replaceInMeta("payment.all-adopted", "", "adopt-payments", "void-payment"))},
		"a payment on the stream of the mark": {"D65", allOf(before, addAdoptionMark, replace("payment.all-adopted", "", `{}`, `{"method":"card","reference":"x","amount":"1.00 USD"}`), func(log []events.Record) []events.Record {
			log[len(log)-1].Type = "payment.recorded"
			return log
		})},
	} {
		a := audit.New(settings()...)
		err := a.Log(t.Context(), newLog(renumber(c.edit(secondEdition(t)))))
		if c.invariant != "" && !violates(err, c.invariant) || c.invariant == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChargeStreams checks that the payments of pay-later orders have streams that agree with the orders.
func TestChargeStreams(t *testing.T) {
	paid := func(old, with string) edit {
		return replaceInCommit("paylater.paid", "all-12", "payment.recorded", old, with)
	}
	recorded := func(change func(r *events.Record)) edit {
		return editInCommit("paylater.paid", "all-12", "payment.recorded", change)
	}
	more := allOf(replaceInMeta("paylater.paid", "all-12", `"buyer","account":"b-shopper"`, `"system"`),
		addRecord("paylater.paid", "all-12", "paylater.payment-unapplied", `{"reference":"all-12","amount":"10.00 CNY"}`))
	for name, c := range map[string]control{
		"valid":                      {"", allOf()},
		"more than was due":          {"", allOf(more, paid("2000.00", "2010.00"))},
		"more than is recorded":      {"I31", more},
		"no stream":                  {"D65", dropFromCommit("paylater.paid", "all-12", "payment.recorded")},
		"no stream of an instalment": {"D65", dropFromCommit("paylater.instalment-paid", "part-11", "payment.recorded")},
		"another amount":             {"I31", paid("2000.00", "1999.00")},
		"another order":              {"I31", paid(o(12), o(13))},
		"another reference":          {"D65", paid("all-12", "all-13")},
		"another method":             {"D65", paid("charge", "card")},
		"recorded a second time":     {"D65", duplicate("payment.recorded", "all-12")},
		"in a commit of its own":     {"D65", splitCommit("payment.recorded", "all-12")},
		"of no order, by a case": {"D65", recorded(func(r *events.Record) {
			r.Type, r.Data = "payment.taken", []byte(`{"case":"x"}`)
		})},
	} {
		a := audit.New(append(settings(), audit.SecondEdition())...)
		err := a.Log(t.Context(), newLog(renumber(c.edit(validLog(t)))))
		if c.invariant != "" && !violates(err, c.invariant) || c.invariant == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		a.Forget(events.StreamID("paylater-" + o(12)))
	}
}

// TestAdoptedCharges adopts the payments of pay-later orders of the first edition.
func TestAdoptedCharges(t *testing.T) {
	first := func(log []events.Record) []events.Record {
		return slices.DeleteFunc(log, func(r events.Record) bool {
			return r.Type == "payment.recorded" && strings.Contains(string(r.Data), `"charge"`)
		})
	}
	// adopt adopts every payment of the log, except those whose data contains a text.
	adopt := func(except string) edit {
		return func(log []events.Record) []events.Record {
			for _, r := range renumber(validLog(t)) {
				if r.Type != "payment.recorded" || !strings.Contains(string(r.Data), `"charge"`) || strings.Contains(string(r.Data), except) {
					continue
				}
				r.Commit, r.At, r.Meta = uuid.New(), log[len(log)-1].At, []byte(meta(byPlatform, "adopt-payments"))
				log = append(log, r)
			}
			return log
		}
	}
	whole := allOf(first, adopt("no such"))
	for name, c := range map[string]control{
		"first edition":          {"", first},
		"adopted":                {"", allOf(whole, addAdoptionMark)},
		"not all":                {"", allOf(first, adopt("all-12"))},
		"not all, and marked":    {"D65", allOf(first, adopt("all-12"), addAdoptionMark)},
		"adopted a second time":  {"D65", allOf(whole, duplicate("payment.recorded", "all-12"))},
		"another amount":         {"D65", allOf(whole, replace("payment.recorded", "all-12", "2000.00", "1999.00"))},
		"another order":          {"I31", allOf(whole, replace("payment.recorded", "all-12", o(12), o(13)))},
		"another reference":      {"D65", allOf(whole, replace("payment.recorded", "all-12", "all-12", "all-13"))},
		"under review":           {"D65", allOf(whole, replace("payment.recorded", "all-12", `"method"`, `"review":true,"method"`))},
		"by another command":     {"I8", allOf(whole, replaceInMeta("payment.recorded", "all-12", "adopt-payments", "pay"))},
		"no stream after others": {"D65", dropFromCommit("paylater.paid", "all-12", "payment.recorded")},
	} {
		err := audit.New(settings()...).Log(t.Context(), newLog(renumber(c.edit(validLog(t)))))
		if c.invariant != "" && !violates(err, c.invariant) || c.invariant == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
