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

// world is one run, with all its state.
type world struct {
	Config
	ctx          context.Context // of Run, which the world does not outlive
	store        events.Store
	forgetter    Forgetter // the store, or nil if it cannot forget
	rng          *rand.Rand
	faultRNG     *rand.Rand // draws the faults, so that the history does not depend on them
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

	liveOrders  map[events.StreamID]*liveOrder // the orders that are not finished, by each of their streams
	begun       int                            // orders
	ended       int
	lastIssued  issued         // the last command
	lastRefusal *trade.Refusal // why it was refused, or nil
	lastLink    lastLink       // the last one of all orders
	crashPoints int            // how many were passed
	dayStep     int            // how many days a Day of the report stands for
	noFaults    bool           // faults are switched off
	faultCounts map[string]int
	outcomes    map[[2]string]int
	refusals    map[rule.ID]int
	report      Report
	began       time.Time // by the wall clock
	err         error     // what has ended the run
}

// Run runs a world on an empty store, which stays the caller's to close, until the last of its
// orders has ended, and returns a report of it. An *Error says what the library or the store does wrong
// and how to repeat the run; the other errors are a *FieldError and the error of ctx.
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

// setUp opens the services of the sellers and schedules the recurring tasks.
func (w *world) setUp() {
	for _, s := range w.people.sellers {
		w.openServices(s)
	}
	w.agenda.put(w.now.Add(time.Hour), &arrivals{})
	w.agenda.put(w.now.Add(tickEvery), &ticks{})
	w.agenda.put(w.now.Add(day), &daily{})
}

// advance moves the clock forward to an instant; it never moves back.
func (w *world) advance(t time.Time) {
	if t.After(w.now) {
		w.now = t
	}
}

// running reports whether an order has not begun or not ended yet.
func (w *world) running() bool { return w.begun < w.Orders || w.ended < w.begun }

// fail ends the run with an error. Only the first error is kept.
func (w *world) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// noError fails the run if err is not nil.
func (w *world) noError(err error) {
	if err != nil {
		w.fail(err)
	}
}

// odds draws true that often of a thousand times.
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

// memoryHeld returns how many bytes of memory the operating system process holds.
func memoryHeld() uint64 {
	samples := [...]metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples[:])
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// arrivals is the task that begins the orders, at random intervals that fill the months.
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

// reportProgress measures the memory and calls Config.Progress.
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
