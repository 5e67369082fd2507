package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	processes "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order/trade"
	fileviews "github.com/tradesurety/surety/projection/sqlite"
)

// childEnv has the arguments of a service that a test runs in a child process: the test binary
// again.
const childEnv = "SURETY_SERVICE_CHILD"

func TestMain(m *testing.M) {
	if args := os.Getenv(childEnv); args != "" {
		os.Args = append(os.Args[:1], strings.Split(args, "\n")...)
		main()
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// The tokens of demo.json.
const (
	acme     = "demo-token-of-acme-lighting"
	orient   = "demo-token-of-orient-tools"
	bruno    = "demo-token-of-bruno-imports"
	carla    = "demo-token-of-carla-stores"
	platform = "demo-token-of-the-platform"
)

// process is a service in a child process.
type process struct {
	t    testing.TB
	cmd  *processes.Cmd
	addr string
	mu   sync.Mutex
	said bytes.Buffer
	done chan error
}

// startProcess starts a service with demo.json and returns when it listens.
func startProcess(t testing.TB, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: processes.Command(self), done: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(append([]string{"-addr", "127.0.0.1:0", "-tokens", "demo.json"}, args...), "\n"))
	out, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan string, 1)
	go func() {
		defer close(listening)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			fmt.Fprintln(&p.said, lines.Text())
			p.mu.Unlock()
			if _, rest, ok := strings.Cut(lines.Text(), "msg=listening addr="); ok {
				addr, _, _ := strings.Cut(rest, " ")
				listening <- addr
			}
		}
		p.done <- p.cmd.Wait()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	select {
	case p.addr = <-listening:
	case <-time.After(20 * time.Second):
	}
	if p.addr == "" {
		t.Fatalf("the service does not listen:\n%s", p.log())
	}
	return p
}

func (p *process) client() client { return client{p.t, "http://" + p.addr} }

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// terminate sends SIGTERM and returns when the process has ended without an error.
func (p *process) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			p.t.Fatalf("the service ended with %v:\n%s", err, p.log())
		}
	case <-time.After(30 * time.Second):
		p.t.Fatalf("the service does not end:\n%s", p.log())
	}
}

// local is a service in the process of the test, on a real file and a real listener.
type local struct {
	*service
	client
	log  *sqlite.Store
	path string
	stop func()
}

// startLocal starts a service with limits changed by change, on a log wrapped by wrap; both may be
// nil.
func startLocal(t testing.TB, change func(*limits), wrap func(events.Store) events.Store) *local {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.db")
	log, err := sqlite.Open(t.Context(), path, sqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	views, err := fileviews.Open(t.Context(), path+".views")
	if err != nil {
		t.Fatal(err)
	}
	known, err := readPeople("demo.json")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := defaults()
	l.poll, l.again = 20*time.Millisecond, 50*time.Millisecond
	if change != nil {
		change(&l)
	}
	var store events.Store = log
	if wrap != nil {
		store = wrap(log)
	}
	s, err := newService(store, views, known.authenticate, known.sources(), slog.New(slog.NewTextHandler(t.Output(), nil)), l)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, tight{listener}) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := views.Close(); err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return &local{s, client{t, "http://" + listener.Addr().String()}, log, path, stop}
}

// tight is a listener whose connections have small buffers.
type tight struct{ net.Listener }

func (l tight) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(8 << 10)
	}
	return c, err
}

// newDatabase makes an empty database on the tests' server and returns its DSN.
func newDatabase(t testing.TB) string {
	t.Helper()
	dsn, name := pgtest.Cluster(t), pgtest.Schema(t)
	if err := pgtest.Exec(dsn, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("SURETY_POSTGRES_DSN") != "" { // otherwise the server is removed
		t.Cleanup(func() {
			if err := pgtest.Exec(dsn, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
				t.Error(err)
			}
		})
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s", c.Host, c.Port, c.User, c.Password, name)
}

// client sends requests to a service.
type client struct {
	t    testing.TB
	base string
}

// answer is the response to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

var transport = &http.Transport{MaxIdleConnsPerHost: 64}

// try sends a request; the headers come in pairs.
func (c client) try(method, path, token, body string, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(context.WithoutCancel(c.t.Context()), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := (&http.Client{Transport: transport, Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

func (c client) send(method, path, token, body string, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(method, path, token, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (c client) get(path, token string) answer {
	c.t.Helper()
	return c.send(http.MethodGet, path, token, "")
}

// ask sends a command under a new key.
func (c client) ask(path, token, body string, headers ...string) answer {
	c.t.Helper()
	return c.send(http.MethodPost, path, token, body, append([]string{"Idempotency-Key", trade.NewID().String()}, headers...)...)
}

// must sends a command that is accepted.
func (c client) must(path, token, body string) done {
	c.t.Helper()
	a := c.ask(path, token, body)
	if !accepted(a.status) {
		c.t.Fatalf("%s %s: %d %s", path, body, a.status, a.body)
	}
	return read[done](c.t, a)
}

// accepted reports whether a command was: 201 if it has created what it addresses.
func accepted(status int) bool { return status == http.StatusOK || status == http.StatusCreated }

// read decodes the body of an answer, which has no member that the type does not know.
func read[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", a.body, err)
	}
	return v
}

// problem checks the form of a problem and returns it.
func (c client) problem(a answer, status int, name string) problem {
	c.t.Helper()
	if a.status != status || a.header.Get("Content-Type") != "application/problem+json" {
		c.t.Fatalf("%d %s %s, want a problem of %d", a.status, a.header.Get("Content-Type"), a.body, status)
	}
	p := read[problem](c.t, a)
	if p.Status != status || p.Title == "" || p.Instance == "" || !strings.HasSuffix(p.Type, name) {
		c.t.Fatalf("%s, want %s", a.body, name)
	}
	return p
}

// opened activates the seller's service and assesses a line.
func (c client) opened() {
	c.t.Helper()
	c.must("/services/s-acme/commands/activate", acme, `{"route":"console","certification":{"company_name":"Acme","registration_no":"1","legal_representative":"A","registered_address":"Ningbo"}}`)
	c.must("/lines/s-acme/USD/commands/assess-limit", platform, `{"limit":"50000.00 USD"}`)
}

// drafted drafts an order that can be submitted.
func (c client) drafted(id trade.ID) {
	c.t.Helper()
	for _, step := range drafting {
		c.must("/orders/"+id.String()+"/commands/"+step[0], acme, step[1])
	}
}

// drafting has the commands of a draft with their bodies.
var drafting = [...][2]string{
	{"draft", `{"mode":"online"}`},
	{"set-buyer", `{"email":"purchasing@bruno.example","name":"Bruno Imports"}`},
	{"match-buyer", `{"email":"purchasing@bruno.example"}`},
	{"set-terms", `{"terms":{"total":"1000.00 USD"}}`},
	{"choose-coverage", `{"coverage":"none","terms_accepted":false}`},
}

// submitted makes an order that waits for its buyer and returns the answer to the submission.
func (c client) submitted(id trade.ID) done {
	c.t.Helper()
	c.drafted(id)
	return c.must("/orders/"+id.String()+"/commands/submit", acme, `{"onetouch_acknowledged":true}`)
}

// eventually waits until f returns true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
