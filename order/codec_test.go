package order_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/aggregatetest"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestSamplesAreFull: there is one event of each kind in allEvents, and no sample there has a zero
// field.
func TestSamplesAreFull(t *testing.T) {
	kinds := make(map[order.Kind]bool)
	for _, e := range allEvents {
		kinds[e.Kind()] = true
	}
	if len(kinds) != len(allEvents) || len(kinds) != len(order.Life().Table().Kinds()) {
		t.Errorf("%d events of %d kinds", len(allEvents), len(kinds))
	}
	for _, e := range allEvents {
		noZero(t, reflect.ValueOf(e))
	}
	for _, c := range allCommands {
		noZero(t, reflect.ValueOf(c))
	}
}

// noZero fails for a zero field, which the codec could lose unnoticed. A date of shipment excludes
// days.
func noZero(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		if field.IsZero() && name != "Date" {
			t.Errorf("%s.%s is zero", v.Type(), name)
		}
		if field.Kind() == reflect.Struct && strings.HasSuffix(field.Type().PkgPath(), "/order") && field.NumField() > 2 {
			noZero(t, field)
		}
	}
}

// TestAgreesWithEncodingJSON compares the generated codec with encoding/json on generated values,
// byte for byte, and back.
func TestAgreesWithEncodingJSON(t *testing.T) {
	for _, e := range allEvents {
		checkEvent(t, e)
	}
	rapid.Check(t, func(t *rapid.T) {
		checkEvent(t, drawLike(t, rapid.SampledFrom(allEvents).Draw(t, "event")).(order.Event))
		checkCommand(t, drawLike(t, rapid.SampledFrom(allCommands).Draw(t, "command")).(order.Command))
	})
}

func checkEvent(t rapid.TB, e order.Event) {
	t.Helper()
	typ, version, data, err := order.EncodeEvent([]byte("before"), e)
	if err != nil || version != 1 || typ != e.Kind().String() || !bytes.HasPrefix(data, []byte("before")) {
		t.Fatalf("encoding %+v: %s %d %s, %v", e, typ, version, data, err)
	}
	data = data[len("before"):]
	if want := aggregatetest.PlainJSON(t, e); !bytes.Equal(data, want) {
		t.Fatalf("encoded %s, encoding/json writes %s", data, want)
	}
	got, err := order.DecodeEvent(typ, version, data)
	if err != nil || !reflect.DeepEqual(got, e) {
		t.Fatalf("decoded %+v, %v; want %+v", got, err, e)
	}
	plain := reflect.New(reflect.TypeOf(e))
	if err := json.Unmarshal(data, plain.Interface()); err != nil || !reflect.DeepEqual(plain.Elem().Interface(), got) {
		t.Fatalf("encoding/json decodes %+v, %v; want %+v", plain.Elem(), err, got)
	}
}

func checkCommand(t rapid.TB, c order.Command) {
	t.Helper()
	name, data := order.EncodeCommand(c)
	if want := aggregatetest.PlainJSON(t, c); name != c.Name() || !bytes.Equal(data, want) {
		t.Fatalf("encoded %s %s, encoding/json writes %s", name, data, want)
	}
	got, err := order.DecodeCommand(name, data)
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Fatalf("decoded %+v, %v; want %+v", got, err, c)
	}
}

// drawLike returns a value of the same type with other fields.
func drawLike(t *rapid.T, v any) any {
	made := reflect.New(reflect.TypeOf(v)).Elem()
	drawFields(t, made, "")
	return made.Interface()
}

func drawFields(t *rapid.T, v reflect.Value, path string) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("json")
		drawValue(t, v.Field(i), path+v.Type().Field(i).Name, strings.HasSuffix(tag, ",omitzero"))
	}
}

func drawValue(t *rapid.T, v reflect.Value, name string, optional bool) {
	if optional && rapid.Bool().Draw(t, name+" is zero") {
		return
	}
	switch v.Interface().(type) {
	case trade.Money:
		m := drawMoney(t, name)
		if optional && m.IsZero() {
			// encoding/json calls IsZero and drops it; the codec keeps an amount that has a currency.
			m = trade.Minor(1, m.Currency())
		}
		v.Set(reflect.ValueOf(m))
		return
	case trade.Number:
		v.Set(reflect.ValueOf(number(rapid.StringMatching(`-?[1-9][0-9]{0,9}(\.[0-9]{1,6})?`).Draw(t, name))))
		return
	case trade.Text: // a command is written in its normal form, which encoding/json does not know
		v.Set(reflect.ValueOf(trade.Text(rapid.String().Draw(t, name)).Normal()))
		return
	case trade.Role:
		v.Set(reflect.ValueOf(trade.Role(rapid.Uint8Range(1, 5).Draw(t, name))))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(0, 9e9).Draw(t, name), rapid.Int64Range(0, 999999999).Draw(t, name)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.String().Draw(t, name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, name))
	case reflect.Uint32:
		v.SetUint(uint64(rapid.Uint32().Draw(t, name)))
	case reflect.Struct:
		drawFields(t, v, name+".")
	case reflect.Slice:
		least := 1 // what is required is written as [], which encoding/json does of an empty list only
		if optional {
			least = 0
		}
		n := rapid.IntRange(least, 3).Draw(t, name+" length")
		if n == 0 {
			return // empty and nil are the same on the wire
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			drawValue(t, v.Index(i), fmt.Sprintf("%s[%d]", name, i), false)
		}
	default:
		t.Fatalf("%s is a %s, of which none is drawn", name, v.Type())
	}
}

