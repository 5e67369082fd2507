package world

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
)

// follower reads the log as it grows, has every commit audited, and keeps phases, totals and the digest.
type follower struct {
	world   *world
	audit   func([]events.Record) error
	auditor *audit.Auditor // nil if Config.Audit replaces it
	after   events.Position
	commit  []events.Record // the records of the commit that is being read
	hash    hash.Hash
	buf     []byte
	chain   uint32 // a checksum over the records so far, for the slow follower
	phases  [2][16]int
	stays   [2][16]TimeInPhase
}

func newFollower(w *world) follower {
	f := follower{world: w, audit: w.Audit, hash: sha256.New()}
	if f.audit == nil {
		f.auditor = newAuditor()
		f.audit = f.auditor.Commit
	}
	for p := range order.PhaseClosed + 1 {
		f.stays[0][p].Kind, f.stays[0][p].Phase = kindAssurance, p.String()
	}
	for p := range paylater.PhaseWrittenOff + 1 {
		f.stays[1][p].Kind, f.stays[1][p].Phase = kindPayLater, p.String()
	}
	return f
}

// follow reads the new records of the log.
func (w *world) follow() {
	f := &w.follower
	for r, err := range w.store.ReadAll(w.ctx, f.after, events.Filter{}) {
		if err != nil {
			w.fail(err)
			return
		}
		if len(f.commit) > 0 && f.commit[0].Commit != r.Commit {
			f.endCommit()
		}
		f.after = r.Position
		f.commit = append(f.commit, r)
	}
	f.endCommit()
}

// endCommit counts the records of the commit that was read, and has it audited.
func (f *follower) endCommit() {
	if len(f.commit) == 0 {
		return
	}
	w := f.world
	w.report.Commits++
	w.report.Events += len(f.commit)
	var owner *liveOrder
	for i := range f.commit {
		r := &f.commit[i]
		f.buf = appendRecord(f.buf[:0], r)
		f.hash.Write(f.buf)
		f.chain = crc32.Update(f.chain, castagnoli, f.buf)
		l := w.liveOrders[r.Stream]
		if l != nil {
			owner = l
		}
		if err := f.count(l, r); err != nil {
			w.fail(r.Corrupt(err))
		}
	}
	f.addReservations(owner)
	if err := f.audit(f.commit); err != nil {
		w.fail(err)
	}
	f.commit = f.commit[:0]
}

// addReservations adds the reservations that a commit makes to the streams of its order.
func (f *follower) addReservations(owner *liveOrder) {
	if owner == nil {
		return
	}
	for i := range f.commit {
		switch r := &f.commit[i]; r.Stream.Category() {
		case "receiving_account", "declaration":
			if r.Version == 1 {
				owner.streams = append(owner.streams, r.Stream)
			}
		}
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends the fields of a record that the digest covers.
func appendRecord(b []byte, r *events.Record) []byte {
	part := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	part(string(r.Stream))
	b = binary.AppendUvarint(b, uint64(r.Version))
	b = append(b, r.Commit[:]...)
	b = binary.AppendUvarint(b, uint64(r.Index))
	part(r.Type)
	b = binary.AppendUvarint(b, uint64(r.Schema))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixNano()))
	b = append(binary.AppendUvarint(b, uint64(len(r.Meta))), r.Meta...)
	return append(binary.AppendUvarint(b, uint64(len(r.Data))), r.Data...)
}

// count adds a record to the totals. l is the order that its stream belongs to, or nil.
func (f *follower) count(l *liveOrder, r *events.Record) error {
	if err := f.world.tally.add(r); err != nil {
		return err
	}
	if l != nil && l.stream() == r.Stream {
		return f.step(l, r)
	}
	switch r.Stream.Category() {
	case order.Category, paylater.Category, entrustment.Category:
		if l == nil {
			return fmt.Errorf("an order that the world has not begun or has finished: %w", errImpossibleEvent)
		}
	}
	return nil
}

// step moves an order to the phase that its event leads to.
func (f *follower) step(l *liveOrder, r *events.Record) error {
	f.world.deadlines.markMoved(l)
	var (
		to uint8
		ok bool
	)
	if l.payLater {
		var p paylater.Phase
		p, ok = paylater.Life().Table().Next(paylater.Phase(l.phase), payLaterKinds[r.Type])
		to = uint8(p)
	} else {
		var p order.Phase
		p, ok = order.Life().Table().Next(order.Phase(l.phase), orderKinds[r.Type])
		to = uint8(p)
	}
	if !ok {
		return errImpossibleEvent
	}
	if to != l.phase || r.Version == 1 {
		f.leavePhase(l, r.At)
		l.phase, l.since = to, r.At
		f.phases[kindIndex(l)][to]++
	}
	return nil
}

var errImpossibleEvent = errors.New("the log has an event that no accepted command writes")

// leavePhase counts how long the order stayed in the phase that it leaves.
func (f *follower) leavePhase(l *liveOrder, at time.Time) {
	if l.phase == 0 {
		return
	}
	k := kindIndex(l)
	f.phases[k][l.phase]--
	f.stays[k][l.phase].add(at.Sub(l.since))
}

func kindIndex(l *liveOrder) int {
	if l.payLater {
		return 1
	}
	return 0
}

// orderKinds and payLaterKinds map the type of an event to its kind.
var (
	orderKinds    = kindsOf(order.Life().Table())
	payLaterKinds = kindsOf(paylater.Life().Table())
)

func kindsOf[P, K machine.Symbol](t *machine.Table[P, K]) map[string]K {
	kinds := make(map[string]K)
	for _, k := range t.Kinds() {
		kinds[k.String()] = k
	}
	return kinds
}

// digest returns the SHA-256 of the log so far, in hexadecimal.
func (f *follower) digest() string { return hex.EncodeToString(f.hash.Sum(nil)) }

// slowFollower reads the same log once a day, on some days nothing or only a part. It stops and resumes
// anywhere, within commits too, and must still read the records that the follower reads, each once and
// in the same order.
type slowFollower struct {
	after  events.Position
	events int
	chain  uint32
	buf    []byte
}

// readSlow has the slow follower read at most that many records, or all if the number is negative.
func (w *world) readSlow(most int) {
	s := &w.slowFollower
	for r, err := range w.store.ReadAll(w.ctx, s.after, events.Filter{}) {
		if err != nil {
			w.fail(fmt.Errorf("the slow follower: %w", err))
			return
		}
		if most == 0 {
			break
		}
		most--
		if r.Position <= s.after {
			w.fail(fmt.Errorf("the slow follower read position %d after %d", r.Position, s.after))
		}
		s.after = r.Position
		s.events++
		s.buf = appendRecord(s.buf[:0], &r)
		s.chain = crc32.Update(s.chain, castagnoli, s.buf)
	}
}

// catchUp has the slow follower read all new records on most days, and a random number or none on others.
func (w *world) catchUp() {
	behind := w.report.Events - w.slowFollower.events
	switch w.faultRNG.Uint32N(8) {
	case 0:
		// It reads nothing today.
	case 1, 2:
		w.readSlow(w.faultRNG.IntN(behind + 1))
	default:
		w.readSlow(-1)
	}
	if w.slowFollower.events < w.report.Events {
		w.countFault(FaultLag)
	}
}
