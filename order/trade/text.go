package trade

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is free text of one or more lines, such as a review or a reason (D67). Commands may have it
// as their callers typed it. It is decided on, recorded and compared as Normal returns it: the
// generated code of a package has its commands encoded, decoded and decided on with normal texts.
type Text string

// Normal returns the text with LF for CR LF, and without white space at both ends. The normal form
// of a normal text is the text itself, so that several CR before a LF are one line break as well.
func (t Text) Normal() Text {
	s := string(t)
	for strings.Contains(s, "\r\n") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	return Text(strings.TrimSpace(s))
}

// Check returns an *InvalidError unless the text, which is in normal form, is valid UTF-8 of 1 to
// limit bytes whose only control characters are line breaks and tabs. A CR without LF is refused: no
// system in use writes it for a line break, and a terminal that shows it overwrites the line.
func (t Text) Check(field string, limit int) error { return checkText(field, string(t), limit, "\n\t") }

// CheckStored is Check for a text that was recorded: once the separators of lines and paragraphs
// were accepted as well.
func (t Text) CheckStored(field string, limit int) error {
	return checkText(field, string(t), limit, "\n\t"+separators)
}

// TextCheck is a function that checks a text of a command, as CheckText, or of an event, as
// CheckStoredText.
type TextCheck func(field, s string, limit int) error

// CheckText returns an *InvalidError unless the text, a name or a reference, is one line: valid UTF-8
// of 1 to limit bytes without control characters and without white space at its ends.
func CheckText(field, s string, limit int) error { return checkText(field, s, limit, "") }

// CheckStoredText is CheckText for a text that was recorded: once the separators of lines and
// paragraphs were accepted as well.
func CheckStoredText(field, s string, limit int) error { return checkText(field, s, limit, separators) }

// separators are the separators of lines and paragraphs of Unicode, which count as control
// characters.
const separators = "\u2028\u2029"

// checkText checks a text that may have the given ones of its control characters.
func checkText(field, s string, limit int, allowed string) error {
	switch {
	case s == "":
		return Invalid(field, "must not be empty")
	case len(s) > limit:
		return Invalid(field, "%d bytes are more than %d", len(s), limit)
	case !utf8.ValidString(s):
		return Invalid(field, "is not valid UTF-8")
	case strings.TrimSpace(s) != s:
		return Invalid(field, "begins or ends with white space")
	}
	for _, r := range s {
		control := unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError || strings.ContainsRune(separators, r)
		if control && !strings.ContainsRune(allowed, r) {
			return Invalid(field, "has the control or replacement character %U", r)
		}
	}
	return nil
}
