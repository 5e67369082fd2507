package postgres

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/group"
	"github.com/tradesurety/surety/events/internal/link"
)

const (
	maxInt64 = 1<<63 - 1

	// maxHeads bounds the versions that are kept in memory.
	maxHeads = 1 << 15

	// lastTry is the longest pause between two attempts to connect.
	lastTry = 100 * time.Millisecond

	// retries is how often a group is tried again that the server gave up in favour of another.
	retries = 5
)

// log is the connection on which the store appends, and what the committer remembers of the
// streams. It belongs to the committer.
type log struct {
	*dialer
	line    *line // nil after the connection was lost
	changed *signal
	hasher  link.Hasher     // of the rows of a group
	life    context.Context // ends when the store is closed; attempts to connect are under it
	socket  atomic.Pointer[net.Conn]
	others  []backend // processes of the server for lost connections, which may still commit

	// heads holds versions of streams as this process last saw them. They may be outdated: the
	// statement that writes verifies what was decided on them.
	heads map[events.StreamID]events.Version
}

// run executes a group. It never runs under the context of a caller: interrupting a group for
// one caller would leave all of them without an answer.
func (l *log) run(g *group.Group) {
	if g.Claim() {
		l.settle(g.Commits, g.Answers)
	}
}

// settle answers every member, in one transaction, and in more of them if that one fails.
func (l *log) settle(members []events.Commit, answers []events.Outcome) {
	err := l.attempt(members, answers)
	if err == nil {
		return
	}
	if len(members) == 1 || !isRefused(err) {
		for i := range answers {
			answers[i] = events.Outcome{Err: err}
		}
		return
	}
	// One member makes the transaction fail: the others must not fail with it.
	for i := range members {
		if err := l.attempt(members[i:i+1], answers[i:i+1]); err != nil {
			answers[i] = events.Outcome{Err: err}
		}
	}
}

// attempt answers the members in one transaction. After an error nothing was applied, unless
// it is events.ErrUnknownOutcome.
func (l *log) attempt(members []events.Commit, answers []events.Outcome) error {
	if err := l.history.fate(); err != nil {
		return err
	}
	if l.line == nil {
		if err := l.reconnect(l.life); err != nil {
			return failed("connect", err)
		}
	}
	if err := l.outlive(l.life); err != nil {
		l.drop()
		return failed("connect", err)
	}
	done, err := l.guess(members, answers)
	if done {
		return nil
	}
	looked := err == nil || code(err) == uniqueViolation
	if looked {
		err = l.look(members, answers)
	}
	for i := 0; i < retries && isTransient(err); i++ {
		time.Sleep(time.Millisecond << i)
		err = l.look(members, answers)
	}
	if isRefused(err) || isFork(err) || looked && isSetting(err) {
		return failed("append", err)
	}
	ctx, cancel := context.WithTimeout(l.life, l.settling)
	defer cancel()
	if err == nil {
		err = l.prove(ctx, answers)
	}
	if err == nil {
		return nil
	}
	return l.recover(ctx, members, answers, err)
}

// guess answers the members in one exchange with the server. It assumes the versions that the
// log remembers, or the caller's for a stream that it does not remember, that every ID is new, and
// that the log has the link that the store value remembers. The statement verifies that and writes
// nothing if it is wrong; then, and when there is nothing to write, done is false.
func (l *log) guess(members []events.Commit, answers []events.Outcome) (done bool, err error) {
	p := l.guessed(members)
	if p.rows == 0 {
		return false, nil
	}
	s, values := p.statement(&l.hasher)
	put, err := l.line.put(s)
	if err != nil {
		return false, l.failed(err)
	}
	// Without BEGIN and COMMIT the exchange is one transaction. The connection waits for the
	// answer to its end, which says that it is on the disk.
	//
	// If this process dies before the server has read it all, the server drops it. If it dies
	// later, the commits are there, and a retry is answered by its ID.
	var b pgconn.Batch
	b.ExecStatement(l.line.lock, [][]byte{[]byte(l.line.level)}, nil, binaryFormat)
	b.ExecStatement(put, values, binaryFormat, binaryFormat)
	var base positions
	if err := l.exchange(members, &b, l.leveled, base.row); err != nil {
		return false, l.failed(err)
	}
	if !base.found {
		return false, nil
	}
	p.answer(base.lowest, answers)
	l.committed(base.mark(p.rows))
	return true, nil
}

// guessed returns the plan on what the log remembers.
func (l *log) guessed(members []events.Commit) *plan {
	if len(l.heads) > maxHeads {
		l.forget()
	}
	p := &plan{members: members, mark: l.history.remembered()}
	p.each(func(b *events.Batch) {
		head, ok := l.heads[b.Stream]
		if !ok || head < b.After {
			// The id may be a part of a longer text, which the map must not keep alive.
			head = b.After
			l.heads[events.StreamID(strings.Clone(string(b.Stream)))] = head
		}
		p.heads = append(p.heads, head)
	})
	p.decide(l.heads, nil)
	return p
}

