package credit

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var phases = []Phase{PhaseNone, PhaseActive, PhaseSuspended, PhaseOpen}

// asks has every command in a form that no other rule than that of its row refuses.
func asks(p Product) map[string]Command {
	money := dollars
	if p == PayLater {
		money = yuan
	}
	return map[string]Command{
		"assess-limit": AssessLimit{Limit: money(1)},
		"suspend":      Suspend{Reason: "fraud"},
		"resume":       Resume{},
		"hold":         Hold{Order: orderB, Amount: money(1)},
		"adjust":       Adjust{Order: orderA, From: money(60), To: money(50)},
		"release":      Release{Order: orderA, Amount: money(60), Cause: CauseClosed},
		"claim":        Claim{Order: orderA, Open: money(60), Amount: money(10)},
		"repay-claim":  RepayClaim{Amount: money(5), Reference: "TT-1"},
		"open-line":    OpenLine{Limit: money(1)},
		"deduct":       Deduct{Order: orderB, Amount: money(1)},
		"restore":      Restore{Order: orderA, Amount: money(60), Cause: RestorePaid},
		"note-overdue": NoteOverdue{Order: orderA},
		"consume":      Consume{Order: orderA, Amount: money(60)},
		"withdraw":     Withdraw{Amount: money(1)},
		"freeze":       Freeze(overdue),
		"unfreeze":     Unfreeze(audit),
	}
}

// TestMatrix holds Decide to testdata/matrix.txt: every command in every phase of either product
// by every role.
func TestMatrix(t *testing.T) {
	history := []Event{
		assessed(100), held(orderA, 60), held(orderB, 10),
		ClaimPosted{Order: orderB, Amount: dollars(10), Released: dollars(0)},
	}
	assurance := map[Phase]Line{
		PhaseNone: after(), PhaseActive: after(history...),
		PhaseSuspended: after(append(history, LineSuspended{Reason: "fraud"})...),
	}
	// What a reason does to a frozen line is told by its own rules.
	payLater := map[Phase]Line{PhaseNone: unopened, PhaseOpen: opened(100, deducted(orderA, 60))}
	checkMatrix(t, Assurance, assurance)
	checkMatrix(t, PayLater, payLater)
}

func checkMatrix(t *testing.T, product Product, lines map[Phase]Line) {
	actors := map[string]trade.Actor{
		"buyer": {Role: trade.Buyer, Account: "acme"}, "seller": merchant,
		"platform": platform, "system": {Role: trade.System}, "desk": desk,
	}
	columns, rows := matrix(t, "testdata/matrix.txt", product)
	if got, want := keys(rows), commandNames(); !slices.Equal(got, want) || len(columns) != len(lines) {
		t.Fatalf("the %s matrix has %v in %v, the commands are %v", product, got, columns, want)
	}
	for name, row := range rows {
		for i, column := range columns {
			for who, actor := range actors {
				l, c := lines[column], asks(product)[name]
				facts := Facts{Hold: order.Hold{Status: order.HoldOpen, Amount: l.Held}, Overdue: true}
				switch name {
				case "hold", "deduct":
					facts = Facts{}
				case "restore", "note-overdue":
					facts.Overdue = false
				case "unfreeze":
					if column == PhaseOpen {
						l = follow(l, Frozen(audit))
					}
				}
				_, err := Decide(l, c, trade.Given{By: actor, At: noon}, facts)
				var no *trade.Refusal
				switch allowed := slices.Contains(strings.Split(row.cells[i], ","), who); {
				case allowed && err != nil:
					t.Errorf("%s %s by %s in %s: %v", product, name, who, column, err)
				case !allowed && (!errors.As(err, &no) || string(no.Rule) != row.rule || no.Reason(rule.English) == "" || no.Reason(rule.Chinese) == ""):
					t.Errorf("%s %s by %s in %s: got %v, want a refusal by %s", product, name, who, column, err, row.rule)
				}
			}
		}
	}
}

type matrixRow struct {
	rule  string
	cells []string
}

// matrix reads the reviewed table of a product, whose columns are its phases.
func matrix(t *testing.T, file string, product Product) (columns []Phase, rows map[string]matrixRow) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows = make(map[string]matrixRow)
	ours := false
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || line[0] == '#':
		case len(fields) > 2 && fields[1] == "rule":
			if ours = fields[0] == product.String(); ours {
				columns = phasesOf(t, fields[2:])
			}
		case !ours:
		case len(fields) != 2+len(columns):
			t.Fatalf("not a row: %q", line)
		default:
			if _, again := rows[fields[0]]; again {
				t.Fatalf("%s has two rows", fields[0])
			}
			rows[fields[0]] = matrixRow{rule: fields[1], cells: fields[2:]}
		}
	}
	return columns, rows
}

// phasesOf returns the phases of those names.
func phasesOf(t *testing.T, names []string) (of []Phase) {
	t.Helper()
	for _, name := range names {
		i := slices.IndexFunc(phases, func(p Phase) bool { return p.String() == name })
		if i < 0 {
			t.Fatalf("%s is no phase", name)
		}
		of = append(of, phases[i])
	}
	return of
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

// TestPermissions holds the two tables together: a command has a row, and one at most for a
// product; what it may make has a step wherever it is allowed, and every kind is made by some
// command.
func TestPermissions(t *testing.T) {
	made := make(map[Kind]bool)
	rows := make(map[Product]map[string]bool)
	for _, p := range Permissions() {
		if rows[p.Product] == nil {
			rows[p.Product] = make(map[string]bool)
		}
		if rows[p.Product][p.Command] {
			t.Errorf("%s of %s has two rows", p.Command, p.Product)
		}
		rows[p.Product][p.Command] = true
		for _, phase := range p.Phases {
			if !phase.of(p.Product) {
				t.Errorf("%s is permitted in %s, which is none of %s", p.Command, phase, p.Product)
			}
			for _, kind := range p.Makes {
				made[kind] = true
				if to, ok := Table().Next(phase, kind); !ok || !to.of(p.Product) {
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
	for _, name := range commandNames() {
		if !rows[Assurance][name] && !rows[PayLater][name] {
			t.Errorf("%s is permitted nowhere", name)
		}
	}
	if p := permissionOf(PayLater, "no-such"); p.Roles != nil || p.Phases != nil {
		t.Errorf("a command without a row is permitted: %+v", p)
	}
}

// TestDiagram holds the diagram to the life that doc.go tells.
func TestDiagram(t *testing.T) {
	const want = `stateDiagram-v2
    [*] --> active: credit.limit-assessed
    [*] --> open: credit.line-opened
    active --> suspended: credit.line-suspended
    suspended --> active: credit.line-resumed
    open --> [*]
`
	if got := Phase(len(phases)).String(); got != "unknown" {
		t.Errorf("a phase beyond the last is %s", got)
	}
	if got := Diagram(); got != want {
		t.Errorf("got:\n%s", got)
	}
}
