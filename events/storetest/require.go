package storetest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// requireEnv lists, with commas between, what must not be missing on a machine.
const requireEnv = "SURETY_REQUIRE"

// Require ends a test that lacks something of the machine it runs on, such as a program or a
// server. The reason says what is missing; with none Require does nothing. The test is skipped,
// unless the environment variable SURETY_REQUIRE, a list such as "postgres,strace", has the name:
// then it fails.
func Require(t testing.TB, name, reason string) {
	t.Helper()
	switch {
	case reason == "":
	case slices.Contains(strings.Split(os.Getenv(requireEnv), ","), name):
		t.Fatalf("%s is required: %s", name, reason)
	default:
		t.Skipf("%s: %s", name, reason)
	}
}
