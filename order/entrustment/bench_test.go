package entrustment_test

import (
	"testing"

	. "github.com/tradesurety/surety/order/entrustment"
)

// BenchmarkFold folds a whole life, with a link and one declaration, without decoding.
func BenchmarkFold(b *testing.B) {
	w := in(b, PhaseAccepted).do(link(orderOne), Declare{declaration()}, Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released})
	b.ReportAllocs()
	for b.Loop() {
		s := New(ours)
		for i := range w.history {
			if err := s.Apply(w.history[i].Event, w.history[i].At); err != nil {
				b.Fatal(err)
			}
		}
	}
	perEvent(b, len(w.history))
}

// BenchmarkReplay does the same from the stored bytes.
func BenchmarkReplay(b *testing.B) {
	w := in(b, PhaseAccepted).do(link(orderOne), Declare{declaration()}, Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released})
	types, data := make([]string, len(w.history)), make([][]byte, len(w.history))
	for i, r := range w.history {
		var err error
		if types[i], _, data[i], err = EncodeEvent(nil, r.Event); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		s := New(ours)
		for i := range data {
			e, err := DecodeEvent(types[i], 1, data[i])
			if err == nil {
				err = s.Apply(e, w.history[i].At)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	perEvent(b, len(w.history))
}

func BenchmarkDecideLink(b *testing.B) {
	w := in(b, PhaseReleased)
	c := link(orderOne)
	w.given.By = actor(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decide(w.s, c, w.given, w.facts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecideDeclare(b *testing.B) {
	w := in(b, PhaseAccepted)
	c := Declare{declaration()}
	w.given.By = actor(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decide(w.s, c, w.given, w.facts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeDeclared(b *testing.B) {
	w := in(b, PhaseDeclaring)
	e := w.history[len(w.history)-1].Event
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		_, _, data, err := EncodeEvent(buf[:0], e)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(data)))
	}
}

func perEvent(b *testing.B, events int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
}
