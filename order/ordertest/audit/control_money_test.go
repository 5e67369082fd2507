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

// took is the data of a report about a case of order n's card, which moves nothing.
func took(n, name, rest string) string {
	return `{"reference":"K-C` + n + `","amount":"2000.00 USD","case":"` + name + `","at":"2025-01-01T00:00:00Z",` + rest + `}`
}

// inStream edits the record of a payment's stream that has the needle: that of the commit of an order's
// event.
func inStream(typ, needle, of string, change func(r *events.Record)) edit {
	return commitOf(typ, needle, func(r *events.Record) {
		if r.Type == of {
			change(r)
		}
	})
}

// without drops a record from the commit of another.
func without(typ, needle, of string) edit {
	return func(log []events.Record) []events.Record {
		commit := log[find(log, typ, needle)].Commit
		return slices.DeleteFunc(log, func(r events.Record) bool { return r.Commit == commit && r.Type == of })
	}
}

// data replaces what is in the data of such a record.
func data(typ, needle, of, old, with string) edit {
	return inStream(typ, needle, of, func(r *events.Record) {
		if !strings.Contains(string(r.Data), old) {
			panic(of + " has no " + old + ": " + string(r.Data))
		}
		r.Data = []byte(strings.Replace(string(r.Data), old, with, 1))
	})
}

// open drops the close of an order, with the unlinking of its goods.
func stillOpen(n int) edit {
	return all(without("order.closed", o(n), "order.entrustment-unlinked"), without("order.closed", o(n), "entrustment.unlinked"), drop("order.closed", o(n)))
}

const oneMore = `{"number":4,"ground":"quality","claimed":"1.00 USD","escalate_from":"2025-01-07T00:00:00Z","escalate_by":"2025-01-10T00:00:00Z"}`

