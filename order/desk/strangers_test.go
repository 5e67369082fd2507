package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// strangers are buyers and sellers who are no party to anything of the tests of D64; two of them have
// the account of a party, in a role in which it is none.
var strangers = []trade.Actor{
	ordertest.Stranger, ordertest.OtherBuyer, ordertest.OtherSeller, ordertest.OtherMerchant,
	{Role: trade.Buyer, Account: ordertest.Seller.Account, Email: ordertest.Seller.Email},
	{Role: trade.Seller, Account: ordertest.Buyer.Account, Email: ordertest.Buyer.Email},
	{Role: trade.Buyer, Account: ordertest.Merchant.Account},
	{Role: trade.Seller, Account: ordertest.Shopper.Account},
}

// haunt is what a stranger asks for: a kind of thing that exists in several states and once not at
// all, with the commands that it takes.
type haunt struct {
	name    string
	missing func(command any) desk.Action
	there   map[string]func(command any) desk.Action
	samples map[string]any
	creates string // the command that makes such a thing; empty if the owner's account names it
	by      []trade.Actor
}

// toldInFull renders an answer in full, with every field of a refusal.
func toldInFull(err error) string {
	if no, ok := errors.AsType[*trade.Refusal](err); ok {
		return fmt.Sprintf("%+v; %s; %s; %s", *no, no, no.Text(rule.English), no.Text(rule.Chinese))
	}
	return fmt.Sprintf("%T %v", err, err)
}

// sampled draws commands until it has one of each name.
func sampled[C interface{ Name() string }, P machine.Phase, K machine.Symbol](t *testing.T, commands *rapid.Generator[C], life *machine.Life[P, K]) map[string]any {
	t.Helper()
	samples := make(map[string]any)
	for seed := range 2000 {
		if c := commands.Example(seed); samples[c.Name()] == nil {
			samples[c.Name()] = c
		}
	}
	for _, p := range life.Permits() {
		if samples[p.Command] == nil {
			t.Fatalf("no sample of %s", p.Command)
		}
	}
	return samples
}

// TestStrangersLearnNothing has strangers issue every command on every kind of thing in every state,
// whatever they expect and under whatever ID: they get the answer that they get where there is none
// (D64).
func TestStrangersLearnNothing(t *testing.T) {
	f, haunts := haunted(t)
	before := must(f.Store.Settled(t.Context()))
	for _, h := range haunts {
		faults, asked := learned(t, f, h)
		for _, fault := range faults {
			t.Error(fault)
		}
		if asked < 100 {
			t.Errorf("only %d questions about a %s", asked, h.name)
		}
	}
	if after := must(f.Store.Settled(t.Context())); after != before {
		t.Errorf("strangers took the log from %d to %d", before, after)
	}
}

// TestStrangersAreSeen runs the same check for a party, who does learn something.
func TestStrangersAreSeen(t *testing.T) {
	f, haunts := haunted(t)
	for _, h := range haunts {
		h.by = []trade.Actor{ordertest.Seller}
		if h.name == "pay-later order" || h.name == "quota" || h.name == "balance" {
			h.by = []trade.Actor{ordertest.Merchant}
		}
		for name := range h.samples { // what is refused, so that it changes nothing
			if !slices.Contains([]string{"mark-shipped", "resubmit", "activate", "ship", "withdraw"}, name) {
				delete(h.samples, name)
			}
		}
		if faults, _ := learned(t, f, h); len(faults) == 0 {
			t.Errorf("a party to a %s passes as a stranger", h.name)
		}
	}
}

