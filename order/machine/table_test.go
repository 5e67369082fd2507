package machine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/looplab/fsm"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/machine"
)

type phase uint8

const (
	none phase = iota
	draft
	open
	paid
	closed
)

func (p phase) String() string {
	if int(p) < 5 {
		return [...]string{"None", "Draft", "Open", "Paid", "Closed"}[p]
	}
	return fmt.Sprintf("phase(%d)", uint8(p))
}

type kind uint8

const (
	drafted kind = iota + 1
	edited
	opened
	payment
	funded
	ended
)

func (k kind) String() string {
	return [...]string{"", "bill.drafted", "bill.edited", "bill.opened",
		"bill.payment-received", "bill.funded", "bill.closed"}[k]
}

type steps = []machine.Step[phase, kind]

func billSteps() steps {
	return steps{
		{Event: drafted, From: []phase{none}, To: draft},
		{Event: edited, From: []phase{draft}, Stay: true},
		{Event: edited, From: []phase{open}, To: draft},
		{Event: opened, From: []phase{draft}, To: open},
		{Event: payment, From: []phase{open, paid, closed}, Stay: true, To: none},
		{Event: funded, From: []phase{open}, To: paid},
		{Event: ended, From: []phase{draft, open, paid}, To: closed},
	}
}

func bill(tb testing.TB) *machine.Table[phase, kind] {
	tb.Helper()
	t, err := machine.New(none, billSteps())
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// anyPhase and anyKind have 256 valid names each, for generated tables.
type (
	anyPhase uint8
	anyKind  uint8
)

func (p anyPhase) String() string { return fmt.Sprintf("P%d", uint8(p)) }
func (k anyKind) String() string  { return fmt.Sprintf("k.%d-x", uint8(k)) }

type pair struct {
	from  anyPhase
	event anyKind
}

// drawTable draws steps without duplicates, and what they mean.
func drawTable(t *rapid.T) (anyPhase, []machine.Step[anyPhase, anyKind], map[pair]anyPhase) {
	phase := rapid.SampledFrom(rapid.SliceOfNDistinct(
		rapid.Custom(func(t *rapid.T) anyPhase { return anyPhase(rapid.Byte().Draw(t, "p")) }),
		1, 8, rapid.ID[anyPhase]).Draw(t, "phases"))
	means := make(map[pair]anyPhase)
	var drawn []machine.Step[anyPhase, anyKind]
	for range rapid.IntRange(0, 12).Draw(t, "steps") {
		s := machine.Step[anyPhase, anyKind]{
			Event: anyKind(rapid.Byte().Draw(t, "event")),
			To:    phase.Draw(t, "to"),
			Stay:  rapid.Bool().Draw(t, "stay"),
		}
		for _, from := range rapid.SliceOfN(phase, 1, 4).Draw(t, "from") {
			at := pair{from, s.Event}
			if _, taken := means[at]; taken {
				continue
			}
			s.From = append(s.From, from)
			means[at] = s.To
			if s.Stay {
				means[at] = from
			}
		}
		if len(s.From) > 0 {
			drawn = append(drawn, s)
		}
	}
	return phase.Draw(t, "initial"), drawn, means
}

func TestNextIsWhatLooplabDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		initial, drawn, means := drawTable(t)
		table, err := machine.New(initial, drawn)
		if err != nil {
			t.Fatal(err)
		}
		if table.Initial() != initial {
			t.Fatalf("initial %s, want %s", table.Initial(), initial)
		}
		for _, from := range table.Phases() {
			for event := range 256 {
				at := pair{from, anyKind(event)}
				want, listed := means[at]
				to, ok := table.Next(from, at.event)
				if ok != listed || ok && to != want {
					t.Fatalf("Next%v = %s, %t; the steps say %s, %t", at, to, ok, want, listed)
				}
				checkLooplab(t, table, at, to, ok)
			}
		}
	})
}

