package order

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// Cases: what a bank takes back of one payment. A payment can be contested in several cases, in
// parts, again after it was won, and the reports about them arrive in any order (D24).

// CaseStatus is how far the case of a payment has come.
type CaseStatus string

// The states of a case. All but CaseWon stand: they take money.
const (
	CaseOpen     CaseStatus = "open"
	CaseWon      CaseStatus = "won"
	CaseLost     CaseStatus = "lost"
	CaseRecalled CaseStatus = "recalled" // a T/T credit that the bank took back
)

// rank orders the reports of one instant: an end stands before the opening, and lost before won.
func (s CaseStatus) rank() int {
	return slices.Index([]CaseStatus{CaseOpen, CaseRecalled, CaseWon, CaseLost}, s)
}

// Case is a chargeback or a recall of a payment, under the name that the bank gave it.
type Case struct {
	Name string // empty for the only one that a payment could have without a name
	// Amount is that of the latest opening; zero if it named none: the case takes what the others
	// leave of the payment.
	Amount   trade.Money
	OpenedAt time.Time // the instant of the latest opening
	Status   CaseStatus
	At       time.Time // the instant of the report that stands
}

func (c *Case) stands() bool { return c.Status != CaseWon }

func (c *Case) lost() bool { return c.Status == CaseLost || c.Status == CaseRecalled }

// Cases are the cases of one payment, sorted by name.
type Cases []Case

// CaseReport is what a bank reports about a case: its opening with an amount or without one, or how
// it ended.
type CaseReport struct {
	Case   string
	Amount trade.Money
	Status CaseStatus
	At     time.Time
}

// The reasons for which a report cannot be recorded.
var (
	// ErrCaseNotOpened: the end of a case whose opening was not reported yet.
	ErrCaseNotOpened = errors.New("the case is not opened")
	// ErrCaseAmount: the opening was reported with another amount, or the sum overflows.
	ErrCaseAmount = errors.New("the case was reported with another amount")
)

// With returns the cases after a report, and whether it changed them. The result does not depend on
// the order in which the reports of a case arrive, or on how often each does.
func (cs Cases) With(r CaseReport) (Cases, bool, error) {
	opening := r.Status == CaseOpen || r.Status == CaseRecalled
	i := slices.IndexFunc(cs, func(c Case) bool { return c.Name == r.Case })
	if i < 0 {
		// The first name that a payment's case is given names the one that had none.
		i = slices.IndexFunc(cs, func(c Case) bool { return c.Name == "" })
	}
	if i < 0 && !opening {
		return cs, false, ErrCaseNotOpened
	}
	after := slices.Clone(cs)
	if i < 0 {
		after = append(after, Case{Name: r.Case, Amount: r.Amount, OpenedAt: r.At, Status: r.Status, At: r.At})
	} else {
		c := &after[i]
		c.Name = r.Case
		switch {
		case opening && r.At.After(c.OpenedAt):
			c.Amount, c.OpenedAt = r.Amount, r.At
		case opening && r.At.Equal(c.OpenedAt) && r.Amount != c.Amount:
			return cs, false, ErrCaseAmount
		}
		if r.At.After(c.At) || r.At.Equal(c.At) && r.Status.rank() > c.Status.rank() {
			c.Status, c.At = r.Status, r.At
		}
	}
	slices.SortFunc(after, func(a, b Case) int { return strings.Compare(a.Name, b.Name) })
	if sum, _ := after.named(); sum.IsNegative() {
		return cs, false, ErrCaseAmount
	}
	return after, !slices.Equal(cs, after), nil
}

// named returns the sum of the standing cases that have an amount, negative if it overflows, and the
// first standing case that has none.
func (cs Cases) named() (sum trade.Money, rest *Case) {
	for i := range cs {
		switch c := &cs[i]; {
		case !c.stands():
		case !c.Amount.IsZero():
			if sum = sum.AddUnchecked(c.Amount); sum.IsNegative() {
				return sum, rest
			}
		case rest == nil:
			rest = c
		}
	}
	return sum, rest
}

// Take returns what the standing cases take of a payment of that amount; it can be more than the
// amount.
func (cs Cases) Take(amount trade.Money) trade.Money {
	sum, rest := cs.named()
	if rest != nil && sum.Less(amount) {
		return amount
	}
	return zeroOf(amount).AddUnchecked(sum)
}

