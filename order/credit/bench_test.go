package credit

import (
	"testing"

	"github.com/tradesurety/surety/order"
)

// BenchmarkHold decides and folds a hold and its release.
func BenchmarkHold(b *testing.B) {
	l := empty
	given := order.Given{By: desk, At: noon}
	var occupy Command = hold(orderA, 6_000)
	var free Command = release(6_000, CauseShipped)
	facts := open(6_000)
	b.ReportAllocs()
	for b.Loop() {
		made, err := Decide(l, occupy, given, none)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(made[0], noon); err != nil {
			b.Fatal(err)
		}
		if made, err = Decide(l, free, given, facts); err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(made[0], noon); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply folds an event that is there already.
func BenchmarkApply(b *testing.B) {
	made := [...]Event{held(orderB, 1), Released{orderB, dollars(1), CauseShipped}}
	l := six
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := l.Apply(made[i&1], noon); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkDecodeApply decodes an event and folds it.
func BenchmarkDecodeApply(b *testing.B) {
	var types [2]string
	var data [2][]byte
	for i, e := range [...]Event{held(orderB, 1), Released{orderB, dollars(1), CauseShipped}} {
		typ, _, encoded, err := EncodeEvent(nil, e)
		if err != nil {
			b.Fatal(err)
		}
		types[i], data[i] = typ, encoded
	}
	l := six
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e, err := DecodeEvent(types[i&1], 1, data[i&1])
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(e, noon); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkEncode encodes an event into a buffer that has room.
func BenchmarkEncode(b *testing.B) {
	var e Event = held(orderA, 6_000)
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := EncodeEvent(buf, e); err != nil {
			b.Fatal(err)
		}
	}
}
