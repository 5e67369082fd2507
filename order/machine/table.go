package machine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/looplab/fsm"
)

// Symbol is a phase or a kind of event: a small number whose String method
// returns its name.
type Symbol interface {
	~uint8
	fmt.Stringer
}

// Step is one row of a table: the event leads from each phase of From to the
// phase To. With Stay the event is accepted and the phase is kept; To is then
// ignored.
type Step[P, K Symbol] struct {
	Event K
	From  []P
	To    P
	Stay  bool
}

// Table is a finite state machine. It is made by New, never changes, and may
// be used by any number of goroutines.
type Table[P, K Symbol] struct {
	initial P
	phases  []P
	kinds   []K
	rows    fsm.Events

	// next has a row of 256 events for every phase up to the highest. A cell
	// is zero without a step, else the target with stepBit set.
	next []uint16
}

const (
	symbols = 1 << 8
	stepBit = symbols
)

// TableError says which step New refused, and why.
type TableError struct {
	Step   int // the index of the step, or -1 for the initial phase
	Reason string
}

// Error returns the step and the reason.
func (e *TableError) Error() string {
	if e.Step < 0 {
		return "machine: initial phase: " + e.Reason
	}
	return fmt.Sprintf("machine: step %d: %s", e.Step, e.Reason)
}

// New makes the table of the given steps, which starts in the phase initial.
// It keeps no reference to its arguments.
//
// It refuses, with a *TableError, a step without a From phase, a pair of phase
// and event that is given twice, and two phases or two events of one name. It
// refuses a name with other characters than ASCII letters, digits and hyphens,
// and in an event dots and underscores; a name begins with a letter and ends
// with a letter or a digit. A keyword of Mermaid is a name like any other, see
// Mermaid.
func New[P, K Symbol](initial P, steps []Step[P, K]) (*Table[P, K], error) {
	phases, kinds := newNames[P]("-"), newNames[K](".-_")
	if err := phases.add(initial); err != "" {
		return nil, &TableError{Step: -1, Reason: "phase " + err}
	}
	t := &Table[P, K]{initial: initial}
	seen := make(map[uint16]int)
	for i, step := range steps {
		row, reason := rowOf(step, phases, kinds)
		if reason != "" {
			return nil, &TableError{Step: i, Reason: reason}
		}
		for _, from := range step.From {
			at := uint16(from)<<8 | uint16(step.Event)
			if first, twice := seen[at]; twice {
				return nil, &TableError{Step: i, Reason: fmt.Sprintf(
					"%s in phase %s has a step already, number %d", step.Event, from, first)}
			}
			seen[at] = i
		}
		t.rows = append(t.rows, row...)
	}
	t.phases, t.kinds = phases.sorted(), kinds.sorted()
	if err := t.walk(phases); err != nil {
		return nil, err
	}
	return t, nil
}

// rowOf returns a step as looplab's rows, one for each phase, and adds its names.
func rowOf[P, K Symbol](step Step[P, K], phases *names[P], kinds *names[K]) (fsm.Events, string) {
	if reason := kinds.add(step.Event); reason != "" {
		return nil, "event " + reason
	}
	if len(step.From) == 0 {
		return nil, fmt.Sprintf("%s leads from no phase", step.Event)
	}
	rows := make(fsm.Events, 0, len(step.From))
	for _, from := range step.From {
		to := step.To
		if step.Stay {
			to = from
		}
		for _, p := range [...]P{from, to} {
			if reason := phases.add(p); reason != "" {
				return nil, "phase " + reason
			}
		}
		rows = append(rows, fsm.EventDesc{
			Name: step.Event.String(), Src: []string{from.String()}, Dst: to.String(),
		})
	}
	return rows, ""
}

// walk fires every event in every phase of a looplab machine and records where
// it went.
func (t *Table[P, K]) walk(phases *names[P]) error {
	t.next = make([]uint16, (int(t.phases[len(t.phases)-1])+1)*symbols)
	m := t.Looplab(t.initial)
	for _, from := range t.phases {
		for _, kind := range t.kinds {
			m.SetState(from.String())
			// A context that ends during a step would leave the machine in
			// transition forever.
			err := m.Event(context.Background(), kind.String())
			var stays fsm.NoTransitionError
			var refused fsm.InvalidEventError
			switch {
			case err == nil, errors.As(err, &stays):
				to := phases.byName[m.Current()]
				t.next[cell(from, kind)] = stepBit | uint16(to)
			case !errors.As(err, &refused):
				return fmt.Errorf("machine: %s in phase %s: %w", kind, from, err)
			}
		}
	}
	return nil
}

func cell[P, K Symbol](from P, event K) int { return int(from)*symbols + int(event) }

// Next returns the phase to which event leads from the phase from, and whether
// the table has that step. It accepts every value of P and K: one the table
// does not know has no step.
func (t *Table[P, K]) Next(from P, event K) (to P, ok bool) {
	if i := cell(from, event); i < len(t.next) {
		c := t.next[i]
		return P(c & (symbols - 1)), c != 0
	}
	return 0, false
}

// Looplab returns a new looplab machine of this table in the phase at. Its
// states and events have the names of the phases and kinds. A step that
// keeps the phase makes its Event method return fsm.NoTransitionError; in a
// phase the table does not know it refuses every event.
func (t *Table[P, K]) Looplab(at P) *fsm.FSM {
	return fsm.NewFSM(at.String(), t.rows, nil)
}

// Initial returns the phase before the first event.
func (t *Table[P, K]) Initial() P { return t.initial }

// Phases returns the phases that the table names, in numeric order.
func (t *Table[P, K]) Phases() []P { return slices.Clone(t.phases) }

// Kinds returns the kinds of events that the table names, in numeric order.
func (t *Table[P, K]) Kinds() []K { return slices.Clone(t.kinds) }
