// Command simulation runs a world of trade and shows the results: sellers, buyers, customs, banks and a
// platform trade through the library, with mistakes, fraud and faults, while an auditor that reads only
// the events checks every commit.
//
//	go run ./examples/simulation [-orders N] [-seed N] [-out DIR] [-store memory|sqlite|postgres]
//
// It prints a summary and the digest of the history, which is the same for the same flags on
// every machine and every store, and draws three pictures into DIR.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/schollz/progressbar/v3"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory/forgetful"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order/ordertest/world"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // a run allocates much and keeps little
	}
	if err := run(ctx, os.Stdout, os.Stderr, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "simulation:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the values of the flags.
type options struct {
	world  world.Config
	faults int
	out    string
	store  string
	db     string
	dsn    string
}

func parse(args []string, usage io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("simulation", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.IntVar(&o.world.Orders, "orders", 10_000, "the number of orders")
	flags.Uint64Var(&o.world.Seed, "seed", 1, "the seed of all random choices")
	flags.IntVar(&o.world.Months, "months", 0, "the number of months in which orders begin (default: one for every 3,000 orders)")
	flags.IntVar(&o.faults, "faults", 5, "how many of 10,000 commits and messages have each kind of fault")
	flags.StringVar(&o.out, "out", "", "the directory of the pictures (default: a new one)")
	flags.StringVar(&o.store, "store", "memory", "the store to run on: memory, which forgets ended orders, sqlite or postgres")
	flags.StringVar(&o.db, "db", "", "the SQLite file to make (default: one in the directory of the pictures)")
	flags.StringVar(&o.dsn, "dsn", "", "the PostgreSQL database to run on; its log must be empty")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.world.Orders < 1:
		return o, fmt.Errorf("-orders %d is below 1", o.world.Orders)
	case o.faults < 0 || o.faults > 1000:
		return o, fmt.Errorf("-faults %d is outside 0 to 1000", o.faults)
	case o.store != "memory" && o.store != "sqlite" && o.store != "postgres":
		return o, fmt.Errorf("-store %q is not memory, sqlite or postgres", o.store)
	case o.db != "" && o.store != "sqlite" || o.dsn != "" && o.store != "postgres":
		return o, errors.New("-db goes with -store sqlite, -dsn with -store postgres")
	case o.dsn == "" && o.store == "postgres":
		return o, errors.New("-store postgres needs -dsn")
	}
	o.world.Faults = world.AllFaults(o.faults)
	o.world.Again = fmt.Sprintf("go run ./examples/simulation -orders %d -seed %d -months %d -faults %d",
		o.world.Orders, o.world.Seed, o.world.Months, o.faults)
	return o, nil
}

func run(ctx context.Context, out, progress io.Writer, args []string) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	if o.out, err = directory(o.out); err != nil {
		return err
	}
	store, err := o.open(ctx)
	if err != nil {
		return err
	}
	before := held()
	report, err := simulate(ctx, store, o.world, progress)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	after := held() // the store included: it is still open
	if err := store.Close(); err != nil {
		return err
	}
	summary(out, report, int64(after)-int64(before))
	files, err := illustrate(report, o.out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nPictures\n  %s\n", strings.Join(files, "\n  "))
	return nil
}

// directory makes the directory of the pictures and returns it.
func directory(path string) (string, error) {
	if path == "" {
		return os.MkdirTemp("", "surety-simulation-")
	}
	return path, os.MkdirAll(path, 0o755)
}

// open opens the store. The log in memory forgets ended orders, so that a long run fits; the other two
// keep everything.
func (o *options) open(ctx context.Context) (events.Store, error) {
	switch o.store {
	case "sqlite":
		path := o.db
		if path == "" {
			path = filepath.Join(o.out, "orders.db")
		}
		return sqlite.Open(ctx, path)
	case "postgres":
		if err := postgres.Migrate(ctx, o.dsn); err != nil {
			return nil, err
		}
		return postgres.Open(ctx, o.dsn)
	}
	return forgetful.New(), nil
}

// simulate runs the world, with a progress bar if it is on a terminal.
func simulate(ctx context.Context, store events.Store, c world.Config, progress io.Writer) (*world.Report, error) {
	if end, err := store.Settled(ctx); err != nil || end != 0 {
		if err == nil {
			err = fmt.Errorf("the log has %d events, and a simulation begins with an empty one", end)
		}
		return nil, err
	}
	bar := progressbar.NewOptions(c.Orders,
		progressbar.OptionSetWriter(progress),
		progressbar.OptionSetVisibility(terminal(progress)),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
	)
	c.Progress = func(p world.Progress) {
		bar.Describe(p.Now.Format("2 Jan 2006"))
		_ = bar.Set(p.Ended) // a run continues without its bar
	}
	report, err := world.Run(ctx, store, c)
	_ = bar.Finish()
	return report, err
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// held returns how many bytes of memory are in use after a garbage collection.
func held() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
