package sqlite

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
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
		if g.Claim(); g.Snapshot != nil {
			g.Fail(err)
		}
		for i := range g.Commits {
			g.Answers[i] = events.Outcome{Err: l.failing(&g.Commits[i], err)}
		}
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

// start begins a transaction, and settles the matter first if the outcome of the last one is
// unknown. While another process holds the lock it tries again until it gets the lock, stop returns
// an error, or the store is closed.
func (l *log) start(stop func() error) error {
	var wait backoff
	for {
		l.undo()
		err := step(l.begin)
		if err == nil {
			if err := l.stillThere(); err != nil || len(l.unsettled) == 0 {
				return err
			}
			if err = l.settle(); err == nil {
				continue
			}
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
		l.held.drop()
		if err != nil {
			l.undo()
			l.forget()
			l.hasher.Group() // what was hashed is not in the log
		}
	}()
	if err := errors.Join(l.refresh(), l.anchor()); err != nil {
		return failed("look up", err)
	}
	l.held.take(l.last)
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
		l.history.learn(l.tip) // what the members were told is in the log up to there
		l.held.drop()
		return failed("rollback", step(l.rollback))
	}
	mark, err := l.extend()
	if err != nil {
		return failed("link", err)
	}
	if err := l.finish(g.Commits); err != nil {
		return err
	}
	l.tip = mark
	l.history.learn(mark)
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
	unknown := errors.Is(err, events.ErrUnknownOutcome)
	for i := range n {
		fails := err
		// One member makes the transaction fail: the others must not fail with it, and those that
		// write nothing not with its COMMIT.
		if n > 1 && !errors.Is(err, events.ErrClosed) && !(unknown && !g.Commits[i].IsGuard()) {
			fails = again(i, i+1)
		}
		if fails != nil {
			g.Answers[i] = events.Outcome{Err: l.failing(&g.Commits[i], fails)}
		}
	}
}

// failing returns the error of a member: while it is not settled whether an earlier transaction has
// applied a commit of the same ID, the outcome is unknown.
func (l *log) failing(c *events.Commit, err error) error {
	if _, ok := l.unsettled[c.ID]; ok && !errors.Is(err, events.ErrUnknownOutcome) {
		return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, err)
	}
	return err
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
	err := l.end(members)
	if err == nil {
		l.keeper.committed(members)
		return nil
	}
	if primary(err) == sqlite.ResultFull {
		// The frame that would have ended the transaction could not be written whole, and its
		// checksum shows that it is not whole.
		return failed("commit", err)
	}
	// The last frame may be in the WAL and not yet on the disk. It is rolled back here, but
	// recovery after a crash may find it, until settle has worked.
	l.unsettled = make(map[uuid.UUID]struct{}, len(members))
	for i := range members {
		if !members[i].IsGuard() {
			l.unsettled[members[i].ID] = struct{}{}
		}
	}
	return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, failed("commit", err))
}

// settle makes an end of commits whose outcome is unknown, in the transaction that has begun:
// either they are in the log by now, or they never will be.
//
// The transaction whose COMMIT failed may have left all of its frames in the WAL, valid and behind
// the last one that counts. Each frame has a checksum of all before it, so that one frame of another
// transaction in the place of the first makes recovery stop there. SQLite writes the first page,
// and a frame with it, when a number in the header is set, even to what it is.
//
// If the process dies before this transaction is in the WAL, recovery may find the other one, and
// nobody was told that it is not there. If it dies later, recovery finds this one.
func (l *log) settle() error {
	version, err := schemaVersion(l.conn)
	if err == nil {
		err = exec(l.conn, fmt.Sprintf("PRAGMA user_version = %d", version))
	}
	if err == nil {
		err = l.end(nil)
	}
	if err != nil {
		l.undo()
		return failed("settle", err)
	}
	l.forget()
	l.unsettled = nil
	return nil
}

// end runs COMMIT.
func (l *log) end(members []events.Commit) error {
	if l.hooks.committing != nil {
		if err := l.hooks.committing(members); err != nil {
			return err
		}
	}
	var wait backoff
	for {
		if err := step(l.commit); !isBusy(err) {
			return err
		}
		wait.pause()
	}
}
