// Package trade has the words that all packages of the domain share: [Money] in a [Currency],
// [Number], the [ID] of an order, [Account] and [Email], who acts as an [Actor], and the two
// answers of a decision that are no events: a [Refusal], which names the rule that says no, and
// an [InvalidError], which names the field of malformed input.
//
// Values are exact, comparable and cheap to copy. Texts are read strictly: what Parse accepts is
// what String writes, and anything else is an [InvalidError], in bounded time and memory.
package trade
