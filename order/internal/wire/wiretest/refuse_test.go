package wiretest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order/internal/wire"
)

// TestRefuses: the generated decoders refuse what their types do not allow, and say
// where and why.
func TestRefuses(t *testing.T) {
	paid := string(appendEvent(nil, sample()))
	agreed := `{"terms":{},"items":[],"where":{"city":""},"at-all":true}`
	for _, c := range []struct {
		kind              Kind
		data, old, change string // the change is made to data
		field, reason     string
	}{
		{KindPaymentReceived, paid, `"revision":3`, `"revision":"3"`, "revision", "expected an integer"},
		{KindPaymentReceived, paid, `"revision":3`, `"revision":4294967296`, "revision", "integer out of range"},
		{KindPaymentReceived, paid, `"revision":3`, `"revision":null`, "revision", "null is not allowed"},
		{KindPaymentReceived, paid, `,"revision":3`, ``, "revision", "missing key"},
		{KindPaymentReceived, paid, `"revision":3`, `"revision":3,"revision":3`, "revision", "duplicate key"},
		{KindPaymentReceived, paid, `"revision":3`, `"revision":3,"deadline":"2026-04-13T16:00:00Z"`, "deadline", "duplicate key"},
		{KindPaymentReceived, paid, `"revision":3`, `"revision":3,"Revision":3`, "Revision", "unknown key"},
		{KindPaymentReceived, paid, `"revision":3`, `"revision":3,"kind":1`, "kind", "unknown key"},
		{KindPaymentReceived, paid, `"payment"`, `"\u0070ayment"`, "?u0070ayment", "escaped key"},
		{KindPaymentReceived, paid, `USD`, `usd`, "amount", errCode.Error()},
		{KindPaymentReceived, paid, `12500000 USD`, ``, "amount", `an amount: strconv.ParseInt: parsing "": invalid syntax`},
		{KindPaymentReceived, paid, `793Z`, `793+08:00`, "received", "not a time of RFC 3339 in UTC"},
		{KindPaymentReceived, paid, paid, `null`, "", "null is not allowed"},
		{KindPaymentReceived, paid, paid, `{}`, "payment", "missing key"},
		{KindPaymentReceived, paid, paid, paid + `,`, "", "trailing data"},
		{KindPaymentReceived, paid, paid, `[` + paid + `]`, "", "expected an object"},
		{KindClosed, `{}`, `{}`, `{"a":1}`, "a", "unknown key"},
		{KindClosed, `{}`, `{}`, `{"":1}`, "", "unknown key"},
		{KindClosed, `{}`, `{}`, ``, "", "unexpected end of data"},
		{KindHSCodeAgreed, agreed, `true`, `0`, "at-all", "expected true or false"},
		{KindHSCodeAgreed, agreed, `"terms":{}`, `"terms":[]`, "terms", "expected an object"},
		{KindHSCodeAgreed, agreed, `"terms":{}`, `"terms":{"items":{}}`, "terms.items", "expected an array"},
		{KindHSCodeAgreed, agreed, `"terms":{}`, `"terms":{"note":"","note":""}`, "terms.note", "duplicate key"},
		{KindHSCodeAgreed, agreed, `"terms":{}`, `"terms":{"address":{}}`, "terms.address.city", "missing key"},
		{KindHSCodeAgreed, agreed, `"terms":{}`, `"terms":{"Hidden":1}`, "terms.Hidden", "unknown key"},
		{KindHSCodeAgreed, agreed, `"where"`, `"-":0,"where"`, "-", "unknown key"},
		{KindHSCodeAgreed, agreed, `{"terms":{},`, `{`, "terms", "missing key"},
		{
			KindHSCodeAgreed, agreed, `"terms":{}`,
			`"terms":{"items":[{"hs_code":"AAA","quantity":1,"from":[]},{"hs_code":"AAa","quantity":1,"from":[]}]}`,
			"terms.items[1].hs_code", errCode.Error(),
		},
		{
			KindHSCodeAgreed, agreed, `"items":[]`,
			`"items":[{"hs_code":"AAA","quantity":65536,"from":[]}]`,
			"items[0].quantity", "integer out of range",
		},
		{
			KindHSCodeAgreed, agreed, `"items":[]`,
			`"items":[{"hs_code":"AAA","quantity":1,"from":[{"city":"a"},{"city":"b"},{"host":""}]}]`,
			"items[0].from[2].city", "missing key",
		},
		{0, `{}`, `{}`, `{}`, "kind", "unknown event"},
		{kindCount + 1, `{}`, `{}`, `{}`, "kind", "unknown event"},
	} {
		data := strings.Replace(c.data, c.old, c.change, 1)
		e, err := decodeEvent(c.kind, []byte(data))
		checkRefusal(t, data, e, err, c.field, c.reason)
	}
}

