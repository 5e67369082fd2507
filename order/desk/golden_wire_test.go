package desk_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
)

// testdata/wire.golden has what was ever written to a log: every event of every package, in every
// form, and the meta that a desk writes. Unlike the golden files of the packages, which a flag
// writes anew, it only grows: a line in it is in somebody's log. The flag adds the lines of the
// packages' files that it lacks:
//
//	go test ./order/desk -run '^TestGoldenWire$' -add-golden-wire
var addGolden = flag.Bool("add-golden-wire", false, "add to testdata/wire.golden the lines that the packages have and it lacks")

const goldenWire = "testdata/wire.golden"

// packageLines are the lines of the golden files of all packages.
func packageLines(t testing.TB) (lines []string) {
	t.Helper()
	for _, pattern := range []string{"../testdata/events*.golden", "../*/testdata/events*.golden"} {
		for _, file := range must(filepath.Glob(pattern)) {
			lines = append(lines, wireLines(must(os.ReadFile(file)))...)
		}
	}
	return lines
}

func wireLines(text []byte) (lines []string) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// kindNames returns the wire names of the kinds of a package.
func kindNames[K interface {
	~uint8
	String() string
}]() (names []string) {
	for k := K(1); k.String() != "unknown"; k++ {
		names = append(names, k.String())
	}
	return names
}

// writtenTypes are the names of all that is written.
func writtenTypes() []string {
	return slices.Concat(kindNames[order.Kind](), kindNames[seller.Kind](), kindNames[entrustment.Kind](), kindNames[credit.Kind](),
		kindNames[paylater.Kind](), kindNames[funds.Kind](), kindNames[payment.Kind](), kindNames[reservation.Kind](), []string{"meta"})
}

// reread decodes what was written and encodes it as it would be today.
func reread(typ string, schema uint16, data []byte) (value any, version uint16, again []byte, err error) {
	if typ == "meta" {
		m, err := desk.DecodeMeta(data)
		return m, schema, plain(m), err
	}
	value, err = desk.DecodeEvent(typ, schema, data)
	if err != nil {
		return nil, 0, nil, err
	}
	name := ""
	switch e := value.(type) {
	case order.Event:
		name, version, again, err = order.EncodeEvent(nil, e)
	case seller.Event:
		name, version, again, err = seller.EncodeEvent(nil, e)
	case entrustment.Event:
		name, version, again, err = entrustment.EncodeEvent(nil, e)
	case credit.Event:
		name, version, again, err = credit.EncodeEvent(nil, e)
	case paylater.Event:
		name, version, again, err = paylater.EncodeEvent(nil, e)
	case funds.Event:
		name, version, again, err = funds.EncodeEvent(nil, e)
	case payment.Event:
		name, version, again, err = payment.EncodeEvent(nil, e)
	case reservation.Reserved:
		name, version, again = e.Kind().String(), schema, plain(e)
	}
	if err == nil && name != typ {
		err = fmt.Errorf("%s is written as %q", typ, name)
	}
	return value, version, again, err
}

// plain is the JSON of a value, with which the codecs agree.
func plain(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// written checks one line and returns its type and the fields that it has. What the current
// version of its format has written is written so today, byte for byte.
func written(line string) (typ string, value any, fields []string, err error) {
	words := strings.SplitN(line, " ", 3)
	if len(words) != 3 {
		return "", nil, nil, errors.New("the line is not type, schema and data")
	}
	schema, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil {
		return "", nil, nil, err
	}
	value, version, again, err := reread(words[0], uint16(schema), []byte(words[2]))
	if err != nil {
		return "", nil, nil, err
	}
	if version < uint16(schema) || version == uint16(schema) && string(again) != words[2] {
		return "", nil, nil, fmt.Errorf("is now version %d %s", version, again)
	}
	var tree any
	if err := json.Unmarshal([]byte(words[2]), &tree); err != nil {
		return "", nil, nil, err
	}
	return words[0], value, treeFields("", tree), nil
}

// treeFields returns the paths of the fields of a JSON value.
func treeFields(path string, tree any) (fields []string) {
	switch tree := tree.(type) {
	case map[string]any:
		for name, inner := range tree {
			fields = append(append(fields, path+"."+name), treeFields(path+"."+name, inner)...)
		}
	case []any:
		for _, inner := range tree {
			fields = append(fields, treeFields(path, inner)...)
		}
	}
	return fields
}

// typeFields returns the paths of the fields that a type can have on the wire.
func typeFields(path string, typ reflect.Type) (fields []string) {
	if typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return nil
	}
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		fields = append(append(fields, path+"."+name), typeFields(path+"."+name, typ.Field(i).Type)...)
	}
	return fields
}

// wireFaults says what is wrong with the golden lines: one that is read or written in another
// way, a type or a field that none of them has, a line of a package that is not among them.
func wireFaults(lines, ofPackages []string) (faults []string) {
	seen := make(map[string]map[string]bool)
	known := make(map[string]reflect.Type)
	for _, line := range lines {
		typ, value, fields, err := written(line)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", line, err))
			continue
		}
		if seen[typ] == nil {
			seen[typ], known[typ] = make(map[string]bool), reflect.TypeOf(value)
		}
		for _, f := range fields {
			seen[typ][f] = true
		}
	}
	for _, typ := range writtenTypes() {
		if seen[typ] == nil {
			faults = append(faults, "there is no "+typ)
			continue
		}
		for _, f := range typeFields("", known[typ]) {
			if !seen[typ][f] {
				faults = append(faults, fmt.Sprintf("there is no %s with %s", typ, f))
			}
		}
	}
	for _, line := range ofPackages {
		if !slices.Contains(lines, line) {
			faults = append(faults, "not there: "+line)
		}
	}
	return faults
}

// TestGoldenWire reads what was ever written, and must for ever.
func TestGoldenWire(t *testing.T) {
	text, packages := must(os.ReadFile(goldenWire)), packageLines(t)
	if *addGolden {
		for _, line := range packages {
			if !slices.Contains(wireLines(text), line) {
				text = append(append(text, line...), '\n')
			}
		}
		if err := os.WriteFile(goldenWire, text, 0o644); err != nil { //nolint:gosec // it is part of the repository
			t.Fatal(err)
		}
	}
	for _, fault := range wireFaults(wireLines(text), packages) {
		t.Error(fault)
	}
}

// TestGoldenWireSeesFaults takes each line away that is the only one of its type, spells a field
// of each in another way, and gives each a version that is none.
func TestGoldenWireSeesFaults(t *testing.T) {
	lines := wireLines(must(os.ReadFile(goldenWire)))
	count := make(map[string]int)
	for _, line := range lines {
		typ, _, _ := strings.Cut(line, " ")
		count[typ]++
	}
	for i, line := range lines {
		typ, _, _ := strings.Cut(line, " ")
		if less := slices.Delete(slices.Clone(lines), i, i+1); count[typ] == 1 && len(wireFaults(less, nil)) == 0 {
			t.Errorf("nobody misses %s", line)
		}
		for _, other := range []string{strings.Replace(line, ` 1 {"`, ` 1 {"X`, 1), strings.Replace(line, " 1 {", " 2 {", 1), strings.Replace(line, "}", ` }`, 1)} {
			if _, _, _, err := written(other); err == nil && other != line && !strings.HasPrefix(other, "meta 2") {
				t.Errorf("nobody sees %s", other)
			}
		}
	}
}
