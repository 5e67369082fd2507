package desk_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// audit reads the whole log and checks the invariants of the rule book that hold between
// streams, and that what the desk shows is what a replay gives.
func (tr *fixture) audit() {
	tr.Helper()
	a := readBooks(tr.store)
	a.policy = tr.policy
	for _, check := range []func() error{
		func() error { return a.err }, a.holds, a.accounts, a.links, a.shipments, a.histories, a.commits,
		func() error { return a.live(tr.desk) },
	} {
		if err := check(); err != nil {
			tr.Fatal(err)
		}
	}
}

// books is what a log says, folded from its first record without cache or snapshot.
type books struct {
	policy       *order.Policy // nil for the defaults
	err          error
	orders       map[trade.ID]order.Order
	services     map[trade.Account]seller.Service
	entrustments map[order.EntrustmentID]entrustment.State
	lines        map[string]credit.Line
	facts        map[trade.ID][]order.Recorded
	consumed     map[string]int64     // by line: what was claimed and not repaid
	written      map[uuid.UUID][]fact // by commit
}

type fact struct {
	stream events.StreamID
	event  any
}

func readBooks(store events.Store) *books {
	b := &books{
		orders: map[trade.ID]order.Order{}, services: map[trade.Account]seller.Service{},
		entrustments: map[order.EntrustmentID]entrustment.State{}, lines: map[string]credit.Line{},
		facts: map[trade.ID][]order.Recorded{}, consumed: map[string]int64{}, written: map[uuid.UUID][]fact{},
	}
	streams := make(map[events.StreamID]bool)
	for r, err := range store.ReadAll(context.Background(), 0, events.Filter{}) {
		if err != nil {
			b.err = err
			return b
		}
		e, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			b.err = r.Corrupt(err)
			return b
		}
		streams[r.Stream] = true
		b.written[r.Commit] = append(b.written[r.Commit], fact{r.Stream, e})
		key, _ := r.Stream.Key()
		switch e := e.(type) {
		case order.Event:
			id := must(trade.ParseID(key))
			b.facts[id] = append(b.facts[id], order.Recorded{At: r.At, Event: e})
		case credit.ClaimPosted:
			b.consumed[key] += e.Amount.MinorUnits()
		case credit.ClaimRepaid:
			b.consumed[key] -= e.Amount.MinorUnits()
		}
	}
	for stream := range streams {
		if b.err = b.fold(store, stream); b.err != nil {
			return b
		}
	}
	return b
}

func (b *books) fold(store events.Store, stream events.StreamID) error {
	key, _ := stream.Key()
	switch stream.Category() {
	case order.Category:
		return folded(store, stream, order.NewModel(), b.orders, must(trade.ParseID(key)))
	case seller.Category:
		return folded(store, stream, seller.NewModel(), b.services, trade.Account(key))
	case entrustment.Category:
		return folded(store, stream, entrustment.NewModel(), b.entrustments, order.EntrustmentID(key))
	case credit.Category:
		return folded(store, stream, credit.NewModel(), b.lines, key)
	}
	return nil
}

func folded[K comparable, S, E any](store events.Store, stream events.StreamID, m *events.Model[S, E], into map[K]S, key K) (err error) {
	into[key], _, err = m.Replay(context.Background(), store, stream)
	return err
}

