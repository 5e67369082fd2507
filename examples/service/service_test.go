package main

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// shown is a part of the answer of GET /orders/{id}, the state of the order.
type shown struct {
	Phase    string                          `json:"phase"`
	Buyer    struct{ Account trade.Account } `json:"buyer"`
	Revision order.Revision                  `json:"revision"`
	Terms    order.Terms                     `json:"terms"`
	Account  order.ReceivingAccount          `json:"receiving_account"`
}

// state decodes the part of a state that v has, and returns the version of its ETag.
func state(t *testing.T, a answer, v any) events.Version {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	version, err := strconv.ParseUint(strings.Trim(a.header.Get("ETag"), `"`), 10, 63)
	if err != nil {
		t.Fatal(err)
	}
	return events.Version(version)
}

// TestAnOrderIsMade takes an order from its draft to its payment, and reads it as each party on the
// way.
func TestAnOrderIsMade(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	id := trade.NewID()
	path := "/orders/" + id.String()
	last := s.submitted(id)

	a := s.get(path, bruno)
	var o shown
	if v := state(t, a, &o); v != last.Version || o.Phase != "submitted" || o.Buyer.Account != "b-bruno" {
		t.Fatalf("at version %d, want %d: %s", v, last.Version, a.body)
	}
	documented, _, err := s.desk.ReadOrder(t.Context(), trade.Actor{Role: trade.Platform}, id)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(documented); err != nil || string(text)+"\n" != a.body {
		t.Errorf("the answer is %s, and the state %s, %v", a.body, text, err)
	}
	if next := read[upcoming](t, s.get(path+"/next", bruno)); next.Version != last.Version || !slices.Contains(next.Commands, nextCommand{"confirm", ""}) {
		t.Errorf("the buyer may issue %+v", next)
	}
	confirm := `{"terms":` + strconv.Itoa(int(o.Revision)) + `}`
	if p := s.problem(s.ask(path+"/commands/confirm", bruno, confirm, "If-Match", `"3"`), http.StatusPreconditionFailed, "#version"); p.Version != last.Version {
		t.Errorf("the version that is: %d, want %d", p.Version, last.Version)
	}
	if a := s.ask(path+"/commands/confirm", bruno, confirm, "If-Match", a.header.Get("ETag")); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	paid := s.must(path+"/commands/record-payment", platform, `{"reference":"TT-1","method":"tt","account":"`+string(o.Account)+`","amount":"1000.00 USD","payer":"Bruno Imports","paid_at":"2026-01-02T00:00:00Z"}`)
	if v := state(t, s.get(path, acme), &o); o.Phase != "ready-to-ship" || v != paid.Version {
		t.Errorf("%d %+v", v, o)
	}
	if next := read[upcoming](t, s.get(path+"/next", acme)); !next.Due.IsZero() || next.Version != paid.Version || next.DeadlineKind != "" && next.Deadline.IsZero() {
		t.Errorf("%+v", next)
	}

	list := read[page](t, s.get("/orders?phase=ready-to-ship&wait="+strconv.Itoa(int(paid.Position)), bruno))
	if len(list.Orders) != 1 || list.Orders[0].ID != id || list.Orders[0].Version != paid.Version {
		t.Errorf("the board has %+v", list)
	}
	if list := read[page](t, s.get("/orders", carla)); len(list.Orders) != 0 {
		t.Errorf("a stranger sees %+v", list)
	}

	a = s.get(path+"/timeline", bruno)
	moments := read[[]moment](t, a)
	if n := len(moments); n != int(paid.Version) || moments[0].Type != "order.drafted" || moments[n-1].Phase != "ready-to-ship" {
		t.Errorf("%s", a.body)
	}
	if strings.Contains(a.body, "purchasing@bruno") || strings.Contains(a.body, "Bruno Imports") || !strings.Contains(a.body, "p***@bruno.example") {
		t.Errorf("the timeline is not masked: %s", a.body)
	}
	for _, x := range []string{"", "/timeline", "/next"} {
		s.problem(s.get(path+x, carla), http.StatusNotFound, "about:blank")
		s.problem(s.get("/orders/"+trade.NewID().String()+x, acme), http.StatusNotFound, "about:blank")
	}
}

