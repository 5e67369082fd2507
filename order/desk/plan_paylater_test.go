package desk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// stall is a shop of maps: what a plan of pay-later orders does, without a store.
type stall struct {
	sales    map[trade.ID]paylater.Order
	quotas   map[trade.Account]credit.Line
	balances map[trade.Account]funds.Balance

	at      time.Time
	policy  *paylater.Policy
	written []string // the kinds of the facts, in the order of the appends
	calls   int
	breaks  int // the call that fails; 0 for none

	// lieQuota and lieBalance, if set, change what a plan is shown.
	lieQuota   func(l *credit.Line)
	lieBalance func(b *funds.Balance)
}

var _ shop = (*stall)(nil)

func (s *stall) copied() *stall {
	c := *s
	c.sales, c.quotas, c.balances = maps.Clone(s.sales), maps.Clone(s.quotas), maps.Clone(s.balances)
	c.written, c.calls = nil, 0
	return &c
}

func (s *stall) call() error {
	if s.calls++; s.calls == s.breaks {
		return errBroken
	}
	return nil
}

func (s *stall) sale(id trade.ID) (paylater.Order, error) {
	o, ok := s.sales[id]
	if !ok {
		o = paylater.New(id)
	}
	return o, s.call()
}

func (s *stall) quota(merchant trade.Account, c trade.Currency) (credit.Line, error) {
	l, ok := s.quotas[merchant]
	if !ok {
		l = credit.NewPayLater(merchant, c)
	}
	if s.lieQuota != nil {
		s.lieQuota(&l)
	}
	return l, s.call()
}

func (s *stall) balance(merchant trade.Account, c trade.Currency) (funds.Balance, error) {
	b, ok := s.balances[merchant]
	if !ok {
		b = funds.New(merchant, c)
	}
	if s.lieBalance != nil {
		s.lieBalance(&b)
	}
	return b, s.call()
}

func (s *stall) appendSale(id trade.ID, facts ...paylater.Event) error {
	o, err := s.sale(id)
	for _, e := range facts {
		if err == nil {
			err = o.Apply(e, s.at)
		}
		s.written = append(s.written, e.Kind().String())
	}
	s.sales[id] = o
	return err
}

func (s *stall) appendQuota(merchant trade.Account, c trade.Currency, facts ...credit.Event) error {
	l, err := s.quota(merchant, c)
	for _, e := range facts {
		if err == nil {
			err = l.Apply(e, s.at)
		}
		s.written = append(s.written, e.Kind().String())
	}
	s.quotas[merchant] = l
	return err
}

func (s *stall) appendBalance(merchant trade.Account, c trade.Currency, facts ...funds.Event) error {
	b, err := s.balance(merchant, c)
	for _, e := range facts {
		if err == nil {
			err = b.Apply(e, s.at)
		}
		s.written = append(s.written, e.Kind().String())
	}
	s.balances[merchant] = b
	return err
}

var (
	planShopkeeper = trade.Actor{Role: trade.Seller, Account: "m-shop"}
	planShopper    = trade.Actor{Role: trade.Buyer, Account: "b-shopper"}
	planCNY        = planMust(trade.ParseCurrency("CNY"))
)

// want is who asks a stall for what; exactly one of the commands is set.
type want struct {
	by    trade.Actor
	sale  paylater.Command
	quota credit.Command
	funds funds.Command
	wait  time.Duration // before it
}

func (s *stall) plan(w want) error {
	s.at = s.at.Add(w.wait)
	g, out := trade.Given{By: w.by, At: s.at}, outside{payLater: s.policy, funds: &funds.Policy{HoldDays: 7, Expected: time.Hour}}
	switch {
	case w.sale != nil:
		return planPayLater(s, planOrder1, w.sale, g, out)
	case w.quota != nil:
		return planQuota(s, planShopkeeper.Account, planCNY, w.quota, g)
	default:
		return planFunds(s, planShopkeeper.Account, planCNY, w.funds, g, out)
	}
}

// stallAfter is a stall with a line of 5,000 yuan on which all of the list was accepted.
func stallAfter(t *testing.T, list ...want) *stall {
	t.Helper()
	s := &stall{
		sales: map[trade.ID]paylater.Order{}, quotas: map[trade.Account]credit.Line{}, balances: map[trade.Account]funds.Balance{},
		at: planStart, policy: paylater.DefaultPolicy(),
	}
	s.policy.FreezeAfterOverdue = 1
	list = append([]want{{by: planOps, quota: credit.OpenLine{Limit: planMoney("5000 CNY")}}}, list...)
	for _, w := range list {
		if err := s.plan(w); err != nil {
			t.Fatalf("%+v: %v", w, err)
		}
	}
	return s.copied()
}

