package storetest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// KillConfig says how Kill and its child processes open the log.
type KillConfig struct {
	// Args are the arguments of the child processes. Each opens the log that they name and
	// calls Victim.
	Args []string
	// Open opens the log, which is empty at first, in the process of the test, once the
	// writers are dead. It waits until nothing that a dead writer has sent can still be
	// committed. Kill closes the store.
	Open func(t testing.TB) events.Store
	// Kills is the number of processes that are killed at random; 0 stands for 20, and for
	// 2,000 with SURETY_LONG=1.
	Kills int
}

// The deaths of a Victim. Kill, PowerCut and IOErrors write one of them to its standard input.
const (
	beforeCommit       = "before-commit"
	afterCommit        = "after-commit"
	acknowledgesBefore = "acknowledges-before-commit"
	atRandom           = "at-random"
	waiting            = "waiting"     // after the last commit
	untilError         = "until-error" // or so many commits
)

// lastCommit is the number of the commit at which a scripted death comes.
const lastCommit = 5

// Kill kills processes that write to one log, again and again, and has an Auditor compare the
// log with what they acknowledged after each death. One process dies before a commit, one after
// a commit and before its acknowledgement, and many, two at a time, at random moments. As a
// control, the audit must find a process that acknowledges before it commits.
func Kill(t *testing.T, c KillConfig) {
	auditor := NewAuditor()
	for _, k := range []struct {
		name, death string
		want        Tally
		fault       string
	}{
		{name: "BeforeCommit", death: beforeCommit, want: Tally{Acknowledged: lastCommit - 1, Missing: 1}},
		{name: "AfterCommit", death: afterCommit, want: Tally{Acknowledged: lastCommit - 1, Applied: 1}},
		{"Controls/AcknowledgesBeforeCommit", acknowledgesBefore, Tally{Acknowledged: lastCommit - 1}, "acknowledged and lost"},
	} {
		t.Run(k.name, func(t *testing.T) {
			tally, err := c.audit(t, auditor, c.start(t, k.death))
			if (err != nil) != (k.fault != "") || err != nil && !strings.Contains(err.Error(), k.fault) {
				t.Errorf("the audit returns %v, want %q", err, k.fault)
			}
			if tally != k.want {
				t.Errorf("the audit counts %+v, want %+v", tally, k.want)
			}
		})
	}
	t.Run("AtRandom", func(t *testing.T) {
		e := newEnv(t, Config{}, nil)
		kills := c.Kills
		if kills == 0 {
			kills = e.times(20, 2000)
		}
		var sum Tally
		for killed := 0; killed < kills; killed += 2 {
			writers := []*Process{c.start(t, atRandom), c.start(t, atRandom)}
			for _, w := range writers {
				w.Await(string(Acknowledged))
			}
			for _, w := range writers {
				time.Sleep(time.Duration(e.rand.IntN(8000)) * time.Microsecond)
				w.Kill()
			}
			tally, err := c.audit(t, auditor, writers...)
			if err != nil {
				t.Fatal(err)
			}
			sum.add(tally)
		}
		t.Logf("%d kills: %+v", kills, sum)
		if sum.Acknowledged < kills {
			t.Errorf("%d commits are too few for %d kills", sum.Acknowledged, kills)
		}
	})
}

func (c KillConfig) start(t *testing.T, death string) *Process {
	t.Helper()
	p := Start(t, c.Args...)
	p.Say(death)
	return p
}

// audit compares the log with what these writers said until they died.
func (c KillConfig) audit(t *testing.T, auditor *Auditor, writers ...*Process) (Tally, error) {
	t.Helper()
	for _, w := range writers {
		if _, err := auditor.Listen(w); err != nil {
			t.Fatal(err)
		}
	}
	s := c.Open(t)
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	return auditor.Audit(t.Context(), s)
}

// Victim writes to a log in a process that Kill, PowerCut or IOErrors has started, and prints what it does, up to a
// scripted death or until it is killed.
func Victim(s events.Store) error {
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	commits := 0
	last := func() bool { commits++; return commits == lastCommit }
	var say func(Word, uuid.UUID)
	switch death := in.Text(); death {
	case beforeCommit, acknowledgesBefore:
		say = func(w Word, id uuid.UUID) {
			if w == Asked || death == beforeCommit {
				Print(w, id)
			}
			if w == Asked && death == acknowledgesBefore {
				Print(Acknowledged, id)
			}
			if w == Asked && last() {
				Die()
			}
		}
	case afterCommit:
		say = func(w Word, id uuid.UUID) {
			if w == Acknowledged && last() {
				Die()
			}
			Print(w, id)
		}
	case waiting:
		say = func(w Word, id uuid.UUID) {
			Print(w, id)
			if w == Acknowledged && last() {
				select {}
			}
		}
	case untilError:
		return writeSome(s)
	case atRandom:
		errs := make(chan error)
		for range 3 {
			go func() { errs <- Write(context.Background(), s, Print) }()
		}
		return <-errs
	default:
		return fmt.Errorf("storetest: %q is no death: Victim was called outside of Kill, PowerCut and IOErrors", death)
	}
	return Write(context.Background(), s, say)
}
