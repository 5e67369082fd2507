package memory

import (
	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory/internal/parts"
)

// log is the records in the order of their positions, which count from 1 without holes. A
// copy of it is a view, like one of parts.List.
type log struct {
	parts.List[events.Record]
}

// end is the position of the last record.
func (l *log) end() events.Position { return events.Position(l.Len()) }

// record returns the record at a position from 1 to end.
func (l *log) record(p events.Position) *events.Record { return l.At(int(p - 1)) }

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
