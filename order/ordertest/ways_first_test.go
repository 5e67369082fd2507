package ordertest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// readLog reads a file of records that the first edition of the rule book wrote: testdata/first-edition.log, or the
// golden store of the desk. A line of the former has the number of the commit, the instant, the stream, the type and the
// meta, and after a tab the data. A line of the golden store has more fields before the meta.
func readLog(t *testing.T, name string) (commits []events.Commit) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	heads := map[events.StreamID]events.Version{}
	last := ""
	for line := range strings.Lines(string(text)) {
		head, data, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		f, meta, _ := strings.Cut(head, " {")
		w := strings.Fields(f)
		if len(w) == 9 { // position, stream, version, commit, index, nanoseconds, digest, type, schema
			ns := int64(0)
			_, err = fmt.Sscan(w[5], &ns)
			w = []string{w[3], time.Unix(0, ns).UTC().Format(time.RFC3339Nano), w[1], w[7]}
		}
		if err != nil || len(w) != 4 {
			t.Fatalf("not a record: %s", line)
		}
		if w[0] != last {
			last = w[0]
			commits = append(commits, events.Commit{ID: uuid.NewSHA1(uuid.Nil, []byte(last))})
		}
		c, stream := &commits[len(commits)-1], events.StreamID(w[2])
		i := slices.IndexFunc(c.Batches, func(b events.Batch) bool { return b.Stream == stream })
		if i < 0 {
			i = len(c.Batches)
			c.Batches = append(c.Batches, events.Batch{Stream: stream, After: heads[stream]})
		}
		heads[stream]++
		c.Batches[i].Events = append(c.Batches[i].Events, events.Event{
			Type: w[3], Schema: 1, At: mustBe(time.Parse(time.RFC3339Nano, w[1])), Meta: []byte("{" + meta), Data: []byte(data),
		})
	}
	return commits
}

