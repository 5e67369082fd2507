package events_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// sumOf returns the sum 01 02 03 ... 20.
func sumOf() (sum [32]byte) {
	for i := range sum {
		sum[i] = byte(i + 1)
	}
	return sum
}

func TestCursorText(t *testing.T) {
	const half, rest = "0102030405060708090a0b0c0d0e0f10", "1112131415161718191a1b1c1d1e1f20"
	c := events.Cursor{Position: 118, Mark: events.Mark{Position: 120, Sum: sumOf()}}
	wantEqual(t, "text", c.String(), "118.120."+half+rest)
	wantEqual(t, "id", c.ID(), "118.120."+half)
	wantEqual(t, "mark", c.Mark.String(), "120."+half+rest)
	wantEqual(t, "bare", events.Cursor{Position: 118}.String(), "118")
	for _, c := range []events.Cursor{{}, {Position: 118}, c, {Position: 1<<64 - 1, Mark: events.Mark{Position: 1<<64 - 1, Sum: sumOf()}}, {Mark: events.Mark{Sum: sumOf()}}} {
		data, err := json.Marshal(struct{ At events.Cursor }{c})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ At events.Cursor }
		if err := json.Unmarshal(data, &got); err != nil || got.At != c {
			t.Errorf("%s: %v, %v", data, got.At, err)
		}
	}
	for _, text := range []string{
		"", "-1", "+1", "01", " 1", "1.", "1.2", "1.2.", "x", "1.x." + half + rest, "1.02." + half + rest, "1.2." + half, "1.2." + half + rest + "00",
		"1.2." + strings.ToUpper(half+rest), "1.2." + half + rest[1:], "1.0." + strings.Repeat("0", 64), "1.2." + half + rest + ".3", "18446744073709551616",
	} {
		got := c
		wantAs[*events.BoundsError](t, got.UnmarshalText([]byte(text)))
		wantEqual(t, text, got, c)
	}
}

func TestRecall(t *testing.T) {
	store, other := memory.New(), memory.New()
	for _, s := range []events.Store{store, other} {
		for n := range 3 {
			mustAdd(t, s, "tally-a", add(n))
		}
	}
	mark, err := store.Mark(t.Context(), 2)
	wantIs(t, err, nil)
	c := events.Cursor{Position: 1, Mark: mark}
	for _, text := range []string{c.ID(), c.String()} {
		got, err := events.Recall(t.Context(), store, text)
		wantIs(t, err, nil)
		wantEqual(t, text, got, c)
		// The follower of a store without links has only the position.
		got, err = events.Recall(t.Context(), mute{store}, text)
		wantIs(t, err, nil)
		wantEqual(t, text, got, events.Cursor{Position: 1})
		_, err = events.Recall(t.Context(), other, text)
		wantEqual(t, "position", wantAs[*events.ForkError](t, err).Mark.Position, 2)
		for _, text := range []string{strings.Replace(text, "1.2.", "1.3.", 1), strings.Replace(text, "1.2.", "1.4.", 1)} {
			_, err = events.Recall(t.Context(), store, text)
			wantAs[*events.ForkError](t, err)
		}
	}
	got, err := events.Recall(t.Context(), store, "9")
	wantIs(t, err, nil)
	wantEqual(t, "bare", got, events.Cursor{Position: 9})
	_, err = events.Recall(t.Context(), store, "9.")
	wantAs[*events.BoundsError](t, err)
}

func TestForkErrorText(t *testing.T) {
	mark := events.Mark{Position: 120, Sum: sumOf()}
	const begins, ends = "events: the log is on another history: link 0102030405060708 was remembered at position 120, ", "; a backup was restored, a standby was promoted, or it is another log"
	for have, want := range map[events.Mark]string{
		{Position: 120, Sum: [32]byte{0xff}}: "where the log has ff00000000000000",
		{Position: 80, Sum: [32]byte{0xff}}:  "but the log ends at position 80",
		{Position: 130, Sum: [32]byte{0xff}}: "where the log has no link before position 130",
	} {
		wantEqual(t, "text", (&events.ForkError{Mark: mark, Have: have}).Error(), begins+want+ends)
	}
}
