package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

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

// route registers the paths.
func (s *service) route() {
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.Handle("GET /orders", s.authenticated(s.list))
	s.mux.Handle("GET /orders/{id}/next", s.authenticated(s.next))
	s.mux.Handle("GET /orders/{id}/timeline", s.authenticated(s.timeline))
	s.mux.Handle("GET /events", s.authenticated(s.events))
	for path, read := range s.states() {
		s.mux.Handle("GET "+path, s.authenticated(s.state(read)))
	}
	for path, do := range actions {
		s.mux.Handle("POST "+path+"/commands/{command}", s.authenticated(s.command(do)))
	}
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

// summary is an order in a list.
type summary struct {
	ID           trade.ID       `json:"id"`
	Version      events.Version `json:"version"`
	Seller       trade.Account  `json:"seller"`
	Buyer        trade.Account  `json:"buyer,omitzero"`
	Phase        string         `json:"phase"`
	Status       string         `json:"status,omitzero"`
	Step         string         `json:"step,omitzero"`
	Coverage     order.Coverage `json:"coverage,omitzero"`
	Total        trade.Money    `json:"total,omitzero"`
	Due          trade.Money    `json:"due,omitzero"`
	Deadline     time.Time      `json:"deadline,omitzero"`
	DeadlineKind string         `json:"deadline_kind,omitzero"`
	DraftedAt    time.Time      `json:"drafted_at"`
	UpdatedAt    time.Time      `json:"updated_at"`
}

func summarize(o assurance.BoardOrder) summary {
	return summary{
		o.ID, o.Version, o.Seller, o.Buyer, o.Phase.String(), o.Status, o.Step, o.Coverage, o.Total, o.Due,
		o.Deadline, o.DeadlineKind, o.DraftedAt, o.UpdatedAt,
	}
}

// list answers with a page of the orders that the actor may see and the query selects, the newest
// first. With wait it waits until the board has reached that position of the log, so that a caller
// reads their own writes.
func (s *service) list(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
	filter, page, wait, err := parseList(r.URL.Query())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.command)
	defer cancel()
	if wait > 0 {
		if err := s.view.Wait(ctx, s.views, wait); err != nil {
			return err
		}
	}
	found, next, err := s.board.List(ctx, by, filter, page)
	if err != nil {
		return err
	}
	if next != "" {
		query := r.URL.Query()
		query.Set("after", next)
		next = r.URL.Path + "?" + query.Encode()
		w.Header().Set("Link", "<"+next+`>; rel="next"`)
	}
	orders := make([]summary, len(found))
	for i := range found {
		orders[i] = summarize(found[i])
	}
	reply(w, http.StatusOK, "application/json", struct {
		Orders []summary `json:"orders"`
		Next   string    `json:"next,omitzero"` // the path of the next page
	}{orders, next})
	return nil
}

// maxPage is how many orders a page has at most.
const maxPage = 200

// parseList reads the query of a list.
func parseList(query url.Values) (f assurance.BoardFilter, p assurance.Page, wait events.Position, err error) {
	for name, values := range query {
		switch text := values[0]; name {
		case "seller":
			f.Seller = trade.Account(text)
		case "buyer":
			f.Buyer = trade.Account(text)
		case "status":
			f.Status = text
		case "phase":
			f.Phase, err = parsePhase(text)
		case "due_before":
			f.DueBefore, err = time.Parse(time.RFC3339, text)
		case "by_deadline":
			f.ByDeadline, err = strconv.ParseBool(text)
		case "after":
			p.After = text
		case "limit":
			p.Limit, err = strconv.Atoi(text)
		case "wait":
			wait, err = parsePosition(text)
		default:
			err = strconv.ErrSyntax
		}
		if err != nil || len(values) > 1 || p.Limit < 0 || p.Limit > maxPage {
			return f, p, 0, malformed(name, "is not a parameter of a list, is repeated, or has an invalid value")
		}
	}
	return f, p, wait, nil
}

func parsePhase(text string) (order.Phase, error) {
	for p := order.PhaseDraft; p <= order.PhaseClosed; p++ {
		if p.String() == text {
			return p, nil
		}
	}
	return 0, strconv.ErrSyntax
}

func parsePosition(text string) (events.Position, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return events.Position(n), err
}

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
