package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// impatient is a receiver with short pauses.
func impatient(t testing.TB, url string) *receiver {
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	return &receiver{
		url: url, name: url, first: time.Millisecond, log: slog.New(slog.DiscardHandler),
		client: &http.Client{
			Timeout: 50 * time.Millisecond, Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// sendAll publishes a log to a receiver, once.
func sendAll(ctx context.Context, store events.Store, r *receiver) error {
	o := outbox{store: store, source: "urn:test", once: true, every: 3, send: r.send, save: func(mark) error { return nil }}
	return o.publish(ctx, mark{})
}

// TestTroubledReceiver uses receivers that fail at first, each in another way. The whole log arrives in
// its order.
func TestTroubledReceiver(t *testing.T) {
	w := newWriter(memory.New())
	w.write(t, 2, samples(t)[:9]...)
	status := func(code int) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, rw http.ResponseWriter, _ *http.Request) bool { rw.WriteHeader(code); return false }
	}
	for name, trouble := range map[string]func(call int, rw http.ResponseWriter, r *http.Request) bool{
		"500": status(500), "503": status(503), "408": status(408), "425": status(425), "429": status(429),
		"hangs":              func(_ int, _ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return false },
		"hangs after taking": func(_ int, _ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true },
		"cuts the line":      func(int, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"is slow": func(_ int, rw http.ResponseWriter, _ *http.Request) bool {
			time.Sleep(20 * time.Millisecond)
			rw.WriteHeader(http.StatusOK)
			return true
		},
		"never ends its answer": func(_ int, rw http.ResponseWriter, _ *http.Request) bool {
			rw.WriteHeader(http.StatusInternalServerError)
			for line := []byte(strings.Repeat("x", 1<<10)); ; {
				if _, err := rw.Write(line); err != nil {
					return false
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := new(inbox)
			in.answer = func(call int, rw http.ResponseWriter, r *http.Request) bool {
				if call%3 != 0 && call < 12 {
					return trouble(call, rw, r)
				}
				rw.WriteHeader(http.StatusAccepted)
				return true
			}
			server := httptest.NewServer(in)
			defer server.Close()
			if err := sendAll(t.Context(), w.store, impatient(t, server.URL)); err != nil {
				t.Fatal(err)
			}
			in.has(t, records(t, w.store))
		})
	}
}

// TestReceiverThatIsDown begins before there is a receiver.
func TestReceiverThatIsDown(t *testing.T) {
	w := newWriter(memory.New())
	w.write(t, 2, samples(t)[:9]...)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- sendAll(t.Context(), w.store, impatient(t, "http://"+address)) }()
	time.Sleep(50 * time.Millisecond)
	if listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	in := new(inbox)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: in, ReadHeaderTimeout: time.Second}}
	server.Start()
	defer server.Close()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	in.has(t, records(t, w.store))
}

// TestRefusalEndsIt uses answers after which a retry is useless. One of them is a redirect, whose target
// must not acknowledge the event.
func TestRefusalEndsIt(t *testing.T) {
	w := newWriter(memory.New())
	w.write(t, 2, samples(t)[:4]...)
	for _, code := range []int{301, 302, 303, 307, 400, 401, 404, 410, 413, 415} {
		in := new(inbox)
		in.answer = func(call int, rw http.ResponseWriter, r *http.Request) bool {
			if call != 2 {
				rw.WriteHeader(http.StatusOK)
				return r.Method == http.MethodPost
			}
			rw.Header().Set("Location", "/elsewhere")
			rw.WriteHeader(code)
			return false
		}
		server := httptest.NewServer(in)
		err := sendAll(t.Context(), w.store, impatient(t, server.URL))
		server.Close()
		if _, refused := errors.AsType[*refusedError](err); !refused || !strings.Contains(err.Error(), "position 2") || in.calls != 2 {
			t.Errorf("%d after %d calls: %v", code, in.calls, err)
		}
	}
}

// TestRetryAfter waits as long as the receiver asks, and no longer than an hour.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "2": 2 * time.Second, "soon": 0, "-3": 0, "1.5": 0, "Mon, 30 Jun 2025 12:01:00 GMT": time.Minute, "4294967295": 4294967295 * time.Second,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
	w := newWriter(memory.New())
	w.write(t, 2, samples(t)[:2]...)
	in := new(inbox)
	var refused, came atomic.Int64
	in.answer = func(call int, rw http.ResponseWriter, _ *http.Request) bool {
		if call == 1 {
			refused.Store(time.Now().UnixNano())
			rw.Header().Set("Retry-After", "1")
			rw.WriteHeader(http.StatusTooManyRequests)
			return false
		}
		came.CompareAndSwap(0, time.Now().UnixNano())
		rw.WriteHeader(http.StatusOK)
		return true
	}
	server := httptest.NewServer(in)
	defer server.Close()
	if err := sendAll(t.Context(), w.store, impatient(t, server.URL)); err != nil {
		t.Fatal(err)
	}
	if waited := time.Duration(came.Load() - refused.Load()); waited < time.Second {
		t.Errorf("it came back after %s", waited)
	}
}

// TestLargeBacklog uses a receiver that hangs, and a log that is larger than the memory that it may use.
func TestLargeBacklog(t *testing.T) {
	const size, count, most = 32 << 10, 1024, 8 << 20
	_, w := newLog(t)
	large := sample{"order.reviewed", `{"rating":5,"text":"` + strings.Repeat("x", size) + `"}`}
	w.write(t, 1, slices.Repeat([]sample{large}, count)...)
	in, hangs := new(inbox), make(chan bool, 1)
	in.answer = func(call int, _ http.ResponseWriter, r *http.Request) bool {
		if call == 1 {
			hangs <- true
		}
		<-r.Context().Done()
		return false
	}
	server := httptest.NewServer(in)
	defer server.Close()
	before := heap()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sendAll(ctx, w.store, impatient(t, server.URL)) }()
	<-hangs
	if grown := heap() - before; grown > most {
		t.Errorf("%d bytes are held of a log of %d", grown, size*count)
	}
	cancel()
	if err := <-ended; err != nil || in.count() > 0 {
		t.Errorf("%d events, %v", in.count(), err)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestNothingIsLeftRunning interrupts the program while it waits for the log, for an answer and
// between two attempts.
func TestNothingIsLeftRunning(t *testing.T) {
	db, w := newLog(t)
	w.write(t, 2, samples(t)[:4]...)
	before := runtime.NumGoroutine()
	for _, code := range []int{http.StatusOK, http.StatusInternalServerError, 0} {
		came := make(chan bool, 100)
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // until then the server does not see the caller go
			came <- true
			if code == 0 {
				<-r.Context().Done()
				return
			}
			rw.WriteHeader(code)
		}))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, nil, []string{"-db", db, "-to", server.URL, "-checkpoint", db + server.URL[len("http://"):]})
		}()
		<-came
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines run, %d before", runtime.NumGoroutine(), before)
		}
	}
}
