package ordertest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
)

// Committed is an executed command with its instant and the records that it wrote.
type Committed struct {
	Command desk.Command
	At      time.Time
	Records []events.Record
}

// History is a whole accepted history: the commits of a log from its beginning, and the policies of its desk.
type History struct {
	Commits  []Committed
	Policy   *order.Policy
	PayLater *paylater.Policy
	options  []desk.Option
}

// Options returns the policies and sources of the desk that made the history. A desk with these options writes the
// same records for the same commands.
func (h History) Options() []desk.Option { return slices.Clone(h.options) }

// Records returns the records of all commits in the order of the log.
func (h History) Records() []events.Record {
	var list []events.Record
	for _, c := range h.Commits {
		list = append(list, c.Records...)
	}
	return list
}

// Streams returns the streams of the history in the order in which they begin.
func (h History) Streams() []events.StreamID { return streamsOf(h.Commits) }

func streamsOf(commits []Committed) (list []events.StreamID) {
	for _, c := range commits {
		for _, r := range c.Records {
			if r.Version == 1 {
				list = append(list, r.Stream)
			}
		}
	}
	return list
}

// Of returns the records of one stream.
func (h History) Of(stream events.StreamID) []events.Record {
	return slices.DeleteFunc(h.Records(), func(r events.Record) bool { return r.Stream != stream })
}

// String returns the history as text, one commit per line.
func (h History) String() string {
	var b strings.Builder
	for _, c := range h.Commits {
		types := make([]string, 0, len(c.Records))
		for _, r := range c.Records {
			types = append(types, r.Type)
		}
		fmt.Fprintf(&b, "%s  %s by %s: %s\n", c.At.Format(time.RFC3339Nano), c.Command.Do, who(c.Command.By), strings.Join(types, ", "))
	}
	return b.String()
}

// GoString returns String. Rapid prints values by GoString.
func (h History) GoString() string { return h.String() }

// Histories generates whole accepted histories of two sellers, two merchants and their buyers, as input for a
// service's own handlers. Each is a run of Play on a store in memory.
func Histories(opts ...PlayOption) *rapid.Generator[History] {
	return rapid.Custom(func(t *rapid.T) History {
		store := memory.New()
		t.Cleanup(func() { _ = store.Close() })
		g := play(t, store, opts)
		return History{Commits: g.past, Policy: g.rules.policy, PayLater: g.rules.terms, options: g.options}
	})
}
