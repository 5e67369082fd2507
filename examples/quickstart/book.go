package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/examples/internal/tell"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/trade"
)

// book prints what the log says, a line an event: a live run and a stored history read alike.
type book struct {
	store events.Store
	out   io.Writer
	words *words
	story *story

	after events.Position
	order order.Order
	line  credit.Line

	commit uuid.UUID // the commit whose lines are waiting
	lines  []line
}

// line is an event as it will be printed, once its whole commit is known.
type line struct {
	at                   time.Time
	by                   trade.Role
	what, standing, held string
}

const row = "%s  %s  %s  %s  %s\n"

func (b *book) heading() {
	w := b.words
	fmt.Fprintf(b.out, "\n"+row, tell.Pad(w.Time, 16), tell.Pad(w.Who, 8), tell.Pad(w.What, 52), tell.Pad(w.Standing, 17), w.Quota)
	fmt.Fprintln(b.out, strings.Repeat("-", 127))
}

// catchUp prints what was appended since the last time.
func (b *book) catchUp(ctx context.Context) error {
	for r, err := range b.store.ReadAll(ctx, b.after, events.Filter{}) {
		if err != nil {
			return err
		}
		event, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			return r.Corrupt(err)
		}
		meta, err := desk.DecodeMeta(r.Meta)
		if err != nil {
			return r.Corrupt(err)
		}
		if r.Commit != b.commit {
			b.flush()
			b.commit = r.Commit
		}
		if err := b.enter(&r, meta, event); err != nil {
			return r.Corrupt(err)
		}
		b.after = r.Position
	}
	b.flush()
	return nil
}

// flush prints the lines of a commit, all with the quota as the commit left it.
func (b *book) flush() {
	for _, l := range b.lines {
		l.held = b.quota()
		b.print(l)
	}
	b.lines = b.lines[:0]
}

// enter folds the event and notes its line. The counterparts that an order's event has on other
// streams are folded and not printed: they are the quota column.
func (b *book) enter(r *events.Record, meta desk.Meta, event any) error {
	standing := ""
	switch e := event.(type) {
	case credit.Event:
		if b.line.Seller == "" {
			b.line = credit.New(b.story.Seller.Account, b.story.Limit.Currency())
		}
		if err := b.line.Apply(e, r.At); err != nil {
			return err
		}
		if _, ok := e.(credit.LimitAssessed); !ok {
			return nil
		}
	case order.Event:
		if r.Stream != order.Stream(b.story.order) {
			standing = b.words.otherOrder
			break
		}
		if err := b.order.Apply(e, r.At); err != nil {
			return err
		}
		standing = b.words.Phase(b.order.Phase)
	case entrustment.Linked, entrustment.Unlinked, reservation.Event:
		return nil
	case entrustment.Event:
		key, _ := r.Stream.Key()
		standing = key
	}
	b.lines = append(b.lines, line{at: r.At, by: meta.Role, what: b.words.Event(event), standing: standing})
	return nil
}

// quota is what the line holds and has left.
func (b *book) quota() string {
	if b.line.Seller == "" {
		return ""
	}
	available := b.line.Available()
	return fmt.Sprintf("%s / %s", b.line.Held.Amount(), available.Amount())
}

func (b *book) refusal(x *step, no *trade.Refusal) {
	b.print(line{at: x.at, by: x.by.Role, what: b.words.Refused + " " + string(no.Rule) + " (" + b.words.Command(no.Command) + ")"})
	for _, line := range tell.Wrap(no.Text(b.words.Lang), 88) {
		fmt.Fprintf(b.out, "%s%s\n", strings.Repeat(" ", 28), line)
	}
}

func (b *book) print(l line) {
	text := fmt.Sprintf(row, l.at.UTC().Format("2006-01-02 15:04"), tell.Pad(l.by.Text(b.words.Lang), 8), tell.Pad(l.what, 52), tell.Pad(l.standing, 17), l.held)
	fmt.Fprintln(b.out, strings.TrimRight(text, " \n"))
}
