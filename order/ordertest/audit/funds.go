package audit

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// fundsBook is the auditor's state of a merchant's received funds.
type fundsBook struct {
	head
	account  string
	currency currency

	lots        lots
	available   amount
	inTransit   amount
	paidOut     amount
	fees, spent amount
	debt        amount
	credited    amount
	refunded    amount

	open          map[string]withdrawal
	withdrawalIDs map[string]struct{} // of all withdrawals
	chargeIDs     map[string]struct{} // of all charges
	cards         map[string]int      // the number of open withdrawals to each bound card
}

type withdrawal struct {
	gross, net, fee amount
	card            string
}

func (a *Auditor) balanceOf(stream events.StreamID) *fundsBook {
	b := a.balances[stream]
	if b == nil {
		key, _ := stream.Key()
		account, code, _ := strings.Cut(key, "/")
		b = &fundsBook{
			head: head{stream: stream}, account: account, open: make(map[string]withdrawal),
			withdrawalIDs: make(map[string]struct{}), chargeIDs: make(map[string]struct{}), cards: make(map[string]int),
		}
		copy(b.currency[:], code)
		a.balances[stream] = b
	}
	return b
}

// check checks I22.
func (b *fundsBook) check(a *Auditor) {
	left := b.lots.total + b.available
	switch {
	case b.credited-b.refunded+b.debt != left+b.inTransit+b.paidOut+b.fees+b.spent:
		a.failf("I22", "credited %d, refunded %d, debt %d; %s", b.credited, b.refunded, b.debt, b)
	case min(b.lots.total, b.available, b.inTransit, b.paidOut, b.fees, b.spent, b.debt) < 0:
		a.failf("I22", "debt %d; %s", b.debt, b)
	case b.debt > 0 && left > 0:
		a.failf("I22", "a debt of %d while there are funds; %s", b.debt, b)
	}
}

func (a *Auditor) bookFunds(b *fundsBook) {
	if !a.advance(&b.head, b) {
		return
	}
	if b.stream == a.target {
		a.checkParty("", b.account)
	}
	// Credits become available up to the latest instant of the stream: an event with an earlier instant,
	// from a command to another stream, does not undo that.
	b.available += b.lots.release(b.lastAt)
	switch a.record.Type {
	case "funds.credited":
		a.onCredited(b)
	case "funds.debited":
		a.onDebited(b)
	case "funds.card-bound":
		card := string(a.text("card"))
		if _, bound := b.cards[card]; bound || string(a.text("holder")) != b.account || card == "" {
			a.failf("B10", "card %s of %s, bound %t", card, a.text("holder"), bound)
		}
		b.cards[card] = 0
	case "funds.card-unbound":
		card := string(a.text("card"))
		if open, bound := b.cards[card]; !bound || open > 0 {
			a.failf("B10", "card %s, bound %t, %d open withdrawals to it", card, bound, open)
		}
		delete(b.cards, card)
	case "funds.withdrawal-requested":
		a.onWithdrawalRequested(b)
	case "funds.withdrawal-settled", "funds.withdrawal-failed":
		a.onWithdrawalEnded(b, a.record.Type == "funds.withdrawal-failed")
	case "funds.charge-paid":
		id, n := string(a.text("id")), a.money("amount", b.currency)
		if _, twice := b.chargeIDs[id]; twice || n <= 0 || n > b.available {
			a.failf("I22", "charge %s of %d, already paid: %t; %s", id, n, twice, b)
		}
		b.chargeIDs[id] = struct{}{}
		b.available, b.spent = b.available-n, b.spent+n
	default:
		a.failf("I28", "an unknown type")
	}
}

