package order_test

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// TestCorruptHistories adds an event that cannot be there: Replay names its version and type, and
// Apply leaves the state unchanged.
func TestCorruptHistories(t *testing.T) {
	draft, offered, bound := complete(t, order.CoveragePreShipment), submitted(t, order.CoveragePreShipment), confirmed(t, order.CoveragePreShipment)
	paid, done, ended := funded(t, order.CoveragePreShipment), completed(t, order.CoveragePreShipment), cancelled(t, order.CoveragePreShipment)
	waiting := bound.does(platform, func() order.RecordPayment { c := bound.wire("100"); c.Payer = "John Doe"; return c }())
	got := func(amount, applied, unapplied string) order.PaymentReceived {
		return order.PaymentReceived{
			Reference: "X", Method: order.PayTT, ReceivingAccount: account, Amount: money(amount), Applied: money(applied), Unapplied: money(unapplied), PaidAt: newYear,
		}
	}
	confirmedBy := func(a trade.Account, terms order.Revision) order.Confirmed {
		return order.Confirmed{Account: a, Terms: terms, PayBy: noon}
	}
	const most = "92233720368547758.07"
	for _, c := range []struct {
		name string
		s    story
		e    order.Event
	}{
		{"shipped from a draft", draft, order.Shipped{ShippedAt: noon, ReceiptDeadline: noon}},
		{"confirmed from a draft", draft, confirmedBy(buyer.Account, 2)},
		{"drafted twice", draft, order.Drafted{Seller: "rival", Mode: order.DraftOnline, DraftedAt: noon}},
		{"terms after submission", offered, order.TermsSet{Terms: fullTerms, Revision: 9}},
		{"confirmed twice", bound, confirmedBy(buyer.Account, 2)},
		{"shipped after the close", ended, order.Shipped{ShippedAt: noon, ReceiptDeadline: noon}},
		{"closed after the close", ended, order.Closed{Reason: order.ClosedExpired}},
		{"closed after completion", done, order.Closed{Reason: order.ClosedCancelled}},
		{"applied after completion", done, order.UnappliedApplied{Amount: money("1")}},
		{"funded after the close", ended, order.Funded{}},
		{"confirmed by another", offered, confirmedBy("b-2000", 2)},
		{"confirmed by the seller", offered, confirmedBy(seller.Account, 2)},
		{"confirmed earlier terms", offered, confirmedBy(buyer.Account, 1)},
		{"confirmed later terms", offered, confirmedBy(buyer.Account, 3)},
		{"more applied than came in", bound, got("100", "200", "0")},
		{"less accounted for than came in", bound, got("100", "50", "40")},
		{"more applied than the total", bound, got("6001", "6001", "0")},
		{"less than nothing came in", paid, got("-1", "-1", "0")},
		{"less than nothing came in, and waits", waiting, got("-1", "0", "-1")},
		{"nothing came in", bound, got("0", "0", "0")},
		{"applied out of what waits", waiting, got("10", "20", "-10")},
		{"waiting out of what is applied", paid, got("10", "-10", "20")},
		{"money in another currency", bound, got("1 EUR", "1 EUR", "0 EUR")},
		{"money in two currencies", bound, got("2", "1 EUR", "1")},
		{"an overflow", paid, got(most, "0", most)},
		{"a double overflow", waiting, got(most, most, most)},
		{"applied more than waits", waiting, order.UnappliedApplied{Amount: money("100.01"), Reviewed: money("100")}},
		{"applied more than is due", bound.wired("6100"), order.UnappliedApplied{Amount: money("1")}},
		{"applied less than nothing", waiting, order.UnappliedApplied{Amount: money("-1")}},
		{"reviewed more than is under review", waiting, order.UnappliedApplied{Amount: money("50"), Reviewed: money("101")}},
		{"reviewed less than nothing", waiting, order.UnappliedApplied{Amount: money("50"), Reviewed: money("-1")}},
		{"left more under review than waits", waiting, order.UnappliedApplied{Amount: money("50")}},
		{"without more than is due", paid, order.ShortfallAccepted{Amount: money("4000.01")}},
		{"without less than nothing", paid, order.ShortfallAccepted{Amount: money("-1")}},
		{"without another currency", paid, order.ShortfallAccepted{Amount: money("1 EUR")}},
		{"funded without money", bound, order.Funded{}},
		{"completed without money", received(t, order.CoverageNone), order.Completed{}},
		{"a second hold", offered, held("1")},
		{"a hold of nothing", submitted(t, order.CoverageNone), held("0")},
		{"a release of what is not held", submitted(t, order.CoverageNone), freed("1", order.ReleaseClosed)},
		{"a release of another amount", offered, freed("1999.99", order.ReleaseClosed)},
		{"a second release", shipped(t, order.CoveragePreShipment), freed("2000", order.ReleaseShipped)},
		{"linked twice", paid.linked("E1"), order.EntrustmentLinked{Entrustment: "E1"}},
	} {
		t.Run(c.name, func(t *testing.T) { checkRefusesToFold(t, c.s, c.e) })
	}
}

