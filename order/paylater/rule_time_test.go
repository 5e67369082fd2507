package paylater_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var receiptRules = map[string]func(*testing.T){
	"D46/accept/the system from ten days after shipment": func(t *testing.T) {
		due := newYear.Add(10 * day)
		for _, late := range []time.Duration{0, 1, 100 * day} {
			w := on(t, PhaseShipped).at(due.Add(late)).
				makes(AutoConfirmReceipt{}, ReceiptConfirmed{By: trade.System, DueAt: due.Add(late + day)}).in(PhaseReceived)
			if !w.o.ReceivedAt.Equal(due.Add(late)) || w.o.ReceivedBy != trade.System {
				t.Errorf("%+v", w.o)
			}
			on(t, PhasePrepaidShipped).at(due.Add(late)).makes(AutoConfirmReceipt{}, ReceiptConfirmed{By: trade.System}).in(PhasePaid)
		}
	},
	"D46/refuse/the system a nanosecond before": func(t *testing.T) {
		for _, p := range []Phase{PhaseShipped, PhasePrepaidShipped} {
			w := on(t, p).at(newYear.Add(10*day - 1))
			if no := w.refused(rule.D46, AutoConfirmReceipt{}); !no.Earliest.Equal(newYear.Add(10 * day)) {
				t.Errorf("earliest %s", no.Earliest)
			}
		}
	},
	"D46/accept/the buyer at any time until the system has acted": func(t *testing.T) {
		for _, after := range []time.Duration{0, 10*day - 1, 10 * day, 10*day + 1} {
			at := newYear.Add(after)
			on(t, PhaseShipped).at(at).makes(ConfirmReceipt{}, ReceiptConfirmed{By: trade.Buyer, DueAt: at.Add(day)}).in(PhaseReceived)
			on(t, PhasePrepaidShipped).at(at).makes(ConfirmReceipt{}, ReceiptConfirmed{By: trade.Buyer}).in(PhasePaid)
		}
		on(t, PhaseShipped).wait(10*day).do(AutoConfirmReceipt{}).refused(rule.D46, ConfirmReceipt{})
	},
	"D46/refuse/receipt of what is not on its way, or by another": func(t *testing.T) {
		for _, p := range phases {
			if p != PhaseShipped && p != PhasePrepaidShipped {
				w := on(t, p).wait(100 * day)
				w.refused(rule.D46, ConfirmReceipt{})
				w.refused(rule.D46, AutoConfirmReceipt{})
				w.refused(rule.D46, ExtendReceipt{})
			}
		}
		w := on(t, PhaseShipped).at(newYear.Add(10 * day))
		for _, by := range []trade.Actor{merchant, platform, system, desk, {Role: trade.Buyer, Account: "meilin"}} {
			w.as(by).refused(rule.D46, ConfirmReceipt{})
			w.as(by).refused(rule.D46, ExtendReceipt{})
		}
		for _, by := range []trade.Actor{buyer, merchant, platform, desk} {
			w.as(by).refused(rule.D46, AutoConfirmReceipt{})
		}
	},
	"D46/accept/the buyer adds three days once": func(t *testing.T) {
		for _, p := range []Phase{PhaseShipped, PhasePrepaidShipped} {
			w := on(t, p).at(newYear.Add(10*day-1)).
				makes(ExtendReceipt{}, ReceiptExtended{AutoReceiveAt: newYear.Add(13 * day)}).in(p)
			w.refused(rule.D46, ExtendReceipt{})
			w.at(newYear.Add(13*day-1)).refused(rule.D46, AutoConfirmReceipt{})
			w.at(newYear.Add(13 * day)).do(AutoConfirmReceipt{})
		}
	},
	"D46/refuse/an extension at the time it is too late for": func(t *testing.T) {
		for _, late := range []time.Duration{0, 1} {
			no := on(t, PhaseShipped).at(newYear.Add(10*day+late)).refused(rule.D46, ExtendReceipt{})
			if !no.Deadline.Equal(newYear.Add(10 * day)) {
				t.Errorf("deadline %s", no.Deadline)
			}
		}
	},
	"D46/refuse/an extension that the policy does not grant": func(t *testing.T) {
		on(t, PhaseShipped).under(func(p *Policy) { p.Extension = 0 }).refused(rule.D46, ExtendReceipt{})
	},
	"D46/effect/the policy that applied stays": func(t *testing.T) {
		w := newWorld(t).under(func(p *Policy) { p.ReceiveWithin, p.PayWithin = 7*day, 30*day })
		w.do(place("100"), Ship{})
		w.facts.Policy = nil
		w.at(newYear.Add(7*day-1)).refused(rule.D46, AutoConfirmReceipt{})
		w.under(func(p *Policy) { p.PayWithin = 30 * day }).at(newYear.Add(7 * day)).do(AutoConfirmReceipt{})
		w.facts.Policy = nil
		w.at(newYear.Add(37*day)).refused(rule.D47, MarkOverdue{})
		w.wait(1).do(MarkOverdue{})
	},
}

