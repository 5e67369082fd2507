package order_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// goldenCases are worked examples of the rule book of which a row of testdata/golden-cases.txt, here or of
// the desk, cannot say all: the events, what a refusal misses, and from when it would not be one.
var goldenCases = []struct {
	name string
	test func(t *testing.T)
}{
	{"a pre-shipment order of 6,000 holds its initial 2,000 until it ships", func(t *testing.T) {
		s := shippable(t, order.CoveragePreShipment)
		if s.order.Hold.Amount != money("2000") {
			t.Errorf("held %s", s.order.Hold.Amount)
		}
		if after := s.ships().order.Hold; after.Status != order.HoldIsReleased || after.Cause != order.ReleaseShipped {
			t.Errorf("after shipment the hold is %+v", after)
		}
	}},
	{"of a line of 10,000 a second order of 5,000 finds 4,000", func(t *testing.T) {
		s := drafted(t).matched().priced("5000", "5000").covered(order.CoveragePostDelivery)
		s.facts.Quota.Available = money("4000")
		s.when(seller, submit).refusedBy(rule.D3, short("1000"))(t)
		s.facts.Quota.Available = money("10000")
		s.when(seller, submit).leads(order.PhaseSubmitted)(t)
	}},
	{"a million without coverage needs no line", func(t *testing.T) {
		s := drafted(t).matched().priced("1000000", "1000000").covered(order.CoverageNone)
		s.facts.Quota = order.Quota{Available: money("0")}
		s = s.submits()
		if quota, _ := quotaFacts(s); len(quota) > 0 || s.order.Hold != (order.Hold{}) {
			t.Errorf("the line has %+v", quota)
		}
	}},
	{"a line cut to less than is held takes no new hold of 1", func(t *testing.T) {
		s := drafted(t).matched().priced("1", "1").covered(order.CoveragePostDelivery)
		s.facts.Quota.Available = money("0")
		s.when(seller, submit).refusedBy(rule.D3, short("1"))(t)
	}},
	{"drafted and released at 10:00", func(t *testing.T) { releasedAt(t, 10*time.Hour).leads(order.PhaseReadyToShip)(t) }},
	{"drafted at 10:00, released at 09:59:59.999", func(t *testing.T) {
		early := 10*time.Hour - time.Millisecond
		releasedAt(t, early).refusedBy(rule.A23)(t)
		s := draftedAt(t, 10*time.Hour).linked("E1").released("E1", newYear.Add(early))
		s.when(seller, ship).refusedBy(rule.A23)(t)
		s.does(seller, order.Unlink{Entrustment: "E1"}).linked("E2").released("E2", s.now).when(seller, ship).leads(order.PhaseShipped)(t)
	}},
	{"drafted 08:00, released 09:00, paid 12:00, linked 13:00", func(t *testing.T) {
		s := once(t).at(newYear.Add(8*time.Hour)).does(seller, order.Draft{Mode: order.DraftOnline}).
			matched().priced("6000", "2000").covered(order.CoverageNone).submits().confirms().
			at(newYear.Add(12 * time.Hour)).wired("2000").at(newYear.Add(13 * time.Hour))
		s.facts.Entrustment = order.Entrustment{ID: "E1", Seller: seller.Account, ReleasedAt: newYear.Add(9 * time.Hour)}
		s.when(seller, order.Link{Entrustment: "E1"}).leads(order.PhaseReadyToShip)(t)
	}},
	{"an entrustment goes from one order to another", func(t *testing.T) {
		first := funded(t, order.CoverageNone).linked("E1")
		second := funded(t, order.CoverageNone)
		second.facts.Entrustment = order.Entrustment{ID: "E1", Seller: seller.Account, Order: otherID}
		second.when(seller, order.Link{Entrustment: "E1"}).refusedBy(rule.A22)(t)
		first.when(seller, order.Unlink{Entrustment: "E1"}).then(order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkAsked})(t)
		second.facts.Entrustment.Order = trade.ID{}
		second.when(seller, order.Link{Entrustment: "E1"}).leads(order.PhaseReadyToShip)(t)
		confirmed(t, order.CoverageNone).linked("E1").when(seller, order.Cancel{}).then(
			order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkClosed}, order.Closed{Reason: order.ClosedCancelled})(t)
	}},
	{"shipped at New Year by air", func(t *testing.T) { receipt(t, order.TransportAir, "2025-01-16T00:00:00Z") }},
	{"shipped at New Year by land", func(t *testing.T) { receipt(t, order.TransportLand, "2025-01-31T00:00:00Z") }},
	{"shipped at New Year by sea", func(t *testing.T) { receipt(t, order.TransportSea, "2025-02-15T00:00:00Z") }},
	{"e-Checking goes by the bank's country", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone)
		check := order.InitiatePayment{Payment: "P1", Method: order.PayECheck, Amount: money("2000"), BankCountry: "US"}
		s.when(buyer, check).leads(order.PhaseConfirmed)(t)
		check.BankCountry = "CA"
		s.when(buyer, check).refusedBy(rule.A19)(t)
	}},
	{"an unregistered address is matched and submitted, another account confirms", func(t *testing.T) {
		s := drafted(t).knowing(func(f *order.Facts) { f.Match = "" }).matched().priced("1", "1").covered(order.CoverageNone).submits()
		s.when(otherBuyer, order.Confirm{Terms: s.order.Revision}).refusedBy(rule.A18)(t)
	}},
	{"disputed on day 10 of 15, withdrawn 4 days later", func(t *testing.T) {
		gone := shipped(t, order.CoverageNone)
		s := gone.after(10*day).disputed().after(4*day).does(buyer, order.WithdrawDispute{})
		due := gone.now.Add(19 * day)
		s.at(due.Add(-time.Millisecond)).when(system, order.AutoConfirmReceipt{}).refusedBy(rule.A25, from(due))(t)
		s.at(due).when(system, order.AutoConfirmReceipt{}).leads(order.PhaseReceived)(t)
	}},
	{"1,000 wires of 0.01, then 5,990.00 to an order of 6,000", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone)
		for range 1000 {
			s = s.wired("0.01")
		}
		s.wired("5990").has(t, "phase=ready-to-ship", "received=6000", "applied=6000", "due=0")
	}},
	{"a capture that another order has", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone).does(buyer, card("1", "2000")).knowing(func(f *order.Facts) {
			f.Incoming = order.IncomingPayment{Order: otherID, Method: order.PayCard, Reference: "C-1", Amount: money("2000")}
		})
		s.when(platform, s.charged("1", "2000")).refusedBy(rule.D65)(t)
	}},
	{"two orders have a wire each under the bank reference 0001", func(t *testing.T) {
		one, other := payment.Key{Method: order.PayTT, Account: "RA-1", Reference: "0001"}, payment.Key{Method: order.PayTT, Account: "RA-2", Reference: "0001"}
		if one.Stream() == other.Stream() {
			t.Errorf("both are %s", one.Stream())
		}
	}},
}

