package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

const day = 24 * time.Hour

var (
	start      = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	acme       = trade.Actor{Role: trade.Seller, Account: "s-acme", Email: "sales@acme.example"}
	bruno      = trade.Actor{Role: trade.Buyer, Account: "b-bruno", Email: "bruno@buyer.example"}
	shop       = trade.Actor{Role: trade.Seller, Account: "m-shop"}
	secondShop = trade.Actor{Role: trade.Seller, Account: "m-next"}
	shopper    = trade.Actor{Role: trade.Buyer, Account: "b-shopper"}
	platform   = trade.Actor{Role: trade.Platform, Account: "p-ops"}
	system     = trade.Actor{Role: trade.System}
	usd        = must(trade.ParseCurrency("USD"))
	cny        = must(trade.ParseCurrency("CNY"))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func money(s string) trade.Money { return must(trade.ParseMoney(s)) }

// id returns the ID of the n-th order.
func id(n int) trade.ID { return trade.ID{0: 1, 6: 0x70, 8: 0x80, 15: byte(n)} }

// deskStory is a desk in memory that must accept every command.
type deskStory struct {
	testing.TB
	store          events.Store
	desk           *desk.Desk
	now            time.Time
	commands       int // the number of commands so far
	certifications int // the number of certifications so far
}

// The policies of the desk; settings returns the same for the auditor.
var (
	payLaterPolicy = paylater.Policy{ReceiveWithin: 10 * day, Extension: 3 * day, PayWithin: day, FreezeAfterOverdue: 2, Instalments: true, ChargeRetries: 1, MaxAfterSales: 3, MaxPause: 30 * day}
	fundsPolicy    = funds.Policy{HoldDays: 7, FeeRate: 10, Expected: day}
)

func settings() []audit.Option {
	p := audit.DefaultPolicy()
	p.FreezeAfterOverdue, p.Instalments, p.ChargeRetries = 2, true, 1
	f := audit.DefaultFundsPolicy()
	f.HoldDays, f.FeeRate = 7, 10
	return []audit.Option{audit.WithPolicy(p), audit.WithFunds(func(string) audit.FundsPolicy { return f })}
}

func newDeskStory(t testing.TB) *deskStory {
	s := &deskStory{TB: t, store: memory.New(), now: start}
	t.Cleanup(func() { _ = s.store.Close() })
	s.desk = must(desk.New(s.store, desk.WithClock(func() time.Time { return s.now }), desk.WithPayLater(&payLaterPolicy), desk.WithSources(desk.DemoSources()), desk.WithSources(desk.Sources{
		Match: func(context.Context, trade.Email) (trade.Account, error) { return bruno.Account, nil },
		Store: func(_ context.Context, a trade.Account) (seller.Facts, error) {
			return seller.Facts{Operating: true, Membership: map[trade.Account]seller.Membership{acme.Account: seller.MemberPaid, shop.Account: seller.MemberFree}[a]}, nil
		},
		Funds: func(context.Context, trade.Account) (funds.Policy, error) { return fundsPolicy, nil },
		Certify: func(context.Context, uuid.UUID, seller.Certification) (seller.Verdict, error) {
			s.certifications++
			return []seller.Verdict{{Reason: "not in the register yet"}, {Approved: true}}[s.certifications-1], nil
		},
	})))
	return s
}

func (s *deskStory) do(by trade.Actor, do desk.Action) {
	s.Helper()
	s.commands++
	c := desk.Command{ID: desk.CommandID(start, "story", fmt.Sprint(s.commands)), By: by, Do: do}
	if _, err := s.desk.Do(context.Background(), c); err != nil {
		s.Fatalf("%s: %v", do, err)
	}
}

func (s *deskStory) advance(d time.Duration) { s.now = s.now.Add(d) }

// onOrder executes commands on an order, one after the other.
func (s *deskStory) onOrder(who trade.Actor, n int, commands ...order.Command) {
	s.Helper()
	for _, c := range commands {
		s.do(who, desk.OnOrder(id(n), c))
	}
}

func (s *deskStory) onPayLater(who trade.Actor, n int, commands ...paylater.Command) {
	s.Helper()
	for _, c := range commands {
		s.do(who, desk.OnPayLater(id(n), c))
	}
}

func (s *deskStory) onEntrustment(who trade.Actor, e order.EntrustmentID, commands ...entrustment.Command) {
	s.Helper()
	for _, c := range commands {
		s.do(who, desk.OnEntrustment(e, c))
	}
}

func (s *deskStory) onFunds(who trade.Actor, commands ...funds.Command) {
	s.Helper()
	for _, c := range commands {
		s.do(who, desk.OnFunds(shop.Account, cny, c))
	}
}

func (s *deskStory) order(n int) order.Order {
	s.Helper()
	o, _, err := s.desk.ReadOrder(context.Background(), platform, id(n))
	if err != nil {
		s.Fatal(err)
	}
	return o
}

// submitted drafts and submits an order of 6,000 with an initial payment of 2,000.
func (s *deskStory) submitted(n int, coverage order.Coverage) {
	s.Helper()
	s.onOrder(acme, n, order.Draft{Mode: order.DraftOnline}, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"}, order.MatchBuyer{Email: bruno.Email},
		order.SetTerms{Terms: terms("6000", "2000")}, order.ChooseCoverage{Coverage: coverage, TermsAccepted: true}, order.SetTransport{Mode: order.TransportAir},
		order.Submit{OneTouchAcknowledged: true})
}

func terms(total, initial string) order.Terms {
	return order.Terms{Total: money(total + " USD"), Initial: money(initial + " USD"), ShipBy: order.ShipBy{Days: 30, After: order.InitialPayment}}
}

func (s *deskStory) confirmed(n int, coverage order.Coverage) {
	s.Helper()
	s.submitted(n, coverage)
	s.onOrder(bruno, n, order.Confirm{Terms: s.order(n).Revision})
}

func (s *deskStory) wire(n int, reference, amount string) {
	s.Helper()
	s.onOrder(platform, n, order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: s.order(n).ReceivingAccount, Amount: money(amount + " USD"), Payer: "Bruno Imports", PaidAt: s.now,
	})
}

