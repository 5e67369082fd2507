package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedIsCurrent: the generated file that is checked in is the one its package
// gives, every time.
func TestGeneratedIsCurrent(t *testing.T) {
	dir := filepath.Join("..", "wire", "wiretest")
	want, err := os.ReadFile(filepath.Join(dir, output))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		got, err := generate(dir, "test", "Balance,snapshot", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%s is not what wiregen writes: run go generate ./... there", filepath.Join(dir, output))
		}
	}
}

// TestKebab: the words of a Go name in lower case, a run of capitals being one word.
func TestKebab(t *testing.T) {
	for name, want := range map[string]string{
		"Closed": "closed", "PaymentReceived": "payment-received", "MarkShipped": "mark-shipped", "HSCode": "hs-code",
		"HSCodeAgreed": "hs-code-agreed", "AgreeHSCode": "agree-hs-code", "SetFOB": "set-fob", "A": "a", "T2Paid": "t2-paid",
		"PayV2": "pay-v2", "UUID": "uuid",
	} {
		if got := kebab(name); got != want {
			t.Errorf("%s becomes %s, not %s", name, got, want)
		}
	}
}

// folder writes the files of a package, given as name and text in turn.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// refusal is a field of an event, with further declarations, and what is said of it.
type refusal struct{ field, rest, want string }

func (c refusal) check(t *testing.T) {
	t.Helper()
	const head = "package p\n\nimport (\n\"time\"\n\"net/netip\"\n)\n\n" +
		"type Event interface{ evolve() }\n\ntype Done struct {\n"
	const tail = "\n}\n\nfunc (Done) evolve() {}\n"
	dir := folder(t, "p.go", head+c.field+tail+c.rest+"\n")
	source, err := generate(dir, "p", "", nil)
	if err == nil {
		t.Errorf("%s %s: generated %s", c.field, c.rest, source)
	} else if !strings.Contains(err.Error(), c.want) {
		t.Errorf("%s %s\nrefused as %v\nand not    %s", c.field, c.rest, err, c.want)
	}
}

// TestRefusesFields: fields without a plain name and key of their own, with file and line.
func TestRefusesFields(t *testing.T) {
	for _, c := range []refusal{
		{"A int", "", "p.go:11: Done.A has no json tag"},
		{"A int `xml:\"a\"`", "", "p.go:11: Done.A has no json tag"},
		{"a int `json:\"a\"`", "", "p.go:11: Done.a is not exported"},
		{"A int `json:\",omitzero\"`", "", `p.go:11: Done: the key "" is not a letter`},
		{"A int `json:\"a b\"`", "", `p.go:11: Done: the key "a b" is not a letter`},
		{"A int `json:\"a,omitempty\"`", "", `p.go:11: Done: the option "omitempty" is not supported`},
		{"A int `json:\"a,string\"`", "", `p.go:11: Done: the option "string" is not supported`},
		{"A int `json:\"a,omitzero,string\"`", "", `p.go:11: Done: the option "omitzero,string" is not supported`},
		{"A, B int `json:\"a\"`", "", "p.go:11: Done: two fields share the key"},
		{"A int `json:\"a\"`\nB int `json:\"a\"`", "", `p.go:12: Done: two fields share the key "a"`},
		{"Other", "type Other struct{}", "p.go:11: Done: embedded field"},
		{"Other `json:\"other\"`", "type Other struct{}", "p.go:11: Done: embedded field"},
		{"Kind string `json:\"kind\"`", "", "p.go:11: Done.Kind: the generated method has this name"},
	} {
		c.check(t)
	}
}

