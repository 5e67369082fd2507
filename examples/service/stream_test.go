package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// frame is an event of a stream as it arrives.
type frame struct {
	id, at string // at is the position in the id
	event  string
	moment moment
	text   string
}

// listener is a client of GET /events.
type listener struct {
	t      testing.TB
	lines  *bufio.Reader
	status int
	close  func()
}

// listen opens a stream; with an empty last it begins with the next event.
func (c client) listen(token, last string) *listener {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/events", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	l := newListener(c.t, resp, func() { cancel(); resp.Body.Close() })
	c.t.Cleanup(l.close)
	return l
}

func newListener(t testing.TB, resp *http.Response, close func()) *listener {
	return &listener{t, bufio.NewReader(resp.Body), resp.StatusCode, close}
}

// next returns the next frame, an event or only an id; after an error the stream is over.
func (l *listener) next() (f frame, err error) {
	for {
		line, err := l.lines.ReadString('\n')
		if err != nil {
			return f, err
		}
		f.text += line
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			f.id = value
			f.at, _, _ = strings.Cut(value, ".")
		case "event":
			f.event = value
		case "data":
			if err := json.Unmarshal([]byte(value), &f.moment); err != nil {
				return f, err
			}
		case "":
			if value == "" {
				return f, nil
			}
		}
	}
}

// event returns the next frame that is an event.
func (l *listener) event() frame {
	l.t.Helper()
	for {
		f, err := l.next()
		if err != nil {
			l.t.Fatal(err)
		}
		if f.event != "" {
			return f
		}
	}
}

// until returns the positions of all events up to one.
func (l *listener) until(end string) (positions []string) {
	l.t.Helper()
	for len(positions) == 0 || positions[len(positions)-1] != end {
		positions = append(positions, l.event().at)
	}
	return positions
}

// TestStreamShowsWhatOneMaySee opens streams as two parties, a stranger and the platform.
func TestStreamShowsWhatOneMaySee(t *testing.T) {
	s := startLocal(t, func(l *limits) { l.heartbeat = 100 * time.Millisecond }, nil)
	start := s.listen(platform, "")
	seller, buyer, stranger := s.listen(acme, ""), s.listen(bruno, ""), s.listen(carla, "")
	s.opened()
	id := trade.NewID()
	last := s.submitted(id)
	end := strconv.Itoa(int(last.Position))

	if f := start.event(); f.event != "service.activated" || f.moment.Event != nil || f.moment.By != trade.Seller || f.at != "1" {
		t.Errorf("the platform sees first %s", f.text)
	}
	types := func(l *listener) (list []string) {
		for {
			f := l.event()
			list = append(list, f.event)
			if strings.Contains(f.text, "@bruno") && !strings.Contains(f.text, "p***@bruno.example") || strings.Contains(f.text, "Bruno Imports") {
				t.Errorf("not masked: %s", f.text)
			}
			if f.event == "order.submitted" {
				if f.moment.Stream != order.Stream(id) || f.moment.Version != last.Version || !strings.Contains(string(f.moment.Event), `"***`) {
					t.Errorf("%s", f.text)
				}
				return list
			}
		}
	}
	if got := types(seller); len(got) != int(last.Version) || got[0] != "order.drafted" {
		t.Errorf("the seller sees %v", got)
	}
	// A buyer sees an order from its submission on, also in a stream that begins later.
	if got := types(buyer); len(got) != 1 {
		t.Errorf("the buyer sees %v", got)
	}
	if got := types(s.listen(bruno, "0")); len(got) != 1 {
		t.Errorf("the buyer sees afterwards %v", got)
	}
	// A client without events gets ids, which move its last id.
	for {
		f, err := stranger.next()
		if err != nil || f.event != "" {
			t.Fatalf("a stranger sees %s, %v", f.text, err)
		}
		if f.at == end {
			break
		}
	}
}

// TestStreamHasBothProducts places and pays a pay-later order: its buyer and its merchant get its events,
// as the platform does, and others get none.
func TestStreamHasBothProducts(t *testing.T) {
	s := startLocal(t, func(l *limits) { l.heartbeat = 100 * time.Millisecond }, nil) // its position ends a list
	s.opened()
	s.must("/quotas/s-acme/CNY/commands/open-line", platform, `{"limit":"5000.00 CNY"}`)
	id := trade.NewID()
	path := "/pay-later/" + id.String() + "/commands/"
	s.must(path+"place", carla, `{"merchant":"s-acme","chose_pay_later":true,"amount":"100.00 CNY"}`)
	last := s.must(path+"ship", acme, `{}`)
	end := s.submitted(trade.NewID()) // an event of the other product, which all but the stranger see
	types := func(token string) (list []string) {
		l := s.listen(token, "0")
		for {
			f, err := l.next()
			if err != nil {
				t.Fatal(err)
			}
			if f.moment.Stream == paylater.Stream(id) {
				list = append(list, f.event)
				if f.moment.Event == nil || f.moment.By == 0 {
					t.Errorf("%s", f.text)
				}
			}
			if n, err := strconv.Atoi(f.at); err == nil && n >= int(last.Position) && (n >= int(end.Position) || token == carla && len(list) == 2) {
				return list
			}
		}
	}
	want := []string{"paylater.placed", "paylater.shipped"}
	for token, sees := range map[string]bool{platform: true, acme: true, carla: true, bruno: false} {
		if got := types(token); sees && !slices.Equal(got, want) || !sees && len(got) > 0 {
			t.Errorf("%s sees %v", token, got)
		}
	}
}

