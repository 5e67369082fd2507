package projection

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradesurety/surety/events"
)

// Fold makes rows of the folded states of the streams of one category, with its model. It is for
// views whose rows show the current state of a stream. At least one of Each and Last is set.
//
// States are not stored. As many as States are remembered; any other is read from the log again,
// up to the version of the record, so that rows never show more than the records that the view
// was given. The filter of the view must let all records of the category through.
type Fold[S, E any] struct {
	Model *events.Model[S, E]
	// Each is called for every record, with the event and the state after it. An error makes
	// the record a poison event. Each keeps neither the record nor the state.
	Each func(rows *Rows, r *events.Record, event E, state *S) error
	// Last is called before each commit, for every stream that has changed, with its current
	// state.
	Last func(rows *Rows, stream events.StreamID, version events.Version, state *S)
	// States is the least number of states that each slice remembers; below 1 it is
	// DefaultStates.
	States int
}

// DefaultStates is the least number of folded states that a slice remembers, and half of the
// greatest.
const DefaultStates = 16384

// Category returns the category that the fold is for.
func (f Fold[S, E]) Category() string { return f.Model.Category }

// Folder returns the function over the records of the category.
func (f Fold[S, E]) Folder(log events.Store) Folder {
	if f.States < 1 {
		f.States = DefaultStates
	}
	return &folder[S, E]{
		of: f, log: log, states: generations[events.StreamID, *folded[S]](f.States),
	}
}

// CategoryFolder is a Fold of any model.
type CategoryFolder interface {
	Category() string
	Folder(log events.Store) Folder
}

// Folds returns the New of a View over the streams of several categories, each with its own fold.
func Folds(folds ...CategoryFolder) func(events.Store) Folder {
	if len(folds) == 1 {
		return folds[0].Folder
	}
	return func(log events.Store) Folder {
		all := make(byCategory, len(folds))
		for _, f := range folds {
			all[f.Category()] = f.Folder(log)
		}
		return all
	}
}

// byCategory passes each record to the folder of its category.
type byCategory map[string]Folder

func (b byCategory) Fold(ctx context.Context, rows *Rows, r *events.Record) error {
	f, ok := b[r.Stream.Category()]
	if !ok {
		return fmt.Errorf("projection: nothing folds the category %q", r.Stream.Category())
	}
	return f.Fold(ctx, rows, r)
}

func (b byCategory) Flush(ctx context.Context, rows *Rows) error {
	for _, f := range b {
		if err := f.Flush(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// folder is a Fold with the states that it remembers.
type folder[S, E any] struct {
	of      Fold[S, E]
	log     events.Store
	states  twoGenerations[events.StreamID, *folded[S]]
	changed []*folded[S] // since the last Flush
}

// folded is the state of a stream at a version.
type folded[S any] struct {
	state   S
	stream  events.StreamID
	version events.Version
	changed bool // it is in folder.changed
}

// Fold implements Folder.
func (f *folder[S, E]) Fold(ctx context.Context, rows *Rows, r *events.Record) error {
	s, ok := f.states.get(r.Stream)
	if !ok || s.version+1 != r.Version {
		var err error
		if s, err = f.load(ctx, r.Stream, r.Version-1); err != nil {
			return err
		}
		f.states.put(r.Stream, s)
	}
	event, err := f.step(s, r)
	if err == nil && f.of.Each != nil {
		err = f.of.Each(rows, r, event, &s.state)
	}
	if err == nil {
		if f.of.Last != nil && !s.changed {
			s.changed = true
			f.changed = append(f.changed, s)
		}
		return nil
	}
	// The state may be changed in part. Flush uses the state before the record.
	before, failed := f.load(ctx, r.Stream, r.Version-1)
	if failed != nil {
		return failed
	}
	if s.changed {
		before.changed = true
		f.changed[slices.Index(f.changed, s)] = before
	}
	f.states.put(r.Stream, before)
	return err
}

// load folds a stream from its first record to a version.
func (f *folder[S, E]) load(ctx context.Context, stream events.StreamID, version events.Version) (*folded[S], error) {
	s := &folded[S]{stream: stream}
	if f.of.Model.New != nil {
		s.state = f.of.Model.New(stream)
	}
	if version == 0 {
		return s, nil
	}
	for r, err := range f.log.Read(ctx, stream, 0) {
		if err != nil {
			return nil, Unavailable(err)
		}
		if r.Version != s.version+1 {
			break
		}
		if _, err := f.step(s, &r); err != nil {
			return nil, r.Corrupt(err)
		}
		if s.version == version {
			return s, nil
		}
	}
	return nil, fmt.Errorf("projection: version %d of the stream is missing", s.version+1)
}

// step folds one record into a state.
func (f *folder[S, E]) step(s *folded[S], r *events.Record) (E, error) {
	event, err := f.of.Model.Decode(r.Type, r.Schema, r.Data)
	if err == nil {
		err = f.of.Model.Evolve(&s.state, event, r.At)
	}
	if err == nil {
		s.version = r.Version
	}
	return event, err
}

// Flush implements Folder.
func (f *folder[S, E]) Flush(_ context.Context, rows *Rows) error {
	for _, s := range f.changed {
		f.of.Last(rows, s.stream, s.version, &s.state)
		s.changed = false
	}
	clear(f.changed)
	f.changed = f.changed[:0]
	f.states.age()
	return nil
}
