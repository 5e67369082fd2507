package desk_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// firstID is the id of an order in testdata/first.log, the log of a store that the first edition of the
// rule book wrote:
//
//	1  the transfers W-1 and, under review, W-2; the card payment K-1; the electronic check E-1
//	2  the card payment K-1 once more; the transfer W-1 to its own account; the card payment K-2, charged back
//	3  the card payments K-3, charged back and won, and K-4, lost; the transfers under review, of
//	   whose 150 dollars 30 went back
//	4  no payment
//	11 the pay-later payments P-1 and P-2
//	12 the pay-later payment P-1 once more
//	13 no pay-later payment
func firstID(n int) trade.ID {
	return must(trade.ParseID(fmt.Sprintf("01941f29-7c00-7000-8000-%012d", n)))
}

// restored writes the log in testdata to a store, commit by commit.
func restored(t testing.TB, store events.Store, name string) {
	t.Helper()
	var rows []goldenRow
	for line := range strings.Lines(string(must(os.ReadFile(filepath.Join("testdata", name))))) {
		rows = append(rows, parseRow(t, line))
	}
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(r goldenRow) bool { return r.Commit != rows[0].Commit })
		if n < 0 {
			n = len(rows)
		}
		c := events.Commit{ID: rows[0].Commit, Digest: [32]byte(rows[0].Digest)}
		for _, r := range rows[:n] {
			stream := events.StreamID(r.Stream)
			if len(c.Batches) == 0 || c.Batches[len(c.Batches)-1].Stream != stream {
				c.Batches = append(c.Batches, events.Batch{Stream: stream, After: events.Version(r.Version - 1)})
			}
			b := &c.Batches[len(c.Batches)-1]
			b.Events = append(b.Events, events.Event{Type: r.Type, Schema: uint16(r.Schema), At: time.Unix(0, r.At).UTC(), Meta: r.Meta, Data: r.Data})
		}
		if _, err := store.Append(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		rows = rows[n:]
	}
}

// firstEdition is a desk on a store that the first edition wrote, a week later.
func firstEdition(t testing.TB, store events.Store, opts ...desk.Option) *fixture {
	t.Helper()
	restored(t, store, "first.log")
	tr := newFixture(t, store, opts...).at(start.Add(7 * day))
	tr.payLater = paylater.DefaultPolicy()
	tr.payLater.Instalments = true
	return tr
}

// adoptedAll is what the adoption of testdata/first.log comes to.
func (tr *fixture) adoptedAll(done desk.Adoption, err error, adopted int) {
	tr.Helper()
	want := []desk.Contested{
		{Key: payment.Key{Method: order.PayCard, Reference: "K-1"}, Owner: firstID(1), Order: firstID(2)},
		{Key: payment.Key{Method: payment.Charge, Reference: "P-1"}, Owner: firstID(11), Order: firstID(12)},
	}
	if err != nil || done.Payments != 14 || adopted >= 0 && done.Adopted != adopted || !reflect.DeepEqual(done.Contested, want) {
		tr.Fatalf("adopted %+v, %v", done, err)
	}
	if yes, err := tr.Desk.PaymentsAdopted(tr.Context()); err != nil || !yes {
		tr.Fatalf("the store is adopted: %t, %v", yes, err)
	}
}

// adoptedLog is what is written of the adoption: stream, type and data of each record, sorted.
func (tr *fixture) adoptedLog() []string {
	tr.Helper()
	var list []string
	for _, r := range tr.Records() {
		if r.Stream.Category() == payment.Category {
			list = append(list, fmt.Sprintln(r.Stream, r.Version, r.Type, string(r.Data)))
		}
	}
	slices.Sort(list)
	return list
}

func (tr *fixture) size() events.Position {
	tr.Helper()
	return must(tr.Store.Settled(context.Background()))
}

// nothingNew reports a payment again, and requires that nothing changes.
func (tr *fixture) nothingNew(n int, c order.Command) {
	tr.Helper()
	before := tr.Order(firstID(n))
	size := tr.size()
	if r := tr.Do(platform, desk.OnOrder(firstID(n), c)); len(r.Events) > 0 || tr.size() != size || !reflect.DeepEqual(tr.Order(firstID(n)), before) {
		tr.Fatalf("%+v on order %d made %+v", c, n, r.Events)
	}
}