// holds checks I1, I2, I4 and I5.
func (b *books) holds() error {
	open, count := map[string]int64{}, map[string]int64{}
	for id, o := range b.orders {
		placed, resolved, claimed := b.movements(id)
		rest := int64(0)
		if o.Hold.Status == order.HoldOpen {
			rest = o.Hold.Amount.MinorUnits()
			line := string(o.Seller.Account) + "/" + o.Terms.Total.Currency().String()
			open[line] += rest
			count[line]++
		}
		if placed != resolved+rest {
			return fmt.Errorf("I5: order %s held and raised %d, released and claimed %d, holds %d", id, placed, resolved, rest)
		}
		from, until := order.PhaseSubmitted, map[order.Coverage]order.Phase{
			order.CoveragePreShipment: order.PhaseReadyToShip, order.CoveragePostDelivery: order.PhaseShipped,
		}[o.Coverage]
		if b.policy != nil && b.policy.HoldAt == order.HoldAtConfirm {
			from = order.PhaseConfirmed
		}
		if want := o.Phase >= from && o.Phase <= until && !claimed; want != (rest > 0) {
			return fmt.Errorf("I4: order %s with coverage %s in phase %s holds %d, claimed %t", id, o.Coverage, o.Phase, rest, claimed)
		}
	}
	for key, l := range b.lines {
		if l.Held.MinorUnits() != open[key] || l.OpenHolds != count[key] || l.Consumed.MinorUnits() != b.consumed[key] {
			return fmt.Errorf("I1: line %s holds %s for %d orders and has %s consumed, the orders say %d for %d, the claims %d",
				key, l.Held, l.OpenHolds, l.Consumed, open[key], count[key], b.consumed[key])
		}
		if a, o := l.Available().MinorUnits(), l.Overcommitted().MinorUnits(); a-o+l.Held.MinorUnits()+l.Consumed.MinorUnits() != l.Limit.MinorUnits() || a != 0 && o != 0 {
			return fmt.Errorf("I2: line %s: available %d, overcommitted %d, held %s of %s", key, a, o, l.Held, l.Limit)
		}
		delete(open, key)
	}
	if len(open) > 0 {
		return fmt.Errorf("I1: orders hold on lines that are not there: %v", open)
	}
	return nil
}

// movements sums what an order held and raised less what it lowered, and what was released or
// claimed of it, and tells whether there was a claim.
func (b *books) movements(id trade.ID) (placed, resolved int64, claimed bool) {
	for _, r := range b.facts[id] {
		switch e := r.Event.(type) {
		case order.HoldPlaced:
			placed += e.Amount.MinorUnits()
		case order.HoldAdjusted:
			placed += e.To.MinorUnits() - e.From.MinorUnits()
		case order.HoldReleased:
			resolved += e.Amount.MinorUnits()
		case order.ClaimPosted:
			resolved += e.Amount.MinorUnits() + e.Released.MinorUnits()
			claimed = true
		}
	}
	return placed, resolved, claimed
}

// accounts checks I6 and I13.
func (b *books) accounts() error {
	owner := make(map[order.ReceivingAccount]trade.ID)
	for id, o := range b.orders {
		if other, taken := owner[o.Account]; taken && o.Account != "" {
			return fmt.Errorf("I6: orders %s and %s have account %s", id, other, o.Account)
		}
		owner[o.Account] = id
		submitted := false
		for i, r := range b.facts[id] {
			switch e := r.Event.(type) {
			case order.Drafted:
				if i != 0 || !e.DraftedAt.Equal(o.DraftedAt) || e.Seller != o.Seller.Account {
					return fmt.Errorf("I13: order %s was drafted by %s at %s, and shows %s and %s", id, e.Seller, e.DraftedAt, o.Seller.Account, o.DraftedAt)
				}
			case order.Submitted:
				if submitted {
					return fmt.Errorf("I6: order %s was submitted twice", id)
				}
				submitted = true
			case order.BuyerEntered, order.BuyerMatched:
				if submitted {
					return fmt.Errorf("I13: order %s changed its buyer after submission", id)
				}
			}
		}
		if submitted != (o.Account != "") {
			return fmt.Errorf("I6: order %s: submitted %t, account %q", id, submitted, o.Account)
		}
	}
	return nil
}

// links checks I11: both sides agree.
func (b *books) links() error {
	of := make(map[order.EntrustmentID]trade.ID)
	for id, o := range b.orders {
		for _, l := range o.Links {
			if other, ok := of[l.ID]; ok {
				return fmt.Errorf("I11: %s is linked to %s and %s", l.ID, id, other)
			}
			of[l.ID] = id
			if e := b.entrustments[l.ID]; e.Order != id || !e.ReleasedAt.Equal(l.ReleasedAt) || e.Void != o.Void(l) {
				return fmt.Errorf("I11: order %s has %+v, the entrustment %s says %s, %s, void %t", id, l, l.ID, e.Order, e.ReleasedAt, e.Void)
			}
		}
	}
	for id, e := range b.entrustments {
		if e.Order != of[id] {
			return fmt.Errorf("I11: %s says it is linked to %s, the orders say %s", id, e.Order, of[id])
		}
	}
	return nil
}