// TestPages walks a board page by page, by next and by Link, and meets each order once.
func TestPages(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	want := make(map[trade.ID]bool)
	var last done
	for range 7 {
		id := trade.NewID()
		want[id] = true
		last = s.must("/orders/"+id.String()+"/commands/draft", acme, `{"mode":"online"}`)
	}
	path, pages := "/orders?seller=s-acme&limit=3&wait="+strconv.Itoa(int(last.Position)), 0
	for path != "" {
		a := s.get(path, platform)
		p := read[page](t, a)
		for _, o := range p.Orders {
			if !want[o.ID] {
				t.Errorf("order %s is repeated or unexpected", o.ID)
			}
			delete(want, o.ID)
		}
		if link := a.header.Get("Link"); p.Next != "" && link != "<"+p.Next+`>; rel="next"` {
			t.Errorf("Link %s, next %s", link, p.Next)
		}
		path = p.Next
		pages++
	}
	if pages != 3 || len(want) != 0 {
		t.Errorf("%d pages, and %d orders are missing", pages, len(want))
	}
	for _, query := range []string{"limit=0x1", "limit=-1", "limit=201", "colour=red", "phase=gone", "phase=draft&phase=draft", "after=x", "seller=a%20b&after=1/2", "by_deadline=maybe", "due_before=soon", "wait=-1"} {
		s.problem(s.get("/orders?"+query, platform), http.StatusBadRequest, "#malformed")
	}
}

// TestEveryTarget sends a command to each path that takes one.
func TestEveryTarget(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	s.drafted(trade.NewID())
	later := trade.NewID().String()
	asked := map[string]bool{"/orders/{id}": true, "/services/{account}": true, "/lines/{account}/{currency}": true}
	for _, step := range []struct{ target, path, token, body string }{
		{"/quotas/{account}/{currency}", "/quotas/s-acme/CNY/commands/open-line", platform, `{"limit":"5000.00 CNY"}`},
		{"/pay-later/{id}", "/pay-later/" + later + "/commands/place", carla, `{"merchant":"s-acme","chose_pay_later":true,"amount":"100.00 CNY"}`},
		{"/entrustments/{id}", "/entrustments/E-1/commands/draft", acme, `{"title":"lamps"}`},
		{"/funds/{account}/{currency}", "/funds/s-acme/CNY/commands/bind-card", acme, `{"card":"6222020000000000000","holder":"s-acme"}`},
	} {
		asked[step.target] = true
		if got := s.must(step.path, step.token, step.body); got.Version != 1 || got.Position == 0 {
			t.Errorf("%s: %+v", step.path, got)
		}
	}
	for _, x := range actions {
		if !asked[x.path] {
			t.Errorf("nothing was sent to %s", x.path)
		}
	}
	for path, member := range map[string]string{
		"/quotas/s-acme/CNY": `"limit":"5000.00 CNY"`, "/pay-later/" + later: `"phase":"placed"`, "/entrustments/E-1": `"phase":"drafted"`,
		"/funds/s-acme/CNY": `"cards":["6222020000000000000"]`, "/services/s-acme": `"phase":"active"`, "/lines/s-acme/USD": `"limit":"50000.00 USD"`,
	} {
		a := s.get(path, platform)
		if a.status != http.StatusOK || !strings.Contains(a.body, member) || strings.Contains(a.body, "0001-01-01") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if again := s.send(http.MethodGet, path, platform, "", "If-None-Match", `"77", `+a.header.Get("ETag")); again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s again: %d %s", path, again.status, again.body)
		}
		s.problem(s.get(path, orient), http.StatusNotFound, "about:blank")
	}
	a := s.ask("/entrustments/E-2/commands/draft", acme, `{"title":"lamps"}`)
	if a.status != http.StatusCreated || a.header.Get("Location") != "/entrustments/E-2" {
		t.Errorf("%d %v", a.status, a.header)
	}
	p := s.problem(s.ask("/orders/"+uuid.NewString()+"/commands/draft", acme, `{"mode":"online"}`), http.StatusBadRequest, "#malformed")
	if p.Field != "order" {
		t.Errorf("an id of version 4: %+v", p)
	}
}

