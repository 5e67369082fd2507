package world

import "time"

// agenda holds the scheduled tasks in a binary heap, ordered by instant and then by the order in which
// they were scheduled. Each operation costs the logarithm of the number of tasks in it.
type agenda struct {
	heap []entry
	made uint64
}

// entry is one scheduled task.
type entry struct {
	at   int64  // nanoseconds since 1970
	made uint64 // the number of the entry, from 1
	do   task
}

// task is something that happens at its instant. no is the number that put returned for it.
type task interface {
	run(w *world, no uint64)
}

func (e *entry) before(o *entry) bool {
	return e.at < o.at || e.at == o.at && e.made < o.made
}

// put schedules a task and returns its number, from 1.
func (a *agenda) put(at time.Time, do task) uint64 {
	a.made++
	a.heap = append(a.heap, entry{at: at.UnixNano(), made: a.made, do: do})
	i := len(a.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !a.heap[i].before(&a.heap[up]) {
			break
		}
		a.heap[i], a.heap[up] = a.heap[up], a.heap[i]
		i = up
	}
	return a.made
}

// next removes and returns the first entry, and reports whether there was one.
func (a *agenda) next() (entry, bool) {
	if len(a.heap) == 0 {
		return entry{}, false
	}
	first, last := a.heap[0], len(a.heap)-1
	a.heap[0], a.heap[last] = a.heap[last], entry{}
	a.heap = a.heap[:last]
	for i := 0; ; {
		least := i
		for _, down := range [...]int{2*i + 1, 2*i + 2} {
			if down < last && a.heap[down].before(&a.heap[least]) {
				least = down
			}
		}
		if least == i {
			return first, true
		}
		a.heap[i], a.heap[least] = a.heap[least], a.heap[i]
		i = least
	}
}