// shipments checks I10.
func (b *books) shipments() error {
	for id, o := range b.orders {
		if o.Shipment.ShippedAt.IsZero() {
			continue
		}
		if len(o.Links) == 0 {
			return fmt.Errorf("I10: order %s was shipped without an entrustment", id)
		}
		for _, l := range o.Links {
			if l.ReleasedAt.IsZero() || l.ReleasedAt.Before(o.DraftedAt) {
				return fmt.Errorf("I10: order %s, drafted at %s, was shipped with %s released at %s", id, o.DraftedAt, l.ID, l.ReleasedAt)
			}
		}
	}
	return nil
}

// commits checks I31: what one stream says in a commit, its counterpart says in the same.
func (b *books) commits() error {
	for id, facts := range b.written {
		var mine, theirs []string
		for _, f := range facts {
			key, _ := f.stream.Key()
			switch e := f.event.(type) {
			case order.HoldPlaced:
				mine = append(mine, fmt.Sprintln("held", key, e.Amount))
			case credit.Held:
				theirs = append(theirs, fmt.Sprintln("held", e.Order, e.Amount))
			case order.HoldAdjusted:
				mine = append(mine, fmt.Sprintln("adjusted", key, e.From, e.To))
			case credit.HoldAdjusted:
				theirs = append(theirs, fmt.Sprintln("adjusted", e.Order, e.From, e.To))
			case order.ClaimPosted:
				mine = append(mine, fmt.Sprintln("claimed", key, e.Amount, e.Released))
			case credit.ClaimPosted:
				theirs = append(theirs, fmt.Sprintln("claimed", e.Order, e.Amount, e.Released))
			case order.HoldReleased:
				mine = append(mine, fmt.Sprintln("released", key, e.Amount, e.Cause))
			case credit.Released:
				theirs = append(theirs, fmt.Sprintln("released", e.Order, e.Amount, e.Cause))
			case order.EntrustmentLinked:
				mine = append(mine, fmt.Sprintln("linked", key, e.Entrustment))
			case entrustment.Linked:
				theirs = append(theirs, fmt.Sprintln("linked", e.Order, key))
			case order.EntrustmentUnlinked:
				mine = append(mine, fmt.Sprintln("unlinked", key, e.Entrustment, e.Cause))
			case entrustment.Unlinked:
				theirs = append(theirs, fmt.Sprintln("unlinked", e.Order, key, e.Cause))
			case order.Submitted:
				mine = append(mine, fmt.Sprintln("account", key, e.Account))
			case desk.Reserved:
				if f.stream.Category() != "declaration" {
					theirs = append(theirs, fmt.Sprintln("account", e.Owner, key))
				}
			}
		}
		slices.Sort(mine)
		slices.Sort(theirs)
		if !slices.Equal(mine, theirs) {
			return fmt.Errorf("I31: in commit %s one side has %q and the other %q", id, mine, theirs)
		}
	}
	return nil
}

// live checks I28: the states that the desk gives are those of a replay.
func (b *books) live(d *desk.Desk) error {
	ctx := context.Background()
	for id, want := range b.orders {
		if got, _, err := d.ReadOrder(ctx, platform, id); err != nil || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("I28: order %s: %w\n live   %+v\n replay %+v", id, err, got, want)
		}
	}
	for id, want := range b.entrustments {
		if got, _, err := d.ReadEntrustment(ctx, platform, id); err != nil || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("I28: entrustment %s: %w\n live   %+v\n replay %+v", id, err, got, want)
		}
	}
	for account, want := range b.services {
		if got, _, err := d.ReadService(ctx, platform, account); err != nil || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("I28: service of %s: %w\n live   %+v\n replay %+v", account, err, got, want)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.lines)) {
		want := b.lines[key]
		if got, _, err := d.ReadLine(ctx, platform, want.Seller, want.Currency); err != nil || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("I28: line %s: %w\n live   %+v\n replay %+v", key, err, got, want)
		}
	}
	return nil
}
