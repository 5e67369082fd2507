package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// Word is what a writer says of a commit.
type Word string

// The words of a writer.
const (
	Asked        Word = "asked"        // the writer is about to call Append
	Acknowledged Word = "acknowledged" // Append has returned a receipt

	settled Word = "settled" // an audit has asked again, and it went in
)

// Print prints a word and the ID of a commit as a line that Auditor.Listen reads, with the instant.
func Print(w Word, id uuid.UUID) { fmt.Fprintln(os.Stdout, string(w), id, clock()) }

// writtenStreams is the number of streams that all writers of a log share.
const writtenStreams = 5

func writtenStream(n int) events.StreamID { return events.StreamID("order-" + strconv.Itoa(n)) }

// command returns the commit of an ID. The ID is enough to ask again.
func command(id uuid.UUID, batches ...events.Batch) events.Commit {
	return events.Commit{ID: id, Digest: asked(id.String()), Batches: batches}
}

// written returns n events of a commit of total events. Each event carries the total.
func written(stream int, after events.Version, n, total int) events.Batch {
	b := events.Batch{Stream: writtenStream(stream), After: after}
	for range n {
		b.Events = append(b.Events, newEvent(strconv.Itoa(total)))
	}
	return b
}

// Write appends commits that an Auditor can check, until ctx ends; that interrupts no commit.
// Each commit has two to four events in two of five streams that all writers of the log share,
// and is tried again under its ID after a conflict. Write calls say before and after each
// commit. It returns the first error that is not a conflict.
func Write(ctx context.Context, s events.Store, say func(Word, uuid.UUID)) error {
	var heads [writtenStreams]events.Version
	for ctx.Err() == nil {
		id := uuid.Must(uuid.NewV7())
		a, size := rand.IntN(writtenStreams), 1+rand.IntN(3)
		b := (a + 1 + rand.IntN(writtenStreams-1)) % writtenStreams
		say(Asked, id)
		for {
			c := command(id, written(a, heads[a], size, size+1), written(b, heads[b], 1, size+1))
			_, err := s.Append(context.WithoutCancel(ctx), c)
			if err == nil {
				break
			}
			conflict, ok := errors.AsType[*events.ConflictError](err)
			switch {
			case !ok:
				return err
			case conflict.Stream == writtenStream(a):
				heads[a] = conflict.Head
			default:
				heads[b] = conflict.Head
			}
		}
		heads[a] += events.Version(size)
		heads[b]++
		say(Acknowledged, id)
	}
	return nil
}

// Auditor compares what writers say with what their log holds. It remembers what it has read,
// so that every audit reads only what is new. An Auditor is for one log, from its beginning,
// on which only Write and the auditor append.
type Auditor struct {
	read *order
	mu   sync.Mutex
	said map[uuid.UUID]Word // since the last audit
}

// NewAuditor returns an auditor for a log that is empty.
func NewAuditor() *Auditor {
	return &Auditor{read: newOrder(), said: make(map[uuid.UUID]Word)}
}

// Hear notes what a writer says of a commit. It is safe for concurrent use.
func (a *Auditor) Hear(w Word, id uuid.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said[id] = w
}

// Listen waits until a process has ended and notes what it printed with Print. It returns the
// number of commits that the process acknowledged, and an error if it printed anything else.
func (a *Auditor) Listen(p *Process) (acknowledged int, err error) {
	return a.listen(p, math.MaxInt64)
}

// listen is Listen, but for acknowledgements after an instant, which do not count.
func (a *Auditor) listen(p *Process, until int64) (acknowledged int, err error) {
	for line, ok := p.Hear(); ok; line, ok = p.Hear() {
		w, id, at, bad := parseWord(line)
		switch {
		case bad != nil:
			err = errors.Join(err, errors.New("the writer says: "+line))
		case w == Asked:
			a.Hear(w, id)
		case at <= until:
			acknowledged++
			a.Hear(w, id)
		}
	}
	return acknowledged, err
}

