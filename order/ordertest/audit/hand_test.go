package audit_test

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/seller"
)

// hand writes records by hand, behind those of a desk that drafted and confirmed the orders. What the
// money of an order does is written out with every amount, so that nothing but the rule book says it.
type hand struct {
	testing.TB
	story    *story
	log      []events.Record
	now      time.Time
	accounts map[int]string // the receiving account of each order
}

// said is a record that is to be written.
type said struct{ stream, typ, data string }

func newHand(t testing.TB) *hand {
	h := &hand{TB: t, story: newStory(t), now: start, accounts: make(map[int]string)}
	h.story.do(acme, desk.OnSeller(acme.Account, seller.Activate{Route: seller.RouteConsole}))
	h.story.do(platform, desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: money("900000 USD")}))
	return h
}

// confirmed drafts an order of 6,000 with goods that customs have released, and has it confirmed.
func (h *hand) confirmed(n int, initial string, coverage order.Coverage) {
	h.Helper()
	e := order.EntrustmentID(fmt.Sprint("E", n))
	h.story.by(acme, n, order.Draft{Mode: order.DraftOnline}, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"}, order.MatchBuyer{Email: bruno.Email},
		order.SetTerms{Terms: terms("6000", initial)}, order.ChooseCoverage{Coverage: coverage, TermsAccepted: true}, order.SetTransport{Mode: order.TransportAir},
		order.Submit{OneTouchAcknowledged: true})
	h.story.by(bruno, n, order.Confirm{Terms: 2})
	h.story.linked(n, e)
	h.story.goods(platform, e, entrustment.Release{ReleasedAt: start})
	h.accounts[n] = string(h.story.order(n).ReceivingAccount)
	h.now = start
}

// takeOver reads what the desk has written. What follows is written by hand.
func (h *hand) takeOver() {
	for r, err := range h.story.store.ReadAll(context.Background(), 0, events.Filter{}) {
		if err != nil {
			h.Fatal(err)
		}
		h.log = append(h.log, r)
	}
}

// asks writes a commit.
func (h *hand) asks(meta string, records ...said) {
	commit := uuid.New()
	for i, r := range records {
		h.log = append(h.log, events.Record{
			Stream: events.StreamID(r.stream), Type: r.typ, Schema: 1, Commit: commit, Index: i, At: h.now, Meta: []byte(meta), Data: []byte(r.data),
		})
	}
}

// of is an event of the n-th order.
func of(n int, typ, data string) said { return said{"order-" + o(n), "order." + typ, data} }

// object is the JSON of an event. Members that are empty are left out, and amounts get their currency.
type object []any

