package ordertest

import (
	"encoding/json"
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// Request is a command and its target. In this form a test can read and change a command, and send it to another
// process as JSON.
type Request struct {
	// Kind is the kind of the target: "order", "entrustment", "service" of a seller, "line" of a
	// seller in US dollars, "sale" for a pay-later order, "quota" or "funds" of a merchant in yuan.
	Kind string
	// Target is the id of the order or entrustment, or the account of the seller or merchant.
	Target string
	// Command is the command of the target's aggregate, such as an order.Command.
	Command any
}

// Action returns the request in the form that a desk accepts. It panics if the kind, the target and the command do not
// fit together; a decoded request does not cause a panic.
func (r Request) Action() desk.Action {
	return must(kindsOfRequest[r.Kind].action(r.Target, r.Command))
}

// requestJSON is the JSON form of a Request: the wire name of the command and its JSON.
type requestJSON struct {
	Kind, Target, Name string
	Payload            []byte
}

// MarshalJSON encodes the request. A request of a Player can be decoded again; of other commands UnmarshalJSON can
// reject malformed ones.
func (r Request) MarshalJSON() ([]byte, error) {
	k, ok := kindsOfRequest[r.Kind]
	if !ok {
		return nil, fmt.Errorf("a request of the unknown kind %q", r.Kind)
	}
	name, payload := k.encode(r.Command)
	return json.Marshal(requestJSON{r.Kind, r.Target, name, payload})
}

// UnmarshalJSON decodes the result of MarshalJSON.
func (r *Request) UnmarshalJSON(data []byte) error {
	var from requestJSON
	if err := json.Unmarshal(data, &from); err != nil {
		return err
	}
	k, ok := kindsOfRequest[from.Kind]
	if !ok {
		return fmt.Errorf("a request of the unknown kind %q", from.Kind)
	}
	command, err := k.decode(from.Name, from.Payload)
	if err != nil {
		return err
	}
	*r = Request{from.Kind, from.Target, command}
	_, err = k.action(r.Target, r.Command)
	return err
}

// kindOfRequest has the functions for requests of one kind.
type kindOfRequest struct {
	action func(target string, command any) (desk.Action, error)
	encode func(command any) (name string, payload []byte)
	decode func(name string, payload []byte) (any, error)
}

func kindOf[T, C any](
	parse func(string) (T, error), on func(T, C) desk.Action, encode func(C) (string, []byte), decode func(string, []byte) (C, error),
) kindOfRequest {
	return kindOfRequest{
		func(target string, command any) (desk.Action, error) {
			to, err := parse(target)
			return on(to, command.(C)), err
		},
		func(command any) (string, []byte) { return encode(command.(C)) },
		func(name string, payload []byte) (any, error) { return decode(name, payload) },
	}
}

// asText returns the text of a target unchecked: the desk checks it.
func asText[T ~string](text string) (T, error) { return T(text), nil }

var kindsOfRequest = map[string]kindOfRequest{
	"order":       kindOf(trade.ParseID, desk.OnOrder, order.EncodeCommand, order.DecodeCommand),
	"entrustment": kindOf(asText[order.EntrustmentID], desk.OnEntrustment, entrustment.EncodeCommand, entrustment.DecodeCommand),
	"service":     kindOf(asText[trade.Account], desk.OnSeller, seller.EncodeCommand, seller.DecodeCommand),
	"line": kindOf(asText[trade.Account], func(of trade.Account, c credit.Command) desk.Action {
		return desk.OnLine(of, USD("0").Currency(), c)
	}, credit.EncodeCommand, credit.DecodeCommand),
	"sale": kindOf(trade.ParseID, desk.OnPayLater, paylater.EncodeCommand, paylater.DecodeCommand),
	"quota": kindOf(asText[trade.Account], func(of trade.Account, c credit.Command) desk.Action {
		return desk.OnQuota(of, funds.CNY(), c)
	}, credit.EncodeCommand, credit.DecodeCommand),
	"funds": kindOf(asText[trade.Account], func(of trade.Account, c funds.Command) desk.Action {
		return desk.OnFunds(of, funds.CNY(), c)
	}, funds.EncodeCommand, funds.DecodeCommand),
}

func onOrder(id trade.ID, c order.Command) Request { return Request{"order", id.String(), c} }

func onEntrustment(id order.EntrustmentID, c entrustment.Command) Request {
	return Request{"entrustment", string(id), c}
}

func onSeller(of trade.Actor, c seller.Command) Request {
	return Request{"service", string(of.Account), c}
}

func onLine(of trade.Actor, c credit.Command) Request { return Request{"line", string(of.Account), c} }

func onPayLater(id trade.ID, c paylater.Command) Request { return Request{"sale", id.String(), c} }

func onQuota(of trade.Actor, c credit.Command) Request {
	return Request{"quota", string(of.Account), c}
}

func onFunds(of trade.Actor, c funds.Command) Request {
	return Request{"funds", string(of.Account), c}
}
