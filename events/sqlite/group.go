package sqlite

import (
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/group"
)

// run executes a group: the commits of those who began it, and of those who join it while its
// transaction runs, or a snapshot.
//
// Nothing here runs under the context of a caller: an interrupt for one would roll back the rows
// of all.
func (l *log) run(g *group.Group) {
	if err := l.start(g.Gone); err != nil {
		g.Fail(err)
		return
	}
	claimed := g.Claim()
	if l.hooks.begun != nil {
		l.hooks.begun()
	}
	switch {
	case !claimed:
		l.undo()
	case g.Snapshot != nil:
		if err := l.snapshot(g.Snapshot); err != nil {
			g.Fail(err)
		}
	default:
		if err := l.attempt(g, true); err != nil {
			l.repair(g, err)
		}
	}
}

// start begins a transaction. While another process holds the lock it tries again until it gets
// the lock, stop returns an error, or the store is closed.
func (l *log) start(stop func() error) error {
	var wait backoff
	for {
		l.undo()
		err := step(l.begin)
		if err == nil {
			return l.stillThere()
		}
		if !isBusy(err) {
			return failed("begin", err)
		}
		select {
		case <-l.closing:
			return events.ErrClosed
		default:
		}
		if err := stop(); err != nil {
			return err
		}
		wait.pause()
	}
}

// undo rolls back what SQLite has not rolled back by itself.
func (l *log) undo() {
	if !l.conn.AutocommitEnabled() {
		// If that fails, the next start tries it again, and BEGIN reports what is left open.
		_ = step(l.rollback)
	}
}

// attempt answers the members in the transaction that has begun, and those who join while it
// runs, and ends it: rows are inserted while callers still arrive, so that a large group waits
// little. After an error nothing was applied, unless it is events.ErrUnknownOutcome.
func (l *log) attempt(g *group.Group, trust bool) (err error) {
	defer func() {
		if err != nil {
			l.undo()
			l.forget()
		}
	}()
	if err := l.refresh(); err != nil {
		return failed("look up", err)
	}
	rows := 0
	for from := 0; from < len(g.Commits); {
		n, err := l.answer(g.Commits[from:], g.Answers[from:], trust)
		if err != nil {
			return err
		}
		rows += n
		from = len(g.Commits)
		g.Join()
	}
	if rows == 0 {
		return failed("rollback", step(l.rollback))
	}
	if err := l.finish(g.Commits); err != nil {
		return err
	}
	l.changed.fire()
	return nil
}

// repair answers the members of a transaction that failed and was rolled back.
func (l *log) repair(g *group.Group, err error) {
	again := func(from, to int) error {
		if err := l.start(func() error { return nil }); err != nil {
			return err
		}
		return l.attempt(&group.Group{Commits: g.Commits[from:to], Answers: g.Answers[from:to]}, false)
	}
	n := len(g.Commits)
	if isUnique(err) {
		// Something that was assumed was wrong: now everything is looked up.
		err = again(0, n)
	}
	if err == nil {
		return
	}
	if n == 1 || errors.Is(err, events.ErrUnknownOutcome) || errors.Is(err, events.ErrClosed) {
		for i := range g.Answers {
			g.Answers[i] = events.Outcome{Err: err}
		}
		return
	}
	// One member makes the transaction fail: the others must not fail with it.
	for i := range n {
		if err := again(i, i+1); err != nil {
			g.Answers[i] = events.Outcome{Err: err}
		}
	}
}

// answer decides members, inserts the rows of those that are admitted and answers all of
// them, as it will be if the transaction commits.
func (l *log) answer(members []events.Commit, answers []events.Outcome, trust bool) (rows int, err error) {
	verdicts, err := l.decide(members, trust)
	if err != nil {
		return 0, failed("look up", err)
	}
	rows, err = l.write(members, verdicts, answers)
	return rows, failed("insert", err)
}

// finish commits.
//
// If the process dies before the last frame of the transaction is in the WAL, recovery drops
// the transaction, and no caller has an answer. If it dies after that and before the callers
// have their answers, the commits are there, and a retry is answered by its ID. With
// synchronous=FULL the WAL is on the disk before COMMIT returns, so what was acknowledged
// survives a loss of power as well.
func (l *log) finish(members []events.Commit) error {
	err := error(nil)
	if l.hooks.committing != nil {
		err = l.hooks.committing(members)
	}
	var wait backoff
	for err == nil {
		if err = step(l.commit); err == nil {
			l.keeper.committed(members)
			return nil
		}
		if isBusy(err) {
			wait.pause()
			err = nil
		}
	}
	if primary(err) == sqlite.ResultFull {
		// The frame that would have ended the transaction could not be written whole, and its
		// checksum shows that it is not whole.
		return failed("commit", err)
	}
	// The last frame may be in the WAL and not yet on the disk. It is rolled back here, but
	// recovery after a crash may find it.
	return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, failed("commit", err))
}
