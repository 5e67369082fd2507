package mutants

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

const day = ordertest.Day

// spot is a point in the life of something: how a fixture comes there, and what is then asked of
// it, and at which instants.
type spot struct {
	name  string
	terms *paylater.Policy
	reach func(f *ordertest.Fixture) (asks []desk.Action, deadlines []time.Time)
}

// people are those who ask: the parties, a stranger in each of their roles, and the platform.
var people = []trade.Actor{
	ordertest.Seller, ordertest.OtherSeller, ordertest.Buyer, ordertest.OtherBuyer,
	ordertest.Merchant, ordertest.Shopper, ordertest.Platform, ordertest.System,
}

// TestEdges belongs to the play: where a game picks at random, it asks everything of everybody,
// from each spot, at each instant around each deadline. Each answer has to be one that a desk
// gives, and the auditor looks at what comes of every yes.
func TestEdges(t *testing.T) {
	for _, s := range slices.Concat(orderSpots(), saleSpots(), fundsSpots()) {
		t.Run(s.name, func(t *testing.T) {
			if yes := s.walk(t); yes == 0 {
				t.Error("everything was refused")
			}
		})
	}
}

// walk asks from the spot and returns how often the answer was yes.
func (s *spot) walk(t *testing.T) (yes int) {
	t.Helper()
	f, asks, deadlines := s.begin(t)
	instants := []time.Time{f.Clock.Now()}
	for _, d := range deadlines {
		instants = append(instants, d.Add(-1), d, d.Add(1))
	}
	for _, at := range instants {
		for _, by := range people {
			for i := range asks {
				f.Clock.Set(at)
				r, err := f.Ask(by, asks[i])
				if err != nil {
					s.answer(t, by, asks[i], err)
				}
				if len(r.Events) == 0 {
					continue
				}
				yes++
				a := audit.New(audit.WithPolicy(ordertest.AuditPolicy(order.DefaultPolicy(), s.terms)),
					audit.WithFunds(func(string) audit.FundsPolicy { return ordertest.AuditFunds(funds.DefaultPolicy()) }))
				if err := a.Log(t.Context(), f.Store); err != nil {
					t.Fatalf("%s by the %s at %s: %v", asks[i], by.Role, at.Format(time.RFC3339Nano), err)
				}
				f, asks, _ = s.begin(t)
			}
		}
	}
	return yes
}

func (s *spot) begin(t *testing.T) (*ordertest.Fixture, []desk.Action, []time.Time) {
	t.Helper()
	if s.terms == nil {
		s.terms = paylater.DefaultPolicy()
	}
	f := ordertest.Desk(t, desk.WithPayLater(s.terms))
	asks, deadlines := s.reach(f)
	return f, asks, deadlines
}

// answer checks that a no is one that a desk promises.
func (s *spot) answer(t *testing.T, by trade.Actor, do desk.Action, err error) {
	t.Helper()
	var (
		no    *trade.Refusal
		bad   *trade.InvalidError
		early *trade.EarlyError
	)
	if !errors.As(err, &no) && !errors.As(err, &bad) && !errors.As(err, &early) {
		t.Fatalf("%s by the %s: an error of type %T, which a desk does not promise: %v", do, by.Role, err, err)
	}
}

// step is a command on the way to a spot.
type step struct {
	by trade.Actor
	do order.Command
}

// at is a spot of an order that has come to a phase by the usual way, and then further.
func at(name string, phase order.Phase, coverage order.Coverage, further func(o *order.Order) []step) spot {
	return spot{name: fmt.Sprintf("order/%s/%s", name, coverage), reach: func(f *ordertest.Fixture) ([]desk.Action, []time.Time) {
		id := f.OrderAt(phase, ordertest.Contract{Coverage: coverage})
		f.Clock.Advance(time.Hour)
		o := f.Order(id)
		for i := range further(&o) {
			s := further(&o)[i]
			f.Do(s.by, desk.OnOrder(id, s.do))
			o = f.Order(id)
		}
		var asks []desk.Action
		for _, c := range everyCommand(&o) {
			asks = append(asks, desk.OnOrder(id, c))
		}
		return asks, deadlinesOf(&o)
	}}
}

func deadlinesOf(o *order.Order) (list []time.Time) {
	ends := []time.Time{o.ConfirmBy, o.PayBy, o.Shipment.ReceiptDeadline}
	if o.Dispute.Stage == order.StageNegotiating {
		ends = []time.Time{o.Dispute.EscalateFrom, o.Dispute.EscalateBy}
	}
	for _, from := range []time.Time{o.CompletedAt, o.ReviewedAt} {
		if !from.IsZero() {
			ends = []time.Time{from.Add(30 * day)}
		}
	}
	for _, end := range ends {
		if !end.Before(o.LastAt) && !slices.Contains(list, end) {
			list = append(list, end)
		}
	}
	return list
}

