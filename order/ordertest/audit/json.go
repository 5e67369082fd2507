package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// object is the members of a JSON object, in their order. Values are left as they stand: few of
// them are needed.
type object []member

type member struct{ key, value []byte }

// raw returns the value of a member, or nil if there is none.
func (o object) raw(key string) []byte {
	for i := range o {
		if string(o[i].key) == key {
			return o[i].value
		}
	}
	return nil
}

var errJSON = errors.New("not a JSON object whose keys differ")

// parse appends the members of a JSON object to into. It splits, and leaves it to whoever reads a
// value to take it apart.
func parse(data []byte, into object) (object, error) {
	i := space(data, 0)
	if i >= len(data) || data[i] != '{' {
		return into, errJSON
	}
	if i = space(data, i+1); i < len(data) && data[i] == '}' {
		return into, closes(data, i)
	}
	for {
		key := i
		i = skip(data, i)
		if i < 0 || data[key] != '"' {
			return into, errJSON
		}
		name := data[key+1 : i-1]
		if i = space(data, i); i >= len(data) || data[i] != ':' {
			return into, errJSON
		}
		value := space(data, i+1)
		if i = skip(data, value); i < 0 || into.raw(string(name)) != nil {
			return into, errJSON
		}
		into = append(into, member{key: name, value: data[value:i]})
		switch i = space(data, i); {
		case i < len(data) && data[i] == ',':
			i = space(data, i+1)
		case i < len(data) && data[i] == '}':
			return into, closes(data, i)
		default:
			return into, errJSON
		}
	}
}

// closes checks that nothing follows the last brace.
func closes(data []byte, i int) error {
	if space(data, i+1) != len(data) {
		return errJSON
	}
	return nil
}

// items calls see with each value of a JSON array.
func items(data []byte, see func(value []byte)) error {
	if len(data) == 0 || data[0] != '[' {
		return errJSON
	}
	for i := space(data, 1); i < len(data) && data[i] != ']'; {
		end := skip(data, i)
		if end < 0 {
			return errJSON
		}
		see(data[i:end])
		if i = space(data, end); i < len(data) && data[i] == ',' {
			i = space(data, i+1)
		}
	}
	return nil
}

func space(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// skip returns where the value that begins at i ends, or -1.
func skip(data []byte, i int) int {
	if i >= len(data) {
		return -1
	}
	switch data[i] {
	case '"':
		return skipText(data, i)
	case '{', '[':
		return skipNested(data, i)
	}
	end := i
	for end < len(data) && !ends[data[end]] {
		end++
	}
	if end == i {
		return -1
	}
	return end
}

// ends are the bytes that end a number or a word.
var ends = [256]bool{',': true, '}': true, ']': true, ' ': true, '\n': true, '\t': true, '\r': true}

func skipText(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func skipNested(data []byte, i int) int {
	for depth := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i = skipText(data, i) - 1; i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// read makes data the fact at hand.
func (a *Auditor) read(data []byte) bool {
	var err error
	if a.fact, err = parse(data, a.fact[:0]); err != nil {
		a.failf("I28", "%s: %v", data, err)
	}
	return err == nil
}

// text returns a string of the fact, or nil if it has none. It is good until the next record.
func (a *Auditor) text(key string) []byte {
	raw := a.fact.raw(key)
	if raw == nil {
		return nil
	}
	if len(raw) < 2 || raw[0] != '"' {
		a.failf("I28", "%s is no string: %s", key, raw)
		return nil
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		a.failf("I28", "%s is no string: %s", key, raw)
	}
	return []byte(s)
}

// keep makes a string of a text. Accounts, currencies and causes come again and again and are
// made once.
func (a *Auditor) keep(text []byte) string {
	if s, known := a.names[string(text)]; known {
		return s
	}
	if len(a.names) >= maxNames {
		clear(a.names)
	}
	s := string(text)
	a.names[s] = s
	return s
}

const maxNames = 1 << 14

func (a *Auditor) number(key string) int64 {
	raw := a.fact.raw(key)
	if raw == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		a.failf("I28", "%s is no whole number: %s", key, raw)
	}
	return n
}

func (a *Auditor) flag(key string) bool {
	switch raw := a.fact.raw(key); string(raw) {
	case "", "false":
		return false
	case "true":
		return true
	default:
		a.failf("I28", "%s is neither true nor false: %s", key, raw)
		return false
	}
}

// instant is a time in nanoseconds since 1970; 0 is none. Deadlines reach no further than 2262.
type instant int64

func (t instant) String() string {
	if t == 0 {
		return "never"
	}
	return time.Unix(0, int64(t)).UTC().Format(time.RFC3339Nano)
}

const day = instant(24 * time.Hour)

// when returns an instant of the fact, or 0 if it has none.
func (a *Auditor) when(key string) instant {
	text := a.text(key)
	if text == nil {
		return 0
	}
	var t time.Time
	if err := t.UnmarshalText(text); err != nil {
		a.failf("I28", "%s is no instant: %s", key, text)
		return 0
	}
	return instant(t.UnixNano())
}

// nested returns what stands between the braces of a member, as a second fact.
func (a *Auditor) nested(key string) bool {
	raw := a.fact.raw(key)
	if raw == nil {
		return false
	}
	var err error
	if a.inner, err = parse(raw, a.inner[:0]); err != nil {
		a.failf("I28", "%s: %v", key, err)
	}
	return err == nil
}

// turn changes the fact with the one nested in it, and back.
func (a *Auditor) turn() { a.fact, a.inner = a.inner, a.fact }
