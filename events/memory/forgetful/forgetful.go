// Package forgetful keeps a log in memory and can forget records that nobody will read again,
// so that a simulation of millions of orders fits. Nothing outlives the process.
//
// See TestStore, which runs the conformance suite of package storetest on a store of which
// nothing is forgotten, and TestForgottenBytes for what is left of what is.
package forgetful

import (
	"context"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/memory/internal/parts"
)

var (
	_ events.Store     = (*Store)(nil)
	_ events.Hearer    = (*Store)(nil)
	_ events.Snapshots = (*Store)(nil)
)

// Store is a log in memory that can forget. As long as nothing is forgotten it keeps every
// promise of events.Store. Make one with New; it is safe for concurrent use.
//
// A read that would have to yield a forgotten record ends with a *ForgottenError; it never
// yields a shorter history. The store still knows the version of every stream, so that
// conflicts are conflicts, and the ID, the digest and the receipt of every commit, so that a
// retry is harmless and another use of an ID is refused.
//
// It keeps about 50 bytes of a commit, about 30 of a stream that is forgotten to its end, and of
// a forgotten record nothing but its share of a page that holds others. A digest is known by a
// hash of 128 bits, and a stream that is forgotten to its end by one of 96.
type Store struct {
	shell   parts.Shell
	end     events.Position
	log     []*page // the records by position; a full page of which all are forgotten is nil
	streams map[events.StreamID]*remembered
	ended   headTable
	commits commitTable
}

// page is the records of pageSize positions in a row; one that is forgotten is nil.
type page struct {
	records [pageSize]*events.Record
	kept    int
}

const pageSize = 256

// remembered is a stream with records that are not forgotten, or whose last one is not.
type remembered struct {
	id      events.StreamID
	through events.Version   // the records up to here are forgotten
	records []*events.Record // those after it
}

func (r *remembered) head() events.Version { return r.through + events.Version(len(r.records)) }

// ForgottenError says that a read would have to yield a record that a Store has forgotten.
type ForgottenError struct {
	Stream   events.StreamID // empty if the read was of the whole log
	Through  events.Version  // the last version of the stream that is forgotten
	Position events.Position // the first forgotten position of the read, if it was of the whole log
}

func (e *ForgottenError) Error() string {
	if e.Stream == "" {
		return fmt.Sprintf("forgetful: the record at position %d is forgotten", e.Position)
	}
	return fmt.Sprintf("forgetful: stream %s is forgotten up to version %d", e.Stream, e.Through)
}

// New returns an empty store.
func New() *Store {
	return &Store{streams: make(map[events.StreamID]*remembered), ended: newHeadTable(), commits: newCommitTable()}
}

// Forget drops the records of a stream up to and including a version, or all of them if it has
// no more. The stream can still be written to and guarded at its head, and read after the
// version. Forgetting a stream again, or an empty one, does nothing.
func (s *Store) Forget(ctx context.Context, stream events.StreamID, through events.Version) error {
	s.shell.Lock()
	defer s.shell.Unlock()
	if err := s.shell.Refuses(ctx); err != nil {
		return err
	}
	st, ok := s.streams[stream]
	if !ok || through <= st.through {
		return nil
	}
	n := int(min(through-st.through, events.Version(len(st.records))))
	for _, r := range st.records[:n] {
		s.drop(r.Position)
	}
	if n == len(st.records) {
		s.ended.put(stream, st.head())
		delete(s.streams, stream)
		s.shell.DropSnapshots(stream)
		return nil
	}
	st.through += events.Version(n)
	// A copy lets go of what lies before it; readers may still walk the old one.
	st.records = append(make([]*events.Record, 0, len(st.records)-n+8), st.records[n:]...)
	return nil
}

// drop lets go of the record at a position.
func (s *Store) drop(p events.Position) {
	i := int(p-1) / pageSize
	pg := s.log[i]
	pg.records[int(p-1)%pageSize] = nil
	if pg.kept--; pg.kept == 0 && (i+1)*pageSize <= int(s.end) {
		s.log[i] = nil
	}
}

