// Command paylater plays a small shop and its pay-later quota (先用后付额度): an order that is too
// large, payments that restore the quota, a buyer who does not pay, a freeze and its lifting, a limit
// that grows to 20,000 and to 100,000 with the shop, and the withdrawal of received funds, with its
// waiting time and its fee. It prints the quota page after every chapter, and at the end the ledger of
// the quota and the statement of the funds.
//
//	go run ./examples/paylater [-db FILE] [-lang en|zh]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order/rule"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "paylater:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("paylater", flag.ContinueOnError)
	db := flags.String("db", "", "the SQLite file to work on, which must be new (default: one in a temporary directory)")
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
	path := *db
	if path == "" {
		dir, err := os.MkdirTemp("", "surety-paylater-")
		if err != nil {
			return err
		}
		path = filepath.Join(dir, "shop.db")
	} else if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists; the file must be new", path)
	}
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	s := newStory(store, out, rule.Lang(*lang))
	fmt.Fprintf(out, "%s: %s\n", s.texts.file, path)
	return errors.Join(s.play(ctx), store.Close())
}
