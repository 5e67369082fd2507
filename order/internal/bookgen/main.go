// Command bookgen writes the rule book and the list of commands for people who do not read Go:
// RULES.md, every rule in both languages with the sentence of its source, and COMMANDS.md, every
// command of every kind of stream with its fields, roles, phases, events and rules, and every setting
// of every policy. The tables give who may issue what; the comments of the sources say what it means.
// The same sources always give the same bytes.
//
//	//go:generate go run github.com/tradesurety/surety/order/internal/bookgen -dir DIR
//
// See TestBooksAreCurrent.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("dir", ".", "the directory of package order")
	flag.Parse()
	if err := write(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "bookgen:", err)
		os.Exit(1)
	}
}

// write writes the two books into the directory of package order.
func write(dir string) error {
	books, err := generate(dir)
	if err != nil {
		return err
	}
	for name, text := range books {
		path := filepath.Join(dir, name)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
			continue
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the text of each book, made from the sources below the directory of package order.
func generate(dir string) (map[string][]byte, error) {
	s, err := read(dir)
	if err != nil {
		return nil, err
	}
	commands, err := s.commands()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"RULES.md": rules(), "COMMANDS.md": commands}, nil
}
