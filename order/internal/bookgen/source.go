package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// sources are the packages below order as their files declare them.
type sources struct {
	types map[name]*declared
	rules map[name][]string // the rules that the method decide of a command names
	names map[name]string   // the wire names of the commands whose types are named otherwise
}

// name is a type with its package, such as order and Terms.
type name struct{ pkg, typ string }

// declared is a type declaration.
type declared struct {
	doc    string
	expr   ast.Expr
	values []string // the string constants of the type, in their order
}

// packages are the directories that the books are made from.
var packages = [...]string{".", "credit", "desk", "entrustment", "funds", "paylater", "reservation", "seller", "trade"}

// read parses the packages below the directory of package order, tests and generated files apart.
func read(dir string) (*sources, error) {
	s := &sources{types: make(map[name]*declared), rules: make(map[name][]string), names: make(map[name]string)}
	for _, sub := range packages {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, sub, entry.Name())
			if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			if !ast.IsGenerated(file) {
				s.add(file)
			}
		}
	}
	return s, nil
}

// add records the types, the string constants and the decisions of a file.
func (s *sources) add(file *ast.File) {
	pkg := file.Name.Name
	at := func(typ string) *declared {
		n := name{pkg, typ}
		if s.types[n] == nil {
			s.types[n] = new(declared)
		}
		return s.types[n]
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			s.method(pkg, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					t := at(spec.Name.Name)
					t.expr, t.doc = spec.Type, text(spec.Doc)
					if t.doc == "" {
						t.doc = text(d.Doc)
					}
				case *ast.ValueSpec:
					typ, ok := spec.Type.(*ast.Ident)
					if d.Tok != token.CONST || !ok || len(spec.Values) != 1 {
						continue
					}
					if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						value, _ := strconv.Unquote(lit.Value) // the parser has checked it
						at(typ.Name).values = append(at(typ.Name).values, value)
					}
				}
			}
		}
	}
}

// method records what a command decides by, and its wire name where a method says it.
func (s *sources) method(pkg string, d *ast.FuncDecl) {
	if d.Recv == nil {
		return
	}
	recv, ok := d.Recv.List[0].Type.(*ast.Ident)
	if !ok {
		return
	}
	n := name{pkg, recv.Name}
	switch d.Name.Name {
	case "decide":
		s.rules[n] = named(d.Body)
	case "Name":
		if back, ok := d.Body.List[0].(*ast.ReturnStmt); ok {
			if lit, ok := back.Results[0].(*ast.BasicLit); ok {
				s.names[n], _ = strconv.Unquote(lit.Value) // the parser has checked it
			}
		}
	}
}

// named returns the rules that a function body names, such as rule.A22, in their order.
func named(body *ast.BlockStmt) (ids []string) {
	ast.Inspect(body, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "rule" && !slices.Contains(ids, sel.Sel.Name) {
				ids = append(ids, sel.Sel.Name)
			}
		}
		return true
	})
	return ids
}

// text returns a comment as one line, without what is for those who change the code.
func text(g *ast.CommentGroup) string {
	line := strings.Join(strings.Fields(g.Text()), " ")
	return strings.TrimSpace(strings.ReplaceAll(line, "Stored: add fields, never rename or remove.", ""))
}

// field is a field of a command on the wire, or a setting of a policy.
type field struct {
	path, typ, doc string
	optional       bool
}

// fields returns the fields of a struct by their names on the wire, those of structs within it
// included. A list is marked with [].
func (s *sources) fields(pkg string, expr ast.Expr, prefix string) (list []field, err error) {
	st, ok := expr.(*ast.StructType)
	if !ok {
		return nil, nil
	}
	for _, f := range st.Fields.List {
		tag := ""
		if f.Tag != nil {
			raw, _ := strconv.Unquote(f.Tag.Value) // the parser has checked it
			tag = reflect.StructTag(raw).Get("json")
		}
		key, options, _ := strings.Cut(tag, ",")
		if key == "" || key == "-" || len(f.Names) != 1 {
			return nil, fmt.Errorf("package %s: a field of a command has no name of its own on the wire", pkg)
		}
		doc := text(f.Doc)
		if doc == "" {
			doc = text(f.Comment)
		}
		typ, inner, of := s.typ(pkg, f.Type)
		one := field{path: prefix + key, typ: typ, doc: doc, optional: strings.Contains(options, "omitzero")}
		if inner != nil && one.doc == "" {
			one.doc = inner.doc
		}
		list = append(list, one)
		if inner == nil {
			continue
		}
		if strings.HasPrefix(typ, "list") {
			key += "[]"
		}
		within, err := s.fields(of, inner.expr, prefix+key+".")
		if err != nil {
			return nil, err
		}
		list = append(list, within...)
	}
	return list, nil
}

// typ returns how a type is written on the wire, and the struct that it is, if it is one, with its
// package.
func (s *sources) typ(pkg string, expr ast.Expr) (string, *declared, string) {
	switch x := expr.(type) {
	case *ast.ArrayType:
		elem, inner, of := s.typ(pkg, x.Elt)
		return "list of " + elem, inner, of
	case *ast.SelectorExpr:
		from := x.X.(*ast.Ident).Name
		if form, ok := forms[from+"."+x.Sel.Name]; ok {
			return form, nil, ""
		}
		return s.typ(from, x.Sel)
	case *ast.Ident:
		if form, ok := forms[x.Name]; ok {
			return form, nil, ""
		}
		if form, ok := forms[pkg+"."+x.Name]; ok {
			return form, nil, ""
		}
		d := s.types[name{pkg, x.Name}]
		if d == nil || d.expr == nil {
			return x.Name, nil, ""
		}
		if len(d.values) > 0 {
			return "one of `" + strings.Join(d.values, "`, `") + "`", nil, ""
		}
		if _, ok := d.expr.(*ast.StructType); ok {
			return "object", d, pkg
		}
		return s.typ(pkg, d.expr)
	}
	return "value", nil, ""
}

// forms are the types that are not written as their declaration says.
var forms = map[string]string{
	"string": "text", "bool": "true or false", "int": "integer", "int64": "integer", "uint8": "integer", "uint16": "integer", "uint32": "integer", "uint64": "integer",
	"time.Time": "instant", "time.Duration": "duration", "trade.ID": "UUID", "trade.Money": "money", "trade.Number": "number", "trade.Currency": "currency",
	"trade.Role": "role", "trade.Account": "account", "trade.Email": "e-mail address",
}
