package paylater_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/viewtest"
)

const day = 24 * time.Hour

var (
	start    = time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	lin      = trade.Actor{Role: trade.Seller, Account: "m-lin"}
	zhou     = trade.Actor{Role: trade.Seller, Account: "m-zhou"}
	mei      = trade.Actor{Role: trade.Buyer, Account: "b-mei"}
	tom      = trade.Actor{Role: trade.Buyer, Account: "b-tom"}
	stranger = trade.Actor{Role: trade.Buyer, Account: "b-stranger"}
	platform = trade.Actor{Role: trade.Platform, Account: "p-ops"}
	system   = trade.Actor{Role: trade.System}
	cny      = funds.CNY()
	usd      = must(trade.ParseCurrency("USD"))

	merchants = []trade.Actor{lin, zhou}
	buyers    = []trade.Actor{mei, tom}
)

func TestMain(m *testing.M) { os.Exit(viewtest.Main(m)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// world is a desk on a log in memory, with a clock that the test sets, and traders who act at
// random.
type world struct {
	testing.TB
	log    events.Store
	desk   *desk.Desk
	clock  time.Time
	rand   *rand.Rand
	orders []trade.ID
	serial int
	seen   map[string]int // cases that a check has met
	limit  int            // of pages; 0 is any

	states []paylater.Order // what replayed returns
	folded events.Position
}

// newWorld returns a world in which lin's funds wait for seven days and zhou's do not wait.
func newWorld(t testing.TB) *world {
	log := memory.New()
	t.Cleanup(func() { _ = log.Close() })
	w := &world{TB: t, log: log, clock: start, rand: viewtest.Rand(t), seen: make(map[string]int)}
	terms := paylater.DefaultPolicy()
	terms.Instalments, terms.ChargeRetries, terms.FreezeAfterOverdue = true, 1, 3
	terms.Currencies = []trade.Currency{cny, usd}
	w.desk = must(desk.New(log, desk.WithClock(func() time.Time { return w.clock }), desk.WithPayLater(terms), desk.WithSources(desk.DemoSources()), desk.WithSources(desk.Sources{
		Funds: func(_ context.Context, merchant trade.Account) (funds.Policy, error) {
			p := funds.DefaultPolicy()
			if p.FeeRate = 100; merchant != zhou.Account {
				p.HoldDays = 7
			}
			return p, nil
		},
		Store: func(context.Context, trade.Account) (seller.Facts, error) {
			return seller.Facts{Operating: true, Membership: seller.MemberPaid}, nil
		},
	})))
	for _, m := range merchants {
		for _, c := range []trade.Currency{cny, usd} {
			w.do(platform, desk.OnQuota(m.Account, c, credit.OpenLine{Limit: trade.Minor(5_000_00, c)}))
		}
		w.do(m, desk.OnFunds(m.Account, cny, funds.BindCard{Card: "6222000011112222", Holder: m.Account}))
	}
	return w
}

// ask executes a command; a refusal is allowed, and so is the error of a malformed command.
func (w *world) ask(by trade.Actor, do desk.Action) bool {
	w.Helper()
	_, err := w.desk.Do(context.Background(), desk.Command{ID: desk.NewID(), By: by, Do: do})
	_, no := errors.AsType[*trade.Refusal](err)
	_, malformed := errors.AsType[*trade.InvalidError](err)
	if err != nil && !no && !malformed {
		w.Fatalf("%s: %v", do, err)
	}
	return err == nil
}

func (w *world) do(by trade.Actor, do desk.Action) {
	w.Helper()
	if !w.ask(by, do) {
		w.Fatalf("%s was refused", do)
	}
}

func (w *world) order(id trade.ID) paylater.Order {
	w.Helper()
	o, _, err := w.desk.ReadPayLater(context.Background(), platform, id)
	if err != nil {
		w.Fatal(err)
	}
	return o
}

func pick[T any](w *world, list ...T) T { return list[w.rand.IntN(len(list))] }

func (w *world) name(prefix string) string {
	w.serial++
	return fmt.Sprintf("%s%d", prefix, w.serial)
}

// trade takes that many steps: new orders, the next sensible command for existing ones, and commands
// of merchants and platform on lines and funds.
func (w *world) trade(steps int) *world {
	w.Helper()
	for range steps {
		w.clock = w.clock.Add(pick(w, 0, time.Second, time.Minute, time.Hour, 7*time.Hour, day))
		switch n := w.rand.IntN(20); {
		case n < 4 || len(w.orders) == 0:
			w.place(pick(w, lin, lin, zhou), pick(w, mei, mei, tom), trade.Minor(1+w.rand.Int64N(400_00), pick(w, cny, cny, cny, usd)))
		case n < 14:
			w.next(w.orders[w.rand.IntN(len(w.orders))])
		case n < 15:
			if _, err := w.desk.Tick(context.Background(), w.clock); err != nil {
				w.Fatal(err)
			}
		case n < 18:
			w.spend(pick(w, lin, lin, zhou))
		default:
			w.govern(pick(w, lin, lin, zhou))
		}
	}
	return w
}

// place places an order, if the line covers it.
func (w *world) place(m, b trade.Actor, amount trade.Money) {
	w.Helper()
	id := trade.NewID()
	if w.ask(b, desk.OnPayLater(id, paylater.Place{Merchant: m.Account, ChosePayLater: true, Amount: amount})) {
		w.orders = append(w.orders, id)
	}
}

// next takes an order one step further, to a side path or to its end.
func (w *world) next(id trade.ID) {
	w.Helper()
	o := w.order(id)
	m, b := trade.Actor{Role: trade.Seller, Account: o.Merchant}, trade.Actor{Role: trade.Buyer, Account: o.Buyer}
	ask := func(by trade.Actor, c paylater.Command) { w.Helper(); w.ask(by, desk.OnPayLater(id, c)) }
	part := func(of trade.Money) trade.Money {
		return trade.Minor(1+of.MinorUnits()*w.rand.Int64N(10)/20, of.Currency())
	}
	switch w.rand.IntN(16) {
	case 0:
		ask(m, paylater.LowerAmount{Amount: part(o.Outstanding)})
		return
	case 1:
		ask(platform, paylater.FlagFake{Reason: "looks made up"})
		return
	case 2:
		ask(pick(w, m, b), pick[paylater.Command](w, paylater.Cancel{Reason: "no more"}, paylater.Return{Reason: "broken"}))
		return
	case 3, 4:
		ask(b, paylater.Pay{Reference: w.name("R"), Amount: pick(w, o.Due(), part(o.Due()))})
		return
	}
	switch o.Phase {
	case paylater.PhasePlaced, paylater.PhasePrepaid:
		ask(m, paylater.Ship{})
	case paylater.PhaseShipped, paylater.PhasePrepaidShipped:
		ask(b, pick[paylater.Command](w, paylater.ConfirmReceipt{}, paylater.ConfirmReceipt{}, paylater.ExtendReceipt{}))
	case paylater.PhaseReceived:
		switch w.rand.IntN(8) {
		case 0:
			ask(b, pick[paylater.Command](w, paylater.OpenAfterSales{}, paylater.CloseAfterSales{Reason: "settled"}))
		case 1:
			ask(system, paylater.FailCharge{Reason: "no funds"})
		default:
			ask(b, paylater.Pay{Reference: w.name("R"), Amount: o.Due()})
		}
	case paylater.PhaseOverdue:
		switch w.rand.IntN(6) {
		case 0:
			ask(platform, paylater.WriteOff{Reason: "gone"})
		case 1, 2:
			ask(system, paylater.Pay{Reference: w.name("R"), Amount: o.Due()})
		}
	case paylater.PhasePaid:
		ask(m, paylater.Refund{Amount: pick(w, o.Refundable(), part(o.Refundable()))})
	}
}

// spend uses a merchant's funds.
func (w *world) spend(m trade.Actor) {
	w.Helper()
	b, _, err := w.desk.ReadFunds(context.Background(), platform, m.Account, cny)
	if err != nil {
		w.Fatal(err)
	}
	ask := func(by trade.Actor, c funds.Command) { w.Helper(); w.ask(by, desk.OnFunds(m.Account, cny, c)) }
	amount := trade.Minor(b.Available(w.clock).MinorUnits()/2, cny)
	switch open := b.Withdrawals(); {
	case len(open) > 0 && w.rand.IntN(2) == 0:
		id := open[w.rand.IntN(len(open))].ID
		ask(platform, pick[funds.Command](w, funds.SettleWithdrawal{ID: id}, funds.FailWithdrawal{ID: id, Reason: "account closed"}))
	case w.rand.IntN(4) == 0:
		ask(m, funds.PayCharge{ID: funds.ChargeID(w.name("C")), Amount: amount, What: "advertising"})
	case w.rand.IntN(8) == 0:
		card := funds.CardNo(w.name("62220000"))
		ask(m, funds.BindCard{Card: card, Holder: m.Account})
	default:
		dest := pick(w, funds.Dest{Card: "6222000011112222"},
			funds.Dest{Alipay: funds.Alipay{Account: "lin.secret@pay.example", Holder: m.Account}},
			funds.Dest{Alipay: funds.Alipay{Account: "13800001234", Holder: m.Account}})
		ask(m, funds.Withdraw{ID: funds.WithdrawalID(w.name("W")), Amount: amount, Dest: dest})
	}
}

// govern executes a command of the platform on a line.
func (w *world) govern(m trade.Actor) {
	w.Helper()
	l, _, err := w.desk.ReadQuota(context.Background(), platform, m.Account, cny)
	if err != nil {
		w.Fatal(err)
	}
	var c credit.Command = credit.AssessLimit{Limit: trade.Minor(pick[int64](w, 300_00, 5_000_00, 9_000_00), cny)}
	switch {
	case l.Frozen() && w.rand.IntN(3) > 0:
		g := l.Freezes[w.rand.IntN(len(l.Freezes))]
		c = credit.Unfreeze(g)
	case w.rand.IntN(4) == 0:
		c = pick[credit.Command](w, credit.Freeze{Reason: credit.ReasonOther, Ref: `an audit of "papers" <1>`}, credit.Freeze{Reason: credit.ReasonOpenOrders})
	}
	w.ask(platform, desk.OnQuota(m.Account, cny, c))
}

// play adds the cases that chance may miss: a paid order of which a part is refunded while it waits
// and the rest is released at the instant of another event, a withdrawal that arrives and one that
// fails, an overdue order, one whose payment is due soon and one with an open case, waiting funds,
// and a freeze.
func (w *world) play() *world {
	w.Helper()
	l, _, err := w.desk.ReadQuota(context.Background(), platform, lin.Account, cny)
	if err != nil {
		w.Fatal(err)
	}
	for _, g := range l.Freezes {
		w.do(platform, desk.OnQuota(lin.Account, cny, credit.Unfreeze(g)))
	}
	w.do(platform, desk.OnQuota(lin.Account, cny, credit.AssessLimit{Limit: trade.Minor(1_000_000_00, cny)}))
	sold, late, soon, waits, held := len(w.orders), len(w.orders)+1, len(w.orders)+2, len(w.orders)+3, len(w.orders)+4
	on := func(place int, by trade.Actor, c paylater.Command) {
		w.Helper()
		w.do(by, desk.OnPayLater(w.orders[place], c))
	}
	onFunds := func(by trade.Actor, c funds.Command) { w.Helper(); w.do(by, desk.OnFunds(lin.Account, cny, c)) }
	for range 5 {
		w.place(lin, mei, trade.Minor(90_000_00, cny))
	}
	on(sold, mei, paylater.Pay{Reference: w.name("R"), Amount: trade.Minor(90_000_00, cny)})
	on(sold, lin, paylater.Refund{Amount: trade.Minor(40_00, cny)})
	w.clock = w.clock.Add(7 * day)
	onFunds(lin, funds.PayCharge{ID: funds.ChargeID(w.name("C")), Amount: trade.Minor(1_00, cny), What: "advertising"})
	w.clock = w.clock.Add(day)
	for _, end := range []func(id funds.WithdrawalID) funds.Command{
		func(id funds.WithdrawalID) funds.Command { return funds.SettleWithdrawal{ID: id} },
		func(id funds.WithdrawalID) funds.Command { return funds.FailWithdrawal{ID: id, Reason: "closed"} },
	} {
		id := funds.WithdrawalID(w.name("W"))
		onFunds(lin, funds.Withdraw{ID: id, Amount: trade.Minor(10_00, cny), Dest: funds.Dest{Card: "6222000011112222"}})
		onFunds(platform, end(id))
	}
	on(late, lin, paylater.Ship{})
	on(late, mei, paylater.ConfirmReceipt{})
	w.clock = w.clock.Add(2 * day)
	for range 2 { // the charge, and then the mark as overdue
		if _, err := w.desk.Tick(context.Background(), w.clock); err != nil {
			w.Fatal(err)
		}
	}
	on(waits, mei, paylater.Pay{Reference: w.name("R"), Amount: trade.Minor(90_000_00, cny)})
	on(soon, lin, paylater.Ship{})
	on(soon, mei, paylater.ConfirmReceipt{})
	on(held, lin, paylater.Ship{})
	on(held, mei, paylater.ConfirmReceipt{})
	on(held, mei, paylater.OpenAfterSales{Reason: "scratched"})
	w.do(platform, desk.OnQuota(lin.Account, cny, credit.Freeze{Reason: credit.ReasonOther, Ref: `papers of "lin" <1>`}))
	return w
}

func (w *world) catchUp(store projection.Store, views []*projection.View, opts ...projection.Option) {
	w.Helper()
	viewtest.CatchUp(w, w.log, store, views, 1+w.rand.IntN(3), opts...)
}

// replayed returns every order by id, folded from its first record. It folds again when the log has
// new records.
func (w *world) replayed() []paylater.Order {
	w.Helper()
	end := must(w.log.Settled(context.Background()))
	if w.states != nil && w.folded == end {
		return slices.Clone(w.states)
	}
	var all []paylater.Order
	for _, id := range w.orders {
		o, _, err := paylater.Model().Replay(context.Background(), w.log, paylater.Stream(id))
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b paylater.Order) int { return slices.Compare(a.ID[:], b.ID[:]) })
	w.states, w.folded = all, end
	return slices.Clone(all)
}

// records calls f for every record of a stream.
func (w *world) records(stream events.StreamID, f func(r *events.Record)) {
	w.Helper()
	for r, err := range w.log.Read(context.Background(), stream, 0) {
		if err != nil {
			w.Fatal(err)
		}
		f(&r)
	}
}