// controlsOfMoney are faults in what the second edition writes of payments, cases and disputes.
var controlsOfMoney = []control{
	// what the cases of a payment take, and what the order answers
	{"D24", put("order.payment-reversed", `"case":"b"`, `"excess":"200.00`, `"excess":"0.00`)},
	{"D24", put("order.payment-reversed", `"case":"b"`, `"open":2`, `"open":1`)},
	{"D24", put("order.payment-reversed", `"case":"b"`, `"applied":"1500.00`, `"applied":"1700.00`)},
	{"D24", put("order.payment-reversed", `"case":"b"`, `"amount":"2000.00`, `"amount":"1700.00`)},
	{"D24", put("order.payment-reversed", `"case":"c"`, `"applied":"300.00`, `"applied":"2000.00`)},
	{"D24", put("order.chargeback-resolved", `"case":"a"`, `"applied":"300.00`, `"applied":"500.00`)},
	{"D24", put("order.chargeback-resolved", `"case":"c"`, `"lost":"300.00`, `"lost":"2000.00`)},
	{"D24", put("order.chargeback-resolved", o(14), `"applied":"6000.00 USD","unapplied":"0.00`, `"applied":"0.00 USD","unapplied":"6000.00`)},
	{"D24", put("order.chargeback-resolved", o(19)+` {"reference":"K-C19","won":true`, `"shortfall":"6000.00 USD",`, ``)},
	{"D24", put("order.chargeback-resolved", o(11), `"applied":"2000.00 USD","unapplied":"0.00`, `"applied":"0.00 USD","unapplied":"2000.00`)},
	{"D24", put("order.chargeback-resolved", o(23)+` {"reference":"K-C23","won":true`, `"applied":"0.00 USD","unapplied":"6000.00`, `"applied":"4000.00 USD","unapplied":"2000.00`)},
	{"D24", put("order.transfer-reversed", o(30), `"applied":"200.00 USD","unapplied":"500.00`, `"applied":"700.00 USD","unapplied":"0.00`)},
	{"D24", put("order.payment-reversed", o(26), `"applied":"0.00`, `"applied":"500.00`)},
	{"D24", put("order.payment-reversed", o(26), `"reviewed":"1500.00 USD",`, ``)},
	{"D24", put("order.payment-initiated", `"moved"`, `"moved":{"applied":"500.00 USD"},`, ``)},
	{"D24", put("order.payment-initiated", `"moved"`, `"moved":{"applied":"500.00`, `"moved":{"applied":"1500.00`)},
	{"D24", put("order.payment-initiated", `"moved"`, `,"cases":{"taken":"2000.00 USD","lost":"2000.00 USD","excess":"0.00 USD","open":0}`, ``)},
	{"D24", put("order.payment-reversed", o(24)+` {"reference":"K-C24","amount":"2000.00 USD","applied":"-50.00`, `"applied":"-50.00`, `"applied":"50.00`)},
	{"D24", again("order.payment-reversed", `"case":"a"`)},
	{"D24", put("order.payment-reversed", `"case":"a"`, `"case":"a"`, `"case":""`)},
	{"D24", put("order.payment-reversed", `"case":"a"`, `"reference":"K-C5"`, `"reference":"K-C6"`)},
	{"D24", more("order.payment-received", `"cent"`, by(byPlatform, "charge-back"), "order.payment-reversed", `{"reference":"cent","case":"x","at":"2025-01-01T00:00:00Z"}`)},
	{"D24", more("order.payment-received", "K-C5", by(byPlatform, "reverse-transfer"), "order.transfer-reversed", took("5", "x", `"claimed":"1.00 USD"`))},
	{"D24", more("order.payment-received", "K-C5", by(byPlatform, "charge-back"), "order.payment-reversed", `{"reference":"K-C5","amount":"2000.00 USD","applied":"2000.00 USD"}`)},
	{"D19", more("order.payment-reversed", `"case":"b"`, by(byPlatform, "charge-back"), "order.payment-reversed",
		`{"reference":"K-C5","amount":"2000.00 USD","case":"b","claimed":"1.00 USD","at":"2024-12-31T01:00:00Z"}`)},
	{"D62", more("order.payment-received", "K-C5", by(byPlatform, "resolve-chargeback"), "order.chargeback-resolved", took("5", "x", `"won":true`))},
	{"D61", put("order.payment-reversed", `"case":"a"`, `"at":"2024-12-31T01`, `"at":"2025-01-01T01`)},
	{"D61", put("order.payment-received", "K-C5", `"paid_at":"2025-01-01T00:00:00Z"`, `"paid_at":"2025-01-01T00:00:06Z"`)},
	{"D29", all(without("order.chargeback-resolved", "receipt_deadline", "payment.resolved"), drop("order.chargeback-resolved", "receipt_deadline"))},

	// where money goes
	{"I7", more("order.terms-modified", o(23), by(byPlatform, "apply-unapplied"), "order.unapplied-applied", `{"amount":"1.00 USD"}`)},
	{"I14", put("order.payment-received", `"0003"`, `"applied":"600.00 USD","unapplied":"0.00 USD","reversed":"1000.00 USD"`, `"applied":"1600.00 USD","unapplied":"0.00 USD"`)},
	{"I14", put("order.payment-received", `"0003"`, `"applied":"600.00 USD","unapplied":"0.00 USD","reversed":"1000.00`, `"applied":"0.00 USD","unapplied":"0.00 USD","reversed":"1600.00`)},
	{"I14", put("order.unapplied-applied", "CH-7", `"amount":"2000.00`, `"amount":"2400.01`)},
	{"I14", put("order.unapplied-returned", "CH-7", `"amount":"100.00 USD","reviewed":"100.00`, `"amount":"2500.01 USD","reviewed":"2500.01`)},
	{"I14", put("order.unapplied-returned", "CH-7", `,"reference":"CH-7"`, ``)},
	{"I14", all(drop("order.unapplied-applied", o(23)), without("order.confirmed", o(23)+` {"account":"b-bruno","terms":3`, "order.funded"))},
	{"I14", put("order.payment-received", `"late"`, `"unapplied":"10.00`, `"unapplied":"9.00`)},
	{"I14", put("order.refund-made", o(11), "1000.00", "2000.01")},
	{"I15", more("order.closed", o(1), by(byPlatform, "refund"), "order.refund-made", `{"amount":"1.00 USD","cause":"agreed"}`)},
	{"I15", asks("order.refund-made", o(31)+` {"amount":"2000.00`, `"role":"platform","account":"p-ops"`, `"role":"seller","account":"s-acme"`)},
	{"I15", more("order.completed", o(11), by(byPlatform, "refund"), "order.closed", `{"reason":"refunded"}`)},
	{"I35", put("order.payment-received", `"late"`, `"applied":"0.00 USD","unapplied":"10.00`, `"applied":"10.00 USD","unapplied":"0.00`)},
	{"I36", put("order.chargeback-resolved", o(16), `"lost":"5000.00`, `"lost":"0.00`)},
	{"D19", put("order.unapplied-applied", "CH-7", `"reviewed":"2400.00`, `"reviewed":"2000.00`)},
	{"D19", put("order.unapplied-applied", "CH-7", `"reference":"CH-7"`, `"reference":"CH-8"`)},
	{"D19", put("order.payment-received", `"0002"`, `"0002"`, `"`+strings.Repeat("2", 141)+`"`)},
	{"D19", put("order.payment-received", `"0002"`, `"0002"`, `"00\n02"`)},
	{"D19", put("order.payment-received", `"0002"`, `"0002"`, `"0001"`)},
	{"D21", put("order.unapplied-returned", "CH-7", `"reference":"CH-7"`, `"reference":"CH-8"`)},

	// payments in process
	{"D18", put("order.payment-initiated", `"C10"`, `"notice_until":"2025-01-02`, `"notice_until":"2025-01-03`)},
	{"D18", put("order.payment-initiated", `"E10"`, `,"notice_until":"2025-01-16T00:00:00Z"`, ``)},
	{"D18", moves("order.payment-initiated", `"E10"`, -1)},
	{"D18", all(put("order.payment-received", "CH-7", `"applied":"0.00 USD","unapplied":"2500.00`, `"applied":"2500.00 USD","unapplied":"0.00`), put("order.payment-received", "CH-7", `,"needs_review":true`, ``))},
	{"D18", put("order.payment-received", "K-C9", `"applied":"6000.00 USD","unapplied":"0.00 USD"`, `"applied":"0.00 USD","unapplied":"6000.00 USD","needs_review":true`)},
	{"D18", put("order.payment-initiated", `"C8"`, `"reference":"CH-8"`, `"reference":"CH-7"`)},
	{"D18", put("order.payment-initiated", `"C8"`, `"reviewed":"2500.00`, `"reviewed":"2000.00`)},
	{"D18", moves("order.payment-failed", `"C9"`, day)},
	{"D18", more("order.payment-initiated", `"C8"`, by(byBuyer, "initiate-payment"), "order.payment-initiated", `{"payment":"C8","method":"card","amount":"1.00 USD","notice_until":"2025-01-02T00:00:00Z"}`)},
	{"D27", moves("order.closed", o(10), -1)},
	{"D28", moves("order.closed", o(16), -1)},
	{"D20", more("order.funded", o(15), by(byBuyer, "initiate-payment"), "order.payment-initiated", `{"payment":"T15","method":"tt","amount":"1.00 USD","notice_until":"2025-01-08T00:00:00Z"}`)},
	{"D20", more("order.unfunded", o(16), by(bySeller, "accept-shortfall"), "order.shortfall-accepted", `{"amount":"5000.00 USD"}`)},
	{"D20", more("order.receipt-confirmed", o(11), by(bySeller, "accept-shortfall"), "order.shortfall-accepted", `{"amount":"3999.00 USD"}`)},

	// the initial payment is taken back
	{"D63", drop("order.unfunded", o(1))},
	{"D63", drop("order.unfunded", o(6))},
	{"D63", drop("order.unfunded", o(33))},
	{"D63", put("order.unfunded", o(6), "2025-03-02", "2025-03-03")},
	{"D63", more("order.funded", o(9), `{"role":"system","command":"unfund"}`, "order.unfunded", `{"pay_by":"2025-03-02T00:00:00Z"}`)},
	{"D29", more("order.payment-reversed", o(1), `{"role":"system","command":"unfund"}`, "order.unfunded", `{"pay_by":"2025-03-03T00:00:00Z"}`)},
	{"D63", beside("order.unfunded", o(15), "order.funded", `{}`)},
	{"D63", asks("order.closed", o(1), `"role":"seller","account":"s-acme"`, `"role":"buyer","account":"b-bruno"`)},
	{"D63", more("order.unfunded", o(15), by(bySeller, "modify"), "order.terms-modified", strings.Replace(amended, `post-delivery`, `none`, 1))},
	{"D30", stillOpen(3)},
	{"D30", beside("order.refund-made", o(3), "order.closed", `{"reason":"refunded"}`)},
	{"D30", beside("order.chargeback-resolved", o(4), "order.closed", `{"reason":"refunded"}`)},
	{"D30", beside("order.transfer-reversed", o(17), "order.closed", `{"reason":"refunded"}`)},

	// disputes, and what stands still meanwhile
	{"D29", more("order.dispute-withdrawn", o(20)+` {"pay_by":"2025-03-05`, by(byBuyer, "open-dispute"), "order.dispute-opened", oneMore)},
	{"D29", more("order.arbitrated", o(12)+` {}`, by(byBuyer, "open-dispute"), "order.dispute-opened", oneMore)},
	{"D29", more("order.arbitrated", o(12)+` {"receipt_deadline"`, by(byBuyer, "open-dispute"), "order.dispute-opened", strings.Replace(oneMore, `4`, `5`, 1))},
	{"D13", put("order.dispute-withdrawn", o(20)+` {"pay_by":"2025-03-05`, `"pay_by":"2025-03-05T00:00:00Z"`, ``)},
	{"D13", put("order.dispute-withdrawn", o(20)+` {"pay_by":"2025-03-05`, "03-05", "03-04")},
	{"D13", put("order.chargeback-resolved", `"cb-2"`, `"confirm_by":"2025-02-01T00:00:00Z",`, ``)},
	{"D13", put("order.chargeback-resolved", o(1), `"case"`, `"pay_by":"2025-03-02T00:00:00Z","case"`)},
	{"I12", put("order.chargeback-resolved", o(19), `"receipt_deadline":"2025-01-17`, `"receipt_deadline":"2025-01-16`)},
	{"D17", put("order.shipped", o(27), `"agreed":"2025-02-03`, `"agreed":"2025-02-02`)},
	{"D17", put("order.shipped", o(12), `"agreed":"2025-02-08`, `"agreed":"2025-02-02`)},

	// a payment belongs to one order, and its stream says what the order says
	{"D65", all(drop("order.payment-voided", o(21)), drop("payment.voided", ""))},
	{"D65", put("order.payment-voided", o(21), `"amount":"2000.00`, `"amount":"1.00`)},
	{"D65", more("order.payment-received", o(22)+` {"reference":"CH-1"`, by(byPlatform, "void-payment"), "order.payment-voided",
		`{"reference":"CH-1","method":"card","amount":"2000.00 USD"}`)},
	{"D65", all(put("order.payment-received", `"0002"`, `,"own_stream":true`, ``), without("order.payment-received", `"0002"`, "payment.recorded"))},
	{"D65", inStream("order.payment-received", `"0002"`, "payment.recorded", func(r *events.Record) { r.Stream += "x" })},
	{"D65", data("order.payment-received", `"0002"`, "payment.recorded", `"0002"`, `"0003"`)},
	{"D65", data("order.payment-received", "K-C5", "payment.recorded", `"reference"`, `"returned":"1.00 USD","reference"`)},
	{"D65", without("order.chargeback-resolved", o(28), "payment.recorded")},
	{"D65", data("order.chargeback-resolved", o(28), "payment.recorded", `"open"`, `"lost"`)},
	{"D65", data("order.chargeback-resolved", o(28), "payment.recorded", `"amount":"2000.00`, `"amount":"1999.00`)},
	{"D65", data("payment.recorded", `"other"`, "payment.recorded", `"returned":"100.00`, `"returned":"99.00`)},
	{"D65", data("payment.recorded", `"other"`, "payment.recorded", `"review":true,`, ``)},
	{"D65", again("payment.recorded", `"other"`)},
	{"D65", again("payment.voided", "")},
	{"I31", without("order.payment-received", "K-C5", "payment.recorded")},
	{"I31", data("order.payment-received", "K-C5", "payment.recorded", `"amount":"2000.00`, `"amount":"2001.00`)},
	{"I31", data("order.payment-received", "K-C5", "payment.recorded", o(5), o(6))},
	{"I31", without("order.payment-reversed", `"case":"b"`, "payment.taken")},
	{"I31", data("order.payment-reversed", `"case":"b"`, "payment.taken", `"amount":"1700.00`, `"amount":"1500.00`)},
	{"I31", data("order.payment-reversed", `"case":"b"`, "payment.taken", `"b"`, `"a"`)},
	{"I31", without("order.transfer-reversed", o(17), "payment.taken")},
	{"I31", without("order.chargeback-resolved", `"case":"a"`, "payment.resolved")},
	{"I31", data("order.chargeback-resolved", `"case":"a"`, "payment.resolved", `"won":true,`, ``)},
	{"I31", without("order.unapplied-applied", "CH-7", "payment.applied")},
	{"I31", without("order.payment-initiated", "CH-8", "payment.applied")},
	{"I31", without("order.unapplied-returned", "CH-7", "payment.returned")},
	{"I31", without("order.payment-voided", o(21), "payment.voided")},
	{"I31", parted("payment.taken", `"a"`)},

	// who says so
	{"I8", asks("order.payment-reversed", `"case":"a"`, `"platform"`, `"seller"`)},
	{"I8", asks("order.payment-voided", o(21), `"platform","account":"p-ops"`, `"system"`)},
	{"I8", asks("payment.recorded", `"other"`, `"platform"`, `"seller"`)},
	{"I8", asks("order.unfunded", o(32), `"system"`, `"platform"`)},
	{"I8", asks("order.transfer-reversed", o(17), "reverse-transfer", "charge-back")},
	{"I9", put("order.payment-initiated", `"E10"`, `"US"`, `"CA"`)},
	{"I8", inStream("order.payment-reversed", `"case":"b"`, "payment.taken", func(r *events.Record) { r.Type = "payment.given" })},
}

