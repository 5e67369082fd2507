package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// Disk is a small file system of its own, which loses its power when a test says so: what was not
// forced to it is then lost, as after a power cut.
type Disk struct {
	image string
	dir   string
}

// NewDisk makes and mounts a file system of that many MiB, which needs root, mkfs.ext4, mount and a
// loop device. Without them the test is skipped, see Require, under the name powercut.
func NewDisk(t testing.TB, size int64) *Disk {
	t.Helper()
	if os.Geteuid() != 0 {
		Require(t, "powercut", "only root may mount a file system")
	}
	// A server that runs under another account must reach it, unlike what t.TempDir makes.
	dir, err := os.MkdirTemp("", "surety-disk-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &Disk{image: filepath.Join(dir, "image"), dir: filepath.Join(dir, "disk")}
	err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(d.dir, 0o755), os.WriteFile(d.image, nil, 0o600))
	if err == nil {
		err = os.Truncate(d.image, size<<20)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := run("mkfs.ext4", "-q", "-F", "-m", "0", d.image); err != nil {
		Require(t, "powercut", err.Error())
	}
	if err := d.mount(); err != nil {
		Require(t, "powercut", err.Error())
	}
	t.Cleanup(func() {
		if err := d.unmount(); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return d
}

// Dir is where the file system is mounted.
func (d *Disk) Dir() string { return d.dir }

// mount has the file system write back nothing by itself for as long as a test may take.
func (d *Disk) mount() error { return run("mount", "-o", "loop,commit=600", d.image, d.dir) }

// unmount waits for those who still hold files: a killed process lets go of them when it is gone.
func (d *Disk) unmount() (err error) {
	for range 500 {
		if err = syscall.Unmount(d.dir, 0); !errors.Is(err, syscall.EBUSY) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// Sync forces all that was written so far.
func (d *Disk) Sync() error { return run("sync", "-f", d.dir) }

// Cut cuts the power: nothing is written to the file system from here on. What a process was told
// to be on the disk after that moment may be lost; see Clock.
func (d *Disk) Cut() error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	// EXT4_IOC_SHUTDOWN, without writing the journal.
	const shutdown, withoutJournal = 0x8004587d, 2
	flag := uint32(withoutJournal)
	if _, _, no := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flag))); no != 0 {
		return fmt.Errorf("cut the power: %w", no)
	}
	return nil
}

// Restore mounts the file system again after a cut, once the processes that used it have ended.
func (d *Disk) Restore() error {
	if err := d.unmount(); err != nil {
		return fmt.Errorf("unmount: %w", err)
	}
	return d.mount()
}

func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// clock returns the time of a clock that all processes of the machine share and nobody sets.
func clock() int64 {
	var ts syscall.Timespec
	const monotonic = 1
	if _, _, no := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, monotonic, uintptr(unsafe.Pointer(&ts)), 0); no != 0 {
		panic(no)
	}
	return ts.Nano()
}
