package ordertest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestConsumer vets, builds and tests a separate module that uses the kit as a user does. Its versions and checksums are
// those of this module, and it needs the module cache only.
func TestConsumer(t *testing.T) {
	dir, err := filepath.Abs("testdata/consumer")
	if err != nil {
		t.Fatal(err)
	}
	// The copies keep go from writing to the checkout.
	mod := filepath.Join(t.TempDir(), "go.mod")
	for _, file := range [][2]string{{filepath.Join(dir, "go.mod"), mod}, {"../../go.sum", filepath.Join(filepath.Dir(mod), "go.sum")}} {
		data, err := os.ReadFile(file[0])
		if err == nil {
			err = os.WriteFile(file[1], data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"vet", "./..."}, {"test", "-vet=off", "-short", "./..."}} {
		cmd := exec.CommandContext(t.Context(), "go", append([]string{args[0], "-mod=mod", "-modfile=" + mod}, args[1:]...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
}
