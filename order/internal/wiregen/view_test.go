package main

import (
	"bytes"
	"testing"
)

// TestViews generates MarshalJSON for a state, and for nothing that is not a struct of the package.
func TestViews(t *testing.T) {
	dir := folder(t, "p.go", "package p\ntype C struct{}\nfunc (C) decide() {}\ntype Command any\ntype State struct{ Any map[string]int }\ntype N int\n")
	got, err := generate(dir, "p", "", []string{"State"})
	if err != nil || !bytes.Contains(got, []byte("func (s State) MarshalJSON() ([]byte, error) { return wire.AppendView(nil, s) }")) {
		t.Errorf("%s, %v", got, err)
	}
	for _, none := range []string{"N", "Missing"} {
		if _, err := generate(dir, "p", "", []string{none}); err == nil {
			t.Errorf("-view %s is accepted", none)
		}
	}
}
