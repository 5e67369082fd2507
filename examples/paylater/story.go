package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/examples/internal/display"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

const day = 24 * time.Hour

var (
	shop     = trade.Actor{Role: trade.Seller, Account: "m-example-tea"}
	shopper  = trade.Actor{Role: trade.Buyer, Account: "b-sample-reader"}
	debtor   = trade.Actor{Role: trade.Buyer, Account: "b-sample-late"}
	platform = trade.Actor{Role: trade.Platform, Account: "platform"}
)

// story is one shop on a desk whose clock it sets. After the first error every step does nothing.
type story struct {
	ctx    context.Context
	out    io.Writer
	words  *display.Words
	texts  *texts
	desk   *desk.Desk
	now    time.Time
	orders map[string]trade.ID
	err    error
}

func newStory(store events.Store, out io.Writer, lang rule.Lang) *story {
	s := &story{
		out: out, words: display.In(lang), texts: textsIn(lang), orders: make(map[string]trade.ID),
		now: time.Date(2025, 1, 6, 2, 0, 0, 0, time.UTC),
	}
	policy := paylater.DefaultPolicy()
	policy.FreezeAfterOverdue = 1
	s.desk, s.err = desk.New(store,
		desk.WithClock(func() time.Time { return s.now }),
		desk.WithPayLater(policy),
		desk.WithSources(desk.DemoSources()),
		desk.WithSources(desk.Sources{ // what this story knows better
			Funds: func(context.Context, trade.Account) (funds.Policy, error) {
				p := funds.DefaultPolicy()
				p.HoldDays = 7 // this merchant waits seven days
				p.FeeRate = 10 // and pays 0.1 % of a withdrawal
				return p, nil
			},
		}))
	return s
}

// play executes the story.
func (s *story) play(ctx context.Context) error {
	s.ctx = ctx
	s.chapter(s.texts.opening)
	s.do(platform, desk.OnQuota(shop.Account, funds.CNY(), credit.OpenLine{Limit: s.money("5000 CNY")}))
	s.place("O1", shopper, "3200 CNY")
	s.place("O2", shopper, "1500 CNY")
	s.refusedPlace(shopper, "4800 CNY")
	s.page()

	s.chapter(s.texts.restores)
	s.later(2*day).order("O1", shop, paylater.Ship{})
	s.later(3*day).order("O1", shopper, paylater.ConfirmReceipt{})
	s.later(6*time.Hour).order("O1", shopper, paylater.Pay{Reference: "PAY-1", Amount: s.money("3200 CNY")})
	s.place("O3", shopper, "2900 CNY")
	s.page()

	s.chapter(s.texts.overdue)
	s.place("O4", debtor, "500 CNY")
	s.order("O4", shop, paylater.Ship{})
	s.later(10 * day).tick() // receipt, because the buyer is silent
	s.later(day).tick()      // the charge, at the due time
	s.later(time.Hour).tick()
	s.refusedPlace(shopper, "50 CNY")
	s.page()
	s.order("O3", shopper, paylater.Pay{Reference: "PAY-3", Amount: s.money("2900 CNY")})
	s.order("O4", debtor, paylater.Pay{Reference: "PAY-4", Amount: s.money("500 CNY")})
	s.page()
	s.later(day).do(platform, desk.OnQuota(shop.Account, funds.CNY(), credit.Unfreeze{Reason: credit.ReasonOverdue, Ref: trade.Text(s.orders["O4"].String())}))
	s.page()

	s.chapter(s.texts.grows)
	s.later(70*day).assess("50000 CNY", "4.8")
	s.place("O5", shopper, "4800 CNY")
	s.later(90*day).assess("250000 CNY", "4.9")
	s.page()

	s.chapter(s.texts.withdrawal)
	s.order("O5", shopper, paylater.Pay{Reference: "PAY-5", Amount: s.money("4800 CNY")})
	s.refusedWithdrawal("W-1", "11400 CNY")
	s.withdraw("W-2", "6600 CNY")
	s.later(20*time.Hour).do(platform, desk.OnFunds(shop.Account, funds.CNY(), funds.SettleWithdrawal{ID: "W-2"}))
	s.later(7*day).withdraw("W-3", "4800 CNY")
	s.refused(shop, desk.OnQuota(shop.Account, funds.CNY(), credit.Withdraw{Amount: s.money("1000 CNY")}))
	s.statements()
	return s.err
}

