package world

import (
	"errors"
	"math"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// liveOrder is an order of either kind that has not ended, with what its people keep in mind.
type liveOrder struct {
	id       trade.ID
	payLater bool              // a pay-later order
	streams  []events.StreamID // its own stream, and those of its entrustments and reservations
	buyer    trade.Actor
	seller   *merchant
	begun    time.Time

	// as the log has it
	phase   uint8
	since   time.Time  // it entered the phase
	moved   bool       // deadlines has it among those to look at
	due     int64      // its deadline in nanoseconds since 1970, 0 if none runs
	yielded yieldedDue // the deadline that was told of last

	planned      uint64 // the number of the entry in the agenda that counts
	rounds       int    // how often it has come up
	pending      int    // messages on their way
	repeats      int    // messages on their way that have come before
	paymentCount int    // counts its payments
	afterEndDone bool   // something that happens once has
	over         bool
}

// stream is the stream of the order.
func (l *liveOrder) stream() events.StreamID { return l.streams[0] }

// cooperative reports whether the people of an affair have had enough and want it done.
func (l *liveOrder) cooperative() bool { return l.rounds > 25 }

// schedule lets the affair come up again after a while; what was planned for it before is off.
func (w *world) schedule(l *liveOrder, do task, d time.Duration) {
	l.planned = w.agenda.put(w.now.Add(d), do)
}

// until is how long it is until an instant, and a moment if that has passed.
func (w *world) until(t time.Time) time.Duration { return max(t.Sub(w.now), time.Second) }

// begin makes an affair known to those who follow the log.
func (w *world) begin(l *liveOrder, stream events.StreamID) {
	l.begun, l.since = w.now, w.now
	w.addStream(l, stream)
}

// addStream notes that a stream belongs to an affair.
func (w *world) addStream(l *liveOrder, stream events.StreamID) {
	l.streams = append(l.streams, stream)
	w.liveOrders[stream] = l
}

// finish is the end of an affair: nobody will ask for anything of it again.
func (w *world) finish(l *liveOrder, end string) {
	if l.over {
		return
	}
	l.over = true
	w.ended++
	kind := kindAssurance
	if l.payLater {
		kind = kindPayLater
	}
	w.outcomes[[2]string{kind, end}]++
	w.follower.phases[kindIndex(l)][l.phase]--
	for _, stream := range l.streams {
		delete(w.liveOrders, stream)
		if w.follower.auditor != nil {
			w.follower.auditor.Forget(stream)
		}
	}
	w.forgetStreams(l)
	if w.report.Until = w.now; w.ended%max(w.Orders/100, 1) == 0 {
		w.reportProgress()
	}
}

// forgetStreams lets the streams of an affair be forgotten once it is over and nobody repeats what it was
// told.
func (w *world) forgetStreams(l *liveOrder) {
	if l != nil && l.over && l.repeats == 0 {
		w.forgetQueue.add(w.follower.after, l.streams)
	}
}

const (
	kindAssurance = "assurance"
	kindPayLater  = "pay-later"
)

// message is what a bank, customs or an acquirer tells the platform: at least once, now and then
// several times, and not always in order. Then is called when it was taken for the first time.
type message struct {
	order  *liveOrder
	task   task
	c      desk.Command
	want   want
	then   func(ok bool)
	copies int // how often it comes again
}

// send sends a message that arrives after a while. Its ID derives from what it is about, so that
// it is the same each time that it comes.
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

// repeat is a message that has come before.
type repeat struct {
	*message
	first desk.Result
}

// schedule lets it come again.
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

// forgetQueue is what may be forgotten once every follower has passed it.
type forgetQueue struct {
	entries []forgettable
	done    int
}

type forgettable struct {
	after   events.Position // every record of the streams lies at or below it
	streams []events.StreamID
	through events.Version
}

func (f *forgetQueue) add(after events.Position, streams []events.StreamID) {
	f.entries = append(f.entries, forgettable{after, streams, math.MaxUint64})
}

// forgetPassed lets the store forget what every follower has passed.
func (w *world) forgetPassed() {
	f := &w.forgetQueue
	if w.forgetter == nil {
		f.entries = nil
		return
	}
	for f.done < len(f.entries) && f.entries[f.done].after <= w.slowFollower.after {
		x := &f.entries[f.done]
		for _, stream := range x.streams {
			if err := w.forgetter.Forget(w.ctx, stream, x.through); err != nil {
				w.fail(err)
				return
			}
		}
		*x = forgettable{}
		f.done++
	}
	if f.done > len(f.entries)/2 {
		f.entries, f.done = append(f.entries[:0], f.entries[f.done:]...), 0
	}
}

var errImpossibleEvent = errors.New("the log has what nobody can have written")
