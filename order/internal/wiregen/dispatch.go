package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/printer"
	"slices"
	"strings"
)

// dispatch is a method of events or commands that the generated code calls through a type switch.
// A call through the interface does the same, but what its arguments point to moves to the heap
// then, because the compiler cannot see where it ends.
type dispatch struct {
	method  string
	of      string   // Event or Command
	types   []string // those of them that have the method
	params  string   // as the method declares them
	args    string   // their names
	results string   // their types, with blank names; empty for none
	imports []string // of the packages that params and results name
}

// dispatches finds the events with each of the methods, or else the commands. All of them declare
// it alike.
func dispatches(p *pkg, m *module, methods []string) ([]dispatch, error) {
	var list []dispatch
	for _, name := range methods {
		d := dispatch{method: name, of: "Event"}
		if err := d.find(p, m.events); err != nil {
			return nil, err
		}
		if len(d.types) == 0 {
			d.of = "Command"
			if err := d.find(p, m.commands); err != nil {
				return nil, err
			}
		}
		if len(d.types) == 0 {
			return nil, fmt.Errorf("package %s has no event and no command with a method %s", p.name, name)
		}
		list = append(list, d)
	}
	return list, nil
}

func (d *dispatch) find(p *pkg, roots []root) error {
	for _, r := range roots {
		if f := p.methods[method{r.name, d.method}]; f != nil {
			if err := d.join(p, r.name, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// join adds a type's method, which names the parameters if it is the first.
func (d *dispatch) join(p *pkg, typ string, f *ast.FuncDecl) error {
	var params, args, imports []string
	for i, field := range f.Type.Params.List {
		param, err := d.source(p, field.Type)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("a%d", i)
		if len(field.Names) > 1 {
			return p.errorf(field, "%s.%s: one parameter a type", typ, f.Name.Name)
		}
		params, args = append(params, name+" "+param), append(args, name)
		imports = append(imports, packages(field.Type)...)
	}
	results := ""
	if f.Type.Results != nil {
		for _, field := range f.Type.Results.List {
			result, err := d.source(p, field.Type)
			if err != nil {
				return err
			}
			results += ", _ " + result
			imports = append(imports, packages(field.Type)...)
		}
		results = "(" + strings.TrimPrefix(results, ", ") + ")"
	}
	if len(d.types) == 0 {
		d.params, d.args, d.results = strings.Join(params, ", "), strings.Join(args, ", "), results
		for _, name := range imports {
			d.imports = append(d.imports, p.byName[typ].imports[name])
		}
	}
	if d.params != strings.Join(params, ", ") || d.results != results {
		return p.errorf(f, "%s.%s is declared otherwise than that of %s", typ, f.Name.Name, d.types[0])
	}
	d.types = append(d.types, typ)
	return nil
}

func (d *dispatch) source(p *pkg, typ ast.Expr) (string, error) {
	var b bytes.Buffer
	err := printer.Fprint(&b, p.fset, typ)
	return b.String(), err
}

// packages returns the names of the packages that a type names.
func packages(typ ast.Expr) []string {
	var names []string
	ast.Inspect(typ, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				names = append(names, x.Name)
			}
		}
		return true
	})
	return names
}

// dispatches writes the type switches.
func (w *writer) dispatches(list []dispatch) {
	for _, d := range list {
		result, none := "", ""
		if d.results != "" {
			result, none = "return ", "return\n"
		}
		w.line("// %s%s calls the method %s of the %s, if it has one.", d.method, d.of, d.method, strings.ToLower(d.of))
		w.line("func %s%s(v %s, %s) %s {\nswitch v := v.(type) {", d.method, d.of, d.of, d.params, d.results)
		for _, typ := range d.types {
			w.line("case %s:\n%sv.%s(%s)", typ, result, d.method, d.args)
		}
		w.line("}\n%s}\n", none)
	}
}

// imports returns the import declaration of the generated file.
func (m *module) imports() string {
	paths := append([]string{"github.com/tradesurety/surety/order/internal/wire"}, m.paths...)
	for _, d := range m.dispatches {
		paths = append(paths, d.imports...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if len(paths) == 1 {
		return fmt.Sprintf("import %q", paths[0])
	}
	var std, own []string
	for _, path := range paths {
		if strings.Contains(path, ".") {
			own = append(own, fmt.Sprintf("\t%q\n", path))
		} else {
			std = append(std, fmt.Sprintf("\t%q\n", path))
		}
	}
	return "import (\n" + strings.Join(std, "") + "\n" + strings.Join(own, "") + ")"
}
