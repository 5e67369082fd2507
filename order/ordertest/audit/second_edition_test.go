package audit_test

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/ordertest/audit"
)

const hour = time.Hour

// secondEdition returns a log of many orders with the payments and cases of the second edition of the rule
// book.
func secondEdition(t testing.TB) []events.Record {
	h := newHandLog(t)
	for _, n := range []int{1, 2, 3, 4, 9, 16, 18, 25, 30} {
		h.confirmedOrder(n, "6000", order.CoverageNone)
	}
	for _, n := range []int{5, 6, 7, 8, 10, 11, 12, 15, 17, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 31, 32} {
		h.confirmedOrder(n, "2000", order.CoverageNone)
	}
	h.confirmedOrder(13, "2000", order.CoveragePostDelivery)
	h.confirmedOrder(33, "3000", order.CoverageNone)
	h.confirmedOrder(14, "6000", order.CoveragePostDelivery)
	h.readDeskLog()
	for _, scenario := range []func(){
		h.chargedBackBeforeShipment, h.chargedBackWhileRefunded, h.chargedBackInParts, h.underReview, h.announcedPayments,
		h.afterReceipt, h.repeatedDisputes, h.compensatedAndLost, h.refundedAndClosed, h.refundedAndLost, h.recalledTransfers, h.voidedRecords,
		h.modifiedAfterLoss, h.reportsOutOfOrder, h.surplusReturnedAndLost, h.reviewedAfterCase, h.shipmentClockPaused, h.firstEditionPayments,
	} {
		h.now = start
		scenario()
	}
	return renumber(h.log)
}