func (tr *fixture) wired(n int, reference, amount string) order.RecordPayment {
	tr.Helper()
	return order.RecordPayment{
		Reference: reference, Method: order.PayTT, ReceivingAccount: tr.Order(firstID(n)).ReceivingAccount, Amount: money(amount),
		Payer: "Bruno Imports", PaidAt: tr.Clock.Now(),
	}
}

func captured(method order.Method, id order.PaymentID, reference, amount string) order.RecordPayment {
	return order.RecordPayment{Reference: reference, Method: method, Payment: id, Amount: money(amount), PaidAt: start}
}

// reportedAgain reports every payment that the first edition recorded once more on its order. Nothing is
// counted twice.
func (tr *fixture) reportedAgain() {
	tr.Helper()
	tr.nothingNew(1, tr.wired(1, "W-1", "1000 USD"))
	tr.nothingNew(1, tr.wired(1, "W-2", "300 USD"))
	tr.nothingNew(1, captured(order.PayCard, "C1", "K-1", "1500 USD"))
	tr.nothingNew(1, captured(order.PayECheck, "E1", "E-1", "500 USD"))
	tr.nothingNew(2, tr.wired(2, "W-1", "800 USD"))
	tr.nothingNew(2, captured(order.PayCard, "C2", "K-2", "700 USD"))
	tr.nothingNew(3, captured(order.PayCard, "C1", "K-3", "1000 USD"))
	tr.nothingNew(3, captured(order.PayCard, "C2", "K-4", "400 USD"))
	tr.nothingNew(3, tr.wired(3, "R-1", "100 USD"))
	tr.nothingNew(3, tr.wired(3, "R-2", "50 USD"))
	tr.refused(rule.D19, platform, desk.OnOrder(firstID(1), captured(order.PayCard, "C1", "K-1", "1499 USD")))
	tr.chargedAgain(11, "P-1", "400 CNY")
	tr.chargedAgain(11, "P-2", "500 CNY")
	tr.chargedAgain(12, "P-1", "900 CNY")
	if l := tr.Order(firstID(1)).Ledger; l.Received != money("3300 USD") || l.Applied != money("3000 USD") || l.Unapplied != money("300 USD") {
		tr.Fatalf("order 1 has %+v", l)
	}
}

// chargedAgain reports a payment of a pay-later order again: what it brought is known, and another amount
// is refused.
func (tr *fixture) chargedAgain(n int, reference, amount string) {
	tr.Helper()
	size, before := tr.size(), tr.PayLaterOrder(firstID(n))
	again := paylater.Pay{Reference: reference, Amount: money(amount)}
	if r := tr.Do(system, desk.OnPayLater(firstID(n), again)); len(r.Events) > 0 || tr.size() != size || !reflect.DeepEqual(tr.PayLaterOrder(firstID(n)), before) {
		tr.Fatalf("%s on order %d made %+v", reference, n, r.Events)
	}
	again.Amount = money("0.01 CNY")
	tr.refused(rule.D19, system, desk.OnPayLater(firstID(n), again))
}

// TestAdoptFirstEdition adopts the payments of a store that the first edition wrote.
func TestAdoptFirstEdition(t *testing.T) {
	for name, open := range map[string]func(testing.TB) events.Store{
		"memory": func(testing.TB) events.Store { return memory.New() },
		"sqlite": func(t testing.TB) events.Store { return openFile(t, filepath.Join(t.TempDir(), "log.db")) },
	} {
		t.Run(name, func(t *testing.T) { adoptsFirstEdition(firstEdition(t, open(t))) })
	}
}

