// Package aggregatetest is the suite that every aggregate passes: the same tables, the same functions,
// the same errors for what is malformed, unknown or too large. A test of each aggregate passes its
// functions and samples to [Run], as the test of a store does to storetest.
package aggregatetest
