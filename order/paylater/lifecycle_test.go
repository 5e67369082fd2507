package paylater_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, path); got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", path, got, want)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStepsAreTheMachine compares the table of steps with the array and with the looplab
// machine, cell by cell.
func TestStepsAreTheMachine(t *testing.T) {
	type cell struct {
		from  Phase
		event Kind
	}
	want := make(map[cell]Phase)
	for _, step := range Steps() {
		for _, from := range step.From {
			c := cell{from, step.Event}
			if _, twice := want[c]; twice {
				t.Errorf("%s in %s has two steps", step.Event, from)
			}
			if want[c] = step.To; step.Stay {
				want[c] = from
			}
		}
	}
	kinds := Table().Kinds()
	if len(kinds) != len(everyKind()) {
		t.Errorf("%d of %d kinds have a step", len(kinds), len(everyKind()))
	}
	for p := range PhaseWrittenOff + 3 {
		for k := range Kind(40) {
			to, listed := want[cell{p, k}]
			if next, ok := Table().Next(p, k); ok != listed || next != to {
				t.Errorf("Next(%s, %s) = %s, %t; the steps say %s, %t", p, k, next, ok, to, listed)
			}
			if p > PhaseWrittenOff || !slices.Contains(kinds, k) {
				continue
			}
			m := Table().Looplab(p)
			if m.Can(k.String()) != listed {
				t.Errorf("%s in %s: looplab says %t, the steps %t", k, p, !listed, listed)
			}
			// Its error tells a step that stays from none, which Can has told already.
			_ = m.Event(context.Background(), k.String())
			if listed && m.Current() != to.String() {
				t.Errorf("%s in %s: looplab goes to %s, the steps to %s", k, p, m.Current(), to)
			}
		}
	}
}

