package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Bounds that the generated code or the runtime sets.
const (
	maxKinds  = 255 // Kind is a uint8 and 0 is none
	maxFields = 64  // the keys of an object are marked in a uint64
	maxDepth  = 16  // as wire.MaxDepth
)

// module is what is generated for a package.
type module struct {
	pkg      *pkg
	events   []root
	commands []root
	structs  []*structure // in the order of files and lines

	normals    []normal // the commands that have a normal form
	dispatches []dispatch
	views      []string // the states that marshal themselves for those who read
	paths      []string // of the packages whose types the generated code converts to
}

// root is an event or a command.
type root struct{ name, wire string }

// structure is a struct of the package with its fields.
type structure struct {
	name     string
	fields   []field
	zeroable bool // some field of this type has omitzero
}

// field is one field on the wire.
type field struct {
	name, key string
	optional  bool
	typ       *typ
}

// form is how a type is written.
type form int

const (
	formString form = iota
	formBool
	formInt
	formUint
	formTime
	formUUID
	formText
	formStruct
	formSlice
)

// typ is the type of a field or of the elements of a slice.
type typ struct {
	form form
	conv string // the Go type to convert to when decoding; empty for none
	// normal says that it has a method Normal, which commands are to have applied.
	normal bool
	bits   int // of an integer; 0 for int and uint
	elem   *typ
	named  *structure
}

// model finds the events and commands of the package and resolves their fields.
func model(p *pkg, prefix string, states []string) (*module, error) {
	m := &module{pkg: p}
	r := resolver{pkg: p, structs: map[string]*structure{}}
	for _, d := range p.types {
		name := d.spec.Name.Name
		event, command := p.hasOnValue(name, "evolve"), p.hasOnValue(name, "decide")
		if _, ok := d.spec.Type.(*ast.StructType); !ok || !event && !command {
			continue
		}
		if !d.spec.Name.IsExported() {
			return nil, p.errorf(d.spec, "%s: events and commands are exported", name)
		}
		if event {
			m.events = append(m.events, root{name, prefix + "." + kebab(name)})
		}
		if command {
			wire, err := p.commandName(name)
			if err != nil {
				return nil, err
			}
			m.commands = append(m.commands, root{name, wire})
		}
		if _, err := r.structure(d); err != nil {
			return nil, err
		}
	}
	for _, name := range states {
		d := p.byName[name]
		if d == nil {
			return nil, fmt.Errorf("package %s declares no type %s", p.name, name)
		}
		if _, err := r.structure(d); err != nil {
			return nil, err
		}
	}
	for _, d := range p.types {
		if s := r.structs[d.spec.Name.Name]; s != nil {
			m.structs = append(m.structs, s)
		}
	}
	m.paths = r.paths
	for _, c := range m.commands {
		n := normal{command: c.name}
		if err := n.find(r.structs[c.name], ""); err != nil {
			return nil, p.errorf(p.byName[c.name].spec, "%s: %v", c.name, err)
		}
		if len(n.fields) > 0 {
			m.normals = append(m.normals, n)
		}
	}
	return m, m.check(prefix)
}

// commandName returns the wire name of a command: what its method Name returns if the package
// declares one, else the words of its type.
func (p *pkg) commandName(command string) (string, error) {
	d := p.methods[method{command, "Name"}]
	if d == nil {
		return kebab(command), nil
	}
	if d.Body != nil && len(d.Body.List) == 1 {
		if r, ok := d.Body.List[0].(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			if l, ok := r.Results[0].(*ast.BasicLit); ok && l.Kind == token.STRING {
				return strconv.Unquote(l.Value)
			}
		}
	}
	return "", p.errorf(d, "%s.Name does not return a string literal and nothing else", command)
}

// check refuses what would not compile, or not tell two types apart.
func (m *module) check(prefix string) error {
	p := m.pkg
	switch {
	case len(m.structs) == 0:
		return fmt.Errorf("package %s has neither events nor commands", p.name)
	case len(m.events) > maxKinds:
		return fmt.Errorf("package %s has %d events, more than %d", p.name, len(m.events), maxKinds)
	case len(m.events) > 0 && prefix == "":
		return errors.New("a package with events needs -prefix")
	case len(m.events) > 0 && p.byName["Event"] == nil:
		return fmt.Errorf("package %s has events and no interface Event", p.name)
	case len(m.commands) > 0 && p.byName["Command"] == nil:
		return fmt.Errorf("package %s has commands and no interface Command", p.name)
	}
	for _, roots := range [][]root{m.events, m.commands} {
		seen := map[string]string{}
		for _, r := range roots {
			if other, ok := seen[r.wire]; ok {
				return p.errorf(p.byName[r.name].spec, "%s and %s are both %s on the wire", other, r.name, r.wire)
			}
			seen[r.wire] = r.name
		}
	}
	return nil
}

