package aggregatetest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

var update = flag.Bool("update-events", false, "write the golden events anew")

// goldenEvents compares the samples with what was stored: they encode to the golden lines, as
// encoding/json would, and every line decodes and encodes to the same bytes again, behind those that
// are in the buffer. A decoded event keeps no reference to the bytes.
func (a Aggregate[S, C, E, F, P, K]) goldenEvents(t *testing.T) {
	var lines strings.Builder
	kinds := make(map[K]bool)
	for _, e := range a.Events {
		typ, schema, data, err := a.EncodeEvent(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		if plain := PlainJSON(t, e); string(data) != string(plain) {
			t.Errorf("encoded %s, encoding/json writes %s", data, plain)
		}
		kinds[e.Kind()] = true
		fmt.Fprintf(&lines, "%s %d %s\n", typ, schema, data)
	}
	if *update {
		if err := os.WriteFile(a.Golden, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(a.Golden)
	if err != nil {
		t.Fatal(err)
	}
	if lines.String() != string(golden) {
		t.Errorf("%s:\n%s\nwant:\n%s", a.Golden, lines.String(), golden)
	}
	if want := len(a.Life.Table().Kinds()); len(kinds) != want {
		t.Errorf("%d of %d kinds", len(kinds), want)
	}
	for line := range strings.Lines(string(golden)) {
		words := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		stored := []byte(words[2])
		e, err := a.DecodeEvent(words[0], 1, stored)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		clear(stored)
		typ, schema, data, err := a.EncodeEvent([]byte("x"), e)
		if got := fmt.Sprintf("%s %d %s", typ, schema, data); err != nil || got != words[0]+" "+words[1]+" x"+words[2] {
			t.Errorf("%s became %s, %v", line, got, err)
		}
	}
}

// formatIsDocumented holds the section "# Stored format" of the package comment to the golden
// events: it has them all as one block, names the streams, and has no line that cannot be read.
func (a Aggregate[S, C, E, F, P, K]) formatIsDocumented(t *testing.T) {
	if a.Doc == "" {
		return
	}
	golden, err := os.ReadFile(a.Golden)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(a.Doc)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(doc), "// # Stored format\n")
	section, _, _ = strings.Cut(section, "// # ")
	var block strings.Builder
	for line := range strings.Lines(string(golden)) {
		words := strings.SplitN(line, " ", 3)
		block.WriteString("//\t" + words[0] + " " + words[2])
	}
	if !strings.Contains(section, "//\n"+block.String()) {
		t.Errorf("the section of %s lacks\n%s", a.Doc, block.String())
	}
	if streams := a.Stream.Category() + "-"; !strings.Contains(section, streams) {
		t.Errorf("the section of %s does not name the streams %s", a.Doc, streams)
	}
	for line := range strings.Lines(section) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			typ, data, _ := strings.Cut(strings.TrimSuffix(code, "\n"), " ")
			if _, err := a.DecodeEvent(typ, 1, []byte(data)); err != nil {
				t.Errorf("%s has %q: %v", a.Doc, code, err)
			}
		}
	}
}

func (a Aggregate[S, C, E, F, P, K]) commandsRoundTrip(t *testing.T) {
	for _, c := range a.Commands {
		name, data := a.EncodeCommand(c)
		back, err := a.DecodeCommand(name, data)
		if err != nil || name != c.Name() || !reflect.DeepEqual(back, c) {
			t.Errorf("%s %s: %+v, %v", name, data, back, err)
		}
		if plain := PlainJSON(t, c); string(data) != string(plain) {
			t.Errorf("encoded %s, encoding/json writes %s", data, plain)
		}
	}
	for _, name := range []string{"", "unknown", strings.ToUpper(a.Commands[0].Name())} {
		if c, err := a.DecodeCommand(name, []byte("{}")); !malformed(err) || !isNil(c) {
			t.Errorf("a command %q is %v, %v", name, c, err)
		}
	}
}

