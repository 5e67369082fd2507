package ordertest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
)

// rapidly checks a property in that many runs, or in the number of the long form under SURETY_LONG=1, with that many
// steps per run on average. SURETY_SEED sets the seed.
func rapidly(t *testing.T, runs, long, steps int, prop func(rt *rapid.T)) {
	t.Helper()
	if os.Getenv("SURETY_LONG") == "1" {
		runs = long
	}
	set(t, "rapid.checks", strconv.Itoa(runs))
	set(t, "rapid.steps", strconv.Itoa(steps))
	if seed := os.Getenv("SURETY_SEED"); seed != "" {
		set(t, "rapid.seed", seed)
	}
	rapid.Check(t, prop)
}

// set sets a flag of rapid for the rest of the test.
func set(t *testing.T, name, value string) {
	t.Helper()
	old := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, old) })
}

// TestMain stops the PostgreSQL server if the tests have started one.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestPlay plays on every store, under the independent auditor. The long form issues a million commands in memory.
func TestPlay(t *testing.T) {
	for _, on := range []struct {
		name              string
		runs, long, steps int
		open              func(t *testing.T, rt *rapid.T) events.Store
		opts              []ordertest.PlayOption
	}{
		{"memory", 200, 20_000, 50, func(*testing.T, *rapid.T) events.Store { return memory.New() }, nil},
		{"sqlite", 20, 2_000, 50, openSQLite, nil},
		{"sqlite, a long log", 1, 20, 1, openSQLite, []ordertest.PlayOption{ordertest.Orders(10), ordertest.Commands(3000)}},
		{"postgres", 20, 500, 25, openPostgres, []ordertest.PlayOption{ordertest.Orders(2)}},
	} {
		t.Run(on.name, func(t *testing.T) {
			if on.name == "postgres" {
				pgtest.Cluster(t) // skips here, before a run begins
			}
			var all ordertest.Tally
			rapidly(t, on.runs, on.long, on.steps, func(rt *rapid.T) {
				store := on.open(t, rt)
				rt.Cleanup(func() { _ = store.Close() })
				all.Add(ordertest.Play(rt, store, on.opts...))
			})
			t.Logf("%+v", all)
			asked := 0
			for _, n := range all.Asked {
				asked += n
			}
			// A few short games may have no refusals; TestPlayReachesEveryEvent has a fixed seed.
			if asked >= 300 && (all.Accepted == 0 || len(all.Refused) == 0 || all.Malformed == 0) {
				t.Errorf("the game has too little variety: %+v", all)
			}
		})
	}
}

// openSQLite opens a log in a new file, without fsync.
func openSQLite(t *testing.T, rt *rapid.T) events.Store {
	store, err := sqlite.Open(rt.Context(), filepath.Join(t.TempDir(), "log.db"), sqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		rt.Fatal(err)
	}
	return store
}

// openPostgres opens a log in a new schema.
func openPostgres(t *testing.T, rt *rapid.T) events.Store {
	dsn, schema := pgtest.Cluster(t), pgtest.Schema(t)
	if err := postgres.Migrate(rt.Context(), dsn, postgres.WithSchema(schema)); err != nil {
		rt.Fatal(err)
	}
	store, err := postgres.Open(rt.Context(), dsn, postgres.WithSchema(schema), postgres.WithDurability(events.DurabilityProcess))
	if err != nil {
		rt.Fatal(err)
	}
	return store
}

// TestPlayReachesEveryEvent plays with a fixed seed: its games make events of every type and use every kind of
// attempt.
func TestPlayReachesEveryEvent(t *testing.T) {
	set(t, "rapid.seed", "20250101")
	set(t, "rapid.checks", "100")
	var all ordertest.Tally
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New()
		defer store.Close()
		all.Add(ordertest.Play(rt, store, ordertest.Commands(150)))
	})
	if testing.Short() {
		return // a few games need not make every event
	}
	for _, kind := range everyEvent() {
		if all.Events[kind] == 0 {
			t.Errorf("no game had %s", kind)
		}
	}
	valid := all.Asked["valid"] + all.Asked["boundary"] + all.Asked["tick"]
	sum := 0
	for _, n := range all.Asked {
		sum += n
	}
	if len(all.Asked) != 9 || valid*100 < sum*67 || valid*100 > sum*73 {
		t.Errorf("%d of %d were valid: %v", valid, sum, all.Asked)
	}
}

// everyEvent returns the wire name of every event.
func everyEvent() (names []string) {
	add := func(list []string) { names = append(names, list...) }
	add(kinds(order.Life().Table().Kinds()))
	add(kinds(seller.Life().Table().Kinds()))
	add(kinds(entrustment.Life().Table().Kinds()))
	add(kinds(credit.Life(credit.Assurance).Table().Kinds()))
	add(kinds(credit.Life(credit.PayLater).Table().Kinds()))
	add(kinds(paylater.Life().Table().Kinds()))
	add(kinds(funds.Life().Table().Kinds()))
	return append(names, "reservation.reserved")
}

func kinds[K fmt.Stringer](list []K) (names []string) {
	for _, k := range list {
		names = append(names, k.String())
	}
	return names
}
