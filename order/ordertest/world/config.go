package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
)

// Config describes a world. A field that is zero has the default in parentheses.
type Config struct {
	// Seed determines every random choice.
	Seed uint64
	// Orders is how many orders are begun (1,000).
	Orders int
	// PayLater is how many of a hundred orders are pay-later orders (20). A negative number means none.
	PayLater int
	// Sellers and Buyers are their numbers (20 and 400), at most 10,000 and 1,000,000.
	Sellers, Buyers int
	// Months is the number of months of 30 days in which orders begin (one for every 3,000
	// orders). The world runs until the last order has ended.
	Months int
	// Start is the first instant (1 January 2025, UTC).
	Start time.Time
	// Faults says how often something goes wrong between the desk and the store (never).
	Faults Faults
	// Index lets the desk keep its own index of deadlines, which reads the whole log whenever
	// a process starts; it is not for a store that forgets. The default is an index that the
	// world keeps.
	Index bool
	// Audit receives the records of every commit, in the order of the log, on the goroutine of
	// Run; an error fails the run. The default is the auditor of package audit.
	Audit func(commit []events.Record) error
	// Progress, if set, is called up to 400 times on the goroutine of Run.
	Progress func(Progress)
	// Again is the command that repeats the run, for the text of an Error (the call of Run).
	Again string
}

// Progress is how far a run is.
type Progress struct {
	Begun, Ended int       // orders
	Now          time.Time // by the virtual clock
	Commands     int
	Events       int
	Wall         time.Duration
	Bytes        uint64 // of memory that the operating system process holds
}

// Faults says how many of 10,000 commits, commands or messages meet each kind of fault.
type Faults struct {
	// Lost is how many commits do not reach the store, and Unheard how many are stored but
	// lose their response. In both cases the desk does not know the outcome and retries.
	Lost, Unheard int
	// Cut is how many commits meet a connection that breaks before or after them and stays
	// broken, so that the desk gives up and the caller does not know the outcome.
	Cut int
	// CrashBefore and CrashAfter are how many commits crash the process before or after the
	// commit is stored. A new process starts with only the log, and the caller retries.
	CrashBefore, CrashAfter int
	// Elsewhere is how many commands are executed by the other process on the same store, so
	// that the caches of both fall behind.
	Elsewhere int
	// Duplicate is how many messages of banks and customs are repeated, up to three times, and
	// Late how many arrive so late that others overtake them.
	Duplicate, Late int
	// CrashAt, if it is not 0, crashes the process at the crash point of that number, from 1:
	// there is one before each call of the store, and another one after each commit.
	CrashAt int
}

// AllFaults returns faults of every kind but CrashAt, each for that many of 10,000 commits, commands or
// messages.
func AllFaults(often int) Faults {
	return Faults{
		Lost: often, Unheard: often, Cut: often, CrashBefore: often, CrashAfter: often,
		Elsewhere: often, Duplicate: often, Late: often,
	}
}

// The names of the faults in a Report. FaultConflict counts the commits that met a conflict with the other
// process, and FaultLag the days at whose end the slow follower was behind.
const (
	FaultLost        = "lost"
	FaultUnheard     = "unheard"
	FaultCut         = "cut"
	FaultCrashBefore = "crash-before"
	FaultCrashAfter  = "crash-after"
	FaultCrashAt     = "crash-at"
	FaultElsewhere   = "elsewhere"
	FaultDuplicate   = "duplicate"
	FaultLate        = "late"
	FaultConflict    = "conflict"
	FaultLag         = "lag"
)

// Error says why a run failed and how to repeat it: the same Config fails in the same way on every store.
type Error struct {
	Seed    uint64
	Step    int       // the number of the command, from 1
	At      time.Time // by the virtual clock
	Command string    // the last command, and who issued it
	Again   string    // the command that repeats the run
	Err     error
}

func (e *Error) Error() string {
	return fmt.Sprintf("world: seed %d, step %d at %s, %s: %v; again: %s",
		e.Seed, e.Step, e.At.Format(time.RFC3339Nano), e.Command, e.Err, e.Again)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// FieldError says that a field of a Config is invalid.
type FieldError struct{ Field, Reason string }

func (e *FieldError) Error() string { return "world: config: " + e.Field + " " + e.Reason }

// ordersPerMonth is how many orders begin in a month by default.
const ordersPerMonth = 3000

// filled returns the configuration with its defaults.
func (c Config) filled() Config {
	fill(&c.Orders, 1000)
	fill(&c.PayLater, 20)
	fill(&c.Sellers, 20)
	fill(&c.Buyers, 400)
	fill(&c.Months, (c.Orders+ordersPerMonth-1)/ordersPerMonth)
	c.PayLater = max(c.PayLater, 0)
	if c.Start.IsZero() {
		c.Start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if c.Again == "" {
		c.Again = fmt.Sprintf("world.Run(ctx, store, world.Config{Seed: %d, Orders: %d, PayLater: %d, Sellers: %d, Buyers: %d, Months: %d, Index: %t, Faults: %#v})",
			c.Seed, c.Orders, c.PayLater, c.Sellers, c.Buyers, c.Months, c.Index, c.Faults)
	}
	return c
}

func fill(field *int, value int) {
	if *field == 0 {
		*field = value
	}
}

// check returns a *FieldError for the first invalid field, or nil.
func (c *Config) check() error {
	for _, f := range [...]struct {
		name               string
		value, least, most int
	}{
		{"Orders", c.Orders, 1, 100_000_000},
		{"PayLater", c.PayLater, 0, 100},
		{"Sellers", c.Sellers, 2, 10_000},
		{"Buyers", c.Buyers, 2, 1_000_000},
		{"Months", c.Months, 1, 1200},
		{"Faults.Lost", c.Faults.Lost, 0, 1000},
		{"Faults.Unheard", c.Faults.Unheard, 0, 1000},
		{"Faults.Cut", c.Faults.Cut, 0, 1000},
		{"Faults.CrashBefore", c.Faults.CrashBefore, 0, 1000},
		{"Faults.CrashAfter", c.Faults.CrashAfter, 0, 1000},
		{"Faults.Elsewhere", c.Faults.Elsewhere, 0, 10_000},
		{"Faults.Duplicate", c.Faults.Duplicate, 0, 10_000},
		{"Faults.Late", c.Faults.Late, 0, 10_000},
	} {
		if f.value < f.least || f.value > f.most {
			return &FieldError{Field: f.name, Reason: fmt.Sprintf("is %d, outside %d to %d", f.value, f.least, f.most)}
		}
	}
	if y := c.Start.UTC().Year(); y < 2000 || y > 2050 {
		return &FieldError{Field: "Start", Reason: "lies outside the years 2000 to 2050"}
	}
	return nil
}
