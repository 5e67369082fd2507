package events

import (
	"errors"
	"sync"
)

// Cache keeps the states of the streams used last, for Transact and View. It belongs to one
// store value: when that has met another history, as a *ForkError says, the cache is empty for
// good, and the store that is opened anew gets a new one. A cached state is never newer than the store and may be older: Transact detects that
// by the versions it commits, View by reading on. It is safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	limit   int
	entries map[cacheKey]*cacheEntry
	forked  bool       // its store has met another history
	ring    cacheEntry // the sentinel of a ring: next is the entry used last, prev the one used first
}

// cacheKey names a state: the same stream has one for every model it is folded by.
type cacheKey struct {
	model  any // a *Model
	stream StreamID
}

type cacheEntry struct {
	key        cacheKey
	version    Version
	view       any // a *view of the model's state, never written again
	prev, next *cacheEntry
}

// NewCache returns a cache of at most limit states; when it is full it drops the one used
// longest ago. A limit below 1 disables it.
func NewCache(limit int) *Cache {
	c := &Cache{limit: limit, entries: make(map[cacheKey]*cacheEntry)}
	c.ring.prev, c.ring.next = &c.ring, &c.ring
	return c
}

// Len returns the number of states in the cache.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries)
}

// get returns the view of that stream. A nil cache holds nothing.
func (c *Cache) get(model any, stream StreamID) (view any, ok bool) {
	if c == nil {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[cacheKey{model, stream}]
	if !ok {
		return nil, false
	}
	if c.ring.next != e {
		e.unlink()
		c.front(e)
	}
	return e.view, true
}

// put keeps a view unless a newer one is there.
func (c *Cache) put(model any, stream StreamID, version Version, view any) {
	if c == nil || c.limit < 1 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forked {
		return
	}
	key := cacheKey{model, stream}
	if e, ok := c.entries[key]; ok {
		if version > e.version {
			e.version, e.view = version, view
		}
		return
	}
	if len(c.entries) >= c.limit {
		oldest := c.ring.prev
		oldest.unlink()
		delete(c.entries, oldest.key)
	}
	e := &cacheEntry{key: key, version: version, view: view}
	c.entries[key] = e
	c.front(e)
}

// drop forgets the view of that stream.
func (c *Cache) drop(model any, stream StreamID) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[cacheKey{model, stream}]; ok {
		e.unlink()
		delete(c.entries, e.key)
	}
}

// met empties the cache for good if err says that its store has met another history: what was
// folded may be in no log.
func (c *Cache) met(err error) {
	if fork := (*ForkError)(nil); c == nil || !errors.As(err, &fork) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forked = true
	clear(c.entries)
	c.ring.prev, c.ring.next = &c.ring, &c.ring
}

// front links an entry in as the one used last. The caller holds the lock.
func (c *Cache) front(e *cacheEntry) {
	e.prev, e.next = &c.ring, c.ring.next
	e.prev.next, e.next.prev = e, e
}

// unlink takes an entry out of the ring. The caller holds the lock.
func (e *cacheEntry) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
}
