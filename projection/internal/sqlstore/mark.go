package sqlstore

import (
	"encoding/binary"
	"fmt"

	"github.com/tradesurety/surety/events"
)

// Stored: the mark of a checkpoint is nothing, or its position in 8 bytes, big-endian, and its sum.
const markSize = 8 + len(events.Mark{}.Sum)

// Mark returns a mark as a catalog has it. It is never nil, which would be null.
func Mark(m events.Mark) []byte {
	if m.IsZero() {
		return []byte{}
	}
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, markSize), uint64(m.Position)), m.Sum[:]...)
}

// ParseMark is the inverse of Mark.
func ParseMark(b []byte) (m events.Mark, err error) {
	switch len(b) {
	case 0:
		return m, nil
	case markSize:
		m.Position = events.Position(binary.BigEndian.Uint64(b))
		copy(m.Sum[:], b[8:])
		return m, nil
	}
	return m, fmt.Errorf("the mark of a checkpoint has %d bytes", len(b))
}
