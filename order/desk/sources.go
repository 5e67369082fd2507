package desk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// Sources are the platform's answers to what no stream says. Certify and Account must be given: see
// ErrNoSource. Any other field that is nil keeps its default. The functions are called concurrently;
// an error of one ends the command, with nothing written.
type Sources struct {
	// Match returns the account that is registered under an address, or "" for none. It is a
	// look-up: it is called at most once per command, also by Try, and only for the seller of
	// the order. The default knows nobody: a buyer is then recognised by their
	// verified address (D32).
	Match func(ctx context.Context, e trade.Email) (trade.Account, error)

	// Store returns what the platform knows of a seller's store, without a verdict. It is called as
	// Match is, and only for that seller. The default says that every store operates and is a free
	// member's.
	Store func(ctx context.Context, account trade.Account) (seller.Facts, error)

	// Email returns the address that the platform has verified for a merchant's account, or "" for
	// none. It is a look-up like Match, for the pay-later line of the merchant: a buyer who has
	// the same address is the merchant (D36). The default knows none.
	Email func(ctx context.Context, merchant trade.Account) (trade.Email, error)

	// Funds returns the policy that the platform has set for a merchant's received funds: the
	// waiting time, the fee. It is a look-up like Match. The default is funds.DefaultPolicy
	// for everybody.
	Funds func(ctx context.Context, merchant trade.Account) (funds.Policy, error)

	// Certify returns the verdict on a certification. It is called at most once per command,
	// after every rule that does not depend on it has passed, and never by Try; for the same
	// command ID it must return the same. There is no default.
	Certify func(ctx context.Context, command uuid.UUID, c seller.Certification) (seller.Verdict, error)

	// Account makes the receiving account of an order. It is called as Certify is. There is no
	// default.
	Account func(ctx context.Context, command uuid.UUID, id trade.ID) (order.ReceivingAccount, error)
}

// ErrNoSource is the error of New without a source that decides: nobody is certified, and no buyer
// pays to an account, because a source was forgotten.
var ErrNoSource = errors.New("a desk needs the sources Certify and Account; DemoSources has some for demonstrations and tests")

// DemoSources returns sources for demonstrations and tests, without a platform behind them: every
// certification is approved, and the number of a receiving account derives from the command ID and
// belongs to no bank. Nobody can pay to it.
func DemoSources() Sources {
	return Sources{
		Certify: func(context.Context, uuid.UUID, seller.Certification) (seller.Verdict, error) {
			return seller.Verdict{Approved: true}, nil
		},
		Account: func(_ context.Context, command uuid.UUID, id trade.ID) (order.ReceivingAccount, error) {
			sum := sha256.Sum256(append(command[:], id[:]...))
			return order.ReceivingAccount(fmt.Sprintf("TA%X", sum[:16])), nil
		},
	}
}

// defaultSources has the defaults of the look-ups.
func defaultSources() Sources {
	return Sources{
		Match: func(context.Context, trade.Email) (trade.Account, error) { return "", nil },
		Store: func(context.Context, trade.Account) (seller.Facts, error) {
			return seller.Facts{Operating: true, Membership: seller.MemberFree}, nil
		},
		Email: func(context.Context, trade.Account) (trade.Email, error) { return "", nil },
		Funds: func(context.Context, trade.Account) (funds.Policy, error) { return funds.DefaultPolicy(), nil },
	}
}

// or returns s with the functions of base where s has none.
func (s Sources) or(base Sources) Sources {
	if s.Match == nil {
		s.Match = base.Match
	}
	if s.Store == nil {
		s.Store = base.Store
	}
	if s.Email == nil {
		s.Email = base.Email
	}
	if s.Funds == nil {
		s.Funds = base.Funds
	}
	if s.Certify == nil {
		s.Certify = base.Certify
	}
	if s.Account == nil {
		s.Account = base.Account
	}
	return s
}
