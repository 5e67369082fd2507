package main

import (
	"context"
	"net/http"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// stateOf reads the state that a path names, and its version.
type stateOf func(r *http.Request, by trade.Actor) (any, events.Version, error)

// statePath is a path of a state, with an example of it.
type statePath struct {
	path, what string
	example    any
	read       stateOf
}

// states are the paths of the states. Each is answered in the form that the library gives it.
func (s *service) states() []statePath {
	usd, cny := trade.Currency([]byte("USD")), trade.Currency([]byte("CNY"))
	return []statePath{
		{"/orders/{id}", "an order", order.Order{ID: exampleID, Phase: order.PhaseDraft, Seller: order.Party{Account: "s-acme"}, DraftedAt: exampleTime, LastAt: exampleTime, Mode: order.DraftOnline}, of(orderID, s.desk.ReadOrder)},
		{"/pay-later/{id}", "a pay-later order", paylater.Order{ID: exampleID, Phase: paylater.PhasePlaced, Merchant: "s-acme", Buyer: "b-carla", Original: trade.Minor(10000, cny), Outstanding: trade.Minor(10000, cny)}, of(orderID, s.desk.ReadPayLater)},
		{"/entrustments/{id}", "an entrustment", entrustment.Entrustment{ID: "E-1", Phase: entrustment.PhaseDrafted, Seller: "s-acme"}, of(entrustmentID, s.desk.ReadEntrustment)},
		{"/services/{account}", "the service of a seller", seller.Service{Seller: "s-acme", Phase: order.ServiceActive}, of(accountOf, s.desk.ReadService)},
		{"/lines/{account}/{currency}", "the line of a seller", credit.Line{Product: credit.Assurance, Seller: "s-acme", Currency: usd, Limit: trade.Minor(5000000, usd)}, ofLine(s.desk.ReadLine)},
		{"/quotas/{account}/{currency}", "the pay-later line of a merchant", credit.Line{Product: credit.PayLater, Seller: "s-acme", Currency: cny, Limit: trade.Minor(500000, cny)}, ofLine(s.desk.ReadQuota)},
		{"/funds/{account}/{currency}", "the received funds of a merchant", funds.New("s-acme", cny), ofLine(s.desk.ReadFunds)},
	}
}

// of reads the state of the key in a path.
func of[K, S any](key func(*http.Request) (K, error), read func(context.Context, trade.Actor, K, ...desk.ReadOption) (S, events.Version, error)) stateOf {
	return func(r *http.Request, by trade.Actor) (any, events.Version, error) {
		k, err := key(r)
		if err != nil {
			return nil, 0, err
		}
		return read(r.Context(), by, k)
	}
}

// ofLine reads the state of the account and currency in a path.
func ofLine[S any](read func(context.Context, trade.Actor, trade.Account, trade.Currency, ...desk.ReadOption) (S, events.Version, error)) stateOf {
	return of(lineOf, func(ctx context.Context, by trade.Actor, l line, _ ...desk.ReadOption) (S, events.Version, error) {
		return read(ctx, by, l.account, l.currency)
	})
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
