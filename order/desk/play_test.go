package desk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

var (
	orient = trade.Actor{Role: trade.Seller, Account: "s-orient", Email: "sales@orient.example"}
	system = trade.Actor{Role: trade.System}
	actors = []trade.Actor{acme, orient, bruno, stranger, platform, system}
)

// player makes commands up: mostly the next sensible step of what there is, and now and then
// anything, by anybody.
type player struct {
	*fixture
	pick   func(n int) int // from 0 to n-1
	orders []trade.ID
	goods  []order.EntrustmentID
	serial int
	alone  bool // leave the streams alone that orders share
	bare   bool // let the platform compensate nobody
	wish   wish // what was made up last
}

// newPlayer plays with that many orders and entrustments of two sellers. The ids begin with
// name, so that players can share a store.
func newPlayer(tr *fixture, name byte, orders, goods int, pick func(n int) int) *player {
	p := &player{fixture: tr, pick: pick}
	for i := range orders {
		p.orders = append(p.orders, trade.ID{0: 1, 1: name, 6: 0x70, 8: 0x80, 15: byte(i + 1)})
	}
	for i := range goods {
		p.goods = append(p.goods, order.EntrustmentID(fmt.Sprintf("E%c%d", name, i)))
	}
	return p
}

// rapidly picks evenly, which rapid's own numbers are not; what it can make smaller is the
// number of steps.
func rapidly(t *rapid.T) func(n int) int {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).IntN
}

func one[T any](p *player, list ...T) T { return list[p.pick(len(list))] }

// step returns the next command; between commands time goes on.
func (p *player) step() desk.Command {
	p.serial++
	if p.pick(4) == 0 {
		p.after(one(p, 0, time.Millisecond, time.Hour, day, 8*day, 16*day, 31*day, -3*time.Second, -time.Hour))
	}
	by, do := p.action()
	id := desk.CommandID(start.Add(time.Duration(p.serial)*time.Second), "play", fmt.Sprintf("%v%d", p.goods, p.serial))
	return desk.Command{ID: id, By: by, Do: do}
}

func (p *player) action() (trade.Actor, desk.Action) {
	id, e := p.orders[p.serial/30%len(p.orders)], one(p, p.goods...)
	if p.pick(3) == 0 {
		id = one(p, p.orders...)
	}
	n := p.pick(20)
	if goods := p.waitsFor(id); n < 11 && goods != "" {
		e, n = goods, 14 // the order cannot go on without it
	}
	if p.alone {
		n = min(n, 17)
	}
	switch {
	case n < 11:
		by, c := p.nextOfOrder(id)
		return by, p.toOrder(id, c)
	case n < 14:
		return one(p, actors...), p.toOrder(id, one(p, p.anyOfOrder(id)...))
	case n < 17:
		by, c := p.nextOfGoods(e)
		return by, p.toGoods(e, c)
	case n < 18:
		return one(p, actors...), p.toGoods(e, one(p, p.anyOfGoods()...))
	case n < 19:
		who, c := one(p, acme, orient), one(p, p.anyOfLine()...)
		p.wish = wishFor("line", string(who.Account), c, credit.EncodeCommand)
		return one(p, platform, platform, who), desk.OnLine(who.Account, usd, c)
	default:
		who, c := one(p, acme, orient), one(p, p.anyOfService()...)
		p.wish = wishFor("service", string(who.Account), c, seller.EncodeCommand)
		return one(p, platform, who), desk.OnSeller(who.Account, c)
	}
}

// waitsFor is an entrustment that customs have to release before the order can ship, or none.
func (p *player) waitsFor(id trade.ID) order.EntrustmentID {
	o := p.look(id)
	for _, l := range o.Links {
		if o.Phase == order.PhaseReadyToShip && l.ReleasedAt.IsZero() && p.pick(4) > 0 {
			return l.ID
		}
	}
	return ""
}

func (p *player) toOrder(id trade.ID, c order.Command) desk.Action {
	p.wish = wishFor("order", id.String(), c, order.EncodeCommand)
	return desk.OnOrder(id, c)
}

func (p *player) toGoods(id order.EntrustmentID, c entrustment.Command) desk.Action {
	p.wish = wishFor("entrustment", string(id), c, entrustment.EncodeCommand)
	return desk.OnEntrustment(id, c)
}

// wish is what was asked, in a form that another process can read.
type wish struct {
	Kind, Target, Name string
	Payload            []byte
}

