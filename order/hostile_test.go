package order_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// badCommands are malformed payloads, each with the field that the error names, which is a path if
// the decoder refuses it.
var badCommands = []struct{ name, field, data string }{
	{"set-buyer", "buyer", `{"email":"a@example.com","name":"Jane","buyer":"mallory"}`},
	{"set-buyer", "EMAIL", `{"email":"a@example.com","EMAIL":"mallory@example.com","name":"Jane"}`},
	{"set-buyer", "Email", `{"Email":"a@example.com","name":"Jane"}`},
	{"set-buyer", "email", `{"email":"a@example.com","email":"mallory@example.com","name":"Jane"}`},
	{"set-buyer", "email", `{"name":"Jane"}`},
	{"set-buyer", "email", `{"email":7,"name":"Jane"}`},
	{"set-buyer", "email", `{"email":null,"name":"Jane"}`},
	{"set-buyer", "command", `["a@example.com"]`},
	{"set-buyer", "command", `null`},
	{"set-buyer", "command", ``},
	{"set-buyer", "command", `{"email":"a@example.com","name":"Jane"} {}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":"Jane` + "\xff" + `"}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":"\ud800"}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":"Ja` + "\x00" + `ne"}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":"Ja\u0000ne"}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":"Ja\u202ene"}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":" Jane"}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":""}`},
	{"set-buyer", "name", `{"email":"a@example.com","name":"` + strings.Repeat("x", 201) + `"}`},
	{"set-buyer", "email", `{"email":"a b@example.com","name":"Jane"}`},
	{"set-buyer", "email", `{"email":"a@example","name":"Jane"}`},
	{"set-buyer", "email", `{"email":"` + strings.Repeat("a", 65) + `@example.com","name":"Jane"}`},
	{"set-buyer", "email", `{"email":"a@` + strings.Repeat("a.", 200) + `com","name":"Jane"}`},
	{"submit", "onetouch_acknowledged", `{"onetouch_acknowledged":1}`},
	{"submit", "onetouch_acknowledged", `{"onetouch_acknowledged":"true"}`},
	{"submit", "onetouch_acknowledged", `{}`},
	{"confirm", "terms", `{"terms":1.0}`},
	{"confirm", "terms", `{"terms":-1}`},
	{"confirm", "terms", `{"terms":4294967296}`},
	{"confirm", "terms", `{"terms":1e9}`},
	{"confirm", "terms", `{"terms":` + strings.Repeat("9", 1<<20) + `}`},
	{"set-terms", "terms.total", `{"terms":{"total":"1e9999999 USD"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"` + strings.Repeat("9", 1<<20) + ` USD"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"0.` + strings.Repeat("0", 1<<20) + `1 USD"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"92233720368547758.08 USD"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"1.001 USD"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"1.5 JPY"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"10.00 XYZ"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"10.00 usd"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":"10.00"}}`},
	{"set-terms", "terms.total", `{"terms":{"total":10}}`},
	{"set-terms", "terms.items[0].quantity", `{"terms":{"total":"1 USD","items":[{"name":"n","quantity":"1e9999999","unit":"pc","price":"1","amount":"1 USD"}]}}`},
	{"set-terms", "terms.items[0].quantity", `{"terms":{"total":"1 USD","items":[{"name":"n","quantity":"` + strings.Repeat("1", 1<<20) + `","unit":"pc","price":"1","amount":"1 USD"}]}}`},
	{"set-terms", "terms.items[0].name", `{"terms":{"total":"1 USD","items":[{"name":"\u0007","quantity":"1","unit":"pc","price":"1","amount":"1 USD"}]}}`},
	{"set-terms", "terms.items[0].hs_code", `{"terms":{"total":"1 USD","items":[{"name":"n","hs_code":"94052","quantity":"1","unit":"pc","price":"1","amount":"1 USD"}]}}`},
	{"set-terms", "terms.items[0].unit", `{"terms":{"total":"1 USD","items":[{"name":"n","quantity":"1","unit":"","price":"1","amount":"1 USD"}]}}`},
	{"set-terms", "terms.items", `{"terms":{"total":"1 USD","items":[` + strings.Repeat(`{"name":"n","quantity":"1","unit":"pc","price":"1","amount":"1 USD"},`, 100) + `{"name":"n","quantity":"1","unit":"pc","price":"1","amount":"1 USD"}]}}`},
	{"set-terms", "terms.ship_by.date", `{"terms":{"total":"1 USD","ship_by":{"date":"2025-02-30"}}}`},
	{"set-terms", "terms.ship_by.date", `{"terms":{"total":"1 USD","ship_by":{"date":"0000-01-01"}}}`},
	{"set-terms", "terms.ship_by.date", `{"terms":{"total":"1 USD","ship_by":{"date":"20000-01-01"}}}`},
	{"set-terms", "terms.ship_by.days", `{"terms":{"total":"1 USD","ship_by":{"days":366,"after":"initial"}}}`},
	{"set-terms", "terms.ship_by.after", `{"terms":{"total":"1 USD","ship_by":{"days":3}}}`},
	{"set-terms", "terms.ship_by", `{"terms":{"total":"1 USD","ship_by":{"date":"2025-01-01","days":3,"after":"initial"}}}`},
	{"set-terms", "terms.trade_term", `{"terms":{"total":"1 USD","trade_term":"\u001b[2J"}}`},
	{"choose-coverage", "coverage", `{"coverage":"all","terms_accepted":true}`},
	{"attach-contract", "sha256", `{"file_name":"a.pdf","sha256":"ABC","size":1,"states_account":false}`},
	{"attach-contract", "file_name", `{"file_name":"a\nb.pdf","sha256":"` + digest + `","size":1,"states_account":false}`},
	{"attach-contract", "size", `{"file_name":"a.pdf","sha256":"` + digest + `","size":0,"states_account":false}`},
	{"attach-contract", "text", `{"file_name":"a.pdf","sha256":"` + digest + `","size":1,"states_account":false,"text":"` + strings.Repeat("x", 1<<20+1) + `"}`},
	{"attach-contract", "command", `{"text":"` + strings.Repeat("x", trade.MaxCommand) + `"}`},
	{"initiate-payment", "payment", `{"payment":"","method":"card","amount":"1 USD"}`},
	{"initiate-payment", "payment", `{"payment":"a/b","method":"card","amount":"1 USD"}`},
	{"initiate-payment", "payment", `{"payment":"a b","method":"card","amount":"1 USD"}`},
	{"initiate-payment", "payment", `{"payment":"` + strings.Repeat("a", 65) + `","method":"card","amount":"1 USD"}`},
	{"initiate-payment", "bank_country", `{"payment":"a","method":"card","amount":"1 USD","bank_country":"USA"}`},
	{"record-payment", "reference", `{"reference":"","method":"tt","amount":"1 USD","paid_at":"2025-01-01T00:00:00Z"}`},
	{"record-payment", "account", `{"reference":"r","method":"tt","account":"a\\b","amount":"1 USD","paid_at":"2025-01-01T00:00:00Z"}`},
	{"record-payment", "payment", `{"reference":"r","method":"tt","payment":"a:b","amount":"1 USD","paid_at":"2025-01-01T00:00:00Z"}`},
	{"record-payment", "payer", `{"reference":"r","method":"tt","payer":"\u0001","amount":"1 USD","paid_at":"2025-01-01T00:00:00Z"}`},
	{"record-payment", "fee", `{"reference":"r","method":"tt","amount":"1 USD","paid_at":"2025-01-01T00:00:00Z","fee":"-1 USD"}`},
	{"record-payment", "paid_at", `{"reference":"r","method":"tt","amount":"1 USD","paid_at":"0000-01-01T00:00:00Z"}`},
	{"record-payment", "paid_at", `{"reference":"r","method":"tt","amount":"1 USD","paid_at":"20000-01-01T00:00:00Z"}`},
	{"record-payment", "paid_at", `{"reference":"r","method":"tt","amount":"1 USD","paid_at":"1989-12-31T23:59:59.999999999Z"}`},
	{"record-payment", "paid_at", `{"reference":"r","method":"tt","amount":"1 USD","paid_at":"2200-01-01T00:00:00.000000001Z"}`},
	{"record-payment", "paid_at", `{"reference":"r","method":"tt","amount":"1 USD","paid_at":"2025-01-01T00:00:00+08:00"}`},
	{"record-payment", "paid_at", `{"reference":"r","method":"tt","amount":"1 USD","paid_at":1735689600}`},
	{"fail-payment", "payment", `{"payment":"a b","reason":"declined"}`},
	{"fail-payment", "reason", `{"payment":"a","reason":""}`},
	{"link", "entrustment", `{"entrustment":""}`},
	{"unlink", "entrustment", `{"entrustment":"` + "a\u200b" + `"}`},
	{"record-release", "released_at", `{"entrustment":"E1","released_at":"1970-01-01T00:00:00Z"}`},
	{"record-release", "entrustment", `{"entrustment":"../E1","released_at":"2025-01-01T00:00:00Z"}`},
	{"review", "rating", `{"rating":0}`},
	{"review", "rating", `{"rating":6}`},
	{"review", "text", `{"rating":5,"text":"` + strings.Repeat("x", 4001) + `"}`},
	{"edit-review", "rating", `{"rating":0}`},
	{"reply", "text", `{"text":""}`},
	{"reply", "text", `{"text":"` + strings.Repeat("x", 4001) + `"}`},
	{"modify", "to.terms", `{"to":{"coverage":"none"}}`},
	{"modify", "to.terms.total", `{"to":{"terms":{"total":"1.001 USD"},"coverage":"none"}}`},
	{"modify", "to.coverage", `{"to":{"terms":{"total":"1 USD"},"coverage":"all"}}`},
	{"modify", "to.buyer_name", `{"to":{"terms":{"total":"1 USD"},"coverage":"none","buyer_name":"Ja\u202ene"}}`},
	{"modify", "to.price", `{"to":{"terms":{"total":"1 USD"},"coverage":"none","price":"1 USD"}}`},
	{"propose-change", "to.terms.ship_by.days", `{"to":{"terms":{"total":"1 USD","ship_by":{"days":0,"after":"initial"}},"coverage":"none"}}`},
	{"propose-change", "to", `{"to":null}`},
	{"accept-change", "proposal", `{"proposal":-1}`},
	{"accept-change", "proposal", `{}`},
	{"reject-change", "proposal", `{"proposal":4294967296}`},
	{"extend-receipt", "days", `{"days":15}`},
	{"open-dispute", "ground", `{"ground":"weather","claimed":"1 USD"}`},
	{"open-dispute", "claimed", `{"ground":"other"}`},
	{"open-dispute", "text", `{"ground":"other","claimed":"1 USD","text":"\u0000"}`},
	{"open-dispute", "text", `{"ground":"other","claimed":"1 USD","text":"` + strings.Repeat("x", 4001) + `"}`},
	{"withdraw", "by", `{"by":"buyer"}`},
	{"escalate", "command", `[]`},
	{"propose-settlement", "refund", `{"refund":"1e99 USD"}`},
	{"accept-settlement", "proposal", `{"proposal":1.5}`},
	{"arbitrate", "compensation", `{"refund":"1 USD","compensation":"1 USD"}`},
	{"arbitrate", "text", `{"text":"` + strings.Repeat("x", 4001) + `"}`},
	{"refund", "amount", `{"amount":"10.00 XYZ"}`},
	{"refund", "amount", `{}`},
	{"return-unapplied", "amount", `{"amount":1}`},
	{"charge-back", "reference", `{"reference":""}`},
	{"charge-back", "reference", `{"reference":"a\nb"}`},
	{"charge-back", "reference", `{"reference":"` + strings.Repeat("x", 141) + `"}`},
	{"charge-back", "case", `{"reference":"C-1"}`},
	{"charge-back", "case", `{"reference":"C-1","case":"\u2028"}`},
	{"charge-back", "at", `{"reference":"C-1","case":"a"}`},
	{"charge-back", "amount", `{"reference":"C-1","case":"a","amount":"-1 USD","at":"2025-01-01T00:00:00Z"}`},
	{"charge-back", "amount", `{"reference":"C-1","case":"a","amount":"1 XYZ","at":"2025-01-01T00:00:00Z"}`},
	{"resolve-chargeback", "case", `{"reference":"C-1","won":true}`},
	{"resolve-chargeback", "at", `{"reference":"C-1","case":"a","won":true}`},
	{"reverse-transfer", "case", `{"reference":"W-1","at":"2025-01-01T00:00:00Z"}`},
	{"reverse-transfer", "case", `{"reference":"W-1","case":"","at":"2025-01-01T00:00:00Z"}`},
	{"void-payment", "reference", `{"reference":""}`},
	{"void-payment", "method", `{"reference":"W-1","method":"cash"}`},
	{"apply-unapplied", "method", `{"amount":"1 USD","reference":"W-1","method":"cash"}`},
	{"return-unapplied", "reference", `{"amount":"1 USD","reference":"` + strings.Repeat("x", 141) + `"}`},
	{"resolve-chargeback", "won", `{"reference":"C-1"}`},
	{"resolve-chargeback", "won", `{"reference":"C-1","won":"true"}`},
	{"pay-the-seller", "command", `{}`},
	{"", "command", `{}`},
}

