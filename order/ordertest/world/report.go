package world

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Report is what came of a run. All of it but Wall and PeakBytes follows from the Config; how many
// commits met a conflict follows from it on one kind of store.
type Report struct {
	Seed       uint64
	Began      time.Time // by the virtual clock
	Until      time.Time // when the last order had ended
	Assurance  int       // assurance orders that were begun
	PayLater   int       // pay-later orders that were begun
	Outcomes   []Outcome // how they ended, by kind and name
	Commands   int       // asked for, commands of deadlines included
	Accepted   int       // that had an effect, or nothing to do
	Refused    int
	Refusals   []RuleCount // by rule
	Duplicates int         // refused because the id stood for something else
	Outdated   int         // refused because they expected another version
	Malformed  int         // refused as malformed
	Commits    int
	Events     int
	Faults     []FaultCount // those that were met, by name
	Money      []Money      // what moved, and that it balances, by currency
	// Digest is the SHA-256, in hexadecimal, of the log: of every record its stream, version,
	// commit, type, instant, meta and data, in the order of the log. Positions are left to
	// the store.
	Digest string

	Days   []Day         // of the run, or of as many of them together as keep it below 2,048
	Phases []TimeInPhase // how long orders stayed where, by kind and phase in the order of life

	Wall      time.Duration
	PeakBytes uint64 // the most memory that the process has held, as the Go runtime counts
}

// OrdersPerSecond is how many orders went through their lives in a second of the wall clock.
func (r *Report) OrdersPerSecond() float64 {
	return float64(r.Assurance+r.PayLater) / max(r.Wall.Seconds(), 1e-9)
}

// Money is what moved in a currency over the whole run, and how it ended. Amounts are totals of
// events of the log, but for those that are said to be of the end.
type Money struct {
	Currency trade.Currency

	// Assurance orders: what came in is what counts, waits, was paid back or was taken back.
	Received, Applied, Unapplied, Returned, Reversed trade.Money
	Refunded, Claimed, Shortfall                     trade.Money // refunds, compensations, what sellers did without
	// The assurance lines: what was held was released, claimed, or is held at the end.
	Held, Released, Posted, Repaid, Holding trade.Money

	// The pay-later lines: what was deducted was restored by payments, restored otherwise,
	// written off, or is used at the end.
	Deducted, RestoredPaid, RestoredOther, WrittenOff, Used trade.Money
	// The received funds: what was credited waits or is available at the end (less debt), is on
	// its way, was paid out, taken as a fee, spent, or taken back for refunds.
	Credited, Balance, Debt, InTransit, PaidOut, Fees, Spent, Debited trade.Money
}

// Outcome is how many orders of a kind ended in a way: "completed", or the reason of a close;
// "paid", "cancelled" or "written-off"; "refused" for one that was never placed.
type Outcome struct {
	Kind  string // "assurance" or "pay-later"
	End   string
	Count int
}

// RuleCount is how many commands a rule has refused.
type RuleCount struct {
	Rule  rule.ID
	Count int
}

// FaultCount is how often something went wrong.
type FaultCount struct {
	Fault string
	Count int
}

// Day is how the world stood at the end of a day.
type Day struct {
	At time.Time
	// Held is what orders occupied of the assurance lines, Limit what the lines had in all.
	Held, Limit trade.Money
	// Used is what orders used of the pay-later lines, Quota what those had in all.
	Used, Quota trade.Money
	// Orders is how many orders were in each phase, assurance orders by order.Phase and
	// pay-later orders by paylater.Phase. Those that the world has done with are not counted.
	Orders   [9]int
	PayLater [10]int
}

// TimeInPhase is how long orders of a kind stayed in a phase before they left it.
type TimeInPhase struct {
	Kind  string // "assurance" or "pay-later"
	Phase string
	Count int
	Total time.Duration // of all of them; it stops growing at the largest Duration
	Max   time.Duration
	// Buckets counts those who stayed less than the bound of the same index in PhaseBounds
	// and no less than the bound before it; the last one counts the rest.
	Buckets [16]int
}

// PhaseBounds are the bounds of the buckets of a TimeInPhase.
func PhaseBounds() [15]time.Duration {
	const day = 24 * time.Hour
	return [15]time.Duration{
		time.Minute, time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 3 * day, 5 * day, 7 * day, 10 * day,
		15 * day, 20 * day, 30 * day, 45 * day, 60 * day,
	}
}

var phaseBounds = PhaseBounds()

// maxDays bounds the series of a report: when there are more, every other one goes.
const maxDays = 2048

// add counts one stay.
func (t *TimeInPhase) add(d time.Duration) {
	t.Count++
	if t.Total += d; t.Total < 0 {
		t.Total = 1<<63 - 1
	}
	t.Max = max(t.Max, d)
	i, exact := slices.BinarySearch(phaseBounds[:], d)
	if exact {
		i++
	}
	t.Buckets[i]++
}
