package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/ordertest/audit"
)

// edit changes a valid log so that it breaks a rule.
type edit func(log []events.Record) []events.Record

// indexOf returns the index of the first record of a type whose stream or data contains the needle.
func indexOf(log []events.Record, typ, needle string) int {
	i := slices.IndexFunc(log, func(r events.Record) bool {
		return r.Type == typ && strings.Contains(string(r.Stream)+" "+string(r.Data), needle)
	})
	if i < 0 {
		panic(fmt.Sprintf("there is no %s of %q", typ, needle))
	}
	return i
}

// o returns the ID of the n-th order as its records have it.
func o(n int) string { return id(n).String() }

// replace replaces a text in the data of a record. The record must have it once.
func replace(typ, needle, old, with string) edit {
	return func(log []events.Record) []events.Record {
		i := indexOf(log, typ, needle)
		if bytes.Count(log[i].Data, []byte(old)) != 1 {
			panic(fmt.Sprintf("%s does not have %q once: %s", typ, old, log[i].Data))
		}
		log[i].Data = bytes.Replace(log[i].Data, []byte(old), []byte(with), 1)
		return log
	}
}

// drop removes a record.
func drop(typ, needle string) edit {
	return func(log []events.Record) []events.Record {
		i := indexOf(log, typ, needle)
		return slices.Delete(log, i, i+1)
	}
}

// duplicate inserts a record a second time, after the first.
func duplicate(typ, needle string) edit {
	return func(log []events.Record) []events.Record {
		i := indexOf(log, typ, needle)
		return slices.Insert(log, i, log[i])
	}
}

// editCommit applies a change to each record of the commit of a record.
func editCommit(typ, needle string, change func(r *events.Record)) edit {
	return func(log []events.Record) []events.Record {
		commit := log[indexOf(log, typ, needle)].Commit
		for i := range log {
			if log[i].Commit == commit {
				change(&log[i])
			}
		}
		return log
	}
}

// replaceInMeta replaces a text in the meta of a commit: its role, account or command.
func replaceInMeta(typ, needle, old, with string) edit {
	return editCommit(typ, needle, func(r *events.Record) {
		r.Meta = bytes.ReplaceAll(r.Meta, []byte(old), []byte(with))
	})
}

// shiftTime moves the instant of a commit.
func shiftTime(typ, needle string, by time.Duration) edit {
	return editCommit(typ, needle, func(r *events.Record) { r.At = r.At.Add(by) })
}

// addCommit adds a commit with one record after the commit of a record, on the record's stream.
func addCommit(typ, needle, meta, newType, data string) edit {
	return func(log []events.Record) []events.Record {
		i := indexOf(log, typ, needle)
		r := log[i]
		r.Type, r.Meta, r.Data, r.Commit = newType, []byte(meta), []byte(data), uuid.New()
		for i++; i < len(log) && log[i].Commit == log[i-1].Commit; i++ {
		}
		return slices.Insert(log, i, r)
	}
}

// addRecord adds a record after a record, in the same commit and on the same stream.
func addRecord(typ, needle, newType, data string) edit {
	return func(log []events.Record) []events.Record {
		i := indexOf(log, typ, needle)
		r := log[i]
		r.Type, r.Data = newType, []byte(data)
		return slices.Insert(log, i+1, r)
	}
}

// splitCommit moves a record and the rest of its commit to another commit.
func splitCommit(typ, needle string) edit {
	return func(log []events.Record) []events.Record {
		i, other := indexOf(log, typ, needle), uuid.New()
		for commit := log[i].Commit; i < len(log) && log[i].Commit == commit; i++ {
			log[i].Commit = other
		}
		return log
	}
}

// repeatCommit appends a commit a second time.
func repeatCommit(typ, needle string) edit {
	return func(log []events.Record) []events.Record {
		commit := log[indexOf(log, typ, needle)].Commit
		for _, r := range log {
			if r.Commit == commit {
				log = append(log, r)
			}
		}
		return log
	}
}

// setStream moves a record to another stream.
func setStream(typ, needle, stream string) edit {
	return func(log []events.Record) []events.Record {
		log[indexOf(log, typ, needle)].Stream = events.StreamID(stream)
		return log
	}
}

