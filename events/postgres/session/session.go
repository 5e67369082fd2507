// Package session is what the stores on PostgreSQL share about connections: settings are made
// after connecting, because poolers refuse startup parameters that they do not know, and a store
// that is opened behind a pooler proves that it gets sessions of the server.
//
// See TestPoolers of events/postgres and projection/postgres.
package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrPooled is found by errors.Is in the error of opening a store behind a pooler that hands out
// a connection of the server for a transaction or a statement, and not for a session.
var ErrPooled = errors.New("postgres: a pooler hands out connections of the server by transaction; the store needs sessions (pool_mode = session)")

// Set makes settings of the session. The values are as in a SET statement.
func Set(ctx context.Context, conn *pgconn.PgConn, settings map[string]string) error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "SET %s = %s;", name, settings[name])
	}
	_, err := conn.Exec(ctx, b.String()).ReadAll()
	return err
}

// A check begins anew with a longer wait while it is undecided. In a session the first answers.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 5 * time.Second
)

// Check returns ErrPooled if connections of a pool's configuration are not sessions. It makes two
// connections, and changes nothing that outlives them: in particular it sets nothing, which would
// stay behind for other clients of the pooler.
//
// A client that has sent nothing since its last transaction hears a notification only if it has a
// connection of the server to itself. So one connection listens and the other notifies it. That
// two connections, or one before and after, are of one and another process of the server is the
// opposite proof, and takes less time. Which servers the pooler has idle, and what its other
// clients do, can delay either proof and never make a false one.
//
// A standby cannot listen; there Check returns nil.
func Check(ctx context.Context, config *pgxpool.Config) (err error) {
	listener, err := connect(ctx, config)
	if err != nil {
		return err
	}
	defer closing(listener)
	notifier, err := connect(ctx, config)
	if err != nil {
		return err
	}
	defer closing(notifier)
	channel := `"surety_check_` + rand.Text() + `"`
	listen, notify := "LISTEN "+channel+"; SELECT pg_backend_pid()", "NOTIFY "+channel+"; SELECT pg_backend_pid()"
	defer func() {
		if errors.Is(err, ErrPooled) { // the server may go on with other clients
			for _, conn := range []*pgconn.PgConn{listener, notifier} {
				_, _ = conn.Exec(ctx, "UNLISTEN "+channel).ReadAll()
			}
		}
	}()
	first := ""
	for wait := firstWait; wait <= lastWait; wait *= 2 {
		mine, err := ask(ctx, listener, listen)
		if code(err) == readOnly {
			return nil
		}
		if err != nil {
			return err
		}
		other, err := ask(ctx, notifier, notify)
		if err != nil {
			return err
		}
		if mine == other || first != "" && first != mine {
			return ErrPooled
		}
		first = mine
		short, cancel := context.WithTimeout(ctx, wait)
		err = listener.WaitForNotification(short)
		cancel()
		if err == nil || ctx.Err() != nil || !pgconn.Timeout(err) {
			return err
		}
	}
	return ErrPooled
}

// readOnly is the code with which a standby refuses LISTEN.
const readOnly = "25006"

func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// connect makes a connection as the pool makes it, without what is done after connecting.
func connect(ctx context.Context, config *pgxpool.Config) (*pgconn.PgConn, error) {
	cc := config.ConnConfig.Copy()
	if config.BeforeConnect != nil {
		if err := config.BeforeConnect(ctx, cc); err != nil {
			return nil, err
		}
	}
	cc.OnNotification = nil
	return pgconn.ConnectConfig(ctx, &cc.Config)
}

func closing(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // the server ends what it has of a connection that is gone
}

// ask executes statements in one transaction and returns the value that the last one selects.
func ask(ctx context.Context, conn *pgconn.PgConn, statements string) (string, error) {
	results, err := conn.Exec(ctx, statements).ReadAll()
	if err != nil {
		return "", err
	}
	last := results[len(results)-1]
	if len(last.Rows) != 1 || len(last.Rows[0]) != 1 {
		return "", errors.New("the server returned " + strconv.Itoa(len(last.Rows)) + " rows instead of a value")
	}
	return string(last.Rows[0][0]), nil
}