func adoptsFirstEdition(tr *fixture) {
	tr.reportedAgain()
	tr.nothingNew(2, captured(order.PayCard, "C1", "K-1", "1000 USD"))
	wire := tr.wired(1, "W-1", "1000 USD")
	tr.refused(rule.D19, platform, desk.OnOrder(firstID(4), wire))
	capture := desk.OnOrder(firstID(4), captured(order.PayCard, "C9", "K-3", "1000 USD"))
	if err := tr.try(platform, capture); err != nil {
		tr.Fatalf("before the adoption: %v", err)
	}
	charge := desk.OnPayLater(firstID(13), paylater.Pay{Reference: "P-2", Amount: money("900 CNY")})
	if err := tr.try(system, charge); err != nil {
		tr.Fatalf("before the adoption: %v", err)
	}
	if yes, err := tr.Desk.PaymentsAdopted(tr.Context()); err != nil || yes {
		tr.Fatalf("the store is adopted: %t, %v", yes, err)
	}

	var seen []desk.Adoption
	done, err := tr.Desk.AdoptPayments(tr.Context(), func(a desk.Adoption) { seen = append(seen, a) })
	tr.adoptedAll(done, err, 12)
	if len(seen) != 14 || !reflect.DeepEqual(seen[13], done) || !slices.IsSortedFunc(seen, func(a, b desk.Adoption) int { return int(a.Position) - int(b.Position) }) {
		tr.Errorf("the progress was %+v", seen)
	}
	size := tr.size()
	again, err := tr.Desk.AdoptPayments(tr.Context(), nil)
	if tr.adoptedAll(again, err, 0); tr.size() != size {
		tr.Errorf("adopted twice, the log goes from %d to %d", size, tr.size())
	}

	tr.reportedAgain()
	tr.refused(rule.D65, platform, capture)
	tr.refused(rule.D65, system, charge)
	tr.refused(rule.D65, shopper, charge)
	tr.refused(rule.D19, platform, desk.OnOrder(firstID(4), wire))
	tr.refused(rule.D65, platform, desk.OnOrder(firstID(2), captured(order.PayCard, "C1", "K-1", "1000 USD")))
	tr.owners()
	tr.worksOnAdopted()
	tr.audit()
}

// owners checks the orders and the states of the adopted payments.
func (tr *fixture) owners() {
	tr.Helper()
	for _, c := range []struct {
		n     int
		key   payment.Key
		state order.IncomingPayment
	}{
		{1, payment.Key{Method: order.PayCard, Reference: "K-1"}, order.IncomingPayment{}},
		{1, payment.Key{Method: order.PayECheck, Reference: "E-1"}, order.IncomingPayment{}},
		{1, payment.Key{Method: order.PayTT, Account: tr.Order(firstID(1)).ReceivingAccount, Reference: "W-1"}, order.IncomingPayment{}},
		{2, payment.Key{Method: order.PayTT, Account: tr.Order(firstID(2)).ReceivingAccount, Reference: "W-1"}, order.IncomingPayment{}},
		{2, payment.Key{Method: order.PayCard, Reference: "K-2"}, order.IncomingPayment{Cases: order.Cases{{Status: order.CaseOpen}}}},
		{11, payment.Key{Method: payment.Charge, Reference: "P-1"}, order.IncomingPayment{}},
		{11, payment.Key{Method: payment.Charge, Reference: "P-2"}, order.IncomingPayment{}},
		{3, payment.Key{Method: order.PayCard, Reference: "K-3"}, order.IncomingPayment{Cases: order.Cases{{Status: order.CaseWon}}}},
		{3, payment.Key{Method: order.PayCard, Reference: "K-4"}, order.IncomingPayment{Cases: order.Cases{{Status: order.CaseLost}}}},
		{3, payment.Key{Method: order.PayTT, Account: tr.Order(firstID(3)).ReceivingAccount, Reference: "R-1"}, order.IncomingPayment{
			Review: true, Unapplied: money("70 USD"), Returned: money("30 USD"),
		}},
		{3, payment.Key{Method: order.PayTT, Account: tr.Order(firstID(3)).ReceivingAccount, Reference: "R-2"}, order.IncomingPayment{
			Review: true, Unapplied: money("50 USD"), Returned: money("0 USD"),
		}},
	} {
		if owner, err := tr.Desk.PaymentOwner(tr.Context(), platform, c.key); err != nil || owner != firstID(c.n) {
			tr.Errorf("%+v is of %s, %v", c.key, owner, err)
		}
		p, _, err := tr.Desk.ReadPayment(tr.Context(), platform, c.key)
		status := func(cs order.Cases) (list []order.CaseStatus) {
			for i := range cs {
				list = append(list, cs[i].Status)
			}
			return list
		}
		if err != nil || p.Review != c.state.Review || p.Unapplied != c.state.Unapplied || p.Returned != c.state.Returned || !slices.Equal(status(p.Cases), status(c.state.Cases)) {
			tr.Errorf("%+v is %+v, %v", c.key, p, err)
		}
	}
}

