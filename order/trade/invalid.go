package trade

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// InvalidError says that an input is malformed: which field and why. It is no
// refusal: no rule was asked.
type InvalidError struct {
	Field  string // Field names the input, in lower case.
	Reason string // Reason is for people; it quotes at most the beginning of the input.
	Err    error  // Err is the cause, where there is one that callers may ask for.
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

// invalid makes an InvalidError of a format as of fmt.Errorf: an error given
// to %w becomes the cause. Input goes through quoted first.
func Invalid(field, format string, args ...any) *InvalidError {
	err := fmt.Errorf(format, args...)
	return &InvalidError{Field: field, Reason: clip(err.Error(), maxReason), Err: errors.Unwrap(err)}
}

// quoted returns s as a Go string literal, of long input only the beginning.
func Quoted(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "..."
	}
	return strconv.Quote(s)
}

// clip shortens s to at most n bytes and marks that it did, without cutting
// through a character.
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
