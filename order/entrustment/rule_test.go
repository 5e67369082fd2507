package entrustment_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	. "github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestRule holds each rule to what it accepts and what it refuses. A case named accept or effect
// goes on from the phase; one named refuse ends in a refusal by exactly that rule.
func TestRule(t *testing.T) {
	for _, group := range []map[string]func(*testing.T){
		linkRules, lifeRules, declarationRules, timeRules,
	} {
		for name, test := range group {
			t.Run(name, test)
		}
	}
}

var linkRules = map[string]func(*testing.T){
	"A21/accept/in every phase of a life": func(t *testing.T) {
		for p := PhaseDrafted; p < PhaseCancelled; p++ {
			w := in(t, p).do(link(orderOne))
			if f := w.s.Fact(); f.Order != orderOne || w.s.Phase != p || w.s.Void {
				t.Errorf("linked in %s: %+v", p, f)
			}
		}
	},
	"A21/refuse/an entrustment that OneTouch does not know": func(t *testing.T) {
		in(t, PhaseNone).refused(rule.A21, link(orderOne))
	},
	"A22/accept/again, once it is free": func(t *testing.T) {
		w := in(t, PhaseAccepted).do(link(orderOne), Unlink{Order: orderOne, Cause: CauseClosed}, link(orderTwo))
		if w.s.Order != orderTwo {
			t.Errorf("linked to %s", w.s.Order)
		}
	},
	"A22/refuse/a second order": func(t *testing.T) {
		w := in(t, PhaseReleased).do(link(orderOne))
		w.refused(rule.A22, link(orderTwo))
		foreign := Link{Order: orderTwo, DraftedAt: released.Add(time.Hour), Currency: eur, Seller: "mallory"}
		w.refused(rule.A22, foreign) // A22 comes first
	},
	"A23/accept/released at the instant of drafting, then linked": func(t *testing.T) {
		w := in(t, PhaseDeclaring).do(Release{ReleasedAt: draftDay}, link(orderOne))
		if w.s.Void || w.s.Order != orderOne {
			t.Errorf("the link is %+v", w.s)
		}
	},
	"A23/refuse/released a millisecond before the drafting, then linked": func(t *testing.T) {
		w := in(t, PhaseDeclaring).do(Release{ReleasedAt: draftDay.Add(-time.Millisecond)})
		w.refused(rule.A23, link(orderOne))
		earlier := link(orderTwo)
		earlier.DraftedAt = draftDay.Add(-2 * time.Hour)
		w.do(earlier)
	},
	"A23/accept/drafted at eight, released at nine, linked at one": func(t *testing.T) {
		l := link(orderOne)
		l.DraftedAt = draftDay.Add(-2 * time.Hour)
		w := in(t, PhaseDeclaring).do(Release{ReleasedAt: draftDay.Add(-time.Hour)}, l)
		if w.s.Void {
			t.Error("the link is void")
		}
	},
	"D41/accept/linked, then released at the instant of drafting": func(t *testing.T) {
		w := in(t, PhaseDeclaring).do(link(orderOne), Release{ReleasedAt: draftDay})
		if w.s.Void {
			t.Error("the link is void")
		}
	},
	"D41/effect/linked, then released a millisecond before the drafting": func(t *testing.T) {
		early := draftDay.Add(-time.Millisecond)
		w := in(t, PhaseDeclaring).do(link(orderOne), Release{ReleasedAt: early})
		if f := w.s.Fact(); !w.s.Void || f.Order != orderOne || !f.ReleasedAt.Equal(early) {
			t.Errorf("void %t, %+v", w.s.Void, f)
		}
		w.do(Unlink{Order: orderOne, Cause: CauseUnlinked})
		if w.s.Void || w.s.Linked() {
			t.Error("the unlink did not clear the void link")
		}
		w.refused(rule.A23, link(orderOne))
	},
	"D41/effect/without a link nothing is void": func(t *testing.T) {
		if w := in(t, PhaseDeclaring).do(Release{ReleasedAt: declared}); w.s.Void {
			t.Error("void without a link")
		}
	},
	"D39/accept/the seller's own, the currency not known or the same": func(t *testing.T) {
		l := link(orderOne)
		l.Currency = eur
		in(t, PhaseAccepted).do(l)
		in(t, PhaseReturned).do(l) // customs gave the dollars back
		in(t, PhaseDeclaring).do(link(orderOne))
	},
	"D39/refuse/another seller's": func(t *testing.T) {
		l := link(orderOne)
		l.Seller = "mallory"
		in(t, PhaseDrafted).refused(rule.D39, l)
	},
	"D39/refuse/declared in another currency": func(t *testing.T) {
		l := link(orderOne)
		l.Currency = eur
		for _, p := range []Phase{PhaseDeclaring, PhaseReleased, PhaseCustomsClosed} {
			in(t, p).refused(rule.D39, l)
		}
	},
	"D39/refuse/a declaration in another currency than the linked order's": func(t *testing.T) {
		w := in(t, PhaseAccepted).do(link(orderOne))
		w.refused(rule.D39, Declare{euros()})
		w.do(Unlink{Order: orderOne, Cause: CauseUnlinked}, Declare{euros()})
	},
	"D39/refuse/a cancelled one": func(t *testing.T) {
		in(t, PhaseCancelled).refused(rule.D39, link(orderOne))
	},
	"D40/refuse/the same pair again": func(t *testing.T) {
		in(t, PhaseReleased).do(link(orderOne)).refused(rule.D40, link(orderOne))
	},
	"D40/accept/an unlink in every phase of a life": func(t *testing.T) {
		for p := PhaseDrafted; p < PhaseCancelled; p++ {
			w := in(t, p).do(link(orderOne), Unlink{Order: orderOne, Cause: CauseClosed})
			if w.s.Linked() || w.s.OrderCurrency != (trade.Currency{}) || !w.s.OrderDraftedAt.IsZero() {
				t.Errorf("unlinked in %s: %+v", p, w.s)
			}
		}
	},
	"D40/refuse/an unlink from another order or from none": func(t *testing.T) {
		w := in(t, PhaseDrafted)
		w.refused(rule.D40, Unlink{Order: orderOne, Cause: CauseUnlinked})
		w.do(link(orderOne)).refused(rule.D40, Unlink{Order: orderTwo, Cause: CauseUnlinked})
	},
	"D40/accept/cancelling a linked one frees it": func(t *testing.T) {
		w := in(t, PhaseDeclaring).do(link(orderOne))
		w.facts.Order = LinkedOrder{ID: orderOne}
		events, err := w.try(Cancel{Reason: "no buyer"})
		if err != nil || len(events) != 2 || events[0] != (Unlinked{Order: orderOne, Cause: CauseCancelled}) ||
			events[1] != (Cancelled{Reason: "no buyer"}) {
			t.Fatalf("%+v, %v", events, err)
		}
		w.record(events)
		if f := w.s.Fact(); !f.Cancelled || !f.Order.IsZero() || w.s.Note != "no buyer" {
			t.Errorf("%+v", f)
		}
	},
	"D40/refuse/cancelling one whose order was shipped": func(t *testing.T) {
		w := in(t, PhaseReturned).do(link(orderOne))
		w.facts.Order = LinkedOrder{ID: orderOne, Shipped: true}
		w.refused(rule.D40, Cancel{})
	},
}

