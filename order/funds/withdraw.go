package funds

import (
	"cmp"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Withdraw: received funds leave for the merchant's own account (提现).

// WithdrawalID names a withdrawal: see trade.CheckID for its form.
type WithdrawalID string

// Dest is where a withdrawal goes: to an Alipay account or to a bound card, never to both.
type Dest struct {
	Alipay Alipay `json:"alipay,omitzero"`
	Card   CardNo `json:"card,omitzero"`
}

// Alipay is an Alipay account (支付宝账户): its name there, and the account of its holder with the platform. It
// needs no binding.
type Alipay struct {
	Account string        `json:"account"`
	Holder  trade.Account `json:"holder"`
}

const maxAlipay = 254 // Stored: raise it, never lower it.

func (d *Dest) check(text trade.TextCheck) error {
	switch {
	case d.Card != "" && d.Alipay != Alipay{}:
		return trade.Invalid("dest", "is both an Alipay account and a card")
	case d.Card != "":
		return d.Card.check("dest.card")
	}
	if err := text("dest.alipay.account", d.Alipay.Account, maxAlipay); err != nil {
		return err
	}
	return trade.CheckID("dest.alipay.holder", string(d.Alipay.Holder))
}

// Withdraw requests received funds. Amount is gross: the fee is taken out of it. The same id with
// the same content again does nothing, however that withdrawal has ended.
type Withdraw struct {
	ID     WithdrawalID `json:"id"`
	Amount trade.Money  `json:"amount"`
	Dest   Dest         `json:"dest"`
}

func (c Withdraw) check() error { return c.checkWith(trade.CheckText) }

func (c Withdraw) checkWith(text trade.TextCheck) error {
	if err := trade.CheckID("id", string(c.ID)); err != nil {
		return err
	}
	return c.Dest.check(text)
}

func (c Withdraw) money() trade.Money { return c.Amount }

func (c Withdraw) decide(b *Balance, g *trade.Given, f *Facts) ([]Event, error) {
	policy, err := f.policy(b.Currency)
	if err != nil {
		return nil, err
	}
	if known, same := b.requested(c); known && !same {
		return nil, b.refuse(rule.D57, c).On("id").Says("the id was used for another withdrawal", "该编号已用于另一笔提现")
	} else if known {
		return nil, nil
	}
	if no := b.destination(c); no != nil {
		return nil, no
	}
	if !c.Amount.IsPositive() {
		return nil, b.refuse(rule.B10, c).On("amount").Says("the amount is not positive", "提现金额不大于零")
	}
	if b.Available(g.At).Less(c.Amount) {
		return nil, b.insufficient(c, g.At)
	}
	if c.Amount.Less(policy.MinWithdrawal) {
		return nil, b.refuse(rule.D57, c).On("amount").
			Because("the least amount is %[1]s", "最低提现金额为%[1]s", policy.MinWithdrawal).
			Short(b.amount(policy.MinWithdrawal.MinorUnits() - c.Amount.MinorUnits()))
	}
	fee := policy.fee(c.Amount)
	if c.Amount.AtMost(fee) {
		return nil, b.refuse(rule.D58, c).On("amount").Because("the fee would be %[1]s", "手续费为%[1]s", fee)
	}
	return []Event{WithdrawalRequested{
		ID: c.ID, Gross: c.Amount, Fee: fee, Net: b.amount(c.Amount.MinorUnits() - fee.MinorUnits()),
		Dest: c.Dest, ExpectedAt: g.At.Add(policy.Expected),
	}}, nil
}

// requested reports whether the id was used before, and for the same withdrawal.
func (b *Balance) requested(c Withdraw) (known, same bool) {
	if w, ok := b.open.find(Withdrawal{ID: c.ID}); ok {
		return true, w.request() == c
	}
	was, ok := b.done.find(past{ID: string(c.ID)})
	return ok, ok && was.Content == digestOf(&c)
}

// destination refuses a destination that is not the merchant's own.
func (b *Balance) destination(c Withdraw) *trade.Refusal {
	if c.Dest.Card == "" {
		if c.Dest.Alipay.Holder != b.Merchant {
			return b.refuse(rule.B10, c).On("dest.alipay.holder").Says("the Alipay account is another person's", "该支付宝账户不属于商家本人")
		}
		return nil
	}
	if _, bound := b.cards.find(card{no: c.Dest.Card}); !bound {
		return b.refuse(rule.B10, c).On("dest.card").Says("the card is not bound", "该银行卡未绑定")
	}
	return nil
}

// insufficient refuses more than is available: by the rule of the waiting time if waiting is enough.
func (b *Balance) insufficient(c Withdraw, at time.Time) *trade.Refusal {
	no := b.short(rule.B10, c, c.Amount, at)
	if !no.Earliest.IsZero() {
		no.Rule = rule.B17
	}
	return no
}

// Status is where a withdrawal stands.
type Status string

// The states of a withdrawal.
const (
	Requested Status = "requested" // on its way: deducted and not settled
	Settled   Status = "settled"   // paid out
	Failed    Status = "failed"    // all of it came back
)

// Withdrawal is a withdrawal as the merchant sees it.
// Stored: add fields, never rename or remove.
type Withdrawal struct {
	ID          WithdrawalID `json:"id"`
	Gross       trade.Money  `json:"gross"`
	Fee         trade.Money  `json:"fee"`
	Net         trade.Money  `json:"net"`
	Dest        Dest         `json:"dest"`
	Status      Status       `json:"status"`
	RequestedAt time.Time    `json:"requested_at"`
	ExpectedAt  time.Time    `json:"expected_at"`       // when it usually arrives, which is no deadline
	EndedAt     time.Time    `json:"ended_at,omitzero"` // when it was settled or failed
	Reason      trade.Text   `json:"reason,omitzero"`   // why it failed
}

func (w Withdrawal) compare(o Withdrawal) int { return cmp.Compare(w.ID, o.ID) }

func (w Withdrawal) over(_, _ *Withdrawal) Withdrawal { return w }

// request returns the command that requested it.
func (w *Withdrawal) request() Withdraw { return Withdraw{ID: w.ID, Amount: w.Gross, Dest: w.Dest} }

// WithdrawalRequested says that Gross was deducted and is on its way: Net to the destination, Fee
// for the withdrawal. It usually arrives by ExpectedAt.
// Stored: add fields, never rename or remove.
type WithdrawalRequested struct {
	ID         WithdrawalID `json:"id"`
	Gross      trade.Money  `json:"gross"`
	Fee        trade.Money  `json:"fee"`
	Net        trade.Money  `json:"net"`
	Dest       Dest         `json:"dest"`
	ExpectedAt time.Time    `json:"expected_at"`
}

func (e WithdrawalRequested) check() error {
	if err := (Withdraw{ID: e.ID, Dest: e.Dest}).checkWith(trade.CheckStoredText); err != nil {
		return err
	}
	if !e.Net.IsPositive() {
		return trade.Invalid("net", "must be positive")
	}
	if err := checkPart("fee", e.Fee, e.Gross); err != nil {
		return err
	}
	if sum, err := e.Net.Add(e.Fee); err != nil || sum != e.Gross {
		return trade.Invalid("net", "is not the gross amount less the fee")
	}
	if e.ExpectedAt.Before(trade.MinInstant) || e.ExpectedAt.After(trade.MaxInstant.Add(maxExpected)) {
		return trade.Invalid("expected_at", "lies outside the instants that a policy can set")
	}
	return nil
}

func (e WithdrawalRequested) money() trade.Money { return e.Gross }

func (e WithdrawalRequested) evolve(b *Balance, at time.Time) error {
	w := e.withdrawal(at)
	if known, _ := b.requested(w.request()); known {
		return trade.Invalid("id", "was requested already")
	}
	b.open = b.open.put(w)
	b.sums.Available -= e.Gross.MinorUnits()
	b.sums.InTransit += e.Gross.MinorUnits()
	return b.use(e.Dest.Card, 1)
}

// withdrawal returns the withdrawal that was requested at that instant.
func (e *WithdrawalRequested) withdrawal(at time.Time) Withdrawal {
	return Withdrawal{
		ID: e.ID, Gross: e.Gross, Fee: e.Fee, Net: e.Net, Dest: e.Dest,
		Status: Requested, RequestedAt: trade.Instant(at), ExpectedAt: trade.Instant(e.ExpectedAt),
	}
}

// use counts the open withdrawals to a card, if the withdrawal goes to one.
func (b *Balance) use(no CardNo, more int) error {
	if no == "" {
		return nil
	}
	c, bound := b.cards.find(card{no: no})
	if !bound {
		return trade.Invalid("dest.card", "is not bound")
	}
	c.open += more
	b.cards = b.cards.put(c)
	return nil
}

// WithdrawQuota requests pay-later quota as money, which is refused in every state: quota is a
// limit, and only received funds are money.
type WithdrawQuota struct {
	Amount trade.Money `json:"amount"`
	Dest   Dest        `json:"dest"`
}

func (WithdrawQuota) check() error { return nil }

func (WithdrawQuota) money() trade.Money { return trade.Money{} }

func (c WithdrawQuota) decide(b *Balance, _ *trade.Given, _ *Facts) ([]Event, error) {
	return nil, b.refuse(rule.B6, c).Says("withdraw received funds instead", "请提现已收货款")
}
