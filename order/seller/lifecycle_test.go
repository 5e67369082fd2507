package seller

import (
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
	all := services()
	aggregatetest.ReadMatrix(t, "testdata/matrix.txt", "command", phases).Check(t, commandNames(), actors, func(name string, p order.Service, by trade.Actor) error {
		_, err := Decide(all[p], commands[name], trade.Given{By: by, At: noon}, paid)
		return err
	})
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