func stays(*order.Order) []step { return nil }

func wired(reference, amount, payer string) func(o *order.Order) []step {
	return func(o *order.Order) []step {
		c := ordertest.Wired(o, reference, ordertest.USD(amount), o.LastAt)
		if payer != "" {
			c.Payer = payer
		}
		return []step{{ordertest.Platform, c}}
	}
}

// byCard pays by card, and then goes further.
func byCard(amount string, more ...step) func(o *order.Order) []step {
	return func(o *order.Order) []step {
		pay := order.RecordPayment{Reference: "K1", Method: order.PayCard, Payment: "P1", Amount: ordertest.USD(amount), PaidAt: o.LastAt}
		return append([]step{
			{ordertest.Buyer, order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: pay.Amount}}, {ordertest.Platform, pay},
		}, more...)
	}
}

func goes(steps ...step) func(*order.Order) []step {
	return func(*order.Order) []step { return steps }
}

func orderSpots() []spot {
	disputed := step{ordertest.Buyer, order.OpenDispute{Ground: order.GroundQuality, Claimed: ordertest.USD("1000")}}
	offered := step{ordertest.Seller, order.ProposeSettlement{Refund: ordertest.USD("500")}}
	reversed := step{ordertest.Platform, order.ChargeBack{Reference: "K1", Case: "D1", At: ordertest.Start}}
	rose := order.Amendment{Terms: order.Terms{Total: ordertest.USD("7000"), Initial: ordertest.USD("2000")}, Coverage: order.CoveragePostDelivery}
	const pre, post, none = order.CoveragePreShipment, order.CoveragePostDelivery, order.CoverageNone
	return []spot{
		at("draft", order.PhaseDraft, post, stays),
		at("submitted", order.PhaseSubmitted, pre, stays),
		at("submitted, early money", order.PhaseSubmitted, post, wired("early", "2500", "Somebody")),
		at("confirmed", order.PhaseConfirmed, post, stays),
		at("confirmed, part paid", order.PhaseConfirmed, pre, wired("part", "500", "")),
		at("confirmed, announced", order.PhaseConfirmed, none, goes(step{ordertest.Buyer, order.InitiatePayment{
			Payment: "P1", Method: order.PayECheck, Amount: ordertest.USD("10"), BankCountry: "US",
		}})),
		at("ready to ship", order.PhaseReadyToShip, pre, stays),
		at("ready to ship, proposed", order.PhaseReadyToShip, post, goes(step{ordertest.Seller, order.ProposeChange{To: rose}})),
		at("ready to ship, paid", order.PhaseReadyToShip, post, wired("all", "4000", "")),
		at("shipped", order.PhaseShipped, post, stays),
		at("shipped, extended", order.PhaseShipped, pre, goes(step{ordertest.Seller, order.ExtendReceipt{}})),
		at("shipped, disputed", order.PhaseShipped, post, goes(disputed)),
		at("shipped, offered", order.PhaseShipped, none, goes(disputed, offered)),
		at("shipped, card", order.PhaseShipped, none, byCard("4000")),
		at("shipped, charged back", order.PhaseShipped, post, byCard("3000", reversed)),
		at("shipped, won", order.PhaseShipped, none, byCard("3000", reversed, step{ordertest.Platform, order.ResolveChargeback{Reference: "K1", Case: "D1", Won: true, At: ordertest.Start}})),
		at("received", order.PhaseReceived, post, stays),
		at("received, paid too much", order.PhaseReceived, none, wired("much", "4700", "")),
		at("completed", order.PhaseCompleted, post, stays),
		at("reviewed", order.PhaseCompleted, none, goes(step{ordertest.Buyer, order.Review{Rating: 5}})),
		at("closed", order.PhaseClosed, post, stays),
	}
}

