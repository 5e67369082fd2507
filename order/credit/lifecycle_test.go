package credit

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/aggregatetest"
	"github.com/tradesurety/surety/order/trade"
)

// requests has every command of either product, and samples every event as the golden files have it.
var (
	requests = map[Product][]Command{
		Assurance: {
			AssessLimit{dollars(10_000), everything}, Suspend{"fraud"}, Resume{},
			Hold{orderA, dollars(6_000)}, Adjust{orderA, dollars(6_000), dollars(5_000)}, Release{orderA, dollars(5_000), order.ReleaseShipped},
			Claim{orderA, dollars(6_000), dollars(2_500)}, RepayClaim{dollars(2_500), "TT-1"},
			RequestAssessment{"more orders"},
		},
		PayLater: {
			OpenLine{yuan(5_000), everything}, AssessLimit{yuan(5_000), everything},
			Deduct{orderA, yuan(4_000)}, Restore{orderA, yuan(4_000), RestoreReturned, true}, NoteOverdue{orderA}, Consume{orderA, yuan(4_000)}, Withdraw{yuan(1)},
			Freeze(fake), Unfreeze(audit), RequestAssessment{"more orders"},
		},
	}
	samples = map[Product][]Event{
		Assurance: {
			LimitAssessed{Limit: dollars(10_000)},
			LimitAssessed{money("0 JPY"), Inputs{Qualification: "A", Ability: "已认证 <gold>", TradeFlow: money("250000.50 CNY"), Penalties: 2, Month: "2025-06"}},
			LineSuspended{"counterfeit goods"}, LineResumed{},
			Held{stored, dollars(6_000)}, HoldAdjusted{stored, dollars(6_000), money("4500.10 USD")},
			Released{stored, money("4500.10 USD"), order.ReleaseShipped}, Released{stored, money("4500.10 USD"), order.ReleaseReceived},
			Released{stored, money("4500.10 USD"), order.ReleaseClosed}, Released{stored, money("4500.10 USD"), order.ReleaseUncovered},
			ClaimPosted{stored, dollars(2_500), dollars(2_500)}, ClaimPosted{stored, money("1.25 KWD"), money("0 KWD")},
			ClaimRepaid{money("0.01 USD"), "TT-2025/001"},
			AssessmentRequested{}, AssessmentRequested{Note: "更多订单", Email: "shop@shop.example"},
		},
		PayLater: {
			LineOpened{Limit: yuan(5_000)},
			LineOpened{Limit: yuan(0), Inputs: Inputs{Month: "2025-06", Grade: 80, Score: leverScore, Volume: yuan(125_000), FakeVolume: fen(1), Products: 100, Profile: 99, AfterSales: 1}},
			LimitRaised{From: yuan(5_000), To: yuan(20_000)}, LimitRaised{From: yuan(0), To: fen(1), Inputs: Inputs{Score: mustNumber("4.79")}},
			LimitReduced{From: yuan(20_000), To: yuan(0), Inputs: Inputs{Penalties: 1}},
			QuotaDeducted{stored, yuan(4_000)},
			QuotaRestored{stored, yuan(4_000), RestorePaid, false}, QuotaRestored{stored, yuan(4_000), RestoreCancelled, false},
			QuotaRestored{stored, yuan(4_000), RestoreReturned, false}, QuotaRestored{stored, fen(1), RestoreLowered, false},
			QuotaConsumed{stored, yuan(4_000), yuan(5_000), yuan(1_000)}, QuotaConsumed{stored, yuan(4_000), yuan(3_000), yuan(0)},
			Frozen{ReasonOverdue, trade.Text(stored.String())}, Frozen{ReasonOpenOrders, ""}, Unfrozen{ReasonFakeOrder, trade.Text(stored.String())}, Unfrozen{ReasonOther, "店铺审核 <2025>"},
			QuotaRestored{stored, yuan(4_000), RestorePaid, true}, QuotaRestored{stored, yuan(4_000), RestoreReturned, true}, OverdueNoted{stored},
			LineOpened{Limit: yuan(5_000), Email: "shop@shop.example"}, LimitRaised{From: yuan(0), To: fen(1), Email: "shop@shop.example"},
			LimitReduced{From: fen(1), To: fen(1), Stays: true, Email: "shop@shop.example"}, AssessmentRequested{Note: "more", Email: "shop@shop.example"},
		},
	}
)

