package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// FullDiskConfig says how FullDisk opens a log.
type FullDiskConfig struct {
	// Open opens an empty log with its files in the directory, once for every ten fills. FullDisk closes
	// it.
	Open func(t testing.TB, dir string) events.Store
	// Full is found by errors.Is in the error of an append for which there is no space.
	Full error
	// Size is that of the disk in MiB; 0 stands for 16.
	Size int64
	// Fills is how often the disk is filled; 0 stands for 10, and for 500 with SURETY_LONG=1.
	Fills int
}

// FullDisk fills the disk of a log, again and again. Appends fail then with Full, reads go on, and
// once there is space appends work again, on the same store. An Auditor compares the log with what
// was acknowledged. It needs what NewDisk needs.
func FullDisk(t *testing.T, c FullDiskConfig) {
	e := newEnv(t, Config{}, nil)
	fills := c.Fills
	if fills == 0 {
		fills = e.times(10, 500)
	}
	if c.Size == 0 {
		c.Size = 16
	}
	const perDisk = 10 // what is appended stays, and needs room
	var sum Tally
	for done := 0; done < fills && !t.Failed(); done += perDisk {
		t.Run(strconv.Itoa(done), func(t *testing.T) {
			disk, auditor := NewDisk(t, c.Size), NewAuditor()
			s := c.Open(t, disk.Dir())
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			for range min(perDisk, fills-done) {
				tally, err := auditor.fill(t.Context(), s, disk, c.Full, e.rand.Int64N(256<<10))
				if err != nil {
					t.Fatal(err)
				}
				sum.add(tally)
			}
		})
	}
	t.Logf("%d times full: %+v", fills, sum)
}

// fill fills the disk of a log but for about that many bytes, appends until it is full, and makes
// room again.
func (a *Auditor) fill(ctx context.Context, s events.Store, disk *Disk, full error, free int64) (Tally, error) {
	filler, err := fill(disk.Dir(), free)
	if err != nil {
		return Tally{}, err
	}
	if err := Write(ctx, s, a.Hear); !errors.Is(err, full) {
		return Tally{}, fmt.Errorf("an append on a full disk: %w, want %w", err, full)
	}
	// Nothing but reads, which find the log sound.
	if err := follows(ctx, s); err != nil {
		return Tally{}, fmt.Errorf("reading on a full disk: %w", err)
	}
	if err := os.Remove(filler); err != nil {
		return Tally{}, err
	}
	tally, err := a.Audit(ctx, s) // asks again for what was not acknowledged
	if err != nil {
		return Tally{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err = Write(ctx, s, func(w Word, id uuid.UUID) {
		if a.Hear(w, id); w == Acknowledged {
			stop()
		}
	})
	if err != nil {
		return Tally{}, fmt.Errorf("an append once there is space: %w", err)
	}
	return tally, nil
}

// follows reads the whole log.
func follows(ctx context.Context, s events.Store) error {
	o := newOrder()
	for r, err := range s.ReadAll(ctx, 0, events.Filter{}) {
		if err == nil {
			err = o.next(&r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fill fills the disk of a directory but for about that many bytes, and returns the file that does it.
func fill(dir string, free int64) (path string, err error) {
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		return "", err
	}
	defer f.Close()
	size := int64(0)
	for block := make([]byte, 64<<10); ; {
		n, err := f.Write(block)
		if size += int64(n); errors.Is(err, syscall.ENOSPC) {
			break
		} else if err != nil {
			return "", err
		}
	}
	return f.Name(), errors.Join(f.Truncate(max(0, size-free)), f.Sync())
}
