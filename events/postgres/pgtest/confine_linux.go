package pgtest

import (
	"os"
	"os/exec"
	"syscall"
)

// confine makes a command run under the account of the server. If it stays, the kernel signals
// it to end, with all its children, when this process has ended.
func (h *home) confine(cmd *exec.Cmd, stays bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if h.owner != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(h.owner.uid), Gid: uint32(h.owner.gid)}
	}
	if stays {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	}
}

func freeze(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }
