package aggregatetest

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
)

// fold replays the history by Evolve, each event at the instant that the function makes of its own.
func (a Aggregate[S, C, E, F, P, K]) fold(t *testing.T, at func(time.Time) time.Time) S {
	t.Helper()
	s := a.New()
	for _, r := range a.History {
		var err error
		if s, err = a.Evolve(s, r.Event, at(r.At)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// zonesLeaveNoTrace compares the state after instants with a zone and a monotonic reading, as a live
// decision has them, with the state from the log.
func (a Aggregate[S, C, E, F, P, K]) zonesLeaveNoTrace(t *testing.T) {
	zone, now := time.FixedZone("UTC+8", 8*60*60), time.Now()
	live := a.fold(t, func(at time.Time) time.Time { return now.Add(at.Sub(now)).In(zone) })
	stored := a.fold(t, time.Time.UTC)
	if !reflect.DeepEqual(live, stored) {
		t.Errorf("live:\n%+v\nreplayed:\n%+v", live, stored)
	}
	if at := a.LastAt(live); at != at.Round(0).UTC() || at != a.LastAt(stored) {
		t.Errorf("the last instant is %#v live and %#v replayed", at, a.LastAt(stored))
	}
}

// statesAreValues goes on from every state of the history, twice, and compares the states with
// those of a replay afterwards: no later step may have changed them.
func (a Aggregate[S, C, E, F, P, K]) statesAreValues(t *testing.T) {
	states := []S{a.New()}
	for _, r := range a.History {
		s := states[len(states)-1]
		if _, err := a.Evolve(s, r.Event, r.At.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		s, err := a.Evolve(s, r.Event, r.At)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, s)
	}
	for n, s := range states {
		want, err := a.Replay(a.New(), a.History[:n])
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("the state after %d events became\n%+v\nwant\n%+v", n, s, want)
		}
	}
}

// replayIsTheFold cuts the history in two everywhere: the beginning and the rest give the whole.
func (a Aggregate[S, C, E, F, P, K]) replayIsTheFold(t *testing.T) {
	want := a.fold(t, time.Time.UTC)
	for cut := range len(a.History) + 1 {
		s, err := a.Replay(a.New(), a.History[:cut])
		if err == nil {
			s, err = a.Replay(s, a.History[cut:])
		}
		if err != nil || !reflect.DeepEqual(s, want) {
			t.Errorf("cut at %d:\n%+v, %v\nwant:\n%+v", cut, s, err, want)
		}
	}
	m := a.Model()
	s := m.New(a.Stream)
	if m.Category != a.Stream.Category() {
		t.Errorf("the model is of %s, the stream is %s", m.Category, a.Stream)
	}
	if !reflect.DeepEqual(s, a.New()) {
		t.Errorf("the model begins with %+v, New with %+v", s, a.New())
	}
	for _, r := range a.History {
		typ, schema, data, err := m.Encode(nil, r.Event)
		if err != nil {
			t.Fatal(err)
		}
		e, err := m.Decode(typ, schema, data)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Evolve(&s, e, r.At); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("through the model:\n%+v\nwant:\n%+v", s, want)
	}
	if m == a.Model() {
		t.Error("callers share a model that one of them could change")
	}
}

// corruptHistoryIsNamed adds an event that cannot be there.
func (a Aggregate[S, C, E, F, P, K]) corruptHistoryIsNamed(t *testing.T) {
	var none E
	end, err := a.Replay(a.New(), a.History)
	if err != nil {
		t.Fatal(err)
	}
	wrong := map[string]E{"unknown": none}
	for _, e := range a.Events {
		if _, ok := a.Life.Table().Next(a.Phase(end), e.Kind()); !ok {
			wrong[e.Kind().String()] = e
		}
	}
	if len(wrong) == 1 && len(a.Life.Table().Phases()) > 2 {
		t.Error("every event has a step at the end of the history")
	}
	for typ, e := range wrong {
		s, err := a.Replay(a.New(), append(slices.Clone(a.History), events.Recorded[E]{At: a.History[0].At, Event: e}))
		c, ok := errors.AsType[*events.CorruptError](err)
		if !ok || c.Stream != a.Stream || c.Version != events.Version(len(a.History)+1) || c.Err == nil || typ != "unknown" && c.Type != typ {
			t.Errorf("%s: %v", typ, err)
		}
		if !reflect.DeepEqual(s, end) {
			t.Errorf("%s: the state is\n%+v\nwant the one before:\n%+v", typ, s, end)
		}
	}
}
