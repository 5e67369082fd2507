package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/storetest"
)

// TestMoveAside refuses a file that this process or another one has open, and moves what is left of
// a process that was killed, which still opens as it was.
func TestMoveAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if _, err := MoveAside(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("MoveAside of nothing: %v", err)
	}
	var inUse *InUseError
	s := openAt(t, path)
	appended(t, s, one("kept-1", 0, "a"))
	if _, err := MoveAside(path); !errors.As(err, &inUse) || inUse.PID != 0 {
		t.Errorf("MoveAside of a file that this process has open: %v", err)
	}
	appended(t, s, one("kept-1", 1, "b")) // the locks are still held
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p := storetest.Start(t, "writes", path)
	p.Await(string(storetest.Acknowledged))
	if runtime.GOOS != "windows" {
		if _, err := MoveAside(path); !errors.As(err, &inUse) || inUse.PID == 0 {
			t.Errorf("MoveAside of a file that another process has open: %v", err)
		}
	}
	p.Kill()
	for _, ok := p.Hear(); ok; _, ok = p.Hear() { // until it has ended
	}
	moved, err := MoveAside(path)
	if err != nil || len(moved) < 2 || filepath.Base(moved[0]) != "log" || filepath.Base(moved[1]) != "log-wal" {
		t.Fatalf("moved %v: %v", moved, err)
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 || left[0] != filepath.Dir(moved[0]) {
		t.Errorf("left: %v %v", left, err)
	}
	if n := headOf(t, openAt(t, moved[0]), "kept-1"); n != 2 {
		t.Errorf("%d records in what was moved", n)
	}
	if p, err := openAt(t, path).Settled(t.Context()); err != nil || p != 0 {
		t.Errorf("a new log is settled at %d, %v", p, err)
	}
}

// TestReadOnly reads beside a process that writes, after it was killed, and a backup.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for _, path := range []string{path, filepath.Join(dir, "missing", "log")} {
		if _, err := Open(t.Context(), path, WithReadOnly()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file that is missing: %v", err)
		}
	}
	p := storetest.Start(t, "writes", path)
	p.Await(string(storetest.Acknowledged))
	r := openAt(t, path, WithReadOnly())
	was, err := r.Settled(t.Context())
	if err != nil || was == 0 {
		t.Fatalf("settled at %d, %v", was, err)
	}
	for { // the other process goes on
		at, err := r.Settled(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if at > was {
			break
		}
	}
	backup := filepath.Join(dir, "backup")
	last, err := r.Backup(t.Context(), backup)
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	for _, ok := p.Hear(); ok; _, ok = p.Hear() {
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil || len(wal) == 0 {
		t.Fatal(len(wal), err)
	}
	if _, err := r.Check(t.Context(), Deep(nil)); err != nil {
		t.Error(err)
	}
	var known events.Record
	for record, err := range r.ReadAll(t.Context(), 0, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		known = record
	}
	if _, found, err := r.Lookup(t.Context(), known.Commit); !found || err != nil {
		t.Errorf("a commit that is there: %t, %v", found, err)
	}
	for call, err := range dead(r) {
		refused := map[string]bool{"append": true, "guard": true, "append each": true, "save snapshot": true, "lookup": true}[call]
		if errors.Is(err, events.ErrReadOnly) != refused || !refused && err != nil {
			t.Errorf("%s: %v", call, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	// Another one after the unclean end, as the first and the last to have the file open.
	again := openAt(t, path, WithReadOnly())
	if p, err := again.Settled(t.Context()); err != nil || p < last {
		t.Errorf("settled at %d, %v", p, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	for suffix, want := range map[string][]byte{"": body, "-wal": wal} {
		if have, err := os.ReadFile(path + suffix); err != nil || string(have) != string(want) {
			t.Errorf("log%s was changed (%v)", suffix, err)
		}
	}

	copied := openAt(t, backup, WithReadOnly())
	if p, err := copied.Settled(t.Context()); p != last || err != nil {
		t.Errorf("the backup is settled at %d, want %d (%v)", p, last, err)
	}
	if beside, err := filepath.Glob(backup + "-*"); err != nil || len(beside) > 0 {
		t.Errorf("beside the backup: %v %v", beside, err)
	}
}

// TestReadOnlyMigratesNothing refuses a file of another schema.
func TestReadOnlyMigratesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	openAt(t, path).Close()
	before := picture(t, filepath.Dir(path))
	_, err := Open(t.Context(), path, WithReadOnly(), func(c *config) { c.migrations = append(c.migrations, "CREATE TABLE second (x INT) STRICT;") })
	if v, ok := errors.AsType[*VersionError](err); !ok || v.Found+1 != v.Known || !strings.Contains(err.Error(), "is earlier than") {
		t.Errorf("an earlier schema: %v", err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
	if after := picture(t, filepath.Dir(path)); after != before {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
}

// dead returns what every call of a store returns.
func dead(s *Store) map[string]error {
	ctx := context.Background()
	errs := make(map[string]error)
	_, errs["append"] = s.Append(ctx, one("order-1", 1, "b"))
	_, errs["guard"] = s.Append(ctx, one("order-1", 1))
	errs["append each"] = s.AppendEach(ctx, []events.Commit{one("order-1", 1, "b")})[0].Err
	_, _, errs["lookup"] = s.Lookup(ctx, one("order-1", 0).ID)
	_, errs["settled"] = s.Settled(ctx)
	errs["save snapshot"] = s.SaveSnapshot(ctx, events.Snapshot{Stream: "order-1", Version: 1, Fold: "f", Data: []byte("x")})
	_, _, errs["latest snapshot"] = s.LatestSnapshot(ctx, "order-1", "f")
	_, errs["backup"] = s.Backup(ctx, s.file.path+".late")
	_, errs["check"] = s.Check(ctx)
	for _, err := range s.Read(ctx, "order-1", 0) {
		errs["read"] = err
	}
	for _, err := range s.ReadAll(ctx, 0, events.Filter{}) {
		errs["read all"] = err
	}
	return errs
}
