package main

import (
	"strings"
	"testing"
)

// source is a package of two events and a command whose methods are dispatched.
const source = `package p

import "time"

type State struct{}

type Event interface{ evolve(s *State, at time.Time) }

type Opened struct{}

func (e Opened) evolve(s *State, at time.Time) {}

func (e Opened) contradicts(s *State) error { return nil }

type Closed struct{}

func (e Closed) evolve(s *State, _ time.Time) {}

type Command interface{ decide(s *State) ([]Event, error) }

type Open struct{}

func (c Open) decide(*State) ([]Event, error) { return nil, nil }
`

// TestDispatch: the switch names every event or command that has the method, and passes all
// arguments on.
func TestDispatch(t *testing.T) {
	generated, err := generate(folder(t, "p.go", source), "p", "", nil, "evolve", "contradicts", "decide")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"import (\n\t\"time\"\n\n\t\"github.com/tradesurety/surety/order/internal/wire\"\n)",
		"func evolveEvent(v Event, a0 *State, a1 time.Time) {\n\tswitch v := v.(type) {\n\tcase Opened:\n\t\tv.evolve(a0, a1)\n\tcase Closed:\n\t\tv.evolve(a0, a1)\n\t}\n}",
		"func contradictsEvent(v Event, a0 *State) (_ error) {\n\tswitch v := v.(type) {\n\tcase Opened:\n\t\treturn v.contradicts(a0)\n\t}\n\treturn\n}",
		"func decideCommand(v Command, a0 *State) (_ []Event, _ error) {\n\tswitch v := v.(type) {\n\tcase Open:\n\t\treturn v.decide(a0)\n\t}\n\treturn\n}",
	} {
		if !strings.Contains(string(generated), want) {
			t.Errorf("the generated code lacks\n%s\nin\n%s", want, generated)
		}
	}
}

// TestDispatchRefuses: a method that nothing has, or that is declared in two ways.
func TestDispatchRefuses(t *testing.T) {
	for name, c := range map[string]struct{ source, method, want string }{
		"no method":      {source, "vanish", "has no event and no command with a method vanish"},
		"two ways":       {source + "\nfunc (e Closed) contradicts(s State) error { return nil }\n", "contradicts", "is declared otherwise than that of Opened"},
		"other results":  {source + "\nfunc (e Closed) contradicts(s *State) (int, error) { return 0, nil }\n", "contradicts", "is declared otherwise than that of Opened"},
		"names together": {source + "\nfunc (e Closed) span(a, b int) {}\n", "span", "one parameter a type"},
	} {
		_, err := generate(folder(t, "p.go", c.source), "p", "", nil, c.method)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
