package desk

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestQueueIsFirstInFirstOut has callers come one after the other and leave in that order, one
// at a time.
func TestQueueIsFirstInFirstOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			q     queues
			all   sync.WaitGroup
			order []int
		)
		for i := range 20 {
			all.Go(func() {
				turn, err := q.enter(t.Context(), "line-a")
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, i) // nobody else has the turn
				time.Sleep(time.Second)
				q.leave(turn)
			})
			synctest.Wait()
		}
		all.Wait()
		if len(order) != 20 || !slices.IsSorted(order) {
			t.Fatalf("served in the order %v", order)
		}
		if len(q.open) != 0 {
			t.Fatalf("%d queues are left", len(q.open))
		}
	})
}

// TestQueueLetsGo has a caller give up while waiting; those behind it go on, and another
// stream was never held up.
func TestQueueLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queues
		first, err := q.enter(t.Context(), "line-a")
		if err != nil {
			t.Fatal(err)
		}
		other, err := q.enter(t.Context(), "line-b")
		if err != nil {
			t.Fatal(err)
		}
		q.leave(other)
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		gaveUp := make(chan error)
		go func() { _, err := q.enter(hurried, "line-a"); gaveUp <- err }()
		synctest.Wait()
		served := make(chan error)
		go func() {
			turn, err := q.enter(t.Context(), "line-a")
			if err == nil {
				q.leave(turn)
			}
			served <- err
		}()
		if err := <-gaveUp; !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		q.leave(first)
		if err := <-served; err != nil {
			t.Fatal(err)
		}
		if len(q.open) != 0 {
			t.Fatalf("%d queues are left", len(q.open))
		}
	})
}
