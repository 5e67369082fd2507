package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// TestPublishesEveryEvent publishes every kind of event, continues with events that are appended while
// it runs, and resumes where it ended.
func TestPublishesEveryEvent(t *testing.T) {
	db, w := newLog(t)
	in := new(inbox)
	server := httptest.NewServer(in)
	defer server.Close()
	all := samples(t)
	w.write(t, 3, all...)
	publish(t, in, len(all), "-db", db, "-to", server.URL)
	in.has(t, records(t, w.store))
	w.write(t, 3, all[:8]...)
	publish(t, in, len(all)+8, "-db", db, "-to", server.URL)
	in.has(t, records(t, w.store))
	// The first run may have ended before it got the last acknowledgement.
	if more := in.calls - len(all) - 8; more < 0 || more > 1 {
		t.Errorf("%d calls for %d events", in.calls, len(all)+8)
	}
}

func TestOnPostgres(t *testing.T) {
	dsn := pgtest.Start(t).DSN()
	if err := postgres.Migrate(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w, in := newWriter(store), new(inbox)
	server := httptest.NewServer(in)
	defer server.Close()
	args := []string{"-store", "postgres", "-dsn", dsn, "-checkpoint", filepath.Join(t.TempDir(), "mark"), "-to", server.URL}
	w.write(t, 3, samples(t)[:20]...)
	publish(t, in, 20, args...)
	w.write(t, 3, samples(t)[:20]...)
	publish(t, in, 40, args...)
	in.has(t, records(t, store))
}

// TestToStandardOutput writes a line for each event, and none if there is no new event.
func TestToStandardOutput(t *testing.T) {
	db, w := newLog(t)
	w.write(t, 2, samples(t)...)
	in, args := new(inbox), []string{"-db", db, "-to", "-", "-once"}
	var out bytes.Buffer
	if err := run(t.Context(), &out, args); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		in.take("application/cloudevents+json", []byte(line), nil)
	}
	in.has(t, records(t, w.store))
	out.Reset()
	if err := run(t.Context(), &out, args); err != nil || out.Len() > 0 {
		t.Errorf("the second run wrote %q, %v", out.String(), err)
	}
}

// TestMask looks for the personal data of the samples in the published events.
func TestMask(t *testing.T) {
	personal := []string{"sales@acme.example", "buyer@example.com", "Jane", "JANE", "RA-1", "王芳", "6222-0200-0001", "店铺 acme@example.com", "Wang Fang", "who asked"}
	db, w := newLog(t)
	all := append(samples(t), sample{"reservation.reserved", `{"owner":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"}`})
	w.write(t, 1, all...)
	for _, masked := range []bool{true, false} {
		args := []string{"-db", db, "-to", "-", "-once", "-checkpoint", filepath.Join(t.TempDir(), "mark")}
		if masked {
			args = append(args, "-mask")
		}
		var out bytes.Buffer
		if err := run(t.Context(), &out, args); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, p := range personal {
			if found := strings.Contains(text, p); found != (!masked && p != "who asked") {
				t.Errorf("masked %t: %q is there: %t", masked, p, found)
			}
		}
		if masked && (!strings.Contains(text, "b***@example.com") || !strings.Contains(text, "paylater.placed") || strings.Contains(text, "reservation")) {
			t.Errorf("what is masked:\n%s", text)
		}
		for line := range strings.Lines(text) {
			if _, fault := check([]byte(line)); fault != "" {
				t.Errorf("%s in %s", fault, line)
			}
		}
	}
}

// TestStopsAtWhatItCannotRead publishes the events before a record that cannot be read, and stops there
// with an error that names it.
func TestStopsAtWhatItCannotRead(t *testing.T) {
	good := samples(t)
	for name, bad := range map[string]sample{
		"unknown type": {"order.teleported", "{}"},
		"no JSON":      {"order.funded", "{"},
		"no UTF-8":     {"order.payment-failed", "{\"payment\":\"P1\",\"reason\":\"\xff\"}"},
		"unknown key":  {"order.funded", `{"by":"mallory"}`},
	} {
		db, w := newLog(t)
		w.write(t, 1, slices.Concat(good[:5], []sample{bad}, good[5:9])...)
		for range 2 { // it stops there again
			var out bytes.Buffer
			err := run(t.Context(), &out, []string{"-db", db, "-to", "-"})
			corrupt, ok := errors.AsType[*events.CorruptError](err)
			if !ok || corrupt.Position != 6 || corrupt.Type != bad.typ {
				t.Fatalf("%s: %v", name, err)
			}
			m, err := (checkpointFile{path: db + ".outbox", source: "urn:surety:log", to: "-"}).load()
			if err != nil || m.at.Position != 5 {
				t.Fatalf("%s: the mark is %+v, %v", name, m, err)
			}
		}
	}
}