// onCredited books a buyer's payment (section 4.7 of the rule book). It settles a debt first, and the rest
// waits.
func (a *Auditor) onCredited(b *fundsBook) {
	s, n, repaid := a.payLater[string(a.text("order"))], a.money("amount", b.currency), a.money("repaid", b.currency)
	until, days := a.time("available_at"), a.number("hold_days")
	a.confirms(effect{what: "a credit", payLater: s, name: b.account, x: n})
	switch {
	case n <= 0 || s == nil:
		a.failf("I20", "a credit of %d without an order", n)
	case repaid > n:
		a.failf("I27", "%d of a credit of %d settles a debt", repaid, n)
	case repaid != min(n, b.debt):
		a.failf("I22", "%d of %d settles a debt of %d", repaid, n, b.debt)
	case days < 0 || until != a.at+instant(days)*day || a.fundsPolicy != nil && days != int64(a.fundsPolicy(b.account).HoldDays):
		a.failf("D56", "available after %d days, at %s", days, until)
	}
	if a.violation != nil {
		return
	}
	b.credited, b.debt = a.add(b.credited, n), b.debt-repaid
	switch rest := n - repaid; {
	case rest > 0 && until <= b.lastAt:
		b.available += rest
	case rest > 0:
		b.lots.add(lot{availableAt: until, payLater: s, left: rest})
	}
}

// onDebited books a refund after the payment (D50).
func (a *Auditor) onDebited(b *fundsBook) {
	s, n, debt := a.payLater[string(a.text("order"))], a.money("amount", b.currency), a.money("debt", b.currency)
	a.confirms(effect{what: "a refund", payLater: s, x: n})
	if n <= 0 || s == nil || s.funds != b || debt != max(0, n-b.lots.total-b.available) {
		a.failf("I22", "%d refunded, of which %d becomes a debt; %s", n, debt, b)
		return
	}
	b.available -= b.lots.drain(s, n-debt)
	b.refunded, b.debt = b.refunded+n, b.debt+debt
}

func (a *Auditor) onWithdrawalRequested(b *fundsBook) {
	id, w := string(a.text("id")), withdrawal{gross: a.money("gross", b.currency), net: a.money("net", b.currency), fee: a.money("fee", b.currency)}
	_, twice := b.withdrawalIDs[id]
	switch {
	case twice || id == "":
		a.failf("D57", "withdrawal %s is requested a second time", id)
	case w.gross <= 0 || w.gross > b.available:
		a.failf("I22", "%d withdrawn; %s", w.gross, b)
	case w.net <= 0 || w.fee < 0 || w.net+w.fee != w.gross:
		a.failf("I23", "net %d and fee %d of %d", w.net, w.fee, w.gross)
	case a.time("expected_at") < a.at:
		a.failf("D57", "expected at %s, requested at %s", a.time("expected_at"), a.at)
	case a.fundsPolicy != nil:
		a.checkFundsPolicy(a.fundsPolicy(b.account), w)
	}
	w.card = a.destination(b)
	b.open[id], b.withdrawalIDs[id] = w, struct{}{}
	b.available, b.inTransit = b.available-w.gross, b.inTransit+w.gross
}

// checkFundsPolicy checks a withdrawal against the policy of the merchant's funds.
func (a *Auditor) checkFundsPolicy(p FundsPolicy, w withdrawal) {
	switch {
	case w.gross < p.MinWithdrawal:
		a.failf("D57", "%d withdrawn, the minimum is %d", w.gross, p.MinWithdrawal)
	case w.fee != p.fee(w.gross):
		a.failf("D58", "a fee of %d, not %d", w.fee, p.fee(w.gross))
	case a.time("expected_at") != a.at+instant(p.Expected):
		a.failf("D57", "expected at %s, not %s", a.time("expected_at"), a.at+instant(p.Expected))
	}
}

