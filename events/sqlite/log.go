package sqlite

import (
	"strings"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/internal/link"
)

// log is the writing connection and what its owner knows of the file.
type log struct {
	conn    *sqlite.Conn
	probe   *probe
	hooks   hooks
	file    *file
	keeper  *keeper
	changed *signal
	closing <-chan struct{} // set when the writer is made
	history *history
	links   *linkReader
	hasher  link.Hasher // of the rows of the transaction

	begin, commit, rollback, dataVersion, highest, insert, addLink, save *sqlite.Stmt

	// heads holds versions of streams as of the last transaction of this connection. They
	// are exact as long as no other connection has committed, which seen shows.
	heads map[events.StreamID]events.Version
	last  int64       // the highest position, as exact as the heads; unknown if it is not known
	tip   events.Mark // the last link, as exact as the heads; zero if it is not known
	seen  int64

	held held

	// unsettled holds the commits of the last transaction if its outcome is unknown: see settle.
	unsettled map[uuid.UUID]struct{}
}

// maxHeads bounds the versions that are kept in memory.
const maxHeads = 1 << 15

func newLog(conn *sqlite.Conn, c *config, f *file, changed *signal, past *history) (*log, error) {
	l := &log{conn: conn, hooks: c.hooks, file: f, changed: changed, history: past}
	l.forget()
	var err error
	if l.keeper, err = newKeeper(conn, c); err != nil {
		return nil, err
	}
	if l.probe, err = newProbe(conn); err != nil {
		return nil, err
	}
	if l.links, err = newLinkReader(conn); err != nil {
		return nil, err
	}
	return l, prepare(conn, map[**sqlite.Stmt]string{
		&l.begin:       "BEGIN IMMEDIATE",
		&l.commit:      "COMMIT",
		&l.rollback:    "ROLLBACK",
		&l.dataVersion: "PRAGMA data_version",
		&l.highest:     "SELECT max(position) FROM log",
		&l.insert: "INSERT INTO log (stream, version, type, schema, at, commit_id, idx, digest, meta, data, position)" +
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		&l.addLink: "INSERT INTO links (position, sum) VALUES (?, ?)",
		&l.save: "INSERT INTO snapshots (stream, fold, version, data) VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (stream, fold) DO UPDATE SET version = excluded.version, data = excluded.data" +
			" WHERE excluded.version >= snapshots.version",
	})
}

// decide returns what admit.Group says of the members.
//
// Most members are new commits that fit. With trust, decide assumes that: it looks up no ID,
// and takes a stream that a member begins to be empty. If then every member is admitted, the
// unique indexes verify both when the rows are inserted. If one is not, decide looks everything
// up after all. Guards insert nothing that would be verified: what they name is always looked up.
func (l *log) decide(members []events.Commit, trust bool) ([]admit.Verdict, error) {
	if trust {
		if err := l.learn(members, true); err != nil {
			return nil, err
		}
		known, err := l.probe.commits(members, events.Commit.IsGuard)
		if err != nil {
			return nil, err
		}
		verdicts := admit.Group(members, l.heads, known)
		if allAdmitted(members, verdicts) {
			return verdicts, nil
		}
		clear(l.heads)
	}
	if err := l.learn(members, false); err != nil {
		return nil, err
	}
	known, err := l.probe.commits(members, nil)
	if err != nil {
		return nil, err
	}
	return admit.Group(members, l.heads, known), nil
}

// allAdmitted reports whether every member that has something to insert is admitted.
func allAdmitted(members []events.Commit, verdicts []admit.Verdict) bool {
	for i := range verdicts {
		if !verdicts[i].Admit && !members[i].IsGuard() {
			return false
		}
	}
	return true
}

// refresh forgets the heads if another connection has committed since the last transaction,
// or if there are too many of them. What it has committed may be another history.
func (l *log) refresh() error {
	defer l.dataVersion.Reset()
	if _, err := l.dataVersion.Step(); err != nil {
		return err
	}
	if now := l.dataVersion.ColumnInt64(0); now != l.seen || len(l.heads) > maxHeads {
		l.forget()
		if err := l.history.check(l.links, l.history.last.Load()); err != nil {
			return err
		}
		l.seen = now
	}
	return nil
}

func (l *log) forget() {
	l.heads, l.last, l.tip = make(map[events.StreamID]events.Version), unknown, events.Mark{}
}

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
		if !v.Admit {
			answers[i] = v.Outcome(answers)
			continue
		}
		receipt, err := l.add(&members[i])
		if err != nil {
			return 0, err
		}
		admit.Hash(&l.hasher, &members[i])
		answers[i] = events.Outcome{Receipt: receipt}
		rows += members[i].Events()
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
			position, err := l.next()
			if err != nil {
				return events.Receipt{}, err
			}
			l.insert.BindInt64(11, position)
			if err := step(l.insert); err != nil {
				return events.Receipt{}, err
			}
			index++
			receipt.Position = events.Position(position)
			if receipt.First == 0 {
				receipt.First = receipt.Position
			}
		}
	}
	return receipt, nil
}
