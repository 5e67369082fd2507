package desk_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// goldenCase is a row of testdata/golden-cases.txt on its way.
type goldenCase struct {
	*fixture
	ids    map[string]trade.ID // of orders of both kinds, by name
	payout funds.Policy
	store  seller.Facts
	serial int
}

// owner is the buyer whose address is not registered when the contract is drafted.
var owner = trade.Actor{Role: trade.Buyer, Account: "b-new", Email: "new@buyer.example"}

func newGoldenCase(t *testing.T) *goldenCase {
	g := &goldenCase{ids: map[string]trade.ID{}, payout: funds.DefaultPolicy(), store: seller.Facts{Operating: true, Membership: seller.MemberPaid}}
	g.fixture = inMemory(t, desk.WithSources(desk.Sources{
		Funds: func(context.Context, trade.Account) (funds.Policy, error) { return g.payout, nil },
		Store: func(context.Context, trade.Account) (seller.Facts, error) { return g.store, nil },
	}))
	return g
}

func (g *goldenCase) id(name string) trade.ID {
	if _, ok := g.ids[name]; !ok {
		g.ids[name] = trade.NewID()
	}
	return g.ids[name]
}

// severalMoves are movements that stand for several others.
var severalMoves = map[string]func(g *goldenCase, a []string) []string{
	"limit": func(g *goldenCase, a []string) []string {
		if _, _, err := g.Desk.ReadService(context.Background(), platform, acme.Account); err != nil {
			return []string{"activate:paid", "assess-line:" + a[0]}
		}
		return []string{"assess-line:" + a[0]}
	},
	"order": func(_ *goldenCase, a []string) []string {
		return []string{"draft:" + a[0], "buyer:" + a[0], "match:" + a[0], "terms:" + a[0] + ":" + a[2] + ":" + a[3], "cover:" + a[0] + ":" + a[1], "transport:" + a[0] + ":air"}
	},
	"rematch": func(_ *goldenCase, a []string) []string {
		return []string{"buyer:" + a[0] + ":" + string(owner.Email), "match:" + a[0]}
	},
	"goods": func(_ *goldenCase, a []string) []string {
		return []string{"entrust:" + a[0], "file:" + a[0], "approve:" + a[0], "declare:" + a[0]}
	},
	"shipped": func(g *goldenCase, a []string) []string {
		initial := g.Order(g.id(a[0])).Terms.Initial.Amount()
		return []string{"confirm:" + a[0], "wire:" + a[0] + ":" + initial, "goods:" + a[1], "link:" + a[0] + ":" + a[1], "release:" + a[1], "mark:" + a[0]}
	},
}

// settings are movements that change what the platform's sources say.
var settings = map[string]func(g *goldenCase, a []string){
	"wait": func(g *goldenCase, a []string) { g.payout.HoldDays = must(strconv.Atoi(a[0])) },
	"fee":  func(g *goldenCase, a []string) { g.payout.FeeRate = must(strconv.Atoi(a[0])) },
}

// move is a movement that is one command.
type move func(g *goldenCase, a []string) (trade.Actor, desk.Action)

// atOrder is a command on the order that the first argument names, and onSale one on a pay-later order.
func atOrder(by trade.Actor, of func(g *goldenCase, o *order.Order, a []string) order.Command) move {
	return func(g *goldenCase, a []string) (trade.Actor, desk.Action) {
		o, _, _ := g.Desk.ReadOrder(context.Background(), platform, g.id(a[0])) // the zero order before its draft
		return by, desk.OnOrder(g.id(a[0]), of(g, &o, a[1:]))
	}
}

func onSale(by trade.Actor, of func(g *goldenCase, a []string) paylater.Command) move {
	return func(g *goldenCase, a []string) (trade.Actor, desk.Action) {
		return by, desk.OnPayLater(g.id(a[0]), of(g, a))
	}
}

// plainly is a command without arguments.
func plainly(by trade.Actor, c order.Command) move {
	return atOrder(by, func(*goldenCase, *order.Order, []string) order.Command { return c })
}

func saysPlainly(by trade.Actor, c paylater.Command) move {
	return onSale(by, func(*goldenCase, []string) paylater.Command { return c })
}

func onGoods(by trade.Actor, of func(g *goldenCase, id string, a []string) entrustment.Command) move {
	return func(g *goldenCase, a []string) (trade.Actor, desk.Action) {
		return by, desk.OnEntrustment(order.EntrustmentID(a[0]), of(g, a[0], a[1:]))
	}
}