// everyCommand has each command of an order that stands like this, with amounts at and beside
// what the rules allow.
func everyCommand(o *order.Order) (list []order.Command) {
	cent := ordertest.USD("0.01")
	var amounts []trade.Money
	for _, m := range []trade.Money{cent, o.Due(), o.StepDue(), o.Left(), o.Ledger.Unapplied, ordertest.USD("500")} {
		more, err := m.Add(cent)
		if amounts = append(amounts, m); err == nil {
			amounts = append(amounts, more)
		}
	}
	for _, m := range amounts {
		card := order.RecordPayment{Reference: "K2", Method: order.PayECheck, Payment: "P1", Amount: m, PaidAt: o.LastAt}
		other := ordertest.Wired(o, "other", m, o.LastAt)
		other.ReceivingAccount = "TA-OTHER"
		list = append(list, ordertest.Wired(o, "new", m, o.LastAt), other, card, order.ApplyUnapplied{Amount: m}, order.ReturnUnapplied{Amount: m},
			order.Refund{Amount: m}, order.OpenDispute{Ground: order.GroundOther, Claimed: m}, order.ProposeSettlement{Refund: m},
			order.Arbitrate{Refund: m}, order.Arbitrate{Compensation: m},
			order.InitiatePayment{Payment: "P2", Method: order.PayCard, Amount: m},
			order.InitiatePayment{Payment: "P2", Method: order.PayECheck, Amount: m, BankCountry: "CA"})
	}
	for _, coverage := range []order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery} {
		for _, initial := range []string{"1000", "2000", "2500"} {
			for _, total := range []string{"5000", "6000"} {
				to := order.Amendment{Terms: order.Terms{Total: ordertest.USD(total), Initial: ordertest.USD(initial)}, Coverage: coverage}
				list = append(list, order.Modify{To: to, TermsAccepted: true}, order.ProposeChange{To: to, TermsAccepted: true})
			}
		}
		list = append(list, order.ChooseCoverage{Coverage: coverage})
	}
	for _, l := range o.Links {
		list = append(list, order.Unlink{Entrustment: l.ID}, order.Link{Entrustment: l.ID})
	}
	for _, reference := range []string{"K1", "initial"} {
		half := ordertest.USD("1000")
		list = append(list, order.VoidPayment{Reference: reference}, order.ApplyUnapplied{Reference: reference, Amount: half}, order.ReturnUnapplied{Reference: reference, Amount: half})
		for _, at := range []time.Time{ordertest.Start, ordertest.Start.Add(time.Minute)} {
			list = append(list,
				order.ChargeBack{Reference: reference, Case: "D1", At: at}, order.ChargeBack{Reference: reference, Case: "D2", Amount: half, At: at},
				order.ReverseTransfer{Reference: reference, Case: "D1", At: at}, order.ReverseTransfer{Reference: reference, Case: "D2", Amount: half, At: at},
				order.ResolveChargeback{Reference: reference, Case: "D1", At: at}, order.ResolveChargeback{Reference: reference, Case: "D1", Won: true, At: at})
		}
	}
	return append(list,
		order.SetBuyer{Email: ordertest.Seller.Email, BuyerName: "Me"}, order.SetBuyer{Email: ordertest.OtherBuyer.Email, BuyerName: "Other"},
		order.SetTransport{Mode: order.TransportSea}, order.Submit{OneTouchAcknowledged: true}, order.Submit{},
		order.Confirm{Terms: o.Revision}, order.Confirm{Terms: o.Revision - 1}, order.FailPayment{Payment: "P1", Reason: "declined"},
		order.AcceptShortfall{}, order.MarkShipped{}, order.ExtendReceipt{}, order.ConfirmReceipt{}, order.AutoConfirmReceipt{},
		order.Review{Rating: 1}, order.EditReview{Rating: 2}, order.Reply{Text: "thank you"}, order.Cancel{}, order.Expire{},
		order.AcceptChange{Proposal: o.Proposal.Number}, order.RejectChange{Proposal: o.Proposal.Number},
		order.Unfund{}, order.WithdrawDispute{}, order.Escalate{}, order.AcceptSettlement{Proposal: o.Dispute.Settlement.Proposal}, order.Arbitrate{},
	)
}

// payLater returns a spot of a pay-later order.
func payLater(name string, phase paylater.Phase, terms *paylater.Policy, further ...paylater.Command) spot {
	return spot{name: "paylater/" + name, terms: terms, reach: func(f *ordertest.Fixture) ([]desk.Action, []time.Time) {
		id := f.PayLaterOrderAt(phase, ordertest.CNY("1000"))
		f.Clock.Advance(time.Hour)
		for _, c := range further {
			by := ordertest.Shopper
			if _, charges := c.(paylater.RequestCharge); charges {
				by = ordertest.System
				f.Clock.Set(f.PayLaterOrder(id).DueAt)
			} else if _, fails := c.(paylater.FailCharge); fails {
				by = ordertest.System
			}
			f.Do(by, desk.OnPayLater(id, c))
		}
		o := f.PayLaterOrder(id)
		var asks []desk.Action
		for _, c := range everySaleCommand(&o) {
			asks = append(asks, desk.OnPayLater(id, c))
		}
		for _, c := range everyQuotaCommand(id) {
			asks = append(asks, desk.OnQuota(ordertest.Merchant.Account, o.Original.Currency(), c))
		}
		var deadlines []time.Time
		for _, d := range []time.Time{o.AutoReceiveAt, o.DueAt} {
			if !d.IsZero() && !d.Before(o.LastAt) {
				deadlines = append(deadlines, d)
			}
		}
		return asks, deadlines
	}}
}