// kebab returns the wire form of a Go name: its words in lower case, joined by hyphens.
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		if i > 0 && unicode.IsUpper(c) {
			after := !unicode.IsUpper(runes[i-1])
			before := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if after || before {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// resolver resolves the types of a package and keeps the structs it has met.
type resolver struct {
	pkg     *pkg
	structs map[string]*structure
	open    []string // the structs being resolved, outermost first
	paths   []string // of the packages whose types the generated code converts to
}

// structure resolves the fields of a struct type.
func (r *resolver) structure(d *decl) (*structure, error) {
	name := d.spec.Name.Name
	if slices.Contains(r.open, name) {
		return nil, r.pkg.errorf(d.spec, "%s contains itself", name)
	}
	if s := r.structs[name]; s != nil {
		return s, nil
	}
	body, ok := d.spec.Type.(*ast.StructType)
	if !ok || d.spec.TypeParams != nil {
		return nil, r.pkg.errorf(d.spec, "%s is not a plain struct type", name)
	}
	r.open = append(r.open, name)
	s := &structure{name: name}
	for _, f := range body.Fields.List {
		if err := r.field(d, s, f); err != nil {
			return nil, err
		}
	}
	if len(s.fields) > maxFields {
		return nil, r.pkg.errorf(d.spec, "%s has more than %d fields", name, maxFields)
	}
	if depth(&typ{form: formStruct, named: s}) > maxDepth {
		return nil, r.pkg.errorf(d.spec, "%s is nested deeper than %d", name, maxDepth)
	}
	r.open = r.open[:len(r.open)-1]
	r.structs[name] = s
	return s, nil
}

// depth returns how deep a type nests objects and arrays.
func depth(t *typ) int {
	switch t.form {
	case formSlice:
		return 1 + depth(t.elem)
	case formStruct:
		deepest := 0
		for _, f := range t.named.fields {
			deepest = max(deepest, depth(f.typ))
		}
		return 1 + deepest
	}
	return 0
}

// field resolves one line of a struct type and adds it to s.
func (r *resolver) field(d *decl, s *structure, f *ast.Field) error {
	key, optional, err := tag(f)
	switch {
	case err != nil:
		return r.pkg.errorf(f, "%s: %v", s.name, err)
	case key == "-":
		return nil
	case len(f.Names) == 0:
		return r.pkg.errorf(f, "%s: embedded field", s.name)
	case len(f.Names) > 1:
		return r.pkg.errorf(f, "%s: two fields share the key %q", s.name, key)
	}
	name := f.Names[0].Name
	switch {
	case !f.Names[0].IsExported():
		return r.pkg.errorf(f, "%s.%s is not exported", s.name, name)
	case key == "":
		return r.pkg.errorf(f, "%s.%s has no json tag", s.name, name)
	case name == "Kind" && r.pkg.hasOnValue(s.name, "evolve"), name == "Name" && r.pkg.hasOnValue(s.name, "decide"):
		return r.pkg.errorf(f, "%s.%s: the generated method has this name", s.name, name)
	}
	for _, other := range s.fields {
		if other.key == key {
			return r.pkg.errorf(f, "%s: two fields share the key %q", s.name, key)
		}
	}
	t, err := r.resolve(f.Type, d.imports, nil)
	if err != nil {
		return r.pkg.errorf(f, "%s.%s: %v", s.name, name, err)
	}
	if optional && t.form == formStruct {
		markZeroable(t.named)
	}
	s.fields = append(s.fields, field{name: name, key: key, optional: optional, typ: t})
	return nil
}

// markZeroable marks s and the structs in it as needing a zero test.
func markZeroable(s *structure) {
	s.zeroable = true
	for _, f := range s.fields {
		if f.typ.form == formStruct {
			markZeroable(f.typ.named)
		}
	}
}

var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// tag returns the key of a field, "-" if it is not on the wire, and whether it may be
// left out.
func tag(f *ast.Field) (key string, optional bool, err error) {
	if f.Tag == nil {
		return "", false, nil
	}
	literal, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return "", false, err
	}
	value, ok := reflect.StructTag(literal).Lookup("json")
	if !ok || value == "-" {
		return value, false, nil
	}
	key, option, _ := strings.Cut(value, ",")
	if !plainKey.MatchString(key) {
		return "", false, fmt.Errorf("the key %q is not a letter followed by letters, digits, _ and -", key)
	}
	if option != "" && option != "omitzero" {
		return "", false, fmt.Errorf("the option %q is not supported", option)
	}
	return key, option == "omitzero", nil
}
