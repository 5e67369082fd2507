package world_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/memory/forgetful"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order/ordertest/world"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// seed returns the seed of a test: SURETY_SEED, or the given one.
func seed(t testing.TB, otherwise uint64) uint64 {
	t.Helper()
	s := otherwise
	if text := os.Getenv("SURETY_SEED"); text != "" {
		var err error
		if s, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SURETY_SEED: %v", err)
		}
	}
	return s
}

// again returns the command that repeats a test with a seed.
func again(t testing.TB, s uint64) string {
	return fmt.Sprintf("SURETY_SEED=%d go test -count=1 -run '^%s$' ./order/ordertest/world", s, strings.ReplaceAll(t.Name(), "/", "$/^"))
}

func inMemory(t testing.TB) events.Store   { return closing(t, memory.New()) }
func forgetting(t testing.TB) events.Store { return closing(t, forgetful.New()) }
func closing(t testing.TB, s events.Store) events.Store {
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func onFile(t testing.TB) events.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "log.db"), sqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	return closing(t, s)
}

func onServer(t testing.TB) events.Store {
	t.Helper()
	dsn, schema := pgtest.Cluster(t), pgtest.Schema(t)
	if err := postgres.Migrate(context.Background(), dsn, postgres.WithSchema(schema)); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(context.Background(), dsn, postgres.WithSchema(schema), postgres.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	return closing(t, s)
}

// run runs a world that must succeed.
func run(t testing.TB, store events.Store, c world.Config) *world.Report {
	t.Helper()
	c.Again = again(t, c.Seed)
	r, err := world.Run(context.Background(), store, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// small returns the configuration of a world with few people.
func small(s uint64, orders int) world.Config {
	return world.Config{Seed: s, Orders: orders, Sellers: 2, Buyers: 12, PayLater: 40}
}

// TestSameSeed: the same seed gives the same history and report, and another seed gives another history.
func TestSameSeed(t *testing.T) {
	c := small(seed(t, 11), 60)
	c.Faults = world.AllFaults(60)
	first, second := run(t, inMemory(t), c), run(t, inMemory(t), c)
	for _, r := range []*world.Report{first, second} {
		r.Wall, r.PeakBytes = 0, 0
	}
	if !reflect.DeepEqual(first, second) {
		t.Errorf("the same seed gives\n%+v\nand\n%+v", first, second)
	}
	c.Seed++
	if other := run(t, inMemory(t), c); other.Digest == first.Digest {
		t.Errorf("seeds %d and %d give the same history", c.Seed-1, c.Seed)
	}
}

// TestGoldenDigest: the history of a seed is the same on every machine. The digest changes only if the
// people behave differently or the library writes other events.
func TestGoldenDigest(t *testing.T) {
	const want = "2a30ab6d63200d133c3c1acb88773256878db86eeb0a3c3d788310082222c0d8"
	if r := run(t, inMemory(t), small(7, 20)); r.Digest != want {
		t.Errorf("the history of seed 7 is %s, not %s", r.Digest, want)
	}
}

// TestOwnIndex: the history is the same with the index of deadlines that the desk keeps itself.
func TestOwnIndex(t *testing.T) {
	c := small(seed(t, 22), 100)
	want := run(t, inMemory(t), c).Digest
	c.Index = true
	if r := run(t, inMemory(t), c); r.Digest != want {
		t.Errorf("the history is %s, with the index of the world %s", r.Digest, want)
	}
}

// TestEveryStore: the history is the same, byte for byte, on every store.
func TestEveryStore(t *testing.T) {
	c := small(seed(t, 12), 30)
	c.Faults = world.AllFaults(60)
	want := run(t, inMemory(t), c).Digest
	for name, open := range map[string]func(testing.TB) events.Store{
		"forgetful": forgetting, "sqlite": onFile, "postgres": onServer,
	} {
		t.Run(name, func(t *testing.T) { sameHistory(t, open, c, want) })
	}
}

// sameHistory runs a world on a store, and requires that its digest is the one in memory.
func sameHistory(t *testing.T, open func(testing.TB) events.Store, c world.Config, want string) {
	t.Helper()
	if r := run(t, open(t), c); r.Digest != want {
		t.Errorf("the history is %s, in memory %s", r.Digest, want)
	}
}

// TestFaultsLeaveNoTrace: with lost commits, broken connections, crashes and a second process the retries
// lead to the same history as without faults. Only messages that overtake each other change it.
func TestFaultsLeaveNoTrace(t *testing.T) {
	c := small(seed(t, 13), 120)
	want := run(t, inMemory(t), c).Digest
	c.Faults = world.AllFaults(400)
	c.Faults.Late = 0
	r := run(t, inMemory(t), c)
	if r.Digest != want {
		t.Errorf("the history is %s, without faults %s", r.Digest, want)
	}
	c.Faults.Late = 400
	late := run(t, inMemory(t), c)
	if late.Digest == want {
		t.Error("late messages do not change the history")
	}
	for _, kind := range []string{
		world.FaultLost, world.FaultUnheard, world.FaultCut, world.FaultCrashBefore, world.FaultCrashAfter,
		world.FaultElsewhere, world.FaultDuplicate, world.FaultLate, world.FaultConflict, world.FaultLag,
	} {
		if count(late, kind) == 0 {
			t.Errorf("no fault %s in %v", kind, late.Faults)
		}
	}
}

func count(r *world.Report, fault string) int {
	for _, f := range r.Faults {
		if f.Fault == fault {
			return f.Count
		}
	}
	return 0
}

// TestCrashAnywhere crashes the process at each crash point of a small world: the history is the same as
// without a crash.
func TestCrashAnywhere(t *testing.T) {
	c := world.Config{Seed: seed(t, 14), Orders: 2, Sellers: 2, Buyers: 3, PayLater: 50}
	if long() {
		c.Orders = 40
	}
	want := run(t, inMemory(t), c).Digest
	n := 1
	for ; ; n++ {
		c.Faults.CrashAt = n
		r := run(t, inMemory(t), c)
		if r.Digest != want {
			t.Fatalf("with a crash at %d the history is %s, without %s", n, r.Digest, want)
		}
		if count(r, world.FaultCrashAt) == 0 {
			break
		}
	}
	if t.Logf("%d crash points", n-1); n < 100 {
		t.Errorf("only %d crash points", n-1)
	}
}

// TestTwoThousand runs 2,000 orders with faults of every kind and banks that take money back under the
// auditor, and requires every outcome and refusals by most rules. The history is the same on every store.
func TestTwoThousand(t *testing.T) {
	c := world.Config{Seed: seed(t, 19), Orders: 2000, Months: 2, Faults: world.AllFaults(10)}
	r := run(t, inMemory(t), c)
	t.Logf("%d commands, %d events, %.0f orders/s, refusals by %d rules", r.Commands, r.Events, r.OrdersPerSecond(), len(r.Refusals))
	if r.Assurance+r.PayLater != 2000 || len(r.Refusals) < 45 || r.Duplicates == 0 || r.Malformed == 0 || r.Outdated == 0 {
		t.Errorf("%+v", r)
	}
	for _, end := range []world.Outcome{
		{Kind: "assurance", End: "completed"}, {Kind: "assurance", End: "cancelled"}, {Kind: "assurance", End: "expired"},
		{Kind: "assurance", End: "refunded"}, {Kind: "pay-later", End: "paid"}, {Kind: "pay-later", End: "cancelled"},
		{Kind: "pay-later", End: "written-off"},
	} {
		if !slices.ContainsFunc(r.Outcomes, func(o world.Outcome) bool { return o.Kind == end.Kind && o.End == end.End && o.Count > 0 }) {
			t.Errorf("no %s order ended as %s: %v", end.Kind, end.End, r.Outcomes)
		}
	}
	for _, p := range r.Phases {
		sum := 0
		for _, n := range p.Buckets {
			sum += n
		}
		if sum != p.Count {
			t.Errorf("%s %s: the buckets have %d stays, not %d", p.Kind, p.Phase, sum, p.Count)
		}
	}
	usd, cny := r.Money[0], r.Money[1]
	if !usd.Claimed.IsPositive() || !usd.Reversed.IsPositive() || !usd.Holding.IsZero() || !cny.WrittenOff.IsPositive() || !cny.Used.IsZero() {
		t.Errorf("%+v", r.Money)
	}
	if !testing.Short() {
		t.Run("sqlite", func(t *testing.T) { sameHistory(t, onFile, c, r.Digest) })
		t.Run("postgres", func(t *testing.T) { sameHistory(t, onServer, c, r.Digest) })
	}
}

// TestForgets: a store that can forget has forgotten the ended orders, and the events of lines before the
// snapshot of a month ago.
func TestForgets(t *testing.T) {
	store := forgetting(t)
	run(t, store, world.Config{Seed: seed(t, 16), Orders: 600, Sellers: 2, Months: 4})
	kept := 0
	var forgotten *forgetful.ForgottenError
	for after := events.Position(0); ; {
		var last error
		for r, err := range store.ReadAll(t.Context(), after, events.Filter{}) {
			if last = err; err == nil {
				kept++
				after = r.Position
			}
		}
		if last == nil {
			break
		}
		if !errors.As(last, &forgotten) {
			t.Fatal(last)
		}
		after = forgotten.Position
	}
	if settled, _ := store.Settled(t.Context()); kept > int(settled)/4 {
		t.Errorf("%d records of %d are kept", kept, settled)
	}
}

// TestSeries: the report of a long run has fewer than 2,048 days, at equal distances.
func TestSeries(t *testing.T) {
	c := small(seed(t, 17), 40)
	c.Months = 100
	r := run(t, inMemory(t), c)
	if n := len(r.Days); n < 1000 || n >= 2048 {
		t.Fatalf("%d days", n)
	}
	step := r.Days[1].At.Sub(r.Days[0].At)
	for i := 1; i < len(r.Days); i++ {
		if r.Days[i].At.Sub(r.Days[i-1].At) != step || step != 48*time.Hour {
			t.Fatalf("%s after %s", r.Days[i].At, r.Days[i-1].At)
		}
	}
	last := r.Days[len(r.Days)-1]
	if !slices.ContainsFunc(r.Days, func(d world.Day) bool { return d.Held.IsPositive() }) || last.Limit.IsZero() {
		t.Errorf("nothing was ever held; the last day is %+v", last)
	}
}

func long() bool { return os.Getenv("SURETY_LONG") == "1" }

// TestFigures runs a world of 1,000 orders, or in the long form worlds of 10,000, 100,000 and 1,000,000, on
// a store that forgets, and logs time and memory. The work for an order must not grow with their number.
func TestFigures(t *testing.T) {
	sizes := []int{1000}
	if long() {
		sizes = []int{10_000, 100_000, 1_000_000}
	}
	if text := os.Getenv("SURETY_ORDERS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		sizes = []int{n}
	}
	for _, n := range sizes {
		r := run(t, forgetting(t), world.Config{Seed: seed(t, 21), Orders: n})
		t.Logf("%d orders: %.0f orders/s, %.1f commands and %.1f events an order, peak %d MiB (%d bytes an order), %s",
			n, r.OrdersPerSecond(), float64(r.Commands)/float64(n), float64(r.Events)/float64(n),
			r.PeakBytes>>20, r.PeakBytes/uint64(n), r.Wall.Round(time.Millisecond))
	}
}
