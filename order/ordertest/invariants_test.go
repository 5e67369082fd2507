package ordertest_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TestSameCommandsSameLog executes the commands of a history on another desk, each at its instant: it writes the same
// log, byte for byte. Decisions depend on nothing but the commands, the instants, the policies and the sources (I30).
func TestSameCommandsSameLog(t *testing.T) {
	rapidly(t, 30, 2_000, 40, func(rt *rapid.T) {
		h := ordertest.Histories().Draw(rt, "history")
		f := ordertest.Desk(rt, h.Options()...)
		executeHistory(rt, f, h)
		want, got := h.Records(), f.Records()
		if len(want) != len(got) {
			rt.Fatalf("%d records, the first time %d", len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				rt.Fatalf("record %d is\n%+v, the first time\n%+v", i, got[i], want[i])
			}
		}
	})
}

// executeHistory executes the commands of a history on a desk.
func executeHistory(rt *rapid.T, f *ordertest.Fixture, h ordertest.History) {
	rt.Helper()
	for _, c := range h.Commits {
		f.Clock.Set(c.At)
		if _, err := f.Desk.Do(rt.Context(), c.Command); err != nil {
			rt.Fatalf("%s: %v", c.Command.Do, err)
		}
	}
}

// lossyStore is a store that returns no snapshot while lost is set. served reports whether it has ever returned one.
type lossyStore struct {
	*memory.Store
	lost, served bool
}

func (s *lossyStore) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	if s.lost {
		return events.Snapshot{}, false, nil
	}
	found, ok, err := s.Store.LatestSnapshot(ctx, stream, fold)
	s.served = s.served || ok
	return found, ok, err
}

// TestSnapshotsChangeNothing executes a history on a desk without a cache, on three stores: one without snapshots, one
// with a fresh snapshot before each command, and one that loses them midway. Each writes the same log, and all three
// desks return the same states (I28).
func TestSnapshotsChangeNothing(t *testing.T) {
	used := false
	rapidly(t, 15, 1_000, 40, func(rt *rapid.T) {
		h := ordertest.Histories(ordertest.Orders(2)).Draw(rt, "history")
		loss := rapid.IntRange(0, len(h.Commits)).Draw(rt, "lost after")
		for _, mode := range []string{"none", "kept", "lost"} {
			store := &lossyStore{Store: memory.New(), lost: mode == "none"}
			f := ordertest.DeskOn(rt, store, append(h.Options(), desk.WithCache(0))...)
			for i, c := range h.Commits {
				store.lost = mode == "none" || mode == "lost" && i >= loss
				f.Clock.Set(c.At)
				if _, err := f.Desk.Do(rt.Context(), c.Command); err != nil {
					rt.Fatalf("%s with snapshots %s: %v", c.Command.Do, mode, err)
				}
				for _, r := range c.Records {
					saveSnapshot(rt, store, r.Stream)
				}
			}
			if got := f.Records(); !reflect.DeepEqual(got, h.Records()) {
				rt.Fatalf("with snapshots %s the log is\n%+v\nwant\n%+v", mode, got, h.Records())
			}
			compareStates(rt, f.Desk, store, h)
			used = used || store.served
		}
	})
	if !used {
		t.Error("no snapshot was ever used")
	}
}

// saveSnapshot saves a snapshot of the current state of a stream whose model has snapshots.
func saveSnapshot(rt *rapid.T, store *lossyStore, stream events.StreamID) {
	rt.Helper()
	switch stream.Category() {
	case credit.Category:
		saveState(rt, store, stream, credit.Model(credit.Assurance))
	case credit.PayLaterCategory:
		saveState(rt, store, stream, credit.Model(credit.PayLater))
	case funds.Category:
		saveState(rt, store, stream, funds.Model())
	}
}

func saveState[S, E any](rt *rapid.T, store *lossyStore, stream events.StreamID, m *events.Model[S, E]) {
	rt.Helper()
	s, v, err := m.Replay(rt.Context(), store, stream)
	if err != nil {
		rt.Fatal(err)
	}
	data, err := m.Save(nil, &s)
	if err == nil {
		err = store.SaveSnapshot(rt.Context(), events.Snapshot{Stream: stream, Version: v, Fold: m.Fold, Data: data})
	}
	if err != nil {
		rt.Fatal(err)
	}
}

