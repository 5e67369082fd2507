package world

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// sources returns what a desk looks up outside of the log. It is the same for every process.
func (p *people) sources() desk.Sources {
	return desk.Sources{
		Match: func(_ context.Context, e trade.Email) (trade.Account, error) {
			name, host, _ := strings.Cut(string(e), "@")
			i, err := strconv.Atoi(strings.TrimPrefix(name, "b-"))
			if err != nil || host != "buyers.example" || i >= len(p.buyers) || !registered(i) {
				return "", nil //nolint:nilerr // the address of no buyer of this world
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

// freeMember reports whether a seller has a free membership.
func freeMember(account trade.Account) bool { return account[len(account)-1]%3 == 0 }

// holdDays returns how many days received funds of a merchant are held.
func holdDays(account string) int { return [...]int{0, 7, 15}[account[len(account)-1]%3] }

// feeRate is the fee of a withdrawal in basis points.
const feeRate = 10

// newAuditor returns the auditor of package audit with the settings of this world.
func newAuditor() *audit.Auditor {
	policy, own := audit.DefaultPolicy(), payLaterPolicy()
	policy.Instalments, policy.FreezeAfterOverdue, policy.ChargeRetries = own.Instalments, own.FreezeAfterOverdue, own.ChargeRetries
	return audit.New(audit.WithPolicy(policy), audit.WithFunds(func(merchant string) audit.FundsPolicy {
		f := audit.DefaultFundsPolicy()
		f.HoldDays, f.FeeRate = holdDays(merchant), feeRate
		return f
	}))
}

// payLaterPolicy returns the default policy, but with instalments and with freezes of lines after overdue
// orders, so that both happen.
func payLaterPolicy() *paylater.Policy {
	p := paylater.DefaultPolicy()
	p.Instalments, p.FreezeAfterOverdue, p.ChargeRetries = true, 3, 1
	return p
}

// assuranceLimit and quotaLimit draw the limit of a line: about as much as a seller's share of the orders
// uses at a time, so that some orders are refused.
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
