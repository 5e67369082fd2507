package paylater_test

import (
	"errors"
	"reflect"
	"testing"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestRule holds each rule to what it accepts, refuses, brings with it and leaves alone.
func TestRule(t *testing.T) {
	for _, group := range []map[string]func(*testing.T){
		placeRules, quotaRules, endRules, payRules, receiptRules, overdueRules, afterSalesRules, commonRules,
	} {
		for name, test := range group {
			t.Run(name, test)
		}
	}
}

var placeRules = map[string]func(*testing.T){
	"B5/accept/all that is usable": func(t *testing.T) {
		newWorld(t).makes(place("5000"), Placed{Buyer: "bao", Merchant: "meilin", Amount: yuan("5000")}).
			in(PhasePlaced).amounts(sums{original: "5000", outstanding: "5000"})
	},
	"B5/refuse/a cent more than is usable": func(t *testing.T) {
		newWorld(t).refused(rule.B5, place("5000.01"))
	},
	"B5/refuse/the next cent once all is used": func(t *testing.T) {
		w := newWorld(t)
		w.facts.Line.Usable = yuan("0")
		w.refused(rule.B5, place("0.01"))
	},
	"B5/refuse/a merchant without a line": func(t *testing.T) {
		w := newWorld(t)
		w.facts.Line = Line{}
		w.refused(rule.B5, place("100"))
	},
	"D64/refuse/a buyer does not learn why the merchant's line takes no order": func(t *testing.T) {
		var answers []*trade.Refusal
		for _, l := range []Line{{}, {Active: true, Frozen: true, Usable: yuan("5000")}, {Active: true, Usable: yuan("99.99")}, {Active: true, Usable: yuan("0")}} {
			w := newWorld(t)
			w.facts.Line = l
			answers = append(answers, w.refused(rule.B5, place("100")))
		}
		for _, no := range answers[1:] {
			if !reflect.DeepEqual(no, answers[0]) || !no.Missing.IsZero() {
				t.Errorf("%+v and %+v", no, answers[0])
			}
		}
	},
	"B5/excludes/an order that is placed never lacks quota": func(t *testing.T) {
		w := on(t, PhasePlaced)
		w.facts.Line = Line{Active: true, Usable: yuan("0")}
		w.do(Ship{}, ConfirmReceipt{}, pay("100"))
	},
	"B7/accept/the buyer chose to pay later": func(t *testing.T) {
		newWorld(t).do(place("0.01")).amounts(sums{original: "0.01", outstanding: "0.01"})
	},
	"B7/refuse/the buyer did not": func(t *testing.T) {
		c := place("100")
		c.ChosePayLater = false
		newWorld(t).refused(rule.B7, c)
		c.Merchant = "bao" // B7 comes before D36
		newWorld(t).refused(rule.B7, c)
	},
	"B7/refuse/placed twice": func(t *testing.T) {
		for _, p := range phases[1:] {
			on(t, p).refused(rule.B7, place("100"))
		}
	},
	"B7/refuse/by others than a buyer": func(t *testing.T) {
		for _, by := range []trade.Actor{merchant, platform, system, desk} {
			newWorld(t).as(by).refused(rule.B7, place("100"))
		}
	},
	"B7/excludes/nothing is deducted at shipment": func(t *testing.T) {
		w := on(t, PhasePlaced)
		w.makes(Ship{}, Shipped{AutoReceiveAt: newYear.Add(10 * day)}).amounts(sums{original: "100", outstanding: "100"})
	},
	"B18/refuse/no order that the quota pays for": func(t *testing.T) {
		w := newWorld(t)
		w.o = New(trade.ID{})
		if _, err := w.try(place("100")); !invalidField(err, "order") {
			t.Errorf("got %v", err)
		}
	},
	"B19/refuse/a frozen line": func(t *testing.T) {
		w := newWorld(t)
		w.facts.Line.Frozen = true
		w.refused(rule.B5, place("100")) // the buyer does not learn that it is frozen (D64)
	},
	"B19/excludes/orders that run": func(t *testing.T) {
		w := on(t, PhaseOverdue)
		w.facts.Line = Line{Active: true, Frozen: true}
		w.do(pay("100")).in(PhasePaid).amounts(sums{original: "100", paid: "100"})
		w = on(t, PhasePlaced)
		w.facts.Line = Line{Active: true, Frozen: true}
		w.do(Ship{}, ConfirmReceipt{}, LowerAmount{Amount: yuan("1")}, Return{})
	},
	"B19/accept/a fake order is flagged wherever it stands": func(t *testing.T) {
		for _, p := range phases[1:] {
			w := on(t, p)
			want := w.o
			w.makes(FlagFake{Reason: "brushing"}, FakeFlagged{Reason: "brushing"}).in(p)
			want.FakeFlagged = true
			if w.o.Outstanding != want.Outstanding || w.o.Paid != want.Paid || !w.o.FakeFlagged {
				t.Errorf("in %s the flag left %+v", p, w.o)
			}
		}
	},
	"B19/refuse/flagged twice, before it is placed, by another": func(t *testing.T) {
		on(t, PhasePaid).do(FlagFake{}).refused(rule.B19, FlagFake{})
		newWorld(t).refused(rule.B19, FlagFake{})
		for _, by := range []trade.Actor{buyer, merchant, system, desk} {
			on(t, PhasePlaced).as(by).refused(rule.B19, FlagFake{})
		}
	},
	"B20/accept/a dry run says whether an order can be placed": func(t *testing.T) {
		w := newWorld(t)
		made, err := w.try(place("5000"))
		if err != nil || len(made) != 1 || w.o.Phase != PhaseNone {
			t.Errorf("got %v, %v", made, err)
		}
	},
	"D36/refuse/the buyer is the merchant": func(t *testing.T) {
		c := place("100")
		c.Merchant = "bao"
		newWorld(t).refused(rule.D36, c)
		w := newWorld(t)
		w.facts.Line = Line{} // D36 comes before the line
		w.refused(rule.D36, c)
	},
	"D36/refuse/the buyer has the merchant's address": func(t *testing.T) {
		for email, same := range map[trade.Email]bool{"": false, "Shop@shop.example": true, "shop@shop.example": true, "other@shop.example": false} {
			w := newWorld(t).as(trade.Actor{Role: trade.Buyer, Account: "second", Email: email})
			w.facts.Line.Email = "shop@SHOP.example"
			if c := place("100"); same {
				w.refused(rule.D36, c)
			} else {
				w.do(c)
			}
		}
	},
	"D36/accept/another account": func(t *testing.T) {
		newWorld(t).as(trade.Actor{Role: trade.Buyer, Account: "Meilin"}).do(place("100"))
	},
}

var quotaRules = map[string]func(*testing.T){
	"B1/accept/shipped and received unpaid": func(t *testing.T) {
		on(t, PhasePlaced).do(Ship{}).in(PhaseShipped).do(ConfirmReceipt{}).in(PhaseReceived).
			amounts(sums{original: "100", outstanding: "100"})
	},
	"B1/accept/shipped after payment": func(t *testing.T) {
		on(t, PhasePrepaid).do(Ship{}).in(PhasePrepaidShipped).do(ConfirmReceipt{}).in(PhasePaid)
	},
	"B1/refuse/shipping what is not waiting for it": func(t *testing.T) {
		for _, p := range phases {
			if p != PhasePlaced && p != PhasePrepaid {
				on(t, p).refused(rule.B1, Ship{})
			}
		}
	},
	"B1/refuse/shipping by another": func(t *testing.T) {
		for _, by := range []trade.Actor{buyer, platform, system, desk, {Role: trade.Seller, Account: "other"}} {
			on(t, PhasePlaced).as(by).refused(rule.B1, Ship{})
		}
	},
	"B1/effect/unpaid after the set time it is overdue": func(t *testing.T) {
		on(t, PhaseReceived).at(newYear.Add(day+1)).makes(MarkOverdue{}, MarkedOverdue{Amount: yuan("100")}).in(PhaseOverdue)
	},
	"B2/excludes/funds before payment": func(t *testing.T) {
		for _, p := range []Phase{PhasePlaced, PhaseShipped, PhaseReceived, PhaseOverdue, PhaseCancelled, PhaseWrittenOff} {
			w := on(t, p)
			if !w.o.Paid.IsZero() {
				t.Errorf("%s paid in %s", w.o.Paid, p)
			}
			for _, r := range w.history {
				if e, ok := r.Event.(Paid); ok {
					t.Errorf("%+v on the way to %s", e, p)
				}
			}
		}
	},
	"B9/effect/quota restores itself": func(t *testing.T) {
		for _, p := range unpaid {
			on(t, p).do(pay("100")).amounts(sums{original: "100", paid: "100"})
			on(t, p).do(LowerAmount{Amount: yuan("60")}).amounts(sums{original: "100", outstanding: "60", restored: "40"})
		}
		on(t, PhasePlaced).do(Cancel{}).amounts(sums{original: "100", restored: "100"})
		on(t, PhaseOverdue).do(LowerAmount{Amount: yuan("60")}, Return{}).amounts(sums{original: "100", restored: "100"})
	},
	"B9/excludes/what neither pays, lowers nor ends": func(t *testing.T) {
		w := on(t, PhaseReceived).do(FlagFake{}, OpenAfterSales{}, CloseAfterSales{})
		w.at(w.o.DueAt).do(RequestCharge{}, FailCharge{}).wait(1).do(MarkOverdue{})
		w.amounts(sums{original: "100", outstanding: "100"})
	},
	"B9/excludes/a request of the merchant": func(t *testing.T) {
		allowed := map[string]bool{}
		for _, p := range Life().Permits() {
			for _, role := range p.Roles {
				if role == trade.Seller {
					allowed[p.Command] = true
				}
			}
		}
		for _, name := range []string{"ship", "cancel", "refund", "close-after-sales", "lower-amount", "return"} {
			if !allowed[name] {
				t.Errorf("the merchant may not %s", name)
			}
			delete(allowed, name)
		}
		if len(allowed) > 0 {
			t.Errorf("the merchant may also issue %v", allowed)
		}
	},
}

var endRules = map[string]func(*testing.T){
	"D49/accept/cancelled by buyer or merchant before shipment": func(t *testing.T) {
		for _, by := range []trade.Actor{buyer, merchant} {
			on(t, PhasePlaced).as(by).makes(Cancel{Reason: "sold out"}, Cancelled{Restored: yuan("100"), PaidBack: yuan("0"), Reason: "sold out"}).
				in(PhaseCancelled).amounts(sums{original: "100", restored: "100"})
		}
	},
	"D49/refuse/cancelled once shipped or paid": func(t *testing.T) {
		for _, p := range phases {
			if p != PhasePlaced {
				on(t, p).refused(rule.D49, Cancel{})
			}
		}
	},
	"D49/refuse/cancelled by another": func(t *testing.T) {
		for _, by := range []trade.Actor{platform, system, desk, {Role: trade.Buyer, Account: "other"}, {Role: trade.Seller, Account: "bao"}} {
			on(t, PhasePlaced).as(by).refused(rule.D49, Cancel{})
		}
	},
	"D49/accept/returned by merchant or platform": func(t *testing.T) {
		for _, p := range []Phase{PhaseShipped, PhaseReceived, PhaseOverdue} {
			for _, by := range []trade.Actor{merchant, platform} {
				on(t, p).as(by).makes(Return{}, Returned{Restored: yuan("100"), PaidBack: yuan("0"), Overdue: p == PhaseOverdue}).
					in(PhaseCancelled).amounts(sums{original: "100", restored: "100"})
			}
		}
	},
	"D49/refuse/returned before shipment, paid or over": func(t *testing.T) {
		for _, p := range []Phase{PhaseNone, PhasePlaced, PhasePrepaid, PhasePrepaidShipped, PhasePaid, PhaseCancelled, PhaseWrittenOff} {
			on(t, p).refused(rule.D49, Return{})
		}
	},
	"D49/refuse/returned by the buyer's word": func(t *testing.T) {
		for _, by := range []trade.Actor{buyer, system, desk} {
			on(t, PhaseReceived).as(by).refused(rule.D49, Return{})
		}
	},
	"D49/accept/lowered while unpaid": func(t *testing.T) {
		for _, p := range unpaid {
			on(t, p).makes(LowerAmount{Amount: yuan("99.99")}, AmountLowered{To: yuan("99.99"), Restored: yuan("0.01")}).in(p).
				makes(LowerAmount{Amount: yuan("0.01")}, AmountLowered{To: yuan("0.01"), Restored: yuan("99.98")}).
				amounts(sums{original: "100", outstanding: "0.01", restored: "99.99"}).
				do(pay("0.01")).amounts(sums{original: "100", paid: "0.01", restored: "99.99"})
		}
	},
	"D49/refuse/lowered once paid or over, or by another": func(t *testing.T) {
		for _, p := range []Phase{PhaseNone, PhasePrepaid, PhasePrepaidShipped, PhasePaid, PhaseCancelled, PhaseWrittenOff} {
			on(t, p).refused(rule.D49, LowerAmount{Amount: yuan("1")})
		}
		for _, by := range []trade.Actor{buyer, platform, system, desk} {
			on(t, PhasePlaced).as(by).refused(rule.D49, LowerAmount{Amount: yuan("1")})
		}
	},
	"D47/refuse/an amount that is not lower": func(t *testing.T) {
		for _, amount := range []string{"100", "100.01"} {
			on(t, PhasePlaced).refused(rule.D47, LowerAmount{Amount: yuan(amount)})
		}
		on(t, PhasePlaced).do(LowerAmount{Amount: yuan("60")}).refused(rule.D47, LowerAmount{Amount: yuan("60")})
	},
	"D50/accept/a full refund of a prepaid order cancels it": func(t *testing.T) {
		w := on(t, PhasePrepaid)
		w.makes(Refund{Amount: yuan("40")}, RefundMade{Amount: yuan("40")}).in(PhasePrepaid)
		w.as(platform).makes(Refund{Amount: yuan("60"), Reason: "sold out"}, RefundMade{Amount: yuan("60"), Reason: "sold out"},
			Cancelled{Restored: yuan("0"), PaidBack: yuan("0"), Reason: "sold out"}).
			in(PhaseCancelled).amounts(sums{original: "100", paid: "100"})
	},
	"D50/accept/a full refund of a shipped one does not": func(t *testing.T) {
		on(t, PhasePrepaidShipped).makes(Refund{Amount: yuan("100")}, RefundMade{Amount: yuan("100")}).in(PhasePrepaidShipped).
			do(ConfirmReceipt{}).in(PhasePaid).amounts(sums{original: "100", paid: "100"})
		on(t, PhasePaid).do(Refund{Amount: yuan("100")}).in(PhasePaid)
	},
	"D50/refuse/a cent more than was paid and not refunded": func(t *testing.T) {
		for _, p := range paid {
			w := on(t, p)
			if no := w.refused(rule.D50, Refund{Amount: yuan("100.01")}); no.Missing != yuan("0.01") {
				t.Errorf("missing %s", no.Missing)
			}
			w.do(Refund{Amount: yuan("99.99")}).refused(rule.D50, Refund{Amount: yuan("0.02")})
			w.do(Refund{Amount: yuan("0.01")})
			if p != PhasePrepaid {
				w.refused(rule.D50, Refund{Amount: yuan("0.01")})
			}
		}
	},
	"D50/refuse/a refund before payment, or by another": func(t *testing.T) {
		for _, p := range []Phase{PhaseNone, PhasePlaced, PhaseShipped, PhaseReceived, PhaseOverdue, PhaseCancelled, PhaseWrittenOff} {
			on(t, p).refused(rule.D50, Refund{Amount: yuan("1")})
		}
		for _, by := range []trade.Actor{buyer, system, desk} {
			on(t, PhasePaid).as(by).refused(rule.D50, Refund{Amount: yuan("1")})
		}
	},
	"D50/excludes/quota": func(t *testing.T) {
		on(t, PhasePaid).do(Refund{Amount: yuan("30")}).amounts(sums{original: "100", paid: "100"})
	},
	"D52/accept/the platform writes an overdue order off": func(t *testing.T) {
		on(t, PhaseOverdue).do(LowerAmount{Amount: yuan("60")}).
			makes(WriteOff{Reason: "insolvent"}, WrittenOff{Consumed: yuan("60"), PaidBack: yuan("0"), Reason: "insolvent"}).
			in(PhaseWrittenOff).amounts(sums{original: "100", restored: "40", consumed: "60"})
	},
	"D52/refuse/one that is not overdue, or by another": func(t *testing.T) {
		for _, p := range phases {
			if p != PhaseOverdue {
				on(t, p).refused(rule.D52, WriteOff{})
			}
		}
		for _, by := range []trade.Actor{buyer, merchant, system, desk} {
			on(t, PhaseOverdue).as(by).refused(rule.D52, WriteOff{})
		}
	},
	"D52/refuse/a payment after the write-off": func(t *testing.T) {
		on(t, PhaseWrittenOff).refused(rule.D52, pay("100"))
		on(t, PhaseWrittenOff).as(merchant).refused(rule.B8, pay("100")) // whatever the phase (D64)
	},
	"D52/effect/an overdue order keeps using quota": func(t *testing.T) {
		on(t, PhaseOverdue).amounts(sums{original: "100", outstanding: "100"})
	},
}

// invalidField reports whether the error is an *trade.InvalidError of that field.
func invalidField(err error, field string) bool {
	bad, ok := errors.AsType[*trade.InvalidError](err)
	return ok && bad.Field == field && bad.Reason != ""
}
