package order_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// twelve is the life of an order in twelve events, as most of them go.
func twelve(tb testing.TB) []events.Recorded[order.Event] {
	s := drafted(tb).matched().priced("6000", "6000").covered(order.CoverageNone).
		does(seller, order.SetTransport{Mode: order.TransportAir}).submits().confirms().after(time.Hour).wired("6000").linkedAs("E1")
	history := s.released("E1", s.now).ships().history
	if len(history) != 13 {
		tb.Fatalf("%d events", len(history))
	}
	return history[:12]
}

// stored is an event as a store keeps it.
type stored struct {
	typ     string
	version uint16
	data    []byte
	at      time.Time
}

func store(tb testing.TB, history []events.Recorded[order.Event]) []stored {
	rows := make([]stored, len(history))
	for i, r := range history {
		typ, version, data, err := order.EncodeEvent(nil, r.Event)
		if err != nil {
			tb.Fatal(err)
		}
		rows[i] = stored{typ, version, data, r.At}
	}
	return rows
}

func perEvent(b *testing.B, n int) {
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
}

// BenchmarkFold replays an order from its events, decoded already, beside a switch written by
// hand that does the least: it looks at nothing and copies what it needs.
func BenchmarkFold(b *testing.B) {
	history := twelve(b)
	b.Run("replay", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := order.Replay(order.New(orderID), history); err != nil {
				b.Fatal(err)
			}
		}
		perEvent(b, len(history))
	})
	b.Run("switch", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if o := foldBySwitch(history); o.Phase != order.PhaseReadyToShip {
				b.Fatal(o.Phase)
			}
		}
		perEvent(b, len(history))
	})
}

// foldBySwitch folds the events of twelve into the same state, and knows no table and no rule.
func foldBySwitch(history []events.Recorded[order.Event]) order.Order {
	o := order.Order{ID: orderID}
	for _, r := range history {
		switch e := r.Event.(type) {
		case order.Drafted:
			o.Seller = order.Party{Account: e.Seller, Email: e.Email}
			o.Mode, o.DraftedAt, o.Phase = e.Mode, e.DraftedAt, order.PhaseDraft
		case order.BuyerEntered:
			o.Buyer, o.Matched = order.Party{Email: e.Email, Name: e.BuyerName}, false
		case order.BuyerMatched:
			o.Buyer.Account, o.Matched = e.Account, true
		case order.TermsSet:
			o.Terms, o.Revision = e.Terms, e.Revision
		case order.CoverageChosen:
			o.Coverage, o.Revision = e.Coverage, e.Revision
		case order.TransportSet:
			o.Transport = e.Mode
		case order.Submitted:
			o.ReceivingAccount, o.Link, o.ConfirmBy, o.Phase = e.ReceivingAccount, e.Link, e.ConfirmBy, order.PhaseSubmitted
		case order.Confirmed:
			o.Buyer.Account, o.PayBy, o.Phase = e.Account, e.PayBy, order.PhaseConfirmed
		case order.PaymentReceived:
			o.Ledger.Received, o.Ledger.Applied, o.Ledger.Unapplied = e.Amount, e.Applied, e.Unapplied
			o.PaidAt = r.At
		case order.Funded:
			o.FundedAt, o.Phase = r.At, order.PhaseReadyToShip
		case order.EntrustmentLinked:
			o.Links = append(o.Links, order.LinkedEntrustment{ID: e.Entrustment, ReleasedAt: e.ReleasedAt})
		case order.EntrustmentReleased:
			o.Links[0].ReleasedAt = e.ReleasedAt
		}
		o.LastAt = r.At
	}
	return o
}

// TestSwitchIsTheFold keeps the two sides of BenchmarkFold at the same work.
func TestSwitchIsTheFold(t *testing.T) {
	history := twelve(t)
	checkSame(t, "the replay and the switch", must(order.Replay(order.New(orderID), history)), foldBySwitch(history))
}

// BenchmarkLoad replays an order from its stored bytes, beside encoding/json into the same fold.
func BenchmarkLoad(b *testing.B) {
	rows := store(b, twelve(b))
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			o := order.Order{ID: orderID}
			for _, r := range rows {
				e, err := order.DecodeEvent(r.typ, r.version, r.data)
				if err == nil {
					err = o.Apply(e, r.at)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		perEvent(b, len(rows))
	})
	b.Run("encoding-json", func(b *testing.B) {
		types := make(map[string]reflect.Type)
		for _, e := range allEvents {
			types[e.Kind().String()] = reflect.TypeOf(e)
		}
		b.ReportAllocs()
		for range b.N {
			o := order.Order{ID: orderID}
			for _, r := range rows {
				v := reflect.New(types[r.typ])
				err := json.Unmarshal(r.data, v.Interface())
				if err == nil {
					err = o.Apply(v.Elem().Interface().(order.Event), r.at)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		perEvent(b, len(rows))
	})
}

// BenchmarkEncode writes the events of an order, beside encoding/json.
func BenchmarkEncode(b *testing.B) {
	history := twelve(b)
	b.Run("encode", func(b *testing.B) {
		var buf []byte
		b.ReportAllocs()
		for range b.N {
			for _, r := range history {
				var err error
				if _, _, buf, err = order.EncodeEvent(buf[:0], r.Event); err != nil {
					b.Fatal(err)
				}
			}
		}
		perEvent(b, len(history))
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			for _, r := range history {
				if _, err := json.Marshal(r.Event); err != nil {
					b.Fatal(err)
				}
			}
		}
		perEvent(b, len(history))
	})
}

// BenchmarkDecide answers a command that is accepted, one that is refused, and the question what
// may be done next.
func BenchmarkDecide(b *testing.B) {
	s := confirmed(b, order.CoveragePostDelivery)
	for name, c := range map[string]struct {
		by  trade.Actor
		cmd order.Command
		ok  bool
	}{
		"record-payment": {platform, s.wire("2000"), true}, "cancel": {seller, order.Cancel{}, true}, "refused": {seller, order.MarkShipped{}, false},
	} {
		given := s.given(c.by, c.cmd)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, err := decided(s.order, c.cmd, given); (err == nil) != c.ok {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("next", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if len(s.order.Next(seller, s.now, s.policy)) == 0 {
				b.Fatal("nothing")
			}
		}
	})
}