// card announces and records a payment by card.
func (s *deskStory) card(n int, payment, amount string) {
	s.Helper()
	p := order.PaymentID(payment)
	s.onOrder(bruno, n, order.InitiatePayment{Payment: p, Method: order.PayCard, Amount: money(amount + " USD")})
	s.onOrder(platform, n, order.RecordPayment{Reference: "K-" + payment, Method: order.PayCard, Payment: p, Amount: money(amount + " USD"), PaidAt: s.now})
}

// declared takes an entrustment to its declaration.
func (s *deskStory) declared(e order.EntrustmentID) {
	s.Helper()
	s.onEntrustment(acme, e, entrustment.Draft{Title: "goods"}, entrustment.Submit{})
	s.onEntrustment(platform, e, entrustment.Approve{}, entrustment.Declare{Declaration: entrustment.Declaration{
		Number: entrustment.DeclarationNo("D" + string(e)), DeclaringCustoms: "2201", DeparturePort: "310001", DeclaredAt: s.now,
		Items: []entrustment.Item{{
			No: 1, HSCode: "9001909090", Name: "lens", Quantity: must(trade.ParseNumber("100")), Unit: "piece",
			Price: must(trade.ParseNumber("10")), Total: money("1000 USD"),
		}},
	}})
}

// linked declares an entrustment and links it.
func (s *deskStory) linked(n int, e order.EntrustmentID) {
	s.Helper()
	s.declared(e)
	s.onOrder(acme, n, order.Link{Entrustment: e})
}

func (s *deskStory) shipped(n int, coverage order.Coverage, e order.EntrustmentID) {
	s.Helper()
	s.confirmed(n, coverage)
	s.wire(n, fmt.Sprint("initial-", n), "2000")
	s.linked(n, e)
	s.onEntrustment(platform, e, entrustment.Release{ReleasedAt: s.now})
	s.onOrder(acme, n, order.MarkShipped{})
}

// validLog returns the records of the orders 1 to 10 and the pay-later orders 11 to 18, with an event of
// every type.
func validLog(t testing.TB) []events.Record {
	s := newDeskStory(t)
	s.do(acme, desk.OnSeller(acme.Account, seller.Activate{Route: seller.RouteConsole}))
	s.do(platform, desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: money("50000 USD")}))
	s.do(platform, desk.OnLine(acme.Account, usd, credit.Suspend{Reason: "audit"}))
	s.do(platform, desk.OnLine(acme.Account, usd, credit.Resume{}))
	s.completedOrder()
	s.disputedOrders()
	s.changedOrder()
	s.endedOrders()
	s.reversedPayments()
	s.payLaterOrders()
	s.overdueOrders()
	s.withdrawals()
	s.indebtedMerchant()
	var log []events.Record
	for r, err := range s.store.ReadAll(context.Background(), 0, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, r)
	}
	return log
}

