package world_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/ordertest/world"
)

// TestFailureRepeats: a run that fails reports the command and how to repeat the run, and it fails in the
// same way when it is repeated, also on another store.
func TestFailureRepeats(t *testing.T) {
	wrong := errors.New("the auditor refuses it")
	c := small(seed(t, 18), 50)
	c.Faults = world.AllFaults(100)
	var texts []string
	for _, open := range []func(testing.TB) events.Store{inMemory, inMemory, onFile} {
		shipped := 0
		c.Audit = func(commit []events.Record) error {
			for _, r := range commit {
				if r.Type == "order.shipped" {
					if shipped++; shipped == 5 {
						return r.Corrupt(wrong)
					}
				}
			}
			return nil
		}
		_, err := world.Run(t.Context(), open(t), c)
		var failed *world.Error
		if !errors.As(err, &failed) || !errors.Is(err, wrong) {
			t.Fatalf("the run returned %v", err)
		}
		if failed.Seed != c.Seed || failed.Step < 100 || !strings.HasPrefix(failed.Command, "mark-shipped of order-") ||
			!strings.Contains(failed.Again, fmt.Sprintf("Seed: %d", c.Seed)) {
			t.Errorf("%+v", failed)
		}
		texts = append(texts, fmt.Sprint(failed.Step, failed.At, failed.Command))
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Errorf("the same run fails in different ways: %q", texts)
	}
}

// unfaithful is a store that changes or drops records that are read.
type unfaithful struct {
	events.Store
	to func(r *events.Record) (keep bool)
}

func (s unfaithful) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range s.Store.ReadAll(ctx, after, f) {
			if err == nil && !s.to(&r) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// TestControls: a run fails on a store that loses or changes a record.
func TestControls(t *testing.T) {
	reads := 0
	for name, to := range map[string]func(r *events.Record) bool{
		"loses a payment": func(r *events.Record) bool { return r.Type != "order.payment-received" || r.Version != 9 },
		"loses what the slow follower has not read": func(r *events.Record) bool {
			if r.Position == 700 {
				reads++
			}
			return r.Position != 700 || reads < 2
		},
		"changes an amount": func(r *events.Record) bool {
			if r.Type == "paylater.paid" && r.Version == 4 {
				r.Data = []byte(strings.Replace(string(r.Data), `"total":"`, `"total":"1`, 1))
			}
			return true
		},
		"changes an instant": func(r *events.Record) bool {
			if r.Type == "order.shipped" {
				r.At = r.At.Add(time.Second)
			}
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := world.Run(t.Context(), unfaithful{inMemory(t), to}, small(19, 50)); err == nil {
				t.Error("the run succeeds")
			}
		})
	}
}

// TestConfig: an invalid Config is refused with the name of the field.
func TestConfig(t *testing.T) {
	for field, c := range map[string]world.Config{
		"Orders": {Orders: -1}, "PayLater": {PayLater: 101}, "Sellers": {Sellers: 1}, "Buyers": {Buyers: 1}, "Months": {Months: 1201},
		"Faults.Lost": {Faults: world.Faults{Lost: 1001}}, "Start": {Start: time.Unix(0, 0)},
	} {
		var wrong *world.FieldError
		if _, err := world.Run(t.Context(), inMemory(t), c); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestStops: a run stops when its context is cancelled, reports its progress, and leaves no goroutine behind.
func TestStops(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, calls := small(20, 100), 0
	c.Progress = func(p world.Progress) {
		if calls++; p.Begun == 50 {
			cancel()
		}
	}
	if _, err := world.Run(ctx, forgetting(t), c); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context is cancelled the run returns %v", err)
	}
	if calls < 50 {
		t.Errorf("Progress was called %d times", calls)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}
