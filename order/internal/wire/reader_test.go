package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// node has one field for each method of Reader, and nests.
type node struct {
	S     string    `json:"s,omitzero"`
	B     bool      `json:"b,omitzero"`
	I     int       `json:"i,omitzero"`
	I8    int8      `json:"i8,omitzero"`
	I64   int64     `json:"i64,omitzero"`
	U     uint      `json:"u,omitzero"`
	U16   uint16    `json:"u16,omitzero"`
	U64   uint64    `json:"u64,omitzero"`
	T     time.Time `json:"t,omitzero"`
	ID    uuid.UUID `json:"id,omitzero"`
	Even  even      `json:"even,omitzero"`
	Names []string  `json:"names,omitzero"`
	Kids  []node    `json:"kids,omitzero"`
}

// even is a text type that refuses texts of odd length.
type even string

var errOdd = errors.New("an odd length")

func (e even) MarshalText() ([]byte, error) { return []byte(e), nil }

func (e *even) UnmarshalText(text []byte) error {
	*e = even(text)
	if len(text)%2 != 0 {
		return fmt.Errorf("%w: %s", errOdd, text)
	}
	return nil
}

func (n *node) read(r *Reader) {
	var seen uint64
	r.Object()
	for key := r.Key(); key != nil; key = r.Key() {
		seen = n.member(r, string(key), seen)
	}
	if seen&1 == 0 {
		r.Missing(seen, "s", "")
	}
}

func (n *node) member(r *Reader, key string, seen uint64) uint64 {
	for i, name := range []string{"s", "b", "i", "i8", "i64", "u", "u16", "u64", "t", "id", "even", "names", "kids"} {
		if key == name {
			seen = r.Mark(seen, 1<<i)
		}
	}
	switch key {
	case "s":
		n.S = r.String()
	case "b":
		n.B = r.Bool()
	case "i":
		n.I = int(r.Int(0))
	case "i8":
		n.I8 = int8(r.Int(8))
	case "i64":
		n.I64 = r.Int(64)
	case "u":
		n.U = uint(r.Uint(0))
	case "u16":
		n.U16 = uint16(r.Uint(16))
	case "u64":
		n.U64 = r.Uint(64)
	case "t":
		n.T = r.Time()
	case "id":
		n.ID = r.UUID()
	case "even":
		r.Check(n.Even.UnmarshalText(r.Text()))
	case "names":
		n.Names = []string{}
		for r.Array(); r.Element(); {
			*Extend(&n.Names) = r.String()
		}
	case "kids":
		n.Kids = []node{}
		for r.Array(); r.Element(); {
			Extend(&n.Kids).read(r)
		}
	default:
		r.Unknown()
	}
	return seen
}

func decode(data string) (node, error) {
	var n node
	r := NewReader([]byte(data))
	n.read(r)
	return n, r.End()
}

// TestReaderAccepts: each input is read as encoding/json reads it.
func TestReaderAccepts(t *testing.T) {
	for _, data := range accepted {
		got, err := decode(data)
		if err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		var want node
		if err := json.Unmarshal([]byte(data), &want); err != nil {
			t.Errorf("%s: encoding/json: %v", data, err)
		}
		want.inUTC()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nread as          %+v\nby encoding/json %+v", data, got, want)
		}
	}
}

// inUTC gives the instants the form in which a Reader returns them: encoding/json keeps an offset
// of zero as a zone of its own.
func (n *node) inUTC() {
	n.T = n.T.UTC()
	for i := range n.Kids {
		n.Kids[i].inUTC()
	}
}

