// Command dispute plays one contested order: a covered order is changed with the buyer's consent,
// paid, shipped late, disputed, refunded in part, and closed by a ruling with a compensation that the
// platform advances from the seller's quota. It prints the order as each side sees it, the commands
// that each side may issue, and at the end the ledger of the order.
//
//	go run ./examples/dispute [-lang en|zh]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/tradesurety/surety/order/rule"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "dispute:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("dispute", flag.ContinueOnError)
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
	return newStory(out, rule.Lang(*lang)).play(ctx)
}