func onOwnFunds(by trade.Actor, of func(a []string) funds.Command) move {
	return func(_ *goldenCase, a []string) (trade.Actor, desk.Action) { return by, onFunds(of(a)) }
}

func (g *goldenCase) reference(given string) string {
	g.serial++
	return cmp.Or(given, fmt.Sprint("R-", g.serial))
}

func confirms(_ *goldenCase, o *order.Order, _ []string) order.Command {
	return order.Confirm{Terms: o.Revision}
}

func dollars(amount string) trade.Money { return money(amount + " USD") }

// moves are the movements of an assurance order and of what belongs to it.
var moves = map[string]move{
	"assess-line": func(_ *goldenCase, a []string) (trade.Actor, desk.Action) {
		return platform, desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: dollars(a[0])})
	},
	"activate": func(g *goldenCase, a []string) (trade.Actor, desk.Action) {
		c := seller.Activate{Route: seller.RouteConsole}
		if g.store.Membership = seller.MemberFree; a[0] == "paid" {
			g.store.Membership = seller.MemberPaid
		}
		if a[0] == "certified" {
			c.Certification = seller.Certification{CompanyName: "Acme", RegistrationNo: "1", LegalRepresentative: "Jane Doe", RegisteredAddress: "Ningbo"}
		}
		return acme, desk.OnSeller(acme.Account, c)
	},

	"draft": plainly(acme, order.Draft{Mode: order.DraftOnline}),
	"buyer": atOrder(acme, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.SetBuyer{Email: trade.Email(cmp.Or(a[0], string(bruno.Email))), BuyerName: "Bruno Imports"}
	}),
	"match": atOrder(acme, func(_ *goldenCase, o *order.Order, _ []string) order.Command {
		return order.MatchBuyer{Email: o.Buyer.Email}
	}),
	"terms": atOrder(acme, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.SetTerms{Terms: order.Terms{Total: dollars(a[0]), Initial: dollars(a[1])}}
	}),
	"cover": atOrder(acme, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.ChooseCoverage{Coverage: order.Coverage(a[0]), TermsAccepted: a[0] != "none"}
	}),
	"transport": atOrder(acme, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.SetTransport{Mode: order.Transport(a[0])}
	}),
	"submit":   plainly(acme, order.Submit{OneTouchAcknowledged: true}),
	"confirm":  atOrder(bruno, confirms),
	"stranger": atOrder(stranger, confirms),
	"owner":    atOrder(owner, confirms),
	"wire": atOrder(platform, func(g *goldenCase, o *order.Order, a []string) order.Command {
		return ordertest.Wired(o, g.reference(a[1]), dollars(a[0]), g.Clock.Now())
	}),
	"announce": atOrder(bruno, func(_ *goldenCase, o *order.Order, a []string) order.Command {
		return order.InitiatePayment{Payment: order.PaymentID(a[0]), Method: order.PayCard, Amount: o.Due()}
	}),
	"e-check": atOrder(bruno, func(g *goldenCase, _ *order.Order, a []string) order.Command {
		return order.InitiatePayment{Payment: order.PaymentID(g.reference("")), Method: order.PayECheck, Amount: dollars(a[0]), BankCountry: a[1]}
	}),
	"capture": atOrder(platform, func(g *goldenCase, o *order.Order, a []string) order.Command {
		return order.RecordPayment{Reference: a[1], Method: order.PayCard, Payment: order.PaymentID(a[0]), Amount: o.Due(), PaidAt: g.Clock.Now()}
	}),
	"back": atOrder(platform, func(g *goldenCase, _ *order.Order, a []string) order.Command {
		return order.ChargeBack{Reference: a[0], Case: "case-1", At: g.Clock.Now()}
	}),
	"lost": atOrder(platform, func(g *goldenCase, _ *order.Order, a []string) order.Command {
		return order.ResolveChargeback{Reference: a[0], Case: "case-1", At: g.Clock.Now()}
	}),
	"link": atOrder(acme, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.Link{Entrustment: order.EntrustmentID(a[0])}
	}),
	"unlink": atOrder(acme, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.Unlink{Entrustment: order.EntrustmentID(a[0])}
	}),
	"mark":    plainly(acme, order.MarkShipped{}),
	"receive": plainly(bruno, order.ConfirmReceipt{}),
	"auto":    plainly(system, order.AutoConfirmReceipt{}),
	"cancel":  plainly(bruno, order.Cancel{}),
	"refund": atOrder(acme, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.Refund{Amount: dollars(a[0])}
	}),
	"opens": atOrder(bruno, func(_ *goldenCase, o *order.Order, _ []string) order.Command {
		return order.OpenDispute{Ground: order.GroundQuality, Claimed: o.Left()}
	}),
	"withdraws": plainly(bruno, order.WithdrawDispute{}),
	"escalate":  plainly(system, order.Escalate{}),
	"claim": atOrder(platform, func(_ *goldenCase, _ *order.Order, a []string) order.Command {
		return order.Arbitrate{Compensation: dollars(a[0])}
	}),

	"entrust": onGoods(acme, func(*goldenCase, string, []string) entrustment.Command { return entrustment.Draft{Title: "goods"} }),
	"file":    onGoods(acme, func(*goldenCase, string, []string) entrustment.Command { return entrustment.Submit{} }),
	"approve": onGoods(platform, func(*goldenCase, string, []string) entrustment.Command { return entrustment.Approve{} }),
	"declare": onGoods(platform, func(g *goldenCase, id string, _ []string) entrustment.Command {
		return entrustment.Declare{Declaration: declaration("D-"+id, g.Clock.Now().Add(-time.Hour))}
	}),
	"release": onGoods(platform, func(g *goldenCase, _ string, a []string) entrustment.Command {
		at := g.Clock.Now()
		if a[0] != "" {
			at = must(time.Parse(time.RFC3339Nano, strings.Join(a[:3], ":")))
		}
		return entrustment.Release{ReleasedAt: at}
	}),
}

