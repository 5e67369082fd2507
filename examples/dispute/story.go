package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/examples/internal/display"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

var (
	supplier = trade.Actor{Role: trade.Seller, Account: "s-example-ceramics", Email: "sales@ceramics.example"}
	buyer    = trade.Actor{Role: trade.Buyer, Account: "b-sample-homeware", Email: "orders@homeware.example"}
	platform = trade.Actor{Role: trade.Platform, Account: "platform"}
)

// story is one contested order on a desk whose clock it sets. After the first error every step does
// nothing.
type story struct {
	ctx   context.Context
	out   io.Writer
	words *display.Words
	texts texts
	desk  *desk.Desk
	now   time.Time
	order trade.ID
	seen  int // how many entries of the timeline are printed
	err   error
}

func newStory(out io.Writer, lang rule.Lang) *story {
	s := &story{out: out, words: display.In(lang), texts: textsIn(lang), order: trade.NewID(), now: time.Date(2025, 6, 2, 1, 0, 0, 0, time.UTC)}
	s.desk, s.err = desk.New(memory.New(),
		desk.WithClock(func() time.Time { return s.now }),
		desk.WithSources(desk.DemoSources()),
		desk.WithSources(desk.Sources{ // what this story knows better
			Match: func(context.Context, trade.Email) (trade.Account, error) { return buyer.Account, nil },
			Store: func(context.Context, trade.Account) (seller.Facts, error) {
				return seller.Facts{Operating: true, Membership: seller.MemberPaid}, nil
			},
		}))
	return s
}

// play executes the story from the draft to the ruling.
func (s *story) play(ctx context.Context) error {
	s.ctx = ctx
	s.chapter(s.texts.contract)
	s.contract()
	s.chapter(s.texts.change)
	s.change()
	s.chapter(s.texts.export)
	s.export()
	s.chapter(s.texts.dispute)
	s.dispute()
	s.view()
	s.chapter(s.texts.ruling)
	s.rule()
	s.view()
	s.chapter(s.texts.ledger)
	s.ledger()
	return s.err
}

func (s *story) contract() {
	s.do(supplier, desk.OnSeller(supplier.Account, seller.Activate{Route: seller.RouteServicePage}))
	s.do(platform, desk.OnLine(supplier.Account, usd, credit.AssessLimit{Limit: s.money("20000 USD")}))
	s.onOrder(supplier, order.Draft{Mode: order.DraftOnline})
	s.onOrder(supplier, order.SetBuyer{Email: buyer.Email, BuyerName: "Sample Homeware Ltd"})
	s.onOrder(supplier, order.MatchBuyer{Email: buyer.Email})
	s.onOrder(supplier, order.SetTerms{Terms: s.terms("9000 USD", "3000 USD")})
	s.onOrder(supplier, order.SetTransport{Mode: order.TransportSea})
	s.onOrder(supplier, order.ChooseCoverage{Coverage: order.CoveragePostDelivery, TermsAccepted: true})
	s.onOrder(supplier, order.Submit{OneTouchAcknowledged: true})
	s.later(4*hour).onOrder(buyer, order.Confirm{Terms: 2})
	s.later(2*day).transfer("TT-1", "3000 USD")
}

// change raises the price with the buyer's consent, which is needed once money has come in.
func (s *story) change() {
	dearer := order.Amendment{Terms: s.terms("9600 USD", "3000 USD"), Coverage: order.CoveragePostDelivery}
	s.later(day).refused(supplier, order.Modify{To: dearer})
	s.onOrder(supplier, order.ProposeChange{To: dearer})
	s.later(6*hour).onOrder(buyer, order.AcceptChange{Proposal: 1})
}

func (s *story) export() {
	s.later(3*day).do(supplier, desk.OnEntrustment("OT-7001", entrustment.Draft{Title: "stoneware"}))
	s.do(supplier, desk.OnEntrustment("OT-7001", entrustment.Submit{}))
	s.do(platform, desk.OnEntrustment("OT-7001", entrustment.Approve{}))
	s.onOrder(supplier, order.Link{Entrustment: "OT-7001"})
	s.later(20*day).do(platform, desk.OnEntrustment("OT-7001", entrustment.Declare{Declaration: entrustment.Declaration{
		Number: "310120250519007001", DeclaringCustoms: "3101", DeparturePort: "380001", DeclaredAt: s.now,
		Items: []entrustment.Item{{
			No: 1, HSCode: "6912001000", Name: "stoneware", Quantity: s.number("2400"), Unit: "piece", Price: s.number("4"), Total: s.money("9600 USD"),
		}},
	}}))
	s.later(day).do(platform, desk.OnEntrustment("OT-7001", entrustment.Release{ReleasedAt: s.now.Add(-hour)}))
	s.later(hour).onOrder(supplier, order.MarkShipped{})
	s.later(5*day).transfer("TT-2", "6600 USD")
}

