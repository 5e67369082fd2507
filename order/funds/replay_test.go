package funds

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// TestReplay holds the fold to its laws: a replay equals the live state, a prefix and the rest
// equal the whole, a snapshot and the rest equal the whole, and the codec changes nothing.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawLife(t)
		history, live := p.history, p.live
		start := New("acme", CNY())
		whole, err := Replay(start, history)
		if err != nil || !equal(whole, live) {
			t.Fatalf("replayed %+v, %v; live %+v", whole, err, live)
		}
		cut := rapid.IntRange(0, len(history)).Draw(t, "cut")
		prefix, _ := Replay(start, history[:cut])
		kept, _ := save(nil, &prefix)
		if rest, err := Replay(prefix, history[cut:]); err != nil || !equal(rest, whole) {
			t.Fatalf("prefix and rest give %+v, %v", rest, err)
		}
		saved, err := save([]byte("before"), &prefix)
		if err != nil || string(saved) != "before"+string(kept) {
			t.Fatalf("the prefix was written: %s, %v; was %s", saved, err, kept)
		}
		restored := start
		if err := restore(kept, &restored); err != nil || !equal(restored, prefix) {
			t.Fatalf("restored %+v, %v from %s", restored, err, kept)
		}
		if rest, err := Replay(restored, history[cut:]); err != nil || !equal(rest, whole) {
			t.Fatalf("snapshot and rest give %+v, %v", rest, err)
		}
		for i := range history {
			history[i].Event = recode(t, history[i].Event)
		}
		if decoded, err := Replay(start, history); err != nil || !equal(decoded, whole) {
			t.Fatalf("decoded history gives %+v, %v", decoded, err)
		}
	})
}

// TestTwoFutures: from one balance two continuations are what they would be alone, and the balance
// stays what it was.
func TestTwoFutures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawLife(t)
		history, now := p.history, p.live
		was, _ := save(nil, &now)
		var futures [][]events.Recorded[Event]
		var ends []Balance
		for range 2 {
			b, at := now, p.when(t, platform)
			var more []events.Recorded[Event]
			for range 8 {
				c, by, facts := p.draw(t)
				at = at.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
				made, _ := Decide(b, c, trade.Given{By: by, At: at}, facts)
				for _, e := range made {
					if b.Apply(e, at) == nil {
						more = append(more, events.Recorded[Event]{At: at, Event: e})
					}
				}
			}
			futures, ends = append(futures, more), append(ends, b)
		}
		if is, _ := save(nil, &now); string(is) != string(was) {
			t.Fatalf("the balance was written: %s, was %s", is, was)
		}
		for i, more := range futures {
			alone, err := Replay(New("acme", CNY()), append(slices.Clone(history), more...))
			if err != nil || !equal(alone, ends[i]) {
				t.Fatalf("future %d: %+v, %v; alone %+v", i, ends[i], err, alone)
			}
		}
	})
}
