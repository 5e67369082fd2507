package projection

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is the kind of value that a column holds.
type Kind uint8

// The kinds of values. An instant is a number of nanoseconds; an amount of money is a number of
// minor units, with its currency in another column.
const (
	KindInt Kind = iota + 1
	KindText
)

// String returns "int" or "text".
func (k Kind) String() string {
	switch k {
	case KindInt:
		return "int"
	case KindText:
		return "text"
	default:
		return "unknown"
	}
}

// Value is a whole number or a text. Values are comparable; the zero Value has no kind and is in
// no row.
type Value struct {
	text   string
	number int64
	kind   Kind
}

// Int returns a number.
func Int(n int64) Value { return Value{number: n, kind: KindInt} }

// Text returns a text. Only valid UTF-8 without NUL characters can be stored.
func Text[S ~string](s S) Value { return Value{text: string(s), kind: KindText} }

// Time returns an instant as a number of nanoseconds since 1970; the zero time is 0.
func Time(t time.Time) Value {
	if t.IsZero() {
		return Int(0)
	}
	return Int(t.UnixNano())
}

// Bool returns 1 or 0.
func Bool(b bool) Value {
	if b {
		return Int(1)
	}
	return Int(0)
}

// Kind returns the kind of the value.
func (v Value) Kind() Kind { return v.kind }

// Int returns the number of a KindInt, and 0 for any other kind.
func (v Value) Int() int64 { return v.number }

// Text returns the text of a KindText, and "" for any other kind.
func (v Value) Text() string { return v.text }

// Bool reports whether the number is not 0.
func (v Value) Bool() bool { return v.number != 0 }

// Time is the inverse of the function Time.
func (v Value) Time() time.Time {
	if v.number == 0 {
		return time.Time{}
	}
	return time.Unix(0, v.number).UTC()
}

// Less reports whether v is before o, which has the same kind: numbers by size, texts byte by
// byte.
func (v Value) Less(o Value) bool {
	if v.kind == KindText {
		return v.text < o.text
	}
	return v.number < o.number
}

// fault returns why the value cannot be stored in a column of that kind, or "".
func (v Value) fault(k Kind) string {
	switch {
	case v.kind != k:
		return "is " + v.kind.String() + ", and the column is " + k.String()
	case k == KindText && strings.IndexByte(v.text, 0) >= 0:
		return "has a NUL character"
	case k == KindText && !utf8.ValidString(v.text):
		return "is not valid UTF-8"
	}
	return ""
}

// Row is one row of a table: a value for each of its columns. A row is shared and never changed.
type Row []Value

// AppendKey appends an encoding of values to buf that keeps their order: of two rows of equal
// kinds, the one whose values are less has the lesser encoding, and an encoding is a prefix of
// another only if its values are.
func AppendKey(buf []byte, values ...Value) []byte {
	for i := range values {
		if v := &values[i]; v.kind == KindText {
			buf = append(buf, v.text...)
			buf = append(buf, 0) // no text contains it
		} else {
			buf = binary.BigEndian.AppendUint64(buf, uint64(v.number)^1<<63)
		}
	}
	return buf
}

// String returns the number, or the text in quotes.
func (v Value) String() string {
	switch v.kind {
	case KindInt:
		return strconv.FormatInt(v.number, 10)
	case KindText:
		return strconv.Quote(v.text)
	default:
		return "nothing"
	}
}