func wishFor[C any](kind, target string, c C, encode func(C) (string, []byte)) wish {
	name, payload := encode(c)
	return wish{kind, target, name, payload}
}

// action is the wish as it was made up.
func (w wish) action() (desk.Action, error) {
	switch w.Kind {
	case "order":
		c, err := order.DecodeCommand(w.Name, w.Payload)
		return desk.OnOrder(must(trade.ParseID(w.Target)), c), err
	case "entrustment":
		c, err := entrustment.DecodeCommand(w.Name, w.Payload)
		return desk.OnEntrustment(order.EntrustmentID(w.Target), c), err
	case "line":
		c, err := credit.DecodeCommand(w.Name, w.Payload)
		return desk.OnLine(trade.Account(w.Target), usd, c), err
	default:
		c, err := seller.DecodeCommand(w.Name, w.Payload)
		return desk.OnSeller(trade.Account(w.Target), c), err
	}
}

func (p *player) look(id trade.ID) order.Order {
	o, _, err := p.Desk.ReadOrder(context.Background(), platform, id)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		p.Fatal(err)
	}
	return o
}

// nextOfOrder is a step that takes the order on.
func (p *player) nextOfOrder(id trade.ID) (trade.Actor, order.Command) {
	o := p.look(id)
	owner := trade.Actor{Role: trade.Seller, Account: o.Seller.Account, Email: o.Seller.Email}
	if by, c := p.trouble(&o, owner); c != nil {
		return by, c
	}
	switch o.Phase {
	case order.PhaseNone:
		return one(p, acme, acme, orient), order.Draft{Mode: order.DraftOnline}
	case order.PhaseDraft:
		return owner, p.drafting(&o)
	case order.PhaseSubmitted:
		if p.pick(5) == 0 {
			return one(p, owner, bruno), order.Cancel{}
		}
		return bruno, order.Confirm{Terms: o.Revision}
	case order.PhaseConfirmed:
		return one(p, platform, platform, platform, owner), p.paying(&o, o.StepDue())
	case order.PhaseReadyToShip:
		for _, l := range o.Links {
			if o.Void(l) {
				return owner, order.Unlink{Entrustment: l.ID}
			}
		}
		if len(o.Links) > 0 && p.pick(6) > 0 {
			return owner, order.MarkShipped{}
		}
		return owner, order.Link{Entrustment: p.goodsOf(o.Seller.Account)}
	case order.PhaseShipped:
		if p.pick(2) == 0 {
			return platform, p.paying(&o, o.StepDue())
		}
		return bruno, order.ConfirmReceipt{}
	case order.PhaseReceived:
		return platform, p.paying(&o, o.StepDue())
	case order.PhaseClosed:
		return platform, p.paying(&o, o.StepDue())
	default:
		return bruno, order.Review{Rating: 1 + p.pick(5)}
	}
}

// goodsOf is an entrustment that an order of that seller can be linked to, if there is one.
func (p *player) goodsOf(account trade.Account) order.EntrustmentID {
	for _, id := range p.goods {
		e, _, err := p.Desk.ReadEntrustment(context.Background(), platform, id)
		if err == nil && e.Seller == account && !e.Linked() && e.Phase != entrustment.PhaseCancelled {
			return id
		}
	}
	return one(p, p.goods...)
}

func (p *player) drafting(o *order.Order) order.Command {
	switch {
	case o.Buyer.Email == "":
		return order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"}
	case !o.Matched:
		return order.MatchBuyer{Email: o.Buyer.Email}
	case o.Terms.Total.IsZero():
		return p.terms()
	case o.Coverage == "":
		return p.coverage()
	case o.Transport == "":
		return order.SetTransport{Mode: one(p, order.TransportAir, order.TransportSea)}
	case p.pick(4) == 0:
		return p.coverage()
	case p.pick(8) == 0:
		return p.contract()
	default:
		return order.Submit{OneTouchAcknowledged: true}
	}
}

func (p *player) terms() order.Command {
	total := one(p, "100 USD", "600 USD", "2500 USD", "6000.01 USD")
	return order.SetTerms{Terms: order.Terms{Total: money(total), Initial: money(one(p, "100 USD", "30 USD"))}}
}

func (p *player) contract() order.Command {
	return order.AttachContract{
		FileName: "contract.pdf", Size: 1, SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		Text: one(p, "", "as agreed", "beneficiary account no. 6222021234567890123"),
	}
}

func (p *player) coverage() order.Command {
	return order.ChooseCoverage{
		Coverage:      one(p, order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery),
		TermsAccepted: p.pick(8) > 0,
	}
}

