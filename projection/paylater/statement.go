package paylater

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// TypeReleased is the type of a movement without an event: waiting funds have become available.
const TypeReleased = "funds.released"

// FundsMovement changed a figure of a balance: an event, or the release of waiting funds. Exactly
// one of Order, Withdrawal and Charge is set.
type FundsMovement struct {
	Version      events.Version // 0 for a release
	At           time.Time
	Type         string // the wire name of the event, such as "funds.credited", or TypeReleased
	Order        trade.ID
	Withdrawal   funds.WithdrawalID
	Charge       funds.ChargeID
	FundsFigures              // the change, negative if a figure fell
	After        FundsFigures // the figures after the movement
}

// FundsStatement shows the movements of a balance in a period. The figures of Opening plus all
// movements, of this page and the following ones, are those of Closing.
type FundsStatement struct {
	Opening   FundsFigures
	Movements []FundsMovement
	Closing   FundsFigures
	Next      string // the After of the next page; empty on the last one
}

// Statement returns a page of the statement of a balance: events and releases at from or later and
// before to, a release before the events of the same instant. A zero from begins with the first
// event; a zero to ends with the last event, without the releases after it. The platform sees all
// balances, a merchant their own; for other callers the statement is empty. Before its first event
// the figures of a balance are zero.
//
// An event whose instant is before that of an earlier event is booked at the instant of the earlier
// one, so that the statements of successive periods leave no gap.
func (f *Funds) Statement(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, from, to time.Time, p Page) (s FundsStatement, err error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return FundsStatement{}, err
	}
	begin, end := nanos(from), nanos(to)
	x := newBalanceRows(merchant, c)
	err = f.source.Read(ctx, func(snap projection.Snapshot) error {
		last, err := x.Last(snap)
		if err != nil {
			return err
		}
		if to.IsZero() && last != nil {
			end = readmodel.Row{Table: movements, Row: last}.Int("booked") + 1
		}
		end = max(begin, end)
		if s.Opening, _, err = x.before(snap, begin); err != nil {
			return err
		}
		if s.Closing, _, err = x.before(snap, end); err != nil {
			return err
		}
		at, err := x.pageStart(snap, &s, begin, p.After)
		if err != nil {
			return err
		}
		return x.fill(snap, &s, at, end, p.Limit)
	})
	if err != nil {
		return FundsStatement{}, err
	}
	return s, nil
}

// maxNanos is later than any stored instant.
const maxNanos = math.MaxInt64

// nanos returns the value of a column for an instant to compare with.
func nanos(t time.Time) int64 { return readmodel.Instant(t).Int() }

// balanceRows selects the rows of one balance.
type balanceRows struct{ readmodel.Period }

func newBalanceRows(merchant trade.Account, c trade.Currency) *balanceRows {
	return &balanceRows{readmodel.Period{Table: movements, Account: readmodel.Account{Owner: merchant, Currency: c}}}
}

// between returns conditions that select the rows of the balance with a column from <= value < to,
// and others.
func (x *balanceRows) between(column string, from, to int64, more ...projection.Condition) []projection.Condition {
	return x.Account.Where("merchant", append(more,
		projection.Condition{Column: column, Op: projection.AtLeast, Value: projection.Int(from)},
		projection.Condition{Column: column, Op: projection.Less, Value: projection.Int(to)})...)
}

// releases returns the query for the releases at from or later and before to.
func (x *balanceRows) releases(from, to int64, limit int) projection.Query {
	return projection.Query{Table: releases.Name, Where: x.between("at", from, to), Limit: limit}
}

// before returns the figures just before an instant, and the row of the last event before it.
func (x *balanceRows) before(s projection.Snapshot, at int64) (FundsFigures, projection.Row, error) {
	last, err := x.Last(s, projection.Condition{Column: "booked", Op: projection.Less, Value: projection.Int(at)})
	f := fundsFigures(last, x.Account.Currency)
	if err != nil || last == nil {
		return f, nil, err
	}
	// The figures of the event include the releases up to its instant.
	booked := readmodel.Row{Table: movements, Row: last}.Int("booked")
	released, err := x.released(s, booked+1, at, "")
	f.release(released)
	return f, last, err
}

