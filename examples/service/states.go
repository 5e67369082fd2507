package main

import (
	"net/http"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// stateOf reads the state that a path names, and its version.
type stateOf func(r *http.Request, by trade.Actor) (any, events.Version, error)

// states are the paths of the states. Each is answered in the form that the library gives it.
func (s *service) states() map[string]stateOf {
	return map[string]stateOf{
		"/orders/{id}": func(r *http.Request, by trade.Actor) (any, events.Version, error) {
			id, err := orderID(r)
			if err != nil {
				return nil, 0, err
			}
			return two(s.desk.ReadOrder(r.Context(), by, id))
		},
		"/pay-later/{id}": func(r *http.Request, by trade.Actor) (any, events.Version, error) {
			id, err := orderID(r)
			if err != nil {
				return nil, 0, err
			}
			return two(s.desk.ReadPayLater(r.Context(), by, id))
		},
		"/entrustments/{id}": func(r *http.Request, by trade.Actor) (any, events.Version, error) {
			id, err := entrustmentID(r)
			if err != nil {
				return nil, 0, err
			}
			return two(s.desk.ReadEntrustment(r.Context(), by, id))
		},
		"/services/{account}": func(r *http.Request, by trade.Actor) (any, events.Version, error) {
			account, err := accountOf(r)
			if err != nil {
				return nil, 0, err
			}
			return two(s.desk.ReadService(r.Context(), by, account))
		},
		"/lines/{account}/{currency}": ofLine(func(r *http.Request, by trade.Actor, l line) (any, events.Version, error) {
			return two(s.desk.ReadLine(r.Context(), by, l.account, l.currency))
		}),
		"/quotas/{account}/{currency}": ofLine(func(r *http.Request, by trade.Actor, l line) (any, events.Version, error) {
			return two(s.desk.ReadQuota(r.Context(), by, l.account, l.currency))
		}),
		"/funds/{account}/{currency}": ofLine(func(r *http.Request, by trade.Actor, l line) (any, events.Version, error) {
			return two(s.desk.ReadFunds(r.Context(), by, l.account, l.currency))
		}),
	}
}

func two[S any](state S, version events.Version, err error) (any, events.Version, error) {
	return state, version, err
}

func ofLine(read func(*http.Request, trade.Actor, line) (any, events.Version, error)) stateOf {
	return func(r *http.Request, by trade.Actor) (any, events.Version, error) {
		l, err := lineOf(r)
		if err != nil {
			return nil, 0, err
		}
		return read(r, by, l)
	}
}

// state answers with a state. Its ETag is its version: with an If-None-Match that has it the answer is
// 304, and with an If-Match that does not have it 412.
func (s *service) state(read stateOf) handler {
	return func(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
		state, version, err := read(r, by)
		if err != nil {
			return err
		}
		conditions, err := preconditionsOf(r.Header)
		if err != nil {
			return err
		}
		w.Header().Set("ETag", etag(version))
		switch {
		case conditions.match.given && !conditions.match.strong(version):
			return &desk.ExpectError{Head: version}
		case conditions.noneMatch.given && conditions.noneMatch.weak(version):
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		reply(w, http.StatusOK, "application/json", state)
		return nil
	}
}
