package trade

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// InvalidError says that an input is malformed: which field and why. It is not a
// refusal: no rule was applied.
type InvalidError struct {
	Field  string // Field names the input, in lower case.
	Reason string // Reason is for people; it quotes at most the beginning of the input.
	Err    error  // Err is the cause, or nil.
}

const (
	maxReason = 240
	maxField  = 80
	maxQuoted = 40
)

// Error names the field and the reason, at most 350 bytes of text.
func (e *InvalidError) Error() string {
	return "invalid " + clip(e.Field, maxField) + ": " + clip(e.Reason, maxReason)
}

// Unwrap returns the cause.
func (e *InvalidError) Unwrap() error { return e.Err }

// Invalid returns an InvalidError with a reason formatted as by fmt.Errorf: the
// error of a %w becomes the cause. Callers pass input through Quoted.
func Invalid(field, format string, args ...any) *InvalidError {
	err := fmt.Errorf(format, args...)
	return &InvalidError{Field: field, Reason: clip(err.Error(), maxReason), Err: errors.Unwrap(err)}
}

// Within returns the error with that path before the field, if it is an *InvalidError: "to" and
// "terms.total" are "to.terms.total".
func Within(path string, err error) error {
	e, ok := errors.AsType[*InvalidError](err)
	if !ok {
		return err
	}
	return &InvalidError{Field: path + "." + e.Field, Reason: e.Reason, Err: e.Err}
}

// Quoted returns s as a Go string literal, and only the beginning of a long one.
func Quoted(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "..."
	}
	return strconv.Quote(s)
}

// clip returns s, or a beginning of it in whole characters that ends with a mark
// and has at most n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const mark = "..."
	n -= len(mark)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + mark
}
