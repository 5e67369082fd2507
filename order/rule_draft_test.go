package order_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

func testA1(t *testing.T) {
	t.Run("accept/confirm, pay, export", shippable(t, order.CoverageNone).when(seller, order.MarkShipped{}).leads(order.PhaseShipped))
	draft, offered := complete(t, order.CoverageNone), submitted(t, order.CoverageNone)
	t.Run("refuse/announce a payment of a draft", draft.when(buyer, card("C1", "1")).refusedBy(rule.A1))
	t.Run("refuse/announce a payment before the buyer confirmed", offered.when(buyer, card("C1", "1")).refusedBy(rule.A1))
	t.Run("refuse/money for a draft", draft.when(platform, draft.wire("1")).refusedBy(rule.A1))
	t.Run("refuse/a failed payment of a draft", draft.when(platform, order.FailPayment{Payment: "C1", Reason: "declined"}).refusedBy(rule.A1))
	t.Run("refuse/money that the buyer reports before confirming", offered.when(buyer, offered.wire("1")).refusedBy(rule.A1))
}

func testA6(t *testing.T) {
	draft := order.Draft{Mode: order.DraftOnline}
	t.Run("accept/the service is active", once(t).when(seller, draft).then(
		order.Drafted{Seller: seller.Account, Email: seller.Email, Mode: order.DraftOnline, DraftedAt: newYear}))
	for _, s := range []order.Service{order.ServiceNone, order.ServiceRejected, order.ServiceSuspended} {
		with := func(f *order.Facts) { f.Service = s }
		t.Run("refuse/draft with the service "+s.String(), once(t).knowing(with).when(seller, draft).refusedBy(rule.A6))
		t.Run("refuse/submit with the service "+s.String(),
			complete(t, order.CoverageNone).knowing(with).when(seller, submit).refusedBy(rule.A6))
		t.Run("excludes/an order that runs, from the service "+s.String(),
			shippable(t, order.CoverageNone).knowing(with).when(seller, order.MarkShipped{}).leads(order.PhaseShipped))
	}
	t.Run("refuse/a buyer", once(t).when(buyer, draft).refusedBy(rule.A6))
	t.Run("refuse/a second draft of one order", drafted(t).when(seller, draft).refusedBy(rule.A6))
}

