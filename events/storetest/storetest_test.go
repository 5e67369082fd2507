package storetest

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// TestHandles runs the cases that need data which outlives a handle, on handles of a store in
// memory.
func TestHandles(t *testing.T) {
	Run(t, Config{
		Open: func(testing.TB) events.Store { return &handle{Store: memory.New()} },
		Reopen: func(t testing.TB, s events.Store) events.Store {
			_ = s.Close() // a case may have closed it
			return &handle{Store: s.(*handle).Store}
		},
		Second: func(_ testing.TB, s events.Store) events.Store { return &handle{Store: s.(*handle).Store} },
	})
}

// handle is a store that can be closed while its data lives on. It has nothing but what is
// common to all stores, so that the optional cases stay with memory's own test.
type handle struct {
	events.Store
	mu     sync.RWMutex
	closed bool
}

// open returns ErrClosed, or nil and holds the handle open until done is called.
func (h *handle) open() (done func(), err error) {
	h.mu.RLock()
	if h.closed {
		h.mu.RUnlock()
		return nil, events.ErrClosed
	}
	return h.mu.RUnlock, nil
}

func (h *handle) Durability() events.Durability { return events.DurabilityProcess }

func (h *handle) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	done, err := h.open()
	if err != nil {
		return events.Receipt{}, err
	}
	defer done()
	return h.Store.Append(ctx, c)
}

func (h *handle) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	done, err := h.open()
	if err != nil {
		out := make([]events.Outcome, len(group))
		for i := range out {
			out[i].Err = err
		}
		return out
	}
	defer done()
	return h.Store.AppendEach(ctx, group)
}

func (h *handle) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	done, err := h.open()
	if err != nil {
		return events.Receipt{}, false, err
	}
	defer done()
	return h.Store.Lookup(ctx, id)
}

func (h *handle) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return h.whileOpen(h.Store.Read(ctx, stream, after))
}

func (h *handle) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return h.whileOpen(h.Store.ReadAll(ctx, after, f))
}

func (h *handle) whileOpen(seq iter.Seq2[events.Record, error]) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		done, err := h.open()
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		done()
		seq(yield)
	}
}

func (h *handle) Settled(ctx context.Context) (events.Position, error) {
	done, err := h.open()
	if err != nil {
		return 0, err
	}
	defer done()
	return h.Store.Settled(ctx)
}

func (h *handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return events.ErrClosed
	}
	h.closed = true
	return nil
}

// TestIDsAreNew draws more IDs than fit in any byte or pair of bytes of them.
func TestIDsAreNew(t *testing.T) {
	e := newEnv(t, Config{}, nil)
	last := uuid.Nil
	for n := range 1 << 17 {
		id := e.id()
		if bytes.Compare(id[:], last[:]) <= 0 {
			t.Fatalf("ID %d is %s, not after %s", n, id, last)
		}
		last = id
	}
}

// TestPromisesAreQuoted holds every case to the words of the contract: its promise stands
// in the comments of the interfaces it is about, letter for letter.
func TestPromisesAreQuoted(t *testing.T) {
	text := contract(t)
	var names []string
	for _, k := range Cases() {
		if slices.Contains(names, k.Name) {
			t.Errorf("two cases are named %s", k.Name)
		}
		names = append(names, k.Name)
		if k.Promise == "" || !strings.Contains(text, k.Promise) {
			t.Errorf("%s: the contract does not say %q", k.Name, k.Promise)
		}
	}
}

// TestPromisesAreChecked is the other direction: of every numbered promise of Store there is
// a case that quotes it.
func TestPromisesAreChecked(t *testing.T) {
	text := contract(t)
	for n := 1; n <= 10; n++ {
		_, promise, ok := strings.Cut(text, fmt.Sprintf(" %d. ", n))
		if !ok {
			t.Fatalf("the contract has no promise %d", n)
		}
		for _, next := range []string{fmt.Sprintf(" %d. ", n+1), " Append commits all batches"} {
			promise, _, _ = strings.Cut(promise, next)
		}
		if !slices.ContainsFunc(Cases(), func(k Case) bool { return strings.Contains(promise, k.Promise) }) {
			t.Errorf("no case is about promise %d: %s", n, promise)
		}
	}
}

// contract is the text of the comments of Store, Signaler, Snapshots and Marker and of their
// methods, each run of blanks a single space.
func contract(t *testing.T) string {
	var decls []ast.Decl
	for _, name := range []string{"../events.go", "../mark.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		decls = append(decls, file.Decls...)
	}
	var text strings.Builder
	for _, decl := range decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.TYPE {
			continue
		}
		spec := general.Specs[0].(*ast.TypeSpec)
		methods, ok := spec.Type.(*ast.InterfaceType)
		if !ok {
			continue
		}
		text.WriteString(general.Doc.Text() + "\n")
		for _, method := range methods.Methods.List {
			text.WriteString(method.Doc.Text() + "\n")
		}
	}
	return " " + strings.Join(strings.Fields(text.String()), " ")
}
