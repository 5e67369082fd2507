package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// actions are the paths that take commands. The rest of the path of a request names the command.
var actions = []struct {
	path, what string
	commands   []string
	do         action
}{
	{"/orders/{id}", "an order", commandsOf(order.Life()), on(orderID, order.DecodeCommand, desk.OnOrder)},
	{"/pay-later/{id}", "a pay-later order", commandsOf(paylater.Life()), on(orderID, paylater.DecodeCommand, desk.OnPayLater)},
	{"/entrustments/{id}", "an entrustment", commandsOf(entrustment.Life()), on(entrustmentID, entrustment.DecodeCommand, desk.OnEntrustment)},
	{"/services/{account}", "the service of a seller", commandsOf(seller.Life()), on(accountOf, seller.DecodeCommand, desk.OnSeller)},
	{"/lines/{account}/{currency}", "the line of a seller", commandsOf(credit.Life(credit.Assurance)), on(lineOf, credit.DecodeCommand, onLine(desk.OnLine))},
	{"/quotas/{account}/{currency}", "the pay-later line of a merchant", commandsOf(credit.Life(credit.PayLater)), on(lineOf, credit.DecodeCommand, onLine(desk.OnQuota))},
	{"/funds/{account}/{currency}", "the received funds of a merchant", commandsOf(funds.Life()), on(lineOf, funds.DecodeCommand, onLine(desk.OnFunds))},
}

// commandsOf returns the commands that a caller may issue: those of the desk alone are none.
func commandsOf[P machine.Phase, K machine.Symbol](life *machine.Life[P, K]) (names []string) {
	for _, p := range life.Permits() {
		if slices.ContainsFunc(p.Roles, func(r trade.Role) bool { return r == trade.Buyer || r == trade.Seller || r == trade.Platform }) {
			names = append(names, p.Command)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// action makes the action for the desk from a request and its body.
type action func(r *http.Request, body []byte) (desk.Action, error)

// on returns the action that decodes the target from the path and the command from the body.
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

// orderID returns the id of an order, which is a UUID of version 7: the log's index of them stays warm.
func orderID(r *http.Request) (trade.ID, error) {
	id, err := trade.ParseID(r.PathValue("id"))
	switch invalid, ok := errors.AsType[*trade.InvalidError](err); {
	case ok:
		err = malformed("order", invalid.Reason)
	case err == nil && uuid.UUID(id).Version() != 7:
		err = malformed("order", "must be a UUID of version 7")
	}
	return id, err
}

// entrustmentID does not check the id: the desk does, and so for accounts.
func entrustmentID(r *http.Request) (order.EntrustmentID, error) {
	return order.EntrustmentID(r.PathValue("id")), nil
}

func accountOf(r *http.Request) (trade.Account, error) {
	return trade.Account(r.PathValue("account")), nil
}

// line is the account and the currency of a line, a quota or funds.
type line struct {
	account  trade.Account
	currency trade.Currency
}

func lineOf(r *http.Request) (line, error) {
	currency, err := trade.ParseCurrency(r.PathValue("currency"))
	return line{trade.Account(r.PathValue("account")), currency}, err
}

func onLine[C any](do func(trade.Account, trade.Currency, C) desk.Action) func(line, C) desk.Action {
	return func(l line, c C) desk.Action { return do(l.account, l.currency, c) }
}

// done is the answer to a command.
type done struct {
	Version  events.Version  `json:"version"`  // of the addressed stream, for the next If-Match
	Position events.Position `json:"position"` // in the log, to wait for; 0 if there was nothing to do
	Repeated bool            `json:"repeated"` // the command was executed by an earlier request
}

// command executes a command.
func (s *service) command(do action) handler {
	return func(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
		c, err := s.read(w, r, by, do)
		if err != nil {
			return err
		}
		conditions, err := preconditionsOf(r.Header)
		if err != nil {
			return err
		}
		// A complete request is executed even if the client does not wait: an interrupted command
		// would have an unknown outcome. The desk bounds the time.
		result, err := s.do(context.WithoutCancel(r.Context()), c, conditions)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if created(result) {
			status = http.StatusCreated
			path, _, _ := strings.Cut(r.URL.EscapedPath(), "/commands/")
			w.Header().Set("Location", path)
		}
		reply(w, status, "application/json", done{result.Version, result.Receipt.Position, result.Receipt.Repeated})
		return nil
	}
}

// created reports whether the events of a command are the first ones of its stream.
func created(result desk.Result) bool {
	first := false
	for _, e := range result.Events {
		first = first || e.Stream == result.Stream && e.Version == 1
	}
	return first
}

// read decodes the command of a request.
func (s *service) read(w http.ResponseWriter, r *http.Request, by trade.Actor, do action) (c desk.Command, err error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" || r.Header.Get("Content-Encoding") != "" {
		return c, plain(http.StatusUnsupportedMediaType, "The body must be application/json, without a content encoding.")
	}
	c.By = by
	if c.Correlation, err = idempotencyKey(r.Header); err != nil {
		return c, err
	}
	c.ID = commandID(by, c.Correlation)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.limits.body))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return c, plain(http.StatusRequestTimeout, "The body took too long to arrive.")
	case errors.As(err, &tooLarge):
		return c, plain(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", tooLarge.Limit))
	case err != nil:
		return c, plain(http.StatusBadRequest, "The body is incomplete.")
	}
	c.Do, err = do(r, body)
	return c, err
}

// maxKey is the largest number of bytes of an Idempotency-Key, without quotes around it.
const maxKey = 200

// idempotencyKey returns the key of a request: a string in quotes, as the draft demands, or the same
// without quotes, as many clients send it.
func idempotencyKey(h http.Header) (string, error) {
	const name = "Idempotency-Key"
	values := h.Values(name)
	if len(values) != 1 {
		return "", malformed(name, "must be given once")
	}
	key := values[0]
	if n := len(key); n > 1 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	if strings.ContainsAny(key, `"\`) {
		return "", malformed(name, "has a quote or a backslash inside")
	}
	return key, trade.CheckText(name, key, maxKey)
}

// commandID returns the command ID of a caller's key. The caller is part of it, so that two
// callers with the same key have two commands. A key that is a UUID of version 7 contains its
// instant, which keeps the log's index of commands warm; other keys have none.
func commandID(by trade.Actor, key string) uuid.UUID {
	at := time.UnixMilli(0)
	if id, err := uuid.Parse(key); err == nil && id.Version() == 7 {
		at = time.Unix(id.Time().UnixTime())
	}
	return desk.CommandID(at, "service/"+by.Role.String()+"/"+string(by.Account), key)
}
