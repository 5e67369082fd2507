package memory

import (
	"context"
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

// Store is a log in memory. Make one with New; it is safe for concurrent use.
type Store struct {
	shell   parts.Shell
	log     log
	bytes   arena
	streams map[events.StreamID]*stream
	commits parts.List[commit]
	numbers map[uuid.UUID]int // of commits
	links   *links
}

// view is a log as it was at some instant. It never changes.
type view struct {
	log     log
	commits parts.List[commit]
}

// stream is where the records of one stream lie: version v is at positions[v-1]. Like a log,
// a copy of the slice is an immutable view.
type stream struct {
	id        events.StreamID
	positions []events.Position
}

// commit is what is kept of a commit beside its records.
type commit struct {
	digest      [32]byte
	first, last events.Position
}

// New returns an empty store.
func New() *Store {
	return &Store{
		streams: make(map[events.StreamID]*stream),
		numbers: make(map[uuid.UUID]int),
		links:   newLinks(),
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
	// A caller may have been cancelled while it waited for the lock.
	if err := s.shell.Refuses(ctx); err != nil {
		for i := range out {
			out[i].Err = err
		}
		return
	}
	heads := make(map[events.StreamID]events.Version)
	var known map[uuid.UUID]admit.Known // usually nil: retries are rare
	for i := range group {
		c := &group[i]
		if k, ok := s.known(c.ID); ok {
			if known == nil {
				known = make(map[uuid.UUID]admit.Known)
			}
			known[c.ID] = k
		}
		for b := range c.Batches {
			if st, ok := s.streams[c.Batches[b].Stream]; ok {
				heads[st.id] = events.Version(len(st.positions))
			}
		}
	}
	for i, v := range admit.Group(group, heads, known) {
		if v.Admit {
			out[i].Receipt = s.insert(&group[i])
		} else {
			out[i] = v.Outcome(out)
		}
	}
}

// insert writes an admitted commit. It cannot fail, and no reader takes its view before the
// lock is given back, so that a commit is seen whole or not at all.
func (s *Store) insert(c *events.Commit) events.Receipt {
	first, index := s.log.end()+1, 0
	s.numbers[c.ID] = s.commits.Len()
	kept := s.commits.Add()
	kept.digest = c.Digest
	for b := range c.Batches {
		batch := &c.Batches[b]
		if len(batch.Events) == 0 {
			continue
		}
		st := s.stream(batch.Stream)
		for e := range batch.Events {
			event, r := &batch.Events[e], s.log.Add()
			r.Position = s.log.end()
			st.positions = append(st.positions, r.Position)
			r.Stream, r.Version = st.id, events.Version(len(st.positions))
			r.Commit, r.Index = c.ID, index
			if index == 0 {
				r.Digest = kept.digest[:]
			}
			r.Type, r.Schema, r.At = event.Type, event.Schema, event.At.UTC()
			r.Meta, r.Data = s.bytes.keep(event.Meta), s.bytes.keep(event.Data)
			index++
		}
	}
	kept.first, kept.last = first, s.log.end()
	s.shell.Signal()
	return events.Receipt{Commit: c.ID, First: first, Position: s.log.end()}
}

// stream returns the stream of that id, which is empty if it was not there.
func (s *Store) stream(id events.StreamID) *stream {
	st, ok := s.streams[id]
	if !ok {
		st = &stream{id: id, positions: make([]events.Position, 0, 8)}
		s.streams[id] = st
	}
	return st
}

// known returns what the store keeps of the commit of that ID. The caller holds the lock.
func (s *Store) known(id uuid.UUID) (admit.Known, bool) {
	n, ok := s.numbers[id]
	if !ok {
		return admit.Known{}, false
	}
	c := s.commits.At(n)
	return admit.Known{Digest: c.digest, Receipt: events.Receipt{Commit: id, First: c.first, Position: c.last}}, true
}

// Lookup implements events.Store.
func (s *Store) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	s.shell.RLock()
	defer s.shell.RUnlock()
	if err := s.shell.Refuses(ctx); err != nil {
		return events.Receipt{}, false, err
	}
	k, ok := s.known(id)
	return k.Receipt, ok, nil
}

// Read implements events.Store.
func (s *Store) Read(ctx context.Context, id events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		v, positions, err := s.view(ctx, id)
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		if after >= events.Version(len(positions)) {
			return
		}
		for _, p := range positions[after:] {
			if err := ctx.Err(); err != nil {
				yield(events.Record{}, err)
				return
			}
			if !yield(*v.log.record(p), nil) {
				return
			}
		}
	}
}

// ReadAll implements events.Store.
func (s *Store) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		v, _, err := s.view(ctx, "")
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		if after >= v.log.end() {
			return
		}
		for p := after + 1; p <= v.log.end(); p++ {
			if err := ctx.Err(); err != nil {
				yield(events.Record{}, err)
				return
			}
			if r := v.log.record(p); f.Matches(r.Stream, r.Type) && !yield(*r, nil) {
				return
			}
		}
	}
}

// view returns the log as it is now and where the records of a stream lie in it.
func (s *Store) view(ctx context.Context, id events.StreamID) (view, []events.Position, error) {
	s.shell.RLock()
	defer s.shell.RUnlock()
	if err := s.shell.Refuses(ctx); err != nil {
		return view{}, nil, err
	}
	if st, ok := s.streams[id]; ok {
		return view{s.log, s.commits}, st.positions, nil
	}
	return view{s.log, s.commits}, nil, nil
}

// Settled implements events.Store.
func (s *Store) Settled(ctx context.Context) (events.Position, error) {
	s.shell.RLock()
	defer s.shell.RUnlock()
	if err := s.shell.Refuses(ctx); err != nil {
		return 0, err
	}
	return s.log.end(), nil
}

// Durability implements events.Store: nothing outlives the process.
func (s *Store) Durability() events.Durability { return events.DurabilityNone }

// Close implements events.Store. Sequences that have begun go on to their end.
func (s *Store) Close() error {
	s.shell.Lock()
	defer s.shell.Unlock()
	s.log, s.bytes, s.streams, s.commits, s.numbers = log{}, arena{}, nil, parts.List[commit]{}, nil
	return s.shell.Close()
}

// Changed implements events.Signaler.
func (s *Store) Changed() <-chan struct{} { return s.shell.Changed() }

// Hears implements events.Hearer: there is no other process.
func (s *Store) Hears() bool { return true }

// SaveSnapshot implements events.Snapshots. It copies the data.
func (s *Store) SaveSnapshot(ctx context.Context, snapshot events.Snapshot) error {
	return s.shell.SaveSnapshot(ctx, snapshot)
}

// LatestSnapshot implements events.Snapshots. The data is the store's own memory and is
// read-only.
func (s *Store) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	return s.shell.LatestSnapshot(ctx, stream, fold)
}
