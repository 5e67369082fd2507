package desk

import (
	"context"
	"errors"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Observer reports what a desk does, for figures and alerts. It is called outside locks, on the
// goroutine of the caller and so on several at once; it must be quick and must not call the desk.
type Observer struct {
	// Command is called when a command has its answer, also one that Tick issues. A dry run is no
	// command. It may be nil.
	Command func(CommandDone)
	// Retry is called before a command is decided again because a stream has moved on, as
	// events.Observer has it. Meanwhile the command keeps its turn on a stream that others wait for. It
	// may be nil.
	Retry func(conflict *events.ConflictError, attempt int)
}

// CommandDone is one command that has its answer.
type CommandDone struct {
	Name    string // such as "mark-shipped"; empty if the command has none
	Role    trade.Role
	Outcome Outcome
	Rule    rule.ID // by which it was refused, or is early; empty otherwise
	Took    time.Duration
	Err     error // nil if it is done or repeated
}

// Outcome is the kind of answer that a command has got.
type Outcome string

// The outcomes of a command.
const (
	Done      Outcome = "done"
	Repeated  Outcome = "repeated"  // it was executed before, under the same ID
	Refused   Outcome = "refused"   // by a rule
	Early     Outcome = "early"     // a report that is to be delivered again: a *trade.EarlyError
	Malformed Outcome = "malformed" // it is a *trade.InvalidError
	// Failed is any other error: of the store, of a source, of the caller's context, a version that is
	// not the expected one, or an ID that names another command.
	Failed Outcome = "failed"
)

// WithObserver has the desk report its commands.
func WithObserver(o Observer) Option { return func(d *Desk) { d.observer = o } }

// do executes a command and reports it.
func (d *Desk) do(ctx context.Context, c Command, clock func() time.Time) (Result, error) {
	if d.observer.Command == nil {
		return d.execute(ctx, &c, clock)
	}
	begun := time.Now()
	result, err := d.execute(ctx, &c, clock)
	done := CommandDone{Name: c.Do.name, Role: c.By.Role, Outcome: Done, Took: time.Since(begun), Err: err}
	var refusal *trade.Refusal
	var early *trade.EarlyError
	var invalid *trade.InvalidError
	switch {
	case errors.As(err, &refusal):
		done.Outcome, done.Rule = Refused, refusal.Rule
	case errors.As(err, &early):
		done.Outcome, done.Rule = Early, rule.D62
	case errors.As(err, &invalid):
		done.Outcome = Malformed
	case err != nil:
		done.Outcome = Failed
	case result.Receipt.Repeated:
		done.Outcome = Repeated
	}
	d.observer.Command(done)
	return result, err
}
