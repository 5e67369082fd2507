package group

import (
	"errors"
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
)

// Group is what one transaction of a store takes: a snapshot alone, or the commits of any number
// of callers. It belongs to the function that runs it.
type Group struct {
	// Commits are those of the requests that were claimed, in order, and Answers their outcomes,
	// which the store fills in.
	Commits []events.Commit
	Answers []events.Outcome
	// Snapshot, if not nil, is all that the group takes.
	Snapshot *events.Snapshot

	writer   *Writer
	first    []*Request // not yet claimed
	requests []*Request // claimed
	size     admit.Size // of all of them
	callers  int        // those that are expected, from the group before
	pause    *pause     // nil if the group is a caller's own, which nobody joins
	begun    time.Time  // when the first requests were claimed, for an observer
}

// Gone returns the error of a context if the contexts of all callers that the group was begun for
// have ended. It is for a store that waits before it claims.
func (g *Group) Gone() (err error) {
	for _, r := range g.first {
		if err = r.ctx.Err(); err == nil {
			return nil
		}
	}
	return err
}

// Claim takes the requests that the group was begun for and reports whether there are any whose
// callers have not left. From here on, only the store decides the outcome: a caller whose context
// ends later does not know it.
func (g *Group) Claim() bool {
	if g.begun.IsZero() && g.writer.observes() {
		g.begun = time.Now()
	}
	g.claim(g.first)
	g.first = nil
	return len(g.requests) > 0
}

// Join claims those requests that have been queued since and fit into the group, and reports
// whether there are any. Once a group it waits a little for the callers of the group before it.
func (g *Group) Join() bool {
	if g.pause == nil {
		return false
	}
	before := len(g.requests)
	list := g.writer.take(g)
	if missing := g.callers - before; list == nil && missing > 0 {
		g.callers = 0
		g.writer.await(missing, g.pause)
		list = g.writer.take(g)
	}
	g.claim(list)
	return len(g.requests) > before
}

// Fail answers every request of the group with err.
func (g *Group) Fail(err error) {
	g.Claim()
	for _, r := range g.requests {
		r.err = err
	}
}

// claim adds those requests whose callers have not left.
func (g *Group) claim(list []*Request) {
	if len(list) > 0 {
		g.writer.mu.Lock() // for Runs
		defer g.writer.mu.Unlock()
	}
	for _, r := range list {
		if !r.claim() {
			continue
		}
		if g.requests = append(g.requests, r); len(g.requests) == 1 {
			// Most groups are a single request. The capacity is cut, so that others are not
			// appended behind it in the memory of its caller.
			g.Commits, g.Answers = slices.Clip(r.commits), slices.Clip(r.answers)
		} else {
			g.Commits = append(g.Commits, r.commits...)
			g.Answers = append(g.Answers, make([]events.Outcome, len(r.commits))...)
		}
		if r.snapshot != nil {
			g.Snapshot = r.snapshot
		}
	}
}

// deliver gives the requests their answers and wakes their callers.
func (g *Group) deliver() {
	answers := g.Answers
	for _, r := range g.requests {
		answers = answers[copy(r.answers, answers):]
		r.answer()
	}
}

// done returns what an observer is told of the group.
func (g *Group) done() events.GroupDone {
	d := events.GroupDone{Members: len(g.Commits), Took: time.Since(g.begun)}
	for _, r := range g.requests {
		d.Wait = max(d.Wait, g.begun.Sub(r.since))
		d.Bytes += r.size.Bytes
		if r.snapshot != nil {
			d.Snapshot, d.Err = true, r.err
		}
	}
	for i := range g.Commits {
		count(&d, &g.Commits[i], &g.Answers[i])
	}
	return d
}

// count adds the outcome of one commit.
func count(d *events.GroupDone, c *events.Commit, out *events.Outcome) {
	var conflict *events.ConflictError
	var duplicate *events.DuplicateError
	switch {
	case out.Err == nil && out.Receipt.Repeated:
		d.Repeated++
	case out.Err == nil && c.IsGuard():
		d.Guards++
	case out.Err == nil:
		d.Applied++
		d.Events += c.Events()
	case errors.Is(out.Err, events.ErrUnknownOutcome):
		d.Unknown++
	case errors.As(out.Err, &conflict):
		d.Conflicts++
	case errors.As(out.Err, &duplicate):
		d.Duplicates++
	default:
		d.Failed++
	}
}
