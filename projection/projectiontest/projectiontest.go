package projectiontest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/tradesurety/surety/projection"
)

// Config says how to open the stores under test.
type Config struct {
	// Open returns a new store without views, which is closed by the cleanup of the test.
	Open func(t testing.TB) projection.Store
	// Reopen closes s and opens a store on the same data. It is nil for a store whose data does
	// not outlive a close.
	Reopen func(t testing.TB, s projection.Store) projection.Store
	// Sample is for a store that takes long to make tables: a case that tries every place of a
	// log tries only every Sample-th, from a random one. Below 2, and in the long form, it
	// tries all.
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
		{"VersionsAreIndependent", "Versions of a view are independent.", versionsAreIndependent},
		{"TakeOverIsOneStep", "Which version is live changes in one step.", takeOverIsOneStep},
		{"ClearIsOneStep", "Clear removes all rows of a version and moves its checkpoint before the first record, all or none.", clearIsOneStep},
		{"UnknownVersions", "An unknown version is a *ViewError.", unknownVersions},
		{"OutlivesClose", "Committed rows are there after a close.", outlivesClose},
		{"CrashAtEveryStep", "Wherever a worker fails, the view holds the result of the records up to its checkpoint.", crashAtEveryStep},
		{"CrashAnywhere", "Wherever a worker fails, the view holds the result of the records up to its checkpoint.", crashAnywhere},
		{"WorkersSideBySide", "Two workers never apply a record twice.", workersSideBySide},
		{"PoisonStops", "A record that cannot be folded stops the view before it.", poisonStops},
		{"PoisonParks", "A parked stream stops, all others continue, and Retry resumes it.", poisonParks},
		{"RebuildBeside", "A new version is built beside the live one and takes over.", rebuildBeside},
		{"InterruptedAndContinued", "A rebuild may be interrupted and continued.", interrupted},
		{"ForeignLog", "A checkpoint that is not from this log is detected.", foreignLog},
		{"ForkIsSeen", "A worker that lives through a rewind of its log folds nothing of the other history.", forkIsSeen},
		{"RebuildOnFork", "With WithRebuildOnFork a view starts anew when the log is on another history, and none sees half of it.", rebuildOnFork},
		{"FollowSeesCommits", "Follow folds new records as they are committed.", follows},
		{"ReconcileFindsDifferences", "Reconcile returns the first difference.", reconcileFinds},
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
		t.Run("FromIsIgnored", func(t *testing.T) { controlNoFence(newEnv(t, c)) })
	})
}

// env is the environment of a case.
type env struct {
	testing.TB
	config Config
	rand   *rand.Rand
	sample int // selects the places if not all are tried
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

// sampled reports whether a case tries a place.
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
