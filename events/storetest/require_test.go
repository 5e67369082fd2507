package storetest

import (
	"fmt"
	"strings"
	"testing"
)

// TestRequire skips where something is missing, fails where the machine must have it, and lets a
// test go on that lacks nothing.
func TestRequire(t *testing.T) {
	for _, tt := range []struct{ list, reason, want string }{
		{"", "not installed", "skipped"},
		{"postgres", "not installed", "skipped"},
		{"strace", "not installed", "failed"},
		{"postgres,strace,pgbouncer", "not installed", "failed"},
		{"strace", "", ""},
		{"", "", ""},
	} {
		t.Setenv(requireEnv, tt.list)
		r := &ended{TB: t}
		Require(r, "strace", tt.reason)
		if r.how != tt.want || !strings.Contains(r.said, tt.reason) {
			t.Errorf("%q, %q: %s, said %q; want %s", tt.list, tt.reason, r.how, r.said, tt.want)
		}
	}
}

// ended notes how a test was ended.
type ended struct {
	testing.TB
	how, said string
}

func (r *ended) Helper() {}

func (r *ended) Skipf(format string, args ...any) {
	r.how, r.said = "skipped", fmt.Sprintf(format, args...)
}

func (r *ended) Fatalf(format string, args ...any) {
	r.how, r.said = "failed", fmt.Sprintf(format, args...)
}