// TestRefusesCommands is TestRefuses for commands.
func TestRefusesCommands(t *testing.T) {
	for _, c := range []struct{ name, data, field, reason string }{
		{"mark-shipped", `{"items":["a",1],"at":"2026-01-01T00:00:00Z"}`, "items[1]", "expected a string"},
		{"mark-shipped", `{"items":[]}`, "at", "missing key"},
		{"cancel", `{"reason":"a","by":"b"}`, "by", "unknown key"},
		{"Cancel", `{}`, "command", "unknown command"},
		{"", `{}`, "command", "unknown command"},
		{strings.Repeat("cancel", 1000), `{}`, "command", "unknown command"},
	} {
		got, err := decodeCommand(c.name, []byte(c.data))
		checkRefusal(t, c.data, got, err, c.field, c.reason)
	}
}

func checkRefusal(t *testing.T, data string, got any, err error, field, reason string) {
	t.Helper()
	var e *wire.Error
	if got != nil || !errors.As(err, &e) {
		t.Errorf("%s: decoded as %v, %v", data, got, err)
		return
	}
	if e.Field != field || e.Reason != reason {
		t.Errorf("%s\nrefused as %q %q\nand not    %q %q", data, e.Field, e.Reason, field, reason)
	}
}

// TestCauses: the error of a text type is reached through the decoder's.
func TestCauses(t *testing.T) {
	paid := string(appendEvent(nil, sample()))
	_, err := decodeEvent(KindPaymentReceived, []byte(strings.Replace(paid, "12500000", "x", 1)))
	var cause *strconv.NumError
	if !errors.As(err, &cause) || cause.Num != "x" {
		t.Errorf("%v does not unwrap to its cause", err)
	}
}

// TestDepth: the deepest type of the package is within the bound of the reader.
func TestDepth(t *testing.T) {
	data := `{"terms":{"items":[{"hs_code":"AAA","quantity":1,"from":[{"city":"a"}]}]},"items":[],"where":{"city":""},"at-all":true}`
	if _, err := decodeEvent(KindHSCodeAgreed, []byte(data)); err != nil {
		t.Error(err)
	}
}

// FuzzDecodeEvent: what a decoder accepts is encoded to what it decodes to the same
// value, and encoding/json accepts it with the same value.
func FuzzDecodeEvent(f *testing.F) {
	seeds := map[Kind][]string{
		KindPaymentReceived: {string(appendEvent(nil, sample()))},
		KindClosed:          {`{}`, ` { } `},
		KindHSCodeAgreed: {
			string(appendEvent(nil, HSCodeAgreed{})),
			`{"terms":{"note":"\u00e9","flag":true,"level":-7,"due":"2026-01-01T00:00:00.5Z","price":"-5 EUR","address":{"city":"x"},
			"items":[{"hs_code":"AAA","quantity":1,"tags":["a","b"],"from":[{"city":"x","host":"10.0.0.1"}]}]},
			"items":[],"where":{"city":"x","host":"fe80::1%e\"h"},"at-all":true}`,
		},
		KindMeasured: {
			`{"int":-1,"int8":-8,"int16":1,"int32":1,"rune":97,"int64":-9223372036854775808,"uint":1,"uint8":255,"byte":0,
			"uint16":1,"uint32":1,"uint64":18446744073709551615,"bool":true,"label":"\"<\u2028","words":["a"],"levels":[1],"counts":[1],
			"flags":[true,false],"labels":["a"],"nets":["10.0.0.0/8"],"ids":["01890a5d-ac96-774b-bcce-b302099a8057"],
			"times":["2026-01-01T00:00:00Z","2026-01-01T00:00:00.000Z","2026-01-01T00:00:00.120+00:00"],"matrix":[[],[1,2]],"grouped":[["a"]]}`,
		},
	}
	for k, all := range seeds {
		for _, data := range all {
			if _, err := decodeEvent(k, []byte(data)); err != nil {
				f.Fatalf("seed %s: %v", data, err)
			}
			f.Add(uint8(k), []byte(data))
			f.Add(uint8(k), []byte(data[:len(data)/2]))
		}
	}
	f.Fuzz(func(t *testing.T, k uint8, data []byte) {
		e, err := decodeEvent(Kind(k), data)
		if err != nil {
			var we *wire.Error
			if e != nil || !errors.As(err, &we) || len(err.Error()) > 1000 {
				t.Fatalf("%v, %v", e, err)
			}
			return
		}
		encoded := appendEvent(nil, e)
		again, err := decodeEvent(Kind(k), encoded)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%s\ncame back as %+v, %v\nand was     %+v", encoded, again, err, e)
		}
		pointer := reflect.New(reflect.TypeOf(e))
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(pointer.Interface()); err != nil {
			t.Fatalf("%s: accepted, and by encoding/json refused: %v", data, err)
		}
		if plain := appendEvent(nil, pointer.Elem().Interface().(Event)); !bytes.Equal(plain, encoded) {
			t.Fatalf("%s\nread as          %s\nby encoding/json %s", data, encoded, plain)
		}
	})
}
