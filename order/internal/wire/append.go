package wire

import (
	"encoding/hex"
	"math/bits"
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are not UTF-8 are written as
// \ufffd, as encoding/json does: such a string does not come back as it was.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	if n := plainLength(s); n < len(s) {
		b = append(b, s[:n]...)
		return append(appendEscaped(b, s[n:]), '"')
	}
	b = append(b, s...)
	return append(b, '"')
}

// plainLength returns the length of the longest prefix of s that is ASCII without
// anything to escape.
func plainLength[S string | []byte](s S) int {
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		w := word(s[i : i+8])
		if found := special(w) | w&highBits; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// word returns eight bytes, the first in the lowest place.
func word[S string | []byte](s S) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// special returns a word whose lowest set bit marks the first quote, backslash or control
// character among the eight bytes of w, or 0 if there is none. A subtraction borrows only
// into bytes above one that was found, so the lowest bit is exact.
func special(w uint64) uint64 {
	quote := w ^ lowBits*'"'
	backslash := w ^ lowBits*'\\'
	return ((quote-lowBits)&^quote | (backslash-lowBits)&^backslash | (w-lowBits*' ')&^w) & highBits
}

// appendEscaped appends s without the quotes, escaping what must be escaped.
func appendEscaped(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				b = append(b, s[start:i]...)
				b = appendEscape(b, c)
				start = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, s[start:i]...)
			b = append(b, `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(b, s[start:i]...)
			b = append(b, `\u202`...)
			b = append(b, hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	return append(b, s[start:]...)
}

// appendEscape appends the escape of one ASCII character.
func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// AppendInt appends n in decimal.
func AppendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// AppendUint appends n in decimal.
func AppendUint(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) }

// AppendBool appends true or false.
func AppendBool(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }

// AppendTime appends t in UTC as a string of RFC 3339 with as many digits of the
// second's fraction as it has. It writes any time; a Reader reads back those of the
// years 1970 to 2261.
func AppendTime(b []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
	}
	hour, minute, second := t.Clock()
	start := len(b)
	b = append(b, `"0000-00-00T00:00:00.000000000Z"`...)
	text := (*[32]byte)(b[start:])
	putPair(text[1:3], year/100)
	putPair(text[3:5], year%100)
	putPair(text[6:8], int(month))
	putPair(text[9:11], day)
	putPair(text[12:14], hour)
	putPair(text[15:17], minute)
	putPair(text[18:20], second)
	end := 20
	if fraction := t.Nanosecond(); fraction != 0 {
		text[21] += byte(fraction / 100_000_000)
		putPair(text[22:24], fraction/1_000_000%100)
		putPair(text[24:26], fraction/10_000%100)
		putPair(text[26:28], fraction/100%100)
		putPair(text[28:30], fraction%100)
		for end = 30; text[end-1] == '0'; end-- {
		}
	}
	text[end], text[end+1] = 'Z', '"'
	return b[:start+end+2]
}

// putPair writes the two decimal digits of n, which is below 100.
func putPair(b []byte, n int) {
	const pairs = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849" +
		"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"
	b[0], b[1] = pairs[2*n], pairs[2*n+1]
}

// AppendUUID appends u as a string in the canonical form of RFC 9562.
func AppendUUID(b []byte, u [16]byte) []byte {
	start := len(b)
	b = append(b, `"00000000-0000-0000-0000-000000000000"`...)
	text := (*[38]byte)(b[start:])
	hex.Encode(text[1:9], u[:4])
	hex.Encode(text[10:14], u[4:6])
	hex.Encode(text[15:19], u[6:8])
	hex.Encode(text[20:24], u[8:10])
	hex.Encode(text[25:37], u[10:])
	return b
}

// CloseText ends a string whose characters a text type appended: b ends with the
// opening quote, and text and err are what AppendText(b) returned. The characters are
// escaped where they must be. If err is not nil, or text does not extend b, the string
// is the empty one, so that the output is JSON whatever the type does.
func CloseText(b, text []byte, err error) []byte {
	if err != nil || len(text) < len(b) {
		return append(b, '"')
	}
	if added := text[len(b):]; plainLength(added) < len(added) {
		return append(appendEscaped(b, string(added)), '"')
	}
	return append(text, '"')
}

// CloseObject ends an object whose members were each appended with a comma in front,
// the first at b[start]: that comma becomes the opening brace.
func CloseObject(b []byte, start int) []byte {
	if len(b) == start {
		return append(b, "{}"...)
	}
	b[start] = '{'
	return append(b, '}')
}

// IsZero reports whether v is the zero value of its type.
func IsZero[T comparable](v T) bool {
	var zero T
	return v == zero
}
