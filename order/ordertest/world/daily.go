package world

// daily is the task at the end of every day: the slow follower reads, ended orders are forgotten, and the
// figures of the day are appended to the report.
type daily struct{ count int }

func (t *daily) run(w *world, _ uint64) {
	w.catchUp()
	w.forgetPassed()
	t.keepDay(w)
	if w.running() {
		w.agenda.put(w.now.Add(day), t)
	}
}

// keepDay appends the figures of the day. When the list is full, it drops every second day, and from then
// on appends only every second day, then every fourth, and so on.
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