// TestAwardsWait has the platform award money while a chargeback is open. A ruling for the seller does
// not wait.
func TestAwardsWait(t *testing.T) {
	for award, fault := range map[string]string{`"compensation":"1.00 USD"`: "D29", `"refund":"1.00 USD"`: "D29", ``: ""} {
		h := newHand(t)
		h.confirmed(1, "2000", order.CoveragePostDelivery)
		h.takeOver()
		h.card(1, "C1", "6000.00", "6000.00", "0.00", funded(1))
		h.opens(1, 1)
		h.after(6 * day)
		h.asks(`{"role":"system","command":"escalate"}`, of(1, "dispute-escalated", `{"by":"system"}`))
		h.takes(1, told{method: "card", reference: "K-C1", name: "cb-1", of: "6000.00", claimed: "1.00", at: hour, applied: "1.00", unapplied: "0.00", taken: "1.00", open: 1})
		h.asks(by(byPlatform, "arbitrate"), of(1, "arbitrated", `{`+award+`}`))
		if err := audit.New(settings()...).Log(t.Context(), newLog(numbered(h.log))); fault != "" && !breaks(err, fault) || fault == "" && err != nil {
			t.Errorf("a ruling of %s: %v", award, err)
		}
	}
}

// TestPaymentsOfForgottenOrders refuses the payment of an order that was forgotten on another one.
func TestPaymentsOfForgottenOrders(t *testing.T) {
	h := newHand(t)
	for n := 1; n <= 2; n++ {
		h.confirmed(n, "6000", order.CoverageNone)
	}
	h.takeOver()
	h.card(1, "C1", "6000.00", "6000.00", "0.00", funded(1))
	h.refunds(1, "6000.00", h.closes(1, "refunded")...)
	end := len(h.log)
	h.announces(2, "card", "C1", "6000.00")
	h.receives(2, paid{method: "card", id: "C1", reference: "K-C1", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, funded(2))
	log, a := numbered(h.log), audit.New(settings()...)
	if err := a.Log(t.Context(), newLog(log[:end])); err != nil {
		t.Fatal(err)
	}
	a.Forget(events.StreamID("order-" + o(1)))
	if err := a.Log(t.Context(), newLog(log[end:])); !breaks(err, "D65") {
		t.Errorf("on another order: %v", err)
	}
}

// marked writes the mark that all payments are adopted behind a log.
func marked(log []events.Record) []events.Record {
	r := log[len(log)-1]
	r.Stream, r.Type, r.Data, r.Meta, r.Commit = "payment-adopted", "payment.all-adopted", []byte(`{}`), []byte(by(byPlatform, "adopt-payments")), uuid.New()
	return append(log, r)
}

// TestMarkOfAdoption has a log end with the mark that all payments of the first edition have streams.
func TestMarkOfAdoption(t *testing.T) {
	until := func(typ, needle string) edit {
		return func(log []events.Record) []events.Record { return log[:find(log, typ, needle)] }
	}
	before := until("order.payment-initiated", o(28)) // the first payment that the first edition recorded
	adopted := func(stream string) edit {
		return all(before, marked, func(log []events.Record) []events.Record {
			log[len(log)-1].Stream = events.StreamID(stream)
			return log
		})
	}
	for name, c := range map[string]struct {
		fault string
		edit  edit
	}{
		"nothing to adopt":    {"", all(before, marked)},
		"not all are adopted": {"D65", marked},
		"twice":               {"D65", all(before, marked, marked)},
		"on another stream":   {"D65", adopted("payment-" + strings.Repeat("a", 26))},
		"by a seller":         {"I8", all(before, marked, asks("payment.all-adopted", "", "platform", "seller"))},
		"by another command":  {"I8", all(before, marked, asks("payment.all-adopted", "", "adopt-payments", "void-payment"))},
		"a payment in its way": {"D65", all(before, marked, put("payment.all-adopted", "", `{}`, `{"method":"card","reference":"x","amount":"1.00 USD"}`), func(log []events.Record) []events.Record {
			log[len(log)-1].Type = "payment.recorded"
			return log
		})},
	} {
		a := audit.New(settings()...)
		err := a.Log(t.Context(), newLog(numbered(c.edit(secondEdition(t)))))
		if c.fault != "" && !breaks(err, c.fault) || c.fault == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChargesHaveStreams has the payments of pay-later orders in streams of their own.
func TestChargesHaveStreams(t *testing.T) {
	paid := func(old, with string) edit {
		return data("paylater.paid", "all-12", "payment.recorded", old, with)
	}
	recorded := func(change func(r *events.Record)) edit {
		return inStream("paylater.paid", "all-12", "payment.recorded", change)
	}
	more := all(asks("paylater.paid", "all-12", `"buyer","account":"b-shopper"`, `"system"`),
		beside("paylater.paid", "all-12", "paylater.payment-unapplied", `{"reference":"all-12","amount":"10.00 CNY"}`))
	for name, c := range map[string]control{
		"sound":                      {"", all()},
		"more than was due":          {"", all(more, paid("2000.00", "2010.00"))},
		"more than is recorded":      {"I31", more},
		"no stream":                  {"D65", without("paylater.paid", "all-12", "payment.recorded")},
		"no stream of an instalment": {"D65", without("paylater.instalment-paid", "part-11", "payment.recorded")},
		"another amount":             {"I31", paid("2000.00", "1999.00")},
		"another order":              {"I31", paid(o(12), o(13))},
		"another reference":          {"D65", paid("all-12", "all-13")},
		"another method":             {"D65", paid("charge", "card")},
		"recorded a second time":     {"D65", again("payment.recorded", "all-12")},
		"in a commit of its own":     {"D65", parted("payment.recorded", "all-12")},
		"of no order, by a case": {"D65", recorded(func(r *events.Record) {
			r.Type, r.Data = "payment.taken", []byte(`{"case":"x"}`)
		})},
	} {
		a := audit.New(append(settings(), audit.SecondEdition())...)
		err := a.Log(t.Context(), newLog(numbered(c.edit(sound(t)))))
		if c.fault != "" && !breaks(err, c.fault) || c.fault == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		a.Forget(events.StreamID("paylater-" + o(12)))
	}
}

// TestChargesAdopted has the payments of pay-later orders of the first edition get streams.
func TestChargesAdopted(t *testing.T) {
	first := func(log []events.Record) []events.Record {
		return slices.DeleteFunc(log, func(r events.Record) bool {
			return r.Type == "payment.recorded" && strings.Contains(string(r.Data), `"charge"`)
		})
	}
	// adopts adopts every payment that the log has, but those whose reference has the word.
	adopts := func(but string) edit {
		return func(log []events.Record) []events.Record {
			for _, r := range numbered(sound(t)) {
				if r.Type != "payment.recorded" || !strings.Contains(string(r.Data), `"charge"`) || strings.Contains(string(r.Data), but) {
					continue
				}
				r.Commit, r.At, r.Meta = uuid.New(), log[len(log)-1].At, []byte(by(byPlatform, "adopt-payments"))
				log = append(log, r)
			}
			return log
		}
	}
	whole := all(first, adopts("no such"))
	for name, c := range map[string]control{
		"first edition":          {"", first},
		"adopted":                {"", all(whole, marked)},
		"not all":                {"", all(first, adopts("all-12"))},
		"not all, and marked":    {"D65", all(first, adopts("all-12"), marked)},
		"adopted a second time":  {"D65", all(whole, again("payment.recorded", "all-12"))},
		"another amount":         {"D65", all(whole, put("payment.recorded", "all-12", "2000.00", "1999.00"))},
		"another order":          {"I31", all(whole, put("payment.recorded", "all-12", o(12), o(13)))},
		"another reference":      {"D65", all(whole, put("payment.recorded", "all-12", "all-12", "all-13"))},
		"under review":           {"D65", all(whole, put("payment.recorded", "all-12", `"method"`, `"review":true,"method"`))},
		"by another command":     {"I8", all(whole, asks("payment.recorded", "all-12", "adopt-payments", "pay"))},
		"no stream after others": {"D65", without("paylater.paid", "all-12", "payment.recorded")},
	} {
		err := audit.New(settings()...).Log(t.Context(), newLog(numbered(c.edit(sound(t)))))
		if c.fault != "" && !breaks(err, c.fault) || c.fault == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