// worksOnAdopted reports about adopted payments.
func (tr *fixture) worksOnAdopted() {
	tr.Helper()
	at := tr.Clock.Now()
	tr.Do(platform, desk.OnOrder(firstID(2), order.ResolveChargeback{Reference: "K-2", Case: "CB-2", Won: true, At: at}))
	tr.Do(platform, desk.OnOrder(firstID(1), order.ChargeBack{Reference: "K-1", Case: "CB-1", Amount: money("100 USD"), At: at}))
	tr.Do(platform, desk.OnOrder(firstID(1), order.ResolveChargeback{Reference: "K-1", Case: "CB-1", Won: true, At: at}))
	tr.Do(platform, desk.OnOrder(firstID(3), order.ReturnUnapplied{Reference: "R-2", Method: order.PayTT, Amount: money("20 USD")}))
	tr.Do(platform, desk.OnOrder(firstID(3), order.ApplyUnapplied{Reference: "R-1", Method: order.PayTT, Amount: money("70 USD")}))
	tr.Do(platform, desk.OnOrder(firstID(3), order.ApplyUnapplied{Reference: "R-2", Method: order.PayTT, Amount: money("30 USD")}))
	if o := tr.Order(firstID(3)); !o.Ledger.Review.IsZero() || !o.KeptReview.IsZero() || !o.Ledger.Unapplied.IsZero() {
		tr.Errorf("order 3 has %+v, of which %s is under review", o.Ledger, o.KeptReview)
	}
}

// TestAdoptNamedBefore adopts a store in which reports have named some payments before.
func TestAdoptNamedBefore(t *testing.T) {
	tr := firstEdition(t, memory.New())
	// The second order names the card payment first: it is the one that has it.
	tr.Do(platform, desk.OnOrder(firstID(2), order.ChargeBack{Reference: "K-1", Case: "CB-1", At: start}))
	tr.Do(platform, desk.OnOrder(firstID(1), order.ApplyUnapplied{Reference: "W-2", Amount: money("300 USD")}))
	done, err := tr.Desk.AdoptPayments(t.Context(), nil)
	want := []desk.Contested{
		{Key: payment.Key{Method: order.PayCard, Reference: "K-1"}, Owner: firstID(2), Order: firstID(1)},
		{Key: payment.Key{Method: payment.Charge, Reference: "P-1"}, Owner: firstID(11), Order: firstID(12)},
	}
	if err != nil || done.Adopted != 10 || !reflect.DeepEqual(done.Contested, want) {
		t.Errorf("adopted %+v, %v", done, err)
	}
	tr.audit()
}