// learned returns where the answer to a stranger depends on what there is, and how often one asked.
func learned(t *testing.T, f *ordertest.Fixture, h haunt) (faults []string, asked int) {
	used := f.Records()[0].Commit // the ID of a command of somebody else's
	for _, by := range h.by {
		for name, sample := range h.samples {
			want := ""
			if name != h.creates {
				want = toldInFull(f.Desk.Try(t.Context(), desk.Command{ID: desk.NewID(), By: by, Do: h.missing(sample)}))
			}
			for state, on := range h.there {
				for _, c := range variants(by, used, on(sample), name == h.creates) {
					dry := f.Desk.Try(t.Context(), c)
					_, err := f.Desk.Do(t.Context(), c)
					no, refused := errors.AsType[*trade.Refusal](err)
					if want == "" {
						want = toldInFull(err)
					}
					if asked++; toldInFull(err) != want || toldInFull(dry) != want || !refused || !no.ByActor() || !no.Missing.IsZero() {
						faults = append(faults, fmt.Sprintf("%s of a %s that is %s by %s %s, expecting %d under %s:\n%s\n%s\nwant:\n%s",
							name, h.name, state, by.Role, by.Account, c.Expect, c.ID, toldInFull(err), toldInFull(dry), want))
					}
				}
			}
			if name == h.creates {
				continue // where there is none it would create one
			}
			for _, c := range variants(by, used, h.missing(sample), false) {
				if _, err := f.Desk.Do(t.Context(), c); toldInFull(err) != want {
					faults = append(faults, fmt.Sprintf("%s of a %s that does not exist, by %s %s: %v", name, h.name, by.Role, by.Account, err))
				}
			}
		}
	}
	return faults, asked
}

// variants are the ways to ask for an action: with and without an expected version, under a new ID and
// under one that is known.
func variants(by trade.Actor, used uuid.UUID, do desk.Action, creates bool) (list []desk.Command) {
	for _, expect := range []events.Version{0, 1, 3, 999} {
		list = append(list, desk.Command{ID: desk.NewID(), By: by, Do: do, Expect: expect})
	}
	if creates {
		return list[:1] // a version that is expected of nothing, or an ID in use, is another's affair
	}
	return append(list, desk.Command{ID: used, By: by, Do: do}, desk.Command{ID: used, By: by, Do: do, Expect: 1})
}

// haunted makes one of everything in every state.
func haunted(t *testing.T) (*ordertest.Fixture, []haunt) {
	f := ordertest.Desk(t)
	f.ActivateSeller(ordertest.Seller, ordertest.USD("100000")).ActivateSeller(ordertest.OtherSeller, ordertest.USD("100000"))
	f.OpenQuota(ordertest.Merchant, ordertest.CNY("100000"))

	orders := haunt{name: "order", creates: "draft", by: strangers, samples: sampled(t, ordertest.OrderCommands(), order.Life()), there: make(map[string]func(any) desk.Action)}
	onOrder := func(id trade.ID) func(any) desk.Action {
		return func(c any) desk.Action { return desk.OnOrder(id, c.(order.Command)) }
	}
	orders.missing = onOrder(trade.NewID())
	for p := order.PhaseDraft; p <= order.PhaseClosed; p++ {
		orders.there[p.String()] = onOrder(f.OrderAt(p, ordertest.Contract{}))
	}
	// The buyer of a draft is a stranger to everything but its contracts, and to one that was cancelled.
	drafts := haunt{name: "draft", by: []trade.Actor{ordertest.Buyer}, missing: orders.missing, creates: "draft", samples: make(map[string]any), there: make(map[string]func(any) desk.Action)}
	for name, c := range orders.samples {
		if name != "attach-contract" {
			drafts.samples[name] = c
		}
	}
	cancelled := f.OrderAt(order.PhaseDraft, ordertest.Contract{})
	f.Do(ordertest.Seller, desk.OnOrder(cancelled, order.Cancel{}))
	drafts.there["draft"], drafts.there["cancelled"] = orders.there["draft"], onOrder(cancelled)

	sales := haunt{name: "pay-later order", creates: "place", by: strangers, samples: sampled(t, ordertest.PayLaterCommands(), paylater.Life()), there: make(map[string]func(any) desk.Action)}
	onSale := func(id trade.ID) func(any) desk.Action {
		return func(c any) desk.Action { return desk.OnPayLater(id, c.(paylater.Command)) }
	}
	sales.missing = onSale(trade.NewID())
	for p := paylater.PhasePlaced; p <= paylater.PhaseWrittenOff; p++ {
		sales.there[p.String()] = onSale(f.PayLaterOrderAt(p, ordertest.CNY("100")))
	}

	return f, slices.Concat([]haunt{orders, drafts, sales}, owned64(t, f))
}

