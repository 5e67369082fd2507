package paylater_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// options returns what Next offers, with the rule of a known refusal behind a stroke.
func options(o Order, by trade.Actor, at time.Time, p *Policy) string {
	var words []string
	for _, option := range o.Next(by, at, p) {
		word := option.Command
		if option.Refusal != nil {
			word += "/" + string(option.Refusal.Rule)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestNext(t *testing.T) {
	received := on(t, PhaseReceived)
	disputed := on(t, PhaseReceived).do(OpenAfterSales{})
	inParts := on(t, PhasePlaced).under(instalments).do(Pay{Reference: "1", Amount: yuan("40")})
	refunded := on(t, PhasePaid).do(Refund{Amount: yuan("100")})
	one := newWorld(t).do(place("0.01"))
	for _, c := range []struct {
		name string
		w    *world
		by   trade.Actor
		at   time.Time
		want string
	}{
		{"before it is placed", newWorld(t), buyer, newYear, "place"},
		{"the buyer of a placed one", on(t, PhasePlaced), buyer, newYear, "cancel pay"},
		{"the merchant of a placed one", on(t, PhasePlaced), merchant, newYear, "cancel ship lower-amount"},
		{"of an amount that cannot be lowered", one, merchant, newYear, "cancel ship lower-amount/D47"},
		{"the least below instalments", inParts, merchant, newYear, "cancel ship lower-amount"},
		{"a reference that is taken", inParts, buyer, newYear, "cancel pay"},
		{"another buyer", on(t, PhasePlaced), trade.Actor{Role: trade.Buyer, Account: "x"}, newYear, ""},
		{"another merchant", on(t, PhasePlaced), trade.Actor{Role: trade.Seller, Account: "x"}, newYear, ""},
		{"nobody", on(t, PhasePlaced), trade.Actor{}, newYear, ""},
		{"at no instant", on(t, PhasePlaced), buyer, time.Time{}, ""},
		{"the buyer before the receipt", on(t, PhaseShipped), buyer, newYear, "confirm-receipt extend-receipt pay"},
		{"the buyer when it is due", on(t, PhaseShipped), buyer, newYear.Add(10 * day), "confirm-receipt extend-receipt/D46 pay"},
		{"the system before the receipt", on(t, PhaseShipped), system, newYear.Add(10*day - 1), "auto-confirm-receipt/D46 pay"},
		{"the system when it is due", on(t, PhaseShipped), system, newYear.Add(10 * day), "auto-confirm-receipt pay"},
		{"the buyer after receipt", received, buyer, newYear, "pay open-after-sales close-after-sales/D46"},
		{"the buyer once overdue", received, buyer, newYear.Add(day + 1), "pay open-after-sales/D46 close-after-sales/D46"},
		{"the system before the due time", received, system, newYear, "pay request-charge/D47 fail-charge/D47 mark-overdue/D47"},
		{"the system at the due time", received, system, newYear.Add(day), "pay request-charge fail-charge/D47 mark-overdue/D47"},
		{"the system after it", received, system, newYear.Add(day + 1), "pay request-charge fail-charge/D47 mark-overdue"},
		{"the merchant with a case", disputed, merchant, newYear, "close-after-sales lower-amount return"},
		{"the system with a case", disputed, system, newYear.Add(31*day - 1), "pay request-charge/D47 fail-charge/D47 mark-overdue/D47"},
		{"the platform of an overdue one", on(t, PhaseOverdue), platform, newYear.Add(2 * day), "return-unapplied/D21 write-off close-after-sales/D46 return flag-fake"},
		{"the merchant of a paid one", on(t, PhasePaid), merchant, newYear, "refund"},
		{"with nothing left to refund", refunded, merchant, newYear, "refund/D50"},
		{"before the last event", on(t, PhasePaid), platform, newYear.Add(-1), "return-unapplied/D21 refund flag-fake/D61"},
		{"the buyer of a written-off one", on(t, PhaseWrittenOff), buyer, newYear.Add(2 * day), ""},
		{"the desk", on(t, PhasePlaced), desk, newYear, ""},
	} {
		if got := options(c.w.o, c.by, c.at, nil); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	none := DefaultPolicy()
	none.Extension = 0
	if got := options(on(t, PhaseShipped).o, buyer, newYear, none); got != "confirm-receipt extend-receipt/D46 pay" {
		t.Errorf("under a policy without an extension: %q", got)
	}
}

// TestDeadlines has the system issue what is due: each command is refused a nanosecond before its
// deadline and accepted at it.
func TestDeadlines(t *testing.T) {
	w := on(t, PhaseShipped)
	var kinds []string
	for {
		d, ok := w.o.Deadline()
		if !ok {
			break
		}
		kinds = append(kinds, d.Kind)
		if w.o.LastAt.Before(d.At) {
			_, err := w.at(d.At.Add(-1)).try(d.Command)
			if no, refused := errors.AsType[*trade.Refusal](err); !refused || !no.Earliest.Equal(d.At) {
				t.Fatalf("%s before its time: %v", d.Kind, err)
			}
		}
		w.at(d.At).do(d.Command)
	}
	if got := strings.Join(kinds, " "); got != "receipt charge overdue" || w.o.Phase != PhaseOverdue {
		t.Errorf("%s, then %s", got, w.o.Phase)
	}
	if !w.now.Equal(newYear.Add(11*day + 1)) {
		t.Errorf("overdue at %s", w.now)
	}
}

func TestDeadlineOfEachPhase(t *testing.T) {
	for phase, want := range map[Phase]string{
		PhaseNone: "", PhasePlaced: "", PhaseShipped: "receipt", PhasePrepaid: "", PhasePrepaidShipped: "receipt",
		PhaseReceived: "charge", PhaseOverdue: "", PhasePaid: "", PhaseCancelled: "", PhaseWrittenOff: "",
	} {
		if d, ok := on(t, phase).o.Deadline(); d.Kind != want || ok != (want != "") || ok != (d.Command != nil) {
			t.Errorf("in %s: %+v, %t", phase, d, ok)
		}
	}
	w := on(t, PhaseReceived).do(OpenAfterSales{})
	if d, ok := w.o.Deadline(); !ok || !d.At.Equal(newYear.Add(31*day)) || d.Kind != "charge" {
		t.Errorf("with a case open: %+v, %t", d, ok)
	}
	first := on(t, PhaseReceived)
	if err := first.o.Apply(AfterSalesOpened{}, first.now); err != nil {
		t.Fatal(err)
	}
	if d, ok := first.o.Deadline(); ok {
		t.Errorf("with a case of the first edition open: %+v", d)
	}
	w.wait(3 * day).do(CloseAfterSales{})
	if d, _ := w.o.Deadline(); !d.At.Equal(newYear.Add(4*day)) || d.Kind != "charge" {
		t.Errorf("after the case: %+v", d)
	}
	w.wait(day).do(RequestCharge{})
	if d, _ := w.o.Deadline(); !d.At.Equal(newYear.Add(4*day+1)) || d.Kind != "overdue" {
		t.Errorf("after the charge: %+v", d)
	}
	w.do(FailCharge{})
	if d, _ := w.o.Deadline(); d.Kind != "overdue" {
		t.Errorf("after its failure: %+v", d)
	}
}

func TestVisibleTo(t *testing.T) {
	for who, want := range map[trade.Actor]bool{
		buyer: true, merchant: true, platform: true, system: true, desk: false, {}: false,
		{Role: trade.Buyer, Account: "meilin"}: false, {Role: trade.Seller, Account: "bao"}: false, {Role: 99}: false,
	} {
		placed := on(t, PhasePlaced).o
		if placed.VisibleTo(who) != want {
			t.Errorf("%+v sees it: %t", who, !want)
		}
		fresh := New(ours)
		if fresh.VisibleTo(who) {
			t.Errorf("%+v sees what was never placed", who)
		}
	}
}
