package desk_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestBadPayLaterRequests is the table of what people try, each refused by its rule with nothing
// written, by Try as by Do.
func TestBadPayLaterRequests(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {FeeRate: 5_000, FeeMin: money("2 CNY")}}))
	tr.sold("100 CNY")
	open := tr.received("50 CNY")
	tr.Do(platform, freeze(credit.ReasonOther, "audit"))
	take := func(amount string, dest funds.Dest) desk.Action {
		return onFunds(funds.Withdraw{ID: "W", Amount: money(amount), Dest: dest})
	}
	for _, c := range []struct {
		name string
		rule rule.ID
		by   trade.Actor
		do   desk.Action
	}{
		{"quota withdrawn from the line", rule.B6, shopkeeper, onQuota(credit.Withdraw{Amount: money("1 CNY")})},
		{"quota withdrawn from the funds", rule.B6, shopkeeper, onFunds(funds.WithdrawQuota{Amount: money("1 CNY"), Dest: ownAlipay})},
		{"to somebody else's Alipay", rule.B10, shopkeeper, take("10 CNY", funds.Dest{Alipay: funds.Alipay{Account: "a", Holder: "m-other"}})},
		{"to an unbound card", rule.B10, shopkeeper, take("10 CNY", funds.Dest{Card: "6222-99"})},
		{"somebody else's card bound", rule.B10, shopkeeper, onFunds(funds.BindCard{Card: "6222-99", Holder: "m-other"})},
		{"more than is available", rule.B10, shopkeeper, take("100.01 CNY", ownAlipay)},
		{"nothing", rule.B10, shopkeeper, take("0 CNY", ownAlipay)},
		{"less than nothing", rule.B10, shopkeeper, take("-1 CNY", ownAlipay)},
		{"a fee above the amount", rule.D58, shopkeeper, take("1 CNY", ownAlipay)},
		{"a fee of all the amount", rule.D58, shopkeeper, take("2 CNY", ownAlipay)},
		{"another merchant's funds", rule.B10, otherShop, take("10 CNY", ownAlipay)},
		{"withdrawn by the platform", rule.B10, platform, take("10 CNY", ownAlipay)},
		{"a part of a payment", rule.D51, shopper, desk.OnPayLater(open, paying("49.99 CNY"))},
		{"a payment of more", rule.D51, shopper, desk.OnPayLater(open, paying("50.01 CNY"))},
		{"a payment of the largest amount", rule.D51, shopper, desk.OnPayLater(open, paylater.Pay{Reference: "R", Amount: fen(math.MaxInt64)})},
		{"a payment in another currency", rule.D60, shopper, desk.OnPayLater(open, paying("50 USD"))},
		{"a payment by another buyer", rule.B8, otherShopper, desk.OnPayLater(open, paying("50 CNY"))},
		{"a payment by the merchant", rule.B8, shopkeeper, desk.OnPayLater(open, paying("50 CNY"))},
		{"a payment of no order", rule.B8, shopper, desk.OnPayLater(trade.NewID(), paying("50 CNY"))},
		{"a restoring asked for", rule.B9, shopkeeper, onQuota(credit.Restore{Order: open, Amount: money("50 CNY"), Cause: credit.RestorePaid})},
		{"a restoring by the platform", rule.B9, platform, onQuota(credit.Restore{Order: open, Amount: money("50 CNY"), Cause: credit.RestoreReturned})},
		{"quota without an order", rule.B5, shopkeeper, onQuota(credit.Deduct{Amount: money("1 CNY")})},
		{"a limit raised by its owner", rule.B3, shopkeeper, assess("9000 CNY")},
		{"a line opened by its owner", rule.B3, otherShop, desk.OnQuota(otherShop.Account, cny, credit.OpenLine{Limit: money("9000 CNY")})},
		{"unfrozen for another reason", rule.D53, platform, unfreeze(credit.ReasonOther, "nothing")},
		{"unfrozen for a kind that is not there", rule.D53, platform, unfreeze(credit.ReasonOpenOrders, "")},
		{"unfrozen by its owner", rule.D53, shopkeeper, unfreeze(credit.ReasonOther, "audit")},
		{"overdue by word of the platform", rule.B15, platform, onQuota(credit.NoteOverdue{Order: open})},
		{"overdue before the time", rule.D47, system, desk.OnPayLater(open, paylater.MarkOverdue{})},
		{"written off in time", rule.D52, platform, desk.OnPayLater(open, paylater.WriteOff{})},
		{"raised instead of lowered", rule.D47, shopkeeper, desk.OnPayLater(open, paylater.LowerAmount{Amount: money("50.01 CNY")})},
		{"lowered by another merchant", rule.D49, otherShop, desk.OnPayLater(open, paylater.LowerAmount{Amount: money("1 CNY")})},
		{"a refund of what was not paid", rule.D50, shopkeeper, desk.OnPayLater(open, paylater.Refund{Amount: money("1 CNY")})},
		{"credited by the platform", rule.B8, platform, onFunds(funds.Credit{Order: open, Amount: money("50 CNY")})},
		{"a hold on a pay-later line", rule.D3, platform, onQuota(credit.Hold{Order: open, Amount: money("1 CNY")})},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := tr.try(c.by, c.do); !refusedBy(err, c.rule) {
				t.Errorf("Try says %v, want a refusal by %s", err, string(c.rule))
			}
			tr.refused(c.rule, c.by, c.do)
		})
	}
	tr.audit()
}