// paying reports money, mostly what is due.
func (p *player) paying(o *order.Order, due trade.Money) order.Command {
	if !due.IsPositive() || p.pick(3) == 0 {
		due = money(one(p, "30 USD", "99.99 USD", "600 USD", "0 USD"))
	}
	return order.RecordPayment{
		Reference: fmt.Sprintf("R%d", p.serial%40), Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: due,
		Payer: one(p, "Bruno Imports", "BRUNO  imports", "Bruno Imports", "Somebody"), PaidAt: p.Clock.Now(),
	}
}

// anyOfOrder has one of each command of an order, sensible or not.
func (p *player) anyOfOrder(id trade.ID) []order.Command {
	o := p.look(id)
	e := one(p, p.goods...)
	payment := order.PaymentID(one(p, "P1", "P2", "P3"))
	card := p.paying(&o, o.Due()).(order.RecordPayment)
	card.Method, card.Payment, card.ReceivingAccount = one(p, order.PayCard, order.PayECheck), payment, ""
	return append(p.anyAfterTerms(&o),
		order.Draft{Mode: one(p, order.DraftOnline, order.DraftAttachment, "paper")},
		order.SetBuyer{Email: one(p, bruno.Email, acme.Email, "new@buyer.example", "no address"), BuyerName: "Bruno Imports"},
		order.MatchBuyer{Email: one(p, bruno.Email, "new@buyer.example")},
		p.contract(), p.terms(), p.coverage(),
		order.SetTransport{Mode: one(p, order.TransportAir, order.TransportLand, "mule")},
		order.Submit{OneTouchAcknowledged: p.pick(2) == 0},
		order.Confirm{Terms: o.Revision - order.Revision(p.pick(2))},
		order.InitiatePayment{
			Payment: payment, Method: one(p, order.PayTT, order.PayCard, order.PayECheck), Amount: money("30 USD"),
			BankCountry: one(p, "US", "CA"),
		},
		p.paying(&o, o.Due()), card,
		order.FailPayment{Payment: payment, Reason: "declined"},
		order.ApplyUnapplied{Amount: money(one(p, "30 USD", "0.01 USD", "0 USD"))},
		order.AcceptShortfall{}, order.Link{Entrustment: e}, order.Unlink{Entrustment: e},
		order.RecordRelease{Entrustment: e, ReleasedAt: p.Clock.Now()},
		order.MarkShipped{}, order.ConfirmReceipt{}, order.AutoConfirmReceipt{},
		order.Review{Rating: p.pick(7), Text: "good"},
		order.Cancel{}, order.Expire{},
	)
}

// nextOfGoods is a step that takes the entrustment on.
func (p *player) nextOfGoods(id order.EntrustmentID) (trade.Actor, entrustment.Command) {
	s, _, err := p.Desk.ReadEntrustment(context.Background(), platform, id)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		p.Fatal(err)
	}
	owner := trade.Actor{Role: trade.Seller, Account: s.Seller}
	switch s.Phase {
	case entrustment.PhaseNone:
		return one(p, acme, acme, orient), entrustment.Draft{Title: "goods"}
	case entrustment.PhaseDrafted:
		return owner, entrustment.Submit{}
	case entrustment.PhaseUnderReview:
		return platform, entrustment.Approve{}
	case entrustment.PhaseAccepted:
		return platform, p.declaring(id)
	case entrustment.PhaseDeclaring:
		return platform, p.releasing()
	case entrustment.PhaseReturned, entrustment.PhaseNeedsChange:
		return owner, entrustment.Resubmit{}
	default:
		return platform, entrustment.CloseCustoms{ClosedAt: p.Clock.Now()}
	}
}

func (p *player) declaring(id order.EntrustmentID) entrustment.Command {
	return entrustment.Declare{Declaration: declaration("D-"+string(one(p, id, id, p.goods[0])), p.Clock.Now().Add(-one(p, 0, 20*day)))}
}

func (p *player) releasing() entrustment.Command {
	return entrustment.Release{ReleasedAt: p.Clock.Now().Add(-one(p, 0, 0, 0, 0, 0, time.Hour, 10*day))}
}

