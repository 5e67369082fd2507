package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
)

// Desk takes commands: it loads what a command needs, decides, and commits what came of it,
// all or none, on a store that the caller owns. It is safe for concurrent use, and any number
// of desks, in any number of processes, may work on one store.
type Desk struct {
	store     events.Store
	cache     *events.Cache
	policy    *order.Policy
	clock     func() time.Time
	sources   Sources
	timeout   time.Duration
	deadlines Deadlines

	orders       *events.Model[order.Order, order.Event]
	services     *events.Model[seller.Service, seller.Event]
	entrustments *events.Model[entrustment.State, entrustment.Event]
	lines        *events.Model[credit.Line, credit.Event]
	accounts     *events.Model[Reservation, Event]
	numbers      *events.Model[Reservation, Event]
}

// Option changes how a Desk works.
type Option func(*Desk)

// WithPolicy sets the part of the rule book that a platform may set. The policy must not be
// changed afterwards.
func WithPolicy(p *order.Policy) Option { return func(d *Desk) { d.policy = p } }

// WithClock sets the clock that tells the instant of a command. The default is time.Now.
func WithClock(now func() time.Time) Option { return func(d *Desk) { d.clock = now } }

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

// WithTimeout bounds a command whose context has no earlier deadline. The default is
// events.DefaultTimeout.
func WithTimeout(t time.Duration) Option { return func(d *Desk) { d.timeout = t } }

// WithDeadlines sets where Tick learns what is due. The default is an index in memory that
// follows the log.
func WithDeadlines(x Deadlines) Option { return func(d *Desk) { d.deadlines = x } }

// New returns a desk on the store. The store stays the caller's to close.
func New(store events.Store, opts ...Option) *Desk {
	d := &Desk{
		store: store, cache: events.NewCache(10_000), policy: order.DefaultPolicy(), clock: time.Now,
		sources: defaultSources(), timeout: events.DefaultTimeout,
		orders: order.NewModel(), services: seller.NewModel(), entrustments: entrustment.NewModel(), lines: credit.NewModel(),
		accounts: newReservations(accountCategory), numbers: newReservations("declaration"),
	}
	for _, o := range opts {
		o(d)
	}
	if d.deadlines == nil {
		d.deadlines = newIndex(d)
	}
	return d
}

// Command is a request: who asks for what, under which name.
type Command struct {
	// ID names the request. Keep it: the same command with the same ID again is harmless and
	// gives the same result; another command with the same ID is a *events.DuplicateError.
	ID uuid.UUID
	// By is who asks, as the caller has authenticated him.
	By order.Actor
	// Expect, if it is not 0, is the version that the addressed stream must have.
	Expect events.Version
	// Do is what is asked for, made by Order, Seller, Entrustment or Line.
	Do Action
	// Correlation, Causation and Trace are kept with the events for whoever follows them; at
	// most 200 bytes each.
	Correlation, Causation, Trace string
}

// Result is what came of a command. The same command again gives the same Result, but for
// Receipt.Repeated.
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
// entrustment.Event, a credit.Event or a Reserved.
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

// Do carries a command out. The answer is a Result; a *order.Refusal, which says by which rule
// nothing was done; an *ExpectError; an *order.InvalidError; or an error of the store, among
// them one that is events.ErrUnknownOutcome, after which the same command may be asked again.
//
// A refusal is as current as a result: before it is given, the store has confirmed that
// nothing it was decided on has changed.
func (d *Desk) Do(ctx context.Context, c Command) (Result, error) {
	return d.do(ctx, c, d.clock)
}

func (d *Desk) do(ctx context.Context, c Command, clock func() time.Time) (Result, error) {
	req, err := c.request()
	if err != nil {
		return Result{}, err
	}
	var (
		a       = attempt{desk: d, command: &c, clock: clock}
		receipt events.Receipt
	)
	receipt, err = events.Transact(ctx, d.store, req, a.run, d.transaction()...)
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
	req, err := c.request()
	if err != nil {
		return err
	}
	a := attempt{desk: d, command: &c, clock: d.clock, dry: true}
	_, err = events.Try(ctx, d.store, req, a.run, d.transaction()...)
	return err
}

func (d *Desk) transaction() []events.Option {
	return []events.Option{events.WithCache(d.cache), events.WithTimeout(d.timeout)}
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
	}
	return result, nil
}

// attempt is a command on its way. Its run may be called several times; what it learned from
// a source that makes something it keeps.
type attempt struct {
	desk    *Desk
	command *Command
	clock   func() time.Time
	dry     bool
	out     outside
	result  Result
}

// run is one attempt: load, take the instant, decide, append.
func (a *attempt) run(ctx context.Context, tx *events.Tx) error {
	d, c := a.desk, a.command
	stream, err := c.Do.stream()
	if err != nil {
		return err
	}
	w := &session{desk: d, tx: tx, facts: a.result.Facts[:0]}
	head, last, err := w.head(&c.Do.target, stream)
	if err != nil {
		return err
	}
	if c.Expect != 0 && c.Expect != head {
		return &ExpectError{Stream: stream, Expect: c.Expect, Head: head}
	}
	// The instant is taken after loading, so that it does not lie before what was loaded; a
	// clock that is a little behind another machine's is forgiven (D61).
	at := a.clock().Round(0).UTC()
	if at.Before(last) && last.Sub(at) <= d.policy.ClockSkew {
		at = last
	}
	tx.Stamp(at, c.meta())
	w.at = at
	if err := a.consult(ctx, w); err != nil {
		return err
	}
	g := order.Given{By: c.By, At: at, Policy: d.policy}
	err = c.Do.plan(w, g, a.out)
	if errors.Is(err, order.ErrAccountNeeded) || errors.Is(err, seller.ErrVerdictNeeded) {
		if a.dry {
			return nil
		}
		if err = a.make(ctx, w); err == nil {
			err = c.Do.plan(w, g, a.out)
		}
	}
	if err != nil {
		return err
	}
	a.result = Result{Stream: stream, Version: w.version(stream, head), Facts: w.facts}
	return nil
}

// consult asks the sources that make nothing.
func (a *attempt) consult(ctx context.Context, w *session) (err error) {
	s := &a.desk.sources
	switch c := a.command.Do.command.(type) {
	case order.MatchBuyer:
		a.out.match, err = s.Match(ctx, c.Email)
	case seller.Activate:
		verdict := a.out.findings.Verdict
		a.out.findings, err = s.Store(ctx, a.command.Do.target.account)
		a.out.findings.Verdict = verdict
	}
	if err != nil {
		return fmt.Errorf("desk: source: %w", err)
	}
	return nil
}

// make asks the source that makes what the command still lacks, once per command: the answer
// is kept for later attempts.
func (a *attempt) make(ctx context.Context, w *session) (err error) {
	s := &a.desk.sources
	switch c := a.command.Do.command.(type) {
	case order.Submit:
		a.out.account, err = s.Account(ctx, a.command.ID, a.command.Do.target.order)
	case seller.Activate:
		a.out.findings.Verdict, err = s.Certify(ctx, a.command.ID, c.Certification)
	}
	if err != nil {
		return fmt.Errorf("desk: source: %w", err)
	}
	return nil
}
