// Package rule is the rule book as data: the rules of a Trade Assurance order (A), those of pay
// later (B), and the rulings where the sources are silent (D). Each has an id, a text of one line
// in English and Chinese, and the sentence of the source that states it.
//
// The id of a rule is an error, so that a caller can compare the rule that refused a command:
//
//	errors.Is(err, rule.A22)
//
// See TestRulesAreComplete and TestRuleTexts.
package rule
