package memory_test
import ("github.com/google/uuid";"github.com/tradesurety/surety/events")
type floorS struct { log []events.Record; streams map[events.StreamID][]int; ids map[uuid.UUID][32]byte }
func newFloor() *floorS { return &floorS{streams: map[events.StreamID][]int{}, ids: map[uuid.UUID][32]byte{}} }
func (f *floorS) Append(c events.Commit) {
	if _, ok := f.ids[c.ID]; ok { return }
	for _, b := range c.Batches {
		p := f.streams[b.Stream]
		if len(p) != int(b.After) { panic("x") }
		for i := range b.Events { e := &b.Events[i]
			p = append(p, len(f.log))
			f.log = append(f.log, events.Record{Position: events.Position(len(f.log)), Stream: b.Stream, Version: events.Version(len(p)), Commit: c.ID, Type: e.Type, Schema: e.Schema, At: e.At, Meta: append([]byte(nil), e.Meta...), Data: append([]byte(nil), e.Data...)})
		}
		f.streams[b.Stream] = p
	}
	f.ids[c.ID] = c.Digest
}