// freeTextsAreNormal has the free texts of the samples typed otherwise: such a command is encoded,
// decoded and decided on as the one in normal form (D67).
func (a Aggregate[S, C, E, F, P, K]) freeTextsAreNormal(t *testing.T) {
	for _, c := range a.Commands {
		odd, normal := reflect.New(reflect.TypeOf(c)).Elem(), reflect.New(reflect.TypeOf(c)).Elem()
		odd.Set(reflect.ValueOf(c))
		normal.Set(reflect.ValueOf(c))
		if !retype(odd, "\t\r\n%s\r\r\n-\r\n \n") {
			continue
		}
		retype(normal, "%s\n-")
		typed, want := odd.Interface().(C), normal.Interface().(C)
		name, data := a.EncodeCommand(want)
		if _, got := a.EncodeCommand(typed); string(got) != string(data) || string(data) != string(PlainJSON(t, want)) {
			t.Errorf("%s: encoded %s, want %s", name, got, data)
		}
		same, no := a.DecodeCommand(name, data) // a text that is an id has one line
		if got, err := a.DecodeCommand(name, PlainJSON(t, typed)); !reflect.DeepEqual(got, same) || !reflect.DeepEqual(err, no) {
			t.Errorf("%s: decoded %+v, %v; want %+v, %v", name, got, err, same, no)
		}
		s := a.New()
		for _, r := range a.History {
			for _, role := range []trade.Role{trade.Buyer, trade.Seller, trade.Platform, trade.System, trade.Desk} {
				var facts F
				g := trade.Given{By: trade.Actor{Role: role, Account: "a"}, At: r.At}
				events, err := a.Decide(s, typed, g, facts)
				if same, no := a.Decide(s, want, g, facts); !reflect.DeepEqual(events, same) || !reflect.DeepEqual(err, no) {
					t.Errorf("%s by the %s: %v, %v; want %v, %v", name, role, events, err, same, no)
				}
			}
			var err error
			if s, err = a.Evolve(s, r.Event, r.At); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// retype writes the free texts in v by the format, and reports whether there are any.
func retype(v reflect.Value, format string) (found bool) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Type() == reflect.TypeFor[trade.Text]():
			f.SetString(fmt.Sprintf(format, f.String()))
			found = true
		case f.Kind() == reflect.Struct && f.CanSet():
			found = retype(f, format) || found
		}
	}
	return found
}

// everyFieldHasASample looks for a sample of each field that is not zero: a field that is lost on
// the way to the log is seen then.
func (a Aggregate[S, C, E, F, P, K]) everyFieldHasASample(t *testing.T) {
	set := make(map[string]bool)
	for _, e := range a.Events {
		mark(set, reflect.ValueOf(e))
	}
	for _, c := range a.Commands {
		mark(set, reflect.ValueOf(c))
	}
	for field, ok := range set {
		if !ok {
			t.Errorf("%s is zero in every sample", field)
		}
	}
}

// mark notes which fields of the structs in v are set.
func mark(set map[string]bool, v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			mark(set, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				name := v.Type().String() + "." + f.Name
				set[name] = set[name] || !v.Field(i).IsZero()
				mark(set, v.Field(i))
			}
		}
	}
}

func (a Aggregate[S, C, E, F, P, K]) unknownTypesAreNamed(t *testing.T) {
	typ, _, data, err := a.EncodeEvent(nil, a.Events[0])
	if err != nil {
		t.Fatal(err)
	}
	unknown := func(typ string, schema uint16) {
		t.Helper()
		if e, err := a.DecodeEvent(typ, schema, data); !errors.Is(err, events.ErrUnknownType) || !isNil(e) {
			t.Errorf("%q, schema %d: %v, %v", typ, schema, e, err)
		}
	}
	for _, other := range []string{"", "unknown", "other.thing", strings.ToUpper(typ), typ + " ", strings.TrimPrefix(typ, typ[:1])} {
		unknown(other, 1)
	}
	for _, schema := range []uint16{0, 2, 65535} {
		unknown(typ, schema)
	}
}

