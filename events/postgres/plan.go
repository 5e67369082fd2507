package postgres

import (
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/internal/link"
)

// plan is the decision on a group, and what it was decided on.
type plan struct {
	members  []events.Commit
	streams  []events.StreamID // all that the group names
	heads    []events.Version  // the version that each of them was taken to be at
	fresh    []uuid.UUID       // the commits that were taken to be new
	verdicts []admit.Verdict
	rows     int         // of the members that are admitted
	mark     events.Mark // a link that the log must have, if it is not zero
	sums     sums        // what the statement takes of links
}

// sums are the first parameters of a statement that writes.
type sums struct {
	position [8]byte
	group    link.Sum
}

// link returns them. The hasher is for the rows that are admitted.
func (p *plan) link(h *link.Hasher) [linkParams][]byte {
	for i := range p.members {
		if p.verdicts[i].Admit {
			admit.Hash(h, &p.members[i])
		}
	}
	p.sums.group = h.Group()
	position, sum := p.marked()
	return [linkParams][]byte{position, sum, p.sums.group[:]}
}

// marked returns the position and the sum of the link that the log must have.
func (p *plan) marked() (position, sum []byte) {
	binary.BigEndian.PutUint64(p.sums.position[:], uint64(p.mark.Position))
	return p.sums.position[:], sumOf(&p.mark)
}

// sumOf returns the sum of a link, and nil for the zero Mark, which every log has.
func sumOf(m *events.Mark) []byte {
	if m.IsZero() {
		return nil
	}
	return m.Sum[:]
}

// each collects the streams of the members and calls f for the first batch of each.
func (p *plan) each(f func(*events.Batch)) {
	seen := make(map[events.StreamID]struct{})
	for i := range p.members {
		for k := range p.members[i].Batches {
			b := &p.members[i].Batches[k]
			if _, ok := seen[b.Stream]; ok {
				continue
			}
			seen[b.Stream] = struct{}{}
			p.streams = append(p.streams, b.Stream)
			f(b)
		}
	}
}

// decide fills in the verdicts. It moves heads forward.
func (p *plan) decide(heads map[events.StreamID]events.Version, known map[uuid.UUID]admit.Known) {
	p.verdicts = admit.Group(p.members, heads, known)
	p.rows, p.fresh = 0, p.fresh[:0]
	for i := range p.members {
		if _, ok := known[p.members[i].ID]; !ok {
			p.fresh = append(p.fresh, p.members[i].ID)
		}
		if p.verdicts[i].Admit {
			p.rows += p.members[i].Events()
		}
	}
}

// answer fills in the outcome of every member, given that the rows of those that are admitted
// have the positions after base.
func (p *plan) answer(base events.Position, answers []events.Outcome) {
	for i := range p.members {
		v := &p.verdicts[i]
		if !v.Admit {
			answers[i] = v.Outcome(answers)
			continue
		}
		first := base + 1
		base += events.Position(p.members[i].Events())
		answers[i] = events.Outcome{Receipt: events.Receipt{Commit: p.members[i].ID, First: first, Position: base}}
	}
}

// statement returns the shape of the plan and the parameters of the statement for it.
func (p *plan) statement(h *link.Hasher) (shape, [][]byte) {
	s := shapeOf(len(p.streams), len(p.fresh), p.rows)
	w, links := new(params), p.link(h)
	w.values = make([][]byte, 0, linkParams+max(2*s.streams+s.commits+rowWidth*s.rows, 3+rowWidth))
	w.values = append(w.values, links[:]...)
	if s == (shape{}) {
		w.values = append(w.values, p.arrays(w)...)
	} else {
		for i, stream := range p.streams {
			w.values = append(w.values, []byte(stream), w.int8(head(p.heads[i])))
		}
		for i := range p.fresh {
			w.values = append(w.values, p.fresh[i][:])
		}
	}
	for i := range p.members {
		if p.verdicts[i].Admit {
			w.commit(&p.members[i])
		}
	}
	for i := range w.arrays {
		w.values = append(w.values, w.arrays[i].value())
	}
	return s, w.values
}

