package main

import (
	"fmt"
	"strings"
)

// decoder writes the method decodeJSON.
func (w *writer) decoder(s *structure) {
	w.line("// decodeJSON reads v, the zero value before. If r fails, v is to be discarded.")
	w.line("func (v *%s) decodeJSON(r *wire.Reader) {", s.name)
	if len(s.fields) == 0 {
		w.line("r.Object()\nfor r.Key() != nil {\nr.Unknown()\n}\n}\n")
		return
	}
	w.line("var seen uint64\nr.Object()")
	w.line("for key := r.Key(); key != nil; key = r.Key() {\nswitch string(key) {")
	var required uint64
	var keys []string
	for i, f := range s.fields {
		w.line("case %q:\nseen = r.Mark(seen, 1<<%d)", f.key, i)
		w.decode("v."+f.name, "&v."+f.name, f.typ, 0)
		if f.optional {
			keys = append(keys, `""`)
			continue
		}
		required |= 1 << i
		keys = append(keys, fmt.Sprintf("%q", f.key))
	}
	w.line("default:\nr.Unknown()\n}\n}")
	if required != 0 {
		w.line("if seen&%#x != %#x {\nr.Missing(seen, %s)\n}", required, required, strings.Join(keys, ", "))
	}
	w.line("}\n")
}

// decode writes code that reads a value into a Go expression, whose address is the
// other one. The level counts the slices around it.
func (w *writer) decode(target, address string, t *typ, level int) {
	switch t.form {
	case formString:
		w.assign(target, "r.String()", t.conv, "string")
	case formBool:
		w.assign(target, "r.Bool()", t.conv, "bool")
	case formInt:
		w.assign(target, fmt.Sprintf("r.Int(%d)", t.bits), t.conv, "int64")
	case formUint:
		w.assign(target, fmt.Sprintf("r.Uint(%d)", t.bits), t.conv, "uint64")
	case formTime:
		w.assign(target, "r.Time()", "", "")
	case formUUID:
		w.assign(target, "r.UUID()", "", "")
	case formText:
		w.line("r.Check(%s.UnmarshalText(r.Text()))", strings.TrimPrefix(target, "*"))
	case formStruct:
		w.line("%s.decodeJSON(r)", strings.TrimPrefix(target, "*"))
	case formSlice:
		w.line("for r.Array(); r.Element(); {")
		if t.elem.form == formSlice {
			name := fmt.Sprintf("e%d", level)
			w.line("%s := wire.Extend(%s)", name, address)
			w.decode("*"+name, name, t.elem, level+1)
		} else {
			w.decode("*wire.Extend("+address+")", "", t.elem, level+1)
		}
		w.line("}")
	}
}

// assign writes an assignment, converted where the value is of another type.
func (w *writer) assign(target, value, want, have string) {
	if have != want {
		value = want + "(" + value + ")"
	}
	w.line("%s = %s", target, value)
}
