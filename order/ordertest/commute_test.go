package ordertest

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// asked is a command that was accepted, with its instant.
type asked struct {
	at time.Time
	desk.Command
}

// bigShop returns a desk with quota for any number of orders of both merchants.
func bigShop(rt *rapid.T, terms *paylater.Policy) *Fixture {
	return Desk(rt, desk.WithPayLater(terms)).OpenQuota(Merchant, CNY("1000000")).OpenQuota(OtherMerchant, CNY("1000000"))
}

// TestSalesCommute checks I33: with enough quota for both, two pay-later orders, of one merchant or of two, have the
// same final states in every interleaving of their commands, and so have the line and the funds.
func TestSalesCommute(t *testing.T) {
	longest := 0
	rapid.Check(t, func(rt *rapid.T) {
		terms := PayLaterPolicies().Draw(rt, "policy")
		terms.FreezeAfterOverdue = 0 // by a freeze one order affects another
		ids := []trade.ID{{0: 2, 6: 0x70, 8: 0x80, 15: 1}, {0: 2, 6: 0x70, 8: 0x80, 15: 2}}
		var scripts [2][]asked
		for i, id := range ids {
			m := NewPlayer(bigShop(rt, terms), nil, PlayerConfig{Name: byte('a' + i), PayLaterOrders: 1})
			m.PayLaterOrders[0] = id
			for range rapid.IntRange(0, 25).Draw(rt, "steps") {
				m.chance, m.serial = chanceOf(rt, "step", uint64(i)), m.serial+1
				m.Clock.Advance(one(m.chance, 0, time.Hour, Day))
				by, c := m.nextOfPayLaterOrder(id)
				command := desk.Command{ID: desk.CommandID(Start, id.String(), strconv.Itoa(m.serial)), By: by, Do: desk.OnPayLater(id, c)}
				if r, err := m.Desk.Do(rt.Context(), command); err == nil && len(r.Events) > 0 {
					scripts[i] = append(scripts[i], asked{m.Clock.Now(), command})
				}
			}
			longest = max(longest, len(scripts[i]))
		}
		one, two := bigShop(rt, terms), bigShop(rt, terms)
		execute(rt, one, slices.Concat(scripts[0], scripts[1]))
		execute(rt, two, merged(chanceOf(rt, "merge", 0), scripts[0], scripts[1]))
		if a, b := ends(one, ids), ends(two, ids); !reflect.DeepEqual(a, b) {
			rt.Fatalf("I33: one after the other\n%+v\ninterleaved\n%+v", a, b)
		}
	})
	if longest < 5 {
		t.Errorf("the longest life of an order had %d steps, want at least 5", longest)
	}
}

func execute(rt *rapid.T, f *Fixture, script []asked) {
	rt.Helper()
	for _, c := range script {
		f.Clock.Set(c.at)
		if _, err := f.Desk.Do(rt.Context(), c.Command); err != nil {
			rt.Fatalf("%s at %s: %v", c.Do, c.at, err)
		}
	}
}

// merged returns a random merge of both, each in its own order.
func merged(c chance, a, b []asked) (all []asked) {
	for len(a) > 0 && len(b) > 0 {
		if c(2) == 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return slices.Concat(all, a, b)
}

// ends returns the final states of the orders, the lines and the funds. Events of a line are ordered by version, not by
// time, so the instant of its last event is not compared. Which credits a refund is taken from (D50) depends on those
// that are available at that instant; so the funds are compared once all credits are available.
func ends(f *Fixture, ids []trade.ID) (list []any) {
	f.t.Helper()
	for _, id := range ids {
		o, _, err := f.Desk.ReadPayLater(f.t.Context(), Platform, id)
		list = append(list, found(f, o, err))
	}
	for _, by := range []trade.Actor{Merchant, OtherMerchant} {
		l := f.Quota(by)
		l.LastAt = time.Time{}
		list = append(list, l)
		b, _, err := f.Desk.ReadFunds(f.t.Context(), Platform, by.Account, funds.CNY())
		b = found(f, b, err)
		list = append(list, b.Page(Start.Add(5000*Day)))
	}
	return list
}