var (
	planPlace   = want{by: planShopper, sale: paylater.Place{Merchant: "m-shop", ChosePayLater: true, Amount: planMoney("4000 CNY")}}
	planPay     = want{by: planShopper, sale: paylater.Pay{Reference: "P-1", Amount: planMoney("4000 CNY")}}
	planShip    = want{by: planShopkeeper, sale: paylater.Ship{}}
	planReceive = want{by: planShopper, sale: paylater.ConfirmReceipt{}}
	planOverdue = want{by: planClock, sale: paylater.MarkOverdue{}, wait: 25 * time.Hour}
	planLower   = want{by: planShopkeeper, sale: paylater.LowerAmount{Amount: planMoney("1000 CNY")}}
	planReturn  = want{by: planShopkeeper, sale: paylater.Return{}}
	planFlag    = want{by: planOps, sale: paylater.FlagFake{}}
)

func planRefund(amount string) want {
	return want{by: planShopkeeper, sale: paylater.Refund{Amount: planMoney(amount)}}
}

// payLaterPlans are the commands of pay-later orders, with what they write.
var payLaterPlans = []struct {
	name  string
	given []want
	ask   want
	want  []string
}{
	{"place: order and line", nil, planPlace, []string{"paylater.placed", "credit.quota-deducted"}},
	{"ship: order alone", []want{planPlace}, planShip, []string{"paylater.shipped"}},
	{"pay: order, line and funds", []want{planPlace}, planPay,
		[]string{"paylater.paid", "credit.quota-restored", "funds.credited"}},
	{"lower: order and line", []want{planPlace}, planLower, []string{"paylater.amount-lowered", "credit.quota-restored"}},
	{"cancel: order and line", []want{planPlace}, want{by: planShopper, sale: paylater.Cancel{}},
		[]string{"paylater.cancelled", "credit.quota-restored"}},
	{"return: order and line", []want{planPlace, planShip}, planReturn, []string{"paylater.returned", "credit.quota-restored"}},
	{"return of an overdue order: order and line", []want{planPlace, planShip, planReceive, planOverdue}, planReturn,
		[]string{"paylater.returned", "credit.quota-restored"}},
	{"part of a refund: order and funds", []want{planPlace, planPay}, planRefund("1 CNY"),
		[]string{"paylater.refund-made", "funds.debited"}},
	{"a full refund before shipment: order and funds, and nothing is restored", []want{planPlace, planPay}, planRefund("4000 CNY"),
		[]string{"paylater.refund-made", "paylater.cancelled", "funds.debited"}},
	{"overdue: order and line, which it freezes", []want{planPlace, planShip, planReceive}, planOverdue,
		[]string{"paylater.marked-overdue", "credit.overdue-noted", "credit.frozen"}},
	{"write-off: order and line", []want{planPlace, planShip, planReceive, planOverdue}, want{by: planOps, sale: paylater.WriteOff{}},
		[]string{"paylater.written-off", "credit.quota-consumed"}},
	{"freeze for a fake order: line alone", []want{planPlace, planFlag},
		want{by: planOps, quota: credit.Freeze{Reason: credit.ReasonFakeOrder, Ref: planOrder1.String()}}, []string{"credit.frozen"}},
	{"withdraw: funds alone", []want{planPlace, planPay}, want{by: planShopkeeper, wait: 7 * 24 * time.Hour, funds: funds.Withdraw{
		ID: "W-1", Amount: planMoney("4000 CNY"), Dest: funds.Dest{Alipay: funds.Alipay{Account: "a", Holder: "m-shop"}},
	}}, []string{"funds.withdrawal-requested"}},
}

func TestPlanPayLater(t *testing.T) {
	for _, p := range payLaterPlans {
		t.Run(p.name, func(t *testing.T) {
			s := stallAfter(t, p.given...)
			if err := s.plan(p.ask); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.written, p.want) {
				t.Fatalf("written %q, want %q", s.written, p.want)
			}
		})
	}
}

// TestPlanPayLaterAllOrNone breaks the shop at each of the looks and writes of each plan in
// turn: the plan never goes on as if nothing had happened.
func TestPlanPayLaterAllOrNone(t *testing.T) {
	for _, p := range payLaterPlans {
		t.Run(p.name, func(t *testing.T) {
			base := stallAfter(t, p.given...)
			for n := 1; ; n++ {
				s := base.copied()
				s.breaks = n
				err := s.plan(p.ask)
				if s.calls < n {
					if n == 1 || err != nil {
						t.Fatalf("%d calls, %v", s.calls, err)
					}
					return
				}
				if !errors.Is(err, errBroken) || s.calls != n {
					t.Fatalf("broken at call %d the plan went on to call %d: %v", n, s.calls, err)
				}
			}
		})
	}
}