var lifeRules = map[string]func(*testing.T){
	"A21/refuse/drafting twice": func(t *testing.T) {
		in(t, PhaseDrafted).refused(rule.A21, Draft{})
	},
	"D38/accept/drafting without an order": func(t *testing.T) {
		w := in(t, PhaseDrafted)
		if f := w.s.Fact(); f.ID != ours || f.Seller != alice || !f.Order.IsZero() || f.Cancelled || !f.Currency.IsZero() {
			t.Errorf("%+v", f)
		}
		if w.s.Reference != "PO-17" || w.s.Title != "lenses" {
			t.Errorf("%+v", w.s)
		}
	},
	"D37/accept/each need, and the review anew": func(t *testing.T) {
		for _, need := range []Need{NeedCustomerChange, NeedInformation, NeedSignedLetter} {
			w := in(t, PhaseUnderReview).do(RequestChange{Need: need, Note: "as told"})
			if w.s.Need != need || w.s.Note != "as told" || w.s.Phase != PhaseNeedsChange {
				t.Errorf("%+v", w.s)
			}
			if w.do(Resubmit{}); w.s.Need != "" || w.s.Note != "" || w.s.Phase != PhaseUnderReview {
				t.Errorf("%+v", w.s)
			}
			w.do(Approve{})
		}
	},
	"D37/refuse/approving what was not submitted": func(t *testing.T) {
		in(t, PhaseDrafted).refused(rule.D37, Approve{})
	},
	"D37/refuse/cancelling what is released": func(t *testing.T) {
		in(t, PhaseReleased).refused(rule.D37, Cancel{})
		in(t, PhaseCustomsClosed).refused(rule.D37, Cancel{})
	},
	"D37/refuse/a command by another seller": func(t *testing.T) {
		w := in(t, PhaseDrafted)
		w.given.By = trade.Actor{Role: trade.Seller, Account: "mallory"}
		w.refused(rule.D37, Submit{})
		w.refused(rule.D37, Cancel{})
	},
	"D10/effect/the order learns of release and cancellation": func(t *testing.T) {
		if f := in(t, PhaseReleased).s.Fact(); !f.ReleasedAt.Equal(released) || f.Currency != usd || f.Cancelled {
			t.Errorf("%+v", f)
		}
		if f := in(t, PhaseDeclaring).s.Fact(); !f.ReleasedAt.IsZero() || f.Currency != usd {
			t.Errorf("%+v", f)
		}
		if f := in(t, PhaseCancelled).s.Fact(); !f.Cancelled {
			t.Errorf("%+v", f)
		}
		if s := New(ours); s.Fact() != (order.Entrustment{}) {
			t.Errorf("%+v", s.Fact())
		}
	},
}

