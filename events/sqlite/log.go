package sqlite

import (
	"errors"
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
)

// log is the writing connection and what its owner knows of the file.
type log struct {
	conn    *sqlite.Conn
	probe   *probe
	hooks   hooks
	changed *signal
	closing <-chan struct{}

	begin, commit, rollback, dataVersion, insert, save *sqlite.Stmt

	// heads holds versions of streams as of the last transaction of this connection. They
	// are exact for as long as no other connection has committed, which seen tells.
	heads map[events.StreamID]events.Version
	seen  int64
}

// maxHeads bounds the versions that are kept in memory.
const maxHeads = 1 << 15

func newLog(conn *sqlite.Conn, h hooks, changed *signal, closing <-chan struct{}) (*log, error) {
	l := &log{conn: conn, hooks: h, changed: changed, closing: closing, heads: make(map[events.StreamID]events.Version)}
	var err error
	if l.probe, err = newProbe(conn); err != nil {
		return nil, err
	}
	return l, prepare(conn, map[**sqlite.Stmt]string{
		&l.begin:       "BEGIN IMMEDIATE",
		&l.commit:      "COMMIT",
		&l.rollback:    "ROLLBACK",
		&l.dataVersion: "PRAGMA data_version",
		&l.insert: "INSERT INTO records (stream, version, type, schema, at, commit_id, idx, digest, meta, data)" +
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		&l.save: "INSERT INTO snapshots (stream, fold, version, data) VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (stream, fold) DO UPDATE SET version = excluded.version, data = excluded.data" +
			" WHERE excluded.version >= snapshots.version",
	})
}

// run carries out a group: one snapshot, or the commits of any number of callers.
//
// Nothing here runs under the context of a caller. An interrupt would roll back the rows of
// all members for the sake of one.
func (l *log) run(group []*request) {
	err := l.start(func() error { return gone(group) })
	if err != nil {
		for _, r := range group {
			r.finish(err)
		}
		return
	}
	var commits []events.Commit
	members := group[:0]
	for _, r := range group {
		if r.claim() {
			members = append(members, r)
			commits = append(commits, r.commits...)
		}
	}
	if l.hooks.begun != nil {
		l.hooks.begun()
	}
	switch {
	case len(members) == 0:
		l.undo()
	case members[0].snapshot != nil:
		members[0].err = l.snapshot(members[0].snapshot)
	default:
		answers := make([]events.Outcome, len(commits))
		l.settle(commits, answers)
		for _, r := range members {
			copy(r.answers, answers[:len(r.commits)])
			answers = answers[len(r.commits):]
		}
	}
	for _, r := range members {
		r.answer()
	}
}

// gone returns the error of a context if no member of the group has a living one.
func gone(group []*request) (err error) {
	for _, r := range group {
		if err = r.ctx.Err(); err == nil {
			return nil
		}
	}
	return err
}

