package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/storetest"
)

func TestMain(m *testing.M) {
	storetest.Child(func(args []string) error { return child(args[0], args[1]) })
	os.Exit(m.Run())
}

// child is a writer of the tests of this file, in a process of its own.
func child(task, path string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	say, commits := storetest.Print, 0
	is := func(n int) bool { commits++; return commits == n }
	var opts []Option
	switch task {
	case "dies-before-commit":
		opts = append(opts, withHooks(hooks{committing: func([]events.Commit) error {
			if is(5) {
				storetest.Die()
			}
			return nil
		}}))
	case "dies-after-commit":
		say = func(w storetest.Word, id uuid.UUID) {
			if w == storetest.Acknowledged && is(5) {
				storetest.Die()
			}
			storetest.Print(w, id)
		}
	case "acknowledges-before-commit":
		say = func(w storetest.Word, id uuid.UUID) {
			if w == storetest.Asked {
				storetest.Print(w, id)
			}
		}
		opts = append(opts, withHooks(hooks{committing: func(group []events.Commit) error {
			for i := range group {
				storetest.Print(storetest.Acknowledged, group[i].ID)
			}
			if is(5) {
				storetest.Die()
			}
			return nil
		}}))
	case "unforced":
		opts, task = append(opts, WithDurability(events.DurabilityProcess)), "victim"
	case "thousand":
		say = func(w storetest.Word, id uuid.UUID) {
			storetest.Print(w, id)
			if w == storetest.Acknowledged && is(1000) {
				stop()
			}
		}
	}
	s, err := Open(ctx, path, opts...)
	if err != nil {
		return err
	}
	defer s.Close()
	switch task {
	case "victim":
		return storetest.Victim(s)
	case "asks", "asks-beside":
		return asksAfterFailure(s, task == "asks-beside")
	case "swallows":
		return storetest.Victim(swallows{s})
	case "dies-in-backup":
		_, err := s.Backup(ctx, path+".backup", OnProgress(func(p Progress) {
			if p.Done < p.Total {
				storetest.Die()
			}
		}))
		return err
	}
	return storetest.Write(ctx, s, say)
}

// integrity has SQLite check the whole file.
func integrity(t *testing.T, path string) {
	t.Helper()
	conn := foreign(t, path)
	defer conn.Close()
	if found, err := pragma(conn, "integrity_check"); err != nil || found != "ok" {
		t.Errorf("integrity_check of %s: %s (%v)", path, found, err)
	}
}

// audited opens the file and has the auditor check it.
func audited(t *testing.T, a *storetest.Auditor, path string) (storetest.Tally, error) {
	t.Helper()
	defer integrity(t, path)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return a.Audit(t.Context(), s)
}

// TestScriptedDeaths kills a writer inside the transaction, at the two points where it matters,
// and has the same audit find a writer that acknowledges before it commits.
func TestScriptedDeaths(t *testing.T) {
	for _, tt := range []struct {
		task  string
		want  storetest.Tally
		fault string
	}{
		{task: "dies-before-commit", want: storetest.Tally{Acknowledged: 4, Missing: 1}},
		{task: "dies-after-commit", want: storetest.Tally{Acknowledged: 4, Applied: 1}},
		{"acknowledges-before-commit", storetest.Tally{Acknowledged: 4}, "acknowledged and lost"},
	} {
		t.Run(tt.task, func(t *testing.T) {
			path, a := filepath.Join(t.TempDir(), "log"), storetest.NewAuditor()
			if _, err := a.Listen(storetest.Start(t, tt.task, path)); err != nil {
				t.Fatal(err)
			}
			tally, err := audited(t, a, path)
			if tally != tt.want {
				t.Errorf("the audit counts %+v, want %+v", tally, tt.want)
			}
			if (err != nil) != (tt.fault != "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("the audit returns %v, want %q", err, tt.fault)
			}
		})
	}
}

// TestKillLosesNothingAcknowledged kills writing processes at random instants, two that write one
// file at a time, on two files side by side.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	kills, files := 200, 2
	if os.Getenv("SURETY_LONG") == "1" {
		kills = 20_000
	}
	for n := range files {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "log")
			storetest.Kill(t, storetest.KillConfig{
				Args:  []string{"victim", path},
				Kills: kills / files,
				Open: func(t testing.TB) events.Store {
					s, err := Open(t.Context(), path)
					if err != nil {
						t.Fatal(err)
					}
					return s
				},
			})
			integrity(t, path)
		})
	}
}

// TestTwoProcessesShareOneFile has two processes append a thousand commits each to the same
// streams of one file. A lock that the other holds never reaches a caller.
func TestTwoProcessesShareOneFile(t *testing.T) {
	path, a := filepath.Join(t.TempDir(), "log"), storetest.NewAuditor()
	writers := []*storetest.Process{storetest.Start(t, "thousand", path), storetest.Start(t, "thousand", path)}
	for _, p := range writers {
		if n, err := a.Listen(p); err != nil || n != 1000 {
			t.Fatalf("%d commits, want 1000 (%v)", n, err)
		}
	}
	if tally, err := audited(t, a, path); err != nil || tally != (storetest.Tally{Acknowledged: 2000}) {
		t.Errorf("the audit counts %+v; %v", tally, err)
	}
}

// TestPowerCut cuts the power of the disk under a writer.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	cuts := 50
	switch {
	case os.Getenv("SURETY_LONG") == "1":
		cuts = 5_000
	case testing.Short():
		cuts = 10
	}
	writer := func(task string) storetest.PowerCutConfig {
		path := func(dir string) string { return filepath.Join(dir, "log") }
		return storetest.PowerCutConfig{
			Args: func(dir string) []string { return []string{task, path(dir)} },
			Open: func(t testing.TB, dir string) events.Store {
				s, err := Open(t.Context(), path(dir))
				if err != nil {
					t.Fatal(err)
				}
				return s
			},
			Cuts: cuts,
		}
	}
	storetest.PowerCut(t, writer("victim"), writer("unforced"))
}

// TestFullDisk fills the disk of a store, which goes on once there is space.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	storetest.FullDisk(t, storetest.FullDiskConfig{
		Full: ErrFull,
		Open: func(t testing.TB, dir string) events.Store {
			s, err := Open(t.Context(), filepath.Join(dir, "log"))
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	})
}

// swallows is a store that acknowledges a commit that failed.
type swallows struct{ *Store }

func (s swallows) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	r, err := s.Store.Append(ctx, c)
	if _, ok := errors.AsType[*Error](err); ok {
		return events.Receipt{Commit: c.ID}, nil
	}
	return r, err
}

// TestIOErrors fails one call after the other of a process that makes a file and writes to it.
func TestIOErrors(t *testing.T) {
	t.Parallel()
	storetest.IOErrors(t, storetest.IOErrorsConfig{
		Args:     func(path string) []string { return []string{"victim", path} },
		Swallows: func(path string) []string { return []string{"swallows", path} },
		Files: func(path string) []string {
			return []string{filepath.Dir(path), path, path + "-wal", path + "-shm", path + "-journal"}
		},
		Open: func(t testing.TB, path string) events.Store {
			s, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	})
}
