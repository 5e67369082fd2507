package world

import "time"

// agenda is what people have set out to do, by instant and then in the order in which they set
// out: a binary heap. Each step costs the logarithm of what is open, whatever lies behind.
type agenda struct {
	heap []entry
	made uint64
}

// entry is one intention.
type entry struct {
	at   int64  // nanoseconds since 1970
	made uint64 // counts the intentions
	do   task
}

// task is what somebody does when his time has come. No is the number that put has given it.
type task interface {
	run(w *world, no uint64)
}

func (e *entry) before(o *entry) bool {
	return e.at < o.at || e.at == o.at && e.made < o.made
}

// put notes an intention and returns its number, from 1.
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

// next takes the first intention out, and reports whether there was one.
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
