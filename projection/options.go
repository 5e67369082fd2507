package projection

import (
	"time"

	"github.com/tradesurety/surety/events"
)

// Poison says what a worker does with a record that cannot be folded.
type Poison uint8

const (
	// Stop ends the run with a *PoisonError. Everything before the record is in the view,
	// nothing after it is.
	Stop Poison = iota
	// Park sets the stream aside: its rows stay as they were before the record, the view
	// stores the record and the reason (see Parked), and all other streams continue. Retry
	// resumes the stream.
	Park
)

// MaxParked is how many streams of a view can be parked. A view that would park more stops: the
// fault is then not in single streams.
const MaxParked = 1000

// Progress is the state of a worker's run.
type Progress struct {
	Name       string
	Version    int
	Checkpoint Checkpoint
	End        events.Position // the end of the log when the worker last looked
	Records    uint64          // folded by this worker
	Parked     int             // streams that are parked
	Live       bool            // this version was the live one when the worker last looked
	Elapsed    time.Duration   // since the run began
	Rate       float64         // records a second of this run
}

// Lag returns how many positions the view is behind the log.
func (p Progress) Lag() uint64 {
	if p.Checkpoint.Position >= p.End {
		return 0
	}
	return uint64(p.End - p.Checkpoint.Position)
}

// The defaults of a worker.
const (
	DefaultBatch = 8192
	maxBatchData = 16 << 20 // bytes of data and meta, after which a batch ends early
)

// Option changes how a Worker works.
type Option func(*Worker)

// OnProgress calls f after every commit and whenever the end of the log is reached, in the
// goroutine that runs the worker.
func OnProgress(f func(Progress)) Option { return func(w *Worker) { w.progress = f } }

// OnPoison sets what the worker does with a record that cannot be folded. The default is Stop.
func OnPoison(p Poison) Option { return func(w *Worker) { w.poison = p } }

// WithBatch sets how many records are committed together at most, instead of DefaultBatch. A
// number below 1 has no effect.
func WithBatch(n int) Option {
	return func(w *Worker) {
		if n > 0 {
			w.batch = n
		}
	}
}

// WithSlices sets into how many slices the streams of a view that is ByStream are divided, each
// of which is folded in its own goroutine. The default is the number of processors. A number
// below 1 has no effect.
func WithSlices(n int) Option {
	return func(w *Worker) {
		if n > 0 {
			w.count = n
		}
	}
}

// PollEvery sets how often Follow looks for records of other processes, instead of
// events.DefaultPoll; a log that hears of all commits it asks no more often than events.HeardPoll.
// A duration below 1 has no effect.
func PollEvery(d time.Duration) Option {
	return func(w *Worker) {
		if d > 0 {
			w.poll = d
		}
	}
}

// WithRebuildOnFork lets the view start anew instead of refusing with a *LogError when the log is on
// another history than the one that the view was built from: all rows go, and the view is built from
// the beginning of the log that is there. From then on until it has caught up, readers of this version
// get a *ViewError that is ErrNotReady, and those of the live version one that is ErrNotPrepared, as
// before the first build; none reads a part of a view. A worker on Standby leaves it so, until TakeOver, as
// does one of a version that a higher one has replaced.
//
// Clearing is one step, safe beside other workers, and a build that was cut off is continued. A worker
// does it once, so that two workers on two histories do not clear each other's rows again and again: all
// workers of a view, and the desks whose records it shows, are to be on the same log. A store value of
// the log that lived through the rewind is dead; the worker then returns its error, and the one that
// works on the log as it was opened anew builds the view.
func WithRebuildOnFork() Option { return func(w *Worker) { w.rebuild = true } }

// Standby leaves the live version as it is when the worker has caught up; the caller calls
// TakeOver.
func Standby() Option { return func(w *Worker) { w.standby = true } }
