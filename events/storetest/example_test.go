package storetest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/events/storetest"
)

// openFile opens a store that outlives its process.
func openFile(t testing.TB, path string) events.Store {
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The test of a store whose data outlives a handle, and which several handles can share.
func ExampleRun() {
	TestStore := func(t *testing.T) { // a function of the store's own test file
		paths := make(map[events.Store]string)
		at := func(t testing.TB, path string) events.Store {
			s := openFile(t, path)
			paths[s] = path
			return s
		}
		storetest.Run(t, storetest.Config{
			Open: func(t testing.TB) events.Store { return at(t, filepath.Join(t.TempDir(), "log")) },
			Reopen: func(t testing.TB, s events.Store) events.Store {
				_ = s.Close() // a case may have closed it
				return at(t, paths[s])
			},
			Second: func(t testing.TB, s events.Store) events.Store { return at(t, paths[s]) },
		})
	}
	_ = TestStore
}

// What Run checks is data: the first cases, each with the sentence of events.Store that it
// enforces.
func ExampleCases() {
	for _, c := range storetest.Cases()[:3] {
		fmt.Printf("%s: %s\n", c.Name, c.Promise)
	}
	// Output:
	// AllOrNone: A commit is all or none across its streams.
	// ExactVersions: Each batch names the exact version its caller saw;
	// GuardsHold: a batch without events is a guard;
}

// The test of a store that survives the death of its process. TestMain of the same package
// turns the test binary into a writer when Kill starts it again.
func ExampleKill() {
	TestMain := func(m *testing.M) {
		storetest.Child(func(args []string) error {
			s, err := sqlite.Open(context.Background(), args[0])
			if err != nil {
				return err
			}
			defer s.Close()
			return storetest.Victim(s)
		})
		os.Exit(m.Run())
	}
	TestKill := func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "log")
		storetest.Kill(t, storetest.KillConfig{
			Args: []string{path},
			Open: func(t testing.TB) events.Store { return openFile(t, path) },
		})
	}
	_, _ = TestMain, TestKill
}

// A test that makes its writers fail in a way of its own has an Auditor compare what they said
// with the log.
func ExampleAuditor() {
	store, auditor := memory.New(), storetest.NewAuditor()
	ctx, stop := context.WithCancel(context.Background())
	commits := 0
	err := storetest.Write(ctx, store, func(w storetest.Word, id uuid.UUID) {
		if w == storetest.Acknowledged {
			if commits++; commits == 10 {
				stop()
				return // the tenth acknowledgement is lost
			}
		}
		auditor.Hear(w, id)
	})
	if err != nil {
		fmt.Println(err)
	}
	tally, err := auditor.Audit(context.Background(), store)
	fmt.Printf("%+v, %v\n", tally, err)
	// Output: {Acknowledged:9 Applied:1 Missing:0}, <nil>
}
