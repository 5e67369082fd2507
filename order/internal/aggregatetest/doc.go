// Package aggregatetest holds the aggregates to one shape: the same tables, the same functions and
// the same answers to what is malformed, unknown or too large. Each aggregate hands its functions
// and samples to [Run], as a store does to storetest.
//
// A sample event has no zero field as far as its fields go together, so that a field which is
// lost on the way to the log is seen.
package aggregatetest
