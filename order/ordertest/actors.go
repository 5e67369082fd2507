package ordertest

import "github.com/tradesurety/surety/order/trade"

// The actors of the kit. The sources of Desk know Buyer and OtherBuyer by their e-mail addresses, and not Stranger.
// These variables must not be changed.
var (
	Seller      = trade.Actor{Role: trade.Seller, Account: "s-acme", Email: "sales@acme.example"}
	OtherSeller = trade.Actor{Role: trade.Seller, Account: "s-orient", Email: "sales@orient.example"}
	Buyer       = trade.Actor{Role: trade.Buyer, Account: "b-bruno", Email: "bruno@buyer.example"}
	OtherBuyer  = trade.Actor{Role: trade.Buyer, Account: "b-clara", Email: "clara@buyer.example"}
	Stranger    = trade.Actor{Role: trade.Buyer, Account: "b-stranger", Email: "stranger@buyer.example"}

	// Merchant and OtherMerchant sell to shoppers, who pay later.
	Merchant      = trade.Actor{Role: trade.Seller, Account: "m-shop", Email: "owner@shop.example"}
	OtherMerchant = trade.Actor{Role: trade.Seller, Account: "m-other", Email: "owner@other.example"}
	Shopper       = trade.Actor{Role: trade.Buyer, Account: "b-shopper", Email: "shopper@home.example"}
	OtherShopper  = trade.Actor{Role: trade.Buyer, Account: "b-other", Email: "other@home.example"}

	Platform = trade.Actor{Role: trade.Platform, Account: "p-ops"}
	System   = trade.Actor{Role: trade.System}
)

// Everybody returns the actors of the kit.
func Everybody() []trade.Actor {
	return []trade.Actor{
		Seller, OtherSeller, Buyer, OtherBuyer, Stranger, Merchant, OtherMerchant, Shopper, OtherShopper, Platform, System,
	}
}
