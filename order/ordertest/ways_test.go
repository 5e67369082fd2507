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

// A way out of a state is a few commands of the seller, the platform or the system alone, each
// accepted by the desk at once or at a deadline, after which no quota is held and no money lies: every
// cent was refunded, returned or claimed, or the order is completed. No new money of the buyer is
// needed, and no favour of a stranger. A state that has none is a dead end.

// mostSteps is how many commands a way out may have. The return of each further payment under review,
// or the end of each further withdrawal or freeze, is the same step once more.
const mostSteps = 6

// exits looks for a way out of each state that commits lead to.
type exits struct {
	t        ordertest.TB
	store    events.Store
	opts     []desk.Option
	now      time.Time // the latest instant of the log
	payments map[trade.ID][]payment.Key
	denies   func(d *desk.Desk, do request) error

	states  map[string]int // that were searched, by kind of stream and phase
	longest map[string]int // the most steps that a way out had
	marks   map[string]int // orders by what makes their way harder
	asked   int
}

func newExits(t ordertest.TB, store events.Store, opts ...desk.Option) *exits {
	return &exits{t: t, store: store, opts: opts, payments: map[trade.ID][]payment.Key{}, states: map[string]int{}, longest: map[string]int{}, marks: map[string]int{}}
}

// sees takes note of what a commit wrote.
func (x *exits) sees(commit []events.Record) {
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

// after looks for the way out of each stream that a commit has written, and returns the dead ends.
func (x *exits) after(commit []events.Record) (dead []error) {
	x.t.Helper()
	x.sees(commit)
	for i, r := range commit {
		if !slices.ContainsFunc(commit[i+1:], func(o events.Record) bool { return o.Stream == r.Stream }) {
			if err := x.of(r.Stream); err != nil {
				dead = append(dead, err)
			}
		}
	}
	return dead
}

func (x *exits) trial() *trial {
	x.t.Helper()
	y := trialOn(x.t, x.store, x.now, x.opts...)
	y.denies = x.denies
	return y
}

// of looks for the way out of the state of a stream, however its open cases and withdrawals end.
func (x *exits) of(stream events.StreamID) error {
	x.t.Helper()
	key, _ := stream.Key()
	account, code, _ := strings.Cut(key, "/")
	id, _ := trade.ParseID(key)
	currency, _ := trade.ParseCurrency(code)
	switch stream.Category() {
	case order.Category:
		return x.ofOrder(id)
	case paylater.Category:
		return x.ofSale(id)
	case seller.Category:
		return x.ofService(trade.Account(account))
	case credit.Category:
		return x.ofLine(trade.Account(account), currency)
	case credit.PayLaterCategory:
		return x.ofQuota(trade.Account(account), currency)
	case funds.Category:
		return x.ofFunds(trade.Account(account), currency)
	}
	return nil
}

// found counts a state, and how long its way out is.
func (x *exits) found(kind string, y *trial, way []string, ok bool) error {
	x.states[kind]++
	x.asked += y.asked
	if !ok {
		return errors.New(kind + " is a dead end")
	}
	x.longest[kind] = max(x.longest[kind], len(way))
	return nil
}

// search returns the commands of a way out, and true; or what was refused on the way that looked best,
// and false. It goes the first way that it finds, and tries the others only if that one fails.
func (y *trial) search(steps int, out func() bool, next func() []request) ([]string, bool) {
	y.t.Helper()
	if out() {
		return nil, true
	}
	if steps == 0 {
		return []string{"no step is left"}, false
	}
	var no []string
	at := y.mark()
	for _, r := range next() {
		if err := y.accepts(r); err != nil {
			no = append(no, fmt.Sprintf("%s by %s: %v", r.do, r.by.Role, err))
			continue
		}
		way, ok := y.search(steps-1, out, next)
		if ok {
			return append([]string{fmt.Sprintf("%s by %s", r.do, r.by.Role)}, way...), true
		}
		no = append(no, fmt.Sprintf("%s by %s leads to {%s}", r.do, r.by.Role, strings.Join(way, "; ")))
		y.takeBack(at)
	}
	return no, false
}

// ofOrder looks for the way out of an assurance order: with every open case won, with every one lost, and
// if there are several with every other one won.
func (x *exits) ofOrder(id trade.ID) error {
	x.t.Helper()
	y := x.trial()
	o := y.order(id)
	if o.Hold.Status != order.HoldOpen && !holdsMoney(&o) && o.OpenChargebacks == 0 {
		return nil
	}
	x.mark(&o)
	ends := []func(i int) bool{func(int) bool { return true }}
	if o.OpenChargebacks > 0 {
		ends = append(ends, func(int) bool { return false })
	}
	if o.OpenChargebacks > 1 {
		ends = append(ends, func(i int) bool { return i%2 == 0 })
	}
	kind := "order, " + o.Phase.String()
	for n, won := range ends {
		if n > 0 {
			y = x.trial()
		}
		if err := x.endCases(y, id, won); err != nil {
			return fmt.Errorf("%s: order %s: %w", kind, id, err)
		}
		steps := mostSteps + max(0, len(x.underReview(y, id))-1)
		way, ok := y.search(steps, func() bool { return isOut(y.order(id)) }, func() []request { return x.orderSteps(y, id) })
		if err := x.found(kind, y, way, ok && x.freed(y, &o)); err != nil {
			return fmt.Errorf("%w, cases ended in way %d: %+v\n%s", err, n, o, strings.Join(way, "\n"))
		}
	}
	return nil
}

// mark counts what makes the way out of an order harder.
func (x *exits) mark(o *order.Order) {
	for mark, is := range map[string]bool{
		"a case is open": o.OpenChargebacks > 0, "several are open": o.OpenChargebacks > 1, "money is lost": o.Ledger.Lost.IsPositive(),
		"a dispute is open": o.Dispute.Stage != order.StageNone, "a dispute about lost money": o.Dispute.Stage != order.StageNone && o.Ledger.Lost.IsPositive(),
		"money is under review": o.Ledger.Review.IsPositive(), "the initial payment was taken back": o.Unfunded && o.Phase == order.PhaseConfirmed,
		"a shortfall gives way": o.Ledger.Yielding.IsPositive(), "the buyer owes": o.Ledger.OwedByBuyer().IsPositive(),
		"shipped and lost": o.Phase == order.PhaseShipped && o.Ledger.Lost.IsPositive(), "closed with money": o.Phase == order.PhaseClosed && holdsMoney(o),
		"beyond the order": o.Ledger.Beyond().IsPositive(), "a hold without money": o.Hold.Status == order.HoldOpen && o.Left().IsZero() && o.Ledger.Received.IsPositive(),
	} {
		if is {
			x.marks[mark]++
		}
	}
}

// freed reports whether the entrustments of an order that came out are free, unless it was shipped.
func (x *exits) freed(y *trial, before *order.Order) bool {
	x.t.Helper()
	if !y.order(before.ID).Shipment.ShippedAt.IsZero() {
		return true
	}
	return !slices.ContainsFunc(before.Links, func(l order.LinkedEntrustment) bool {
		e, _, err := y.desk.ReadEntrustment(x.t.Context(), ordertest.Platform, l.ID)
		return err != nil || e.Linked() && e.Order == before.ID
	})
}

func (y *trial) order(id trade.ID) order.Order {
	y.t.Helper()
	o, _, err := y.desk.ReadOrder(y.t.Context(), ordertest.Platform, id)
	if err != nil {
		y.t.Fatalf("order %s: %v", id, err)
	}
	return o
}

// holdsMoney reports whether money of the buyer lies on an order.
func holdsMoney(o *order.Order) bool {
	return o.Ledger.Unapplied.IsPositive() || o.Left().IsPositive() && o.Phase != order.PhaseCompleted
}

// isOut reports whether an order has come out: it has ended, holds no quota and no money, and if it was
// never shipped, no entrustment either.
func isOut(o order.Order) bool {
	ended := o.Phase == order.PhaseCompleted || o.Phase == order.PhaseClosed
	return ended && o.Hold.Status != order.HoldOpen && !holdsMoney(&o) && !o.Frozen() && (len(o.Links) == 0 || !o.Shipment.ShippedAt.IsZero())
}

// incoming returns the payments of an order that came in.
func (x *exits) incoming(y *trial, id trade.ID) (list []order.IncomingPayment) {
	x.t.Helper()
	o := y.order(id)
	for _, p := range o.Payments {
		if in, ok := o.Incoming(p.Method, p.Receipt.Reference); ok {
			key := payment.Key{Method: in.Method, Account: o.ReceivingAccount, Reference: in.Reference}
			if !slices.Contains(x.payments[id], key) && !slices.ContainsFunc(list, func(l order.IncomingPayment) bool { return l.Reference == in.Reference }) {
				list = append(list, in)
			}
		}
	}
	for i, k := range x.payments[id] {
		p, _, err := payment.Model().Replay(x.t.Context(), y.fork, k.Stream())
		if err != nil {
			x.t.Fatalf("payment %s: %v", k.Reference, err)
		}
		if in := p.Fact(); in.Order == id && !slices.Contains(x.payments[id][:i], k) {
			list = append(list, in)
		}
	}
	return list
}

// endCases ends every open case of an order, the ith of them won or lost.
func (x *exits) endCases(y *trial, id trade.ID, won func(i int) bool) error {
	x.t.Helper()
	if o := y.order(id); o.OpenChargebacks == 0 {
		return nil
	}
	n := 0
	for _, p := range x.incoming(y, id) {
		for _, c := range p.Cases {
			if c.Status != order.CaseOpen {
				continue
			}
			name := c.Name
			if name == "" {
				name = "the one without a name"
			}
			end := order.ResolveChargeback{Reference: p.Reference, Method: p.Method, Case: name, Won: won(n), At: y.clock.Now()}
			n++
			if err := y.accepts(request{ordertest.Platform, desk.OnOrder(id, end), end}); err != nil {
				return fmt.Errorf("the end of case %s cannot be reported: %w", name, err)
			}
		}
	}
	if o := y.order(id); o.OpenChargebacks != 0 {
		return fmt.Errorf("%d cases are open after every case has ended", o.OpenChargebacks)
	}
	return nil
}

func (x *exits) underReview(y *trial, id trade.ID) []order.IncomingPayment {
	x.t.Helper()
	if o := y.order(id); !o.Ledger.Review.IsPositive() {
		return nil
	}
	return slices.DeleteFunc(x.incoming(y, id), func(p order.IncomingPayment) bool { return !p.Review || !p.Unapplied.IsPositive() })
}

// orderSteps are the commands that can lead out of an order, the likeliest first.
func (x *exits) orderSteps(y *trial, id trade.ID) (list []request) {
	x.t.Helper()
	o := y.order(id)
	owner := trade.Actor{Role: trade.Seller, Account: o.Seller.Account, Email: o.Seller.Email}
	add := func(by trade.Actor, c order.Command) { list = append(list, request{by, desk.OnOrder(id, c), c}) }
	for _, p := range x.underReview(y, id) {
		add(ordertest.Platform, order.ReturnUnapplied{Amount: p.Unapplied, Reference: p.Reference, Method: p.Method})
	}
	if len(list) > 0 {
		list = list[:1] // one after the other, in any order alike
	}
	if waits := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review); waits.IsPositive() {
		add(ordertest.Platform, order.ReturnUnapplied{Amount: waits})
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

// ofSale looks for the way out of a pay-later order.
func (x *exits) ofSale(id trade.ID) error {
	x.t.Helper()
	y := x.trial()
	read := func() paylater.Order {
		o, _, err := y.desk.ReadPayLater(x.t.Context(), ordertest.Platform, id)
		if err != nil {
			x.t.Fatalf("pay-later order %s: %v", id, err)
		}
		return o
	}
	first := read()
	out := func() bool {
		o := read()
		ended := o.Phase == paylater.PhasePaid || o.Phase == paylater.PhaseCancelled || o.Phase == paylater.PhaseWrittenOff
		return ended && o.Outstanding.IsZero() && o.Due().IsZero() && o.Unapplied().IsZero()
	}
	if out() {
		return nil
	}
	way, ok := y.search(mostSteps, out, func() (list []request) {
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
	if err := x.found("pay-later order, "+first.Phase.String(), y, way, ok); err != nil {
		return fmt.Errorf("%w: %+v\n%s", err, first, strings.Join(way, "\n"))
	}
	return nil
}