// sameAccount gives the second order the receiving account of the first.
func sameAccount(log []events.Record) []events.Record {
	first := indexOf(log, "reservation.reserved", o(1))
	second := indexOf(log, "reservation.reserved", o(2))
	old, _ := log[second].Stream.Key()
	number, _ := log[first].Stream.Key()
	return allOf(replace("order.submitted", o(2), old, number), setStream("reservation.reserved", o(2), string(log[first].Stream)))(log)
}

// allOf applies edits one after the other.
func allOf(edits ...edit) edit {
	return func(log []events.Record) []events.Record {
		for _, e := range edits {
			log = e(log)
		}
		return log
	}
}

// repeat applies an edit n times.
func repeat(n int, change edit) edit { return allOf(slices.Repeat([]edit{change}, n)...) }

// renumber sets the versions, positions and indexes as a store would.
func renumber(log []events.Record) []events.Record {
	versions := make(map[events.StreamID]events.Version)
	for i := range log {
		r := &log[i]
		versions[r.Stream]++
		r.Version, r.Position, r.Index = versions[r.Stream], events.Position(i+1), 0
		if i > 0 && log[i-1].Commit == r.Commit {
			r.Index = log[i-1].Index + 1
		}
	}
	return log
}

const (
	bySeller   = `{"role":"seller","account":"s-acme","command":"%s"}`
	byBuyer    = `{"role":"buyer","account":"b-bruno","command":"%s"}`
	byPlatform = `{"role":"platform","account":"p-ops","command":"%s"}`
	shopLine   = "paylater_line-m-shop~2FCNY"
)

// meta returns the meta of a command; by is one of the constants above.
func meta(by, command string) string { return fmt.Sprintf(by, command) }

// control is an edit that breaks a rule, and the invariant or rule that the auditor must name.
type control struct {
	invariant string
	edit      edit
}

// controls break each invariant that events show, and rules that no invariant covers.
var controls = slices.Concat(invariantControls, orderControls, payLaterControls)