// owned64 are the things that the account of their owner names, and the entrustments.
func owned64(t *testing.T, f *ordertest.Fixture) []haunt {
	goods := haunt{name: "entrustment", creates: "draft", by: strangers, samples: sampled(t, ordertest.EntrustmentCommands(), entrustment.Life()), there: make(map[string]func(any) desk.Action)}
	onGoods := func(id order.EntrustmentID) func(any) desk.Action {
		return func(c any) desk.Action { return desk.OnEntrustment(id, c.(entrustment.Command)) }
	}
	goods.missing = onGoods("E-NONE")
	for state, ways := range map[string][]entrustment.Command{
		"drafted": {}, "under review": {entrustment.Submit{}}, "accepted": {entrustment.Submit{}, entrustment.Approve{}}, "cancelled": {entrustment.Cancel{}},
		"in need of a change": {entrustment.Submit{}, entrustment.RequestChange{Need: entrustment.NeedSignedLetter}},
	} {
		id := order.EntrustmentID(fmt.Sprintf("E-%d%d", len(state), len(ways)))
		f.Do(ordertest.Seller, desk.OnEntrustment(id, entrustment.Draft{Title: "goods"}))
		for _, c := range ways {
			by := ordertest.Seller
			switch c.(type) {
			case entrustment.Approve, entrustment.RequestChange:
				by = ordertest.Platform
			}
			f.Do(by, desk.OnEntrustment(id, c))
		}
		goods.there[state] = onGoods(id)
	}
	f.Entrust(ordertest.Seller, "E-DECLARED", ordertest.USD("1").Currency())
	goods.there["declared"] = onGoods("E-DECLARED")
	f.Entrust(ordertest.Seller, "E-RELEASED", ordertest.USD("1").Currency())
	f.Do(ordertest.Platform, desk.OnEntrustment("E-RELEASED", entrustment.Release{ReleasedAt: f.Clock.Now()}))
	goods.there["released"] = onGoods("E-RELEASED")

	onSeller := func(account trade.Account) func(any) desk.Action {
		return func(c any) desk.Action { return desk.OnSeller(account, c.(seller.Command)) }
	}
	services := haunt{name: "service", by: strangers, samples: sampled(t, ordertest.SellerCommands(), seller.Life()), missing: onSeller("s-nobody"),
		there: map[string]func(any) desk.Action{"active": onSeller(ordertest.Seller.Account)}}
	usd, cny := ordertest.USD("1").Currency(), ordertest.CNY("1").Currency()
	onLine := func(account trade.Account) func(any) desk.Action {
		return func(c any) desk.Action { return desk.OnLine(account, usd, c.(credit.Command)) }
	}
	onQuota := func(account trade.Account) func(any) desk.Action {
		return func(c any) desk.Action { return desk.OnQuota(account, cny, c.(credit.Command)) }
	}
	onFunds := func(account trade.Account) func(any) desk.Action {
		return func(c any) desk.Action { return desk.OnFunds(account, cny, c.(funds.Command)) }
	}
	var credits = sampled(t, ordertest.LineCommands(), credit.Life(credit.Assurance))
	for name, c := range sampled(t, ordertest.QuotaCommands(), credit.Life(credit.PayLater)) {
		credits[name] = c // each product knows the commands of the other one, too
	}
	f.ActivateSeller(trade.Actor{Role: trade.Seller, Account: "s-idle"}, ordertest.USD("10"))
	f.Do(ordertest.Platform, desk.OnSeller("s-idle", seller.Suspend{Reason: "late"}))
	f.Do(ordertest.Platform, desk.OnLine("s-idle", usd, credit.Suspend{Reason: "late"}))
	services.there["suspended"] = onSeller("s-idle")
	f.OpenQuota(trade.Actor{Account: "m-idle"}, ordertest.CNY("10"))
	f.Do(ordertest.Platform, desk.OnQuota("m-idle", cny, credit.Freeze{Reason: credit.ReasonOther, Ref: "audit"}))
	lines := haunt{name: "line", by: strangers, samples: credits, missing: onLine("s-nobody"),
		there: map[string]func(any) desk.Action{"active": onLine(ordertest.Seller.Account), "suspended": onLine("s-idle")}}
	quotas := haunt{name: "quota", by: strangers, samples: credits, missing: onQuota("m-nobody"),
		there: map[string]func(any) desk.Action{"open": onQuota(ordertest.Merchant.Account), "frozen": onQuota("m-idle")}}
	balances := haunt{name: "balance", by: strangers, samples: sampled(t, ordertest.FundsCommands(), funds.Life()), missing: onFunds("m-nobody"),
		there: map[string]func(any) desk.Action{"open": onFunds(ordertest.Merchant.Account)}}
	return []haunt{goods, services, lines, quotas, balances}
}