// TestRefusesAnotherLog uses checkpoints of another log or another destination.
func TestRefusesAnotherLog(t *testing.T) {
	db, w := newLog(t)
	w.write(t, 1, samples(t)[:4]...)
	longer, other := newLog(t)
	other.write(t, 1, samples(t)[:6]...)
	file := filepath.Join(t.TempDir(), "mark")
	once := func(db string, more ...string) error {
		return run(t.Context(), io.Discard, append([]string{"-db", db, "-to", "-", "-once", "-checkpoint", file}, more...))
	}
	if err := once(db); err != nil {
		t.Fatal(err)
	}
	if other := (*otherLogError)(nil); !errors.As(once(longer), &other) || other.position != 4 {
		t.Errorf("another log: %v", other)
	}
	if err := once(db, "-source", "urn:other"); err == nil {
		t.Error("another source is accepted")
	}
	if err := once(db, "-to", "http://localhost:1"); err == nil || !strings.Contains(err.Error(), "localhost:1") {
		t.Errorf("another destination: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := once(longer); err != nil {
		t.Fatal(err)
	}
	for _, follow := range []string{"-once=true", "-once=false"} {
		if other := (*otherLogError)(nil); !errors.As(once(db, follow), &other) || other.position != 6 {
			t.Errorf("a checkpoint ahead of the log: %v", other)
		}
	}
	child := start(t, "-db", db, "-to", "-", "-once", "-checkpoint", file)
	if err := child.Wait(); child.ProcessState.ExitCode() != exitOtherLog {
		t.Errorf("the program ends with %v", err)
	}
	for _, text := range []string{
		"", "{", "{}", "null", `{"position":-1}`, `{"position":1}`, `{"source":"urn:surety:log","to":"-","position":1,"event":"e","cursor":"1.2"}`,
		`{"source":"urn:surety:log","to":"-","position":1,"event":"e","cursor":"2.2.` + strings.Repeat("01", 32) + `"}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := once(db); err == nil {
			t.Errorf("a checkpoint of %q is accepted", text)
		}
	}
}

func TestRefusesBadInput(t *testing.T) {
	dir := t.TempDir()
	db, _ := newLog(t)
	for name, args := range map[string][]string{
		"nothing":       {},
		"no db":         {"-to", "-"},
		"argument":      {"-db", db, "-to", "-", "more"},
		"no such file":  {"-db", filepath.Join(dir, "none.db"), "-to", "-"},
		"no to":         {"-db", db},
		"to a file":     {"-db", db, "-to", "file:///x"},
		"to no host":    {"-db", db, "-to", "http://"},
		"store":         {"-store", "paper", "-to", "-"},
		"no dsn":        {"-store", "postgres", "-to", "-", "-checkpoint", "x"},
		"no checkpoint": {"-store", "postgres", "-to", "-", "-dsn", "host=/none"},
		"no source":     {"-db", db, "-to", "-", "-source", ""},
		"bad source":    {"-db", db, "-to", "-", "-source", ":"},
		"no timeout":    {"-db", db, "-to", "-", "-timeout", "0"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if err := run(ctx, io.Discard, append(args, "-once")); err == nil {
			t.Errorf("%s: accepted", name)
		}
		cancel()
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("a log was made")
	}
}

// TestCheckSeesFaults gives the check of the tests texts that are not CloudEvents.
func TestCheckSeesFaults(t *testing.T) {
	good := `{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"x","time":"2025-01-01T00:00:00Z","datacontenttype":"application/json","partitionkey":"x","sequence":"1","data":{}}`
	if _, fault := check([]byte(good)); fault != "" {
		t.Fatal(fault)
	}
	for from, to := range map[string]string{
		`"1.0"`: `"0.3"`, `"id":"1",`: "", `"source":"s"`: `"source":""`, `"subject"`: `"Subject"`, `"x","time":"2025-01-01T00:00:00Z"`: `"x","time":"now"`,
		`"sequence":"1"`: `"sequence":4294967296`, `"data":{}`: `"data":"{}"`, `"partitionkey":"x"`: `"partition_key":"x"`,
	} {
		if _, fault := check([]byte(strings.Replace(good, from, to, 1))); fault == "" {
			t.Errorf("%s for %s is not detected", to, from)
		}
	}
	if !json.Valid([]byte(good)) {
		t.Error("the sample is not JSON")
	}
}
