package projection

// twoGenerations remembers the entries that were used last: at least as many as a generation
// holds, and those of the current and the previous batch.
type twoGenerations[K comparable, V any] struct {
	size       int
	young, old map[K]V
}

func generations[K comparable, V any](size int) twoGenerations[K, V] {
	return twoGenerations[K, V]{size: size, young: make(map[K]V)}
}

func (g *twoGenerations[K, V]) get(key K) (V, bool) {
	v, ok := g.young[key]
	if !ok {
		if v, ok = g.old[key]; ok {
			g.young[key] = v
		}
	}
	return v, ok
}

func (g *twoGenerations[K, V]) put(key K, v V) { g.young[key] = v }

// age forgets entries that were not used since the previous generation. It is called between
// batches.
func (g *twoGenerations[K, V]) age() {
	if len(g.young) >= g.size {
		g.old, g.young = g.young, make(map[K]V, g.size)
	}
}
