package funds

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Settle: a withdrawal arrives, or all of it comes back.

// SettleWithdrawal records that an open withdrawal has arrived, however late.
type SettleWithdrawal struct {
	ID WithdrawalID `json:"id"`
}

func (c SettleWithdrawal) check() error { return trade.CheckID("id", string(c.ID)) }

func (SettleWithdrawal) money() trade.Money { return trade.Money{} }

func (c SettleWithdrawal) decide(b *Balance, _ *trade.Given, _ *Facts) ([]Event, error) {
	if _, open := b.open.find(Withdrawal{ID: c.ID}); !open {
		return nil, b.ended(c, c.ID)
	}
	return []Event{WithdrawalSettled(c)}, nil
}

// ended refuses to end a withdrawal that is not open.
func (b *Balance) ended(c Command, id WithdrawalID) *trade.Refusal {
	no := b.refuse(rule.D57, c).On("id")
	switch was, ok := b.done.find(past{ID: string(id)}); {
	case !ok:
		return no.Says("it was never requested", "该提现不存在")
	case was.Failed:
		return no.Says("it has failed already", "该提现已失败")
	default:
		return no.Says("it is settled already", "该提现已到账")
	}
}

// WithdrawalSettled says that an open withdrawal has arrived.
// Stored: add fields, never rename or remove.
type WithdrawalSettled struct {
	ID WithdrawalID `json:"id"`
}

func (e WithdrawalSettled) check() error { return trade.CheckID("id", string(e.ID)) }

func (WithdrawalSettled) money() trade.Money { return trade.Money{} }

func (e WithdrawalSettled) evolve(b *Balance, _ time.Time) error {
	w, err := b.end(e.ID, false)
	b.sums.PaidOut += w.Net.MinorUnits()
	b.sums.Fees += w.Fee.MinorUnits()
	return err
}

// end moves an open withdrawal to those that are done.
func (b *Balance) end(id WithdrawalID, failed bool) (Withdrawal, error) {
	w, open := b.open.find(Withdrawal{ID: id})
	if !open {
		return w, trade.Invalid("id", "is not that of an open withdrawal")
	}
	request := w.request()
	b.open = b.open.remove(w)
	b.done = b.done.put(past{ID: string(id), Content: digestOf(&request), Failed: failed})
	b.sums.InTransit -= w.Gross.MinorUnits()
	return w, b.use(w.Dest.Card, -1)
}

// FailWithdrawal records that an open withdrawal did not arrive. All of it, the fee included,
// settles a debt first, and the rest is available at once. Reason is for the merchant, in at most
// 200 bytes.
type FailWithdrawal struct {
	ID     WithdrawalID `json:"id"`
	Reason trade.Text   `json:"reason"`
}

func (c FailWithdrawal) check() error {
	if err := trade.CheckID("id", string(c.ID)); err != nil {
		return err
	}
	return c.Reason.Check("reason", maxText)
}

func (FailWithdrawal) money() trade.Money { return trade.Money{} }

func (c FailWithdrawal) decide(b *Balance, _ *trade.Given, _ *Facts) ([]Event, error) {
	w, open := b.open.find(Withdrawal{ID: c.ID})
	if !open {
		return nil, b.ended(c, c.ID)
	}
	return []Event{WithdrawalFailed{ID: c.ID, Reason: c.Reason, Repaid: b.repaid(w.Gross.MinorUnits())}}, nil
}

// WithdrawalFailed says that all of an open withdrawal came back, and that Repaid of it, which may
// be nothing, settled a debt.
// Stored: add fields, never rename or remove.
type WithdrawalFailed struct {
	ID     WithdrawalID `json:"id"`
	Reason trade.Text   `json:"reason"`
	Repaid trade.Money  `json:"repaid"`
}

func (e WithdrawalFailed) check() error {
	if e.Repaid.Currency().IsZero() || e.Repaid.IsNegative() {
		return trade.Invalid("repaid", "must be an amount that is not negative")
	}
	if err := trade.CheckID("id", string(e.ID)); err != nil {
		return err
	}
	return e.Reason.CheckStored("reason", maxText)
}

func (e WithdrawalFailed) money() trade.Money { return e.Repaid }

func (e WithdrawalFailed) evolve(b *Balance, _ time.Time) error {
	w, err := b.end(e.ID, true)
	b.sums.Debt -= e.Repaid.MinorUnits()
	b.sums.Available += w.Gross.MinorUnits() - e.Repaid.MinorUnits()
	return err
}

// past is a withdrawal or charge that is done: its id is never used for anything else.
// Stored: add fields, never rename or remove.
type past struct {
	ID      string `json:"id"`
	Content digest `json:"content"`
	Failed  bool   `json:"failed,omitzero"`
}

func (p past) compare(o past) int { return cmp.Compare(p.ID, o.ID) }

func (p past) over(_, _ *past) past { return p }

// digest identifies the content of the command that used an id.
type digest [16]byte

// digestOf returns the digest of a command.
func digestOf(c interface{ appendJSON(b []byte) []byte }) digest {
	sum := sha256.Sum256(c.appendJSON(make([]byte, 0, 512)))
	return digest(sum[:16])
}

// AppendText appends the digest in hexadecimal.
func (d digest) AppendText(b []byte) ([]byte, error) { return hex.AppendEncode(b, d[:]), nil }

// UnmarshalText reads what AppendText wrote.
func (d *digest) UnmarshalText(text []byte) error {
	var sum digest
	if len(text) == hex.EncodedLen(len(sum)) {
		if _, err := hex.Decode(sum[:], text); err == nil {
			*d = sum
			return nil
		}
	}
	return trade.Invalid("content", "is not a digest")
}
