// Command quickstart takes one contract through its whole life on a SQLite file: the seller's
// service is activated, the order is drafted, confirmed, paid by transfers that at first fall short,
// exported under two entrustments, received and reviewed. It prints each event as it is written, and
// each command that a rule refuses.
//
//	go run ./examples/quickstart [-contract FILE] [-db FILE] [-lang en|zh]
//
// With the same file and contract it picks up the same order again: it shows a finished order
// from the file, and continues an interrupted one where it stopped.
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
	file := flags.String("contract", "", "the contract to execute (default: the one that comes with the example)")
	db := flags.String("db", "", "the SQLite file to work on (default: a new one in a temporary directory)")
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
	if *db == "" {
		dir, err := os.MkdirTemp("", "surety-quickstart-")
		if err != nil {
			return err
		}
		*db = filepath.Join(dir, "orders.db")
	}
	words := vocabulary(rule.Lang(*lang))
	fmt.Fprintf(out, words.title+"\n", c.Number, *db)
	return runOn(ctx, out, c, words, func(ctx context.Context) (events.Store, error) {
		return sqlite.Open(ctx, *db) // fsync on every commit, or it does not open
	})
}

// runOn executes the contract on a store, reopens the store, replays the order from its
// events alone, and compares.
func runOn(ctx context.Context, out io.Writer, c *contract, words *words, open func(context.Context) (events.Store, error)) error {
	store, err := open(ctx)
	if err != nil {
		return err
	}
	live, err := play(ctx, store, c, out, words)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	if store, err = open(ctx); err != nil {
		return err
	}
	defer store.Close()
	again, version, err := order.Model().Replay(ctx, store, order.Stream(live.ID))
	if err != nil {
		return err
	}
	if !equal(again, live) {
		return errors.New("the order as it was stored differs from the live one")
	}
	fmt.Fprintf(out, words.reloaded+"\n", version, words.Phase(again.Phase))
	return nil
}
