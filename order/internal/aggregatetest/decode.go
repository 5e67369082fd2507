package aggregatetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/trade"
)

// PlainJSON returns v as encoding/json writes it, without escapes for HTML.
func PlainJSON(t rapid.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Recode returns an event encoded and decoded again. It fails unless that is the event and its JSON is that
// of encoding/json.
func Recode[E any](t rapid.TB, e E, encode func([]byte, E) (string, uint16, []byte, error), decode func(string, uint16, []byte) (E, error)) E {
	t.Helper()
	typ, schema, data, err := encode([]byte("before"), e)
	data, kept := bytes.CutPrefix(data, []byte("before"))
	if err != nil || !kept {
		t.Fatalf("encoding %+v: %q, %v", e, data, err)
	}
	if want := PlainJSON(t, e); !bytes.Equal(data, want) {
		t.Fatalf("encoded %s, encoding/json writes %s", data, want)
	}
	decoded, err := decode(typ, schema, data)
	if err != nil || !reflect.DeepEqual(decoded, e) {
		t.Fatalf("decoded %+v, %v; want %+v", decoded, err, e)
	}
	return decoded
}

// Malformed is input that a decoder refuses: the name of an event or a command, its data, and the field
// that the error names.
type Malformed [3]string

// Refuses checks that a decoder of events or commands returns nothing but an error, which names the field and
// is short, whatever the input is.
func Refuses[T any](t *testing.T, all []Malformed, decode func(name string, data []byte) (T, error)) {
	t.Helper()
	for _, m := range all {
		name, data, want := m[0], m[1], m[2]
		v, err := decode(name, []byte(data))
		if field, ok := FieldOf(err); !ok || field != want || !isNil(v) {
			t.Errorf("%s %.120s: got %v, %v, want field %q", name, data, v, err, want)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s %.60s: an error of %d bytes", name, data, len(err.Error()))
		}
	}
}

// FieldOf returns the field that the error of a decoder names.
func FieldOf(err error) (field string, ok bool) {
	invalid, ok := errors.AsType[*trade.InvalidError](err)
	if !ok {
		return "", false
	}
	return invalid.Field, true
}

// FuzzCommands fuzzes a decoder of commands: what it accepts can be encoded and decoded again.
func FuzzCommands[C Command](f *testing.F, samples []C, encode func(C) (string, []byte), decode func(string, []byte) (C, error)) {
	for _, c := range samples {
		f.Add(encode(c))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		c, err := decode(name, data)
		if err != nil {
			return
		}
		back, again := encode(c)
		same, err := decode(back, again)
		if err != nil || back != name || !reflect.DeepEqual(same, c) {
			t.Fatalf("%s %s became %s %s, %v", name, data, back, again, err)
		}
	})
}
