package world

import (
	"cmp"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Report is the result of a run. Everything except Wall and PeakBytes is determined by the Config, and the
// number of conflicts by the Config and the kind of store.
type Report struct {
	Seed       uint64
	Began      time.Time // by the virtual clock
	Until      time.Time // when the last order ended
	Assurance  int       // assurance orders that began
	PayLater   int       // pay-later orders that began
	Outcomes   []Outcome // how the orders ended, by kind and end
	Commands   int       // that were issued, those of deadlines included
	Accepted   int       // that had an effect, or nothing to do
	Refused    int
	Refusals   []RuleCount // by rule
	Duplicates int         // refused because the ID belongs to another command
	Outdated   int         // refused because they expect another version
	Malformed  int         // refused as malformed
	Commits    int
	Events     int
	Faults     []FaultCount // that happened, by name
	Money      []Money      // what moved and its balance, by currency
	// Digest is the SHA-256, in hexadecimal, of the log: the stream, version, commit, index, type,
	// schema, instant, meta and data of every record, in the order of the log. Positions are
	// not included, because stores choose them differently.
	Digest string

	Days   []Day         // every day of the run, or every second, fourth and so on, so that there are fewer than 2,048
	Phases []TimeInPhase // how long orders stayed in each phase, by kind and phase

	Wall      time.Duration // of the run, by the wall clock
	PeakBytes uint64        // the most memory that the Go runtime has held
}

// OrdersPerSecond returns the number of orders divided by the seconds of Wall.
func (r *Report) OrdersPerSecond() float64 {
	return float64(r.Assurance+r.PayLater) / max(r.Wall.Seconds(), 1e-9)
}

// Money is what moved in a currency over the whole run. The amounts are totals of the events of the log,
// except for those at the end.
type Money struct {
	Currency trade.Currency

	// Assurance orders: Received equals Applied, Unapplied, Returned and Reversed (by a bank).
	Received, Applied, Unapplied, Returned, Reversed trade.Money
	Refunded, Claimed, Shortfall                     trade.Money // refunds, compensations, and what sellers waived
	// The assurance lines: Held equals Released, Posted (claimed) and Holding (at the end). Repaid is
	// the part of Posted that sellers have repaid.
	Held, Released, Posted, Repaid, Holding trade.Money

	// The pay-later lines: Deducted equals RestoredPaid (by payments), RestoredOther, WrittenOff and
	// Used (at the end).
	Deducted, RestoredPaid, RestoredOther, WrittenOff, Used trade.Money
	// The received funds: Credited equals Balance (pending or available at the end) less Debt,
	// InTransit, PaidOut, Fees, Spent and Debited (for refunds).
	Credited, Balance, Debt, InTransit, PaidOut, Fees, Spent, Debited trade.Money
}

// Outcome is how many orders of a kind had an end: "completed" or the reason of the close for assurance
// orders, "paid", "cancelled" or "written-off" for pay-later orders, and "refused" for orders that were
// never drafted or placed.
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

// FaultCount is how often a fault happened.
type FaultCount struct {
	Fault string
	Count int
}

// Day is the state of the world at the end of a day.
type Day struct {
	At time.Time
	// Held is the quota of the assurance lines that orders hold, and Limit the sum of their limits.
	Held, Limit trade.Money
	// Used is the quota of the pay-later lines that orders use, and Quota the sum of their limits.
	Used, Quota trade.Money
	// Orders is how many assurance orders are in each order.Phase, and PayLater how many pay-later
	// orders in each paylater.Phase. Orders that the world has finished are not counted.
	Orders   [9]int
	PayLater [10]int
}

// TimeInPhase is how long orders of a kind stayed in a phase before they left it.
type TimeInPhase struct {
	Kind  string // "assurance" or "pay-later"
	Phase string
	Count int
	Total time.Duration // the sum, at most the largest Duration
	Max   time.Duration
	// Buckets counts the stays that are shorter than the bound of the same index in PhaseBounds
	// and not shorter than the bound before it; the last bucket counts the rest.
	Buckets [16]int
}

// PhaseBounds returns the bounds of the buckets of a TimeInPhase.
func PhaseBounds() [15]time.Duration {
	const day = 24 * time.Hour
	return [15]time.Duration{
		time.Minute, time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 3 * day, 5 * day, 7 * day, 10 * day,
		15 * day, 20 * day, 30 * day, 45 * day, 60 * day,
	}
}

var phaseBounds = PhaseBounds()

// maxDays bounds Report.Days: when the list is full, every second day is dropped.
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

// completeReport adds to the report what is not counted during the run.
func (w *world) completeReport(s *finalBalances) {
	r := &w.report
	for kind, count := range w.outcomes {
		r.Outcomes = append(r.Outcomes, Outcome{Kind: kind[0], End: kind[1], Count: count})
	}
	slices.SortFunc(r.Outcomes, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.End, b.End))
	})
	for ruleID, count := range w.refusals {
		r.Refusals = append(r.Refusals, RuleCount{Rule: ruleID, Count: count})
	}
	slices.SortFunc(r.Refusals, func(a, b RuleCount) int { return compareRules(a.Rule, b.Rule) })
	for fault, count := range w.faultCounts {
		r.Faults = append(r.Faults, FaultCount{Fault: fault, Count: count})
	}
	slices.SortFunc(r.Faults, func(a, b FaultCount) int { return cmp.Compare(a.Fault, b.Fault) })
	r.Money = w.money(s)
	r.Digest = w.follower.digest()
	for p := order.PhaseDraft; p < order.PhaseCompleted; p++ {
		r.Phases = append(r.Phases, w.follower.stays[0][p])
	}
	for p := paylater.PhasePlaced; p < paylater.PhasePaid; p++ {
		r.Phases = append(r.Phases, w.follower.stays[1][p])
	}
	w.reportProgress()
	r.Wall = time.Since(w.began)
}

// compareRules orders rules as the rule book does: by letter and then by number.
func compareRules(a, b rule.ID) int {
	if a[0] != b[0] || len(a) == len(b) {
		return cmp.Compare(a, b)
	}
	return len(a) - len(b)
}
