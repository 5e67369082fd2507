package desk

import (
	"errors"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
)

// session is the world of a plan on a store: one attempt of a transaction.
type session struct {
	desk  *Desk
	tx    *events.Tx
	at    time.Time
	facts []Fact
}

var _ world = (*session)(nil)

func (s *session) order(id order.ID) (order.Order, error) {
	o, _, err := s.desk.orders.Load(s.tx, order.Stream(id))
	return o, err
}

func (s *session) service(account order.Account) (seller.Service, error) {
	return load(s, s.desk.services, func() (events.StreamID, error) { return seller.Stream(account) })
}

func (s *session) entrustment(id order.EntrustmentID) (entrustment.State, error) {
	return load(s, s.desk.entrustments, func() (events.StreamID, error) { return entrustment.Stream(id) })
}

func (s *session) line(account order.Account, c order.Currency) (credit.Line, error) {
	return load(s, s.desk.lines, func() (events.StreamID, error) { return credit.Stream(account, c) })
}

func (s *session) reservation(stream events.StreamID) (Reservation, error) {
	r, _, err := s.desk.reservations(stream).Load(s.tx, stream)
	return r, err
}

func load[S, E any](s *session, m *events.Model[S, E], name func() (events.StreamID, error)) (S, error) {
	stream, err := name()
	if err != nil {
		var none S
		return none, err
	}
	state, _, err := m.Load(s.tx, stream)
	return state, err
}

// reservations returns the model of the stream's category.
func (d *Desk) reservations(stream events.StreamID) *events.Model[Reservation, Event] {
	if stream.Category() == accountCategory {
		return d.accounts
	}
	return d.numbers
}

func (s *session) appendOrder(id order.ID, facts ...order.Event) error {
	return write(s, s.desk.orders, order.Stream(id), facts)
}

func (s *session) appendService(account order.Account, facts ...seller.Event) error {
	stream, err := seller.Stream(account)
	if err != nil {
		return err
	}
	return write(s, s.desk.services, stream, facts)
}

func (s *session) appendEntrustment(id order.EntrustmentID, facts ...entrustment.Event) error {
	stream, err := entrustment.Stream(id)
	if err != nil {
		return err
	}
	return write(s, s.desk.entrustments, stream, facts)
}

func (s *session) appendLine(account order.Account, c order.Currency, facts ...credit.Event) error {
	stream, err := credit.Stream(account, c)
	if err != nil {
		return err
	}
	return write(s, s.desk.lines, stream, facts)
}

func (s *session) reserve(stream events.StreamID, r Reserved) error {
	return write(s, s.desk.reservations(stream), stream, []Event{r})
}

// write appends facts to a stream and notes them for the result.
func write[S, E any](s *session, m *events.Model[S, E], stream events.StreamID, facts []E) error {
	_, version, err := m.Load(s.tx, stream)
	if err != nil {
		return err
	}
	if err := m.Append(s.tx, stream, facts...); err != nil {
		return err
	}
	for i, e := range facts {
		s.facts = append(s.facts, Fact{Stream: stream, Version: version + events.Version(i) + 1, At: s.at, Event: e})
	}
	return nil
}

// head loads the addressed stream and returns its version and the latest instant of its events.
func (s *session) head(t *target, stream events.StreamID) (head events.Version, last time.Time, err error) {
	switch t.kind {
	case targetOrder:
		o, v, err := s.desk.orders.Load(s.tx, stream)
		return v, o.LastAt, err
	case targetSeller:
		x, v, err := s.desk.services.Load(s.tx, stream)
		return v, x.LastAt, err
	case targetEntrustment:
		x, v, err := s.desk.entrustments.Load(s.tx, stream)
		return v, x.LastAt, err
	case targetLine:
		x, v, err := s.desk.lines.Load(s.tx, stream)
		return v, x.LastAt, err
	default:
		return 0, last, errors.New("desk: a command without a target")
	}
}

// version returns the version of the addressed stream with what was written to it.
func (s *session) version(stream events.StreamID, head events.Version) events.Version {
	for _, f := range s.facts {
		if f.Stream == stream {
			head = f.Version
		}
	}
	return head
}
