// Package trade has the words that all packages of the domain share: [Money] in a [Currency],
// [Number], the [ID] of an order, [Account] and [Email], the [Actor] who issues a command, and the
// two errors of a decision: a [Refusal], which names the rule that refuses, and an [InvalidError],
// which names the malformed field.
//
// Values are exact, comparable and cheap to copy. Parse accepts exactly what String writes; anything
// else is an [InvalidError], in bounded time and memory.
package trade
