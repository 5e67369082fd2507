package world

import (
	"errors"
	"math"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// affair is an order of either kind that has not ended, with what its people keep in mind.
type affair struct {
	id      trade.ID
	sale    bool              // a pay-later order
	streams []events.StreamID // its own stream, and those of its entrustments and reservations
	buyer   trade.Actor
	seller  *merchant
	begun   time.Time

	// as the log has it
	phase  uint8
	since  time.Time // it entered the phase
	moved  bool      // deadlines has it among those to look at
	due    int64     // its deadline in nanoseconds since 1970, 0 if none runs
	served served    // the deadline that was told of last

	turn    uint64 // the number of the entry in the agenda that counts
	turns   int    // how often it has come up
	pending int    // messages on their way
	repeats int    // messages on their way that have come before
	wires   int    // counts its payments
	told    bool   // something that happens once has
	over    bool
}

// stream is the stream of the order.
func (a *affair) stream() events.StreamID { return a.streams[0] }

// calm reports whether the people of an affair have had enough and want it done.
func (a *affair) calm() bool { return a.turns > 25 }

// sleep lets the affair come up again after a while; what was planned for it before is off.
func (w *world) sleep(a *affair, do task, d time.Duration) {
	a.turn = w.agenda.put(w.now.Add(d), do)
}

// until is how long it is until an instant, and a moment if that has passed.
func (w *world) until(t time.Time) time.Duration { return max(t.Sub(w.now), time.Second) }

// begin makes an affair known to those who follow the log.
func (w *world) begin(a *affair, stream events.StreamID) {
	a.begun, a.since = w.now, w.now
	w.owns(a, stream)
}

// owns notes that a stream belongs to an affair.
func (w *world) owns(a *affair, stream events.StreamID) {
	a.streams = append(a.streams, stream)
	w.live[stream] = a
}

// finish is the end of an affair: nobody will ask for anything of it again.
func (w *world) finish(a *affair, end string) {
	if a.over {
		return
	}
	a.over = true
	w.ended++
	kind := kindAssurance
	if a.sale {
		kind = kindPayLater
	}
	w.ends[[2]string{kind, end}]++
	w.follower.phases[kindOf(a)][a.phase]--
	for _, stream := range a.streams {
		delete(w.live, stream)
		if w.follower.auditor != nil {
			w.follower.auditor.Forget(stream)
		}
	}
	w.letGo(a)
	if w.report.Until = w.now; w.ended%max(w.Orders/100, 1) == 0 {
		w.progress()
	}
}

// letGo lets the streams of an affair be forgotten once it is over and nobody repeats what it was
// told.
func (w *world) letGo(a *affair) {
	if a != nil && a.over && a.repeats == 0 {
		w.forgotten.add(w.follower.after, a.streams)
	}
}

const (
	kindAssurance = "assurance"
	kindPayLater  = "pay-later"
)

// message is what a bank, customs or an acquirer tells the platform: at least once, now and then
// several times, and not always in order. Then is called when it was taken for the first time.
type message struct {
	about *affair
	task  task
	c     desk.Command
	want  want
	then  func(ok bool)
	more  int // how often it comes again
}

// tell sends a message that arrives after a while. Its ID derives from what it is about, so that
// it is the same each time that it comes.
func (w *world) tell(m *message, key string, after time.Duration) {
	at := w.now.Add(after)
	m.c.ID = desk.CommandID(at, "webhook", key)
	if m.about != nil {
		m.about.pending++
	}
	if w.drawOf(w.Faults.Duplicate) {
		m.more = 1 + int(w.chance.Uint32N(3))
	}
	if w.drawOf(w.Faults.Late) {
		w.met(FaultLate)
		at = at.Add(time.Duration(1+w.chance.Uint32N(72)) * time.Hour)
	}
	w.agenda.put(at, m)
}

func (m *message) run(w *world, _ uint64) {
	r, ok := w.carry(m.c, m.want)
	if m.about != nil {
		m.about.pending--
	}
	if m.then != nil {
		m.then(ok)
	}
	if m.more > 0 && ok && r.Receipt.Position != 0 {
		(&repeat{message: m, first: r}).plan(w)
	}
	if m.about != nil && m.task != nil && !m.about.over {
		w.sleep(m.about, m.task, time.Minute)
	}
}

// repeat is a message that has come before.
type repeat struct {
	*message
	first desk.Result
}

// plan lets it come again.
func (r *repeat) plan(w *world) {
	if r.about != nil {
		r.about.repeats++
	}
	w.agenda.put(w.now.Add(time.Duration(1+w.chance.Uint32N(180))*time.Minute), r)
}

func (r *repeat) run(w *world, _ uint64) {
	if w.err != nil {
		return
	}
	w.met(FaultDuplicate)
	w.last = asked{r.c.By, r.c.Do}
	w.again(r.c, r.first)
	if r.about != nil {
		r.about.repeats--
	}
	if r.more--; r.more > 0 {
		r.plan(w)
		return
	}
	w.letGo(r.about)
}

// forgotten is what may be forgotten once every follower has passed it.
type forgotten struct {
	queue []forget
	done  int
}

type forget struct {
	after   events.Position // every record of the streams lies at or below it
	streams []events.StreamID
	through events.Version
}

func (f *forgotten) add(after events.Position, streams []events.StreamID) {
	f.queue = append(f.queue, forget{after, streams, math.MaxUint64})
}

// release lets the store forget what every follower has passed.
func (w *world) release() {
	f := &w.forgotten
	if w.forgetter == nil {
		f.queue = nil
		return
	}
	for f.done < len(f.queue) && f.queue[f.done].after <= w.slow.after {
		x := &f.queue[f.done]
		for _, stream := range x.streams {
			if err := w.forgetter.Forget(w.ctx, stream, x.through); err != nil {
				w.fail(err)
				return
			}
		}
		*x = forget{}
		f.done++
	}
	if f.done > len(f.queue)/2 {
		f.queue, f.done = append(f.queue[:0], f.queue[f.done:]...), 0
	}
}

var errMisfit = errors.New("the log has what nobody can have written")
