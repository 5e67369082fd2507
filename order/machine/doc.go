// Package machine holds the life of an aggregate as data: which event leads
// from which phase to which, and which role may issue which command in which
// phases. It knows the rule book (package rule) and the words that all
// aggregates share (package trade), and is the only package that imports
// github.com/looplab/fsm.
//
// # Table
//
// A [Table] is a finite state machine, made once from its steps. [New] gives
// the steps to looplab, which defines what a step does, fires every event in
// every phase, and records the results in an array. Replaying a history then
// costs an array lookup a step. [Table.Looplab] returns the looplab machine
// itself, and [Table.Mermaid] a diagram.
//
// # Life
//
// A [Life] is the table together with a [Permit] for each command: roles,
// phases, and the rule that refuses the command otherwise. [Life.Check] refuses
// a command by role, party, phase, instant or freeze, with one wording in
// English and Chinese for all aggregates; [Life.Next] lists the commands that
// an actor may issue.
//
// # Laws
//
// For every phase p and event e of a table t, t.Next(p, e) is where the
// machine t.Looplab(p) stands after Event(e), and it reports false where that
// machine refuses. A pair of phase and event has at most one row. A table
// never changes once made.
//
// # Phases and events
//
// Both are small numbers with names, typically constants with a String method.
// The initial phase stands for the time before the first event and is by custom
// the zero value.
//
// See TestNextIsWhatLooplabDoes, which compares generated tables with the
// looplab machine cell by cell, and TestCheckOrder for the order of refusals.
package machine
