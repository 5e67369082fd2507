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

// handLog is a log written by hand, after the records of a desk that drafted and confirmed the orders. The
// movements of money are written with every amount: they come from the rule book, not from the code.
type handLog struct {
	testing.TB
	story    *deskStory
	log      []events.Record
	now      time.Time
	accounts map[int]string // the receiving account of each order
}

// entry is a record to be written.
type entry struct{ stream, typ, data string }

func newHandLog(t testing.TB) *handLog {
	h := &handLog{TB: t, story: newDeskStory(t), now: start, accounts: make(map[int]string)}
	h.story.do(acme, desk.OnSeller(acme.Account, seller.Activate{Route: seller.RouteConsole}))
	h.story.do(platform, desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: money("900000 USD")}))
	return h
}

// confirmedOrder drafts and confirms an order of 6,000 with a linked entrustment that customs released.
func (h *handLog) confirmedOrder(n int, initial string, coverage order.Coverage) {
	h.Helper()
	e := order.EntrustmentID(fmt.Sprint("E", n))
	h.story.onOrder(acme, n, order.Draft{Mode: order.DraftOnline}, order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno Imports"}, order.MatchBuyer{Email: bruno.Email},
		order.SetTerms{Terms: terms("6000", initial)}, order.ChooseCoverage{Coverage: coverage, TermsAccepted: true}, order.SetTransport{Mode: order.TransportAir},
		order.Submit{OneTouchAcknowledged: true})
	h.story.onOrder(bruno, n, order.Confirm{Terms: 2})
	h.story.linked(n, e)
	h.story.onEntrustment(platform, e, entrustment.Release{ReleasedAt: start})
	h.accounts[n] = string(h.story.order(n).ReceivingAccount)
	h.now = start
}

// readDeskLog reads the records of the desk. The records after them are written by hand.
func (h *handLog) readDeskLog() {
	for r, err := range h.story.store.ReadAll(context.Background(), 0, events.Filter{}) {
		if err != nil {
			h.Fatal(err)
		}
		h.log = append(h.log, r)
	}
}

// commit appends a commit.
func (h *handLog) commit(meta string, records ...entry) {
	commit := uuid.New()
	for i, r := range records {
		h.log = append(h.log, events.Record{
			Stream: events.StreamID(r.stream), Type: r.typ, Schema: 1, Commit: commit, Index: i, At: h.now, Meta: []byte(meta), Data: []byte(r.data),
		})
	}
}

// orderEvent returns an event of the n-th order.
func orderEvent(n int, typ, data string) entry { return entry{"order-" + o(n), "order." + typ, data} }

// jsonObject has the names and values of an event's JSON. String leaves out empty members and adds the
// currency to amounts.
type jsonObject []any

