// Package audit is an independent auditor of what a desk writes: it reads nothing but the records
// of the log, keeps books of its own, and says after every commit whether the invariants of the
// rule book hold.
//
// # Independence
//
// The auditor shares no code with the packages that decide and fold: of this module it imports
// package events alone, decodes the JSON of the events with a reader of its own, and counts money
// in whole minor units. What it knows of the rules is written down here a second time. A change
// of a rule is made in both places, or one finds the other; see TestImports.
//
// # What it checks
//
// A [Violation] names the invariant that is broken: I1 to I27, I35 and I36 of the rule book as far as
// events show them; I29, that a request is in the log once; I31, that what a commit says on one stream it
// says on the others; I32, that amounts are exact and of one currency; I8 also for who may make
// which event. I28 stands for a log that cannot be read. Where the rule book has a rule and no
// invariant, the rule is named, such as D29 or A18.
//
// # Editions
//
// Since its second edition the rule book records every payment on a stream of its own, and what banks
// take of it case by case. Both editions may write one log, one after the other. An order is held to
// the second edition from the first event on that the first one would not have written, and until then
// to what both have in common; [SecondEdition] holds all of a log to the second.
//
// What the cases of a payment take is worked out here from what the banks report; what an order answers
// to a report has to be that to the cent, and what the event states of the sums as well.
//
// Every check runs at the end of each commit on the streams that the commit wrote to, so that the
// cost of an event does not grow with the log.
//
// # Use
//
//	a := audit.New(audit.WithPolicy(policy))
//	if err := a.Log(ctx, store); err != nil {
//		// err is a *audit.Violation, or the error of the store
//	}
//
// What the books have of a stream, [Auditor.Figures], can be held to the state that the stream folds
// into. The history of one order that was decided without a desk is audited under [Alone].
//
// A program that makes many orders hands each commit to [Auditor.Commit] and lets the auditor
// [Auditor.Forget] the streams that have ended. [Auditor.Totals] has the sums of everything seen.
// See TestControls, which breaks each invariant and requires it to be named.
package audit
