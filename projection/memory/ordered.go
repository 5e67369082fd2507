package memory

import (
	"slices"

	"github.com/tradesurety/surety/projection"
)

// entry is a row with its encoded place in an order.
type entry struct {
	place string
	row   projection.Row
}

// ordered is a list of entries in the order of their places, each place once. It is split into
// chunks, so that an insertion moves a few hundred entries at most.
type ordered struct {
	chunks [][]entry // none is empty
}

const chunkSize = 256

// find returns chunk and index of the first entry that is not before a place. The index may be
// one past the end of the last chunk.
func (o *ordered) find(place string) (c, i int) {
	if len(o.chunks) == 0 {
		return 0, 0
	}
	if last := len(o.chunks) - 1; before(o.chunks[last], place) {
		return last, len(o.chunks[last]) // the usual case: ids rise with time
	}
	// The first chunk that does not end before the place.
	lo, hi := 0, len(o.chunks)-1
	for lo < hi {
		if mid := (lo + hi) / 2; before(o.chunks[mid], place) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	i, _ = slices.BinarySearchFunc(o.chunks[lo], place, func(e entry, place string) int {
		if e.place < place {
			return -1
		}
		return 1
	})
	return lo, i
}

// before reports whether a whole chunk is before a place.
func before(chunk []entry, place string) bool { return chunk[len(chunk)-1].place < place }

// get returns the row at a place, or nil.
func (o *ordered) get(place string) projection.Row {
	if c, i := o.find(place); o.at(c, i, place) {
		return o.chunks[c][i].row
	}
	return nil
}

func (o *ordered) at(c, i int, place string) bool {
	return c < len(o.chunks) && i < len(o.chunks[c]) && o.chunks[c][i].place == place
}

// put sets the row at a place.
func (o *ordered) put(place string, row projection.Row) {
	c, i := o.find(place)
	switch {
	case o.at(c, i, place):
		o.chunks[c][i].row = row
	case len(o.chunks) == 0:
		o.chunks = [][]entry{append(make([]entry, 0, chunkSize), entry{place, row})}
	case len(o.chunks[c]) < chunkSize:
		o.chunks[c] = slices.Insert(o.chunks[c], i, entry{place, row})
	case i == chunkSize && c == len(o.chunks)-1:
		// A list that only grows at its end has full chunks.
		o.chunks = append(o.chunks, append(make([]entry, 0, chunkSize), entry{place, row}))
	default:
		const half = chunkSize / 2
		right := append(make([]entry, 0, chunkSize), o.chunks[c][half:]...)
		clear(o.chunks[c][half:])
		o.chunks[c] = o.chunks[c][:half]
		o.chunks = slices.Insert(o.chunks, c+1, right)
		o.put(place, row)
	}
}

// remove removes the entry at a place.
func (o *ordered) remove(place string) {
	c, i := o.find(place)
	if !o.at(c, i, place) {
		return
	}
	if o.chunks[c] = slices.Delete(o.chunks[c], i, i+1); len(o.chunks[c]) == 0 {
		o.chunks = slices.Delete(o.chunks, c, c+1)
	}
}

// scan calls f for the entries from lo to before hi, in ascending or descending order, until f
// returns false. An empty hi is after all entries.
func (o *ordered) scan(lo, hi string, descending bool, f func(projection.Row) bool) {
	if descending {
		o.scanDown(lo, hi, f)
		return
	}
	c, i := o.find(lo)
	for ; c < len(o.chunks); c, i = c+1, 0 {
		for ; i < len(o.chunks[c]); i++ {
			if e := &o.chunks[c][i]; hi != "" && e.place >= hi || !f(e.row) {
				return
			}
		}
	}
}

func (o *ordered) scanDown(lo, hi string, f func(projection.Row) bool) {
	c, i := len(o.chunks), 0
	if hi != "" {
		c, i = o.find(hi)
	}
	for {
		if i--; i < 0 {
			if c--; c < 0 {
				return
			}
			i = len(o.chunks[c]) - 1
		}
		if e := &o.chunks[c][i]; e.place < lo || !f(e.row) {
			return
		}
	}
}