// TestStreamResumesExactly ends streams after every number of events, and resumes from the last id:
// together they have the events of one uninterrupted stream.
func TestStreamResumesExactly(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	for range 3 {
		s.submitted(trade.NewID())
	}
	// The last event that all of them see is the third submission.
	end, l := "", s.listen(platform, "0")
	for n := 0; n < 3; {
		if f := l.event(); f.event == "order.submitted" {
			end, n = f.at, n+1
		}
	}
	for _, token := range []string{platform, acme, bruno} {
		whole := s.listen(token, "0").until(end)
		for step := 1; step <= 4; step++ {
			var got []string
			for at := (frame{id: "0"}); at.at != end; {
				l := s.listen(token, at.id)
				for i := 0; i < step && at.at != end; i++ {
					at = l.event()
					got = append(got, at.at)
				}
				l.close()
			}
			if fmt.Sprint(got) != fmt.Sprint(whole) {
				t.Errorf("in steps of %d: %v, and at once %v", step, got, whole)
			}
		}
	}
}

// TestStreamFollowsWhileOthersWrite listens while orders are drafted, and finds every record of
// the log, once and in order.
func TestStreamFollowsWhileOthersWrite(t *testing.T) {
	s := startLocal(t, func(l *limits) { l.heartbeat = 2 * time.Millisecond }, nil)
	l := s.listen(platform, "")
	s.opened()
	for range 3 {
		s.drafted(trade.NewID())
	}
	end, err := s.log.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := l.until(strconv.Itoa(int(end)))
	for i, id := range ids {
		if id != strconv.Itoa(i+1) {
			t.Fatalf("event %d is %s: %v", i, id, ids)
		}
	}
}

// TestStreamsAreBounded opens more streams than the limit.
func TestStreamsAreBounded(t *testing.T) {
	s := startLocal(t, func(l *limits) { l.streams = 2 }, nil)
	first := s.listen(acme, "")
	s.listen(acme, "")
	a := s.get("/events", acme)
	if s.problem(a, http.StatusServiceUnavailable, "#unavailable"); a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if a := s.send(http.MethodHead, "/events", acme, ""); a.status != http.StatusServiceUnavailable {
		t.Errorf("HEAD: %d", a.status)
	}
	first.close()
	eventually(t, "there is room again", func() bool {
		if a := s.send(http.MethodHead, "/events", acme, ""); a.status != http.StatusOK {
			return false
		}
		l := s.listen(acme, "")
		defer l.close()
		return l.status == http.StatusOK
	})
}

// TestStreamOutlivesTheDeadlineOfRequests listens for longer than a request may take.
func TestStreamOutlivesTheDeadlineOfRequests(t *testing.T) {
	s := startLocal(t, func(l *limits) {
		l.header, l.read, l.write, l.heartbeat = 50*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond
	}, nil)
	l := s.listen(acme, "")
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); {
		if _, err := l.next(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestClientThatStopsReading writes many events for a client that reads none. It is disconnected,
// others do not wait for it, and it resumes from its last id.
func TestClientThatStopsReading(t *testing.T) {
	s := startLocal(t, func(l *limits) { l.write = 300 * time.Millisecond }, nil)
	s.opened()
	id := trade.NewID()
	path := "/orders/" + id.String() + "/commands/"
	s.must(path+"draft", acme, `{"mode":"online"}`)
	item := `{"name":"` + strings.Repeat("lamp ", 30) + `lamp","quantity":"1","unit":"piece","price":"10.00","amount":"10.00 USD"}`
	var last done
	for n := range 60 {
		items := strings.Repeat(item+",", 90+n%2)
		total := fmt.Sprintf("%d.00 USD", 10*(90+n%2))
		last = s.must(path+"set-terms", acme, `{"terms":{"total":"`+total+`","items":[`+strings.TrimSuffix(items, ",")+`]}}`)
	}

	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nLast-Event-ID: 0\r\n\r\n", acme)
	eventually(t, "the stream has begun", func() bool { return len(s.streams) == 1 })
	if a := s.get("/orders/"+id.String(), acme); a.status != http.StatusOK {
		t.Errorf("meanwhile: %d", a.status)
	}
	eventually(t, "the client is disconnected", func() bool { return len(s.streams) == 0 })

	// The data that it finds ends in the middle of an event, and it resumes.
	got, _ := io.ReadAll(conn)
	at := "0"
	if whole := strings.LastIndex(string(got), "\n\n"); whole >= 0 {
		for line := range strings.Lines(string(got[:whole])) {
			if id, ok := strings.CutPrefix(line, "id: "); ok {
				at = strings.TrimSpace(id)
			}
		}
	}
	end := strconv.Itoa(int(last.Position))
	position, _, _ := strings.Cut(at, ".")
	if position == end {
		t.Fatal("the client has received everything")
	}
	n, err := strconv.Atoi(position)
	if err != nil {
		t.Fatal(err)
	}
	begin := events.Position(n)
	for _, id := range s.listen(acme, at).until(end) {
		n, err := strconv.ParseUint(id, 10, 64)
		if err != nil || events.Position(n) <= begin {
			t.Fatalf("after %d comes %s", begin, id)
		}
		begin = events.Position(n)
	}
	t.Logf("disconnected at %s of %s", at, end)
}