// parseWord reads a line of Print.
func parseWord(line string) (w Word, id uuid.UUID, at int64, err error) {
	fields := strings.Fields(line)
	if len(fields) != 3 || fields[0] != string(Asked) && fields[0] != string(Acknowledged) {
		return "", uuid.Nil, 0, errors.New("not a word")
	}
	if id, err = uuid.Parse(fields[1]); err == nil {
		at, err = strconv.ParseInt(fields[2], 10, 64)
	}
	return Word(fields[0]), id, at, err
}

// Tally counts the commits of an audit by their outcome.
type Tally struct {
	Acknowledged int // acknowledged and stored
	Applied      int // stored without acknowledgement; asked again, each got its first receipt
	Missing      int // neither stored nor acknowledged; asked again, each went in once
}

func (t *Tally) add(more Tally) {
	t.Acknowledged += more.Acknowledged
	t.Applied += more.Applied
	t.Missing += more.Missing
}

// Audit reads what is new in the log and compares it with what its writers, all of which have
// ended, said since the last audit. It returns an error unless
//
//   - positions rise, and versions and indexes have no holes;
//   - every commit is whole, there once, and was asked for;
//   - every commit that was acknowledged is there;
//   - every other commit that was asked for is there and answers a retry with its first
//     receipt, or is not there, goes in when the auditor asks again, and is then there once.
func (a *Auditor) Audit(ctx context.Context, s events.Store) (Tally, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	stored, totals := make(map[uuid.UUID]int), make(map[uuid.UUID]string)
	for r, err := range s.ReadAll(ctx, a.read.last, events.Filter{}) {
		if err == nil {
			err = a.read.next(&r)
		}
		if err != nil {
			return Tally{}, err
		}
		stored[r.Commit]++
		totals[r.Commit] = string(r.Data)
	}
	for id, n := range stored {
		if strconv.Itoa(n) != totals[id] {
			fault("commit %s: %d events of %s", id, n, totals[id])
		}
		if a.said[id] == "" {
			fault("commit %s: stored and never asked for", id)
		}
	}
	var tally Tally
	said := a.said
	a.said = make(map[uuid.UUID]Word)
	head := a.read.versions[writtenStream(0)]
	for id, word := range said {
		switch {
		case word != Asked && stored[id] == 0:
			fault("commit %s: acknowledged and lost", id)
		case word == settled:
		case word == Acknowledged:
			tally.Acknowledged++
		case stored[id] > 0:
			tally.Applied++
			if err := repeated(ctx, s, id); err != nil {
				fault("commit %s: applied, and then: %w", id, err)
			}
		default:
			tally.Missing++
			if err := once(ctx, s, id, head); err != nil {
				fault("commit %s: not applied, and then: %w", id, err)
				continue
			}
			head++
			a.said[id] = settled
		}
	}
	return tally, errors.Join(faults...)
}

// repeated checks that a stored commit is known and that a retry gets its receipt, although the
// retry names a version that the stream has passed.
func repeated(ctx context.Context, s events.Store, id uuid.UUID) error {
	known, found, err := s.Lookup(ctx, id)
	retry, retried := s.Append(ctx, command(id, written(0, 0, 1, 1)))
	if err != nil || retried != nil || !found || retry != again(known) {
		return fmt.Errorf("looked up as %+v (%t, %v), asked again as %+v (%v)", known, found, err, retry, retried)
	}
	return nil
}

// once checks that a commit that is not stored is not known either, and goes in once.
func once(ctx context.Context, s events.Store, id uuid.UUID, head events.Version) error {
	known, found, err := s.Lookup(ctx, id)
	c := command(id, written(0, head, 1, 1))
	first, appended := s.Append(ctx, c)
	if err != nil || appended != nil || found {
		return fmt.Errorf("looked up as %+v (%t, %v), asked again as %+v (%v)", known, found, err, first, appended)
	}
	if err := firstReceipt(first, c); err != nil {
		return err
	}
	return repeated(ctx, s, id)
}
