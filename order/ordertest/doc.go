// Package ordertest is the kit for tests of services that run orders on this library, and for
// the library's own.
//
// # Stories
//
// A test of a rule is a story: [Given] what has happened, When somebody asks for something, Then
// these facts come of it, or a rule has it Refused. An order needs no desk and no store for that:
//
//	ordertest.GivenOrder(t, order.PhaseConfirmed, ordertest.Contract{}).
//		When(ordertest.Buyer, order.Cancel{}).
//		Then(order.Closed{Reason: order.ClosedCancelled})
//
// Where several streams are written, [Desk] gives a desk on a store in memory in one line, with
// a clock that the test sets, and its [Fixture] asks the same way:
//
//	f := ordertest.Desk(t)
//	id := f.OrderAt(order.PhaseShipped, ordertest.Contract{Coverage: order.CoveragePostDelivery})
//	f.Clock.Advance(15 * ordertest.Day)
//	f.Tick()
//
// A story that ends otherwise than it was told fails with what was wanted and what came side by
// side, field by field. The people are those of the kit: [Seller], [Buyer], [Stranger],
// [Platform] and so on.
//
// # Generators
//
// For properties there are rapid generators: well-formed commands of every aggregate, such as
// [OrderCommands]; [Hostile], which spoils the commands of another generator; contracts, terms,
// amounts, actors, ids, policies and instants, [Around] a deadline for one. [Histories] are whole
// accepted histories, with their records and the commands that made them, to feed to a service's
// own handlers:
//
//	rapid.Check(t, func(rt *rapid.T) {
//		for _, r := range ordertest.Histories().Draw(rt, "history").Records() {
//			handle(r)
//		}
//	})
//
// A [Player] makes up the commands of a whole trade on a desk, one at a time, for tests that
// execute them in a way of their own: at several desks at once, or in a process that is killed. A
// [Request] is what such a command asks for, in a form that goes to another process.
//
// # The state machine
//
// [Play] is one run of a rapid state machine on a store of the caller's: it trades on a desk, well
// and badly, and holds every answer to what a desk promises, every commit to the independent
// auditor of package audit, and what the desk then shows to the auditor's books. [Audit] does the
// same for a log that a test has written another way. Play is how this library tests its stores, and how a store or a service
// of somebody else's can be tested:
//
//	rapid.Check(t, func(rt *rapid.T) {
//		ordertest.Play(rt, open(rt), ordertest.Check(own))
//	})
//
// A failure of a property prints how to run it again. See TestPlay, which plays on every store,
// TestPlayReachesEveryEvent for how much of the rule book a game meets, TestPlayFindsFaults for what
// it notices, and TestStory for what a story demands. TestArrival delivers the reports of banks in every
// order, and TestWaysOut looks for orders from which nobody could free a quota or somebody's money.
package ordertest
