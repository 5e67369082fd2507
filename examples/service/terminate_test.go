package main

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order/trade"
)

// TestTerminatedMidLoad ends a service by SIGTERM while clients write and listen. Every acknowledged
// command is in the log; each other one takes effect once when it is retried.
func TestTerminatedMidLoad(t *testing.T) {
	db := filepath.Join(t.TempDir(), "orders.db")
	p := startProcess(t, "-db", db)
	c := p.client()
	c.opened()
	l := c.listen(platform, "")
	streamed := make(chan error, 1)
	go func() {
		for {
			if _, err := l.next(); err != nil {
				streamed <- err
				return
			}
		}
	}()
	// A connection that stays open after its answer must not keep the service from ending.
	idle := c.dial("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil {
		t.Fatal(err)
	}

	var (
		group    sync.WaitGroup
		mu       sync.Mutex
		requests []*request
		acked    atomic.Int64
	)
	for range 8 {
		group.Go(func() {
			for {
				r := newRequest("/orders/"+trade.NewID().String()+"/commands/draft", acme, `{"mode":"online"}`)
				d, a, err := r.once(c)
				mu.Lock()
				requests = append(requests, r)
				mu.Unlock()
				if err != nil {
					return // the service is gone
				}
				if !accepted(a.status) {
					t.Errorf("%d %s", a.status, a.body)
					return
				}
				r.acks = append(r.acks, d)
				acked.Add(1)
			}
		})
	}
	eventually(t, "the load is on", func() bool { return acked.Load() > 200 })
	p.terminate()
	group.Wait()
	if err := <-streamed; !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
	if !strings.Contains(p.log(), "msg=stopped error=<nil>") {
		t.Errorf("it ended with an error:\n%s", p.log())
	}

	log, err := sqlite.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	commits := commitsOf(t, log)
	unheard := 0
	for _, r := range requests {
		last, there := commits[r.id()]
		switch {
		case len(r.acks) == 0 && there:
			t.Errorf("%s was executed, and its client got no answer", r.key)
		case len(r.acks) == 0:
			unheard++
		case !there || last != r.acks[0].Position:
			t.Errorf("%s was acknowledged at %d and is at %d", r.key, r.acks[0].Position, last)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}

	p = startProcess(t, "-db", db)
	c = p.client()
	for _, r := range requests {
		last, there := commits[r.id()]
		d, a, err := r.once(c)
		if err != nil || !accepted(a.status) || d.Repeated != there || there && d.Position != last || d.Version != 1 {
			t.Fatalf("asked again: %+v %d %s %v; it was at %d", d, a.status, a.body, err, last)
		}
	}
	p.terminate()
	t.Logf("%d commands, %d of them unheard", len(requests), unheard)
}
