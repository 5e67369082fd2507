package forgetful

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/memory/internal/parts"
)

// commitTable is what a Store knows of every commit: a list that grows in chunks, and an open
// hash of numbers into it. It holds no pointers that a garbage collector would have to follow.
type commitTable struct {
	list  parts.List[entry]
	slots []uint32 // the number of an entry plus one, or 0; a power of two
	seeds [2]maphash.Seed
}

// entry is a commit in 40 bytes.
type entry struct {
	id     uuid.UUID
	digest [16]byte // a hash of the digest
	first  [6]byte  // the first position
	count  uint16   // of the positions
}

func newCommitTable() commitTable {
	return commitTable{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

func (t *commitTable) home(id *uuid.UUID) int {
	return int(maphash.Bytes(t.seeds[0], id[:]) & uint64(len(t.slots)-1))
}

// put adds a commit that the table does not have.
func (t *commitTable) put(id uuid.UUID, digest [32]byte, first, last events.Position) {
	if 4*(t.list.Len()+1) > 3*len(t.slots) {
		t.grow()
	}
	e := t.list.Add()
	e.id, e.count = id, uint16(last-first+1)
	digest = t.hash(digest)
	copy(e.digest[:], digest[:])
	for i := range e.first {
		e.first[i] = byte(first >> (8 * i))
	}
	t.link(t.list.Len() - 1)
}

// link enters the entry of that number into the hash.
func (t *commitTable) link(n int) {
	i := t.home(&t.list.At(n).id)
	for t.slots[i] != 0 {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = uint32(n + 1)
}

func (t *commitTable) grow() {
	t.slots = make([]uint32, max(2*len(t.slots), 64))
	for n := range t.list.Len() {
		t.link(n)
	}
}

// hash returns the hash of a digest, followed by zeros.
func (t *commitTable) hash(digest [32]byte) (h [32]byte) {
	binary.LittleEndian.PutUint64(h[:], maphash.Bytes(t.seeds[0], digest[:]))
	binary.LittleEndian.PutUint64(h[8:], maphash.Bytes(t.seeds[1], digest[:]))
	return h
}

// hashed returns the group with the hashes of its digests, to be compared with what is known.
func (t *commitTable) hashed(group []events.Commit) []events.Commit {
	group = slices.Clone(group)
	for i := range group {
		group[i].Digest = t.hash(group[i].Digest)
	}
	return group
}

// find returns what is known of the commit of that ID, with the hash of its digest.
func (t *commitTable) find(id uuid.UUID) (admit.Known, bool) {
	if t.list.Len() == 0 {
		return admit.Known{}, false
	}
	for i := t.home(&id); t.slots[i] != 0; i = (i + 1) & (len(t.slots) - 1) {
		e := t.list.At(int(t.slots[i] - 1))
		if e.id != id {
			continue
		}
		var first events.Position
		for k := range e.first {
			first |= events.Position(e.first[k]) << (8 * k)
		}
		known := admit.Known{Receipt: events.Receipt{Commit: id, First: first, Position: first + events.Position(e.count) - 1}}
		copy(known.Digest[:], e.digest[:])
		return known, true
	}
	return admit.Known{}, false
}

// headTable is the versions of streams that are forgotten to their ends: an open hash by two
// hashes of the name, which it does not keep.
type headTable struct {
	slots []headSlot // a power of two
	len   int
	seeds [2]maphash.Seed
}

// headSlot is a stream in 16 bytes. A head of 0 is an empty slot.
type headSlot struct {
	hash  uint64
	check uint32
	head  uint32
}

func newHeadTable() headTable {
	return headTable{slots: make([]headSlot, 64), seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// slot returns the slot of a stream, or the empty one in which it would be.
func (t *headTable) slot(hash uint64, check uint32) *headSlot {
	for i := int(hash) & (len(t.slots) - 1); ; i = (i + 1) & (len(t.slots) - 1) {
		s := &t.slots[i]
		if s.head == 0 || s.hash == hash && s.check == check {
			return s
		}
	}
}

func (t *headTable) of(stream events.StreamID) *headSlot {
	return t.slot(maphash.String(t.seeds[0], string(stream)), uint32(maphash.String(t.seeds[1], string(stream))))
}

// get returns the version of a stream, or 0 if the table does not have it.
func (t *headTable) get(stream events.StreamID) events.Version {
	if t.len == 0 {
		return 0
	}
	return events.Version(t.of(stream).head)
}

// put notes the version of a stream, which is not 0.
func (t *headTable) put(stream events.StreamID, head events.Version) {
	if 4*(t.len+1) > 3*len(t.slots) {
		old := t.slots
		t.slots = make([]headSlot, 2*len(old))
		for i := range old {
			if s := &old[i]; s.head != 0 {
				*t.slot(s.hash, s.check) = *s
			}
		}
	}
	s := t.of(stream)
	if s.head == 0 {
		t.len++
		s.hash = maphash.String(t.seeds[0], string(stream))
		s.check = uint32(maphash.String(t.seeds[1], string(stream)))
	}
	s.head = uint32(head)
}