func saleSpots() []spot {
	parts := paylater.DefaultPolicy()
	parts.Instalments, parts.FreezeAfterOverdue, parts.ChargeRetries = true, 1, 1
	return []spot{
		payLater("placed", paylater.PhasePlaced, nil), payLater("shipped", paylater.PhaseShipped, nil),
		payLater("prepaid", paylater.PhasePrepaid, nil), payLater("received", paylater.PhaseReceived, nil),
		payLater("in part", paylater.PhaseReceived, parts, paylater.Pay{Reference: "part", Amount: ordertest.CNY("400")}),
		payLater("after-sales", paylater.PhaseReceived, nil, paylater.OpenAfterSales{}),
		payLater("charged", paylater.PhaseReceived, nil, paylater.RequestCharge{}, paylater.FailCharge{Reason: "no money"}),
		payLater("overdue", paylater.PhaseOverdue, parts), payLater("paid", paylater.PhasePaid, nil),
		payLater("written off", paylater.PhaseWrittenOff, nil),
	}
}

func everySaleCommand(o *paylater.Order) (list []paylater.Command) {
	for _, amount := range []string{"0.01", "400", "400.01", "600", "999.99", "1000", "1000.01"} {
		m := ordertest.CNY(amount)
		list = append(list, paylater.Pay{Reference: "new", Amount: m}, paylater.Refund{Amount: m}, paylater.LowerAmount{Amount: m})
	}
	return append(list,
		paylater.Cancel{}, paylater.Ship{}, paylater.ExtendReceipt{}, paylater.ConfirmReceipt{}, paylater.AutoConfirmReceipt{}, paylater.RequestCharge{},
		paylater.FailCharge{}, paylater.MarkOverdue{}, paylater.WriteOff{}, paylater.OpenAfterSales{}, paylater.CloseAfterSales{}, paylater.Return{},
		paylater.FlagFake{}, paylater.Pay{Reference: "rest", Amount: o.Due()})
}

func everyQuotaCommand(id trade.ID) []credit.Command {
	return []credit.Command{
		credit.AssessLimit{Limit: ordertest.CNY("20000")}, credit.AssessLimit{Limit: ordertest.CNY("500")},
		credit.Freeze{Reason: credit.ReasonOverdue, Ref: trade.Text(id.String())}, credit.Freeze{Reason: credit.ReasonFakeOrder, Ref: trade.Text(id.String())},
		credit.Freeze{Reason: credit.ReasonOpenOrders}, credit.Freeze{Reason: credit.ReasonOther, Ref: "audit"},
		credit.Unfreeze{Reason: credit.ReasonOverdue, Ref: trade.Text(id.String())},
	}
}

func fundsSpots() []spot {
	own, others := ordertest.OwnAlipay(ordertest.Merchant), ordertest.OwnAlipay(ordertest.OtherMerchant)
	bound := funds.Dest{Card: "6222-01"}
	return []spot{{name: "funds/open withdrawal", reach: func(f *ordertest.Fixture) ([]desk.Action, []time.Time) {
		f.PayLaterOrderAt(paylater.PhasePaid, ordertest.CNY("1000"))
		later := f.Clock.Now().Add(8 * day)
		on := func(c funds.Command) desk.Action { return desk.OnFunds(ordertest.Merchant.Account, funds.CNY(), c) }
		f.Clock.Set(later)
		f.PayLaterOrderAt(paylater.PhasePaid, ordertest.CNY("300"))
		f.Do(ordertest.Merchant, on(funds.BindCard{Card: bound.Card, Holder: ordertest.Merchant.Account}))
		f.Do(ordertest.Merchant, on(funds.Withdraw{ID: "W1", Amount: ordertest.CNY("200"), Dest: bound}))
		var asks []desk.Action
		for _, amount := range []string{"0.01", "800", "800.01", "1100", "1100.01"} {
			for _, dest := range []funds.Dest{own, others, bound, {Card: "6222-02"}} {
				asks = append(asks, on(funds.Withdraw{ID: "W2", Amount: ordertest.CNY(amount), Dest: dest}))
			}
			asks = append(asks, on(funds.PayCharge{ID: "C1", Amount: ordertest.CNY(amount), What: "promotion"}))
		}
		for _, c := range []funds.Command{
			funds.SettleWithdrawal{ID: "W1"}, funds.FailWithdrawal{ID: "W1", Reason: "closed"}, funds.UnbindCard{Card: bound.Card},
			funds.BindCard{Card: "6222-02", Holder: ordertest.OtherMerchant.Account},
		} {
			asks = append(asks, on(c))
		}
		return asks, []time.Time{f.Clock.Now().Add(7 * day)}
	}}}
}
