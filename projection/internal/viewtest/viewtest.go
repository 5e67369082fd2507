// Package viewtest is what the tests of the read models share.
package viewtest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/memory"
	"github.com/tradesurety/surety/projection/postgres"
	"github.com/tradesurety/surety/projection/sqlite"
)

// kinds are the stores of read models. The function open returns an empty one, which ends with the
// test.
var kinds = []struct {
	name string
	open func(t *testing.T) projection.Store
}{
	{"memory", func(*testing.T) projection.Store { return memory.New() }},
	{"sqlite", func(t *testing.T) projection.Store {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "views"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}},
	{"postgres", func(t *testing.T) projection.Store {
		s, err := postgres.Open(t.Context(), pgtest.Cluster(t), postgres.WithSchema(pgtest.Schema(t)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}},
}

// Main runs the tests of a package that calls Stores. Its result is for os.Exit.
func Main(m *testing.M) int { return pgtest.Main(m) }

// Stores calls f with an empty store of each kind.
func Stores(t *testing.T, f func(t *testing.T, store projection.Store)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { f(t, k.open(t)) })
	}
}

// Rand returns a random source, and logs its seed and the command that repeats it.
func Rand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SURETY_SEED: %v", err)
		}
	}
	t.Logf("seed %d; again: SURETY_SEED=%[1]d go test -count=1 -run '%s'", seed, t.Name())
	return rand.New(rand.NewPCG(seed, 0))
}

// CatchUp folds the log into all views, each with that many concurrent workers.
func CatchUp(t testing.TB, log events.Store, store projection.Store, views []*projection.View, workers int, opts ...projection.Option) {
	t.Helper()
	for _, v := range views {
		errs := make([]error, workers)
		var group sync.WaitGroup
		for i := range workers {
			group.Go(func() {
				worker, err := projection.New(log, store, v, opts...)
				if err == nil {
					_, err = worker.CatchUp(t.Context())
				}
				errs[i] = err
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
}

// Field is a field of a struct: its name, and the name of its type, or of what it is a list of or a
// pointer to, without the package.
type Field struct{ Name, Type string }

// Structs returns the structs in the source of packages, and which of them have a method Kind, as
// events do.
func Structs(t testing.TB, dirs ...string) (map[string][]Field, map[string]bool) {
	t.Helper()
	var files []string
	for _, dir := range dirs {
		list, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(list) == 0 {
			t.Fatalf("%s has no source: %v", dir, err)
		}
		files = append(files, list...)
	}
	structs, kinds := make(map[string][]Field), make(map[string]bool)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					structs[n.Name.Name] = fieldsOf(s)
				}
			case *ast.FuncDecl:
				if n.Name.Name == "Kind" && n.Recv != nil {
					if typ, ok := n.Recv.List[0].Type.(*ast.Ident); ok {
						kinds[typ.Name] = true
					}
				}
			}
			return true
		})
	}
	return structs, kinds
}

func fieldsOf(s *ast.StructType) []Field {
	var fields []Field
	for _, f := range s.Fields.List {
		typ := typeName(f.Type)
		for _, name := range f.Names {
			fields = append(fields, Field{name.Name, typ})
		}
		if f.Names == nil {
			fields = append(fields, Field{typ, typ})
		}
	}
	return fields
}

// typeName returns the name of a type that has one, of the elements of a list or of what a pointer
// points to, or nothing.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.ArrayType:
		return typeName(e.Elt)
	case *ast.StarExpr:
		return typeName(e.X)
	}
	return ""
}
