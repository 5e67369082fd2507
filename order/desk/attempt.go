package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// attempt is a command on its way. Its run may be called several times; what it learned from
// a source it keeps.
type attempt struct {
	desk    *Desk
	command *Command
	stream  events.StreamID
	clock   func() time.Time
	dry     bool

	out       outside
	consulted bool
	turn      *queue // the queue that the command stands at the head of; nil if at none
	result    Result
}

// run is one attempt: load, take the instant, decide, append.
func (a *attempt) run(ctx context.Context, tx *events.Tx) error {
	d, c := a.desk, a.command
	w := &session{desk: d, tx: tx, ctx: ctx, attempt: a}
	head, last, err := w.head(&c.Do.target)
	if err != nil {
		return err
	}
	if c.Expect != 0 && c.Expect != head {
		return &ExpectError{Stream: a.stream, Expect: c.Expect, Head: head}
	}
	// The instant is taken after loading, so that it does not lie before what was loaded.
	w.at = d.instant(a.clock(), last)
	tx.Stamp(w.at, c.meta())
	g := trade.Given{By: c.By, At: w.at}
	a.out.policy, a.out.payLater = d.policy, d.payLater
	if err := a.consult(ctx, w, g); err != nil {
		return err
	}
	err = c.Do.plan(w, g, a.out)
	if errors.Is(err, order.ErrAccountNeeded) || errors.Is(err, seller.ErrVerdictNeeded) {
		if a.dry {
			return nil
		}
		// A crash from here to the commit wastes what is made; the command with the same ID
		// gets the same again.
		if err = a.make(ctx); err == nil {
			err = c.Do.plan(w, g, a.out)
		}
	}
	if err != nil {
		return err
	}
	a.result = Result{Stream: a.stream, Version: w.version(a.stream, head), Facts: w.inLogOrder()}
	return nil
}

// instant returns the instant of a command to a stream whose last event is of that instant: a
// clock that is a little behind another machine's is forgiven (D61).
func (d *Desk) instant(now, last time.Time) time.Time {
	now = now.Round(0).UTC()
	if now.Before(last) && last.Sub(now) <= d.policy.ClockSkew {
		return last
	}
	return now
}

// consult asks the sources that make nothing, once per command, and only for somebody who may
// have the answer: a directory is not there for strangers to probe.
func (a *attempt) consult(ctx context.Context, w *session, g trade.Given) (err error) {
	if a.consulted {
		return nil
	}
	s, t := &a.desk.sources, &a.command.Do.target
	switch c := a.command.Do.command.(type) {
	case order.MatchBuyer:
		var o order.Order
		if o, err = w.order(t.order); err != nil {
			return err
		}
		if _, no := order.Decide(o, c, g, order.Facts{Policy: a.desk.policy}); no != nil {
			return nil // the plan says the same
		}
		a.out.match, err = s.Match(ctx, c.Email)
	case paylater.Pay:
		var o paylater.Order
		if o, err = w.sale(t.order); err != nil {
			return err
		}
		if _, no := paylater.Decide(o, c, g, paylater.Facts{Policy: a.desk.payLater}); no != nil {
			return nil // the plan says the same
		}
		err = a.consultFunds(ctx, o.Merchant)
	case funds.Withdraw:
		if g.By.Role != trade.Seller || g.By.Account != t.account {
			return nil
		}
		err = a.consultFunds(ctx, t.account)
	case seller.Activate:
		if g.By.Role != trade.Seller || g.By.Account != t.account {
			return nil
		}
		a.out.findings, err = s.Store(ctx, t.account)
		a.out.findings.Verdict = seller.Verdict{} // nobody was asked for it yet
	}
	if err != nil {
		return fmt.Errorf("desk: source: %w", err)
	}
	a.consulted = true
	return nil
}

func (a *attempt) consultFunds(ctx context.Context, merchant trade.Account) error {
	policy, err := a.desk.sources.Funds(ctx, merchant)
	a.out.funds = &policy
	return err
}

// make asks the source that makes what the command still lacks. What the plan lacks once it
// does not lack again, so that this happens once per command.
func (a *attempt) make(ctx context.Context) (err error) {
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

// leave gives up the command's turn, if it has one.
func (a *attempt) leave() {
	if a.turn != nil {
		a.desk.queues.leave(a.turn)
		a.turn = nil
	}
}