// TestTimesAreWrittenCanonically: every spelling of an instant is written in one form.
func TestTimesAreWrittenCanonically(t *testing.T) {
	for spelling, want := range map[string]string{
		"2026-03-04T09:00:00.000Z":            "2026-03-04T09:00:00Z",
		"2026-03-04T09:00:00.0Z":              "2026-03-04T09:00:00Z",
		"2026-03-04T09:00:00+00:00":           "2026-03-04T09:00:00Z",
		"2026-03-04T09:00:00.120Z":            "2026-03-04T09:00:00.12Z",
		"2026-03-04T09:00:00.120000000-00:00": "2026-03-04T09:00:00.12Z",
		"2026-03-04T09:00:00.000000001Z":      "2026-03-04T09:00:00.000000001Z",
	} {
		r := NewReader([]byte(`"` + spelling + `"`))
		at := r.Time()
		if got := string(AppendTime(nil, at)); r.End() != nil || got != `"`+want+`"` {
			t.Errorf("%s is written %s, %v", spelling, got, r.End())
		}
	}
}

var accepted = []string{
	`{"s":""}`,
	" \t\r\n{ \"s\" : \"x\" , \"b\" : true } \n",
	`{"b":false,"s":"order of keys is free"}`,
	`{"s":"\"\\\/\b\f\n\r\t\u00e9\u00E9\u2028\ud83d\ude00 \ufffd"}`,
	`{"s":"é中文😀 and more than eight bytes \u00e9"}`,
	`{"s":"` + strings.Repeat("a long string, ", 40) + `\n"}`,
	"{\"s\":\"\x7f\"}",
	`{"s":"","i":-1,"i8":-128,"i64":-9223372036854775808,"u":0,"u16":65535,"u64":18446744073709551615}`,
	`{"s":"","i":1,"i8":127,"i64":9223372036854775807,"u":1,"u16":10,"u64":0}`,
	`{"s":"","t":"1970-01-01T00:00:00Z"}`,
	`{"s":"","t":"2261-12-31T23:59:59.999999999Z"}`,
	`{"s":"","t":"2024-02-29T12:00:00.5Z"}`,
	`{"s":"","t":"2000-02-29T12:00:00.000001Z"}`,
	`{"s":"","t":"2026-03-04T09:00:00.000Z"}`,
	`{"s":"","t":"2026-03-04T09:00:00.0Z"}`,
	`{"s":"","t":"2026-03-04T09:00:00.120000000Z"}`,
	`{"s":"","t":"2026-03-04T09:00:00+00:00"}`,
	`{"s":"","t":"2026-03-04T09:00:00.120-00:00","kids":[{"s":"","t":"2026-03-04T09:00:00+00:00"}]}`,
	`{"s":"","id":"01890a5d-ac96-774b-bcce-b302099a8057"}`,
	`{"s":"","id":"\u00301890a5d-ac96-774b-bcce-b302099a8057"}`,
	`{"s":"","even":"\u0065ven"}`,
	`{"s":"","names":[],"kids":[ ]}`,
	`{"s":"","names":["a", "b"],"kids":[{"s":"1"},{"s":"2","kids":[{"s":"3"}]}]}`,
	nested(8),
}

// nested returns a node of that many levels, each of an object and an array.
func nested(levels int) string {
	return strings.Repeat(`{"s":"","kids":[`, levels) + strings.Repeat(`]}`, levels)
}

// TestElements: an array may have as many elements as MaxElements.
func TestElements(t *testing.T) {
	n, err := decode(`{"s":"","names":[` + strings.Repeat(`"",`, MaxElements-1) + `""]}`)
	if err != nil || len(n.Names) != MaxElements {
		t.Errorf("%d names, %v", len(n.Names), err)
	}
}

// TestMissing: the first required key that was not seen is named.
func TestMissing(t *testing.T) {
	r := NewReader([]byte(`{}`))
	if r.Object(); r.Key() != nil {
		t.Fatal("an empty object has a key")
	}
	r.Missing(1<<0, "seen", "", "absent", "absent too")
	if got, want := r.End().Error(), "decode absent at byte 1: missing key"; got != want {
		t.Errorf("the error is %s, not %s", got, want)
	}
}

