package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
)

// Desk executes commands: it loads what a command needs, decides, and commits the resulting events,
// all or none, on a store that the caller owns. It is safe for concurrent use, and any number
// of desks, in any number of processes, may work on one store.
type Desk struct {
	store     events.Store
	cache     *events.Cache
	snapshots *events.Snapshotter
	policy    *order.Policy
	payLater  *paylater.Policy
	clock     func() time.Time
	sources   Sources
	timeout   time.Duration
	options   []events.Option // of every transaction
	observed  []events.Option // the same, of one that is no dry run
	deadlines Deadlines
	queues    queues
	logger    *slog.Logger // nil: silent
	observer  Observer
	opened    atomic.Bool // whether the store was looked at for what warn says
}

// Option changes how a Desk works.
type Option func(*Desk)

// WithPolicy sets the part of the rule book that a platform may set; nil keeps the defaults.
// The policy must not be changed afterwards. New refuses one that does not pass Validate.
func WithPolicy(p *order.Policy) Option {
	return func(d *Desk) {
		if p != nil {
			d.policy = p
		}
	}
}

// WithPayLater sets what a platform may set about pay-later orders, as WithPolicy does for
// assurance orders.
func WithPayLater(p *paylater.Policy) Option {
	return func(d *Desk) {
		if p != nil {
			d.payLater = p
		}
	}
}

// WithClock sets the clock from which the instant of a command is taken. The default, also for nil, is
// time.Now.
func WithClock(now func() time.Time) Option {
	return func(d *Desk) {
		if now != nil {
			d.clock = now
		}
	}
}

// WithSources sets the sources of what no stream says. Fields that are nil keep what an option
// before has set, or their defaults; Certify and Account have none.
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

// WithDeadlines sets what Tick takes for due. The default is an index in memory that follows the
// log; it is built when it is first needed.
func WithDeadlines(x Deadlines) Option { return func(d *Desk) { d.deadlines = x } }

// New returns a desk on the store, or the *trade.InvalidError of a policy, or ErrNoSource. The store
// stays the caller's to close.
func New(store events.Store, opts ...Option) (*Desk, error) {
	d := &Desk{
		store: store, cache: events.NewCache(10_000), policy: order.DefaultPolicy(), payLater: paylater.DefaultPolicy(),
		clock: time.Now, sources: defaultSources(), timeout: events.DefaultTimeout,
	}
	for _, o := range opts {
		o(d)
	}
	if err := cmp.Or(d.policy.Validate(), d.payLater.Validate()); err != nil {
		return nil, err
	}
	if d.sources.Certify == nil || d.sources.Account == nil {
		return nil, ErrNoSource
	}
	d.options = []events.Option{events.WithCache(d.cache), events.WithSnapshots(d.snapshots), events.WithTimeout(d.timeout)}
	d.observed = append(slices.Clone(d.options), events.WithObserver(events.Observer{Retry: d.observer.Retry}))
	if d.deadlines == nil {
		d.deadlines = newIndex(d)
	}
	return d, nil
}

// Result is the result of a command. The same command again gives the same Result, but for
// Receipt.Repeated. The log keeps no trace of a command that had nothing to do: issued again, it
// is decided again.
type Result struct {
	// Receipt says where in the log the events are. Its positions are 0 if there was nothing
	// to do.
	Receipt events.Receipt
	// Stream is the addressed stream and Version its version with the events.
	Stream  events.StreamID
	Version events.Version
	// Events are the events of the commit, of every stream, in their order in the log.
	Events []Recorded
}

// Recorded is an event as the log has it. Event is an order.Event, a seller.Event, an
// entrustment.Event, a credit.Event, a paylater.Event, a funds.Event, a payment.Event or a
// reservation.Event.
type Recorded struct {
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

// Do executes a command. The answer is a Result; a *trade.Refusal, which says by which rule
// nothing was done; an *ExpectError; a *trade.InvalidError; or an error of the store, among them
// one that is events.ErrUnknownOutcome, after which the same command may be issued again.
//
// A refusal is as current as a result: before it is returned, the store has confirmed that
// nothing it was decided on has changed.
func (d *Desk) Do(ctx context.Context, c Command) (Result, error) {
	return d.do(ctx, c, d.clock)
}

func (d *Desk) execute(ctx context.Context, c *Command, clock func() time.Time) (Result, error) {
	receipt, x, err := d.transact(ctx, c, clock, false)
	if err != nil {
		return Result{}, err
	}
	if receipt.Repeated {
		return d.repeated(ctx, c.Do.stream, receipt)
	}
	result := x.result
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

// transact executes a command as a transaction on the store, dry or not.
func (d *Desk) transact(ctx context.Context, c *Command, clock func() time.Time, dry bool) (events.Receipt, *execution, error) {
	req, err := c.request()
	if err != nil {
		return events.Receipt{}, nil, err
	}
	d.warn(ctx)
	x := &execution{desk: d, command: c, stream: c.Do.stream, clock: clock, dry: dry}
	defer x.leave()
	transact, options := events.Transact, d.observed
	if dry {
		transact, options = events.Try, d.options
	}
	receipt, err := transact(ctx, d.store, req, x.run, options...)
	if _, known := errors.AsType[*events.DuplicateError](err); known {
		// Under an ID that is not known the command gets the answer that it gets without the other
		// one: a stranger does not learn what was executed (D64).
		x.dry, req.ID = true, NewID()
		if _, no := events.Try(ctx, d.store, req, x.run, d.options...); showsNothing(no) {
			err = no
		}
	}
	return receipt, x, err
}

// repeated returns the result of a command that was executed before: what its commit wrote.
func (d *Desk) repeated(ctx context.Context, stream events.StreamID, receipt events.Receipt) (Result, error) {
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
		result.Events = append(result.Events, Recorded{Stream: r.Stream, Version: r.Version, At: r.At, Event: event})
		if r.Position >= receipt.Position {
			break // what comes after the commit does not matter, and may not be readable
		}
	}
	return result, nil
}
