package seller

import (
	"slices"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// steps is the life of a service: which fact moves it from where to where. It is the only
// place that says so; the machine and the diagram are made from it. See TestStepsAreTheMachine.
var steps = []machine.Step[order.Service, Kind]{
	// activate
	{Event: KindActivated, From: in(order.ServiceNone, order.ServiceRejected), To: order.ServiceActive},
	{Event: KindActivationRejected, From: in(order.ServiceNone, order.ServiceRejected), To: order.ServiceRejected},

	// suspend
	{Event: KindSuspended, From: in(order.ServiceActive), To: order.ServiceSuspended},
	{Event: KindReinstated, From: in(order.ServiceSuspended), To: order.ServiceActive},
}

// Permission says who may ask for a command, in which phases, which rule refuses it elsewhere
// and to others, and which facts may come of it.
type Permission struct {
	Command string
	Roles   []trade.Role
	Phases  []order.Service
	Rule    rule.ID
	Makes   []Kind
}

// permissions is what may be asked of a service. What it does not allow is denied. See
// TestMatrix.
var permissions = []Permission{
	// activate
	permit(Activate{}, by(trade.Seller), in(order.ServiceNone, order.ServiceRejected), rule.A2,
		KindActivated, KindActivationRejected),

	// suspend
	permit(Suspend{}, by(trade.Platform), in(order.ServiceActive), rule.D33, KindSuspended),
	permit(Reinstate{}, by(trade.Platform), in(order.ServiceSuspended), rule.D33, KindReinstated),
}

func in(phases ...order.Service) []order.Service { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []order.Service, ruleID rule.ID, makes ...Kind) Permission {
	return Permission{Command: c.Name(), Roles: roles, Phases: phases, Rule: ruleID, Makes: makes}
}

// permissionOf returns the row of that command. Every command has one, see TestPermissions, and
// the table is short enough to be read from the top; a command without a row would be denied.
func permissionOf(command string) *Permission {
	for i := range permissions {
		if permissions[i].Command == command {
			return &permissions[i]
		}
	}
	return &Permission{Command: command}
}

// Permissions returns a copy of the table of commands.
func Permissions() []Permission {
	rows := slices.Clone(permissions)
	for i := range rows {
		p := &rows[i]
		p.Roles, p.Phases, p.Makes = slices.Clone(p.Roles), slices.Clone(p.Phases), slices.Clone(p.Makes)
	}
	return rows
}

// lifecycle is the machine of a service. It is made once from the steps and never changes.
var lifecycle = mustTable(machine.New(order.ServiceNone, steps))

// mustTable panics if the steps above contradict each other: the program is broken then,
// whatever its input.
func mustTable(t *machine.Table[order.Service, Kind], err error) *machine.Table[order.Service, Kind] {
	if err != nil {
		panic(err)
	}
	return t
}

// Table returns the machine of a service.
func Table() *machine.Table[order.Service, Kind] { return lifecycle }

// Diagram returns the phases of a service as a Mermaid state diagram.
func Diagram() string { return lifecycle.Mermaid() }
