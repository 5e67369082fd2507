package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/group"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
)

// BenchmarkDesigns compares the lock of the log, under which the groups of several processes
// follow each other, with the alternative: a lock per stream, and positions from a sequence,
// under which they run side by side. One, two and four processes of 32 callers each take part, in
// alternating rounds; the figures are medians.
//
// Only the writing half of the alternative is here: its readers would have to prove of each gap
// in the positions that it stays one. It notifies in a transaction after that of the group, when
// the callers have their answers, because PostgreSQL commits transactions that notify one by one;
// "silent" is the same without notifying.
func BenchmarkDesigns(b *testing.B) {
	const round = 300 * time.Millisecond
	counts, designs := []int{1, 2, 4}, []string{"log", "streams", "silent"}
	for _, work := range []string{"disjoint", "mixed"} {
		b.Run(work, func(b *testing.B) {
			dsn := pgtest.Start(b, "autovacuum=off").DSN()
			for _, name := range []string{"log", "streams"} {
				if err := Migrate(b.Context(), dsn, WithSchema(name)); err != nil {
					b.Fatal(err)
				}
			}
			if err := pgtest.Exec(dsn, "CREATE SEQUENCE streams.positions"); err != nil {
				b.Fatal(err)
			}
			var side []*storetest.Process
			for range slices.Max(counts) {
				side = append(side, storetest.Start(b, "design", "", dsn))
			}
			rates := make(map[string][]float64)
			for b.Loop() {
				for _, n := range counts {
					rate := make(map[string]float64)
					for _, design := range designs {
						rate[design] = together(b, side[:n], fmt.Sprint(design, " ", work, " ", round)) / round.Seconds()
						key := fmt.Sprint(n, "-", design, "-commits/s")
						rates[key] = append(rates[key], rate[design])
					}
					for _, design := range designs[1:] {
						key := fmt.Sprint(n, "-", design, "-of-log")
						rates[key] = append(rates[key], rate[design]/rate["log"])
					}
				}
			}
			for key, list := range rates {
				slices.Sort(list)
				b.ReportMetric(list[len(list)/2], key)
			}
			b.ReportMetric(0, "ns/op")
			for _, design := range []string{"log", "streams"} {
				const gaps = "DO 'BEGIN IF EXISTS (SELECT FROM %s.records GROUP BY stream HAVING max(version) <> count(*)) THEN RAISE ''a stream has a hole''; END IF; END'"
				if err := pgtest.Exec(dsn, fmt.Sprintf(gaps, design)); err != nil {
					b.Error(err)
				}
			}
		})
	}
}

// together has the processes do the same and returns how many commits went in.
func together(b *testing.B, all []*storetest.Process, what string) (commits float64) {
	for _, p := range all {
		p.Say(what)
	}
	for _, p := range all {
		line, ok := p.Hear()
		n, err := strconv.ParseFloat(line, 64)
		if !ok || err != nil {
			b.Fatalf("a process says %q (%t)", line, ok)
		}
		commits += n
	}
	return commits
}

// design is a child process: it does what it reads and answers with a number of commits.
func design(ctx context.Context, dsn string) error {
	s, err := Open(ctx, dsn, WithSchema("log"))
	if err != nil {
		return err
	}
	defer s.Close()
	byStream, err := openStriped(ctx, dsn)
	if err != nil {
		return err
	}
	const callers = 32
	var all [2][callers]caller
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var of, work, round string
		if _, err := fmt.Sscan(in.Text(), &of, &work, &round); err != nil {
			return err
		}
		d, err := time.ParseDuration(round)
		if err != nil {
			return err
		}
		appends, mine := s.Append, &all[0]
		if of != "log" {
			appends, mine = byStream.Append, &all[1]
			byStream.silent.Store(of == "silent")
		}
		var commits atomic.Int64
		until := time.Now().Add(d)
		var group sync.WaitGroup
		errs := make([]error, callers)
		for i := range mine {
			group.Go(func() { errs[i] = mine[i].run(ctx, appends, work == "mixed", until, &commits) })
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		fmt.Println(commits.Load())
	}
	return nil
}

// caller appends to streams of its own and, in mixed work, in one commit of four to a stream
// that all callers of all processes share as well.
type caller struct {
	traffic
	heads [64]events.Version
}

func (w *caller) run(ctx context.Context, appends func(context.Context, events.Commit) (events.Receipt, error), mixed bool, until time.Time, commits *atomic.Int64) error {
	for time.Now().Before(until) {
		c := w.next()
		for n := w.shares(mixed, &c); ; {
			_, err := appends(ctx, c)
			if err == nil {
				if n >= 0 {
					w.heads[n]++
				}
				commits.Add(1)
				break
			}
			conflict, ok := errors.AsType[*events.ConflictError](err)
			if !ok || n < 0 {
				return err
			}
			w.heads[n] = conflict.Head
			c.Batches[1].After = conflict.Head
		}
	}
	return nil
}

// shares adds a batch of a shared stream to a commit and returns its number, or -1 for a commit
// without one.
func (w *caller) shares(mixed bool, c *events.Commit) int {
	if !mixed || rand.IntN(4) > 0 {
		return -1
	}
	n := rand.IntN(len(w.heads))
	c.Batches = append(c.Batches, events.Batch{Stream: events.StreamID(fmt.Sprint("line-", n)), After: w.heads[n], Events: c.Batches[0].Events})
	return n
}