// destination checks that a withdrawal goes to the merchant's own account (B10), and returns the card, or
// "" for an Alipay account.
func (a *Auditor) destination(b *fundsBook) string {
	if !a.parseNested("dest") {
		a.failf("B10", "a withdrawal without a destination")
		return ""
	}
	a.swapNested()
	defer a.swapNested()
	card := string(a.text("card"))
	if card != "" {
		if _, bound := b.cards[card]; !bound {
			a.failf("B10", "card %s is not bound", card)
		}
		b.cards[card]++
		return card
	}
	holder, err := parse(a.data.raw("alipay"), nil)
	if raw := holder.raw("holder"); err != nil || string(raw) != `"`+b.account+`"` {
		a.failf("B10", "the Alipay account of %s", raw)
	}
	return ""
}

// fee returns the fee of a withdrawal (D58), rounded half up.
func (p FundsPolicy) fee(gross amount) amount {
	high, low := bits.Mul64(uint64(gross), uint64(p.FeeRate))
	low, carry := bits.Add64(low, 5_000, 0)
	units, _ := bits.Div64(high+carry, low, 10_000)
	fee := max(amount(units), p.FeeMin)
	if p.FeeMax > 0 {
		fee = min(fee, p.FeeMax)
	}
	return fee
}

// onWithdrawalEnded books the end of a withdrawal, which must be open (I23).
func (a *Auditor) onWithdrawalEnded(b *fundsBook, failed bool) {
	id := string(a.text("id"))
	w, open := b.open[id]
	if !open {
		a.failf("I23", "withdrawal %s is not open", id)
		return
	}
	delete(b.open, id)
	if w.card != "" {
		b.cards[w.card]--
	}
	b.inTransit -= w.gross
	if !failed {
		b.paidOut, b.fees = b.paidOut+w.net, b.fees+w.fee
		return
	}
	repaid := a.money("repaid", b.currency)
	if repaid != min(w.gross, b.debt) {
		a.failf("I23", "%d of %d settles a debt of %d", repaid, w.gross, b.debt)
	}
	b.debt, b.available = b.debt-repaid, b.available+w.gross-repaid
}

// lots are the waiting credits, ordered by the instant from which they are available.
type lots struct {
	list  []lot
	total amount
}

type lot struct {
	availableAt instant
	payLater    *payLaterBook
	left        amount
}

func (l lot) compare(o lot) int {
	if l.availableAt != o.availableAt {
		return int(max(-1, min(1, int64(l.availableAt-o.availableAt))))
	}
	return strings.Compare(l.payLater.id, o.payLater.id)
}

func (q *lots) add(l lot) {
	i, _ := slices.BinarySearchFunc(q.list, l, lot.compare)
	q.list = slices.Insert(q.list, i, l)
	q.total += l.left
	l.payLater.availableAt = l.availableAt
}

// release removes the credits that are available at that instant, and returns their sum.
func (q *lots) release(at instant) amount {
	n, sum := 0, amount(0)
	for n < len(q.list) && q.list[n].availableAt <= at {
		sum += q.list[n].left
		n++
	}
	q.list = slices.Delete(q.list, 0, n)
	q.total -= sum
	return sum
}

// drain takes an amount from the waiting credit of the order, then from the other credits, the latest
// first, and returns the part that it could not take.
func (q *lots) drain(s *payLaterBook, n amount) amount {
	if i, found := slices.BinarySearchFunc(q.list, lot{availableAt: s.availableAt, payLater: s}, lot.compare); found {
		n = q.take(i, n)
	}
	for n > 0 && len(q.list) > 0 {
		n = q.take(len(q.list)-1, n)
	}
	return n
}

func (q *lots) take(i int, n amount) amount {
	taken := min(n, q.list[i].left)
	q.list[i].left -= taken
	q.total -= taken
	if q.list[i].left == 0 {
		q.list = slices.Delete(q.list, i, i+1)
	}
	return n - taken
}

// String returns the sums.
func (b *fundsBook) String() string {
	return fmt.Sprintf("waiting %d, available %d, in transit %d, paid out %d, fees %d, spent %d",
		b.lots.total, b.available, b.inTransit, b.paidOut, b.fees, b.spent)
}