func drawMoney(t *rapid.T, name string) trade.Money {
	c := mustCurrency(rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CNY"}).Draw(t, name+" currency"))
	return trade.Minor(rapid.Int64().Draw(t, name), c)
}

// golden reads a file of golden lines: name, fields that the caller knows, JSON.
func golden(t testing.TB, file string) (lines [][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			lines = append(lines, strings.SplitN(line, " ", 3))
		}
	}
	return lines
}

// TestGoldenCommands decodes what clients may send, and encodes it to the same bytes again.
func TestGoldenCommands(t *testing.T) {
	seen := make(map[string]bool)
	for _, line := range golden(t, "testdata/commands.golden") {
		name, data := line[0], []byte(line[2])
		seen[name] = true
		c, err := order.DecodeCommand(name, data)
		if err != nil || line[1] != "-" {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if again, encoded := order.EncodeCommand(c); again != name || !bytes.Equal(encoded, data) {
			t.Errorf("%s\nis now %s %s", line, again, encoded)
		}
	}
	for _, c := range allCommands {
		if !seen[c.Name()] {
			t.Errorf("no golden line of %s", c.Name())
		}
	}
}

// FuzzDecodeEvent: any input is a typed error, or an event that is the same after it was stored.
func FuzzDecodeEvent(f *testing.F) {
	for _, line := range golden(f, "testdata/events.golden") {
		f.Add(line[0], []byte(line[2]))
	}
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		e, err := order.DecodeEvent(typ, 1, data)
		if err != nil {
			if !errors.Is(err, events.ErrUnknownType) {
				checkTyped(t, err)
			}
			return
		}
		_, _, encoded, err := order.EncodeEvent(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := order.DecodeEvent(typ, 1, encoded)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%s decodes to %+v, and that to %+v, %v", data, e, again, err)
		}
	})
}

// FuzzDecodeCommand: the same for commands, and Decide answers each without a panic.
func FuzzDecodeCommand(f *testing.F) {
	for _, line := range golden(f, "testdata/commands.golden") {
		f.Add(line[0], []byte(line[2]), uint8(1), uint8(3))
		// As the dates of JavaScript have it.
		f.Add(line[0], []byte(strings.ReplaceAll(line[2], `:00Z"`, `:00.000Z"`)), uint8(1), uint8(3))
	}
	var worlds []story
	for _, p := range phases {
		worlds = append(worlds, inPhase(f, p))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte, who, phase uint8) {
		c, err := order.DecodeCommand(name, data)
		if err != nil {
			checkTyped(t, err)
			return
		}
		again, encoded := order.EncodeCommand(c)
		same, err := order.DecodeCommand(again, encoded)
		if err != nil || !reflect.DeepEqual(same, c) {
			t.Fatalf("%s decodes to %+v, and that to %+v, %v", data, c, same, err)
		}
		s := worlds[int(phase)%len(worlds)]
		a := s.when(everybody[int(who)%len(everybody)], c)
		if a.err == nil {
			a.accept(t)
		} else if !errors.Is(a.err, order.ErrAccountNeeded) {
			checkTyped(t, a.err)
		}
	})
}

// everybody is the actors who try commands.
var everybody = []trade.Actor{buyer, seller, platform, system, deskRole, otherBuyer, otherSeller}

// checkTyped fails for an error that is not a refusal by a rule nor names a malformed field nor what is
// awaited, and for one whose text is too long.
func checkTyped(t reporter, err error) {
	t.Helper()
	no, refused := errors.AsType[*trade.Refusal](err)
	bad, malformed := errors.AsType[*trade.InvalidError](err)
	early, soon := errors.AsType[*trade.EarlyError](err)
	switch {
	case soon && (early.Command == "" || early.Awaited == "" || early.ID == ""):
		t.Errorf("the error is %+v", early)
	case refused && (no.Rule.Text(rule.English) == "" || no.Command == ""):
		t.Errorf("the refusal is %+v", no)
	case !refused && malformed && (bad.Field == "" || bad.Reason == ""):
		t.Errorf("the error is %+v", bad)
	case !refused && !malformed && !soon:
		t.Fatalf("the error is of type %T: %v", err, err)
	}
	if len(err.Error()) > 2000 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
	if refused && (strings.Contains(no.Error(), "  ") || strings.Contains(no.Error(), " .") || strings.HasSuffix(no.Text(rule.Chinese), "为")) {
		t.Errorf("a word is missing in %q, %q", no.Error(), no.Text(rule.Chinese))
	}
}