// TestRefusals gets refusals in both languages, with the missing amount and the earliest time.
func TestRefusals(t *testing.T) {
	s := startLocal(t, nil, nil)
	draft := "/orders/" + trade.NewID().String() + "/commands/draft"
	for header, want := range map[string]rule.Lang{
		"": rule.English, "zh-CN": rule.Chinese, "en;q=0.5, zh;q=0.8": rule.Chinese, "fr, en-GB;q=0.7, zh;q=0.3": rule.English, "ZH;q=x, *": rule.English,
	} {
		a := s.ask(draft, acme, `{"mode":"online"}`, "Accept-Language", header)
		p := s.problem(a, http.StatusConflict, "#refused")
		if p.Rule != rule.A6 || p.Text != rule.A6.Text(want) || !strings.HasPrefix(p.Detail, p.Text) || p.Command != "draft" || a.header.Get("Content-Language") != string(want) {
			t.Errorf("%q: %s", header, a.body)
		}
	}

	s.opened()
	id := trade.NewID()
	s.drafted(id)
	path := "/orders/" + id.String() + "/commands/"
	s.must(path+"set-terms", acme, `{"terms":{"total":"50070.00 USD"}}`)
	s.must(path+"choose-coverage", acme, `{"coverage":"post-delivery","terms_accepted":true}`)
	a := s.ask(path+"submit", acme, `{"onetouch_acknowledged":true}`)
	if p := s.problem(a, http.StatusConflict, "#refused"); p.Rule != rule.D3 || p.Missing.String() != "70.00 USD" || !strings.Contains(a.body, `"missing":"70.00 USD"`) {
		t.Errorf("%s", a.body)
	}

	text, err := os.ReadFile("../quickstart/contract.json")
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Entrustments []struct{ Declaration json.RawMessage }
	}
	if err := json.Unmarshal(text, &contract); err != nil {
		t.Fatal(err)
	}
	s.must("/entrustments/E-1/commands/draft", acme, `{"title":"lamps"}`)
	s.must("/entrustments/E-1/commands/submit", acme, `{}`)
	s.must("/entrustments/E-1/commands/approve", platform, `{}`)
	s.must("/entrustments/E-1/commands/declare", platform, `{"declaration":`+string(contract.Entrustments[0].Declaration)+`}`)
	a = s.ask("/entrustments/E-1/commands/release", platform, `{"released_at":"2099-01-01T00:00:00Z"}`)
	if p := s.problem(a, http.StatusConflict, "#refused"); p.Rule != rule.D61 || p.Earliest.Year() != 2099 {
		t.Errorf("%s", a.body)
	}
}

// TestStrangers has strangers name what exists and what does not exist: the answers are the same,
// 403 to a command and 404 to a read (D64).
func TestStrangers(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	there, missing := trade.NewID().String(), trade.NewID().String()
	s.submitted(trade.ID(uuid.MustParse(there)))
	s.must("/quotas/s-acme/CNY/commands/open-line", platform, `{"limit":"5000.00 CNY"}`)
	for _, x := range []struct{ path, missing, body string }{
		{"/orders/" + there + "/commands/confirm", "/orders/" + missing + "/commands/confirm", `{"terms":3}`},
		{"/orders/" + there + "/commands/cancel", "/orders/" + missing + "/commands/cancel", `{}`},
		{"/orders/" + there + "/commands/record-payment", "/orders/" + missing + "/commands/record-payment", `{"reference":"TT-1","method":"card","amount":"1.00 USD","payer":"B","paid_at":"2026-01-02T00:00:00Z"}`},
		{"/quotas/s-acme/CNY/commands/withdraw", "/quotas/s-none/CNY/commands/withdraw", `{"amount":"1.00 CNY"}`},
		{"/services/s-acme/commands/suspend", "/services/s-none/commands/suspend", `{"reason":"late"}`},
	} {
		for _, token := range []string{carla, orient} {
			for _, more := range [][]string{nil, {"If-Match", `"1"`}, {"If-Match", `"99"`}, {"Accept-Language", "zh"}} {
				got, want := s.ask(x.path, token, x.body, more...), s.ask(x.missing, token, x.body, more...)
				p := s.problem(got, http.StatusForbidden, "#forbidden")
				if strings.Replace(got.body, x.path, x.missing, 1) != want.body || p.Rule == "" || p.Phase != "" {
					t.Errorf("%v\n%s\n%s", more, got.body, want.body)
				}
			}
		}
	}
	for _, rest := range []string{"", "/timeline"} {
		got, want := s.get("/orders/"+there+rest, carla), s.get("/orders/"+missing+rest, carla)
		if s.problem(got, http.StatusNotFound, "about:blank"); strings.Replace(got.body, there, missing, 1) != want.body {
			t.Errorf("%s\n%s", got.body, want.body)
		}
	}
}

