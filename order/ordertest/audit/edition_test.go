package audit_test

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/ordertest/audit"
)

const hour = time.Hour

// secondEdition is the money of many orders as the second edition of the rule book has it.
func secondEdition(t testing.TB) []events.Record {
	h := newHand(t)
	for _, n := range []int{1, 2, 3, 4, 9, 16, 18, 25, 30} {
		h.confirmed(n, "6000", order.CoverageNone)
	}
	for _, n := range []int{5, 6, 7, 8, 10, 11, 12, 15, 17, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 31, 32} {
		h.confirmed(n, "2000", order.CoverageNone)
	}
	h.confirmed(13, "2000", order.CoveragePostDelivery)
	h.confirmed(33, "3000", order.CoverageNone)
	h.confirmed(14, "6000", order.CoveragePostDelivery)
	h.takeOver()
	for _, tell := range []func(){
		h.chargedBackBeforeShipment, h.chargedBackWhileRefunded, h.chargedBackInParts, h.underReview, h.inProcess,
		h.afterReceipt, h.disputedOften, h.compensated, h.refundedAndClosed, h.paidBackAndTaken, h.recalled, h.voided,
		h.modifiedAfterLoss, h.reportsOutOfOrder, h.returnedAndTaken, h.reviewedWhileShort, h.stoodStill, h.firstEditionGoesOn,
	} {
		h.now = start
		tell()
	}
	return numbered(h.log)
}

