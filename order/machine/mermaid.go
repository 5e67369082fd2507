package machine

import (
	"slices"
	"strings"
)

// MermaidOption is an option of Mermaid.
type MermaidOption uint8

const (
	// WithStays makes Mermaid draw the steps that keep the phase, which it leaves out otherwise.
	WithStays MermaidOption = iota + 1
	// WithoutEnd is for a life that does not end: it makes Mermaid draw no end where no step
	// leaves a phase.
	WithoutEnd
)

// Mermaid returns the table as a Mermaid stateDiagram-v2, the same text for the
// same table. Phases come in numeric order; the events that lead from one phase
// to another share an arrow. If steps only leave the initial phase, it is drawn
// as the start; a phase that no step leaves leads to the end. A phase whose name
// cannot be an identifier of Mermaid is drawn under its name, with another
// identifier.
//
// The text is not that of looplab's visualizer, which sorts phases by name,
// draws an arrow for each event and has no end.
func (t *Table[P, K]) Mermaid(opts ...MermaidOption) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	drawn := !t.onlyLeft(t.initial) // else the initial phase is the start
	for _, p := range t.phases {
		if name := p.String(); name != stateID(name) && (drawn || p != t.initial) {
			b.WriteString("    state \"" + name + "\" as " + stateID(name) + "\n")
		}
	}
	start := "[*]"
	if drawn {
		start = t.initial.String()
		writeArrow(&b, "[*]", start, nil)
	}
	for _, from := range t.phases {
		source := from.String()
		if from == t.initial {
			source = start
		}
		final := true
		for _, to := range t.phases {
			events := t.events(from, to)
			stays := from == to
			final = final && (stays || len(events) == 0)
			if len(events) > 0 && (!stays || slices.Contains(opts, WithStays)) {
				writeArrow(&b, source, to.String(), events)
			}
		}
		if final && !slices.Contains(opts, WithoutEnd) {
			writeArrow(&b, source, "[*]", nil)
		}
	}
	return b.String()
}

// onlyLeft reports whether some step leaves p and none enters or keeps it.
func (t *Table[P, K]) onlyLeft(p P) bool {
	left := false
	for _, other := range t.phases {
		if len(t.events(other, p)) > 0 {
			return false
		}
		left = left || len(t.events(p, other)) > 0
	}
	return left
}

// events names the kinds that lead from one phase to another.
func (t *Table[P, K]) events(from, to P) []string {
	var named []string
	for _, kind := range t.kinds {
		if next, ok := t.Next(from, kind); ok && next == to {
			named = append(named, kind.String())
		}
	}
	return named
}

// reserved are the keywords of Mermaid's state diagrams, which ignore case, and the identifiers that
// Mermaid gives to the start and the end.
var reserved = []string{
	"default", "note", "class", "classdef", "click", "style", "scale", "href", "statediagram",
	"acctitle", "accdescr", "state", "root_start", "root_end",
}

// stateID returns the identifier of a phase in a diagram: underscores instead of hyphens, of which
// arrows are made, and one more underscore after a reserved word. No two phases share one, since
// their names have no underscores and end with a letter or a digit.
func stateID(phase string) string {
	id := strings.ReplaceAll(phase, "-", "_")
	if slices.Contains(reserved, strings.ToLower(id)) {
		id += "_"
	}
	return id
}

func writeArrow(b *strings.Builder, from, to string, events []string) {
	b.WriteString("    " + stateID(from) + " --> " + stateID(to))
	if len(events) > 0 {
		b.WriteString(": " + strings.Join(events, ", "))
	}
	b.WriteByte('\n')
}
