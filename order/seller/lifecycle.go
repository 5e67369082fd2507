package seller

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// steps says which event moves a service from where to where. It is the only place that does; the
// machine and the diagram are made from it.
var steps = []machine.Step[order.Service, Kind]{
	// activate
	{Event: KindActivated, From: in(order.ServiceNone, order.ServiceRejected), To: order.ServiceActive},
	{Event: KindActivationRejected, From: in(order.ServiceNone, order.ServiceRejected), To: order.ServiceRejected},

	// suspend
	{Event: KindSuspended, From: in(order.ServiceActive), To: order.ServiceSuspended},
	{Event: KindReinstated, From: in(order.ServiceSuspended), To: order.ServiceActive},
}

// permits says which role may issue which command, in which phases. What it does not allow is
// denied. See TestMatrix.
var permits = []machine.Permit[order.Service, Kind]{
	// activate
	permit(Activate{}, by(trade.Seller), in(order.ServiceNone, order.ServiceRejected), rule.A2, KindActivated, KindActivationRejected),

	// suspend
	permit(Suspend{}, by(trade.Platform), in(order.ServiceActive), rule.D33, KindSuspended),
	permit(Reinstate{}, by(trade.Platform), in(order.ServiceSuspended), rule.D33, KindReinstated),
}

func in(phases ...order.Service) []order.Service { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []order.Service, id rule.ID, makes ...Kind) machine.Permit[order.Service, Kind] {
	return machine.Permit[order.Service, Kind]{Command: c.Name(), Roles: roles, Phases: phases, Rule: id, Makes: makes}
}

var life = machine.Must(machine.NewLife("service", "信保服务", order.ServiceNone, steps, permits))

// Life returns the two tables of a service, and the machine and the diagram made from them.
func Life() *machine.Life[order.Service, Kind] { return life }
