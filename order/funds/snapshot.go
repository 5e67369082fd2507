package funds

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

// snapshot is a balance as it is saved. Its lists are in the order of their trees, and in parts
// because the codec bounds the length of one.
// Stored: add fields, never rename or remove.
type snapshot struct {
	Phase   Phase          `json:"phase"`
	LastAt  time.Time      `json:"last_at,omitzero"`
	Sums    sums           `json:"sums"`
	Waiting [][]saved      `json:"waiting,omitzero"`
	Open    [][]Withdrawal `json:"open,omitzero"`
	Done    [][]past       `json:"done,omitzero"`
	Charges [][]past       `json:"charges,omitzero"`
	Cards   [][]CardNo     `json:"cards,omitzero"`
}

// saved is a waiting credit as it is saved, in minor units.
// Stored: add fields, never rename or remove.
type saved struct {
	Order       uuid.UUID `json:"order"`
	Amount      int64     `json:"amount"`
	AvailableAt time.Time `json:"available_at"`
}

// save appends the JSON of the balance to buf. It is the same for equal balances.
func save(buf []byte, b *Balance) ([]byte, error) {
	var waits []saved
	for d := range b.waiting.byTime.all() {
		waits = append(waits, saved{Order: uuid.UUID(d.order), Amount: d.amount, AvailableAt: time.Unix(0, d.at).UTC()})
	}
	s := snapshot{
		Phase: b.Phase, LastAt: b.LastAt, Sums: b.sums,
		Waiting: parts(waits), Open: parts(b.Withdrawals()), Done: parts(slices.Collect(b.done.all())),
		Charges: parts(slices.Collect(b.charges.all())), Cards: parts(b.Cards()),
	}
	return s.appendJSON(buf), nil
}

// part is how long a part of a list is at most.
const part = 1000

func parts[T any](list []T) [][]T { return slices.Collect(slices.Chunk(list, part)) }

// restore sets b, the balance that New made, to the one that save wrote. After an error b is to
// be discarded.
func restore(data []byte, b *Balance) error {
	var s snapshot
	r := wire.NewReader(data)
	s.decodeJSON(r)
	if err := r.End(); err != nil {
		return err
	}
	if int(s.Phase) >= len(phases) {
		return trade.Invalid("phase", "is not a phase of a balance")
	}
	b.Phase, b.LastAt, b.sums = s.Phase, s.LastAt, s.Sums
	if s.Phase == PhaseNone {
		if len(s.Waiting)+len(s.Open)+len(s.Done)+len(s.Charges)+len(s.Cards) > 0 || b.sums != (sums{}) || !b.LastAt.IsZero() {
			return trade.Invalid("phase", "is none, but there are funds, cards or an instant")
		}
		return nil
	}
	if err := trade.CheckInstant("last_at", s.LastAt); err != nil {
		return err
	}
	if err := b.wait(s.Waiting); err != nil {
		return err
	}
	if err := b.keep(&s); err != nil {
		return err
	}
	return b.sound()
}

// wait restores what waits, which is all after the last event.
func (b *Balance) wait(lists [][]saved) error {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	byTime, byOrder := make([]due, 0, n), make([]owner, 0, n)
	var sum int64
	for _, list := range lists {
		for _, w := range list {
			at := nanos(w.AvailableAt)
			if sum += w.Amount; w.Amount <= 0 || sum < 0 || at <= nanos(b.LastAt) {
				return trade.Invalid("waiting", "the credit of order %s does not wait", w.Order)
			}
			byTime = append(byTime, due{at: at, order: trade.ID(w.Order), amount: w.Amount})
			byOrder = append(byOrder, owner{order: trade.ID(w.Order), at: at})
		}
	}
	slices.SortFunc(byOrder, owner.compare)
	if !ascending(byTime) || !ascending(byOrder) {
		return trade.Invalid("waiting", "is not in order, or has an order twice")
	}
	b.waiting = waiting{byTime: grow(byTime), byOrder: grow(byOrder)}
	return nil
}

// keep restores withdrawals, charges and cards.
func (b *Balance) keep(s *snapshot) error {
	open, done, charges := slices.Concat(s.Open...), slices.Concat(s.Done...), slices.Concat(s.Charges...)
	var cards []card
	for _, no := range slices.Concat(s.Cards...) {
		cards = append(cards, card{no: no})
	}
	if !ascending(open) || !ascending(done) || !ascending(charges) || !ascending(cards) {
		return trade.Invalid("snapshot", "a list is not in order")
	}
	b.done, b.charges, b.cards = grow(done), grow(charges), grow(cards)
	var gross int64
	for i := range open {
		w := &open[i]
		again := WithdrawalRequested{ID: w.ID, Gross: w.Gross, Fee: w.Fee, Net: w.Net, Dest: w.Dest, ExpectedAt: w.ExpectedAt}
		if err := again.check(); err != nil {
			return err
		}
		if err := trade.CheckInstant("requested_at", w.RequestedAt); err != nil {
			return err
		}
		if known, _ := b.requested(w.request()); known || again.withdrawal(w.RequestedAt) != *w || w.Gross.Currency() != b.Currency {
			return trade.Invalid("open", "withdrawal %q cannot be open", w.ID)
		}
		if gross += w.Gross.MinorUnits(); gross < 0 {
			return trade.Invalid("in_transit", "more than an amount can hold")
		}
		if err := b.use(w.Dest.Card, 1); err != nil {
			return err
		}
	}
	if b.open = grow(open); gross != b.sums.InTransit {
		return trade.Invalid("in_transit", "is not the sum of the open withdrawals")
	}
	return nil
}