// TestKeys retries: the same request is executed once, another one under its key is detected, and two
// callers do not share a key.
func TestKeys(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	id := trade.NewID()
	path := "/orders/" + id.String() + "/commands/"
	for _, key := range []string{`"first"`, "second key", trade.NewID().String()} {
		id := trade.NewID()
		draft := "/orders/" + id.String() + "/commands/draft"
		first := read[done](t, s.ask(draft, acme, `{"mode":"online"}`, "Idempotency-Key", key))
		again := read[done](t, s.ask(draft, acme, ` { "mode" : "online" } `, "Idempotency-Key", key))
		if first.Repeated || !again.Repeated || first.Position == 0 || again.Position != first.Position || again.Version != first.Version {
			t.Errorf("%s: %+v, then %+v", key, first, again)
		}
		// A string in quotes and the same without are one key.
		bare := strings.Trim(key, `"`)
		s.problem(s.ask(draft, acme, `{"mode":"upload"}`, "Idempotency-Key", bare), http.StatusUnprocessableEntity, "#key-reused")
		s.problem(s.ask(path+"draft", acme, `{"mode":"online"}`, "Idempotency-Key", bare), http.StatusUnprocessableEntity, "#key-reused")
		if v := state(t, s.get("/orders/"+id.String(), acme), new(shown)); v != 1 {
			t.Errorf("after retries it is at version %d", v)
		}
	}
	// Another seller's key of the same name is another key.
	s.must("/services/s-orient/commands/activate", orient, `{"route":"console","certification":{"company_name":"Orient","registration_no":"2","legal_representative":"O","registered_address":"Yiwu"}}`)
	if a := s.ask("/orders/"+trade.NewID().String()+"/commands/draft", orient, `{"mode":"online"}`, "Idempotency-Key", `"first"`); !accepted(a.status) || read[done](t, a).Repeated {
		t.Errorf("%d %s", a.status, a.body)
	}
	// The key is checked before the version.
	old := trade.NewID()
	s.drafted(old)
	edit := "/orders/" + old.String() + "/commands/set-terms"
	first := s.ask(edit, acme, `{"terms":{"total":"7.00 USD"}}`, "Idempotency-Key", "edit", "If-Match", `"5"`)
	again := s.ask(edit, acme, `{"terms":{"total":"7.00 USD"}}`, "Idempotency-Key", "edit", "If-Match", `"5"`)
	if !accepted(first.status) || !accepted(again.status) || !read[done](t, again).Repeated {
		t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
}

// TestCommandIDs checks that each actor has a namespace of keys.
func TestCommandIDs(t *testing.T) {
	seen := make(map[string]string)
	key := trade.NewID().String()
	for _, by := range []trade.Actor{{Role: trade.Seller, Account: "a"}, {Role: trade.Buyer, Account: "a"}, {Role: trade.Seller, Account: "b"}, {Role: trade.Platform, Account: "a"}} {
		for _, key := range []string{"k", "K", key} {
			id, name := commandID(by, key).String(), by.Role.String()+" "+string(by.Account)+" "+key
			if other, taken := seen[id]; taken || id != commandID(by, key).String() {
				t.Errorf("%s and %s have the id %s", name, other, id)
			}
			seen[id] = name
		}
	}
	if id := commandID(trade.Actor{Role: trade.Seller, Account: "a"}, key).String(); id[:13] != key[:13] {
		t.Errorf("%s does not have the instant of %s", id, key)
	}
}

// TestBadRequests sends invalid requests. Each is answered with a problem that names the fault, and
// nothing is written.
func TestBadRequests(t *testing.T) {
	s := startLocal(t, func(l *limits) { l.body = 4 << 10 }, nil)
	s.opened()
	before, err := s.log.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	draft := "/orders/" + trade.NewID().String() + "/commands/draft"
	online := `{"mode":"online"}`
	const post = http.MethodPost
	for _, x := range []struct {
		name, method, path, token, body string
		headers                         []string
		status                          int
		kind, field                     string
	}{
		{"no token", post, draft, "", online, nil, 401, "about:blank", ""},
		{"unknown token", post, draft, "demo-token-of-mallory", online, nil, 401, "about:blank", ""},
		{"another scheme", post, draft, "", online, []string{"Authorization", "Basic " + acme}, 401, "about:blank", ""},
		{"list without a token", "GET", "/orders", "", "", nil, 401, "about:blank", ""},
		{"stream without a token", "GET", "/events", "", "", nil, 401, "about:blank", ""},
		{"a huge body", post, draft, acme, `{"mode":"` + strings.Repeat("x", 4<<10) + `"}`, nil, 413, "about:blank", ""},
		{"no JSON", post, draft, acme, `mode=online`, nil, 400, "#malformed", "command"},
		{"half a JSON", post, draft, acme, `{"mode":"onl`, nil, 400, "#malformed", "mode"},
		{"an array", post, draft, acme, `[]`, nil, 400, "#malformed", "command"},
		{"no body", post, draft, acme, ``, []string{"Content-Type", "application/json"}, 400, "#malformed", "command"},
		{"a key twice", post, draft, acme, `{"mode":"online","mode":"upload"}`, nil, 400, "#malformed", "mode"},
		{"a key in another case", post, draft, acme, `{"Mode":"online"}`, nil, 400, "#malformed", "Mode"},
		{"a missing key", post, draft, acme, `{}`, nil, 400, "#malformed", "mode"},
		{"a value of another type", post, draft, acme, `{"mode":7}`, nil, 400, "#malformed", "mode"},
		{"a claimed actor", post, draft, acme, `{"mode":"online","by":{"role":"platform"}}`, nil, 400, "#malformed", "by"},
		{"a claimed seller", post, draft, acme, `{"mode":"online","seller":"s-orient"}`, nil, 400, "#malformed", "seller"},
		{"more after the JSON", post, draft, acme, online + online, nil, 400, "#malformed", "command"},
		{"an unknown command", post, strings.Replace(draft, "/draft", "/teleport", 1), acme, `{}`, nil, 400, "#malformed", "command"},
		{"another media type", post, draft, acme, online, []string{"Content-Type", "text/plain"}, 415, "about:blank", ""},
		{"no media type", post, draft, acme, online, []string{"Content-Type", ""}, 415, "about:blank", ""},
		{"a packed body", post, draft, acme, online, []string{"Content-Encoding", "gzip"}, 415, "about:blank", ""},
		{"an empty key", post, draft, acme, online, []string{"Idempotency-Key", `""`}, 400, "#malformed", "Idempotency-Key"},
		{"an open key", post, draft, acme, online, []string{"Idempotency-Key", `"k`}, 400, "#malformed", "Idempotency-Key"},
		{"a long key", post, draft, acme, online, []string{"Idempotency-Key", strings.Repeat("k", 201)}, 400, "#malformed", "Idempotency-Key"},
		{"a version of nothing", post, draft, acme, online, []string{"If-Match", "*"}, 412, "#version", ""},
		{"a version without quotes", post, draft, acme, online, []string{"If-Match", "1"}, 400, "#malformed", "If-Match"},
		{"an open version", post, draft, acme, online, []string{"If-Match", `"1", "2`}, 400, "#malformed", "If-Match"},
		{"any version and one", post, draft, acme, online, []string{"If-Match", `*, "1"`}, 400, "#malformed", "If-Match"},
		{"no comma", post, draft, acme, online, []string{"If-None-Match", `"1" "2"`}, 400, "#malformed", "If-None-Match"},
		{"nothing to match", post, draft, acme, online, []string{"If-None-Match", ` , `}, 400, "#malformed", "If-None-Match"},
		{"an odd id", post, "/orders/7/commands/draft", acme, online, nil, 400, "#malformed", "order"},
		{"an id in capitals", "GET", "/orders/" + strings.ToUpper(trade.NewID().String()), acme, "", nil, 400, "#malformed", "order"},
		{"an id with a slash", "GET", "/orders/%2e%2e%2f", acme, "", nil, 400, "#malformed", "order"},
		{"the id of nothing", "GET", "/orders/00000000-0000-0000-0000-000000000000/timeline", acme, "", nil, 400, "#malformed", "order"},
		{"an odd account", post, "/services/a%20b/commands/activate", acme, `{"route":"console"}`, nil, 400, "#malformed", "seller"},
		{"an odd currency", post, "/lines/s-acme/gold/commands/suspend", platform, `{"reason":"x"}`, nil, 400, "#malformed", "currency"},
		{"an odd entrustment", post, "/entrustments/%00/commands/submit", acme, `{}`, nil, 400, "#malformed", "entrustment"},
		{"no such path", "GET", "/admin", acme, "", nil, 404, "about:blank", ""},
		{"no path", "GET", "/", acme, "", nil, 404, "about:blank", ""},
		{"another method", "DELETE", "/orders", acme, "", nil, 405, "about:blank", ""},
		{"another method for a command", "GET", draft, acme, "", nil, 405, "about:blank", ""},
		{"an odd position", "GET", "/events", acme, "", []string{"Last-Event-ID", "x"}, 400, "#malformed", "Last-Event-ID"},
		{"a position to come", "GET", "/events", acme, "", []string{"Last-Event-ID", "999999"}, 400, "#malformed", "Last-Event-ID"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := client{t, s.base}
			a := c.send(x.method, x.path, x.token, x.body, append([]string{"Idempotency-Key", "k", "Accept", "image/png"}, x.headers...)...)
			p := c.problem(a, x.status, x.kind)
			if p.Field != x.field || x.kind == "#malformed" && p.Reason == "" {
				t.Errorf("field %q, want %q: %s", p.Field, x.field, a.body)
			}
			if x.status == 401 && a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("WWW-Authenticate %q", a.header.Get("WWW-Authenticate"))
			}
			if allow := a.header.Get("Allow"); (allow != "") != (x.status == 405) {
				t.Errorf("Allow %q", allow)
			}
		})
	}
	if after, err := s.log.Settled(t.Context()); err != nil || after != before {
		t.Errorf("the log was at %d and is at %d: %v", before, after, err)
	}
	a := s.send(post, draft, acme, online)
	if p := s.problem(a, 400, "#malformed"); p.Field != "Idempotency-Key" {
		t.Errorf("without a key: %s", a.body)
	}
	if a := s.ask(draft, acme, online, "Accept", "image/png", "Content-Type", "application/json; charset=utf-8"); !accepted(a.status) {
		t.Errorf("an Accept of something else: %d %s", a.status, a.body)
	}
}

