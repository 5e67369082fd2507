package projectiontest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/tradesurety/surety/projection"
)

// Config says how to reach the stores under test.
type Config struct {
	// Open returns a fresh store without views. The suite leaves it to the test's cleanup.
	Open func(t testing.TB) projection.Store
	// Reopen closes s and opens a store on the same data. It is nil for a store of which
	// nothing outlives a close.
	Reopen func(t testing.TB, s projection.Store) projection.Store
	// Sample is for a store whose tables take long to make: of the places of a log that a case
	// goes through one by one, it takes every so many, from one that is drawn. Below 2, and in
	// the long form, it takes all.
	Sample int
}

// Run runs every case.
func Run(t *testing.T, c Config) {
	for _, k := range []struct {
		name    string
		promise string
		run     func(*env)
	}{
		{"CommitIsAllOrNone", "A commit is all or none.", commitIsAllOrNone},
		{"OneCommitWins", "Of the commits that begin at the same checkpoint one is applied.", oneCommitWins},
		{"ReadSeesOneState", "A read sees one state.", readSeesOneState},
		{"RowsComeBackAsPut", "Rows come back as they were put.", rowsComeBackAsPut},
		{"SelectIsExact", "Rows are found and ordered by the values of their columns.", selectIsExact},
		{"VersionsStandApart", "Versions of a view do not know each other.", versionsStandApart},
		{"TakeOverIsOneStep", "Which version is live changes in one step.", takeOverIsOneStep},
		{"UnknownVersions", "What is not there is a *ViewError.", unknownVersions},
		{"OutlivesClose", "What was committed is there after a close.", outlivesClose},
		{"CrashAtEveryStep", "Wherever a worker fails, the view is what the records up to its checkpoint make of it.", crashAtEveryStep},
		{"CrashAnywhere", "Wherever a worker fails, the view is what the records up to its checkpoint make of it.", crashAnywhere},
		{"WorkersSideBySide", "Two workers never apply twice.", workersSideBySide},
		{"PoisonStops", "A record that cannot be folded stops the view before it.", poisonStops},
		{"PoisonParks", "A parked stream stands still, all others go on, and Retry takes it up again.", poisonParks},
		{"RebuildBeside", "A new version is built beside the live one and takes over.", rebuildBeside},
		{"BrokenOffAndContinued", "A rebuild may be broken off and continued.", brokenOff},
		{"ForeignLog", "A checkpoint that is not of this log is found out.", foreignLog},
		{"FollowSeesCommits", "Follow folds what is committed, as it is.", follows},
		{"ReconcileFindsDifferences", "Reconcile names the first difference.", reconcileFinds},
	} {
		t.Run(k.name, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("The promise: %s", k.promise)
				}
			}()
			k.run(newEnv(t, c))
		})
	}
	t.Run("Controls", func(t *testing.T) {
		t.Run("CheckpointBeforeRows", func(t *testing.T) { controlCheckpointFirst(newEnv(t, c)) })
		t.Run("NobodyLooksAtFrom", func(t *testing.T) { controlNoFence(newEnv(t, c)) })
	})
}

// env is what a case works with.
type env struct {
	testing.TB
	config Config
	rand   *rand.Rand
	sample int // which of the places are taken if not all are
	long   bool
}

func newEnv(t testing.TB, c Config) *env {
	seed := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SURETY_SEED: %v", err)
		}
	}
	t.Logf("seed %d; again: SURETY_SEED=%[1]d go test -count=1 -run '%s'", seed, t.Name())
	e := &env{TB: t, config: c, rand: rand.New(rand.NewPCG(seed, 0)), long: os.Getenv("SURETY_LONG") == "1"}
	e.sample = e.rand.IntN(1 << 16)
	return e
}

// times is how often a random case runs: n times, or long times in the long form.
func (e *env) times(n, long int) int {
	if e.long {
		return long
	}
	return n
}

// sampled reports whether a case is to look at a place.
func (e *env) sampled(place int) bool {
	return e.long || e.config.Sample < 2 || place%e.config.Sample == e.sample%e.config.Sample
}

func (e *env) open() projection.Store { return e.config.Open(e.TB) }

// must fails the test if there is an error.
func (e *env) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}
