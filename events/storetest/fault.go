package storetest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Fault is a system call that fails in a process.
type Fault struct {
	Calls string   // such as "fsync,fdatasync"
	Paths []string // the files on which it fails
	When  int      // the how manieth of these calls fails, from 1
	Error string   // such as "EIO"
}

// StartWith is Start for a process in which a system call fails. It needs strace; without it the
// test is skipped, see Require. The function it returns says, once the process has ended, whether
// there was such a call.
func StartWith(t testing.TB, f Fault, args ...string) (p *Process, failed func() bool) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		Require(t, "strace", err.Error())
	}
	log := filepath.Join(t.TempDir(), "strace")
	under := []string{strace, "-f", "-qq", "-o", log, "-e", "trace=" + f.Calls,
		"-e", fmt.Sprintf("inject=%s:error=%s:when=%d", f.Calls, f.Error, f.When)}
	for _, path := range f.Paths {
		under = append(under, "-P", path)
	}
	return startUnder(t, under, args), func() bool {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(text, []byte("(INJECTED)"))
	}
}