var declarationRules = map[string]func(*testing.T){
	"D42/accept/a declaration in order": func(t *testing.T) {
		w := in(t, PhaseDeclaring)
		if w.s.Declaration.Number != number || w.s.Declaration.Currency() != usd || len(w.s.Declaration.Items) != 2 {
			t.Errorf("%+v", w.s.Declaration)
		}
	},
	"D42/accept/equal weights, no weights and fifty items": func(t *testing.T) {
		d := declaration()
		d.NetWeight = d.GrossWeight
		in(t, PhaseAccepted).do(Declare{d})
		d.NetWeight, d.GrossWeight = trade.Number{}, trade.Number{}
		in(t, PhaseAccepted).do(Declare{d})
		d.Items = nil
		for i := range 50 {
			d.Items = append(d.Items, declaration().Items[0])
			d.Items[i].No = uint16(i + 1)
		}
		in(t, PhaseAccepted).do(Declare{d})
	},
	"D42/refuse/what its fields contradict": func(t *testing.T) {
		for name, spoil := range map[string]func(*Declaration){
			"no items":          func(d *Declaration) { d.Items = nil },
			"no HS code":        func(d *Declaration) { d.Items[1].HSCode = "" },
			"net above gross":   func(d *Declaration) { d.NetWeight = num("480.500001") },
			"net without gross": func(d *Declaration) { d.GrossWeight = trade.Number{} },
			"numbers from zero": func(d *Declaration) { d.Items[0].No = 0; d.Items[1].No = 1 },
			"a number twice":    func(d *Declaration) { d.Items[1].No = 1 },
			"a number left out": func(d *Declaration) { d.Items[1].No = 3 },
			"two currencies":    func(d *Declaration) { d.Items[1].Total = money("0.83 EUR") },
			"a total too low":   func(d *Declaration) { d.Items[1].Total = money("0.82 USD") },
			"a total too high":  func(d *Declaration) { d.Items[1].Total = money("0.84 USD") },
			"a product out of range": func(d *Declaration) {
				d.Items[0].Quantity = num("9000000000000")
				d.Items[0].Price = num("9000000000000")
			},
			"a sum out of range": func(d *Declaration) {
				for i := range d.Items {
					d.Items[i].Quantity, d.Items[i].Price = num("60000000000"), num("1000000")
					d.Items[i].Total = money("60000000000000000.00 USD")
				}
			},
		} {
			d := declaration()
			spoil(&d)
			r := in(t, PhaseAccepted).refused(rule.D42, Declare{d})
			if name == "two currencies" && r.Reason(rule.English) != "item 2 is in EUR, the first in USD" {
				t.Errorf("%s: %s", name, r.Reason(rule.English))
			}
		}
	},
	"D43/accept/a free number and the entrustment's own": func(t *testing.T) {
		w := in(t, PhaseReturned).do(Resubmit{}, Approve{})
		w.facts.Reservation.Owner = ours
		w.do(Declare{declaration()}, Release{ReleasedAt: released})
	},
	"D43/refuse/a number of another entrustment": func(t *testing.T) {
		w := in(t, PhaseAccepted)
		w.facts.Reservation.Owner = "E-2"
		w.refused(rule.D43, Declare{declaration()})
	},
	"D43/refuse/a number without 18 digits or the export flag, under the strict policy": func(t *testing.T) {
		strict := order.DefaultPolicy()
		strict.StrictDeclarationNo = true
		for n, ok := range map[DeclarationNo]bool{
			"531620250000000001":  true,
			"531620251000000001":  false, // import
			"53162025E000000001":  false, // a consolidated list
			"53162025000000001":   false,
			"5316202500000000011": false,
			"53162025000000000A":  false,
		} {
			w := in(t, PhaseAccepted)
			d := declaration()
			d.Number, w.facts.Reservation.Number = n, n
			if w.facts.Policy = strict; !ok {
				w.refused(rule.D43, Declare{d})
				w.facts.Policy = nil
			}
			w.do(Declare{d})
		}
	},
	"D45/effect/the export service consigns and declares for the supplier": func(t *testing.T) {
		d := declaration()
		service, supplier := d.Consignor, d.Producer
		if !d.ViaOneTouch(service, supplier) {
			t.Error("not seen")
		}
		other := Enterprise{Code: "91110000000000000X", Name: service.Name}
		for name, spoil := range map[string]func(*Declaration){
			"consignor":   func(d *Declaration) { d.Consignor = supplier },
			"declarant":   func(d *Declaration) { d.Declarant = other },
			"producer":    func(d *Declaration) { d.Producer = service },
			"no producer": func(d *Declaration) { d.Producer = Enterprise{} },
		} {
			d := declaration()
			if spoil(&d); d.ViaOneTouch(service, supplier) {
				t.Errorf("%s: seen", name)
			}
			in(t, PhaseAccepted).do(Declare{d}) // reported, never refused
		}
	},
	"D45/effect/firms are told apart by code, or by name where one has no code": func(t *testing.T) {
		for _, c := range []struct {
			a, b Enterprise
			same bool
		}{
			{Enterprise{Code: "1", Name: "a"}, Enterprise{Code: "1", Name: "b"}, true},
			{Enterprise{Code: "1", Name: "a"}, Enterprise{Code: "2", Name: "a"}, false},
			{Enterprise{Code: "1", Name: "a"}, Enterprise{Name: "a"}, true},
			{Enterprise{Code: "1", Name: "a"}, Enterprise{Name: "b"}, false},
			{Enterprise{Code: "1"}, Enterprise{}, false},
			{Enterprise{}, Enterprise{}, false},
		} {
			if c.a.Same(c.b) != c.same || c.b.Same(c.a) != c.same {
				t.Errorf("%+v and %+v: want %t", c.a, c.b, c.same)
			}
		}
	},
	"D44/effect/the declared totals are reported beside the order's": func(t *testing.T) {
		d := declaration()
		if got, err := Difference(money("3000.00 USD"), d, d); err != nil || got != money("-498.34 USD") {
			t.Errorf("%s, %v", got, err)
		}
		if got, err := Difference(money("1000.00 USD"), d); err != nil || got != money("250.83 USD") {
			t.Errorf("%s, %v", got, err)
		}
		if got, err := Difference(money("5.00 USD")); err != nil || got != money("-5.00 USD") {
			t.Errorf("%s, %v", got, err)
		}
		if _, err := Difference(money("5.00 USD"), d, euros()); !errors.Is(err, trade.ErrCurrencyMismatch) {
			t.Errorf("dollars and euros: %v", err)
		}
		mixed := declaration()
		mixed.Items[1].Total = money("1.00 EUR")
		if _, err := Difference(money("5.00 USD"), mixed); !errors.Is(err, trade.ErrCurrencyMismatch) {
			t.Errorf("dollars and euros in one: %v", err)
		}
	},
}