func testA7(t *testing.T) {
	attached := func(t reporter) story {
		return once(t).does(seller, order.Draft{Mode: order.DraftAttachment}).matched().priced("10", "10").covered(order.CoverageNone)
	}
	t.Run("accept/online", once(t).when(seller, order.Draft{Mode: order.DraftOnline}).leads(order.PhaseDraft))
	t.Run("accept/attachment", once(t).when(seller, order.Draft{Mode: order.DraftAttachment}).leads(order.PhaseDraft))
	t.Run("accept/attachment with a file of the seller",
		attached(t).does(seller, contract("sales contract.pdf")).when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("excludes/online without a file", complete(t, order.CoverageNone).when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("refuse/a third mode", once(t).when(seller, order.Draft{Mode: "fax"}).refusedBy(rule.A7))
	t.Run("refuse/no mode", once(t).when(seller, order.Draft{}).refusedBy(rule.A7))
	t.Run("refuse/attachment without a file", attached(t).when(seller, submit).refusedBy(rule.A7))
}

// contract is an offline contract of that name.
func contract(name string) order.AttachContract {
	return order.AttachContract{FileName: name, SHA256: digest, Size: 1 << 20}
}

func testA8(t *testing.T) {
	open := drafted(t)
	entered := open.does(seller, order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"})
	unregistered := func(f *order.Facts) { f.Match = "" }
	t.Run("accept/a registered buyer", entered.when(seller, order.MatchBuyer{Email: buyer.Email}).then(
		order.BuyerMatched{Email: buyer.Email, Account: buyer.Account, Registered: true}))
	t.Run("accept/an unregistered buyer", entered.knowing(unregistered).when(seller, order.MatchBuyer{Email: buyer.Email}).then(
		order.BuyerMatched{Email: buyer.Email}))
	t.Run("accept/in another case", entered.when(seller, order.MatchBuyer{Email: "BUYER@Example.com"}).then(
		order.BuyerMatched{Email: buyer.Email, Account: buyer.Account, Registered: true}))
	ready := complete(t, order.CoverageNone)
	changed := ready.does(seller, order.SetBuyer{Email: "new@example.com", BuyerName: "New Buyer"})
	t.Run("accept/changed and matched anew",
		changed.does(seller, order.MatchBuyer{Email: "new@example.com"}).when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("refuse/submit without a match",
		entered.priced("10", "10").covered(order.CoverageNone).when(seller, submit).refusedBy(rule.A8))
	t.Run("refuse/submit after the address changed", changed.when(seller, submit).refusedBy(rule.A8))
	t.Run("refuse/submit after the same address was entered anew",
		ready.does(seller, order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"}).when(seller, submit).refusedBy(rule.A8))
	t.Run("refuse/a match before an address", open.when(seller, order.MatchBuyer{Email: buyer.Email}).refusedBy(rule.A8))
	t.Run("refuse/a match of another address", entered.when(seller, order.MatchBuyer{Email: "new@example.com"}).refusedBy(rule.A8))
	t.Run("refuse/a match of no address", entered.when(seller, order.MatchBuyer{}).refusedBy(rule.A8))
	for _, bad := range []trade.Email{"", "buyer", "@example.com", "buyer@", "buyer@example", "a b@example.com", "a@b@example.com"} {
		t.Run("refuse/the address "+string(bad), open.when(seller, order.SetBuyer{Email: bad, BuyerName: "Jane Doe"}).refusedBy(rule.A8, on("email")))
	}
	t.Run("refuse/a buyer who enters their own address", ready.when(buyer, order.SetBuyer{Email: buyer.Email, BuyerName: "Jane"}).refusedBy(rule.A8))
	t.Run("refuse/another buyer after submission",
		ready.submits().when(seller, order.SetBuyer{Email: "new@example.com", BuyerName: "New"}).refusedBy(rule.A8))
}

// on checks the field of a refusal, which is not malformed input as well.
func on(field string) func(*trade.Refusal) error {
	return func(no *trade.Refusal) error {
		if bad, ok := errors.AsType[*trade.InvalidError](no); ok {
			return fmt.Errorf("the refusal is %w as well", bad)
		}
		if no.Field != field {
			return fmt.Errorf("the refusal names %q and not %q", no.Field, field)
		}
		return nil
	}
}

func testA9(t *testing.T) {
	draft, offered, bound := complete(t, order.CoverageNone), submitted(t, order.CoverageNone), confirmed(t, order.CoverageNone)
	file := contract("合同.pdf")
	by := func(r trade.Role) order.ContractAttached {
		return order.ContractAttached{Party: r, FileName: file.FileName, SHA256: digest, Size: 1 << 20}
	}
	t.Run("accept/the seller of a draft", draft.when(seller, file).then(by(trade.Seller)))
	t.Run("accept/the matched buyer of a draft", draft.when(buyer, file).then(by(trade.Buyer)))
	t.Run("accept/the seller once it is confirmed", bound.when(seller, file).then(by(trade.Seller)))
	t.Run("accept/the seller after submission", offered.when(seller, file).then(by(trade.Seller)))
	t.Run("accept/the buyer after submission", offered.when(buyer, file).then(by(trade.Buyer)))
	t.Run("accept/the buyer after confirming", bound.when(buyer, file).then(by(trade.Buyer)))
	t.Run("effect/no term changes", func(t *testing.T) {
		after := offered.does(buyer, file).does(seller, file)
		if after.order.Revision != offered.order.Revision || len(after.order.Contracts) != 2 {
			t.Errorf("revision %d, %d contracts", after.order.Revision, len(after.order.Contracts))
		}
	})
	t.Run("refuse/the buyer of a draft, not matched yet", drafted(t).when(buyer, file).refusedBy(rule.A9))
	t.Run("refuse/the buyer of a draft, entered anew", draft.does(seller, order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"}).
		when(buyer, file).refusedBy(rule.A9))
	t.Run("refuse/an unregistered buyer of a draft", drafted(t).does(seller, order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"}).
		knowing(func(f *order.Facts) { f.Match = "" }).does(seller, order.MatchBuyer{Email: buyer.Email}).when(buyer, file).refusedBy(rule.A9))
	t.Run("refuse/the platform", offered.when(platform, file).refusedBy(rule.A9))
	t.Run("refuse/another buyer", offered.when(otherBuyer, file).refusedBy(rule.A9))
	t.Run("refuse/another seller", offered.when(otherSeller, file).refusedBy(rule.A9))
	testA9Evidence(t)
	testA9Room(t)
}

// testA9Evidence files evidence in every phase in which a dispute or a chargeback can be open, and in
// none after the initial payment without one.
func testA9Evidence(t *testing.T) {
	file := contract("photos.zip")
	for _, phase := range phases[2:] {
		s := inPhase(t, phase)
		for _, frozen := range freezes[1:] {
			if phase < frozen.from || phase > frozen.to {
				continue
			}
			o, _, g := acceptable(s, "attach-contract", frozen.freeze)
			for _, who := range []trade.Actor{buyer, seller} {
				g.By = who
				made, err := decided(o, file, g)
				if err != nil || len(made) != 1 {
					t.Errorf("accept/%s, the %s%s: %v", phase, who.Role, frozen.name, err)
				}
				after, err := order.Evolve(o, made[0], g.At)
				if err != nil || after.Revision != o.Revision || after.Terms.Total != o.Terms.Total || len(after.Contracts) != len(o.Contracts)+1 {
					t.Errorf("effect/%s, the %s%s: %+v, %v", phase, who.Role, frozen.name, after.Contracts, err)
				}
			}
			g.By = otherBuyer
			if made, err := decided(o, file, g); !errors.Is(err, rule.A9) || len(made) > 0 {
				t.Errorf("refuse/%s, another buyer%s: %v", phase, frozen.name, err)
			}
		}
		if phase <= order.PhaseConfirmed {
			continue
		}
		t.Run("refuse/the buyer once it is "+phase.String(), s.when(buyer, file).refusedBy(rule.A9))
		t.Run("refuse/the seller once it is "+phase.String(), s.when(seller, file).refusedBy(rule.A9))
		t.Run("excludes/evidence once it is "+phase.String(), func(t *testing.T) {
			if _, err := order.Evolve(s.order, order.ContractAttached{Party: trade.Buyer, FileName: "a", SHA256: digest, Size: 1}, s.now); err == nil {
				t.Error("it is no corrupt history")
			}
		})
	}
}

// testA9Room fills the room of one party; the other keeps its own. A list of the first edition, whose
// 50 files were anybody's, stays, and its party adds none.
func testA9Room(t *testing.T) {
	file, offered := contract("a.pdf"), submitted(t, order.CoverageNone)
	full := offered
	for range order.MaxContracts - 1 {
		full = full.does(seller, file)
	}
	t.Run("accept/the last file of the seller", full.when(seller, file).leads(order.PhaseSubmitted))
	full = full.does(seller, file)
	t.Run("refuse/one more of the seller", full.when(seller, file).refusedBy(rule.A9))
	t.Run("accept/the first of the buyer still", full.when(buyer, file).leads(order.PhaseSubmitted))
	o := offered.order
	for range 2 * order.MaxContracts {
		var err error
		if o, err = order.Evolve(o, order.ContractAttached{Party: trade.Seller, FileName: "a", SHA256: digest, Size: 1}, offered.now); err != nil {
			t.Fatalf("effect/a list of the first edition: %v", err)
		}
	}
	g := offered.given(seller, file)
	if _, err := decided(o, file, g); !errors.Is(err, rule.A9) {
		t.Errorf("refuse/one more than 50 of the first edition: %v", err)
	}
	g.By = buyer
	if made, err := decided(o, file, g); err != nil || len(made) != 1 {
		t.Errorf("accept/the buyer beside 50 of the seller: %v", err)
	}
}

func testA10(t *testing.T) {
	s := drafted(t)
	with := func(text string, states bool) order.AttachContract {
		c := contract("contract.pdf")
		c.Text, c.StatesAccount = text, states
		return c
	}
	const names = "Please remit to account no. 6222 0210 0112 3456 789"
	t.Run("accept/a clean text", s.when(seller, with("Total: USD 6,000.00, HS code 9001909090", false)).leads(order.PhaseDraft))
	t.Run("accept/no text", s.when(seller, with("", false)).leads(order.PhaseDraft))
	t.Run("refuse/declared", s.when(seller, with("", true)).refusedBy(rule.A10))
	t.Run("refuse/found in the text", s.when(seller, with(names, false)).refusedBy(rule.A10))
	t.Run("refuse/found across a line break", s.when(seller, with("Account No.: 6222 0210\r\n0112 3456", false)).refusedBy(rule.A10))
	t.Run("refuse/found in a Chinese text", s.when(seller, with("收款账号：6222021001123456789", false)).refusedBy(rule.A10))
	t.Run("effect/the policy's own scan", s.under(func(p *order.Policy) {
		p.FindsAccount = func(text string) bool { return strings.Contains(text, "purple") }
	}).when(seller, with("purple", false)).refusedBy(rule.A10))
	t.Run("effect/a policy without a scan", s.under(func(p *order.Policy) { p.FindsAccount = nil }).
		when(seller, with(names, false)).leads(order.PhaseDraft))
}

func testA11(t *testing.T) {
	ready := complete(t, order.CoverageNone)
	t.Run("accept/one account, made by submission", ready.when(seller, submit).then(order.Submitted{
		ReceivingAccount: account, Link: "/orders/" + orderID.String(), Revision: 2, ConfirmBy: newYear.Add(30 * day)}))
	t.Run("accept/the account that this order reserved before", ready.knowing(func(f *order.Facts) { f.Receiving.Owner = orderID }).
		when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("refuse/an account of another order", ready.knowing(func(f *order.Facts) { f.Receiving.Owner = otherID }).
		when(seller, submit).refusedBy(rule.A11))
	t.Run("excludes/a draft", func(t *testing.T) {
		if got := ready.order.ReceivingAccount; got != "" {
			t.Errorf("a draft has account %s", got)
		}
	})
	t.Run("excludes/a second account", ready.submits().when(seller, submit).refusedBy(rule.A16))
	t.Run("effect/asked for last of all", func(t *testing.T) {
		without := func(f *order.Facts) { f.Receiving = order.Receiving{} }
		if a := ready.knowing(without).when(seller, submit); !errors.Is(a.err, order.ErrAccountNeeded) || len(a.got) > 0 {
			t.Errorf("got %v, %v", a.got, a.err)
		}
		covered := complete(t, order.CoveragePostDelivery).knowing(without)
		covered.facts.Quota.Available = money("5999.99")
		covered.when(seller, submit).refusedBy(rule.D3)(t)
	})
	t.Run("refuse/a malformed account", ready.knowing(func(f *order.Facts) { f.Receiving.Account = "no/such" }).
		when(seller, submit).invalid("facts.account"))
}

func testA12(t *testing.T) {
	s := drafted(t)
	set := func(total, initial trade.Money, items ...order.Item) attempt {
		return s.when(seller, order.SetTerms{Terms: order.Terms{Total: total, Initial: initial, Items: items}})
	}
	item := func(quantity, price, amount string) order.Item {
		return order.Item{Name: "lamp", Quantity: number(quantity), Unit: "pc", Price: number(price), Amount: money(amount)}
	}
	var none trade.Money
	t.Run("accept/a split", set(money("6000"), money("2000")).leads(order.PhaseDraft))
	t.Run("accept/the smallest amount", set(money("0.01"), money("0.01")).leads(order.PhaseDraft))
	t.Run("accept/items that add up", set(money("30.03"), none, item("2", "10.01", "20.02"), item("1", "10.01", "10.01")).leads(order.PhaseDraft))
	t.Run("accept/an item rounded half up", set(money("0.13"), none, item("0.5", "0.25", "0.13")).leads(order.PhaseDraft))
	t.Run("refuse/no total", set(none, none).refusedBy(rule.A12))
	t.Run("refuse/a total of zero", set(money("0"), none).refusedBy(rule.A12))
	t.Run("refuse/a negative total", set(money("-0.01"), none).refusedBy(rule.A12))
	t.Run("refuse/an initial payment of zero", set(money("1"), money("0")).refusedBy(rule.A12))
	t.Run("refuse/a negative initial payment", set(money("1"), money("-1")).refusedBy(rule.A12))
	t.Run("refuse/an initial payment above the total", set(money("1"), money("1.01")).refusedBy(rule.A12))
	t.Run("refuse/items of another sum", set(money("30"), none, item("2", "10.01", "20.02")).refusedBy(rule.A12))
	t.Run("refuse/an item that is not quantity times price", set(money("20"), none, item("2", "10.01", "20")).refusedBy(rule.A12))
	t.Run("refuse/an item of nothing", set(money("20"), none, item("2", "10", "20"), item("0", "1", "0")).refusedBy(rule.A12))
	t.Run("refuse/a negative item", set(money("20"), none, item("3", "10", "30"), item("-1", "10", "-10")).refusedBy(rule.A12))
	t.Run("refuse/submit without terms", s.matched().covered(order.CoverageNone).when(seller, submit).refusedBy(rule.A12))
	t.Run("refuse/terms after submission",
		submitted(t, order.CoverageNone).when(seller, order.SetTerms{Terms: order.Terms{Total: money("1")}}).refusedBy(rule.A12))
	bound := confirmed(t, order.CoverageNone)
	t.Run("accept/announce all that is due", bound.when(buyer, card("C1", "6000")).leads(order.PhaseConfirmed))
	t.Run("refuse/announce more than is due", bound.when(buyer, card("C1", "6000.01")).refusedBy(rule.A12))
	t.Run("refuse/announce nothing", bound.when(buyer, card("C1", "0")).refusedBy(rule.A12))
	t.Run("refuse/announce when nothing is due", bound.wired("6000").when(buyer, card("C1", "0.01")).refusedBy(rule.A12))
	t.Run("refuse/a transfer of nothing", bound.when(platform, bound.wire("0")).refusedBy(rule.A12))
	t.Run("refuse/a transfer of less than nothing", bound.when(platform, bound.wire("-1")).refusedBy(rule.A12))
	waiting := bound.wired("6100")
	t.Run("refuse/counting nothing", waiting.when(platform, order.ApplyUnapplied{Amount: money("0")}).refusedBy(rule.A12))
}

func testA16(t *testing.T) {
	ready := complete(t, order.CoverageNone)
	t.Run("accept/acknowledged", ready.when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("refuse/not acknowledged", ready.when(seller, order.Submit{}).refusedBy(rule.A16))
	t.Run("refuse/no coverage chosen", drafted(t).matched().priced("1", "1").when(seller, submit).refusedBy(rule.A16))
	t.Run("refuse/by the platform", ready.when(platform, submit).refusedBy(rule.A16))
	t.Run("refuse/before it is drafted", once(t).when(seller, submit).refusedBy(rule.A16))
	t.Run("effect/without a mode of transport", ready.when(seller, submit).leads(order.PhaseSubmitted))
}

func testA17(t *testing.T) {
	t.Run("accept/after submission", func(t *testing.T) {
		s := complete(t, order.CoverageNone).under(func(p *order.Policy) { p.LinkPrefix = "https://example.com/o/" }).submits()
		if link, err := s.order.OrderLink(); err != nil || link != "https://example.com/o/"+orderID.String() {
			t.Errorf("got %q, %v", link, err)
		}
	})
	t.Run("refuse/a draft", func(t *testing.T) {
		s := complete(t, order.CoverageNone)
		link, err := s.order.OrderLink()
		var no *trade.Refusal
		if link != "" || !errors.As(err, &no) || no.Rule != rule.A17 || no.Phase != "draft" {
			t.Errorf("got %q, %v", link, err)
		}
	})
}

func testA18(t *testing.T) {
	offered := submitted(t, order.CoverageNone)
	yes := order.Confirm{Terms: offered.order.Revision}
	t.Run("accept/the named buyer", offered.when(buyer, yes).then(
		order.Confirmed{Account: buyer.Account, Terms: 2, PayBy: offered.now.Add(60 * day)}))
	t.Run("refuse/another account", offered.when(otherBuyer, yes).refusedBy(rule.A18))
	t.Run("refuse/another account with the buyer's address",
		offered.when(trade.Actor{Role: trade.Buyer, Account: "b-2000", Email: buyer.Email}, yes).refusedBy(rule.A18))
	t.Run("refuse/the seller", offered.when(seller, yes).refusedBy(rule.A18))
	t.Run("refuse/the platform", offered.when(platform, yes).refusedBy(rule.A18))
	t.Run("refuse/before submission", complete(t, order.CoverageNone).when(buyer, yes).refusedBy(rule.A18))
	t.Run("refuse/a second time", offered.confirms().when(buyer, yes).refusedBy(rule.A18))
	t.Run("refuse/earlier terms", offered.when(buyer, order.Confirm{Terms: 1}).refusedBy(rule.A18))
	t.Run("refuse/later terms", offered.when(buyer, order.Confirm{Terms: 3}).refusedBy(rule.A18))
	t.Run("refuse/no terms", offered.when(buyer, order.Confirm{}).refusedBy(rule.A18))
}

func testD26(t *testing.T) {
	t.Run("effect/editing does not move the drafting time", func(t *testing.T) {
		s := drafted(t).after(time.Hour).matched().priced("6000", "2000").after(time.Hour).priced("7000", "2000").
			covered(order.CoverageNone).after(time.Hour).covered(order.CoveragePreShipment).submits().confirms()
		if !s.order.DraftedAt.Equal(newYear) {
			t.Errorf("drafted %s", s.order.DraftedAt)
		}
	})
	t.Run("excludes/everything that comes after the draft", func(t *testing.T) {
		for _, s := range []story{shipped(t, order.CoverageNone), completed(t, order.CoverageNone), cancelled(t, order.CoverageNone)} {
			if !s.order.DraftedAt.Equal(newYear) {
				t.Errorf("drafted %s in phase %s", s.order.DraftedAt, s.order.Phase)
			}
		}
	})
}

func testD32(t *testing.T) {
	offered := func(t reporter) story {
		return drafted(t).knowing(func(f *order.Facts) { f.Match = "" }).matched().priced("10", "10").
			covered(order.CoverageNone).submits()
	}
	s := offered(t)
	yes := order.Confirm{Terms: s.order.Revision}
	as := func(account trade.Account, email trade.Email) trade.Actor {
		return trade.Actor{Role: trade.Buyer, Account: account, Email: email}
	}
	t.Run("accept/drafted, submitted and confirmed by the account of the address", s.when(as("b-3000", "BUYER@example.COM"), yes).then(
		order.Confirmed{Account: "b-3000", Terms: 2, PayBy: s.now.Add(60 * day)}))
	t.Run("effect/from then on the buyer is that account", func(t *testing.T) {
		bound := s.does(as("b-3000", buyer.Email), yes)
		bound.when(as("b-3001", buyer.Email), card("C1", "1")).refusedBy(rule.A1)(t)
		bound.when(as("b-3000", ""), card("C1", "1")).leads(order.PhaseConfirmed)(t)
	})
	t.Run("effect/an account of another address is not the buyer", s.when(otherBuyer, yes).refusedBy(rule.A18))
	t.Run("effect/an account without a verified address is not the buyer", s.when(as("b-3000", ""), yes).refusedBy(rule.A18))
	overseas := drafted(t).under(func(p *order.Policy) {
		p.BuyerEmail = func(e trade.Email) bool { return !strings.HasSuffix(string(e), ".cn") }
	})
	t.Run("refuse/an address that the policy does not take",
		overseas.when(seller, order.SetBuyer{Email: "buyer@example.cn", BuyerName: "Jane"}).refusedBy(rule.D32))
	t.Run("accept/an address that the policy takes",
		overseas.when(seller, order.SetBuyer{Email: "buyer@example.com", BuyerName: "Jane"}).leads(order.PhaseDraft))
}

func testD36(t *testing.T) {
	s := drafted(t)
	t.Run("refuse/the seller's own address", s.when(seller, order.SetBuyer{Email: "SALES@acme.example", BuyerName: "Me"}).refusedBy(rule.D36))
	quiet := once(t).does(trade.Actor{Role: trade.Seller, Account: seller.Account}, order.Draft{Mode: order.DraftOnline})
	t.Run("refuse/the address that the seller has now", quiet.when(seller, order.SetBuyer{Email: seller.Email, BuyerName: "Me"}).refusedBy(rule.D36))
	entered := quiet.does(trade.Actor{Role: trade.Seller, Account: seller.Account}, order.SetBuyer{Email: seller.Email, BuyerName: "Me"})
	t.Run("refuse/a match with the seller's address", entered.when(seller, order.MatchBuyer{Email: seller.Email}).refusedBy(rule.D36))
	t.Run("refuse/a match with the seller's account", s.does(seller, order.SetBuyer{Email: buyer.Email, BuyerName: "Me"}).
		knowing(func(f *order.Facts) { f.Match = seller.Account }).when(seller, order.MatchBuyer{Email: buyer.Email}).refusedBy(rule.D36))
	unregistered := s.knowing(func(f *order.Facts) { f.Match = "" }).matched().priced("1", "1").covered(order.CoverageNone).submits()
	yes := order.Confirm{Terms: unregistered.order.Revision}
	t.Run("refuse/a confirmation by the seller's account",
		unregistered.when(trade.Actor{Role: trade.Buyer, Account: seller.Account, Email: buyer.Email}, yes).refusedBy(rule.D36))
	t.Run("refuse/a confirmation by an account with the seller's address", submitted(t, order.CoverageNone).
		when(trade.Actor{Role: trade.Buyer, Account: buyer.Account, Email: seller.Email}, yes).refusedBy(rule.D36))
	t.Run("accept/another person", submitted(t, order.CoverageNone).when(buyer, yes).leads(order.PhaseConfirmed))
}
