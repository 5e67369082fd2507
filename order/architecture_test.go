package order_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// architecture returns the section of ARCHITECTURE.md under a heading.
func architecture(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(page), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("ARCHITECTURE.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// drawing is the flowchart of ARCHITECTURE.md.
type drawing struct {
	rooms  map[string]string   // the room of each package
	arrows map[string][]string // the rooms to which the arrows of a room lead
}

func parseDrawing(t *testing.T, text string) drawing {
	t.Helper()
	d := drawing{map[string]string{}, map[string][]string{}}
	node, arrow := regexp.MustCompile(`^    (\w+)\["([^"]+)"\]$`), regexp.MustCompile(`^    (\w+) --> (\w+)$`)
	named := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := node.FindStringSubmatch(line); m != nil {
			named[m[1]] = true
			for pkg := range strings.SplitSeq(m[2], "<br/>") {
				if d.rooms[pkg] != "" {
					t.Errorf("%s is drawn twice", pkg)
				}
				d.rooms[pkg] = m[1]
			}
		} else if m := arrow.FindStringSubmatch(line); m != nil {
			if !named[m[1]] || !named[m[2]] {
				t.Errorf("%q leads from or to a room that is not drawn before", line)
			}
			d.arrows[m[1]] = append(d.arrows[m[1]], m[2])
		} else if line != "" && line != "flowchart TD" {
			t.Errorf("the drawing has a line %q", line)
		}
	}
	return d
}

// room returns the room of a package.
func (d drawing) room(pkg string) string {
	if strings.HasPrefix(pkg, "examples") {
		pkg = "examples/..."
	}
	return d.rooms[pkg]
}

// leads reports whether arrows lead from one room to another.
func (d drawing) leads(from, to string) bool {
	return slices.ContainsFunc(d.arrows[from], func(next string) bool { return next == to || d.leads(next, to) })
}

// TestArchitectureDrawing holds the drawing to the code: every package that can be imported is in
// it, every import between its rooms follows the arrows, every arrow is an import, and none of
// them is forbidden.
func TestArchitectureDrawing(t *testing.T) {
	_, text, _ := strings.Cut(architecture(t, "The rooms"), "```mermaid\n")
	text, table, _ := strings.Cut(text, "```\n")
	d := parseDrawing(t, text)
	made := map[[2]string]bool{}
	packages := imports(t, ".Imports", module+"/...")
	for path, list := range packages {
		pkg := strings.TrimPrefix(path, module+"/")
		if strings.Contains(path, "/internal/") {
			continue
		}
		if d.room(pkg) == "" {
			t.Errorf("%s is not drawn", pkg)
		}
		for _, dep := range list {
			dep, ours := strings.CutPrefix(dep, module+"/")
			if !ours || strings.Contains(dep, "internal/") || d.room(pkg) == d.room(dep) {
				continue
			}
			made[[2]string{d.room(pkg), d.room(dep)}] = true
			if !d.leads(d.room(pkg), d.room(dep)) {
				t.Errorf("%s imports %s, and no arrow leads there", pkg, dep)
			}
		}
	}
	for from, list := range d.arrows {
		for _, to := range list {
			if !made[[2]string{from, to}] {
				t.Errorf("nothing in %s imports %s", from, to)
			}
			if d.leads(to, from) {
				t.Errorf("arrows lead from %s to %s and back", from, to)
			}
		}
	}
	for pkg, from := range d.rooms {
		if packages[module+"/"+pkg] == nil && from != "examples" {
			t.Errorf("there is no package %s", pkg)
		}
		for dep, to := range d.rooms {
			if slices.Contains(d.arrows[from], to) && forbidden(pkg, dep) != "" {
				t.Errorf("an arrow leads from %s to %s: %s", pkg, dep, forbidden(pkg, dep))
			}
		}
		if !strings.Contains(table, "`"+pkg+"`") {
			t.Errorf("the table has no promise of %s", pkg)
		}
	}
}

// TestArchitectureWalk holds the walk to at most six files that exist and declare what it names.
func TestArchitectureWalk(t *testing.T) {
	walk := architecture(t, "The walk")
	number, link, name := regexp.MustCompile(`(?m)^\d+\. `), regexp.MustCompile(`\[([^\]]+)\]\(([^)]+)\)`), regexp.MustCompile("`([A-Za-z]+)`")
	begins := number.FindAllStringIndex(walk, -1)
	if len(begins) < 4 || len(begins) > 6 {
		t.Errorf("the walk goes through %d files", len(begins))
	}
	for i := range begins {
		step := walk[begins[i][1]:]
		if i+1 < len(begins) {
			step = walk[begins[i][1]:begins[i+1][0]]
		}
		declared, files := map[string]bool{}, link.FindAllStringSubmatch(step, -1)
		if len(files) == 0 || !strings.HasPrefix(step, files[0][0]+": ") {
			t.Fatalf("the step does not begin with a file: %s", step)
		}
		for _, file := range files {
			if file[1] != "`"+file[2]+"`" {
				t.Errorf("the link %s leads to %s", file[1], file[2])
			}
			maps.Copy(declared, declarations(t, file[2]))
		}
		for _, n := range name.FindAllStringSubmatch(step, -1) {
			if !declared[n[1]] {
				t.Errorf("no file of step %d declares %s", i+1, n[1])
			}
		}
	}
}

// declarations returns the names of the functions, methods and types that a file declares, with the
// methods of its interfaces.
func declarations(t *testing.T, file string) map[string]bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names[n.Name.Name] = true
		case *ast.TypeSpec:
			names[n.Name.Name] = true
		case *ast.InterfaceType:
			for _, m := range n.Methods.List {
				for _, name := range m.Names {
					names[name.Name] = true
				}
			}
		}
		return true
	})
	return names
}
