// Package entrustment is the life of an export entrustment (委托单): the request by which a
// seller has the export service (一达通) declare and export goods, up to their release by customs.
//
// # Life
//
// The seller drafts and submits an entrustment. The export service reviews it, asks for changes
// or accepts it, and files its customs declaration (报关单). Customs return it, and the seller
// resubmits, or release the goods; once they have left, customs close it. Before the release the
// seller may cancel. [Diagram] draws this, [Steps] and [Permissions] are the tables behind it.
//
// # Links
//
// An order may have several entrustments, an entrustment at most one order. [Link] and [Unlink]
// are the counterparts of the order's own commands and are made in the same commit, by the role
// trade.Desk alone. Goods that customs released before the order was drafted are not that
// order's: a link to such an entrustment is refused, and one that was there before the release
// became known is void.
//
// # Purity
//
// Deciding and evolving read no clock, no randomness and no other stream: [Decide] is handed the
// instant, the actor and the [Facts] of other streams. Whoever fills in a fact guards the stream
// it came from in the same commit.
//
// See TestRule for the rules one by one, TestMatrix for who may do what and when, and
// TestReplayIsTheLiveState for the fold.
package entrustment