// TestPlanPayLaterCounterpart shows the line and the funds as they were at another time than
// the order: nothing is appended to them, and the error can be confirmed like a refusal.
func TestPlanPayLaterCounterpart(t *testing.T) {
	for _, c := range []struct {
		name   string
		given  []want
		ask    want
		lie    func(s *stall)
		reason string
	}{
		{"the line does not know of the order", []want{planPlace}, planPay, func(s *stall) {
			s.lieQuota = func(l *credit.Line) { l.Held, l.OpenHolds = planMoney("0 CNY"), 0 }
		}, "desk: the line of merchant m-shop does not bear order " + planOrder1.String()},
		{"the line was never opened", []want{planPlace}, planPay, func(s *stall) {
			s.lieQuota = func(l *credit.Line) { *l = credit.NewPayLater(l.Seller, l.Currency) }
		}, "B9"},
		{"the line has counted it as overdue", []want{planPlace, planShip, planReceive}, planOverdue, func(s *stall) {
			s.lieQuota = func(l *credit.Line) { l.Overdue = 1 }
		}, "desk: the line of merchant m-shop does not bear order " + planOrder1.String()},
		{"the funds have the credit already", []want{planPlace}, planPay, func(s *stall) {
			b := funds.New("m-shop", planCNY)
			e := funds.Credited{Order: planOrder1, Amount: planMoney("4000 CNY"), Repaid: planMoney("0 CNY"), HoldDays: 1, AvailableAt: planStart.Add(24 * time.Hour)}
			if err := b.Apply(e, planStart); err != nil {
				panic(err)
			}
			s.lieBalance = func(x *funds.Balance) { *x = b }
		}, "desk: the funds of merchant m-shop do not bear order " + planOrder1.String()},
		{"the funds do not have the credit", []want{planPlace, planPay}, planRefund("1 CNY"), func(s *stall) {
			s.lieBalance = func(b *funds.Balance) { *b = funds.New(b.Merchant, b.Currency) }
		}, "D50"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stallAfter(t, c.given...)
			c.lie(s)
			err := s.plan(c.ask)
			var (
				no      *trade.Refusal
				invalid *trade.InvalidError
			)
			switch {
			case errors.As(err, &no) && string(no.Rule) == c.reason:
			case errors.As(err, &invalid) && strings.HasPrefix(err.Error(), c.reason):
			default:
				t.Fatalf("%v, want %q", err, c.reason)
			}
		})
	}
}

// TestPlanOverdueWithAllReasons has an order become overdue on a line that is frozen for as many
// reasons as a line can have: no freeze is added, and the order is overdue all the same.
func TestPlanOverdueWithAllReasons(t *testing.T) {
	given := []want{planPlace, planShip, planReceive}
	for i := range credit.MaxFreezes {
		given = append(given, want{by: planOps, quota: credit.Freeze{Reason: credit.ReasonOther, Ref: fmt.Sprint("audit ", i)}})
	}
	s := stallAfter(t, given...)
	if err := s.plan(planOverdue); err != nil {
		t.Fatal(err)
	}
	if l := s.quotas["m-shop"]; l.Overdue != 1 || len(l.Freezes) != credit.MaxFreezes || l.FrozenFor(credit.ReasonOverdue) {
		t.Fatalf("%d overdue, frozen for %v", l.Overdue, l.Freezes)
	}
}

// TestPlanPayLaterLooks: a command that is refused by the order alone does not meet those of the
// line in the log.
func TestPlanPayLaterLooks(t *testing.T) {
	placed := planPlace.sale.(paylater.Place)
	change := func(by trade.Actor, f func(p *paylater.Place)) want {
		p := placed
		f(&p)
		return want{by: by, sale: p}
	}
	for name, c := range map[string]struct {
		given []want
		ask   want
	}{
		"placed twice":          {[]want{planPlace}, planPlace},
		"placed by a merchant":  {nil, change(planShopkeeper, func(*paylater.Place) {})},
		"without a merchant":    {nil, change(planShopper, func(p *paylater.Place) { p.Merchant = "" })},
		"a malformed merchant":  {nil, change(planShopper, func(p *paylater.Place) { p.Merchant = "m/shop" })},
		"without an amount":     {nil, change(planShopper, func(p *paylater.Place) { p.Amount = trade.Money{} })},
		"an amount of zero":     {nil, change(planShopper, func(p *paylater.Place) { p.Amount = planMoney("0 CNY") })},
		"of an order not there": {nil, planPay},
	} {
		s := stallAfter(t, c.given...)
		if err := s.plan(c.ask); err == nil || s.calls != 1 {
			t.Errorf("%s: %v after %d looks", name, err, s.calls)
		}
	}
}
