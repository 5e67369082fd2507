package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/postgrestest"
	"github.com/tradesurety/surety/events/sqlite/sqlitetest"
	"github.com/tradesurety/surety/events/storetest"
)

// published is an outbox whose receiver and checkpoint are in the test.
type published struct {
	outbox
	ids     []string // of the events, as they were sent
	saved   mark
	wants   int // events, after which reached is closed
	reached chan struct{}
}

func newPublished(store events.Store, wants int) *published {
	p := &published{wants: wants, reached: make(chan struct{})}
	p.outbox = outbox{store: store, source: "urn:test", every: 3}
	p.send = func(_ context.Context, event []byte) error {
		e, fault := check(event)
		if fault != "" {
			return errors.New(fault)
		}
		p.ids = append(p.ids, e["id"].(string))
		return nil
	}
	p.save = func(m mark) error {
		if p.saved = m; len(p.ids) == p.wants && m.event == p.ids[p.wants-1] {
			close(p.reached)
		}
		return nil
	}
	return p
}

// TestRewind puts another history under an outbox that runs: it ends before it publishes anything of that,
// as does the next one, with the checkpoint; both say what to do.
func TestRewind(t *testing.T) { storetest.Rewinds(t, sqlitetest.Logs(), rewound) }

// TestRewoundServer is TestRewind on a server that is away for a while: the outbox then ends, and goes on from its
// checkpoint.
func TestRewoundServer(t *testing.T) { storetest.RewindsServer(t, postgrestest.Logs(t), rewound) }

func rewound(t *testing.T, log storetest.Rewindable, more int) {
	const common, lost = 6, storetest.LostEvents
	all := samples(t)
	w := newWriter(log.Store)
	w.write(t, 2, all[:common]...)
	other, put := log.Branch(t)
	branch := &writer{other, maps.Clone(w.heads)}
	w.write(t, 2, all[common:common+lost]...)
	branch.write(t, 3, all[common+lost:common+lost+more]...)
	want := ids(records(t, log.Store))

	p, ended := newPublished(log.Store, len(want)), make(chan error, 1)
	go func() { ended <- p.publish(t.Context(), mark{}) }()
	<-p.reached
	opened := put()
	refused := func(err error, p *published) {
		t.Helper()
		fork, other := (*events.ForkError)(nil), (*otherLogError)(nil)
		if !errors.As(err, &fork) || !errors.As(err, &other) || other.position != common+lost || !strings.Contains(err.Error(), "another -source") {
			t.Errorf("it ends with %v", err)
		}
		if fmt.Sprint(p.ids) != fmt.Sprint(want) {
			t.Errorf("%d events were published, want the %d that were lost or are common", len(p.ids), len(want))
		}
	}
	err := <-ended
	if log.IsAway(err) {
		err = log.Ask(t, func() error { return p.publish(t.Context(), p.saved) })
	}
	refused(err, p)
	for _, once := range []bool{false, true} {
		next := newPublished(opened, -1)
		next.once = once
		err := next.publish(t.Context(), p.saved)
		next.ids = append(p.ids, next.ids...)
		refused(err, next)
	}
	// The control: by its position alone a checkpoint goes on, if the other history is longer.
	naive := newPublished(opened, -1)
	naive.once = true
	if err := naive.publish(t.Context(), mark{events.Cursor{Position: p.saved.at.Position}, lastOf(records(t, opened), p.saved.at.Position)}); (err == nil) != (more >= lost) {
		t.Errorf("a checkpoint without a mark: %v", err)
	}
	if skipped := more > lost; skipped != (len(naive.ids) > 0) {
		t.Errorf("a checkpoint without a mark publishes %d events", len(naive.ids))
	}
}

// ids returns the ids of the events of records.
func ids(log []events.Record) (list []string) {
	for i := range log {
		list = append(list, eventID(&log[i]))
	}
	return list
}

// lastOf returns the id of the event at a position, as a commit that its client retried on the other
// history has it there.
func lastOf(log []events.Record, at events.Position) string {
	for i := range log {
		if log[i].Position == at {
			return eventID(&log[i])
		}
	}
	return "none"
}

// TestCheckpointWithoutMark goes on from the checkpoint file of an earlier version: its event is looked up
// once, and then the file has the mark of the log.
func TestCheckpointWithoutMark(t *testing.T) {
	log, all := storetest.InMemory(), samples(t)
	w := newWriter(log.Store)
	w.write(t, 2, all[:10]...)
	want := ids(records(t, log.Store))
	file := checkpointFile{filepath.Join(t.TempDir(), "mark"), "urn:test", "-"}
	for _, event := range []string{want[5], "none"} {
		old := fmt.Sprintf(`{"source":"urn:test","to":"-","position":6,"event":%q}`, event)
		if err := os.WriteFile(file.path, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		from, err := file.load()
		if err != nil || from != (mark{events.Cursor{Position: 6}, event}) {
			t.Fatalf("%+v, %v", from, err)
		}
		p := newPublished(log.Store, -1)
		p.once, p.save = true, file.save
		p.send = func(context.Context, []byte) error { return errCrash }
		err = p.publish(t.Context(), from)
		if event == "none" {
			if other := (*otherLogError)(nil); !errors.As(err, &other) {
				t.Errorf("of another log: %v", err)
			}
			continue
		}
		if !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		taken, err := file.load()
		if err != nil || taken.event != event || taken.at.Position != 6 || taken.at.Mark.IsZero() {
			t.Errorf("the file has %+v, %v", taken, err)
		}
		p = newPublished(log.Store, -1)
		p.once = true
		if err := p.publish(t.Context(), taken); err != nil || fmt.Sprint(p.ids) != fmt.Sprint(want[6:]) {
			t.Errorf("it goes on with %v (%v), want %v", p.ids, err, want[6:])
		}
	}
}

// TestRewindEndsTheProcess restores an older copy under the program, which ends with its exit code, as the
// next one does.
func TestRewindEndsTheProcess(t *testing.T) {
	db, w := newLog(t)
	in, all := new(inbox), samples(t)
	server := httptest.NewServer(in)
	defer server.Close()
	w.write(t, 2, all[:4]...)
	other, put := sqlitetest.Branch(t, db)
	(&writer{other, maps.Clone(w.heads)}).write(t, 2, all[8:20]...)
	w.write(t, 2, all[4:8]...)
	log := records(t, w.store)
	child := start(t, "-db", db, "-to", server.URL)
	for deadline := time.Now().Add(time.Minute); in.count() < len(log); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d events of %d came within a minute", in.count(), len(log))
		}
	}
	put()
	ends := func(child *exec.Cmd) {
		t.Helper()
		limit := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() })
		defer limit.Stop()
		if err := child.Wait(); child.ProcessState.ExitCode() != exitOtherLog {
			t.Errorf("the program ends with %v", err)
		}
	}
	ends(child)
	ends(start(t, "-db", db, "-to", server.URL))
	in.has(t, log)
}
