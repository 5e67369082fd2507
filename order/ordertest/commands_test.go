package ordertest_test

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// aggregate has the functions that the generated commands of a kind of stream are checked with.
type aggregate[C interface{ Name() string }] struct {
	commands *rapid.Generator[C]
	decide   func(C, trade.Given) error
	encode   func(C) (string, []byte)
	decode   func(string, []byte) (C, error)
}

// check checks that the commands are well-formed and can be encoded and decoded, and that hostile ones get an error or
// are harmless.
func (a aggregate[C]) check(t *testing.T) {
	t.Helper()
	malformed := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range 20 {
			g := trade.Given{By: ordertest.Actors().Draw(rt, "by"), At: ordertest.Instants().Draw(rt, "at")}
			c := a.commands.Draw(rt, "command")
			var bad *trade.InvalidError
			if err := a.decide(c, g); errors.As(err, &bad) {
				rt.Fatalf("%s is malformed: %v", c.Name(), err)
			}
			name, data := a.encode(c)
			again, err := a.decode(name, data)
			if err != nil || !sameButForm(reflect.ValueOf(again), reflect.ValueOf(c)) {
				rt.Fatalf("%s %s came back as %+v, %v", name, data, again, err)
			}
			switch err := a.decide(ordertest.Hostile(a.commands).Draw(rt, "hostile"), g); {
			case errors.As(err, &bad):
				malformed++
			case err != nil:
				if no := (*trade.Refusal)(nil); !errors.As(err, &no) {
					rt.Fatalf("hostile: %T %v", err, err)
				}
			}
			if err := a.decide(c, trade.Given{By: ordertest.HostileActors().Draw(rt, "hostile actor"), At: g.At}); err == nil {
				rt.Fatalf("%s by nobody is accepted", c.Name())
			}
		}
	})
	if malformed == 0 {
		t.Error("no hostile command was malformed")
	}
}

// TestCommands draws commands for every aggregate.
func TestCommands(t *testing.T) {
	t.Run("order", aggregate[order.Command]{
		ordertest.OrderCommands(),
		func(c order.Command, g trade.Given) error {
			_, err := order.Decide(order.Order{ID: ordertest.OrderID}, c, g, order.Facts{})
			return err
		}, order.EncodeCommand, order.DecodeCommand,
	}.check)
	t.Run("entrustment", aggregate[entrustment.Command]{
		ordertest.EntrustmentCommands(),
		func(c entrustment.Command, g trade.Given) error {
			_, err := entrustment.Decide(entrustment.New("E1"), c, g, entrustment.Facts{})
			return err
		}, entrustment.EncodeCommand, entrustment.DecodeCommand,
	}.check)
	t.Run("seller", aggregate[seller.Command]{
		ordertest.SellerCommands(),
		func(c seller.Command, g trade.Given) error {
			_, err := seller.Decide(seller.New(ordertest.Seller.Account), c, g, seller.Facts{})
			return err
		}, seller.EncodeCommand, seller.DecodeCommand,
	}.check)
	t.Run("line", aggregate[credit.Command]{
		ordertest.LineCommands(),
		func(c credit.Command, g trade.Given) error {
			_, err := credit.Decide(credit.New(credit.Assurance, ordertest.Seller.Account, ordertest.USD("0").Currency()), c, g, credit.Facts{})
			return err
		}, credit.EncodeCommand, credit.DecodeCommand,
	}.check)
	t.Run("quota", aggregate[credit.Command]{
		ordertest.QuotaCommands(),
		func(c credit.Command, g trade.Given) error {
			_, err := credit.Decide(credit.New(credit.PayLater, ordertest.Merchant.Account, funds.CNY()), c, g, credit.Facts{})
			return err
		}, credit.EncodeCommand, credit.DecodeCommand,
	}.check)
	t.Run("paylater", aggregate[paylater.Command]{
		ordertest.PayLaterCommands(),
		func(c paylater.Command, g trade.Given) error {
			_, err := paylater.Decide(paylater.New(ordertest.OrderID), c, g, paylater.Facts{})
			return err
		}, paylater.EncodeCommand, paylater.DecodeCommand,
	}.check)
	t.Run("funds", aggregate[funds.Command]{
		ordertest.FundsCommands(),
		func(c funds.Command, g trade.Given) error {
			_, err := funds.Decide(funds.New(ordertest.Merchant.Account, funds.CNY()), c, g, funds.Facts{})
			return err
		}, funds.EncodeCommand, funds.DecodeCommand,
	}.check)
}

// sameButForm reports whether two commands are equal once free texts have their normal form.
func sameButForm(a, b reflect.Value) bool {
	if a.Type() != b.Type() {
		return false
	}
	if text, ok := b.Interface().(trade.Text); ok {
		return a.Interface() == any(text.Normal())
	}
	if a.Kind() != reflect.Struct || a.NumField() > 0 && !a.Type().Field(0).IsExported() {
		return reflect.DeepEqual(a.Interface(), b.Interface())
	}
	for i := range a.NumField() {
		if !sameButForm(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}
