package paylater_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/internal/aggregatetest"
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

func TestAggregate(t *testing.T) {
	w := on(t, PhaseReceived).under(instalments).do(pay("40"), OpenAfterSales{}, CloseAfterSales{}).wait(day + 1)
	w.do(RequestCharge{}, MarkOverdue{}, pay("60"))
	aggregatetest.Run(t, aggregatetest.Aggregate[Order, Command, Event, Facts, Phase, Kind]{
		Stream: Stream(ours), New: func() Order { return New(ours) },
		Phase:  func(o Order) Phase { return o.Phase },
		LastAt: func(o Order) time.Time { return o.LastAt },
		Decide: Decide, Evolve: Evolve, Replay: Replay, Life: Life(), Model: Model,
		EncodeEvent: EncodeEvent, DecodeEvent: DecodeEvent, EncodeCommand: EncodeCommand, DecodeCommand: DecodeCommand,
		Consequences: []Kind{KindPaymentUnapplied},
		Commands:     samples(), Events: everyEvent(), Golden: "testdata/events.golden", Doc: "doc.go", History: w.history,
	})
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
		switch p {
		case PhaseReceived:
			w.do(OpenAfterSales{})
		case PhaseOverdue:
			w.o.AfterSalesAt, w.o.PauseUntil = newYear, newYear.Add(1)
		}
	case ReturnUnapplied:
		if p != PhaseNone {
			w.o.Surplus = []Payment{{Reference: "C-9", Amount: yuan("1")}}
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
	for _, p := range Life().Permits() {
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
				if row.command == "pay" {
					ask = Pay{Reference: "of the matrix", Amount: yuan("100")}
				}
				made, err := decide(w.o, ask, trade.Given{By: actor, At: w.now}, w.facts)
				no, refused := errors.AsType[*trade.Refusal](err)
				name := fmt.Sprintf("%s by %s in %s", row.command, who, phase)
				ruleID := ruleID
				if refused && no.ByActor() {
					ruleID = row.rule // whatever the phase (D64)
				}
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

func TestDiagram(t *testing.T) { golden(t, "testdata/paylater.mmd", Life().Diagram()) }
