package main

import (
	"strings"
	"testing"
)

// source is a package of two events whose methods are dispatched.
const source = `package p

import "time"

type State struct{}

type Event interface{ evolve(s *State, at time.Time) }

type Opened struct{}

func (e Opened) evolve(s *State, at time.Time) {}

func (e Opened) contradicts(s *State) error { return nil }

type Closed struct{}

func (e Closed) evolve(s *State, _ time.Time) {}
`

// TestDispatch: the switch names every event that has the method, and passes all arguments on.
func TestDispatch(t *testing.T) {
	generated, err := generate(folder(t, "p.go", source), "p", "", "evolve", "contradicts")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"import (\n\t\"time\"\n\n\t\"github.com/tradesurety/surety/order/internal/wire\"\n)",
		"func evolveEvent(e Event, a0 *State, a1 time.Time) {\n\tswitch e := e.(type) {\n\tcase Opened:\n\t\te.evolve(a0, a1)\n\tcase Closed:\n\t\te.evolve(a0, a1)\n\t}\n}",
		"func contradictsEvent(e Event, a0 *State) error {\n\tswitch e := e.(type) {\n\tcase Opened:\n\t\treturn e.contradicts(a0)\n\t}\n\treturn nil\n}",
	} {
		if !strings.Contains(string(generated), want) {
			t.Errorf("the generated code lacks\n%s\nin\n%s", want, generated)
		}
	}
}

// TestDispatchRefuses: a method that no event has, or that events declare in two ways.
func TestDispatchRefuses(t *testing.T) {
	for name, c := range map[string]struct{ source, method, want string }{
		"no method":      {source, "vanish", "has no event with a method vanish"},
		"two ways":       {source + "\nfunc (e Closed) contradicts(s State) error { return nil }\n", "contradicts", "is declared otherwise than that of Opened"},
		"two results":    {source + "\nfunc (e Closed) check() (int, error) { return 0, nil }\n", "check", "at most one result"},
		"names together": {source + "\nfunc (e Closed) span(a, b int) {}\n", "span", "one parameter a type"},
	} {
		_, err := generate(folder(t, "p.go", c.source), "p", "", c.method)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
