package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/session"
)

// minServer is the oldest server that the store works with.
const minServer = 140000

// dialer makes the connections that the store has beside its pool, configured as the pool's.
type dialer struct {
	*config
	pool    *pgxpool.Pool
	queries *queries
}

// line is the connection on which the store appends.
type line struct {
	conn     *pgx.Conn
	backend  backend
	queries  *queries
	lock     *pgconn.StatementDescription
	survey   *pgconn.StatementDescription
	begin    *pgconn.StatementDescription
	commit   *pgconn.StatementDescription
	undo     *pgconn.StatementDescription
	prepared map[shape]*pgconn.StatementDescription
	level    string // of synchronous_commit
	unproven bool   // the wait of a COMMIT was cancelled
}

// backend is the process of the server at the other end of a connection.
type backend struct {
	pid   uint32
	since string // the instant it began, which distinguishes it from a later process of the same pid
}

// planning returns the settings under which the statements of the store keep to its indexes:
// a plan that was made while the tables were empty, and is kept, must not scan them later.
func planning() map[string]string {
	return map[string]string{
		"enable_seqscan":    "off",
		"enable_bitmapscan": "off",
		"jit":               "off", // the estimated cost of what is off would turn it on
		"plan_cache_mode":   "force_generic_plan",
	}
}

// connect makes one connection, whose notices are watched if watch is not nil.
func (d *dialer) connect(ctx context.Context, watch func(pgconn.NoticeHandler) pgconn.NoticeHandler) (*pgx.Conn, error) {
	config := d.pool.Config()
	cc := config.ConnConfig.Copy()
	if watch != nil {
		cc.OnNotice = watch(cc.OnNotice)
	}
	if config.BeforeConnect != nil {
		if err := config.BeforeConnect(ctx, cc); err != nil {
			return nil, err
		}
	}
	cc.ValidateConnect = d.admits(cc.ValidateConnect)
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil || config.AfterConnect == nil {
		return conn, err
	}
	if err := config.AfterConnect(ctx, conn); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// dial makes the connection to append on, configures it and verifies its settings.
func (d *dialer) dial(ctx context.Context) (_ *line, err error) {
	l := &line{queries: d.queries, prepared: make(map[shape]*pgconn.StatementDescription)}
	if l.conn, err = d.connect(ctx, l.watch); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if err := d.settle(ctx, l); err != nil {
		return nil, err
	}
	err = l.asItself(ctx, func(tx pgx.Tx) error {
		const self = "SELECT pid, coalesce(extract(epoch FROM backend_start)::text, '') FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()"
		return tx.QueryRow(ctx, self).Scan(&l.backend.pid, &l.backend.since)
	})
	return l, err
}

// asItself runs f in a transaction under the role that has logged in. The session may have set
// another role, to which the server does not show the processes of the first.
func (l *line) asItself(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL ROLE NONE"); err != nil {
			return err
		}
		return f(tx)
	})
}

// settle makes the settings of the connection and verifies them.
func (d *dialer) settle(ctx context.Context, l *line) error {
	settings := planning()
	settings["default_transaction_isolation"] = "'read committed'"
	// A group that a timeout interrupts leaves its callers without an answer.
	settings["statement_timeout"], settings["lock_timeout"], settings["idle_in_transaction_session_timeout"] = "0", "0", "0"
	settings["client_min_messages"] = "warning" // of a wait that was cancelled
	if d.durability == events.DurabilityProcess {
		settings["synchronous_commit"] = "off"
	}
	if err := session.Set(ctx, l.conn.PgConn(), settings); err != nil {
		return err
	}
	if d.durability >= events.DurabilityFsync {
		// remote_apply waits for the disk too, and is kept.
		_, err := l.conn.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'")
		if err != nil {
			return err
		}
	}
	if d.hooks.connected != nil {
		if err := d.hooks.connected(l.conn); err != nil {
			return err
		}
	}
	return d.verify(ctx, l)
}