func mustBe[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// searchLog appends the commits of a log to a store, looks for an exit after each of them, and returns the dead ends.
func searchLog(t *testing.T, name string, refuse func(*desk.Desk, request) error) (x *exitSearch, deadEnds []error) {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	x = newExitSearch(t, store)
	x.refuse = refuse
	for _, c := range readLog(t, name) {
		r, err := store.Append(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		var commit []events.Record
		for r, err := range store.ReadAll(context.Background(), r.First-1, events.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			commit = append(commit, r)
		}
		deadEnds = append(deadEnds, x.checkCommit(commit)...)
	}
	return x, deadEnds
}

// oldOrder returns the ID of an order of testdata/first-edition.log.
func oldOrder(n int) trade.ID { return trade.ID{0: 3, 6: 0x70, 8: 0x80, 15: byte(n)} }

// TestWaysOutOfTheFirstEdition looks for an exit from each state that the first edition wrote. Two of them were dead
// ends under that edition: order 1 is ready to ship and holds quota, but a chargeback took all of its money; order 3
// was closed by a refund of the rest while a chargeback was open, and then the chargeback was won.
func TestWaysOutOfTheFirstEdition(t *testing.T) {
	for _, name := range []string{"testdata/first-edition.log", "../desk/testdata/golden.log"} {
		x, deadEnds := searchLog(t, name, nil)
		for _, err := range deadEnds {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v, the longest %v", name, x.states, x.longest)
	}
	x, _ := searchLog(t, "testdata/first-edition.log", nil)
	tr := x.trial()
	lost, won := tr.order(oldOrder(1)), tr.order(oldOrder(3))
	if lost.Phase != order.PhaseReadyToShip || lost.Hold.Status != order.HoldOpen || lost.Left().IsPositive() {
		t.Errorf("order 1 is %s, its hold has the status %d", lost.Phase, lost.Hold.Status)
	}
	if won.Phase != order.PhaseClosed || won.Left() != ordertest.USD("5999.99") {
		t.Errorf("order 3 is %s and has %s left", won.Phase, won.Left())
	}
}

// adoptPayments gives the payments of a log their own streams. x has searched the log before.
func adoptPayments(t *testing.T, x *exitSearch) (*desk.Desk, desk.Adoption) {
	t.Helper()
	d, err := desk.New(x.store, desk.WithSources(ordertest.Sources()), desk.WithClock(func() time.Time { return x.now }))
	if err != nil {
		t.Fatal(err)
	}
	before, err := x.store.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done, err := d.AdoptPayments(t.Context(), nil)
	if err != nil || done.Adopted == 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	for r, err := range x.store.ReadAll(t.Context(), before, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		x.observe([]events.Record{r})
	}
	return d, done
}

// TestWaysOutAfterAdoption looks for an exit from the last state of each stream once the payments have their own
// streams. Orders 16 and 18 counted card payments that belong to orders 15 and 17, and recorded the chargebacks too.
func TestWaysOutAfterAdoption(t *testing.T) {
	for _, name := range []string{"testdata/first-edition.log", "../desk/testdata/golden.log"} {
		x, _ := searchLog(t, name, nil)
		var streams []events.StreamID
		for r, err := range x.store.ReadAll(t.Context(), 0, events.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Version == 1 {
				streams = append(streams, r.Stream)
			}
		}
		_, done := adoptPayments(t, x)
		for _, stream := range streams {
			if err := x.checkStream(stream); err != nil {
				t.Errorf("%s, adopted: %v", name, err)
			}
		}
		t.Logf("%s: %d payments adopted, %d contested", name, done.Adopted, len(done.Contested))
	}
}

// TestContestedCase reports the outcome of the case that order 16 opened on the payment of order 15: order 16 is
// released from the freeze, the payment does not change, and a repeated report writes nothing.
func TestContestedCase(t *testing.T) {
	for _, won := range []bool{true, false} {
		x, _ := searchLog(t, "testdata/first-edition.log", nil)
		d, _ := adoptPayments(t, x)
		key := payment.Key{Method: order.PayCard, Reference: "C-SAME-0"}
		before, version, err := payment.Model().Replay(t.Context(), x.store, key.Stream())
		if err != nil || before.Order != oldOrder(15) {
			t.Fatalf("the payment is of %s: %v", before.Order, err)
		}
		outcome := order.ResolveChargeback{Reference: "C-SAME-0", Case: "a", Won: won, At: x.now.Add(-time.Hour)}
		report := func(c order.Command) (desk.Result, error) {
			return d.Do(t.Context(), desk.Command{ID: desk.NewID(), By: ordertest.Platform, Do: desk.OnOrder(oldOrder(16), c)})
		}
		if _, err := report(outcome); err != nil {
			t.Fatal(err)
		}
		if r, err := report(outcome); err != nil || len(r.Events) > 0 {
			t.Errorf("the repeated report: %+v, %v", r.Events, err)
		}
		chargeBack := order.ChargeBack{Reference: "C-SAME-0", Case: "b", At: x.now}
		if _, err := report(chargeBack); !errors.Is(err, rule.D65) {
			t.Errorf("a new case on another order's payment: %v, want D65", err)
		}
		outcome.Won, outcome.At = !won, x.now
		if _, err := report(outcome); err != nil {
			t.Errorf("the opposite outcome, reported later: %v", err)
		}
		o, _, err := d.ReadOrder(t.Context(), ordertest.Platform, oldOrder(16))
		want := order.PhaseConfirmed
		if !won {
			want = order.PhaseReadyToShip // the later outcome is won
		}
		if err != nil || o.Frozen() || o.Phase != want {
			t.Errorf("order 16 is %s, frozen %t: %v", o.Phase, o.Frozen(), err)
		}
		if after, v, err := payment.Model().Replay(t.Context(), x.store, key.Stream()); err != nil || v != version || !reflect.DeepEqual(after, before) {
			t.Errorf("the payment was %+v and is %+v: %v", before, after, err)
		}
		if err := ordertest.Audit(t.Context(), d, x.store, audit.WithPolicy(ordertest.AuditPolicy(nil, nil))); err != nil {
			t.Error(err)
		}
	}
}

// TestWaysOutFindsDeadEnds is the control: under the first edition's D24 a lost chargeback left the order ready to ship,
// where it could not be cancelled, refunded or expired, and no role could refund a closed order. The search must find
// these dead ends in the log of the first edition and in a generated trade.
func TestWaysOutFindsDeadEnds(t *testing.T) {
	refuse := func(d *desk.Desk, r request) error {
		id, ok := targetOrder(r)
		if !ok {
			return nil
		}
		o, _, err := d.ReadOrder(context.Background(), ordertest.Platform, id)
		if err != nil {
			return err
		}
		_, cancels := r.raw.(order.Cancel)
		_, expires := r.raw.(order.Expire)
		_, unfunds := r.raw.(order.Unfund)
		_, refunds := r.raw.(order.Refund)
		if unfunds || o.Unfunded && (cancels || expires) || refunds && o.Phase == order.PhaseClosed {
			return trade.Refuse(rule.D24, "first edition", o.Phase.String())
		}
		return nil
	}
	_, deadEnds := searchLog(t, "testdata/first-edition.log", refuse)
	for _, n := range []int{1, 3, 5} {
		if !slices.ContainsFunc(deadEnds, func(err error) bool { return strings.Contains(err.Error(), oldOrder(n).String()) }) {
			t.Errorf("order %d was not found to be a dead end", n)
		}
	}
	if _, deadEnds := hostileTrade(t, 1, refuse); len(deadEnds) == 0 {
		t.Error("the search found no dead end in a hostile trade")
	}
}

// targetOrder returns the ID of the order that a request is addressed to.
func targetOrder(r request) (trade.ID, bool) {
	if _, ok := r.raw.(order.Command); !ok {
		return trade.ID{}, false
	}
	_, id, _ := strings.Cut(r.do.String(), "order-")
	of, err := trade.ParseID(id)
	return of, err == nil
}
