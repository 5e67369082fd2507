package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/seller"
)

// sample is an event as a version of the library has stored it.
type sample struct{ typ, data string }

// samples returns the events of all golden files.
func samples(t testing.TB) (list []sample) {
	t.Helper()
	for _, pattern := range []string{"../../order/testdata/events.golden", "../../order/*/testdata/events*.golden"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				if f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3); len(f) == 3 && f[0] != "#" {
					list = append(list, sample{f[0], f[2]})
				}
			}
		}
	}
	return list
}

var categories = map[string]string{
	"order": "order", "paylater": "paylater", "service": seller.Category, "entrustment": entrustment.Category,
	"credit": credit.Category, "funds": funds.Category, "payment": payment.Category, "reservation": "receiving_account",
}

// writer appends to a log; it knows the versions of the streams.
type writer struct {
	store events.Store
	heads map[events.StreamID]events.Version
}

func newWriter(store events.Store) *writer {
	return &writer{store, make(map[events.StreamID]events.Version)}
}

// write appends the samples in commits of two events, to streams with that many keys.
func (w *writer) write(t testing.TB, keys int, list ...sample) {
	t.Helper()
	for pair := range slices.Chunk(list, 2) {
		c := events.Commit{ID: uuid.Must(uuid.NewV7())}
		for i, s := range pair {
			prefix, _, _ := strings.Cut(s.typ, ".")
			stream := events.StreamID(fmt.Sprintf("%s-%d.%d", categories[prefix], i, len(w.heads)%keys))
			c.Batches = append(c.Batches, events.Batch{Stream: stream, After: w.heads[stream], Events: []events.Event{{
				Type: s.typ, Schema: 1, At: time.Date(2025, 6, 30, 12, 0, 0, 123456789, time.UTC), Meta: []byte("who asked"), Data: []byte(s.data),
			}}})
			w.heads[stream]++
		}
		if _, err := w.store.Append(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// newLog makes a log in a file and returns it with a writer.
func newLog(t testing.TB) (path string, w *writer) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "orders.db")
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return path, newWriter(store)
}

// records returns the log.
func records(t testing.TB, store events.Store) (log []events.Record) {
	t.Helper()
	for r, err := range store.ReadAll(t.Context(), 0, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, r)
	}
	return log
}

// inbox is the receiver of the tests. It recognises a repeated event by its source and id.
type inbox struct {
	mu     sync.Mutex
	seen   map[string]bool
	events []map[string]any // each once, in the order in which they came first
	calls  int
	faults []string
	// answer, if it is set, answers instead of 204; an event that it does not answer with 2xx has not
	// arrived.
	answer func(call int, w http.ResponseWriter, r *http.Request) (taken bool)
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	in.mu.Lock()
	in.calls++
	call, answer := in.calls, in.answer
	in.mu.Unlock()
	if answer == nil {
		in.take(r.Header.Get("Content-Type"), body, err)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if answer(call, w, r) {
		in.take(r.Header.Get("Content-Type"), body, err)
	}
}

// take keeps an event unless it has it.
func (in *inbox) take(contentType string, body []byte, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err != nil {
		return // the request was interrupted
	}
	if media, _, _ := strings.Cut(contentType, ";"); media != "application/cloudevents+json" {
		in.faults = append(in.faults, "content type "+contentType)
	}
	event, fault := check(body)
	if fault != "" {
		in.faults = append(in.faults, fault+" in "+string(body))
		return
	}
	if in.seen == nil {
		in.seen = make(map[string]bool)
	}
	if key := fmt.Sprint(event["source"], " ", event["id"]); !in.seen[key] {
		in.seen[key] = true
		in.events = append(in.events, event)
	}
}

func (in *inbox) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.events)
}

// has fails unless the inbox has the whole log in its order.
func (in *inbox) has(t testing.TB, log []events.Record) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.faults) > 0 {
		t.Fatalf("%d faults, the first: %s", len(in.faults), in.faults[0])
	}
	if fault := in.differs(log); fault != "" {
		t.Fatal(fault)
	}
}

// differs returns how the received events differ from the log, or "".
func (in *inbox) differs(log []events.Record) string {
	for i, r := range log {
		if i >= len(in.events) {
			return fmt.Sprintf("%d events of %d have arrived", len(in.events), len(log))
		}
		e := in.events[i]
		want := map[string]string{
			"id": fmt.Sprintf("%s.%d", r.Commit, r.Index), "type": r.Type, "subject": string(r.Stream), "partitionkey": string(r.Stream),
			"time": r.At.Format(time.RFC3339Nano), "sequence": fmt.Sprintf("%020d", r.Position), "streamversion": fmt.Sprint(r.Version),
			"schemaversion": fmt.Sprint(r.Schema), "data": string(r.Data),
		}
		for name, value := range want {
			if got := fmt.Sprint(e[name]); got != value {
				return fmt.Sprintf("event %d has %s %s, the log says %s", i, name, got, value)
			}
		}
	}
	if len(in.events) > len(log) {
		return fmt.Sprintf("%d events have arrived of a log of %d", len(in.events), len(log))
	}
	return ""
}

var attributeName = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

// check checks a text against the specification of the JSON format of CloudEvents 1.0, without the types
// of the program: required members, the form of names and of values.
func check(text []byte) (event map[string]any, fault string) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err.Error()
	}
	event = make(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if name == "data" {
			event[name] = string(raw[name])
			if raw[name][0] != '{' {
				return nil, "data is no JSON object but " + string(raw[name])
			}
			continue
		}
		if !attributeName.MatchString(name) {
			return nil, "an attribute is named " + name
		}
		var value any
		if err := json.Unmarshal(raw[name], &value); err != nil {
			return nil, err.Error()
		}
		switch v := value.(type) {
		case string, bool:
		case float64:
			if v != float64(int32(v)) {
				return nil, name + " is no integer of 32 bits"
			}
		default:
			return nil, name + " is neither text, a number nor a truth value"
		}
		event[name] = value
	}
	for _, name := range []string{"id", "source", "specversion", "type", "subject", "partitionkey", "sequence"} {
		if s, ok := event[name].(string); !ok || s == "" {
			return nil, name + " is missing or empty"
		}
	}
	if event["specversion"] != "1.0" || event["datacontenttype"] != "application/json" {
		return nil, fmt.Sprintf("specversion %v, datacontenttype %v", event["specversion"], event["datacontenttype"])
	}
	if _, err := url.Parse(event["source"].(string)); err != nil {
		return nil, err.Error()
	}
	if at, ok := event["time"].(string); ok {
		if _, err := time.Parse(time.RFC3339, at); err != nil {
			return nil, err.Error()
		}
	}
	return event, ""
}

// publish runs the outbox until the inbox has that many events.
func publish(t testing.TB, in *inbox, want int, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, io.Discard, args) }()
	for in.count() < want {
		select {
		case err := <-ended:
			t.Fatalf("it ended with %d events of %d: %v", in.count(), want, err)
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
