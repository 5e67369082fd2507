package paylater_test

import (
	"fmt"
	"testing"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var payRules = map[string]func(*testing.T){
	"B8/accept/in every phase that waits for money": func(t *testing.T) {
		to := map[Phase]Phase{PhasePlaced: PhasePrepaid, PhaseShipped: PhasePrepaidShipped, PhaseReceived: PhasePaid, PhaseOverdue: PhasePaid}
		for from, to := range to {
			for _, by := range []trade.Actor{buyer, system} {
				on(t, from).as(by).
					makes(pay("100"), Paid{Reference: "P-100", Amount: yuan("100"), Total: yuan("100"), Overdue: from == PhaseOverdue}).
					in(to).amounts(sums{original: "100", paid: "100"})
			}
		}
	},
	"B8/refuse/a second payment": func(t *testing.T) {
		for _, p := range paid {
			on(t, p).refused(rule.B8, Pay{Reference: "again", Amount: yuan("100")})
		}
	},
	"B8/refuse/an order that waits for none": func(t *testing.T) {
		for _, p := range []Phase{PhaseNone, PhaseCancelled} {
			on(t, p).refused(rule.B8, pay("100"))
		}
	},
	"B8/refuse/by another": func(t *testing.T) {
		for _, by := range []trade.Actor{merchant, platform, desk, {Role: trade.Buyer, Account: "other"}} {
			on(t, PhaseReceived).as(by).refused(rule.B8, pay("100"))
		}
	},
	"B8/refuse/the same payment reported again": func(t *testing.T) {
		w := on(t, PhasePlaced).under(instalments).do(pay("30"))
		w.refused(rule.B8, pay("30"))
		w.refused(rule.B8, Pay{Reference: "P-30", Amount: yuan("70")})
	},
	"B8/effect/the amount after a lowering": func(t *testing.T) {
		on(t, PhaseShipped).do(LowerAmount{Amount: yuan("60")}).
			makes(pay("60"), Paid{Reference: "P-60", Amount: yuan("60"), Total: yuan("60")}).amounts(sums{original: "100", paid: "60", restored: "40"})
	},
	"D62/effect/a charge of an order that takes none is recorded beside": func(t *testing.T) {
		for _, p := range []Phase{PhaseCancelled, PhaseWrittenOff, PhasePrepaid, PhasePrepaidShipped, PhasePaid} {
			charge := Pay{Reference: "CH-1", Amount: yuan("100")}
			w := on(t, p).as(system)
			before := w.o
			w.makes(charge, PaymentUnapplied(charge)).in(p)
			if o := w.o; o.Unapplied() != yuan("100") || o.Paid != before.Paid || o.Outstanding != before.Outstanding || o.Restored != before.Restored || o.Consumed != before.Consumed {
				t.Errorf("in %s: %+v", p, o)
			}
			if made, err := Decide(w.o, charge, trade.Given{By: system, At: w.now}, w.facts); err != nil || len(made) > 0 {
				t.Errorf("in %s: the same again makes %+v, %v", p, made, err)
			}
			w.refused(rule.D19, Pay{Reference: "CH-1", Amount: yuan("99")})
		}
	},
	"D62/effect/a charge that brings more than is due": func(t *testing.T) {
		for _, p := range unpaid {
			w := on(t, p).do(LowerAmount{Amount: yuan("60")}).as(system)
			w.makes(pay("100"), Paid{Reference: "P-100", Amount: yuan("60"), Total: yuan("60"), Overdue: p == PhaseOverdue}, PaymentUnapplied{Reference: "P-100", Amount: yuan("40")})
			if w.amounts(sums{original: "100", paid: "60", restored: "40"}); w.o.Unapplied() != yuan("40") {
				t.Errorf("in %s: %s is not applied", p, w.o.Unapplied())
			}
			if made, err := Decide(w.o, pay("100"), trade.Given{By: system, At: w.now}, w.facts); err != nil || len(made) > 0 {
				t.Errorf("in %s: the same again makes %+v, %v", p, made, err)
			}
			w.refused(rule.D19, Pay{Reference: "P-100", Amount: yuan("60")})
		}
	},
	"D65/refuse/a payment that another order has": func(t *testing.T) {
		for _, p := range unpaid {
			for _, by := range []trade.Actor{buyer, system} {
				w := on(t, p).as(by)
				w.facts.PaidOn = other
				w.refused(rule.D65, pay("100"))
			}
		}
		for _, p := range []Phase{PhaseCancelled, PhaseWrittenOff, PhasePaid} {
			w := on(t, p).as(system)
			w.facts.PaidOn = other
			w.refused(rule.D65, Pay{Reference: "CH-1", Amount: yuan("100")})
		}
	},
	"D65/accept/a payment that is this order's": func(t *testing.T) {
		w := on(t, PhaseReceived).under(instalments).as(system).do(pay("30"))
		for _, of := range []trade.ID{ours, other} { // the first edition took a reference on two orders
			w.facts.PaidOn = of
			if made, err := Decide(w.o, pay("30"), trade.Given{By: system, At: w.now}, w.facts); err != nil || len(made) > 0 {
				t.Errorf("the same again makes %+v, %v", made, err)
			}
			w.refused(rule.D19, Pay{Reference: "P-30", Amount: yuan("70")})
		}
	},
	"D62/refuse/the buyer cannot pay what is settled": func(t *testing.T) {
		for p, id := range map[Phase]rule.ID{PhaseCancelled: rule.B8, PhasePaid: rule.B8, PhasePrepaid: rule.B8, PhaseWrittenOff: rule.D52} {
			on(t, p).as(buyer).refused(id, Pay{Reference: "again", Amount: yuan("100")})
		}
	},
	"D21/accept/unapplied money goes back, in parts": func(t *testing.T) {
		w := on(t, PhaseCancelled).as(system).do(Pay{Reference: "CH-1", Amount: yuan("100")}).as(platform)
		if no := w.refused(rule.D21, ReturnUnapplied{Amount: yuan("100.01")}); no.Missing != yuan("0.01") {
			t.Errorf("missing %s", no.Missing)
		}
		w.refused(rule.D60, ReturnUnapplied{Amount: euros("1")})
		w.do(ReturnUnapplied{Amount: yuan("30")}, ReturnUnapplied{Amount: yuan("70")})
		if w.refused(rule.D21, ReturnUnapplied{Amount: yuan("0.01")}); !w.o.Unapplied().IsZero() || w.o.Returned != yuan("100") {
			t.Errorf("%+v", w.o)
		}
	},
	"D21/refuse/there is none, or it is another's to return": func(t *testing.T) {
		on(t, PhasePaid).as(platform).refused(rule.D21, ReturnUnapplied{Amount: yuan("0.01")})
		for _, by := range []trade.Actor{buyer, merchant, system} {
			on(t, PhaseCancelled).as(system).do(Pay{Reference: "CH-1", Amount: yuan("100")}).as(by).refused(rule.D21, ReturnUnapplied{Amount: yuan("1")})
		}
	},
	"D48/accept/an overdue order is paid, the lateness stays": func(t *testing.T) {
		w := on(t, PhaseOverdue).wait(300 * day).do(pay("100")).in(PhasePaid)
		if !w.o.OverdueAt.Equal(newYear.Add(day+1)) || !w.o.PaidAt.Equal(newYear.Add(301*day+1)) {
			t.Errorf("overdue at %s, paid at %s", w.o.OverdueAt, w.o.PaidAt)
		}
	},
	"D51/refuse/another amount than is due": func(t *testing.T) {
		for _, p := range unpaid {
			if no := on(t, p).refused(rule.D51, pay("99.99")); no.Missing != yuan("0.01") {
				t.Errorf("missing %s", no.Missing)
			}
			if no := on(t, p).refused(rule.D51, pay("100.01")); !no.Missing.IsZero() {
				t.Errorf("missing %s", no.Missing)
			}
		}
	},
	"D51/accept/instalments where the policy takes them": func(t *testing.T) {
		w := on(t, PhasePlaced).under(instalments)
		w.makes(pay("30"), InstalmentPaid{Reference: "P-30", Amount: yuan("30")}).in(PhasePlaced).
			do(Ship{}).makes(pay("20"), InstalmentPaid{Reference: "P-20", Amount: yuan("20")}).in(PhaseShipped).
			amounts(sums{original: "100", outstanding: "100"})
		if w.o.Due() != yuan("50") || w.o.Instalments != yuan("50") {
			t.Errorf("due %s after %s", w.o.Due(), w.o.Instalments)
		}
		w.makes(pay("50"), Paid{Reference: "P-50", Amount: yuan("50"), Total: yuan("100")}).in(PhasePrepaidShipped).
			amounts(sums{original: "100", paid: "100"})
		if len(w.o.Payments) != 3 || !w.o.Instalments.IsZero() || !w.o.Due().IsZero() {
			t.Errorf("%+v", w.o)
		}
	},
	"D51/refuse/an instalment beyond what is due": func(t *testing.T) {
		on(t, PhasePlaced).under(instalments).do(pay("30")).refused(rule.D51, pay("70.01"))
	},
	"D51/refuse/a further instalment once the policy takes none": func(t *testing.T) {
		w := on(t, PhasePlaced).under(instalments).do(pay("30"))
		w.facts.Policy = nil
		if no := w.refused(rule.D51, pay("69.99")); no.Missing != yuan("0.01") {
			t.Errorf("missing %s", no.Missing)
		}
		w.do(pay("70")).in(PhasePrepaid)
	},
	"D51/refuse/a part as the last payment that fits": func(t *testing.T) {
		w := on(t, PhasePlaced).under(instalments)
		for i := range MaxPayments - 1 {
			w.do(Pay{Reference: fmt.Sprint("R", i), Amount: yuan("1")})
		}
		w.refused(rule.D51, pay("0.50"))
		w.do(pay("1")).in(PhasePrepaid).amounts(sums{original: "100", paid: "100"})
	},
	"D51/refuse/an amount lowered to what was paid in parts": func(t *testing.T) {
		w := on(t, PhasePlaced).under(instalments).do(pay("30"))
		w.refused(rule.D51, LowerAmount{Amount: yuan("30")})
		w.refused(rule.D51, LowerAmount{Amount: yuan("29.99")})
		w.do(LowerAmount{Amount: yuan("30.01")}, pay("0.01")).amounts(sums{original: "100", paid: "30.01", restored: "69.99"})
	},
	"D51/effect/parts of an order that ends unpaid go back to the buyer": func(t *testing.T) {
		w := on(t, PhasePlaced).under(instalments).do(pay("30")).
			makes(Cancel{}, Cancelled{Restored: yuan("100"), PaidBack: yuan("30")}).amounts(sums{original: "100", restored: "100"})
		if w.o.PaidBack != yuan("30") || !w.o.Instalments.IsZero() {
			t.Errorf("%+v", w.o)
		}
		on(t, PhaseReceived).under(instalments).do(pay("30")).
			makes(Return{}, Returned{Restored: yuan("100"), PaidBack: yuan("30")})
		w = on(t, PhaseOverdue).under(instalments).do(pay("30")).
			makes(WriteOff{}, WrittenOff{Consumed: yuan("100"), PaidBack: yuan("30")}).amounts(sums{original: "100", consumed: "100"})
		if w.o.PaidBack != yuan("30") {
			t.Errorf("%+v", w.o)
		}
	},
}