// TestMalformedCommands sends each of them, in every phase: the only result is an error of
// a known type that names field and reason, in bounded time.
func TestMalformedCommands(t *testing.T) {
	for i, bad := range badCommands {
		t.Run(fmt.Sprintf("%d/%s/%s", i, bad.name, bad.field), func(t *testing.T) {
			begin := time.Now()
			c, err := order.DecodeCommand(bad.name, []byte(bad.data))
			if err == nil {
				_, err = order.Decide(inPhase(t, order.PhaseDraft).order, c, trade.Given{By: seller, At: noon}, order.Facts{})
			}
			checkTyped(t, err)
			if took := time.Since(begin); took > time.Second {
				t.Errorf("it took %s", took)
			}
			if got := fieldOf(err); got != bad.field {
				t.Errorf("the error names %q, want %q: %v", got, bad.field, err)
			}
		})
	}
}

// fieldOf returns which field an error names. A8 speaks of form, and is a refusal.
func fieldOf(err error) string {
	if no, ok := errors.AsType[*trade.Refusal](err); ok {
		return no.Field
	}
	if bad, ok := errors.AsType[*trade.InvalidError](err); ok {
		return bad.Field
	}
	return fmt.Sprintf("none: %v", err)
}

// TestMalformedGiven decides without an actor, and without an instant.
func TestMalformedGiven(t *testing.T) {
	s := complete(t, order.CoverageNone)
	for field, g := range map[string]trade.Given{
		"actor.role":    {By: trade.Actor{}, At: noon},
		"actor.account": {By: trade.Actor{Role: trade.Seller}, At: noon},
		"actor.email":   {By: trade.Actor{Role: trade.Seller, Account: "acme", Email: "acme"}, At: noon},
		"at":            {By: seller},
	} {
		_, err := order.Decide(s.order, order.Cancel{}, g, order.Facts{})
		if checkTyped(t, err); fieldOf(err) != field {
			t.Errorf("the error names %q, want %q: %v", fieldOf(err), field, err)
		}
	}
	for name, at := range map[string]time.Time{
		"a nanosecond too early": trade.MinInstant.Add(-1), "a nanosecond too late": trade.MaxInstant.Add(1),
		"year 0": time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "year 20000": time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, s.at(at).when(seller, order.Cancel{}).invalid("at"))
	}
	t.Run("a malformed match", s.knowing(func(f *order.Facts) { f.Match = "a b" }).
		when(seller, order.MatchBuyer{Email: buyer.Email}).invalid("facts.match"))
	xyz := trade.Minor(100, trade.Currency{'X', 'Y', 'Z'})
	t.Run("a total of no currency", s.when(seller, order.SetTerms{Terms: order.Terms{Total: xyz}}).invalid("terms.total"))
	t.Run("an initial payment of no currency", s.when(seller, order.SetTerms{Terms: order.Terms{Total: money("1"), Initial: xyz}}).invalid("terms.initial"))
	t.Run("an item of no currency", s.when(seller, order.SetTerms{Terms: order.Terms{Total: money("1"), Items: []order.Item{{
		Name: "n", Unit: "pc", Quantity: number("1"), Price: number("1"), Amount: xyz}}}}).invalid("terms.items[0].amount"))
	t.Run("a fee of no currency", s.when(platform, order.RecordPayment{Reference: "R", Method: order.PayTT, Amount: money("1"), PaidAt: noon, Fee: xyz}).invalid("fee"))
}

