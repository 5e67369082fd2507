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

// firstEdition is a log that the first edition of the rule book wrote: testdata/first-edition.log, and the
// golden store of the desk. A line is the number of the commit, the instant, stream, type and meta, and
// behind a tab the data; one of the golden store has more in its head.
func firstEdition(t *testing.T, name string) (commits []events.Commit) {
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
			t.Fatalf("no record: %s", line)
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

// lived has the ways out of each state of a log, and returns the dead ends.
func lived(t *testing.T, name string, denies func(*desk.Desk, request) error) (x *exits, dead []error) {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	x = newExits(t, store)
	x.denies = denies
	for _, c := range firstEdition(t, name) {
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
		dead = append(dead, x.after(commit)...)
	}
	return x, dead
}

// oldOrder is an order of testdata/first-edition.log.
func oldOrder(n int) trade.ID { return trade.ID{0: 3, 6: 0x70, 8: 0x80, 15: byte(n)} }

// TestWaysOutOfTheFirstEdition looks for a way out of each state that the first edition wrote. Two of
// them were dead ends: order 1 is ready to ship and lost its money, with its hold; order 3 was closed by
// the refund of its last other cent, and then won its money back.
func TestWaysOutOfTheFirstEdition(t *testing.T) {
	for _, name := range []string{"testdata/first-edition.log", "../desk/testdata/golden.log"} {
		x, dead := lived(t, name, nil)
		for _, err := range dead {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v, the longest %v", name, x.states, x.longest)
	}
	x, _ := lived(t, "testdata/first-edition.log", nil)
	y := x.trial()
	lost, won := y.order(oldOrder(1)), y.order(oldOrder(3))
	if lost.Phase != order.PhaseReadyToShip || lost.Hold.Status != order.HoldOpen || lost.Left().IsPositive() {
		t.Errorf("order 1 is %s with a hold %d", lost.Phase, lost.Hold.Status)
	}
	if won.Phase != order.PhaseClosed || won.Left() != ordertest.USD("5999.99") {
		t.Errorf("order 3 is %s with %s", won.Phase, won.Left())
	}
}

// adopted gives the payments of a log streams of their own, after x has seen its states.
func adopted(t *testing.T, x *exits) (*desk.Desk, desk.Adoption) {
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
		x.sees([]events.Record{r})
	}
	return d, done
}

// TestWaysOutAfterAdoption looks for them once the payments have streams of their own. The orders 16 and 18
// have counted a card payment of the orders 15 and 17, and it was charged back on them as well.
func TestWaysOutAfterAdoption(t *testing.T) {
	for _, name := range []string{"testdata/first-edition.log", "../desk/testdata/golden.log"} {
		x, _ := lived(t, name, nil)
		var streams []events.StreamID
		for r, err := range x.store.ReadAll(t.Context(), 0, events.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Version == 1 {
				streams = append(streams, r.Stream)
			}
		}
		_, done := adopted(t, x)
		for _, stream := range streams {
			if err := x.of(stream); err != nil {
				t.Errorf("%s, adopted: %v", name, err)
			}
		}
		t.Logf("%s: %d payments adopted, %d contested", name, done.Adopted, len(done.Contested))
	}
}

// TestContestedCase ends the case that order 16 has of the payment of order 15: the order goes on, the
// payment is as it was, and a report that comes again changes nothing.
func TestContestedCase(t *testing.T) {
	for _, won := range []bool{true, false} {
		x, _ := lived(t, "testdata/first-edition.log", nil)
		d, _ := adopted(t, x)
		key := payment.Key{Method: order.PayCard, Reference: "C-SAME-0"}
		was, version, err := payment.Model().Replay(t.Context(), x.store, key.Stream())
		if err != nil || was.Order != oldOrder(15) {
			t.Fatalf("the payment is of %s: %v", was.Order, err)
		}
		end := order.ResolveChargeback{Reference: "C-SAME-0", Case: "a", Won: won, At: x.now.Add(-time.Hour)}
		ask := func(c order.Command) (desk.Result, error) {
			return d.Do(t.Context(), desk.Command{ID: desk.NewID(), By: ordertest.Platform, Do: desk.OnOrder(oldOrder(16), c)})
		}
		if _, err := ask(end); err != nil {
			t.Fatal(err)
		}
		if r, err := ask(end); err != nil || len(r.Events) > 0 {
			t.Errorf("the same again: %+v, %v", r.Events, err)
		}
		back := order.ChargeBack{Reference: "C-SAME-0", Case: "b", At: x.now}
		if _, err := ask(back); !errors.Is(err, rule.D65) {
			t.Errorf("another case of another order's payment: %v", err)
		}
		end.Won, end.At = !won, x.now
		if _, err := ask(end); err != nil {
			t.Errorf("it ended the other way: %v", err)
		}
		o, _, err := d.ReadOrder(t.Context(), ordertest.Platform, oldOrder(16))
		want := order.PhaseConfirmed
		if !won {
			want = order.PhaseReadyToShip // won in the end
		}
		if err != nil || o.Frozen() || o.Phase != want {
			t.Errorf("order 16 is %s, frozen %t: %v", o.Phase, o.Frozen(), err)
		}
		if is, v, err := payment.Model().Replay(t.Context(), x.store, key.Stream()); err != nil || v != version || !reflect.DeepEqual(is, was) {
			t.Errorf("the payment went from %+v to %+v: %v", was, is, err)
		}
		if err := ordertest.Audit(t.Context(), d, x.store, audit.WithPolicy(ordertest.AuditPolicy(nil, nil))); err != nil {
			t.Error(err)
		}
	}
}

// TestWaysOutFindsDeadEnds is the control: under the first edition's D24 a lost chargeback left the order
// ready to ship, where it could be neither cancelled nor refunded nor expired, and nobody could refund
// a closed order. The search finds the dead ends, in what the first edition wrote and in what is made up.
func TestWaysOutFindsDeadEnds(t *testing.T) {
	denies := func(d *desk.Desk, r request) error {
		id, ok := addressed(r)
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
	_, dead := lived(t, "testdata/first-edition.log", denies)
	for _, n := range []int{1, 3, 5} {
		if !slices.ContainsFunc(dead, func(err error) bool { return strings.Contains(err.Error(), oldOrder(n).String()) }) {
			t.Errorf("order %d is no dead end", n)
		}
	}
	if _, dead := hostileTrade(t, 1, denies); len(dead) == 0 {
		t.Error("no dead end in a hostile trade")
	}
}

// addressed is the order that a request is addressed to.
func addressed(r request) (trade.ID, bool) {
	if _, ok := r.raw.(order.Command); !ok {
		return trade.ID{}, false
	}
	_, id, _ := strings.Cut(r.do.String(), "order-")
	of, err := trade.ParseID(id)
	return of, err == nil
}
