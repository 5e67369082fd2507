package projection_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// hearing is a log whose signal is of all commits until it says otherwise.
type hearing struct {
	events.Store
	asked atomic.Int64
	ends  chan struct{} // closed when it is deaf
}

// Changed returns a channel that is closed when the log becomes deaf; later ones never are.
func (h *hearing) Changed() <-chan struct{} {
	if h.Hears() {
		return h.ends
	}
	return nil
}

func (h *hearing) Hears() bool {
	select {
	case <-h.ends:
		return false
	default:
		return true
	}
}

func (h *hearing) Settled(ctx context.Context) (events.Position, error) {
	h.asked.Add(1)
	return h.Store.Settled(ctx)
}

// A worker asks a log that hears of all commits about once in events.HeardPoll, and as often as others
// from the moment it is deaf. Only the number of questions counts: a slow machine asks less.
func TestFollowALogThatHears(t *testing.T) {
	log := &hearing{Store: logOf(t, "named", "name-1"), ends: make(chan struct{})}
	worker, err := projection.New(log, viewmemory.New(), view(func(*projection.Rows, *events.Record) error { return nil }),
		projection.PollEvery(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended, begin := make(chan error, 1), time.Now()
	go func() { ended <- worker.Follow(ctx) }()
	time.Sleep(events.HeardPoll / 4)
	const round = 5 // questions at most in a round of the worker
	asked, most := log.asked.Load(), round*(2+int64(time.Since(begin)/events.HeardPoll))
	if asked > most {
		t.Errorf("asked %d times, want at most %d", asked, most)
	}
	close(log.ends)
	deaf := time.Now()
	for log.asked.Load()-asked <= round*(2+int64(time.Since(deaf)/events.HeardPoll)) {
		if time.Sleep(time.Millisecond); time.Since(deaf) > time.Minute {
			t.Fatal("it asks as seldom as before")
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
