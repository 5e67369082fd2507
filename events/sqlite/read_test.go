package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/tradesurety/surety/events"
)

// long appends a stream of several pages.
func long(t *testing.T, s *Store, stream events.StreamID, n int) {
	t.Helper()
	types := make([]string, 500)
	for i := range types {
		types[i] = "order.noted"
	}
	for after := 0; after < n; after += len(types) {
		appended(t, s, one(stream, events.Version(after), types...))
	}
}

// TestReadEnds appends to the stream, and to the log, that the loop reads: both end where they
// began.
func TestReadEnds(t *testing.T) {
	const n = 3 * pageRecords / 500 * 500
	s := openNew(t, WithReaders(1), WithDurability(events.DurabilityProcess))
	long(t, s, "order-1", n)
	loop := func(name string, seq iter.Seq2[events.Record, error]) {
		seen, head := 0, headOf(t, s, "order-1")
		for _, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen%100 == 0 {
				appended(t, s, one("order-1", head, "order.noted"))
				head++
			}
		}
		if before := int(head) - seen/100; seen < before || seen > before+pageRecords {
			t.Errorf("%s: %d records, %d were there", name, seen, before)
		}
	}
	loop("Read", s.Read(t.Context(), "order-1", 0))
	loop("ReadAll", s.ReadAll(t.Context(), 0, events.Filter{}))
}

// TestPagesAreBounded reads records so large that a page ends by bytes.
func TestPagesAreBounded(t *testing.T) {
	const n = 40
	s := openNew(t, WithDurability(events.DurabilityProcess))
	for i := range events.Version(n) {
		c := one("order-1", i, "order.noted")
		c.Batches[0].Events[0].Data = make([]byte, events.MaxData)
		appended(t, s, c)
	}
	p := newPage()
	r, err := s.readers.borrow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.readers.giveBack(r)
	if err := r.readStream(&p, "order-1", 0); err != nil || !p.more || p.bytes > pageBytes+events.MaxData+events.MaxMeta {
		t.Errorf("a page of %d records and %d bytes, more %t, %v", len(p.records), p.bytes, p.more, err)
	}
	if head := headOf(t, s, "order-1"); head != n {
		t.Errorf("%d records in all pages, want %d", head, n)
	}
}

// TestFilterAcrossPages finds few records among many, over pages without any.
func TestFilterAcrossPages(t *testing.T) {
	s := openNew(t, WithDurability(events.DurabilityProcess))
	appended(t, s, one("line-1", 0, "line.opened"))
	long(t, s, "order-1", pageRows+1000)
	appended(t, s, one("line-1", 1, "line.closed"))
	for _, tt := range []struct {
		filter events.Filter
		want   string
	}{
		{events.Filter{Categories: []string{"line"}}, "[line.opened line.closed]"},
		{events.Filter{Types: []string{"line.closed"}}, "[line.closed]"},
		{events.Filter{Categories: []string{"order"}, Types: []string{"line.closed"}}, "[]"},
		{events.Filter{Categories: []string{"lin"}}, "[]"},
	} {
		got := []string{}
		for r, err := range s.ReadAll(t.Context(), 0, tt.filter) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Type)
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%+v: %v, want %s", tt.filter, got, tt.want)
		}
	}
}

// TestHolesAreReported removes a record of a stream without the store.
func TestHolesAreReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	for i := range events.Version(5) {
		appended(t, s, one("order-1", i, "order.noted"))
	}
	other := foreign(t, path)
	if err := exec(other, "DELETE FROM log WHERE version = 3"); err == nil {
		t.Error("the file lets a record go")
	}
	if err := exec(other, "UPDATE log SET data = x'00' WHERE version = 3"); err == nil {
		t.Error("the file lets a record change")
	}
	run(t, other, "DROP TRIGGER records_never_go", "DELETE FROM log WHERE version = 3")
	var versions []events.Version
	var last error
	for r, err := range s.Read(t.Context(), "order-1", 0) {
		if last = err; err == nil {
			versions = append(versions, r.Version)
		}
	}
	c, ok := errors.AsType[*events.CorruptError](last)
	if len(versions) != 2 || !ok || c.Stream != "order-1" || c.Version != 4 || c.Position != 4 || c.Type != "order.noted" {
		t.Errorf("versions %v, then %v", versions, last)
	}
}

// TestReadIsCancelled cancels between pages, and while every reader is in use.
func TestReadIsCancelled(t *testing.T) {
	s := openNew(t, WithReaders(1), WithDurability(events.DurabilityProcess))
	long(t, s, "order-1", 2*pageRecords)
	ctx, cancel := context.WithCancel(t.Context())
	seen, last := 0, error(nil)
	for _, err := range s.ReadAll(ctx, 0, events.Filter{}) {
		if last = err; err == nil {
			seen++
		}
		cancel()
	}
	if seen != pageRecords || last != context.Canceled {
		t.Errorf("%d records and %v, want the first page and the error of the context", seen, last)
	}

	lent, err := s.readers.borrow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Settled(ctx)
		done <- err
	}()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("cancelled while waiting for a reader: %v", err)
	}
	s.readers.giveBack(lent)
	if _, err := s.Settled(t.Context()); err != nil {
		t.Error(err)
	}
}
