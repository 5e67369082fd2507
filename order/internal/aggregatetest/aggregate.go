package aggregatetest

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/trade"
)

// Command and Event are the parts of the sealed interfaces that every aggregate has.
type (
	Command                 interface{ Name() string }
	Event[K machine.Symbol] interface{ Kind() K }
)

// Aggregate is one kind of stream: its functions, and samples of what they take.
type Aggregate[S any, C Command, E Event[K], F any, P machine.Phase, K machine.Symbol] struct {
	Stream events.StreamID // whose state New returns
	New    func() S
	Phase  func(S) P
	LastAt func(S) time.Time

	Decide func(S, C, trade.Given, F) ([]E, error)
	Evolve func(S, E, time.Time) (S, error)
	Replay func(S, []events.Recorded[E]) (S, error)
	Life   *machine.Life[P, K]
	Others []K // the kinds of events that only another life of the package has
	Model  func() *events.Model[S, E]
	// Consequences are kinds of events that commands make after others, in some of the phases in
	// which a command is permitted. All other kinds have a step in every one of them.
	Consequences []K

	EncodeEvent   func([]byte, E) (string, uint16, []byte, error)
	DecodeEvent   func(string, uint16, []byte) (E, error)
	EncodeCommand func(C) (string, []byte)
	DecodeCommand func(string, []byte) (C, error)

	Commands []C // one of each command at least
	Events   []E // one of each kind at least
	Golden   string
	Doc      string // the file whose section "# Stored format" has the golden events, such as "doc.go"
	// History is one that can be, of two events at least.
	History []events.Recorded[E]
}

// Run runs every check as a subtest with the promise as its name.
func Run[S any, C Command, E Event[K], F any, P machine.Phase, K machine.Symbol](t *testing.T, a Aggregate[S, C, E, F, P, K]) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"StepsAreTheMachine", a.stepsAreTheMachine},
		{"EveryKindHasAStep", a.everyKindHasAStep},
		{"CommandsAndStepsAgree", a.commandsAndStepsAgree},
		{"EveryCommandHasAPermit", a.everyCommandHasAPermit},
		{"TablesAreCopies", a.tablesAreCopies},
		{"PhasesHaveNames", a.phasesHaveNames},
		{"RefusalsSpeakBothLanguages", a.refusalsSpeakBothLanguages},
		{"GoldenEvents", a.goldenEvents},
		{"FormatIsDocumented", a.formatIsDocumented},
		{"CommandsRoundTrip", a.commandsRoundTrip},
		{"FreeTextsAreNormal", a.freeTextsAreNormal},
		{"EveryFieldHasASample", a.everyFieldHasASample},
		{"UnknownTypesAreNamed", a.unknownTypesAreNamed},
		{"BytesAreBounded", a.bytesAreBounded},
		{"NilAndPointersAreMalformed", a.nilAndPointersAreMalformed},
		{"ZonesLeaveNoTrace", a.zonesLeaveNoTrace},
		{"StatesAreValues", a.statesAreValues},
		{"ReplayIsTheFold", a.replayIsTheFold},
		{"CorruptHistoryIsNamed", a.corruptHistoryIsNamed},
	} {
		t.Run(c.name, c.test)
	}
}