// TestMalformedPayLater is the table of what is malformed: the field is named, and nothing is
// written.
func TestMalformedPayLater(t *testing.T) {
	tr := shop(t, "5000 CNY")
	long := strings.Repeat("x", 501)
	for _, c := range []struct {
		field string
		by    trade.Actor
		do    desk.Action
	}{
		{"order", shopper, desk.OnPayLater(trade.ID{}, placing(shopkeeper, "1 CNY"))},
		{"command", shopper, desk.OnPayLater(trade.NewID(), nil)},
		{"command", platform, desk.OnQuota(shopkeeper.Account, cny, nil)},
		{"command", shopkeeper, desk.OnFunds(shopkeeper.Account, cny, nil)},
		{"command", shopper, desk.OnPayLater(trade.NewID(), &paylater.Ship{})},
		{"merchant", shopper, desk.OnPayLater(trade.NewID(), paylater.Place{ChosePayLater: true, Amount: money("1 CNY")})},
		{"merchant", shopper, desk.OnPayLater(trade.NewID(), paylater.Place{Merchant: "m shop", ChosePayLater: true, Amount: money("1 CNY")})},
		{"amount", shopper, desk.OnPayLater(trade.NewID(), paylater.Place{Merchant: "m-shop", ChosePayLater: true})},
		{"amount", shopper, desk.OnPayLater(trade.NewID(), placing(shopkeeper, "0 CNY"))},
		{"amount", shopper, desk.OnPayLater(trade.NewID(), placing(shopkeeper, "-1 CNY"))},
		{"reference", shopper, desk.OnPayLater(trade.NewID(), paylater.Pay{Amount: money("1 CNY")})},
		{"reason", shopkeeper, desk.OnPayLater(trade.NewID(), paylater.Return{Reason: trade.Text(long)})},
		{"merchant", platform, desk.OnQuota("", cny, credit.OpenLine{Limit: money("1 CNY")})},
		{"currency", platform, desk.OnQuota("m", trade.Currency{}, credit.OpenLine{Limit: money("1 CNY")})},
		{"limit", platform, onQuota(credit.AssessLimit{Limit: money("-1 CNY")})},
		{"ref", platform, freeze(credit.ReasonOverdue, "not an order")},
		{"ref", platform, freeze(credit.ReasonOther, "")},
		{"reason", platform, freeze("bankrupt", "")},
		{"merchant", shopkeeper, desk.OnFunds("m/shop", cny, funds.BindCard{Card: "1", Holder: "m-shop"})},
		{"id", shopkeeper, withdrawal("", "1 CNY")},
		{"dest", shopkeeper, onFunds(funds.Withdraw{ID: "W", Amount: money("1 CNY"), Dest: funds.Dest{Alipay: ownAlipay.Alipay, Card: "1"}})},
		{"actor.role", trade.Actor{Role: trade.Desk}, onQuota(credit.Restore{Order: trade.NewID(), Amount: money("1 CNY"), Cause: credit.RestorePaid})},
	} {
		before := must(tr.Store.Settled(context.Background()))
		_, err := tr.Ask(c.by, c.do)
		var invalid *trade.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != c.field {
			t.Errorf("%s: %v, want field %s", c.do, err, c.field)
		}
		if after := must(tr.Store.Settled(context.Background())); after != before {
			t.Errorf("%s wrote", c.do)
		}
	}
}

