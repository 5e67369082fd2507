package events

import (
	"fmt"
	"strings"
)

// StreamID names a stream: a category, a hyphen, and a key, such as
// "order-0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a". The category is a lower-case letter followed
// by a-z 0-9 _ (at most MaxCategory bytes); the key is one or more of A-Z a-z 0-9 . _ - ~
// where ~ begins an escape. The whole has at most MaxStream bytes. Free text enters a
// StreamID only through Stream.
type StreamID string

// Stream makes the id of the stream of that category whose key stands for any text: bytes
// other than A-Z a-z 0-9 . _ - become ~ and two upper-case hexadecimal digits. Key is its
// inverse. Different keys never give the same stream.
func Stream(category, key string) (StreamID, error) {
	// With a hyphen in it, a category would end early and the rest would pass for key.
	if strings.Contains(category, "-") {
		return "", &BoundsError{Field: "stream", Reason: "the category has a hyphen"}
	}
	n := len(category) + 1 + len(key)
	for i := range len(key) {
		if !plain(key[i]) {
			n += 2
		}
	}
	if n > MaxStream {
		return "", &BoundsError{Field: "stream", Reason: fmt.Sprintf("category and escaped key have %d bytes, more than %d", n, MaxStream)}
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteString(category)
	b.WriteByte('-')
	for i := range len(key) {
		if c := key[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('~')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	id := StreamID(b.String())
	if err := id.Validate(); err != nil {
		return "", err
	}
	return id, nil
}

const hexDigits = "0123456789ABCDEF"

// Category returns the part before the first hyphen.
func (s StreamID) Category() string {
	category, _, _ := strings.Cut(string(s), "-")
	return category
}

// Key returns the text that was given to Stream, and whether the id is one that Stream makes.
func (s StreamID) Key() (string, bool) {
	_, key, ok := strings.Cut(string(s), "-")
	if !ok || s.Validate() != nil {
		return "", false
	}
	if !strings.Contains(key, "~") {
		return key, true
	}
	b := make([]byte, 0, len(key))
	for i := 0; i < len(key); i++ {
		if key[i] != '~' {
			b = append(b, key[i])
			continue
		}
		b = append(b, digit(key[i+1])<<4|digit(key[i+2]))
		i += 2
	}
	return string(b), true
}

// Validate returns a *BoundsError if the id is outside the alphabet or the bounds, or nil.
func (s StreamID) Validate() *BoundsError {
	fault := func(format string, args ...any) *BoundsError {
		return &BoundsError{Field: "stream", Reason: fmt.Sprintf(format, args...)}
	}
	if len(s) > MaxStream {
		return fault("%d bytes are more than %d", len(s), MaxStream)
	}
	category, key, ok := strings.Cut(string(s), "-")
	switch {
	case !ok:
		return fault("%q has no hyphen between category and key", s)
	case category == "" || category[0] < 'a' || category[0] > 'z':
		return fault("%q does not begin with a category", s)
	case len(category) > MaxCategory:
		return fault("the category of %q has more than %d bytes", s, MaxCategory)
	case key == "":
		return fault("%q has an empty key", s)
	}
	for i := range len(category) {
		if c := category[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_') {
			return fault("the category of %q has characters other than a-z 0-9 _", s)
		}
	}
	for i := 0; i < len(key); i++ {
		switch c := key[i]; {
		case plain(c):
		case c == '~' && i+2 < len(key) && isHex(key[i+1]) && isHex(key[i+2]) && !plain(digit(key[i+1])<<4|digit(key[i+2])):
			i += 2
		default:
			return fault("the key of %q has a character or an escape outside the alphabet", s)
		}
	}
	return nil
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

func digit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'A' + 10
}