// arrays begins the arrays of rows and returns those of streams, heads and commits.
func (p *plan) arrays(w *params) [][]byte {
	w.arrays = make([]array, rowWidth)
	for i, oid := range rowTypes {
		w.arrays[i] = newArray(oid, 16*p.rows)
	}
	heads := newArray(pgtype.Int8OID, 12*len(p.heads))
	for i := range p.heads {
		heads.add(w.int8(head(p.heads[i])))
	}
	fresh := newArray(pgtype.UUIDOID, 20*len(p.fresh))
	for i := range p.fresh {
		fresh.add(p.fresh[i][:])
	}
	return [][]byte{streamArray(p.streams), heads.value(), fresh.value()}
}

// ids returns those of the members.
func (p *plan) ids() []pgtype.UUID {
	ids := make([]pgtype.UUID, len(p.members))
	for i := range p.members {
		ids[i] = pgtype.UUID{Bytes: p.members[i].ID, Valid: true}
	}
	return ids
}

// names returns the streams as text.
func (p *plan) names() []string {
	names := make([]string, len(p.streams))
	for i, s := range p.streams {
		names[i] = string(s)
	}
	return names
}

// found returns the versions that a survey has found, as a map.
func (p *plan) found() map[events.StreamID]events.Version {
	heads := make(map[events.StreamID]events.Version, len(p.streams))
	for i, s := range p.streams {
		heads[s] = p.heads[i]
	}
	return heads
}

// questions returns the parameters of a survey in binary format.
func (p *plan) questions() [][]byte {
	ids := newArray(pgtype.UUIDOID, 20*len(p.members))
	for i := range p.members {
		ids.add(p.members[i].ID[:])
	}
	position, sum := p.marked()
	return [][]byte{streamArray(p.streams), ids.value(), position, sum}
}

func streamArray(streams []events.StreamID) []byte {
	a := newArray(pgtype.TextOID, 48*len(streams))
	for _, s := range streams {
		a.add([]byte(s))
	}
	return a.value()
}

// survey takes the rows of a survey of what a plan names.
type survey struct {
	plan  *plan
	known map[uuid.UUID]admit.Known
	lost  bool // the log has not the link that it must have
}

func newSurvey(p *plan) *survey {
	p.heads = make([]events.Version, len(p.streams))
	return &survey{plan: p, known: make(map[uuid.UUID]admit.Known)}
}

// last returns the last position of the commits that were found.
func (s *survey) last() (p events.Position) {
	for _, k := range s.known {
		p = max(p, k.Receipt.Position)
	}
	return p
}

// row takes a row in binary format.
func (s *survey) row(v [][]byte) error {
	return s.take(number(v[0]), number(v[1]), v[2], number(v[3]), number(v[4]))
}

// take takes the version of stream n or, if there is a digest, what is known of member n. Number 0
// says that the log has not the link.
func (s *survey) take(n, version int64, digest []byte, first, last int64) error {
	switch {
	case n == 0:
		s.lost = true
		return nil
	case digest == nil:
		s.plan.heads[n-1] = events.Version(version)
		return nil
	}
	id := s.plan.members[n-1].ID
	k := admit.Known{Receipt: events.Receipt{Commit: id, First: events.Position(first), Position: events.Position(last)}}
	if copy(k.Digest[:], digest) != len(k.Digest) {
		return fmt.Errorf("digest of commit %s has %d bytes", id, len(digest))
	}
	s.known[id] = k
	return nil
}

// positions takes the rows that put returns.
type positions struct {
	found  bool
	lowest events.Position
	sum    link.Sum
}

func (p *positions) row(v [][]byte) error {
	at := events.Position(number(v[0]))
	if !p.found || at < p.lowest {
		p.found, p.lowest = true, at
	}
	if len(v[1]) > 0 {
		copy(p.sum[:], v[1])
	}
	return nil
}

// mark returns the link of that many rows.
func (p *positions) mark(rows int) events.Mark {
	return events.Mark{Position: p.lowest + events.Position(rows), Sum: p.sum}
}

// markOf returns a link from its columns.
func markOf(position int64, sum []byte) events.Mark {
	m := events.Mark{Position: events.Position(position)}
	copy(m.Sum[:], sum)
	return m
}

// number reads an integer of any size in binary format; null is 0.
func number(b []byte) int64 {
	switch len(b) {
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b)))
	default:
		return 0
	}
}
