package audit

import "slices"

// effect is something that a commit says on two streams, in the same words on both.
type effect struct {
	what  string
	order *orderBook
	sale  *saleBook
	goods *goodsBook
	line  *lineBook
	name  string // the number that is reserved, or the cause
	x, y  amount // or an instant
	flag  bool
}

// says notes an effect that another stream of the commit has to confirm.
func (a *Auditor) says(e effect) { a.mine = append(a.mine, e) }

// confirms notes an effect that another stream of the commit has to have brought about.
func (a *Auditor) confirms(e effect) { a.theirs = append(a.theirs, e) }

// matchEffects checks that what was said was confirmed, each once and nothing else (I31). A
// payment that credits nothing breaks I20, and a credit without a payment I26.
func (a *Auditor) matchEffects() {
	for _, e := range a.mine {
		i := slices.Index(a.theirs, e)
		if i < 0 {
			a.failf(e.breaks("I20"), "it says %s of %s, %d, %d, and the other stream does not", e.what, e.name, e.x, e.y)
			return
		}
		a.theirs = slices.Delete(a.theirs, i, i+1)
	}
	for _, e := range a.theirs {
		a.failf(e.breaks("I26"), "it says %s of %s, %d, %d, and the stream that it comes from does not", e.what, e.name, e.x, e.y)
	}
}

// breaks returns the invariant that is broken if the effect stands alone.
func (e *effect) breaks(credit string) string {
	if e.what == "a credit" {
		return credit
	}
	return "I31"
}

// freezing is a pay-later line that an overdue order has to freeze in the same commit (D53).
type freezing struct {
	line *lineBook
	sale *saleBook
}

func (f freezing) settle(a *Auditor) {
	if f.line != nil {
		a.failf("D53", "order %s is overdue and its line not frozen", f.sale.id)
	}
}
