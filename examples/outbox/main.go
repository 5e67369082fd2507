// Command outbox publishes the events of a log as CloudEvents 1.0 in JSON, each at least once
// and in the order of the log, to a receiver over HTTP or to standard output, one a line.
//
//	go run ./examples/outbox -db orders.db -to https://receiver.example/events
//	go run ./examples/outbox -db orders.db -to - -once
//	go run ./examples/outbox -store postgres -dsn DSN -checkpoint FILE -to URL
//
// It follows the log until it is interrupted; with -once it stops at its end. How far it has
// come is in a checkpoint file, one for each destination, which is written after the receiver
// has acknowledged. Whatever ends the process, nothing is lost: the next one begins at the
// checkpoint, and what it repeats has the same source and id, by which the receiver knows it.
// One process at a time works with a checkpoint.
//
// A receiver acknowledges with any status 2xx. While it is down, slow or answers 5xx, 408, 425
// or 429, the event is sent again, for as long as it takes; Retry-After is heeded. Any other
// answer, and a record that cannot be read, ends the program with an error that names it: no
// event is ever passed over.
//
// Who asked for an event, its Meta, stays in the log. The data of an event may be about people:
// addresses, names, bank accounts. With -mask the events of orders have them masked, as a
// timeline has, and of all others only those of pay-later orders and of credit lines are
// published. Accounts of the platform and texts that somebody wrote stay as they are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, os.Args[1:])
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "outbox:", err)
		}
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	store, db, dsn, to, source, checkpoint string
	mask, once                             bool
	timeout                                time.Duration
}

// saveEvery is how many events a crash repeats at most.
const saveEvery = 100

// run publishes until the context ends, which is no error.
func run(ctx context.Context, out io.Writer, args []string) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	target, err := s.destination(out)
	if err != nil {
		return err
	}
	store, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	file := checkpointFile{path: s.checkpoint, source: s.source, to: target.name}
	from, err := file.load()
	if err != nil {
		return err
	}
	o := outbox{store: store, source: s.source, mask: s.mask, once: s.once, every: saveEvery, send: target.send, save: file.save}
	return o.publish(ctx, from)
}

func parse(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("outbox", flag.ContinueOnError)
	flags.StringVar(&s.store, "store", "sqlite", "the store of the log: sqlite or postgres")
	flags.StringVar(&s.db, "db", "", "the SQLite file of the log, which must be there")
	flags.StringVar(&s.dsn, "dsn", "", "the PostgreSQL database of the log")
	flags.StringVar(&s.to, "to", "", "where to: an http or https URL, or - for standard output")
	flags.StringVar(&s.source, "source", "urn:surety:log", "the URI that names the log as the source of its events")
	flags.StringVar(&s.checkpoint, "checkpoint", "", "the file that says how far this destination has come (default: the SQLite file with .outbox behind it)")
	flags.BoolVar(&s.mask, "mask", false, "mask personal data, and publish only what it can be masked in")
	flags.BoolVar(&s.once, "once", false, "stop at the end of the log")
	flags.DurationVar(&s.timeout, "timeout", 10*time.Second, "how long one answer of the receiver is waited for")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.checkpoint == "" && s.db != "" {
		s.checkpoint = s.db + ".outbox"
	}
	_, badSource := url.Parse(s.source)
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.store != "sqlite" && s.store != "postgres":
		err = fmt.Errorf("-store %q is neither sqlite nor postgres", s.store)
	case s.store == "sqlite" && (s.db == "" || s.dsn != ""):
		err = errors.New("-store sqlite needs -db and no -dsn")
	case s.store == "postgres" && (s.dsn == "" || s.db != "" || s.checkpoint == ""):
		err = errors.New("-store postgres needs -dsn and -checkpoint, and no -db")
	case s.source == "" || badSource != nil:
		err = fmt.Errorf("-source %q is no URI", s.source)
	case s.timeout <= 0:
		err = fmt.Errorf("-timeout %s is not positive", s.timeout)
	}
	return s, err
}

// open opens the log. It makes none: there would be nothing to publish, and a typing error
// would go unseen.
func (s *settings) open(ctx context.Context) (events.Store, error) {
	if s.store == "postgres" {
		return postgres.Open(ctx, s.dsn)
	}
	if _, err := os.Stat(s.db); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, s.db)
}

// target is where events go to. Send returns nil once the event is acknowledged.
type target struct {
	name string // without credentials
	send func(ctx context.Context, event []byte) error
}

func (s *settings) destination(out io.Writer) (target, error) {
	if s.to == "-" {
		return target{"-", func(_ context.Context, event []byte) error { return writeLine(out, event) }}, nil
	}
	to, err := url.Parse(s.to)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return target{}, errors.New("-to is neither an http or https URL nor -")
	}
	r := &receiver{
		url: to.String(), name: to.Redacted(), first: 100 * time.Millisecond, log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		// A redirect that was followed could turn into a GET, whose answer acknowledges nothing.
		client: &http.Client{Timeout: s.timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	return target{r.name, r.send}, nil
}

// writeLine writes an event and a line feed, and to the disk where out is a file.
func writeLine(out io.Writer, event []byte) error {
	if _, err := out.Write(append(event, '\n')); err != nil {
		return err
	}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return f.Sync()
		}
	}
	return nil
}
