package projection_test

import (
	"bytes"
	"cmp"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/projection"
)

// FuzzAppendKey checks that the encoding of keys keeps the order of their values.
func FuzzAppendKey(f *testing.F) {
	f.Add("", int64(0), "", int64(0))
	f.Add("a", int64(-1), "a\x01", int64(1))
	f.Add("信", int64(math.MinInt64), "a", int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, a string, n int64, b string, m int64) {
		if strings.Contains(a+b, "\x00") {
			return
		}
		key := func(s string, n int64) []byte {
			return projection.AppendKey(nil, projection.Text(s), projection.Int(n), projection.Text(s))
		}
		if have, want := bytes.Compare(key(a, n), key(b, m)), cmp.Or(cmp.Compare(a, b), cmp.Compare(n, m)); have != want {
			t.Fatalf("(%q %d) and (%q %d) compare as %d, want %d", a, n, b, m, have, want)
		}
		if projection.Int(n).Less(projection.Int(m)) != (n < m) || projection.Text(a).Less(projection.Text(b)) != (a < b) {
			t.Fatal("Less is another order")
		}
	})
}

func TestValue(t *testing.T) {
	at := time.Date(2025, 1, 1, 8, 0, 0, 1, time.FixedZone("CST", 8*3600))
	if v := projection.Time(at).Time(); !v.Equal(at) || v.Location() != time.UTC {
		t.Errorf("%s comes back as %s", at, v)
	}
	if v := projection.Time(time.Time{}); v.Int() != 0 || !v.Time().IsZero() {
		t.Errorf("the zero time is %v", v)
	}
	if !projection.Bool(true).Bool() || projection.Bool(false).Bool() {
		t.Error("true comes back as false")
	}
	for want, v := range map[string]projection.Value{"-5": projection.Int(-5), `"a\"b"`: projection.Text(`a"b`), "nothing": {}} {
		if v.String() != want {
			t.Errorf("%s is written as %s", want, v)
		}
	}
}