// TestTokens reads invalid tables of tokens.
func TestTokens(t *testing.T) {
	if known, err := readPeople(""); err != nil || len(known) != 0 {
		t.Errorf("without a file: %v, %v", known, err)
	}
	for name, text := range map[string]string{
		"no JSON": "x", "a short token": `{"short":{"role":"buyer","account":"b"}}`,
		"no role": `{"token-of-16-chars":{"account":"b"}}`, "another role": `{"token-of-16-chars":{"role":"king","account":"b"}}`,
		"the system": `{"token-of-16-chars":{"role":"system","account":"b"}}`, "the desk": `{"token-of-16-chars":{"role":"desk","account":"b"}}`,
		"no account": `{"token-of-16-chars":{"role":"platform"}}`, "an odd account": `{"token-of-16-chars":{"role":"buyer","account":"a b"}}`,
		"an odd address": `{"token-of-16-chars":{"role":"buyer","account":"b","email":"x"}}`, "an unknown key": `{"token-of-16-chars":{"role":"buyer","account":"b","admin":true}}`,
		"a token with a space": `{"token of 16 chars":{"role":"buyer","account":"b"}}`,
	} {
		path := t.TempDir() + "/tokens.json"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if known, err := readPeople(path); err == nil {
			t.Errorf("%s: %v", name, known)
		}
	}
	if _, err := readPeople(t.TempDir() + "/none"); err == nil {
		t.Error("a missing file is accepted")
	}
}

