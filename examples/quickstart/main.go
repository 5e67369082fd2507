// Command quickstart takes one contract through its whole life on a SQLite file: the seller's
// service is activated, the order is drafted, confirmed, paid by transfers that arrive short,
// exported under two entrustments, received and reviewed. It prints the timeline as it is
// written, and what the rule book refuses on the way.
//
//	go run ./examples/quickstart [-contract FILE] [-db FILE] [-lang en|zh]
//	go run ./examples/quickstart -store postgres -dsn DSN
//
// With the same database and contract it picks the same order up again: a finished one is shown
// from the file, an interrupted one goes on where it stopped.
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

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "quickstart:", err)
		}
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	file := flags.String("contract", "", "the contract to carry out (default: the one that comes with the example)")
	kind := flags.String("store", "sqlite", "the store to work on: sqlite or postgres")
	db := flags.String("db", "", "the SQLite file to work on (default: a new one in a temporary directory)")
	dsn := flags.String("dsn", "", "the PostgreSQL database to work on")
	lang := flags.String("lang", "en", "the language to print in: en or zh")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *lang != string(rule.English) && *lang != string(rule.Chinese) {
		return fmt.Errorf("-lang %q is neither en nor zh", *lang)
	}
	c, err := readContract(*file)
	if err != nil {
		return err
	}
	where, open, err := opener(*kind, *db, *dsn)
	if err != nil {
		return err
	}
	words := vocabulary(rule.Lang(*lang))
	fmt.Fprintf(out, words.title+"\n", c.Number, where)

	store, err := open(ctx)
	if err != nil {
		return err
	}
	live, err := play(ctx, store, c, out, words)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	return reload(ctx, open, live, out, words)
}

// opener returns what the store is called and how it is opened.
func opener(kind, db, dsn string) (where string, open func(context.Context) (events.Store, error), err error) {
	switch {
	case kind == "sqlite" && dsn != "" || kind == "postgres" && db != "":
		return "", nil, errors.New("-db goes with -store sqlite, -dsn with -store postgres")
	case kind == "postgres" && dsn == "":
		return "", nil, errors.New("-store postgres needs -dsn")
	case kind == "postgres":
		return "PostgreSQL", func(ctx context.Context) (events.Store, error) {
			if err := postgres.Migrate(ctx, dsn); err != nil {
				return nil, err
			}
			return postgres.Open(ctx, dsn) // the one line that differs
		}, nil
	case kind != "sqlite":
		return "", nil, fmt.Errorf("-store %q is neither sqlite nor postgres", kind)
	}
	if db == "" {
		dir, err := os.MkdirTemp("", "surety-quickstart-")
		if err != nil {
			return "", nil, err
		}
		db = filepath.Join(dir, "orders.db")
	}
	return db, func(ctx context.Context) (events.Store, error) {
		return sqlite.Open(ctx, db) // fsync on every commit, or it does not open
	}, nil
}

// reload opens the store anew, replays the order from its events alone, and compares.
func reload(ctx context.Context, open func(context.Context) (events.Store, error), live order.Order, out io.Writer, words *words) error {
	store, err := open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	again, version, err := order.NewModel().Replay(ctx, store, order.Stream(live.ID))
	if err != nil {
		return err
	}
	if !equal(again, live) {
		return errors.New("the order as it was stored differs from the live one")
	}
	fmt.Fprintf(out, words.reloaded+"\n", version, words.Phase(again.Phase))
	return nil
}