// compareStates compares each state that a desk returns with a replay of the stream, and with the state restored from a
// snapshot (I28).
func compareStates(rt *rapid.T, d *desk.Desk, store events.Store, h ordertest.History) {
	rt.Helper()
	for _, stream := range h.Streams() {
		key, _ := stream.Key()
		account, currency, _ := strings.Cut(key, "/")
		owner, ctx, by := trade.Account(account), rt.Context(), ordertest.Platform
		c, _ := trade.ParseCurrency(currency)
		id, _ := trade.ParseID(key)
		switch stream.Category() {
		case order.Category:
			s, _, err := d.ReadOrder(ctx, by, id)
			compareState(rt, store, stream, order.Model(), s, err)
		case paylater.Category:
			s, _, err := d.ReadPayLater(ctx, by, id)
			compareState(rt, store, stream, paylater.Model(), s, err)
		case entrustment.Category:
			s, _, err := d.ReadEntrustment(ctx, by, order.EntrustmentID(key))
			compareState(rt, store, stream, entrustment.Model(), s, err)
		case seller.Category:
			s, _, err := d.ReadService(ctx, by, owner)
			compareState(rt, store, stream, seller.Model(), s, err)
		case credit.Category:
			s, _, err := d.ReadLine(ctx, by, owner, c)
			compareState(rt, store, stream, credit.Model(credit.Assurance), s, err)
		case credit.PayLaterCategory:
			s, _, err := d.ReadQuota(ctx, by, owner, c)
			compareState(rt, store, stream, credit.Model(credit.PayLater), s, err)
		case funds.Category:
			s, _, err := d.ReadFunds(ctx, by, owner, c)
			compareState(rt, store, stream, funds.Model(), s, err)
		}
	}
}

func compareState[S, E any](rt *rapid.T, store events.Store, stream events.StreamID, m *events.Model[S, E], returned S, err error) {
	rt.Helper()
	replayed, _, replayErr := m.Replay(rt.Context(), store, stream)
	if err != nil || replayErr != nil {
		rt.Fatalf("%s: %v, %v", stream, err, replayErr)
	}
	if !equalStates(rt, m, returned, replayed) {
		rt.Fatalf("I28: the desk returns for %s\n%+v\na replay returns\n%+v", stream, returned, replayed)
	}
	if m.Save == nil {
		return
	}
	data, err := m.Save(nil, &replayed)
	restored := m.New(stream)
	if err == nil {
		err = m.Restore(data, &restored)
	}
	if err != nil || !equalStates(rt, m, restored, replayed) {
		rt.Fatalf("I28: %s restored from a snapshot is\n%+v, %v\nwant\n%+v", stream, restored, err, replayed)
	}
}

// equalStates reports whether two states are equal. States that can be saved are equal if their saved forms are.
func equalStates[S, E any](rt *rapid.T, m *events.Model[S, E], a, b S) bool {
	rt.Helper()
	if m.Save == nil {
		return reflect.DeepEqual(a, b)
	}
	x, err := m.Save(nil, &a)
	y, saveErr := m.Save(nil, &b)
	if err != nil || saveErr != nil {
		rt.Fatalf("save: %v, %v", err, saveErr)
	}
	return string(x) == string(y)
}

// TestPaidOrderAddsItsAmount places and pays one more pay-later order after any history: the quota does not change, and
// the funds grow by the amount, which is pending, is available, or repays a debt. If the order is cancelled, neither
// changes (I34).
func TestPaidOrderAddsItsAmount(t *testing.T) {
	placed := 0
	rapidly(t, 40, 4_000, 40, func(rt *rapid.T) {
		h := ordertest.Histories(ordertest.OnlyPayLater()).Draw(rt, "history")
		isPaid := rapid.Bool().Draw(rt, "is paid")
		f := ordertest.Desk(rt, h.Options()...)
		executeHistory(rt, f, h)
		f.Clock.Advance(400 * ordertest.Day)
		amount, id := ordertest.CNY("12.34"), trade.NewID()
		quota, value := f.Quota(ordertest.Merchant), fundsValue(f)
		if _, err := f.Ask(ordertest.Shopper, desk.OnPayLater(id, paylater.Place{Merchant: ordertest.Merchant.Account, ChosePayLater: true, Amount: amount})); err != nil {
			return // the quota is frozen or used up
		}
		placed++
		if used := f.Quota(ordertest.Merchant).Held; used.MinorUnits() != quota.Held.MinorUnits()+amount.MinorUnits() || fundsValue(f) != value {
			rt.Fatalf("the order was placed: %s of the quota is used, %s before; the funds are %d, %d before", used, quota.Held, fundsValue(f), value)
		}
		if isPaid {
			f.Do(ordertest.Shopper, desk.OnPayLater(id, paylater.Pay{Reference: "P", Amount: amount}))
			value += amount.MinorUnits()
		} else {
			f.Do(ordertest.Shopper, desk.OnPayLater(id, paylater.Cancel{}))
		}
		after := f.Quota(ordertest.Merchant)
		after.LastAt = quota.LastAt
		if !reflect.DeepEqual(after, quota) || fundsValue(f) != value {
			rt.Fatalf("I34: quota\n%+v, before\n%+v\nfunds %d, want %d", after, quota, fundsValue(f), value)
		}
	})
	if placed == 0 {
		t.Error("no order was ever placed")
	}
}

// fundsValue returns the merchant's pending and available funds, less the debt.
func fundsValue(f *ordertest.Fixture) int64 {
	if _, _, err := f.Desk.ReadFunds(context.Background(), ordertest.Platform, ordertest.Merchant.Account, funds.CNY()); err != nil {
		return 0 // the stream is empty
	}
	p := f.Funds(ordertest.Merchant)
	return p.Pending.MinorUnits() + p.Available.MinorUnits() - p.Debt.MinorUnits()
}
