package funds

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/internal/aggregatetest"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/trade"
)

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
	phases := life.Table().Phases()
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

func TestAggregate(t *testing.T) {
	stream, err := Stream("acme", CNY())
	if err != nil {
		t.Fatal(err)
	}
	aggregatetest.Run(t, aggregatetest.Aggregate[Balance, Command, Event, Facts, Phase, Kind]{
		Stream: stream, New: func() Balance { return New("acme", CNY()) },
		Phase:  func(b Balance) Phase { return b.Phase },
		LastAt: func(b Balance) time.Time { return b.LastAt },
		Decide: Decide, Evolve: Evolve, Replay: Replay, Life: Life(), Model: Model,
		EncodeEvent: EncodeEvent, DecodeEvent: DecodeEvent, EncodeCommand: EncodeCommand, DecodeCommand: DecodeCommand,
		Commands: everyCommand, Events: everyEvent, Golden: "testdata/events.golden", Doc: "doc.go", History: story(),
	})
}

// TestDiagram holds the diagram to the life that doc.go describes.
func TestDiagram(t *testing.T) {
	const want = `stateDiagram-v2
    [*] --> open: funds.card-bound, funds.credited
`
	if got := Life().Diagram(machine.WithoutEnd); got != want {
		t.Errorf("got:\n%s", got)
	}
}