func TestAggregate(t *testing.T) {
	goldens := map[Product]string{Assurance: "testdata/events.golden", PayLater: "testdata/events_paylater.golden"}
	histories := map[Product][]Event{
		Assurance: {LimitAssessed{Limit: yuan(10_000)}, Held{orderA, yuan(6_000)}, LineSuspended{"fraud"}, ClaimPosted{orderA, yuan(2_500), yuan(3_500)}},
		PayLater:  {LineOpened{Limit: yuan(5_000), Inputs: shop}, deducted(orderA, 4_000), noted(orderA), Frozen(overdue), Frozen(audit), Unfrozen(overdue)},
	}
	for product, golden := range goldens {
		t.Run(product.String(), func(t *testing.T) {
			stream, err := Stream(product, "acme", cny)
			if err != nil {
				t.Fatal(err)
			}
			var history []events.Recorded[Event]
			for i, e := range histories[product] {
				history = append(history, events.Recorded[Event]{At: noon.Add(time.Duration(i) * time.Hour), Event: e})
			}
			others := slices.DeleteFunc(Life(1-product).Table().Kinds(), func(k Kind) bool { return slices.Contains(Life(product).Table().Kinds(), k) })
			aggregatetest.Run(t, aggregatetest.Aggregate[Line, Command, Event, Facts, Phase, Kind]{
				Stream: stream, New: func() Line { return New(product, "acme", cny) },
				Phase:  func(l Line) Phase { return l.Phase },
				LastAt: func(l Line) time.Time { return l.LastAt },
				Decide: Decide, Evolve: Evolve, Replay: Replay, Life: Life(product), Others: others,
				Model:       func() *events.Model[Line, Event] { return Model(product) },
				EncodeEvent: EncodeEvent, DecodeEvent: DecodeEvent, EncodeCommand: EncodeCommand, DecodeCommand: DecodeCommand,
				Commands: requests[product], Events: samples[product], Golden: golden, Doc: "doc.go", History: history,
			})
		})
	}
}

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
		"release":      Release{Order: orderA, Amount: money(60), Cause: order.ReleaseClosed},
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

		"request-assessment": RequestAssessment{},
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
	// The rules of freezing have cases of their own.
	payLater := map[Phase]Line{PhaseNone: unopened, PhaseOpen: opened(100, deducted(orderA, 60))}
	checkMatrix(t, Assurance, assurance)
	checkMatrix(t, PayLater, payLater)
}

func checkMatrix(t *testing.T, product Product, lines map[Phase]Line) {
	actors := map[string]trade.Actor{
		"buyer": {Role: trade.Buyer, Account: "acme"}, "seller": merchant,
		"platform": platform, "system": {Role: trade.System}, "desk": desk,
	}
	table := aggregatetest.ReadMatrix(t, "testdata/matrix.txt", product.String(), slices.Sorted(maps.Keys(lines)))
	table.Check(t, commandNames(), actors, func(name string, p Phase, by trade.Actor) error {
		l, c := lines[p], asks(product)[name]
		facts := Facts{Hold: order.Hold{Status: order.HoldOpen, Amount: l.Held}, Overdue: true}
		switch name {
		case "hold", "deduct":
			facts = Facts{}
		case "restore", "note-overdue":
			facts.Overdue = false
		case "unfreeze":
			if p == PhaseOpen {
				l = follow(l, Frozen(audit))
			}
		}
		_, err := Decide(l, c, trade.Given{By: by, At: noon}, facts)
		return err
	})
}

// TestDiagram holds the diagrams to the lives that doc.go describes.
func TestDiagram(t *testing.T) {
	for product, want := range map[Product]string{
		Assurance: `stateDiagram-v2
    [*] --> active: credit.limit-assessed
    active --> suspended: credit.line-suspended
    suspended --> active: credit.line-resumed
`,
		PayLater: `stateDiagram-v2
    [*] --> open: credit.line-opened
    open --> [*]
`,
	} {
		if got := Life(product).Diagram(); got != want {
			t.Errorf("%s:\n%s", product, got)
		}
	}
}
