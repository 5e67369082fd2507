package desk_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestObserver reports commands with what became of them, and no dry run.
func TestObserver(t *testing.T) {
	var seen []desk.CommandDone
	tr := inMemory(t, desk.WithObserver(desk.Observer{Command: func(c desk.CommandDone) { seen = append(seen, c) }})).opened("10000 USD")
	seen = nil
	id := trade.NewID()
	draft := asking(acme, desk.OnOrder(id, order.Draft{Mode: order.DraftOnline}))
	_ = tr.Desk.Try(t.Context(), draft)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx     context.Context
		command desk.Command
	}{
		{t.Context(), draft},
		{t.Context(), draft},
		{t.Context(), asking(stranger, desk.OnOrder(id, order.ConfirmReceipt{}))},
		{t.Context(), desk.Command{By: acme, Do: draft.Do}},
		{ended, asking(acme, desk.OnOrder(trade.NewID(), order.Draft{Mode: order.DraftOnline}))},
	} {
		_, err := tr.Desk.Do(c.ctx, c.command)
		last := seen[len(seen)-1]
		if last.Err != err || last.Name != "draft" && last.Name != "confirm-receipt" || last.Role != c.command.By.Role || last.Took <= 0 {
			t.Errorf("%+v of %s, which answered %v", last, c.command.Do, err)
		}
	}
	var outcomes []desk.Outcome
	for _, c := range seen {
		outcomes = append(outcomes, c.Outcome)
		if (c.Rule != "") != (c.Outcome == desk.Refused) {
			t.Errorf("%+v", c)
		}
	}
	if want := []desk.Outcome{desk.Done, desk.Repeated, desk.Refused, desk.Malformed, desk.Failed}; !slices.Equal(outcomes, want) {
		t.Errorf("the outcomes are %v, want %v", outcomes, want)
	}
	if seen[2].Rule != rule.A24 {
		t.Errorf("refused by %s", seen[2].Rule)
	}
}

// TestObserverSeesRetries moves a stream on under a command.
func TestObserverSeesRetries(t *testing.T) {
	var attempts []int
	store := &overtaken{Store: memory.New()}
	tr := newFixture(t, store, desk.WithObserver(desk.Observer{
		Retry: func(_ *events.ConflictError, attempt int) { attempts = append(attempts, attempt) },
	})).opened("10000 USD")
	id := tr.draft("6000 USD", "2000 USD", order.CoverageNone)
	other := must(desk.New(store.Store, desk.WithSources(desk.DemoSources()), desk.WithClock(tr.Clock.Now)))
	store.before = func() {
		if _, err := other.Do(t.Context(), asking(acme, desk.OnOrder(id, order.SetTransport{Mode: order.TransportSea}))); err != nil {
			t.Error(err)
		}
	}
	tr.Do(acme, desk.OnOrder(id, order.SetTransport{Mode: order.TransportAir}))
	if !slices.Equal(attempts, []int{1}) {
		t.Errorf("the retries are %v", attempts)
	}
}

// overtaken has something happen before its next append.
type overtaken struct {
	events.Store
	before func()
}

func (s *overtaken) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if f := s.before; f != nil {
		s.before = nil
		f()
	}
	return s.Store.Append(ctx, c)
}
