package pgtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestNothingIsLeft kills a test binary, which can then stop nothing: the server that it has
// started ends with it, down to the last process. Only Linux signals a child at the death of its
// parent.
func TestNothingIsLeft(t *testing.T) {
	if _, err := binary("postgres"); err != nil {
		missing(t, err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	var dir string
	var pid int
	if _, err := fmt.Sscan(line, &dir, &pid); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	defer os.RemoveAll(dir)
	family := append(children(pid), pid)
	if len(family) < 3 {
		t.Errorf("the server has the processes %d", family)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := 0
		for _, p := range family {
			if alive(p) {
				left++
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d processes are left", left, len(family))
		}
	}
}
