package sqlite

import (
	"fmt"
	"github.com/tradesurety/surety/events"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestTmpGroups(t *testing.T) {
	sizes := map[int]int{}
	var last time.Time
	var gap, in time.Duration
	var began time.Time
	n := 0
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "x"), func(c *config) {
		c.hooks.committing = func(m []events.Commit) error {
			sizes[len(m)]++
			n++
			in += time.Since(began)
			last = time.Now()
			return nil
		}
		c.hooks.begun = func() {
			began = time.Now()
			if !last.IsZero() {
				gap += time.Since(last)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var g sync.WaitGroup
	start := time.Now()
	for range 32 {
		g.Go(func() {
			var w traffic
			for range 1000 {
				if _, err := s.Append(t.Context(), w.next()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	g.Wait()
	fmt.Println(sizes, n, float64(32000)/float64(n), "per group; commit+wait", gap/time.Duration(n), "insert", in/time.Duration(n), 32000/time.Since(start).Seconds())
	s.Close()
}
