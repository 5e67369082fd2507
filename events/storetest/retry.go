package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/tradesurety/surety/events"
)

func retryIsHarmless(e *env) error {
	s := e.open()
	c := e.commit(batch("order-1", 0, newEvents(2)...), batch("line-1", 0, newEvents(1)...))
	first, err := e.apply(s, c)
	if err != nil {
		return err
	}
	for range 3 {
		if err := e.repeats(s, c, first); err != nil {
			return err
		}
	}
	if _, err := e.put(s, batch("order-1", 2, newEvents(1)...)); err != nil {
		return err
	}
	if err := e.repeats(s, c, first); err != nil {
		return err
	}
	if err := inOrder(
		func() error { return e.stands(s, "order-1", 3) },
		func() error { return e.stands(s, "line-1", 1) },
	); err != nil {
		return err
	}
	return e.sound(s)
}

// repeats appends a commit that is in the store and checks that it gets its first receipt.
func (e *env) repeats(s events.Store, c events.Commit, first events.Receipt) error {
	r, err := s.Append(e.ctx, c)
	if err != nil {
		return fmt.Errorf("a retry: %w", err)
	}
	if r != again(first) {
		return fmt.Errorf("a retry gets %+v, want %+v", r, again(first))
	}
	return nil
}

// idBeforeVersion retries with what a caller sends who decided anew: other versions, other
// events, other streams, or guards alone.
func idBeforeVersion(e *env) error {
	s := e.open()
	c := e.commit(batch("order-1", 0, newEvents(1)...))
	first, err := e.apply(s, c)
	if err != nil {
		return err
	}
	for _, batches := range [][]events.Batch{
		{batch("order-1", 1, newEvents(1)...)},
		{batch("order-1", 7, newEvents(3)...)},
		{batch("order-2", 0, newEvents(1)...)},
		{batch("order-1", 0)},
		{batch("order-1", 9)},
	} {
		c.Batches = batches
		if err := e.repeats(s, c, first); err != nil {
			return err
		}
	}
	if err := e.stands(s, "order-2", 0); err != nil {
		return err
	}
	return e.sound(s)
}

func otherContentRefused(e *env) error {
	s := e.open()
	c := e.commit(batch("order-1", 0, newEvents(1)...))
	first, err := e.apply(s, c)
	if err != nil {
		return err
	}
	for bit := range 8 * 32 {
		other := c
		other.Digest[bit/8] ^= 1 << (bit % 8)
		other.Batches = []events.Batch{batch("order-1", events.Version(bit%3), newEvents(1)...)}
		_, err := s.Append(e.ctx, other)
		if err := duplicates(err, first); err != nil {
			return fmt.Errorf("digest with bit %d turned: %w", bit, err)
		}
	}
	if err := e.stands(s, "order-1", 1); err != nil {
		return err
	}
	return e.sound(s)
}

// request is one command of oneEffectPerCommand.
type request struct {
	commit events.Commit // its batches are decided anew for every attempt
	stream events.StreamID
	first  events.Receipt
}

// oneEffectPerCommand issues every command one to five times, at once, some with a deadline
// too short, and asks again after each round, through a fresh handle if there is one.
func oneEffectPerCommand(e *env) error {
	if err := onceScript(e); err != nil {
		return err
	}
	s := e.open()
	const perRound = 50
	var done []*request
	for round := range e.times(10, 4000) {
		requests := make([]*request, perRound)
		for i := range requests {
			requests[i] = &request{commit: e.commit(), stream: stream("order", round*perRound+i/4)}
		}
		if err := e.issue(s, round, requests); err != nil {
			return err
		}
		done = append(done, requests...)
		if round%5 == 4 && e.config.Reopen != nil {
			s = e.reopen(s)
		}
		for range perRound {
			q := done[e.rand.IntN(len(done))]
			if err := e.repeats(s, q.decided(e.rand), q.first); err != nil {
				return err
			}
			if err := e.refusesOther(s, q); err != nil {
				return err
			}
		}
	}
	if err := e.sound(s); err != nil {
		return err
	}
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	if len(log) != len(done) {
		return fmt.Errorf("%d records of %d commands of one event each", len(log), len(done))
	}
	return nil
}

// onceScript asks one command twice, one after the other.
func onceScript(e *env) error {
	s := e.open()
	q := &request{commit: e.commit(), stream: "order-1"}
	for range 2 {
		r, err := e.insist(s, q, e.rand)
		if err != nil {
			return err
		}
		if err := q.gets(r); err != nil {
			return err
		}
	}
	return e.stands(s, "order-1", 1)
}

// gets notes the receipt of an attempt, which must be the receipt of the first.
func (q *request) gets(r events.Receipt) error {
	r.Repeated = false
	if q.first == (events.Receipt{}) {
		q.first = r
	}
	if r != q.first {
		return fmt.Errorf("one command got two receipts: %+v and %+v", q.first, r)
	}
	return nil
}

// decided is the commit of one attempt: the same request, decided on any version.
func (q *request) decided(r *rand.Rand) events.Commit {
	c := q.commit
	c.Batches = []events.Batch{batch(q.stream, events.Version(r.IntN(5)), newEvent(c.ID.String()))}
	return c
}

func (e *env) refusesOther(s events.Store, q *request) error {
	c := q.decided(e.rand)
	c.Digest = asked("something else")
	_, err := s.Append(e.ctx, c)
	return duplicates(err, q.first)
}

// issue runs all attempts of the requests at once and fills in their first receipts.
func (e *env) issue(s events.Store, round int, requests []*request) error {
	var attempts []*request
	for _, q := range requests {
		for range 1 + e.rand.IntN(5) {
			attempts = append(attempts, q)
		}
	}
	e.rand.Shuffle(len(attempts), func(i, k int) { attempts[i], attempts[k] = attempts[k], attempts[i] })
	const callers = 16
	receipts := make([]events.Receipt, len(attempts))
	err := together(callers, func(caller int) error {
		source := e.source(1 + round*callers + caller)
		for i := caller; i < len(attempts); i += callers {
			r, err := e.insist(s, attempts[i], source)
			if err != nil {
				return err
			}
			receipts[i] = r
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, q := range attempts {
		if err := q.gets(receipts[i]); err != nil {
			return err
		}
	}
	return nil
}

// insist asks until the outcome is known to be applied, as a careful caller does.
func (e *env) insist(s events.Store, q *request, source *rand.Rand) (events.Receipt, error) {
	after := events.Version(0)
	for {
		ctx, cancel := e.sometimesShort(source)
		c := q.commit
		c.Batches = []events.Batch{batch(q.stream, after, newEvent(c.ID.String()))}
		r, err := s.Append(ctx, c)
		late := ctx.Err()
		cancel()
		var conflict *events.ConflictError
		switch {
		case err == nil:
			return r, nil
		case errors.As(err, &conflict):
			after = conflict.Head
		case errors.Is(err, events.ErrUnknownOutcome), late != nil && err == late:
			if e.ctx.Err() != nil {
				return r, err
			}
		default:
			return r, fmt.Errorf("an attempt: %w", err)
		}
	}
}
