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
	link *link
	desk *desk.Desk
}

// start starts a process anew: all it knows is in the log.
func (w *world) start(i int) {
	l := &link{Store: w.store, world: w}
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
	d, err := desk.New(l, opts...)
	w.noError(err)
	w.processes[i] = process{link: l, desk: d}
}

// want is what a command has to come to.
type want uint8

const (
	may   want = iota // accepted or refused
	must              // accepted
	never             // refused
)

// asked is a command as it is told.
type asked struct {
	by trade.Actor
	do desk.Action
}

func (a asked) String() string {
	return fmt.Sprintf("%s by %s %s", a.do, a.by.Role, a.by.Account)
}

// The odds, of a thousand commands.
const (
	tryOdds   = 15 // that somebody asks for a dry run first
	clickOdds = 10 // that somebody clicks twice
)

// ask has a command carried out under a new ID, and reports whether it was accepted.
func (w *world) ask(by trade.Actor, do desk.Action, want want) bool {
	_, ok := w.carry(desk.Command{ID: w.newID(), By: by, Do: do}, want)
	return ok
}

// all asks for commands that have to be accepted.
func (w *world) all(by trade.Actor, list ...desk.Action) bool {
	for _, do := range list {
		if !w.ask(by, do, must) {
			return false
		}
	}
	return true
}

// carry has a command carried out. Once the run has failed it does nothing.
func (w *world) carry(c desk.Command, want want) (desk.Result, bool) {
	if w.err != nil {
		return desk.Result{}, false
	}
	w.report.Commands++
	w.last, w.no = asked{c.By, c.Do}, nil
	tried, dry := w.odds(tryOdds), error(nil)
	if tried {
		tried, dry = w.try(c)
	}
	r, err := w.insist(c)
	if tried && !alike(dry, err) {
		w.fail(fmt.Errorf("the dry run said %v, and the command %w", dry, said(err)))
	}
	w.follow()
	ok := w.judge(want, err)
	if ok && r.Receipt.Position != 0 && w.odds(clickOdds) {
		w.again(c, r)
	}
	return r, ok && w.err == nil
}

// insist asks a desk until the outcome is known, as everybody does who has to know it: after a
// crash the process that has taken its place.
func (w *world) insist(c desk.Command) (desk.Result, error) {
	if w.drawOf(w.Faults.Elsewhere) {
		w.met(FaultElsewhere)
		return w.insistAt(1, c)
	}
	return w.insistAt(0, c)
}

// insistAt does so at one of the processes.
func (w *world) insistAt(i int, c desk.Command) (desk.Result, error) {
	for {
		r, err := w.processes[i].desk.Do(w.ctx, c)
		if !w.recover(err) {
			return r, err
		}
	}
}

// recover reports whether an answer leaves the outcome open, after it has started again the
// processes that have died.
func (w *world) recover(err error) bool {
	if w.ctx.Err() != nil {
		return false // nobody would answer
	}
	died := false
	for i := range w.processes {
		if w.processes[i].link.dead {
			w.start(i)
			died = true
		}
	}
	return died || errors.Is(err, events.ErrUnknownOutcome) || errors.Is(err, errBroken)
}

// try asks for a dry run, and reports whether there was an answer.
func (w *world) try(c desk.Command) (answered bool, err error) {
	err = w.processes[0].desk.Try(w.ctx, c)
	return !w.recover(err), err
}

// alike reports whether two answers say the same.
func alike(a, b error) bool {
	var x, y *trade.Refusal
	switch refused, refusedToo := errors.As(a, &x), errors.As(b, &y); {
	case refused != refusedToo:
		return false
	case refused:
		return x.Rule == y.Rule && x.Command == y.Command && x.Phase == y.Phase
	}
	return (a == nil) == (b == nil)
}

// said is an answer as an error.
func said(err error) error {
	if err == nil {
		return errors.New("was accepted")
	}
	return err
}

// again repeats a command that was carried out, with the same ID: nothing must come of it, and
// the answer must be the same.
func (w *world) again(c desk.Command, first desk.Result) {
	events := w.report.Events
	r, err := w.insist(c)
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

// judge counts an answer and ends the run if it must not be. It reports whether the command was
// accepted, and might be.
func (w *world) judge(want want, err error) bool {
	if err != nil {
		w.refuse(want, err)
		return false
	}
	w.report.Accepted++
	if want == never {
		w.fail(errors.New("was accepted and has to be refused"))
	}
	return want != never
}

// refuse counts a refusal and ends the run with any other error.
func (w *world) refuse(want want, err error) {
	var (
		no        *trade.Refusal
		early     *trade.EarlyError
		duplicate *events.DuplicateError
		invalid   *trade.InvalidError
		expected  *desk.ExpectError
	)
	switch {
	case errors.As(err, &no):
		w.refused[no.Rule]++
		w.no = no
	case errors.As(err, &early):
		w.refused[rule.D62]++
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
	w.last = asked{by, do}
	asked, won, lost := false, false, error(nil)
	meanwhile := func() {
		_, lost = w.insistAt(1, second)
		asked, won = true, lost == nil
	}
	var err error
	for again := true; again; again = w.recover(err) {
		if !asked { // a process that has died before has asked for nothing
			w.processes[0].link.meanwhile = meanwhile
		}
		_, err = w.processes[0].desk.Do(w.ctx, first)
	}
	w.processes[0].link.meanwhile = nil
	w.follow()
	ok := w.judge(may, err)
	if asked {
		w.judge(may, lost)
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
		w.last = asked{by: trade.Actor{Role: trade.System}}
		done, err := w.processes[i].desk.Tick(w.ctx, w.now)
		w.follow()
		for _, x := range done {
			w.report.Commands++
			w.last = asked{trade.Actor{Role: trade.System}, x.Do}
			w.judge(may, x.Err)
		}
		if w.recover(err) {
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
