package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
)

// BenchmarkOperations measures what an installation takes with a log of b.N events, once and beside
// nothing else. The figures of events/OPERATIONS.md are those of
//
//	go test -run '^$' -bench BenchmarkOperations -benchtime 1000000x -timeout 60m ./events/sqlite
//
// It needs twice the size of the log on the disk.
func BenchmarkOperations(b *testing.B) {
	const perGroup = 250
	dir := b.TempDir()
	path, backup := filepath.Join(dir, "log"), filepath.Join(dir, "backup")
	ctx := b.Context()
	timed := func(what string, f func() error) {
		begin := time.Now()
		if err := f(); err != nil {
			b.Fatalf("%s: %v", what, err)
		}
		b.ReportMetric(time.Since(begin).Seconds(), what+"-s")
	}
	s := openBench(b, path)
	timed("load", func() error {
		var w traffic
		for n := 0; n < b.N; {
			var group []events.Commit
			for ; len(group) < perGroup && n < b.N; n++ {
				c := w.next()
				c.Batches[0].Events[0].Data = append([]byte(nil), c.Batches[0].Events[0].Data...)
				group = append(group, c)
			}
			for _, out := range s.AppendEach(ctx, group) {
				if out.Err != nil {
					return out.Err
				}
			}
		}
		return nil
	})
	timed("close", s.Close)
	timed("open", func() (err error) { s, err = Open(ctx, path); return err })
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/float64(b.N), "B/event")
	timed("quick-check", func() error { _, err := s.Check(ctx, Quick()); return err })
	timed("check", func() error { _, err := s.Check(ctx); return err })
	timed("check-deep", func() error { _, err := s.Check(ctx, Deep(nil)); return err })
	timed("verify", func() error { _, err := events.Verify(ctx, s, nil); return err })
	timed("backup", func() error { _, err := s.Backup(ctx, backup); return err })
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		b.Fatal(err)
	}
	timed("restore", func() error { _, err := Restore(ctx, backup, path); return err })
	b.ReportMetric(0, "ns/op") // says nothing of its own
}
