package wiretest

import (
	"bytes"
	"encoding/json"
	"math"
	"math/bits"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/internal/wire"
)

// plain is the encoding that the generated one must equal.
func plain(t rapid.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatalf("encoding/json: %v", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// values makes values of any type of this package, with every text type valid.
func values[T any]() *rapid.Generator[T] {
	letter := rapid.ByteRange('A', 'Z')
	code := rapid.Custom(func(t *rapid.T) Code {
		return Code{letter.Draw(t, "1"), letter.Draw(t, "2"), letter.Draw(t, "3")}
	})
	host := rapid.Custom(func(t *rapid.T) netip.Addr {
		if rapid.Bool().Draw(t, "v4") {
			return netip.AddrFrom4(rapid.Make[[4]byte]().Draw(t, "bytes"))
		}
		// A zone may hold characters that JSON escapes.
		zone := rapid.StringMatching(`|eth[0-9]"\\<`).Draw(t, "zone")
		return netip.AddrFrom16([16]byte{0xfe, 0x80, 15: 1}).WithZone(zone)
	})
	amount := rapid.Custom(func(t *rapid.T) Amount {
		return Amount{rapid.Int64().Draw(t, "units"), code.Draw(t, "code")}
	})
	net := rapid.Custom(func(t *rapid.T) netip.Prefix {
		return netip.PrefixFrom(host.Draw(t, "addr").WithZone(""), rapid.IntRange(0, 32).Draw(t, "bits"))
	})
	instant := rapid.Custom(func(t *rapid.T) time.Time {
		nanosecond := rapid.SampledFrom([]int64{0, 1, 120_000_000, 999_999_999}).Draw(t, "ns")
		return time.Unix(rapid.Int64Range(0, math.MaxInt64/1_000_000_000-1e7).Draw(t, "s"), nanosecond).UTC()
	})
	made := rapid.MakeCustom[T](rapid.MakeConfig{Types: map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[Code]():         code.AsAny(),
		reflect.TypeFor[Amount]():       amount.AsAny(),
		reflect.TypeFor[netip.Addr]():   host.AsAny(),
		reflect.TypeFor[netip.Prefix](): net.AsAny(),
		reflect.TypeFor[time.Time]():    instant.AsAny(),
		reflect.TypeFor[chan int]():     rapid.Just((chan int)(nil)).AsAny(),
	}})
	return rapid.Custom(func(t *rapid.T) T {
		v := made.Draw(t, "value")
		keep := rapid.Uint64().Draw(t, "keep")
		settle(reflect.ValueOf(&v).Elem(), &keep)
		return v
	})
}

// settle gives every slice the form that encoding/json writes as the generated code
// does: empty rather than nil where required, nil rather than empty where optional. It
// empties the optional fields whose bit in keep, which it rotates, is zero.
func settle(v reflect.Value, keep *uint64) {
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			settle(v.Index(i), keep)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f, tag := v.Field(i), v.Type().Field(i).Tag.Get("json")
			if !f.CanSet() {
				return // a text type's own
			}
			if strings.HasSuffix(tag, ",omitzero") {
				kept := *keep&1 != 0
				*keep = bits.RotateLeft64(*keep, -1)
				if !kept || f.Kind() == reflect.Slice && f.Len() == 0 {
					f.SetZero()
					continue
				}
			}
			settle(f, keep)
		}
	}
}

// settled returns v with its slices in the form of settle and all its fields kept.
func settled[T any](v T) T {
	keep := uint64(math.MaxUint64)
	settle(reflect.ValueOf(&v).Elem(), &keep)
	return v
}

func agrees[E interface {
	Event
	Kind() Kind
}](t *testing.T) {
	gen := values[E]()
	rapid.Check(t, func(t *rapid.T) {
		e := gen.Draw(t, "event")
		data := appendEvent(nil, e)
		if want := plain(t, e); !bytes.Equal(data, want) {
			t.Fatalf("generated %s\nencoding/json %s", data, want)
		}
		back, err := decodeEvent(e.Kind(), data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		// White space means nothing, wherever it may stand.
		var spaced bytes.Buffer
		if err := json.Indent(&spaced, data, "\r", "\t "); err != nil {
			t.Fatal(err)
		}
		again, err := decodeEvent(e.Kind(), spaced.Bytes())
		if err != nil || !reflect.DeepEqual(again, back) {
			t.Fatalf("%s: %v, %v", spaced.Bytes(), again, err)
		}
		if got := settled(back.(E)); !reflect.DeepEqual(got, e) {
			t.Fatalf("%s\ncame back as %+v\nand was     %+v", data, got, e)
		}
	})
}

// TestAgreesWithJSON: the generated code writes what encoding/json writes, byte for
// byte, and reads back what it wrote.
func TestAgreesWithJSON(t *testing.T) {
	t.Run("PaymentReceived", agrees[PaymentReceived])
	t.Run("Closed", agrees[Closed])
	t.Run("HSCodeAgreed", agrees[HSCodeAgreed])
	t.Run("Measured", agrees[Measured])
}

// TestCommandsAgreeWithJSON is TestAgreesWithJSON for commands.
func TestCommandsAgreeWithJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ship := values[MarkShipped]().Draw(t, "ship")
		cancel := values[Cancel]().Draw(t, "cancel")
		for name, c := range map[string]Command{ship.Name(): ship, cancel.Name(): cancel} {
			data := appendCommand(nil, c)
			if want := plain(t, c); !bytes.Equal(data, want) {
				t.Fatalf("generated %s\nencoding/json %s", data, want)
			}
			data = appendCommand(nil, normalCommand(c))
			back, err := decodeCommand(name, data)
			if err != nil || string(appendCommand(nil, back)) != string(data) {
				t.Fatalf("%s: %v, %v", data, back, err)
			}
		}
	})
}

