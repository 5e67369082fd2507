package order

// Rule is the id of a rule of the rule book, such as "A22". It is an error so that a caller
// can ask which rule a refusal names: errors.Is(err, order.RuleA22).
type Rule string

// Error returns the id; Text says what the rule is.
func (r Rule) Error() string { return string(r) }

// Lang is a language in which rules and refusals speak.
type Lang string

// The languages of the rule book.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Text returns the one-line text of the rule, in English unless lang is Chinese. It is empty
// for an id that is not in the rule book.
func (r Rule) Text(lang Lang) string {
	i, ok := ruleIndex[r]
	if !ok {
		return ""
	}
	if lang == Chinese {
		return rules[i].Chinese
	}
	return rules[i].English
}

// RuleText is a rule of the rule book as data.
type RuleText struct {
	Rule    Rule
	English string
	Chinese string
	// Source is the sentence of the source that states the rule, as it stands there; it is
	// empty for a ruling of ours.
	Source string
}

// Rules returns the rule book in the order of its ids.
func Rules() []RuleText { return append([]RuleText(nil), rules...) }

var ruleIndex = func() map[Rule]int {
	index := make(map[Rule]int, len(rules))
	for i := range rules {
		index[rules[i].Rule] = i
	}
	return index
}()
