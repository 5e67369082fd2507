package machine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// names collects symbols whose names differ and can be used by looplab and Mermaid.
type names[S Symbol] struct {
	byName map[string]S
	punct  string // the punctuation that a name may have
}

func newNames[S Symbol](punct string) *names[S] {
	return &names[S]{byName: make(map[string]S), punct: punct}
}

// add adds s, or returns the reason why it cannot.
func (n *names[S]) add(s S) string {
	name := s.String()
	if known, ok := n.byName[name]; ok {
		if known != s {
			return fmt.Sprintf("%d and %d are both named %q", uint8(known), uint8(s), name)
		}
		return ""
	}
	if name == "" {
		return fmt.Sprintf("%d has no name", uint8(s))
	}
	for i := range len(name) {
		c, last := name[i], i == len(name)-1
		if !letter(c) && (i == 0 || !digit(c) && (last || strings.IndexByte(n.punct, c) < 0)) {
			return fmt.Sprintf("%d has a name with %q at byte %d", uint8(s), name[i:i+1], i)
		}
	}
	n.byName[name] = s
	return ""
}

// sorted returns the symbols in numeric order.
func (n *names[S]) sorted() []S { return slices.Sorted(maps.Values(n.byName)) }

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func digit(c byte) bool { return '0' <= c && c <= '9' }
