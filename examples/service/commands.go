package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

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

// actions are the paths that take commands. What follows them in a request names the command.
var actions = map[string]action{
	"/orders/{id}":                 on(anOrder, order.DecodeCommand, desk.OnOrder),
	"/pay-later/{id}":              on(anOrder, paylater.DecodeCommand, desk.OnPayLater),
	"/entrustments/{id}":           on(anEntrustment, entrustment.DecodeCommand, desk.OnEntrustment),
	"/services/{account}":          on(anAccount, seller.DecodeCommand, desk.OnSeller),
	"/lines/{account}/{currency}":  on(aLine, credit.DecodeCommand, ofLine(desk.OnLine)),
	"/quotas/{account}/{currency}": on(aLine, credit.DecodeCommand, ofLine(desk.OnQuota)),
	"/funds/{account}/{currency}":  on(aLine, funds.DecodeCommand, ofLine(desk.OnFunds)),
}

// action makes of a request and its body what is asked for.
type action func(r *http.Request, body []byte) (desk.Action, error)

// on is an action on what the path names, by a command that its package reads from the body.
func on[T, C any](target func(*http.Request) (T, error), decode func(string, []byte) (C, error), do func(T, C) desk.Action) action {
	return func(r *http.Request, body []byte) (desk.Action, error) {
		t, err := target(r)
		if err != nil {
			return desk.Action{}, err
		}
		c, err := decode(r.PathValue("command"), body)
		if err != nil {
			return desk.Action{}, err
		}
		return do(t, c), nil
	}
}

func anOrder(r *http.Request) (trade.ID, error) { return trade.ParseID(r.PathValue("id")) }

// The desk checks the ids of entrustments and accounts.
func anEntrustment(r *http.Request) (order.EntrustmentID, error) {
	return order.EntrustmentID(r.PathValue("id")), nil
}

func anAccount(r *http.Request) (trade.Account, error) {
	return trade.Account(r.PathValue("account")), nil
}

// line is the account and the currency of a line, a quota or funds.
type line struct {
	account  trade.Account
	currency trade.Currency
}

func aLine(r *http.Request) (line, error) {
	currency, err := trade.ParseCurrency(r.PathValue("currency"))
	return line{trade.Account(r.PathValue("account")), currency}, err
}

func ofLine[C any](do func(trade.Account, trade.Currency, C) desk.Action) func(line, C) desk.Action {
	return func(l line, c C) desk.Action { return do(l.account, l.currency, c) }
}

// done is the answer to a command.
type done struct {
	Version  events.Version  `json:"version"`  // of what the path names, for the next If-Match
	Position events.Position `json:"position"` // in the log, to wait for; 0 if there was nothing to do
	Repeated bool            `json:"repeated"` // it was asked for before, and this is what came of it then
}

// command carries a command out.
func (s *service) command(do action) handler {
	return func(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
		c, err := s.read(w, r, by, do)
		if err != nil {
			return err
		}
		// What has arrived whole is carried out, also for a client who does not wait: a command
		// that is broken off has an outcome that nobody knows. The desk bounds how long it takes.
		result, err := s.desk.Do(context.WithoutCancel(r.Context()), c)
		if err != nil {
			return err
		}
		reply(w, http.StatusOK, "application/json", done{result.Version, result.Receipt.Position, result.Receipt.Repeated})
		return nil
	}
}

// read makes a command of a request.
func (s *service) read(w http.ResponseWriter, r *http.Request, by trade.Actor, do action) (c desk.Command, err error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" || r.Header.Get("Content-Encoding") != "" {
		return c, plain(http.StatusUnsupportedMediaType, "The body must be application/json, as it is.")
	}
	c.By = by
	if c.Correlation, err = idempotencyKey(r.Header); err != nil {
		return c, err
	}
	c.ID = commandID(by, c.Correlation)
	if c.Expect, err = ifMatch(r.Header); err != nil {
		return c, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.limits.body))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return c, plain(http.StatusRequestTimeout, "The body took too long to arrive.")
	case errors.As(err, &tooLarge):
		return c, plain(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", tooLarge.Limit))
	case err != nil:
		return c, plain(http.StatusBadRequest, "The body did not arrive whole.")
	}
	c.Do, err = do(r, body)
	return c, err
}

// idempotencyKey returns the key of a request: a string in quotes, as the draft has it, or the
// same without them, as many clients send it.
func idempotencyKey(h http.Header) (string, error) {
	const name = "Idempotency-Key"
	values := h.Values(name)
	if len(values) != 1 {
		return "", malformed(name, "must be there once")
	}
	key := values[0]
	if n := len(key); n > 1 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	if strings.ContainsAny(key, `"\`) {
		return "", malformed(name, "has a quote or a backslash inside")
	}
	return key, trade.CheckText(name, key, 200)
}

// commandID returns the command ID of a caller's key. The caller is part of it, so that two
// callers with one key ask for two things. A key that is a UUID of version 7 brings its instant
// along, which keeps the log's index of commands warm; others have none.
func commandID(by trade.Actor, key string) uuid.UUID {
	at := time.UnixMilli(0)
	if id, err := uuid.Parse(key); err == nil && id.Version() == 7 {
		at = time.Unix(id.Time().UnixTime())
	}
	return desk.CommandID(at, "service/"+by.Role.String()+"/"+string(by.Account), key)
}

// ifMatch returns the version that a command expects, 0 for any.
func ifMatch(h http.Header) (events.Version, error) {
	values := h.Values("If-Match")
	if len(values) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(strings.Trim(values[0], `"`), 10, 64)
	if v := events.Version(n); err == nil && v > 0 && len(values) == 1 && values[0] == etag(v) {
		return v, nil
	}
	return 0, malformed("If-Match", `must be one version in quotes, such as "7"`)
}

// etag is the entity tag of a version.
func etag(v events.Version) string { return `"` + strconv.FormatUint(uint64(v), 10) + `"` }
