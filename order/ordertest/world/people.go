package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/trade"
)

// people are the sellers and buyers of the world, and the values that their commands share.
type people struct {
	sellers  []*merchant
	buyers   []trade.Actor
	usd      trade.Currency
	cny      trade.Currency
	quantity trade.Number // of each item of a declaration
	price    trade.Number // of each item of a declaration
}

// The platform and the system are one actor each.
var (
	platform = trade.Actor{Role: trade.Platform, Account: "p-ops"}
	system   = trade.Actor{Role: trade.System}
)

func newPeople(w *world) people {
	p := people{
		sellers: make([]*merchant, w.Sellers), buyers: make([]trade.Actor, w.Buyers),
		usd: trade.Currency{'U', 'S', 'D'}, cny: trade.Currency{'C', 'N', 'Y'},
	}
	p.quantity, p.price = mustNumber(w, "1"), mustNumber(w, "10")
	for i := range p.sellers {
		name := fmt.Sprintf("s-%04d", i)
		p.sellers[i] = &merchant{
			Actor: trade.Actor{Role: trade.Seller, Account: trade.Account(name), Email: trade.Email(name + "@makers.example")},
			index: i, card: funds.CardNo("6222-" + name),
		}
	}
	for i := range p.buyers {
		name := fmt.Sprintf("b-%06d", i)
		p.buyers[i] = trade.Actor{Role: trade.Buyer, Account: trade.Account(name), Email: trade.Email(name + "@buyers.example")}
	}
	return p
}

func mustNumber(w *world, text string) trade.Number {
	n, err := trade.ParseNumber(text)
	w.noError(err)
	return n
}

// registered reports whether the e-mail address of a buyer belongs to an account. One buyer of ten registers
// only to confirm an order.
func registered(buyer int) bool { return buyer%10 != 0 }

// anyBuyer draws a buyer.
func (p *people) anyBuyer(w *world) trade.Actor { return p.buyers[w.rng.IntN(len(p.buyers))] }

// otherBuyer draws a buyer other than the given one.
func (p *people) otherBuyer(w *world, than trade.Actor) trade.Actor {
	i := w.rng.IntN(len(p.buyers))
	if p.buyers[i].Account == than.Account {
		i = (i + 1) % len(p.buyers)
	}
	return p.buyers[i]
}

// otherSeller returns a seller other than the given one.
func (p *people) otherSeller(than *merchant) *merchant {
	return p.sellers[(than.index+1)%len(p.sellers)]
}

func (w *world) clock() time.Time { return w.now }

// usd and cny return an amount of cents or fen.
func (w *world) usd(cents int64) trade.Money { return trade.Minor(cents, w.people.usd) }
func (w *world) cny(fen int64) trade.Money   { return trade.Minor(fen, w.people.cny) }