// TestNormalForm: commands are encoded and decoded with the method Normal applied wherever a field has
// it, and otherwise as they are.
func TestNormalForm(t *testing.T) {
	const odd, even = `{"reason":" a ","remark":" b ","notice":{"to":" c ","remark":"d  "}}`, `{"reason":" a ","remark":"b","notice":{"to":" c ","remark":"d"}}`
	c := Cancel{Reason: " a ", Remark: " b ", Notice: Notice{To: " c ", Remark: "d  "}}
	want := Cancel{Reason: " a ", Remark: "b", Notice: Notice{To: " c ", Remark: "d"}}
	if name, data := EncodeCommand(c); name != "cancel" || string(data) != even {
		t.Errorf("encoded %s %s", name, data)
	}
	if got, err := DecodeCommand("cancel", []byte(odd)); err != nil || got != Command(want) {
		t.Errorf("decoded %+v, %v", got, err)
	}
	ship := MarkShipped{Items: []string{" a "}}
	if got := normalCommand(ship); !reflect.DeepEqual(got, ship) {
		t.Errorf("%+v became %+v", ship, got)
	}
	if normalCommand(nil) != nil {
		t.Error("nil became a command")
	}
}

// TestState: a type named by -state has the methods, exported or not.
func TestState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := values[snapshot]().Draw(t, "state")
		data := s.appendJSON(nil)
		if want := plain(t, s); !bytes.Equal(data, want) {
			t.Fatalf("generated %s\nencoding/json %s", data, want)
		}
		var back snapshot
		r := wire.NewReader(data)
		back.decodeJSON(r)
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
		if got := settled(back); !reflect.DeepEqual(got, s) {
			t.Fatalf("%s\ncame back as %+v\nand was     %+v", data, got, s)
		}
	})
}

// TestNames: kinds, wire names and command names are each other's inverse.
func TestNames(t *testing.T) {
	events := []interface {
		Event
		Kind() Kind
	}{PaymentReceived{}, Closed{}, HSCodeAgreed{}, Measured{}}
	names := []string{"test.payment-received", "test.closed", "test.hs-code-agreed", "test.measured"}
	if len(events) != kindCount {
		t.Fatalf("kindCount is %d", kindCount)
	}
	for i, e := range events {
		k := Kind(i + 1)
		if e.Kind() != k || k.String() != names[i] {
			t.Errorf("%T: kind %d named %s", e, e.Kind(), k)
		}
		if got, ok := kindOf(names[i]); !ok || got != k {
			t.Errorf("kindOf(%s) is %d, %v", names[i], got, ok)
		}
	}
	for _, k := range []Kind{0, kindCount + 1} {
		if k.String() != "unknown" {
			t.Errorf("kind %d is named %s", k, k)
		}
	}
	if k, ok := kindOf("test.Closed"); ok || k != 0 {
		t.Errorf("an unknown name is of kind %d", k)
	}
	if got, want := commandNames(), []string{"cancel", "mark-shipped"}; !slices.Equal(got, want) {
		t.Errorf("commandNames() is %q", got)
	}
}

// TestNothing: what is no event or command of the package is written as null, which no
// kind and no name decodes.
func TestNothing(t *testing.T) {
	if got := appendEvent([]byte("x"), nil); string(got) != "xnull" {
		t.Errorf("a nil event is %s", got)
	}
	if got := appendEvent(nil, &Closed{}); string(got) != "null" {
		t.Errorf("a pointer to an event is %s", got)
	}
	if got := appendCommand(nil, nil); string(got) != "null" {
		t.Errorf("a nil command is %s", got)
	}
}

// TestZero: the zero value of an event is JSON, even where a text type has none.
func TestZero(t *testing.T) {
	for k, want := range map[Event]string{
		PaymentReceived{}: `{"payment":"00000000-0000-0000-0000-000000000000","amount":"","method":"","reference":"",` +
			`"received":"0001-01-01T00:00:00Z","revision":0}`,
		Closed{}: `{}`,
	} {
		if got := string(appendEvent(nil, k)); got != want {
			t.Errorf("%T{} is %s", k, got)
		}
	}
	if got, want := string(appendEvent(nil, HSCodeAgreed{})), `{"terms":{},"items":[],"where":{"city":""},"at-all":false}`; got != want {
		t.Errorf("HSCodeAgreed{} is %s", got)
	}
}

// TestAllocations: decoding allocates the value and its strings, encoding nothing.
func TestAllocations(t *testing.T) {
	e := sample()
	data := appendEvent(nil, e)
	b := make([]byte, 0, 2*len(data))
	if n := testing.AllocsPerRun(100, func() { b = appendEvent(b[:0], e) }); n != 0 {
		t.Errorf("encoding allocates %v times", n)
	}
	// The value, Method and Reference; Amount of this package makes a string of its own.
	if n := testing.AllocsPerRun(100, func() { _, _ = decodeEvent(KindPaymentReceived, data) }); n > 4 {
		t.Errorf("decoding allocates %v times", n)
	}
}

// sample is an event of about 250 bytes.
func sample() Event {
	return PaymentReceived{
		Payment:   uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"),
		Amount:    Amount{125_000_00, Code{'U', 'S', 'D'}},
		Method:    "telegraphic-transfer",
		Reference: "INV-2026-000417/deposit",
		Received:  time.Date(2026, 3, 14, 9, 26, 53, 589_793_000, time.UTC),
		Deadline:  time.Date(2026, 4, 13, 16, 0, 0, 0, time.UTC),
		Revision:  3,
	}
}