var overdueRules = map[string]func(*testing.T){
	"D47/accept/a charge at the due time or later": func(t *testing.T) {
		for _, late := range []time.Duration{0, 1, 9 * day} {
			on(t, PhaseReceived).at(newYear.Add(day+late)).makes(RequestCharge{}, ChargeRequested{Attempt: 1, Amount: yuan("100")}).in(PhaseReceived)
		}
		on(t, PhaseOverdue).do(RequestCharge{}).in(PhaseOverdue)
	},
	"D47/refuse/a charge a nanosecond before": func(t *testing.T) {
		if no := on(t, PhaseReceived).at(newYear.Add(day-1)).refused(rule.D47, RequestCharge{}); !no.Earliest.Equal(newYear.Add(day)) {
			t.Errorf("earliest %s", no.Earliest)
		}
	},
	"D47/refuse/a second charge": func(t *testing.T) {
		w := on(t, PhaseReceived).at(newYear.Add(day)).do(RequestCharge{})
		w.refused(rule.D47, RequestCharge{})
		w.makes(FailCharge{Reason: "余额不足"}, ChargeFailed{Attempt: 1, Reason: "余额不足"}).in(PhaseReceived)
		w.refused(rule.D47, RequestCharge{})
	},
	"D47/accept/as many retries as the policy has, each after a failure": func(t *testing.T) {
		w := on(t, PhaseReceived).at(newYear.Add(day)).under(func(p *Policy) { p.ChargeRetries = 2 }).do(RequestCharge{})
		w.refused(rule.D47, RequestCharge{})
		w.do(FailCharge{}).makes(RequestCharge{}, ChargeRequested{Attempt: 2, Amount: yuan("100")}).wait(1).do(MarkOverdue{})
		w.makes(FailCharge{}, ChargeFailed{Attempt: 2}).do(RequestCharge{}, FailCharge{}).refused(rule.D47, RequestCharge{})
	},
	"D47/effect/only what is due is charged": func(t *testing.T) {
		on(t, PhaseReceived).under(instalments).do(pay("30"), LowerAmount{Amount: yuan("90")}).at(newYear.Add(day)).
			makes(RequestCharge{}, ChargeRequested{Attempt: 1, Amount: yuan("60")})
	},
	"D47/refuse/a failure of no charge": func(t *testing.T) {
		w := on(t, PhaseReceived).at(newYear.Add(day))
		w.refused(rule.D47, FailCharge{})
		w.do(RequestCharge{}, FailCharge{}).refused(rule.D47, FailCharge{})
		w = on(t, PhaseReceived).at(newYear.Add(day)).do(RequestCharge{}, pay("100"))
		if w.refused(rule.D47, FailCharge{}); w.o.ChargePending {
			t.Error("a charge is under way for an order that is paid")
		}
	},
	"D47/accept/overdue a nanosecond after the due time": func(t *testing.T) {
		on(t, PhaseReceived).at(newYear.Add(day + 1)).do(MarkOverdue{}).in(PhaseOverdue)
	},
	"D47/refuse/overdue at the due time": func(t *testing.T) {
		for _, early := range []time.Duration{0, 1} {
			no := on(t, PhaseReceived).at(newYear.Add(day-early)).refused(rule.D47, MarkOverdue{})
			if !no.Earliest.Equal(newYear.Add(day + 1)) {
				t.Errorf("earliest %s", no.Earliest)
			}
		}
	},
	"D47/refuse/where nothing is due, or by another": func(t *testing.T) {
		for _, p := range phases {
			w := on(t, p).wait(100 * day)
			if p != PhaseReceived && p != PhaseOverdue {
				w.refused(rule.D47, RequestCharge{})
				w.refused(rule.D47, FailCharge{})
			}
			if p != PhaseReceived {
				w.refused(rule.D47, MarkOverdue{})
			}
		}
		w := on(t, PhaseReceived).wait(100 * day).do(RequestCharge{})
		for _, by := range []trade.Actor{buyer, merchant, platform, desk} {
			w.as(by).refused(rule.D47, RequestCharge{})
			w.as(by).refused(rule.D47, FailCharge{})
			w.as(by).refused(rule.D47, MarkOverdue{})
		}
	},
	"D53/effect/the number of overdue orders that freezes the line is recorded": func(t *testing.T) {
		w := on(t, PhaseReceived).at(newYear.Add(day + 1))
		w.under(func(p *Policy) { p.FreezeAfterOverdue = 3 }).makes(MarkOverdue{}, MarkedOverdue{Amount: yuan("100"), FreezeAfter: 3})
	},
}