func (m jsonObject) String() string {
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
		case jsonObject:
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

// usdAmount is an amount such as "2000.00", or "" for none.
type usdAmount string

// receipt is a received payment and the use of its money.
type receipt struct {
	method, id, reference                string
	amount, applied, unapplied, reversed usdAmount
	payer                                string
	needsReview                          bool
}

// stream returns the stream of a payment of the n-th order.
func (h *handLog) stream(n int, method, reference string) string {
	return paymentStream(method, h.accounts[n], reference)
}

// paymentStream returns the stream of a payment, computed as the text of the rule says.
func paymentStream(method, account, reference string) string {
	key := fmt.Sprintf("%d:%s%d:%s", len(method), method, len(reference), reference)
	if method == "tt" {
		key = fmt.Sprintf("2:tt%d:%s%d:%s", len(account), account, len(reference), reference)
	}
	sum := sha256.Sum256([]byte(key))
	return "payment-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

// recordPayment records a payment of the second edition.
func (h *handLog) recordPayment(n int, p receipt, then ...entry) {
	account := ""
	if p.method == "tt" {
		account = h.accounts[n]
		if p.payer == "" {
			p.payer = "Bruno Imports"
		}
	}
	h.commit(meta(byPlatform, "record-payment"), append([]entry{
		orderEvent(n, "payment-received", jsonObject{
			"reference", p.reference, "method", p.method, "payment", p.id, "account", account, "amount", p.amount, "applied", p.applied,
			"unapplied", p.unapplied, "reversed", p.reversed, "payer", p.payer, "paid_at", h.now, "needs_review", p.needsReview, "own_stream", true,
		}.String()),
		{h.stream(n, p.method, p.reference), "payment.recorded", jsonObject{
			"order", o(n), "method", p.method, "account", account, "reference", p.reference, "amount", p.amount, "review", p.needsReview,
		}.String()},
	}, then...)...)
}

// announce records that the buyer initiates a payment.
func (h *handLog) announce(n int, method, id string, amount usdAmount) {
	life := map[string]time.Duration{"card": day, "e-check": 14 * day, "tt": 7 * day}[method]
	country := map[string]string{"e-check": "US"}[method]
	h.commit(meta(byBuyer, "initiate-payment"), orderEvent(n, "payment-initiated", jsonObject{
		"payment", id, "method", method, "amount", amount, "bank_country", country, "notice_until", h.now.Add(life),
	}.String()))
}

// cardPayment announces a payment by card and records it.
func (h *handLog) cardPayment(n int, id string, amount, applied, unapplied usdAmount, then ...entry) {
	h.announce(n, "card", id, amount)
	h.recordPayment(n, receipt{method: "card", id: id, reference: "K-" + id, amount: amount, applied: applied, unapplied: unapplied}, then...)
}

// bankStart is the origin of the instants in the reports of banks, a day before the orders begin.
var bankStart = start.Add(-day)

// caseReport is a bank's report about a case and its result: the amounts that the order moves, and the sums
// of the cases after it.
type caseReport struct {
	method, reference, name     string
	payment, claimed            usdAmount // the amounts of the payment and of the case
	at                          time.Duration
	won                         bool
	applied, unapplied          usdAmount
	reviewed, shortfall         usdAmount
	taken, lost, excess         usdAmount
	open                        int
	receiptBy, payBy, confirmBy time.Time
}

// sums returns the sums of the cases as an event states them.
func (r caseReport) sums() jsonObject {
	zero := func(m usdAmount) usdAmount {
		if m == "" {
			return "0.00"
		}
		return m
	}
	return jsonObject{"taken", zero(r.taken), "lost", zero(r.lost), "excess", zero(r.excess), "open", r.open}
}

// openCase records that a bank takes a payment back: a chargeback, or the recall of a transfer.
func (h *handLog) openCase(n int, r caseReport, then ...entry) {
	command, typ := "charge-back", "payment-reversed"
	if r.method == "tt" {
		command, typ = "reverse-transfer", "transfer-reversed"
	}
	h.commit(meta(byPlatform, command), append([]entry{
		orderEvent(n, typ, jsonObject{
			"reference", r.reference, "amount", r.payment, "applied", r.applied, "unapplied", r.unapplied, "reviewed", r.reviewed,
			"case", r.name, "claimed", r.claimed, "at", bankStart.Add(r.at), "shortfall", r.shortfall, "cases", r.sums(),
		}.String()),
		{h.stream(n, r.method, r.reference), "payment.taken", jsonObject{"case", r.name, "amount", r.claimed, "at", bankStart.Add(r.at)}.String()},
	}, then...)...)
}

// resolveCase records the end of a case.
func (h *handLog) resolveCase(n int, r caseReport, then ...entry) {
	h.commit(meta(byPlatform, "resolve-chargeback"), append([]entry{
		orderEvent(n, "chargeback-resolved", jsonObject{
			"reference", r.reference, "won", r.won, "applied", r.applied, "unapplied", r.unapplied, "reviewed", r.reviewed,
			"receipt_deadline", r.receiptBy, "pay_by", r.payBy, "confirm_by", r.confirmBy,
			"case", r.name, "at", bankStart.Add(r.at), "shortfall", r.shortfall, "cases", r.sums(),
		}.String()),
		{h.stream(n, r.method, r.reference), "payment.resolved", jsonObject{"case", r.name, "won", r.won, "at", bankStart.Add(r.at)}.String()},
	}, then...)...)
}

// unfundedEvent returns the event that takes the order back to the confirmed phase.
func (h *handLog) unfundedEvent(n int) entry {
	return orderEvent(n, "unfunded", jsonObject{"pay_by", h.now.Add(60 * day)}.String())
}

func (h *handLog) refund(n int, amount usdAmount, then ...entry) {
	h.commit(meta(bySeller, "refund"), append([]entry{orderEvent(n, "refund-made", jsonObject{"amount", amount, "cause", "agreed"}.String())}, then...)...)
}

// closeEvents returns the events that close an order that is not shipped and unlink its entrustment.
func (h *handLog) closeEvents(n int, reason string) []entry {
	e := fmt.Sprint("E", n)
	return []entry{
		orderEvent(n, "entrustment-unlinked", jsonObject{"entrustment", e, "cause", "closed"}.String()),
		{"entrustment-" + e, "entrustment.unlinked", jsonObject{"order", o(n), "cause", "closed"}.String()},
		orderEvent(n, "closed", jsonObject{"reason", reason}.String()),
	}
}

func (h *handLog) ship(n int, agreed time.Time) {
	h.commit(meta(bySeller, "mark-shipped"), orderEvent(n, "shipped", jsonObject{
		"shipped_at", h.now, "receipt_deadline", h.now.Add(15 * day), "agreed", agreed,
	}.String()))
}

// fundedEvent returns the event after the initial payment is settled.
func fundedEvent(n int) entry { return orderEvent(n, "funded", "{}") }

func (h *handLog) advance(d time.Duration) { h.now = h.now.Add(d) }

// orderFigures returns the auditor's figures of the n-th order.
func orderFigures(t *testing.T, a *audit.Auditor, n int) audit.Figures {
	t.Helper()
	f := a.Figures(events.StreamID("order-" + o(n)))
	if f == nil {
		t.Fatalf("there is no order %d", n)
	}
	return f
}
