package ordertest

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// do executes a command and checks the answer: its type; that a dry run before it gave the same answer; that a dry run
// after it recognises the command; that an error wrote nothing; and that a result is one commit of the events that it
// names (I29).
func (g *game) do(c desk.Command) error {
	g.rt.Helper()
	dry := g.Desk.Try(g.t.Context(), c)
	if wrote := g.written("the dry run of " + c.Do.String()); len(wrote) > 0 {
		g.rt.Fatalf("I29: the dry run of %s wrote %s to %s", c.Do, wrote[0].Type, wrote[0].Stream)
	}
	r, err := g.Desk.Do(g.t.Context(), c)
	wrote := g.written(c.Do.String())
	if !reflect.DeepEqual(dry, err) {
		g.rt.Fatalf("%s by %s: Try returned %v, Do returned %v", c.Do, who(c.By), dry, err)
	}
	g.rt.Logf("%s  %s by %s: %d events, %v", g.Clock.Now().Format(time.RFC3339Nano), c.Do, who(c.By), len(r.Events), err)
	if err != nil {
		if len(wrote) > 0 {
			g.rt.Fatalf("I29: %s was not accepted (%v) but wrote %s to %s", c.Do, err, wrote[0].Type, wrote[0].Stream)
		}
		g.refused(c, err)
		return err
	}
	g.tally.Accepted++
	if len(wrote) != len(r.Events) {
		g.rt.Fatalf("%s: %d events, and %d records in the log", c.Do, len(r.Events), len(wrote))
	}
	for i, x := range wrote {
		if f := r.Events[i]; x.Commit != c.ID || x.Stream != f.Stream || x.Version != f.Version || !x.At.Equal(f.At) {
			g.rt.Fatalf("%s: event %d is %+v, and in the log %s %d of %s", c.Do, i, f, x.Stream, x.Version, x.Commit)
		}
	}
	if again := g.Desk.Try(g.t.Context(), c); again != nil {
		g.rt.Fatalf("I29: %s was accepted, but a dry run of the same command returned %v", c.Do, again)
	}
	if len(wrote) > 0 {
		g.last, g.result = c, r
		g.commit(c, wrote)
	}
	return nil
}

// commit notes what a command wrote, and checks the desk's states of the streams.
func (g *game) commit(c desk.Command, wrote []events.Record) {
	g.rt.Helper()
	if len(wrote) == 0 {
		return
	}
	g.past = append(g.past, Committed{Command: c, At: g.Clock.Now(), Records: wrote})
	for i, r := range wrote {
		if !slices.ContainsFunc(wrote[:i], func(o events.Record) bool { return o.Stream == r.Stream }) {
			g.agrees(r.Stream, g.look(g.Desk, r.Stream))
		}
	}
}

// refused counts an error, which must be of a type that the desk promises.
func (g *game) refused(c desk.Command, err error) {
	g.rt.Helper()
	g.promised(c, err)
	if fault := faultOf(err); fault != "" {
		g.rt.Fatalf("%s: %s: %v", c.Do, fault, err)
	}
	var (
		no    *trade.Refusal
		early *trade.EarlyError
	)
	switch {
	case errors.As(err, &early):
		g.tally.Refused[rule.D62]++
		return
	case !errors.As(err, &no):
		g.tally.Malformed++
		return
	}
	g.tally.Refused[no.Rule]++
}

// promised checks that the desk promises an error of that type.
func (g *game) promised(c desk.Command, err error) {
	g.rt.Helper()
	var (
		no        *trade.Refusal
		early     *trade.EarlyError
		bad       *trade.InvalidError
		long      *events.BoundsError
		old       *desk.ExpectError
		duplicate *events.DuplicateError
	)
	if errors.As(err, &no) || errors.As(err, &early) || errors.As(err, &bad) && bad.Field != "" && bad.Reason != "" ||
		errors.As(err, &long) || errors.As(err, &old) || errors.As(err, &duplicate) {
		return
	}
	g.rt.Fatalf("%s: an error of type %T, which a desk does not promise: %v", c.Do, err, err)
}

// written returns the records since its last call, and has the auditor check them commit by commit.
func (g *game) written(by string) []events.Record {
	g.rt.Helper()
	list, err := recordsAfter(g.t.Context(), g.Store, g.after)
	if err != nil {
		g.rt.Fatalf("reading the log: %v", err)
	}
	for _, r := range list {
		g.after = r.Position
		g.tally.Events[r.Type]++
	}
	for _, commit := range commits(list) {
		if g.rules.check == nil {
			break
		}
		if err := g.rules.check(commit); err != nil {
			g.rt.Fatalf("after %s at %s: %v", by, g.Clock.Now().Format(time.RFC3339Nano), err)
		}
	}
	return list
}

// commits groups records by commit, in the order of the first record of each.
func commits(list []events.Record) [][]events.Record {
	var groups [][]events.Record
	at := make(map[uuid.UUID]int)
	for _, r := range list {
		i, ok := at[r.Commit]
		if !ok {
			i = len(groups)
			at[r.Commit] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// close ends a game: it verifies the log, and compares the states of the desk with those of a desk without a cache
// (I28).
func (g *game) close() {
	g.rt.Helper()
	_, err := events.Verify(g.t.Context(), g.Store, func(r events.Record) error {
		_, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		return err
	})
	if err != nil {
		g.rt.Fatalf("the log: %v", err)
	}
	cold := DeskOn(g.t, g.Store, append(slices.Clone(g.rules.desk), desk.WithCache(0))...).Desk
	for _, stream := range streamsOf(g.past) {
		warm, cold := g.look(g.Desk, stream), g.look(cold, stream)
		if !reflect.DeepEqual(plain(warm), plain(cold)) {
			g.rt.Fatalf("I28: the desk returns for %s\n%+v\na desk without a cache returns\n%+v", stream, warm, cold)
		}
		g.agrees(stream, warm)
	}
}

// agrees compares a state that a desk returned with the auditor's figures of the stream.
func (g *game) agrees(stream events.StreamID, shown any) {
	g.rt.Helper()
	if g.books == nil || shown == nil {
		return
	}
	if fault := AuditFigures(shown).Against(g.books.Figures(stream)); fault != "" {
		g.rt.Fatalf("I28: what the desk shows of %s is not what its events say: %s", stream, fault)
	}
}

// look returns the state of a stream as a desk returns it, or nil if a desk has no read for the stream.
func (g *game) look(d *desk.Desk, stream events.StreamID) any {
	g.rt.Helper()
	state, err := read(g.t.Context(), d, stream)
	if err != nil {
		g.rt.Fatalf("reading %s: %v", stream, err)
	}
	return state
}
