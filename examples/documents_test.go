package examples_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// document returns a file of the repository, as a path from its root.
func document(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sources yields the Go files of the repository.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// section returns the text from a heading to the next one.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("there is no heading %q", heading)
	}
	rest, _, _ = strings.Cut(rest, "\n#")
	return rest
}

// column returns the cells of a column of the tables of a text, from the row after the rule.
func column(text string, n int) (cells []string) {
	for line := range strings.Lines(text) {
		row := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if strings.HasPrefix(line, "|") && n < len(row) {
			cells = append(cells, strings.TrimSpace(row[n]))
		}
	}
	return cells[min(2, len(cells)):]
}

// found returns what the first group of a pattern finds in the sources, sorted.
func found(files map[string]string, pattern string) []string {
	names := map[string]bool{}
	for _, text := range files {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			names[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// names returns the names in a column, without their values, sorted.
func names(t *testing.T, cells []string, pattern string) (names []string) {
	t.Helper()
	for _, cell := range cells {
		m := regexp.MustCompile(pattern).FindStringSubmatch(cell)
		if m == nil {
			t.Fatalf("%q is not of the form %s", cell, pattern)
		}
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

// TestContributing holds the tables of CONTRIBUTING.md to the sources: each variable, each flag of
// a test and each step of .ci/run, and no other; and the tests that it names exist.
func TestContributing(t *testing.T) {
	text, files := document(t, "CONTRIBUTING.md"), sources(t)
	for _, c := range []struct {
		what       string
		have, want []string
	}{
		{
			"variables", names(t, column(section(t, text, "### Environment variables"), 0), "^`(SURETY_[A-Z_]+)(?:=\\w+)?`$"),
			found(files, `\b(SURETY_[A-Z_]+)\b`),
		},
		{
			"flags", names(t, column(section(t, text, "### Flags of tests"), 0), "^`-([a-z-]+)`$"),
			found(withoutPrograms(files), `\bflag\.[A-Z][a-z0-9]+\("([a-z-]+)"`),
		},
		{
			"steps", column(section(t, text, "## What .ci/run does"), 0),
			slices.DeleteFunc(steps(document(t, ".ci/run")), func(s string) bool { return s == "done" }),
		},
	} {
		if !slices.Equal(c.have, c.want) {
			t.Errorf("CONTRIBUTING.md has the %s\n%s\nand there are\n%s", c.what, strings.Join(c.have, "\n"), strings.Join(c.want, "\n"))
		}
	}
	tests := found(files, `\nfunc (Test\w+)\(`)
	for _, m := range regexp.MustCompile("`(Test[A-Z]\\w+)`").FindAllStringSubmatch(text, -1) {
		if !slices.Contains(tests, m[1]) {
			t.Errorf("there is no %s", m[1])
		}
	}
}

// withoutPrograms leaves out commands: their flags are described where they are run.
func withoutPrograms(files map[string]string) map[string]string {
	rest := maps.Clone(files)
	maps.DeleteFunc(rest, func(_, text string) bool { return strings.Contains("\n"+text, "\npackage main\n") })
	return rest
}

func steps(script string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^step "(.+)"$`).FindAllStringSubmatch(script, -1) {
		list = append(list, m[1])
	}
	return list
}

// TestLinks holds the links of the pages to files that exist, or to headings of the page.
func TestLinks(t *testing.T) {
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "events/OPERATIONS.md", "order/ARCHITECTURE.md", "order/ordertest/FOUND.md", "order/ordertest/mutants/KILLS.md"} {
		text, dir := regexp.MustCompile("(?s)\n```.*?\n```").ReplaceAllString(document(t, page), ""), filepath.Dir(page)
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			switch heading, within := strings.CutPrefix(m[1], "#"); {
			case within:
				if !regexp.MustCompile(`(?mi)^#+ ` + strings.ReplaceAll(heading, "-", " ") + `$`).MatchString(text) {
					t.Errorf("%s links to the heading %s", page, heading)
				}
			case strings.Contains(m[1], "://"):
			default:
				if _, err := os.Stat(filepath.Join("..", dir, m[1])); err != nil {
					t.Errorf("%s links to %s: %v", page, m[1], err)
				}
			}
		}
	}
}

// TestNames holds what the pages call by its package to what the packages declare: as one of them
// has it or, in prose, a method of one of its types. Of CHANGELOG.md that is the column of new names.
func TestNames(t *testing.T) {
	exported, methods, packages := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for path, text := range sources(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		pkg := file.Name.Name
		packages[pkg] = true
		for _, decl := range file.Decls {
			for _, name := range declared(decl) {
				exported[pkg+"."+name] = true
				if _, method, ok := strings.Cut(name, "."); ok {
					methods[pkg+"."+method] = true
				}
			}
		}
	}
	renamed := column(section(t, document(t, "CHANGELOG.md"), "### Old and new names"), 1)
	pages := map[string]string{"CHANGELOG.md": strings.Join(renamed, "\n")}
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "events/OPERATIONS.md", "order/ARCHITECTURE.md"} {
		pages[page] = document(t, page)
	}
	for page, text := range pages {
		seen := 0
		for _, name := range regexp.MustCompile("`\\*?(([a-z]+)\\.[A-Z][\\w.]*)").FindAllStringSubmatch(text, -1) {
			if packages[name[2]] {
				seen++
				if !exported[name[1]] && (page == "CHANGELOG.md" || !methods[name[1]]) {
					t.Errorf("%s names %s, which is not there", page, name[1])
				}
			}
		}
		if seen < 3 {
			t.Errorf("%s has only %d names", page, seen)
		}
	}
}

// declared returns the names that a declaration makes, methods and fields behind their type.
func declared(decl ast.Decl) (names []string) {
	if f, ok := decl.(*ast.FuncDecl); ok {
		prefix := ""
		if f.Recv != nil {
			prefix = receiver(f.Recv.List[0].Type) + "."
		}
		return []string{prefix + f.Name.Name}
	}
	for _, spec := range decl.(*ast.GenDecl).Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				names = append(names, name.Name)
			}
		case *ast.TypeSpec:
			names = append(names, spec.Name.Name)
			fields, ok := spec.Type.(*ast.StructType)
			for i := 0; ok && i < len(fields.Fields.List); i++ {
				for _, name := range fields.Fields.List[i].Names {
					names = append(names, spec.Name.Name+"."+name.Name)
				}
			}
		}
	}
	return names
}

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
