package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// plain is what encoding/json writes.
func plain(t rapid.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatalf("encoding/json: %v", err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// FuzzAppendString: any string is written as encoding/json writes it, and a string of
// UTF-8 is read back.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{
		"", "plain", "\"\\/", "\x00\x1f\b\f\n\r\t\x7f", "<&>", "\u2028\u2029", "é中文😀", "\xff", "a\xe2\x28", "\xed\xa0\x80",
		"eight by", "eight bytes and \n after", "eight bytes and é after", "1234567\"", "1234567é", strings.Repeat("long ", 100),
		"!\"#\x1f !", "\ufffd",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(AppendString([]byte("before"), s))
		want := plain(t, s)
		if got != "before"+want {
			t.Fatalf("AppendString writes %s, encoding/json %s", got, want)
		}
		var back string
		if err := json.Unmarshal([]byte(want), &back); err != nil {
			t.Fatal(err)
		}
		r := NewReader([]byte(want))
		if got := r.String(); got != back || r.End() != nil {
			t.Fatalf("%s came back as %q, %v", want, got, r.End())
		}
		b := []byte(`"`)
		if got := string(CloseText(b, append(b, s...), nil)); got != want {
			t.Fatalf("CloseText writes %s, encoding/json %s", got, want)
		}
	})
}

// TestAppendTime: a time is written as time.Time.MarshalJSON writes it in UTC, and is
// read back.
func TestAppendTime(t *testing.T) {
	zone := time.FixedZone("", 8*60*60)
	rapid.Check(t, func(t *rapid.T) {
		last := time.Date(2261, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
		seconds := rapid.Int64Range(0, last).Draw(t, "seconds")
		unit := rapid.SampledFrom([]int64{1, 10, 1000, 1_000_000, 100_000_000}).Draw(t, "unit")
		at := time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")/unit*unit)
		got := string(AppendTime(nil, at.In(zone)))
		if want := plain(t, at.UTC()); got != want {
			t.Fatalf("AppendTime writes %s, encoding/json %s", got, want)
		}
		r := NewReader([]byte(got))
		if back := r.Time(); back != at.UTC() || r.End() != nil {
			t.Fatalf("%s came back as %v, %v", got, back, r.End())
		}
	})
	for at, want := range map[time.Time]string{
		{}:                                       `"0001-01-01T00:00:00Z"`,
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC): `"0000-01-01T00:00:00Z"`,
		time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC):              `"-0001-01-01T00:00:00Z"`,
		time.Date(9999, 12, 31, 23, 59, 59, 1, time.UTC):       `"9999-12-31T23:59:59.000000001Z"`,
		time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC):          `"10000-01-01T00:00:00Z"`,
		time.Date(2026, 1, 1, 7, 0, 0, 500_000_000, zone):      `"2025-12-31T23:00:00.5Z"`,
		time.Date(2000, 2, 29, 1, 2, 3, 120_034_000, time.UTC): `"2000-02-29T01:02:03.120034Z"`,
	} {
		if got := string(AppendTime([]byte("x"), at)); got != "x"+want {
			t.Errorf("AppendTime writes %s, not %s", got, want)
		}
	}
}

// TestAppendUUID: a UUID is written as package uuid writes it, and is read back.
func TestAppendUUID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := uuid.UUID(rapid.Make[[16]byte]().Draw(t, "id"))
		got := AppendUUID([]byte("x"), id)
		if string(got) != `x"`+id.String()+`"` {
			t.Fatalf("AppendUUID writes %s, not %s", got, id)
		}
		r := NewReader(got[1:])
		if back := r.UUID(); back != id || r.End() != nil {
			t.Fatalf("%s came back as %x, %v", got, back, r.End())
		}
	})
}

// TestAppendNumbers: integers and bools are written as encoding/json writes them.
func TestAppendNumbers(t *testing.T) {
	for _, n := range []int64{0, 1, -1, math.MinInt64, math.MaxInt64} {
		if got, want := string(AppendInt(nil, n)), plain(t, n); got != want {
			t.Errorf("AppendInt writes %s, not %s", got, want)
		}
		if got, want := string(AppendUint(nil, uint64(n))), plain(t, uint64(n)); got != want {
			t.Errorf("AppendUint writes %s, not %s", got, want)
		}
	}
	if got := string(AppendBool(AppendBool(nil, true), false)); got != "truefalse" {
		t.Errorf("AppendBool writes %s", got)
	}
}

// TestCloseText: the output is a string whatever the text type returned.
func TestCloseText(t *testing.T) {
	b := []byte(`{"a":"`)
	for _, c := range []struct {
		text string
		err  error
		want string
	}{
		{`{"a":"`, nil, `{"a":""`},
		{`{"a":"text`, nil, `{"a":"text"`},
		{`{"a":"te"xt`, nil, `{"a":"te\"xt"`},
		{`{"a":"text`, errors.New("no text"), `{"a":""`},
		{`{"a":`, nil, `{"a":""`},
		{``, nil, `{"a":""`},
	} {
		if got := string(CloseText(b, []byte(c.text), c.err)); got != c.want {
			t.Errorf("CloseText(%s, %s, %v) is %s, not %s", b, c.text, c.err, got, c.want)
		}
	}
}

// TestCloseObject: the first comma becomes the brace; without members there is none.
func TestCloseObject(t *testing.T) {
	if got := string(CloseObject([]byte(`[,"a":1,"b":2`), 1)); got != `[{"a":1,"b":2}` {
		t.Errorf("two members: %s", got)
	}
	if got := string(CloseObject([]byte(`[`), 1)); got != `[{}` {
		t.Errorf("no members: %s", got)
	}
}

// TestIsZero compares with the zero value.
func TestIsZero(t *testing.T) {
	if !IsZero([2]int{}) || IsZero([2]int{0, 1}) || !IsZero("") || IsZero("0") {
		t.Error("IsZero does not compare with the zero value")
	}
}