var invariantControls = []control{
	{"I1", drop("credit.released", o(1))},
	{"I1", drop("credit.held", o(1))},
	{"I2", replace("credit.limit-assessed", "50000", "50000.00", "5999.99")},
	{"I3", replace("order.coverage-chosen", o(1), "post-delivery", "none")},
	{"I4", allOf(drop("order.hold-placed", o(1)), drop("credit.held", o(1)))},
	{"I4", allOf(drop("order.hold-released", o(3)), drop("credit.released", o(3)))},
	{"I4", replace("order.hold-released", o(3), `"shipped"`, `"received"`)},
	{"I5", replace("order.hold-released", o(1), "6000.00", "5999.00")},
	{"I5", duplicate("order.hold-placed", o(1))},
	{"I5", duplicate("order.hold-released", o(1))},
	{"I6", sameAccount},
	{"I31", setStream("reservation.reserved", o(2), "receiving_account-TA")},
	{"I6", replace("order.submitted", o(1), `"account":"`, `"account":"","x":"`)},
	{"I7", drop("order.funded", o(1))},
	{"I7", drop("order.confirmed", o(8))},
	{"I7", replace("order.terms-set", o(1), `"initial":"2000.00`, `"initial":"2000.01`)},
	{"I8", replaceInMeta("order.confirmed", o(1), "b-bruno", "b-other")},
	{"I8", replaceInMeta("order.receipt-confirmed", o(1), `"role":"system"`, `"role":"platform"`)},
	{"I8", replace("order.receipt-confirmed", o(1), "system", "buyer")},
	{"I13", replaceInMeta("order.drafted", o(1), "s-acme", "s-other")},
	{"I8", replaceInMeta("order.shipped", o(1), "s-acme", "s-other")},
	{"I8", replaceInMeta("order.shipped", o(1), "mark-shipped", "cancel")},
	{"I8", replaceInMeta("paylater.shipped", o(11), "m-shop", "m-other")},
	{"I8", replaceInMeta("funds.card-bound", "", "m-shop", "m-other")},
	{"I8", replaceInMeta("credit.limit-assessed", "", "platform", "seller")},
	{"I9", replace("order.payment-initiated", "C6", `"US"`, `"CA"`)},
	{"I9", replace("order.payment-initiated", "C4", `"card"`, `"paypal"`)},
	{"I10", allOf(drop("entrustment.released", "E1"), drop("order.entrustment-released", "E1"))},
	{"I10", allOf(replace("entrustment.released", "E1", `{"released_at":"2025-01-01`, `{"void":true,"released_at":"2024-12-31`),
		replace("entrustment.declared", "E1", `"declared_at":"2025`, `"declared_at":"2024`), replace("order.entrustment-released", "E1", `"2025-01-01`, `"2024-12-31`))},
	{"I11", drop("entrustment.linked", "E1")},
	{"I11", drop("entrustment.unlinked", "E6")},
	{"I11", replace("order.entrustment-linked", "E2", `"E2"`, `"E1"`)},
	{"I12", shiftTime("order.receipt-confirmed", o(1), -1)},
	{"I12", replace("order.shipped", o(1), "2025-01-16", "2025-01-15")},
	{"I12", duplicate("order.receipt-extended", o(1))},
	{"I12", replace("order.receipt-extended", o(1), `"2025-01-31`, `"2025-02-01`)},
	{"I12", replace("order.dispute-withdrawn", o(4), "2025-02-", "2025-03-")},
	{"I13", addCommit("order.confirmed", o(1), meta(bySeller, "set-buyer"), "order.buyer-entered", `{"email":"new@buyer.example","name":"New"}`)},
	{"I13", replace("order.drafted", o(1), "2025-01-01", "2024-12-31")},
	{"I14", replace("order.payment-received", "initial-1", `"unapplied":"0.00`, `"unapplied":"1.00`)},
	{"I14", replace("order.payment-received", "balance-1", `"applied":"4000.00 USD","unapplied":"100.00`, `"applied":"4100.00 USD","unapplied":"0.00`)},
	{"I14", drop("order.completed", o(1))},
	{"I14", replace("order.unapplied-returned", o(1), "100.00", "100.01")},
	{"I14", replace("order.refund-made", o(5), "500.00", "500.01")},
	{"I15", addCommit("order.completed", o(1), meta(bySeller, "propose-change"), "order.change-proposed", `{}`)},
	{"I15", addCommit("order.closed", o(6), meta(byBuyer, "confirm"), "order.confirmed", `{}`)},
	{"I16", replace("order.claim-posted", o(2), `"amount":"500.00`, `"amount":"500.01`)},
	{"I16", addCommit("order.claim-posted", o(2), meta(byPlatform, "arbitrate"), "order.claim-posted", `{"amount":"1.00 USD","released":"0.00 USD"}`)},
	{"I17", drop("credit.quota-restored", o(13))},
	{"I17", drop("credit.quota-consumed", o(16))},
	{"I18", replace("credit.limit-raised", "", `"from":"5000.00`, `"from":"5000.01`)},
	{"I18", allOf(replace("credit.line-opened", "", "5000.00", "999.99"), drop("credit.limit-raised", ""))},
	{"I19", replace("paylater.cancelled", o(13), "300.00", "299.00")},
	{"I20", replace("paylater.paid", "rest-11", `"total":"900.00`, `"total":"500.00`)},
	{"I20", drop("funds.credited", o(11))},
	{"I21", replace("paylater.refund-made", o(12), "2000.00", "2000.01")},
	{"I21", addCommit("paylater.shipped", o(11), `{"role":"seller","account":"m-shop","command":"refund"}`, "paylater.refund-made", `{"amount":"1.00 CNY"}`)},
	{"I22", replace("funds.withdrawal-requested", "W2", `"gross":"200.00 CNY"`, `"gross":"20000.00 CNY"`)},
	{"I22", replace("funds.debited", o(12), `"debt":"0.00`, `"debt":"1.00`)},
	{"I22", allOf(replace("funds.withdrawal-requested", "W2", `"gross":"200.00 CNY","fee":"0.20 CNY","net":"199.80`, `"gross":"1500.00 CNY","fee":"1.50 CNY","net":"1498.50`),
		drop("funds.withdrawal-requested", "W1"), drop("funds.withdrawal-failed", "W1"), shiftTime("funds.card-bound", "", -1), shiftTime("funds.withdrawal-requested", "W2", -1))},
	{"I23", replace("funds.withdrawal-requested", "W2", "199.80", "199.79")},
	{"I23", duplicate("funds.withdrawal-settled", "W2")},
	{"I23", replace("funds.withdrawal-failed", "W1", `"repaid":"0.00`, `"repaid":"1.00`)},
	{"I24", addCommit("credit.limit-raised", "", meta(byPlatform, "freeze"), "credit.frozen", `{"reason":"other","ref":"audit"}`)},
	{"I25", addCommit("credit.limit-raised", "", meta(byPlatform, "freeze"), "credit.limit-raised", `{"from":"20000.00 CNY","to":"20001.00 CNY"}`)},
	{"I26", allOf(duplicate("funds.credited", o(11)))},
	{"I27", replace("funds.credited", o(11), `"repaid":"0.00`, `"repaid":"900.01`)},
	{"I28", replace("order.confirmed", o(1), `"terms":2`, `"terms":2,"terms":3`)},
	{"I28", replace("order.confirmed", o(1), `"terms":2`, `"terms":"2"`)},
	{"I28", replace("order.confirmed", o(1), `"terms":2`, `"terms":2,"\u0074erms":3`)},
	{"I28", replace("order.confirmed", o(1), `"terms":2`, `"terms":2,"unread":[1 2]`)},
	{"I28", replace("entrustment.declared", "E1", `"items":[`, `"items":[7,`)},
	{"I28", replace("entrustment.declared", "E1", `"hs_code":`, `"hs_code":"1","hs_code":`)},
	{"I28", func(log []events.Record) []events.Record { log[40].Schema = 2; return log }},
	{"I29", repeatCommit("paylater.fake-flagged", o(13))},
	{"I29", repeatCommit("order.drafted", o(1))},
	{"I31", drop("reservation.reserved", o(1))},
	{"I31", drop("order.entrustment-released", "E1")},
	{"I31", replace("credit.hold-adjusted", o(5), `"from":"2000.00 USD","to":"5000.00`, `"from":"2001.00 USD","to":"5001.00`)},
	{"I31", func(log []events.Record) []events.Record {
		log[indexOf(log, "credit.held", o(1))].Meta = []byte(meta(byPlatform, "submit"))
		return log
	}},
	{"I32", replace("order.payment-received", "initial-1", `"amount":"2000.00 USD"`, `"amount":"2000.00 EUR"`)},
	{"I32", replace("order.payment-received", "initial-1", `"amount":"2000.00 USD"`, `"amount":"2000.000 USD"`)},
	{"I32", replace("order.payment-received", "initial-1", `"amount":"2000.00 USD"`, `"amount":"99999999999999999999.00 USD"`)},

	{"A6", allOf(drop("service.activated", "s-acme"))},
	{"A8", drop("order.buyer-matched", o(1))},
	{"A12", replace("order.terms-set", o(1), `"initial":"2000.00`, `"initial":"6000.01`)},
	{"A18", replace("order.confirmed", o(1), `"terms":2`, `"terms":1`)},
	{"A25", drop("order.transport-set", o(1))},
	{"B10", replace("funds.withdrawal-requested", "W2", `"holder":"m-shop"`, `"holder":"m-other"`)},
	{"B10", drop("funds.card-bound", "")},
	{"D2", replace("order.hold-placed", o(1), `"amount":"6000.00`, `"amount":"2000.00`)},
	{"D8", replace("credit.claim-repaid", "", "200.00", "500.01")},
	{"D9", replace("order.shipped", o(1), `"shipped_at":"2025-01-01T00:00:00Z"`, `"shipped_at":"2024-12-31T00:00:00Z"`)},
	{"D17", replace("order.shipped", o(1), `"agreed":"2025-01-31`, `"agreed":"2025-01-30`)},
	{"D18", replace("order.payment-received", "K-C4", `"payment":"C4"`, `"payment":"C5"`)},
	{"D19", replace("order.payment-received", "balance-1", `"balance-1"`, `"initial-1"`)},
	{"D20", replace("order.shortfall-accepted", o(5), "900.00", "899.00")},
	{"D24", replace("order.chargeback-resolved", o(4), `"applied":"4000.00 USD"`, `"applied":"3999.00 USD"`)},
	{"D24", addCommit("order.completed", o(1), meta(byPlatform, "charge-back"), "order.payment-reversed", `{"reference":"initial-1","amount":"2000.00 USD","applied":"2000.00 USD","unapplied":"0.00 USD"}`)},
	{"D25", replace("order.change-accepted", o(5), `"proposal":1`, `"proposal":2`)},
	{"D25", replace("order.change-accepted", o(5), `"pre-shipment"`, `"none"`)},
	{"D27", addCommit("order.payment-initiated", "C6", meta(byBuyer, "cancel"), "order.closed", `{"reason":"cancelled"}`)},
	{"D28", shiftTime("order.confirmed", o(1), 30*day)},
	{"D28", shiftTime("order.closed", o(7), -1)},
	{"D29", addCommit("order.dispute-opened", o(2), meta(byBuyer, "confirm-receipt"), "order.receipt-confirmed", `{"by":"buyer"}`)},
	{"D29", shiftTime("order.dispute-escalated", o(2), -1)},
	{"D29", replaceInMeta("order.settlement-accepted", o(3), `"buyer","account":"b-bruno"`, `"seller","account":"s-acme"`)},
	{"D30", drop("order.closed", o(5))},
	{"D30", drop("order.refund-made", o(3))},
	{"D31", shiftTime("order.reviewed", o(1), 30*day+1)},
	{"D36", replace("order.buyer-matched", o(1), "b-bruno", "s-acme")},
	{"D37", drop("entrustment.approved", "E1")},
	{"D40", allOf(drop("order.entrustment-unlinked", "E6"), drop("entrustment.unlinked", "E6"))},
	{"D41", replace("entrustment.released", "E1", `{`, `{"void":true,`)},
	{"D43", setStream("reservation.reserved", `"E2"`, "declaration-DE1")},
	{"D44", replace("entrustment.released", "E1", `{`, `{"before_declared":true,`)},
	{"D61", replace("entrustment.released", "E1", "2025-01-01T00:00:00Z", "2025-01-01T00:00:05.000000001Z")},
	{"D46", replace("paylater.receipt-confirmed", o(11), `"due_at":"`, `"due_at":"2025-01-01T00:00:00Z","x":"`)},
	{"D46", shiftTime("paylater.receipt-confirmed", o(14), -1)},
	{"D47", shiftTime("paylater.marked-overdue", o(15), -1)},
	{"D49", replace("paylater.amount-lowered", o(11), "900.00", "901.00")},
	{"D51", replace("paylater.instalment-paid", o(11), "400.00", "900.00")},
	{"D52", replace("credit.quota-consumed", o(16), `"limit_to":"19400.00`, `"limit_to":"20000.00`)},
	{"D53", drop("credit.frozen", o(16))},
	{"D53", replace("credit.unfrozen", "", `"overdue"`, `"other"`)},
	{"D56", replace("funds.credited", o(11), `"hold_days":7`, `"hold_days":6`)},
	{"D57", replace("funds.withdrawal-requested", "W2", `"W2"`, `"W1"`)},
	{"D58", replace("funds.withdrawal-requested", "W2", `"fee":"0.20 CNY","net":"199.80`, `"fee":"0.19 CNY","net":"199.81`)},
	{"D61", shiftTime("order.payment-received", "K-C4", -40*day)},
}