// TestGolden runs the worked examples, those of testdata/golden-cases.txt a row a case.
func TestGolden(t *testing.T) {
	for _, c := range goldenCases {
		t.Run(c.name, c.test)
	}
	text, err := os.ReadFile("testdata/golden-cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 3 {
			t.Fatalf("not a row: %q", line)
		}
		rows++
		t.Run(cells[0], func(t *testing.T) {
			begin, movements, _ := strings.Cut(cells[1], " ")
			began(t, begin).follows(t, movements).has(t, strings.Fields(cells[2])...)
		})
	}
	if rows == 0 {
		t.Error("there are no cases")
	}
}

// began is an order as order:COVERAGE:TOTAL:INITIAL says, submitted.
func began(t *testing.T, begin string) story {
	t.Helper()
	args := strings.Split(begin, ":")
	if len(args) != 4 || args[0] != "order" {
		t.Fatalf("not a beginning: %q", begin)
	}
	return drafted(t).matched().priced(args[2], args[3]).covered(order.Coverage(args[1])).submits()
}

// draftedAt is a funded order by air that was drafted so long after New Year.
func draftedAt(t reporter, d time.Duration) story {
	return once(t).after(d).does(seller, order.Draft{Mode: order.DraftOnline}).matched().priced("6000", "2000").
		covered(order.CoverageNone).submits().confirms().wired("2000").does(seller, order.SetTransport{Mode: order.TransportAir})
}

// releasedAt links an entrustment that was released so long after New Year to an order that was
// drafted at ten.
func releasedAt(t reporter, d time.Duration) attempt {
	s := draftedAt(t, 10*time.Hour)
	s.facts.Entrustment = order.Entrustment{ID: "E1", Seller: seller.Account, Currency: usd, ReleasedAt: newYear.Add(d)}
	return s.when(seller, order.Link{Entrustment: "E1"})
}

// receipt ships at New Year and holds automatic receipt to that deadline, to the millisecond.
func receipt(t *testing.T, mode order.Transport, deadline string) {
	t.Helper()
	s := once(t).at(newYear.AddDate(0, -1, 0)).does(seller, order.Draft{Mode: order.DraftOnline}).matched().
		priced("6000", "6000").covered(order.CoverageNone).submits().confirms().wired("6000").
		does(seller, order.SetTransport{Mode: mode}).linked("E1")
	s = s.released("E1", s.now).at(newYear).does(seller, ship)
	at := must(time.Parse(time.RFC3339, deadline))
	s.at(at.Add(-time.Millisecond)).when(system, order.AutoConfirmReceipt{}).refusedBy(rule.A25, from(at))(t)
	s.at(at).when(system, order.AutoConfirmReceipt{}).leads(order.PhaseCompleted)(t)
}
