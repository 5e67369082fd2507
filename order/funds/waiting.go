package funds

import (
	"bytes"
	"cmp"
	"math"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// waiting is the credits whose time has not come. It is a value: its methods return a changed copy.
// The two trees have the same credits.
type waiting struct {
	byTime  *tree[due]
	byOrder *tree[owner]
}

// due is what waits of an order's credit, in the order of time. In a tree, sum is what waits in
// the subtree that it is the root of.
type due struct {
	at     int64 // see nanos
	order  trade.ID
	amount int64
	sum    int64
}

func (d due) compare(o due) int {
	if d.at != o.at {
		return cmp.Compare(d.at, o.at)
	}
	return bytes.Compare(d.order[:], o.order[:])
}

func (d due) over(left, right *due) due {
	d.sum = d.amount
	if left != nil {
		d.sum += left.sum
	}
	if right != nil {
		d.sum += right.sum
	}
	return d
}

// owner says until when an order's credit waits. In a tree, first and last bound the instants in
// the subtree that it is the root of.
type owner struct {
	order       trade.ID
	at          int64
	first, last int64
}

func (o owner) compare(p owner) int { return bytes.Compare(o.order[:], p.order[:]) }

func (o owner) over(left, right *owner) owner {
	o.first, o.last = o.at, o.at
	for _, below := range [...]*owner{left, right} {
		if below != nil {
			o.first, o.last = min(o.first, below.first), max(o.last, below.last)
		}
	}
	return o
}

// nanos is an instant from trade.MinInstant on as a number; all instants that are too late for one
// have the same.
func nanos(t time.Time) int64 {
	if t.Year() > lastYear {
		return math.MaxInt64
	}
	return t.UnixNano()
}

// lastYear is the last year whose every instant has a count of nanoseconds.
const lastYear = 2261

// total returns the sum of all that waits.
func (w waiting) total() int64 {
	if w.byTime == nil {
		return 0
	}
	return w.byTime.root.sum
}

// until returns the sum of what no longer waits at that instant.
func (w waiting) until(at int64) int64 {
	var ripe int64
	for t := w.byTime; t != nil; {
		if t.root.at > at {
			t = t.left
			continue
		}
		ripe += t.root.sum
		if t = t.right; t != nil {
			ripe -= t.root.sum
		}
	}
	return ripe
}

// reach returns the instant at which that much no longer waits, if there is one.
func (w waiting) reach(amount int64) (at int64, ok bool) {
	for t := w.byTime; t != nil; {
		before := waiting{byTime: t.left}.total()
		switch {
		case amount <= before:
			t = t.left
		case amount <= before+t.root.amount:
			return t.root.at, true
		default:
			amount -= before + t.root.amount
			t = t.right
		}
	}
	return 0, false
}

// next returns the earliest instant at which a credit stops waiting.
func (w waiting) next() (at int64, ok bool) {
	if w.byOrder == nil {
		return 0, false
	}
	return w.byOrder.root.first, true
}

// after returns what still waits at that instant.
func (w waiting) after(at int64) waiting {
	if next, ok := w.next(); !ok || next > at {
		return w
	}
	return waiting{byTime: later(w.byTime, at), byOrder: ownersAfter(w.byOrder, at)}
}

func later(t *tree[due], at int64) *tree[due] {
	switch {
	case t == nil:
		return nil
	case t.root.at > at:
		return join(later(t.left, at), t.root, t.right)
	default:
		return later(t.right, at)
	}
}

func ownersAfter(t *tree[owner], at int64) *tree[owner] {
	switch {
	case t == nil || t.root.first > at:
		return t
	case t.root.last <= at:
		return nil
	}
	left, right := ownersAfter(t.left, at), ownersAfter(t.right, at)
	if t.root.at > at {
		return join(left, t.root, right)
	}
	return concat(left, right)
}

// add adds a credit, and reports false if one of that order waits already.
func (w waiting) add(id trade.ID, at, amount int64) (waiting, bool) {
	if _, twice := w.byOrder.find(owner{order: id}); twice {
		return w, false
	}
	w.byTime = w.byTime.put(due{at: at, order: id, amount: amount})
	w.byOrder = w.byOrder.put(owner{order: id, at: at})
	return w, true
}

// drain takes the amount from the credit of that order first and then from the others, the latest
// first. It returns what is left waiting and what it could not take.
func (w waiting) drain(id trade.ID, amount int64) (waiting, int64) {
	if amount >= w.total() {
		return waiting{}, amount - w.total()
	}
	if o, ok := w.byOrder.find(owner{order: id}); ok && amount > 0 {
		own, _ := w.byTime.find(due{at: o.at, order: id})
		w, amount = w.take(own, amount)
	}
	for amount > 0 {
		latest, _ := w.byTime.last()
		w, amount = w.take(latest, amount)
	}
	return w, 0
}

// take takes as much of the amount as one credit has, and returns the rest.
func (w waiting) take(d due, amount int64) (waiting, int64) {
	if amount < d.amount {
		d.amount -= amount
		w.byTime = w.byTime.put(d)
		return w, 0
	}
	w.byTime = w.byTime.remove(d)
	w.byOrder = w.byOrder.remove(owner{order: d.order})
	return w, amount - d.amount
}