var afterSalesRules = map[string]func(*testing.T){
	"D46/accept/an after-sales case until payment is due": func(t *testing.T) {
		for _, at := range []time.Time{newYear, newYear.Add(day - 1), newYear.Add(day)} {
			w := on(t, PhaseReceived).at(at).makes(OpenAfterSales{Reason: "wrong size"}, AfterSalesOpened{Reason: "wrong size", PauseUntil: at.Add(30 * day)}).in(PhaseReceived)
			if !w.o.AfterSalesOpen() || !w.o.AfterSalesAt.Equal(at) {
				t.Errorf("%+v", w.o)
			}
		}
	},
	"D46/refuse/a case a nanosecond after": func(t *testing.T) {
		no := on(t, PhaseReceived).at(newYear.Add(day+1)).refused(rule.D46, OpenAfterSales{})
		if !no.Deadline.Equal(newYear.Add(day + 1)) {
			t.Errorf("deadline %s", no.Deadline)
		}
	},
	"D46/refuse/a case beside another, elsewhere, or by another": func(t *testing.T) {
		on(t, PhaseReceived).do(OpenAfterSales{}).refused(rule.D46, OpenAfterSales{})
		for _, p := range phases {
			if p != PhaseReceived {
				on(t, p).refused(rule.D46, OpenAfterSales{})
				on(t, p).refused(rule.D46, CloseAfterSales{})
			}
		}
		for _, by := range []trade.Actor{merchant, platform, system, desk} {
			on(t, PhaseReceived).as(by).refused(rule.D46, OpenAfterSales{})
		}
		for _, by := range []trade.Actor{system, desk, {Role: trade.Buyer, Account: "other"}} {
			w := on(t, PhaseReceived).do(OpenAfterSales{})
			w.as(by).refused(rule.D46, CloseAfterSales{})
		}
	},
	"D46/refuse/closing no case": func(t *testing.T) {
		on(t, PhaseReceived).refused(rule.D46, CloseAfterSales{})
		on(t, PhaseReceived).do(OpenAfterSales{}, CloseAfterSales{}).refused(rule.D46, CloseAfterSales{})
	},
	"B20/effect/a case moves the due time by as long as it was open": func(t *testing.T) {
		for _, by := range []trade.Actor{buyer, merchant, platform} {
			w := on(t, PhaseReceived).wait(day / 2).do(OpenAfterSales{}).wait(5*day + 7).as(by)
			w.makes(CloseAfterSales{Reason: "exchanged"},
				AfterSalesClosed{By: by.Role, DueAt: newYear.Add(6*day + 7), Reason: "exchanged"}).in(PhaseReceived).as(trade.Actor{})
			w.at(newYear.Add(6*day+6)).refused(rule.D47, RequestCharge{})
			w.at(newYear.Add(6*day+7)).do(RequestCharge{}).refused(rule.D47, MarkOverdue{})
			w.wait(1).do(MarkOverdue{})
		}
	},
	"B20/effect/a second case moves it again": func(t *testing.T) {
		w := on(t, PhaseReceived).wait(day).do(OpenAfterSales{}).wait(day).do(CloseAfterSales{})
		w.do(OpenAfterSales{}).wait(day).do(CloseAfterSales{}).wait(1).refused(rule.D46, OpenAfterSales{})
		if !w.o.DueAt.Equal(newYear.Add(3 * day)) {
			t.Errorf("due at %s", w.o.DueAt)
		}
	},
	"B20/effect/closed at once it moves nothing": func(t *testing.T) {
		w := on(t, PhaseReceived).do(OpenAfterSales{}, CloseAfterSales{})
		if !w.o.DueAt.Equal(newYear.Add(day)) || w.o.AfterSalesOpen() {
			t.Errorf("%+v", w.o)
		}
	},
	"D47/refuse/charge and overdue while a case is open": func(t *testing.T) {
		w := on(t, PhaseReceived).do(OpenAfterSales{}).at(newYear.Add(31*day - 1))
		w.refused(rule.D47, RequestCharge{})
		w.refused(rule.D47, MarkOverdue{})
	},
	"D66/effect/after its pause the case stops neither charge nor overdue": func(t *testing.T) {
		open := func() *world { return on(t, PhaseReceived).wait(day / 2).do(OpenAfterSales{}) } // due 12 hours later
		for _, at := range []time.Time{newYear.Add(day), newYear.Add(30*day + day/2), newYear.Add(31*day - 1)} {
			if no := open().at(at).refused(rule.D47, RequestCharge{}); !no.Earliest.Equal(newYear.Add(31 * day)) {
				t.Errorf("a charge is possible from %s", no.Earliest)
			}
			if no := open().at(at).refused(rule.D47, MarkOverdue{}); !no.Earliest.Equal(newYear.Add(31*day + 1)) {
				t.Errorf("overdue is possible from %s", no.Earliest)
			}
		}
		w := open().at(newYear.Add(31 * day)).do(RequestCharge{})
		w.refused(rule.D47, MarkOverdue{})
		w.wait(1).do(MarkOverdue{}).in(PhaseOverdue)
		w.as(buyer).wait(day).makes(CloseAfterSales{}, AfterSalesClosed{By: trade.Buyer, DueAt: newYear.Add(31 * day)}).in(PhaseOverdue)
		for _, c := range []Command{pay("100"), Return{}, WriteOff{}} {
			w := open().at(newYear.Add(31*day)).do(RequestCharge{}).wait(1).do(MarkOverdue{}, c)
			if w.o.AfterSalesOpen() || !w.o.PauseUntil.IsZero() {
				t.Errorf("after %s: %+v", c.Name(), w.o)
			}
		}
	},
	"D66/effect/thirty days in all, and a fourth case is refused": func(t *testing.T) {
		w := on(t, PhaseReceived)
		for n, moved := range []time.Duration{12, 24, 30} {
			w.do(OpenAfterSales{})
			if left := []time.Duration{30, 18, 6}[n] * day; !w.o.PauseUntil.Equal(w.now.Add(left)) {
				t.Errorf("case %d pauses until %s", n+1, w.o.PauseUntil)
			}
			if w.wait(12 * day).as(merchant).do(CloseAfterSales{}).as(trade.Actor{}); !w.o.DueAt.Equal(newYear.Add(day + moved*day)) {
				t.Errorf("after case %d due at %s", n+1, w.o.DueAt)
			}
			if n < 2 {
				w.at(w.o.DueAt)
			}
		}
		w.o.LastAt = newYear // the due time has passed meanwhile: back to before it
		w.at(newYear.Add(day)).refused(rule.D66, OpenAfterSales{})
	},
	"D66/accept/a case that the merchant closed within 72 hours does not count": func(t *testing.T) {
		for within, counts := range map[time.Duration]bool{0: false, 72 * time.Hour: false, 72*time.Hour + 1: true} {
			w := on(t, PhaseReceived).do(OpenAfterSales{}).wait(within).as(merchant).do(CloseAfterSales{})
			if (w.o.AfterSales == 1) != counts {
				t.Errorf("after %s: %d count", within, w.o.AfterSales)
			}
		}
		w := on(t, PhaseReceived)
		for range 5 {
			w.as(trade.Actor{}).do(OpenAfterSales{}).as(merchant).do(CloseAfterSales{})
		}
		if w.as(trade.Actor{}).do(OpenAfterSales{}).as(buyer).do(CloseAfterSales{}); w.o.AfterSales != 1 {
			t.Errorf("withdrawn by the buyer: %d count", w.o.AfterSales)
		}
	},
	"D66/refuse/a case after the platform closed one": func(t *testing.T) {
		on(t, PhaseReceived).do(OpenAfterSales{}).as(platform).do(CloseAfterSales{}).as(buyer).refused(rule.D66, OpenAfterSales{})
	},
	"D66/effect/the policy has other numbers": func(t *testing.T) {
		w := on(t, PhaseReceived).under(func(p *Policy) { p.MaxAfterSales, p.MaxPause = 1, 0 }).do(OpenAfterSales{})
		if !w.o.PauseUntil.Equal(newYear) {
			t.Errorf("pauses until %s", w.o.PauseUntil)
		}
		w.as(buyer).do(CloseAfterSales{}).refused(rule.D66, OpenAfterSales{})
	},
	"D66/effect/a case of the first edition": func(t *testing.T) {
		w := on(t, PhaseReceived)
		w.record(AfterSalesOpened{})
		w.wait(100*day).refused(rule.D47, RequestCharge{})
		w.refused(rule.D47, MarkOverdue{})
		w.as(merchant).makes(CloseAfterSales{}, AfterSalesClosed{By: trade.Seller, DueAt: newYear.Add(101 * day)})
		if w.as(trade.Actor{}).do(OpenAfterSales{}); !w.o.PauseUntil.Equal(w.now) {
			t.Errorf("nothing is left of the pause, and it lasts until %s", w.o.PauseUntil)
		}
	},
	"D47/accept/the outcome of a charge that was pending before the case": func(t *testing.T) {
		w := on(t, PhaseReceived).wait(day).do(RequestCharge{}, OpenAfterSales{}).wait(day)
		w.do(FailCharge{}).in(PhaseReceived)
		on(t, PhaseReceived).wait(day).do(RequestCharge{}, OpenAfterSales{}).wait(day).as(system).do(pay("100")).in(PhasePaid)
	},
	"B20/effect/payment and return end a case": func(t *testing.T) {
		for _, c := range []Command{pay("100"), Return{}} {
			w := on(t, PhaseReceived).do(OpenAfterSales{}).wait(100 * day).do(c)
			if w.o.AfterSalesOpen() {
				t.Errorf("open after %s", c.Name())
			}
			w.refused(rule.D46, CloseAfterSales{})
		}
	},
}