// checkLooplab fires the event on a looplab machine and compares.
func checkLooplab(t *rapid.T, table *machine.Table[anyPhase, anyKind], at pair, to anyPhase, ok bool) {
	m := table.Looplab(at.from)
	err := m.Event(context.Background(), at.event.String())
	var refused fsm.InvalidEventError
	var unknown fsm.UnknownEventError
	switch {
	case !ok:
		if !errors.As(err, &refused) && !errors.As(err, &unknown) || m.Current() != at.from.String() {
			t.Fatalf("looplab at %v: %v, in %s; Next has no such step", at, err, m.Current())
		}
	case to == at.from:
		if !errors.As(err, new(fsm.NoTransitionError)) || m.Current() != to.String() {
			t.Fatalf("looplab at %v: %v, in %s; Next keeps the phase", at, err, m.Current())
		}
	case err != nil || m.Current() != to.String():
		t.Fatalf("looplab at %v: %v, in %s; Next says %s", at, err, m.Current(), to)
	}
}

func TestPhasesAndKindsAreThoseOfTheSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		initial, drawn, _ := drawTable(t)
		table, err := machine.New(initial, drawn)
		if err != nil {
			t.Fatal(err)
		}
		phases, kinds := []anyPhase{initial}, []anyKind(nil)
		for _, s := range drawn {
			phases, kinds = append(phases, s.From...), append(kinds, s.Event)
			if !s.Stay {
				phases = append(phases, s.To)
			}
		}
		slices.Sort(phases)
		slices.Sort(kinds)
		if got, want := table.Phases(), slices.Compact(phases); !slices.Equal(got, want) {
			t.Fatalf("phases %v, want %v", got, want)
		}
		if got, want := table.Kinds(), slices.Compact(kinds); !slices.Equal(got, want) {
			t.Fatalf("kinds %v, want %v", got, want)
		}
	})
}

func TestNextHasNoStepOutsideTheTable(t *testing.T) {
	table := bill(t)
	steps := 0
	for p := range 256 {
		for k := range 256 {
			to, ok := table.Next(phase(p), kind(k))
			if !ok && to != 0 {
				t.Errorf("Next(%d, %d) refuses and yet names phase %d", p, k, to)
			}
			if ok {
				steps++
			}
		}
	}
	if steps != 11 {
		t.Errorf("%d cells have a step, want the 11 of the rows", steps)
	}
}

func TestTableKeepsNothingOfItsCaller(t *testing.T) {
	rows := billSteps()
	table, err := machine.New(none, rows)
	if err != nil {
		t.Fatal(err)
	}
	rows[0].From[0], rows[0].To = closed, closed
	table.Phases()[0], table.Kinds()[0] = closed, ended
	if to, ok := table.Next(none, drafted); to != draft || !ok {
		t.Errorf("Next moved to %s, %t with its caller's slice", to, ok)
	}
	if got := table.Phases()[0]; got != none {
		t.Errorf("phases start with %s after a caller wrote to them", got)
	}
	if got := table.Kinds()[0]; got != drafted {
		t.Errorf("kinds start with %s after a caller wrote to them", got)
	}
	table.Looplab(draft).SetState("Closed")
	if got := table.Looplab(draft).Current(); got != "Draft" {
		t.Errorf("a new looplab machine stands in %s, want Draft", got)
	}
}

func TestLooplabRefusesEverythingInAnUnknownPhase(t *testing.T) {
	m := bill(t).Looplab(phase(99))
	if got := m.AvailableTransitions(); len(got) != 0 {
		t.Errorf("phase 99 may %v", got)
	}
}

// label is a symbol with a name for every bad name there is.
type label uint8

var labels = [...]string{"A", "B", "A", "", "a b", "a:b", "a-b", "1a", "_a", "a\n", "é", "a{b", "a_9", "x-y.z", "a-", "a."}

func (l label) String() string { return labels[l] }

