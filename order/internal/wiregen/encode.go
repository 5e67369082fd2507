package main

import (
	"fmt"
	"strings"
)

// encoder writes the method appendJSON.
func (w *writer) encoder(s *structure) {
	w.line("// appendJSON appends the JSON of v.")
	w.line("func (v *%s) appendJSON(b []byte) []byte {", s.name)
	if writesText(s) {
		w.line("var text []byte\nvar err error")
	}
	// If the first field may be left out, which key comes first is known only at run
	// time: every key then gets a comma, and the first one becomes the brace.
	open := len(s.fields) > 0 && s.fields[0].optional
	if open {
		w.line("start := len(b)")
	} else {
		w.json("{")
	}
	for i, f := range s.fields {
		target := "v." + f.name
		if f.optional {
			w.flush()
			w.line("if %s {", nonZero(target, f.typ))
		}
		if i > 0 || open {
			w.json(",")
		}
		w.json(fmt.Sprintf("%q:", f.key))
		w.encode(target, f.typ, 0)
		if f.optional {
			w.flush()
			w.line("}")
		}
	}
	if open {
		w.line("return wire.CloseObject(b, start)\n}\n")
		return
	}
	w.json("}")
	w.line("return append(b, `%s`...)\n}\n", w.take())
}

// encode writes code that appends the value of a Go expression. The level counts the
// slices around it.
func (w *writer) encode(target string, t *typ, level int) {
	switch t.form {
	case formString:
		w.call("AppendString", target, t.conv, "string")
	case formBool:
		w.call("AppendBool", target, t.conv, "bool")
	case formInt:
		w.call("AppendInt", target, t.conv, "int64")
	case formUint:
		w.call("AppendUint", target, t.conv, "uint64")
	case formTime:
		w.call("AppendTime", target, "", "")
	case formUUID:
		w.call("AppendUUID", target, "", "")
	case formText:
		w.json(`"`)
		w.flush()
		w.line("text, err = %s.AppendText(b)", target)
		w.line("b = wire.CloseText(b, text, err)")
	case formStruct:
		w.flush()
		w.line("b = %s.appendJSON(b)", target)
	case formSlice:
		index := fmt.Sprintf("i%d", level)
		w.json("[")
		w.flush()
		w.line("for %s := range %s {", index, target)
		w.line("if %s > 0 {\nb = append(b, ',')\n}", index)
		w.encode(fmt.Sprintf("%s[%s]", target, index), t.elem, level+1)
		w.flush()
		w.line("}")
		w.json("]")
	}
}

// call writes a call of an Append function of the runtime, which takes type want.
func (w *writer) call(function, target, have, want string) {
	if have != want {
		target = want + "(" + target + ")"
	}
	w.flush()
	w.line("b = wire.%s(b, %s)", function, target)
}

// json adds JSON that is to be appended next.
func (w *writer) json(text string) { w.literal.WriteString(text) }

// take returns the JSON added and not yet written.
func (w *writer) take() string {
	text := w.literal.String()
	w.literal.Reset()
	return text
}

// flush writes code that appends the JSON added.
func (w *writer) flush() {
	switch text := w.take(); len(text) {
	case 0:
	case 1:
		w.line("b = append(b, '%s')", text)
	default:
		w.line("b = append(b, `%s`...)", text)
	}
}

// writesText reports whether a field is, or is made of slices of, a text type.
func writesText(s *structure) bool {
	for _, f := range s.fields {
		t := f.typ
		for t.form == formSlice {
			t = t.elem
		}
		if t.form == formText {
			return true
		}
	}
	return false
}

// nonZero returns the condition under which an optional value is written.
func nonZero(target string, t *typ) string {
	switch t.form {
	case formString:
		return target + ` != ""`
	case formBool:
		return target
	case formInt, formUint:
		return target + " != 0"
	case formTime:
		return "!" + target + ".IsZero()"
	case formStruct:
		return "!" + target + ".isZeroJSON()"
	case formSlice:
		return "len(" + target + ") != 0"
	}
	return "!wire.IsZero(" + target + ")"
}

// zero writes the method isZeroJSON.
func (w *writer) zero(s *structure) {
	terms := []string{}
	for _, f := range s.fields {
		target := "v." + f.name
		switch f.typ.form {
		case formString:
			terms = append(terms, target+` == ""`)
		case formInt, formUint:
			terms = append(terms, target+" == 0")
		case formSlice:
			terms = append(terms, "len("+target+") == 0")
		case formBool:
			terms = append(terms, "!bool("+target+")")
		default:
			terms = append(terms, strings.TrimPrefix(nonZero(target, f.typ), "!"))
		}
	}
	if len(terms) == 0 {
		terms = []string{"true"}
	}
	w.line("// isZeroJSON reports whether v is left out where it may be.")
	w.line("func (v *%s) isZeroJSON() bool {\nreturn %s\n}\n", s.name, strings.Join(terms, " &&\n"))
}
