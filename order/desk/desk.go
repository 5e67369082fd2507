package desk

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

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

// Desk takes commands: it loads what a command needs, decides, and commits what came of it,
// all or none, on a store that the caller owns. It is safe for concurrent use, and any number
// of desks, in any number of processes, may work on one store.
type Desk struct {
	store     events.Store
	cache     *events.Cache
	snapshots *events.Snapshotter
	policy    *order.Policy
	payLater  *paylater.Policy
	invalid   error // what is wrong with a policy
	clock     func() time.Time
	sources   Sources
	timeout   time.Duration
	options   []events.Option // of every transaction
	deadlines Deadlines
	queues    queues

	orders       *events.Model[order.Order, order.Event]
	services     *events.Model[seller.Service, seller.Event]
	entrustments *events.Model[entrustment.Entrustment, entrustment.Event]
	lines        *events.Model[credit.Line, credit.Event]
	sales        *events.Model[paylater.Order, paylater.Event]
	quotas       *events.Model[credit.Line, credit.Event]
	balances     *events.Model[funds.Balance, funds.Event]
	accounts     *events.Model[reservation.Reservation, reservation.Event]
	numbers      *events.Model[reservation.Reservation, reservation.Event]
}

// Option changes how a Desk works.
type Option func(*Desk)

// WithPolicy sets the part of the rule book that a platform may set; nil keeps the defaults.
// The policy must not be changed afterwards. With one that does not pass Validate the desk
// answers every command with that *trade.InvalidError.
func WithPolicy(p *order.Policy) Option {
	return func(d *Desk) {
		if p != nil {
			d.policy, d.invalid = p, cmp.Or(d.invalid, p.Validate())
		}
	}
}

// WithPayLater sets what a platform may set about pay-later orders, as WithPolicy does for
// assurance orders.
func WithPayLater(p *paylater.Policy) Option {
	return func(d *Desk) {
		if p != nil {
			d.payLater, d.invalid = p, cmp.Or(d.invalid, p.Validate())
		}
	}
}

// WithClock sets the clock that tells the instant of a command. The default, also for nil, is
// time.Now.
func WithClock(now func() time.Time) Option {
	return func(d *Desk) {
		if now != nil {
			d.clock = now
		}
	}
}

// WithSources sets where the desk learns what no stream says. Fields that are nil keep their
// defaults.
func WithSources(s Sources) Option { return func(d *Desk) { d.sources = s.or(d.sources) } }

// WithCache sets how many folded states the desk keeps in memory; 0 keeps none. The default
// is 10,000.
func WithCache(states int) Option {
	return func(d *Desk) {
		d.cache = nil
		if states > 0 {
			d.cache = events.NewCache(states)
		}
	}
}

// WithSnapshots hands the snapshots that a commit makes due to s, which the caller closes
// before the store. Loads use the snapshots of the store with or without it.
func WithSnapshots(s *events.Snapshotter) Option { return func(d *Desk) { d.snapshots = s } }

// WithTimeout bounds a command whose context has no earlier deadline; 0 sets no bound. The
// default is events.DefaultTimeout.
func WithTimeout(t time.Duration) Option { return func(d *Desk) { d.timeout = t } }

// WithDeadlines sets where Tick learns what is due. The default is an index in memory that
// follows the log; it is built when it is first asked.
func WithDeadlines(x Deadlines) Option { return func(d *Desk) { d.deadlines = x } }

// New returns a desk on the store. The store stays the caller's to close.
func New(store events.Store, opts ...Option) *Desk {
	d := &Desk{
		store: store, cache: events.NewCache(10_000), policy: order.DefaultPolicy(), clock: time.Now,
		sources: defaultSources(), timeout: events.DefaultTimeout,
		orders: order.Model(), services: seller.NewModel(), entrustments: entrustment.Model(), lines: credit.NewModel(),
		sales: paylater.NewModel(), quotas: credit.NewPayLaterModel(), balances: funds.NewModel(), payLater: paylater.DefaultPolicy(),
		accounts: reservation.Model(reservation.ReceivingAccount), numbers: reservation.Model(reservation.DeclarationNumber),
	}
	for _, o := range opts {
		o(d)
	}
	d.options = []events.Option{events.WithCache(d.cache), events.WithSnapshots(d.snapshots), events.WithTimeout(d.timeout)}
	if d.deadlines == nil {
		d.deadlines = newIndex(d)
	}
	return d
}