// Append implements events.Store. Its outcome is never unknown.
func (s *Store) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	group := [1]events.Commit{c}
	var out [1]events.Outcome
	s.decide(ctx, group[:], out[:])
	return out[0].Receipt, out[0].Err
}

// AppendEach implements events.Store.
func (s *Store) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	out := make([]events.Outcome, len(group))
	for from := 0; from < len(group); {
		to := from + admit.Part(group[from:])
		s.decide(ctx, group[from:to], out[from:to])
		from = to
	}
	return out
}

// decide fills in the outcome of every member of the group.
func (s *Store) decide(ctx context.Context, group []events.Commit, out []events.Outcome) {
	s.shell.Lock()
	defer s.shell.Unlock()
	if err := s.shell.Refuses(ctx); err != nil {
		for i := range out {
			out[i].Err = err
		}
		return
	}
	heads := make(map[events.StreamID]events.Version, len(group))
	var known map[uuid.UUID]admit.Known
	for i := range group {
		c := &group[i]
		if k, ok := s.commits.find(c.ID); ok {
			if known == nil {
				known = make(map[uuid.UUID]admit.Known)
			}
			known[c.ID] = k
		}
		for b := range c.Batches {
			stream := c.Batches[b].Stream
			heads[stream] = s.head(stream)
		}
	}
	asked := group
	if known != nil {
		asked = s.commits.hashed(group)
	}
	for i, v := range admit.Group(asked, heads, known) {
		if v.Admit {
			out[i].Receipt = s.insert(&group[i])
		} else {
			out[i] = v.Outcome(out)
		}
	}
}

// head returns the version of a stream. The caller holds the lock.
func (s *Store) head(stream events.StreamID) events.Version {
	if st, ok := s.streams[stream]; ok {
		return st.head()
	}
	return s.ended.get(stream)
}

// insert writes an admitted commit. It cannot fail, and no reader takes its view before the
// lock is given back.
func (s *Store) insert(c *events.Commit) events.Receipt {
	first, index := s.end+1, 0
	for b := range c.Batches {
		batch := &c.Batches[b]
		if len(batch.Events) == 0 {
			continue
		}
		st, ok := s.streams[batch.Stream]
		if !ok {
			st = &remembered{id: batch.Stream, through: s.ended.get(batch.Stream)}
			s.streams[st.id] = st
		}
		// The records of one stream in a commit are mostly forgotten together, and lie together.
		records := make([]events.Record, len(batch.Events))
		bytes := 0
		for e := range batch.Events {
			bytes += len(batch.Events[e].Meta) + len(batch.Events[e].Data)
		}
		kept := make([]byte, 0, bytes)
		keep := func(b []byte) []byte {
			if len(b) == 0 {
				return nil
			}
			begin := len(kept)
			kept = append(kept, b...)
			return kept[begin:len(kept):len(kept)]
		}
		for e := range batch.Events {
			event, r := &batch.Events[e], &records[e]
			s.end++
			r.Position, r.Stream, r.Version = s.end, st.id, st.head()+1
			r.Commit, r.Index = c.ID, index
			r.Type, r.Schema, r.At = event.Type, event.Schema, event.At.UTC()
			r.Meta, r.Data = keep(event.Meta), keep(event.Data)
			st.records = append(st.records, r)
			s.place(r)
			index++
		}
	}
	s.commits.put(c.ID, c.Digest, first, s.end)
	s.shell.Signal()
	return events.Receipt{Commit: c.ID, First: first, Position: s.end}
}

// place puts a record, which is the last one, into the log.
func (s *Store) place(r *events.Record) {
	i := int(r.Position-1) / pageSize
	if i == len(s.log) {
		s.log = append(s.log, new(page))
	}
	s.log[i].records[int(r.Position-1)%pageSize] = r
	s.log[i].kept++
}

