package audit

// bookReservation checks that a number is reserved only once (I6, D43).
func (a *Auditor) bookReservation(category string) {
	r := a.record
	number, _ := r.Stream.Key()
	set, owner := a.accounts, a.text("owner")
	e := effect{what: "an account", name: number}
	breaks := "I6"
	if category == "declaration" {
		set, breaks = a.numbers, "D43"
		e.what, e.entrustment = "a declaration number", a.entrustments[string(owner)]
	} else {
		e.order = a.orders[string(owner)]
	}
	if a.has(set, number) || r.Version != 1 {
		a.failf(breaks, "%s is reserved a second time, for %s", number, owner)
	}
	a.insert(set, number)
	a.confirms(e)
}
