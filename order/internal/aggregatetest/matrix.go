package aggregatetest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Matrix is a reviewed table that says who may issue a command in which phase. A row has the command,
// the rule that refuses everybody else, and for each phase the actors, separated by commas.
type Matrix[P fmt.Stringer] struct {
	phases []P
	rows   [][]string
}

// ReadMatrix reads the table of a file whose header begins with the title. Its columns are the phases.
func ReadMatrix[P fmt.Stringer](t *testing.T, file, title string, phases []P) Matrix[P] {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header := []string{title, "rule"}
	for _, p := range phases {
		header = append(header, p.String())
	}
	m, inside := Matrix[P]{phases: phases}, false
	for line := range strings.Lines(string(text)) {
		switch fields := strings.Fields(line); {
		case len(fields) == 0 || line[0] == '#':
		case len(fields) > 1 && fields[1] == "rule":
			inside = slices.Equal(fields, header)
		case !inside:
		case len(fields) != len(header):
			t.Fatalf("not a row: %q", line)
		default:
			m.rows = append(m.rows, fields)
		}
	}
	return m
}

// Check has every command issued by every actor in every phase. The function returns what Decide says.
func (m Matrix[P]) Check(t *testing.T, commands []string, actors map[string]trade.Actor, decide func(command string, p P, by trade.Actor) error) {
	t.Helper()
	var listed []string
	for _, row := range m.rows {
		listed = append(listed, row[0])
	}
	if slices.Sort(listed); !slices.Equal(listed, commands) {
		t.Fatalf("the matrix has %v, the commands are %v", listed, commands)
	}
	for _, row := range m.rows {
		for i, p := range m.phases {
			for who, actor := range actors {
				err := decide(row[0], p, actor)
				var no *trade.Refusal
				switch allowed := slices.Contains(strings.Split(row[2+i], ","), who); {
				case allowed && err != nil:
					t.Errorf("%s by %s in %s: %v", row[0], who, p, err)
				case !allowed && (!errors.As(err, &no) || string(no.Rule) != row[1] || no.Reason(rule.English) == "" || no.Reason(rule.Chinese) == ""):
					t.Errorf("%s by %s in %s: got %v, want a refusal by %s", row[0], who, p, err, row[1])
				}
			}
		}
	}
}
