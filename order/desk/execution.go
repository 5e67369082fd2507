package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// execution is one command on its way to the log. It may run several times, until nothing that it
// was decided on has changed in between; the answers of the sources and the queue position it
// keeps.
type execution struct {
	desk     *Desk
	command  *Command
	stream   events.StreamID // that the command is addressed to
	clock    func() time.Time
	dry      bool
	lookedUp answers
	asked    bool   // the sources that only look something up
	queue    *queue // that the command is at the head of; nil if it is in none
	result   Result

	// of the present run
	ctx     context.Context
	tx      *events.Tx
	given   trade.Given
	written []Recorded
}

// answers is what the sources said.
type answers struct {
	match   trade.Account          // MatchBuyer: the account that the directory has for the buyer's address
	store   seller.Facts           // Activate: what the platform knows of the store
	email   trade.Email            // OpenLine, AssessLimit and RequestAssessment of a quota: the merchant's address
	account order.ReceivingAccount // Submit: the account that was made; empty until it is needed
	funds   *funds.Policy          // Pay and Withdraw: the policy of the merchant
}

// run loads the addressed stream, takes the instant, decides and appends.
func (x *execution) run(ctx context.Context, tx *events.Tx) error {
	d, c := x.desk, x.command
	x.ctx, x.tx, x.written = ctx, tx, nil
	head, last, err := c.Do.kind.head(x, x.stream)
	if err != nil {
		return err
	}
	// The instant is taken after loading, so that it does not lie before what was loaded.
	x.given = trade.Given{By: c.By, At: d.instant(x.clock(), last)}
	if c.Do.kind.fact(c.Do.name, c.By.Role) {
		x.given.At = trade.Later(x.given.At, last)
	}
	tx.Stamp(x.given.At, c.meta())
	if c.Expect != 0 && c.Expect != head {
		if err := c.Do.plan(x); showsNothing(err) {
			return err // whatever the version: a stranger does not learn it (D64)
		}
		return &ExpectError{Stream: x.stream, Expect: c.Expect, Head: head}
	}
	if err := x.lookUp(); err != nil {
		return err
	}
	err = c.Do.plan(x)
	if errors.Is(err, order.ErrAccountNeeded) || errors.Is(err, seller.ErrVerdictNeeded) {
		if x.dry {
			return nil
		}
		// A crash from here to the commit wastes what is made; the command with the same ID
		// gets the same again.
		if err = x.make(); err == nil {
			err = c.Do.plan(x)
		}
	}
	if err != nil {
		return err
	}
	x.result = Result{Stream: x.stream, Version: head, Events: x.inLogOrder()}
	for _, e := range x.written {
		if e.Stream == x.stream {
			x.result.Version = e.Version
		}
	}
	return nil
}

// showsNothing reports whether an answer is that of a malformed command, or of one that is not the
// actor's to issue: it does not show what the store holds.
func showsNothing(err error) bool {
	no, refused := errors.AsType[*trade.Refusal](err)
	if refused {
		return no.ByActor()
	}
	_, malformed := errors.AsType[*trade.InvalidError](err)
	return malformed
}

// instant returns the instant of a command to a stream whose last event is of that instant: a
// small clock skew is tolerated (D61).
func (d *Desk) instant(now, last time.Time) time.Time {
	now = trade.Instant(now)
	if now.Before(last) && last.Sub(now) <= d.policy.ClockSkew {
		return last
	}
	return now
}

// queueUp waits for the command's queue position at a contended stream; it keeps it until the
// commit is through. A command waits in one queue only, so that no two wait for each other.
func (x *execution) queueUp(stream events.StreamID) (err error) {
	if x.queue == nil {
		x.queue, err = x.desk.queues.enter(x.ctx, stream)
	}
	return err
}

// leave gives up the command's queue position, if it has one.
func (x *execution) leave() {
	if x.queue != nil {
		x.desk.queues.leave(x.queue)
		x.queue = nil
	}
}

// inLogOrder returns what was written as the commit has it: stream by stream, in the order in
// which the streams were loaded.
func (x *execution) inLogOrder() []Recorded {
	if !slices.ContainsFunc(x.written, func(e Recorded) bool { return e.Stream != x.written[0].Stream }) {
		return x.written
	}
	list := make([]Recorded, 0, len(x.written))
	for _, b := range x.tx.Batches() {
		for _, e := range x.written {
			if e.Stream == b.Stream {
				list = append(list, e)
			}
		}
	}
	return list
}

// lookUp asks the sources that make nothing, once per command, and only for an actor who may
// have the answer: strangers cannot probe a directory.
func (x *execution) lookUp() (err error) {
	if x.asked {
		return nil
	}
	s := &x.desk.sources
	switch c := x.command.Do.command.(type) {
	case order.MatchBuyer:
		var o order.Order
		if o, err = orders.load(x, x.stream); err != nil {
			return err
		}
		if _, no := order.Decide(o, c, x.given, order.Facts{Policy: x.desk.policy}); no != nil {
			return nil // the plan says the same
		}
		x.lookedUp.match, err = s.Match(x.ctx, c.Email)
	case paylater.Pay:
		var o paylater.Order
		if o, err = payLaterOrders.load(x, x.stream); err != nil {
			return err
		}
		if _, no := paylater.Decide(o, c, x.given, paylater.Facts{Policy: x.desk.payLater}); no != nil {
			return nil // the plan says the same
		}
		err = x.lookUpFunds(o.Merchant)
	case funds.Withdraw:
		var b funds.Balance
		if b, err = balances.load(x, x.stream); err != nil {
			return err
		}
		if x.given.By.Role != trade.Seller || x.given.By.Account != b.Merchant {
			return nil
		}
		err = x.lookUpFunds(b.Merchant)
	case credit.OpenLine, credit.AssessLimit, credit.RequestAssessment:
		if x.command.Do.kind != quotas {
			break
		}
		var l credit.Line
		if l, err = quotas.load(x, x.stream); err != nil {
			return err
		}
		ask := c.(credit.Command) //nolint:forcetypeassert // each of the three is one
		if _, no := credit.Decide(l, ask, x.given, credit.Facts{Currencies: x.desk.payLater.Currencies}); no != nil {
			return nil // the plan says the same
		}
		x.lookedUp.email, err = s.Email(x.ctx, l.Seller)
	case seller.Activate:
		var o seller.Service
		if o, err = services.load(x, x.stream); err != nil {
			return err
		}
		if x.given.By.Role != trade.Seller || x.given.By.Account != o.Seller {
			return nil
		}
		x.lookedUp.store, err = s.Store(x.ctx, o.Seller)
		x.lookedUp.store.Verdict = seller.Verdict{} // nobody was asked for it yet
	}
	if err != nil {
		return fmt.Errorf("desk: source: %w", err)
	}
	x.asked = true
	return nil
}

func (x *execution) lookUpFunds(merchant trade.Account) error {
	policy, err := x.desk.sources.Funds(x.ctx, merchant)
	x.lookedUp.funds = &policy
	return err
}

// make asks the source that makes what the command still lacks, once per command: what the plan
// has it does not ask for again.
func (x *execution) make() (err error) {
	s := &x.desk.sources
	switch c := x.command.Do.command.(type) {
	case order.Submit:
		var o order.Order
		if o, err = orders.load(x, x.stream); err == nil {
			x.lookedUp.account, err = s.Account(x.ctx, x.command.ID, o.ID)
		}
	case seller.Activate:
		x.lookedUp.store.Verdict, err = s.Certify(x.ctx, x.command.ID, c.Certification)
	}
	if err != nil {
		return fmt.Errorf("desk: source: %w", err)
	}
	return nil
}
