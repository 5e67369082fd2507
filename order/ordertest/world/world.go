package world

import (
	"context"
	"math/rand/v2"
	"runtime/metrics"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

const day = 24 * time.Hour

// Forgetter is a store that forgets records that nobody will read again, such as
// forgetful.Store.
type Forgetter interface {
	// Forget drops the records of a stream up to and including a version.
	Forget(ctx context.Context, stream events.StreamID, through events.Version) error
}

// world is one run.
type world struct {
	Config
	ctx          context.Context // of the run; a world does not outlive it
	store        events.Store
	forgetter    Forgetter // the store, if it is one
	rng          *rand.Rand
	faultRNG     *rand.Rand // of the faults, so that the history does not depend on them
	now          time.Time
	agenda       agenda
	people       people
	processes    [2]process
	snapshots    *events.Snapshotter
	deadlines    deadlines
	follower     follower
	slowFollower slowFollower
	forgetQueue  forgetQueue
	tally        tally

	liveOrders  map[events.StreamID]*liveOrder // of orders that have not ended, by their streams
	begun       int                            // orders
	ended       int
	lastIssued  issued         // what was asked for last
	lastRefusal *trade.Refusal // why it was refused
	lastLink    lastLink       // the entrustment that was linked last
	crashPoints int            // instants between two steps
	dayStep     int            // how many days a Day of the report stands for
	noFaults    bool           // no faults
	faultCounts map[string]int
	outcomes    map[[2]string]int
	refusals    map[rule.ID]int
	report      Report
	began       time.Time // by the wall clock
	err         error     // what has ended the run
}

// Run runs a world on an empty store, which stays the caller's to close, until the last of its
// orders has ended. It returns what came of it. An *Error says that the library, the store or
// the auditor has done what must not be, and how to see it again; other errors are that of ctx
// and a *FieldError.
func Run(ctx context.Context, store events.Store, c Config) (*Report, error) {
	c = c.filled()
	if err := c.check(); err != nil {
		return nil, err
	}
	w := newWorld(ctx, store, c)
	if w.snapshots != nil {
		defer w.snapshots.Close()
	}
	w.setUp()
	for w.err == nil {
		e, ok := w.agenda.next()
		if !ok {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w.advance(time.Unix(0, e.at).UTC())
		e.do.run(w, e.made)
	}
	w.checkBooks()
	if w.err != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, &Error{
			Seed: c.Seed, Step: w.report.Commands, At: w.now, Command: w.lastIssued.String(), Again: w.Again, Err: w.err,
		}
	}
	return &w.report, nil
}

func newWorld(ctx context.Context, store events.Store, c Config) *world {
	w := &world{
		Config: c, ctx: ctx, store: store, now: c.Start.UTC(), began: time.Now(),
		rng: rand.New(rand.NewPCG(c.Seed, 1)), faultRNG: rand.New(rand.NewPCG(c.Seed, 2)),
		liveOrders: make(map[events.StreamID]*liveOrder), faultCounts: make(map[string]int),
		outcomes: make(map[[2]string]int), refusals: make(map[rule.ID]int),
		report: Report{Seed: c.Seed, Began: c.Start.UTC()},
	}
	w.forgetter, _ = store.(Forgetter)
	if _, ok := store.(events.Snapshots); ok && w.forgetter != nil {
		w.snapshots = events.NewSnapshotter(64, nil)
	}
	w.people = newPeople(w)
	w.deadlines.world = w
	w.follower = newFollower(w)
	w.tally = newTally()
	for i := range w.processes {
		w.start(i)
	}
	return w
}

// setUp opens what the sellers need and puts on the agenda what recurs.
func (w *world) setUp() {
	for _, s := range w.people.sellers {
		w.openServices(s)
	}
	w.agenda.put(w.now.Add(time.Hour), &arrivals{})
	w.agenda.put(w.now.Add(tickEvery), &ticks{})
	w.agenda.put(w.now.Add(day), &daily{})
}

// advance moves the clock.
func (w *world) advance(t time.Time) {
	if t.After(w.now) {
		w.now = t
	}
}

// running reports whether there is an order to come or one that has not ended.
func (w *world) running() bool { return w.begun < w.Orders || w.ended < w.begun }

// fail ends the run; the first reason stays.
func (w *world) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// odds reports true that often of a thousand times.
func (w *world) odds(perMille uint32) bool { return w.rng.Uint32N(1000) < perMille }

// between draws a duration from lo to hi, to the millisecond.
func (w *world) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rng.Int64N(int64((hi-lo)/time.Millisecond)+1))*time.Millisecond
}

// newID draws a UUID of version 7 for the instant of the virtual clock.
func (w *world) newID() uuid.UUID {
	var id uuid.UUID
	ms, a, b := uint64(w.now.UnixMilli()), w.rng.Uint64(), w.rng.Uint64()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	for i := range 8 {
		id[6+i] = byte(a >> (8 * i))
	}
	id[14], id[15] = byte(b), byte(b>>8)
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// memoryHeld returns how much memory the process holds.
func memoryHeld() uint64 {
	samples := [...]metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples[:])
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// arrivals begins orders, at random intervals that fill the months.
type arrivals struct{}

func (a *arrivals) run(w *world, _ uint64) {
	if int(w.rng.Uint32N(100)) < w.PayLater {
		beginPayLater(w)
	} else {
		beginAssurance(w)
	}
	w.begun++
	if w.begun%max(w.Orders/100, 1) == 0 {
		w.reportProgress()
	}
	if w.begun < w.Orders {
		mean := time.Duration(w.Months) * 30 * day / time.Duration(w.Orders)
		w.agenda.put(w.now.Add(w.between(0, 2*mean)), a)
	}
}

// reportProgress tells how far the run is.
func (w *world) reportProgress() {
	bytes := memoryHeld()
	w.report.PeakBytes = max(w.report.PeakBytes, bytes)
	if w.Progress == nil {
		return
	}
	w.Progress(Progress{
		Begun: w.begun, Ended: w.ended, Now: w.now, Commands: w.report.Commands, Events: w.report.Events,
		Wall: time.Since(w.began), Bytes: bytes,
	})
}