// Lost returns how much of a payment of that amount is lost for good: to lost cases and recalls.
func (cs Cases) Lost(amount trade.Money) trade.Money {
	lost := zeroOf(amount)
	for i := range cs {
		if cs[i].lost() {
			lost = lost.AddUnchecked(cs[i].Amount)
		}
	}
	if sum, rest := cs.named(); rest != nil && rest.lost() && sum.Less(amount) {
		lost = lost.AddUnchecked(amount.SubUnchecked(sum))
	}
	return smaller(lost, amount)
}

// Open returns how many of the cases are open.
func (cs Cases) Open() int {
	n := 0
	for i := range cs {
		if cs[i].Status == CaseOpen {
			n++
		}
	}
	return n
}

// IncomingPayment is a payment that came in, as its own stream has it (D65). The zero value is one
// that no order has.
type IncomingPayment struct {
	Order     trade.ID // on which it was recorded; zero if on none, or if the record was taken back
	Method    Method
	Reference string
	Amount    trade.Money
	Cases     Cases
	// Review says that its money waits for the platform's review. It is all of the payment then: as
	// Unapplied, Returned and Reversed.
	Review                        bool
	Unapplied, Returned, Reversed trade.Money
}

// reported returns the payment with other cases. Of a payment under review they take its own
// unapplied money.
func (p IncomingPayment) reported(cases Cases) IncomingPayment {
	p.Cases = cases
	if p.Review {
		own := p.Unapplied.AddUnchecked(p.Reversed)
		p.Reversed = smaller(cases.Take(p.Amount), own)
		p.Unapplied = own.SubUnchecked(p.Reversed)
	}
	return p
}

// Reported returns the payment after a report, and whether it changed anything.
func (p IncomingPayment) Reported(r CaseReport) (IncomingPayment, bool, error) {
	cases, changed, err := p.Cases.With(r)
	if err != nil || !changed {
		return p, false, err
	}
	return p.reported(cases), true, nil
}

// Reviewed returns the payment after its review has ended: its money is the order's, like that of
// every other payment.
func (p IncomingPayment) Reviewed() IncomingPayment {
	p.Review, p.Unapplied, p.Returned, p.Reversed = false, trade.Money{}, trade.Money{}, trade.Money{}
	return p
}

// Voided returns the payment after its record was taken back: the order loses all of it.
func (p IncomingPayment) Voided() IncomingPayment {
	p = p.Reviewed()
	p.Cases = Cases{{Amount: p.Amount, Status: CaseRecalled}}
	return p
}

// taken returns what the order answers for: what the cases take of the payment, up to its amount;
// while it is under review only what they take of its own money.
func (p *IncomingPayment) taken() trade.Money {
	if p.Review {
		return p.Reversed
	}
	return smaller(p.Cases.Take(p.Amount), p.Amount)
}

// CaseSums are the sums of an order over the cases of its payments.
type CaseSums struct {
	Taken  trade.Money `json:"taken"`  // what the standing cases take of the payments, up to the amount of each
	Lost   trade.Money `json:"lost"`   // the part of it that is lost for good
	Excess trade.Money `json:"excess"` // what the standing cases take beyond the amounts
	Open   int         `json:"open"`   // how many cases are open
}

// sumsAfter returns the order's sums after one of its payments has changed.
func (o *Order) sumsAfter(before, after *IncomingPayment) CaseSums {
	l := &o.Ledger
	change := func(sum trade.Money, of func(*IncomingPayment) trade.Money) trade.Money {
		return zeroOf(o.Terms.Total).AddUnchecked(sum).SubUnchecked(of(before)).AddUnchecked(of(after))
	}
	return CaseSums{
		Taken: change(l.Taken, (*IncomingPayment).taken),
		Lost:  change(l.Lost, func(p *IncomingPayment) trade.Money { return p.Cases.Lost(p.Amount) }),
		Excess: change(l.Excess, func(p *IncomingPayment) trade.Money {
			return p.Cases.Take(p.Amount).SubUnchecked(p.taken())
		}),
		Open: o.OpenChargebacks - before.Cases.Open() + after.Cases.Open(),
	}
}

// zeroOf returns zero in the currency of an amount.
func zeroOf(m trade.Money) trade.Money { return trade.Minor(0, m.Currency()) }
