package events_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
)

func TestStream(t *testing.T) {
	for _, k := range []struct {
		category, key string
		want          events.StreamID
	}{
		{"order", "0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a", "order-0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"},
		{"order", "A.z_9-", "order-A.z_9-"},
		{"a9_", "-", "a9_--"},
		{"declaration", "CN 2026/03", "declaration-CN~202026~2F03"},
		{"receiving_account", "~", "receiving_account-~7E"},
		{"order", "信", "order-~E4~BF~A1"},
		{"order", "\x00\xff", "order-~00~FF"},
		{"order", "~20", "order-~7E20"},
	} {
		id, err := events.Stream(k.category, k.key)
		if err != nil || id != k.want {
			t.Errorf("Stream(%q, %q) = %q, %v; want %q", k.category, k.key, id, err, k.want)
		}
		if key, ok := id.Key(); key != k.key || !ok {
			t.Errorf("%q.Key() = %q, %t; want %q", id, key, ok, k.key)
		}
		if id.Category() != k.category {
			t.Errorf("%q.Category() = %q, want %q", id, id.Category(), k.category)
		}
	}
}

func TestStreamRefuses(t *testing.T) {
	for _, k := range []struct{ category, key, because string }{
		{"", "1", "category"},
		{"Order", "1", "category"},
		{"9order", "1", "category"},
		{"_order", "1", "category"},
		{"or.der", "1", "characters"},
		{"or~20der", "1", "characters"},
		{"ordér", "1", "characters"},
		{"pay-later", "1", "hyphen"}, // it would be the category pay with the key later-1
		{"order", "", "empty key"},
		{strings.Repeat("c", events.MaxCategory+1), "1", "category"},
		{"order", strings.Repeat("k", events.MaxStream-5), "201 bytes"},
		{"order", strings.Repeat(" ", 65), "201 bytes"},
		{strings.Repeat("c", 1<<20), strings.Repeat("k", 1<<20), "bytes"},
	} {
		id, err := events.Stream(k.category, k.key)
		var bounds *events.BoundsError
		if !errors.As(err, &bounds) || bounds.Field != "stream" || !strings.Contains(bounds.Reason, k.because) || id != "" {
			t.Errorf("Stream(%.20q, %.20q) = %.20q, %v; want a *BoundsError because of %q", k.category, k.key, id, err, k.because)
		}
		if len(err.Error()) > 1000 {
			t.Errorf("the error has %d bytes", len(err.Error()))
		}
	}
}

func TestStreamIDValidate(t *testing.T) {
	for id, valid := range map[events.StreamID]bool{
		"o-1":        true,
		"order-~20":  true,
		"order-~7E1": true,
		"order-a-b":  true,
		"":           false,
		"-":          false,
		"order":      false,
		"order-":     false,
		"-1":         false,
		"order-~":    false,
		"order-~2":   false,
		"order-~2f":  false, // escapes are upper case,
		"order-~41":  false, // and only for bytes that need one: otherwise two ids would have one key
		"order-~~20": false,
		"order-a b":  false,
		"order-é":    false,
		"order-\x00": false,
		events.StreamID(strings.Repeat("c", events.MaxCategory) + "-" + strings.Repeat("k", events.MaxStream-events.MaxCategory-1)): true,
		events.StreamID("c-" + strings.Repeat("k", events.MaxStream-1)):                                                             false,
		events.StreamID(strings.Repeat("c", events.MaxCategory+1) + "-k"):                                                           false,
	} {
		if err := id.Validate(); (err == nil) != valid {
			t.Errorf("%q.Validate() = %v, want valid: %t", id, err, valid)
		}
		if _, ok := id.Key(); ok != valid {
			t.Errorf("%q.Key() ok = %t, want %t", id, ok, valid)
		}
	}
}

// FuzzStream checks the laws of Stream: Key is its inverse; different pairs never give the
// same stream; a stream is valid if and only if Stream makes it.
func FuzzStream(f *testing.F) {
	f.Add("order", "a b", "order", "a~20b")
	f.Add("a-b", "c", "a", "b-c")
	f.Add("order", "~", "order", "~7E")
	f.Add("order", "\xff", "order", "\ufffd")
	f.Add("order", "A", "order", "a")
	f.Fuzz(func(t *testing.T, category, key, category2, key2 string) {
		id, err := events.Stream(category, key)
		if err == nil {
			if bounds := id.Validate(); bounds != nil {
				t.Fatalf("Stream(%q, %q) made %q: %v", category, key, id, bounds)
			}
			if got, ok := id.Key(); !ok || got != key || id.Category() != category {
				t.Fatalf("Stream(%q, %q) made %q, which reads as %q, %q, %t", category, key, id, id.Category(), got, ok)
			}
			if other, err := events.Stream(category2, key2); err == nil && (other == id) != (category == category2 && key == key2) {
				t.Fatalf("Stream(%q, %q) = %q and Stream(%q, %q) = %q", category, key, id, category2, key2, other)
			}
		}
		raw := events.StreamID(category + "-" + key)
		text, ok := raw.Key()
		if ok != (raw.Validate() == nil) {
			t.Fatalf("%q: Key says %t, Validate %v", raw, ok, raw.Validate())
		}
		if !ok {
			return
		}
		if again, err := events.Stream(raw.Category(), text); err != nil || again != raw {
			t.Fatalf("%q is valid, but its key %q makes %q, %v", raw, text, again, err)
		}
	})
}
