package rule

// ID is the id of a rule of the rule book, such as "A22". It is an error so that a caller can
// compare the rule of a refusal: errors.Is(err, rule.A22).
type ID string

// Error returns the id; Text returns what the rule says.
func (r ID) Error() string { return string(r) }

// Lang is a language in which rules and refusals are written.
type Lang string

// The languages of the rule book.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Text returns the one-line text of the rule, in English unless lang is Chinese. It is empty
// for an id that is not in the rule book.
func (r ID) Text(lang Lang) string {
	i, ok := index[r]
	if !ok {
		return ""
	}
	if lang == Chinese {
		return rules[i].Chinese
	}
	return rules[i].English
}

// Entry is a rule of the rule book as data.
type Entry struct {
	ID      ID
	English string
	Chinese string
	// Source is the sentence of the source that states the rule, word for word; it is empty for a
	// ruling of this library.
	Source string
}

// Book returns the rule book in the order of its ids.
func Book() []Entry { return append([]Entry(nil), rules...) }

var index = func() map[ID]int {
	index := make(map[ID]int, len(rules))
	for i := range rules {
		index[rules[i].ID] = i
	}
	return index
}()
