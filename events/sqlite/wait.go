package sqlite

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff waits between attempts at a lock that another process holds: first for less than a
// transaction takes, so that two busy processes alternate, then longer and longer.
type backoff struct{ last time.Duration }

const (
	firstPause = 50 * time.Microsecond
	lastPause  = 5 * time.Millisecond
)

func (b *backoff) pause() {
	b.last = min(max(2*b.last, firstPause), lastPause)
	time.Sleep(b.last/2 + rand.N(b.last/2))
}

// patiently runs f again while it finds a lock taken, until ctx ends.
func patiently(ctx context.Context, f func() error) error {
	var wait backoff
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(); !isBusy(err) {
			return err
		}
		wait.pause()
	}
}
