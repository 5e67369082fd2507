package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
)

func signalsChange(e *env) error {
	s := e.open()
	signals := s.(events.Signaler)
	wait := func(what string, changed <-chan struct{}) error {
		select {
		case <-changed:
			return nil
		case <-time.After(5 * time.Second):
			return fmt.Errorf("no signal of %s", what)
		}
	}
	for i := range events.Version(3) {
		changed, same := signals.Changed(), signals.Changed()
		select {
		case <-changed:
			return errors.New("a signal before anything was appended")
		case <-time.After(time.Millisecond):
		}
		if _, err := e.put(s, batch("order-1", i, newEvents(1)...)); err != nil {
			return err
		}
		if err := wait("a commit", changed); err != nil {
			return err
		}
		if err := wait("a commit to the second waiter", same); err != nil {
			return err
		}
	}
	changed := signals.Changed()
	if err := s.Close(); err != nil {
		return err
	}
	if err := wait("the close", changed); err != nil {
		return err
	}
	if err := wait("the close, asked for afterwards", signals.Changed()); err != nil {
		return err
	}
	unwatched := e.open()
	if err := unwatched.Close(); err != nil {
		return err
	}
	return wait("a close that nobody waited for", unwatched.(events.Signaler).Changed())
}

func snapshotsAreHints(e *env) error {
	s := e.open()
	kept := s.(events.Snapshots)
	if _, err := e.put(s, batch("order-1", 0, newEvents(9)...), batch("order-2", 0, newEvents(9)...)); err != nil {
		return err
	}
	k := snapshotKeeper{e.ctx, kept}
	latest, save := k.latest, k.save
	if err := inOrder(
		func() error { return latest("order-1", "f", 0, "") },
		func() error { return save("order-1", "f", 3, "three") },
		func() error { return latest("order-1", "f", 3, "three") },
		func() error { return save("order-1", "f", 2, "two") },
		func() error { return latest("order-1", "f", 3, "three") },
		func() error { return save("order-1", "f", 5, "five") },
		func() error { return save("order-1", "F", 4, "other fold") },
		func() error { return save("order-2", "f", 1, "\x00other stream\xff") },
		func() error { return latest("order-1", "f", 5, "five") },
		func() error { return latest("order-1", "F", 4, "other fold") },
		func() error { return latest("order-2", "f", 1, "\x00other stream\xff") },
		func() error { return latest("order-2", "F", 0, "") },
		func() error { return save("order-2", "", 2, "") },
		func() error { return latest("order-2", "", 2, "") },
	); err != nil {
		return err
	}
	if err := k.largest(); err != nil {
		return err
	}
	// The log is the truth: snapshots leave no trace in it.
	if err := e.stands(s, "order-1", 9); err != nil {
		return err
	}
	if err := e.sound(s); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := save("order-1", "f", 9, "late"); !errors.Is(err, events.ErrClosed) {
		return fmt.Errorf("save after Close: %v, want %w", err, events.ErrClosed)
	}
	if err := latest("order-1", "f", 5, "five"); !errors.Is(err, events.ErrClosed) {
		return fmt.Errorf("latest after Close: %v, want %w", err, events.ErrClosed)
	}
	return nil
}

// snapshotKeeper saves and checks snapshots.
type snapshotKeeper struct {
	ctx  context.Context
	kept events.Snapshots
}

// latest checks what is kept: that version with that data, or nothing if version is 0.
func (k snapshotKeeper) latest(stream events.StreamID, fold string, version events.Version, data string) error {
	got, ok, err := k.kept.LatestSnapshot(k.ctx, stream, fold)
	if err != nil {
		return fmt.Errorf("latest snapshot: %w", err)
	}
	if !ok && version == 0 {
		return nil
	}
	if !ok || got.Stream != stream || got.Version != version || got.Fold != fold || !bytes.Equal(got.Data, []byte(data)) {
		return fmt.Errorf("latest snapshot of %s %q has version %d and %d bytes (kept: %t); want version %d", stream, fold, got.Version, len(got.Data), ok, version)
	}
	return nil
}

// save saves a snapshot and uses the memory of its data again.
func (k snapshotKeeper) save(stream events.StreamID, fold string, version events.Version, data string) error {
	body := []byte(data)
	err := k.kept.SaveSnapshot(k.ctx, events.Snapshot{Stream: stream, Version: version, Fold: fold, Data: body})
	for i := range body {
		body[i] = 'x'
	}
	return err
}

// largest saves a snapshot at the bound of its data, and some beyond the bounds.
func (k snapshotKeeper) largest() error {
	large := events.Snapshot{Stream: "order-1", Version: 9, Fold: "large", Data: make([]byte, events.MaxSnapshot+1)}
	if err := outside(k.kept.SaveSnapshot(k.ctx, large)); err != nil {
		return err
	}
	large.Data = large.Data[1:]
	if err := k.kept.SaveSnapshot(k.ctx, large); err != nil {
		return fmt.Errorf("a snapshot at its bound: %w", err)
	}
	if err := k.latest("order-1", "large", 9, string(large.Data)); err != nil {
		return errors.New("a snapshot at its bound does not come back")
	}
	large.Stream = "order"
	if err := outside(k.kept.SaveSnapshot(k.ctx, large)); err != nil {
		return err
	}
	return outside(k.kept.SaveSnapshot(k.ctx, events.Snapshot{Stream: "order-1", Fold: "none"}))
}