// TestStrangersReadNothing reads everything as a stranger: it is not found, as what does not exist.
func TestStrangersReadNothing(t *testing.T) {
	f := ordertest.Desk(t)
	draft, o, sale := f.OrderAt(order.PhaseDraft, ordertest.Contract{}), f.OrderAt(order.PhaseShipped, ordertest.Contract{}), f.PayLaterOrderAt(paylater.PhasePaid, ordertest.CNY("100"))
	usd, cny := ordertest.USD("1").Currency(), ordertest.CNY("1").Currency()
	goods := f.Order(o).Links[0].ID
	ctx := context.Background()
	of := func(id trade.ID) map[string]func(by trade.Actor) error {
		return map[string]func(by trade.Actor) error{
			"ReadOrder":    func(by trade.Actor) error { _, _, err := f.Desk.ReadOrder(ctx, by, id); return err },
			"Contracts":    func(by trade.Actor) error { _, err := f.Desk.Contracts(ctx, by, id); return err },
			"Next":         func(by trade.Actor) error { _, err := f.Desk.Next(ctx, by, id); return err },
			"Timeline":     func(by trade.Actor) error { _, err := f.Desk.Timeline(ctx, by, id); return err },
			"At":           func(by trade.Actor) error { _, err := f.Desk.At(ctx, by, id, time.Now()); return err },
			"ReadPayLater": func(by trade.Actor) error { _, _, err := f.Desk.ReadPayLater(ctx, by, id); return err },
			"NextPayLater": func(by trade.Actor) error { _, err := f.Desk.NextPayLater(ctx, by, id); return err },
		}
	}
	owned := func(account trade.Account, e order.EntrustmentID) map[string]func(by trade.Actor) error {
		return map[string]func(by trade.Actor) error{
			"ReadEntrustment": func(by trade.Actor) error { _, _, err := f.Desk.ReadEntrustment(ctx, by, e); return err },
			"ReadService":     func(by trade.Actor) error { _, _, err := f.Desk.ReadService(ctx, by, account); return err },
			"ReadLine":        func(by trade.Actor) error { _, _, err := f.Desk.ReadLine(ctx, by, account, usd); return err },
			"ReadQuota":       func(by trade.Actor) error { _, _, err := f.Desk.ReadQuota(ctx, by, account, cny); return err },
			"QuotaLedger":     func(by trade.Actor) error { _, err := f.Desk.QuotaLedger(ctx, by, account, cny); return err },
			"ReadFunds":       func(by trade.Actor) error { _, _, err := f.Desk.ReadFunds(ctx, by, account, cny); return err },
			"FundsLedger":     func(by trade.Actor) error { _, err := f.Desk.FundsLedger(ctx, by, account, cny); return err },
			"Withdrawals":     func(by trade.Actor) error { _, err := f.Desk.Withdrawals(ctx, by, account, cny); return err },
		}
	}
	for _, reads := range []map[string]func(by trade.Actor) error{
		of(draft), of(o), of(sale), of(trade.NewID()), owned(ordertest.Seller.Account, goods), owned(ordertest.Merchant.Account, "E-NONE"), owned("nobody", "E-NONE"),
	} {
		for name, read := range reads {
			for _, by := range strangers {
				if by.Account == ordertest.Merchant.Account || by.Account == ordertest.Seller.Account {
					by.Role = trade.Buyer
				}
				if err := read(by); err != desk.ErrNotFound { //nolint:errorlint // equal to the last byte
					t.Errorf("%s by %s %s: %v", name, by.Role, by.Account, err)
				}
			}
		}
	}
	if files, err := f.Desk.Contracts(ctx, ordertest.Buyer, draft); err != nil || len(files) != 0 {
		t.Errorf("the matched buyer reads %v, %v", files, err)
	}
	if _, _, err := f.Desk.ReadOrder(ctx, ordertest.Buyer, draft); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("the matched buyer reads the draft: %v", err)
	}
}

