package seller

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/aggregatetest"
	"github.com/tradesurety/surety/order/trade"
)

var phases = []order.Service{order.ServiceNone, order.ServiceActive, order.ServiceRejected, order.ServiceSuspended}

func asks() []Command {
	return []Command{
		Activate{RouteConsole, certification, cents(1)}, Activate{Route: RouteConsole},
		Suspend{"counterfeit goods"}, Reinstate{},
	}
}

// samples has an event of each kind, and one more where a field is optional.
func samples() []Event {
	return []Event{
		Activated{Route: RouteConsole, Membership: MemberPaid},
		Activated{RouteServicePage, MemberFree, Certification{"杭州远航贸易有限公司", "91330100MA2XXXXX0A", "王芳", "杭州市滨江区网商路 699 号"}},
		ActivationRejected{RouteConsole, Certification{"Far \"Sail\" <Trading> & Co.", "91330100MA2XXXXX0A", "Wang Fang", "699 Wangshang Rd"}, "the registry does not know the number"},
		Suspended{"counterfeit goods"}, Reinstated{},
	}
}

func TestAggregate(t *testing.T) {
	stream, err := Stream("acme")
	if err != nil {
		t.Fatal(err)
	}
	aggregatetest.Run(t, aggregatetest.Aggregate[Service, Command, Event, Facts, order.Service, Kind]{
		Stream: stream, New: func() Service { return New("acme") },
		Phase:  func(s Service) order.Service { return s.Phase },
		LastAt: func(s Service) time.Time { return s.LastAt },
		Decide: Decide, Evolve: Evolve, Replay: Replay, Life: Life(), Model: Model,
		EncodeEvent: EncodeEvent, DecodeEvent: DecodeEvent, EncodeCommand: EncodeCommand, DecodeCommand: DecodeCommand,
		Commands: asks(), Events: samples(), Golden: "testdata/events.golden", Doc: "doc.go",
		History: []events.Recorded[Event]{
			{At: noon, Event: samples()[1]}, {At: noon.Add(time.Hour), Event: Suspended{"fraud"}}, {At: noon.Add(time.Hour), Event: Reinstated{}},
		},
	})
}

// TestMatrix holds Decide to testdata/matrix.txt: every command in every phase by every role
// and by the seller of another service.
func TestMatrix(t *testing.T) {
	commands := make(map[string]Command)
	for _, c := range asks() {
		commands[c.Name()] = c
	}
	actors := map[string]trade.Actor{
		"buyer": {Role: trade.Buyer, Account: "acme"}, "seller": acme, "other seller": other,
		"platform": platform, "system": {Role: trade.System}, "desk": {Role: trade.Desk},
	}
	all, rows := services(), matrix(t, "testdata/matrix.txt", phases)
	if got, want := keys(rows), commandNames(); !slices.Equal(got, want) {
		t.Fatalf("the matrix has %v, the commands are %v", got, want)
	}
	for name, row := range rows {
		for i, phase := range phases {
			for who, actor := range actors {
				_, err := Decide(all[phase], commands[name], trade.Given{By: actor, At: noon}, paid)
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
func matrix(t *testing.T, file string, phases []order.Service) map[string]matrixRow {
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

// TestDiagram holds the diagram to the life that doc.go describes.
func TestDiagram(t *testing.T) {
	const want = `stateDiagram-v2
    [*] --> active: service.activated
    [*] --> rejected: service.activation-rejected
    active --> suspended: service.suspended
    rejected --> active: service.activated
    suspended --> active: service.reinstated
`
	if got := Life().Diagram(); got != want {
		t.Errorf("got:\n%s", got)
	}
}
