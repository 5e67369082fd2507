package main

import "fmt"

// normal is a command with the paths of its fields that have a method Normal.
type normal struct {
	command string
	fields  []string
}

// find adds the fields of a structure at the path.
func (n *normal) find(s *structure, path string) error {
	for _, f := range s.fields {
		name := path + f.name
		switch t := f.typ; {
		case t.normal:
			n.fields = append(n.fields, name)
		case t.form == formStruct:
			if err := n.find(t.named, name+"."); err != nil {
				return err
			}
		case t.form == formSlice && hasNormal(t):
			return fmt.Errorf("%s is a slice of what has a method Normal", name)
		}
	}
	return nil
}

// hasNormal reports whether a value of the type has a part with a method Normal.
func hasNormal(t *typ) bool {
	for t.form == formSlice {
		t = t.elem
	}
	if t.form != formStruct {
		return t.normal
	}
	for _, f := range t.named.fields {
		if hasNormal(f.typ) {
			return true
		}
	}
	return false
}

// normal writes the function normalCommand, unless no command has a normal form.
func (w *writer) normal(m *module) {
	if len(m.normals) == 0 {
		return
	}
	w.line("// normalCommand returns the command with its free texts in normal form: so it is encoded, decoded")
	w.line("// and decided on.")
	w.line("func normalCommand(c Command) Command {\nswitch v := c.(type) {")
	for _, n := range m.normals {
		w.line("case %s:", n.command)
		for _, field := range n.fields {
			w.line("v.%s = v.%s.Normal()", field, field)
		}
		w.line("return v")
	}
	w.line("}\nreturn c\n}\n")
}

// inNormalForm returns the expression of a command in normal form.
func (m *module) inNormalForm(c string) string {
	if len(m.normals) == 0 {
		return c
	}
	return "normalCommand(" + c + ")"
}