// TestControls breaks every invariant in a valid log and requires the auditor to name it.
func TestControls(t *testing.T) { testControls(t, validLog(t), controls) }

// TestMoneyControls breaks the rules of money in a log of the second edition.
func TestMoneyControls(t *testing.T) { testControls(t, secondEdition(t), moneyControls) }

func testControls(t *testing.T, log []events.Record, controls []control) {
	for i, c := range controls {
		t.Run(fmt.Sprintf("%s/%d", c.invariant, i), func(t *testing.T) {
			copied := slices.Clone(log)
			a := audit.New(settings()...)
			err := a.Log(t.Context(), newLog(renumber(c.edit(copied))))
			var v *audit.Violation
			if !errors.As(err, &v) || v.Invariant != c.invariant {
				t.Fatalf("found %v, want a violation of %s", err, c.invariant)
			}
			if v.Stream == "" || v.Position == 0 || v.Text == "" || !strings.Contains(v.Error(), c.invariant) {
				t.Errorf("the violation is incomplete: %+v", v)
			}
			if again := a.Commit(log[:1]); !errors.Is(again, err) {
				t.Errorf("the next commit after a violation: %v", again)
			}
		})
	}
}

// violates reports whether an error is a violation of that invariant or rule.
func violates(err error, invariant string) bool {
	var v *audit.Violation
	return errors.As(err, &v) && v.Invariant == invariant
}