// TestFlags starts the service with invalid flags.
func TestFlags(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"extra"}, {"-x"}, {"-store", "paper"}, {"-store", "postgres"}, {"-store", "postgres", "-dsn", "host=x", "-db", "y"}, {"-dsn", "host=x"}, {"-durability", "none"}, {"-durability", "replicated"},
		{"-tokens", dir + "/none"}, {"-addr", "nowhere:-1", "-db", dir + "/a.db"}, {"-addr", "127.0.0.1:0", "-db", dir}, {"-addr", "127.0.0.1:0", "-store", "postgres", "-dsn", "host=" + dir},
	} {
		if err := run(t.Context(), t.Output(), args); err == nil {
			t.Errorf("%v: started", args)
		}
	}
}

// TestPreconditions sends If-Match and If-None-Match as RFC 9110 has them, with commands and with reads.
func TestPreconditions(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	id := trade.NewID()
	s.drafted(id)
	path := "/orders/" + id.String()
	version := state(t, s.get(path, acme), new(shown))
	const now = "NOW" // the tag of the version when the request is sent
	for _, x := range []struct {
		name, header, value string
		command, read       int
	}{
		{"the version", "If-Match", now, 200, 200},
		{"another", "If-Match", `"1"`, 412, 412},
		{"in a list", "If-Match", `"1", ` + now + `, "abc"`, 200, 200},
		{"in a list without blanks and with empty elements", "If-Match", `,"1",,` + now + `,`, 200, 200},
		{"a tag with a comma", "If-Match", `"1,2",` + now, 200, 200},
		{"not in a list", "If-Match", `"1", "2", "x"`, 412, 412},
		{"any", "If-Match", "*", 200, 200},
		{"weak, which is no strong match", "If-Match", "W/" + now, 412, 412},
		{"weak beside strong", "If-Match", `W/"1", ` + now, 200, 200},
		{"a number that is not a tag of ours", "If-Match", `"00"`, 412, 412},
		{"the version excluded", "If-None-Match", now, 412, 304},
		{"another excluded", "If-None-Match", `"1"`, 200, 200},
		{"weak excluded", "If-None-Match", `"1", W/` + now, 412, 304},
		{"any excluded", "If-None-Match", "*", 412, 304},
	} {
		x.value = strings.ReplaceAll(x.value, now, etag(version))
		got := s.send(http.MethodGet, path, acme, "", x.header, x.value)
		if got.status != x.read || (x.read == 304) != (got.body == "") || x.read != 412 && got.header.Get("ETag") != etag(version) {
			t.Errorf("%s: the read is %d %s", x.name, got.status, got.body)
		}
		if head := s.send(http.MethodHead, path, acme, "", x.header, x.value); head.status != x.read {
			t.Errorf("%s: HEAD is %d", x.name, head.status)
		}
		// The command changes nothing but the version.
		key := trade.NewID().String()
		a := s.ask(path+"/commands/set-transport", acme, `{"mode":"sea"}`, x.header, x.value, "Idempotency-Key", key)
		if a.status != x.command {
			t.Errorf("%s: the command is %d %s", x.name, a.status, a.body)
		}
		if x.command != 200 {
			if p := s.problem(a, http.StatusPreconditionFailed, "#version"); p.Version != version {
				t.Errorf("%s: %+v", x.name, p)
			}
			continue
		}
		// A retry gets the first result, although the version has changed.
		again := s.ask(path+"/commands/set-transport", acme, `{"mode":"sea"}`, x.header, x.value, "Idempotency-Key", key)
		if !accepted(again.status) || !read[done](t, again).Repeated {
			t.Errorf("%s again: %d %s", x.name, again.status, again.body)
		}
		version = state(t, s.get(path, acme), new(shown))
	}
	created := "/orders/" + trade.NewID().String() + "/commands/draft"
	if a := s.ask(created, acme, `{"mode":"online"}`, "If-None-Match", "*"); a.status != http.StatusCreated {
		t.Errorf("created if there is none: %d %s", a.status, a.body)
	}
	s.problem(s.ask(created, acme, `{"mode":"online"}`, "If-None-Match", "*"), http.StatusPreconditionFailed, "#version")
	// A stranger learns no version (D64).
	s.problem(s.ask(path+"/commands/cancel", carla, `{}`, "If-Match", `"1", "2"`), http.StatusForbidden, "#forbidden")
	s.problem(s.send(http.MethodGet, path, carla, "", "If-Match", "*"), http.StatusNotFound, "about:blank")
}

