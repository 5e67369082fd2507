package funds

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWaiting compares what waits with a plain list.
func TestWaiting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w waiting
		var list []due
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			id, at := number(rapid.Uint64Range(0, 30).Draw(t, "order")), rapid.Int64Range(1, 20).Draw(t, "at")
			amount := rapid.Int64Range(1, 9).Draw(t, "amount")
			before, was := w, slices.Clone(list)
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				amount *= rapid.Int64Range(0, 9).Draw(t, "times")
				var rest int64
				w, rest = w.drain(id, amount)
				if list, amount = drained(list, due{order: id}, amount); rest != amount {
					t.Fatalf("%d could not be taken, want %d", rest, amount)
				}
			case 1:
				at /= 4
				w = w.after(at)
				list = slices.DeleteFunc(list, func(d due) bool { return d.at <= at })
			default:
				twice := slices.ContainsFunc(list, func(d due) bool { return d.order == id })
				var ok bool
				if w, ok = w.add(id, at, amount); ok == twice {
					t.Fatalf("added %v while it waits: %v", ok, twice)
				}
				if ok {
					list = append(list, due{at: at, order: id, amount: amount})
				}
			}
			slices.SortFunc(list, due.compare)
			compare(t, w, list)
			slices.SortFunc(was, due.compare)
			compare(t, before, was)
		}
	})
}

// drained takes an amount from a list that is in order.
func drained(list []due, own due, amount int64) ([]due, int64) {
	list = slices.Clone(list)
	turn := func(d due) int64 {
		if d.order == own.order {
			return math.MinInt64
		}
		return -d.at
	}
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b due) int {
		if turn(a) < turn(b) {
			return -1
		}
		if turn(a) > turn(b) {
			return 1
		}
		return 0
	})
	for i := range list {
		n := min(amount, list[i].amount)
		list[i].amount -= n
		amount -= n
	}
	return slices.DeleteFunc(list, func(d due) bool { return d.amount == 0 }), amount
}

// compare holds what waits to a list that is in order.
func compare(t *rapid.T, w waiting, list []due) {
	var got []due
	for d := range w.byTime.all() {
		got = append(got, due{at: d.at, order: d.order, amount: d.amount})
	}
	if !slices.Equal(got, list) {
		t.Fatalf("%v waits, want %v", got, list)
	}
	orders := 0
	for o := range w.byOrder.all() {
		if orders++; !slices.ContainsFunc(list, func(d due) bool { return d.order == o.order && d.at == o.at }) {
			t.Fatalf("%v is in one tree and not in the other", o)
		}
	}
	if orders != len(list) {
		t.Fatalf("%d orders wait, want %d", orders, len(list))
	}
	var sum int64
	for i, d := range list {
		if at, ok := w.reach(sum + 1); !ok || at != d.at {
			t.Fatalf("%d is reached at %d, %v; want %d", sum+1, at, ok, d.at)
		}
		sum += d.amount
		if at, ok := w.reach(sum); !ok || at != d.at {
			t.Fatalf("%d is reached at %d, %v; want %d", sum, at, ok, d.at)
		}
		if before := w.until(d.at - 1); before > sum-d.amount {
			t.Fatalf("%d is ripe before %d", before, d.at)
		}
		if i+1 == len(list) || list[i+1].at > d.at {
			if ripe := w.until(d.at); ripe != sum {
				t.Fatalf("%d is ripe at %d, want %d", ripe, d.at, sum)
			}
		}
	}
	if _, ok := w.reach(sum + 1); ok || w.total() != sum {
		t.Fatalf("%d waits, want %d", w.total(), sum)
	}
	next, ok := w.next()
	if ok != (len(list) > 0) || ok && next != list[0].at {
		t.Fatalf("the next is at %d, %v of %v", next, ok, list)
	}
}

// TestNanos: an instant beyond what can be counted is later than all others.
func TestNanos(t *testing.T) {
	last := time.Date(lastYear, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	if n := nanos(last); !time.Unix(0, n).Equal(last) || nanos(last.Add(1)) != math.MaxInt64 {
		t.Errorf("%d, and then %d", n, nanos(last.Add(1)))
	}
}
