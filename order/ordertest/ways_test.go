package ordertest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// An exit from a state is a short sequence of commands of the seller, the platform or the system. The desk accepts each
// of them at once, or at the instant that its refusal names. After them no quota is held, and every cent was refunded,
// returned or claimed, or the order is completed. An exit needs no new payment by the buyer, and no action of a third
// party. A state without an exit is a dead end.

// maxSteps is the most commands that an exit may have. Each further payment under review, withdrawal and freeze adds one.
const maxSteps = 6

// exitSearch looks for an exit from each state that the commits of a log lead to.
type exitSearch struct {
	t        ordertest.TB
	store    events.Store
	opts     []desk.Option
	now      time.Time // the latest instant of the log
	payments map[trade.ID][]payment.Key
	refuse   func(d *desk.Desk, do request) error

	states   map[string]int // the states that were searched, by kind of stream and phase
	longest  map[string]int // the steps of the longest exit, by kind of stream and phase
	traits   map[string]int // orders by what makes their exit harder
	attempts int
}

func newExitSearch(t ordertest.TB, store events.Store, opts ...desk.Option) *exitSearch {
	return &exitSearch{t: t, store: store, opts: opts, payments: map[trade.ID][]payment.Key{}, states: map[string]int{}, longest: map[string]int{}, traits: map[string]int{}}
}

// observe notes the instants and the payments of a commit.
func (x *exitSearch) observe(commit []events.Record) {
	x.t.Helper()
	for _, r := range commit {
		x.now = trade.Later(x.now, r.At)
		if r.Stream.Category() != payment.Category {
			continue
		}
		e, err := payment.DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			x.t.Fatalf("%s: %v", r.Stream, err)
		}
		if e, ok := e.(payment.Recorded); ok {
			x.payments[e.Order] = append(x.payments[e.Order], payment.Key{Method: e.Method, Account: e.Account, Reference: e.Reference})
		}
	}
}

// checkCommit looks for an exit from the state of each stream that a commit wrote, and returns the dead ends.
func (x *exitSearch) checkCommit(commit []events.Record) (deadEnds []error) {
	x.t.Helper()
	x.observe(commit)
	for i, r := range commit {
		if !slices.ContainsFunc(commit[i+1:], func(o events.Record) bool { return o.Stream == r.Stream }) {
			if err := x.checkStream(r.Stream); err != nil {
				deadEnds = append(deadEnds, err)
			}
		}
	}
	return deadEnds
}

func (x *exitSearch) trial() *trial {
	x.t.Helper()
	tr := newTrial(x.t, x.store, x.now, x.opts...)
	tr.refuse = x.refuse
	return tr
}

// checkStream looks for an exit from the state of a stream, for each outcome of its open cases and withdrawals.
func (x *exitSearch) checkStream(stream events.StreamID) error {
	x.t.Helper()
	key, _ := stream.Key()
	account, code, _ := strings.Cut(key, "/")
	id, _ := trade.ParseID(key)
	currency, _ := trade.ParseCurrency(code)
	switch stream.Category() {
	case order.Category:
		return x.checkOrder(id)
	case paylater.Category:
		return x.checkPayLater(id)
	case seller.Category:
		return x.checkService(trade.Account(account))
	case credit.Category:
		return x.checkLine(trade.Account(account), currency)
	case credit.PayLaterCategory:
		return x.checkQuota(trade.Account(account), currency)
	case funds.Category:
		return x.checkFunds(trade.Account(account), currency)
	}
	return nil
}

// count counts a state and the length of its exit. It returns an error if there is none.
func (x *exitSearch) count(kind string, tr *trial, path []string, ok bool) error {
	x.states[kind]++
	x.attempts += tr.attempts
	if !ok {
		return errors.New(kind + " is a dead end")
	}
	x.longest[kind] = max(x.longest[kind], len(path))
	return nil
}

// search returns the commands of an exit and true, or the refusals of all commands that it tried and false. It tries the
// commands in the order in which next returns them, and goes on to the next one if no exit begins with a command.
func (tr *trial) search(steps int, done func() bool, next func() []request) ([]string, bool) {
	tr.t.Helper()
	if done() {
		return nil, true
	}
	if steps == 0 {
		return []string{"the limit of steps is reached"}, false
	}
	var refusals []string
	start := tr.checkpoint()
	for _, r := range next() {
		if err := tr.attempt(r); err != nil {
			refusals = append(refusals, fmt.Sprintf("%s by %s: %v", r.do, r.by.Role, err))
			continue
		}
		path, ok := tr.search(steps-1, done, next)
		if ok {
			return append([]string{fmt.Sprintf("%s by %s", r.do, r.by.Role)}, path...), true
		}
		refusals = append(refusals, fmt.Sprintf("%s by %s leads to {%s}", r.do, r.by.Role, strings.Join(path, "; ")))
		tr.rollBack(start)
	}
	return refusals, false
}