// Lookup implements events.Store.
func (s *Store) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	s.shell.RLock()
	defer s.shell.RUnlock()
	if err := s.shell.Refuses(ctx); err != nil {
		return events.Receipt{}, false, err
	}
	k, ok := s.commits.find(id)
	return k.Receipt, ok, nil
}

// Read implements events.Store. A record that is forgotten is a *ForgottenError.
func (s *Store) Read(ctx context.Context, id events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		records, err := s.after(ctx, id, after)
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		for _, r := range records {
			if err := ctx.Err(); err != nil {
				yield(events.Record{}, err)
				return
			}
			if !yield(*r, nil) {
				return
			}
		}
	}
}

// after returns the records of a stream after a version.
func (s *Store) after(ctx context.Context, id events.StreamID, after events.Version) ([]*events.Record, error) {
	s.shell.RLock()
	defer s.shell.RUnlock()
	if err := s.shell.Refuses(ctx); err != nil {
		return nil, err
	}
	st, ok := s.streams[id]
	through := s.ended.get(id)
	if ok {
		through = st.through
	}
	switch {
	case after < through:
		return nil, &ForgottenError{Stream: id, Through: through}
	case !ok || after >= st.head():
		return nil, nil
	}
	return st.records[after-through:], nil
}

// ReadAll implements events.Store. Whether a forgotten record would have passed the filter is
// forgotten too: each one between the position and the end of the log is a *ForgottenError,
// where the sequence comes to it.
func (s *Store) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		last, err := s.Settled(ctx)
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		var part [32]*events.Record
		for at := after; at < last; {
			n, err := s.copy(ctx, part[:], at, last)
			if err != nil {
				yield(events.Record{}, err)
				return
			}
			for _, r := range part[:n] {
				at++
				if err := ctx.Err(); err != nil {
					yield(events.Record{}, err)
					return
				}
				if r == nil {
					yield(events.Record{}, &ForgottenError{Position: at})
					return
				}
				if f.Matches(r.Stream, r.Type) && !yield(*r, nil) {
					return
				}
			}
		}
	}
}

// copy copies the records after a position, up to the last one, into part and returns how many
// there were. One that is forgotten is nil.
func (s *Store) copy(ctx context.Context, part []*events.Record, after, last events.Position) (int, error) {
	s.shell.RLock()
	defer s.shell.RUnlock()
	if err := s.shell.Refuses(ctx); err != nil {
		return 0, err
	}
	n := min(len(part), int(last-after))
	for k := range n {
		part[k] = nil
		i := int(after) + k
		if page := s.log[i/pageSize]; page != nil {
			part[k] = page.records[i%pageSize]
		}
	}
	return n, nil
}

// Settled implements events.Store.
func (s *Store) Settled(ctx context.Context) (events.Position, error) {
	s.shell.RLock()
	defer s.shell.RUnlock()
	return s.end, s.shell.Refuses(ctx)
}

// Durability implements events.Store: nothing outlives the process.
func (s *Store) Durability() events.Durability { return events.DurabilityNone }

// Close implements events.Store. A sequence that has begun may end with events.ErrClosed.
func (s *Store) Close() error {
	s.shell.Lock()
	defer s.shell.Unlock()
	s.log, s.streams, s.ended, s.commits = nil, nil, headTable{}, commitTable{}
	return s.shell.Close()
}

// Changed implements events.Signaler.
func (s *Store) Changed() <-chan struct{} { return s.shell.Changed() }

// Hears implements events.Hearer: there is no other process.
func (s *Store) Hears() bool { return true }

// SaveSnapshot implements events.Snapshots. It copies the data. The snapshots of a stream go when
// the stream is forgotten to its end.
func (s *Store) SaveSnapshot(ctx context.Context, snapshot events.Snapshot) error {
	return s.shell.SaveSnapshot(ctx, snapshot)
}

// LatestSnapshot implements events.Snapshots. The data is the store's own memory and is
// read-only.
func (s *Store) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	return s.shell.LatestSnapshot(ctx, stream, fold)
}
