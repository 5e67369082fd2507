//go:build !linux

package storetest

import (
	"errors"
	"testing"
	"time"
)

// Disk is a file system that can lose its power. There is none but on Linux.
type Disk struct{}

// NewDisk skips the test, see Require, under the name powercut.
func NewDisk(t testing.TB, _ int64) *Disk {
	t.Helper()
	Require(t, "powercut", "only Linux has a file system that can be shut down")
	return nil
}

// Dir is where the file system is mounted.
func (*Disk) Dir() string { return "" }

// Sync forces all that was written so far.
func (*Disk) Sync() error { return errors.ErrUnsupported }

// Cut cuts the power.
func (*Disk) Cut() error { return errors.ErrUnsupported }

// Restore mounts the file system again after a cut.
func (*Disk) Restore() error { return errors.ErrUnsupported }

// clock returns the time of a clock that all processes of the machine share.
func clock() int64 { return time.Now().UnixNano() }
