package postgres

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tradesurety/surety/events"
)

// binaryFormat says that all values, or all columns, are in PostgreSQL's binary format.
var binaryFormat = []int16{pgtype.BinaryFormatCode}

// params makes the parameters of a statement that put returned, in binary format.
type params struct {
	values [][]byte
	arrays []array // nil for a small shape
	next   int     // the array of the next value of a row
	buf    []byte
}

// array is a parameter that holds the values of one column.
type array struct {
	n   uint32
	buf []byte
}

// arrayHeader is what precedes the elements: one dimension, whether there are nulls, the type
// of the elements, their number, and the index of the first.
const arrayHeader = 20

func newArray(oid uint32, size int) array {
	a := array{buf: make([]byte, arrayHeader, arrayHeader+size)}
	binary.BigEndian.PutUint32(a.buf, 1)
	binary.BigEndian.PutUint32(a.buf[8:], oid)
	binary.BigEndian.PutUint32(a.buf[16:], 1)
	return a
}

// add appends an element; nil is null.
func (a *array) add(v []byte) {
	a.n++
	if v == nil {
		binary.BigEndian.PutUint32(a.buf[4:], 1)
		a.buf = append(a.buf, 0xFF, 0xFF, 0xFF, 0xFF)
		return
	}
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(len(v)))
	a.buf = append(a.buf, v...)
}

func (a *array) value() []byte {
	binary.BigEndian.PutUint32(a.buf[12:], a.n)
	return a.buf
}

// head is a version as the database can hold it. A version that it cannot hold becomes -1: no
// stream has either.
func head(v events.Version) int64 {
	if v > maxInt64 {
		return -1
	}
	return int64(v)
}

// commit adds the rows of an admitted commit.
func (w *params) commit(c *events.Commit) {
	index := 0
	for b := range c.Batches {
		batch := &c.Batches[b]
		for e := range batch.Events {
			ev := &batch.Events[e]
			var digest []byte
			if index == 0 {
				digest = c.Digest[:]
			}
			w.value([]byte(batch.Stream))
			w.value(w.int8(int64(batch.After) + int64(e) + 1))
			w.value([]byte(ev.Type))
			w.value(w.int4(int32(ev.Schema)))
			w.value(w.int8(ev.At.UnixNano()))
			w.value(c.ID[:])
			w.value(w.int2(int16(index)))
			w.value(digest)
			w.value(notNull(ev.Meta))
			w.value(notNull(ev.Data))
			index++
		}
	}
}

// value adds the next value of a row.
func (w *params) value(v []byte) {
	if w.arrays == nil {
		w.values = append(w.values, v)
		return
	}
	w.arrays[w.next].add(v)
	w.buf = w.buf[:0] // it was copied
	w.next = (w.next + 1) % rowWidth
}

// notNull returns b, or the empty value for nil, which would be null.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (w *params) int8(v int64) []byte {
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(v))
	return w.buf[len(w.buf)-8:]
}

func (w *params) int4(v int32) []byte {
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(v))
	return w.buf[len(w.buf)-4:]
}

func (w *params) int2(v int16) []byte {
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(v))
	return w.buf[len(w.buf)-2:]
}
