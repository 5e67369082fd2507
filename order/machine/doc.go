// Package machine holds finite state machines as tables of steps.
//
// A [Table] is made once from rows that say which event moves which phases
// where. [New] gives the rows to github.com/looplab/fsm, which is the
// authority on what a step does, walks that machine through every phase and
// event, and keeps what it saw in an array. Replaying a history then costs an
// array lookup a step, and a reader who wants the looplab machine itself takes
// it from [Table.Looplab].
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
// looplab machine cell by cell.
package machine