var timeRules = map[string]func(*testing.T){
	"D44/accept/released when declared, and now": func(t *testing.T) {
		in(t, PhaseDeclaring).do(Release{ReleasedAt: declared})
		w := in(t, PhaseDeclaring)
		w.do(Release{ReleasedAt: w.given.At})
	},
	"D44/effect/released before it was declared is recorded and marked": func(t *testing.T) {
		for at, marked := range map[time.Time]bool{declared.Add(-1): true, declared: false, declared.Add(1): false} {
			if w := in(t, PhaseDeclaring).do(Release{ReleasedAt: at}); w.s.Phase != PhaseReleased || w.s.ReleasedBeforeDeclared != marked {
				t.Errorf("released at %s: %+v", at, w.s)
			}
		}
	},
	"D44/refuse/another instant of release": func(t *testing.T) {
		for _, p := range []Phase{PhaseReleased, PhaseCustomsClosed} {
			for _, at := range []time.Time{released.Add(-1), released.Add(1)} {
				in(t, p).refused(rule.D44, Release{ReleasedAt: at})
			}
		}
		in(t, PhaseCancelled).do(Release{ReleasedAt: released}).refused(rule.D44, Release{ReleasedAt: released.Add(1)})
		in(t, PhaseDrafted).do(Release{ReleasedAt: released}, Submit{}).refused(rule.D44, Release{ReleasedAt: released.Add(1)})
	},
	"D44/refuse/another instant of closure": func(t *testing.T) {
		in(t, PhaseCustomsClosed).refused(rule.D44, CloseCustoms{ClosedAt: released.Add(1)})
	},
	"D44/effect/closed before the release is recorded and marked": func(t *testing.T) {
		w := in(t, PhaseReleased).do(CloseCustoms{ClosedAt: released.Add(-1)})
		if w.s.Phase != PhaseCustomsClosed || !w.s.ClosedBeforeReleased {
			t.Errorf("%+v", w.s)
		}
	},
	"D61/refuse/a report from the future, beyond the skew": func(t *testing.T) {
		for _, p := range []Phase{PhaseDrafted, PhaseUnderReview, PhaseDeclaring, PhaseCancelled} {
			w := in(t, p)
			at := w.given.At.Add(5 * time.Second)
			if r := w.refused(rule.D61, Release{ReleasedAt: at.Add(1)}); !r.Earliest.Equal(at.Add(1)) {
				t.Errorf("possible from %s", r.Earliest)
			}
			w.do(Release{ReleasedAt: at})
		}
		w := in(t, PhaseReleased)
		at := w.given.At.Add(5 * time.Second)
		w.refused(rule.D61, CloseCustoms{ClosedAt: at.Add(1)})
		w.facts.Policy = &order.Policy{ClockSkew: time.Second}
		w.refused(rule.D61, CloseCustoms{ClosedAt: at})
		w.facts.Policy = nil
		w.do(CloseCustoms{ClosedAt: at})
	},
	"D61/accept/a report before the last event, at its instant": func(t *testing.T) {
		for _, c := range []Command{Return{Reason: "papers"}, Release{ReleasedAt: released}} {
			w := in(t, PhaseDeclaring)
			last := w.s.LastAt
			w.given.At = last.Add(-20 * 365 * 24 * time.Hour)
			w.facts.Policy = &order.Policy{ClockSkew: 0}
			if w.do(c); !w.s.LastAt.Equal(last) {
				t.Errorf("%s: the last instant is %s", c.Name(), w.s.LastAt)
			}
		}
	},
	"D62/accept/a release in each phase under way": func(t *testing.T) {
		for _, p := range []Phase{PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring, PhaseReturned} {
			w := in(t, p).do(link(orderOne), Release{ReleasedAt: released})
			if w.s.Phase != PhaseReleased || !w.s.ReleasedAt.Equal(released) || w.s.Void {
				t.Errorf("in %s: %+v", p, w.s)
			}
			w.do(Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released}, Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released})
			if last := w.history[len(w.history)-1].Event; last != (CustomsClosed{ClosedAt: released}) {
				t.Errorf("in %s: reported again, and the last event is %+v", p, last)
			}
		}
	},
	"D62/effect/a release of a draft or a cancelled one is recorded beside": func(t *testing.T) {
		for _, p := range []Phase{PhaseDrafted, PhaseCancelled} {
			w := in(t, p).do(Release{ReleasedAt: released})
			n := len(w.history)
			if w.do(Release{ReleasedAt: released}); len(w.history) != n || w.s.Phase != p || !w.s.ReleasedAt.IsZero() || !w.s.ReleasedBeside.Equal(released) {
				t.Errorf("in %s: %+v", p, w.s)
			}
			if f := w.s.Fact(); !f.ReleasedAt.IsZero() {
				t.Errorf("in %s: an order hears of it: %+v", p, f)
			}
		}
		w := in(t, PhaseDrafted).do(Release{ReleasedAt: released}, Submit{}, Release{ReleasedAt: released})
		if w.s.Phase != PhaseReleased {
			t.Errorf("reported again once it is under review: %+v", w.s)
		}
	},
	"D62/effect/a return moves what customs may have, and nothing else": func(t *testing.T) {
		for p := PhaseDrafted; p <= PhaseCancelled; p++ {
			w := in(t, p)
			n := len(w.history)
			w.do(Return{Reason: "papers"})
			if moves := p == PhaseAccepted || p == PhaseDeclaring; moves != (len(w.history) > n) || moves && w.s.Phase != PhaseReturned || !moves && w.s.Phase != p {
				t.Errorf("in %s: %s", p, w.s.Phase)
			}
		}
	},
	"D62/effect/a closure waits for the release": func(t *testing.T) {
		for _, p := range []Phase{PhaseDrafted, PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring, PhaseReturned, PhaseCancelled} {
			w := in(t, p)
			made, err := w.try(CloseCustoms{ClosedAt: released})
			early, ok := errors.AsType[*trade.EarlyError](err)
			if !ok || *early != (trade.EarlyError{Command: "close-customs", Awaited: "release", ID: "E-1"}) || made != nil {
				t.Errorf("in %s: %v, %v", p, made, err)
			}
		}
	},
	"D44/accept/closed when released, and now": func(t *testing.T) {
		w := in(t, PhaseReleased).do(CloseCustoms{ClosedAt: released})
		if !w.s.ClosedAt.Equal(released) {
			t.Errorf("closed at %s", w.s.ClosedAt)
		}
		w = in(t, PhaseReleased)
		w.do(CloseCustoms{ClosedAt: w.given.At})
	},
	"D61/accept/at the instant of the last event": func(t *testing.T) {
		w := in(t, PhaseDrafted)
		w.given.At = w.s.LastAt
		w.do(Submit{})
	},
	"D61/refuse/before the last event": func(t *testing.T) {
		w := in(t, PhaseDrafted)
		w.given.At = w.s.LastAt.Add(-1)
		if r := w.refused(rule.D61, Submit{}); !r.Earliest.Equal(w.s.LastAt) {
			t.Errorf("possible from %s", r.Earliest)
		}
	},
	"D61/accept/a counterpart is ordered by version alone": func(t *testing.T) {
		w := in(t, PhaseDrafted)
		w.given.At = w.s.LastAt.Add(-time.Hour)
		w.do(link(orderOne))
	},
	"D61/refuse/before the last event, also after an earlier counterpart": func(t *testing.T) {
		w := in(t, PhaseDrafted)
		last := w.s.LastAt
		w.given.At = last.Add(-time.Hour)
		w.do(link(orderOne))
		w.given.At = last.Add(-1)
		if r := w.refused(rule.D61, Submit{}); !r.Earliest.Equal(last) {
			t.Errorf("possible from %s, want %s", r.Earliest, last)
		}
	},
}

