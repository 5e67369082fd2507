package desk

import (
	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// Action is a command with the stream that it is addressed to. OnOrder, OnSeller, OnEntrustment,
// OnLine, OnPayLater, OnQuota and OnFunds make one; the zero value is malformed. What a command's
// slices hold must not be changed as long as the Action is in use.
type Action struct {
	stream  events.StreamID
	invalid error // what is wrong with the address
	kind    kind
	command any    // the command of the stream's aggregate
	name    string // its wire name
	payload []byte // its canonical JSON
	plan    func(x *execution) error
}

// address makes an Action of a command and the function that encodes it.
func address[C any](k kind, stream events.StreamID, invalid error, c C, encode func(C) (string, []byte), plan func(x *execution) error) Action {
	if any(c) == nil {
		return Action{}
	}
	name, payload := encode(c)
	return Action{stream: stream, invalid: invalid, kind: k, command: c, name: name, payload: payload, plan: plan}
}

// OnOrder addresses a command to an order.
func OnOrder(id trade.ID, c order.Command) Action {
	return address(orders, order.Stream(id), checkOrder(id), c, order.EncodeCommand,
		func(x *execution) error { return x.planOrder(c) })
}

// OnSeller addresses a command to a seller's Trade Assurance service.
func OnSeller(account trade.Account, c seller.Command) Action {
	stream, err := seller.Stream(account)
	return address(services, stream, err, c, seller.EncodeCommand,
		func(x *execution) error { return services.execute(x, stream, c, x.lookedUp.store) })
}

// OnEntrustment addresses a command to an export entrustment.
func OnEntrustment(id order.EntrustmentID, c entrustment.Command) Action {
	stream, err := entrustment.Stream(id)
	return address(entrustments, stream, err, c, entrustment.EncodeCommand,
		func(x *execution) error { return x.planEntrustment(c) })
}

// OnLine addresses a command to a seller's line in a currency.
func OnLine(account trade.Account, currency trade.Currency, c credit.Command) Action {
	stream, err := credit.Stream(credit.Assurance, account, currency)
	return address(lines, stream, err, c, credit.EncodeCommand,
		func(x *execution) error { return lines.execute(x, stream, c, credit.Facts{}) })
}

// OnPayLater addresses a command to a pay-later order.
func OnPayLater(id trade.ID, c paylater.Command) Action {
	return address(payLaterOrders, paylater.Stream(id), checkOrder(id), c, paylater.EncodeCommand,
		func(x *execution) error { return x.planPayLater(c) })
}

// OnQuota addresses a command to a merchant's pay-later line in a currency.
func OnQuota(merchant trade.Account, currency trade.Currency, c credit.Command) Action {
	stream, err := credit.Stream(credit.PayLater, merchant, currency)
	return address(quotas, stream, err, c, credit.EncodeCommand,
		func(x *execution) error { return x.planQuota(merchant, currency, c) })
}

// OnFunds addresses a command to a merchant's received funds in a currency.
func OnFunds(merchant trade.Account, currency trade.Currency, c funds.Command) Action {
	stream, err := funds.Stream(merchant, currency)
	return address(balances, stream, err, c, funds.EncodeCommand,
		func(x *execution) error {
			return balances.execute(x, stream, c, funds.Facts{Policy: x.lookedUp.funds, Currencies: x.desk.payLater.Currencies})
		})
}

func checkOrder(id trade.ID) error {
	if id.IsZero() {
		return trade.Invalid("order", "must not be empty")
	}
	return nil
}

// String returns the command and its stream.
func (a Action) String() string {
	if a.check() != nil {
		return "nothing"
	}
	return a.name + " of " + string(a.stream)
}

// check returns a *trade.InvalidError if the action has no stream or no command.
func (a *Action) check() error {
	switch {
	case a.kind == nil:
		return trade.Invalid("command", "must be made by OnOrder, OnSeller, OnEntrustment, OnLine, OnPayLater, OnQuota or OnFunds")
	case a.invalid != nil:
		return a.invalid
	case a.name == "":
		return trade.Invalid("command", "must hold a command of its stream, as a value and not a pointer")
	}
	return nil
}