// TestLanguages checks that Content-Language is the language of what was sent.
func TestLanguages(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	id := trade.NewID().String()
	s.submitted(trade.ID(uuid.MustParse(id)))
	early := `{"reference":"C-1","case":"K-1","at":"2026-01-02T00:00:00Z"}`
	for _, x := range []struct {
		name, path, token, body, want string
		status                        int
	}{
		{"a refusal", "/orders/" + id + "/commands/mark-shipped", acme, `{}`, "zh", 409},
		{"a refusal by role", "/orders/" + id + "/commands/confirm", acme, `{"terms":1}`, "zh", 403},
		{"a report that comes early", "/orders/" + id + "/commands/charge-back", platform, early, "zh", 409},
		{"malformed input", "/orders/" + id + "/commands/confirm", bruno, `{"terms":"x"}`, "en", 400},
		{"no token", "/orders/" + id + "/commands/confirm", "", `{"terms":1}`, "en", 401},
	} {
		a := s.ask(x.path, x.token, x.body, "Accept-Language", "zh-CN, en;q=0.5")
		p := read[problem](t, a)
		chinese := func(text string) bool {
			return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		}
		if a.status != x.status || a.header.Get("Content-Language") != x.want || chinese(p.Title) != (x.want == "zh") || chinese(p.Detail) != (x.want == "zh") {
			t.Errorf("%s: %d %s in %s", x.name, a.status, a.body, a.header.Get("Content-Language"))
		}
		if x.name == "a report that comes early" && (!strings.HasSuffix(p.Type, "#early") || p.Rule != rule.D62 || a.header.Get("Retry-After") == "") {
			t.Errorf("%s: %s", x.name, a.body)
		}
	}
	if a := s.get("/orders/"+id, acme); a.header.Get("Content-Language") != "" {
		t.Errorf("a state is in %s", a.header.Get("Content-Language"))
	}
}