// TestAdoptVoided takes back the record of a payment that two orders counted: the second one gets it. None
// of them counts it again.
func TestAdoptVoided(t *testing.T) {
	tr := firstEdition(t, memory.New())
	done, err := tr.Desk.AdoptPayments(t.Context(), nil)
	tr.adoptedAll(done, err, 12)
	tr.Do(platform, desk.OnOrder(firstID(1), tr.wired(1, "W-3", "5000 USD")))
	tr.Do(platform, desk.OnOrder(firstID(1), order.VoidPayment{Reference: "K-1"}))
	again := captured(order.PayCard, "C1", "K-1", "1000 USD")
	tr.nothingNew(2, again)

	rest, err := tr.Desk.AdoptPayments(t.Context(), nil)
	if err != nil || rest.Adopted != 1 || len(rest.Contested) != 1 {
		t.Fatalf("adopted %+v, %v", rest, err)
	}
	tr.nothingNew(2, again)
	tr.refused(rule.D65, platform, desk.OnOrder(firstID(1), captured(order.PayCard, "C1", "K-1", "1500 USD")))
	tr.Do(platform, desk.OnOrder(firstID(2), order.ChargeBack{Reference: "K-1", Case: "CB-1", At: start}))
	if owner, err := tr.Desk.PaymentOwner(t.Context(), platform, payment.Key{Method: order.PayCard, Reference: "K-1"}); err != nil || owner != firstID(2) {
		t.Errorf("the payment is of %s, %v", owner, err)
	}
	size := tr.size()
	if rest, err = tr.Desk.AdoptPayments(t.Context(), nil); err != nil || rest.Adopted != 0 || tr.size() != size {
		t.Errorf("adopted %+v, %v", rest, err)
	}
	tr.audit()
}

// TestAdoptVoidedThenNamed has a report name the payment of the second order, once the first order's
// record was taken back.
func TestAdoptVoidedThenNamed(t *testing.T) {
	tr := firstEdition(t, memory.New())
	tr.Do(platform, desk.OnOrder(firstID(1), tr.wired(1, "W-3", "5000 USD")))
	tr.Do(platform, desk.OnOrder(firstID(1), order.VoidPayment{Reference: "K-1"}))
	tr.nothingNew(2, captured(order.PayCard, "C1", "K-1", "1000 USD"))
	tr.Do(platform, desk.OnOrder(firstID(2), order.ChargeBack{Reference: "K-1", Case: "CB-1", At: start}))
	done, err := tr.Desk.AdoptPayments(t.Context(), nil)
	if err != nil || done.Adopted != 11 || len(done.Contested) != 1 {
		t.Errorf("adopted %+v, %v", done, err)
	}
	tr.audit()
}

// TestAdoptUnderReview names the later of two transfers under review first, in each way that ends or
// lowers its review: what waits of the earlier one stays what it is.
func TestAdoptUnderReview(t *testing.T) {
	later := func(c order.Command) []order.Command { return []order.Command{c} }
	for name, first := range map[string][]order.Command{
		"applied":  later(order.ApplyUnapplied{Reference: "R-2", Amount: money("50 USD")}),
		"returned": later(order.ReturnUnapplied{Reference: "R-2", Amount: money("20 USD")}),
		"recalled": later(order.ReverseTransfer{Reference: "R-2", Case: "RC-1", At: start}),
		"voided":   later(order.VoidPayment{Reference: "R-2"}),
		"both": {order.ReturnUnapplied{Reference: "R-2", Amount: money("20 USD")}, order.ReturnUnapplied{Reference: "R-1", Amount: money("30 USD")},
			order.ReturnUnapplied{Reference: "R-2", Amount: money("20 USD")}},
	} {
		for _, adopts := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", adopts), func(t *testing.T) {
				tr := firstEdition(t, memory.New())
				for _, c := range first {
					tr.Do(platform, desk.OnOrder(firstID(3), c))
				}
				if adopts {
					if _, err := tr.Desk.AdoptPayments(t.Context(), nil); err != nil {
						t.Fatal(err)
					}
				}
				left := money("70 USD")
				if name == "both" {
					left = money("40 USD")
				}
				tr.refused(rule.D21, platform, desk.OnOrder(firstID(3), order.ReturnUnapplied{Reference: "R-1", Amount: must(left.Add(money("0.01 USD")))}))
				tr.Do(platform, desk.OnOrder(firstID(3), order.ReturnUnapplied{Reference: "R-1", Amount: left}))
				if o := tr.Order(firstID(3)); !o.KeptReview.IsZero() {
					t.Errorf("%s of %s is under review without a stream", o.KeptReview, o.Ledger.Review)
				}
				tr.audit()
			})
		}
	}
}

