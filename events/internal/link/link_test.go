package link

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
)

// plain is the formula of the package comment, written down once more and as simply as possible.
func plain(parts ...any) Sum {
	var b bytes.Buffer
	number := func(n uint64, size int) {
		for i := size - 1; i >= 0; i-- {
			b.WriteByte(byte(n >> (8 * i)))
		}
	}
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case Sum:
			b.Write(p[:])
		case [16]byte:
			b.Write(p[:])
		case uint64:
			number(p, 8)
		case uint16:
			number(uint64(p), 2)
		case []byte: // with its length
			number(uint64(len(p)), 4)
			b.Write(p)
		}
	}
	return sha256.Sum256(b.Bytes())
}

func (r Record) plain() Sum {
	return plain("surety/record/1\n", r.Version, r.Commit, uint16(r.Index), r.Schema, uint64(r.At),
		[]byte(r.Stream), []byte(r.Type), r.Digest, r.Meta, r.Data)
}

func example() []Record {
	digest := bytes.Repeat([]byte{0xd1}, 32)
	commit := [16]byte{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 16}
	return []Record{
		{Version: 1, Commit: commit, Schema: 1, At: 1_772_366_400_000_000_001, Stream: "order-1", Type: "order.placed", Digest: digest, Meta: []byte("who"), Data: []byte(`{"amount":"1.10"}`)},
		{Version: 7, Commit: commit, Index: 1, Schema: 65535, Stream: "line-1", Type: "line.held"},
		{Version: 2, Commit: commit, Index: 999, Schema: 2, At: 1, Stream: "order-1", Type: "order.paid", Data: bytes.Repeat([]byte{0xff}, 64<<10)},
	}
}

func group(h *Hasher, list ...Record) Sum {
	for i := range list {
		h.Add(&list[i])
	}
	return h.Group()
}

// TestVectors holds the sums to the formula and to what logs hold: they never change.
func TestVectors(t *testing.T) {
	var h Hasher
	list, id := example(), [16]byte{0: 0xaa, 15: 0xbb}
	want := func(name string, got, formula Sum, kept string) {
		t.Helper()
		if got != formula {
			t.Errorf("%s: %x, the formula gives %x", name, got, formula)
		}
		if text := hex.EncodeToString(got[:]); text != kept {
			t.Errorf("%s: %s, logs hold %s", name, text, kept)
		}
	}
	first := Genesis(id, 0)
	want("genesis", first, plain("surety/log/1\n", id, uint64(0)), "ce53461cae8c57fd87de128a00ab19810c5d2e966289de88c2a008be10f58e6f")
	want("genesis after a migration", Genesis(id, 1<<40+7), plain("surety/log/1\n", id, uint64(1<<40+7)), "225939b65b51f2079433de1c898ea7e744aab3a5d7d4abf49f844661d045a3e9")
	all := group(&h, list...)
	want("group", all, plain(list[0].plain(), list[1].plain(), list[2].plain()), "6dc118bb37a8d0313085865e44fa0377fa203bb51e6716392929d739a2c3d938")
	one := group(&h, list[1])
	want("group of one", one, plain(list[1].plain()), "bfb370bd3cf17a6a9ce72fe0b6096efb9d366ca4baf1b5bdbc09470f09f281f8")
	second := Next(first, 3, all)
	want("link", second, plain(first, uint64(3), all), "16c9e08dac8274bc447a97ae1acbdd18d64b39527d2f1205cee5e01d67e733f3")
	want("link after a gap", Next(second, 1<<33, one), plain(second, uint64(1<<33), one), "cd052b145d63f0edace0b4d4442341955b302dc38c0a423fc1e7e973ad64c5f9")
}

// TestEverythingCounts changes one field at a time, moves bytes from one field to the next, and
// changes the order: each gives another sum.
func TestEverythingCounts(t *testing.T) {
	var h Hasher
	base := example()[0]
	seen := map[Sum]string{group(&h, base): "the record"}
	other := func(name string, list ...Record) {
		t.Helper()
		sum := group(&h, list...)
		if before, ok := seen[sum]; ok {
			t.Errorf("%s has the sum of %s", name, before)
		}
		seen[sum] = name
	}
	changed := func(name string, change func(*Record)) {
		t.Helper()
		r := base
		r.Digest, r.Meta, r.Data = slices.Clone(r.Digest), slices.Clone(r.Meta), slices.Clone(r.Data)
		change(&r)
		other(name, r)
	}
	changed("version", func(r *Record) { r.Version++ })
	changed("commit", func(r *Record) { r.Commit[15]++ })
	changed("index", func(r *Record) { r.Index++ })
	changed("schema", func(r *Record) { r.Schema++ })
	changed("at", func(r *Record) { r.At++ })
	changed("stream", func(r *Record) { r.Stream += "1" })
	changed("type", func(r *Record) { r.Type += "1" })
	changed("stream to type", func(r *Record) { r.Stream, r.Type = r.Stream[:6], r.Stream[6:]+r.Type })
	changed("digest", func(r *Record) { r.Digest[31]++ })
	changed("no digest", func(r *Record) { r.Digest = nil })
	changed("digest to meta", func(r *Record) { r.Digest, r.Meta = nil, append(r.Digest, r.Meta...) })
	changed("meta", func(r *Record) { r.Meta[0]++ })
	changed("data", func(r *Record) { r.Data[0]++ })
	changed("meta to data", func(r *Record) { r.Meta, r.Data = r.Meta[:2], append(r.Meta[2:], r.Data...) })
	changed("a byte more", func(r *Record) { r.Data = append(r.Data, 0) })
	list := example()
	other("two records", list[0], list[1])
	other("in the other order", list[1], list[0])
	other("the first twice", list[0], list[0])

	before, sum := Genesis([16]byte{1}, 0), group(&h, list[0])
	links := []Sum{
		before, Genesis([16]byte{2}, 0), Genesis([16]byte{1}, 1),
		Next(before, 1, sum), Next(before, 2, sum), Next(Genesis([16]byte{2}, 0), 1, sum), Next(before, 1, group(&h, list[1])),
	}
	for i := range links {
		if slices.Contains(links[:i], links[i]) {
			t.Errorf("link %d is an earlier one", i)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	var h Hasher
	list, sum := example(), Genesis([16]byte{1}, 0)
	group(&h, list...)
	if n := testing.AllocsPerRun(100, func() { sum = Next(sum, 3, group(&h, list...)) }); n != 0 {
		t.Errorf("%v allocations a group", n)
	}
}

// BenchmarkHasher hashes groups of one and of many records of 250 bytes of data and 60 of meta.
func BenchmarkHasher(b *testing.B) {
	r := Record{Version: 1, Schema: 1, Stream: "order-0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a", Type: "order.payment-received",
		Digest: make([]byte, 32), Meta: make([]byte, 60), Data: make([]byte, 250)}
	for name, size := range map[string]int{"one": 1, "many": 256} {
		b.Run(name, func(b *testing.B) {
			var h Hasher
			var sum Sum
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for range size {
					h.Add(&r)
				}
				sum = Next(sum, uint64(n), h.Group())
				n += size
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
		})
	}
}
