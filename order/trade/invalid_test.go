package trade

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestInvalidErrorNamesFieldReasonAndCause(t *testing.T) {
	var err error = Invalid("amount", "%s: %w", Quoted("x"), io.ErrUnexpectedEOF)
	if got, want := err.Error(), `invalid amount: "x": unexpected EOF`; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is out of reach")
	}
	var invalidErr *InvalidError
	if !errors.As(err, &invalidErr) || invalidErr.Field != "amount" || invalidErr.Reason != `"x": unexpected EOF` {
		t.Errorf("%+v", invalidErr)
	}
	if cause := errors.Unwrap(Invalid("amount", "plain")); cause != nil {
		t.Errorf("cause %v of an error without one", cause)
	}
}

func TestInvalidErrorIsBounded(t *testing.T) {
	const bound = 350
	long := strings.Repeat("é", 1<<20)
	for name, err := range map[string]*InvalidError{
		"made by hand": {Field: long, Reason: long},
		"made here":    Invalid("x"+long, "%s", long),
	} {
		text := err.Error()
		if len(text) > bound || !utf8.ValidString(text) || !strings.HasSuffix(text, "...") {
			t.Errorf("%s: %d bytes, valid %t: %s", name, len(text), utf8.ValidString(text), text)
		}
	}
	if reason := Invalid("x", "%s", long).Reason; len(reason) > maxReason {
		t.Errorf("reason of %d bytes", len(reason))
	}
}

func TestQuotedShowsTheBeginning(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", `""`},
		{"a\n\"b", `"a\n\"b"`},
		{strings.Repeat("a", maxQuoted), `"` + strings.Repeat("a", maxQuoted) + `"`},
		{strings.Repeat("a", maxQuoted+1), `"` + strings.Repeat("a", maxQuoted) + `"...`},
	} {
		if got := Quoted(test.in); got != test.want {
			t.Errorf("quoted(%q) = %s, want %s", test.in, got, test.want)
		}
	}
	if n := len(Quoted(strings.Repeat("\x00", 1<<20))); n > 4*maxQuoted+5 {
		t.Errorf("a megabyte is quoted as %d bytes", n)
	}
}

func TestClipKeepsCharactersWhole(t *testing.T) {
	for _, test := range []struct {
		in   string
		n    int
		want string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abc..."},
		{"ééééé", 6, "é..."},
		{"\x80\x80\x80\x80\x80", 4, "..."},
	} {
		if got := clip(test.in, test.n); got != test.want {
			t.Errorf("clip(%q, %d) = %q, want %q", test.in, test.n, got, test.want)
		}
	}
}