// verify reads back the settings that the promises depend on.
func (d *dialer) verify(ctx context.Context, l *line) error {
	var version int
	var fsync, pages, readOnly, isolation, standbys string
	err := l.conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes'),
	current_setting('synchronous_commit'), current_setting('transaction_read_only'), current_setting('transaction_isolation'), current_setting('synchronous_standby_names')`).
		Scan(&version, &fsync, &pages, &l.level, &readOnly, &isolation, &standbys)
	if err != nil {
		return err
	}
	durable := d.durability >= events.DurabilityFsync
	if err := serves(version); err != nil {
		return err
	}
	switch {
	case readOnly != "off":
		return &SettingError{Setting: "transaction_read_only", Want: "off", Found: readOnly}
	case isolation != "read committed":
		return &SettingError{Setting: "transaction_isolation", Want: "read committed", Found: isolation}
	case durable && fsync != "on":
		return &SettingError{Setting: "fsync", Want: "on", Found: fsync}
	case durable && pages != "on":
		return &SettingError{Setting: "full_page_writes", Want: "on", Found: pages}
	case durable && l.level != "on" && l.level != "remote_apply":
		return &SettingError{Setting: "synchronous_commit", Want: "on", Found: l.level}
	}
	return d.replicates(standbys)
}

// serves returns a *SettingError for a server that is too old.
func serves(version int) error {
	if version < minServer {
		return &SettingError{Setting: "server_version_num", Want: fmt.Sprint(minServer, " or higher"), Found: fmt.Sprint(version)}
	}
	return nil
}

// prepare prepares the statements that every line has.
func (l *line) prepare(ctx context.Context) error {
	for _, p := range []struct {
		to        **pgconn.StatementDescription
		name, sql string
	}{
		{&l.lock, "lock", l.queries.lock},
		{&l.survey, "survey", l.queries.survey},
		{&l.begin, "begin", "BEGIN ISOLATION LEVEL READ COMMITTED"},
		{&l.commit, "commit", "COMMIT"},
		{&l.undo, "rollback", "ROLLBACK"},
	} {
		sd, err := l.conn.PgConn().Prepare(ctx, "surety_"+p.name, p.sql, nil)
		if err != nil {
			return err
		}
		*p.to = sd
	}
	return nil
}

// put returns the statement that inserts a group of that shape.
func (l *line) put(s shape) (*pgconn.StatementDescription, error) {
	if sd, ok := l.prepared[s]; ok {
		return sd, nil
	}
	sql, types := l.queries.put(s)
	sd, err := l.conn.PgConn().Prepare(context.Background(), s.name(), sql, types)
	if err != nil {
		return nil, err
	}
	l.prepared[s] = sd
	return sd, nil
}

func (l *line) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.conn.Close(ctx) // the server ends what it has of a connection that is gone
}

// leveled checks what the statement that takes the lock says of the level of synchronous_commit.
func (l *log) leveled(v [][]byte) error {
	if string(v[0]) != l.line.level {
		return &SettingError{Setting: "synchronous_commit", Want: l.line.level, Found: string(v[0])}
	}
	return nil
}

// locked checks all that it says of how a COMMIT waits.
func (l *log) locked(v [][]byte) error {
	return cmp.Or(l.leveled(v), l.replicates(string(v[1])))
}

func isSetting(err error) bool {
	_, ok := errors.AsType[*SettingError](err)
	return ok
}

// rollback ends a transaction, if there is one.
func (l *line) rollback() error {
	if l.conn.PgConn().TxStatus() == 'I' {
		return nil
	}
	_, err := l.conn.PgConn().Exec(context.Background(), "ROLLBACK").ReadAll()
	return err
}

// outlive returns when another process of the server is gone and can no longer commit. It
// terminates the process, which may wait for a lock or write to a connection without a reader.
func (l *line) outlive(ctx context.Context, other backend) error {
	const here = " FROM pg_catalog.pg_stat_activity WHERE pid = $1 AND coalesce(extract(epoch FROM backend_start)::text, $2) = $2"
	err := l.asItself(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pid)"+here, other.pid, other.since)
		return err
	})
	if err != nil && !isRefused(err) {
		return err
	}
	for {
		var n int
		err := l.asItself(ctx, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, "SELECT count(*)"+here, other.pid, other.since).Scan(&n)
		})
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
