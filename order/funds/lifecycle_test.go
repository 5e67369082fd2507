package funds

import (
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
	table := aggregatetest.ReadMatrix(t, "testdata/matrix.txt", "command", life.Table().Phases())
	table.Check(t, commandNames(), actors, func(name string, p Phase, by trade.Actor) error {
		_, err := Decide(balances[p], asks[name], trade.Given{By: by, At: noon}, facts[name])
		return err
	})
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
