package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

const childEnv = "SURETY_OUTBOX_CHILD"

// TestMain runs the tests or, in a child process, the program.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Args = append(os.Args[:1], os.Args[2:]...) // after --
		main()
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// start runs the program in a child process.
func start(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append([]string{"--"}, args...)...)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return cmd
}

// TestKilled kills the program again and again: before the receiver takes an event, after it is taken
// and before it is answered, or some time after the answer, while the log grows. No event is lost, and
// the order is that of the log.
func TestKilled(t *testing.T) {
	seed := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("seed %d; again: SURETY_SEED=%d go test -count=1 -run '^TestKilled$' ./examples/outbox", seed, seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	kills := 9
	if os.Getenv("SURETY_LONG") == "1" {
		kills = 300
	}
	db, w := newLog(t)
	all, in := samples(t), new(inbox)
	server := httptest.NewServer(in)
	defer server.Close()
	for i := range kills {
		w.write(t, 5, all...)
		at, pause := 1+chance.IntN(len(all)), time.Duration(chance.IntN(2000))*time.Microsecond
		kill := make(chan time.Duration, 1)
		in.mu.Lock()
		first := in.calls
		in.answer = func(call int, rw http.ResponseWriter, r *http.Request) bool {
			switch {
			case call != first+at || i%3 == 2:
			case i%3 == 0: // not taken
				kill <- 0
				<-r.Context().Done()
				return false
			default: // taken, not answered
				kill <- 0
				<-r.Context().Done()
				return true
			}
			if call == first+at {
				kill <- pause
			}
			rw.WriteHeader(http.StatusNoContent)
			return true
		}
		in.mu.Unlock()
		cmd := start(t, "-db", db, "-to", server.URL)
		w.write(t, 5, all[:7]...) // while it works
		select {
		case after := <-kill:
			time.Sleep(after)
		case <-time.After(20 * time.Second):
			t.Fatalf("kill %d: call %d of %d did not come", i, at, len(all))
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	in.mu.Lock()
	in.answer = nil
	in.mu.Unlock()
	log := records(t, w.store)
	publish(t, in, len(log), "-db", db, "-to", server.URL)
	in.has(t, log)
	repeats := in.calls - len(log)
	t.Logf("%d kills, %d events, %d calls were repeats", kills, len(log), repeats)
	if most := kills * (saveEvery + 1); repeats < 1 || repeats > most {
		t.Errorf("%d repeats; at least one and at most %d are expected", repeats, most)
	}
}

var errCrash = errors.New("crash")

// crashed runs an outbox that dies at one step: before an event is sent, after it was taken, or before
// or after a mark is saved. It reports whether the outbox reached that step. With early it has the
// fault that the order of steps prevents: the mark precedes the acknowledgement.
func crashed(w *writer, in *inbox, disk *mark, step int, early bool) (bool, error) {
	n := 0
	dies := func() bool { n++; return n == step }
	o := outbox{store: w.store, source: "urn:test", once: true, every: 3}
	o.save = func(m mark) error {
		if n >= step {
			return errCrash // it is dead
		}
		if dies() {
			return errCrash
		}
		*disk = m
		if dies() {
			return errCrash
		}
		return nil
	}
	o.send = func(_ context.Context, event []byte) error {
		if early {
			e, _ := check(event)
			position, _ := strconv.ParseUint(e["sequence"].(string), 10, 64)
			*disk = mark{events.Cursor{Position: events.Position(position)}, e["id"].(string)}
		}
		if dies() {
			return errCrash
		}
		in.take("application/cloudevents+json", event, nil)
		if dies() {
			return errCrash
		}
		return nil
	}
	err := o.publish(context.Background(), *disk)
	return n >= step, err
}

// TestCrashAtEveryStep lets an outbox die at each of its steps, and another one continue.
func TestCrashAtEveryStep(t *testing.T) {
	w := newWriter(memory.New())
	w.write(t, 2, samples(t)[:12]...)
	log := records(t, w.store)
	for _, early := range []bool{false, true} {
		lost := 0
		for step := 1; ; step++ {
			in, disk := new(inbox), mark{}
			came, err := crashed(w, in, &disk, step, early)
			if !came && err == nil {
				t.Logf("%d steps", step-1)
				break
			}
			if !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			if _, err := crashed(w, in, &disk, 1<<30, early); err != nil {
				t.Fatal(err)
			}
			if fault := in.differs(log); fault != "" {
				lost++
				if !early {
					t.Errorf("step %d: %s", step, fault)
				}
			}
		}
		if early && lost != len(log) {
			t.Errorf("a mark before the acknowledgement loses %d events of %d: the test does not detect it", lost, len(log))
		}
	}
}

// TestCheckpointIsWholeOrOld leaves the files of a crash in the middle of a save.
func TestCheckpointIsWholeOrOld(t *testing.T) {
	c := checkpointFile{filepath.Join(t.TempDir(), "mark"), "urn:test", "-"}
	if m, err := c.load(); err != nil || m != (mark{}) {
		t.Fatalf("%+v, %v", m, err)
	}
	for i := range 3 {
		want := mark{events.Cursor{Position: events.Position(i + 1)}, fmt.Sprint("e", i)}
		if i > 0 { // a log that knows its history
			want.at.Mark = events.Mark{Position: events.Position(i + 2), Sum: [32]byte{byte(i)}}
		}
		if err := c.save(want); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path+".new", []byte(`{"posi`), 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := c.load(); err != nil || m != want {
			t.Fatalf("%+v, %v; want %+v", m, err, want)
		}
	}
	c.path = filepath.Join(t.TempDir(), "none", "mark")
	if err := c.save(mark{events.Cursor{Position: 1}, "e"}); err == nil {
		t.Error("a mark is saved in a missing directory")
	}
}
