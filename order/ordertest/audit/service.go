package audit

import "github.com/tradesurety/surety/events"

// serviceBook is what is kept of a seller's service.
type serviceBook struct {
	head
	account string
	state   state
}

// state is section 4.1 of the rule book.
type state uint8

const (
	serviceNone state = iota
	serviceActive
	serviceRejected
	serviceSuspended
)

func (a *Auditor) serviceOf(stream events.StreamID) *serviceBook {
	account, _ := stream.Key()
	s := a.services[account]
	if s == nil {
		s = &serviceBook{head: head{stream: stream}, account: account}
		a.services[account] = s
	}
	return s
}

// serves reports whether a seller's service is active.
func (a *Auditor) serves(account string) bool {
	s := a.services[account]
	return a.alone || s != nil && s.state == serviceActive
}

func (*serviceBook) settle(*Auditor) {}

func (a *Auditor) seeService(s *serviceBook) {
	if !a.enter(&s.head, s) {
		return
	}
	a.is("", s.account)
	before, ok := s.state, false
	switch a.record.Type {
	case "service.activated":
		ok, s.state = before == serviceNone || before == serviceRejected, serviceActive
		a.activation()
	case "service.activation-rejected":
		ok, s.state = before == serviceNone || before == serviceRejected, serviceRejected
		a.activation()
	case "service.suspended":
		ok, s.state = before == serviceActive, serviceSuspended
	case "service.reinstated":
		ok, s.state = before == serviceSuspended, serviceActive
	default:
		a.failf("I28", "an unknown type")
	}
	if !ok {
		a.failf("D33", "not in state %d", before)
	}
}

// activation checks the route (A3), and that only a paid member goes without a certification (A5).
func (a *Auditor) activation() {
	if route := string(a.text("route")); route != "console" && route != "service-page" {
		a.failf("A3", "by route %q", route)
	}
	if string(a.text("membership")) == "paid" {
		return
	}
	if !a.nested("certification") {
		a.failf("A5", "a free member without a certification")
		return
	}
	a.turn()
	defer a.turn()
	for _, field := range [...]string{"company_name", "registration_no", "legal_representative", "registered_address"} {
		if len(a.text(field)) == 0 {
			a.failf("A5", "the certification has no %s", field)
		}
	}
}
