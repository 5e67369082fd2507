package world

import (
	"errors"
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// cacheStates is how many states a desk keeps: those of the orders that are open, and their
// entrustments, at the usual number of orders in a month.
const cacheStates = 32_000

// process is one desk with what it has in memory, and its connection.
type process struct {
	connection *connection
	desk       *desk.Desk
}

// start starts a process anew: all it knows is in the log.
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

// want is what a command has to come to.
type want uint8

const (
	may   want = iota // accepted or refused
	must              // accepted
	never             // refused
)

// issued is a command as it is told.
type issued struct {
	by trade.Actor
	do desk.Action
}

func (a issued) String() string {
	return fmt.Sprintf("%s by %s %s", a.do, a.by.Role, a.by.Account)
}

// The odds, of a thousand commands.
const (
	dryRunOdds = 15 // that somebody asks for a dry run first
	repeatOdds = 10 // that somebody clicks twice
)

// issue has a command carried out under a new ID, and reports whether it was accepted.
func (w *world) issue(by trade.Actor, do desk.Action, want want) bool {
	_, ok := w.execute(desk.Command{ID: w.newID(), By: by, Do: do}, want)
	return ok
}

// issueAll asks for commands that have to be accepted.
func (w *world) issueAll(by trade.Actor, list ...desk.Action) bool {
	for _, do := range list {
		if !w.issue(by, do, must) {
			return false
		}
	}
	return true
}

// execute has a command carried out. Once the run has failed it does nothing.
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
		w.fail(fmt.Errorf("the dry run said %v, and the command %w", dry, asError(err)))
	}
	w.follow()
	ok := w.checkOutcome(want, err)
	if ok && r.Receipt.Position != 0 && w.odds(repeatOdds) {
		w.repeatCommand(c, r)
	}
	return r, ok && w.err == nil
}

// untilKnown asks a desk until the outcome is known, as everybody does who has to know it: after a
// crash the process that has taken its place.
func (w *world) untilKnown(c desk.Command) (desk.Result, error) {
	if w.drawFault(w.Faults.Elsewhere) {
		w.countFault(FaultElsewhere)
		return w.untilKnownAt(1, c)
	}
	return w.untilKnownAt(0, c)
}

// untilKnownAt does so at one of the processes.
func (w *world) untilKnownAt(i int, c desk.Command) (desk.Result, error) {
	for {
		r, err := w.processes[i].desk.Do(w.ctx, c)
		if !w.mustRetry(err) {
			return r, err
		}
	}
}

// mustRetry reports whether an answer leaves the outcome open, after it has started again the
// processes that have died.
func (w *world) mustRetry(err error) bool {
	if w.ctx.Err() != nil {
		return false // nobody would answer
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

// dryRun asks for a dry run, and reports whether there was an answer.
func (w *world) dryRun(c desk.Command) (answered bool, err error) {
	err = w.processes[0].desk.Try(w.ctx, c)
	return !w.mustRetry(err), err
}

// sameAnswer reports whether two answers say the same.
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

// asError is an answer as an error.
func asError(err error) error {
	if err == nil {
		return errors.New("was accepted")
	}
	return err
}

// repeatCommand repeats a command that was carried out, with the same ID: nothing must come of it, and
// the answer must be the same.
func (w *world) repeatCommand(c desk.Command, first desk.Result) {
	events := w.report.Events
	r, err := w.untilKnown(c)
	w.follow()
	first.Receipt.Repeated, r.Receipt.Repeated = true, true
	switch {
	case err != nil:
		w.fail(fmt.Errorf("the same command again: %w", err))
	case r.Receipt != first.Receipt || r.Version != first.Version || len(r.Events) != len(first.Events):
		w.fail(fmt.Errorf("the same command again gives another result: %+v, first %+v", r.Receipt, first.Receipt))
	case w.report.Events != events:
		w.fail(errors.New("the same command again has written something"))
	}
}

// checkOutcome counts an answer and ends the run if it must not be. It reports whether the command was
// accepted, and might be.
func (w *world) checkOutcome(want want, err error) bool {
	if err != nil {
		w.countRefusal(want, err)
		return false
	}
	w.report.Accepted++
	if want == never {
		w.fail(errors.New("was accepted and has to be refused"))
	}
	return want != never
}

// countRefusal counts a refusal and ends the run with any other error.
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
		w.fail(fmt.Errorf("was refused and has to be accepted: %w", err))
	}
}

// inTwoTabs has the same command asked for twice under two IDs, the second one by way of the
// other process between the moment at which the first is decided and that of its commit.
// Exactly one of them may be accepted.
func (w *world) inTwoTabs(by trade.Actor, do desk.Action) bool {
	if w.err != nil {
		return false
	}
	first, second := desk.Command{ID: w.newID(), By: by, Do: do}, desk.Command{ID: w.newID(), By: by, Do: do}
	w.report.Commands += 2
	w.lastIssued = issued{by, do}
	asked, won, lost := false, false, error(nil)
	meanwhile := func() {
		_, lost = w.untilKnownAt(1, second)
		asked, won = true, lost == nil
	}
	var err error
	for again := true; again; again = w.mustRetry(err) {
		if !asked { // a process that has died before has asked for nothing
			w.processes[0].connection.meanwhile = meanwhile
		}
		_, err = w.processes[0].desk.Do(w.ctx, first)
	}
	w.processes[0].connection.meanwhile = nil
	w.follow()
	ok := w.checkOutcome(may, err)
	if asked {
		w.checkOutcome(may, lost)
	}
	if ok && won {
		w.fail(errors.New("the same thing was done twice"))
	}
	return (ok || won) && w.err == nil
}

// ticks lets the system do what is due.
type ticks struct{}

func (t *ticks) run(w *world, _ uint64) {
	w.tick(0)
	if w.odds(20) && !w.Config.Index {
		w.idleTick()
	}
	if w.running() {
		w.agenda.put(w.now.Add(tickEvery), t)
	}
}

// tick runs Desk.Tick until it has come to its end.
func (w *world) tick(i int) {
	for w.err == nil {
		w.lastIssued = issued{by: trade.Actor{Role: trade.System}}
		done, err := w.processes[i].desk.Tick(w.ctx, w.now)
		w.follow()
		for _, x := range done {
			w.report.Commands++
			w.lastIssued = issued{trade.Actor{Role: trade.System}, x.Do}
			w.checkOutcome(may, x.Err)
		}
		if w.mustRetry(err) {
			continue
		}
		if err != nil {
			w.fail(err)
		}
		return
	}
}

// idleTick has another process do the same once more: nothing must come of it.
func (w *world) idleTick() {
	before := w.report.Events
	w.tick(1)
	if w.report.Events != before {
		w.fail(errors.New("a second tick at the same instant has done something"))
	}
}
