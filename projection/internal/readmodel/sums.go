package readmodel

import (
	"cmp"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// Account is a seller's line, or a merchant's line or balance, in one currency.
type Account struct {
	Owner    trade.Account
	Currency trade.Currency
}

// Key returns the first values of a key in a table of accounts, and others.
func (a Account) Key(more ...projection.Value) []projection.Value {
	return append([]projection.Value{projection.Text(a.Owner), Currency(a.Currency)}, more...)
}

// Where returns the conditions that select the account, and others. The column owner has the
// owner.
func (a Account) Where(owner string, more ...projection.Condition) []projection.Condition {
	return append([]projection.Condition{Equal(owner, projection.Text(a.Owner)), Equal("currency", Currency(a.Currency))}, more...)
}

// Sums are figures of accounts: amounts in minor units, and counts.
type Sums map[Account][3]int64

// SumUp adds up the figures of all rows of a table by account. The column owner has the owner.
func SumUp(s projection.Snapshot, t *projection.Table, owner string, figures func(Row) [3]int64) (Sums, error) {
	sums := make(Sums)
	err := projection.Each(s, t, projection.Query{}, func(row projection.Row) error {
		r := Row{t, row}
		account, more := Account{r.Account(owner), r.Currency()}, figures(r)
		sum := sums[account]
		for i := range sum {
			sum[i] += more[i]
		}
		sums[account] = sum
		return nil
	})
	return sums, err
}

// Difference returns the first account, by owner and currency, whose figures differ, and whether
// there is one. A missing account counts as zeros.
func (s Sums) Difference(o Sums) (first Account, found bool) {
	look := func(a Account) {
		if s[a] == o[a] {
			return
		}
		if !found || cmp.Or(cmp.Compare(a.Owner, first.Owner), cmp.Compare(a.Currency.String(), first.Currency.String())) < 0 {
			first, found = a, true
		}
	}
	for a := range s {
		look(a)
	}
	for a := range o {
		look(a)
	}
	return first, found
}