// completedOrder takes order 1 from its draft to the reply to its review. The system confirms the receipt.
func (s *deskStory) completedOrder() {
	s.shipped(1, order.CoveragePostDelivery, "E1")
	s.onOrder(bruno, 1, order.ExtendReceipt{})
	s.wire(1, "balance-1", "4100")
	s.onOrder(platform, 1, order.ReturnUnapplied{Amount: money("100 USD")})
	s.advance(30 * day)
	s.onOrder(system, 1, order.AutoConfirmReceipt{})
	s.onOrder(bruno, 1, order.Review{Rating: 5}, order.EditReview{Rating: 4})
	s.onOrder(acme, 1, order.Reply{Text: "thank you"})
	s.onEntrustment(platform, "E1", entrustment.CloseCustoms{ClosedAt: s.now})
}

// disputedOrders makes order 2, compensated by the platform; order 3, settled; and order 4, charged back.
func (s *deskStory) disputedOrders() {
	s.shipped(2, order.CoveragePostDelivery, "E2")
	s.advance(day)
	s.onOrder(bruno, 2, order.OpenDispute{Ground: order.GroundQuality, Claimed: money("2000 USD")})
	s.advance(6 * day)
	s.onOrder(system, 2, order.Escalate{})
	s.onOrder(platform, 2, order.Arbitrate{Compensation: money("500 USD")})
	s.do(platform, desk.OnLine(acme.Account, usd, credit.RepayClaim{Amount: money("200 USD"), Reference: "repaid"}))

	s.shipped(3, order.CoveragePreShipment, "E3")
	s.onOrder(bruno, 3, order.OpenDispute{Ground: order.GroundOther, Claimed: money("1000 USD")})
	s.onOrder(acme, 3, order.ProposeSettlement{Refund: money("300 USD")})
	s.advance(day)
	s.onOrder(bruno, 3, order.AcceptSettlement{Proposal: 1}, order.ConfirmReceipt{})

	s.shipped(4, order.CoverageNone, "E4")
	s.card(4, "C4", "4000")
	s.onOrder(platform, 4, order.ChargeBack{Reference: "K-C4", Case: "D1", At: s.now})
	s.advance(2 * day)
	s.onOrder(platform, 4, order.ResolveChargeback{Reference: "K-C4", Case: "D1", Won: true, At: s.now})
	s.onOrder(bruno, 4, order.OpenDispute{Ground: order.GroundOther, Claimed: money("1 USD")}, order.WithdrawDispute{})
}

// reversedPayments makes order 10: a bank recalls its first transfer, the buyer pays again, and the record
// of another payer's transfer is voided.
func (s *deskStory) reversedPayments() {
	s.confirmed(10, order.CoverageNone)
	s.wire(10, "first-10", "2000")
	s.onOrder(platform, 10, order.ReverseTransfer{Reference: "first-10", Case: "R1", At: s.now})
	s.wire(10, "again-10", "2000")
	s.onOrder(platform, 10, order.RecordPayment{
		Reference: "other-10", Method: order.PayTT, ReceivingAccount: s.order(10).ReceivingAccount, Amount: money("70 USD"), Payer: "Somebody", PaidAt: s.now,
	}, order.VoidPayment{Reference: "other-10"})
}

// changedOrder makes order 5: modified, then changed by consent, with an accepted shortfall, and refunded.
func (s *deskStory) changedOrder() {
	s.submitted(5, order.CoveragePreShipment)
	s.wire(5, "early-5", "500")
	s.onOrder(acme, 5, order.Modify{To: order.Amendment{Terms: terms("5000", "1500"), Coverage: order.CoveragePostDelivery}})
	s.onOrder(bruno, 5, order.Confirm{Terms: 3})
	s.onOrder(acme, 5, order.ProposeChange{To: order.Amendment{Terms: terms("5000", "1400"), Coverage: order.CoveragePreShipment}})
	s.onOrder(bruno, 5, order.AcceptChange{Proposal: 1})
	s.onOrder(acme, 5, order.ProposeChange{To: order.Amendment{Terms: terms("5000", "1000"), Coverage: order.CoveragePreShipment}})
	s.onOrder(bruno, 5, order.RejectChange{Proposal: 2})
	s.onOrder(acme, 5, order.AcceptShortfall{})
	s.onOrder(acme, 5, order.Refund{Amount: money("500 USD")})
}