// TestAdoptCancelled cancels the adoption after each of its payments, and begins again.
func TestAdoptCancelled(t *testing.T) {
	whole := firstEdition(t, memory.New())
	done, err := whole.Desk.AdoptPayments(t.Context(), nil)
	whole.adoptedAll(done, err, 12)
	for n := 1; n <= 14; n++ {
		tr := firstEdition(t, memory.New())
		ctx, cancel := context.WithCancel(t.Context())
		done, err := tr.Desk.AdoptPayments(ctx, func(a desk.Adoption) {
			if a.Payments == n {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || done.Payments != n {
			t.Fatalf("cancelled after %d: %+v, %v", n, done, err)
		}
		if yes, err := tr.Desk.PaymentsAdopted(t.Context()); err != nil || yes {
			t.Fatalf("cancelled after %d, the store is adopted: %t, %v", n, yes, err)
		}
		rest, err := tr.Desk.AdoptPayments(t.Context(), nil)
		tr.adoptedAll(rest, err, 12-done.Adopted)
		if got, want := tr.adoptedLog(), whole.adoptedLog(); !slices.Equal(got, want) {
			t.Fatalf("cancelled after %d:\n%s, want\n%s", n, got, want)
		}
	}
}

// disturbed is a store in which somebody else writes before the first adoption, or that of a stream.
type disturbed struct {
	events.Store
	stream events.StreamID // empty for any
	before func()
}

func (s *disturbed) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	first := c.Batches[0].Stream
	if f := s.before; f != nil && first.Category() == payment.Category && !c.IsGuard() && (s.stream == "" || s.stream == first) {
		s.before = nil
		f()
	}
	return s.Store.Append(ctx, c)
}

// TestAdoptBesideCommands has commands on an order come between its load and the commit that adopts.
func TestAdoptBesideCommands(t *testing.T) {
	store := &disturbed{Store: memory.New()}
	tr := firstEdition(t, store)
	live := newFixture(t, store.Store).at(tr.Clock.Now())
	var n int
	store.before = func() {
		n++
		live.Do(platform, desk.OnOrder(firstID(1), tr.wired(1, "W-1", "1000 USD")))
		live.Do(platform, desk.OnOrder(firstID(1), order.ReturnUnapplied{Reference: "W-2", Amount: money("100 USD")}))
	}
	done, err := tr.Desk.AdoptPayments(t.Context(), nil)
	if tr.adoptedAll(done, err, 11); n != 1 {
		t.Errorf("disturbed %d times", n)
	}
	tr.audit()
}

// TestAdoptBesideTheSamePayment has another order count a payment between its load and the commit that
// adopts it: nobody takes it from that order, and both others are reported.
func TestAdoptBesideTheSamePayment(t *testing.T) {
	key := payment.Key{Method: order.PayCard, Reference: "K-1"}
	store := &disturbed{Store: memory.New(), stream: key.Stream()}
	tr := firstEdition(t, store)
	live := newFixture(t, store.Store).at(tr.Clock.Now())
	store.before = func() {
		live.Do(platform, desk.OnOrder(firstID(4), captured(order.PayCard, "C9", "K-1", "10 USD")))
	}
	done, err := tr.Desk.AdoptPayments(t.Context(), nil)
	want := []desk.Contested{
		{Key: key, Owner: firstID(4), Order: firstID(1)}, {Key: key, Owner: firstID(4), Order: firstID(2)},
		{Key: payment.Key{Method: payment.Charge, Reference: "P-1"}, Owner: firstID(11), Order: firstID(12)},
	}
	if err != nil || done.Adopted != 11 || !reflect.DeepEqual(done.Contested, want) {
		t.Errorf("adopted %+v, %v", done, err)
	}
	tr.audit()
}

// TestChargeOfTwoOrders has two desks report one payment on two pay-later orders at the same time: one of
// them has it.
func TestChargeOfTwoOrders(t *testing.T) {
	store := memory.New()
	sides := [2]*fixture{newFixture(t, store).openShop("50000 CNY"), newFixture(t, store)}
	for round := range max(rounds(50), 10) {
		pay := paylater.Pay{Reference: fmt.Sprint("P", round), Amount: money("10 CNY")}
		var (
			wait    sync.WaitGroup
			ids     [2]trade.ID
			answers [2]string
		)
		for i, tr := range sides {
			ids[i] = tr.place("10 CNY")
			wait.Go(func() { answers[i] = answer(tr.Ask(system, desk.OnPayLater(ids[i], pay))) })
		}
		wait.Wait()
		owner, err := sides[0].Desk.PaymentOwner(t.Context(), platform, payment.Key{Method: payment.Charge, Reference: pay.Reference})
		if won := slices.Index(answers[:], "ok"); err != nil || won < 0 || answers[1-won] != string(rule.D65) || owner != ids[won] {
			t.Fatalf("round %d: %q, and the payment is of %s, %v", round, answers, owner, err)
		}
	}
	sides[0].audit()
}

// TestAdoptTwiceAtOnce has two desks adopt one store at the same time.
func TestAdoptTwiceAtOnce(t *testing.T) {
	whole := firstEdition(t, memory.New())
	done, err := whole.Desk.AdoptPayments(t.Context(), nil)
	whole.adoptedAll(done, err, 12)
	for range max(rounds(20), 5) {
		store := memory.New()
		sides := [2]*fixture{firstEdition(t, store), newFixture(t, store).at(start.Add(7 * day))}
		var (
			wait  sync.WaitGroup
			dones [2]desk.Adoption
			errs  [2]error
		)
		for i, tr := range sides {
			wait.Go(func() { dones[i], errs[i] = tr.Desk.AdoptPayments(t.Context(), nil) })
		}
		wait.Wait()
		for i, tr := range sides {
			tr.adoptedAll(dones[i], errs[i], -1)
		}
		if sum := dones[0].Adopted + dones[1].Adopted; sum != 12 {
			t.Fatalf("both adopted %d", sum)
		}
		if got, want := sides[0].adoptedLog(), whole.adoptedLog(); !slices.Equal(got, want) {
			t.Fatalf("got\n%s, want\n%s", got, want)
		}
		sides[0].audit()
	}
}

// adoptsWhenItReads adopts each time that it reads at which commit it is to die, before it or after.
func (tr *fixture) adoptsWhenItReads(in io.Reader) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		end := dying{Store: tr.Store}
		if _, err := fmt.Sscan(lines.Text(), &end.commits, &end.late); err != nil {
			tr.Fatal(err)
		}
		done, err := newFixture(child{}, &end).at(start.Add(7*day)).Desk.AdoptPayments(context.Background(), nil)
		fmt.Println(done.Payments, len(done.Contested), err)
	}
}

