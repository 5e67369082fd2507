package desk_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order/desk"
)

// TestCommandID holds derived IDs to values that were worked out apart from this package: they
// must stay what they are, or a retry would not be one.
func TestCommandID(t *testing.T) {
	at := time.Date(2025, 1, 2, 3, 4, 5, 6_789_000, time.UTC)
	for _, c := range []struct{ namespace, key, want string }{
		{"deadline", "x", "019424f8-608e-8a71-9dd3-ecd91e095e87"},
		{"", "", "019424f8-608e-8b7a-b78c-af4bc70a660f"},
	} {
		got := desk.CommandID(at, c.namespace, c.key)
		if got.Version() != 8 || got.Variant() != uuid.RFC4122 || got.String() != c.want {
			t.Errorf("%q %q: %s, want %s", c.namespace, c.key, got, c.want)
		}
	}
	same := desk.CommandID(at, "n", "k")
	for name, other := range map[string]uuid.UUID{
		"another instant":   desk.CommandID(at.Add(time.Millisecond), "n", "k"),
		"another namespace": desk.CommandID(at, "m", "k"),
		"another key":       desk.CommandID(at, "n", "l"),
		"a moved boundary":  desk.CommandID(at, "nk", ""),
		"the other way":     desk.CommandID(at, "k", "n"),
	} {
		if other == same {
			t.Errorf("%s gives the same ID", name)
		}
	}
	if again := desk.CommandID(at.In(time.FixedZone("CST", 8*3600)), "n", "k"); again != same {
		t.Errorf("in another zone %s, want %s", again, same)
	}
	if id := desk.NewID(); id.Version() != 7 {
		t.Errorf("%s is of version %d", id, id.Version())
	}
}