// released returns the sum of the releases at from or later and before to; with an order in upTo,
// the sum of those at from, up to that order.
func (x *balanceRows) released(s projection.Snapshot, from, to int64, upTo string) (sum int64, err error) {
	q := x.releases(from, to, 0)
	if upTo != "" {
		q.Where = x.between("at", from, from+1, projection.Condition{Column: "order", Op: projection.AtMost, Value: projection.Text(upTo)})
	}
	err = projection.Each(s, releases, q, func(row projection.Row) error {
		sum += readmodel.Row{Table: releases, Row: row}.Int("amount")
		return nil
	})
	return sum, err
}

// pageStart is the beginning of a page.
type pageStart struct {
	before          FundsFigures       // the figures before the page
	booked, at      int64              // the first instants of events and of releases
	events, release []projection.Value // the cursors of the last event and release before the page
}

// pageStart returns the beginning of the page after a place: that of a release has the order, that
// of an event the version.
func (x *balanceRows) pageStart(s projection.Snapshot, of *FundsStatement, begin int64, after string) (*pageStart, error) {
	if after == "" {
		return &pageStart{before: of.Opening, booked: begin, at: begin}, nil
	}
	if strings.Count(after, "/") == 2 {
		place, id, err := readmodel.ParsePlace(after, 2, true)
		if err != nil {
			return nil, err
		}
		at := place[0]
		t := &pageStart{booked: at, at: at, release: x.Account.Key(projection.Int(at), readmodel.ID(id))}
		if t.before, _, err = x.before(s, at); err != nil {
			return nil, err
		}
		released, err := x.released(s, at, at, id.String())
		t.before.release(released)
		return t, err
	}
	place, _, err := readmodel.ParsePlace(after, 2, false)
	if err != nil {
		return nil, err
	}
	version := projection.Int(place[1])
	row, err := x.Last(s, readmodel.Equal("version", version))
	return &pageStart{
		before: fundsFigures(row, x.Account.Currency), booked: place[0], at: place[0] + 1,
		events: append([]projection.Value{projection.Int(place[0])}, x.Account.Key(version)...),
	}, err
}

// fill puts a page of movements into the statement: events and releases, merged.
func (x *balanceRows) fill(s projection.Snapshot, of *FundsStatement, t *pageStart, end int64, limit int) error {
	booked, err := s.Select(projection.Query{
		Table: movements.Name, Where: x.between("booked", t.booked, end), Order: []string{"booked"}, After: t.events, Limit: limit,
	})
	if err != nil {
		return err
	}
	q := x.releases(t.at, end, limit)
	q.After = t.release
	released, err := s.Select(q)
	if err != nil {
		return err
	}
	before := t.before
	for range readmodel.Limit(limit) {
		event, release := readmodel.Row{Table: movements}, readmodel.Row{Table: releases}
		if len(booked) > 0 {
			event.Row = booked[0]
		}
		if len(released) > 0 {
			release.Row = released[0]
		}
		switch {
		case event.Row == nil && release.Row == nil:
			of.Next = ""
			return nil
		case event.Row == nil || release.Row != nil && release.Int("at") <= event.Int("booked"):
			released = released[1:]
			before = of.addRelease(release, before)
			of.Next = readmodel.Place(release.ID("order"), release.Int("at"), 0)
		default:
			booked = booked[1:]
			before = of.addEvent(event, before)
			of.Next = readmodel.Place(trade.ID{}, event.Int("booked"), event.Int("version"))
		}
	}
	return nil
}

// addRelease makes a movement of a release, and returns the figures after it.
func (s *FundsStatement) addRelease(r readmodel.Row, before FundsFigures) FundsFigures {
	after := before
	after.release(r.Int("amount"))
	s.Movements = append(s.Movements, FundsMovement{
		At: r.Time("at"), Type: TypeReleased, Order: r.ID("order"), FundsFigures: after.minus(before), After: after,
	})
	return after
}

// addEvent makes a movement of an event, if it changed a figure, and returns the figures after it.
func (s *FundsStatement) addEvent(r readmodel.Row, before FundsFigures) FundsFigures {
	after := fundsFigures(r.Row, r.Currency())
	if after != before {
		s.Movements = append(s.Movements, FundsMovement{
			Version: events.Version(r.Int("version")), At: r.Time("at"), Type: r.Text("type"), Order: r.ID("order"),
			Withdrawal: funds.WithdrawalID(r.Text("withdrawal")), Charge: funds.ChargeID(r.Text("charge")),
			FundsFigures: after.minus(before), After: after,
		})
	}
	return after
}
