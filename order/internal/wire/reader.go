package wire

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Bounds on what a Reader accepts.
const (
	// MaxDepth is how deep objects and arrays may be nested; the root is at depth 1.
	MaxDepth = 16
	// MaxElements is the largest number of elements of an array.
	MaxElements = 10_000
)

// Reader reads one JSON value in one pass. Its methods name what must come next; the
// first that does not find it records an Error, and from then on every method returns
// a zero value and every loop ends. The caller therefore checks once, at the end, with
// [Reader.End], and discards what was read before an error.
//
// An object is read by
//
//	r.Object()
//	for key := r.Key(); key != nil; key = r.Key() {
//		... one value ...
//	}
//
// and an array by
//
//	for r.Array(); r.Element(); {
//		... one value ...
//	}
type Reader struct {
	data  []byte
	pos   int // the next byte to read; len(data) after an error
	start int // where the value read last begins
	depth int
	// frames has the position in each open object and array: the offset of the current
	// key, or the complement of the current index, or 0 before the first.
	frames [MaxDepth + 1]int
	err    *Error
}

// NewReader returns a Reader of data, which must not change while it is read.
func NewReader(data []byte) *Reader { return &Reader{data: data} }

// End returns the first error, or an error if anything but white space follows the
// value read, or nil. An error is an *Error.
func (r *Reader) End() error {
	if r.peek(); r.pos < len(r.data) {
		r.fail(r.pos, "trailing data")
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// Object enters an object.
func (r *Reader) Object() { r.enter('{', "expected an object") }

// Array enters an array.
func (r *Reader) Array() { r.enter('[', "expected an array") }

func (r *Reader) enter(open byte, reason string) {
	if r.peek() != open {
		r.unexpected(reason)
		return
	}
	if r.depth == MaxDepth {
		r.fail(r.pos, "nested deeper than "+strconv.Itoa(MaxDepth))
		return
	}
	r.pos++
	r.depth++
	r.frames[r.depth] = 0
}

// Key returns the next key of the object last entered, as written between its quotes,
// or nil after the last, when it has left the object. The bytes are those of the input.
func (r *Reader) Key() []byte {
	c := r.peek()
	frame := &r.frames[r.depth]
	if c == '}' {
		r.pos++
		r.depth--
		return nil
	}
	if *frame != 0 {
		if c != ',' {
			r.broken("expected a comma or the end of the object")
			return nil
		}
		r.pos++
		c = r.peek()
	}
	if c != '"' {
		r.broken("expected a key")
		return nil
	}
	start := r.pos + 1
	n := bytes.IndexByte(r.data[start:], '"')
	if n < 0 {
		r.pos = len(r.data)
		r.broken("")
		return nil
	}
	*frame = start
	r.pos = start + n + 1
	if r.peek() != ':' {
		r.unexpected("expected a colon")
		return nil
	}
	r.pos++
	return r.data[start : start+n : start+n]
}

// Mark returns seen with the bit of the current key, and refuses the key if the bit
// was set.
func (r *Reader) Mark(seen, bit uint64) uint64 {
	if seen&bit != 0 {
		r.duplicate()
	}
	return seen | bit
}

func (r *Reader) duplicate() { r.fail(r.frames[r.depth]-1, "duplicate key") }

// Unknown refuses the current key.
func (r *Reader) Unknown() {
	start := r.frames[r.depth]
	if r.err != nil || start <= 0 {
		return
	}
	reason := "unknown key"
	key := r.data[start:]
	key = key[:bytes.IndexByte(key, '"')]
	if bytes.IndexByte(key, '\\') >= 0 {
		reason = "escaped key"
	} else if !utf8.Valid(key) {
		reason = "invalid UTF-8"
	}
	r.fail(start-1, reason)
}

// Missing refuses the object just left because it lacks the first of keys whose bit,
// counted from the lowest, is not in seen. Empty keys stand for optional ones.
func (r *Reader) Missing(seen uint64, keys ...string) {
	if r.err != nil {
		return
	}
	for i, key := range keys {
		if key == "" || seen&(1<<i) != 0 {
			continue
		}
		path := r.path()
		if len(path) > 0 {
			path = append(path, '.')
		}
		r.refuse(r.pos-1, string(append(path, key...)), "missing key", nil)
		return
	}
}

// Element reports whether the array last entered has another element, which is then
// to be read. When it reports false it has left the array.
func (r *Reader) Element() bool {
	c := r.peek()
	if c == ']' {
		r.pos++
		r.depth--
		return false
	}
	frame := &r.frames[r.depth]
	if *frame != 0 {
		if c != ',' {
			r.broken("expected a comma or the end of the array")
			return false
		}
		r.pos++
		c = r.peek()
	}
	if c == ']' || c == 0 {
		r.broken("expected a value")
		return false
	}
	if *frame == -MaxElements {
		*frame = 0
		r.fail(r.pos, "more than "+strconv.Itoa(MaxElements)+" elements")
		return false
	}
	*frame--
	return true
}

// Extend appends a zero value to the slice and returns its address, valid until the
// slice grows again.
func Extend[S ~[]E, E any](s *S) *E {
	var zero E
	*s = append(*s, zero)
	return &(*s)[len(*s)-1]
}

// peek passes over white space and returns the byte at the cursor, or 0 at the end.
func (r *Reader) peek() byte {
	if r.pos < len(r.data) && r.data[r.pos] > ' ' {
		return r.data[r.pos]
	}
	return r.space()
}

// space is the part of peek that is seldom needed.
func (r *Reader) space() byte {
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}

// unexpected refuses the byte at the cursor, where something else was expected.
func (r *Reader) unexpected(reason string) {
	switch {
	case r.pos >= len(r.data):
		reason = "unexpected end of data"
	case bytes.HasPrefix(r.data[r.pos:], []byte("null")):
		reason = "null is not allowed"
	}
	r.fail(r.pos, reason)
}

// broken refuses the byte at the cursor between two members: the fault is that of
// the object or array, not of the member read before.
func (r *Reader) broken(reason string) {
	r.frames[r.depth] = 0
	r.unexpected(reason)
}

// fail refuses the value at the current path.
func (r *Reader) fail(offset int, reason string) {
	if r.err == nil {
		r.refuse(offset, string(r.path()), reason, nil)
	}
}

// refuse records the first error and moves the cursor to the end, where every method
// finds nothing to read: the path of success needs no other test.
func (r *Reader) refuse(offset int, field, reason string, cause error) {
	if r.err == nil {
		r.err = &Error{Field: field, Reason: reason, Offset: offset, cause: cause}
	}
	r.pos = len(r.data)
}

// path returns the path of the current value.
func (r *Reader) path() []byte {
	var path []byte
	for _, frame := range r.frames[1 : r.depth+1] {
		switch {
		case frame > 0:
			if len(path) > 0 {
				path = append(path, '.')
			}
			key := r.data[frame:]
			path = appendKey(path, key[:bytes.IndexByte(key, '"')])
		case frame < 0:
			path = append(path, '[')
			path = strconv.AppendInt(path, int64(^frame), 10)
			path = append(path, ']')
		}
	}
	return path
}