func (m object) String() string {
	var list []string
	for i := 0; i < len(m); i += 2 {
		name, value := m[i].(string), m[i+1]
		switch v := value.(type) {
		case string:
			if v == "" {
				continue
			}
		case usdAmount:
			if v == "" {
				continue
			}
			value = string(v) + " USD"
		case time.Time:
			if v.IsZero() {
				continue
			}
		case bool:
			if !v {
				continue
			}
		case object:
			list = append(list, fmt.Sprintf("%q:%s", name, v))
			continue
		}
		b, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		list = append(list, fmt.Sprintf("%q:%s", name, b))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// usdAmount is an amount such as "2000.00"; empty is none.
type usdAmount string

// paid is a payment that came in, and where its money goes.
type paid struct {
	method, id, reference                string
	amount, applied, unapplied, reversed usdAmount
	payer                                string
	review                               bool
}

// stream is that of a payment of the n-th order.
func (h *hand) stream(n int, method, reference string) string {
	return paymentStream(method, h.accounts[n], reference)
}

// paymentStream is the stream of a payment, made here from the words of the rule.
func paymentStream(method, account, reference string) string {
	key := fmt.Sprintf("%d:%s%d:%s", len(method), method, len(reference), reference)
	if method == "tt" {
		key = fmt.Sprintf("2:tt%d:%s%d:%s", len(account), account, len(reference), reference)
	}
	sum := sha256.Sum256([]byte(key))
	return "payment-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

// receives records a payment of the second edition.
func (h *hand) receives(n int, p paid, then ...said) {
	account := ""
	if p.method == "tt" {
		account = h.accounts[n]
		if p.payer == "" {
			p.payer = "Bruno Imports"
		}
	}
	h.asks(by(byPlatform, "record-payment"), append([]said{
		of(n, "payment-received", object{
			"reference", p.reference, "method", p.method, "payment", p.id, "account", account, "amount", p.amount, "applied", p.applied,
			"unapplied", p.unapplied, "reversed", p.reversed, "payer", p.payer, "paid_at", h.now, "needs_review", p.review, "own_stream", true,
		}.String()),
		{h.stream(n, p.method, p.reference), "payment.recorded", object{
			"order", o(n), "method", p.method, "account", account, "reference", p.reference, "amount", p.amount, "review", p.review,
		}.String()},
	}, then...)...)
}

// announces is the buyer's word that a payment is on its way.
func (h *hand) announces(n int, method, id string, amount usdAmount) {
	life := map[string]time.Duration{"card": day, "e-check": 14 * day, "tt": 7 * day}[method]
	country := map[string]string{"e-check": "US"}[method]
	h.asks(by(byBuyer, "initiate-payment"), of(n, "payment-initiated", object{
		"payment", id, "method", method, "amount", amount, "bank_country", country, "notice_until", h.now.Add(life),
	}.String()))
}

// card announces a payment by card and records it.
func (h *hand) card(n int, id string, amount, applied, unapplied usdAmount, then ...said) {
	h.announces(n, "card", id, amount)
	h.receives(n, paid{method: "card", id: id, reference: "K-" + id, amount: amount, applied: applied, unapplied: unapplied}, then...)
}

// bank is the instant from which the instants of banks are counted, a day before the orders begin.
var bank = start.Add(-day)

// told is what a bank reports of a case, and what the order answers: amounts that move, and the sums of
// the cases after it.
type told struct {
	method, reference, name     string
	of, claimed                 usdAmount // of the payment, and of the case
	at                          time.Duration
	won                         bool
	applied, unapplied          usdAmount
	reviewed, shortfall         usdAmount
	taken, lost, excess         usdAmount
	open                        int
	receiptBy, payBy, confirmBy time.Time
}

func (r told) sums() object {
	zero := func(m usdAmount) usdAmount {
		if m == "" {
			return "0.00"
		}
		return m
	}
	return object{"taken", zero(r.taken), "lost", zero(r.lost), "excess", zero(r.excess), "open", r.open}
}

// takes reports that a bank took a payment back: a chargeback, or the recall of a transfer.
func (h *hand) takes(n int, r told, then ...said) {
	command, typ := "charge-back", "payment-reversed"
	if r.method == "tt" {
		command, typ = "reverse-transfer", "transfer-reversed"
	}
	h.asks(by(byPlatform, command), append([]said{
		of(n, typ, object{
			"reference", r.reference, "amount", r.of, "applied", r.applied, "unapplied", r.unapplied, "reviewed", r.reviewed,
			"case", r.name, "claimed", r.claimed, "at", bank.Add(r.at), "shortfall", r.shortfall, "cases", r.sums(),
		}.String()),
		{h.stream(n, r.method, r.reference), "payment.taken", object{"case", r.name, "amount", r.claimed, "at", bank.Add(r.at)}.String()},
	}, then...)...)
}

// ends reports how a case ended.
func (h *hand) ends(n int, r told, then ...said) {
	h.asks(by(byPlatform, "resolve-chargeback"), append([]said{
		of(n, "chargeback-resolved", object{
			"reference", r.reference, "won", r.won, "applied", r.applied, "unapplied", r.unapplied, "reviewed", r.reviewed,
			"receipt_deadline", r.receiptBy, "pay_by", r.payBy, "confirm_by", r.confirmBy,
			"case", r.name, "at", bank.Add(r.at), "shortfall", r.shortfall, "cases", r.sums(),
		}.String()),
		{h.stream(n, r.method, r.reference), "payment.resolved", object{"case", r.name, "won", r.won, "at", bank.Add(r.at)}.String()},
	}, then...)...)
}

// unfunded is the way back to the confirmed order.
func (h *hand) unfunded(n int) said {
	return of(n, "unfunded", object{"pay_by", h.now.Add(60 * day)}.String())
}

func (h *hand) refunds(n int, amount usdAmount, then ...said) {
	h.asks(by(bySeller, "refund"), append([]said{of(n, "refund-made", object{"amount", amount, "cause", "agreed"}.String())}, then...)...)
}

// closes is the end of an order, with its goods unlinked if it was not shipped.
func (h *hand) closes(n int, reason string) []said {
	e := fmt.Sprint("E", n)
	return []said{
		of(n, "entrustment-unlinked", object{"entrustment", e, "cause", "closed"}.String()),
		{"entrustment-" + e, "entrustment.unlinked", object{"order", o(n), "cause", "closed"}.String()},
		of(n, "closed", object{"reason", reason}.String()),
	}
}

func (h *hand) ships(n int, agreed time.Time) {
	h.asks(by(bySeller, "mark-shipped"), of(n, "shipped", object{
		"shipped_at", h.now, "receipt_deadline", h.now.Add(15 * day), "agreed", agreed,
	}.String()))
}

// funded is what follows the initial payment.
func funded(n int) said { return of(n, "funded", "{}") }

func (h *hand) after(d time.Duration) { h.now = h.now.Add(d) }

// figures are what the auditor has of the n-th order of a log.
func figures(t *testing.T, a *audit.Auditor, n int) audit.Figures {
	t.Helper()
	f := a.Figures(events.StreamID("order-" + o(n)))
	if f == nil {
		t.Fatalf("there is no order %d", n)
	}
	return f
}