func TestNewRefusesBadTables(t *testing.T) {
	type row = machine.Step[label, label]
	from := func(l ...label) []label { return l }
	for _, test := range []struct {
		name    string
		initial label
		steps   []row
		step    int
		reason  string
	}{
		{"pair given twice", 0, []row{{1, from(0), 1, false}, {1, from(1, 0), 0, false}}, 1, "B in phase A has a step already, number 0"},
		{"pair given twice with one target", 0, []row{{1, from(0), 1, false}, {1, from(0), 1, false}}, 1, "step already"},
		{"pair given twice in one row", 0, []row{{1, from(0, 0), 1, false}}, 0, "step already"},
		{"pair of a later row", 0, []row{{1, from(0), 1, false}, {1, from(1), 1, false}, {1, from(1), 0, false}}, 2, "already, number 1"},
		{"pair moves and stays", 0, []row{{1, from(0), 1, false}, {1, from(0), 0, true}}, 1, "step already"},
		{"no phase to come from", 0, []row{{1, nil, 1, false}}, 0, "leads from no phase"},
		{"two phases of one name", 0, []row{{1, from(2), 1, false}}, 0, `phase 0 and 2 are both named "A"`},
		{"target of a phase's name", 0, []row{{1, from(0), 2, false}}, 0, `phase 0 and 2 are both named "A"`},
		{"two events of one name", 0, []row{{0, from(0), 1, false}, {2, from(1), 0, false}}, 1, `event 0 and 2 are both named "A"`},
		{"initial phase without a name", 3, nil, -1, "phase 3 has no name"},
		{"event without a name", 0, []row{{3, from(0), 1, false}}, 0, "event 3 has no name"},
		{"space in a phase", 0, []row{{1, from(4), 1, false}}, 0, `phase 4 has a name with " " at byte 1`},
		{"colon in an event", 0, []row{{5, from(0), 1, false}}, 0, `event 5 has a name with ":" at byte 1`},
		{"underscore in a phase", 12, nil, -1, `"_" at byte 1`},
		{"digit first", 7, nil, -1, `"1" at byte 0`},
		{"underscore first", 8, nil, -1, `"_" at byte 0`},
		{"line break", 9, nil, -1, `"\n" at byte 1`},
		{"hyphen last", 14, nil, -1, `"-" at byte 1`},
		{"dot last in an event", 0, []row{{15, from(0), 1, false}}, 0, `"." at byte 1`},
		{"beyond ASCII", 10, nil, -1, `"\xc3" at byte 0`},
		{"brace in an event", 0, []row{{11, from(0), 1, false}}, 0, `"{" at byte 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := machine.New(test.initial, test.steps)
			var refused *machine.TableError
			if !errors.As(err, &refused) {
				t.Fatalf("New returned %v, want a *TableError", err)
			}
			if refused.Step != test.step || !strings.Contains(refused.Reason, test.reason) {
				t.Errorf("step %d: %s; want step %d: %s", refused.Step, refused.Reason, test.step, test.reason)
			}
			if !strings.HasPrefix(err.Error(), "machine: ") || !strings.HasSuffix(err.Error(), refused.Reason) {
				t.Errorf("the text %q lacks package or reason", err)
			}
		})
	}
}

func TestNewTakesNames(t *testing.T) {
	table, err := machine.New(label(0), []machine.Step[label, label]{{13, []label{0}, 6, false}, {12, []label{6}, 0, false}})
	if err != nil {
		t.Fatal(err)
	}
	if to, ok := table.Next(0, 13); to != 6 || !ok {
		t.Errorf("Next = %s, %t", to, ok)
	}
	// An arrow of Mermaid is made of hyphens, so the phase goes by another name there.
	for _, want := range []string{`state "a-b" as a_b`, "A --> a_b: x-y.z", "a_b --> A: a_9"} {
		if picture := table.Mermaid(); !strings.Contains(picture, want) {
			t.Errorf("the picture lacks %q:\n%s", want, picture)
		}
	}
}

func TestStayIgnoresItsTarget(t *testing.T) {
	table, err := machine.New(label(0), []machine.Step[label, label]{{1, []label{0}, 3, true}})
	if err != nil {
		t.Fatalf("a target that is ignored was judged: %v", err)
	}
	if to, ok := table.Next(0, 1); to != 0 || !ok {
		t.Errorf("Next = %s, %t; want the phase kept", to, ok)
	}
}
