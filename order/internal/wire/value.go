package wire

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tradesurety/surety/order/trade"
)

// String reads a string.
func (r *Reader) String() string {
	raw, escaped := r.scan()
	if !escaped {
		return string(raw)
	}
	// Short strings are decoded on the stack, so that they too cost one allocation.
	var buf [128]byte
	return string(r.unescape(buf[:0], raw))
}

// Text reads a string and returns its characters for an UnmarshalText, whose error is
// to be given to [Reader.Check]. They may be those of the input itself and must be
// neither kept nor changed.
func (r *Reader) Text() []byte {
	raw, escaped := r.scan()
	if escaped {
		return r.unescape(nil, raw)
	}
	return raw
}

// Check refuses the value read last if err is not nil. The Error repeats the reason of a
// *trade.InvalidError, and the text of any other, clipped, and unwraps to it.
func (r *Reader) Check(err error) {
	if err == nil || r.err != nil {
		return
	}
	reason := err.Error()
	if e, ok := errors.AsType[*trade.InvalidError](err); ok {
		reason = e.Reason
	}
	r.refuse(r.start, string(r.path()), clip(reason, maxReason), err)
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	r.peek()
	rest := r.data[r.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		r.pos += len("true")
		return true
	case bytes.HasPrefix(rest, []byte("false")):
		r.pos += len("false")
		return false
	}
	r.unexpected("expected true or false")
	return false
}

// Int reads an integer of the given size in bits; 0 is the size of int.
func (r *Reader) Int(bits int) int64 {
	if bits == 0 {
		bits = strconv.IntSize
	}
	negative := r.peek() == '-'
	if negative {
		r.pos++
	}
	limit := uint64(1)<<(bits-1) - 1
	if negative {
		limit++
	}
	n := r.digits(negative, limit)
	if negative {
		// The complement is exact for the least integer as well.
		return int64(^n + 1)
	}
	return int64(n)
}

// Uint reads an integer of the given size in bits that is not negative; 0 is the size
// of uint.
func (r *Reader) Uint(bits int) uint64 {
	if bits == 0 {
		bits = strconv.IntSize
	}
	r.peek()
	return r.digits(false, math.MaxUint64>>(64-bits))
}

// digits reads the digits of an integer of at most limit.
func (r *Reader) digits(negative bool, limit uint64) uint64 {
	r.start = r.pos
	if negative {
		r.start--
	}
	var n uint64
	i := r.pos
	for ; i < len(r.data); i++ {
		d := uint64(r.data[i] - '0')
		if d > 9 {
			break
		}
		if n > (limit-d)/10 {
			r.fail(r.start, "integer out of range")
			return 0
		}
		n = n*10 + d
	}
	switch {
	case i == r.pos:
		r.unexpected("expected an integer")
		return 0
	case r.data[r.pos] == '0' && (i > r.pos+1 || negative),
		i < len(r.data) && (r.data[i] == '.' || r.data[i] == 'e' || r.data[i] == 'E'):
		r.fail(r.start, "not a plain integer")
		return 0
	}
	r.pos = i
	return n
}

// scan reads a string and returns what is between its quotes, and whether that has
// escapes, which it does not check.
func (r *Reader) scan() (raw []byte, escaped bool) {
	if r.peek() != '"' {
		r.unexpected("expected a string")
		return nil, false
	}
	r.start = r.pos
	rest := r.data[r.pos+1:]
	var all uint64 // the bits of all bytes, to tell ASCII
	for i := 0; i < len(rest); i++ {
		for len(rest)-i >= 8 {
			w := word(rest[i : i+8])
			if found := special(w); found != 0 {
				n := bits.TrailingZeros64(found) / 8
				all |= w & (1<<(8*n) - 1)
				i += n
				break
			}
			all |= w
			i += 8
		}
		if i == len(rest) {
			break
		}
		c := rest[i]
		switch {
		case c == '"':
			raw = rest[:i:i]
			if all&highBits != 0 && !utf8.Valid(raw) {
				r.fail(r.start, "invalid UTF-8")
				return nil, false
			}
			r.pos += i + 2
			return raw, escaped
		case c == '\\':
			escaped = true
			// What is escaped cannot end the string.
			i++
		case c < ' ':
			r.fail(r.pos+1+i, "control character in a string")
			return nil, false
		}
		all |= uint64(c)
	}
	r.pos = len(r.data)
	r.unexpected("")
	return nil, false
}

// unescape appends the characters of the string read last, or refuses it.
func (r *Reader) unescape(b, raw []byte) []byte {
	for len(raw) > 0 {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return append(b, raw...)
		}
		b = append(b, raw[:i]...)
		raw = raw[i:]
		var size int
		var reason string
		if raw[1] == 'u' {
			var c rune
			c, size, reason = unicodeEscape(raw)
			b = utf8.AppendRune(b, c)
		} else {
			var c byte
			c, size, reason = shortEscape(raw[1])
			b = append(b, c)
		}
		if reason != "" {
			r.fail(r.start, reason)
			return nil
		}
		raw = raw[size:]
	}
	return b
}

// shortEscape decodes an escape of two bytes.
func shortEscape(second byte) (c byte, size int, reason string) {
	switch second {
	case '"', '\\', '/':
		return second, 2, ""
	case 'b':
		return '\b', 2, ""
	case 'f':
		return '\f', 2, ""
	case 'n':
		return '\n', 2, ""
	case 'r':
		return '\r', 2, ""
	case 't':
		return '\t', 2, ""
	}
	return 0, 0, "invalid escape"
}

