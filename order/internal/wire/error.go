package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxReason and maxKey bound, in bytes, what an Error repeats of its cause and of a
// key that no type declares.
const (
	maxReason = 200
	maxKey    = 40
)

// Error says which part of the input was refused, and why. Its texts are bounded,
// whatever the input.
type Error struct {
	// Field is the path of the value from the root, such as
	// terms.items[3].hs_code; it is empty for the root itself. In a key that no type
	// declares, all but ASCII letters, digits, hyphens and underscores are shown as
	// question marks.
	Field string
	// Reason says what is wrong with the value.
	Reason string
	// Offset is the position in the input, in bytes, at which it went wrong.
	Offset int

	cause error
}

// Error returns field, offset and reason in one line.
func (e *Error) Error() string {
	var s strings.Builder
	s.WriteString("decode ")
	if e.Field != "" {
		s.WriteString(e.Field)
		s.WriteByte(' ')
	}
	s.WriteString("at byte ")
	s.WriteString(strconv.Itoa(e.Offset))
	s.WriteString(": ")
	s.WriteString(e.Reason)
	return s.String()
}

// Unwrap returns the error of the text type that refused its value, or nil.
func (e *Error) Unwrap() error { return e.cause }

// clip returns s, or a prefix of whole runes of at most limit bytes followed by three
// dots.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "..."
}

// appendKey appends a key of the input in the form that Error.Field documents.
func appendKey(b, key []byte) []byte {
	long := len(key) > maxKey
	if long {
		key = key[:maxKey]
	}
	for _, c := range key {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			b = append(b, c)
		default:
			b = append(b, '?')
		}
	}
	if long {
		b = append(b, "..."...)
	}
	return b
}