// TestRefusesTypes: types without an exact form on the wire, with file and line.
func TestRefusesTypes(t *testing.T) {
	for _, c := range []refusal{
		{"A (*int) `json:\"a\"`", "", "p.go:11: Done.A: a pointer"},
		{"A []*int `json:\"a\"`", "", "p.go:11: Done.A: a pointer"},
		{"A map[string]int `json:\"a\"`", "", "p.go:11: Done.A: a map"},
		{"A []byte `json:\"a\"`", "", "p.go:11: Done.A: a slice of bytes"},
		{"A []uint8 `json:\"a\"`", "", "p.go:11: Done.A: a slice of bytes"},
		{"A []Small `json:\"a\"`", "type Small byte", "p.go:11: Done.A: a slice of bytes"},
		{"A Bytes `json:\"a\"`", "type Bytes []byte", "p.go:11: Done.A: a slice of bytes"},
		{"A [3]byte `json:\"a\"`", "", "p.go:11: Done.A: an array without AppendText and UnmarshalText"},
		{"A float64 `json:\"a\"`", "", "p.go:11: Done.A: float64 has no form on the wire"},
		{"A any `json:\"a\"`", "", "p.go:11: Done.A: any has no form on the wire"},
		{"A error `json:\"a\"`", "", "p.go:11: Done.A: error has no form on the wire"},
		{"A interface{} `json:\"a\"`", "", "p.go:11: Done.A: a type without a form on the wire"},
		{"A func() `json:\"a\"`", "", "p.go:11: Done.A: a type without a form on the wire"},
		{"A G[int] `json:\"a\"`", "type G[T any] struct{}", "p.go:11: Done.A: a type without a form on the wire"},
		{"A struct{} `json:\"a\"`", "", "p.go:11: Done.A: a struct without a name"},
		{"A time.Duration `json:\"a\"`", "", "p.go:11: Done.A: time.Duration is not a text type"},
		{"A Addr `json:\"a\"`", "type Addr netip.Addr", "p.go:11: Done.A: Addr does not have the methods"},
		{"A Two `json:\"a\"`", "type One struct{}\ntype Two One", "p.go:11: Done.A: Two does not have the methods"},
		{"A Loop `json:\"a\"`", "type Loop []Loop", "p.go:11: Done.A: Loop is made of itself"},
		{"A []Done `json:\"a\"`", "", "p.go:10: Done contains itself"},
		{"A Other `json:\"a\"`", "type Other struct {\nB float32 `json:\"b\"`\n}", "p.go:16: Other.B: float32 has no form"},
		{"A Half `json:\"a\"`", "type Half string\nfunc (Half) AppendText(b []byte) ([]byte, error) { return b, nil }",
			"p.go:11: Done.A: Half has only some of"},
		{"A Half `json:\"a\"`", "type Half string\nfunc (Half) MarshalText() ([]byte, error) { return nil, nil }",
			"p.go:11: Done.A: Half has only some of"},
		{"A Own `json:\"a\"`", "type Own string\nfunc (Own) MarshalJSON() ([]byte, error) { return nil, nil }",
			"p.go:11: Done.A: Own has a JSON method of its own"},
	} {
		c.check(t)
	}
}

// TestRefusesStructs: structs that the runtime or the generated code cannot hold.
func TestRefusesStructs(t *testing.T) {
	for _, c := range []refusal{
		{manyFields(65), "", "p.go:10: Done has more than 64 fields"},
		{"A " + strings.Repeat("[]", 16) + "int `json:\"a\"`", "", "p.go:10: Done is nested deeper than 16"},
		{"", "type done struct{}\nfunc (done) evolve() {}", "p.go:15: done: events and commands are exported"},
		{"", "type DoNe struct{}\ntype HSCode struct{}\ntype HsCode struct{}\nfunc (HSCode) evolve() {}\nfunc (HsCode) evolve() {}",
			"p.go:17: HSCode and HsCode are both p.hs-code on the wire"},
		{"", "type Word string\nfunc (w Word) Normal() Word { return w }\ntype Act struct {\nWords []Word `json:\"words\"`\n}\nfunc (Act) decide() {}\ntype Command any",
			"p.go:17: Act: Words is a slice of what has a method Normal"},
		{"", "type Act struct {\nName string `json:\"name\"`\n}\nfunc (Act) decide() {}",
			"p.go:16: Act.Name: the generated method has this name"},
		{"", "type Act struct{}\nfunc (Act) decide() {}\nfunc (a Act) Name() string { return name }", "p.go:17: Act.Name does not return a string literal"},
		{"", "type Act struct{}\nfunc (Act) decide() {}\nfunc (a Act) Name() string {\na.log()\nreturn \"act\"\n}", "p.go:17: Act.Name does not return a string literal"},
		{"", "type Act struct{}\nfunc (Act) decide() {}\nfunc (Act) Name() string { return \"end\" }\ntype End struct{}\nfunc (End) decide() {}\ntype Command any",
			"p.go:18: Act and End are both end on the wire"},
		{"", "type Act struct{}\nfunc (Act) decide() {}", "package p has commands and no interface Command"},
	} {
		c.check(t)
	}
}

// manyFields returns the lines of n fields.
func manyFields(n int) string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("F%d bool `json:\"f%d\"`", i, i))
	}
	return strings.Join(lines, "\n")
}

