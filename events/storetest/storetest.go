package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// Config says how to reach the stores under test.
type Config struct {
	// Open returns a fresh, empty store. The suite closes it.
	Open func(t testing.TB) events.Store
	// Reopen closes s, unless it is closed, and opens a store on the same data. It is nil
	// if nothing outlives a close, which is allowed only for a store of DurabilityNone.
	Reopen func(t testing.TB, s events.Store) events.Store
	// Second returns another handle on the data of s, as another process would have. The
	// suite closes it. It is nil when that is impossible.
	Second func(t testing.TB, s events.Store) events.Store
}

// Case is one promise and its check.
type Case struct {
	Name    string
	Promise string // a sentence of the comments of events.Store, Signaler, Snapshots or Marker
	run     func(*env) error
	needs   need
}

// need says which stores a case is for.
type need uint8

const (
	anyStore need = iota
	aReopen
	aSecond
	aSignaler
	snapshots
	aMarker
	aGuardChecker
)

// Run runs every case that applies to the store, then the controls.
func Run(t *testing.T, c Config) {
	for _, k := range Cases() {
		if !c.meets(t, k.needs) {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			if err := k.run(newEnv(t, c, nil)); err != nil {
				t.Errorf("%v\nThe promise: %s", err, k.Promise)
			}
		})
	}
	t.Run("Controls", func(t *testing.T) {
		for _, k := range controls() {
			t.Run(k.name, func(t *testing.T) {
				err := k.run(newEnv(t, c, k.wrap))
				if err == nil || !strings.Contains(err.Error(), k.says) {
					t.Errorf("the check does not see the fault: %v, want %q", err, k.says)
				}
			})
		}
	})
}

// meets reports whether the store has what a case needs.
func (c Config) meets(t *testing.T, n need) bool {
	switch n {
	case aReopen:
		return c.Reopen != nil
	case aSecond:
		return c.Second != nil
	case aSignaler, snapshots, aMarker, aGuardChecker:
		s := c.Open(t)
		defer s.Close()
		_, signals := s.(events.Signaler)
		_, keeps := s.(events.Snapshots)
		_, marks := s.(events.Marker)
		_, checks := s.(events.GuardChecker)
		return n == aGuardChecker && checks || n == aSignaler && signals || n == snapshots && keeps || n == aMarker && marks
	default:
		return true
	}
}

// env is what a case works with: stores, a context, and random numbers.
type env struct {
	t      testing.TB
	ctx    context.Context
	config Config
	wrap   func(events.Store) events.Store // nil except in a control
	seed   uint64
	rand   *rand.Rand // for the goroutine of the case; others take a source of their own
	ids    atomic.Uint64
	long   bool
}

func newEnv(t testing.TB, c Config, wrap func(events.Store) events.Store) *env {
	e := &env{t: t, config: c, wrap: wrap, seed: rand.Uint64(), long: os.Getenv("SURETY_LONG") == "1"}
	if text := os.Getenv("SURETY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("SURETY_SEED: %v", err)
		}
		e.seed = seed
	}
	t.Logf("seed %d; again: SURETY_SEED=%d go test -count=1 -run '^%s$' %s", e.seed, e.seed, strings.ReplaceAll(t.Name(), "/", "$/^"), tested())
	e.rand = e.source(0)
	patience := time.Minute
	if e.long {
		patience = time.Hour
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	e.ctx = ctx
	return e
}

// tested is the import path of the package whose test runs.
func tested() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Path != "" {
		return strings.TrimSuffix(info.Path, ".test")
	}
	return "."
}

// source returns the random numbers for one goroutine of a case.
func (e *env) source(n int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(e.t.Name() + "/" + strconv.Itoa(n)))
	return rand.New(rand.NewPCG(e.seed, h.Sum64()))
}

// id returns a commit ID that was not used before: like a version 7 UUID, it begins with 48
// bits that rise.
func (e *env) id() uuid.UUID {
	n := e.ids.Add(1)
	var id uuid.UUID
	for i := range 6 {
		id[i] = byte(n >> (40 - 8*i))
	}
	binary.BigEndian.PutUint64(id[8:], e.seed)
	id[6], id[8] = 0x80, id[8]&0x3f|0x80
	return id
}

// times returns the count of the form that runs.
func (e *env) times(short, long int) int {
	if e.long {
		return long
	}
	return short
}

// open returns a fresh store that is closed when the case ends.
func (e *env) open() events.Store {
	s := e.config.Open(e.t)
	e.closing(s)
	return e.wrapped(s)
}

// reopen closes s and returns a store on the same data.
func (e *env) reopen(s events.Store) events.Store {
	again := e.config.Reopen(e.t, inner(s))
	e.closing(again)
	return e.wrapped(again)
}

// second returns another handle on the data of s.
func (e *env) second(s events.Store) events.Store {
	other := e.config.Second(e.t, inner(s))
	e.closing(other)
	return e.wrapped(other)
}

func (e *env) wrapped(s events.Store) events.Store {
	if e.wrap == nil {
		return s
	}
	return e.wrap(s)
}

func (e *env) closing(s events.Store) {
	e.t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, events.ErrClosed) {
			e.t.Errorf("close: %v", err)
		}
	})
}
