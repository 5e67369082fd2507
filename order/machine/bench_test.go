package machine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/looplab/fsm"
)

// life is a walk through the bill that stays once.
var life = [...]kind{drafted, opened, payment, funded, ended}

func BenchmarkNext(b *testing.B) {
	table := bill(b)
	for b.Loop() {
		at := none
		for _, event := range life {
			at, _ = table.Next(at, event)
		}
		if at != closed {
			b.Fatal(at)
		}
	}
	perStep(b)
}

// BenchmarkSwitch is the floor: the same table written as code.
func BenchmarkSwitch(b *testing.B) {
	for b.Loop() {
		at := none
		for _, event := range life {
			at, _ = switched(at, event)
		}
		if at != closed {
			b.Fatal(at)
		}
	}
	perStep(b)
}

func BenchmarkLooplab(b *testing.B) {
	m := bill(b).Looplab(none)
	names := make([]string, len(life))
	for i, event := range life {
		names[i] = event.String()
	}
	for b.Loop() {
		m.SetState("None")
		for _, name := range names {
			if err := m.Event(context.Background(), name); err != nil && !errors.As(err, new(fsm.NoTransitionError)) {
				b.Fatal(err)
			}
		}
		if !m.Is("Closed") {
			b.Fatal(m.Current())
		}
	}
	perStep(b)
}

func perStep(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(life)), "ns/step")
	b.ReportAllocs()
}

func switched(at phase, event kind) (phase, bool) {
	switch at {
	case none:
		if event == drafted {
			return draft, true
		}
	case draft:
		switch event {
		case edited:
			return draft, true
		case opened:
			return open, true
		case ended:
			return closed, true
		}
	case open:
		switch event {
		case edited:
			return draft, true
		case payment:
			return open, true
		case funded:
			return paid, true
		case ended:
			return closed, true
		}
	case paid:
		switch event {
		case payment:
			return paid, true
		case ended:
			return closed, true
		}
	case closed:
		if event == payment {
			return closed, true
		}
	}
	return none, false
}

func TestSwitchIsTheTable(t *testing.T) {
	table := bill(t)
	for p := range 256 {
		for k := range 256 {
			to, ok := table.Next(phase(p), kind(k))
			if want, listed := switched(phase(p), kind(k)); to != want || ok != listed {
				t.Errorf("Next(%d, %d) = %s, %t; the switch says %s, %t", p, k, to, ok, want, listed)
			}
		}
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	table := bill(t)
	if n := testing.AllocsPerRun(100, func() { table.Next(draft, opened) }); n != 0 {
		t.Errorf("Next allocates %v times", n)
	}
}
