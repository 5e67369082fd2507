package order_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"pgregory.net/rapid"
)

// TestAnyHistory asks an order for anything, by anybody, at any time, from every phase on.
// Whatever is accepted is checked by accept and the auditor; whatever is refused must have left
// no trace; and Next and Deadline must have known as much as they promise.
func TestAnyHistory(t *testing.T) {
	made := make(map[order.Kind]int)
	for _, p := range phases {
		t.Run("from "+p.String(), rapid.MakeCheck(func(t *rapid.T) {
			policy := drawPolicy(t)
			if p > order.PhaseDraft {
				policy.HoldAt = order.HoldAtSubmit // as it was told until then
			}
			s := inPhase(t, p)
			s.policy = policy
			for range rapid.IntRange(1, 40).Draw(t, "steps") {
				s = drawStep(t, s)
			}
			checkPrefixes(t, s)
			for _, r := range s.history {
				made[r.Event.Kind()]++
			}
		}))
	}
	for _, kind := range order.Table().Kinds() {
		if made[kind] == 0 {
			t.Errorf("no history had %s", kind)
		}
	}
}

func drawPolicy(t *rapid.T) *order.Policy {
	p := order.DefaultPolicy()
	p.AutoShip = rapid.Bool().Draw(t, "AutoShip")
	p.CapCoverage = rapid.Bool().Draw(t, "CapCoverage")
	p.CalendarDays = rapid.Bool().Draw(t, "CalendarDays")
	p.HoldAt = rapid.SampledFrom([]order.HoldAt{order.HoldAtSubmit, order.HoldAtConfirm}).Draw(t, "HoldAt")
	return p
}

// drawStep asks for one thing and returns the story after it.
func drawStep(t *rapid.T, s story) story {
	t.Helper()
	s.now = drawInstant(t, s)
	s.facts = drawFacts(t)
	by := rapid.SampledFrom(everybody).Draw(t, "by")
	ask := drawCommand(t, s)
	if rapid.IntRange(0, 9).Draw(t, "by whom it may") > 1 {
		by = mayAsk(ask, by)
	}
	before, trace := s.order, fmt.Sprintf("%+v", s.order)
	a := s.when(by, ask)
	checkNext(t, a)
	if again := s.when(by, ask); !reflect.DeepEqual(again.got, a.got) || fmt.Sprint(again.err) != fmt.Sprint(a.err) {
		t.Fatalf("%+v had two answers: %v, %v and %v, %v", ask, a.got, a.err, again.got, again.err)
	}
	if a.err == nil {
		s = a.accept(t)
	} else {
		if len(a.got) > 0 {
			t.Fatalf("refused, and still there are %+v", a.got)
		}
		if !errors.Is(a.err, order.ErrAccountNeeded) {
			checkTyped(t, a.err)
		}
	}
	if fmt.Sprintf("%+v", before) != trace {
		t.Fatalf("%+v wrote the state it was asked about:\n%s\n%+v", ask, trace, before)
	}
	checkDeadline(t, s)
	return s
}

// drawInstant goes on a little, jumps beyond a deadline, or goes back.
func drawInstant(t *rapid.T, s story) time.Time {
	switch rapid.IntRange(0, 9).Draw(t, "time") {
	case 0:
		return s.order.LastAt.Add(-rapid.SampledFrom([]time.Duration{1, time.Second, day}).Draw(t, "back"))
	case 1:
		if d, ok := s.order.Deadline(); ok {
			return d.At.Add(rapid.SampledFrom([]time.Duration{-1, 0, 1}).Draw(t, "beside the deadline"))
		}
	case 2:
		return latest(s).Add(time.Duration(rapid.IntRange(0, 70).Draw(t, "days")) * day)
	}
	return latest(s).Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "minutes")) * time.Minute)
}

func latest(s story) time.Time {
	if s.order.LastAt.IsZero() {
		return newYear
	}
	return s.order.LastAt
}

func drawFacts(t *rapid.T) order.Facts {
	f := order.Facts{
		Service: order.ServiceActive, Match: buyer.Account,
		Quota:   order.Quota{Available: money("10000")},
		Account: order.Receiving{Account: account},
	}
	switch rapid.IntRange(0, 14).Draw(t, "facts") {
	case 0:
		f.Service = rapid.SampledFrom([]order.Service{order.ServiceNone, order.ServiceRejected, order.ServiceSuspended}).Draw(t, "service")
	case 1:
		f.Match = rapid.SampledFrom([]order.Account{"", seller.Account, "b-7"}).Draw(t, "match")
	case 2:
		f.Quota.Available = money(rapid.SampledFrom([]string{"0", "0.01", "1000", "1000 EUR"}).Draw(t, "quota"))
	case 3:
		f.Quota.Suspended = true
	case 4:
		f.Account.Owner = rapid.SampledFrom([]order.ID{orderID, otherID}).Draw(t, "owner")
	case 5:
		f.Account = order.Receiving{}
	case 6:
		f.Entrustment = order.Entrustment{
			ID: drawEntrustment(t), Seller: rapid.SampledFrom([]order.Account{seller.Account, "rival"}).Draw(t, "seller"),
			Cancelled: rapid.Bool().Draw(t, "cancelled"), ReleasedAt: newYear.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "released"))),
		}
	}
	return f
}