// TestFieldsOfProblems: a problem names the field, whether the input is malformed or a rule speaks of it.
func TestFieldsOfProblems(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	path := "/orders/" + trade.NewID().String() + "/commands/"
	s.must(path+"draft", acme, `{"mode":"online"}`)
	for _, x := range []struct{ command, body, kind, field string }{
		{"set-buyer", `{"email":"nobody","name":"N"}`, "#refused", "email"},
		{"set-terms", `{"terms":{"total":"10.00 USD","initial":"11.00 USD"}}`, "#refused", "terms.initial"},
		{"set-terms", `{"terms":{"total":"10.00 USD","items":[{"name":"a","quantity":"2","unit":"x","price":"3","amount":"5.00 USD"}]}}`, "#refused", "terms.items[0].amount"},
		{"set-terms", `{"terms":{"total":"10.001 USD"}}`, "#malformed", "terms.total"},
		{"set-buyer", `{"email":"a@b.example","name":" N"}`, "#malformed", "name"},
	} {
		a := s.ask(path+x.command, acme, x.body)
		p := read[problem](t, a)
		if !strings.HasSuffix(p.Type, x.kind) || p.Field != x.field || strings.Contains(a.body, "byte 0") {
			t.Errorf("%s %s: %s", x.command, x.body, a.body)
		}
	}
}