// TestAdoptKilled kills a process at each commit of the adoption, before it and after, each time on what
// the one before it left.
func TestAdoptKilled(t *testing.T) {
	whole := firstEdition(t, memory.New())
	done, err := whole.Desk.AdoptPayments(t.Context(), nil)
	whole.adoptedAll(done, err, 12)
	path := filepath.Join(t.TempDir(), "log.db")
	tr := firstEdition(t, openFile(t, path))
	for n := range 13 { // twelve payments and the mark
		for _, late := range []bool{false, true} {
			size := tr.size()
			p := startChild(t, "adopt", path)
			p.Say(fmt.Sprintln(1, late))
			if said, alive := p.Hear(); alive {
				t.Fatalf("commit %d: the child said %q", n, said)
			}
			if late {
				size++
			}
			if tr.size() != size {
				t.Fatalf("commit %d, after it %t: the log is at %d, want %d", n, late, tr.size(), size)
			}
		}
		tr.audit()
	}
	rest, err := tr.Desk.AdoptPayments(t.Context(), nil)
	tr.adoptedAll(rest, err, 0)
	if got, want := tr.adoptedLog(), whole.adoptedLog(); !slices.Equal(got, want) {
		t.Fatalf("got\n%s, want\n%s", got, want)
	}
	tr.reportedAgain()
}

// TestTwoProcessesAdopt has two processes adopt one file at the same time.
func TestTwoProcessesAdopt(t *testing.T) {
	for range max(rounds(5), 2) {
		adoptInTwo(t, filepath.Join(t.TempDir(), "log.db"))
	}
}