func TestMalformedCommands(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		phase   Phase
		field   string
		command Command
	}{
		{PhaseNone, "reference", Draft{Reference: long(65)}},
		{PhaseNone, "reference", Draft{Reference: " PO"}},
		{PhaseNone, "title", Draft{Title: long(201)}},
		{PhaseNone, "title", Draft{Title: "a\x00b"}},
		{PhaseDrafted, "reason", Cancel{Reason: trade.Text(long(501))}},
		{PhaseUnderReview, "need", RequestChange{}},
		{PhaseUnderReview, "need", RequestChange{Need: "Information"}},
		{PhaseUnderReview, "note", RequestChange{Need: NeedInformation, Note: "\u202eabc"}},
		{PhaseDeclaring, "reason", Return{}},
		{PhaseDeclaring, "reason", Return{Reason: trade.Text(long(501))}},
		{PhaseDeclaring, "released_at", Release{}},
		{PhaseDeclaring, "released_at", Release{ReleasedAt: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{PhaseReleased, "closed_at", CloseCustoms{}},
		{PhaseDrafted, "order", Link{DraftedAt: draftDay, Currency: usd, Seller: string(alice)}},
		{PhaseDrafted, "drafted_at", Link{Order: orderOne, Currency: usd, Seller: string(alice)}},
		{PhaseDrafted, "currency", Link{Order: orderOne, DraftedAt: draftDay, Seller: string(alice)}},
		{PhaseDrafted, "seller", Link{Order: orderOne, DraftedAt: draftDay, Currency: usd}},
		{PhaseDrafted, "order", Unlink{Cause: CauseClosed}},
		{PhaseDrafted, "cause", Unlink{Order: orderOne}},
		{PhaseDrafted, "cause", Unlink{Order: orderOne, Cause: "expired"}},
		{PhaseDrafted, "cause", Unlink{Order: orderOne, Cause: CauseCancelled}},
		{PhaseNone, "command", nil},
		{PhaseNone, "command", &Draft{}},
		{PhaseNone, "command", (*Draft)(nil)},
	} {
		in(t, c.phase).malformed(c.field, c.command)
	}
}

func TestMalformedDeclarations(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		field string
		spoil func(*Declaration)
	}{
		{"number", func(d *Declaration) { d.Number = "" }},
		{"number", func(d *Declaration) { d.Number = "5316-2025" }},
		{"number", func(d *Declaration) { d.Number = "53162025e000000001" }},
		{"number", func(d *Declaration) { d.Number = DeclarationNo(strings.Repeat("1", 33)) }},
		{"declaring_customs", func(d *Declaration) { d.DeclaringCustoms = "" }},
		{"departure_port", func(d *Declaration) { d.DeparturePort = "" }},
		{"exit_customs", func(d *Declaration) { d.ExitCustoms = long(65) }},
		{"bill_number", func(d *Declaration) { d.BillNumber = "a\tb" }},
		{"consignor.code", func(d *Declaration) { d.Consignor.Code = long(65) }},
		{"declarant.name", func(d *Declaration) { d.Declarant.Name = long(201) }},
		{"gross_weight", func(d *Declaration) { d.GrossWeight = num("-1") }},
		{"net_weight", func(d *Declaration) { d.NetWeight = num("-0.000001") }},
		{"declared_at", func(d *Declaration) { d.DeclaredAt = time.Time{} }},
		{"items", func(d *Declaration) { d.Items = make([]Item, 51) }},
		{"items[1].name", func(d *Declaration) { d.Items[1].Name = "" }},
		{"items[1].unit", func(d *Declaration) { d.Items[1].Unit = "" }},
		{"items[0].elements", func(d *Declaration) { d.Items[0].Elements = long(1001) }},
		{"items[0].origin", func(d *Declaration) { d.Items[0].Origin = "\xff" }},
		{"items[0].hs_code", func(d *Declaration) { d.Items[0].HSCode = "900190909" }},
		{"items[0].hs_code", func(d *Declaration) { d.Items[0].HSCode = "9001.90909" }},
		{"items[0].quantity", func(d *Declaration) { d.Items[0].Quantity = trade.Number{} }},
		{"items[0].price", func(d *Declaration) { d.Items[0].Price = num("-1") }},
		{"items[0].total", func(d *Declaration) { d.Items[0].Total = money("-1.00 USD") }},
		{"items[0].total", func(d *Declaration) { d.Items[0].Total = trade.Money{} }},
		{"", func(d *Declaration) {
			for i := range 49 {
				d.Items = append(d.Items, d.Items[0])
				d.Items[i].Elements = long(1000)
			}
			d.Items = d.Items[:49]
		}},
	} {
		d := declaration()
		c.spoil(&d)
		field := "declaration"
		if c.field != "" {
			field += "." + c.field
		}
		in(t, PhaseAccepted).malformed(field, Declare{d})
	}
}

func TestMalformedGiven(t *testing.T) {
	w := in(t, PhaseNone)
	w.s = Entrustment{}
	w.malformed("entrustment", Draft{})
	w = in(t, PhaseNone)
	w.given.At = time.Time{}
	w.malformed("at", Draft{})
	w = in(t, PhaseNone)
	w.given.By.Role = 77
	w.malformed("actor.role", Draft{})
	w.given.By = trade.Actor{Role: trade.Seller}
	w.malformed("actor.account", Draft{})

	// A fact about another number or another order than the command's was not looked up for it.
	w = in(t, PhaseAccepted)
	w.facts = Facts{}
	w.malformed("facts.reservation", Declare{declaration()})
	w = in(t, PhaseAccepted).do(link(orderOne))
	w.malformed("facts.order", Cancel{})
	w.facts.Order = LinkedOrder{ID: orderTwo}
	w.malformed("facts.order", Cancel{})
}