// Command is a request: who asks for what, under which name.
type Command struct {
	// ID names the request. Keep it: the same command with the same ID again is harmless and
	// gives the same result; another command with the same ID is a *events.DuplicateError.
	// Another payload, target, role or account makes another command; Expect and what is
	// kept with the events do not.
	ID uuid.UUID
	// By is who asks, as the caller has authenticated him.
	By trade.Actor
	// Expect, if it is not 0, is the version that the addressed stream must have.
	Expect events.Version
	// Do is what is asked for, made by Order, Seller, Entrustment, Line, PayLater, Quota or Funds.
	Do Action
	// Correlation, Causation and Trace are kept with the events for whoever follows them; at
	// most 200 bytes each.
	Correlation, Causation, Trace string
}

// Result is what came of a command. The same command again gives the same Result, but for
// Receipt.Repeated. The log keeps no trace of a command that had nothing to do: asked again, it
// is decided again.
type Result struct {
	// Receipt says where in the log the facts are. Its positions are 0 if there was nothing
	// to do.
	Receipt events.Receipt
	// Stream is the addressed stream and Version its version with the facts.
	Stream  events.StreamID
	Version events.Version
	// Facts are the events of the commit, of every stream, in their order in the log.
	Facts []Fact
}

// Fact is an event of some stream. Event is an order.Event, a seller.Event, an
// entrustment.Event, a credit.Event, a paylater.Event, a funds.Event or a reservation.Event.
type Fact struct {
	Stream  events.StreamID
	Version events.Version
	At      time.Time
	Event   any
}

// ExpectError says that the addressed stream is not at the version that a command expects.
// Nothing was written.
type ExpectError struct {
	Stream events.StreamID
	Expect events.Version
	Head   events.Version
}

func (e *ExpectError) Error() string {
	return fmt.Sprintf("desk: stream %s is at version %d, not %d", e.Stream, e.Head, e.Expect)
}

// Do carries a command out. The answer is a Result; a *trade.Refusal, which says by which rule
// nothing was done; an *ExpectError; an *trade.InvalidError; or an error of the store, among
// them one that is events.ErrUnknownOutcome, after which the same command may be asked again.
//
// A refusal is as current as a result: before it is given, the store has confirmed that
// nothing it was decided on has changed.
func (d *Desk) Do(ctx context.Context, c Command) (Result, error) {
	return d.do(ctx, c, d.clock)
}

func (d *Desk) do(ctx context.Context, c Command, clock func() time.Time) (Result, error) {
	receipt, a, err := d.transact(ctx, &c, clock, false)
	if err != nil {
		return Result{}, err
	}
	if receipt.Repeated {
		return d.repeated(ctx, c.Do, receipt)
	}
	result := a.result
	result.Receipt = receipt
	return result, nil
}

// Try is the dry run of Do: it returns the error that Do would return now, and writes nothing.
// It never asks a source that makes something, such as a receiving account; a command that
// only waits for one is accepted.
func (d *Desk) Try(ctx context.Context, c Command) error {
	_, _, err := d.transact(ctx, &c, d.clock, true)
	return err
}

// transact runs a command as a transaction on the store, dry or not.
func (d *Desk) transact(ctx context.Context, c *Command, clock func() time.Time, dry bool) (events.Receipt, *attempt, error) {
	if d.invalid != nil {
		return events.Receipt{}, nil, d.invalid
	}
	req, err := c.request()
	if err != nil {
		return events.Receipt{}, nil, err
	}
	a := &attempt{desk: d, command: c, stream: req.stream, clock: clock, dry: dry}
	defer a.leave()
	run := events.Transact
	if dry {
		run = events.Try
	}
	receipt, err := run(ctx, d.store, req.Request, a.run, d.options...)
	return receipt, a, err
}

// repeated gives the result of a command that was carried out before: what its commit wrote.
func (d *Desk) repeated(ctx context.Context, do Action, receipt events.Receipt) (Result, error) {
	stream, err := do.stream()
	if err != nil {
		return Result{}, err
	}
	result := Result{Receipt: receipt, Stream: stream}
	for r, err := range d.store.ReadAll(ctx, receipt.First-1, events.Filter{}) {
		if err != nil {
			return Result{}, err
		}
		if r.Position > receipt.Position {
			break
		}
		if r.Commit != receipt.Commit {
			continue
		}
		event, err := DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			return Result{}, r.Corrupt(err)
		}
		if r.Stream == stream {
			result.Version = r.Version
		}
		result.Facts = append(result.Facts, Fact{Stream: r.Stream, Version: r.Version, At: r.At, Event: event})
		if r.Position >= receipt.Position {
			break // nothing is asked of what comes after the commit, which may not be readable
		}
	}
	return result, nil
}
