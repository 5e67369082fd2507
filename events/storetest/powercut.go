package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
)

// PowerCutConfig says how PowerCut and its child processes open a log in a directory.
type PowerCutConfig struct {
	// Args returns the arguments of a child process, which opens the log in the directory and
	// calls Victim.
	Args func(dir string) []string
	// Start, if it is set, starts what the log needs, such as a server with its files in the
	// directory, and returns the function that kills it. It is called before the first cut and
	// after each. The directory is empty at first, and is forced to the disk afterwards.
	Start func(t testing.TB, dir string) (kill func())
	// Open opens the log in the process of the test. PowerCut closes the store.
	Open func(t testing.TB, dir string) events.Store
	// Size is that of the disk in MiB; 0 stands for 64.
	Size int64
	// Cuts is the number of cuts at random; 0 stands for 10, and for 1,000 with SURETY_LONG=1.
	Cuts int
}

// PowerCut cuts the power of the disk of a log under a process that writes to it, again and again,
// and has an Auditor compare the log with what the process acknowledged before the cut. As a
// control, it must find a loss in the second log, which acknowledges what was not forced to the
// disk. It needs what NewDisk needs.
//
// n cuts without a loss say that fewer than about 3/n of all cuts lose something.
func PowerCut(t *testing.T, c, unforced PowerCutConfig) {
	t.Run("AtRandom", func(t *testing.T) {
		e := newEnv(t, Config{}, nil)
		cuts := c.Cuts
		if cuts == 0 {
			cuts = e.times(10, 1000)
		}
		p := c.plug(t)
		var sum Tally
		for range cuts {
			tally, err := p.cut(t, atRandom, 1+e.rand.IntN(8), time.Duration(e.rand.IntN(8000))*time.Microsecond)
			if err != nil {
				t.Fatal(err)
			}
			sum.add(tally)
		}
		t.Logf("%d cuts: %+v", cuts, sum)
		if sum.Acknowledged < cuts {
			t.Errorf("%d commits are too few for %d cuts", sum.Acknowledged, cuts)
		}
	})
	t.Run("Controls/Unforced", func(t *testing.T) {
		_, err := unforced.plug(t).cut(t, waiting, lastCommit, 0)
		if err == nil || !strings.Contains(err.Error(), "acknowledged and lost") {
			t.Errorf("the audit returns %v", err)
		}
	})
}

// powered is a log on a disk.
type powered struct {
	PowerCutConfig
	disk    *Disk
	auditor *Auditor
	kill    func() // what Start has started
}

// plug makes a disk and starts what the log needs.
func (c PowerCutConfig) plug(t *testing.T) *powered {
	t.Helper()
	if c.Size == 0 {
		c.Size = 64
	}
	p := &powered{PowerCutConfig: c, disk: NewDisk(t, c.Size), auditor: NewAuditor()}
	t.Cleanup(func() {
		if p.kill != nil {
			p.kill()
		}
	})
	p.start(t)
	if err := p.disk.Sync(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *powered) start(t *testing.T) {
	t.Helper()
	if p.Start != nil {
		p.kill = p.Start(t, p.disk.Dir())
	}
}

// cut has a process write to the log, cuts the power some time after it has acknowledged that many
// commits, and audits the log when the power is back.
func (p *powered) cut(t *testing.T, death string, commits int, after time.Duration) (Tally, error) {
	t.Helper()
	writer := Start(t, p.Args(p.disk.Dir())...)
	writer.Say(death)
	writer.awaitLines(string(Acknowledged), commits)
	time.Sleep(after)
	if fault := writer.fault(); fault != "" {
		t.Fatal(fault)
	}
	last := clock()
	if err := p.disk.Cut(); err != nil {
		t.Fatal(err)
	}
	writer.Kill()
	if p.kill != nil {
		p.kill()
	}
	// What it says of errors after the cut is true.
	_, _ = p.auditor.listen(writer, last)
	if err := p.disk.Restore(); err != nil {
		t.Fatal(err)
	}
	p.start(t)
	s := p.Open(t, p.disk.Dir())
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	return p.auditor.Audit(t.Context(), s)
}
