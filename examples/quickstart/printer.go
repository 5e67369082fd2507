package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/examples/internal/display"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/trade"
)

// printer prints the log, one line for each event, the same way for a live run and a stored history.
type printer struct {
	store events.Store
	out   io.Writer
	words *words
	story *story

	after events.Position
	order order.Order
	line  credit.Line

	commit uuid.UUID // the commit of the lines that are not printed yet
	lines  []line
}

// line is the line of an event. It is printed once its whole commit is read.
type line struct {
	at                time.Time
	by                trade.Role
	what, phase, held string
}

const row = "%s  %s  %s  %s  %s\n"

func (p *printer) heading() {
	w := p.words.Heading
	fmt.Fprintf(p.out, "\n"+row, display.Pad(w.Time, 16), display.Pad(w.Actor, 8), display.Pad(w.Event, 52), display.Pad(w.Phase, 17), w.Quota)
	fmt.Fprintln(p.out, strings.Repeat("-", 127))
}

// catchUp prints the events that were appended since the last call.
func (p *printer) catchUp(ctx context.Context) error {
	for r, err := range p.store.ReadAll(ctx, p.after, events.Filter{}) {
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
		if r.Commit != p.commit {
			p.flush()
			p.commit = r.Commit
		}
		if err := p.enter(&r, meta, event); err != nil {
			return r.Corrupt(err)
		}
		p.after = r.Position
	}
	p.flush()
	return nil
}

// flush prints the lines of a commit, each with the quota after the commit.
func (p *printer) flush() {
	for _, l := range p.lines {
		l.held = p.quota()
		p.print(l)
	}
	p.lines = p.lines[:0]
}

// enter folds the event and adds its line. The counterparts of an order's event on other streams
// are folded and not printed: they make up the quota column.
func (p *printer) enter(r *events.Record, meta desk.Meta, event any) error {
	phase := ""
	switch e := event.(type) {
	case credit.Event:
		if p.line.Seller == "" {
			p.line = credit.New(credit.Assurance, p.story.Seller.Account, p.story.Limit.Currency())
		}
		if err := p.line.Apply(e, r.At); err != nil {
			return err
		}
		if _, ok := e.(credit.LimitAssessed); !ok {
			return nil
		}
	case order.Event:
		if r.Stream != order.Stream(p.story.order) {
			phase = p.words.otherOrder
			break
		}
		if err := p.order.Apply(e, r.At); err != nil {
			return err
		}
		phase = p.words.Phase(p.order.Phase)
	case entrustment.Linked, entrustment.Unlinked, reservation.Event:
		return nil
	case entrustment.Event:
		key, _ := r.Stream.Key()
		phase = key
	}
	p.lines = append(p.lines, line{at: r.At, by: meta.Role, what: p.words.Event(event), phase: phase})
	return nil
}

// quota returns the held and the available amount of the line.
func (p *printer) quota() string {
	if p.line.Seller == "" {
		return ""
	}
	available := p.line.Available()
	return fmt.Sprintf("%s / %s", p.line.Held.Amount(), available.Amount())
}

func (p *printer) refusal(x *step, no *trade.Refusal) {
	p.print(line{at: x.at, by: x.by.Role, what: p.words.Refused + " " + string(no.Rule) + " (" + p.words.Command(no.Command) + ")"})
	for _, line := range display.Wrap(no.Text(p.words.Lang), 88) {
		fmt.Fprintf(p.out, "%s%s\n", strings.Repeat(" ", 28), line)
	}
}

func (p *printer) print(l line) {
	text := fmt.Sprintf(row, l.at.UTC().Format("2006-01-02 15:04"), display.Pad(l.by.Text(p.words.Lang), 8), display.Pad(l.what, 52), display.Pad(l.phase, 17), l.held)
	fmt.Fprintln(p.out, strings.TrimRight(text, " \n"))
}
