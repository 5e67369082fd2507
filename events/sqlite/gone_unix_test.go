//go:build unix

package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tradesurety/surety/events"
)

// TestAFileThatIsGone removes, renames and replaces the file under a living store: nothing is
// acknowledged into it any more, and the store stays dead when the file is back.
func TestAFileThatIsGone(t *testing.T) {
	rename := func(t *testing.T, from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for name, act := range map[string]func(t *testing.T, path string){
		"renamed":  func(t *testing.T, path string) { rename(t, path, path+".kept") },
		"replaced": func(t *testing.T, path string) { rename(t, path+".backup", path) },
		"removed": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			s, reads := openAt(t, path), openAt(t, path)
			appended(t, s, one("order-1", 0, "a"))
			if _, err := s.Backup(t.Context(), path+".backup"); err != nil {
				t.Fatal(err)
			}
			act(t, path)
			c := one("order-1", 1, "b")
			_, err := s.Append(t.Context(), c)
			moved, ok := errors.AsType[*MovedError](err)
			if !ok || moved.Path != path || errors.Is(err, fs.ErrNotExist) != (name != "replaced") || errors.Is(err, events.ErrUnknownOutcome) {
				t.Fatalf("append: %v, want a *MovedError", err)
			}
			for { // the other store, through which nobody writes, finds it a moment later
				if _, err := reads.Settled(t.Context()); err != nil {
					if !errors.As(err, &moved) {
						t.Errorf("settled: %v", err)
					}
					break
				}
			}
			if name == "renamed" {
				rename(t, path+".kept", path)
			}
			for call, err := range dead(s) {
				if !errors.As(err, &moved) {
					t.Errorf("%s on a dead store: %v", call, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}
