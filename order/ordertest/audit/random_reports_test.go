package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TestRandomReports delivers random reports of banks to orders, in any order, in parts and more than once,
// among all other commands. After every command it audits the records and compares the states of the orders
// with the auditor's figures.
func TestRandomReports(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SURETY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	rounds := 300
	if s := os.Getenv("SURETY_ROUNDS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	seen := map[string]int{}
	for i := range rounds {
		randomReports(t, seed+uint64(i), seen)
		if t.Failed() {
			return
		}
	}
	t.Log(seen)
}

func randomReports(t *testing.T, seed uint64, seen map[string]int) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	s := newDeskStory(t)
	s.do(acme, desk.OnSeller(acme.Account, seller.Activate{Route: seller.RouteConsole}))
	s.do(platform, desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: money("900000 USD")}))
	a := audit.New(append(settings(), audit.SecondEdition())...)
	after := events.Position(0)
	var trace []string
	check := func() bool {
		var commit []events.Record
		flush := func() bool {
			if err := a.Commit(commit); err != nil {
				t.Errorf("seed %d: %v", seed, err)
				return false
			}
			commit = nil
			return true
		}
		for r, err := range s.store.ReadAll(context.Background(), after, events.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			after = r.Position
			if r.Index == 0 && len(commit) > 0 && !flush() {
				return false
			}
			commit = append(commit, r)
			seen[r.Type]++
			trace = append(trace, fmt.Sprintf("  %s %s %s %s", r.At.Format(time.RFC3339), r.Stream, r.Type, r.Data))
		}
		return flush()
	}
	fail := func() {
		for _, l := range trace {
			t.Log(l)
		}
	}
	const orders = 2
	for n := 1; n <= orders; n++ {
		e := order.EntrustmentID(fmt.Sprint("E", n))
		initial := []string{"2000", "6000"}[rnd.IntN(2)]
		coverage := []order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery}[rnd.IntN(3)]
		s.onOrder(acme, n, order.Draft{Mode: order.DraftOnline}, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"}, order.MatchBuyer{Email: bruno.Email},
			order.SetTerms{Terms: terms("6000", initial)}, order.ChooseCoverage{Coverage: coverage, TermsAccepted: true}, order.SetTransport{Mode: order.TransportAir},
			order.Submit{OneTouchAcknowledged: true})
		if rnd.IntN(4) > 0 {
			s.onOrder(bruno, n, order.Confirm{Terms: 2})
			if rnd.IntN(4) > 0 {
				s.linked(n, e)
				s.onEntrustment(platform, e, entrustment.Release{ReleasedAt: s.now})
			}
		}
	}
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	amount := func() trade.Money {
		return money(pick("1", "500", "1000", "1500", "2000", "2000", "4000", "6000", "6000", "6500") + " USD")
	}
	ref := func() string { return pick("r1", "r2", "r3", "r4", "r5") }
	type opened struct {
		n         int
		ref, name string
	}
	var cases []opened
	lastID := order.PaymentID("")
	for step := 0; step < 90; step++ {
		n := 1 + rnd.IntN(orders)
		o := s.order(n)
		method := order.Method(pick("tt", "card", "card", "e-check"))
		at := bankStart.Add(time.Duration(rnd.IntN(6)) * time.Hour)
		var by trade.Actor
		var c order.Command
		switch rnd.IntN(30) {
		case 0, 1:
			lastID = order.PaymentID(pick("p1", "p2", "p3", "p4", fmt.Sprint("q", step)))
			by, c = bruno, order.InitiatePayment{Payment: lastID, Method: method, Amount: amount(), BankCountry: "US"}
		case 2, 3, 4, 5:
			p := order.RecordPayment{Reference: ref(), Method: method, Payment: order.PaymentID(pick("", "p1", "p2", "p3", "p4")), Amount: amount(), PaidAt: s.now}
			for i := range o.Payments {
				if q := &o.Payments[i]; q.Status != order.PaymentIsReceived && rnd.IntN(2) == 0 {
					p.Payment, p.Method = q.ID, q.Method
				}
			}
			method = p.Method
			if method == "tt" {
				p.ReceivingAccount, p.Payer = o.ReceivingAccount, pick("Bruno Imports", "Bruno Imports", "Somebody")
			}
			by, c = platform, p
		case 6:
			by, c = platform, order.FailPayment{Payment: order.PaymentID(pick("p1", "p2", "p3", "p4")), Reason: "x"}
		case 7, 8, 9:
			x := order.ChargeBack{Reference: ref(), Case: pick("a", "b", "c"), At: at}
			if rnd.IntN(2) == 0 {
				x.Amount = amount()
			}
			by, c = platform, x
		case 10, 11, 12:
			x := order.ResolveChargeback{Reference: ref(), Case: pick("a", "b", "c"), Won: rnd.IntN(2) == 0, At: at}
			if len(cases) > 0 && rnd.IntN(4) > 0 {
				k := cases[rnd.IntN(len(cases))]
				n, x.Reference, x.Case = k.n, k.ref, k.name
				o = s.order(n)
			}
			by, c = platform, x
		case 13:
			x := order.ReverseTransfer{Reference: ref(), Case: pick("a", "b"), At: at}
			if rnd.IntN(2) == 0 {
				x.Amount = amount()
			}
			by, c = platform, x
		case 14:
			by, c = platform, order.VoidPayment{Reference: ref()}
		case 15:
			by, c = platform, order.ApplyUnapplied{Amount: amount(), Reference: pick("", ref())}
		case 16:
			by, c = platform, order.ReturnUnapplied{Amount: amount(), Reference: pick("", ref())}
		case 17:
			by, c = acme, order.Refund{Amount: amount()}
		case 18:
			if left := o.Left(); left.IsPositive() {
				by, c = acme, order.Refund{Amount: left}
			}
		case 19:
			by, c = acme, order.AcceptShortfall{}
		case 20:
			by, c = acme, order.MarkShipped{}
		case 21:
			by, c = bruno, order.ConfirmReceipt{}
		case 22:
			by, c = bruno, order.OpenDispute{Ground: order.Ground(pick("quality", "late-shipment")), Claimed: money("1 USD")}
		case 23:
			by, c = bruno, order.WithdrawDispute{}
		case 24:
			by, c = system, order.Escalate{}
		case 25:
			x := order.Arbitrate{}
			switch rnd.IntN(3) {
			case 0:
				x.Refund = amount()
			case 1:
				x.Compensation = amount()
			}
			by, c = platform, x
		case 26:
			if o.Phase <= order.PhaseConfirmed {
				by, c = acme, order.Modify{To: order.Amendment{Terms: terms(pick("4000", "6000", "7000"), "2000"), Coverage: o.Coverage}}
			} else {
				by, c = acme, order.ProposeChange{To: order.Amendment{Terms: terms(pick("4000", "6000", "7000"), pick("1000", "2000")), Coverage: o.Coverage}}
			}
		case 27:
			if o.Phase == order.PhaseSubmitted {
				by, c = bruno, order.Confirm{Terms: o.Revision}
			} else {
				by, c = bruno, order.AcceptChange{Proposal: o.Proposal.Number}
			}
		case 28:
			s.advance(time.Duration(rnd.IntN(5)) * 36 * time.Hour)
		case 29:
			switch rnd.IntN(6) {
			case 0:
				by, c = acme, order.Cancel{}
			case 1:
				by, c = bruno, order.Cancel{}
			default:
				if _, err := s.desk.Tick(context.Background(), s.now); err != nil {
					t.Fatal(err)
				}
			}
		}
		if c != nil {
			s.commands++
			_, err := s.desk.Do(context.Background(), desk.Command{ID: desk.CommandID(start, "random", fmt.Sprint(s.commands)), By: by, Do: desk.OnOrder(id(n), c)})
			var refusal *trade.Refusal
			var early *trade.EarlyError
			if err != nil && !errors.As(err, &refusal) && !errors.As(err, &early) {
				t.Errorf("seed %d: %#v: %v", seed, c, err)
				fail()
				return
			}
			if x, ok := c.(order.ChargeBack); ok && err == nil {
				cases = append(cases, opened{n, x.Reference, x.Case})
			}
			if err == nil {
				trace = append(trace, fmt.Sprintf("%s of %d: %T %+v", o.Phase, n, c, c))
			}
		}
		if !check() {
			fail()
			return
		}
		for n := 1; n <= orders; n++ {
			if diff := ordertest.AuditFigures(s.order(n)).Against(a.Figures(events.StreamID("order-" + id(n).String()))); diff != "" {
				t.Errorf("seed %d: order %d: %s", seed, n, diff)
				fail()
				return
			}
		}
	}
}
