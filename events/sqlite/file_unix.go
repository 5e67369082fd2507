//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlite

import (
	"os"
	"syscall"
)

// identity tells one file from another.
type identity struct{ device, inode uint64 }

// identify returns the identity of the file at a path.
func identify(path string) (identity, error) {
	var info syscall.Stat_t
	for {
		err := syscall.Stat(path, &info)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return identity{}, &os.PathError{Op: "stat", Path: path, Err: err}
		}
		return identity{device: uint64(info.Dev), inode: uint64(info.Ino)}, nil //nolint:unconvert // not everywhere is it of that type
	}
}

// The bytes that SQLite locks in a database file. A connection in WAL mode holds a shared lock on
// some of them for as long as it is open.
const (
	lockStart = 0x40000000
	lockBytes = 512
)

// holder returns a process other than this one that has the database open, or 0. Of a system that
// does not say which, it returns -1.
func holder(f *os.File) int {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: lockStart, Len: lockBytes}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil || lock.Type == syscall.F_UNLCK {
		return 0
	}
	if lock.Pid == 0 {
		return -1
	}
	return int(lock.Pid)
}