func drawEntrustment(t *rapid.T) order.EntrustmentID {
	return rapid.SampledFrom([]order.EntrustmentID{"E1", "E2", "E3"}).Draw(t, "entrustment")
}

var moneyCommands = []string{"initiate-payment", "record-payment", "record-payment", "fail-payment", "apply-unapplied", "accept-shortfall"}

// drawCommand returns a command that may well fit, with a payload that often does.
func drawCommand(t *rapid.T, s story) order.Command {
	name := rapid.SampledFrom(allCommands).Draw(t, "command").Name()
	if rapid.IntRange(0, 3).Draw(t, "money") == 0 {
		// Money has the most to get wrong.
		name = rapid.SampledFrom(moneyCommands).Draw(t, "money command")
	} else if options := s.order.Next(rapid.SampledFrom(everybody).Draw(t, "helper"), s.now, s.policy); len(options) > 0 && rapid.IntRange(0, 3).Draw(t, "fits") > 0 {
		name = rapid.SampledFrom(options).Draw(t, "option").Command
	}
	i := slices.IndexFunc(allCommands, func(c order.Command) bool { return c.Name() == name })
	id := order.PaymentID(rapid.SampledFrom([]string{"P1", "P2", "P3", "P4"}).Draw(t, "payment"))
	amount := drawAmount(t, s)
	switch c := allCommands[i].(type) {
	case order.Draft:
		return order.Draft{Mode: rapid.SampledFrom([]order.DraftMode{order.DraftOnline, order.DraftAttachment, "fax"}).Draw(t, "mode")}
	case order.SetBuyer:
		c.Email = rapid.SampledFrom([]order.Email{buyer.Email, otherBuyer.Email, seller.Email, "no address"}).Draw(t, "email")
		return c
	case order.MatchBuyer:
		return order.MatchBuyer{Email: s.order.Buyer.Email}
	case order.AttachContract:
		c.StatesAccount = rapid.IntRange(0, 4).Draw(t, "states") == 0
		return c
	case order.SetTerms:
		return order.SetTerms{Terms: order.Terms{
			Total: amount, Initial: rapid.SampledFrom([]order.Money{{}, money("0.01"), amount, money("1 EUR")}).Draw(t, "initial"),
			ShipBy: rapid.SampledFrom([]order.ShipBy{{}, {Date: "2025-01-05"}, {Days: 1, After: order.InitialPayment}, {Days: 1, After: order.BalancePayment}}).Draw(t, "ship by"),
		}}
	case order.SetTransport:
		return order.SetTransport{Mode: rapid.SampledFrom([]order.Transport{order.TransportAir, order.TransportLand, order.TransportSea, "post"}).Draw(t, "mode")}
	case order.ChooseCoverage:
		c.Coverage = rapid.SampledFrom([]order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery}).Draw(t, "coverage")
		return c
	case order.Confirm:
		return order.Confirm{Terms: s.order.Revision - order.Revision(rapid.IntRange(0, 4).Draw(t, "stale")/4)}
	case order.InitiatePayment:
		c.Payment, c.Amount = id, amount
		c.Method = rapid.SampledFrom([]order.Method{order.PayTT, order.PayCard, order.PayECheck, "cash"}).Draw(t, "method")
		c.BankCountry = rapid.SampledFrom([]string{"US", "CA"}).Draw(t, "country")
		return c
	case order.RecordPayment:
		return drawReceipt(t, s, id, amount)
	case order.FailPayment:
		for _, p := range s.order.Payments {
			if p.Status == order.PaymentPending {
				id = p.ID
			}
		}
		return order.FailPayment{Payment: id, Reason: "declined"}
	case order.ApplyUnapplied:
		waits := s.order.Ledger.Unapplied
		return order.ApplyUnapplied{Amount: rapid.SampledFrom([]order.Money{waits, waits, s.order.StepDue(), amount}).Draw(t, "apply")}
	case order.Link:
		return order.Link{Entrustment: drawEntrustment(t)}
	case order.Unlink:
		return order.Unlink{Entrustment: drawEntrustment(t)}
	case order.RecordRelease:
		return order.RecordRelease{Entrustment: drawEntrustment(t), ReleasedAt: rapid.SampledFrom([]time.Time{newYear.Add(-1), newYear, s.now, s.now.Add(1)}).Draw(t, "released")}
	default:
		return c
	}
}

