// Package audit is an independent auditor of what a desk writes. It reads only the records of the
// log, keeps its own books, and reports after every commit whether the invariants of the rule book
// hold.
//
// # Independence
//
// The auditor shares no code with the packages that decide and fold. Of this module it imports only
// package events. It decodes the JSON of the events with its own reader and counts money in whole
// minor units. The reader accepts only JSON in UTF-8, objects without two equal keys, and amounts in
// the form that the desk writes. The rules are written here a second time: a change of a rule is made in both places,
// or the audit fails. See TestImports.
//
// # What it checks
//
// A [Violation] names the invariant that is broken: I1 to I27, I35 and I36 of the rule book as far as
// events show them; I29, a request is in the log once; I31, the streams of a commit state the same
// effects; I32, amounts are exact and of one currency. I8 also covers which command may write which
// event. I28 stands for a log that cannot be read. Where the rule book has a rule and no invariant, the
// violation names the rule, such as D29 or A18.
//
// # Editions
//
// The second edition of the rule book records every payment on its own stream, and the money that banks
// take back case by case. Both editions may write to one log, one after the other. The auditor applies
// the second edition to an order from the first event that only that edition writes. Until then it
// applies what both editions have in common. [SecondEdition] applies the second edition to all of a log.
//
// The auditor computes from the reports of the banks how much the cases of a payment take. The
// amounts that an order moves after a report, and the sums that its event states, must equal it to the
// cent.
//
// At the end of each commit the auditor checks the streams that the commit changed. The cost of an
// event does not grow with the log.
//
// # Use
//
//	a := audit.New(audit.WithPolicy(policy))
//	if err := a.Log(ctx, store); err != nil {
//		// err is a *audit.Violation, or the error of the store
//	}
//
// [Auditor.Figures] returns the figures of a stream, for a comparison with the state that the stream
// folds into. [OrdersOnly] audits the history of one order that was decided without a desk.
//
// A program that makes many orders passes each commit to [Auditor.Commit] and drops the streams that
// have ended with [Auditor.Forget]. [Auditor.Totals] returns the sums over all streams, forgotten ones
// included. See TestControls, which breaks each invariant and requires the auditor to name it.
package audit