// endedOrders makes order 6, cancelled with a link; order 7, expired; order 8, with the money of another
// payer; and order 9, linked to an entrustment that customs had released, with an announced transfer.
func (s *deskStory) endedOrders() {
	s.confirmed(6, order.CoveragePostDelivery)
	s.linked(6, "E6")
	s.onOrder(bruno, 6, order.InitiatePayment{Payment: "C6", Method: order.PayECheck, Amount: money("1 USD"), BankCountry: "US"})
	s.onOrder(platform, 6, order.FailPayment{Payment: "C6", Reason: "declined"})
	s.onOrder(bruno, 6, order.Cancel{})
	s.submitted(7, order.CoverageNone)
	s.advance(30 * day)
	s.onOrder(system, 7, order.Expire{})
	s.confirmed(8, order.CoveragePreShipment)
	s.onOrder(platform, 8, order.RecordPayment{
		Reference: "other-8", Method: order.PayTT, ReceivingAccount: s.order(8).ReceivingAccount, Amount: money("700 USD"), Payer: "Somebody", PaidAt: s.now,
	}, order.ApplyUnapplied{Reference: "other-8", Amount: money("600 USD")})
	s.linked(8, "E8")
	s.onOrder(acme, 8, order.Unlink{Entrustment: "E8"})
	s.onOrder(bruno, 8, order.AttachContract{FileName: "contract.pdf", Size: 1, SHA256: strings.Repeat("0", 64)})
	s.onEntrustment(platform, "E8", entrustment.Return{Reason: "papers"})
	s.onEntrustment(acme, "E8", entrustment.Resubmit{})
	s.onEntrustment(platform, "E8", entrustment.RequestChange{Need: entrustment.NeedInformation})
	s.onEntrustment(acme, "E8", entrustment.Cancel{})
	s.onEntrustment(platform, "E8", entrustment.Release{ReleasedAt: s.now})
	s.confirmed(9, order.CoverageNone)
	s.declared("E9")
	s.onEntrustment(platform, "E9", entrustment.Release{ReleasedAt: s.now})
	s.onOrder(acme, 9, order.Link{Entrustment: "E9"})
	s.onOrder(bruno, 9, order.InitiatePayment{Payment: "T9", Method: order.PayTT, Amount: money("1 USD")})
}

func place(amount string) paylater.Place {
	return paylater.Place{Merchant: shop.Account, ChosePayLater: true, Amount: money(amount + " CNY")}
}

func pay(reference, amount string) paylater.Pay {
	return paylater.Pay{Reference: reference, Amount: money(amount + " CNY")}
}

// payLaterOrders makes the orders 11 to 14: paid after receipt, refunded, cancelled, returned.
func (s *deskStory) payLaterOrders() {
	s.do(platform, desk.OnQuota(shop.Account, cny, credit.OpenLine{Limit: money("5000 CNY")}))
	s.do(platform, desk.OnQuota(shop.Account, cny, credit.AssessLimit{Limit: money("20000 CNY")}))
	s.onPayLater(shopper, 11, place("1000"))
	s.onPayLater(shop, 11, paylater.Ship{})
	s.onPayLater(shopper, 11, paylater.ExtendReceipt{}, paylater.ConfirmReceipt{}, paylater.OpenAfterSales{})
	s.advance(3 * time.Hour)
	s.onPayLater(shop, 11, paylater.CloseAfterSales{}, paylater.LowerAmount{Amount: money("900 CNY")})
	s.onPayLater(shopper, 11, pay("part-11", "400"), pay("rest-11", "500"))
	s.onPayLater(shopper, 12, place("2000"), pay("all-12", "2000"))
	s.onPayLater(shop, 12, paylater.Refund{Amount: money("2000 CNY")})
	s.onPayLater(shopper, 13, place("300"), paylater.Cancel{})
	s.onPayLater(shopper, 14, place("400"))
	s.onPayLater(shop, 14, paylater.Ship{})
	s.advance(10 * day)
	s.onPayLater(system, 14, paylater.AutoConfirmReceipt{})
	s.onPayLater(shop, 14, paylater.Return{})
	s.onPayLater(platform, 13, paylater.FlagFake{})
}

