package funds

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// story is a history with every kind of event, an hour apart from noon on.
func story() []events.Recorded[Event] {
	var history []events.Recorded[Event]
	for i, e := range []Event{
		credited(orderA, 100, 0),
		CardBound{Card: "6222-01", Holder: "acme"},
		requested("w-1", 100, toCard),
		debited(orderA, 60, 60),
		WithdrawalFailed{ID: "w-1", Reason: "closed", Repaid: yuan(60)},
		requested("w-2", 30, alipay),
		WithdrawalSettled{ID: "w-2"},
		ChargePaid{ID: "c-1", Amount: yuan(4), What: "promotion"},
		requested("w-3", 5, alipay),
		CardUnbound{Card: "6222-01"},
	} {
		history = append(history, events.Recorded[Event]{At: noon.Add(time.Duration(i) * time.Hour), Event: e})
	}
	return history
}

func TestLedger(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	want := []Movement{
		{At: hour(0), Kind: KindCredited, Order: orderA, Amount: yuan(100), Balance: yuan(100)},
		{At: hour(2), Kind: KindWithdrawalRequested, Withdrawal: "w-1", Amount: yuan(-100), Balance: yuan(0)},
		{At: hour(3), Kind: KindDebited, Order: orderA, Amount: yuan(-60), Balance: yuan(-60)},
		{At: hour(4), Kind: KindWithdrawalFailed, Withdrawal: "w-1", Amount: yuan(100), Balance: yuan(40)},
		{At: hour(5), Kind: KindWithdrawalRequested, Withdrawal: "w-2", Amount: yuan(-30), Balance: yuan(10)},
		{At: hour(7), Kind: KindChargePaid, Charge: "c-1", Amount: yuan(-4), Balance: yuan(6)},
		{At: hour(8), Kind: KindWithdrawalRequested, Withdrawal: "w-3", Amount: yuan(-5), Balance: yuan(1)},
	}
	s, err := Ledger(New("acme", CNY()), story())
	if err != nil || s.Opening != yuan(0) || s.Closing != yuan(1) || !slices.Equal(s.Movements, want) {
		t.Errorf("%+v, %v", s, err)
	}
	// A statement of a time begins with what was there.
	opening, err := Replay(New("acme", CNY()), story()[:4])
	if err != nil {
		t.Fatal(err)
	}
	s, err = Ledger(opening, story()[4:])
	if err != nil || s.Opening != yuan(-60) || s.Closing != yuan(1) || !slices.Equal(s.Movements, want[3:]) {
		t.Errorf("%+v, %v", s, err)
	}
	broken := append(story()[:5], events.Recorded[Event]{At: hour(9), Event: WithdrawalSettled{ID: "w-1"}})
	var bad *trade.InvalidError
	if s, err := Ledger(New("acme", CNY()), broken); !errors.As(err, &bad) || s.Closing != yuan(40) || len(s.Movements) != 4 {
		t.Errorf("of a broken history: %+v, %v", s, err)
	}
}

func testHistory(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	w := func(id WithdrawalID, n int64, dest Dest, at time.Time) Withdrawal {
		return Withdrawal{
			ID: id, Gross: yuan(n), Fee: yuan(0), Net: yuan(n), Dest: dest,
			Status: Requested, RequestedAt: at, ExpectedAt: noon.Add(day),
		}
	}
	want := []Withdrawal{w("w-1", 100, toCard, hour(2)), w("w-2", 30, alipay, hour(5)), w("w-3", 5, alipay, hour(8))}
	want[0].Status, want[0].EndedAt, want[0].Reason = Failed, hour(4), "closed"
	want[1].Status, want[1].EndedAt = Settled, hour(6)
	got, err := Withdrawals(story())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Withdrawals(nil); err != nil || len(got) > 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	for name, e := range map[string]Event{
		"requested twice":      requested("w-2", 30, alipay),
		"settled twice":        WithdrawalSettled{ID: "w-2"},
		"settled after failed": WithdrawalSettled{ID: "w-1"},
		"failed after settled": WithdrawalFailed{ID: "w-2", Reason: "closed", Repaid: yuan(0)},
		"never requested":      WithdrawalSettled{ID: "w-4"},
	} {
		var bad *trade.InvalidError
		if got, err := Withdrawals(append(story(), events.Recorded[Event]{At: hour(9), Event: e})); !errors.As(err, &bad) || !slices.Equal(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
