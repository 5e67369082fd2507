package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// problem is the answer to a request that gets no other: the problem details of RFC 9457, and
// what this service adds to them. As an error it is what a handler answers by itself.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitzero"`
	Instance string `json:"instance,omitzero"`

	// Of a refusal: the rule and its text, what was asked for and in which phase, and, where
	// there is one, what is missing, and from when or until when it could have been.
	Rule     rule.ID     `json:"rule,omitzero"`
	Text     string      `json:"text,omitzero"`
	Command  string      `json:"command,omitzero"`
	Phase    string      `json:"phase,omitzero"`
	Missing  trade.Money `json:"missing,omitzero"`
	Earliest time.Time   `json:"earliest,omitzero"`
	Deadline time.Time   `json:"deadline,omitzero"`

	// Of malformed input: the field, and what is wrong with it.
	Field  string `json:"field,omitzero"`
	Reason string `json:"reason,omitzero"`

	// Of a version that is not the expected one: the one that is.
	Version events.Version `json:"version,omitzero"`
}

func (p *problem) Error() string { return fmt.Sprint(p.Status, " ", p.Title, ": ", p.Detail) }

// typed is a problem of one of the types that the package comment lists.
func typed(status int, name, title, detail string) *problem {
	return &problem{Type: "https://pkg.go.dev/github.com/tradesurety/surety/examples/service#" + name, Title: title, Status: status, Detail: detail}
}

// plain is a problem that its status says all about.
func plain(status int, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

func malformed(field, reason string) *problem {
	p := typed(http.StatusBadRequest, "malformed", "Malformed input", strings.TrimSpace(field+" "+reason))
	p.Field, p.Reason = field, reason
	return p
}

// describe makes a problem of an error, in the language of whoever asked.
func describe(err error, lang rule.Lang) *problem {
	var (
		given   *problem
		corrupt *events.CorruptError
		misuse  *events.MisuseError
		no      *trade.Refusal
		invalid *trade.InvalidError
		bounds  *events.BoundsError
		expect  *desk.ExpectError
		reused  *events.DuplicateError
	)
	switch {
	case errors.As(err, &given):
		return given
	case errors.As(err, &corrupt), errors.As(err, &misuse):
		// First of all: what is wrong with a stored event is not wrong with the request.
		return plain(http.StatusInternalServerError, "The operators have been told.")
	case errors.As(err, &no):
		p := typed(http.StatusConflict, "refused", "Refused by the rule book", no.Text(lang))
		p.Rule, p.Text, p.Command, p.Phase = no.Rule, no.Rule.Text(lang), no.Command, no.Phase
		p.Missing, p.Earliest, p.Deadline = no.Missing, no.Earliest, no.Deadline
		return p
	case errors.As(err, &invalid):
		return malformed(invalid.Field, invalid.Reason)
	case errors.As(err, &bounds):
		return malformed(bounds.Field, bounds.Reason)
	case errors.As(err, &expect):
		p := typed(http.StatusPreconditionFailed, "version", "Another version", fmt.Sprintf("It is at version %d.", expect.Head))
		p.Version = expect.Head
		return p
	case errors.As(err, &reused):
		return typed(http.StatusUnprocessableEntity, "key-reused", "Idempotency-Key reused", "The key was used before for another request.")
	case errors.Is(err, desk.ErrNotFound):
		return plain(http.StatusNotFound, "There is nothing here for you.")
	case errors.Is(err, events.ErrUnknownOutcome):
		return typed(http.StatusServiceUnavailable, "unknown-outcome", "Outcome unknown",
			"The command may have been carried out. Ask again with the same Idempotency-Key.")
	default:
		return typed(http.StatusServiceUnavailable, "unavailable", "Unavailable",
			"Not now. Ask again, a command with the same Idempotency-Key.")
	}
}

// fail answers a request with a problem.
func (s *service) fail(w http.ResponseWriter, r *http.Request, err error) {
	lang := language(r.Header.Get("Accept-Language"))
	p := *describe(err, lang)
	p.Instance = r.URL.EscapedPath()
	h := w.Header()
	h.Set("Content-Language", string(lang))
	h.Set("Vary", "Accept-Language")
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusRequestTimeout:
		h.Set("Connection", "close") // the rest of the body may still come
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.logger.Error("request failed", "method", r.Method, "path", p.Instance, "status", p.Status, "error", err)
	}
	reply(w, p.Status, "application/problem+json", p)
}

// reply writes an answer of JSON. A client that does not get it asks again.
func reply(w http.ResponseWriter, status int, mediaType string, v any) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// language returns which language of the rule book an Accept-Language prefers.
func language(header string) rule.Lang {
	best, lang := 0.0, rule.English
	for part := range strings.SplitSeq(header, ",") {
		tag, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(weight), "q="); ok {
			q, _ = strconv.ParseFloat(text, 64)
		}
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if l := rule.Lang(base); q > best && (l == rule.English || l == rule.Chinese) {
			best, lang = q, l
		}
	}
	return lang
}