// chargedBackBeforeShipment are order 1, cancelled after the loss, and order 2, lost and won after all.
func (h *hand) chargedBackBeforeShipment() {
	for _, n := range []int{1, 2} {
		h.now = start
		ref := "K-C" + o(n)
		h.card(n, "C"+o(n), "6000.00", "6000.00", "0.00", funded(n))
		h.after(day)
		h.takes(n, told{method: "card", reference: ref, name: "cb-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	}
	h.now = start.Add(2 * day)
	ref := "K-C" + o(1)
	h.ends(1, told{method: "card", reference: ref, name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00"}, h.unfunded(1))
	h.asks(by(bySeller, "cancel"), h.closes(1, "cancelled")...)

	ref = "K-C" + o(2)
	h.ends(2, told{method: "card", reference: ref, name: "cb-1", at: 2 * hour, won: true, applied: "6000.00", unapplied: "0.00"})
	h.takes(2, told{method: "card", reference: ref, name: "cb-1", of: "6000.00", at: 3 * hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.after(day)
	h.ends(2, told{method: "card", reference: ref, name: "cb-1", at: 4 * hour, taken: "6000.00", lost: "6000.00"}, h.unfunded(2))
	h.ends(2, told{method: "card", reference: ref, name: "cb-1", at: 5 * hour, won: true, applied: "6000.00", unapplied: "0.00"}, funded(2))
}

// chargedBackWhileRefunded are the orders 3 and 4: the last other cent is refunded while a case is open,
// which is lost for the one and won for the other.
func (h *hand) chargedBackWhileRefunded() {
	for _, n := range []int{3, 4} {
		h.now = start
		ref := "K-C" + o(n)
		h.card(n, "C"+o(n), "5999.99", "5999.99", "0.00")
		h.receives(n, paid{method: "tt", reference: "cent", amount: "0.01", applied: "0.01", unapplied: "0.00"}, funded(n))
		h.takes(n, told{method: "card", reference: ref, name: "cb-1", of: "5999.99", at: hour, applied: "5999.99", unapplied: "0.00", taken: "5999.99", open: 1})
		h.refunds(n, "0.01")
	}
	h.ends(3, told{method: "card", reference: "K-C" + o(3), name: "cb-1", at: 2 * hour, taken: "5999.99", lost: "5999.99"}, h.closes(3, "refunded")...)
	h.ends(4, told{method: "card", reference: "K-C" + o(4), name: "cb-1", at: 2 * hour, won: true, applied: "5999.99", unapplied: "0.00"})
}

// chargedBackInParts is order 5: two cases take more than the payment, and the first is won. A third
// names no amount and takes what the other one leaves.
func (h *hand) chargedBackInParts() {
	h.card(5, "C5", "2000.00", "2000.00", "0.00", funded(5))
	h.takes(5, told{method: "card", reference: "K-C5", name: "a", of: "2000.00", claimed: "500.00", at: hour, applied: "500.00", unapplied: "0.00", taken: "500.00", open: 1})
	h.takes(5, told{method: "card", reference: "K-C5", name: "b", of: "2000.00", claimed: "1700.00", at: hour, applied: "1500.00", unapplied: "0.00", taken: "2000.00", excess: "200.00", open: 2})
	h.ends(5, told{method: "card", reference: "K-C5", name: "a", at: 2 * hour, won: true, applied: "300.00", unapplied: "0.00", taken: "1700.00", open: 1})
	h.takes(5, told{method: "card", reference: "K-C5", name: "c", of: "2000.00", at: hour, applied: "300.00", unapplied: "0.00", taken: "2000.00", open: 2})
	h.ends(5, told{method: "card", reference: "K-C5", name: "c", at: 2 * hour, taken: "2000.00", lost: "300.00", open: 1})
	h.takes(5, told{method: "card", reference: "K-C5", name: "c", of: "2000.00", claimed: "100.00", at: hour + 1, applied: "-200.00", unapplied: "0.00", taken: "1800.00", lost: "100.00", open: 1})
}

// underReview are order 7, whose payment nobody announced and the platform applies, and order 8, whose
// buyer announces it late.
func (h *hand) underReview() {
	h.receives(7, paid{method: "card", id: "C7", reference: "CH-7", amount: "2500.00", applied: "0.00", unapplied: "2500.00", review: true})
	h.asks(by(byPlatform, "return-unapplied"),
		of(7, "unapplied-returned", `{"amount":"100.00 USD","reviewed":"100.00 USD","reference":"CH-7"}`),
		said{h.stream(7, "card", "CH-7"), "payment.returned", `{"amount":"100.00 USD"}`})
	h.asks(by(byPlatform, "apply-unapplied"),
		of(7, "unapplied-applied", `{"amount":"2000.00 USD","reviewed":"2400.00 USD","reference":"CH-7"}`),
		said{h.stream(7, "card", "CH-7"), "payment.applied", `{}`}, funded(7))
	h.asks(by(byPlatform, "return-unapplied"), of(7, "unapplied-returned", `{"amount":"400.00 USD"}`))

	h.receives(8, paid{method: "e-check", id: "C8", reference: "CH-8", amount: "2500.00", applied: "0.00", unapplied: "2500.00", review: true})
	h.asks(by(byBuyer, "initiate-payment"),
		of(8, "payment-initiated", object{
			"payment", "C8", "method", "e-check", "amount", usdAmount("2500.00"), "bank_country", "US", "notice_until", h.now.Add(14 * day),
			"reference", "CH-8", "reviewed", usdAmount("2500.00"),
		}.String()),
		said{h.stream(8, "e-check", "CH-8"), "payment.applied", `{}`},
		of(8, "unapplied-applied", `{"amount":"2500.00 USD"}`), funded(8))
}

// inProcess are order 9, whose announced payment fails and comes in all the same, and order 10, whose
// buyer walks away.
func (h *hand) inProcess() {
	h.announces(9, "card", "C9", "6000.00")
	h.asks(by(byPlatform, "fail-payment"), of(9, "payment-failed", `{"payment":"C9","reason":"declined"}`))
	h.receives(9, paid{method: "card", id: "C9", reference: "K-C9", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, funded(9))

	h.announces(10, "card", "C10", "2000.00")
	h.after(day)
	h.announces(10, "e-check", "E10", "2000.00")
	h.after(14 * day)
	h.asks(by(byBuyer, "cancel"), h.closes(10, "cancelled")...)
}

// afterReceipt is order 11: the balance never comes, goods come back after completion, and the initial
// payment is charged back and won.
func (h *hand) afterReceipt() {
	h.card(11, "C11", "2000.00", "2000.00", "0.00", funded(11))
	h.ships(11, start.Add(30*day))
	h.asks(by(byBuyer, "confirm-receipt"), of(11, "receipt-confirmed", `{"by":"buyer"}`))
	h.asks(by(bySeller, "accept-shortfall"), of(11, "shortfall-accepted", `{"amount":"4000.00 USD"}`), of(11, "completed", `{}`))
	h.refunds(11, "1000.00")
	h.takes(11, told{method: "card", reference: "K-C11", name: "cb-1", of: "2000.00", at: hour, applied: "2000.00", unapplied: "0.00", taken: "2000.00", open: 1})
	h.asks(by(byBuyer, "review"), of(11, "reviewed", `{"rating":5}`))
	h.ends(11, told{method: "card", reference: "K-C11", name: "cb-1", at: 2 * hour, won: true, applied: "2000.00", unapplied: "0.00"})

	// Order 19: all is lost before receipt, waived after it, and won after all.
	h.card(19, "C19", "6000.00", "6000.00", "0.00", funded(19))
	h.ships(19, start.Add(30*day))
	h.takes(19, told{method: "card", reference: "K-C19", name: "cb-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.after(day)
	h.ends(19, told{method: "card", reference: "K-C19", name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00", receiptBy: start.Add(16 * day)})
	h.asks(by(byBuyer, "confirm-receipt"), of(19, "receipt-confirmed", `{"by":"buyer"}`))
	h.asks(by(bySeller, "accept-shortfall"), of(19, "shortfall-accepted", `{"amount":"6000.00 USD"}`), of(19, "completed", `{}`))
	h.ends(19, told{method: "card", reference: "K-C19", name: "cb-1", at: 3 * hour, won: true, applied: "6000.00", unapplied: "0.00", shortfall: "6000.00"})
}

// opens opens a dispute, and withdraws ends it after a day, in which the order does not go on.
func (h *hand) opens(n, number int) {
	h.asks(by(byBuyer, "open-dispute"), of(n, "dispute-opened", object{
		"number", number, "ground", "quality", "claimed", usdAmount("1.00"), "escalate_from", h.now.Add(3 * day), "escalate_by", h.now.Add(6 * day),
	}.String()))
}

func (h *hand) withdraws(n int, receiptBy, payBy time.Time) {
	h.after(day)
	h.asks(by(byBuyer, "withdraw"), of(n, "dispute-withdrawn", object{"receipt_deadline", receiptBy, "pay_by", payBy}.String()))
}

// disputedOften is order 12: two disputes while money is missing, then a ruling before shipment and one
// more dispute after it, which is ruled too. Order 20 has as many as one can have without a ruling.
func (h *hand) disputedOften() {
	h.receives(12, paid{method: "tt", reference: "part", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	h.opens(12, 1)
	h.withdraws(12, time.Time{}, start.Add(61*day))
	h.opens(12, 2)
	h.withdraws(12, time.Time{}, start.Add(62*day))
	h.receives(12, paid{method: "tt", reference: "rest", amount: "1000.00", applied: "1000.00", unapplied: "0.00"}, funded(12))
	for number := 3; number <= 4; number++ {
		h.opens(12, number)
		h.after(6 * day)
		h.asks(`{"role":"system","command":"escalate"}`, of(12, "dispute-escalated", `{"by":"system"}`))
		if number == 3 {
			h.asks(by(byPlatform, "arbitrate"), of(12, "arbitrated", `{}`))
			h.ships(12, start.Add((2+30+6)*day)) // six of these days were those of the dispute
			continue
		}
		h.asks(by(byPlatform, "arbitrate"), of(12, "arbitrated", object{"receipt_deadline", start.Add((8 + 15 + 6) * day)}.String()))
	}
	h.now = start
	h.receives(20, paid{method: "tt", reference: "part", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	for number := 1; number <= 3; number++ {
		h.opens(20, number)
		h.withdraws(20, time.Time{}, start.Add(time.Duration(60+number)*day))
	}
}

// compensated is order 13: the platform compensates, and the bank of the payer pays as well.
func (h *hand) compensated() {
	h.card(13, "C13", "6000.00", "6000.00", "0.00", funded(13))
	h.opens(13, 1)
	h.after(6 * day)
	h.asks(`{"role":"system","command":"escalate"}`, of(13, "dispute-escalated", `{"by":"system"}`))
	line := "line-s-acme~2FUSD"
	h.asks(by(byPlatform, "arbitrate"), append([]said{
		of(13, "arbitrated", `{"compensation":"6000.00 USD"}`), of(13, "claim-posted", `{"amount":"6000.00 USD","released":"0.00 USD"}`),
		{line, "credit.claim-posted", `{"order":"` + o(13) + `","amount":"6000.00 USD","released":"0.00 USD"}`},
	}, h.closes(13, "refunded")...)...)
	h.takes(13, told{method: "card", reference: "K-C13", name: "cb-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.ends(13, told{method: "card", reference: "K-C13", name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00"})
}

// refundedAndClosed is order 14: refunded in full and closed, charged back all the same, and won.
func (h *hand) refundedAndClosed() {
	h.card(14, "C14", "6000.00", "6000.00", "0.00", funded(14))
	line := "line-s-acme~2FUSD"
	h.refunds(14, "6000.00", append([]said{
		of(14, "hold-released", `{"amount":"6000.00 USD","cause":"closed"}`),
		{line, "credit.released", `{"order":"` + o(14) + `","amount":"6000.00 USD","cause":"closed"}`},
	}, h.closes(14, "refunded")...)...)
	h.takes(14, told{method: "card", reference: "K-C14", name: "cb-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.ends(14, told{method: "card", reference: "K-C14", name: "cb-1", at: 2 * hour, won: true, applied: "6000.00", unapplied: "0.00"})
	h.receives(14, paid{method: "tt", reference: "late", amount: "10.00", applied: "0.00", unapplied: "10.00"})
}

// paidBackAndTaken are order 15, of which a shortfall is all that is left, and order 16, half of whose
// payment was refunded before the bank took it back.
func (h *hand) paidBackAndTaken() {
	h.card(15, "C15", "2100.00", "2100.00", "0.00", funded(15))
	h.asks(by(bySeller, "accept-shortfall"), of(15, "shortfall-accepted", `{"amount":"3900.00 USD"}`))
	h.takes(15, told{method: "card", reference: "K-C15", name: "cb-1", of: "2100.00", at: hour, applied: "2100.00", unapplied: "0.00", taken: "2100.00", open: 1})
	h.ends(15, told{method: "card", reference: "K-C15", name: "cb-1", at: 2 * hour, taken: "2100.00", lost: "2100.00"}, h.unfunded(15))
	h.asks(by(bySeller, "cancel"), h.closes(15, "cancelled")...)

	h.card(16, "C16", "5000.00", "5000.00", "0.00")
	h.receives(16, paid{method: "tt", reference: "rest", amount: "1000.00", applied: "1000.00", unapplied: "0.00"}, funded(16))
	h.refunds(16, "2500.00")
	h.takes(16, told{method: "card", reference: "K-C16", name: "cb-1", of: "5000.00", at: hour, applied: "5000.00", unapplied: "0.00", taken: "5000.00", open: 1})
	h.ends(16, told{method: "card", reference: "K-C16", name: "cb-1", at: 2 * hour, taken: "5000.00", lost: "5000.00"}, h.unfunded(16))
	h.after(60 * day)
	h.asks(`{"role":"system","command":"expire"}`, h.closes(16, "expired")...)
}

// recalled are the orders 6, 17 and 18: transfers that banks take back before and after shipment, one of
// them after its surplus was returned. What comes in later for order 18 makes up for it.
func (h *hand) recalled() {
	h.receives(6, paid{method: "tt", reference: "0001", amount: "2000.00", applied: "2000.00", unapplied: "0.00"}, funded(6))
	h.takes(6, told{method: "tt", reference: "0001", name: "r-1", of: "2000.00", at: hour, applied: "2000.00", unapplied: "0.00", taken: "2000.00", lost: "2000.00"}, h.unfunded(6))

	h.receives(17, paid{method: "tt", reference: "0001", amount: "5000.00", applied: "5000.00", unapplied: "0.00"}, funded(17))
	h.receives(17, paid{method: "tt", reference: "0002", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	h.ships(17, start.Add(30*day))
	h.refunds(17, "1000.00")
	h.takes(17, told{method: "tt", reference: "0001", name: "r-1", of: "5000.00", at: hour, applied: "5000.00", unapplied: "0.00", taken: "5000.00", lost: "5000.00"})

	h.receives(18, paid{method: "tt", reference: "0001", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, funded(18))
	h.receives(18, paid{method: "tt", reference: "0002", amount: "6000.00", applied: "0.00", unapplied: "6000.00"})
	h.asks(by(byPlatform, "return-unapplied"), of(18, "unapplied-returned", `{"amount":"6000.00 USD"}`))
	h.takes(18, told{method: "tt", reference: "0002", name: "r-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", lost: "6000.00"}, h.unfunded(18))
	h.takes(18, told{method: "tt", reference: "0001", name: "r-1", of: "6000.00", claimed: "1000.00", at: hour, applied: "0.00", unapplied: "0.00", taken: "7000.00", lost: "7000.00"})
	h.receives(18, paid{method: "tt", reference: "0003", amount: "1600.00", applied: "600.00", unapplied: "0.00", reversed: "1000.00"})
}

// voided are the orders 21 and 22: what was recorded on the one by mistake is the other's.
func (h *hand) voided() {
	h.receives(21, paid{method: "card", reference: "CH-1", amount: "2000.00", applied: "0.00", unapplied: "2000.00", review: true})
	h.asks(by(byPlatform, "void-payment"),
		of(21, "payment-voided", object{
			"reference", "CH-1", "method", "card", "amount", usdAmount("2000.00"),
			"moved", object{"unapplied", usdAmount("2000.00"), "reviewed", usdAmount("2000.00")}, "cases", told{taken: "2000.00", lost: "2000.00"}.sums(),
		}.String()),
		said{h.stream(21, "card", "CH-1"), "payment.voided", `{}`})
	h.announces(22, "card", "C22", "2000.00")
	h.receives(22, paid{method: "card", id: "C22", reference: "CH-1", amount: "2000.00", applied: "2000.00", unapplied: "0.00"}, funded(22))
	h.receives(22, paid{method: "tt", reference: "twice", amount: "5000.00", applied: "4000.00", unapplied: "1000.00"})
	// The same reference by another method is another payment. It is no longer under review when its
	// record is taken back.
	h.receives(22, paid{method: "e-check", id: "E22", reference: "CH-1", amount: "700.00", applied: "0.00", unapplied: "700.00", review: true})
	h.asks(by(byBuyer, "initiate-payment"),
		of(22, "payment-initiated", object{
			"payment", "E22", "method", "e-check", "amount", usdAmount("700.00"), "notice_until", h.now.Add(14 * day),
			"reference", "CH-1", "reviewed", usdAmount("700.00"),
		}.String()),
		said{h.stream(22, "e-check", "CH-1"), "payment.applied", `{}`})
	h.asks(by(byPlatform, "void-payment"),
		of(22, "payment-voided", object{
			"reference", "CH-1", "method", "e-check", "amount", usdAmount("700.00"),
			"moved", object{"unapplied", usdAmount("700.00")}, "cases", told{taken: "700.00", lost: "700.00"}.sums(),
		}.String()),
		said{h.stream(22, "e-check", "CH-1"), "payment.voided", `{}`})
}

// modifiedAfterLoss is order 23: lost, modified to other terms, and won before the buyer confirms them.
func (h *hand) modifiedAfterLoss() {
	h.card(23, "C23", "6000.00", "6000.00", "0.00", funded(23))
	h.takes(23, told{method: "card", reference: "K-C23", name: "cb-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.ends(23, told{method: "card", reference: "K-C23", name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00"}, h.unfunded(23))
	h.asks(by(bySeller, "modify"), of(23, "terms-modified", object{
		"terms", object{"total", usdAmount("4000.00"), "initial", usdAmount("2000.00")}, "coverage", "none", "buyer_name", "Bruno Imports",
		"revision", 3, "confirm_by", h.now.Add(30 * day),
	}.String()))
	h.ends(23, told{method: "card", reference: "K-C23", name: "cb-1", at: 3 * hour, won: true, applied: "0.00", unapplied: "6000.00"})
	h.takes(23, told{method: "card", reference: "K-C23", name: "cb-2", of: "6000.00", claimed: "1.00", at: 3 * hour, applied: "0.00", unapplied: "1.00", taken: "1.00", open: 1})
	h.after(day)
	h.ends(23, told{method: "card", reference: "K-C23", name: "cb-2", at: 4 * hour, won: true, applied: "0.00", unapplied: "1.00", confirmBy: h.now.Add(30 * day)})
	h.asks(by(byBuyer, "confirm"), of(23, "confirmed", object{"account", "b-bruno", "terms", 3, "pay_by", h.now.Add(60 * day)}.String()),
		of(23, "unapplied-applied", `{"amount":"4000.00 USD"}`), funded(23))
}

// reportsOutOfOrder is order 24: a case is lost before its later opening is reported, which has an
// amount. Nothing is open when it arrives.
func (h *hand) reportsOutOfOrder() {
	h.card(24, "C24", "2000.00", "2000.00", "0.00", funded(24))
	h.takes(24, told{method: "card", reference: "K-C24", name: "cb-1", of: "2000.00", claimed: "100.00", at: hour, applied: "100.00", unapplied: "0.00", taken: "100.00", open: 1})
	h.ends(24, told{method: "card", reference: "K-C24", name: "cb-1", at: 3 * hour, taken: "100.00", lost: "100.00"}, h.unfunded(24))
	h.takes(24, told{method: "card", reference: "K-C24", name: "cb-1", of: "2000.00", claimed: "50.00", at: 2 * hour, applied: "-50.00", unapplied: "0.00", taken: "50.00", lost: "50.00"})
}

// returnedAndTaken is order 25: a wire is applied and the card's surplus returned; then the card is
// charged back and won, and the wire recalled. Order 30 is the same without the return, and its recall
// takes the surplus first.
func (h *hand) returnedAndTaken() {
	h.announces(25, "card", "C25", "6000.00")
	h.receives(25, paid{method: "tt", reference: "w", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, funded(25))
	h.receives(25, paid{method: "card", id: "C25", reference: "K-C25", amount: "6000.00", applied: "0.00", unapplied: "6000.00"})
	h.asks(by(byPlatform, "return-unapplied"), of(25, "unapplied-returned", `{"amount":"6000.00 USD"}`))
	h.takes(25, told{method: "card", reference: "K-C25", name: "cb-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.ends(25, told{method: "card", reference: "K-C25", name: "cb-1", at: 2 * hour, won: true, applied: "6000.00", unapplied: "0.00"})
	h.takes(25, told{method: "tt", reference: "w", name: "r-1", of: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", lost: "6000.00"}, h.unfunded(25))

	h.receives(30, paid{method: "tt", reference: "w", amount: "6500.00", applied: "6000.00", unapplied: "500.00"}, funded(30))
	h.takes(30, told{method: "tt", reference: "w", name: "r-1", of: "6500.00", claimed: "700.00", at: hour, applied: "200.00", unapplied: "500.00", taken: "700.00", lost: "700.00"}, h.unfunded(30))
}

// reviewedWhileShort is order 26: of a payment under review a part was returned before it is charged
// back, so that its case finds less than it takes. Once the review ends, the rest is the order's to give.
// Order 33 has nothing to spare and falls back.
func (h *hand) reviewedWhileShort() {
	h.shortOf(26)
	h.shortOf(33, h.unfunded(33))
}

func (h *hand) shortOf(n int, then ...said) {
	h.receives(n, paid{method: "tt", reference: "w", amount: "3000.00", applied: "3000.00", unapplied: "0.00"}, funded(n))
	h.receives(n, paid{method: "card", id: "C" + o(n), reference: "CH-" + o(n), amount: "2000.00", applied: "0.00", unapplied: "2000.00", review: true})
	h.asks(by(byPlatform, "return-unapplied"),
		of(n, "unapplied-returned", `{"amount":"500.00 USD","reviewed":"500.00 USD","reference":"CH-`+o(n)+`"}`),
		said{h.stream(n, "card", "CH-"+o(n)), "payment.returned", `{"amount":"500.00 USD"}`})
	h.takes(n, told{method: "card", reference: "CH-" + o(n), name: "cb-1", of: "2000.00", at: hour, applied: "0.00", unapplied: "1500.00", reviewed: "1500.00", taken: "1500.00", excess: "500.00", open: 1})
	h.ends(n, told{method: "card", reference: "CH-" + o(n), name: "cb-1", at: 2 * hour, taken: "1500.00", lost: "2000.00", excess: "500.00"})
	h.asks(by(byBuyer, "initiate-payment"), append([]said{
		of(n, "payment-initiated", object{
			"payment", "C" + o(n), "method", "card", "amount", usdAmount("2000.00"), "notice_until", h.now.Add(day), "reference", "CH-" + o(n),
			"moved", object{"applied", usdAmount("500.00")}, "cases", told{taken: "2000.00", lost: "2000.00"}.sums(),
		}.String()),
		{h.stream(n, "card", "CH-"+o(n)), "payment.applied", `{}`},
	}, then...)...)
}

// stoodStill is order 27: while it is frozen, and while its money is away, the agreed time stands still.
func (h *hand) stoodStill() {
	h.receives(27, paid{method: "tt", reference: "part", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	h.opens(27, 1)
	h.after(2 * day)
	h.receives(27, paid{method: "tt", reference: "rest", amount: "1000.00", applied: "1000.00", unapplied: "0.00"}, funded(27))
	h.withdraws(27, time.Time{}, time.Time{})
	h.after(30 * day)
	h.ships(27, start.Add(33*day)) // paid on day 2; the day after it does not count
	h.log[len(h.log)-1].Data = []byte(string(h.log[len(h.log)-1].Data[:len(h.log[len(h.log)-1].Data)-1]) + `,"late":true}`)
}

// firstEditionGoesOn are orders whose payments the first edition recorded. Order 28 was charged back by
// it, and the case ends in the second edition. Order 29 has a transfer under review that is adopted, and
// applied later. Order 31 was closed by the first edition while a chargeback was open, and has money
// left. Order 32 was left ready to ship without money.
func (h *hand) firstEditionGoesOn() {
	first := func(n int, method, id, reference, amount, applied, unapplied, more string) said {
		account := ""
		if method == "tt" {
			account = h.accounts[n]
		}
		return of(n, "payment-received", object{
			"reference", reference, "method", method, "payment", id, "account", account, "amount", usdAmount(amount),
			"applied", usdAmount(applied), "unapplied", usdAmount(unapplied), "payer", more, "paid_at", h.now, "needs_review", more == "Somebody",
		}.String())
	}
	card := func(n int, amount string, then ...said) {
		h.asks(by(byBuyer, "initiate-payment"), of(n, "payment-initiated", `{"payment":"C1","method":"card","amount":"`+amount+` USD"}`))
		h.asks(by(byPlatform, "record-payment"), append([]said{first(n, "card", "C1", "K-C"+o(n), amount, amount, "0.00", "")}, then...)...)
	}
	adopted := func(n int, method, reference, amount, more string) said {
		account := ""
		if method == "tt" {
			account = `"account":"` + h.accounts[n] + `",`
		}
		return said{h.stream(n, method, reference), "payment.recorded",
			`{"order":"` + o(n) + `","method":"` + method + `",` + account + `"reference":"` + reference + `","amount":"` + amount + ` USD"` + more + `}`}
	}
	chargedBack := func(n int, amount string) {
		h.asks(by(byPlatform, "charge-back"), of(n, "payment-reversed", `{"reference":"K-C`+o(n)+`","amount":"`+amount+` USD","applied":"`+amount+` USD","unapplied":"0.00 USD"}`))
	}

	card(28, "2000.00", funded(28))
	chargedBack(28, "2000.00")
	ref, opened := "K-C"+o(28), `,"cases":[{"status":"open","opened_at":"2025-01-01T00:00:00Z","at":"2025-01-01T00:00:00Z"}]`
	h.ends(28, told{method: "card", reference: ref, name: "cb-1", at: day, taken: "2000.00", lost: "2000.00"}, adopted(28, "card", ref, "2000.00", opened), h.unfunded(28))

	h.asks(by(byPlatform, "record-payment"), first(29, "tt", "", "other", "700.00", "0.00", "700.00", "Somebody"))
	h.asks(by(byPlatform, "return-unapplied"), of(29, "unapplied-returned", `{"amount":"100.00 USD","reviewed":"100.00 USD"}`))
	h.asks(by(byPlatform, "adopt-payments"), adopted(29, "tt", "other", "700.00", `,"review":true,"returned":"100.00 USD"`))
	h.asks(by(byPlatform, "apply-unapplied"), of(29, "unapplied-applied", `{"amount":"600.00 USD","reviewed":"600.00 USD","reference":"other"}`),
		said{h.stream(29, "tt", "other"), "payment.applied", `{}`})

	card(31, "2000.00", funded(31))
	h.asks(by(byPlatform, "record-payment"), first(31, "tt", "", "cent", "1.00", "1.00", "0.00", "Bruno Imports"))
	chargedBack(31, "2000.00")
	h.refunds(31, "1.00", h.closes(31, "refunded")...)
	h.asks(by(byPlatform, "resolve-chargeback"), of(31, "chargeback-resolved", `{"reference":"K-C`+o(31)+`","won":true,"applied":"2000.00 USD"}`))
	h.asks(by(byPlatform, "refund"), of(31, "refund-made", `{"amount":"2000.00 USD","cause":"agreed"}`))

	card(32, "2000.00", funded(32))
	chargedBack(32, "2000.00")
	h.asks(by(byPlatform, "resolve-chargeback"), of(32, "chargeback-resolved", `{"reference":"K-C`+o(32)+`","won":false}`))
	h.asks(`{"role":"system","command":"unfund"}`, h.unfunded(32))
}

// TestSecondEdition audits the money of the second edition, and knows what became of it.
func TestSecondEdition(t *testing.T) {
	log := secondEdition(t)
	a := audit.New(settings()...)
	if err := a.Log(t.Context(), newLog(log)); err != nil {
		t.Fatal(err)
	}
	for _, c := range ofMoney {
		lonely := audit.New(append(settings(), audit.Alone())...)
		if err := lonely.Log(t.Context(), newLog(alone(log, c.order))); err != nil {
			t.Errorf("order %d alone: %v", c.order, err)
			continue
		}
		for name, f := range map[string]audit.Figures{"": figures(t, a, c.order), " alone": figures(t, lonely, c.order)} {
			got := goldenMoney{
				c.order, f["phase"].(string), cents(f, "applied"), cents(f, "unapplied"), cents(f, "returned"), cents(f, "reversed"),
				cents(f, "shortfall"), cents(f, "refunded"), cents(f, "taken"), cents(f, "beyond"), cents(f, "owed"),
			}
			if got != c {
				t.Errorf("order %d%s:\n%+v, want\n%+v", c.order, name, got, c)
			}
		}
	}
}

// goldenMoney is what became of the money of an order, in cents.
type goldenMoney struct {
	order                                             int
	phase                                             string
	applied, unapplied, returned, reversed, shortfall int64
	refunded, taken, beyond, owed                     int64
}

func cents(f audit.Figures, name string) int64 { return f[name].(int64) }

var ofMoney = []goldenMoney{
	{1, "closed", 0, 0, 0, 6000_00, 0, 0, 6000_00, 0, 0},
	{2, "ready-to-ship", 6000_00, 0, 0, 0, 0, 0, 0, 0, 0},
	{3, "closed", 1, 0, 0, 5999_99, 0, 1, 5999_99, 0, 0},
	{4, "ready-to-ship", 6000_00, 0, 0, 0, 0, 1, 0, 0, 0},
	{5, "ready-to-ship", 200_00, 0, 0, 1800_00, 0, 0, 1800_00, 0, 0},
	{6, "confirmed", 0, 0, 0, 2000_00, 0, 0, 2000_00, 0, 0},
	{7, "ready-to-ship", 2000_00, 0, 500_00, 0, 0, 0, 0, 0, 0},
	{8, "ready-to-ship", 2500_00, 0, 0, 0, 0, 0, 0, 0, 0},
	{9, "ready-to-ship", 6000_00, 0, 0, 0, 0, 0, 0, 0, 0},
	{10, "closed", 0, 0, 0, 0, 0, 0, 0, 0, 0},
	{11, "completed", 2000_00, 0, 0, 0, 4000_00, 1000_00, 0, 0, 0},
	{12, "shipped", 2000_00, 0, 0, 0, 0, 0, 0, 0, 0},
	{13, "closed", 0, 0, 0, 6000_00, 0, 0, 6000_00, 0, 6000_00},
	{14, "closed", 6000_00, 10_00, 0, 0, 0, 6000_00, 0, 0, 0},
	{15, "closed", 0, 0, 0, 2100_00, 3900_00, 0, 2100_00, 0, 0},
	{16, "closed", 1000_00, 0, 0, 5000_00, 0, 2500_00, 5000_00, 0, 1500_00},
	{17, "shipped", 1000_00, 0, 0, 5000_00, 0, 1000_00, 5000_00, 0, 0},
	{18, "confirmed", 600_00, 0, 6000_00, 7000_00, 0, 0, 7000_00, 0, 0},
	{19, "completed", 6000_00, 0, 0, 0, 0, 0, 0, 0, 0},
	{20, "confirmed", 1000_00, 0, 0, 0, 0, 0, 0, 0, 0},
	{21, "confirmed", 0, 0, 0, 2000_00, 0, 0, 2000_00, 0, 0},
	{22, "ready-to-ship", 6000_00, 1000_00, 0, 700_00, 0, 0, 700_00, 0, 0},
	{23, "ready-to-ship", 4000_00, 2000_00, 0, 0, 0, 0, 0, 0, 0},
	{24, "confirmed", 1950_00, 0, 0, 50_00, 0, 0, 50_00, 0, 0},
	{25, "confirmed", 0, 0, 6000_00, 6000_00, 0, 0, 6000_00, 0, 0},
	{26, "ready-to-ship", 2500_00, 0, 500_00, 2000_00, 0, 0, 2000_00, 0, 0},
	{27, "shipped", 2000_00, 0, 0, 0, 0, 0, 0, 0, 0},
	{28, "confirmed", 0, 0, 0, 2000_00, 0, 0, 2000_00, 0, 0},
	{29, "confirmed", 600_00, 0, 100_00, 0, 0, 0, 0, 0, 0},
	{30, "confirmed", 5800_00, 0, 0, 700_00, 0, 0, 700_00, 0, 0},
	{31, "closed", 2001_00, 0, 0, 0, 0, 2001_00, 0, 0, 0},
	{33, "confirmed", 2500_00, 0, 500_00, 2000_00, 0, 0, 2000_00, 0, 0},
	{32, "confirmed", 0, 0, 0, 2000_00, 0, 0, 2000_00, 0, 0},
}
