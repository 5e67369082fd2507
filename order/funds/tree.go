package funds

import "iter"

// entry is what a tree keeps.
type entry[E any] interface {
	// compare is negative, zero or positive if the entry comes before, equals or comes after
	// another one.
	compare(other E) int
	// over returns the entry with its summary of the two subtrees below it, whose roots are nil
	// if they are empty.
	over(left, right *E) E
}

// tree is an immutable set of entries in their order: put and remove return another tree that
// shares all but O(log n) nodes with the old one. nil is the empty set. The heights of two siblings
// differ by at most slack.
type tree[E entry[E]] struct {
	left, right *tree[E]
	root        E
	height      int
}

const slack = 2

func (t *tree[E]) high() int {
	if t == nil {
		return 0
	}
	return t.height
}

// top returns the root entry, or nil if there is none.
func (t *tree[E]) top() *E {
	if t == nil {
		return nil
	}
	return &t.root
}

// find returns the entry that equals the key.
func (t *tree[E]) find(key E) (E, bool) {
	for t != nil {
		switch c := key.compare(t.root); {
		case c < 0:
			t = t.left
		case c > 0:
			t = t.right
		default:
			return t.root, true
		}
	}
	var none E
	return none, false
}

// last returns the last entry.
func (t *tree[E]) last() (E, bool) {
	if t == nil {
		var none E
		return none, false
	}
	for t.right != nil {
		t = t.right
	}
	return t.root, true
}

// all yields the entries in their order.
func (t *tree[E]) all() iter.Seq[E] {
	return func(yield func(E) bool) { t.each(yield) }
}

func (t *tree[E]) each(yield func(E) bool) bool {
	return t == nil || t.left.each(yield) && yield(t.root) && t.right.each(yield)
}

// put returns the set with the entry, in place of an equal one.
func (t *tree[E]) put(e E) *tree[E] {
	if t == nil {
		return node(nil, e, nil)
	}
	switch c := e.compare(t.root); {
	case c < 0:
		return join(t.left.put(e), t.root, t.right)
	case c > 0:
		return join(t.left, t.root, t.right.put(e))
	default:
		return node(t.left, e, t.right)
	}
}

// remove returns the set without the entry that equals the key.
func (t *tree[E]) remove(key E) *tree[E] {
	if t == nil {
		return nil
	}
	switch c := key.compare(t.root); {
	case c < 0:
		return join(t.left.remove(key), t.root, t.right)
	case c > 0:
		return join(t.left, t.root, t.right.remove(key))
	default:
		return concat(t.left, t.right)
	}
}

// concat returns the union of two sets, where every entry of left comes before those of right.
func concat[E entry[E]](left, right *tree[E]) *tree[E] {
	middle, ok := left.last()
	if !ok {
		return right
	}
	return join(left.remove(middle), middle, right)
}

// join returns the union of two sets and an entry between them. It descends the higher one until
// the other fits, and rebalances on the way back.
func join[E entry[E]](left *tree[E], e E, right *tree[E]) *tree[E] {
	switch difference := left.high() - right.high(); {
	case difference > slack:
		return level(left.left, left.root, join(left.right, e, right))
	case difference < -slack:
		return level(join(left, e, right.left), right.root, right.right)
	default:
		return node(left, e, right)
	}
}

// level is node for heights that may differ by one more than slack: it rotates once or twice.
func level[E entry[E]](left *tree[E], e E, right *tree[E]) *tree[E] {
	switch difference := left.high() - right.high(); {
	case difference > slack:
		if inner := left.right; inner.high() > left.left.high() {
			return node(node(left.left, left.root, inner.left), inner.root, node(inner.right, e, right))
		}
		return node(left.left, left.root, node(left.right, e, right))
	case difference < -slack:
		if inner := right.left; inner.high() > right.right.high() {
			return node(node(left, e, inner.left), inner.root, node(inner.right, right.root, right.right))
		}
		return node(node(left, e, right.left), right.root, right.right)
	default:
		return node(left, e, right)
	}
}

func node[E entry[E]](left *tree[E], e E, right *tree[E]) *tree[E] {
	t := new(tree[E])
	t.set(left, e, right)
	return t
}

// set makes t, which is not shared yet, a node.
func (t *tree[E]) set(left *tree[E], e E, right *tree[E]) {
	t.left, t.right, t.height = left, right, 1+max(left.high(), right.high())
	t.root = e.over(left.top(), right.top())
}

// grow returns the set of entries that are in order already.
func grow[E entry[E]](entries []E) *tree[E] {
	// One allocation for all nodes makes loading fast.
	return fill(make([]tree[E], len(entries)), entries)
}

func fill[E entry[E]](room []tree[E], entries []E) *tree[E] {
	if len(entries) == 0 {
		return nil
	}
	middle := len(entries) / 2
	left, right := fill(room[:middle], entries[:middle]), fill(room[middle+1:], entries[middle+1:])
	room[middle].set(left, entries[middle], right)
	return &room[middle]
}

// ascending reports whether each entry comes after the one before it.
func ascending[E entry[E]](entries []E) bool {
	for i := 1; i < len(entries); i++ {
		if entries[i-1].compare(entries[i]) >= 0 {
			return false
		}
	}
	return true
}
