package storetest

import (
	"context"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// IOErrorsConfig says how IOErrors and its child processes open a log in a file.
type IOErrorsConfig struct {
	// Args returns the arguments of a child process, which makes the log at the path and calls
	// Victim.
	Args func(path string) []string
	// Swallows is Args for the control: a log that acknowledges a commit that failed.
	Swallows func(path string) []string
	// Files returns the files of the log.
	Files func(path string) []string
	// Open opens the log in the process of the test. IOErrors closes the store.
	Open func(t testing.TB, path string) events.Store
}

// IOErrors lets a system call of a process fail that makes a log and writes to it: of those that
// force to the disk, and of those that write, the first, the second, and so on. An Auditor compares
// the log with what the process acknowledged, in a new process. As a control, it must find the
// faults of a log that acknowledges a commit that failed. IOErrors needs strace.
func IOErrors(t *testing.T, c IOErrorsConfig) {
	e := newEnv(t, Config{}, nil)
	for _, calls := range []string{"fsync,fdatasync", "write,pwrite64,ftruncate"} {
		t.Run(calls, func(t *testing.T) {
			failed, runs := 0, 0
			for n := 1; n <= 12 || !testing.Short(); n++ {
				if n > 12 && n%7 > 0 && !e.long {
					continue
				}
				hit, err := c.fail(t, c.Args, calls, n)
				if err != nil {
					t.Fatalf("call %d: %v", n, err)
				}
				if runs++; !hit {
					break
				}
				failed++
			}
			t.Logf("%d calls failed", failed)
			if failed < 12 {
				t.Errorf("only %d calls failed", failed)
			}
		})
	}
	t.Run("Controls/Swallows", func(t *testing.T) {
		for n := 20; n < 30; n++ {
			if _, err := c.fail(t, c.Swallows, "write,pwrite64,ftruncate", n); err != nil {
				if !strings.Contains(err.Error(), "acknowledged and lost") {
					t.Error(err)
				}
				return
			}
		}
		t.Error("the audit finds nothing")
	})
}

// fail runs a writer whose nth call fails, and audits its log. It returns whether there was such a
// call.
func (c IOErrorsConfig) fail(t *testing.T, args func(string) []string, calls string, n int) (hit bool, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log"+strconv.Itoa(n))
	p, failed := StartWith(t, Fault{Calls: calls, Paths: c.Files(path), When: n, Error: "EIO"}, args(path)...)
	p.Say(untilError)
	a := NewAuditor()
	_, said := a.Listen(p)
	if hit = failed(); !hit && said != nil {
		t.Fatalf("without a fault: %v", said)
	}
	s := c.Open(t, path)
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	_, err = a.Audit(t.Context(), s)
	return hit, err
}

// someCommits is the number of commits of a victim that writes until an error.
const someCommits = 20

// writeSome writes some commits from one thread, so that its calls are counted alike each time,
// and returns the first error.
func writeSome(s events.Store) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	commits := 0
	return Write(ctx, s, func(w Word, id uuid.UUID) {
		Print(w, id)
		if w == Acknowledged {
			if commits++; commits == someCommits {
				stop()
			}
		}
	})
}
