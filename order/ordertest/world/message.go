package world

import (
	"time"

	"github.com/tradesurety/surety/order/desk"
)

// message is a report of a bank, customs or an acquirer, which the platform or the system issues as a command.
// It arrives at least once, sometimes several times, and not always in order.
type message struct {
	order  *liveOrder // the order that it is about, or nil
	task   task       // what the order does after the first arrival, or nil
	c      desk.Command
	want   want
	then   func(ok bool) // if set, it is called after the first arrival
	copies int           // how often it is repeated
}

// send schedules a message that arrives after a while. Its command ID derives from the key, so that it is
// the same at each arrival.
func (w *world) send(m *message, key string, after time.Duration) {
	at := w.now.Add(after)
	m.c.ID = desk.CommandID(at, "webhook", key)
	if m.order != nil {
		m.order.pending++
	}
	if w.drawFault(w.Faults.Duplicate) {
		m.copies = 1 + int(w.faultRNG.Uint32N(3))
	}
	if w.drawFault(w.Faults.Late) {
		w.countFault(FaultLate)
		at = at.Add(time.Duration(1+w.faultRNG.Uint32N(72)) * time.Hour)
	}
	w.agenda.put(at, m)
}

func (m *message) run(w *world, _ uint64) {
	r, ok := w.execute(m.c, m.want)
	if m.order != nil {
		m.order.pending--
	}
	if m.then != nil {
		m.then(ok)
	}
	if m.copies > 0 && ok && r.Receipt.Position != 0 {
		(&repeat{message: m, first: r}).schedule(w)
	}
	if m.order != nil && m.task != nil && !m.order.over {
		w.schedule(m.order, m.task, time.Minute)
	}
}

// repeat is a message that arrives again.
type repeat struct {
	*message
	first desk.Result // the result of the first arrival
}

// schedule plans the next arrival.
func (r *repeat) schedule(w *world) {
	if r.order != nil {
		r.order.repeats++
	}
	w.agenda.put(w.now.Add(time.Duration(1+w.faultRNG.Uint32N(180))*time.Minute), r)
}

func (r *repeat) run(w *world, _ uint64) {
	if w.err != nil {
		return
	}
	w.countFault(FaultDuplicate)
	w.lastIssued = issued{r.c.By, r.c.Do}
	w.repeatCommand(r.c, r.first)
	if r.order != nil {
		r.order.repeats--
	}
	if r.copies--; r.copies > 0 {
		r.schedule(w)
		return
	}
	w.forgetStreams(r.order)
}