// foreign has the methods of a command and of an event, and is not one of this package.
type foreign struct {
	order.Command
	order.Event
}

func (foreign) Name() string     { return "cancel" }
func (foreign) Kind() order.Kind { return order.KindClosed }

// TestForeignTypes passes a type of another package for a command and an event. For nil and for
// pointers TestAggregate does.
func TestForeignTypes(t *testing.T) {
	s := submitted(t, order.CoverageNone)
	before := s.order
	got, err := order.Decide(s.order, foreign{}, trade.Given{By: seller, At: s.now}, order.Facts{})
	if checkTyped(t, err); fieldOf(err) != "command" || len(got) > 0 || !reflect.DeepEqual(s.order, before) {
		t.Errorf("decided: %v, %v", got, err)
	}
	if name, data := order.EncodeCommand(foreign{}); name != "" || string(data) != "null" {
		t.Errorf("encoded as %q %s", name, data)
	}
	err = s.order.Apply(foreign{}, s.now)
	if checkTyped(t, err); fieldOf(err) != "event" || !reflect.DeepEqual(s.order, before) {
		t.Errorf("applied: %v", err)
	}
	if _, _, data, err := order.EncodeEvent(nil, foreign{}); fieldOf(err) != "event" || data != nil {
		t.Errorf("encoded as %s, %v", data, err)
	}
	for name, e := range map[string]order.Event{"foreign": foreign{}, "nil": nil} {
		_, err = order.Replay(order.New(orderID), append(slices.Clone(s.history), events.Recorded[order.Event]{At: s.now, Event: e}))
		corrupt, ok := errors.AsType[*events.CorruptError](err)
		if !ok || corrupt.Version != events.Version(len(s.history)+1) || corrupt.Type != "unknown" {
			t.Errorf("replayed %s: %v", name, err)
		}
	}
}

