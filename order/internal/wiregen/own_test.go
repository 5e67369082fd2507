package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vocabulary is a package of this module that others take types from.
const vocabulary = `package words

type (
	Account string
	Level   uint8
	Alias   = string
	Amount  struct{ n int64 }
	Plain   struct{ n int64 }
	Again   Account
	Half    string
	Own     string
)

func (Amount) AppendText(b []byte) ([]byte, error) { return b, nil }
func (*Amount) UnmarshalText([]byte) error         { return nil }
func (Half) AppendText(b []byte) ([]byte, error)   { return b, nil }
func (Own) MarshalJSON() ([]byte, error)           { return nil, nil }
`

// ownPackage writes a module that has the package words, and one with an event of those fields.
func ownPackage(t *testing.T, fields string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module github.com/tradesurety/surety\n", "words/words.go": vocabulary,
		"p/p.go": "package p\n\nimport w \"github.com/tradesurety/surety/words\"\n\ntype Event any\n\ntype Done struct {\n" + fields + "\n}\n\nfunc (Done) evolve() {}\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(root, "p")
}

// TestTypesOfOtherPackages: a type of this module that is made from a basic type is converted to
// under the name of its package, which is imported; a text type needs neither.
func TestTypesOfOtherPackages(t *testing.T) {
	for _, c := range []struct{ field, has, hasNot string }{
		{"A w.Account `json:\"a\"`", "v.A = words.Account(r.String())", "w.Account"},
		{"A []w.Account `json:\"a\"`", "words.Account(r.String())", "w.Account"},
		{"A w.Level `json:\"a\"`", "v.A = words.Level(r.Uint(8))", "w.Level"},
		{"A w.Amount `json:\"a\"`", "v.A.UnmarshalText(", "surety/words"},
		{"A []w.Amount `json:\"a\"`", "UnmarshalText(", ""},
	} {
		source, err := generate(ownPackage(t, c.field), "p", "", nil)
		if err != nil {
			t.Errorf("%s: %v", c.field, err)
			continue
		}
		generated := string(source)
		if !strings.Contains(generated, c.has) || c.hasNot != "" && strings.Contains(generated, c.hasNot) {
			t.Errorf("%s gives %s\nwithout %q or with %q", c.field, generated, c.has, c.hasNot)
		}
		if imported := strings.Contains(generated, `"github.com/tradesurety/surety/words"`); imported != strings.Contains(generated, "words.") {
			t.Errorf("%s: imported %t by\n%s", c.field, imported, generated)
		}
	}
}

// TestRefusesTypesOfOtherPackages: types without a form on the wire, with file and line of the field.
func TestRefusesTypesOfOtherPackages(t *testing.T) {
	for field, want := range map[string]string{
		"A w.Missing":  "p.go:8: Done.A: Missing is not declared in github.com/tradesurety/surety/words",
		"A w.Plain":    "p.go:8: Done.A: words.Plain has no form on the wire",
		"A w.Again":    "p.go:8: Done.A: words.Again has no form on the wire",
		"A w.Half":     "p.go:8: Done.A: Half has only some of AppendText, MarshalText and UnmarshalText",
		"A w.Own":      "p.go:8: Done.A: Own has a JSON method of its own",
		"A []w.Level":  "p.go:8: Done.A: a slice of bytes",
		"A none.Thing": "p.go:8: Done.A: ",
	} {
		dir := ownPackage(t, field+" `json:\"a\"`")
		if strings.Contains(field, "none.") {
			// A package that is not there.
			file := filepath.Join(dir, "p.go")
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(source), "w \"github.com/tradesurety/surety/words\"", "none \"github.com/tradesurety/surety/none\"", 1)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if source, err := generate(dir, "p", "", nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s\n%s", field, err, want, source)
		}
	}
}
