// Package ordertest is the test kit for services that run orders on this library, and for the library's own
// tests.
//
// # Stories
//
// A test of a rule is a story: [Given] an order with these events, When an actor issues a command, Then the result
// is these events, or the command is Refused by a rule. This needs no desk and no store:
//
//	ordertest.GivenOrder(t, order.PhaseConfirmed, ordertest.Contract{}).
//		When(ordertest.Buyer, order.Cancel{}).
//		Then(order.Closed{Reason: order.ClosedCancelled})
//
// For commands that write several streams, [Desk] returns a [Fixture]: a desk on a store in memory, with a clock
// that the test sets and the same methods:
//
//	f := ordertest.Desk(t)
//	id := f.OrderAt(order.PhaseShipped, ordertest.Contract{Coverage: order.CoveragePostDelivery})
//	f.Clock.Advance(15 * ordertest.Day)
//	f.Tick()
//
// If the result differs, the test fails with a diff of the wanted and the actual events, field by field. The actors
// are those of the kit: [Seller], [Buyer], [Stranger], [Platform] and so on.
//
// # Generators
//
// For tests of properties there are rapid generators: well-formed commands of every aggregate, such as
// [OrderCommands]; [Hostile], which puts hostile values into the commands of another generator; contracts, terms,
// amounts, actors, ids, policies, and instants, for example [Around] a deadline. [Histories] are whole accepted
// histories, with their records and the commands that made them, as input for a service's own handlers:
//
//	rapid.Check(t, func(rt *rapid.T) {
//		for _, r := range ordertest.Histories().Draw(rt, "history").Records() {
//			handle(r)
//		}
//	})
//
// A [Player] generates the commands of a whole trade on a desk, one at a time, for tests that execute them in
// their own way: on several desks at once, or in a process that is killed. A [Request] is such a command in a form
// that can be sent to another process.
//
// # The state machine
//
// [Play] is one run of a rapid state machine on a store of the caller. It issues commands on a desk, sensible and
// senseless ones. It checks each answer against the promises of a desk, each commit by the independent auditor of
// package audit, and the resulting states against the auditor's figures. [Audit] does the same for a log that a test
// has written another way. This library tests its stores with Play, and other stores and services can be tested the
// same way:
//
//	rapid.Check(t, func(rt *rapid.T) {
//		ordertest.Play(rt, open(rt), ordertest.Check(own))
//	})
//
// A failure of a property prints how to run it again. See TestPlay, which plays on every store,
// TestPlayReachesEveryEvent for how much of the rule book a game covers, TestPlayFindsFaults for the faults that it
// finds, and TestStory for the checks of a story. TestArrival delivers the reports of banks in every order, and
// TestWaysOut looks for states in which quota or money is held and no command can free it.
package ordertest
