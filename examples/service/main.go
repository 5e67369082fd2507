package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/projection"
	pgviews "github.com/tradesurety/surety/projection/postgres"
	fileviews "github.com/tradesurety/surety/projection/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Stderr, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "service:", err)
		}
		if isFork(err) {
			os.Exit(exitFork)
		}
		os.Exit(1)
	}
}

// exitFork is the exit code of a service whose log or views are on another history: a start by itself is
// no help, an operator has to look.
const exitFork = 3

func run(ctx context.Context, out io.Writer, args []string) error {
	f, err := parse(out, args)
	if err != nil {
		return err
	}
	known, err := readPeople(f.tokens)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	logger := slog.New(slog.NewTextHandler(out, nil))
	log, views, closeViews, err := open(ctx, f, logger)
	if err != nil {
		return err
	}
	s, err := newService(log, views, known.authenticate, known.sources(), logger, defaults())
	if err != nil {
		return err
	}
	s.rebuild = f.rebuild
	logger.Info("listening", "addr", listener.Addr().String(), "store", f.store, "durability", log.Durability(), "tokens", len(known))
	err = s.serve(ctx, listener)
	// Nothing uses the stores any more.
	err = errors.Join(err, closeViews(), log.Close())
	logger.Info("stopped", "error", err)
	return err
}

// flags are the flags of the command line.
type flags struct {
	addr, store, db, dsn, durability, tokens string
	rebuild                                  bool
}

func parse(out io.Writer, args []string) (f flags, err error) {
	set := flag.NewFlagSet("service", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&f.addr, "addr", "127.0.0.1:8080", "the address to listen on")
	set.StringVar(&f.store, "store", "sqlite", "the store to work on: sqlite or postgres")
	set.StringVar(&f.db, "db", "", "the SQLite file of the log; its views are in a second file (default orders.db)")
	set.StringVar(&f.dsn, "dsn", "", "the PostgreSQL database to work on; of several servers, all hosts and target_session_attrs=read-write")
	set.StringVar(&f.durability, "durability", "fsync", "what an acknowledged command survives: fsync, a loss of power; replicated, the loss of the server, which needs synchronous standbys")
	set.StringVar(&f.tokens, "tokens", "", "the file with the known tokens (default: none)")
	set.BoolVar(&f.rebuild, "rebuild-views", false, "build views anew that are of another history than the log, instead of ending")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	switch {
	case set.NArg() > 0:
		return f, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case f.store != "sqlite" && f.store != "postgres":
		return f, fmt.Errorf("-store %q is neither sqlite nor postgres", f.store)
	case f.store == "postgres" && (f.dsn == "" || f.db != ""), f.store == "sqlite" && f.dsn != "":
		return f, errors.New("-store sqlite goes with -db, and -store postgres with -dsn")
	case f.durability != "fsync" && f.durability != "replicated":
		return f, fmt.Errorf("-durability %q is neither fsync nor replicated", f.durability)
	case f.durability == "replicated" && f.store != "postgres":
		return f, errors.New("-durability replicated goes with -store postgres: a SQLite file is on one machine")
	case f.store == "sqlite" && f.db == "":
		f.db = "orders.db"
	}
	return f, nil
}

// startTimeout is how long a start waits for a server, and for its standbys, before the service ends.
const startTimeout = 30 * time.Second

// open opens the log and the views, and returns the function that closes the views.
func open(ctx context.Context, f flags, logger *slog.Logger) (log events.Store, views projection.Store, closeViews func() error, err error) {
	if f.store == "postgres" {
		ctx, cancel := context.WithTimeout(ctx, startTimeout)
		defer cancel()
		if err := postgres.Migrate(ctx, f.dsn); err != nil {
			return nil, nil, nil, err
		}
		level := events.DurabilityFsync // on every commit, or it does not open
		if f.durability == "replicated" {
			level = events.DurabilityReplicated
		}
		log, err := postgres.Open(ctx, f.dsn, postgres.WithDurability(level), postgres.WithObserver(observer(logger)))
		if err != nil {
			return nil, nil, nil, err
		}
		views, err := pgviews.Open(ctx, f.dsn, pgviews.WithAdmission(log.Admits))
		if err != nil {
			return nil, nil, nil, errors.Join(err, log.Close())
		}
		return log, views, views.Close, nil
	}
	file, err := sqlite.Open(ctx, f.db) // fsync on every commit too
	if err != nil {
		return nil, nil, nil, err
	}
	board, err := fileviews.Open(ctx, f.db+".views")
	if err != nil {
		return nil, nil, nil, errors.Join(err, file.Close())
	}
	return file, board, board.Close, nil
}

// observer logs what happens between the log and its server.
func observer(logger *slog.Logger) events.Observer {
	return events.Observer{
		Group: func(d events.GroupDone) {
			if d.Unknown > 0 {
				logger.Warn("outcomes are unknown", "commits", d.Unknown, "took", d.Took)
			}
		},
		Listener: func(up bool, err error) { logger.Info("hearing of other instances", "up", up, "error", err) },
	}
}