// striped writes a log under a lock for each stream of a group: it takes them in the order of
// their keys, so that no two groups wait for each other, has its transaction numbered before
// the first position is drawn, as the proof of gaps wants it, and verifies in a later statement
// than the one that may have waited. Gathering and deciding are the store's own.
type striped struct {
	*group.Writer
	log    *log
	silent atomic.Bool
	unsaid bool // the last group was not notified
	lock   *pgconn.StatementDescription
	xid    *pgconn.StatementDescription
	notify *pgconn.StatementDescription
	puts   map[shape]*pgconn.StatementDescription
}

func openStriped(ctx context.Context, dsn string) (*striped, error) {
	s, err := Open(ctx, dsn, WithSchema("streams"))
	if err != nil {
		return nil, err
	}
	// The store's own committer never has anything to do; this one uses its connection.
	w := &striped{puts: make(map[shape]*pgconn.StatementDescription)}
	w.log = s.writer.log
	conn := s.writer.log.line.conn.PgConn()
	for _, p := range []struct {
		to        **pgconn.StatementDescription
		name, sql string
	}{
		{&w.lock, "lock", "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key"},
		{&w.xid, "xid", "SELECT set_config('synchronous_commit', 'on', true), pg_current_xact_id()"},
		{&w.notify, "notify", "SELECT set_config('synchronous_commit', 'off', true), pg_notify('" + s.schema.channel() + "', currval('streams.positions')::text)"},
	} {
		if *p.to, err = conn.Prepare(ctx, "streams_"+p.name, p.sql, nil); err != nil {
			return nil, err
		}
	}
	w.Writer = group.New(false, w.run, nil)
	return w, nil
}

// run is that of the store with another way to write a group. A group is notified before the next
// one, after its callers have their answers.
func (w *striped) run(g *group.Group) {
	if w.unsaid {
		var b pgconn.Batch
		b.ExecStatement(w.notify, nil, nil, binaryFormat)
		_ = w.log.exchange(nil, &b, nil) // a connection that is lost fails the next group
	}
	g.Claim()
	err := w.write(g.Commits, g.Answers)
	if err != nil {
		g.Fail(err)
	}
	w.unsaid = !w.silent.Load() && err == nil
}

// write writes a group on the remembered versions, in one exchange, and if they are outdated in
// two more.
func (w *striped) write(commits []events.Commit, answers []events.Outcome) error {
	p := w.log.guessed(commits)
	var base positions
	if p.rows > 0 {
		var b pgconn.Batch
		w.locks(&b, p)
		if err := w.put(&b, p, nil, nil, base.row); err != nil || base.found {
			p.answer(base.lowest, answers)
			return err
		}
	}
	p = &plan{members: commits}
	p.each(func(*events.Batch) {})
	var b pgconn.Batch
	b.ExecStatement(w.log.line.begin, nil, nil, nil)
	w.locks(&b, p)
	b.ExecStatement(w.log.line.survey, p.questions(), binaryFormat, binaryFormat)
	found := newSurvey(p)
	if err := w.log.exchange(nil, &b, nil, nil, nil, found.row); err != nil {
		return err
	}
	for i, stream := range p.streams {
		w.log.heads[stream] = p.heads[i]
	}
	p.decide(w.log.heads, found.known)
	if p.rows == 0 {
		p.answer(0, answers)
		return w.log.line.rollback()
	}
	b = pgconn.Batch{}
	if err := w.put(&b, p, base.row, nil); err != nil {
		return err
	}
	p.answer(base.lowest, answers)
	return nil
}

// locks takes the locks of all streams of a plan, and then has the transaction numbered.
func (w *striped) locks(b *pgconn.Batch, p *plan) {
	keys := make([]uint64, len(p.streams))
	for i, stream := range p.streams {
		h := fnv.New64a()
		_, _ = h.Write([]byte(stream))
		keys[i] = h.Sum64()
	}
	slices.Sort(keys)
	var v params
	list := newArray(pgtype.Int8OID, 12*len(keys))
	for _, key := range keys {
		list.add(v.int8(int64(key)))
	}
	b.ExecStatement(w.lock, [][]byte{list.value()}, binaryFormat, binaryFormat)
	b.ExecStatement(w.xid, nil, nil, binaryFormat)
}

// put sends a plan with what the batch has before it, and ends a transaction that has begun.
func (w *striped) put(b *pgconn.Batch, p *plan, each ...func([][]byte) error) error {
	s, values := p.statement(&w.log.hasher)
	sd, ok := w.puts[s]
	if !ok {
		sql, types := w.log.queries.put(s)
		// Sums are computed as by the store, though they are no links of one log here.
		sql = strings.Replace(sql, "coalesce(r.position, 0) AS position", "0 AS position", 1)
		sql = strings.Replace(sql, "SELECT last.position + e.n,", "SELECT nextval('streams.positions'),", 1)
		sql, _, _ = strings.Cut(sql, ", CASE WHEN idx = 0 THEN pg_notify") // of a small group
		sql, _, _ = strings.Cut(sql, "\n)\nSELECT position, sha256")
		if s == (shape{}) {
			sql += " RETURNING position - 1, sum) SELECT * FROM added"
		}
		var err error
		if sd, err = w.log.line.conn.PgConn().Prepare(context.Background(), "streams_"+s.name(), sql, types); err != nil {
			return err
		}
		w.puts[s] = sd
	}
	b.ExecStatement(sd, values, binaryFormat, binaryFormat)
	if w.log.line.conn.PgConn().TxStatus() == 'T' {
		b.ExecStatement(w.log.line.commit, nil, nil, nil)
	}
	return w.log.exchange(nil, b, each...)
}
