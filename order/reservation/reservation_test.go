package reservation_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/aggregatetest"
	. "github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

const (
	first  = "019342c8-5a00-7000-8000-000000000001"
	second = "019342c8-5a00-7000-8000-000000000002"
)

var noon = time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC)

func given() trade.Given { return trade.Given{By: trade.Actor{Role: trade.Desk}, At: noon} }

func TestAggregate(t *testing.T) {
	for _, use := range []Use{ReceivingAccount, DeclarationNumber} {
		t.Run(string(use), func(t *testing.T) {
			stream, err := Stream(use, "N1")
			if err != nil {
				t.Fatal(err)
			}
			aggregatetest.Run(t, aggregatetest.Aggregate[Reservation, Command, Event, Facts, Phase, Kind]{
				Stream: stream, New: func() Reservation { return New(use, "N1") },
				Phase:  func(r Reservation) Phase { return r.Phase },
				LastAt: func(r Reservation) time.Time { return r.LastAt },
				Decide: Decide, Evolve: Evolve, Replay: Replay, Life: Life(),
				Model:       func() *events.Model[Reservation, Event] { return Model(use) },
				EncodeEvent: EncodeEvent, DecodeEvent: DecodeEvent, EncodeCommand: EncodeCommand, DecodeCommand: DecodeCommand,
				Commands: []Command{Reserve{Owner: first}}, Events: []Event{Reserved{Owner: first}}, Golden: "testdata/events.golden", Doc: "doc.go",
				History: []events.Recorded[Event]{{At: noon, Event: Reserved{Owner: first}}},
			})
		})
	}
}

// TestRule: the owner may meet their own reservation, nobody else may.
func TestRule(t *testing.T) {
	for use, want := range map[Use]rule.ID{ReceivingAccount: rule.A11, DeclarationNumber: rule.D43} {
		made, err := Decide(New(use, "N1"), Reserve{Owner: first}, given(), Facts{})
		if err != nil || len(made) != 1 || made[0] != (Reserved{Owner: first}) {
			t.Fatalf("%s: %v, %v", use, made, err)
		}
		r, err := Evolve(New(use, "N1"), made[0], noon)
		if err != nil {
			t.Fatal(err)
		}
		if made, err := Decide(r, Reserve{Owner: first}, given(), Facts{}); err != nil || made != nil {
			t.Errorf("%s: the owner again: %v, %v", use, made, err)
		}
		if _, err := Decide(r, Reserve{Owner: second}, given(), Facts{}); !errors.Is(err, want) {
			t.Errorf("%s: somebody else: %v, want %s", use, err, want)
		}
		g := given()
		g.By = trade.Actor{Role: trade.Seller, Account: "acme"}
		if _, err := Decide(New(use, "N1"), Reserve{Owner: first}, g, Facts{}); !errors.As(err, new(*trade.Refusal)) {
			t.Errorf("%s: a seller reserves a number: %v", use, err)
		}
	}
}

// TestOwners: an owner that nothing of the kind can be makes the history corrupt.
func TestOwners(t *testing.T) {
	for use, owners := range map[Use][]string{
		ReceivingAccount: {"", "acme", strings.ToUpper("019342c8-5a00-7000-8000-00000000000a")}, DeclarationNumber: {"", "a b", strings.Repeat("x", 65)},
	} {
		for _, owner := range owners {
			if r, err := Evolve(New(use, "N1"), Reserved{Owner: owner}, noon); !errors.As(err, new(*trade.InvalidError)) || r != New(use, "N1") {
				t.Errorf("%s of %q: %+v, %v", use, owner, r, err)
			}
		}
	}
}

func TestStreams(t *testing.T) {
	for use, want := range map[Use]events.StreamID{ReceivingAccount: "receiving_account-N1", DeclarationNumber: "declaration-N1"} {
		if s, err := Stream(use, "N1"); err != nil || s != want {
			t.Errorf("%q, %v", s, err)
		}
		if s, err := Stream(use, "N 1"); !errors.As(err, new(*trade.InvalidError)) {
			t.Errorf("%q, %v", s, err)
		}
	}
}
