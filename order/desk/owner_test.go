package desk_test

import (
	"errors"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/trade"
)

// TestOwners asks the platform's question whose a receiving account and a declaration number are, and
// the same as everybody else, who finds nothing.
func TestOwners(t *testing.T) {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseShipped, ordertest.Contract{})
	o := f.Order(id)
	goods := f.Entrustment(o.Links[0].ID)
	if got, err := f.Desk.AccountOwner(t.Context(), ordertest.Platform, o.ReceivingAccount); err != nil || got != id {
		t.Errorf("%s belongs to %s, %v", o.ReceivingAccount, got, err)
	}
	if got, err := f.Desk.DeclarationOwner(t.Context(), ordertest.Platform, goods.Declaration.Number); err != nil || got != goods.ID {
		t.Errorf("%s belongs to %s, %v", goods.Declaration.Number, got, err)
	}
	for _, by := range ordertest.Everybody() {
		account, number := o.ReceivingAccount, goods.Declaration.Number
		if by.Role == trade.Platform {
			account, number = "RA-FREE", "FREE"
		}
		if got, err := f.Desk.AccountOwner(t.Context(), by, account); err != desk.ErrNotFound || !got.IsZero() { //nolint:errorlint // equal to the last byte
			t.Errorf("the %s %s finds %s, %v", by.Role, by.Account, got, err)
		}
		if got, err := f.Desk.DeclarationOwner(t.Context(), by, number); err != desk.ErrNotFound || got != "" { //nolint:errorlint // equal to the last byte
			t.Errorf("the %s %s finds %s, %v", by.Role, by.Account, got, err)
		}
		var bad *trade.InvalidError
		_, first := f.Desk.AccountOwner(t.Context(), by, "a b")
		_, second := f.Desk.DeclarationOwner(t.Context(), by, entrustment.DeclarationNo(""))
		if !errors.As(first, &bad) || !errors.As(second, &bad) {
			t.Errorf("malformed numbers give %v, %v", first, second)
		}
	}
	if _, err := f.Desk.AccountOwner(t.Context(), trade.Actor{Role: trade.Desk}, "RA-1"); err == nil {
		t.Error("nobody acts as the desk")
	}
}
