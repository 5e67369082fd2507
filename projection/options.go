package projection

import (
	"time"

	"github.com/tradesurety/surety/events"
)

// Poison says what becomes of a view when a record cannot be folded.
type Poison uint8

const (
	// Stop ends the run with a *PoisonError. Everything before the record is in the view,
	// nothing after it is.
	Stop Poison = iota
	// Park sets the stream aside: its rows stay as they were before the record, which is
	// written down in the view, see Parked; all other streams go on. Retry takes it up again.
	Park
)

// MaxParked is how many streams of a view can be parked. A view that would park more stops: what
// is broken then is no single stream.
const MaxParked = 1000

// Progress says how far a worker has come.
type Progress struct {
	Name       string
	Version    int
	Checkpoint Checkpoint
	End        events.Position // where the log ended when it was last asked
	Records    uint64          // folded by this worker
	Parked     int             // streams that are parked
	Live       bool            // this version is the live one, as far as the worker knows
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

// OnProgress has f called after every commit and whenever the end of the log is reached, by the
// goroutine that runs the worker.
func OnProgress(f func(Progress)) Option { return func(w *Worker) { w.progress = f } }

// OnPoison says what becomes of a record that cannot be folded. The default is Stop.
func OnPoison(p Poison) Option { return func(w *Worker) { w.poison = p } }

// WithBatch sets how many records are committed together at most, in the place of DefaultBatch.
// Below 1 it has no effect.
func WithBatch(n int) Option {
	return func(w *Worker) {
		if n > 0 {
			w.batch = n
		}
	}
}

// WithSlices sets into how many slices the streams of a view that is ByStream are divided, each
// of which is folded in a goroutine of its own. The default is the number of processors. Below
// 1 it has no effect.
func WithSlices(n int) Option {
	return func(w *Worker) {
		if n > 0 {
			w.count = n
		}
	}
}

// PollEvery sets how often Follow asks the log for records of other processes, in the place of
// events.DefaultPoll. Below 1 it has no effect.
func PollEvery(d time.Duration) Option {
	return func(w *Worker) {
		if d > 0 {
			w.poll = d
		}
	}
}

// Standby leaves the live version as it is when the worker has caught up; TakeOver is then the
// caller's to call.
func Standby() Option { return func(w *Worker) { w.standby = true } }