// adoptInTwo has two processes adopt the log at a place.
func adoptInTwo(t *testing.T, place string) {
	t.Helper()
	whole := firstEdition(t, memory.New())
	done, err := whole.Desk.AdoptPayments(t.Context(), nil)
	whole.adoptedAll(done, err, 12)
	tr := firstEdition(t, openLog(t, place))
	children := [2]*process{startChild(t, "adopt", place), startChild(t, "adopt", place)}
	for _, c := range children {
		c.Say(fmt.Sprintln(0, false))
	}
	for _, c := range children {
		if said := c.hear(); said != "14 2 <nil>" {
			t.Fatalf("a child says %q", said)
		}
	}
	if got, want := tr.adoptedLog(), whole.adoptedLog(); !slices.Equal(got, want) {
		t.Fatalf("got\n%s, want\n%s", got, want)
	}
	tr.audit()
}

// TestAdoptAroundCorrupt adopts what can be read, and says what cannot; the store has no mark then.
func TestAdoptAroundCorrupt(t *testing.T) {
	store := memory.New()
	tr := firstEdition(t, store)
	_, v, err := order.Model().Replay(t.Context(), store, order.Stream(firstID(1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), events.Commit{ID: uuid.New(), Batches: []events.Batch{{Stream: order.Stream(firstID(1)), After: v, Events: []events.Event{
		{Type: "order.funded", Schema: 1, At: start, Data: []byte(`{}`)},
	}}}}); err != nil {
		t.Fatal(err)
	}
	var corrupt *events.CorruptError
	done, err := tr.Desk.AdoptPayments(t.Context(), nil)
	if !errors.As(err, &corrupt) || corrupt.Stream != order.Stream(firstID(1)) || done.Payments != 14 || done.Adopted != 8 || len(done.Contested) != 1 {
		t.Errorf("adopted %+v, %v", done, err)
	}
	if yes, err := tr.Desk.PaymentsAdopted(t.Context()); err != nil || yes {
		t.Errorf("the store is adopted: %t, %v", yes, err)
	}
}

// TestSaysNotAdopted has a desk with a logger warn of a store that is not adopted, once, and of no other.
func TestSaysNotAdopted(t *testing.T) {
	var said strings.Builder
	logger := desk.WithLogger(slog.New(slog.NewTextHandler(&said, nil)))
	warned := func(times int) {
		t.Helper()
		if n := strings.Count(said.String(), "level=WARN"); n != times || times > 0 && !strings.Contains(said.String(), "AdoptPayments") {
			t.Errorf("the desk said %q", said.String())
		}
		said.Reset()
	}
	store := memory.New()
	tr := firstEdition(t, store, logger)
	warned(0)
	tr.nothingNew(1, tr.wired(1, "W-1", "1000 USD"))
	warned(1)
	tr.Do(platform, desk.OnOrder(firstID(4), tr.wired(4, "W-9", "10 USD")))
	tr.Tick()
	warned(0)
	newFixture(t, store, logger).at(start.Add(7 * day)).Tick()
	warned(1)
	silent := newFixture(t, store, desk.WithLogger(nil)).at(start.Add(7 * day))
	done, err := silent.Desk.AdoptPayments(t.Context(), nil)
	silent.adoptedAll(done, err, 12)
	newFixture(t, store, logger).at(start.Add(7 * day)).Tick()
	warned(0)

	t.Run("a store of today", func(t *testing.T) {
		tr := inMemory(t, logger).opened("10000 USD")
		id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
		tr.wire(id, "W", "100 USD")
		newFixture(t, tr.Store, logger).Tick()
		warned(0)
		done, err := tr.Desk.AdoptPayments(t.Context(), nil)
		if err != nil || done.Payments != 0 || done.Until == 0 {
			t.Errorf("adopted %+v, %v", done, err)
		}
	})
	t.Run("a store that fails", func(t *testing.T) {
		store := memory.New()
		tr := firstEdition(t, store, logger)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := tr.Desk.Do(ctx, asking(platform, desk.OnOrder(firstID(1), tr.wired(1, "W-1", "1000 USD")))); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		warned(0)
		tr.Tick()
		warned(1)
	})
}
