package desk

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// Action is a command with what it is addressed to. Order, Seller, Entrustment, Line, PayLater,
// Quota and Funds make one; its zero value is none. What a command's slices hold must not be changed as long as the
// Action is in use.
type Action struct {
	target  target
	command any    // the command of the target's package
	name    string // its wire name
	payload []byte // its canonical JSON
	plan    func(w world, g trade.Given, out outside) error
}

// target names what a command is addressed to.
type target struct {
	kind        targetKind
	order       trade.ID
	account     trade.Account
	currency    trade.Currency
	entrustment order.EntrustmentID
}

type targetKind uint8

const (
	targetNone targetKind = iota
	targetOrder
	targetSeller
	targetEntrustment
	targetLine
	targetPayLater
	targetQuota
	targetFunds
)

// Order addresses a command to an order.
func Order(id trade.ID, c order.Command) Action {
	if c == nil {
		return Action{}
	}
	name, payload := order.EncodeCommand(c)
	return Action{
		target: target{kind: targetOrder, order: id}, command: c, name: name, payload: payload,
		plan: func(w world, g trade.Given, out outside) error { return planOrder(w, id, c, g, out) },
	}
}

// Seller addresses a command to a seller's Trade Assurance service.
func Seller(account trade.Account, c seller.Command) Action {
	if c == nil {
		return Action{}
	}
	name, payload := seller.EncodeCommand(c)
	return Action{
		target: target{kind: targetSeller, account: account}, command: c, name: name, payload: payload,
		plan: func(w world, g trade.Given, out outside) error { return planSeller(w, account, c, g, out) },
	}
}

// Entrustment addresses a command to an export entrustment.
func Entrustment(id order.EntrustmentID, c entrustment.Command) Action {
	if c == nil {
		return Action{}
	}
	name, payload := entrustment.EncodeCommand(c)
	return Action{
		target: target{kind: targetEntrustment, entrustment: id}, command: c, name: name, payload: payload,
		plan: func(w world, g trade.Given, out outside) error { return planEntrustment(w, id, c, g, out) },
	}
}

// Line addresses a command to a seller's line in a currency.
func Line(account trade.Account, currency trade.Currency, c credit.Command) Action {
	if c == nil {
		return Action{}
	}
	name, payload := credit.EncodeCommand(c)
	return Action{
		target: target{kind: targetLine, account: account, currency: currency}, command: c, name: name, payload: payload,
		plan: func(w world, g trade.Given, _ outside) error { return planLine(w, account, currency, c, g) },
	}
}

// PayLater addresses a command to a pay-later order.
func PayLater(id trade.ID, c paylater.Command) Action {
	if c == nil {
		return Action{}
	}
	name, payload := paylater.EncodeCommand(c)
	return Action{
		target: target{kind: targetPayLater, order: id}, command: c, name: name, payload: payload,
		plan: func(w world, g trade.Given, out outside) error { return planPayLater(w, id, c, g, out) },
	}
}

// Quota addresses a command to a merchant's pay-later line in a currency.
func Quota(merchant trade.Account, currency trade.Currency, c credit.Command) Action {
	if c == nil {
		return Action{}
	}
	name, payload := credit.EncodeCommand(c)
	return Action{
		target: target{kind: targetQuota, account: merchant, currency: currency}, command: c, name: name, payload: payload,
		plan: func(w world, g trade.Given, _ outside) error { return planQuota(w, merchant, currency, c, g) },
	}
}

// Funds addresses a command to a merchant's received funds in a currency.
func Funds(merchant trade.Account, currency trade.Currency, c funds.Command) Action {
	if c == nil {
		return Action{}
	}
	name, payload := funds.EncodeCommand(c)
	return Action{
		target: target{kind: targetFunds, account: merchant, currency: currency}, command: c, name: name, payload: payload,
		plan: func(w world, g trade.Given, out outside) error { return planFunds(w, merchant, currency, c, g, out) },
	}
}

// String says what is asked of which stream.
func (a Action) String() string {
	stream, err := a.stream()
	if err != nil {
		return "nothing"
	}
	return a.name + " of " + string(stream)
}

// stream returns the stream that the action is addressed to.
func (a Action) stream() (events.StreamID, error) {
	switch t := a.target; t.kind {
	case targetOrder:
		if t.order.IsZero() {
			return "", invalid("order", "must not be empty")
		}
		return order.Stream(t.order), nil
	case targetSeller:
		return seller.Stream(t.account)
	case targetEntrustment:
		return entrustment.Stream(t.entrustment)
	case targetLine:
		return credit.Stream(t.account, t.currency)
	case targetPayLater:
		if t.order.IsZero() {
			return "", invalid("order", "must not be empty")
		}
		return paylater.Stream(t.order), nil
	case targetQuota:
		return credit.PayLaterStream(t.account, t.currency)
	case targetFunds:
		return funds.Stream(t.account, t.currency)
	default:
		return "", invalid("do", "must be made by Order, Seller, Entrustment, Line, PayLater, Quota or Funds")
	}
}

// request is a command whose envelope was checked: the stream that it is addressed to, and the
// name and the digest under which the log keeps it.
type request struct {
	events.Request
	stream events.StreamID
}

// request checks the command's envelope. The digest is of what is asked, of whom, and by whom;
// never of the answer.
func (c *Command) request() (request, error) {
	stream, err := c.Do.stream()
	if err != nil {
		return request{}, err
	}
	if c.Do.name == "" {
		return request{}, invalid("do", "must hold a command of its target, as a value and not a pointer")
	}
	if c.ID == uuid.Nil || c.ID.Variant() != uuid.RFC4122 {
		return request{}, invalid("id", "must be a UUID of RFC 9562 and not the nil UUID")
	}
	if err := c.By.Validate(); err != nil {
		return request{}, err
	}
	if c.By.Role == trade.Desk {
		return request{}, invalid("by.role", "nobody outside may act as the desk")
	}
	for _, kept := range [...]struct{ field, text string }{
		{"correlation", c.Correlation}, {"causation", c.Causation}, {"trace", c.Trace},
	} {
		if kept.text == "" {
			continue
		}
		if err := trade.CheckText(kept.field, kept.text, 200); err != nil {
			return request{}, err
		}
	}
	return request{Request: events.Request{ID: c.ID, Digest: c.digest(stream)}, stream: stream}, nil
}

func (c *Command) digest(stream events.StreamID) [32]byte {
	var room [1024]byte // for most commands
	b := room[:0]
	for _, part := range [...]string{c.Do.name, string(c.Do.payload), string(stream), c.By.Role.String(), string(c.By.Account)} {
		// The length before each part keeps two lists of parts from running together alike.
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}

// Meta is what the log keeps beside each event of a command: who asked for what, and what for.
// Stored: add fields, never rename or remove.
type Meta struct {
	Role        trade.Role `json:"role"`
	Account     string     `json:"account,omitzero"` // a trade.Account
	Command     string     `json:"command"`
	Correlation string     `json:"correlation,omitzero"`
	Causation   string     `json:"causation,omitzero"`
	Trace       string     `json:"trace,omitzero"`
}

func (c *Command) meta() []byte {
	m := Meta{
		Role: c.By.Role, Account: string(c.By.Account), Command: c.Do.name,
		Correlation: c.Correlation, Causation: c.Causation, Trace: c.Trace,
	}
	return m.appendJSON(nil)
}

func invalid(field, reason string) *trade.InvalidError {
	return &trade.InvalidError{Field: field, Reason: reason}
}
