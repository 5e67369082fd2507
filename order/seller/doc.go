// Package seller is the Trade Assurance service of a seller (信保服务): how he activates it,
// and how the platform suspends and reinstates it. A seller drafts orders only while the
// service is active.
//
// # The life of a service
//
// Activating is one command with one answer. A paid member asks by one of two routes and has
// the service. A free member files his enterprise certification along with it and learns at
// once whether he has the service or was rejected, and why; after a rejection he may ask
// again. Once active, the service stays until the platform suspends it for a violation: a
// seller cannot close it himself.
//
// # How to read it
//
// [Service] is the folded state. lifecycle.go has the two tables: which event leads from which
// phase to which, and who may ask for which command. activate.go and suspend.go are the
// chapters: a command with its rules, then the events that come of it.
//
// [Decide] and [Evolve] are pure. What the platform knows of the store is handed in as
// [Findings]. See TestRule for the rules, TestMatrix for who may do what, and TestReplay for
// the fold.
package seller

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix service
