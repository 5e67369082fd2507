// Command first drafts an order on a SQLite file. A rule refuses the draft until the seller's
// service is activated. A retry is harmless, in the same run and in the next one.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

func main() {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, "orders.db") // fsync on every commit, or it does not open
	check(err)
	defer store.Close()
	orders, err := desk.New(store, desk.WithSources(desk.DemoSources())) // a platform gives its own
	check(err)
	acme := trade.Actor{Role: trade.Seller, Account: "s-acme"}
	id, err := trade.ParseID("019c0000-0000-7000-8000-000000000117")
	check(err)

	signed := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	do := func(name string, action desk.Action) {
		commandID := desk.CommandID(signed, "contract 117", name) // a retry has the same ID
		result, err := orders.Do(ctx, desk.Command{ID: commandID, By: acme, Do: action})
		if no, ok := errors.AsType[*trade.Refusal](err); ok {
			fmt.Printf("%s: refused by %s. %s\n", name, no.Rule, no.Text(rule.English))
			return
		}
		check(err)
		fmt.Printf("%s: stored, repeated: %t\n", name, result.Receipt.Repeated)
	}
	draft := desk.OnOrder(id, order.Draft{Mode: order.DraftOnline})
	do("draft", draft) // too early
	do("activate", desk.OnSeller("s-acme", seller.Activate{Route: seller.RouteConsole, Certification: seller.Certification{
		CompanyName: "Acme", RegistrationNo: "1", LegalRepresentative: "A. Example", RegisteredAddress: "Ningbo"}}))
	do("draft", draft)
	do("draft", draft) // a retry

	o, version, err := orders.ReadOrder(ctx, acme, id)
	check(err)
	fmt.Printf("the order is in phase %s at version %d\n", o.Phase, version)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
