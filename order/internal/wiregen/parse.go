package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pkg is what the files of a package declare.
type pkg struct {
	fset    *token.FileSet
	name    string
	root    string  // the directory of the module
	types   []*decl // in the order of files and lines
	byName  map[string]*decl
	methods map[method]*ast.FuncDecl
}

// decl is one type declaration.
type decl struct {
	spec    *ast.TypeSpec
	imports map[string]string // the paths of its file's imports, by name
}

// method names a method of a type of the package.
type method struct{ recv, name string }

// parse reads the files of the package in dir, tests and generated files apart.
func parse(dir string) (*pkg, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	p := &pkg{fset: token.NewFileSet(), root: moduleRoot(dir), byName: map[string]*decl{}, methods: map[method]*ast.FuncDecl{}}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(p.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if ast.IsGenerated(file) {
			continue
		}
		if p.name != "" && p.name != file.Name.Name {
			return nil, p.errorf(file.Name, "package %s, after package %s in another file", file.Name.Name, p.name)
		}
		p.name = file.Name.Name
		p.add(file)
	}
	if p.name == "" {
		return nil, fmt.Errorf("no Go files in %s", dir)
	}
	return p, nil
}

// moduleRoot returns the closest directory above dir that has a go.mod, or dir if none has.
func moduleRoot(dir string) string {
	for at := dir; ; at = filepath.Join(at, "..") {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at
		}
		if full, err := filepath.Abs(at); err != nil || full == filepath.Dir(full) {
			return dir
		}
	}
}

// add records the declarations of one file.
func (p *pkg) add(file *ast.File) {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has checked the literal
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = path
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && len(d.Recv.List) == 1 {
				p.methods[method{receiver(d), d.Name.Name}] = d
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					t := &decl{spec: spec, imports: imports}
					p.types = append(p.types, t)
					p.byName[spec.Name.Name] = t
				}
			}
		}
	}
}

// receiver returns the name of a method's type, a pointer's included.
func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// has reports whether the package declares the method, on the type or its pointer.
func (p *pkg) has(recv, name string) bool { return p.methods[method{recv, name}] != nil }

// hasOnValue reports whether the package declares the method on the type itself.
func (p *pkg) hasOnValue(recv, name string) bool {
	d := p.methods[method{recv, name}]
	if d == nil {
		return false
	}
	_, pointer := d.Recv.List[0].Type.(*ast.StarExpr)
	return !pointer
}

// errorf returns an error that begins with the file and line of the node.
func (p *pkg) errorf(at ast.Node, format string, args ...any) error {
	position := p.fset.Position(at.Pos())
	return fmt.Errorf("%s:%d: %s", position.Filename, position.Line, fmt.Sprintf(format, args...))
}
