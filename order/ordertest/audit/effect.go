package audit

import "slices"

// effect is a change that a commit records on two streams, with the same values on both.
type effect struct {
	what        string
	order       *orderBook
	payLater    *payLaterBook
	entrustment *entrustmentBook
	line        *lineBook
	name        string // the number that is reserved, or the cause
	x, y        amount // amounts, or instants in nanoseconds
	flag        bool
}

// states records an effect that another stream of the commit must confirm.
func (a *Auditor) states(e effect) { a.stated = append(a.stated, e) }

// confirms records an effect that another stream of the commit must have stated.
func (a *Auditor) confirms(e effect) { a.confirmed = append(a.confirmed, e) }

// matchEffects checks that each stated effect is confirmed once, and that each confirmed effect was
// stated (I31). A payment without a credit breaks I20, and a credit without a payment breaks I26.
func (a *Auditor) matchEffects() {
	for _, e := range a.stated {
		i := slices.Index(a.confirmed, e)
		if i < 0 {
			a.failf(e.invariant("I20"), "%s of %q, %d, %d is on one stream, and the counterpart stream does not confirm it", e.what, e.name, e.x, e.y)
			return
		}
		a.confirmed = slices.Delete(a.confirmed, i, i+1)
	}
	for _, e := range a.confirmed {
		a.failf(e.invariant("I26"), "%s of %q, %d, %d is on the counterpart stream, and no stream states it", e.what, e.name, e.x, e.y)
	}
}

// invariant returns the invariant that an effect on one stream only breaks. For a credit it is the
// argument.
func (e *effect) invariant(credit string) string {
	if e.what == "a credit" {
		return credit
	}
	return "I31"
}

// lineFreeze is a pay-later line that an overdue order must freeze in the same commit (D53).
type lineFreeze struct {
	line     *lineBook
	payLater *payLaterBook
}

func (f lineFreeze) check(a *Auditor) {
	if f.line != nil {
		a.failf("D53", "order %s is overdue and its line is not frozen", f.payLater.id)
	}
}
