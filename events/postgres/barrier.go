package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tradesurety/surety/events"
)

// With a synchronous standby, COMMIT waits until the standby has the commit, and until then nobody
// sees it. An administrator who cancels the wait, the end of the process or of the server, and the
// store itself when it outlives a process (see recover) end the wait: the commit can be seen, and a
// standby that is promoted may not have it. Positions are committed in their order, so one later
// COMMIT that has waited proves all before it: after a transaction that writes nothing else than a
// message in the server's write-ahead log, a barrier, the answer can be given.

// message makes the COMMIT of a transaction wait as that of an append does: one that wrote nothing
// would not.
const message = "SELECT pg_logical_emit_message(true, 'surety', '')"

// barrier is message as a transaction of its own, at the level of the store.
const barrier = message + ", set_config('synchronous_commit', $1, true)"

// errUnproven says that a commit is on the server that was asked, and perhaps on no other.
var errUnproven = errors.New("a synchronous standby may not have the commit")

// watch notes on the line that the wait of a COMMIT was cancelled, which then succeeds with a
// warning. Its text is in the server's language, the routine's name is not.
func (l *line) watch(next pgconn.NoticeHandler) pgconn.NoticeHandler {
	return func(conn *pgconn.PgConn, n *pgconn.Notice) {
		l.unproven = l.unproven || n.Routine == "SyncRepWaitForLSN"
		if next != nil {
			next(conn, n)
		}
	}
}

// waited returns errUnproven if the wait of a COMMIT since the last call was cancelled.
func (l *line) waited() error {
	if l.unproven {
		l.unproven = false
		return errUnproven
	}
	return nil
}

// isProven reports whether this process knows of all commits up to a position that they are at the
// level of the store.
func (c *config) isProven(p events.Position) bool {
	return p <= events.Position(c.proof.Load()) || c.durability < events.DurabilityFsync
}

// prove returns when every commit that the answers say is there is at the level of the store. That
// takes a barrier only for one that this process has found and did not see acknowledged.
func (l *log) prove(ctx context.Context, answers []events.Outcome) error {
	last := events.Position(0)
	for i := range answers {
		last = max(last, answers[i].Receipt.Position)
		if duplicate, ok := errors.AsType[*events.DuplicateError](answers[i].Err); ok {
			last = max(last, duplicate.First.Position)
		}
	}
	if l.isProven(last) {
		return nil
	}
	if err := l.line.barrier(ctx); err != nil {
		l.drop()
		return fmt.Errorf("%w: %v", errUnproven, err) //nolint:errorlint // it is of the barrier, and not of what that was to prove
	}
	l.proof.Store(uint64(last))
	return nil
}

// barrier returns when everything that was committed before is at the level of the store.
func (l *line) barrier(ctx context.Context) error {
	err := l.conn.PgConn().ExecParams(ctx, barrier, [][]byte{[]byte(l.level)}, nil, nil, nil).Read().Err
	if err == nil {
		err = l.waited()
	}
	return err
}

// proven returns when the standbys that the server must wait for have answered once, so that all that
// can be seen now is at the level of the store.
func (c *config) proven(ctx context.Context, l *line) error {
	if c.durability < events.DurabilityReplicated {
		return nil
	}
	if err := l.barrier(ctx); err != nil {
		return c.refuse("no standby has answered", cmp.Or(ctx.Err(), err))
	}
	return nil
}

// replicates returns a *SettingError if a commit at the level of the store would wait for nobody.
func (c *config) replicates(standbys string) error {
	if c.durability == events.DurabilityReplicated && strings.TrimSpace(standbys) == "" {
		return &SettingError{Setting: "synchronous_standby_names", Want: "the names of standbys", Found: standbys}
	}
	return nil
}
