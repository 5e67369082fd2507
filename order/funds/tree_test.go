package funds

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// digit is an entry that counts the ones below it.
type digit struct{ key, value, below int }

func (d digit) compare(o digit) int { return d.key - o.key }

func (d digit) over(left, right *digit) digit {
	d.below = 1
	for _, side := range [...]*digit{left, right} {
		if side != nil {
			d.below += side.below
		}
	}
	return d
}

// audit fails unless the tree is level, in order and sums up what is below, and returns its height.
func audit(t *rapid.T, n *tree[digit]) int {
	if n == nil {
		return 0
	}
	left, right := audit(t, n.left), audit(t, n.right)
	if left-right > slack || right-left > slack || n.height != 1+max(left, right) {
		t.Fatalf("a node of height %d over %d and %d", n.height, left, right)
	}
	if below := n.root.over(n.left.top(), n.right.top()).below; below != n.root.below {
		t.Fatalf("a node says that %d are below it, which are %d", n.root.below, below)
	}
	return n.height
}

func values(n *tree[digit]) map[int]int {
	m := make(map[int]int)
	for d := range n.all() {
		m[d.key] = d.value
	}
	return m
}

// TestTree compares trees with maps, and holds each old tree to what it was.
func TestTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var now *tree[digit]
		type version struct {
			tree *tree[digit]
			want map[int]int
		}
		var versions []version
		want := make(map[int]int)
		for step := range rapid.IntRange(0, 120).Draw(t, "steps") {
			key := rapid.IntRange(0, 40).Draw(t, "key")
			if rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
				now = now.remove(digit{key: key})
				delete(want, key)
			} else {
				now = now.put(digit{key: key, value: step})
				want[key] = step
			}
			audit(t, now)
			versions = append(versions, version{now, maps.Clone(want)})
		}
		for _, v := range versions {
			list := slices.Collect(v.tree.all())
			if !ascending(list) || len(list) != len(v.want) {
				t.Fatalf("the tree has %v, want %v", list, v.want)
			}
			for key := range 41 {
				found, ok := v.tree.find(digit{key: key})
				if value, has := v.want[key]; ok != has || ok && found.value != value {
					t.Fatalf("found %v, %v at %d of %v", found, ok, key, v.want)
				}
			}
			if last, ok := v.tree.last(); ok != (len(list) > 0) || ok && last != list[len(list)-1] {
				t.Fatalf("%v is last of %v", last, list)
			}
			grown := grow(list)
			if audit(t, grown); !maps.Equal(values(grown), v.want) {
				t.Fatalf("grown %v of %v", values(grown), v.want)
			}
		}
	})
}

// drawTree draws a tree of the keys from some one on to before another, put in a drawn order, that
// may lean to a side.
func drawTree(t *rapid.T, from, to int) *tree[digit] {
	keys := make([]int, 0, to-from)
	for key := from; key < to; key++ {
		keys = append(keys, key)
	}
	switch rapid.IntRange(0, 2).Draw(t, "order") {
	case 0:
		slices.Reverse(keys)
	case 1:
		keys = rapid.Permutation(keys).Draw(t, "keys")
	}
	var n *tree[digit]
	for _, key := range keys {
		n = n.put(digit{key: key})
	}
	return n
}

// TestJoin joins trees of whatever heights and shapes.
func TestJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(0, 200))
		left, right := size.Draw(t, "left"), size.Draw(t, "right")
		l, r := drawTree(t, 0, left), drawTree(t, left+1, left+1+right)
		for want, got := range map[int]*tree[digit]{left + 1 + right: join(l, digit{key: left}, r), left + right: concat(l, r)} {
			audit(t, got)
			if keys := slices.Collect(got.all()); !ascending(keys) || len(keys) != want {
				t.Fatalf("%d and %d are joined to %d, want %d", left, right, len(keys), want)
			}
		}
		if len(values(l)) != left || len(values(r)) != right {
			t.Fatal("a part was written")
		}
	})
}

// TestTreeIsShallow: n entries in any order are at most twice as deep as they have to be.
func TestTreeIsShallow(t *testing.T) {
	for name, key := range map[string]func(int) int{
		"rising": func(i int) int { return i }, "falling": func(i int) int { return -i },
		"both ends": func(i int) int { return i * (1 - i%2*2) },
	} {
		var n *tree[digit]
		for i := range 10_000 {
			n = n.put(digit{key: key(i)})
		}
		if n.high() > 2*14 || n.root.below != 10_000 {
			t.Errorf("%s: %d entries, %d deep", name, n.root.below, n.high())
		}
	}
	list := make([]digit, 10_000)
	for i := range list {
		list[i].key = i
	}
	if high := grow(list).high(); high != 14 {
		t.Errorf("grown %d deep", high)
	}
	if ascending([]digit{{key: 1}, {key: 1}}) || ascending([]digit{{key: 2}, {key: 1}}) || !ascending[digit](nil) {
		t.Error("ascending")
	}
}