var commonRules = map[string]func(*testing.T){
	"D60/refuse/another currency": func(t *testing.T) {
		on(t, PhasePlaced).refused(rule.D60, Pay{Reference: "P", Amount: euros("100")})
		on(t, PhasePlaced).refused(rule.D60, LowerAmount{Amount: euros("1")})
		on(t, PhasePaid).refused(rule.D60, Refund{Amount: euros("1")})
		c := place("100")
		c.Amount = euros("100")
		newWorld(t).refused(rule.D60, c)
	},
	"D60/accept/the currency of the line, which the policy names": func(t *testing.T) {
		w := newWorld(t)
		w.facts.Line.Usable = euros("100")
		c := place("100")
		c.Amount = euros("100")
		w.refused(rule.D60, c)
		policy := DefaultPolicy()
		policy.Currencies = []trade.Currency{euros("1").Currency()}
		w.facts.Policy = policy
		w.do(c, Ship{}, ConfirmReceipt{}, Pay{Reference: "P", Amount: euros("100")})
		if w.o.Paid != euros("100") {
			t.Errorf("paid %s", w.o.Paid)
		}
	},
	"D60/refuse/a line whose difference overflows": func(t *testing.T) {
		w := newWorld(t)
		w.facts.Line.Usable = yuan("-92233720368547758.07")
		w.refused(rule.D60, place("92233720368547758.07"))
	},
	"D61/refuse/before the last event": func(t *testing.T) {
		for _, c := range []Command{Ship{}, pay("100"), FlagFake{}, LowerAmount{Amount: yuan("1")}} {
			if no := on(t, PhasePlaced).at(newYear.Add(-1)).refused(rule.D61, c); !no.Earliest.Equal(newYear) {
				t.Errorf("earliest %s", no.Earliest)
			}
		}
	},
	"D61/accept/facts before the last event, at its instant": func(t *testing.T) {
		for _, c := range []struct {
			phase Phase
			by    trade.Actor
			ask   Command
		}{
			{PhasePlaced, buyer, Cancel{}}, {PhasePlaced, merchant, Cancel{}},
			{PhasePlaced, system, pay("100")}, {PhaseReceived, system, pay("100")},
			{PhaseShipped, platform, Return{}},
			{PhasePaid, platform, Refund{Amount: yuan("100")}}, {PhasePrepaid, platform, Refund{Amount: yuan("100")}},
		} {
			w := on(t, c.phase)
			made, err := Decide(w.o, c.ask, trade.Given{By: c.by, At: newYear.Add(-1000 * day)}, w.facts)
			if err != nil || len(made) == 0 {
				t.Errorf("%s by the %s in %s: %v, %v", c.ask.Name(), c.by.Role, c.phase, made, err)
			}
		}
		w := on(t, PhaseReceived).at(newYear.Add(day)).do(RequestCharge{}).at(newYear)
		w.do(FailCharge{})
	},
	"D61/refuse/the same by parties before the last event": func(t *testing.T) {
		for _, c := range []struct {
			phase Phase
			by    trade.Actor
			ask   Command
		}{
			{PhasePlaced, buyer, pay("100")}, {PhaseShipped, merchant, Return{}}, {PhasePaid, merchant, Refund{Amount: yuan("100")}},
		} {
			w := on(t, c.phase)
			if _, err := Decide(w.o, c.ask, trade.Given{By: c.by, At: newYear.Add(-1)}, w.facts); !errors.Is(err, rule.D61) {
				t.Errorf("%s by the %s in %s: %v", c.ask.Name(), c.by.Role, c.phase, err)
			}
		}
	},
	"D61/accept/at its instant": func(t *testing.T) {
		on(t, PhasePlaced).at(newYear).do(Ship{}, ConfirmReceipt{}, pay("100"))
	},
	"D61/accept/paid at the due time is in time": func(t *testing.T) {
		for _, early := range []time.Duration{1, 0} {
			w := on(t, PhaseReceived).at(newYear.Add(day - early)).do(pay("100")).in(PhasePaid)
			if !w.o.OverdueAt.IsZero() {
				t.Error("paid late")
			}
		}
		w := on(t, PhaseReceived).at(newYear.Add(day + 1)).do(pay("100")) // nobody has marked it overdue
		if !w.o.OverdueAt.IsZero() || w.o.Phase != PhasePaid {
			t.Errorf("%+v", w.o)
		}
	},
	"D61/effect/instants in another zone are the same": func(t *testing.T) {
		w, china := on(t, PhasePlaced), on(t, PhasePlaced)
		w.do(Ship{}, ConfirmReceipt{})
		china.at(newYear.In(time.FixedZone("CST", 8*60*60))).do(Ship{}, ConfirmReceipt{})
		if fmt.Sprintf("%+v", w.o) != fmt.Sprintf("%+v", china.o) {
			t.Errorf("%+v\n%+v", w.o, china.o)
		}
	},
}
