package main

import (
	"cmp"
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

// problem is the answer to a request that fails: the problem details of RFC 9457 with the members
// of this service. A handler returns it as an error to choose the answer itself.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitzero"`
	Instance string `json:"instance,omitzero"`

	// For a refusal: the rule and its text, the command and the phase, and, where there is one, the
	// missing amount, and the earliest or the latest time for the command.
	Rule     rule.ID     `json:"rule,omitzero"`
	Text     string      `json:"text,omitzero"`
	Command  string      `json:"command,omitzero"`
	Phase    string      `json:"phase,omitzero"`
	Missing  trade.Money `json:"missing,omitzero"`
	Earliest time.Time   `json:"earliest,omitzero"`
	Deadline time.Time   `json:"deadline,omitzero"`

	// For malformed input: the field, and what is wrong with it. For a refusal: the field that the rule
	// speaks of, where there is one.
	Field  string `json:"field,omitzero"`
	Reason string `json:"reason,omitzero"`

	// For an unexpected version: the current one.
	Version events.Version `json:"version,omitzero"`

	lang rule.Lang // of title, detail and text; empty for English
}

// in returns the text in that language.
func in(lang rule.Lang, english, chinese string) string {
	if lang == rule.Chinese {
		return chinese
	}
	return english
}

func (p *problem) Error() string { return fmt.Sprint(p.Status, " ", p.Title, ": ", p.Detail) }

// typed returns a problem of one of the types in the package comment.
func typed(status int, name, title, detail string) *problem {
	return &problem{Type: "https://pkg.go.dev/github.com/tradesurety/surety/examples/service#" + name, Title: title, Status: status, Detail: detail}
}

// plain returns a problem that its status describes.
func plain(status int, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

func malformed(field, reason string) *problem {
	p := typed(http.StatusBadRequest, "malformed", "Malformed input", strings.TrimSpace(field+" "+reason))
	p.Field, p.Reason = field, reason
	return p
}

// describe returns the problem for an error, in the language of the caller.
func describe(err error, lang rule.Lang) *problem {
	var (
		given   *problem
		corrupt *events.CorruptError
		misuse  *events.MisuseError
		no      *trade.Refusal
		early   *trade.EarlyError
		invalid *trade.InvalidError
		bounds  *events.BoundsError
		expect  *desk.ExpectError
		reused  *events.DuplicateError
	)
	switch {
	case errors.As(err, &given):
		return given
	case errors.As(err, &corrupt), errors.As(err, &misuse):
		// This case comes first: the fault is in a stored event, not in the request.
		return plain(http.StatusInternalServerError, "The error has been logged.")
	case errors.As(err, &no):
		p := typed(http.StatusConflict, "refused", in(lang, "Refused by the rule book", "被规则拒绝"), no.Text(lang))
		if no.ByActor() {
			p = typed(http.StatusForbidden, "forbidden", in(lang, "Not yours to issue", "无权操作"), no.Text(lang))
		}
		p.lang, p.Field = lang, no.Field
		p.Rule, p.Text, p.Command, p.Phase = no.Rule, no.Rule.Text(lang), no.Command, no.Phase
		p.Missing, p.Earliest, p.Deadline = no.Missing, no.Earliest, no.Deadline
		return p
	case errors.As(err, &early):
		p := typed(http.StatusConflict, "early", in(lang, "Not yet", "尚不能登记"), early.Text(lang))
		p.lang, p.Rule, p.Text, p.Command = lang, rule.D62, rule.D62.Text(lang), early.Command
		return p
	case errors.As(err, &invalid):
		return malformed(invalid.Field, invalid.Reason)
	case errors.As(err, &bounds):
		return malformed(bounds.Field, bounds.Reason)
	case errors.As(err, &expect):
		p := typed(http.StatusPreconditionFailed, "version", "Another version", fmt.Sprintf("It is at version %d.", expect.Head))
		if expect.Head == 0 {
			p.Detail = "It does not exist."
		}
		p.Version = expect.Head
		return p
	case errors.As(err, &reused):
		return typed(http.StatusUnprocessableEntity, "key-reused", "Idempotency-Key reused", "The key was used before for another request.")
	case errors.Is(err, desk.ErrNotFound):
		return plain(http.StatusNotFound, "It does not exist, or you may not see it.")
	case errors.Is(err, events.ErrUnknownOutcome):
		return typed(http.StatusServiceUnavailable, "unknown-outcome", "Outcome unknown",
			"The command may have been executed. Retry with the same Idempotency-Key.")
	default:
		return typed(http.StatusServiceUnavailable, "unavailable", "Unavailable",
			"The service cannot answer now. Retry, a command with the same Idempotency-Key.")
	}
}

// fail answers a request with the problem for an error.
func (s *service) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.seen(err)
	p := *describe(err, language(strings.Join(r.Header.Values("Accept-Language"), ",")))
	p.Instance = r.URL.EscapedPath()
	h := w.Header()
	// What a rule says is in both languages, and everything else in English, whatever was asked for.
	h.Set("Content-Language", string(cmp.Or(p.lang, rule.English)))
	h.Set("Vary", "Accept-Language")
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusRequestTimeout:
		h.Set("Connection", "close") // the rest of the body may still come
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case http.StatusConflict:
		if strings.HasSuffix(p.Type, "#early") {
			h.Set("Retry-After", "60")
		}
	}
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.logger.Error("request failed", "method", r.Method, "path", p.Instance, "status", p.Status, "error", err)
	}
	reply(w, p.Status, "application/problem+json", p)
}

// reply writes a JSON answer. A client that does not receive it retries.
func reply(w http.ResponseWriter, status int, mediaType string, v any) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// language returns the language of the rule book that an Accept-Language header prefers.
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