// start begins a transaction. While another process holds the lock it tries again until it
// has its turn, give returns an error, or the store is closed.
func (l *log) start(give func() error) error {
	var wait backoff
	for {
		l.undo()
		err := step(l.begin)
		if err == nil {
			return nil
		}
		if !isBusy(err) {
			return failed("begin", err)
		}
		select {
		case <-l.closing:
			return events.ErrClosed
		default:
		}
		if err := give(); err != nil {
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

// settle answers every member in the transaction that has begun, and in more of them if that
// one fails.
func (l *log) settle(members []events.Commit, answers []events.Outcome) {
	never := func() error { return nil }
	err := l.attempt(members, answers, true)
	if isUnique(err) {
		// Something that attempt took for granted was not so: now everything is looked up.
		if err = l.start(never); err == nil {
			err = l.attempt(members, answers, false)
		}
	}
	if err == nil {
		return
	}
	if len(members) == 1 || errors.Is(err, events.ErrUnknownOutcome) || errors.Is(err, events.ErrClosed) {
		for i := range answers {
			answers[i] = events.Outcome{Err: err}
		}
		return
	}
	// One of them makes the transaction fail: it must not take the others with it.
	for i := range members {
		if err = l.start(never); err == nil {
			err = l.attempt(members[i:i+1], answers[i:i+1], false)
		}
		if err != nil {
			answers[i] = events.Outcome{Err: err}
		}
	}
}

// attempt answers the members in the transaction that has begun and ends it. After an error
// nothing was applied, unless it is events.ErrUnknownOutcome.
func (l *log) attempt(members []events.Commit, answers []events.Outcome, trust bool) (err error) {
	defer func() {
		if err != nil {
			l.undo()
			l.forget()
		}
	}()
	verdicts, err := l.decide(members, trust)
	if err != nil {
		return failed("look up", err)
	}
	rows, err := l.write(members, verdicts, answers)
	if err != nil {
		return failed("insert", err)
	}
	if rows == 0 {
		return failed("rollback", step(l.rollback))
	}
	if err := l.finish(members); err != nil {
		return err
	}
	l.changed.fire()
	return nil
}

// finish commits.
//
// If the process dies before the last frame of the transaction is in the WAL, recovery drops
// the transaction, and nobody was told of it. If it dies after that and before the callers
// are told, the commits are there, and whoever asks again is answered by their IDs. With
// synchronous=FULL the WAL is on the disk before COMMIT returns, so what a caller was told
// outlives a loss of power as well.
func (l *log) finish(members []events.Commit) error {
	err := error(nil)
	if l.hooks.committing != nil {
		err = l.hooks.committing(members)
	}
	var wait backoff
	for err == nil {
		if err = step(l.commit); err == nil {
			return nil
		}
		if isBusy(err) {
			wait.pause()
			err = nil
		}
	}
	if primary(err) == sqlite.ResultFull {
		// The frame that would have ended the transaction could not be written whole, and its
		// checksum keeps what there is of it from ever being taken for one.
		return failed("commit", err)
	}
	// The last frame may be in the WAL without being known to be on the disk. It is rolled back
	// here, and yet recovery after a crash may find it.
	return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, failed("commit", err))
}

// decide returns what admit.Group says of the members.
//
// Most members are new commits that fit. With trust, decide takes that for granted instead
// of looking for it: no ID is looked up, and a stream that a member begins is taken to be
// empty. If then every member is admitted, the unique indexes verify both when the rows go
// in. If one is not, everything is looked up after all.
func (l *log) decide(members []events.Commit, trust bool) ([]admit.Verdict, error) {
	if err := l.refresh(); err != nil {
		return nil, err
	}
	if trust {
		if err := l.learn(members, true); err != nil {
			return nil, err
		}
		verdicts := admit.Group(members, l.heads, nil)
		if allAdmitted(verdicts) {
			return verdicts, nil
		}
		l.forget()
	}
	if err := l.learn(members, false); err != nil {
		return nil, err
	}
	known, err := l.probe.commits(members)
	if err != nil {
		return nil, err
	}
	return admit.Group(members, l.heads, known), nil
}

func allAdmitted(verdicts []admit.Verdict) bool {
	for i := range verdicts {
		if !verdicts[i].Admit {
			return false
		}
	}
	return true
}

// refresh forgets the heads if another connection has committed since the last transaction,
// or if there are too many of them.
func (l *log) refresh() error {
	defer l.dataVersion.Reset()
	if _, err := l.dataVersion.Step(); err != nil {
		return err
	}
	if now := l.dataVersion.ColumnInt64(0); now != l.seen || len(l.heads) > maxHeads {
		l.forget()
		l.seen = now
	}
	return nil
}

func (l *log) forget() { l.heads = make(map[events.StreamID]events.Version) }

// learn completes the heads with those of the members' streams.
func (l *log) learn(members []events.Commit, trust bool) error {
	for i := range members {
		for b := range members[i].Batches {
			batch := &members[i].Batches[b]
			if _, ok := l.heads[batch.Stream]; ok {
				continue
			}
			var head events.Version
			if !trust || batch.After > 0 || len(batch.Events) == 0 {
				var err error
				if head, err = l.probe.version(batch.Stream); err != nil {
					return err
				}
			}
			// The id may be a part of a longer text, which the map must not keep alive.
			l.heads[events.StreamID(strings.Clone(string(batch.Stream)))] = head
		}
	}
	return nil
}

// write inserts the rows of the admitted members and answers all of them.
func (l *log) write(members []events.Commit, verdicts []admit.Verdict, answers []events.Outcome) (rows int, err error) {
	for i := range members {
		v := &verdicts[i]
		switch {
		case v.Admit:
			receipt, err := l.add(&members[i])
			if err != nil {
				return 0, err
			}
			answers[i] = events.Outcome{Receipt: receipt}
			rows += members[i].Events()
		case v.Same >= 0:
			answers[i] = events.Outcome{Receipt: answers[v.Same].Receipt}
			answers[i].Receipt.Repeated = true
		case v.Other >= 0:
			answers[i] = events.Outcome{Err: &events.DuplicateError{Commit: members[i].ID, First: answers[v.Other].Receipt}}
		default:
			answers[i] = events.Outcome{Receipt: v.Receipt, Err: v.Err}
		}
	}
	return rows, nil
}

// add inserts the rows of one commit.
func (l *log) add(c *events.Commit) (events.Receipt, error) {
	receipt := events.Receipt{Commit: c.ID}
	index := 0
	l.insert.BindBytes(6, c.ID[:])
	for b := range c.Batches {
		batch := &c.Batches[b]
		if len(batch.Events) == 0 {
			continue
		}
		l.insert.BindText(1, string(batch.Stream))
		for e := range batch.Events {
			ev := &batch.Events[e]
			l.insert.BindInt64(2, int64(batch.After)+int64(e)+1)
			l.insert.BindText(3, ev.Type)
			l.insert.BindInt64(4, int64(ev.Schema))
			l.insert.BindInt64(5, ev.At.UnixNano())
			l.insert.BindInt64(7, int64(index))
			if index == 0 {
				l.insert.BindBytes(8, c.Digest[:])
			} else {
				l.insert.BindNull(8)
			}
			l.insert.BindBytes(9, ev.Meta)
			l.insert.BindBytes(10, ev.Data)
			if err := step(l.insert); err != nil {
				return events.Receipt{}, err
			}
			index++
			receipt.Position = events.Position(l.conn.LastInsertRowID())
			if receipt.First == 0 {
				receipt.First = receipt.Position
			}
		}
	}
	return receipt, nil
}
