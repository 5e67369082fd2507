package events_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// TestErrorTexts checks that the texts have what an operator needs: which stream, which versions,
// which commit, which field.
func TestErrorTexts(t *testing.T) {
	cause := errors.New("unknown type")
	record := events.Record{Position: 9, Stream: "order-1", Version: 3, Type: "order.lost"}
	for _, k := range []struct {
		err  error
		want string
	}{
		{&events.ConflictError{Stream: "order-1", After: 2, Head: 5}, "events: conflict on stream order-1: it is at version 5, not 2"},
		{&events.DuplicateError{Commit: uuid.NameSpaceOID, First: events.Receipt{Position: 7}}, "events: commit id 6ba7b812-9dad-11d1-80b4-00c04fd430c8 was used before for something else, at position 7"},
		{&events.BoundsError{Field: "batches[0].events[2].data", Reason: "65537 bytes are more than 65536"}, "events: batches[0].events[2].data: 65537 bytes are more than 65536"},
		{record.Corrupt(cause), `events: corrupt history: stream order-1 version 3 position 9 type "order.lost": unknown type`},
		{events.ErrClosed, "events: store is closed"},
		{events.ErrUnknownOutcome, "events: outcome unknown; ask again with the same commit id"},
	} {
		if got := k.err.Error(); got != k.want {
			t.Errorf("got  %s\nwant %s", got, k.want)
		}
	}
	if !errors.Is(record.Corrupt(cause), cause) {
		t.Error("the cause of a *CorruptError cannot be reached")
	}
}
