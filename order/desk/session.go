package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// session is the world of a plan on a store: one run of an attempt.
type session struct {
	desk    *Desk
	tx      *events.Tx
	ctx     context.Context // of the run; a session does not outlive it
	attempt *attempt
	at      time.Time
	facts   []Fact // in the order in which the plan wrote them
	streams int    // how many streams they are of
}

var _ world = (*session)(nil)

// orderStream and saleStream are the streams of an order: as a rule the addressed one, whose name
// is there already.
func (s *session) orderStream(id trade.ID) events.StreamID {
	if t := &s.attempt.command.Do.target; t.kind == targetOrder && t.order == id {
		return s.attempt.stream
	}
	return order.Stream(id)
}

func (s *session) saleStream(id trade.ID) events.StreamID {
	if t := &s.attempt.command.Do.target; t.kind == targetPayLater && t.order == id {
		return s.attempt.stream
	}
	return paylater.Stream(id)
}

func (s *session) order(id trade.ID) (order.Order, error) {
	o, _, err := s.desk.orders.Load(s.tx, s.orderStream(id))
	return o, err
}

func (s *session) service(account trade.Account) (seller.Service, error) {
	return load(s, s.desk.services, func() (events.StreamID, error) { return seller.Stream(account) })
}

func (s *session) entrustment(id order.EntrustmentID) (entrustment.Entrustment, error) {
	return load(s, s.desk.entrustments, func() (events.StreamID, error) { return entrustment.Stream(id) })
}

func (s *session) line(account trade.Account, c trade.Currency) (credit.Line, error) {
	stream, err := credit.Stream(account, c)
	if err != nil {
		return credit.Line{}, err
	}
	return s.hot(s.desk.lines, stream)
}

// hot loads a line when it is the command's turn.
func (s *session) hot(m *events.Model[credit.Line, credit.Event], stream events.StreamID) (_ credit.Line, err error) {
	// A line is written by the orders of all its buyers: whoever needs it waits for his turn
	// before he looks, and keeps it until his commit is through.
	if a := s.attempt; a.turn == nil {
		if a.turn, err = s.desk.queues.enter(s.ctx, stream); err != nil {
			return credit.Line{}, err
		}
	}
	l, _, err := m.Load(s.tx, stream)
	return l, err
}

func (s *session) sale(id trade.ID) (paylater.Order, error) {
	o, _, err := s.desk.sales.Load(s.tx, s.saleStream(id))
	return o, err
}

func (s *session) quota(merchant trade.Account, c trade.Currency) (credit.Line, error) {
	stream, err := credit.PayLaterStream(merchant, c)
	if err != nil {
		return credit.Line{}, err
	}
	return s.hot(s.desk.quotas, stream)
}

func (s *session) balance(merchant trade.Account, c trade.Currency) (funds.Balance, error) {
	return load(s, s.desk.balances, func() (events.StreamID, error) { return funds.Stream(merchant, c) })
}

func (s *session) reservation(stream events.StreamID) (reservation.Reservation, error) {
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
func (d *Desk) reservations(stream events.StreamID) *events.Model[reservation.Reservation, reservation.Event] {
	if stream.Category() == string(reservation.ReceivingAccount) {
		return d.accounts
	}
	return d.numbers
}

func (s *session) appendOrder(id trade.ID, facts ...order.Event) error {
	return write(s, s.desk.orders, s.orderStream(id), facts)
}

func (s *session) appendService(account trade.Account, facts ...seller.Event) error {
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

func (s *session) appendLine(account trade.Account, c trade.Currency, facts ...credit.Event) error {
	stream, err := credit.Stream(account, c)
	if err != nil {
		return err
	}
	return write(s, s.desk.lines, stream, facts)
}

func (s *session) appendSale(id trade.ID, facts ...paylater.Event) error {
	return write(s, s.desk.sales, s.saleStream(id), facts)
}

func (s *session) appendQuota(merchant trade.Account, c trade.Currency, facts ...credit.Event) error {
	stream, err := credit.PayLaterStream(merchant, c)
	if err != nil {
		return err
	}
	return write(s, s.desk.quotas, stream, facts)
}

func (s *session) appendBalance(merchant trade.Account, c trade.Currency, facts ...funds.Event) error {
	stream, err := funds.Stream(merchant, c)
	if err != nil {
		return err
	}
	return write(s, s.desk.balances, stream, facts)
}

func (s *session) reserve(stream events.StreamID, made ...reservation.Event) error {
	return write(s, s.desk.reservations(stream), stream, made)
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
	if !slices.ContainsFunc(s.facts, func(f Fact) bool { return f.Stream == stream }) {
		s.streams++
	}
	for i, e := range facts {
		s.facts = append(s.facts, Fact{Stream: stream, Version: version + events.Version(i) + 1, At: s.at, Event: e})
	}
	return nil
}

// inLogOrder returns the facts as the commit has them: stream by stream, in the order in which
// the streams were loaded.
func (s *session) inLogOrder() []Fact {
	if s.streams < 2 {
		return s.facts
	}
	facts := make([]Fact, 0, len(s.facts))
	for _, b := range s.tx.Batches() {
		for _, f := range s.facts {
			if f.Stream == b.Stream {
				facts = append(facts, f)
			}
		}
	}
	return facts
}

// head loads the addressed stream and returns its version and the latest instant of its events.
func (s *session) head(t *target) (head events.Version, last time.Time, err error) {
	switch t.kind {
	case targetOrder:
		o, v, err := s.desk.orders.Load(s.tx, s.attempt.stream)
		return v, o.LastAt, err
	case targetSeller:
		x, v, err := s.desk.services.Load(s.tx, s.attempt.stream)
		return v, x.LastAt, err
	case targetEntrustment:
		x, v, err := s.desk.entrustments.Load(s.tx, s.attempt.stream)
		return v, x.LastAt, err
	case targetLine:
		x, err := s.line(t.account, t.currency)
		if err != nil {
			return 0, last, err
		}
		_, v, err := s.desk.lines.Load(s.tx, s.attempt.stream)
		return v, x.LastAt, err
	case targetPayLater:
		x, v, err := s.desk.sales.Load(s.tx, s.attempt.stream)
		return v, x.LastAt, err
	case targetQuota:
		x, err := s.quota(t.account, t.currency)
		if err != nil {
			return 0, last, err
		}
		_, v, err := s.desk.quotas.Load(s.tx, s.attempt.stream)
		return v, x.LastAt, err
	case targetFunds:
		x, v, err := s.desk.balances.Load(s.tx, s.attempt.stream)
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
