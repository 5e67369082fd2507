package world

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// liveOrder is an assurance order or a pay-later order that is going on, with its streams, its messages and
// the next step of its parties.
type liveOrder struct {
	id       trade.ID
	payLater bool              // a pay-later order
	streams  []events.StreamID // its own stream, and those of its entrustments and reservations
	buyer    trade.Actor
	seller   *merchant
	begun    time.Time

	// As the follower has read it:
	phase   uint8
	since   time.Time  // when it entered the phase
	moved   bool       // deadlines has it in its list of moved orders
	due     int64      // its deadline in nanoseconds since 1970, 0 if there is none
	yielded yieldedDue // the deadline that Due yielded last

	planned      uint64 // the number of its entry in the agenda; entries with other numbers are void
	rounds       int    // how many steps its parties have taken
	pending      int    // messages on their way, without the repeated ones
	repeats      int    // repeated messages on their way
	paymentCount int    // how many payments its buyer has made or tried
	afterEndDone bool   // what the parties do once after its end is done
	over         bool   // the world has finished it
}

// stream returns the stream of the order itself.
func (l *liveOrder) stream() events.StreamID { return l.streams[0] }

// cooperative reports whether the parties take only steps that lead to the end of the order. They do so
// after 25 steps, so that every order ends.
func (l *liveOrder) cooperative() bool { return l.rounds > 25 }

// schedule plans the next step of an order after a while, instead of the one that was planned before.
func (w *world) schedule(l *liveOrder, do task, d time.Duration) {
	l.planned = w.agenda.put(w.now.Add(d), do)
}

// until returns the duration until an instant, or a second if it has passed.
func (w *world) until(t time.Time) time.Duration { return max(t.Sub(w.now), time.Second) }

// begin makes an order known to the follower, with its first stream.
func (w *world) begin(l *liveOrder, stream events.StreamID) {
	l.begun, l.since = w.now, w.now
	w.addStream(l, stream)
}

// addStream notes that a stream belongs to an order.
func (w *world) addStream(l *liveOrder, stream events.StreamID) {
	l.streams = append(l.streams, stream)
	w.liveOrders[stream] = l
}

// finish ends an order: no further command is issued on it, but for messages that are repeated.
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

const (
	kindAssurance = "assurance"
	kindPayLater  = "pay-later"
)
