package storetest

import (
	"fmt"

	"github.com/tradesurety/surety/events"
)

func durabilityIsHonest(e *env) error {
	d := e.open().Durability()
	switch d {
	case events.DurabilityNone:
		return nil
	case events.DurabilityProcess, events.DurabilityFsync, events.DurabilityReplicated:
		if e.config.Reopen == nil {
			return fmt.Errorf("durability is %s, but Config.Reopen is nil", d)
		}
		return nil
	default:
		return fmt.Errorf("durability %d is not one of the package's", d)
	}
}

// survivesReopen writes, closes, and finds everything as it was, three times over.
func survivesReopen(e *env) error {
	s := e.open()
	var receipts []events.Receipt
	var commits []events.Commit
	for i := range 3 {
		before, err := all(e.ctx, s)
		if err != nil {
			return err
		}
		c := e.commit(batch("order-1", events.Version(i*len(samples())), samples()...), batch("line-1", events.Version(i), newEvents(1)...))
		first, err := e.apply(s, c)
		if err != nil {
			return err
		}
		receipts, commits = append(receipts, first), append(commits, c)
		want, err := all(e.ctx, s)
		if err != nil {
			return err
		}
		if err := sameRecords(want[:min(len(before), len(want))], before); err != nil {
			return err
		}
		s = e.reopen(s)
		got, err := all(e.ctx, s)
		if err != nil {
			return err
		}
		if err := sameRecords(got, want); err != nil {
			return fmt.Errorf("reopened: %w", err)
		}
		for k := range commits {
			if err := e.known(s, receipts[k]); err != nil {
				return err
			}
			if err := e.repeats(s, commits[k], receipts[k]); err != nil {
				return err
			}
		}
		_, err = s.Append(e.ctx, e.commit(batch("line-1", events.Version(i), newEvents(1)...)))
		if err := conflicts(err, "line-1", events.Version(i), events.Version(i+1)); err != nil {
			return err
		}
	}
	return e.sound(s)
}

// secondHandle uses two handles of one log as two processes would.
func secondHandle(e *env) error {
	a := e.open()
	b := e.second(a)
	for i := range events.Version(6) {
		one, other := a, b
		if i%2 == 1 {
			one, other = b, a
		}
		c := e.commit(batch("order-1", i, newEvents(1)...), batch("line-1", i, newEvents(1)...))
		first, err := e.apply(one, c)
		if err != nil {
			return err
		}
		if err := inOrder(
			func() error { return e.stands(other, "order-1", i+1) },
			func() error { return e.known(other, first) },
			func() error { return e.repeats(other, c, first) },
			func() error { return e.sound(other) },
		); err != nil {
			return err
		}
		c.Digest = asked("something else")
		_, err = other.Append(e.ctx, c)
		if err := duplicates(err, first); err != nil {
			return err
		}
		_, err = other.Append(e.ctx, e.commit(batch("line-1", i, newEvents(1)...)))
		if err := conflicts(err, "line-1", i, i+1); err != nil {
			return err
		}
	}
	for n := range e.times(3, 200) {
		if err := e.play(n, a, b); err != nil {
			return fmt.Errorf("history %d: %w", n, err)
		}
	}
	fresh := e.open()
	if err := e.neverSkips(fresh, e.second(fresh)); err != nil {
		return err
	}
	return inOrder(func() error { return e.sound(a) }, func() error { return e.sound(b) })
}
