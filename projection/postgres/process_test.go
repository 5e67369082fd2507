package postgres

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/projection/projectiontest"
)

// TestKill kills processes that build a view, see projectiontest.Kill.
func TestKill(t *testing.T) {
	s := open(t)
	projectiontest.Kill(t, s, s.schema.name, pgtest.Cluster(t))
}

// TestTwoProcesses builds one view in two processes: together they fold every record once.
func TestTwoProcesses(t *testing.T) {
	s := open(t)
	workers := []*storetest.Process{
		storetest.Start(t, s.schema.name, pgtest.Cluster(t)), storetest.Start(t, s.schema.name, pgtest.Cluster(t)),
	}
	folded := 0
	for _, w := range workers {
		line, _ := w.Hear()
		n, err := strconv.Atoi(strings.TrimPrefix(line, "folded "))
		if err != nil {
			t.Fatal(line)
		}
		t.Log(line)
		folded += n
	}
	if folded != projectiontest.KillSize {
		t.Errorf("they have folded %d records of %d", folded, projectiontest.KillSize)
	}
	if at := equalsRebuild(t, projectiontest.Log(projectiontest.KillSize), s); at != projectiontest.KillSize {
		t.Errorf("the view is at %d", at)
	}
}
