package display

import (
	"strings"
	"unicode/utf8"
)

// Pad appends spaces to a text up to a width on a terminal, where a Chinese character is as wide as
// two Latin ones.
func Pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-Columns(s)))
}

// Columns returns the width of a text on a terminal.
func Columns(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r >= 0x2e80 {
			n++
		}
	}
	return n
}

// Wrap breaks a text into lines of at most that width: at spaces, and between Chinese characters.
// A punctuation mark that ends a clause stands on the line of the clause, though it may stick out.
func Wrap(s string, width int) []string {
	var lines []string
	text, space := "", -1
	for i, r := range s {
		if r == ' ' {
			space = len(text)
		}
		text += string(r)
		if next := s[i+utf8.RuneLen(r):]; Columns(text) < width || strings.IndexAny(next, "。，；：、") == 0 {
			continue
		}
		at := len(text)
		if space > 0 {
			at = space
		}
		lines = append(lines, strings.TrimSpace(text[:at]))
		text, space = text[at:], -1
	}
	if text = strings.TrimSpace(text); text != "" {
		lines = append(lines, text)
	}
	return lines
}
