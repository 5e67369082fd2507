package events_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// rewritten is a log whose records were changed in place, while its links stayed.
type rewritten struct {
	*memory.Store
	records []events.Record
}

func (w rewritten) ReadAll(_ context.Context, after events.Position, _ events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for _, r := range w.records {
			if r.Position > after && !yield(r, nil) {
				return
			}
		}
	}
}

// migrated is a log of which some records were there before its links.
type migrated struct {
	*memory.Store
	links []events.Mark
}

func (m migrated) Links(context.Context, events.Position) iter.Seq2[events.Mark, error] {
	return func(yield func(events.Mark, error) bool) {
		for _, mark := range m.links {
			if !yield(mark, nil) {
				return
			}
		}
	}
}

// linked returns a log of four commits of two or three records, its records and its links.
func linked(t *testing.T) (*memory.Store, []events.Record, []events.Mark) {
	t.Helper()
	store := memory.New()
	mustAdd(t, store, "tally-a", 1, 2)
	mustAdd(t, store, "tally-b", 1, 2)
	mustAdd(t, store, "tally-a", 3, 4, 5)
	mustAdd(t, store, "tally-c", 1, 2)
	var records []events.Record
	for r, err := range store.ReadAll(t.Context(), 0, events.Filter{}) {
		wantIs(t, err, nil)
		r.Data, r.Digest = slices.Clone(r.Data), slices.Clone(r.Digest)
		records = append(records, r)
	}
	var links []events.Mark
	for mark, err := range store.Links(t.Context(), 0) {
		wantIs(t, err, nil)
		links = append(links, mark)
	}
	return store, records, links
}

// Whatever is changed in records that a link covers is found at the end of its transaction, or
// before.
func TestVerifyLinks(t *testing.T) {
	type list = []events.Record
	for name, k := range map[string]struct {
		at    events.Position // of the record that the error names
		spoil func(list) list
	}{
		"data":                    {4, func(r list) list { r[3].Data[0]++; return r }},
		"meta":                    {4, func(r list) list { r[2].Meta = []byte("x"); return r }},
		"at":                      {4, func(r list) list { r[2].At = r[2].At.Add(1); return r }},
		"digest":                  {4, func(r list) list { r[2].Digest[0]++; return r }},
		"no digest":               {4, func(r list) list { r[2].Digest = nil; return r }},
		"commit":                  {4, func(r list) list { r[2].Commit[0]++; r[3].Commit[0]++; return r }},
		"another stream":          {4, func(r list) list { r[2].Stream, r[3].Stream = "tally-d", "tally-d"; return r }},
		"last record":             {9, func(r list) list { r[8].Data[0]++; return r }},
		"transaction removed":     {5, func(r list) list { return slices.Delete(r, 2, 4) }},
		"its end removed":         {5, func(r list) list { return slices.Delete(r, 3, 4) }},
		"last transaction gone":   {7, func(r list) list { return r[:7] }},
		"its last record gone":    {8, func(r list) list { return r[:8] }},
		"all gone":                {0, func(r list) list { return nil }},
		"a record added":          {10, func(r list) list { n := r[8]; n.Position, n.Version, n.Index = 10, 3, 2; return append(r, n) }},
		"a transaction's records": {4, func(r list) list { r[2].Data, r[3].Data = r[3].Data, r[2].Data; return r }},
		"positions moved":         {8, func(r list) list { r[6].Position, r[7].Position, r[8].Position = 8, 9, 10; return r }},
	} {
		t.Run(name, func(t *testing.T) {
			store, records, _ := linked(t)
			if report, err := events.Verify(t.Context(), rewritten{store, records}, nil); err != nil || report.Links != 4 {
				t.Fatal(report, err)
			}
			_, err := events.Verify(t.Context(), rewritten{store, k.spoil(records)}, nil)
			corrupt := wantAs[*events.CorruptError](t, err)
			wantEqual(t, "position", corrupt.Position, k.at)
		})
	}
}

// What was there before the links is covered by none, and the report says so.
func TestVerifyMigrated(t *testing.T) {
	store, _, links := linked(t)
	report, err := events.Verify(t.Context(), migrated{store, links[2:]}, nil)
	wantIs(t, err, nil)
	wantEqual(t, "report", report, events.Report{Records: 9, Streams: 3, Commits: 4, Last: 9, Links: 2, Uncovered: 4})
	report, err = events.Verify(t.Context(), migrated{store, links[4:]}, nil)
	wantIs(t, err, nil)
	wantEqual(t, "all uncovered", report.Uncovered, 9)
	for at, list := range map[events.Position][]events.Mark{
		8: links[:4],                                     // the last transaction has no link
		7: {links[0], links[1], links[3], links[4]},      // one link is gone, and the next covers its records too
		2: {{Position: 1}, {Position: 2}, {Position: 4}}, // the first link lies within a transaction
	} {
		_, err = events.Verify(t.Context(), migrated{store, list}, nil)
		wantEqual(t, "position", wantAs[*events.CorruptError](t, err).Position, at)
	}
	if _, err := events.Verify(t.Context(), migrated{store, nil}, nil); err == nil {
		t.Error("a log without a first link passes")
	}
}
