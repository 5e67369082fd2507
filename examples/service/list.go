package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/assurance"
)

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
// reads their own writes. The first lists wait until the board is known to be of this log: it may have
// been built from one that was lost.
func (s *service) list(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
	q, err := parseList(r.URL.Query())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.command)
	defer cancel()
	select {
	case <-s.health.ofLog:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopping.Done():
		return errors.New("the service ends before the board was looked at")
	}
	if q.wait > 0 {
		if err := s.view.Wait(ctx, s.views, q.wait); err != nil {
			return err
		}
	}
	found, next, err := s.board.List(ctx, by, q.filter, q.page)
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
	reply(w, http.StatusOK, "application/json", page{orders, next})
	return nil
}

// page is a page of a list.
type page struct {
	Orders []summary `json:"orders"`
	Next   string    `json:"next,omitzero"` // the path of the next page
}

// maxPage is how many orders a page has at most.
const maxPage = 200

// listed is what the query of a list selects.
type listed struct {
	filter assurance.BoardFilter
	page   assurance.Page
	wait   events.Position
}

// listParameter is a parameter of a list.
type listParameter struct {
	name, about string
	schema      object
	set         func(q *listed, text string) error
}

var listParameters = []listParameter{
	{"seller", "orders of that seller", object{"type": "string"}, func(q *listed, text string) error {
		q.filter.Seller = trade.Account(text)
		return nil
	}},
	{"buyer", "orders of that registered buyer", object{"type": "string"}, func(q *listed, text string) error {
		q.filter.Buyer = trade.Account(text)
		return nil
	}},
	{"status", "orders with that status", object{"type": "string"}, func(q *listed, text string) error {
		q.filter.Status = text
		return nil
	}},
	{"phase", "orders in that phase", object{"type": "string", "enum": phaseNames()}, func(q *listed, text string) (err error) {
		q.filter.Phase, err = parsePhase(text)
		return err
	}},
	{"due_before", "orders with a deadline before that instant", object{"type": "string", "format": "date-time"}, func(q *listed, text string) (err error) {
		q.filter.DueBefore, err = time.Parse(time.RFC3339, text)
		return err
	}},
	{"by_deadline", "orders with a deadline, the next one first", object{"type": "boolean"}, func(q *listed, text string) (err error) {
		q.filter.ByDeadline, err = strconv.ParseBool(text)
		return err
	}},
	{"after", "where the next page begins, as in the answer before", object{"type": "string"}, func(q *listed, text string) error {
		q.page.After = text
		return nil
	}},
	{"limit", "how many orders a page has at most", object{"type": "integer", "minimum": 0, "maximum": maxPage}, func(q *listed, text string) (err error) {
		if q.page.Limit, err = strconv.Atoi(text); err == nil && (q.page.Limit < 0 || q.page.Limit > maxPage) {
			err = strconv.ErrRange
		}
		return err
	}},
	{"wait", "the position of the log that the list must have reached", object{"type": "integer", "minimum": 0}, func(q *listed, text string) (err error) {
		q.wait, err = parsePosition(text)
		return err
	}},
}

func parametersOfList() (list []parameter) {
	for _, p := range listParameters {
		list = append(list, parameter{"query", p.name, p.about, false, p.schema})
	}
	return list
}

// parseList reads the query of a list.
func parseList(query url.Values) (q listed, err error) {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		i := slices.IndexFunc(listParameters, func(p listParameter) bool { return p.name == name })
		switch {
		case i < 0:
			return q, malformed(name, "is not a parameter of a list")
		case len(query[name]) > 1 || listParameters[i].set(&q, query.Get(name)) != nil:
			return q, malformed(name, "is repeated, or has an invalid value")
		}
	}
	return q, nil
}

func phaseNames() (names []string) {
	for p := order.PhaseDraft; p <= order.PhaseClosed; p++ {
		names = append(names, p.String())
	}
	return names
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