// checkRefusesToFold adds an event that cannot be there.
func checkRefusesToFold(t *testing.T, s story, e order.Event) {
	t.Helper()
	o := s.order
	if err := o.Apply(e, s.now); err == nil {
		t.Fatalf("it was applied: %+v", o)
	}
	checkSame(t, "the state before and after", o, must(order.Replay(order.New(orderID), s.history)))
	history := append(s.history[:len(s.history):len(s.history)], events.Recorded[order.Event]{At: s.now, Event: e})
	checkCorrupt(t, history, len(history))
}

// TestCorruptQuarrels does the same of changes, disputes, refunds and chargebacks.
func TestCorruptQuarrels(t *testing.T) {
	offered, paid := submitted(t, order.CoveragePreShipment), funded(t, order.CoveragePreShipment).paid("1", "100")
	first := confirmed(t, order.CoveragePreShipment).paidFirst("0", "2000", "2000").paidFirst("1", "100", "100")
	proposed := paid.does(seller, order.ProposeChange{To: paid.amendment("7000", "2000", order.CoveragePreShipment)})
	open := paid.disputed()
	up, claimed := paid.escalated(), paid.escalated().does(platform, compensation("1"))
	contested, waiting := first.contestedFirst("1", "100", "100", "0"), paid.wired("7000")
	wired := first.stored(platform, order.RecordPayment{}, order.PaymentReceived{
		Reference: "W-1", Method: order.PayTT, ReceivingAccount: account, Amount: money("2000"), Applied: money("2000"), Unapplied: money("0"), PaidAt: newYear,
	})
	cases := func(taken, lost, excess string, open int) order.CaseSums {
		return order.CaseSums{Taken: money(taken), Lost: money(lost), Excess: money(excess), Open: open}
	}
	modified := func(total string, r order.Revision) order.TermsModified {
		return order.TermsModified{Terms: order.Terms{Total: money(total), Initial: money(total)}, Coverage: order.CoverageNone, Revision: r}
	}
	accepted := func(n uint32, total string, r order.Revision) order.ChangeAccepted {
		return order.ChangeAccepted{Proposal: n, Terms: order.Terms{Total: money(total), Initial: money("1")}, Revision: r}
	}
	reversed := func(reference, amount, applied, unapplied string) order.PaymentReversed {
		return order.PaymentReversed{Reference: reference, Amount: money(amount), Applied: money(applied), Unapplied: money(unapplied)}
	}
	resolved := func(reference string, won bool, applied, unapplied string) order.ChargebackResolved {
		return order.ChargebackResolved{Reference: reference, Won: won, Applied: money(applied), Unapplied: money(unapplied)}
	}
	for _, c := range []struct {
		name string
		s    story
		e    order.Event
	}{
		{"modified with money", confirmed(t, order.CoverageNone).wired("1"), modified("7000", 3)},
		{"modified to another revision", offered, modified("7000", 4)},
		{"modified to another currency", offered.wired("1"), modified("7000 EUR", 3)},
		{"modified when ready to ship", paid, modified("7000", 3)},
		{"proposed twice", proposed, order.ChangeProposed{Proposal: 2}},
		{"proposed under a number to come", paid, order.ChangeProposed{Proposal: 2}},
		{"accepted what was not proposed", paid, accepted(1, "7000", 3)},
		{"accepted another proposal", proposed, accepted(2, "7000", 3)},
		{"accepted to another revision", proposed, accepted(1, "7000", 2)},
		{"accepted less than is settled", proposed, accepted(1, "2099", 3)},
		{"rejected what was not proposed", paid, order.ChangeRejected{Proposal: 0}},
		{"rejected another proposal", proposed, order.ChangeRejected{Proposal: 2}},
		{"adjusted no hold", submitted(t, order.CoverageNone), adjusted("1", "2")},
		{"adjusted another hold", offered, adjusted("1999", "2")},
		{"adjusted to nothing", offered, adjusted("2000", "0")},
		{"held after a claim", claimed, held("1")},
		{"extended by the platform", shipped(t, order.CoverageNone), order.ReceiptExtended{By: trade.Platform, ReceiptDeadline: noon}},
		{"extended twice", shipped(t, order.CoverageNone).does(buyer, order.ExtendReceipt{}), order.ReceiptExtended{By: trade.Buyer, ReceiptDeadline: noon}},
		{"disputed twice", open, order.DisputeOpened{Number: 2, Claimed: money("1")}},
		{"disputed under another number", paid, order.DisputeOpened{Number: 2, Claimed: money("1")}},
		{"withdrawn, no dispute", paid, order.DisputeWithdrawn{ReceiptDeadline: noon}},
		{"escalated, no dispute", paid, order.DisputeEscalated{By: trade.Buyer}},
		{"escalated twice", up, order.DisputeEscalated{By: trade.Buyer}},
		{"offered, no dispute", paid, order.SettlementProposed{Proposal: 1, By: trade.Buyer, Refund: money("1")}},
		{"settled, no dispute", paid, order.SettlementAccepted{}},
		{"settled by another offer", open, order.SettlementAccepted{Proposal: 1}},
		{"ruled, not escalated", open, order.Arbitrated{}},
		{"claimed without a hold", funded(t, order.CoverageNone), order.ClaimPosted{Amount: money("1"), Released: money("0")}},
		{"claimed twice", claimed, order.ClaimPosted{Amount: money("1"), Released: money("1998")}},
		{"claimed less than the hold", up, order.ClaimPosted{Amount: money("1"), Released: money("1998")}},
		{"claimed more than the hold", up, order.ClaimPosted{Amount: money("2001"), Released: money("-1")}},
		{"claimed nothing", up, order.ClaimPosted{Amount: money("0"), Released: money("2000")}},
		{"claimed more than is left", confirmed(t, order.CoveragePostDelivery).wired("1").escalatedOver("1"), order.ClaimPosted{Amount: money("2"), Released: money("5998")}},
		{"refunded nothing", paid, order.RefundMade{Amount: money("0")}},
		{"refunded less than nothing", paid, order.RefundMade{Amount: money("-1")}},
		{"refunded more than is left", paid, order.RefundMade{Amount: money("2100.01")}},
		{"refunded another currency", paid, order.RefundMade{Amount: money("1 EUR")}},
		{"returned more than waits", waiting, order.UnappliedReturned{Amount: money("3100.01")}},
		{"returned less than nothing", waiting, order.UnappliedReturned{Amount: money("-1")}},
		{"returned more reviewed than there is", waiting, order.UnappliedReturned{Amount: money("1"), Reviewed: money("1")}},
		{"charged back no payment", first, reversed("C-2", "100", "100", "0")},
		{"charged back no reference", first.stored(buyer, order.InitiatePayment{}, order.PaymentInitiated{Payment: "2", Method: order.PayCard, Amount: money("1")}), reversed("", "1", "1", "0")},
		{"charged back a transfer", wired, reversed("W-1", "2000", "2000", "0")},
		{"charged back twice", contested, reversed("C-1", "100", "100", "0")},
		{"charged back another amount", first, reversed("C-1", "99", "99", "0")},
		{"charged back more than it was", first.wired("7000"), reversed("C-1", "100", "100", "1")},
		{"charged back less than nothing", first.wired("7000"), reversed("C-1", "100", "-1", "101")},
		{"charged back what does not wait", first, reversed("C-1", "100", "0", "100")},
		{"resolved, none is open", first, resolved("C-1", false, "0", "0")},
		{"resolved twice", contested.resolvedFirst("1", true, "100", "0"), resolved("C-1", true, "100", "0")},
		{"won more than was taken", contested, resolved("C-1", true, "100.01", "0")},
		{"won less than was taken", contested, resolved("C-1", true, "99", "0")},
		{"won a part below zero", contested, resolved("C-1", true, "101", "-1")},
		{"won more than is due", contested.wired("4000"), resolved("C-1", true, "100", "0")},
		{"lost, and money came back", contested, resolved("C-1", false, "100", "0")},
		{"more was reversed than is taken", paid, order.PaymentReversed{
			Reference: "C-1", Amount: money("100"), Applied: money("100"), Unapplied: money("0"), Case: "a", At: newYear, Cases: cases("99", "0", "0", 1)}},
		{"more came back than was reversed", paid, order.ChargebackResolved{Reference: "C-1", Won: true, Applied: money("1"), Case: "a", At: newYear, Cases: cases("0", "0", "0", 0)}},
		{"a transfer took back more than was applied", paid, order.TransferReversed{
			Reference: "W-1", Amount: money("3000"), Applied: money("3000"), Unapplied: money("0"), Case: "a", At: newYear, Cases: cases("3000", "3000", "0", 0)}},
		{"a transfer was taken back without the sums", paid, order.TransferReversed{Reference: "W-1", Amount: money("1"), Applied: money("1"), Unapplied: money("0"), Case: "a", At: newYear}},
		{"a shortfall gave way that was not accepted", paid, order.ChargebackResolved{Reference: "C-1", Case: "a", At: newYear, Shortfall: money("1"), Cases: cases("1", "0", "0", 0)}},
		{"the record of nothing was taken back", paid, order.PaymentVoided{Reference: "W-1", Method: order.PayTT, Amount: money("0"), Cases: cases("0", "0", "0", 0)}},
		{"a record was taken back of money that does not wait", paid, order.PaymentVoided{
			Reference: "W-1", Method: order.PayTT, Amount: money("1"), Moved: order.Moved{Unapplied: money("1")}, Cases: cases("1", "1", "0", 0)}},
		{"unfunded with money", paid, order.Unfunded{PayBy: noon}},
		{"cases below nothing", paid, order.PaymentReversed{
			Reference: "C-1", Amount: money("1"), Applied: money("0"), Unapplied: money("0"), Case: "a", At: newYear, Cases: cases("1", "-1", "0", 1)}},
	} {
		t.Run(c.name, func(t *testing.T) { checkRefusesToFold(t, c.s, c.e) })
	}
}

