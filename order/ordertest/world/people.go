package world

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// people is everybody. The platform and the system are one each.
type people struct {
	sellers  []*merchant
	buyers   []trade.Actor
	usd      trade.Currency
	cny      trade.Currency
	quantity trade.Number // of what entrustments declare,
	price    trade.Number // at that price
}

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

// registered reports whether a buyer has an account under his address: one of ten has it only
// when he confirms.
func registered(buyer int) bool { return buyer%10 != 0 }

// anyBuyer draws a buyer.
func (p *people) anyBuyer(w *world) trade.Actor { return p.buyers[w.rng.IntN(len(p.buyers))] }

// otherBuyer draws a buyer who is not that one.
func (p *people) otherBuyer(w *world, than trade.Actor) trade.Actor {
	i := w.rng.IntN(len(p.buyers))
	if p.buyers[i].Account == than.Account {
		i = (i + 1) % len(p.buyers)
	}
	return p.buyers[i]
}

// otherSeller returns a seller who is not that one.
func (p *people) otherSeller(than *merchant) *merchant {
	return p.sellers[(than.index+1)%len(p.sellers)]
}

// sources is what the platform knows beside the log. It is the same for every process.
func (p *people) sources() desk.Sources {
	return desk.Sources{
		Match: func(_ context.Context, e trade.Email) (trade.Account, error) {
			name, host, _ := strings.Cut(string(e), "@")
			i, err := strconv.Atoi(strings.TrimPrefix(name, "b-"))
			if err != nil || host != "buyers.example" || i >= len(p.buyers) || !registered(i) {
				return "", nil //nolint:nilerr // an address that is not of a buyer of this world
			}
			return trade.Account(name), nil
		},
		Store: func(_ context.Context, account trade.Account) (seller.Facts, error) {
			f := seller.Facts{Operating: true, Membership: seller.MemberPaid}
			if freeMember(account) {
				f.Membership = seller.MemberFree
			}
			return f, nil
		},
		Certify: func(_ context.Context, _ uuid.UUID, c seller.Certification) (seller.Verdict, error) {
			if strings.HasPrefix(c.RegistrationNo, "pending") {
				return seller.Verdict{Reason: "the register does not have the firm yet"}, nil
			}
			return seller.Verdict{Approved: true}, nil
		},
		Funds: func(_ context.Context, account trade.Account) (funds.Policy, error) {
			policy := funds.DefaultPolicy()
			policy.HoldDays, policy.FeeRate = holdDays(string(account)), feeRate
			return policy, nil
		},
	}
}

// freeMember reports whether a seller is a free member.
func freeMember(account trade.Account) bool { return account[len(account)-1]%3 == 0 }

// holdDays is how long received funds of a merchant wait, and feeRate what a withdrawal costs in
// basis points.
func holdDays(account string) int { return [...]int{0, 7, 15}[account[len(account)-1]%3] }

const feeRate = 10

// newAuditor returns the auditor of package audit, who knows the settings of this world.
func newAuditor() *audit.Auditor {
	policy, own := audit.DefaultPolicy(), payLaterPolicy()
	policy.Instalments, policy.FreezeAfterOverdue, policy.ChargeRetries = own.Instalments, own.FreezeAfterOverdue, own.ChargeRetries
	return audit.New(audit.WithPolicy(policy), audit.WithFunds(func(merchant string) audit.FundsPolicy {
		f := audit.DefaultFundsPolicy()
		f.HoldDays, f.FeeRate = holdDays(merchant), feeRate
		return f
	}))
}

// payLaterPolicy takes instalments and freezes lines, so that both happen.
func payLaterPolicy() *paylater.Policy {
	p := paylater.DefaultPolicy()
	p.Instalments, p.FreezeAfterOverdue, p.ChargeRetries = true, 3, 1
	return p
}

func (w *world) clock() time.Time { return w.now }

// usd and cny are amounts in cents and fen.
func (w *world) usd(cents int64) trade.Money { return trade.Minor(cents, w.people.usd) }
func (w *world) cny(fen int64) trade.Money   { return trade.Minor(fen, w.people.cny) }

// assuranceLimit and quotaLimit draw a limit: about what a seller's share of the orders occupies
// at a time, so that some orders do not fit.
func (w *world) assuranceLimit() trade.Money {
	share := int64(w.Orders) / int64(w.Months*w.Sellers) // orders of a seller in a month
	typical := (share + 3) * 5_000_00
	return w.usd(typical + w.rng.Int64N(typical))
}

func (w *world) quotaLimit() trade.Money {
	share := int64(w.Orders) * int64(w.PayLater) / int64(100*w.Months*w.Sellers)
	typical := (share/2 + 8) * 200_00
	return w.cny(typical + w.rng.Int64N(typical))
}
