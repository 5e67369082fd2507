package memory

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/tradesurety/surety/projection"
)

var _ projection.Store = (*Store)(nil)

// Store keeps views in memory. Make one with New; it is safe for concurrent use.
type Store struct {
	mu    sync.RWMutex
	views map[string]map[int]*version
}

// version is a version of a view.
type version struct {
	schema *projection.Schema
	text   string
	status projection.Status
	tables map[string]*table
}

// empty makes the tables.
func (v *version) empty() {
	v.tables = make(map[string]*table)
	for _, t := range v.schema.Tables {
		v.tables[t.Name] = newTable(t)
	}
}

// New returns a store without views.
func New() *Store { return &Store{views: make(map[string]map[int]*version)} }

// Prepare implements projection.Store.
func (s *Store) Prepare(ctx context.Context, schema *projection.Schema) error {
	raw, err := schema.MarshalText()
	if err != nil {
		return err
	}
	text := string(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if v := s.views[schema.Name][schema.Version]; v != nil {
		if v.text != text {
			return fault(schema.Name, schema.Version, projection.ErrOtherTables)
		}
		return nil
	}
	v := &version{schema: schema, text: text, status: projection.Status{Name: schema.Name, Version: schema.Version}}
	v.empty()
	if s.views[schema.Name] == nil {
		s.views[schema.Name] = make(map[int]*version)
	}
	s.views[schema.Name][schema.Version] = v
	return nil
}

// Commit implements projection.Store. Its outcome is always known.
func (s *Store) Commit(ctx context.Context, c *projection.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	v, err := s.find(c.Name, c.Version)
	switch {
	case err != nil:
		return err
	case v.status.Checkpoint != c.From:
		return fault(c.Name, c.Version, projection.ErrBehind)
	}
	// Nothing below can fail, and no reader runs before the lock is released.
	for i := range c.Tables {
		v.tables[c.Tables[i].Table.Name].apply(&c.Tables[i])
	}
	v.status.Checkpoint = c.To
	return nil
}

// Read implements projection.Store. Commits wait for f.
func (s *Store) Read(ctx context.Context, name string, number int, f func(projection.Snapshot) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	v, err := s.find(name, number)
	if err != nil {
		return err
	}
	return f(snapshot{ctx, v})
}

// TakeOver implements projection.Store.
func (s *Store) TakeOver(ctx context.Context, name string, number, from int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	v, err := s.find(name, number)
	if err != nil {
		return err
	}
	live := s.live(name)
	if from == 0 && live != nil || from != 0 && (live == nil || live.status.Version != from) {
		return fault(name, number, projection.ErrOtherLive)
	}
	if live != nil {
		live.status.Live = false
	}
	v.status.Live, v.status.Ready = true, true
	return nil
}

// Clear implements projection.Store.
func (s *Store) Clear(ctx context.Context, name string, number int, from projection.Checkpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	v := s.views[name][number]
	switch {
	case v == nil:
		return fault(name, number, projection.ErrNotPrepared)
	case v.status.Checkpoint != from:
		return fault(name, number, projection.ErrBehind)
	}
	v.empty()
	v.status.Checkpoint, v.status.Ready, v.status.Live = from.Cleared(), false, false
	return nil
}

// Drop implements projection.Store.
func (s *Store) Drop(ctx context.Context, name string, number int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if v := s.views[name][number]; v != nil && v.status.Live {
		return fault(name, number, projection.ErrLive)
	}
	delete(s.views[name], number)
	return nil
}

// Versions implements projection.Store.
func (s *Store) Versions(ctx context.Context, name string) ([]projection.Status, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var list []projection.Status
	for _, v := range s.views[name] {
		list = append(list, v.status)
	}
	slices.SortFunc(list, func(a, b projection.Status) int { return cmp.Compare(a.Version, b.Version) })
	return list, nil
}

// find returns a version; 0 is the live one. The caller holds the lock.
func (s *Store) find(name string, number int) (*version, error) {
	v := s.views[name][number]
	if number == 0 {
		v = s.live(name)
	}
	if v == nil {
		return nil, fault(name, number, projection.ErrNotPrepared)
	}
	return v, nil
}

func (s *Store) live(name string) *version {
	for _, v := range s.views[name] {
		if v.status.Live {
			return v
		}
	}
	return nil
}

func fault(name string, number int, err error) error {
	return &projection.ViewError{Name: name, Version: number, Err: err}
}

// snapshot is a version under the lock of its store.
type snapshot struct {
	ctx     context.Context
	version *version
}

// Status implements projection.Snapshot.
func (s snapshot) Status() projection.Status { return s.version.status }

// Select implements projection.Snapshot.
func (s snapshot) Select(q projection.Query) ([]projection.Row, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	p, err := s.version.schema.Plan(q)
	if err != nil {
		return nil, err
	}
	return s.version.tables[p.Table.Name].find(p), nil
}