// bytesAreBounded pads samples with white space up to the bound, which is accepted, and by one byte
// more, which is refused.
func (a Aggregate[S, C, E, F, P, K]) bytesAreBounded(t *testing.T) {
	pad := func(data []byte, size int) []byte { return append(data, strings.Repeat(" ", size-len(data))...) }
	for _, e := range a.Events {
		typ, _, data, err := a.EncodeEvent(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.DecodeEvent(typ, 1, pad(data, events.MaxData)); err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s of %d bytes: %v, %v", typ, events.MaxData, got, err)
		}
		if got, err := a.DecodeEvent(typ, 1, pad(data, events.MaxData+1)); !tooLong(err, "event", events.MaxData) || !isNil(got) {
			t.Errorf("%s of %d bytes: %v, %v", typ, events.MaxData+1, got, err)
		}
	}
	for _, c := range a.Commands {
		name, data := a.EncodeCommand(c)
		if got, err := a.DecodeCommand(name, pad(data, trade.MaxCommand)); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%s of %d bytes: %v, %v", name, trade.MaxCommand, got, err)
		}
		if got, err := a.DecodeCommand(name, pad(data, trade.MaxCommand+1)); !tooLong(err, "command", trade.MaxCommand) || !isNil(got) {
			t.Errorf("%s of %d bytes: %v, %v", name, trade.MaxCommand+1, got, err)
		}
	}
}

// tooLong reports whether the error says that one byte too many is why it is malformed.
func tooLong(err error, field string, most int) bool {
	e, ok := errors.AsType[*trade.InvalidError](err)
	return ok && e.Field == field && e.Reason == fmt.Sprintf("%d bytes are more than %d", most+1, most)
}

// nilAndPointersAreMalformed passes nil and pointers instead of values.
func (a Aggregate[S, C, E, F, P, K]) nilAndPointersAreMalformed(t *testing.T) {
	var noEvent E
	wrongEvents := []E{noEvent}
	for _, e := range a.Events {
		wrongEvents = append(wrongEvents, pointer(e), nilPointer(e))
	}
	for _, e := range wrongEvents {
		if typ, _, data, err := a.EncodeEvent([]byte("x"), e); !malformed(err) || typ != "" || string(data) != "x" {
			t.Errorf("%T: %q %s %v", e, typ, data, err)
		}
		if s, err := a.Evolve(a.New(), e, time.Time{}); !malformed(err) || !reflect.DeepEqual(s, a.New()) {
			t.Errorf("%T: %+v, %v", e, s, err)
		}
	}
	var noCommand C
	wrongCommands := []C{noCommand}
	for _, c := range a.Commands {
		wrongCommands = append(wrongCommands, pointer(c), nilPointer(c))
	}
	var facts F
	g := trade.Given{By: trade.Actor{Role: trade.Platform}, At: a.History[0].At}
	for _, c := range wrongCommands {
		if made, err := a.Decide(a.New(), c, g, facts); !malformed(err) || made != nil {
			t.Errorf("%T: %v, %v", c, made, err)
		}
		name, data := a.EncodeCommand(c)
		if back, err := a.DecodeCommand(name, data); name != "" || string(data) != "null" || !malformed(err) || !isNil(back) {
			t.Errorf("%T: %q %s", c, name, data)
		}
	}
}

func pointer[T any](v T) T {
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	return p.Interface().(T)
}

func nilPointer[T any](v T) T {
	return reflect.Zero(reflect.PointerTo(reflect.TypeOf(v))).Interface().(T)
}

func isNil(v any) bool { return v == nil }

func malformed(err error) bool {
	_, ok := errors.AsType[*trade.InvalidError](err)
	return ok
}
