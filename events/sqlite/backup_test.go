package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/storetest"
)

// load appends to the store from some goroutines until stop is called, and counts in acknowledged.
func load(t *testing.T, s *Store, name string, acknowledged *atomic.Int64) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			stream := events.StreamID(fmt.Sprintf("order-%s-%d", name, i))
			for v := events.Version(0); ctx.Err() == nil; v++ {
				c := one(stream, v, "order.drafted")
				c.Batches[0].Events[0].Data = make([]byte, 1+int(v)%3000)
				if _, err := s.Append(context.Background(), c); err != nil {
					t.Error(err)
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	return func() { cancel(); group.Wait() }
}

// sameAs compares a restored log with the one that the backup was taken of.
func sameAs(t *testing.T, s *Store, path string, last events.Position) error {
	t.Helper()
	restored, err := Open(t.Context(), path)
	if err != nil {
		return err
	}
	defer restored.Close()
	if err := storetest.Same(t.Context(), s, restored, last); err != nil {
		return err
	}
	if _, err := restored.Check(t.Context(), Deep(nil)); err != nil {
		return err
	}
	r, err := restored.Append(t.Context(), one("order-after", 0, "a"))
	if err == nil && r.Position != last+1 {
		err = fmt.Errorf("the next position is %d after %d", r.Position, last)
	}
	return err
}

func copied(t *testing.T, from, to string, suffixes ...string) {
	t.Helper()
	for _, suffix := range suffixes {
		body, err := os.ReadFile(from + suffix)
		if err == nil {
			err = os.WriteFile(to+suffix, body, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBackupUnderLoad takes backups while two stores write to one file, and restores them to a new
// path and to one where files of the log before were left.
func TestBackupUnderLoad(t *testing.T) {
	rounds := 20
	if os.Getenv("SURETY_LONG") == "1" {
		rounds = 1000
	}
	const together = 5 // rounds on one log, which grows
	for first := 0; first < rounds; first += together {
		t.Run(strconv.Itoa(first), func(t *testing.T) { backups(t, together) })
	}
}

// backups takes backups of a log of its own, which is gone when the test ends.
func backups(t *testing.T, rounds int) {
	path := filepath.Join(t.TempDir(), "log")
	a, b := openAt(t, path), openAt(t, path)
	for round := range rounds {
		dir := t.TempDir()
		before := appended(t, a, one(events.StreamID(fmt.Sprintf("order-%d", round)), 0, "a"))
		var acknowledged atomic.Int64
		stops := []func(){load(t, a, fmt.Sprintf("a-%d", round), &acknowledged), load(t, b, fmt.Sprintf("b-%d", round), &acknowledged)}
		backup := filepath.Join(dir, "backup")
		var steps []Progress
		last, err := a.Backup(t.Context(), backup, OnProgress(func(p Progress) {
			// The writers go on while the pages are copied; if they were held up this would not end.
			for n := acknowledged.Load(); acknowledged.Load() < n+10 && !t.Failed(); {
				time.Sleep(time.Millisecond)
			}
			steps = append(steps, p)
		}))
		if err != nil {
			t.Fatal(err)
		}
		// What is left of the log before, at an instant after the backup.
		target := filepath.Join(dir, "target")
		copied(t, path, target, "-wal", "-shm")
		for _, stop := range stops {
			stop()
		}
		if last < before.Position {
			t.Fatalf("the backup ends at %d, before %d, which was acknowledged before it began", last, before.Position)
		}
		if n := len(steps); n == 0 || steps[n-1].Done != steps[n-1].Total || steps[n-1].Step != "copy" {
			t.Errorf("progress: %+v", steps)
		}
		if at, err := Restore(t.Context(), backup, filepath.Join(dir, "new")); err != nil || at != last {
			t.Fatalf("restored up to %d, want %d (%v)", at, last, err)
		}
		if err := sameAs(t, a, filepath.Join(dir, "new"), last); err != nil {
			t.Fatalf("restored: %v", err)
		}
		var exists *ExistsError
		if _, err := Restore(t.Context(), backup, target); !errors.As(err, &exists) || exists.Path != target+"-wal" || !errors.Is(err, fs.ErrExist) {
			t.Fatalf("restored beside a -wal that was left: %v", err)
		}
		if moved, err := MoveAside(target); err != nil || len(moved) != 2 {
			t.Fatalf("moved %v: %v", moved, err)
		}
		if _, err := Restore(t.Context(), backup, target); err != nil {
			t.Fatal(err)
		}
		if err := sameAs(t, a, target, last); err != nil {
			t.Fatalf("restored after the old files were moved: %v", err)
		}
	}
}

// TestCopyOfTheMainFileIsFoundWrong is the control of TestBackupUnderLoad: its comparison finds that
// cp of the main file lacks what is in the -wal. Restore refuses such a copy.
func TestCopyOfTheMainFileIsFoundWrong(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	s := openAt(t, path)
	appended(t, s, one("order-1", 0, "a"))
	run(t, s.conns[0], "PRAGMA wal_checkpoint")
	last := appended(t, s, one("order-1", 1, "b")).Position
	copied(t, path, filepath.Join(dir, "copy"), "")
	_, err := Restore(t.Context(), filepath.Join(dir, "copy"), filepath.Join(dir, "restored"))
	if refused, ok := errors.AsType[*OpenError](err); !ok || !strings.Contains(refused.Reason, "no backup") {
		t.Errorf("Restore of the main file: %v", err)
	}
	if err := sameAs(t, s, filepath.Join(dir, "copy"), last); err == nil || !strings.Contains(err.Error(), "settled at 1, want 2") {
		t.Errorf("the comparison finds %v", err)
	}
}

// TestABackupBesideALeftWAL moves a backup to where the -wal of the log before is.
func TestABackupBesideALeftWAL(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "log"), filepath.Join(dir, "target")
	s := openAt(t, path)
	appended(t, s, one("order-1", 0, "a"))
	if _, err := s.Backup(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	for i := range events.Version(20) {
		appended(t, s, one("order-1", i+1, "b"))
	}
	copied(t, path, target, "-wal", "-shm")
	before := picture(t, dir)
	for _, opts := range [][]Option{nil, {WithReadOnly()}} {
		_, err := Open(t.Context(), target, opts...)
		if refused, ok := errors.AsType[*OpenError](err); !ok || !strings.Contains(refused.Reason, "of another file") {
			t.Errorf("Open: %v", err)
		}
	}
	if after := picture(t, dir); after != before {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open without the file that a -wal belongs to: %v", err)
	}
}

// TestAnOlderCopyBesideALeftWAL puts a copy of the main file, made by other means than Backup, to
// where the -wal of the log a checkpoint later is.
func TestAnOlderCopyBesideALeftWAL(t *testing.T) {
	for round := range 6 {
		dir := t.TempDir()
		path, target := filepath.Join(dir, "log"), filepath.Join(dir, "target")
		s := openAt(t, path)
		fill := func(n int) {
			for i := range n {
				c := one(events.StreamID(fmt.Sprintf("order-%d-%d", n, i)), 0, "a")
				c.Batches[0].Events[0].Data = make([]byte, 700)
				appended(t, s, c)
			}
			run(t, s.conns[0], "PRAGMA wal_checkpoint")
		}
		fill(30 + round)
		copied(t, path, target, "")
		fill(60 + round)
		appended(t, s, one("order-1", 0, "a"))
		copied(t, path, target, "-wal")
		before := picture(t, dir)
		if _, err := Open(t.Context(), target); !errors.Is(err, ErrDamaged) {
			t.Errorf("round %d: Open: %v, want ErrDamaged", round, err)
		}
		if err := os.Remove(target + "-shm"); err != nil {
			t.Error(err)
		}
		if after := picture(t, dir); after != before {
			t.Errorf("before:\n%safter:\n%s", before, after)
		}
	}
}

// TestBackupCutOff ends a Backup and a Restore halfway, in each way in which they can end: there is
// nothing at the path and nothing beside it.
func TestBackupCutOff(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "source")
	s := openAt(t, source)
	for i := range events.Version(80) {
		c := one("order-1", i, "a")
		c.Batches[0].Events[0].Data = make([]byte, 50_000)
		appended(t, s, c)
	}
	whole := filepath.Join(dir, "whole")
	last, err := s.Backup(t.Context(), whole)
	if err != nil || last != 80 {
		t.Fatal(last, err)
	}
	room := filepath.Join(dir, "room")
	if err := os.Mkdir(room, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(room, "backup")
	ctx, cancel := context.WithCancel(t.Context())
	stop := OnProgress(func(p Progress) {
		if p.Done < p.Total {
			cancel()
		}
	})
	if _, err := s.Backup(ctx, path, stop); err != context.Canceled {
		t.Errorf("a Backup that was cancelled: %v", err)
	}
	for _, step := range []string{"copy", "check"} {
		ctx, cancel := context.WithCancel(t.Context())
		stop := OnProgress(func(p Progress) {
			if p.Step == step && p.Done < p.Total {
				cancel()
			}
		})
		if _, err := Restore(ctx, whole, path, stop); err != context.Canceled {
			t.Errorf("a Restore that was cancelled in its %s: %v", step, err)
		}
	}
	other := openAt(t, source)
	closed := make(chan error, 1)
	begun := OnProgress(func(p Progress) {
		if closed != nil && p.Done < p.Total {
			c := closed
			closed = nil
			go func() { c <- other.Close() }()
			<-other.tasks.closing
		}
	})
	ends := closed
	if _, err := other.Backup(t.Context(), path, begun); !errors.Is(err, events.ErrClosed) {
		t.Errorf("a Backup of a store that is closed: %v", err)
	}
	if err := <-ends; err != nil {
		t.Error(err)
	}
	if _, err := other.Backup(t.Context(), path); !errors.Is(err, events.ErrClosed) {
		t.Errorf("a Backup after the store was closed: %v", err)
	}
	appeared := OnProgress(func(Progress) { _ = os.WriteFile(path, []byte("mine"), 0o644) })
	if _, err := s.Backup(t.Context(), path, appeared); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a Backup to a path at which a file appears: %v", err)
	}
	if body, err := os.ReadFile(path); string(body) != "mine" {
		t.Errorf("it wrote over the file: %q, %v", body, err)
	}
	if err := os.Remove(path); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(room); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestBackupKilled kills the process in the middle of a Backup: nothing is at the path, and what is
// left beside it is in the way of nothing.
func TestBackupKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	for i := range events.Version(80) {
		c := one("order-1", i, "a")
		c.Batches[0].Events[0].Data = make([]byte, 50_000)
		appended(t, s, c)
	}
	p := storetest.Start(t, "dies-in-backup", path)
	for _, ok := p.Hear(); ok; _, ok = p.Hear() {
	}
	if err := absent(path + ".backup"); err != nil {
		t.Error(err)
	}
	if rooms, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".surety-*")); err != nil || len(rooms) != 1 {
		t.Errorf("left behind: %v %v", rooms, err)
	}
	if last, err := s.Backup(t.Context(), path+".backup"); last != 80 || err != nil {
		t.Errorf("the next one ends at %d, %v", last, err)
	}
}

// TestFullDiskUnderABackup has too little space for a Backup and a Restore, and then for the log
// itself: typed errors, nothing at the path, and appends again once there is space.
func TestFullDiskUnderABackup(t *testing.T) {
	dir := t.TempDir()
	if err := osexec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", dir).Run(); err != nil {
		storetest.Require(t, "mount", "no file system can be mounted: "+err.Error())
	}
	t.Cleanup(func() { _ = osexec.Command("umount", "-l", dir).Run() })
	elsewhere, small := filepath.Join(t.TempDir(), "log"), filepath.Join(dir, "copy")
	s := openAt(t, elsewhere)
	for i := range events.Version(110) {
		c := one("order-1", i, "a")
		c.Batches[0].Events[0].Data = make([]byte, 50_000)
		appended(t, s, c)
	}
	if _, err := s.Backup(t.Context(), small); !errors.Is(err, ErrFull) {
		t.Errorf("a Backup without space: %v", err)
	}
	if _, err := s.Backup(t.Context(), elsewhere+".backup"); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), elsewhere+".backup", small); !errors.Is(err, ErrFull) {
		t.Errorf("a Restore without space: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	full := openAt(t, small)
	var err error
	version := events.Version(0)
	for c := one("order-1", 0, "a"); err == nil; version++ {
		c = one("order-1", version, "a")
		c.Batches[0].Events[0].Data = make([]byte, 50_000)
		_, err = full.Append(t.Context(), c)
	}
	if !errors.Is(err, ErrFull) || errors.Is(err, events.ErrUnknownOutcome) {
		t.Errorf("an append without space: %v", err)
	}
	if n := headOf(t, full, "order-1"); n != version-1 {
		t.Errorf("%d records can be read, want %d", n, version-1)
	}
	if err := osexec.Command("mount", "-o", "remount,size=16m", dir).Run(); err != nil {
		t.Fatal(err)
	}
	appended(t, full, one("order-1", version-1, "a"))
}

// TestRestoreRefuses restores what is no backup.
func TestRestoreRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	s := openAt(t, path)
	for i := range events.Version(200) {
		appended(t, s, one("order-1", i, "a"))
	}
	backup := filepath.Join(dir, "backup")
	if _, err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(dir, "damaged")
	copied(t, backup, damaged, "")
	f, err := os.OpenFile(damaged, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 4096), 4096*5); err != nil {
		t.Fatal(err)
	}
	f.Close()
	withWAL := filepath.Join(dir, "with-wal")
	copied(t, backup, withWAL, "")
	copied(t, path, withWAL, "-wal")
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("the orders of last year\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(dir, "target")
	for _, tt := range []struct{ from, reason string }{
		{path, "is no backup: a file with the suffix -wal"}, {withWAL, "is no backup: a file with the suffix -wal"},
		{damaged, "is damaged"}, {text, "is not a SQLite database"}, {filepath.Join(dir, "missing"), "does not exist"},
	} {
		_, err := Restore(t.Context(), tt.from, target)
		if refused, ok := errors.AsType[*OpenError](err); !ok || refused.Path != tt.from || !strings.HasPrefix(refused.Reason, tt.reason) {
			t.Errorf("%s: %v, want %q", tt.from, err, tt.reason)
		}
		if tt.from == damaged && !errors.Is(err, ErrDamaged) {
			t.Errorf("%v is not ErrDamaged", err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "target*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