// dispute opens the dispute: the goods came late and many are broken. The seller refunds a part, the
// parties do not agree on the rest, and the system escalates the dispute to the platform.
func (s *story) dispute() {
	s.later(10*day).onOrder(buyer, order.OpenDispute{Ground: order.GroundQuality, Claimed: s.money("5000 USD"), Text: "more than half of the plates are cracked"})
	s.refused(buyer, order.ConfirmReceipt{})
	s.later(day).onOrder(supplier, order.Refund{Amount: s.money("1200 USD")})
	s.onOrder(supplier, order.ProposeSettlement{Refund: s.money("800 USD")})
	s.later(hour).refused(buyer, order.Escalate{})
	s.later(5 * day)
	s.tick()
}

// rule ends the dispute: the platform compensates the buyer from the order's hold on the seller's
// quota, and the seller repays the platform.
func (s *story) rule() {
	s.later(2*day).refused(platform, order.Refund{Amount: s.money("9000 USD")})
	s.onOrder(platform, order.Arbitrate{Compensation: s.money("3800 USD"), Text: "photographs and inspection agree"})
	s.later(3*day).do(platform, desk.OnLine(supplier.Account, usd, credit.RepayClaim{Amount: s.money("3800 USD"), Reference: "REPAY-1"}))
	s.later(day).onOrder(buyer, order.ConfirmReceipt{})
}

func (s *story) terms(total, initial string) order.Terms {
	return order.Terms{Total: s.money(total), Initial: s.money(initial), TradeTerm: "FOB Ningbo", ShipBy: order.ShipBy{Days: 20, After: order.InitialPayment}}
}

func (s *story) transfer(reference, amount string) {
	if s.err != nil {
		return
	}
	o, _, err := s.desk.ReadOrder(s.ctx, platform, s.order)
	if s.fail(err) {
		return
	}
	s.onOrder(platform, order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: s.money(amount), Payer: o.Buyer.Name, PaidAt: s.now,
	})
}

func (s *story) later(d time.Duration) *story { s.now = s.now.Add(d); return s }

// onOrder executes a command on the order that is accepted.
func (s *story) onOrder(by trade.Actor, c order.Command) { s.do(by, desk.OnOrder(s.order, c)) }

// do executes a command that is accepted.
func (s *story) do(by trade.Actor, do desk.Action) {
	if s.err != nil {
		return
	}
	s.now = s.now.Add(time.Minute)
	if _, err := s.desk.Do(s.ctx, desk.Command{ID: desk.NewID(), By: by, Do: do}); s.fail(err) {
		return
	}
	s.printNew()
}

// refused executes a command on the order that is refused, and prints the refusal.
func (s *story) refused(by trade.Actor, c order.Command) {
	if s.err != nil {
		return
	}
	s.now = s.now.Add(time.Minute)
	_, err := s.desk.Do(s.ctx, desk.Command{ID: desk.NewID(), By: by, Do: desk.OnOrder(s.order, c)})
	var refusal *trade.Refusal
	if !errors.As(err, &refusal) {
		s.fail(fmt.Errorf("%s was not refused: %w", c.Name(), err))
		return
	}
	s.line(by.Role, s.words.Refused+" "+string(refusal.Rule)+" ("+s.words.Command(refusal.Command)+")", "")
	for _, text := range display.Wrap(refusal.Text(s.words.Lang), 88) {
		fmt.Fprintln(s.out, strings.Repeat(" ", 27), text)
	}
}

func (s *story) tick() {
	if s.err != nil {
		return
	}
	if _, err := s.desk.Tick(s.ctx, s.now); s.fail(err) {
		return
	}
	s.printNew()
}

func (s *story) fail(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return s.err != nil
}

func (s *story) money(text string) trade.Money {
	m, err := trade.ParseMoney(text)
	s.fail(err)
	return m
}

func (s *story) number(text string) trade.Number {
	n, err := trade.ParseNumber(text)
	s.fail(err)
	return n
}

var usd, _ = trade.ParseCurrency("USD")