// laterMoves are the movements of a pay-later order and of what belongs to it.
var laterMoves = map[string]move{
	"quota": func(g *goldenCase, a []string) (trade.Actor, desk.Action) {
		if _, _, err := g.Desk.ReadQuota(context.Background(), platform, shopkeeper.Account, cny); err != nil {
			return platform, onQuota(credit.OpenLine{Limit: yuan(a[0])})
		}
		return platform, assess(a[0] + " CNY")
	},
	"assess": func(_ *goldenCase, a []string) (trade.Actor, desk.Action) {
		in := credit.Inputs{Score: number(a[0]), Volume: yuan(a[1])}
		return platform, onQuota(credit.AssessLimit{Limit: must(credit.DefaultAssessment(in)), Inputs: in})
	},
	"freeze": func(g *goldenCase, a []string) (trade.Actor, desk.Action) {
		return platform, freeze(credit.ReasonOverdue, g.id(a[0]).String())
	},
	"draw-quota": func(_ *goldenCase, a []string) (trade.Actor, desk.Action) {
		return shopkeeper, onQuota(credit.Withdraw{Amount: yuan(a[0])})
	},
	"place": onSale(shopper, func(_ *goldenCase, a []string) paylater.Command { return placing(shopkeeper, a[1]+" CNY") }),
	"paid": onSale(shopper, func(g *goldenCase, a []string) paylater.Command {
		o := g.PayLaterOrder(g.id(a[0]))
		return paylater.Pay{Reference: g.reference(""), Amount: o.Due()}
	}),
	"hand":      saysPlainly(shopkeeper, paylater.Ship{}),
	"arrive":    saysPlainly(shopper, paylater.ConfirmReceipt{}),
	"overdue":   saysPlainly(system, paylater.MarkOverdue{}),
	"write-off": saysPlainly(platform, paylater.WriteOff{}),
	"complain":  saysPlainly(shopper, paylater.OpenAfterSales{}),
	"settle":    saysPlainly(shopkeeper, paylater.CloseAfterSales{}),
	"give-back": onSale(shopkeeper, func(_ *goldenCase, a []string) paylater.Command { return paylater.Refund{Amount: yuan(a[1])} }),
	"draw": onOwnFunds(shopkeeper, func(a []string) funds.Command {
		return funds.Withdraw{ID: funds.WithdrawalID(a[0]), Amount: yuan(a[1]), Dest: ownAlipay}
	}),
	"bounce": onOwnFunds(platform, func(a []string) funds.Command {
		return funds.FailWithdrawal{ID: funds.WithdrawalID(a[0]), Reason: "account closed"}
	}),
	"arrived": onOwnFunds(platform, func(a []string) funds.Command { return funds.SettleWithdrawal{ID: funds.WithdrawalID(a[0])} }),
}

