package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/trade"
)

// everyCommandOnce checks that each acknowledged command is in the log once, at the position of all its
// answers, and that the only other commits are those without a waiting client and those of the setup.
func (l *load) everyCommandOnce(log events.Store, others int) {
	l.t.Helper()
	commits := commitsOf(l.t, log)
	known := make(map[uuid.UUID]bool)
	for _, r := range l.requests {
		known[r.id()] = true
		fresh := 0
		for _, d := range r.acks {
			if !d.Repeated {
				fresh++
			}
			if d.Position != commits[r.id()] || d.Position == 0 || d.Version != r.acks[0].Version {
				l.t.Errorf("%s is at %d, and the answers say %+v", r.path, commits[r.id()], r.acks)
			}
		}
		if fresh > 1 {
			l.t.Errorf("according to the answers %s was executed %d times", r.path, fresh)
		}
	}
	for id := range commits {
		// A client that hangs up and asks the other instance may get a refusal, and the first request is
		// executed after it, when there is quota again.
		if !known[id] && !l.hung[id] {
			others--
		}
	}
	if len(known) != len(l.requests) || others != 0 {
		l.t.Errorf("%d commits in the log, %d more than there should be; %d requests were acknowledged, with %d ids", len(commits), -others, len(l.requests), len(known))
	}
}

// boardsAgree checks that both instances list the same orders, as they fold from the log.
func (l *load) boardsAgree(log events.Store, end events.Position) {
	l.t.Helper()
	var boards [2][]summary
	for i, c := range l.clients {
		path := "/orders?limit=200&wait=" + strconv.FormatUint(uint64(end), 10)
		for path != "" {
			p := read[page](l.t, c.get(path, platform))
			boards[i] = append(boards[i], p.Orders...)
			path = p.Next
		}
	}
	if !slices.Equal(boards[0], boards[1]) {
		l.t.Errorf("one instance lists %d orders and the other %d, or others", len(boards[0]), len(boards[1]))
	}
	folded := make(map[trade.ID]*order.Order)
	versions := make(map[trade.ID]events.Version)
	for r, err := range log.ReadAll(l.t.Context(), 0, events.Filter{Categories: []string{order.Category}}) {
		if err != nil {
			l.t.Fatal(err)
		}
		key, _ := r.Stream.Key()
		id, err := trade.ParseID(key)
		if err != nil {
			l.t.Fatal(err)
		}
		if folded[id] == nil {
			folded[id] = &order.Order{ID: id}
		}
		e, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
		if err == nil {
			err = folded[id].Apply(e, r.At)
		}
		if err != nil {
			l.t.Fatal(err)
		}
		versions[id] = r.Version
	}
	for _, got := range boards[0] {
		o := folded[got.ID]
		if o == nil || got.Version != versions[got.ID] || got.Phase != o.Phase.String() || got.Total != o.Terms.Total || got.Due != o.Due() || !got.UpdatedAt.Equal(o.LastAt) {
			l.t.Errorf("the board has %+v, and the log %+v at version %d", got, o, versions[got.ID])
		}
		delete(folded, got.ID)
	}
	if len(folded) != 0 {
		l.t.Errorf("%d orders are not on the board", len(folded))
	}
}

// lineAgrees checks that the seller's line holds the sum of the holds of its orders.
func (l *load) lineAgrees(log events.Store) {
	l.t.Helper()
	usd, err := trade.ParseCurrency("USD")
	if err != nil {
		l.t.Fatal(err)
	}
	stream, err := credit.Stream(credit.Assurance, "s-acme", usd)
	if err != nil {
		l.t.Fatal(err)
	}
	line, _, err := credit.Model(credit.Assurance).Replay(l.t.Context(), log, stream)
	if err != nil {
		l.t.Fatal(err)
	}
	if line.Held.MinorUnits() > line.Limit.MinorUnits() || line.Held.MinorUnits() != 100_000*line.OpenHolds {
		l.t.Errorf("the line holds %s of %s in %d holds", line.Held, line.Limit, line.OpenHolds)
	}
}

// followed has the events that a client received from streams that end and are resumed.
type followed struct {
	mu        sync.Mutex
	positions []string
	last      string // id
}

// follow listens to the instances alternately, each time after the last id, until ctx ends.
func follow(ctx context.Context, clients [2]client, last string) *followed {
	f := &followed{last: last}
	go func() {
		for turn := 0; ctx.Err() == nil; turn++ {
			f.listen(ctx, clients[turn%2])
		}
	}()
	return f
}

// listen receives some hundred events, or fewer if the stream ends.
func (f *followed) listen(ctx context.Context, c client) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/events", nil)
	if err != nil {
		return
	}
	r.Header.Set("Authorization", "Bearer "+platform)
	r.Header.Set("Last-Event-ID", f.last)
	resp, err := transport.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		time.Sleep(10 * time.Millisecond)
		return
	}
	defer resp.Body.Close()
	l := newListener(c.t, resp, func() {})
	for range 300 {
		x, err := l.next()
		if err != nil {
			return
		}
		f.mu.Lock()
		if f.last = x.id; x.event != "" {
			f.positions = append(f.positions, x.at)
		}
		f.mu.Unlock()
	}
}

// streamIsWhole checks that the client received every record from start on, once and in order; records
// missing at the end come when the client resumes.
func (l *load) streamIsWhole(f *followed, start int, end events.Position) {
	l.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	positions, last := f.positions, strconv.FormatUint(uint64(end), 10)
	if at, _, _ := strings.Cut(f.last, "."); at != last {
		positions = append(positions, l.clients[0].listen(platform, f.last).until(last)...)
	}
	for i, at := range positions {
		if at != strconv.Itoa(start+1+i) {
			l.t.Fatalf("after %d events from %d on comes %s", i, start, at)
		}
	}
	if fmt.Sprint(start+len(positions)) != last {
		l.t.Errorf("%d events from %d on, and the log ends at %s", len(positions), start, last)
	}
}
