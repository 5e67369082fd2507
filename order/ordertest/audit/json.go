package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"
)

// object has the members of a JSON object in their order. Values stay encoded, because the auditor needs
// few of them.
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

var (
	errJSON  = errors.New("not a JSON object whose keys differ")
	errArray = errors.New("not a JSON array")
)

// parse appends the members of a JSON object to into. It decodes the keys, so that an escaped key is the same as one
// without escapes, and leaves the values encoded. The values must be valid JSON, see parseData.
func parse(data []byte, into object) (object, error) {
	i := skipSpace(data, 0)
	if i >= len(data) || data[i] != '{' {
		return into, errJSON
	}
	if i = skipSpace(data, i+1); i < len(data) && data[i] == '}' {
		return into, checkEnd(data, i)
	}
	for {
		key := i
		i = skipValue(data, i)
		if i < 0 || data[key] != '"' {
			return into, errJSON
		}
		name := data[key+1 : i-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			var decoded string
			if err := json.Unmarshal(data[key:i], &decoded); err != nil {
				return into, errJSON
			}
			name = []byte(decoded)
		}
		if i = skipSpace(data, i); i >= len(data) || data[i] != ':' {
			return into, errJSON
		}
		value := skipSpace(data, i+1)
		if i = skipValue(data, value); i < 0 || into.raw(string(name)) != nil {
			return into, errJSON
		}
		into = append(into, member{key: name, value: data[value:i]})
		switch i = skipSpace(data, i); {
		case i < len(data) && data[i] == ',':
			i = skipSpace(data, i+1)
		case i < len(data) && data[i] == '}':
			return into, checkEnd(data, i)
		default:
			return into, errJSON
		}
	}
}

// checkEnd checks that nothing follows the closing brace or bracket at i.
func checkEnd(data []byte, i int) error {
	if skipSpace(data, i+1) != len(data) {
		return errJSON
	}
	return nil
}

// eachItem calls visit with each value of a JSON array. The values must be valid JSON, see parseData.
func eachItem(data []byte, visit func(value []byte)) error {
	if len(data) == 0 || data[0] != '[' {
		return errArray
	}
	i := skipSpace(data, 1)
	if i < len(data) && data[i] == ']' {
		return checkEnd(data, i)
	}
	for {
		end := skipValue(data, i)
		if end < 0 {
			return errArray
		}
		visit(data[i:end])
		switch i = skipSpace(data, end); {
		case i < len(data) && data[i] == ',':
			i = skipSpace(data, i+1)
		case i < len(data) && data[i] == ']':
			return checkEnd(data, i)
		default:
			return errArray
		}
	}
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i, or -1.
func skipValue(data []byte, i int) int {
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
	for end < len(data) && !valueEnds[data[end]] {
		end++
	}
	if end == i {
		return -1
	}
	return end
}

// valueEnds are the bytes that end a number or a literal.
var valueEnds = [256]bool{',': true, '}': true, ']': true, ' ': true, '\n': true, '\t': true, '\r': true}

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

// parseData parses a JSON object, which the accessors below then read. It checks the syntax of all values, because
// parse and eachItem skip over what the auditor does not read.
func (a *Auditor) parseData(data []byte) bool {
	if !json.Valid(data) || !utf8.Valid(data) {
		a.failf("I28", "%q is not JSON in UTF-8", data)
		return false
	}
	var err error
	if a.data, err = parse(data, a.data[:0]); err != nil {
		a.failf("I28", "%s: %v", data, err)
	}
	return err == nil
}

// eachObject calls visit for each object of a member of the data that is an array. While visit runs, the object is the
// data. It does nothing if there is no such member.
func (a *Auditor) eachObject(key string, visit func()) {
	raw, outer := a.data.raw(key), a.data
	if raw == nil {
		return
	}
	err := eachItem(raw, func(value []byte) {
		var err error
		if a.data, err = parse(value, nil); err != nil {
			a.failf("I28", "%s: %s: %v", key, value, err)
		}
		if a.violation == nil {
			visit()
		}
	})
	if a.data = outer; err != nil {
		a.failf("I28", "%s: %v", key, err)
	}
}

// text returns a string of the data, or nil if it has none. The string is valid until the next record.
func (a *Auditor) text(key string) []byte {
	raw := a.data.raw(key)
	if raw == nil {
		return nil
	}
	if len(raw) < 2 || raw[0] != '"' {
		a.failf("I28", "%s is not a string: %s", key, raw)
		return nil
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		a.failf("I28", "%s is not a string: %s", key, raw)
	}
	return []byte(s)
}

// intern returns a text as a string. Texts that repeat, such as accounts and causes, share one string.
func (a *Auditor) intern(text []byte) string {
	if s, known := a.interned[string(text)]; known {
		return s
	}
	if len(a.interned) >= maxNames {
		clear(a.interned)
	}
	s := string(text)
	a.interned[s] = s
	return s
}

const maxNames = 1 << 14

func (a *Auditor) number(key string) int64 {
	raw := a.data.raw(key)
	if raw == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		a.failf("I28", "%s is not a whole number: %s", key, raw)
	}
	return n
}

func (a *Auditor) flag(key string) bool {
	switch raw := a.data.raw(key); string(raw) {
	case "", "false":
		return false
	case "true":
		return true
	default:
		a.failf("I28", "%s is neither true nor false: %s", key, raw)
		return false
	}
}

// instant is a time in nanoseconds since 1970; 0 is none. The last one is in the year 2262.
type instant int64

func (t instant) String() string {
	if t == 0 {
		return "never"
	}
	return time.Unix(0, int64(t)).UTC().Format(time.RFC3339Nano)
}

const day = instant(24 * time.Hour)

// time returns an instant of the data, or 0 if it has none.
func (a *Auditor) time(key string) instant {
	text := a.text(key)
	if text == nil {
		return 0
	}
	var t time.Time
	if err := t.UnmarshalText(text); err != nil {
		a.failf("I28", "%s is not an instant: %s", key, text)
		return 0
	}
	return instant(t.UnixNano())
}

// parseNested parses a member of the data that is an object, and reports whether there is one.
// swapNested makes it the data.
func (a *Auditor) parseNested(key string) bool {
	raw := a.data.raw(key)
	if raw == nil {
		return false
	}
	var err error
	if a.nestedData, err = parse(raw, a.nestedData[:0]); err != nil {
		a.failf("I28", "%s: %v", key, err)
	}
	return err == nil
}

// swapNested exchanges the data and the nested data. A second call undoes it.
func (a *Auditor) swapNested() { a.data, a.nestedData = a.nestedData, a.data }
