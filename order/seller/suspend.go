package seller

import "github.com/tradesurety/surety/order/trade"

// Suspend: the platform stops a service after a violation. The seller can neither draft nor submit
// an order; orders that were submitted go on.

// Suspend stops the service. Reason is what the seller is shown, in at most 500 bytes.
type Suspend struct {
	Reason trade.Text `json:"reason"`
}

func (c Suspend) check() error { return c.Reason.Check("reason", maxReason) }

func (c Suspend) decide(*Service, *trade.Given, *Facts) ([]Event, error) {
	return []Event{Suspended(c)}, nil
}

// Suspended says that the platform stopped the service, and why.
// Stored: add fields, never rename or remove.
type Suspended struct {
	Reason trade.Text `json:"reason"`
}

func (e Suspended) check() error { return e.Reason.CheckStored("reason", maxReason) }

func (e Suspended) evolve(s *Service) { s.Reason = e.Reason }

// Reinstate ends the suspension of a service.
type Reinstate struct{}

func (Reinstate) check() error { return nil }

func (Reinstate) decide(*Service, *trade.Given, *Facts) ([]Event, error) {
	return []Event{Reinstated{}}, nil
}

// Reinstated says that the service is active again.
// Stored: add fields, never rename or remove.
type Reinstated struct{}

func (Reinstated) check() error { return nil }

func (Reinstated) evolve(s *Service) { s.Reason = "" }