// checkOrder looks for an exit from an assurance order: with every open case won, with every one lost, and, if there are
// several, with every second one won.
func (x *exitSearch) checkOrder(id trade.ID) error {
	x.t.Helper()
	tr := x.trial()
	o := tr.order(id)
	if o.Hold.Status != order.HoldOpen && !holdsMoney(&o) && o.OpenChargebacks == 0 {
		return nil
	}
	x.countTraits(&o)
	outcomes := []func(i int) bool{func(int) bool { return true }}
	if o.OpenChargebacks > 0 {
		outcomes = append(outcomes, func(int) bool { return false })
	}
	if o.OpenChargebacks > 1 {
		outcomes = append(outcomes, func(i int) bool { return i%2 == 0 })
	}
	kind := "order, " + o.Phase.String()
	for n, won := range outcomes {
		if n > 0 {
			tr = x.trial()
		}
		if err := x.resolveCases(tr, id, won); err != nil {
			return fmt.Errorf("%s: order %s: %w", kind, id, err)
		}
		steps := maxSteps + max(0, len(x.underReview(tr, id))-1)
		path, ok := tr.search(steps, func() bool { return isSettled(tr.order(id)) }, func() []request { return x.orderSteps(tr, id) })
		if err := x.count(kind, tr, path, ok && x.entrustmentsFree(tr, &o)); err != nil {
			return fmt.Errorf("%w, outcome %d of its cases: %+v\n%s", err, n, o, strings.Join(path, "\n"))
		}
	}
	return nil
}

// countTraits counts what makes the exit of an order harder.
func (x *exitSearch) countTraits(o *order.Order) {
	for trait, has := range map[string]bool{
		"a case is open": o.OpenChargebacks > 0, "several cases are open": o.OpenChargebacks > 1, "money is lost": o.Ledger.Lost.IsPositive(),
		"a dispute is open": o.Dispute.Stage != order.StageNone, "a dispute about lost money": o.Dispute.Stage != order.StageNone && o.Ledger.Lost.IsPositive(),
		"money is under review": o.Ledger.Review.IsPositive(), "the initial payment was charged back": o.Unfunded && o.Phase == order.PhaseConfirmed,
		"an accepted shortfall can shrink": o.Ledger.Yielding.IsPositive(), "the buyer owes": o.Ledger.OwedByBuyer().IsPositive(),
		"shipped, and money is lost": o.Phase == order.PhaseShipped && o.Ledger.Lost.IsPositive(), "closed, and money is left": o.Phase == order.PhaseClosed && holdsMoney(o),
		"a case takes more than the order has": o.Ledger.Beyond().IsPositive(), "a hold without money": o.Hold.Status == order.HoldOpen && o.Left().IsZero() && o.Ledger.Received.IsPositive(),
	} {
		if has {
			x.traits[trait]++
		}
	}
}

// entrustmentsFree reports whether the entrustments that an order had can be linked again. Those of a shipped order need not.
func (x *exitSearch) entrustmentsFree(tr *trial, before *order.Order) bool {
	x.t.Helper()
	if !tr.order(before.ID).Shipment.ShippedAt.IsZero() {
		return true
	}
	return !slices.ContainsFunc(before.Links, func(l order.LinkedEntrustment) bool {
		e, _, err := tr.desk.ReadEntrustment(x.t.Context(), ordertest.Platform, l.ID)
		return err != nil || e.Linked() && e.Order == before.ID
	})
}

func (tr *trial) order(id trade.ID) order.Order {
	tr.t.Helper()
	o, _, err := tr.desk.ReadOrder(tr.t.Context(), ordertest.Platform, id)
	if err != nil {
		tr.t.Fatalf("order %s: %v", id, err)
	}
	return o
}

// holdsMoney reports whether an order has money of the buyer that is neither refunded nor due to the seller.
func holdsMoney(o *order.Order) bool {
	return o.Ledger.Unapplied.IsPositive() || o.Left().IsPositive() && o.Phase != order.PhaseCompleted
}

// isSettled reports whether an order has ended and holds no quota and no money, and, if it was never shipped, no
// entrustment.
func isSettled(o order.Order) bool {
	ended := o.Phase == order.PhaseCompleted || o.Phase == order.PhaseClosed
	return ended && o.Hold.Status != order.HoldOpen && !holdsMoney(&o) && !o.Frozen() && (len(o.Links) == 0 || !o.Shipment.ShippedAt.IsZero())
}

// incoming returns the received payments of an order.
func (x *exitSearch) incoming(tr *trial, id trade.ID) (list []order.IncomingPayment) {
	x.t.Helper()
	o := tr.order(id)
	for _, p := range o.Payments {
		if in, ok := o.Incoming(p.Method, p.Receipt.Reference); ok {
			key := payment.Key{Method: in.Method, Account: o.ReceivingAccount, Reference: in.Reference}
			if !slices.Contains(x.payments[id], key) && !slices.ContainsFunc(list, func(l order.IncomingPayment) bool { return l.Reference == in.Reference }) {
				list = append(list, in)
			}
		}
	}
	for i, k := range x.payments[id] {
		p, _, err := payment.Model().Replay(x.t.Context(), tr.fork, k.Stream())
		if err != nil {
			x.t.Fatalf("payment %s: %v", k.Reference, err)
		}
		if in := p.Fact(); in.Order == id && !slices.Contains(x.payments[id][:i], k) {
			list = append(list, in)
		}
	}
	return list
}

