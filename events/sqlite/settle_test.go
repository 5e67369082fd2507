package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/storetest"
)

// asksAfterFailure appends from one thread, so that its calls are counted alike each time, until
// the outcome of a commit is unknown. It asks for that commit, beside the writer or in its turn, says
// the answer and dies.
func asksAfterFailure(s *Store, beside bool) error {
	runtime.LockOSThread()
	for version := range events.Version(32) {
		c := one("order-1", 2*version, "a", "b")
		_, err := s.Append(context.Background(), c)
		if err == nil {
			continue
		}
		if !errors.Is(err, events.ErrUnknownOutcome) {
			return err
		}
		look := s.Lookup
		if beside {
			look = func(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
				v, found, err := s.known(ctx, c)
				return v.Receipt, found, err
			}
		}
		_, found, err := look(context.Background(), c.ID)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, map[bool]string{true: "found", false: "denied"}[found], c.ID)
		storetest.Die()
	}
	return nil
}

// TestFailedFsyncStaysFailed lets one fsync of the WAL fail after the other. What the process said
// of the commit before it was killed is true when the file is opened again. As a control, an answer
// that is not settled first is not: the commit is denied, and then it is there.
func TestFailedFsyncStaysFailed(t *testing.T) {
	calls := 8
	if os.Getenv("SURETY_LONG") == "1" {
		calls = 24 // which are 20 commits at least
	}
	for _, task := range []string{"asks", "asks-beside"} {
		t.Run(task, func(t *testing.T) {
			denied, backs := 0, 0
			for n := 1; n <= calls; n++ {
				path := filepath.Join(t.TempDir(), "log")
				p, _ := storetest.StartWith(t, storetest.Fault{Calls: "fsync,fdatasync", Paths: []string{path + "-wal"}, When: n, Error: "EIO"}, task, path)
				line, ok := p.Hear()
				if !ok || strings.HasPrefix(line, "error") {
					continue // what failed was no commit
				}
				said, text, _ := strings.Cut(line, " ")
				for ok {
					_, ok = p.Hear()
				}
				s := openAt(t, path)
				_, found, err := s.Lookup(t.Context(), uuid.MustParse(text))
				if err != nil {
					t.Fatal(err)
				}
				if said == "denied" {
					denied++
				}
				if found != (said == "found") {
					backs++
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				integrity(t, path)
			}
			t.Logf("%d commits were denied, %d answers were wrong", denied, backs)
			if denied == 0 {
				t.Error("no commit was denied")
			}
			if task == "asks" && backs > 0 {
				t.Errorf("%d answers were wrong after the file was opened again", backs)
			}
			if task == "asks-beside" && backs == 0 {
				t.Error("the control was right every time")
			}
		})
	}
}

// TestUnsettled makes COMMIT fail, and then that of settling as well: nothing is said of the commit
// until that works, nothing is written, and what is said then is final.
func TestUnsettled(t *testing.T) {
	s, fail, broken := failing(t)
	c, guard := one("order-1", 1, "b"), one("order-1", 1)
	under := one("order-1", 1)
	under.ID, under.Digest = c.ID, c.Digest
	out := s.AppendEach(t.Context(), []events.Commit{c, guard})
	if !errors.Is(out[0].Err, events.ErrUnknownOutcome) || out[1].Err == nil || errors.Is(out[1].Err, events.ErrUnknownOutcome) {
		t.Errorf("a commit: %v; a guard beside it: %v", out[0].Err, out[1].Err)
	}
	for name, err := range map[string]error{
		"lookup":         second(s.Lookup(t.Context(), c.ID)),
		"guard":          errOf(s.Append(t.Context(), under)),
		"the same again": errOf(s.Append(t.Context(), c)),
	} {
		if !errors.Is(err, events.ErrUnknownOutcome) || !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]events.Commit{"another": one("order-2", 0, "a"), "another guard": one("order-1", 1)} {
		if err := errOf(s.Append(t.Context(), c)); !errors.Is(err, broken) || errors.Is(err, events.ErrUnknownOutcome) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, err := s.CheckGuards(t.Context(), guard); err != nil || r.Commit != guard.ID {
		t.Errorf("a check: %+v, %v", r, err)
	}
	*fail = false
	if _, known, err := s.Lookup(t.Context(), c.ID); known || err != nil {
		t.Errorf("once it is settled: %t, %v", known, err)
	}
	if r := appended(t, s, c); r.Repeated || r.Position != 2 {
		t.Errorf("%+v", r)
	}
	// A group whose COMMIT fails decides what writes nothing anyhow.
	s.log.hooks.committing = func(list []events.Commit) error {
		if list != nil {
			return broken
		}
		return nil
	}
	d := one("order-1", 2, "c")
	out = s.AppendEach(t.Context(), []events.Commit{one("order-1", 2), d, one("order-1", 2), one("order-1", 3)})
	_, conflict := errors.AsType[*events.ConflictError](out[3].Err)
	if out[0].Err != nil || !errors.Is(out[1].Err, events.ErrUnknownOutcome) || out[2].Err != nil || !conflict {
		t.Errorf("guards beside a commit that failed: %+v", out)
	}
}

// TestGuardsBesideCommit stops a group at its COMMIT: guards are decided meanwhile, except under an
// ID that the group has, whose outcome is not known yet.
func TestGuardsBesideCommit(t *testing.T) {
	reached, pass := make(chan struct{}), make(chan struct{})
	stop := false
	s := stopped{Store: openNew(t, withHooks(hooks{committing: func([]events.Commit) error {
		if stop {
			reached <- struct{}{}
			<-pass
		}
		return nil
	}}))}
	appended(t, s.Store, one("order-1", 0, "a"))
	stop = true
	c := one("order-1", 1, "b")
	done := s.later(t.Context(), c)
	<-reached
	if r, err := s.Append(t.Context(), one("order-1", 1)); err != nil || r.Position != 0 {
		t.Errorf("a guard: %+v, %v", r, err)
	}
	_, err := s.Append(t.Context(), one("order-1", 2))
	if conflict, ok := errors.AsType[*events.ConflictError](err); !ok || conflict.Head != 1 {
		t.Errorf("a guard that does not hold yet: %v", err)
	}
	under := one("order-1", 1)
	under.ID, under.Digest = c.ID, c.Digest
	ctx, cancel := context.WithCancel(t.Context())
	waits := s.later(ctx, under)
	s.waitQueued(t, 1)
	cancel()
	if err := <-waits; err != context.Canceled {
		t.Errorf("a guard under the ID of the group: %v", err)
	}
	stop = false
	close(pass)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if r := appended(t, s.Store, under); !r.Repeated {
		t.Errorf("later: %+v", r)
	}
}

func errOf(_ events.Receipt, err error) error { return err }

func second(_ events.Receipt, _ bool, err error) error { return err }
