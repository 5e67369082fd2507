package order_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// TestStories runs the ordinary lives of an order to their ends.
func TestStories(t *testing.T) {
	for _, c := range []order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery} {
		t.Run(string(c), func(t *testing.T) {
			s := completed(t, c).does(buyer, order.Review{Rating: 5, Text: "quick and sound"})
			if s.order.Phase != order.PhaseCompleted {
				t.Errorf("the order is %s", s.order.Phase)
			}
			for p := order.PhaseNone; p <= order.PhaseClosed; p++ {
				if got := inPhase(t, p).order.Phase; got != p {
					t.Errorf("the order is %s, want %s", got, p)
				}
			}
		})
	}
}

// TestStatesAreValues continues one state in two ways, with a decision between them whose events are
// dropped: each must be as if the others did not exist.
func TestStatesAreValues(t *testing.T) {
	// With three links and five payments, a slice that append has grown by doubling has spare
	// capacity, and one way could write into the other.
	s := funded(t, order.CoveragePostDelivery).linked("E1").linked("E2").linked("E5").wired("10").wired("15").
		does(buyer, notice("N1", "5")).does(buyer, notice("N2", "5")).
		paid("C1", "5").does(seller, order.SetTransport{Mode: order.TransportSea})
	amend := order.Amendment{Terms: s.order.Terms, Coverage: order.CoveragePreShipment}
	ways := map[string]func(story) story{
		"refund":         func(s story) story { return s.refunded("1") },
		"dispute":        func(s story) story { return s.disputed() },
		"charge back":    func(s story) story { return s.contested("C1") },
		"propose":        func(s story) story { return s.does(seller, order.ProposeChange{To: amend}) },
		"release one":    func(s story) story { return s.released("E1", s.now) },
		"release other":  func(s story) story { return s.released("E2", s.now.Add(-time.Minute)) },
		"unlink":         func(s story) story { return s.does(seller, order.Unlink{Entrustment: "E1"}) },
		"link":           func(s story) story { return s.linked("E3") },
		"another link":   func(s story) story { return s.linked("E4") },
		"pay":            func(s story) story { return s.wired("20") },
		"pay more":       func(s story) story { return s.wired("30") },
		"fail":           func(s story) story { return s.does(platform, order.FailPayment{Payment: "N1", Reason: "recalled"}) },
		"fail the other": func(s story) story { return s.does(platform, order.FailPayment{Payment: "N2", Reason: "lost"}) },
	}
	for a, one := range ways {
		for b, other := range ways {
			s.when(buyer, card("D1", "1"))
			first, second := one(s), other(s)
			for _, one := range []story{s, first, second} {
				fresh := must(order.Replay(order.New(orderID), one.history))
				if !reflect.DeepEqual(one.order, fresh) {
					t.Errorf("%s beside %s:\n%+v\n%+v", a, b, one.order, fresh)
				}
			}
		}
	}
}

// TestCommandsAreNotKept changes the items of a command after the decision.
func TestCommandsAreNotKept(t *testing.T) {
	terms := order.Terms{Total: money("10"), Items: []order.Item{{
		Name: "lamp", Quantity: number("2"), Unit: "pc", Price: number("5"), Amount: money("10"),
	}}}
	s := drafted(t).does(seller, order.SetTerms{Terms: terms})
	terms.Items[0].Name = "another"
	if got := s.order.Terms.Items[0].Name; got != "lamp" {
		t.Errorf("the order's item is now %q", got)
	}
}

// TestInstantsAreUTC decides at an instant with a zone and a reading of the monotonic clock.
func TestInstantsAreUTC(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*60*60)
	local := time.Now().In(zone)
	s := once(t).at(local).does(seller, order.Draft{Mode: order.DraftOnline}).
		matched().priced("10", "10").covered(order.CoverageNone).submits().confirms()
	s = s.wired("10").does(seller, order.SetTransport{Mode: order.TransportAir})
	s = s.knowing(func(f *order.Facts) {
		f.Entrustment = order.Entrustment{ID: "E1", Seller: seller.Account, ReleasedAt: s.now.In(zone)}
	}).linked("E1").linkedAs("E2").released("E2", s.now.In(zone)).ships()
	for _, at := range []time.Time{s.order.LastAt, s.order.DraftedAt, s.order.FundedAt, s.order.Links[0].ReleasedAt, s.order.Links[1].ReleasedAt} {
		if at.Location() != time.UTC {
			t.Errorf("%v is not in UTC", at)
		}
	}
}

// linkedAs links an entrustment of the seller of which nothing else is known.
func (s story) linkedAs(id order.EntrustmentID) story {
	s.facts.Entrustment = order.Entrustment{ID: id, Seller: seller.Account}
	return s.linked(id)
}

func number(s string) trade.Number { return must(trade.ParseNumber(s)) }

// TestEveryEventLeavesATrace: each kind of event changes the state by more than its phase and its
// instant.
func TestEveryEventLeavesATrace(t *testing.T) {
	seen := make(map[order.Kind]bool)
	short := confirmed(t, order.CoverageNone).does(buyer, notice("N1", "1")).
		does(platform, order.FailPayment{Payment: "N1", Reason: "recalled"}).wired("1980").does(seller, order.AcceptShortfall{})
	unlinked := submitted(t, order.CoverageNone).wired("10").confirms().linked("E1").does(seller, order.Unlink{Entrustment: "E1"})
	changed := submitted(t, order.CoveragePostDelivery)
	changed = changed.does(seller, order.Modify{To: changed.amendment("5000", "2000", order.CoveragePostDelivery)}).confirms().paid("1", "2000").contested("1").resolved("1", true)
	changed = changed.does(seller, order.ProposeChange{To: changed.amendment("5000", "1000", order.CoveragePostDelivery)}).does(buyer, order.RejectChange{Proposal: 1}).
		does(seller, order.ProposeChange{To: changed.amendment("4000", "1000", order.CoveragePostDelivery)}).does(buyer, order.AcceptChange{Proposal: 2})
	objected := shipped(t, order.CoveragePostDelivery).does(buyer, order.ExtendReceipt{}).disputed().does(buyer, order.WithdrawDispute{}).disputed().
		does(seller, order.ProposeSettlement{Refund: money("1")}).does(buyer, order.AcceptSettlement{Proposal: 1}).escalated().does(platform, compensation("1"))
	reviewed := completed(t, order.CoverageNone).does(buyer, order.Review{Rating: 5}).does(buyer, order.EditReview{Rating: 4}).
		does(seller, order.Reply{Text: "thank you"}).wired("1").does(platform, order.ReturnUnapplied{Amount: money("1")})
	taken := began(t, "order:none:6000:6000").follows(t, "confirm wire:6000:W1 stranger:1:W2 recall:W1 void:W2")
	for _, s := range []story{
		changed, objected, reviewed,
		completed(t, order.CoveragePreShipment).does(buyer, order.Review{Rating: 5}), cancelled(t, order.CoverageNone),
		taken, short, unlinked, drafted(t).does(seller, contract("contract.pdf")),
	} {
		o := order.Order{ID: orderID}
		for _, r := range s.history {
			before := o
			if err := o.Apply(r.Event, r.At); err != nil {
				t.Fatal(err)
			}
			seen[r.Event.Kind()] = true
			if before.Phase, before.LastAt = o.Phase, o.LastAt; reflect.DeepEqual(o, before) {
				t.Errorf("%s left no trace", r.Event.Kind())
			}
		}
	}
	for _, kind := range order.Life().Table().Kinds() {
		if !seen[kind] {
			t.Errorf("no story has %s", kind)
		}
	}
}
