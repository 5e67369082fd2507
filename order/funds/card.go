package funds

import (
	"cmp"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Cards: a merchant binds the bank cards that funds may be withdrawn to (绑定银行卡).

// CardNo names a bank card, by its number or by what the payment system has for it: see
// trade.CheckID for its form.
type CardNo string

func (n CardNo) check(field string) error { return trade.CheckID(field, string(n)) }

// card is a bound card and how many open withdrawals go to it.
type card struct {
	no   CardNo
	open int
}

func (c card) compare(o card) int { return cmp.Compare(c.no, o.no) }

func (c card) over(_, _ *card) card { return c }

// BindCard binds a card of the merchant's own, as a destination of withdrawals. Binding it again
// does nothing.
type BindCard struct {
	Card   CardNo        `json:"card"`
	Holder trade.Account `json:"holder"`
}

func (c BindCard) check() error { return CardBound(c).check() }

func (BindCard) money() trade.Money { return trade.Money{} }

func (c BindCard) decide(b *Balance, _ *trade.Given, f *Facts) ([]Event, error) {
	if b.Phase == PhaseNone && !trade.PayLaterIn(f.Currencies, b.Currency) {
		return nil, b.refuse(rule.D60, c).Because("pay later is not offered in %[1]s", "先用后付不支持%[1]s", b.Currency)
	}
	if c.Holder != b.Merchant {
		return nil, b.refuse(rule.B10, c).On("holder").Says("the card is another person's", "该银行卡不属于商家本人")
	}
	if _, bound := b.cards.find(card{no: c.Card}); bound {
		return nil, nil
	}
	return []Event{CardBound(c)}, nil
}

// CardBound says that funds may be withdrawn to a card, whose holder is the merchant.
// Stored: add fields, never rename or remove.
type CardBound struct {
	Card   CardNo        `json:"card"`
	Holder trade.Account `json:"holder"`
}

func (e CardBound) check() error {
	if err := e.Card.check("card"); err != nil {
		return err
	}
	return trade.CheckID("holder", string(e.Holder))
}

func (CardBound) money() trade.Money { return trade.Money{} }

func (e CardBound) evolve(b *Balance, _ time.Time) error {
	if _, bound := b.cards.find(card{no: e.Card}); bound || e.Holder != b.Merchant {
		return trade.Invalid("card", "is bound already or another person's")
	}
	b.cards = b.cards.put(card{no: e.Card})
	return nil
}

// UnbindCard removes a card. It is refused while open withdrawals go to the card.
type UnbindCard struct {
	Card CardNo `json:"card"`
}

func (c UnbindCard) check() error { return c.Card.check("card") }

func (UnbindCard) money() trade.Money { return trade.Money{} }

func (c UnbindCard) decide(b *Balance, _ *trade.Given, _ *Facts) ([]Event, error) {
	bound, ok := b.cards.find(card{no: c.Card})
	if !ok {
		return nil, b.refuse(rule.B10, c).On("card").Says("the card is not bound", "该银行卡未绑定")
	}
	if bound.open > 0 {
		return nil, b.refuse(rule.B10, c).On("card").
			Because("%[1]d open withdrawals go to the card", "有%[1]d笔处理中的提现使用该银行卡", bound.open)
	}
	return []Event{CardUnbound(c)}, nil
}

// CardUnbound says that funds may no more be withdrawn to a card.
// Stored: add fields, never rename or remove.
type CardUnbound struct {
	Card CardNo `json:"card"`
}

func (e CardUnbound) check() error { return e.Card.check("card") }

func (CardUnbound) money() trade.Money { return trade.Money{} }

func (e CardUnbound) evolve(b *Balance, _ time.Time) error {
	bound, ok := b.cards.find(card{no: e.Card})
	if !ok || bound.open > 0 {
		return trade.Invalid("card", "is not bound, or withdrawals go to it")
	}
	b.cards = b.cards.remove(bound)
	return nil
}
