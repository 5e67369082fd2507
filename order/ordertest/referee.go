package ordertest

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// do carries a command out and checks what must hold of any answer: its type, that an error
// wrote nothing, and that a result is one commit of the facts that it names (I29).
func (g *game) do(c desk.Command) error {
	g.rt.Helper()
	r, err := g.Desk.Do(g.t.Context(), c)
	wrote := g.written(c.Do.String())
	g.rt.Logf("%s  %s by %s: %d facts, %v", g.Clock.Now().Format(time.RFC3339Nano), c.Do, who(c.By), len(r.Facts), err)
	if err != nil {
		if len(wrote) > 0 {
			g.rt.Fatalf("I29: %s was not accepted (%v) and yet wrote %s to %s", c.Do, err, wrote[0].Type, wrote[0].Stream)
		}
		g.refused(c, err)
		return err
	}
	g.tally.Accepted++
	if len(wrote) != len(r.Facts) {
		g.rt.Fatalf("%s: %d facts, and %d records in the log", c.Do, len(r.Facts), len(wrote))
	}
	for i, x := range wrote {
		if f := r.Facts[i]; x.Commit != c.ID || x.Stream != f.Stream || x.Version != f.Version || !x.At.Equal(f.At) {
			g.rt.Fatalf("%s: fact %d is %+v, and in the log %s %d of %s", c.Do, i, f, x.Stream, x.Version, x.Commit)
		}
	}
	if len(wrote) > 0 {
		g.last, g.result = c, r
		g.commit(c, wrote)
	}
	return nil
}

// commit keeps what a command wrote.
func (g *game) commit(c desk.Command, wrote []events.Record) {
	if len(wrote) > 0 {
		g.past = append(g.past, Committed{Command: c, At: g.Clock.Now(), Records: wrote})
	}
}

// refused counts an error, which has to be of a type that the desk promises.
func (g *game) refused(c desk.Command, err error) {
	g.rt.Helper()
	g.promised(c, err)
	var no *trade.Refusal
	if !errors.As(err, &no) {
		g.tally.Malformed++
		return
	}
	if no.Rule.Text(rule.English) == "" || no.Rule.Text(rule.Chinese) == "" || no.Text(rule.English) == "" || no.Command == "" {
		g.rt.Fatalf("%s: a refusal that does not say enough: %+v", c.Do, no)
	}
	g.tally.Refused[no.Rule]++
}

// promised checks that the desk promises an error of that type.
func (g *game) promised(c desk.Command, err error) {
	g.rt.Helper()
	var (
		no        *trade.Refusal
		bad       *trade.InvalidError
		long      *events.BoundsError
		old       *desk.ExpectError
		duplicate *events.DuplicateError
	)
	if errors.As(err, &no) || errors.As(err, &bad) && bad.Field != "" && bad.Reason != "" ||
		errors.As(err, &long) || errors.As(err, &old) || errors.As(err, &duplicate) {
		return
	}
	g.rt.Fatalf("%s: an error of type %T, which a desk does not promise: %v", c.Do, err, err)
}

// written returns what was written since it was last asked, and hands it to the auditor commit
// by commit.
func (g *game) written(by string) []events.Record {
	g.rt.Helper()
	list, err := recordsAfter(g.t.Context(), g.Store, g.after)
	if err != nil {
		g.rt.Fatalf("reading the log: %v", err)
	}
	for _, r := range list {
		g.after = r.Position
		g.tally.Facts[r.Type]++
	}
	for _, commit := range commits(list) {
		if g.rules.check == nil {
			break
		}
		if err := g.rules.check(commit); err != nil {
			g.rt.Fatalf("after %s at %s: %v", by, g.Clock.Now().Format(time.RFC3339Nano), err)
		}
	}
	return list
}

// commits splits records into those of each commit, in the order in which the commits begin.
func commits(list []events.Record) [][]events.Record {
	var groups [][]events.Record
	at := make(map[uuid.UUID]int)
	for _, r := range list {
		i, ok := at[r.Commit]
		if !ok {
			i = len(groups)
			at[r.Commit] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// close ends a game: the log is whole, and what the desk keeps is what a desk that keeps nothing
// folds from the store (I28).
func (g *game) close() {
	g.rt.Helper()
	_, err := events.Verify(g.t.Context(), g.Store, func(r events.Record) error {
		_, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		return err
	})
	if err != nil {
		g.rt.Fatalf("the log: %v", err)
	}
	warm := g.states(g.Desk)
	cold := g.states(DeskOn(g.t, g.Store, append(slices.Clone(g.rules.desk), desk.WithCache(0))...).Desk)
	for i := range warm {
		if !reflect.DeepEqual(warm[i], cold[i]) {
			g.rt.Fatalf("I28: the desk has\n%+v\nfrom the store it is\n%+v", warm[i], cold[i])
		}
	}
}

// states is all that a desk shows of the game.
func (g *game) states(d *desk.Desk) (list []any) {
	g.rt.Helper()
	add := func(s any, v events.Version, err error) {
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			g.rt.Fatalf("reading: %v", err)
		}
		list = append(list, s, v)
	}
	read := func(s any, v events.Version, err error) { add(s, v, err) }
	ctx := g.t.Context()
	if g.trader != nil {
		for i, id := range g.trader.orders {
			o, v, err := d.ReadOrder(ctx, Platform, id)
			read(o, v, err)
			e, v, err := d.ReadEntrustment(ctx, Platform, g.trader.goods[i])
			read(e, v, err)
		}
		for _, by := range []trade.Actor{Seller, OtherSeller} {
			l, v, err := d.ReadLine(ctx, Platform, by.Account, USD("0").Currency())
			read(l, v, err)
			s, v, err := d.ReadService(ctx, Platform, by.Account)
			read(s, v, err)
		}
	}
	if g.market != nil {
		for _, id := range g.market.sales {
			o, v, err := d.ReadPayLater(ctx, Platform, id)
			read(o, v, err)
		}
		for _, by := range []trade.Actor{Merchant, OtherMerchant} {
			l, v, err := d.ReadQuota(ctx, Platform, by.Account, funds.CNY())
			read(l, v, err)
			b, v, err := d.ReadFunds(ctx, Platform, by.Account, funds.CNY())
			// Equal balances are saved alike, however their trees have grown.
			saved, saveErr := funds.NewModel().Save(nil, &b)
			read(string(saved), v, errors.Join(err, saveErr))
		}
	}
	return list
}
