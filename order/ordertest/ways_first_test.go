package ordertest_test

import (
	"context"
	"fmt"
	"os"
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
