// Package parts holds what both stores in memory are made of: a list that grows without moving
// its elements, and a Shell, which is a store without its log.
package parts

// List is a list that grows without moving what it holds. A copy of it is an immutable view
// of what it held: Add writes only beyond its end.
type List[T any] struct {
	list []*[chunk]T
	len  int
}

const chunk = 256

// Len returns the number of elements.
func (l *List[T]) Len() int { return l.len }

// Add makes room for one more at the end and returns it, empty.
func (l *List[T]) Add() *T {
	if l.len == len(l.list)*chunk {
		l.list = append(l.list, new([chunk]T))
	}
	l.len++
	return l.At(l.len - 1)
}

// Clone returns a list of the first n elements that grows by itself. The two share what neither
// writes again: the elements in chunks that are full.
func (l *List[T]) Clone(n int) List[T] {
	c := List[T]{list: append([]*[chunk]T(nil), l.list[:(n+chunk-1)/chunk]...), len: n}
	if n%chunk > 0 {
		last := *c.list[n/chunk]
		clear(last[n%chunk:])
		c.list[n/chunk] = &last
	}
	return c
}

// At returns the element of that index, from 0.
func (l *List[T]) At(i int) *T { return &l.list[i/chunk][i%chunk] }
