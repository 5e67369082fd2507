package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/assurance"
)

// handler answers a request of an authenticated actor. If it returns an error, it has written nothing,
// and the error is answered as a problem.
type handler func(w http.ResponseWriter, r *http.Request, by trade.Actor) error

// route is a row of the table from which the paths are registered and the OpenAPI document is made.
type route struct {
	method, path, summary string
	commands              []string // of a path that takes commands
	parameters            []parameter
	answers               []outcome // but for problems, which every route has
	open                  bool      // needs no token
	handler               handler
}

// outcome is an answer of a route. Its example is a value of the type that is answered.
type outcome struct {
	status    int
	about     string
	mediaType string
	example   any
	headers   []string
}

// route registers the paths of the table.
func (s *service) route() {
	for _, r := range s.routes() {
		if r.open {
			s.mux.HandleFunc(r.method+" "+r.path, func(w http.ResponseWriter, q *http.Request) {
				if err := r.handler(w, q, trade.Actor{}); err != nil {
					s.fail(w, q, err)
				}
			})
			continue
		}
		s.mux.Handle(r.method+" "+r.path, s.authenticated(r.handler))
	}
}

// routes returns the table of routes.
func (s *service) routes() []route {
	ok := func(about string, example any, headers ...string) []outcome {
		return []outcome{{http.StatusOK, about, "application/json", example, headers}}
	}
	moments := []moment{{
		Stream: order.Stream(exampleID), Version: 1, At: exampleTime, By: trade.Seller, Account: "s-acme", Type: "order.drafted",
		Event: json.RawMessage(`{"seller":"s-acme","mode":"online","drafted_at":"2026-03-02T09:00:00Z"}`), Phase: "draft",
	}}
	list := []route{
		{method: "GET", path: "/healthz", summary: "Whether this instance works.", open: true, handler: s.healthz, answers: append(
			ok("It works.", healthReport{"up", live, 17, 0}),
			outcome{http.StatusServiceUnavailable, "The log cannot be read or takes no writes, or the board does not follow it.", "application/json", healthReport{"down", stopped, 17, 0}, nil},
		)},
		{method: "GET", path: "/openapi.json", summary: "This document.", open: true, handler: s.openapi, answers: ok("The document.", object{})},
		{
			method: "GET", path: "/orders", summary: "The orders that the caller may see, page by page, the newest first.", handler: s.list, parameters: parametersOfList(),
			answers: ok("A page.", page{Orders: []summary{{ID: exampleID, Version: 1, Seller: "s-acme", Phase: "draft", DraftedAt: exampleTime, UpdatedAt: exampleTime}}}, "Link"),
		},
		{
			method: "GET", path: "/orders/{id}/next", summary: "What is due of an order, and the next commands of the caller.", handler: s.next,
			answers: ok("What is next.", upcoming{Version: 1, Status: "to_be_audited", Commands: []nextCommand{{Command: "set-buyer"}, {Command: "submit", Rule: rule.A8}}}),
		},
		{method: "GET", path: "/orders/{id}/timeline", summary: "The history of an order, personal data masked.", handler: s.timeline, answers: ok("The events.", moments)},
		{
			method: "GET", path: "/events", summary: "The events that the caller may see, as server-sent events.", handler: s.events,
			parameters: []parameter{{"header", "Last-Event-ID", "the id of the event after which to begin; without it the stream begins with the next event", false, object{"type": "string"}}},
			answers: []outcome{
				{http.StatusOK, "A stream without an end. The data of an event is one of a timeline, without account and phase.", "text/event-stream", "", nil},
				{http.StatusGone, "The log is on another history than the event of the Last-Event-ID.", "application/problem+json", problem{}, nil},
			},
		},
	}
	tag := object{"type": "string"}
	match := parameter{"header", "If-Match", "entity tags, or *, one of which must be that of the version (RFC 9110)", false, tag}
	none := parameter{"header", "If-None-Match", "entity tags, or *, none of which may be that of the version (RFC 9110)", false, tag}
	lang := parameter{"header", "Accept-Language", "the language of refusals: en or zh", false, tag}
	for _, x := range s.states() {
		list = append(list, route{
			method: "GET", path: x.path, summary: "The state of " + x.what + ".", handler: s.state(x.read), parameters: []parameter{match, none},
			answers: append(ok("The state.", x.example, "ETag"), outcome{http.StatusNotModified, "The version is one of the If-None-Match.", "", nil, []string{"ETag"}}),
		})
	}
	key := parameter{"header", "Idempotency-Key", "names the command: the same request under the same key is executed once", true, object{"type": "string", "minLength": 1, "maxLength": maxKey + len(`""`)}}
	result := done{Version: 2, Position: 17}
	for _, x := range actions {
		list = append(list, route{
			method: "POST", path: x.path + "/commands/{command}", summary: "Execute a command on " + x.what + ".", commands: x.commands, handler: s.command(x.do),
			parameters: []parameter{key, match, none, lang},
			answers: append(ok("The command was executed, now or by an earlier request.", result),
				outcome{http.StatusCreated, "The command has created what it addresses.", "application/json", result, []string{"Location"}}),
		})
	}
	return list
}

