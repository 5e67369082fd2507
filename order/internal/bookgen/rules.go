package main

import (
	"bytes"
	"fmt"

	"github.com/tradesurety/surety/order/rule"
)

const madeBy = "<!-- Made by go generate from the tables and the comments of the sources: do not edit. -->\n\n"

// chapters are the chapters of the rule book by the first letter of their ids.
var chapters = map[byte]string{
	'A': "Trade Assurance orders (source A)",
	'B': "Pay later (source B)",
	'D': "Rulings where the sources are silent",
}

// rules returns RULES.md.
func rules() []byte {
	b := bytes.NewBufferString(madeBy + `# Rules

Every rule of the rule book, as package [rule](rule) has it: its id, by which code, refusals, tests and
documentation name it, its text in English and Chinese, and the sentence of the source that states it.
[COMMANDS.md](COMMANDS.md) lists what the rules decide about.
`)
	chapter := byte(0)
	for _, r := range rule.Book() {
		if c := r.ID[0]; c != chapter {
			chapter = c
			fmt.Fprintf(b, "\n## %c. %s\n", c, chapters[c])
		}
		fmt.Fprintf(b, "\n**%s** %s\n%s\n", string(r.ID), r.English, r.Chinese)
		if r.Source != "" {
			fmt.Fprintf(b, "> %s\n", r.Source)
		}
	}
	return b.Bytes()
}