// moved goes on with a movement.
func (g *goldenCase) moved(movement string) {
	g.Helper()
	if at, ok := strings.CutPrefix(movement, "@"); ok {
		g.at(must(time.Parse(time.RFC3339Nano, at)))
		return
	}
	if d, ok := strings.CutPrefix(movement, "+"); ok {
		g.after(time.Duration(must(strconv.Atoi(strings.TrimSuffix(d, "d")))) * day)
		return
	}
	if n, what, ok := strings.Cut(movement, "*"); ok {
		for range must(strconv.Atoi(n)) {
			g.moved(what)
		}
		return
	}
	word, no, refused := strings.Cut(movement, "!")
	parts := strings.Split(word, ":")
	args := append(parts[1:], "", "", "", "")
	if several, ok := severalMoves[parts[0]]; ok {
		for _, m := range several(g, args) {
			g.moved(m)
		}
		return
	}
	if set, ok := settings[parts[0]]; ok {
		set(g, args)
		return
	}
	of, ok := moves[parts[0]]
	if !ok {
		of, ok = laterMoves[parts[0]]
	}
	if !ok {
		g.Fatalf("no movement %q", movement)
	}
	by, do := of(g, args)
	if refused {
		g.refused(rule.ID(no), by, do)
		return
	}
	g.Do(by, do)
}

// figure returns what a word such as held or A.phase says.
func (g *goldenCase) figure(word string) string {
	g.Helper()
	of, name, ok := strings.Cut(word, ".")
	if !ok {
		return g.shared(word)
	}
	if e, _, err := g.Desk.ReadEntrustment(context.Background(), platform, order.EntrustmentID(of)); err == nil && name == "order" {
		for order, id := range g.ids {
			if e.Linked() && e.Order == id {
				return order
			}
		}
		return "none"
	}
	if s, _, err := g.Desk.ReadPayLater(context.Background(), platform, g.ids[of]); err == nil {
		return map[string]string{"phase": s.Phase.String(), "due": s.DueAt.Format(time.RFC3339)}[name]
	}
	o := g.Order(g.ids[of])
	if name == "phase" {
		return o.Phase.String()
	}
	sum, ok := map[string]trade.Money{
		"received": o.Ledger.Received, "applied": o.Ledger.Applied, "reversed": o.Ledger.Reversed, "refunded": o.Ledger.Refunded, "claimed": o.Ledger.Claimed,
	}[name]
	if !ok {
		g.Fatalf("no figure %q", word)
	}
	return trade.Minor(sum.MinorUnits(), usd).Amount()
}

// shared returns a figure of the service, of a line or of received funds.
func (g *goldenCase) shared(name string) string {
	g.Helper()
	ctx := context.Background()
	switch name {
	case "service":
		s, _, _ := g.Desk.ReadService(ctx, platform, acme.Account) // the zero service of a seller who has none
		return s.Phase.String()
	case "available", "held", "consumed", "overcommitted":
		l := g.line()
		return map[string]trade.Money{"available": l.Available(), "held": l.Held, "consumed": l.Consumed, "overcommitted": l.Overcommitted()}[name].Amount()
	case "limit", "used", "remaining", "frozen":
		l := g.quota()
		if p := l.Page(); name != "frozen" {
			return map[string]trade.Money{"limit": p.Limit, "used": p.Used, "remaining": p.Remaining}[name].Amount()
		}
		return strconv.Itoa(len(l.Freezes))
	}
	b, _, _ := g.Desk.ReadFunds(ctx, platform, shopkeeper.Account, cny) // nothing before the first payment
	p := b.Page(g.Clock.Now())
	sum, ok := map[string]trade.Money{
		"pending": p.Pending, "funds": p.Available, "debt": p.Debt, "in-transit": p.InTransit, "paid-out": p.PaidOut, "fees": p.Fees,
	}[name]
	if !ok {
		g.Fatalf("no figure %q", name)
	}
	return trade.Minor(sum.MinorUnits(), cny).Amount()
}

// TestGoldenCases runs the worked examples of testdata/golden-cases.txt, a row a case, and audits the log of each.
func TestGoldenCases(t *testing.T) {
	text := must(os.ReadFile("testdata/golden-cases.txt"))
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
			g := newGoldenCase(t)
			for _, m := range strings.Fields(cells[1]) {
				g.moved(m)
			}
			for _, e := range strings.Fields(cells[2]) {
				name, want, _ := strings.Cut(e, "=")
				got := g.figure(name)
				if amount, err := trade.ParseAmount(want, usd); err == nil && name != "frozen" {
					want = amount.Amount()
				}
				if got != want {
					t.Errorf("%s is %s, want %s", name, got, want)
				}
			}
			if err := ordertest.Audit(context.Background(), g.Desk, g.Store, audit.WithPolicy(ordertest.AuditPolicy(nil, nil)), audit.WithFunds(func(string) audit.FundsPolicy {
				return ordertest.AuditFunds(g.payout)
			})); err != nil {
				t.Error(err)
			}
		})
	}
	if rows == 0 {
		t.Error("there are no cases")
	}
}