// exampleID and exampleTime are those of the examples in the document.
var (
	exampleID   = trade.ID(uuid.MustParse("019c0000-0000-7000-8000-000000000117"))
	exampleTime = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
)

// openapi answers with the OpenAPI document.
func (s *service) openapi(w http.ResponseWriter, _ *http.Request, _ trade.Actor) error {
	reply(w, http.StatusOK, "application/json", document(s.routes()))
	return nil
}

// authenticated calls a handler with the actor of the request, or answers 401.
func (s *service) authenticated(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := s.authenticate(r)
		if err != nil {
			err = plain(http.StatusUnauthorized, "The request needs a known token.")
		} else {
			err = h(w, r, by)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// ServeHTTP answers with a problem where the mux would answer with a line of text.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	recorder := statusRecorder{ResponseWriter: w}
	answer.ServeHTTP(&recorder, r)
	s.fail(w, r, plain(recorder.status, "There is no such path, or not for this method."))
}

// statusRecorder keeps the status of an answer and drops its text.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (v *statusRecorder) WriteHeader(status int)      { v.status = status }
func (v *statusRecorder) Write(b []byte) (int, error) { return len(b), nil }

// upcoming is what may happen to an order next.
type upcoming struct {
	Version      events.Version `json:"version"`
	Status       string         `json:"status,omitzero"`
	Step         string         `json:"step,omitzero"`
	Due          trade.Money    `json:"due,omitzero"`
	Deadline     time.Time      `json:"deadline,omitzero"`
	DeadlineKind string         `json:"deadline_kind,omitzero"`
	Commands     []nextCommand  `json:"commands"`
}

// nextCommand is a command that the actor may issue, with the rule that is known to refuse it now.
type nextCommand struct {
	Command string  `json:"command"`
	Rule    rule.ID `json:"rule,omitzero"`
}

// next answers with what is due of an order and the next commands of the actor.
func (s *service) next(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
	id, err := orderID(r)
	if err != nil {
		return err
	}
	o, version, err := s.desk.ReadOrder(r.Context(), by, id)
	if err != nil {
		return err
	}
	status, step := o.PlatformStatus(time.Now())
	deadline, _ := o.Deadline()
	commands := []nextCommand{}
	for _, x := range o.Next(by, time.Now(), nil) {
		c := nextCommand{Command: x.Command}
		if x.Refusal != nil {
			c.Rule = x.Refusal.Rule
		}
		commands = append(commands, c)
	}
	reply(w, http.StatusOK, "application/json", upcoming{version, status, step, o.Due(), deadline.At, deadline.Kind, commands})
	return nil
}

// moment is an event, with personal data masked.
type moment struct {
	Stream  events.StreamID `json:"stream"`
	Version events.Version  `json:"version"`
	At      time.Time       `json:"at"`
	By      trade.Role      `json:"by,omitzero"`
	Account trade.Account   `json:"account,omitzero"`
	Type    string          `json:"type"`
	Event   json.RawMessage `json:"event,omitzero"`
	Phase   string          `json:"phase,omitzero"` // after the event
}

// timeline answers with the history of an order.
func (s *service) timeline(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
	id, err := orderID(r)
	if err != nil {
		return err
	}
	history, err := assurance.Timeline(r.Context(), s.log, by, id)
	if err == nil && len(history) == 0 {
		err = desk.ErrNotFound
	}
	if err != nil {
		return err
	}
	list := make([]moment, len(history))
	for i, m := range history {
		typ, _, data, err := order.EncodeEvent(nil, m.Event)
		if err != nil {
			return err
		}
		list[i] = moment{order.Stream(id), m.Version, m.At, m.By, m.Account, typ, data, m.Phase.String()}
	}
	reply(w, http.StatusOK, "application/json", list)
	return nil
}