// resolveCases reports the outcome of every open case of an order. won says which of them are won.
func (x *exitSearch) resolveCases(tr *trial, id trade.ID, won func(i int) bool) error {
	x.t.Helper()
	if o := tr.order(id); o.OpenChargebacks == 0 {
		return nil
	}
	n := 0
	for _, p := range x.incoming(tr, id) {
		for _, c := range p.Cases {
			if c.Status != order.CaseOpen {
				continue
			}
			name := c.Name
			if name == "" {
				name = "unnamed"
			}
			outcome := order.ResolveChargeback{Reference: p.Reference, Method: p.Method, Case: name, Won: won(n), At: tr.clock.Now()}
			n++
			if err := tr.attempt(request{ordertest.Platform, desk.OnOrder(id, outcome), outcome}); err != nil {
				return fmt.Errorf("the outcome of case %s is refused: %w", name, err)
			}
		}
	}
	if o := tr.order(id); o.OpenChargebacks != 0 {
		return fmt.Errorf("%d cases are open after the outcome of each was reported", o.OpenChargebacks)
	}
	return nil
}

func (x *exitSearch) underReview(tr *trial, id trade.ID) []order.IncomingPayment {
	x.t.Helper()
	if o := tr.order(id); !o.Ledger.Review.IsPositive() {
		return nil
	}
	return slices.DeleteFunc(x.incoming(tr, id), func(p order.IncomingPayment) bool { return !p.Review || !p.Unapplied.IsPositive() })
}

// orderSteps returns the commands that can be part of an exit from an order, the likeliest first.
func (x *exitSearch) orderSteps(tr *trial, id trade.ID) (list []request) {
	x.t.Helper()
	o := tr.order(id)
	owner := trade.Actor{Role: trade.Seller, Account: o.Seller.Account, Email: o.Seller.Email}
	add := func(by trade.Actor, c order.Command) { list = append(list, request{by, desk.OnOrder(id, c), c}) }
	for _, p := range x.underReview(tr, id) {
		add(ordertest.Platform, order.ReturnUnapplied{Amount: p.Unapplied, Reference: p.Reference, Method: p.Method})
	}
	if len(list) > 0 {
		list = list[:1] // any order of them leads to the same state
	}
	if unapplied := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review); unapplied.IsPositive() {
		add(ordertest.Platform, order.ReturnUnapplied{Amount: unapplied})
	}
	if left := o.Left(); left.IsPositive() && o.Phase != order.PhaseCompleted {
		add(ordertest.Platform, order.Refund{Amount: left})
		add(owner, order.Refund{Amount: left})
	}
	add(owner, order.Cancel{})
	add(ordertest.System, order.Unfund{})
	if o.Dispute.Stage != order.StageNone {
		add(ordertest.System, order.Escalate{})
		add(ordertest.Platform, order.Arbitrate{})
	}
	add(ordertest.System, order.AutoConfirmReceipt{})
	add(owner, order.AcceptShortfall{})
	add(ordertest.System, order.Expire{})
	add(ordertest.Platform, order.MarkShipped{})
	return list
}

// checkPayLater looks for an exit from a pay-later order.
func (x *exitSearch) checkPayLater(id trade.ID) error {
	x.t.Helper()
	tr := x.trial()
	read := func() paylater.Order {
		o, _, err := tr.desk.ReadPayLater(x.t.Context(), ordertest.Platform, id)
		if err != nil {
			x.t.Fatalf("pay-later order %s: %v", id, err)
		}
		return o
	}
	first := read()
	done := func() bool {
		o := read()
		ended := o.Phase == paylater.PhasePaid || o.Phase == paylater.PhaseCancelled || o.Phase == paylater.PhaseWrittenOff
		return ended && o.Outstanding.IsZero() && o.Due().IsZero() && o.Unapplied().IsZero()
	}
	if done() {
		return nil
	}
	path, ok := tr.search(maxSteps, done, func() (list []request) {
		o := read()
		owner := trade.Actor{Role: trade.Seller, Account: o.Merchant}
		add := func(by trade.Actor, c paylater.Command) {
			list = append(list, request{by, desk.OnPayLater(id, c), c})
		}
		if o.Unapplied().IsPositive() {
			add(ordertest.Platform, paylater.ReturnUnapplied{Amount: o.Unapplied()})
		}
		add(owner, paylater.Cancel{})
		add(ordertest.Platform, paylater.Return{})
		if o.Phase == paylater.PhasePrepaid {
			add(ordertest.Platform, paylater.Refund{Amount: o.Refundable()})
		}
		add(ordertest.System, paylater.AutoConfirmReceipt{})
		add(ordertest.Platform, paylater.WriteOff{})
		add(owner, paylater.Ship{})
		return list
	})
	if err := x.count("pay-later order, "+first.Phase.String(), tr, path, ok); err != nil {
		return fmt.Errorf("%w: %+v\n%s", err, first, strings.Join(path, "\n"))
	}
	return nil
}
