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
	log, views, closeViews, err := open(ctx, f)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(out, nil))
	s, err := newService(log, views, known.authenticate, known.sources(), logger, defaults())
	if err != nil {
		return err
	}
	s.rebuild = f.rebuild
	logger.Info("listening", "addr", listener.Addr().String(), "store", f.store, "tokens", len(known))
	err = s.serve(ctx, listener)
	// Nothing uses the stores any more.
	err = errors.Join(err, closeViews(), log.Close())
	logger.Info("stopped", "error", err)
	return err
}

// flags are the flags of the command line.
type flags struct {
	addr, store, db, dsn, tokens string
	rebuild                      bool
}

func parse(out io.Writer, args []string) (f flags, err error) {
	set := flag.NewFlagSet("service", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&f.addr, "addr", "127.0.0.1:8080", "the address to listen on")
	set.StringVar(&f.store, "store", "sqlite", "the store to work on: sqlite or postgres")
	set.StringVar(&f.db, "db", "", "the SQLite file of the log; its views are in a second file (default orders.db)")
	set.StringVar(&f.dsn, "dsn", "", "the PostgreSQL database to work on")
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
	case f.store == "sqlite" && f.db == "":
		f.db = "orders.db"
	}
	return f, nil
}

// open opens the log and the views, and returns the function that closes the views.
func open(ctx context.Context, f flags) (log events.Store, views projection.Store, closeViews func() error, err error) {
	if f.store == "postgres" {
		if err := postgres.Migrate(ctx, f.dsn); err != nil {
			return nil, nil, nil, err
		}
		log, err := postgres.Open(ctx, f.dsn) // fsync on every commit, or it does not open
		if err != nil {
			return nil, nil, nil, err
		}
		views, err := pgviews.Open(ctx, f.dsn)
		if err != nil {
			return nil, nil, nil, errors.Join(err, log.Close())
		}
		return log, views, views.Close, nil
	}
	file, err := sqlite.Open(ctx, f.db) // as above
	if err != nil {
		return nil, nil, nil, err
	}
	board, err := fileviews.Open(ctx, f.db+".views")
	if err != nil {
		return nil, nil, nil, errors.Join(err, file.Close())
	}
	return file, board, board.Close, nil
}
