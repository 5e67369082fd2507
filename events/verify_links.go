package events

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/tradesurety/surety/events/internal/link"
)

// linkVerifier recomputes the links of a log beside a walk over its records.
type linkVerifier struct {
	next   func() (Mark, error, bool)
	stop   func()
	hasher link.Hasher
	before Mark // the last link that was verified, or the first of the log
	at     Mark // the next one, at or after the next record
	more   bool // there is a next one
	open   bool // records were taken since the last link
}

// newLinkVerifier stands at the first link of the log, which at is too.
func newLinkVerifier(ctx context.Context, m Marker) (*linkVerifier, error) {
	l := &linkVerifier{}
	l.next, l.stop = iter.Pull2(m.Links(ctx, 0))
	err := l.advance()
	if err == nil && !l.more {
		err = errors.New("events: the log has no first link")
	}
	if err != nil {
		l.stop()
		return nil, err
	}
	l.before = l.at
	return l, nil
}

func (l *linkVerifier) advance() (err error) {
	l.at, err, l.more = l.next()
	return err
}

// take adds the next record. An error is a *CorruptError or that of the store. A link is read
// when the records before it have been, so that none of theirs can be missing yet.
func (l *linkVerifier) take(r *Record, report *Report) error {
	if r.Position <= report.Uncovered {
		return nil
	}
	if !l.open {
		l.before = l.at
		if err := l.advance(); err != nil {
			return err
		}
	}
	switch {
	case !l.more:
		return r.Corrupt(fmt.Errorf("no link covers the record; the last one is at position %d", l.before.Position))
	case l.at.Position < r.Position:
		return r.Corrupt(fmt.Errorf("the link at position %d is where no record is", l.at.Position))
	}
	l.hasher.Add(&link.Record{
		Version: uint64(r.Version), Commit: r.Commit, Index: r.Index, Schema: r.Schema, At: r.At.UnixNano(),
		Stream: string(r.Stream), Type: r.Type, Digest: r.Digest, Meta: r.Meta, Data: r.Data,
	})
	if l.open = l.at.Position != r.Position; l.open {
		return nil
	}
	if link.Next(l.before.Sum, uint64(r.Position), l.hasher.Group()) != l.at.Sum {
		return r.Corrupt(fmt.Errorf("the records after position %d are not those that link %s covers", l.before.Position, l.at))
	}
	report.Links++
	return nil
}

// end checks that the links do not go on where the records have ended.
func (l *linkVerifier) end(ctx context.Context, store Store, last *Record) error {
	if !l.open && l.at.Position <= last.Position {
		if err := l.advance(); err != nil || !l.more {
			return err
		}
	}
	if l.at.Position == 0 {
		return nil // the first link of a log without records
	}
	// Its records may have been appended since the walk began.
	for r, err := range store.ReadAll(ctx, l.at.Position-1, Filter{}) {
		if err != nil {
			return err
		}
		if !l.open && r.Position == l.at.Position {
			return nil
		}
		break
	}
	return last.Corrupt(fmt.Errorf("link %s covers records that are not there", l.at))
}