// checkCorrupt replays a history that goes wrong at that version.
func checkCorrupt(t *testing.T, history []events.Recorded[order.Event], version int) {
	t.Helper()
	_, err := order.Replay(order.New(orderID), history)
	var corrupt *events.CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatalf("replayed: %v", err)
	}
	want := events.CorruptError{
		Stream: order.Stream(orderID), Version: events.Version(version), Type: history[version-1].Event.Kind().String(), Err: corrupt.Err,
	}
	if !reflect.DeepEqual(*corrupt, want) || corrupt.Err == nil {
		t.Errorf("the error is %+v, want %+v", *corrupt, want)
	}
}

// TestHistoriesWithoutEnd replays lists that grow with every event: they are refused at their
// bound, in bounded time and memory.
func TestHistoriesWithoutEnd(t *testing.T) {
	base := funded(t, order.CoverageNone)
	for name, c := range map[string]struct {
		s    story
		more func(int) order.Event
		most int // how many of them fit
	}{
		"contracts": {drafted(t), func(i int) order.Event { return order.ContractAttached{Party: trade.Seller, FileName: strconv.Itoa(i)} }, 2 * order.MaxContracts},
		"links": {base, func(i int) order.Event {
			return order.EntrustmentLinked{Entrustment: order.EntrustmentID(strconv.Itoa(i))}
		}, order.MaxLinks},
		"announcements": {base, func(i int) order.Event {
			return order.PaymentInitiated{Payment: order.PaymentID(strconv.Itoa(i)), Method: order.PayTT, Amount: money("1")}
		}, order.MaxPayments},
		"receipts": {base, func(i int) order.Event {
			return order.PaymentReceived{Reference: strconv.Itoa(i), Method: order.PayTT, Amount: money("1"), Unapplied: money("1")}
		}, order.MaxPayments},
	} {
		t.Run(name, func(t *testing.T) {
			history := c.s.history[:len(c.s.history):len(c.s.history)]
			for i := range c.most + 10 {
				history = append(history, events.Recorded[order.Event]{At: c.s.now, Event: c.more(i)})
			}
			checkCorrupt(t, history, len(c.s.history)+c.most+1)
		})
	}
}