// anyOfGoods has one of each command of an entrustment.
func (p *player) anyOfGoods() []entrustment.Command {
	id := one(p, p.orders...)
	return []entrustment.Command{
		entrustment.Draft{Title: "other goods"}, entrustment.Submit{}, entrustment.Approve{},
		entrustment.RequestChange{Need: entrustment.NeedInformation}, entrustment.Resubmit{},
		p.declaring(one(p, p.goods...)), entrustment.Return{Reason: "papers"}, p.releasing(),
		entrustment.CloseCustoms{ClosedAt: p.Clock.Now()}, entrustment.Cancel{Reason: "no goods"},
		entrustment.Link{Order: id, DraftedAt: start, Currency: usd, Seller: string(acme.Account)},
		entrustment.Unlink{Order: id, Cause: entrustment.CauseUnlinked},
	}
}

// anyOfLine has one of each command of a line.
func (p *player) anyOfLine() []credit.Command {
	id, amount := one(p, p.orders...), money(one(p, "100 USD", "2500 USD"))
	return []credit.Command{
		credit.AssessLimit{Limit: money(one(p, "10000 USD", "3000 USD", "100 USD", "50000 USD"))},
		credit.AssessLimit{Limit: money(one(p, "10000 USD", "10000 EUR"))},
		credit.Suspend{Reason: "audit"}, credit.Resume{}, credit.Resume{},
		credit.Hold{Order: id, Amount: amount}, credit.Adjust{Order: id, From: amount, To: amount},
		credit.Release{Order: id, Amount: amount, Cause: order.ReleaseClosed},
		credit.Claim{Order: id, Open: amount, Amount: amount}, credit.RepayClaim{Amount: amount, Reference: "R1"},
	}
}

// anyOfService has one of each command of a service.
func (p *player) anyOfService() []seller.Command {
	return []seller.Command{
		seller.Activate{Route: one(p, seller.RouteConsole, seller.RouteServicePage, "post")},
		seller.Suspend{Reason: "violation"}, seller.Reinstate{}, seller.Reinstate{}, seller.Reinstate{},
	}
}

// TestPlayerKnowsEveryCommand holds the player to the tables of commands: what is added there
// has to be played with here.
func TestPlayerKnowsEveryCommand(t *testing.T) {
	p := newPlayer(inMemory(t).opened("10000 USD"), 'p', 1, 1, func(int) int { return 0 })
	var table struct{ orders, goods, lines, services []string }
	for _, row := range order.Life().Permits() {
		table.orders = append(table.orders, row.Command)
	}
	for _, row := range entrustment.Life().Permits() {
		table.goods = append(table.goods, row.Command)
	}
	for _, row := range credit.Life(credit.Assurance).Permits() {
		table.lines = append(table.lines, row.Command)
	}
	for _, row := range seller.Life().Permits() {
		table.services = append(table.services, row.Command)
	}
	for _, c := range [][2][]string{
		{names(p.anyOfOrder(p.orders[0])), table.orders}, {names(p.anyOfGoods()), table.goods},
		{names(p.anyOfLine()), table.lines}, {names(p.anyOfService()), table.services},
	} {
		for i := range c {
			slices.Sort(c[i])
			c[i] = slices.Compact(c[i])
		}
		if !slices.Equal(c[0], c[1]) {
			t.Errorf("played %q, the table has %q", c[0], c[1])
		}
	}
}

func names[C interface{ Name() string }](commands []C) []string {
	var list []string
	for _, c := range commands {
		list = append(list, c.Name())
	}
	return list
}

// script is what a player asked for and was given, with the instants.
type script []scripted

type scripted struct {
	at  time.Time
	ask wish
	desk.Command
}

// record plays steps and keeps those that were accepted.
func (p *player) record(steps int) script {
	var s script
	for range steps {
		c := p.step()
		if _, err := p.Desk.Do(context.Background(), c); err == nil {
			s = append(s, scripted{p.Clock.Now(), p.wish, c})
		}
	}
	return s
}

// replay asks for what the script says, at its instants.
func (tr *fixture) replay(s script) {
	tr.Helper()
	for _, c := range s {
		tr.at(c.at)
		if _, err := tr.Desk.Do(context.Background(), c.Command); err != nil {
			tr.Fatalf("%s by %s at %s: %v", c.Do, c.By.Role, c.at, err)
		}
	}
}

// merged is a random merge of both, each in its own order.
func merged(pick func(n int) int, a, b script) script {
	var all script
	for len(a) > 0 && len(b) > 0 {
		if pick(2) == 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return slices.Concat(all, a, b)
}

// asking is a command under a new ID.
func asking(by trade.Actor, do desk.Action) desk.Command {
	return desk.Command{ID: desk.NewID(), By: by, Do: do}
}
