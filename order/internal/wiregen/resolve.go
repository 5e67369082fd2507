package main

import (
	"errors"
	"fmt"
	"go/ast"
	"path/filepath"
	"slices"
	"strings"
)

// ownModule is the beginning of the import paths of this module.
const ownModule = "github.com/tradesurety/surety/"

// basics are the predeclared types that a field may have.
var basics = map[string]typ{
	"string": {form: formString},
	"bool":   {form: formBool},
	"int":    {form: formInt},
	"int8":   {form: formInt, bits: 8},
	"int16":  {form: formInt, bits: 16},
	"int32":  {form: formInt, bits: 32},
	"rune":   {form: formInt, bits: 32},
	"int64":  {form: formInt, bits: 64},
	"uint":   {form: formUint},
	"uint8":  {form: formUint, bits: 8},
	"byte":   {form: formUint, bits: 8},
	"uint16": {form: formUint, bits: 16},
	"uint32": {form: formUint, bits: 32},
	"uint64": {form: formUint, bits: 64},
}

// resolve returns the form of a type expression in a file with these imports. The
// names are those of the types of the package that led to it.
func (r *resolver) resolve(e ast.Expr, imports map[string]string, names []string) (*typ, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return r.resolve(e.X, imports, names)
	case *ast.Ident:
		return r.resolveName(e.Name, names)
	case *ast.SelectorExpr:
		return r.resolveImported(e, imports)
	case *ast.ArrayType:
		if e.Len != nil {
			return nil, errors.New("an array without AppendText and UnmarshalText")
		}
		elem, err := r.resolve(e.Elt, imports, names)
		if err != nil {
			return nil, err
		}
		if elem.form == formUint && elem.bits == 8 {
			return nil, errors.New("a slice of bytes")
		}
		return &typ{form: formSlice, elem: elem}, nil
	case *ast.StarExpr:
		return nil, errors.New("a pointer")
	case *ast.MapType:
		return nil, errors.New("a map")
	case *ast.StructType:
		return nil, errors.New("a struct without a name")
	}
	return nil, errors.New("a type without a form on the wire")
}

// resolveName returns the form of a predeclared type or of a type of the package.
func (r *resolver) resolveName(name string, names []string) (*typ, error) {
	d := r.pkg.byName[name]
	if d == nil {
		t, ok := basics[name]
		if !ok {
			return nil, fmt.Errorf("%s has no form on the wire", name)
		}
		t.conv = name
		return &t, nil
	}
	if slices.Contains(names, name) {
		return nil, fmt.Errorf("%s is made of itself", name)
	}
	names = append(names, name)
	if d.spec.Assign.IsValid() {
		return r.resolve(d.spec.Type, d.imports, names)
	}
	if text, err := r.pkg.isText(name); text || err != nil {
		return &typ{form: formText}, err
	}
	switch d.spec.Type.(type) {
	case *ast.StructType:
		s, err := r.structure(d)
		return &typ{form: formStruct, named: s}, err
	case *ast.SelectorExpr:
		return nil, fmt.Errorf("%s does not have the methods of the type it is made from", name)
	}
	t, err := r.resolve(d.spec.Type, d.imports, names)
	if err != nil {
		return nil, err
	}
	if t.form == formStruct || t.form == formText || t.form == formTime || t.form == formUUID {
		return nil, fmt.Errorf("%s does not have the methods of the type it is made from", name)
	}
	t.conv, t.normal = name, r.pkg.hasOnValue(name, "Normal")
	return t, nil
}

// isText reports whether a type of the package is a text type, and refuses one that
// encoding/json would write in another way than the generated code.
func (p *pkg) isText(name string) (bool, error) {
	appends, unmarshals := p.has(name, "AppendText"), p.has(name, "UnmarshalText")
	switch {
	case p.has(name, "MarshalJSON"), p.has(name, "UnmarshalJSON"):
		return false, fmt.Errorf("%s has a JSON method of its own", name)
	case appends != unmarshals, p.has(name, "MarshalText") && !appends:
		return false, fmt.Errorf("%s has only some of AppendText, MarshalText and UnmarshalText", name)
	}
	return appends, nil
}

// resolveImported returns the form of a type of another package.
func (r *resolver) resolveImported(e *ast.SelectorExpr, imports map[string]string) (*typ, error) {
	name, ok := e.X.(*ast.Ident)
	if !ok {
		return nil, errors.New("a type without a form on the wire")
	}
	switch path := imports[name.Name]; {
	case path == "time" && e.Sel.Name == "Time":
		return &typ{form: formTime}, nil
	case path == "github.com/google/uuid" && e.Sel.Name == "UUID":
		return &typ{form: formUUID}, nil
	case path == "time":
		return nil, fmt.Errorf("time.%s is not a text type", e.Sel.Name)
	case strings.HasPrefix(path, ownModule):
		return r.resolveOwn(path, e.Sel.Name)
	}
	return &typ{form: formText}, nil
}

// resolveOwn returns the form of a type of another package of this module: a text type, or the form
// of the basic type that it is made from.
func (r *resolver) resolveOwn(path, name string) (*typ, error) {
	p, err := parse(filepath.Join(r.pkg.root, filepath.FromSlash(strings.TrimPrefix(path, ownModule))))
	if err != nil {
		return nil, err
	}
	d := p.byName[name]
	if d == nil {
		return nil, fmt.Errorf("%s is not declared in %s", name, path)
	}
	if text, err := p.isText(name); text || err != nil {
		return &typ{form: formText}, err
	}
	if basic, ok := d.spec.Type.(*ast.Ident); ok {
		if t, ok := basics[basic.Name]; ok {
			t.conv, t.normal = p.name+"."+name, p.hasOnValue(name, "Normal")
			r.paths = append(r.paths, path)
			return &t, nil
		}
	}
	return nil, fmt.Errorf("%s.%s has no form on the wire", p.name, name)
}