// TestBoundsOfCommands adds one more to each list of an order than it may have.
func TestBoundsOfCommands(t *testing.T) {
	full := confirmed(t, order.CoverageNone)
	o := &full.order
	for i := range order.MaxAnnounced {
		o.Payments = append(o.Payments, order.Payment{ID: order.PaymentID(strconv.Itoa(i)), Method: order.PayTT, Status: order.PaymentPending})
	}
	cmd := func(c order.Command) error {
		by := permittedActor(c, trade.Actor{})
		if c.Name() == "attach-contract" {
			by = buyer // the seller may no longer, once the order is confirmed
		}
		_, err := decided(*o, c, full.given(by, c))
		return err
	}
	if err := cmd(notice("N", "1")); fieldOf(err) != "payment" {
		t.Errorf("announced one too many: %v", err)
	}
	if err := cmd(full.wire("1")); err != nil {
		t.Errorf("money found no room beside announcements: %v", err)
	}
	for len(o.Payments) < order.MaxPayments {
		o.Payments = append(o.Payments, order.Payment{Method: order.PayTT, Status: order.PaymentIsReceived})
	}
	if err := cmd(full.wire("1")); err != nil {
		t.Errorf("money found no room beside payments of the first edition: %v", err)
	}
	announced := full.wire("1")
	announced.Payment = "7"
	if err := cmd(announced); err != nil {
		t.Errorf("announced money found no room: %v", err)
	}
	for i := range order.MaxLinks {
		o.Links = append(o.Links, order.LinkedEntrustment{ID: order.EntrustmentID(strconv.Itoa(i))})
	}
	if err := cmd(order.Link{Entrustment: "E1"}); fieldOf(err) != "entrustment" {
		t.Errorf("linked one too many: %v", err)
	}
}

