package world

import (
	"context"
	"math"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
)

// Forgetter is a store that can drop records that are not read again, such as forgetful.Store.
type Forgetter interface {
	// Forget drops the records of a stream up to and including a version.
	Forget(ctx context.Context, stream events.StreamID, through events.Version) error
}

// forgetQueue lists what the store may forget once every follower has read it.
type forgetQueue struct {
	entries []forgettable
	done    int // how many of the entries are forgotten
}

// forgettable is a list of streams that the store may forget up to and including a version.
type forgettable struct {
	after   events.Position // the slow follower must have read up to here
	streams []events.StreamID
	through events.Version
}

func (f *forgetQueue) add(after events.Position, streams []events.StreamID) {
	f.entries = append(f.entries, forgettable{after, streams, math.MaxUint64})
}

// forgetPassed has the store forget the entries that every follower has read.
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

// forgetStreams queues the streams of an order once it has ended and no repeated message is on its way.
func (w *world) forgetStreams(l *liveOrder) {
	if l != nil && l.over && l.repeats == 0 {
		w.forgetQueue.add(w.follower.after, l.streams)
	}
}

// snapshotMark is the version of the snapshot that a permanent stream had a month ago, and the position that
// the follower had read then.
type snapshotMark struct {
	version events.Version
	after   events.Position
}

// forgetOld queues the records of the permanent streams of a merchant that lie before the snapshot of a
// month ago. A running process has read beyond it, and a new process begins at a later snapshot.
func (m *merchant) forgetOld(w *world) {
	store, ok := w.store.(events.Snapshots)
	if w.forgetter == nil || !ok || w.err != nil {
		return
	}
	for i, s := range m.permanentStreams(w) {
		n := &m.snapshots[i]
		if n.version > 1 {
			w.forgetQueue.entries = append(w.forgetQueue.entries, forgettable{n.after, []events.StreamID{s.stream}, n.version - 1})
		}
		kept, found, err := store.LatestSnapshot(w.ctx, s.stream, s.fold)
		if err != nil {
			w.fail(err)
			return
		}
		if found {
			*n = snapshotMark{kept.Version, w.follower.after}
		}
	}
	_, _ = m.readBalance(w)
	_ = w.read(func(d *desk.Desk) error {
		if _, _, err := d.ReadLine(w.ctx, platform, m.Account, w.people.usd); err != nil {
			return err
		}
		_, _, err := d.ReadQuota(w.ctx, platform, m.Account, w.people.cny)
		return err
	})
	w.start(1)
}

// permanentStream is a stream that never ends, and the fold of its snapshots.
type permanentStream struct {
	stream events.StreamID
	fold   string
}

func (m *merchant) permanentStreams(w *world) [3]permanentStream {
	line, err := credit.Stream(credit.Assurance, m.Account, w.people.usd)
	w.noError(err)
	quota, err := credit.Stream(credit.PayLater, m.Account, w.people.cny)
	w.noError(err)
	balance, err := funds.Stream(m.Account, w.people.cny)
	w.noError(err)
	return [3]permanentStream{
		{line, credit.Model(credit.Assurance).Fold}, {quota, credit.Model(credit.PayLater).Fold}, {balance, funds.Model().Fold},
	}
}
