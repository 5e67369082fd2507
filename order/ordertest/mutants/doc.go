// Package mutants proves that the checks of this module can fail: each mutant is one line of a
// rule changed for the worse, a guard that lets everything through, an amount or an instant a
// little beside it, an actor who may not, and some check has to see it.
//
// The mutants are data, in list_test.go. A run writes the changed file to a directory of its own
// and has go build with -overlay use it in place of the real one: the sources stay as they are,
// and no shipped code has a switch for it.
//
// The killer that counts most is the random play of package ordertest under the independent
// auditor of package audit. What it does not reach in a bounded game TestEdges may reach, which
// asks everything of everybody around each deadline; and what leaves no trace in a log, such as a
// tick that was not asked for, is left to the rule tests of the changed package. KILLS.md says
// who has seen which mutant.
//
//	go test ./order/ordertest/mutants                                             # ten, by a seed
//	SURETY_LONG=1 go test ./order/ordertest/mutants -v -timeout 60m               # all of them
//	SURETY_LONG=1 go test ./order/ordertest/mutants -v -timeout 60m -args -kills  # and KILLS.md anew
//
// A mutant that nobody sees fails the run. So does one whose line is not found exactly once: the
// list has to follow the sources.
package mutants