// assess sets the limit that the default assessment gives the shop.
func (s *story) assess(volume, score string) {
	number, err := trade.ParseNumber(score)
	if s.fail(err) {
		return
	}
	inputs := credit.Inputs{Grade: 100, Score: number, Volume: s.money(volume), Products: 100, Profile: 100, AfterSales: 100}
	limit, err := credit.DefaultAssessment(inputs)
	if s.fail(err) {
		return
	}
	s.do(platform, desk.OnQuota(shop.Account, funds.CNY(), credit.AssessLimit{Limit: limit, Inputs: inputs}))
}

func newOrder(amount trade.Money) paylater.Place {
	return paylater.Place{Merchant: shop.Account, ChosePayLater: true, Amount: amount}
}

func (s *story) place(name string, by trade.Actor, amount string) {
	s.orders[name] = trade.NewID()
	s.order(name, by, newOrder(s.money(amount)))
}

// refusedPlace dry-runs an order that cannot be taken, as a shop would (B20), and then places it,
// which is refused.
func (s *story) refusedPlace(by trade.Actor, amount string) {
	if s.err != nil {
		return
	}
	do := desk.OnPayLater(trade.NewID(), newOrder(s.money(amount)))
	if err := s.desk.Try(s.ctx, desk.Command{ID: desk.NewID(), By: by, Do: do}); err == nil {
		s.fail(fmt.Errorf("an order of %s could be taken", amount))
		return
	}
	s.refused(by, do)
}

func (s *story) order(name string, by trade.Actor, c paylater.Command) {
	s.do(by, desk.OnPayLater(s.orders[name], c))
}

func newWithdrawal(id, amount string, s *story) funds.Withdraw {
	return funds.Withdraw{
		ID: funds.WithdrawalID(id), Amount: s.money(amount),
		Dest: funds.Dest{Alipay: funds.Alipay{Account: "tea@pay.example", Holder: shop.Account}},
	}
}

func (s *story) withdraw(id, amount string) {
	s.do(shop, desk.OnFunds(shop.Account, funds.CNY(), newWithdrawal(id, amount, s)))
}

func (s *story) refusedWithdrawal(id, amount string) {
	s.refused(shop, desk.OnFunds(shop.Account, funds.CNY(), newWithdrawal(id, amount, s)))
}

func (s *story) later(d time.Duration) *story { s.now = s.now.Add(d); return s }

func (s *story) do(by trade.Actor, do desk.Action) {
	if s.err != nil {
		return
	}
	s.now = s.now.Add(time.Minute)
	result, err := s.desk.Do(s.ctx, desk.Command{ID: desk.NewID(), By: by, Do: do})
	if s.fail(err) {
		return
	}
	s.events(by.Role, result.Events)
}

func (s *story) tick() {
	if s.err != nil {
		return
	}
	done, err := s.desk.Tick(s.ctx, s.now)
	if s.fail(err) {
		return
	}
	for _, x := range done {
		s.line(trade.System, fmt.Sprintf(s.texts.due, s.texts.kinds[x.Kind], s.name(x.Order)))
	}
}

// refused executes a command that is refused, and prints the refusal.
func (s *story) refused(by trade.Actor, do desk.Action) {
	if s.err != nil {
		return
	}
	s.now = s.now.Add(time.Minute)
	_, err := s.desk.Do(s.ctx, desk.Command{ID: desk.NewID(), By: by, Do: do})
	var refusal *trade.Refusal
	if !errors.As(err, &refusal) {
		s.fail(fmt.Errorf("%s was not refused: %w", do, err))
		return
	}
	s.line(by.Role, s.words.Refused+" "+string(refusal.Rule))
	for _, text := range display.Wrap(refusal.Text(s.words.Lang), 88) {
		fmt.Fprintln(s.out, strings.Repeat(" ", 27), text)
	}
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

// name returns the name of an order in the story.
func (s *story) name(id trade.ID) string {
	for name, known := range s.orders {
		if known == id {
			return name
		}
	}
	return ""
}
