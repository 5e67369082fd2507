package desk

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order/trade"
)

// NewID returns a new command ID: a UUID of version 7, so that the log's index of them stays
// warm.
func NewID() uuid.UUID { return uuid.UUID(trade.NewID()) }

// CommandID returns the command ID that belongs to a key of the caller's, such as an
// Idempotency-Key, the id of a webhook, or a timer: the same arguments always give the same
// ID, so that every retry agrees. It is a UUID of version 8: 48 bits of the milliseconds of at,
// and the rest a hash of namespace and key. The instant must belong to the fact (when it was
// due, when the webhook says it happened), not to the attempt.
func CommandID(at time.Time, namespace, key string) uuid.UUID {
	var b []byte
	b = binary.BigEndian.AppendUint64(b, uint64(len(namespace)))
	b = append(b, namespace...)
	b = append(b, key...)
	sum := sha256.Sum256(b)
	id := uuid.UUID(sum[:16])
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x80 // version 8
	id[8] = id[8]&0x3f | 0x80 // the variant of RFC 9562
	return id
}