// TestMalformedEvents gives the decoder what no store should have.
func TestMalformedEvents(t *testing.T) {
	for _, bad := range []struct {
		typ     string
		version uint16
		field   string
		data    string
	}{
		{"order.funded", 1, "event", "{" + strings.Repeat(" ", events.MaxData) + "}"},
		{"order.funded", 1, "paid", `{"paid":true}`},
		{"order.receipt-confirmed", 1, "by", `{"by":"nobody"}`},
		{"order.receipt-confirmed", 1, "by", `{"by":"Buyer"}`},
		{"order.confirmed", 1, "Terms", `{"account":"b","terms":1,"Terms":2,"pay_by":"2025-01-01T00:00:00Z"}`},
		{"order.confirmed", 1, "pay_by", `{"account":"b","terms":1,"pay_by":"0000-01-01T00:00:00Z"}`},
		{"order.hold-placed", 1, "amount", `{"need":"1 USD","amount":"1e99 USD"}`},
		{"order.closed", 1, "event", `null`},
	} {
		e, err := order.DecodeEvent(bad.typ, bad.version, []byte(bad.data))
		if checkTyped(t, err); e != nil || fieldOf(err) != bad.field {
			t.Errorf("%.40s %.60s: the error names %q, want %q: %v", bad.typ, bad.data, fieldOf(err), bad.field, err)
		}
	}
}