// TestRefusesPackages: what is wrong with a package as a whole.
func TestRefusesPackages(t *testing.T) {
	const event = "package p\ntype E struct{}\nfunc (E) evolve() {}\n"
	var many strings.Builder
	many.WriteString("package p\ntype Event any\n")
	for i := range 256 {
		fmt.Fprintf(&many, "type E%d struct{}\nfunc (E%d) evolve() {}\n", i, i)
	}
	for _, c := range []struct {
		files         []string
		prefix, state string
		want          string
	}{
		{nil, "p", "", "no Go files"},
		{[]string{"p_test.go", event}, "p", "", "no Go files"},
		{[]string{"p.go", "package p\ntype E struct{}\nfunc (*E) evolve() {}\n"}, "p", "", "neither events nor commands"},
		{[]string{"p.go", "package p\ntype E int\nfunc (E) evolve() {}\n"}, "p", "", "neither events nor commands"},
		{[]string{"p.go", event}, "p", "", "no interface Event"},
		{[]string{"p.go", event + "type Event any\n"}, "", "", "needs -prefix"},
		{[]string{"p.go", many.String()}, "p", "", "256 events, more than 255"},
		{[]string{"p.go", event, "q.go", "package q\n"}, "p", "", "q.go:1: package q, after package p"},
		{[]string{"p.go", "package p\nfunc {\n"}, "p", "", "p.go:2:6"},
		{[]string{"p.go", "package p\n"}, "", "S", "declares no type S"},
		{[]string{"p.go", "package p\ntype S int\n"}, "", "S", "p.go:2: S is not a plain struct type"},
		{[]string{"p.go", "package p\ntype S[T any] struct{}\n"}, "", "S", "p.go:2: S is not a plain struct type"},
	} {
		_, err := generate(folder(t, c.files...), c.prefix, c.state, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("refused as %v and not %s", err, c.want)
		}
	}
	if err := write(filepath.Join(t.TempDir(), "none"), "p", "", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestCompiles: the code of packages without events, without commands or with neither
// type-checks, and says no more than it must.
func TestCompiles(t *testing.T) {
	const (
		event   = "type Event interface {\nevolve()\nKind() Kind\n}\ntype E struct{}\nfunc (E) evolve() {}\n"
		command = "type Command interface {\ndecide()\nName() string\n}\ntype C struct {\nAt string `json:\"at,omitzero\"`\n}\nfunc (C) decide() {}\n"
		state   = "type S struct {\nA []int `json:\"a\"`\n}\n"
	)
	check := checker(t)
	for _, c := range []struct{ source, state, has, hasNot string }{
		{event, "", "func DecodeEvent(", "Command"},
		{command, "", "func DecodeCommand(", "Event"},
		{strings.Replace(event, "evolve()\n", "evolve()\ncheck() error\n", 1) + "func (E) check() error { return nil }\n", "", "err := e.check()", "c.check()"},
		{strings.Replace(command, "decide()\n", "decide()\ncheck() error\n", 1) + "func (C) check() error { return nil }\n", "", "err := c.check()", "e.check()"},
		{command + "func (C) check() error { return nil }\ntype D struct{}\nfunc (D) decide() {}\n", "", "case C, D:", "c.check()"},
		{state, "S", "func (v *S) appendJSON(", "Kind"},
		{"type T struct{}\n" + state + "type Top struct {\nS S `json:\"s,omitzero\"`\nT T `json:\"t,omitzero\"`\n}\n", "S,Top", "isZeroJSON", "Kind"},
		{event + command + state, "S", "const kindCount = 1\n", "isZeroJSON"},
		{event + "func (Kind) String() string { return \"\" }\n", "", "const kindCount = 1\n", ") String("},
		{event + "func (E) Kind() Kind { return KindE }\n", "", "const kindCount = 1\n", "func (E)"},
		{command + "func (C) Name() string { return \"other\" }\n", "", "case \"other\":\n\t\tvar v C", "func (C)"},
	} {
		source := "package p\n" + c.source
		dir := folder(t, "p.go", source, "old.go", "// Code generated by x. DO NOT EDIT.\n\npackage p\n\ntype Old struct{}\n\nfunc (Old) evolve() {}\n")
		if err := write(dir, "p", c.state, nil); err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		generated, err := os.ReadFile(filepath.Join(dir, output))
		if err != nil {
			t.Fatal(err)
		}
		if err := check(source, string(generated)); err != nil {
			t.Errorf("%s\ngives %s\nwhich does not compile: %v", c.source, generated, err)
		}
		if !bytes.Contains(generated, []byte(c.has)) || bytes.Contains(generated, []byte(c.hasNot)) {
			t.Errorf("%s\ngives %s\nwithout %q or with %q", c.source, generated, c.has, c.hasNot)
		}
		// What was generated before is no source of what is generated next.
		if again, err := generate(dir, "p", c.state, nil); err != nil || !bytes.Equal(again, generated) {
			t.Errorf("%s\nthen gives %s, %v", c.source, again, err)
		}
	}
}

// checker returns a function that type-checks a package of several files.
func checker(t *testing.T) func(files ...string) error {
	t.Helper()
	list, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "../wire/wiretest").Output()
	if err != nil {
		t.Fatal(err)
	}
	compiled := make(map[string]string)
	for line := range strings.Lines(string(list)) {
		path, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		compiled[path] = file
	}
	fset := token.NewFileSet()
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) })}
	return func(files ...string) error {
		var parsed []*ast.File
		for i, source := range files {
			file, err := parser.ParseFile(fset, fmt.Sprintf("%d.go", i), source, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			parsed = append(parsed, file)
		}
		_, err := config.Check("p", fset, parsed, nil)
		return err
	}
}
