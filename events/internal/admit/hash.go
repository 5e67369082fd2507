package admit

import (
	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/link"
)

// Hash adds the records of an admitted commit to the group that the log's next link covers.
func Hash(h *link.Hasher, c *events.Commit) {
	r := link.Record{Commit: c.ID, Digest: c.Digest[:]}
	for b := range c.Batches {
		batch := &c.Batches[b]
		r.Stream = string(batch.Stream)
		for e := range batch.Events {
			event := &batch.Events[e]
			r.Version = uint64(batch.After) + uint64(e) + 1
			r.Type, r.Schema, r.At = event.Type, event.Schema, event.At.UnixNano()
			r.Meta, r.Data = event.Meta, event.Data
			h.Add(&r)
			r.Index++
			r.Digest = nil
		}
	}
}

// HashRecord adds a record that was read.
func HashRecord(h *link.Hasher, r *events.Record) {
	h.Add(&link.Record{
		Version: uint64(r.Version), Commit: r.Commit, Index: r.Index, Schema: r.Schema, At: r.At.UnixNano(),
		Stream: string(r.Stream), Type: r.Type, Digest: r.Digest, Meta: r.Meta, Data: r.Data,
	})
}