// everyKind returns the kinds of events, in the order of their numbers.
func everyKind() []Kind {
	var kinds []Kind
	for k := Kind(1); k.String() != "unknown"; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// TestPermissions holds the two tables together: what a command may make has a step wherever the
// command is allowed, and every step is made by some command.
func TestPermissions(t *testing.T) {
	type cell struct {
		from  Phase
		event Kind
	}
	made := make(map[cell]bool)
	named := make(map[string]bool)
	for _, p := range Permissions() {
		named[p.Command] = true
		for _, kind := range p.Makes {
			for _, phase := range p.Phases {
				if _, ok := Table().Next(phase, kind); !ok {
					t.Errorf("%s may make %s in %s, which has no step", p.Command, kind, phase)
				}
				made[cell{phase, kind}] = true
			}
		}
	}
	for _, s := range Steps() {
		for _, from := range s.From {
			if !made[cell{from, s.Event}] {
				t.Errorf("no command makes %s in %s", s.Event, from)
			}
		}
	}
	for _, c := range samples() {
		if !named[c.Name()] {
			t.Errorf("nobody may ask for %s", c.Name())
		}
	}
	if len(named) != len(samples()) {
		t.Errorf("%d commands have a row, %d are known", len(named), len(samples()))
	}
}

func TestTablesAreCopies(t *testing.T) {
	rows, moves := Permissions(), Steps()
	for i := range rows {
		clear(rows[i].Roles)
		clear(rows[i].Phases)
		clear(rows[i].Makes)
		rows[i].Command = "gone"
	}
	for i := range moves {
		clear(moves[i].From)
	}
	if p := Permissions()[1]; p.Command != "cancel" || p.Roles[0] != trade.Buyer || p.Phases[0] != PhasePlaced || p.Makes[0] != KindCancelled {
		t.Errorf("a caller changed the commands: %+v", p)
	}
	if s := Steps()[1]; s.From[0] != PhasePlaced {
		t.Errorf("a caller changed the steps: %+v", s)
	}
}

// row is a line of the reviewed table.
type row struct {
	command string
	rule    rule.ID
	over    rule.ID // in PhaseWrittenOff
	cells   []string
}

func readMatrix(t *testing.T) (rows []row) {
	t.Helper()
	for line := range strings.Lines(read(t, "testdata/matrix.txt")) {
		words := strings.Fields(line)
		switch {
		case line[0] == '#':
		case len(words) != 2+len(phases):
			t.Fatalf("not a row: %q", line)
		case words[0] == "command":
			for i, p := range phases {
				if words[2+i] != p.String() {
					t.Fatalf("column %d is %s, not %s", i, words[2+i], p)
				}
			}
		default:
			first, over, two := strings.Cut(words[1], "/")
			if !two {
				over = first
			}
			rows = append(rows, row{words[0], rule.ID(first), rule.ID(over), words[2:]})
		}
	}
	return rows
}

// favourable returns an order in that phase to which nothing but role, account and phase can
// forbid the command.
func favourable(t *testing.T, p Phase, c Command) *world {
	w := on(t, p)
	received := p == PhaseReceived
	switch c.(type) {
	case AutoConfirmReceipt:
		w.wait(10 * day)
	case RequestCharge, MarkOverdue:
		w.wait(day + 1)
	case FailCharge:
		if w.wait(day + 1); received || p == PhaseOverdue {
			w.do(RequestCharge{})
		}
	case CloseAfterSales:
		if received {
			w.do(OpenAfterSales{})
		}
	}
	return w
}

type decide func(Order, Command, trade.Given, Facts) ([]Event, error)

// checkMatrix returns where the decision differs from the reviewed table.
func checkMatrix(t *testing.T, decide decide) (faults []string) {
	actors := map[string]trade.Actor{
		"B": buyer, "S": merchant, "P": platform, "Y": system, "D": desk,
		"other buyer": {Role: trade.Buyer, Account: "meilin"}, "other seller": {Role: trade.Seller, Account: "bao"},
	}
	commands := make(map[string]Command)
	for _, c := range samples() {
		commands[c.Name()] = c
	}
	makes := make(map[string][]Kind)
	for _, p := range Permissions() {
		makes[p.Command] = append(makes[p.Command], p.Makes...)
	}
	rows := readMatrix(t)
	if len(rows) != len(commands) {
		t.Fatalf("%d rows for %d commands", len(rows), len(commands))
	}
	for _, row := range rows {
		c := commands[row.command]
		for i, phase := range phases {
			w, ruleID := favourable(t, phase, c), row.rule
			if phase == PhaseWrittenOff {
				ruleID = row.over
			}
			for who, actor := range actors {
				allowed := strings.Contains(row.cells[i], who) || phase == PhaseNone && row.command == "place" && who == "other buyer"
				ask := c
				if who == "other buyer" && row.command == "place" {
					ask = Place{Merchant: "another", ChosePayLater: true, Amount: yuan("100")}
				}
				made, err := decide(w.o, ask, trade.Given{By: actor, At: w.now}, w.facts)
				no, refused := errors.AsType[*trade.Refusal](err)
				name := fmt.Sprintf("%s by %s in %s", row.command, who, phase)
				switch {
				case allowed && (err != nil || len(made) == 0):
					faults = append(faults, fmt.Sprintf("%s: %v, %v; it is allowed", name, made, err))
				case !allowed && (!refused || no.Rule != ruleID || len(made) > 0):
					faults = append(faults, fmt.Sprintf("%s: %v, %v; want a refusal by %s", name, made, err, string(ruleID)))
				}
				for _, e := range made {
					if !slices.Contains(makes[row.command], e.Kind()) {
						faults = append(faults, fmt.Sprintf("%s makes %s, which its row does not list", name, e.Kind()))
					}
				}
			}
		}
	}
	return faults
}

// TestMatrix holds Decide to testdata/matrix.txt: every command in every phase by every role,
// and by a buyer and a seller who are not those of the order.
func TestMatrix(t *testing.T) {
	for _, fault := range checkMatrix(t, Decide) {
		t.Error(fault)
	}
}

// TestMatrixSeesAMissingAccountCheck runs the same check over a decision that takes every buyer
// and seller for the right one.
func TestMatrixSeesAMissingAccountCheck(t *testing.T) {
	lax := func(o Order, c Command, g trade.Given, f Facts) ([]Event, error) {
		switch {
		case o.Phase == PhaseNone:
		case g.By.Role == trade.Buyer:
			g.By = buyer
		case g.By.Role == trade.Seller:
			g.By = merchant
		}
		return Decide(o, c, g, f)
	}
	faults := checkMatrix(t, lax)
	for _, name := range []string{"pay by other buyer in received", "ship by other seller in placed"} {
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, name) }) {
			t.Errorf("no fault of %s among %d", name, len(faults))
		}
	}
}

func TestDiagram(t *testing.T) { golden(t, "testdata/paylater.mmd", Diagram()) }

func TestPhaseNames(t *testing.T) {
	if got := (PhaseWrittenOff + 1).String(); got != "unknown" {
		t.Errorf("a phase beyond the last is %q", got)
	}
	if got := PhasePrepaidShipped.String(); got != "prepaid-shipped" {
		t.Errorf("PhasePrepaidShipped is %q", got)
	}
}
