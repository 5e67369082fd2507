// Command outbox publishes the events of a log as CloudEvents 1.0 in JSON, each at least once
// and in the order of the log, to a receiver over HTTP or to standard output, one a line.
//
//	go run ./examples/outbox -db orders.db -to https://receiver.example/events
//	go run ./examples/outbox -db orders.db -to - -once
//	go run ./examples/outbox -store postgres -dsn DSN -checkpoint FILE -to URL
//
// It follows the log until it is interrupted; with -once it stops at the end of the log. A checkpoint
// file for each destination keeps its position, and is written after the receiver has acknowledged. No
// event is lost however the process ends: the next one begins at the checkpoint, and a repeated event
// has the same source and id, by which the receiver recognises it. Only one process at a time may use
// a checkpoint.
//
// The checkpoint also has the mark of the log, by which the program sees, when it starts and while it
// runs, that the log is on another history: an older backup was restored, or a standby that lacked the
// end of the log was promoted. It then publishes nothing of that history and ends with exit code 3 and a
// message that says what to do, because the receiver may have events that are in no log. A checkpoint
// file of an earlier version, which has no mark, gets one once its last event was found in the log.
//
// A receiver acknowledges with any status 2xx. While it is down, slow or answers 5xx, 408, 425 or 429,
// the event is sent again, without a limit; Retry-After is honoured. Any other answer, and a record
// that cannot be read, ends the program with an error that names it: no event is ever skipped.
//
// The Meta of an event, with the actor of the command, stays in the log. The data of an event may
// contain personal data: addresses, names, bank accounts. With -mask they are masked in the events of
// orders, as in a timeline, and of all others only the events of pay-later orders and of credit lines
// are published. Accounts of the platform and free texts are not masked.
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
		if other := (*otherLogError)(nil); errors.As(err, &other) {
			os.Exit(exitOtherLog)
		}
		os.Exit(1)
	}
}

// exitOtherLog is the exit code after which a start by itself is no help: an operator has to look.
const exitOtherLog = 3

// settings are the settings of the command line.
type settings struct {
	store, db, dsn, to, source, checkpoint string
	mask, once                             bool
	timeout                                time.Duration
}

// saveEvery is how many events at most are repeated after a crash.
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
	flags.StringVar(&s.db, "db", "", "the SQLite file of the log, which must exist")
	flags.StringVar(&s.dsn, "dsn", "", "the PostgreSQL database of the log")
	flags.StringVar(&s.to, "to", "", "the destination: an http or https URL, or - for standard output")
	flags.StringVar(&s.source, "source", "urn:surety:log", "the URI that names the log as the source of its events")
	flags.StringVar(&s.checkpoint, "checkpoint", "", "the file that keeps the position of this destination (default: the name of the SQLite file with .outbox appended)")
	flags.BoolVar(&s.mask, "mask", false, "mask personal data, and leave out events in which it cannot be masked")
	flags.BoolVar(&s.once, "once", false, "stop at the end of the log")
	flags.DurationVar(&s.timeout, "timeout", 10*time.Second, "how long to wait for an answer of the receiver")
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
		err = fmt.Errorf("-source %q is not a URI", s.source)
	case s.timeout <= 0:
		err = fmt.Errorf("-timeout %s is not positive", s.timeout)
	}
	return s, err
}

// open opens the log. It does not make one: there would be nothing to publish, and a typing error
// would not be noticed.
func (s *settings) open(ctx context.Context) (events.Store, error) {
	if s.store == "postgres" {
		return postgres.Open(ctx, s.dsn)
	}
	if _, err := os.Stat(s.db); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, s.db)
}

// target is the destination of events. The function send returns nil once an event is acknowledged.
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
		// A followed redirect could become a GET, whose answer acknowledges nothing.
		client: &http.Client{Timeout: s.timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	return target{r.name, r.send}, nil
}

// writeLine writes an event and a line feed, and forces them to the disk if out is a file.
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