// overdueOrders makes the orders 15 and 16: both are overdue and the line freezes; one is paid and one
// written off.
func (s *deskStory) overdueOrders() {
	for _, n := range []int{15, 16} {
		s.onPayLater(shopper, n, place("600"))
		s.onPayLater(shop, n, paylater.Ship{})
		s.onPayLater(shopper, n, paylater.ConfirmReceipt{})
		s.advance(day)
		s.onPayLater(system, n, paylater.RequestCharge{}, paylater.FailCharge{Reason: "no money"})
		s.advance(1)
		s.onPayLater(system, n, paylater.MarkOverdue{})
	}
	s.onPayLater(shopper, 15, pay("late-15", "600"))
	s.onPayLater(platform, 16, paylater.WriteOff{})
	s.onPayLater(system, 16, pay("charged-16", "600"))
	s.onPayLater(platform, 16, paylater.ReturnUnapplied{Amount: money("600 CNY")})
	s.do(platform, desk.OnQuota(shop.Account, cny, credit.Unfreeze{Reason: credit.ReasonOverdue, Ref: trade.Text(id(16).String())}))
	s.do(platform, desk.OnQuota(shop.Account, cny, credit.Freeze{Reason: credit.ReasonOther, Ref: "audit"}))
	s.do(platform, desk.OnQuota(shop.Account, cny, credit.AssessLimit{Limit: money("10000 CNY")}))
	s.do(shop, desk.OnQuota(shop.Account, cny, credit.RequestAssessment{}))
	s.do(platform, desk.OnQuota(shop.Account, cny, credit.AssessLimit{Limit: money("10000 CNY")}))
	s.do(acme, desk.OnLine(acme.Account, usd, credit.RequestAssessment{Note: "more orders"}))
}

// withdrawals uses the funds: a withdrawal to a card fails, one to Alipay is settled, and a charge is paid.
func (s *deskStory) withdrawals() {
	s.advance(7 * day)
	s.onFunds(shop, funds.BindCard{Card: "6222-01", Holder: shop.Account},
		funds.Withdraw{ID: "W1", Amount: money("100 CNY"), Dest: funds.Dest{Card: "6222-01"}},
		funds.Withdraw{ID: "W2", Amount: money("200 CNY"), Dest: funds.Dest{Alipay: funds.Alipay{Account: "shop@pay.example", Holder: shop.Account}}})
	s.onFunds(platform, funds.FailWithdrawal{ID: "W1", Reason: "account closed"}, funds.SettleWithdrawal{ID: "W2"})
	s.onFunds(shop, funds.PayCharge{ID: "C1", Amount: money("50 CNY"), What: "promotion"}, funds.UnbindCard{Card: "6222-01"})
	for range 2 { // the first activation is rejected
		s.do(shop, desk.OnSeller(shop.Account, seller.Activate{Route: seller.RouteServicePage, Certification: seller.Certification{
			CompanyName: "Shop", RegistrationNo: "1", LegalRepresentative: "Somebody", RegisteredAddress: "Somewhere",
		}}))
	}
	s.do(platform, desk.OnSeller(shop.Account, seller.Suspend{Reason: "violation"}))
	s.do(platform, desk.OnSeller(shop.Account, seller.Reinstate{}))
}

// indebtedMerchant makes the orders 17 and 18 of another merchant: the payment of the first is withdrawn
// and then refunded, and the payment of the second settles a part of the debt. A failed withdrawal settles
// the rest.
func (s *deskStory) indebtedMerchant() {
	s.do(platform, desk.OnQuota(secondShop.Account, cny, credit.OpenLine{Limit: money("5000 CNY")}))
	placing := place("500")
	placing.Merchant = secondShop.Account
	s.onPayLater(shopper, 17, placing, pay("all-17", "500"))
	s.advance(7 * day)
	own := funds.Dest{Alipay: funds.Alipay{Account: "next@pay.example", Holder: secondShop.Account}}
	s.do(secondShop, desk.OnFunds(secondShop.Account, cny, funds.Withdraw{ID: "W3", Amount: money("400 CNY"), Dest: own}))
	s.onPayLater(secondShop, 17, paylater.Refund{Amount: money("450 CNY")})
	placing.Amount = money("50 CNY")
	s.onPayLater(shopper, 18, placing, pay("all-18", "50"))
	s.do(platform, desk.OnFunds(secondShop.Account, cny, funds.FailWithdrawal{ID: "W3", Reason: "account closed"}))
}
