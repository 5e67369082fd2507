package funds

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order/trade"
)

var phases = []Phase{PhaseNone, PhaseOpen}

// TestMatrix holds Decide to testdata/matrix.txt: every command in every phase by every role.
func TestMatrix(t *testing.T) {
	asks := map[string]Command{
		"credit":            Credit{Order: orderB, Amount: yuan(10)},
		"debit":             Debit{Order: orderA, Amount: yuan(10)},
		"bind-card":         BindCard{Card: "6222-02", Holder: "acme"},
		"unbind-card":       UnbindCard{Card: "6222-01"},
		"withdraw":          Withdraw{ID: "w-2", Amount: yuan(10), Dest: alipay},
		"withdraw-quota":    WithdrawQuota{Amount: yuan(10), Dest: alipay},
		"settle-withdrawal": SettleWithdrawal{ID: "w-1"},
		"fail-withdrawal":   FailWithdrawal{ID: "w-1", Reason: "closed"},
		"pay-charge":        PayCharge{ID: "c-1", Amount: yuan(10), What: "promotion"},
	}
	facts := map[string]Facts{"credit": sold(10), "debit": paid(10, 0)}
	actors := map[string]trade.Actor{
		"buyer": {Role: trade.Buyer, Account: "acme"}, "seller": acme, "another": {Role: trade.Seller, Account: "other"},
		"platform": platform, "system": {Role: trade.System}, "desk": desk,
	}
	balances := map[Phase]Balance{
		PhaseNone: after(),
		PhaseOpen: after(credited(orderA, 100, 0), CardBound{Card: "6222-01", Holder: "acme"}, requested("w-1", 10, alipay)),
	}
	rows := matrix(t, "testdata/matrix.txt", phases)
	if got, want := keys(rows), commandNames(); !slices.Equal(got, want) {
		t.Fatalf("the matrix has %v, the commands are %v", got, want)
	}
	for name, row := range rows {
		for i, phase := range phases {
			for who, actor := range actors {
				_, err := Decide(balances[phase], asks[name], trade.Given{By: actor, At: noon}, facts[name])
				var no *trade.Refusal
				switch allowed := row.cells[i] == who; {
				case allowed && err != nil:
					t.Errorf("%s by %s in %s: %v", name, who, phase, err)
				case !allowed && (!errors.As(err, &no) || string(no.Rule) != row.rule):
					t.Errorf("%s by %s in %s: got %v, want a refusal by %s", name, who, phase, err, row.rule)
				}
			}
		}
	}
}

type matrixRow struct {
	rule  string
	cells []string
}

// matrix reads the reviewed table, whose columns are the phases.
func matrix(t *testing.T, file string, phases []Phase) map[string]matrixRow {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]matrixRow)
	for line := range strings.Lines(string(text)) {
		switch fields := strings.Fields(line); {
		case line[0] == '#':
		case len(fields) != 2+len(phases):
			t.Fatalf("not a row: %q", line)
		case fields[0] == "command":
			for i, phase := range phases {
				if fields[2+i] != phase.String() {
					t.Fatalf("column %d is %s, not %s", i, fields[2+i], phase)
				}
			}
		default:
			rows[fields[0]] = matrixRow{rule: fields[1], cells: fields[2:]}
		}
	}
	return rows
}

func keys(rows map[string]matrixRow) []string {
	var names []string
	for name := range rows {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestStepsAreTheMachine compares the table of steps with the looplab machine, cell by cell.
func TestStepsAreTheMachine(t *testing.T) {
	want := make(map[[2]uint8]Phase)
	for _, step := range steps {
		for _, from := range step.From {
			cell := [2]uint8{uint8(from), uint8(step.Event)}
			if _, twice := want[cell]; twice {
				t.Errorf("%s in %s occurs twice", step.Event, from)
			}
			if want[cell] = step.To; step.Stay {
				want[cell] = from
			}
		}
	}
	for _, from := range phases {
		for kind := Kind(1); kind <= kindCount; kind++ {
			to, ok := want[[2]uint8{uint8(from), uint8(kind)}]
			if got, dense := Table().Next(from, kind); dense != ok || ok && got != to {
				t.Errorf("%s in %s: the array has %s, %v; the steps have %s, %v", kind, from, got, dense, to, ok)
			}
			m := Table().Looplab(from)
			if can := m.Can(kind.String()); can != ok {
				t.Errorf("%s in %s: looplab says %v, the steps %v", kind, from, can, ok)
			}
			// Its error tells a step that stays from none, which Can has told already.
			_ = m.Event(context.Background(), kind.String())
			if ok && m.Current() != to.String() {
				t.Errorf("%s in %s: looplab goes to %s, the steps to %s", kind, from, m.Current(), to)
			}
		}
	}
}

// TestPermissions holds the two tables together: what a command may make has a step
// wherever the command is allowed, and every kind is made by some command.
func TestPermissions(t *testing.T) {
	made := make(map[Kind]bool)
	var names []string
	for _, p := range Permissions() {
		names = append(names, p.Command)
		for _, kind := range p.Makes {
			made[kind] = true
			for _, phase := range p.Phases {
				if _, ok := Table().Next(phase, kind); !ok {
					t.Errorf("%s may make %s in %s, which has no step", p.Command, kind, phase)
				}
			}
		}
	}
	for kind := Kind(1); kind <= kindCount; kind++ {
		if !made[kind] {
			t.Errorf("no command makes %s", kind)
		}
	}
	Permissions()[0].Roles[0] = trade.Buyer
	if permissions[0].Roles[0] == trade.Buyer {
		t.Error("whoever asks for the table can change it")
	}
	if slices.Sort(names); !slices.Equal(names, commandNames()) {
		t.Errorf("permitted are %v, the commands are %v", names, commandNames())
	}
}

// TestDiagram holds the diagram to the life that doc.go tells.
func TestDiagram(t *testing.T) {
	const want = `stateDiagram-v2
    [*] --> open: funds.card-bound, funds.credited
`
	if got := Phase(len(phases)).String(); got != "unknown" {
		t.Errorf("a phase beyond the last is %s", got)
	}
	if got := Diagram(); got != want {
		t.Errorf("got:\n%s", got)
	}
}