// look answers the members in a transaction that takes the lock, looks everything up, and then
// writes what is admitted.
func (l *log) look(members []events.Commit, answers []events.Outcome) (err error) {
	if l.line == nil { // the transaction that was refused before has ended it
		if err := l.reconnect(l.life); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			err = l.failed(err)
		}
	}()
	p := &plan{members: members, mark: l.history.remembered()}
	p.each(func(*events.Batch) {})
	var b pgconn.Batch
	b.ExecStatement(l.line.begin, nil, nil, nil)
	b.ExecStatement(l.line.lock, [][]byte{[]byte(l.line.level)}, nil, binaryFormat)
	b.ExecStatement(l.line.survey, p.questions(), binaryFormat, binaryFormat)
	if !slices.ContainsFunc(members, func(c events.Commit) bool { return !c.IsGuard() }) {
		b.ExecStatement(l.line.undo, nil, nil, nil) // nothing will be written
	}
	found := newSurvey(p)
	if err := l.exchange(nil, &b, nil, l.locked, found.row, nil); err != nil {
		return err
	}
	if found.lost {
		err := l.lost(context.Background(), l.queries, l.line.conn, p.mark)
		l.drop() // and with it the transaction
		if err == nil {
			err = errUnlocked
		}
		return err
	}
	for i, stream := range p.streams {
		l.heads[events.StreamID(strings.Clone(string(stream)))] = p.heads[i]
	}
	p.decide(l.heads, found.known)
	if p.rows == 0 {
		p.answer(0, answers)
		if err := l.line.rollback(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(l.life, l.settling)
		defer cancel()
		m, err := l.beyond(ctx, l.queries, l.line.conn, found.last())
		if err == nil && !m.IsZero() {
			l.history.learn(m)
		}
		return err
	}
	s, values := p.statement(&l.hasher)
	put, err := l.line.put(s)
	if err != nil {
		return err
	}
	b = pgconn.Batch{}
	b.ExecStatement(put, values, binaryFormat, binaryFormat)
	b.ExecStatement(l.line.commit, nil, nil, nil)
	var base positions
	if err := l.exchange(members, &b, base.row, nil); err != nil {
		return err
	}
	if !base.found {
		return errUnlocked
	}
	p.answer(base.lowest, answers)
	l.committed(base.mark(p.rows))
	return nil
}

// exchange sends the statements at once and gives the rows of each to its function, if it has
// one. It returns when the server has answered all of them and whatever ends with them.
func (l *log) exchange(members []events.Commit, b *pgconn.Batch, each ...func([][]byte) error) error {
	if l.hooks.sending != nil && members != nil {
		l.hooks.sending(members)
	}
	results := l.line.conn.PgConn().ExecBatch(context.Background(), b)
	if l.hooks.sent != nil && members != nil {
		l.hooks.sent(members)
	}
	var fault error
	for i := 0; results.NextResult(); i++ {
		for r := results.ResultReader(); r.NextRow(); {
			if each[i] != nil && fault == nil {
				fault = each[i](r.Values())
			}
		}
	}
	if err := results.Close(); err != nil {
		return err
	}
	if fault == nil {
		fault = l.line.waited()
	}
	return fault
}

// failed cleans up after an error: it rolls back what is left of a transaction and forgets the
// versions that were assumed in it.
func (l *log) failed(err error) error {
	l.forget()
	if l.line != nil && (isRefused(err) || isSetting(err)) && l.line.rollback() != nil {
		l.drop()
	}
	return err
}

// committed notes that all commits up to a link are acknowledged.
func (l *log) committed(m events.Mark) {
	l.proof.Store(uint64(m.Position))
	l.history.learn(m)
	l.changed.committed(m.Position)
}

func (l *log) forget() { l.heads = make(map[events.StreamID]events.Version) }

// recover answers a group that may have been committed when its connection was lost, or without its
// standby. On a new connection it waits until the server's process for the old one is gone, so that
// the group can no longer be committed, and asks for all of it again. A member that was committed is
// answered by its ID once that is proven, and one that was not is decided anew.
func (l *log) recover(ctx context.Context, members []events.Commit, answers []events.Outcome, lost error) error {
	for pause := time.Millisecond; ; pause = min(2*pause, lastTry) {
		if l.line != nil {
			l.others = append(l.others, l.line.backend)
			l.drop()
		}
		err := l.reconnect(ctx)
		if err == nil {
			err = l.outlive(ctx)
		}
		if err == nil {
			err = l.look(members, answers)
		}
		if err == nil {
			err = l.prove(ctx, answers)
		}
		if err == nil {
			return nil
		}
		if isFork(err) { // what the server had that was lost, nobody can say
			return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, failed("append", lost))
		}
	}
}

// outlive returns when no process of the server is left that may still commit a group whose
// outcome is unknown: until then nobody can be told that such a commit is not known.
func (l *log) outlive(ctx context.Context) error {
	if len(l.others) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.settling)
	defer cancel()
	for len(l.others) > 0 {
		if err := l.line.outlive(ctx, l.others[0]); err != nil {
			return err
		}
		l.others = l.others[1:]
	}
	return nil
}

// reconnect makes a new connection to append on.
func (l *log) reconnect(ctx context.Context) error {
	if l.life.Err() != nil {
		return events.ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, l.settling)
	defer cancel()
	line, err := l.dial(ctx)
	if err != nil {
		return err
	}
	if err := line.prepare(ctx); err != nil {
		line.close()
		return err
	}
	l.use(line)
	return nil
}

func (l *log) use(next *line) {
	socket := next.conn.PgConn().Conn()
	l.line = next
	l.proof.Store(0)    // the server may be another
	l.history.mu.Lock() // what is read through connections from before is not remembered from here on
	l.primary.use(next.conn.PgConn())
	l.history.mu.Unlock()
	l.socket.Store(&socket)
}

// drop closes the connection.
func (l *log) drop() {
	l.forget()
	if l.line != nil {
		l.line.close()
		l.line = nil
	}
}

// sever breaks the connection under a group that waits for an answer. It may be called while
// the committer uses the connection.
func (l *log) sever() {
	if socket := l.socket.Load(); socket != nil {
		_ = (*socket).Close() // its reader gets an error
	}
}
