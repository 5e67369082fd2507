package sqlite

import (
	"fmt"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
)

// probe asks one connection for what admit.Group needs to know.
type probe struct {
	head, first, last *sqlite.Stmt
}

func newProbe(conn *sqlite.Conn) (*probe, error) {
	var p probe
	err := prepare(conn, map[**sqlite.Stmt]string{
		&p.head:  "SELECT max(version) FROM log WHERE stream = ?",
		&p.first: "SELECT position, digest FROM log WHERE commit_id = ? AND idx = 0",
		&p.last:  "SELECT max(position) FROM log WHERE commit_id = ?",
	})
	return &p, err
}

// version returns the version of a stream, 0 if it is empty.
func (p *probe) version(stream events.StreamID) (events.Version, error) {
	defer p.head.Reset()
	p.head.BindText(1, string(stream))
	if _, err := p.head.Step(); err != nil {
		return 0, err
	}
	return events.Version(p.head.ColumnInt64(0)), nil
}

// commit returns what is known of a commit ID.
func (p *probe) commit(id uuid.UUID) (k admit.Known, found bool, err error) {
	defer p.first.Reset()
	p.first.BindBytes(1, id[:])
	if found, err = p.first.Step(); !found {
		return admit.Known{}, false, err
	}
	defer p.last.Reset()
	p.last.BindBytes(1, id[:])
	if _, err := p.last.Step(); err != nil {
		return admit.Known{}, false, err
	}
	k.Receipt = events.Receipt{
		Commit:   id,
		First:    events.Position(p.first.ColumnInt64(0)),
		Position: events.Position(p.last.ColumnInt64(0)),
	}
	if n := p.first.ColumnBytes(1, k.Digest[:]); n != len(k.Digest) {
		return admit.Known{}, false, fmt.Errorf("digest of commit %s has %d bytes", id, n)
	}
	return k, true, nil
}

// commits returns what is known of the IDs of the members, or of those that which selects.
func (p *probe) commits(members []events.Commit, which func(events.Commit) bool) (known map[uuid.UUID]admit.Known, err error) {
	for i := range members {
		if which != nil && !which(members[i]) {
			continue
		}
		k, found, err := p.commit(members[i].ID)
		if err != nil {
			return nil, err
		}
		if found && known == nil {
			known = make(map[uuid.UUID]admit.Known)
		}
		if found {
			known[members[i].ID] = k
		}
	}
	return known, nil
}

// prepare prepares statements that live as long as the connection.
func prepare(conn *sqlite.Conn, list map[**sqlite.Stmt]string) error {
	for stmt, query := range list {
		var err error
		if *stmt, err = conn.Prepare(query); err != nil {
			return failed("prepare", err)
		}
	}
	return nil
}

// step runs a statement that yields no row.
func step(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	if again := stmt.Reset(); err == nil {
		err = again
	}
	return err
}
