package audit

import "github.com/tradesurety/surety/events"

// serviceBook is the auditor's state of a seller's service.
type serviceBook struct {
	head
	account string
	phase   servicePhase
}

// servicePhase is a phase of section 4.1 of the rule book.
type servicePhase uint8

const (
	serviceNone servicePhase = iota
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
	return a.ordersOnly || s != nil && s.phase == serviceActive
}

func (*serviceBook) check(*Auditor) {}

func (a *Auditor) bookService(s *serviceBook) {
	if !a.advance(&s.head, s) {
		return
	}
	a.checkParty("", s.account)
	before, ok := s.phase, false
	switch a.record.Type {
	case "service.activated":
		ok, s.phase = before == serviceNone || before == serviceRejected, serviceActive
		a.checkActivation()
	case "service.activation-rejected":
		ok, s.phase = before == serviceNone || before == serviceRejected, serviceRejected
		a.checkActivation()
	case "service.suspended":
		ok, s.phase = before == serviceActive, serviceSuspended
	case "service.reinstated":
		ok, s.phase = before == serviceSuspended, serviceActive
	default:
		a.failf("I28", "an unknown type")
	}
	if !ok {
		a.failf("D33", "the phase %d does not allow it", before)
	}
}

// checkActivation checks the route (A3), and that a member that is not paid has a certification (A5).
func (a *Auditor) checkActivation() {
	if route := string(a.text("route")); route != "console" && route != "service-page" {
		a.failf("A3", "by route %q", route)
	}
	if string(a.text("membership")) == "paid" {
		return
	}
	if !a.parseNested("certification") {
		a.failf("A5", "a free member without a certification")
		return
	}
	a.swapNested()
	defer a.swapNested()
	for _, field := range [...]string{"company_name", "registration_no", "legal_representative", "registered_address"} {
		if len(a.text(field)) == 0 {
			a.failf("A5", "the certification has no %s", field)
		}
	}
}
