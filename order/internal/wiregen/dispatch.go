package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/printer"
	"slices"
	"strings"
)

// dispatch is a method of events that the generated code calls through a type switch. A call
// through the interface does the same, but what its arguments point to moves to the heap then,
// because the compiler cannot see where it ends.
type dispatch struct {
	method  string
	events  []string // those that have the method
	params  string   // as the method declares them
	args    string   // their names
	results string   // as the method declares them; empty for none
	imports []string // of the packages that params and results name
}

// dispatches finds the events with each of the methods. All of them declare it alike.
func dispatches(p *pkg, events []root, methods []string) ([]dispatch, error) {
	var list []dispatch
	for _, name := range methods {
		d := dispatch{method: name}
		for _, e := range events {
			f := p.methods[method{e.name, name}]
			if f == nil {
				continue
			}
			if err := d.join(p, e.name, f); err != nil {
				return nil, err
			}
		}
		if len(d.events) == 0 {
			return nil, fmt.Errorf("package %s has no event with a method %s", p.name, name)
		}
		list = append(list, d)
	}
	return list, nil
}

// join adds an event's method, which names the parameters if it is the first.
func (d *dispatch) join(p *pkg, event string, f *ast.FuncDecl) error {
	var params, args, imports []string
	for i, field := range f.Type.Params.List {
		typ, err := d.source(p, field.Type)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("a%d", i)
		if len(field.Names) > 1 {
			return p.errorf(field, "%s.%s: one parameter a type", event, f.Name.Name)
		}
		params, args = append(params, name+" "+typ), append(args, name)
		imports = append(imports, packages(field.Type)...)
	}
	results := ""
	if f.Type.Results != nil {
		if len(f.Type.Results.List) != 1 {
			return p.errorf(f, "%s.%s: at most one result", event, f.Name.Name)
		}
		var err error
		if results, err = d.source(p, f.Type.Results.List[0].Type); err != nil {
			return err
		}
		imports = append(imports, packages(f.Type.Results.List[0].Type)...)
	}
	if len(d.events) == 0 {
		d.params, d.args, d.results = strings.Join(params, ", "), strings.Join(args, ", "), results
		for _, name := range imports {
			d.imports = append(d.imports, p.byName[event].imports[name])
		}
	}
	if d.params != strings.Join(params, ", ") || d.results != results {
		return p.errorf(f, "%s.%s is declared otherwise than that of %s", event, f.Name.Name, d.events[0])
	}
	d.events = append(d.events, event)
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
			result, none = "return ", "return nil\n"
		}
		w.line("// %sEvent calls the method %s of the event, if it has one.", d.method, d.method)
		w.line("func %sEvent(e Event, %s) %s {\nswitch e := e.(type) {", d.method, d.params, d.results)
		for _, event := range d.events {
			w.line("case %s:\n%se.%s(%s)", event, result, d.method, d.args)
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