// unicodeEscape decodes the \u escape, or the pair of them, at the start of raw.
func unicodeEscape(raw []byte) (c rune, size int, reason string) {
	c, ok := hex4(raw)
	if !ok {
		return 0, 0, "invalid escape"
	}
	if !utf16.IsSurrogate(c) {
		return c, 6, ""
	}
	low, ok := hex4(raw[6:])
	if c = utf16.DecodeRune(c, low); !ok || c == utf8.RuneError {
		return 0, 0, "lone surrogate"
	}
	return c, 12, ""
}

// hex4 decodes the \u escape at the start of raw.
func hex4(raw []byte) (c rune, ok bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	for _, d := range raw[2:6] {
		switch {
		case '0' <= d && d <= '9':
			d -= '0'
		case 'a' <= d && d <= 'f':
			d -= 'a' - 10
		case 'A' <= d && d <= 'F':
			d -= 'A' - 10
		default:
			return 0, false
		}
		c = c<<4 | rune(d)
	}
	return c, true
}

// Years that a time may lie in: those of which every instant has a count of
// nanoseconds since 1970 in an int64.
const (
	minYear = 1970
	maxYear = 2261
)

// Time reads an instant of RFC 3339 in UTC, without escapes, with at most nine digits of
// the second's fraction, of the years 1970 to 2261. The offset is Z, +00:00 or -00:00.
// Unlike [AppendTime] it allows zeros at the end of the fraction: the dates of JavaScript
// have three digits always.
func (r *Reader) Time() time.Time {
	raw, _ := r.scan()
	if r.err != nil {
		return time.Time{}
	}
	t, reason := parseTime(raw)
	if reason != "" {
		r.fail(r.start, reason)
	}
	return t
}

func parseTime(raw []byte) (t time.Time, reason string) {
	const layout = "2006-01-02T15:04:05Z"
	const malformed = "not a time of RFC 3339 in UTC"
	raw, ok := withoutOffset(raw)
	if !ok || len(raw) < len(layout)-1 || raw[4] != '-' || raw[7] != '-' || raw[10] != 'T' || raw[13] != ':' || raw[16] != ':' {
		return time.Time{}, malformed
	}
	century, years := pair(raw[0:]), pair(raw[2:])
	month, day := pair(raw[5:]), pair(raw[8:])
	hour, minute, second := pair(raw[11:]), pair(raw[14:]), pair(raw[17:])
	nanosecond, ok := fraction(raw[len(layout)-1:])
	year := century*100 + years
	if !ok || century > 99 || years > 99 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, malformed
	}
	if year < minYear || year > maxYear {
		return time.Time{}, "year outside 1970 to 2261"
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC), ""
}

// withoutOffset returns what stands before the offset of UTC.
func withoutOffset(raw []byte) (rest []byte, ok bool) {
	const offset = len("+00:00")
	n := len(raw)
	switch {
	case n > 0 && raw[n-1] == 'Z':
		return raw[:n-1], true
	case n > offset && (string(raw[n-offset:]) == "+00:00" || string(raw[n-offset:]) == "-00:00"):
		return raw[:n-offset], true
	}
	return nil, false
}

// pair returns the value of two decimal digits, or a value above 99 that no pair has.
func pair(b []byte) int {
	tens, units := b[0]-'0', b[1]-'0'
	if tens > 9 || units > 9 {
		return 1000
	}
	return int(tens)*10 + int(units)
}

// fraction returns the nanoseconds of a point followed by one to nine digits, or of
// nothing.
func fraction(b []byte) (nanosecond int, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	if len(b) < 2 || len(b) > 10 || b[0] != '.' {
		return 0, false
	}
	scale := 1_000_000_000
	for _, c := range b[1:] {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		scale /= 10
		nanosecond += int(d) * scale
	}
	return nanosecond, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// UUID reads a UUID in the form that [AppendUUID] writes.
func (r *Reader) UUID() (u [16]byte) {
	raw := r.Text()
	if r.err != nil {
		return u
	}
	if len(raw) != 36 || raw[8] != '-' || raw[13] != '-' || raw[18] != '-' || raw[23] != '-' ||
		!unhex(u[:4], raw[:8]) || !unhex(u[4:6], raw[9:13]) || !unhex(u[6:8], raw[14:18]) ||
		!unhex(u[8:10], raw[19:23]) || !unhex(u[10:], raw[24:]) {
		r.fail(r.start, "not a UUID in canonical form")
		return [16]byte{}
	}
	return u
}

// unhex decodes lower-case hexadecimal digits, two for each byte of b.
func unhex(b, digits []byte) bool {
	var all byte
	for i := range b {
		high, low := nibbles[digits[2*i]], nibbles[digits[2*i+1]]
		all |= high | low
		b[i] = high<<4 | low&0xf
	}
	return all < 16
}

// nibbles has the value of each lower-case hexadecimal digit, and 255 for other bytes.
var nibbles = func() (values [256]byte) {
	for i := range values {
		values[i] = 255
	}
	for value, digit := range []byte(hexDigits) {
		values[digit] = byte(value)
	}
	return values
}()
