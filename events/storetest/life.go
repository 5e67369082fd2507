package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tradesurety/surety/events"
)

func cancelledBefore(e *env) error {
	s := e.open()
	if _, err := e.put(s, batch("order-1", 0, newEvents(3)...)); err != nil {
		return err
	}
	over, cancel := context.WithCancel(e.ctx)
	cancel()
	late, stop := context.WithDeadline(e.ctx, time.Now().Add(-time.Second))
	defer stop()
	for _, ctx := range []context.Context{over, late} {
		a, b := e.commit(batch("order-1", 3, newEvents(1)...)), e.commit(batch("line-1", 0, newEvents(1)...))
		if _, err := s.Append(ctx, a); err != ctx.Err() {
			return fmt.Errorf("append: %v, want the plain %v", err, ctx.Err())
		}
		out := s.AppendEach(ctx, []events.Commit{a, b})
		if len(out) != 2 || out[0].Err != ctx.Err() || out[1].Err != ctx.Err() {
			return fmt.Errorf("append each: %+v, want the plain %v", out, ctx.Err())
		}
		for _, c := range []events.Commit{a, b} {
			if err := e.unknown(s, c.ID); err != nil {
				return err
			}
		}
		if list, err := collect(s.Read(ctx, "order-1", 0)); len(list) != 0 || !errors.Is(err, ctx.Err()) {
			return fmt.Errorf("read: %d records, %v", len(list), err)
		}
		if list, err := collect(s.ReadAll(ctx, 0, events.Filter{})); len(list) != 0 || !errors.Is(err, ctx.Err()) {
			return fmt.Errorf("read all: %d records, %v", len(list), err)
		}
	}
	if err := e.stands(s, "order-1", 3); err != nil {
		return err
	}
	return e.sound(s)
}

// cancelledWhileQueued cancels callers at random moments and checks that the answer is true.
func cancelledWhileQueued(e *env) error {
	s := e.open()
	rounds := e.times(25, 2000)
	err := together(16, func(caller int) error {
		source := e.source(1 + caller)
		version := events.Version(0)
		for range rounds {
			c := e.commit(batch(stream("order", caller), version, newEvents(1)...))
			ctx, cancel := context.WithCancel(e.ctx)
			timer := time.AfterFunc(time.Duration(source.IntN(1000))*time.Microsecond, cancel)
			first, err := s.Append(ctx, c)
			timer.Stop()
			switch {
			case err == nil:
				err = e.known(s, first)
			case errors.Is(err, events.ErrUnknownOutcome):
				err = nil
			case err == ctx.Err():
				err = e.unknown(s, c.ID)
			}
			cancel()
			if err != nil {
				return err
			}
			// Whatever the outcome was, asking again applies the commit, once.
			if _, err := s.Append(e.ctx, c); err != nil {
				return fmt.Errorf("asking again: %w", err)
			}
			version++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for caller := range 16 {
		if err := e.stands(s, stream("order", caller), events.Version(rounds)); err != nil {
			return err
		}
	}
	return e.sound(s)
}

func lookupKnown(e *env) error {
	s := e.open()
	var receipts []events.Receipt
	for i := range 5 {
		r, err := e.put(s, batch("order-1", events.Version(2*i), newEvents(2)...), batch("line-1", events.Version(i), newEvents(1)...))
		if err != nil {
			return err
		}
		receipts = append(receipts, r)
		refused := e.commit(batch("line-1", 0, newEvents(1)...))
		if _, err := s.Append(e.ctx, refused); err == nil {
			return errors.New("a stale commit was applied")
		}
		if err := e.unknown(s, refused.ID); err != nil {
			return err
		}
		// The neighbours of a known ID are not known.
		near := r.Commit
		near[15] ^= 1
		if err := e.unknown(s, near); err != nil {
			return err
		}
	}
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	if len(log) != 3*len(receipts) {
		return fmt.Errorf("%d records of %d commits of three events", len(log), len(receipts))
	}
	for i, r := range receipts {
		if err := e.known(s, r); err != nil {
			return err
		}
		if log[3*i].Position != r.First || log[3*i+2].Position != r.Position {
			return fmt.Errorf("receipt %+v, but its records lie at %d to %d", r, log[3*i].Position, log[3*i+2].Position)
		}
	}
	return nil
}

func settledMoves(e *env) error {
	s := e.open()
	if p, err := s.Settled(e.ctx); err != nil || p != 0 {
		return fmt.Errorf("an empty store is settled at %d (%v)", p, err)
	}
	last := events.Position(0)
	for i := range events.Version(10) {
		r, err := e.put(s, batch("order-1", 2*i, newEvents(2)...))
		if err != nil {
			return err
		}
		p, err := s.Settled(e.ctx)
		if err != nil || p < r.Position || p <= last {
			return fmt.Errorf("settled at %d after %d, with a commit at %d (%v)", p, last, r.Position, err)
		}
		last = p
		if list, err := collect(s.ReadAll(e.ctx, p, events.Filter{})); err != nil || len(list) != 0 {
			return fmt.Errorf("%d records beyond the settled position (%v)", len(list), err)
		}
	}
	return e.sound(s)
}

func closedRefuses(e *env) error {
	s := e.open()
	c := e.commit(batch("order-1", 0, newEvents(3)...))
	if _, err := e.apply(s, c); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	_, appended := s.Append(e.ctx, e.commit(batch("order-2", 0, newEvents(1)...)))
	_, retried := s.Append(e.ctx, c)
	out := s.AppendEach(e.ctx, []events.Commit{c, e.commit(batch("order-2", 0, newEvents(1)...))})
	_, _, looked := s.Lookup(e.ctx, c.ID)
	_, settled := s.Settled(e.ctx)
	_, read := collect(s.Read(e.ctx, "order-1", 0))
	_, readAll := collect(s.ReadAll(e.ctx, 0, events.Filter{}))
	if len(out) != 2 {
		return fmt.Errorf("%d outcomes of 2 members", len(out))
	}
	for i, err := range []error{appended, retried, out[0].Err, out[1].Err, looked, settled, read, readAll, s.Close()} {
		if !errors.Is(err, events.ErrClosed) {
			return fmt.Errorf("call %d after Close: %v, want %w", i, err, events.ErrClosed)
		}
	}
	return nil
}

// closeFinishes closes under load: every caller gets its receipt or ErrClosed, none waits
// for ever, and no goroutine is left.
func closeFinishes(e *env) error {
	before := runtime.NumGoroutine()
	s := e.open()
	var applied atomic.Int64
	err := together(9, func(i int) error {
		if i == 8 {
			for applied.Load() < 50 {
				time.Sleep(100 * time.Microsecond)
			}
			return s.Close()
		}
		for version := events.Version(0); ; version++ {
			_, err := e.put(s, batch(stream("order", i), version, newEvents(1)...))
			if errors.Is(err, events.ErrClosed) {
				return nil
			}
			if err != nil {
				return err
			}
			applied.Add(1)
		}
	})
	if err != nil {
		return err
	}
	if err := settles(before); err != nil {
		return err
	}
	if e.config.Reopen == nil {
		return nil
	}
	s = e.reopen(s)
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	if int64(len(log)) != applied.Load() {
		return fmt.Errorf("%d records of %d that were acknowledged before or refused after Close", len(log), applied.Load())
	}
	return e.sound(s)
}
