package payment

import (
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is how far a payment has come.
type Phase uint8

// The phases of a payment.
const (
	PhaseNone       Phase = iota
	PhaseRecorded         // it came in
	PhaseVoided           // its record was taken back: the reference is free
	PhaseAllAdopted       // no payment: the mark in the stream Adoption
)

// phases names the phases: on the wire, and for people in both languages.
var phases = machine.Names{
	{"none", "not recorded", "未登记"},
	{"recorded", "recorded", "已登记"},
	{"voided", "taken back", "已撤销"},
	{"all-adopted", "the mark that all payments have a stream", "款项均已单独登记的标记"},
}

// String returns "none", "recorded", "voided" or "all-adopted".
func (p Phase) String() string { return phases.Name(uint8(p)) }

// Text returns the phase as a sentence has it.
func (p Phase) Text(lang rule.Lang) string { return phases.Text(uint8(p), lang) }

var recorded = []Phase{PhaseRecorded}

// steps is the life of a payment; the machine and the diagram are made from it.
var steps = []machine.Step[Phase, Kind]{
	{Event: KindRecorded, From: []Phase{PhaseNone, PhaseVoided}, To: PhaseRecorded},
	{Event: KindApplied, From: recorded, Stay: true},
	{Event: KindReturned, From: recorded, Stay: true},
	{Event: KindTaken, From: recorded, Stay: true},
	{Event: KindResolved, From: recorded, Stay: true},
	{Event: KindVoided, From: recorded, To: PhaseVoided},
	{Event: KindAllAdopted, From: []Phase{PhaseNone}, To: PhaseAllAdopted},
}

var permits = []machine.Permit[Phase, Kind]{
	permit(Record{}, rule.D65, []Phase{PhaseNone, PhaseVoided}, KindRecorded),
	permit(Record{}, rule.D65, recorded), // the same again
	permit(Apply{}, rule.D21, recorded, KindApplied),
	permit(Return{}, rule.D21, recorded, KindReturned),
	permit(Take{}, rule.D24, recorded, KindTaken),
	permit(Resolve{}, rule.D24, recorded, KindResolved),
	permit(Void{}, rule.D65, recorded, KindVoided),
	permit(NoteAllAdopted{}, rule.D65, []Phase{PhaseNone}, KindAllAdopted),
	permit(NoteAllAdopted{}, rule.D65, []Phase{PhaseAllAdopted}), // noted before
}

// permit allows a command to the desk alone: it belongs to a command on an order, or to the adoption.
func permit(c Command, id rule.ID, phases []Phase, makes ...Kind) machine.Permit[Phase, Kind] {
	return machine.Permit[Phase, Kind]{Command: c.Name(), Roles: []trade.Role{trade.Desk}, Phases: phases, Rule: id, Makes: makes}
}

var life = machine.Must(machine.NewLife("payment", "款项", PhaseNone, steps, permits))

// Life returns the two tables of a payment, and the machine and the diagram made from them.
func Life() *machine.Life[Phase, Kind] { return life }