// TestErrorText: an Error is one bounded line and unwraps to its cause.
func TestErrorText(t *testing.T) {
	_, err := decode(`{"s":"","kids":[{"s":"","even":"` + strings.Repeat("é", 1000) + `x"}]}`)
	if !errors.Is(err, errOdd) {
		t.Fatalf("%v does not unwrap to its cause", err)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "decode kids[0].even at byte 31: an odd length: éé") || !strings.HasSuffix(text, "é...") {
		t.Errorf("the text is %s", text)
	}
	if len(text) > 300 || !utf8.ValidString(text) {
		t.Errorf("the text has %d bytes", len(text))
	}
	_, err = decode(`[]`)
	if got, want := err.Error(), "decode at byte 0: expected an object"; got != want {
		t.Errorf("the text is %s, not %s", got, want)
	}
	if errors.Unwrap(err) != nil {
		t.Error("an error without a cause unwraps to one")
	}
}

// TestFirstErrorStays: after an error every method returns a zero value and the first
// error is kept.
func TestFirstErrorStays(t *testing.T) {
	r := NewReader([]byte(`[1,2,3]`))
	r.Object()
	first := r.End()
	if first == nil {
		t.Fatal("an array was entered as an object")
	}
	r.Array()
	r.Unknown()
	r.Missing(0, "x")
	r.Check(errOdd)
	if r.Element() || r.Key() != nil || r.String() != "" || r.Text() != nil || r.Bool() || r.Int(8) != 0 ||
		r.Uint(8) != 0 || !r.Time().IsZero() || r.UUID() != [16]byte{} || r.Mark(1, 1) != 1 {
		t.Error("a method returned a value after an error")
	}
	if r.End() != first {
		t.Errorf("the error became %v", r.End())
	}
}

// TestIntegers: every size is read over its whole range.
func TestIntegers(t *testing.T) {
	for bits, ends := range map[int][2]int64{
		8: {math.MinInt8, math.MaxInt8}, 16: {math.MinInt16, math.MaxInt16}, 32: {math.MinInt32, math.MaxInt32},
		64: {math.MinInt64, math.MaxInt64}, 0: {math.MinInt, math.MaxInt},
	} {
		for _, n := range []int64{ends[0], ends[0] + 1, -1, 0, 1, ends[1] - 1, ends[1]} {
			r := NewReader(AppendInt(nil, n))
			if got := r.Int(bits); got != n || r.End() != nil {
				t.Errorf("%d in %d bits: %d, %v", n, bits, got, r.End())
			}
		}
		greatest := 2*uint64(ends[1]) + 1
		for _, n := range []uint64{0, 1, greatest - 1, greatest} {
			r := NewReader(AppendUint(nil, n))
			if got := r.Uint(bits); got != n || r.End() != nil {
				t.Errorf("%d in %d bits: %d, %v", n, bits, got, r.End())
			}
		}
	}
}

// FuzzReader: whatever the input, the reader ends, its errors are bounded, and what it
// accepts encoding/json accepts with the same value.
func FuzzReader(f *testing.F) {
	for _, data := range accepted {
		f.Add([]byte(data))
	}
	for _, data := range []string{
		``, `{`, `{"s":"\ud800"}`, "{\"s\":\"\xff\"}", `{"s":"","s":""}`, `{"S":""}`, `{"s":"","i":1e5}`, `{"s":"","kids":[{}]}`,
		nested(9), `{"s":"","t":"2026-01-01T00:00:00+08:00"}`,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decode(string(data))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || len(e.Error()) > 1000 || !utf8.ValidString(e.Error()) ||
				e.Offset < 0 || e.Offset > len(data) {
				t.Fatalf("the error is %#v", err)
			}
			return
		}
		var want node
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.DisallowUnknownFields()
		if err := d.Decode(&want); err != nil {
			t.Fatalf("%s: accepted, and by encoding/json refused: %v", data, err)
		}
		want.inUTC()
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nread as          %+v\nby encoding/json %+v", data, got, want)
		}
	})
}