// TestLargestEventsFit holds the largest payloads that the rules let pass to the bound of the log.
func TestLargestEventsFit(t *testing.T) {
	item := order.Item{
		Name: strings.Repeat(`"`, 200), HSCode: "9405210090", Quantity: number("1"), Unit: strings.Repeat(`\`, 20),
		Price: number("920000000000.000001"), Amount: money("920000000000.00"),
	}
	terms := order.Terms{Total: money("92000000000000.00"), TradeTerm: strings.Repeat(`"`, 100), ShipBy: order.ShipBy{Days: 365, After: order.BalancePayment}}
	for range order.MaxItems {
		terms.Items = append(terms.Items, item)
	}
	s := drafted(t).does(seller, order.SetTerms{Terms: terms})
	contract := order.AttachContract{FileName: strings.Repeat(`"`, 255), SHA256: digest, Size: 1 << 62, Text: strings.Repeat("x", order.MaxContractText)}
	s = s.does(seller, contract)
	review := order.Review{Rating: 5, Text: trade.Text(strings.Repeat(`"`, 4000))}
	r := received(t, order.CoverageNone).does(buyer, review)
	large := trade.Text(strings.Repeat(`"`, 4000))
	o := s.matched().covered(order.CoverageNone).submits()
	other := order.Amendment{Terms: terms, Coverage: order.CoverageNone, BuyerName: strings.Repeat(`"`, 200)}
	o = o.does(seller, order.Modify{To: other}).confirms().wired("1")
	o = o.does(platform, order.ApplyUnapplied{Amount: money("1"), Reference: o.latest()})
	other.BuyerName, other.Terms.TradeTerm = "", ""
	o = o.does(seller, order.ProposeChange{To: other}).does(buyer, order.AcceptChange{Proposal: 1}).
		does(buyer, order.OpenDispute{Ground: order.GroundOther, Claimed: money("1"), Text: large}).
		after(6*day).does(system, order.Escalate{}).does(platform, order.Arbitrate{Text: large})
	for _, rec := range slices.Concat(s.history, r.history, o.history) {
		if _, _, data, _ := order.EncodeEvent(nil, rec.Event); len(data) > events.MaxData {
			t.Errorf("%s has %d bytes", rec.Event.Kind(), len(data))
		}
	}
	if _, data := order.EncodeCommand(contract); len(data) > trade.MaxCommand {
		t.Errorf("the contract has %d bytes", len(data))
	}
}

// TestPolicyValidate names what a platform may not set.
func TestPolicyValidate(t *testing.T) {
	if err := order.DefaultPolicy().Validate(); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		field string
		set   func(*order.Policy)
	}{
		{"policy.confirm_within", func(p *order.Policy) { p.ConfirmWithin = 0 }},
		{"policy.confirm_within", func(p *order.Policy) { p.ConfirmWithin = 1<<63 - 1 }},
		{"policy.pay_within", func(p *order.Policy) { p.PayWithin = -1 }},
		{"policy.processing_life.tt", func(p *order.Policy) { p.ProcessingLife.TT = -1 }},
		{"policy.processing_life.card", func(p *order.Policy) { p.ProcessingLife.Card = -1 }},
		{"policy.processing_life.e_check", func(p *order.Policy) { p.ProcessingLife.ECheck = -1 }},
		{"policy.max_disputes", func(p *order.Policy) { p.MaxDisputes = 101 }},
		{"policy.review_within", func(p *order.Policy) { p.ReviewWithin = 11 * 365 * day }},
		{"policy.clock_skew", func(p *order.Policy) { p.ClockSkew = -1 }},
		{"policy.receipt_extension", func(p *order.Policy) { p.ReceiptExtension = -1 }},
		{"policy.ship_within", func(p *order.Policy) { p.ShipWithin = 11 * 365 * day }},
		{"policy.escalate_from", func(p *order.Policy) { p.EscalateFrom = -1 }},
		{"policy.escalate_after", func(p *order.Policy) { p.EscalateAfter = p.EscalateFrom - 1 }},
		{"policy.receipt_days", func(p *order.Policy) { p.ReceiptDays = nil }},
		{"policy.receipt_days", func(p *order.Policy) { p.ReceiptDays = map[order.Transport]int{} }},
		{"policy.receipt_days", func(p *order.Policy) { p.ReceiptDays = map[order.Transport]int{order.TransportAir: 0} }},
		{"policy.receipt_days", func(p *order.Policy) { p.ReceiptDays = map[order.Transport]int{order.TransportAir: 1 << 40} }},
		{"policy.receipt_days", func(p *order.Policy) { p.ReceiptDays = map[order.Transport]int{"by air": 15} }},
		{"policy.hold_at", func(p *order.Policy) { p.HoldAt = 2 }},
		{"policy.link_prefix", func(p *order.Policy) { p.LinkPrefix = "\x00" }},
	} {
		p := order.DefaultPolicy()
		c.set(p)
		err := p.Validate()
		if checkTyped(t, err); fieldOf(err) != c.field {
			t.Errorf("%d: the error names %q, want %q: %v", i, fieldOf(err), c.field, err)
		}
	}
}