// TestNewRefusesPolicies: a policy under which orders could not be run makes no desk.
func TestNewRefusesPolicies(t *testing.T) {
	for field, option := range map[string]desk.Option{
		"policy.receive_within": desk.WithPayLater(&paylater.Policy{}), "policy.confirm_within": desk.WithPolicy(&order.Policy{}),
	} {
		d, err := desk.New(memory.New(), option)
		if invalid, ok := errors.AsType[*trade.InvalidError](err); !ok || invalid.Field != field || d != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := desk.New(memory.New(), desk.WithSources(desk.DemoSources()), desk.WithPolicy(nil), desk.WithPayLater(nil)); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// TestNewNeedsSources: no desk approves certifications, or makes up receiving accounts, because nobody
// said who does.
func TestNewNeedsSources(t *testing.T) {
	demo := desk.DemoSources()
	for name, given := range map[string][]desk.Option{
		"none": nil, "look-ups": {desk.WithSources(desk.Sources{Match: ordertest.Sources().Match})},
		"no account": {desk.WithSources(desk.Sources{Certify: demo.Certify})}, "no verdict": {desk.WithSources(desk.Sources{Account: demo.Account})},
	} {
		if d, err := desk.New(memory.New(), given...); !errors.Is(err, desk.ErrNoSource) || d != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, given := range map[string][]desk.Option{
		"in one": {desk.WithSources(demo)}, "in two": {desk.WithSources(desk.Sources{Certify: demo.Certify}), desk.WithSources(desk.Sources{Account: demo.Account})},
		"replaced in part": {desk.WithSources(demo), desk.WithSources(desk.Sources{Match: ordertest.Sources().Match})},
	} {
		if _, err := desk.New(memory.New(), given...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFundsSource: the policy of a merchant is asked for once per payment or withdrawal, for
// nobody who is refused without it, and its error ends the command with nothing written.
func TestFundsSource(t *testing.T) {
	var (
		asked  []trade.Account
		answer error
		policy = funds.Policy{}
	)
	tr := shop(t, "5000 CNY", desk.WithSources(desk.Sources{Funds: func(_ context.Context, merchant trade.Account) (funds.Policy, error) {
		asked = append(asked, merchant)
		return policy, answer
	}}))
	id := tr.place("100 CNY")
	pay := desk.OnPayLater(id, paying("100 CNY"))
	for _, by := range []trade.Actor{otherShopper, shopkeeper, platform} {
		tr.refused(rule.B8, by, pay)
		tr.refused(rule.B10, by, desk.OnFunds(otherShop.Account, cny, funds.Withdraw{ID: "W", Amount: money("1 CNY"), Dest: ownAlipay}))
	}
	tr.refused(rule.D51, shopper, desk.OnPayLater(id, paying("1 CNY")))
	if len(asked) != 0 {
		t.Fatalf("the policies of %v were asked for", asked)
	}
	nothing := func(what string, want func(error) bool) {
		t.Helper()
		before := must(tr.Store.Settled(context.Background()))
		_, err := tr.Ask(shopper, pay)
		if after := must(tr.Store.Settled(context.Background())); !want(err) || after != before {
			t.Fatalf("%s: %v, the log went from %d to %d", what, err, before, after)
		}
	}
	answer = errors.New("the directory is down")
	nothing("no policy", func(err error) bool { return errors.Is(err, answer) })
	answer, policy.HoldDays = nil, -1
	nothing("a policy that cannot be", func(err error) bool {
		var invalid *trade.InvalidError
		return errors.As(err, &invalid) && invalid.Field == "policy.hold_days"
	})
	asked, policy.HoldDays = nil, 0
	tr.Do(shopper, pay)
	tr.Do(shopkeeper, withdrawal("W", "100 CNY"))
	if len(asked) != 2 || asked[0] != shopkeeper.Account || asked[1] != shopkeeper.Account {
		t.Fatalf("the policies of %v were asked for", asked)
	}
}

// TestPayLaterReaders is who may read what.
func TestPayLaterReaders(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.sold("100 CNY")
	ctx := t.Context()
	reads := map[string]func(by trade.Actor) error{
		"order": func(by trade.Actor) error { _, _, err := tr.Desk.ReadPayLater(ctx, by, id); return err },
		"next":  func(by trade.Actor) error { _, err := tr.Desk.NextPayLater(ctx, by, id); return err },
		"line": func(by trade.Actor) error {
			_, _, err := tr.Desk.ReadQuota(ctx, by, shopkeeper.Account, cny)
			return err
		},
		"ledger": func(by trade.Actor) error {
			_, err := tr.Desk.QuotaLedger(ctx, by, shopkeeper.Account, cny)
			return err
		},
		"funds": func(by trade.Actor) error {
			_, _, err := tr.Desk.ReadFunds(ctx, by, shopkeeper.Account, cny)
			return err
		},
		"statement": func(by trade.Actor) error {
			_, err := tr.Desk.FundsLedger(ctx, by, shopkeeper.Account, cny)
			return err
		},
		"withdrawals": func(by trade.Actor) error {
			_, err := tr.Desk.Withdrawals(ctx, by, shopkeeper.Account, cny)
			return err
		},
	}
	for name, read := range reads {
		ofOrder := name == "order" || name == "next"
		for _, c := range []struct {
			by  trade.Actor
			may bool
		}{
			{shopper, ofOrder}, {shopkeeper, true}, {platform, true}, {system, true},
			{otherShopper, false}, {otherShop, false},
			{trade.Actor{Role: trade.Seller, Account: shopper.Account}, false}, {trade.Actor{Role: trade.Buyer, Account: shopkeeper.Account}, false},
		} {
			if err := read(c.by); c.may && err != nil || !c.may && !errors.Is(err, desk.ErrNotFound) {
				t.Errorf("%s by %s %s: %v", name, c.by.Role, c.by.Account, err)
			}
		}
		for _, by := range []trade.Actor{{}, {Role: trade.Desk}, {Role: trade.Seller}} {
			var invalid *trade.InvalidError
			if err := read(by); !errors.As(err, &invalid) {
				t.Errorf("%s by %+v: %v", name, by, err)
			}
		}
	}
	if _, _, err := tr.Desk.ReadPayLater(ctx, platform, trade.NewID()); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("an order that is not there: %v", err)
	}
}

// TestLedgers: the statements of a line and of funds add up to what they say now.
func TestLedgers(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.late("1000 CNY")
	tr.on(id, paylater.LowerAmount{Amount: money("900 CNY")})
	tr.pay(id, "900 CNY")
	tr.on(id, paylater.Refund{Amount: money("50 CNY")})
	quota := must(tr.Desk.QuotaLedger(t.Context(), shopkeeper, shopkeeper.Account, cny))
	for i, want := range []string{"0", "1000", "-100", "-900"} {
		if m := quota.Movements[i]; m.Used != yuan(want) || (m.Order == id) != (i > 0) {
			t.Errorf("movement %d is %+v", i, m)
		}
	}
	now := tr.quota()
	if page := now.Page(); len(quota.Movements) != 4 || quota.Closing.Used != page.Used || quota.Closing.Limit != page.Limit {
		t.Errorf("%d movements to %+v, the line has %+v", len(quota.Movements), quota.Closing, page)
	}
	money := must(tr.Desk.FundsLedger(t.Context(), shopkeeper, shopkeeper.Account, cny))
	if m := money.Movements; len(m) != 2 || m[0].Amount != yuan("900") || m[1].Amount != yuan("-50") || money.Closing != yuan("850") {
		t.Errorf("%+v", money)
	}
}

// TestCorruptLedgers has streams whose beginning cannot be, behind a snapshot that hides it: what
// reads the whole history says so, with the stream.
func TestCorruptLedgers(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.sold("100 CNY")
	ctx := t.Context()
	line, balance := must(credit.Stream(credit.PayLater, otherShop.Account, cny)), must(funds.Stream(otherShop.Account, cny))
	for stream, e := range map[events.StreamID]events.Event{
		line:    {Type: "credit.overdue-noted", Data: []byte(`{"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"}`)},
		balance: {Type: "funds.withdrawal-settled", Data: []byte(`{"id":"W"}`)},
	} {
		e.Schema, e.At = 1, start
		if _, err := tr.Store.Append(ctx, events.Commit{ID: desk.NewID(), Batches: []events.Batch{{Stream: stream, Events: []events.Event{e}}}}); err != nil {
			t.Fatal(err)
		}
	}
	lines, balances := credit.Model(credit.PayLater), funds.Model()
	l, b := tr.quota(), must2(tr.Desk.ReadFunds(ctx, platform, shopkeeper.Account, cny))
	for _, s := range []events.Snapshot{
		{Stream: line, Version: 1, Fold: lines.Fold, Data: must(lines.Save(nil, &l))},
		{Stream: balance, Version: 1, Fold: balances.Fold, Data: must(balances.Save(nil, &b))},
	} {
		if err := tr.Store.(events.Snapshots).SaveSnapshot(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if l, _, err := tr.Desk.ReadQuota(ctx, otherShop, otherShop.Account, cny); err != nil || l.Limit != yuan("5000") {
		t.Fatalf("the snapshot does not hide the fault: %+v, %v", l, err)
	}
	_, one := tr.Desk.QuotaLedger(ctx, otherShop, otherShop.Account, cny)
	_, two := tr.Desk.FundsLedger(ctx, otherShop, otherShop.Account, cny)
	_, three := tr.Desk.Withdrawals(ctx, otherShop, otherShop.Account, cny)
	for i, err := range []error{one, two, three} {
		var corrupt *events.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Stream != []events.StreamID{line, balance, balance}[i] {
			t.Errorf("%v", err)
		}
	}
}

func must2[T any](v T, _ events.Version, err error) T { return must(v, err) }