// TestWhatIsNamedBeside names another's entrustment in Link and another's line in Place: it is as one
// that does not exist (D64).
func TestWhatIsNamedBeside(t *testing.T) {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseConfirmed, ordertest.Contract{})
	f.ActivateSeller(ordertest.OtherSeller, ordertest.USD("100000"))
	f.Do(ordertest.OtherSeller, desk.OnEntrustment("E-THEIRS", entrustment.Draft{Title: "goods"}))
	other := f.OrderAt(order.PhaseReadyToShip, ordertest.Contract{Seller: ordertest.OtherSeller})
	asked := func(by trade.Actor, do desk.Action) *trade.Refusal {
		t.Helper()
		no, ok := errors.AsType[*trade.Refusal](f.Desk.Try(t.Context(), desk.Command{ID: desk.NewID(), By: by, Do: do}))
		if !ok {
			t.Fatalf("%s is accepted", do)
		}
		return no
	}
	link := func(e order.EntrustmentID) string {
		no := asked(ordertest.Seller, desk.OnOrder(id, order.Link{Entrustment: e}))
		if no.Rule != rule.A21 {
			t.Errorf("linking %s is refused by %s", e, string(no.Rule))
		}
		return no.Phase + fmt.Sprint(no.Earliest, no.Deadline, len(no.Text(rule.English))-len(e), len(no.Text(rule.Chinese))-len(e))
	}
	want := link("E-NONE")
	for _, e := range []order.EntrustmentID{"E-THEIRS", f.Order(other).Links[0].ID} {
		if got := link(e); got != want {
			t.Errorf("%s: %s, want %s", e, got, want)
		}
	}

	f.OpenQuota(ordertest.Merchant, ordertest.CNY("10")).OpenQuota(ordertest.OtherMerchant, ordertest.CNY("1000"))
	f.Do(ordertest.Platform, desk.OnQuota(ordertest.OtherMerchant.Account, ordertest.CNY("1").Currency(), credit.Freeze{Reason: credit.ReasonOther, Ref: "audit"}))
	place := func(merchant trade.Account) string {
		return toldInFull(asked(ordertest.Shopper, desk.OnPayLater(trade.NewID(), paylater.Place{Merchant: merchant, ChosePayLater: true, Amount: ordertest.CNY("100")})))
	}
	for _, merchant := range []trade.Account{ordertest.Merchant.Account, ordertest.OtherMerchant.Account} {
		if got, want := place(merchant), place("m-nobody"); got != want {
			t.Errorf("%s: %s, want %s", merchant, got, want)
		}
	}
}