// TestAMillionEvents folds a million edits of a draft.
func TestAMillionEvents(t *testing.T) {
	const million = 1_000_000
	terms := fullTerms
	for len(terms.Items) < order.MaxItems {
		terms.Items = append(terms.Items, terms.Items[0])
	}
	edits := []order.Event{
		order.TermsSet{Terms: terms, Revision: 1}, order.BuyerEntered{Email: buyer.Email, BuyerName: "Jane Doe"},
		order.BuyerMatched{Email: buyer.Email}, order.TransportSet{Mode: order.TransportSea}, order.CoverageChosen{Coverage: order.CoverageNone, Revision: 2},
	}
	s := drafted(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	for i := range million {
		if err := s.order.Apply(edits[i%len(edits)], s.now); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
		t.Errorf("a million events allocated %d bytes", allocated)
	}
	if took > 5*time.Second {
		t.Errorf("a million events took %s", took)
	}
}

// TestAt looks back: at an instant the order is what was recorded up to it.
func TestAt(t *testing.T) {
	s := completed(t, order.CoveragePostDelivery)
	for hour, want := range []order.Phase{
		order.PhaseDraft, order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip,
		order.PhaseReadyToShip, order.PhaseShipped, order.PhaseReceived, order.PhaseCompleted,
	} {
		at := newYear.Add(time.Duration(hour) * time.Hour)
		if o := must(order.At(orderID, s.history, at)); o.Phase != want {
			t.Errorf("after %d hours the order is %s, want %s", hour, o.Phase, want)
		}
		before := order.PhaseNone
		if hour > 0 {
			before = must(order.At(orderID, s.history, at.Add(-time.Hour))).Phase
		}
		if o := must(order.At(orderID, s.history, at.Add(-1))); o.Phase != before {
			t.Errorf("a nanosecond before %d hours the order is %s, want %s", hour, o.Phase, before)
		}
	}
}

// TestVisibleTo shows who may see an order.
func TestVisibleTo(t *testing.T) {
	for _, c := range []struct {
		s    story
		sees string
	}{
		{once(t), ""}, {complete(t, order.CoverageNone), "SPY"}, {submitted(t, order.CoverageNone), "BSPY"},
		{completed(t, order.CoverageNone), "BSPY"}, {cancelled(t, order.CoverageNone), "BSPY"},
	} {
		for letter, by := range actors {
			if got, want := c.s.order.VisibleTo(by), strings.Contains(c.sees, letter); got != want {
				t.Errorf("%s sees an order in %s: %v, want %v", by.Role, c.s.order.Phase, got, want)
			}
		}
		for _, by := range []trade.Actor{otherBuyer, otherSeller, {}} {
			if c.s.order.VisibleTo(by) {
				t.Errorf("%v sees an order in %s", by, c.s.order.Phase)
			}
		}
	}
	if text := fmt.Sprint(trade.Role(77)); text != "unknown" {
		t.Errorf("role 77 is named %s", text)
	}
}
