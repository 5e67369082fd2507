package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

func TestMain(m *testing.M) {
	Child(func(args []string) error {
		switch args[0] {
		case "echo":
			for in := bufio.NewScanner(os.Stdin); in.Scan(); {
				fmt.Println(args[1], in.Text())
			}
			return nil
		case "die":
			fmt.Print("a line\nhalf a li")
			Die()
		case "victim":
			return Victim(memory.New())
		}
		return errors.New("no such task")
	})
	os.Exit(m.Run())
}

// hear returns all lines of a process.
func hear(p *Process) (lines []string) {
	for line, ok := p.Hear(); ok; line, ok = p.Hear() {
		lines = append(lines, line)
	}
	return lines
}

func TestProcess(t *testing.T) {
	p := Start(t, "echo", "heard: a b")
	for _, said := range []string{"one", "two"} {
		p.Say(said)
		if line, ok := p.Hear(); !ok || line != "heard: a b "+said {
			t.Fatalf("%q, %t", line, ok)
		}
	}
	p.Say("three")
	p.Await("heard: a b three")
	p.Kill()
	if lines := hear(p); len(lines) != 1 {
		t.Errorf("after the kill: %q", lines)
	}
	p.Await("anything") // returns, because the process has ended
	if line, ok := p.Hear(); ok {
		t.Errorf("after the end: %q", line)
	}
	for _, c := range []struct {
		task, say string
		want      string
	}{
		{"die", "", "a line"}, // not the one that is cut off
		{"other", "", "error no such task"},
		{"victim", "of what?", `error storetest: "of what?" is no death: Victim was called outside of Kill, PowerCut and IOErrors`},
	} {
		p := Start(t, c.task)
		if c.say != "" {
			p.Say(c.say)
		}
		if lines := hear(p); len(lines) != 1 || lines[0] != c.want {
			t.Errorf("%s: %q, want %q", c.task, lines, c.want)
		}
	}
	if n, err := NewAuditor().Listen(Start(t, "die")); n != 0 || err == nil || err.Error() != "the writer says: a line" {
		t.Errorf("listening to a process that is no writer: %d, %v", n, err)
	}
}

// write has Write append until n commits are acknowledged.
func write(t *testing.T, s events.Store, n int, say func(Word, uuid.UUID)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	err := Write(ctx, s, func(w Word, id uuid.UUID) {
		if say(w, id); w == Acknowledged {
			if n--; n == 0 {
				stop()
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAuditor(t *testing.T) {
	s, a := memory.New(), NewAuditor()
	audit := func(want Tally) {
		t.Helper()
		if tally, err := a.Audit(t.Context(), s); err != nil || tally != want {
			t.Fatalf("%+v, %v, want %+v", tally, err, want)
		}
	}
	audit(Tally{})
	write(t, s, 20, a.Hear)
	for range 3 {
		a.Hear(Asked, uuid.New())
	}
	audit(Tally{Acknowledged: 20, Missing: 3})
	write(t, s, 10, func(w Word, id uuid.UUID) {
		if w == Asked {
			a.Hear(w, id)
		}
	})
	audit(Tally{Applied: 10}) // and the three that went in during the audit
	audit(Tally{})
}

// TestAuditorFinds is about what an auditor has to find.
func TestAuditorFinds(t *testing.T) {
	asks := func(a *Auditor) func(Word, uuid.UUID) {
		return func(w Word, id uuid.UUID) {
			if w == Asked {
				a.Hear(w, id)
			}
		}
	}
	reads := func(mangle func([]events.Record) []events.Record) func(*testing.T, *memory.Store, *Auditor) events.Store {
		return func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			write(t, s, 5, a.Hear)
			return mangles{s, mangle}
		}
	}
	for name, c := range map[string]struct {
		prepare func(*testing.T, *memory.Store, *Auditor) events.Store
		says    string
	}{
		"Lost": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			write(t, s, 5, a.Hear)
			a.Hear(Asked, uuid.Nil)
			a.Hear(Acknowledged, uuid.Nil)
			return s
		}, "commit 00000000-0000-0000-0000-000000000000: acknowledged and lost"},
		"LostRetry": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			a.Hear(Asked, uuid.New())
			if _, err := a.Audit(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			return memory.New()
		}, "acknowledged and lost"},
		"NeverAsked": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			write(t, s, 1, func(Word, uuid.UUID) {})
			return s
		}, "stored and never asked for"},
		"ForgetsApplied": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			write(t, s, 5, asks(a))
			return forgetsIDs{s}
		}, "asked again as"},
		"ForgetsMissing": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			a.Hear(Asked, uuid.New())
			return forgetsIDs{s}
		}, "not applied, and then: looked up as"},
		"VersionBeforeID": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			write(t, s, 20, asks(a))
			return versionFirst{s}
		}, "events: conflict"},
		"KnownUnread": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			c := command(uuid.New(), written(1, 0, 1, 1))
			if _, err := s.Append(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			a.Hear(Asked, c.ID)
			return mangles{s, stale}
		}, "not applied, and then: looked up as"},
		"PartOfACommit": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			c := command(uuid.New(), written(1, 0, 2, 3))
			if _, err := s.Append(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			a.Hear(Acknowledged, c.ID)
			return s
		}, "2 events of 3"},
		"Hole": {func(t *testing.T, s *memory.Store, a *Auditor) events.Store {
			c := command(uuid.New(), written(1, 0, 3, 3))
			if _, err := s.Append(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			a.Hear(Acknowledged, c.ID)
			return mangles{s, hole}
		}, "version 3 comes after 1"},
		"Stale":   {reads(stale), " events of "},
		"Twice":   {reads(twice), "comes after"},
		"Swapped": {reads(swapped), "comes"},
		"Broken": {func(_ *testing.T, s *memory.Store, _ *Auditor) events.Store {
			_ = s.Close()
			return s
		}, events.ErrClosed.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			a := NewAuditor()
			s := c.prepare(t, memory.New(), a)
			if _, err := a.Audit(t.Context(), s); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the audit returns %v, want %q", err, c.says)
			}
		})
	}
}
