// Command quickstart takes one contract through its whole life on a SQLite file: the seller's
// service is activated, the order is drafted, confirmed, paid by transfers that arrive short,
// exported under two entrustments, received and reviewed. It prints the timeline as it is
// written, and what the rule book refuses on the way.
//
//	go run ./examples/quickstart [-contract FILE] [-db FILE] [-lang en|zh]
//
// With the same -db and contract it picks the same order up again: a finished one is shown
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

	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
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
	db := flags.String("db", "", "the SQLite file to work on (default: a new one in a temporary directory)")
	lang := flags.String("lang", "en", "the language to print in: en or zh")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *lang != string(order.English) && *lang != string(order.Chinese) {
		return fmt.Errorf("-lang %q is neither en nor zh", *lang)
	}
	c, err := readContract(*file)
	if err != nil {
		return err
	}
	path := *db
	if path == "" {
		dir, err := os.MkdirTemp("", "surety-quickstart-")
		if err != nil {
			return err
		}
		path = filepath.Join(dir, "orders.db")
	}
	words := vocabulary(order.Lang(*lang))
	fmt.Fprintf(out, words.title+"\n", c.Number, path)

	store, err := sqlite.Open(ctx, path) // fsync on every commit, or it does not open
	if err != nil {
		return err
	}
	live, err := play(ctx, store, c, out, words)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	return reload(ctx, path, live, out, words)
}

// reload opens the file anew, replays the order from its events alone, and compares.
func reload(ctx context.Context, path string, live order.Order, out io.Writer, words *words) error {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer store.Close()
	again, version, err := order.NewModel().Replay(ctx, store, order.Stream(live.ID))
	if err != nil {
		return err
	}
	if !equal(again, live) {
		return fmt.Errorf("the order reloaded from %s differs from the live one", path)
	}
	fmt.Fprintf(out, words.reloaded+"\n", version, words.Phase(again.Phase))
	return nil
}
