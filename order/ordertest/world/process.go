package world

import (
	"errors"
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// cacheStates is how many states a desk caches: enough for the open orders and their entrustments at the
// default number of orders in a month.
const cacheStates = 32_000

// process is one desk, with its caches, and its connection to the store.
type process struct {
	connection *connection
	desk       *desk.Desk
}

// start replaces a process by a new one, which knows only the log.
func (w *world) start(i int) {
	conn := &connection{Store: w.store, world: w}
	opts := []desk.Option{
		desk.WithClock(w.clock), desk.WithSources(desk.DemoSources()), desk.WithSources(w.people.sources()), desk.WithTimeout(0),
		desk.WithCache(cacheStates >> (2 * i)), desk.WithPayLater(payLaterPolicy()),
	}
	if !w.Config.Index {
		opts = append(opts, desk.WithDeadlines(&w.deadlines))
	}
	if w.snapshots != nil {
		opts = append(opts, desk.WithSnapshots(w.snapshots))
	}
	d, err := desk.New(conn, opts...)
	w.noError(err)
	w.processes[i] = process{connection: conn, desk: d}
}

// want is the outcome that a command must have.
type want uint8

const (
	may   want = iota // accepted or refused
	must              // accepted
	never             // refused
)

// issued is a command for an error text: who issued it and what it does.
type issued struct {
	by trade.Actor
	do desk.Action
}

func (a issued) String() string {
	return fmt.Sprintf("%s by %s %s", a.do, a.by.Role, a.by.Account)
}

// How many of a thousand commands get special treatment.
const (
	dryRunOdds = 15 // are dry-run first
	repeatOdds = 10 // are issued again with the same ID
)

// issue executes a command under a new ID, and reports whether it was accepted as it may be.
func (w *world) issue(by trade.Actor, do desk.Action, want want) bool {
	_, ok := w.execute(desk.Command{ID: w.newID(), By: by, Do: do}, want)
	return ok
}

// issueAll issues commands that must be accepted, and reports whether they were.
func (w *world) issueAll(by trade.Actor, list ...desk.Action) bool {
	for _, do := range list {
		if !w.issue(by, do, must) {
			return false
		}
	}
	return true
}

// execute executes a command, has the follower read the resulting events, and fails the run if the outcome
// is not the wanted one. It does nothing if the run has failed.
func (w *world) execute(c desk.Command, want want) (desk.Result, bool) {
	if w.err != nil {
		return desk.Result{}, false
	}
	w.report.Commands++
	w.lastIssued, w.lastRefusal = issued{c.By, c.Do}, nil
	tried, dry := w.odds(dryRunOdds), error(nil)
	if tried {
		tried, dry = w.dryRun(c)
	}
	r, err := w.untilKnown(c)
	if tried && !sameAnswer(dry, err) {
		w.fail(fmt.Errorf("the dry run returned %v, and the command %w", dry, asError(err)))
	}
	w.follow()
	ok := w.checkOutcome(want, err)
	if ok && r.Receipt.Position != 0 && w.odds(repeatOdds) {
		w.repeatCommand(c, r)
	}
	return r, ok && w.err == nil
}

// untilKnown executes a command until its outcome is known, as a caller must: after a crash it asks the
// process that has replaced the dead one.
func (w *world) untilKnown(c desk.Command) (desk.Result, error) {
	if w.drawFault(w.Faults.Elsewhere) {
		w.countFault(FaultElsewhere)
		return w.untilKnownAt(1, c)
	}
	return w.untilKnownAt(0, c)
}

// untilKnownAt is untilKnown at one of the processes.
func (w *world) untilKnownAt(i int, c desk.Command) (desk.Result, error) {
	for {
		r, err := w.processes[i].desk.Do(w.ctx, c)
		if !w.mustRetry(err) {
			return r, err
		}
	}
}

// mustRetry replaces the processes that have died, and reports whether the outcome is unknown, so that the
// caller must ask again.
func (w *world) mustRetry(err error) bool {
	if w.ctx.Err() != nil {
		return false // every retry would fail
	}
	died := false
	for i := range w.processes {
		if w.processes[i].connection.dead {
			w.start(i)
			died = true
		}
	}
	return died || errors.Is(err, events.ErrUnknownOutcome) || errors.Is(err, errBroken)
}

// dryRun dry-runs a command, and reports whether there was an answer.
func (w *world) dryRun(c desk.Command) (answered bool, err error) {
	err = w.processes[0].desk.Try(w.ctx, c)
	return !w.mustRetry(err), err
}

// read reads from the first process until it answers, and reports whether it did without an error.
func (w *world) read(from func(d *desk.Desk) error) bool {
	for w.err == nil {
		err := from(w.processes[0].desk)
		switch {
		case w.mustRetry(err):
		case err != nil:
			w.fail(err)
		default:
			return true
		}
	}
	return false
}

// sameAnswer reports whether a dry run and a command have the same outcome.
func sameAnswer(a, b error) bool {
	var x, y *trade.Refusal
	switch refused, refusedToo := errors.As(a, &x), errors.As(b, &y); {
	case refused != refusedToo:
		return false
	case refused:
		return x.Rule == y.Rule && x.Command == y.Command && x.Phase == y.Phase
	}
	return (a == nil) == (b == nil)
}

// asError returns the outcome of a command as an error.
func asError(err error) error {
	if err == nil {
		return errors.New("was accepted")
	}
	return err
}

// repeatCommand executes an accepted command again with the same ID. It must write nothing and return the
// same result.
func (w *world) repeatCommand(c desk.Command, first desk.Result) {
	before := w.report.Events
	r, err := w.untilKnown(c)
	w.follow()
	first.Receipt.Repeated, r.Receipt.Repeated = true, true
	switch {
	case err != nil:
		w.fail(fmt.Errorf("the repeated command: %w", err))
	case r.Receipt != first.Receipt || r.Version != first.Version || len(r.Events) != len(first.Events):
		w.fail(fmt.Errorf("the repeated command returned another result: %+v, first %+v", r.Receipt, first.Receipt))
	case w.report.Events != before:
		w.fail(errors.New("the repeated command has written events"))
	}
}

// checkOutcome counts an outcome and fails the run if it is not the wanted one. It reports whether the
// command was accepted as it may be.
func (w *world) checkOutcome(want want, err error) bool {
	if err != nil {
		w.countRefusal(want, err)
		return false
	}
	w.report.Accepted++
	if want == never {
		w.fail(errors.New("was accepted and must be refused"))
	}
	return want != never
}

// countRefusal counts a refusal, and fails the run if the command must be accepted or on any other error.
func (w *world) countRefusal(want want, err error) {
	var (
		no        *trade.Refusal
		early     *trade.EarlyError
		duplicate *events.DuplicateError
		invalid   *trade.InvalidError
		expected  *desk.ExpectError
	)
	switch {
	case errors.As(err, &no):
		w.refusals[no.Rule]++
		w.lastRefusal = no
	case errors.As(err, &early):
		w.refusals[rule.D62]++
	case errors.As(err, &duplicate):
		w.report.Duplicates++
	case errors.As(err, &invalid):
		w.report.Malformed++
	case errors.As(err, &expected):
		w.report.Outdated++
	default:
		w.fail(err)
		return
	}
	w.report.Refused++
	if want == must {
		w.fail(fmt.Errorf("was refused and must be accepted: %w", err))
	}
}

// inTwoTabs issues the same command twice under two IDs, as from two tabs of a browser: the second one at the
// other process, between the decision of the first and its commit. At most one of them may be accepted.
// It reports whether one was.
func (w *world) inTwoTabs(by trade.Actor, do desk.Action) bool {
	if w.err != nil {
		return false
	}
	first, second := desk.Command{ID: w.newID(), By: by, Do: do}, desk.Command{ID: w.newID(), By: by, Do: do}
	w.report.Commands += 2
	w.lastIssued = issued{by, do}
	meanwhileDone, won, lost := false, false, error(nil)
	meanwhile := func() {
		_, lost = w.untilKnownAt(1, second)
		meanwhileDone, won = true, lost == nil
	}
	var err error
	for again := true; again; again = w.mustRetry(err) {
		if !meanwhileDone { // the process died before the second command was issued
			w.processes[0].connection.meanwhile = meanwhile
		}
		_, err = w.processes[0].desk.Do(w.ctx, first)
	}
	w.processes[0].connection.meanwhile = nil
	w.follow()
	ok := w.checkOutcome(may, err)
	if meanwhileDone {
		w.checkOutcome(may, lost)
	}
	if ok && won {
		w.fail(errors.New("two commands were accepted, and only one may be"))
	}
	return (ok || won) && w.err == nil
}
