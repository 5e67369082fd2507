package memory

import "github.com/tradesurety/surety/events"

// chunks is a list that grows without moving what it holds. A copy of it is an immutable view
// of what it held: add writes only beyond its end.
type chunks[T any] struct {
	list []*[chunk]T
	len  int
}

const chunk = 256

// add makes room for one more at the end and returns it, empty.
func (c *chunks[T]) add() *T {
	if c.len == len(c.list)*chunk {
		c.list = append(c.list, new([chunk]T))
	}
	c.len++
	return c.at(c.len - 1)
}

// at returns the element of that index, from 0.
func (c *chunks[T]) at(i int) *T { return &c.list[i/chunk][i%chunk] }

// log is the records in the order of their positions, which count from 1 without holes. A
// copy of it is a view, like one of chunks.
type log struct {
	chunks[events.Record]
}

// end is the position of the last record.
func (l *log) end() events.Position { return events.Position(l.len) }

// record returns the record at a position from 1 to end.
func (l *log) record(p events.Position) *events.Record { return l.at(int(p - 1)) }

// arena keeps bytes. What it has handed out is never written again.
type arena struct {
	block []byte // its length is what is used; what lies beyond is free
}

const (
	minBlock = 4 << 10
	maxBlock = 256 << 10
)

// keep returns a copy of b. The copy's capacity ends where it does, so that appending to it
// cannot reach its neighbour.
func (a *arena) keep(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	if len(b) > cap(a.block)-len(a.block) {
		// Blocks double, so that a small store stays small.
		a.block = make([]byte, 0, max(len(b), min(max(2*cap(a.block), minBlock), maxBlock)))
	}
	begin := len(a.block)
	a.block = append(a.block, b...)
	return a.block[begin:len(a.block):len(a.block)]
}
