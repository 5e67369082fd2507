package reservation

import (
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is where a number stands in its life.
type Phase uint8

const (
	// PhaseNone: nobody has the number.
	PhaseNone Phase = iota
	// PhaseReserved: the number has an owner for good.
	PhaseReserved
)

var phases = machine.Names{
	{"none", "free", "未占用"},
	{"reserved", "reserved", "已占用"},
}

// String returns the phase's name: "none" or "reserved".
func (p Phase) String() string { return phases.Name(uint8(p)) }

// Text returns the phase as a sentence has it.
func (p Phase) Text(lang rule.Lang) string { return phases.Text(uint8(p), lang) }

var life = machine.Must(machine.NewLife("number", "号码", PhaseNone,
	[]machine.Step[Phase, Kind]{{Event: KindReserved, From: []Phase{PhaseNone}, To: PhaseReserved}},
	[]machine.Permit[Phase, Kind]{
		{Command: Reserve{}.Name(), Roles: []trade.Role{trade.Desk}, Phases: []Phase{PhaseNone}, Rule: rule.D43, Makes: []Kind{KindReserved}},
		{Command: Reserve{}.Name(), Roles: []trade.Role{trade.Desk}, Phases: []Phase{PhaseReserved}, Rule: rule.D43},
	},
))

// Life returns the two tables of a number, and the machine and the diagram made from them.
func Life() *machine.Life[Phase, Kind] { return life }
