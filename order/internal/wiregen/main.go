// Command wiregen writes the JSON codec of the events and commands of a package, for
// the runtime of package wire. A package has it by
//
//	//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix order
//
// and gets wire_gen.go, made from its other files, tests and generated files apart.
// The same sources always give the same bytes.
//
// # What is generated
//
// An event is a struct type with a method evolve, a command one with a method decide,
// both on value receivers. The codec covers them, the structs named by -state, and the
// structs of the package that their fields reach:
//
//   - type Kind with a constant for each event, in the order of files and lines,
//     from 1 to kindCount; Kind.String returns the wire name and kindOf is its inverse,
//   - methods Kind of events and Name of commands, unless the package declares them,
//     and commandNames, sorted,
//   - EncodeEvent, DecodeEvent, EncodeCommand and DecodeCommand for the interfaces Event
//     and Command of the package. They bound the bytes and return the errors of package
//     trade, and events.ErrUnknownType. Decoded values are values, not pointers. If all
//     events have a method check, as Event then has, a decoded one is checked, and so
//     for commands,
//   - appendEvent, decodeEvent, appendCommand and decodeCommand, on which these stand,
//   - normalCommand, if a field of a command is of a type with a method Normal, which is a
//     string, bool or integer: it applies that method. Commands are encoded and decoded in
//     normal form; Decide of the package begins with normalCommand,
//   - isEvent and isCommand, which are false for nil, for a pointer and for a type of
//     another package,
//   - for each method that -dispatch names, a function of that name and Event or Command,
//     which calls it through a type switch instead of the interface,
//   - a method MarshalJSON for each state that -view names, for those who read it: its form is derived
//     from the struct, see wire.AppendView, and nothing decodes it,
//   - methods appendJSON, which cannot fail, and decodeJSON, which leaves its errors in
//     the wire.Reader, on a pointer to each struct; and isZeroJSON, where an omitzero
//     needs it.
//
// The wire name of the event PaymentReceived is payment-received after the prefix and a
// point, that of a command the same without a prefix. A run of capitals is one word:
// HSCode becomes hs-code. A command whose wire name differs from that of its type declares a
// method Name that returns a string literal.
//
// # Fields
//
// Every field is exported and has a tag json:"key" or json:"key,omitzero"; json:"-"
// leaves it out. Keys with omitzero are left out when the value is zero and may be
// missing when decoding; the others are required. A field is
//
//   - a string, bool or integer, or a type of the package made from one,
//   - a time.Time, written in UTC, or a uuid.UUID in canonical form,
//   - a type of another package of this module that is made from a string, bool or integer,
//   - a text type: a type of this module with methods AppendText and UnmarshalText, and
//     any type or alias from another module,
//   - a struct of the package, or a slice of any of these.
//
// All else is refused with its position: pointers, maps, floats, interfaces, arrays and
// bytes that are not text types, embedded fields, recursive and generic types.
//
// # Agreement with encoding/json
//
// The output is that of encoding/json with HTML escaping off, except that nil and empty
// slices are one value, [] where required and left out with omitzero, and that
// omitzero compares with the zero value and never asks a method IsZero, that of
// time.Time apart: what is left out always comes back as it was. If AppendText fails,
// which no value made by its constructors should do, the text is empty; an event or
// command that is nil or of a type not known here is null, which nothing decodes.
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"strings"
)

// output is the name of the generated file.
const output = "wire_gen.go"

func main() {
	prefix := flag.String("prefix", "", "first word of the wire names of the events")
	states := flag.String("state", "", "further struct types to generate for, separated by commas")
	views := flag.String("view", "", "struct types that marshal themselves for those who read, separated by commas")
	methods := flag.String("dispatch", "", "methods of events or commands to call through a type switch, separated by commas")
	flag.Parse()
	if err := write(".", *prefix, *states, words(*views), words(*methods)...); err != nil {
		fmt.Fprintln(os.Stderr, "wiregen:", err)
		os.Exit(1)
	}
}

// write generates the codec of the package in dir into it.
func write(dir, prefix, states string, views []string, methods ...string) error {
	source, err := generate(dir, prefix, states, views, methods...)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, output), source, 0o644)
}

// generate returns the codec of the package in dir.
func generate(dir, prefix, states string, views []string, methods ...string) ([]byte, error) {
	pkg, err := parse(dir)
	if err != nil {
		return nil, err
	}
	m, err := model(pkg, prefix, words(states))
	if err != nil {
		return nil, err
	}
	for _, view := range views {
		if d := pkg.byName[view]; d == nil || !isStruct(d) {
			return nil, fmt.Errorf("-view %s is not a struct type of package %s", view, pkg.name)
		}
	}
	m.views = views
	if m.dispatches, err = dispatches(pkg, m, methods); err != nil {
		return nil, err
	}
	return emit(m)
}

func isStruct(d *decl) bool {
	_, ok := d.spec.Type.(*ast.StructType)
	return ok
}

// words returns the words of a list that commas separate.
func words(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
