// Package link is the one implementation of the sum that a log extends with each transaction, so
// that all stores and their checks compute it alike:
//
//	record = SHA-256("surety/record/1\n" ‖ version ‖ commit ‖ index ‖ schema ‖ at ‖ stream ‖ type ‖ digest ‖ meta ‖ data)
//	group  = SHA-256(record ‖ record ‖ ...)
//	link   = SHA-256(link before ‖ position of the group's last record ‖ group)
//	genesis = SHA-256("surety/log/1\n" ‖ id of the log ‖ position of the last record before the links began)
//
// Numbers are big-endian: version, at (nanoseconds since 1970) and positions have 8 bytes, index and
// schema 2. The five fields of variable length follow 4 bytes with their length, so that bytes
// which move from one to the next give another sum. A record's position is not in its hash: a
// hash can be made before positions are drawn, and the link fixes the order and the end of the
// group.
//
// Stored: sums are kept in logs. The formula never changes; another one needs other names.
//
// See TestVectors, which recomputes fixed sums from the formula alone.
package link

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Sum is a hash: of a record, of a group, or of the log up to a link.
type Sum = [sha256.Size]byte

// Record is what the hash of a record covers.
type Record struct {
	Version uint64
	Commit  [16]byte
	Index   int
	Schema  uint16
	At      int64 // nanoseconds since 1970
	Stream  string
	Type    string
	Digest  []byte // of the request, where Index is 0; empty elsewhere
	Meta    []byte
	Data    []byte
}

const (
	recordName = "surety/record/1\n"
	logName    = "surety/log/1\n"
)

// Genesis returns the first link of a log with a random id. The position is that of the last
// record that was there before the links began, or 0: no link covers the records up to it.
func Genesis(id [16]byte, at uint64) Sum {
	var b [len(logName) + len(id) + 8]byte
	copy(b[:], logName)
	copy(b[len(logName):], id[:])
	binary.BigEndian.PutUint64(b[len(b)-8:], at)
	return sha256.Sum256(b[:])
}

// Next returns the link that follows before, of a group whose last record has that position.
func Next(before Sum, last uint64, group Sum) Sum {
	var b [2*len(before) + 8]byte
	copy(b[:], before[:])
	binary.BigEndian.PutUint64(b[len(before):], last)
	copy(b[len(before)+8:], group[:])
	return sha256.Sum256(b[:])
}

// Hasher hashes the records of a group, in the order of their positions. The zero Hasher is
// ready for the first record. It is for one goroutine; after its first records it allocates
// nothing, so keep it.
type Hasher struct {
	group hash.Hash
	buf   []byte // the record that is hashed
	sum   Sum    // a place on the heap, which a hash.Hash may take a slice of
}

// Add adds the next record of the group.
func (h *Hasher) Add(r *Record) {
	if h.group == nil {
		h.group = sha256.New()
	}
	h.buf = append(h.buf[:0], recordName...)
	b := h.buf
	b = binary.BigEndian.AppendUint64(b, r.Version)
	b = append(b, r.Commit[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(r.Index))
	b = binary.BigEndian.AppendUint16(b, r.Schema)
	b = binary.BigEndian.AppendUint64(b, uint64(r.At))
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(r.Stream))), r.Stream...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(r.Type))), r.Type...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(r.Digest))), r.Digest...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(r.Meta))), r.Meta...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(r.Data))), r.Data...)
	h.buf, h.sum = b, sha256.Sum256(b)
	h.group.Write(h.sum[:])
}

// Group returns the hash of the group and begins the next one. A group without a record has no
// link.
func (h *Hasher) Group() Sum {
	if h.group == nil {
		h.group = sha256.New()
	}
	h.group.Sum(h.sum[:0])
	h.group.Reset()
	return h.sum
}