func drawReceipt(t *rapid.T, s story, id order.PaymentID, amount order.Money) order.RecordPayment {
	c := order.RecordPayment{
		Reference: rapid.StringMatching(`R[0-9]{1,2}`).Draw(t, "reference"), Method: order.PayTT, Account: s.order.Account, Amount: amount,
		Payer: rapid.SampledFrom([]string{"Jane Doe", "John Doe"}).Draw(t, "payer"), PaidAt: newYear,
	}
	for _, p := range s.order.Payments {
		if p.Status == order.PaymentPending && rapid.Bool().Draw(t, "meets an announcement") {
			c.Payment, c.Method = p.ID, p.Method
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "astray") == 0 {
		c.Payment, c.Account = id, "RA-2"
	}
	return c
}

// drawAmount returns what is due, what waits, a part, or nonsense.
func drawAmount(t *rapid.T, s story) order.Money {
	o := s.order
	return rapid.SampledFrom([]order.Money{
		o.Due(), o.StepDue(), o.Ledger.Unapplied, money("0.01"), money("500"), money("6000"), money("6000"), money("92233720368547758.07"), money("-1"), money("1 EUR"),
	}).Draw(t, "amount")
}

// mayAsk returns an actor in a role that may ask for the command, at random by who was drawn.
func mayAsk(ask order.Command, drawn order.Actor) order.Actor {
	for _, p := range order.Permissions() {
		if p.Command == ask.Name() {
			for _, by := range []order.Actor{buyer, seller, platform, system, deskRole} {
				if slices.Contains(p.Roles, by.Role) && (by.Role == drawn.Role || !slices.Contains(p.Roles, drawn.Role)) {
					return by
				}
			}
		}
	}
	return drawn
}

// checkNext holds Next to the answer: what it does not list is refused, and so is what it lists
// with a refusal, by that rule where the payload has no say.
func checkNext(t *rapid.T, a attempt) {
	t.Helper()
	options := a.order.Next(a.by, a.now, a.policy)
	i := slices.IndexFunc(options, func(o order.Option) bool { return o.Command == a.ask.Name() })
	var no *order.Refusal
	errors.As(a.err, &no)
	switch {
	case i < 0:
		if a.err == nil || len(a.got) > 0 {
			t.Fatalf("%s by %s in %s is not listed, and made %v", a.ask.Name(), a.by.Role, a.order.Phase, a.got)
		}
	case options[i].Refusal != nil:
		known := options[i].Refusal
		if a.err == nil {
			t.Fatalf("%s by %s in %s is listed as refused by %s, and made %v", a.ask.Name(), a.by.Role, a.order.Phase, string(known.Rule), a.got)
		}
		if reflect.TypeOf(a.ask).NumField() == 0 && (no == nil || no.Rule != known.Rule || !no.Earliest.Equal(known.Earliest)) {
			t.Fatalf("%s by %s in %s is listed as refused by %s, and is by %v", a.ask.Name(), a.by.Role, a.order.Phase, string(known.Rule), a.err)
		}
	case reflect.TypeOf(a.ask).NumField() == 0 && a.err != nil:
		t.Fatalf("%s by %s in %s is listed as possible, and is refused: %v", a.ask.Name(), a.by.Role, a.order.Phase, a.err)
	}
}

// checkDeadline holds the deadline that runs to the answers of a nanosecond before it and at it.
func checkDeadline(t *rapid.T, s story) {
	t.Helper()
	d, runs := s.order.Deadline()
	if !runs {
		return
	}
	at := d.At
	if at.Before(s.order.LastAt) {
		at = s.order.LastAt // the system is late, and may act at once
	} else if a := s.at(at.Add(-1)).when(system, d.Command); a.err == nil {
		t.Fatalf("%s a nanosecond before its deadline %s made %v", d.Command.Name(), at, a.got)
	}
	if a := s.at(at).when(system, d.Command); a.err != nil || len(a.got) == 0 {
		t.Fatalf("%s at its deadline %s: %v", d.Command.Name(), at, a.err)
	}
}

// checkPrefixes folds the history in two parts, cut anywhere.
func checkPrefixes(t *rapid.T, s story) {
	t.Helper()
	for cut := range len(s.history) + 1 {
		o := must(order.Replay(orderID, s.history[:cut]))
		for _, r := range s.history[cut:] {
			if err := o.Apply(r.Event, r.At); err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
		}
		checkSame(t, fmt.Sprintf("the live state and the history cut at %d", cut), s.order, o)
	}
}
