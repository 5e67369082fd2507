package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestProbe asks whether an append would pass while the standby, and then the primary, is away, while the server
// takes no writes, and while another process holds the lock. The role does not wait for the standby by itself.
// Nothing is written and nothing is left waiting.
func TestProbe(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.run(t, "ALTER ROLE plain SET synchronous_commit = off")
	s := p.plain.open(t, replicated, patient)
	short := func() error { // one that waits for a standby has no end
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		return s.Probe(ctx)
	}
	well := func(when string) {
		t.Helper()
		eventually(t, "an append would pass "+when, func() bool { return s.Probe(t.Context()) == nil })
	}
	well("at the beginning")
	if err := p.standby.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := short(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without the standby: %v", err)
	}
	p.quiet(t)
	if err := p.standby.Start(); err != nil {
		t.Fatal(err)
	}
	well("when the standby is back")

	conn := p.connect(t)
	if _, err := conn.Exec(t.Context(), "BEGIN; "+strings.Replace(s.queries.lock, "$1", "'on'", 1)); err != nil {
		t.Fatal(err)
	}
	if err := short(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another process holds the lock: %v", err)
	}
	if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	well("when the lock is free")

	p.run(t, "ALTER ROLE postgres SET default_transaction_read_only = off") // who sets it back
	for _, tt := range []struct{ setting, value, back, refused string }{
		{"default_transaction_read_only", "on", "off", "transaction_read_only"},
		{"synchronous_standby_names", "''", "second", "synchronous_standby_names"},
	} {
		set := func(value string) { p.run(t, "ALTER SYSTEM SET "+tt.setting+" = "+value, "SELECT pg_reload_conf()") }
		set(tt.value)
		eventually(t, tt.setting+" is noticed", func() bool {
			e, ok := errors.AsType[*SettingError](s.Probe(t.Context()))
			return ok && e.Setting == tt.refused
		})
		set(tt.back)
		well("when " + tt.setting + " is back")
	}

	if err := p.primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := short(); err == nil {
		t.Error("without the primary an append would pass")
	}
	if err := p.primary.Start(); err != nil {
		t.Fatal(err)
	}
	well("when the primary is back")
	var rows int
	if err := p.connect(t).QueryRow(t.Context(), s.schema.in("SELECT (SELECT count(*) FROM {schema}.records) + (SELECT count(*) FROM {schema}.snapshots)")).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows were written (%v)", rows, err)
	}
}
