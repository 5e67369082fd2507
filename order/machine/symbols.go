package machine

import "github.com/tradesurety/surety/order/rule"

// Names are the names of the values of a Phase from 0 on: on the wire, and in a sentence in English
// and Chinese.
type Names []struct{ Wire, English, Chinese string }

// Name returns the wire name of a value, or "unknown".
func (n Names) Name(value uint8) string {
	if int(value) < len(n) {
		return n[value].Wire
	}
	return "unknown"
}

// Text returns the name of a value in that language, or "unknown".
func (n Names) Text(value uint8, lang rule.Lang) string {
	switch {
	case int(value) >= len(n):
		return n.Name(value)
	case lang == rule.Chinese:
		return n[value].Chinese
	}
	return n[value].English
}
