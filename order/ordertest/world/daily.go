package world

import (
	"cmp"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
)

// daily is the end of every day: the slow follower reads, what has ended is forgotten, and the
// figures of the day are kept.
type daily struct{ count int }

func (t *daily) run(w *world, _ uint64) {
	w.catchUp()
	w.forgetPassed()
	t.keepDay(w)
	if w.running() {
		w.agenda.put(w.now.Add(day), t)
	}
}

// keepDay appends the figures of the day. When there are too many days every other one goes, and
// from then on only every second one comes, and so on.
func (t *daily) keepDay(w *world) {
	list := &w.report.Days
	step := max(w.dayStep, 1)
	if t.count++; t.count%step != 0 {
		return
	}
	d := Day{
		At:   w.now,
		Held: w.usd(w.tally.usd.held - w.tally.usd.released - w.tally.usd.posted), Limit: w.usd(w.tally.assuranceLimits),
		Used: w.cny(w.tally.cny.used()), Quota: w.cny(w.tally.payLaterLimits),
	}
	for p := range d.Orders {
		d.Orders[p] = w.follower.phases[0][p]
	}
	for p := range d.PayLater {
		d.PayLater[p] = w.follower.phases[1][p]
	}
	*list = append(*list, d)
	if len(*list) < maxDays {
		return
	}
	kept := (*list)[:0]
	for i, d := range *list {
		if i%2 == 1 {
			kept = append(kept, d)
		}
	}
	*list, w.dayStep = kept, 2*step
}

func (a *amounts) used() int64 {
	return a.deducted - a.restoredPaid - a.restoredOther - a.writtenOff
}

// completeReport fills in what the report says beside the figures that were counted as they came.
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

// compareRules orders rules as the rule book does: by letter, and then by number.
func compareRules(a, b rule.ID) int {
	if a[0] != b[0] || len(a) == len(b) {
		return cmp.Compare(a, b)
	}
	return len(a) - len(b)
}
