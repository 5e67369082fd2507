package rule

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// ruleIDs is the rule book's table of contents.
func ruleIDs() []string {
	var ids []string
	for _, chapter := range []struct {
		letter string
		last   int
	}{{"A", 26}, {"B", 22}, {"D", 67}} {
		for n := range chapter.last {
			id := fmt.Sprint(chapter.letter, n+1)
			ids = append(ids, id)
			if id == "D21" {
				ids = append(ids, "D21b")
			}
		}
	}
	return ids
}

func TestRulesAreComplete(t *testing.T) {
	want := ruleIDs()
	got := Book()
	if len(got) != len(want) {
		t.Fatalf("%d rules, want %d", len(got), len(want))
	}
	for i, r := range got {
		if string(r.ID) != want[i] {
			t.Errorf("rule %d is %s, want %s", i, r.ID, want[i])
		}
	}
}

func TestRuleTexts(t *testing.T) {
	for _, r := range Book() {
		t.Run(string(r.ID), func(t *testing.T) {
			checkEnglish(t, r.English)
			checkChinese(t, r.Chinese)
			if ruling := r.ID[0] == 'D'; ruling != (r.Source == "") {
				t.Errorf("the source is %q", r.Source)
			}
			if strings.ContainsAny(r.Source, "「」\n") || r.Source != "" && !hasHan(r.Source) {
				t.Errorf("the source %q is no bare quotation", r.Source)
			}
			if r.ID.Text(English) != r.English || r.ID.Text(Chinese) != r.Chinese {
				t.Error("Text does not return the rule's texts")
			}
		})
	}
}

func checkEnglish(t *testing.T, s string) {
	t.Helper()
	if len(s) > 220 || !strings.HasSuffix(s, ".") || strings.TrimSpace(s) != s || !unicode.IsUpper(rune((s + " ")[0])) {
		t.Errorf("%q is no sentence of at most 220 bytes", s)
	}
	for _, r := range s {
		if r < ' ' || r > '~' {
			t.Errorf("%q has the character %U", s, r)
		}
	}
}

func checkChinese(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || !hasHan(s) || !strings.HasSuffix(s, "。") {
		t.Errorf("%q is no Chinese sentence", s)
	}
	prose := strings.NewReplacer("T/T", "", "e-Checking", "").Replace(s)
	for _, r := range prose {
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Latin, r) {
			t.Errorf("%q has the character %q", s, r)
		}
	}
	// Punctuation between Chinese characters is Chinese; a point may stand in a number.
	if strings.ContainsAny(prose, ",;:!?()") {
		t.Errorf("%q has punctuation that is not Chinese", s)
	}
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestRuleTextsAreDistinct(t *testing.T) {
	seen := map[string]ID{}
	for _, r := range Book() {
		for _, s := range []string{r.English, r.Chinese} {
			if other, ok := seen[s]; ok {
				t.Errorf("%s and %s have the same text", other, r.ID)
			}
			seen[s] = r.ID
		}
	}
}

// A rule that decides nothing must say so, or a reader looks for its effect.
func TestRulesWithoutEffectSaySo(t *testing.T) {
	silent := map[ID]bool{A26: true, B20: true, D35: true}
	for _, r := range Book() {
		english := strings.Contains(r.English, "has no effect on any command")
		chinese := strings.Contains(r.Chinese, "对任何操作都没有影响")
		if english != silent[r.ID] || chinese != silent[r.ID] {
			t.Errorf("%s says that it has no effect: %t in English, %t in Chinese", r.ID, english, chinese)
		}
	}
}

// The constants are written out by hand: each must be named after the id that it holds.
func TestRuleConstantsAreNamedAfterTheirIDs(t *testing.T) {
	files, err := filepath.Glob("rules_*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.CONST {
				checkConstants(t, gen, names)
			}
		}
	}
	for _, id := range ruleIDs() {
		if !names[id] {
			t.Errorf("there is no constant %s", id)
		}
	}
}

func checkConstants(t *testing.T, gen *ast.GenDecl, names map[string]bool) {
	t.Helper()
	for _, spec := range gen.Specs {
		constant := spec.(*ast.ValueSpec)
		literal, ok := constant.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s is no literal", constant.Names[0].Name)
		}
		id, err := strconv.Unquote(literal.Value)
		if err != nil || constant.Names[0].Name != id {
			t.Errorf("%s holds %s", constant.Names[0].Name, literal.Value)
		}
		names[constant.Names[0].Name] = true
	}
}

func TestRulesIsACopy(t *testing.T) {
	Book()[0].English = "Changed."
	if A1.Text(English) == "Changed." || Book()[0].English == "Changed." {
		t.Error("a caller changed the rule book")
	}
}

func TestUnknownRuleHasNoText(t *testing.T) {
	for _, r := range []ID{"", "A0", "A27", "B23", "D21c", "D68", "a1"} {
		if r.Text(English) != "" || r.Text(Chinese) != "" {
			t.Errorf("%q has a text", string(r))
		}
	}
}