// chargedBackBeforeShipment: order 1 is cancelled after a lost case; the case of order 2 is lost and then
// won.
func (h *handLog) chargedBackBeforeShipment() {
	for _, n := range []int{1, 2} {
		h.now = start
		ref := "K-C" + o(n)
		h.cardPayment(n, "C"+o(n), "6000.00", "6000.00", "0.00", fundedEvent(n))
		h.advance(day)
		h.openCase(n, caseReport{method: "card", reference: ref, name: "cb-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	}
	h.now = start.Add(2 * day)
	ref := "K-C" + o(1)
	h.resolveCase(1, caseReport{method: "card", reference: ref, name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00"}, h.unfundedEvent(1))
	h.commit(meta(bySeller, "cancel"), h.closeEvents(1, "cancelled")...)

	ref = "K-C" + o(2)
	h.resolveCase(2, caseReport{method: "card", reference: ref, name: "cb-1", at: 2 * hour, won: true, applied: "6000.00", unapplied: "0.00"})
	h.openCase(2, caseReport{method: "card", reference: ref, name: "cb-1", payment: "6000.00", at: 3 * hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.advance(day)
	h.resolveCase(2, caseReport{method: "card", reference: ref, name: "cb-1", at: 4 * hour, taken: "6000.00", lost: "6000.00"}, h.unfundedEvent(2))
	h.resolveCase(2, caseReport{method: "card", reference: ref, name: "cb-1", at: 5 * hour, won: true, applied: "6000.00", unapplied: "0.00"}, fundedEvent(2))
}

// chargedBackWhileRefunded: the last other cent of the orders 3 and 4 is refunded while a case is open,
// which is lost for the one and won for the other.
func (h *handLog) chargedBackWhileRefunded() {
	for _, n := range []int{3, 4} {
		h.now = start
		ref := "K-C" + o(n)
		h.cardPayment(n, "C"+o(n), "5999.99", "5999.99", "0.00")
		h.recordPayment(n, receipt{method: "tt", reference: "cent", amount: "0.01", applied: "0.01", unapplied: "0.00"}, fundedEvent(n))
		h.openCase(n, caseReport{method: "card", reference: ref, name: "cb-1", payment: "5999.99", at: hour, applied: "5999.99", unapplied: "0.00", taken: "5999.99", open: 1})
		h.refund(n, "0.01")
	}
	h.resolveCase(3, caseReport{method: "card", reference: "K-C" + o(3), name: "cb-1", at: 2 * hour, taken: "5999.99", lost: "5999.99"}, h.closeEvents(3, "refunded")...)
	h.resolveCase(4, caseReport{method: "card", reference: "K-C" + o(4), name: "cb-1", at: 2 * hour, won: true, applied: "5999.99", unapplied: "0.00"})
}

// chargedBackInParts: two cases take more than the payment of order 5, and the first is won. A third case
// names no amount and takes the rest.
func (h *handLog) chargedBackInParts() {
	h.cardPayment(5, "C5", "2000.00", "2000.00", "0.00", fundedEvent(5))
	h.openCase(5, caseReport{method: "card", reference: "K-C5", name: "a", payment: "2000.00", claimed: "500.00", at: hour, applied: "500.00", unapplied: "0.00", taken: "500.00", open: 1})
	h.openCase(5, caseReport{method: "card", reference: "K-C5", name: "b", payment: "2000.00", claimed: "1700.00", at: hour, applied: "1500.00", unapplied: "0.00", taken: "2000.00", excess: "200.00", open: 2})
	h.resolveCase(5, caseReport{method: "card", reference: "K-C5", name: "a", at: 2 * hour, won: true, applied: "300.00", unapplied: "0.00", taken: "1700.00", open: 1})
	h.openCase(5, caseReport{method: "card", reference: "K-C5", name: "c", payment: "2000.00", at: hour, applied: "300.00", unapplied: "0.00", taken: "2000.00", open: 2})
	h.resolveCase(5, caseReport{method: "card", reference: "K-C5", name: "c", at: 2 * hour, taken: "2000.00", lost: "300.00", open: 1})
	h.openCase(5, caseReport{method: "card", reference: "K-C5", name: "c", payment: "2000.00", claimed: "100.00", at: hour + 1, applied: "-200.00", unapplied: "0.00", taken: "1800.00", lost: "100.00", open: 1})
}

// underReview: the payment of order 7 was not announced, and the platform applies it; the buyer of order 8
// announces the payment after its receipt.
func (h *handLog) underReview() {
	h.recordPayment(7, receipt{method: "card", id: "C7", reference: "CH-7", amount: "2500.00", applied: "0.00", unapplied: "2500.00", needsReview: true})
	h.commit(meta(byPlatform, "return-unapplied"),
		orderEvent(7, "unapplied-returned", `{"amount":"100.00 USD","reviewed":"100.00 USD","reference":"CH-7"}`),
		entry{h.stream(7, "card", "CH-7"), "payment.returned", `{"amount":"100.00 USD"}`})
	h.commit(meta(byPlatform, "apply-unapplied"),
		orderEvent(7, "unapplied-applied", `{"amount":"2000.00 USD","reviewed":"2400.00 USD","reference":"CH-7"}`),
		entry{h.stream(7, "card", "CH-7"), "payment.applied", `{}`}, fundedEvent(7))
	h.commit(meta(byPlatform, "return-unapplied"), orderEvent(7, "unapplied-returned", `{"amount":"400.00 USD"}`))

	h.recordPayment(8, receipt{method: "e-check", id: "C8", reference: "CH-8", amount: "2500.00", applied: "0.00", unapplied: "2500.00", needsReview: true})
	h.commit(meta(byBuyer, "initiate-payment"),
		orderEvent(8, "payment-initiated", jsonObject{
			"payment", "C8", "method", "e-check", "amount", usdAmount("2500.00"), "bank_country", "US", "notice_until", h.now.Add(14 * day),
			"reference", "CH-8", "reviewed", usdAmount("2500.00"),
		}.String()),
		entry{h.stream(8, "e-check", "CH-8"), "payment.applied", `{}`},
		orderEvent(8, "unapplied-applied", `{"amount":"2500.00 USD"}`), fundedEvent(8))
}

// announcedPayments: the announced payment of order 9 is reported failed and then received; the buyer of
// order 10 announces payments that never arrive, and cancels.
func (h *handLog) announcedPayments() {
	h.announce(9, "card", "C9", "6000.00")
	h.commit(meta(byPlatform, "fail-payment"), orderEvent(9, "payment-failed", `{"payment":"C9","reason":"declined"}`))
	h.recordPayment(9, receipt{method: "card", id: "C9", reference: "K-C9", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, fundedEvent(9))

	h.announce(10, "card", "C10", "2000.00")
	h.advance(day)
	h.announce(10, "e-check", "E10", "2000.00")
	h.advance(14 * day)
	h.commit(meta(byBuyer, "cancel"), h.closeEvents(10, "cancelled")...)
}

// afterReceipt: the balance of order 11 is waived as a shortfall, a part is refunded after completion, and
// the initial payment is charged back and won.
func (h *handLog) afterReceipt() {
	h.cardPayment(11, "C11", "2000.00", "2000.00", "0.00", fundedEvent(11))
	h.ship(11, start.Add(30*day))
	h.commit(meta(byBuyer, "confirm-receipt"), orderEvent(11, "receipt-confirmed", `{"by":"buyer"}`))
	h.commit(meta(bySeller, "accept-shortfall"), orderEvent(11, "shortfall-accepted", `{"amount":"4000.00 USD"}`), orderEvent(11, "completed", `{}`))
	h.refund(11, "1000.00")
	h.openCase(11, caseReport{method: "card", reference: "K-C11", name: "cb-1", payment: "2000.00", at: hour, applied: "2000.00", unapplied: "0.00", taken: "2000.00", open: 1})
	h.commit(meta(byBuyer, "review"), orderEvent(11, "reviewed", `{"rating":5}`))
	h.resolveCase(11, caseReport{method: "card", reference: "K-C11", name: "cb-1", at: 2 * hour, won: true, applied: "2000.00", unapplied: "0.00"})

	// Order 19: all money is lost before the receipt, waived after it, and then won.
	h.cardPayment(19, "C19", "6000.00", "6000.00", "0.00", fundedEvent(19))
	h.ship(19, start.Add(30*day))
	h.openCase(19, caseReport{method: "card", reference: "K-C19", name: "cb-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.advance(day)
	h.resolveCase(19, caseReport{method: "card", reference: "K-C19", name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00", receiptBy: start.Add(16 * day)})
	h.commit(meta(byBuyer, "confirm-receipt"), orderEvent(19, "receipt-confirmed", `{"by":"buyer"}`))
	h.commit(meta(bySeller, "accept-shortfall"), orderEvent(19, "shortfall-accepted", `{"amount":"6000.00 USD"}`), orderEvent(19, "completed", `{}`))
	h.resolveCase(19, caseReport{method: "card", reference: "K-C19", name: "cb-1", at: 3 * hour, won: true, applied: "6000.00", unapplied: "0.00", shortfall: "6000.00"})
}

// openDispute opens a dispute, and withdrawDispute withdraws it after a day.
func (h *handLog) openDispute(n, number int) {
	h.commit(meta(byBuyer, "open-dispute"), orderEvent(n, "dispute-opened", jsonObject{
		"number", number, "ground", "quality", "claimed", usdAmount("1.00"), "escalate_from", h.now.Add(3 * day), "escalate_by", h.now.Add(6 * day),
	}.String()))
}

func (h *handLog) withdrawDispute(n int, receiptBy, payBy time.Time) {
	h.advance(day)
	h.commit(meta(byBuyer, "withdraw"), orderEvent(n, "dispute-withdrawn", jsonObject{"receipt_deadline", receiptBy, "pay_by", payBy}.String()))
}

// repeatedDisputes: order 12 has two disputes before it is funded, then a ruling before shipment and one
// more dispute after it, with another ruling. Order 20 has the maximum of disputes without a ruling.
func (h *handLog) repeatedDisputes() {
	h.recordPayment(12, receipt{method: "tt", reference: "part", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	h.openDispute(12, 1)
	h.withdrawDispute(12, time.Time{}, start.Add(61*day))
	h.openDispute(12, 2)
	h.withdrawDispute(12, time.Time{}, start.Add(62*day))
	h.recordPayment(12, receipt{method: "tt", reference: "rest", amount: "1000.00", applied: "1000.00", unapplied: "0.00"}, fundedEvent(12))
	for number := 3; number <= 4; number++ {
		h.openDispute(12, number)
		h.advance(6 * day)
		h.commit(`{"role":"system","command":"escalate"}`, orderEvent(12, "dispute-escalated", `{"by":"system"}`))
		if number == 3 {
			h.commit(meta(byPlatform, "arbitrate"), orderEvent(12, "arbitrated", `{}`))
			h.ship(12, start.Add((2+30+6)*day)) // the dispute took six of these days
			continue
		}
		h.commit(meta(byPlatform, "arbitrate"), orderEvent(12, "arbitrated", jsonObject{"receipt_deadline", start.Add((8 + 15 + 6) * day)}.String()))
	}
	h.now = start
	h.recordPayment(20, receipt{method: "tt", reference: "part", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	for number := 1; number <= 3; number++ {
		h.openDispute(20, number)
		h.withdrawDispute(20, time.Time{}, start.Add(time.Duration(60+number)*day))
	}
}

// compensatedAndLost: the platform compensates the buyer of order 13, and then the payment is charged back
// and lost as well.
func (h *handLog) compensatedAndLost() {
	h.cardPayment(13, "C13", "6000.00", "6000.00", "0.00", fundedEvent(13))
	h.openDispute(13, 1)
	h.advance(6 * day)
	h.commit(`{"role":"system","command":"escalate"}`, orderEvent(13, "dispute-escalated", `{"by":"system"}`))
	line := "line-s-acme~2FUSD"
	h.commit(meta(byPlatform, "arbitrate"), append([]entry{
		orderEvent(13, "arbitrated", `{"compensation":"6000.00 USD"}`), orderEvent(13, "claim-posted", `{"amount":"6000.00 USD","released":"0.00 USD"}`),
		{line, "credit.claim-posted", `{"order":"` + o(13) + `","amount":"6000.00 USD","released":"0.00 USD"}`},
	}, h.closeEvents(13, "refunded")...)...)
	h.openCase(13, caseReport{method: "card", reference: "K-C13", name: "cb-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.resolveCase(13, caseReport{method: "card", reference: "K-C13", name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00"})
}

// refundedAndClosed: order 14 is refunded in full and closed, then charged back and won.
func (h *handLog) refundedAndClosed() {
	h.cardPayment(14, "C14", "6000.00", "6000.00", "0.00", fundedEvent(14))
	line := "line-s-acme~2FUSD"
	h.refund(14, "6000.00", append([]entry{
		orderEvent(14, "hold-released", `{"amount":"6000.00 USD","cause":"closed"}`),
		{line, "credit.released", `{"order":"` + o(14) + `","amount":"6000.00 USD","cause":"closed"}`},
	}, h.closeEvents(14, "refunded")...)...)
	h.openCase(14, caseReport{method: "card", reference: "K-C14", name: "cb-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.resolveCase(14, caseReport{method: "card", reference: "K-C14", name: "cb-1", at: 2 * hour, won: true, applied: "6000.00", unapplied: "0.00"})
	h.recordPayment(14, receipt{method: "tt", reference: "late", amount: "10.00", applied: "0.00", unapplied: "10.00"})
}

// refundedAndLost: order 15 loses its payment after a shortfall was accepted; half of the payment of
// order 16 is refunded before the bank takes it back.
func (h *handLog) refundedAndLost() {
	h.cardPayment(15, "C15", "2100.00", "2100.00", "0.00", fundedEvent(15))
	h.commit(meta(bySeller, "accept-shortfall"), orderEvent(15, "shortfall-accepted", `{"amount":"3900.00 USD"}`))
	h.openCase(15, caseReport{method: "card", reference: "K-C15", name: "cb-1", payment: "2100.00", at: hour, applied: "2100.00", unapplied: "0.00", taken: "2100.00", open: 1})
	h.resolveCase(15, caseReport{method: "card", reference: "K-C15", name: "cb-1", at: 2 * hour, taken: "2100.00", lost: "2100.00"}, h.unfundedEvent(15))
	h.commit(meta(bySeller, "cancel"), h.closeEvents(15, "cancelled")...)

	h.cardPayment(16, "C16", "5000.00", "5000.00", "0.00")
	h.recordPayment(16, receipt{method: "tt", reference: "rest", amount: "1000.00", applied: "1000.00", unapplied: "0.00"}, fundedEvent(16))
	h.refund(16, "2500.00")
	h.openCase(16, caseReport{method: "card", reference: "K-C16", name: "cb-1", payment: "5000.00", at: hour, applied: "5000.00", unapplied: "0.00", taken: "5000.00", open: 1})
	h.resolveCase(16, caseReport{method: "card", reference: "K-C16", name: "cb-1", at: 2 * hour, taken: "5000.00", lost: "5000.00"}, h.unfundedEvent(16))
	h.advance(60 * day)
	h.commit(`{"role":"system","command":"expire"}`, h.closeEvents(16, "expired")...)
}

// recalledTransfers: banks recall transfers of the orders 6, 17 and 18 before and after shipment, one of
// them after its surplus was returned. A later payment of order 18 covers a part of the recalls.
func (h *handLog) recalledTransfers() {
	h.recordPayment(6, receipt{method: "tt", reference: "0001", amount: "2000.00", applied: "2000.00", unapplied: "0.00"}, fundedEvent(6))
	h.openCase(6, caseReport{method: "tt", reference: "0001", name: "r-1", payment: "2000.00", at: hour, applied: "2000.00", unapplied: "0.00", taken: "2000.00", lost: "2000.00"}, h.unfundedEvent(6))

	h.recordPayment(17, receipt{method: "tt", reference: "0001", amount: "5000.00", applied: "5000.00", unapplied: "0.00"}, fundedEvent(17))
	h.recordPayment(17, receipt{method: "tt", reference: "0002", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	h.ship(17, start.Add(30*day))
	h.refund(17, "1000.00")
	h.openCase(17, caseReport{method: "tt", reference: "0001", name: "r-1", payment: "5000.00", at: hour, applied: "5000.00", unapplied: "0.00", taken: "5000.00", lost: "5000.00"})

	h.recordPayment(18, receipt{method: "tt", reference: "0001", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, fundedEvent(18))
	h.recordPayment(18, receipt{method: "tt", reference: "0002", amount: "6000.00", applied: "0.00", unapplied: "6000.00"})
	h.commit(meta(byPlatform, "return-unapplied"), orderEvent(18, "unapplied-returned", `{"amount":"6000.00 USD"}`))
	h.openCase(18, caseReport{method: "tt", reference: "0002", name: "r-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", lost: "6000.00"}, h.unfundedEvent(18))
	h.openCase(18, caseReport{method: "tt", reference: "0001", name: "r-1", payment: "6000.00", claimed: "1000.00", at: hour, applied: "0.00", unapplied: "0.00", taken: "7000.00", lost: "7000.00"})
	h.recordPayment(18, receipt{method: "tt", reference: "0003", amount: "1600.00", applied: "600.00", unapplied: "0.00", reversed: "1000.00"})
}

// voidedRecords: a payment of order 22 was recorded on order 21 by mistake.
func (h *handLog) voidedRecords() {
	h.recordPayment(21, receipt{method: "card", reference: "CH-1", amount: "2000.00", applied: "0.00", unapplied: "2000.00", needsReview: true})
	h.commit(meta(byPlatform, "void-payment"),
		orderEvent(21, "payment-voided", jsonObject{
			"reference", "CH-1", "method", "card", "amount", usdAmount("2000.00"),
			"moved", jsonObject{"unapplied", usdAmount("2000.00"), "reviewed", usdAmount("2000.00")}, "cases", caseReport{taken: "2000.00", lost: "2000.00"}.sums(),
		}.String()),
		entry{h.stream(21, "card", "CH-1"), "payment.voided", `{}`})
	h.announce(22, "card", "C22", "2000.00")
	h.recordPayment(22, receipt{method: "card", id: "C22", reference: "CH-1", amount: "2000.00", applied: "2000.00", unapplied: "0.00"}, fundedEvent(22))
	h.recordPayment(22, receipt{method: "tt", reference: "twice", amount: "5000.00", applied: "4000.00", unapplied: "1000.00"})
	// The same reference by another method is another payment. Its review ends before its record is voided.
	h.recordPayment(22, receipt{method: "e-check", id: "E22", reference: "CH-1", amount: "700.00", applied: "0.00", unapplied: "700.00", needsReview: true})
	h.commit(meta(byBuyer, "initiate-payment"),
		orderEvent(22, "payment-initiated", jsonObject{
			"payment", "E22", "method", "e-check", "amount", usdAmount("700.00"), "notice_until", h.now.Add(14 * day),
			"reference", "CH-1", "reviewed", usdAmount("700.00"),
		}.String()),
		entry{h.stream(22, "e-check", "CH-1"), "payment.applied", `{}`})
	h.commit(meta(byPlatform, "void-payment"),
		orderEvent(22, "payment-voided", jsonObject{
			"reference", "CH-1", "method", "e-check", "amount", usdAmount("700.00"),
			"moved", jsonObject{"unapplied", usdAmount("700.00")}, "cases", caseReport{taken: "700.00", lost: "700.00"}.sums(),
		}.String()),
		entry{h.stream(22, "e-check", "CH-1"), "payment.voided", `{}`})
}

// modifiedAfterLoss: the case of order 23 is lost, the terms are modified, and the case is won before the
// buyer confirms them.
func (h *handLog) modifiedAfterLoss() {
	h.cardPayment(23, "C23", "6000.00", "6000.00", "0.00", fundedEvent(23))
	h.openCase(23, caseReport{method: "card", reference: "K-C23", name: "cb-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.resolveCase(23, caseReport{method: "card", reference: "K-C23", name: "cb-1", at: 2 * hour, taken: "6000.00", lost: "6000.00"}, h.unfundedEvent(23))
	h.commit(meta(bySeller, "modify"), orderEvent(23, "terms-modified", jsonObject{
		"terms", jsonObject{"total", usdAmount("4000.00"), "initial", usdAmount("2000.00")}, "coverage", "none", "buyer_name", "Bruno Imports",
		"revision", 3, "confirm_by", h.now.Add(30 * day),
	}.String()))
	h.resolveCase(23, caseReport{method: "card", reference: "K-C23", name: "cb-1", at: 3 * hour, won: true, applied: "0.00", unapplied: "6000.00"})
	h.openCase(23, caseReport{method: "card", reference: "K-C23", name: "cb-2", payment: "6000.00", claimed: "1.00", at: 3 * hour, applied: "0.00", unapplied: "1.00", taken: "1.00", open: 1})
	h.advance(day)
	h.resolveCase(23, caseReport{method: "card", reference: "K-C23", name: "cb-2", at: 4 * hour, won: true, applied: "0.00", unapplied: "1.00", confirmBy: h.now.Add(30 * day)})
	h.commit(meta(byBuyer, "confirm"), orderEvent(23, "confirmed", jsonObject{"account", "b-bruno", "terms", 3, "pay_by", h.now.Add(60 * day)}.String()),
		orderEvent(23, "unapplied-applied", `{"amount":"4000.00 USD"}`), fundedEvent(23))
}

// reportsOutOfOrder: the lost case of order 24 is reported before a later opening with another amount. The
// case stays closed when that report arrives.
func (h *handLog) reportsOutOfOrder() {
	h.cardPayment(24, "C24", "2000.00", "2000.00", "0.00", fundedEvent(24))
	h.openCase(24, caseReport{method: "card", reference: "K-C24", name: "cb-1", payment: "2000.00", claimed: "100.00", at: hour, applied: "100.00", unapplied: "0.00", taken: "100.00", open: 1})
	h.resolveCase(24, caseReport{method: "card", reference: "K-C24", name: "cb-1", at: 3 * hour, taken: "100.00", lost: "100.00"}, h.unfundedEvent(24))
	h.openCase(24, caseReport{method: "card", reference: "K-C24", name: "cb-1", payment: "2000.00", claimed: "50.00", at: 2 * hour, applied: "-50.00", unapplied: "0.00", taken: "50.00", lost: "50.00"})
}

// surplusReturnedAndLost: a transfer is applied to order 25 and the surplus card payment returned; then
// the card payment is charged back and won, and the transfer recalled. Nothing of order 30 is returned, and
// its recall takes the surplus first.
func (h *handLog) surplusReturnedAndLost() {
	h.announce(25, "card", "C25", "6000.00")
	h.recordPayment(25, receipt{method: "tt", reference: "w", amount: "6000.00", applied: "6000.00", unapplied: "0.00"}, fundedEvent(25))
	h.recordPayment(25, receipt{method: "card", id: "C25", reference: "K-C25", amount: "6000.00", applied: "0.00", unapplied: "6000.00"})
	h.commit(meta(byPlatform, "return-unapplied"), orderEvent(25, "unapplied-returned", `{"amount":"6000.00 USD"}`))
	h.openCase(25, caseReport{method: "card", reference: "K-C25", name: "cb-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", open: 1})
	h.resolveCase(25, caseReport{method: "card", reference: "K-C25", name: "cb-1", at: 2 * hour, won: true, applied: "6000.00", unapplied: "0.00"})
	h.openCase(25, caseReport{method: "tt", reference: "w", name: "r-1", payment: "6000.00", at: hour, applied: "6000.00", unapplied: "0.00", taken: "6000.00", lost: "6000.00"}, h.unfundedEvent(25))

	h.recordPayment(30, receipt{method: "tt", reference: "w", amount: "6500.00", applied: "6000.00", unapplied: "500.00"}, fundedEvent(30))
	h.openCase(30, caseReport{method: "tt", reference: "w", name: "r-1", payment: "6500.00", claimed: "700.00", at: hour, applied: "200.00", unapplied: "500.00", taken: "700.00", lost: "700.00"}, h.unfundedEvent(30))
}

// reviewedAfterCase: a part of a payment under review was returned before it is charged back, so that the
// case takes more than is left of it. When the review ends, the case takes the rest from the order. Order 26
// stays funded; order 33 does not, and returns to the confirmed phase.
func (h *handLog) reviewedAfterCase() {
	h.caseBeyondReview(26)
	h.caseBeyondReview(33, h.unfundedEvent(33))
}

func (h *handLog) caseBeyondReview(n int, then ...entry) {
	h.recordPayment(n, receipt{method: "tt", reference: "w", amount: "3000.00", applied: "3000.00", unapplied: "0.00"}, fundedEvent(n))
	h.recordPayment(n, receipt{method: "card", id: "C" + o(n), reference: "CH-" + o(n), amount: "2000.00", applied: "0.00", unapplied: "2000.00", needsReview: true})
	h.commit(meta(byPlatform, "return-unapplied"),
		orderEvent(n, "unapplied-returned", `{"amount":"500.00 USD","reviewed":"500.00 USD","reference":"CH-`+o(n)+`"}`),
		entry{h.stream(n, "card", "CH-"+o(n)), "payment.returned", `{"amount":"500.00 USD"}`})
	h.openCase(n, caseReport{method: "card", reference: "CH-" + o(n), name: "cb-1", payment: "2000.00", at: hour, applied: "0.00", unapplied: "1500.00", reviewed: "1500.00", taken: "1500.00", excess: "500.00", open: 1})
	h.resolveCase(n, caseReport{method: "card", reference: "CH-" + o(n), name: "cb-1", at: 2 * hour, taken: "1500.00", lost: "2000.00", excess: "500.00"})
	h.commit(meta(byBuyer, "initiate-payment"), append([]entry{
		orderEvent(n, "payment-initiated", jsonObject{
			"payment", "C" + o(n), "method", "card", "amount", usdAmount("2000.00"), "notice_until", h.now.Add(day), "reference", "CH-" + o(n),
			"moved", jsonObject{"applied", usdAmount("500.00")}, "cases", caseReport{taken: "2000.00", lost: "2000.00"}.sums(),
		}.String()),
		{h.stream(n, "card", "CH-"+o(n)), "payment.applied", `{}`},
	}, then...)...)
}

// shipmentClockPaused: the clock of the agreed time of shipment is stopped while order 27 is frozen.
func (h *handLog) shipmentClockPaused() {
	h.recordPayment(27, receipt{method: "tt", reference: "part", amount: "1000.00", applied: "1000.00", unapplied: "0.00"})
	h.openDispute(27, 1)
	h.advance(2 * day)
	h.recordPayment(27, receipt{method: "tt", reference: "rest", amount: "1000.00", applied: "1000.00", unapplied: "0.00"}, fundedEvent(27))
	h.withdrawDispute(27, time.Time{}, time.Time{})
	h.advance(30 * day)
	h.ship(27, start.Add(33*day)) // paid on day 2; the order was frozen on the day after
	h.log[len(h.log)-1].Data = []byte(string(h.log[len(h.log)-1].Data[:len(h.log[len(h.log)-1].Data)-1]) + `,"late":true}`)
}

// firstEditionPayments: the first edition recorded the payments of these orders. The case of order 28 ends
// in the second edition. A transfer under review of order 29 is adopted and applied later. The first edition
// closed order 31 while a chargeback was open, and its money came back. It left order 32 ready to ship
// without money.
func (h *handLog) firstEditionPayments() {
	first := func(n int, method, id, reference, amount, applied, unapplied, more string) entry {
		account := ""
		if method == "tt" {
			account = h.accounts[n]
		}
		return orderEvent(n, "payment-received", jsonObject{
			"reference", reference, "method", method, "payment", id, "account", account, "amount", usdAmount(amount),
			"applied", usdAmount(applied), "unapplied", usdAmount(unapplied), "payer", more, "paid_at", h.now, "needs_review", more == "Somebody",
		}.String())
	}
	card := func(n int, amount string, then ...entry) {
		h.commit(meta(byBuyer, "initiate-payment"), orderEvent(n, "payment-initiated", `{"payment":"C1","method":"card","amount":"`+amount+` USD"}`))
		h.commit(meta(byPlatform, "record-payment"), append([]entry{first(n, "card", "C1", "K-C"+o(n), amount, amount, "0.00", "")}, then...)...)
	}
	adopted := func(n int, method, reference, amount, more string) entry {
		account := ""
		if method == "tt" {
			account = `"account":"` + h.accounts[n] + `",`
		}
		return entry{h.stream(n, method, reference), "payment.recorded",
			`{"order":"` + o(n) + `","method":"` + method + `",` + account + `"reference":"` + reference + `","amount":"` + amount + ` USD"` + more + `}`}
	}
	chargedBack := func(n int, amount string) {
		h.commit(meta(byPlatform, "charge-back"), orderEvent(n, "payment-reversed", `{"reference":"K-C`+o(n)+`","amount":"`+amount+` USD","applied":"`+amount+` USD","unapplied":"0.00 USD"}`))
	}

	card(28, "2000.00", fundedEvent(28))
	chargedBack(28, "2000.00")
	ref, opened := "K-C"+o(28), `,"cases":[{"status":"open","opened_at":"2025-01-01T00:00:00Z","at":"2025-01-01T00:00:00Z"}]`
	h.resolveCase(28, caseReport{method: "card", reference: ref, name: "cb-1", at: day, taken: "2000.00", lost: "2000.00"}, adopted(28, "card", ref, "2000.00", opened), h.unfundedEvent(28))

	h.commit(meta(byPlatform, "record-payment"), first(29, "tt", "", "other", "700.00", "0.00", "700.00", "Somebody"))
	h.commit(meta(byPlatform, "return-unapplied"), orderEvent(29, "unapplied-returned", `{"amount":"100.00 USD","reviewed":"100.00 USD"}`))
	h.commit(meta(byPlatform, "adopt-payments"), adopted(29, "tt", "other", "700.00", `,"review":true,"returned":"100.00 USD"`))
	h.commit(meta(byPlatform, "apply-unapplied"), orderEvent(29, "unapplied-applied", `{"amount":"600.00 USD","reviewed":"600.00 USD","reference":"other"}`),
		entry{h.stream(29, "tt", "other"), "payment.applied", `{}`})

	card(31, "2000.00", fundedEvent(31))
	h.commit(meta(byPlatform, "record-payment"), first(31, "tt", "", "cent", "1.00", "1.00", "0.00", "Bruno Imports"))
	chargedBack(31, "2000.00")
	h.refund(31, "1.00", h.closeEvents(31, "refunded")...)
	h.commit(meta(byPlatform, "resolve-chargeback"), orderEvent(31, "chargeback-resolved", `{"reference":"K-C`+o(31)+`","won":true,"applied":"2000.00 USD"}`))
	h.commit(meta(byPlatform, "refund"), orderEvent(31, "refund-made", `{"amount":"2000.00 USD","cause":"agreed"}`))

	card(32, "2000.00", fundedEvent(32))
	chargedBack(32, "2000.00")
	h.commit(meta(byPlatform, "resolve-chargeback"), orderEvent(32, "chargeback-resolved", `{"reference":"K-C`+o(32)+`","won":false}`))
	h.commit(`{"role":"system","command":"unfund"}`, h.unfundedEvent(32))
}

// TestSecondEdition audits a log of the second edition and compares the money of each order with the
// expected amounts.
func TestSecondEdition(t *testing.T) {
	log := secondEdition(t)
	a := audit.New(settings()...)
	if err := a.Log(t.Context(), newLog(log)); err != nil {
		t.Fatal(err)
	}
	for _, c := range goldenMoneyOfOrders {
		single := audit.New(append(settings(), audit.OrdersOnly())...)
		if err := single.Log(t.Context(), newLog(orderHistory(log, c.order))); err != nil {
			t.Errorf("order %d with OrdersOnly: %v", c.order, err)
			continue
		}
		for name, f := range map[string]audit.Figures{"": orderFigures(t, a, c.order), " with OrdersOnly": orderFigures(t, single, c.order)} {
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

// goldenMoney has the expected amounts of an order, in cents.
type goldenMoney struct {
	order                                             int
	phase                                             string
	applied, unapplied, returned, reversed, shortfall int64
	refunded, taken, beyond, owed                     int64
}

func cents(f audit.Figures, name string) int64 { return f[name].(int64) }

var goldenMoneyOfOrders = []goldenMoney{
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
