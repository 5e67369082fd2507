// Package group gathers what concurrent callers want written into groups, which a store writes in
// one transaction each: the cost of making a transaction durable is shared by all who are there.
//
// A Writer owns the queue. A caller whose context ends while its request waits there has left, and
// nothing of it is written. Once a group has claimed the request, the group goes on without its
// caller, and the outcome is unknown to it.
//
// A group is bounded by admit.Size. It waits for as many callers as there were a moment ago, at
// most for an eighth of the time that the last group took.
package group
