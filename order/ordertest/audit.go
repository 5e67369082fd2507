package ordertest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// AuditFigures returns the figures of a state, for a comparison with those that an auditor of package audit has
// of the same stream. The state is an order of either kind, an entrustment, a line, received funds or a service;
// for any other value AuditFigures returns nil.
func AuditFigures(state any) audit.Figures {
	switch s := state.(type) {
	case order.Order:
		return figuresOfOrder(&s)
	case paylater.Order:
		return figuresOfSale(&s)
	case credit.Line:
		return figuresOfLine(&s)
	case funds.Balance:
		return figuresOfFunds(&s)
	case entrustment.Entrustment:
		return figuresOfGoods(&s)
	case seller.Service:
		return audit.Figures{"active": s.Phase == order.ServiceActive, "suspended": s.Phase == order.ServiceSuspended}
	}
	return nil
}

func figuresOfOrder(o *order.Order) audit.Figures {
	l, held := &o.Ledger, int64(0)
	if o.Hold.Status == order.HoldOpen {
		held = o.Hold.Amount.MinorUnits()
	}
	links := make([]string, 0, len(o.Links))
	for _, x := range o.Links {
		links = append(links, string(x.ID)+" "+strconv.FormatInt(nanos(x.ReleasedAt), 10))
	}
	slices.Sort(links)
	return audit.Figures{
		"phase": o.Phase.String(), "last": nanos(o.LastAt), "seller": string(o.Seller.Account), "buyer": string(o.Buyer.Account), "email": string(o.Buyer.Email),
		"drafted": nanos(o.DraftedAt), "total": o.Terms.Total.MinorUnits(), "initial": o.Terms.Initial.MinorUnits(), "revision": int64(o.Revision), "coverage": string(o.Coverage),
		"transport": string(o.Transport), "account": string(o.ReceivingAccount), "confirm by": nanos(o.ConfirmBy), "pay by": nanos(o.PayBy),
		"held": held, "claimed": l.Claimed.MinorUnits(), "received": l.Received.MinorUnits(), "applied": l.Applied.MinorUnits(), "unapplied": l.Unapplied.MinorUnits(),
		"review": l.Review.MinorUnits(), "returned": l.Returned.MinorUnits(), "reversed": l.Reversed.MinorUnits(), "shortfall": l.Shortfall.MinorUnits(),
		"refunded": l.Refunded.MinorUnits(), "left": o.Left().MinorUnits(), "taken": l.Taken.MinorUnits(), "beyond": l.Beyond().MinorUnits(),
		"owed":   l.OwedByBuyer().MinorUnits(),
		"funded": nanos(o.FundedAt), "paid": nanos(o.PaidAt), "links": strings.Join(links, ", "),
		"shipped": nanos(o.Shipment.ShippedAt), "late": o.Shipment.Late, "deadline": nanos(o.Shipment.ReceiptDeadline), "completed": nanos(o.CompletedAt),
		"reviewed": nanos(o.ReviewedAt), "edited": nanos(o.ReviewEditedAt),
		"proposal": int64(o.Proposal.Number), "proposed": o.Proposal.Open,
		"dispute": int64(o.Dispute.Number), "stage": int64(o.Dispute.Stage), "contested": int64(o.OpenChargebacks), "frozen": nanos(o.FrozenAt), "thawed": nanos(o.ThawedAt),
	}
}

func figuresOfSale(o *paylater.Order) audit.Figures {
	return audit.Figures{
		"phase": o.Phase.String(), "last": nanos(o.LastAt), "buyer": string(o.Buyer), "merchant": string(o.Merchant),
		"original": o.Original.MinorUnits(), "outstanding": o.Outstanding.MinorUnits(), "instalments": o.Instalments.MinorUnits(), "paid": o.Paid.MinorUnits(),
		"restored": o.Restored.MinorUnits(), "consumed": o.Consumed.MinorUnits(), "refunded": o.Refunded.MinorUnits(), "paid back": o.PaidBack.MinorUnits(),
		"received by itself": nanos(o.AutoReceiveAt), "due": nanos(o.DueAt), "after-sales": nanos(o.AfterSalesAt), "paused until": nanos(o.PauseUntil), "cases": int64(o.AfterSales),
		"unapplied": o.Unapplied().MinorUnits(), "extended": o.Extended, "pending": o.ChargePending, "flagged": o.FakeFlagged, "charges": int64(o.Charges), "payments": int64(len(o.Payments)),
	}
}

func figuresOfGoods(s *entrustment.Entrustment) audit.Figures {
	f, linked := s.Fact(), ""
	if s.Linked() {
		linked = s.Order.String()
	}
	declared := f.Currency.String()
	return audit.Figures{
		"cancelled": f.Cancelled, "last": nanos(s.LastAt), "seller": string(s.Seller), "order": linked, "void": s.Void,
		"released": nanos(f.ReleasedAt), "released beside": nanos(s.ReleasedBeside), "declared in": declared,
	}
}

func figuresOfLine(l *credit.Line) audit.Figures {
	grounds := make([]string, 0, len(l.Freezes))
	for _, g := range l.Freezes {
		grounds = append(grounds, string(g.Reason)+" "+string(g.Ref))
	}
	return audit.Figures{
		"last": nanos(l.LastAt), "limit": l.Limit.MinorUnits(), "held": l.Held.MinorUnits(), "consumed": l.Consumed.MinorUnits(), "available": l.Available().MinorUnits(),
		"holds": l.OpenHolds, "overdue": l.Overdue, "suspended": l.Suspended(), "requested": l.AssessmentRequested, "frozen": strings.Join(grounds, ", "),
	}
}

func figuresOfFunds(b *funds.Balance) audit.Figures {
	p := b.Page(b.LastAt)
	return audit.Figures{
		"last": nanos(b.LastAt), "credited": p.Credited.MinorUnits(), "refunded": p.Refunded.MinorUnits(), "debt": p.Debt.MinorUnits(), "waiting": p.Pending.MinorUnits(),
		"available": p.Available.MinorUnits(), "in transit": p.InTransit.MinorUnits(), "paid out": p.PaidOut.MinorUnits(), "fees": p.Fees.MinorUnits(), "spent": p.Spent.MinorUnits(),
		"open": int64(len(b.Withdrawals())), "cards": int64(len(b.Cards())),
	}
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Audit has the auditor of package audit check the whole log of a store. It then compares each state that the
// desk returns with a replay of the stream (I28) and with the auditor's figures. The options are the settings
// under which the log was written.
func Audit(ctx context.Context, d *desk.Desk, store events.Store, opts ...audit.Option) error {
	log, err := recordsAfter(ctx, store, 0)
	if err != nil {
		return err
	}
	books := audit.New(opts...)
	for _, commit := range commits(log) {
		if err := books.Commit(commit); err != nil {
			return err
		}
	}
	cold, err := desk.New(store, desk.WithSources(Sources()), desk.WithCache(0))
	if err != nil {
		return err
	}
	for _, r := range log {
		if r.Version != 1 {
			continue
		}
		shown, err := read(ctx, d, r.Stream)
		if err != nil {
			return fmt.Errorf("reading %s: %w", r.Stream, err)
		}
		replayed, err := read(ctx, cold, r.Stream)
		if err != nil {
			return fmt.Errorf("replaying %s: %w", r.Stream, err)
		}
		if !reflect.DeepEqual(plain(shown), plain(replayed)) {
			return fmt.Errorf("I28: the desk returns for %s\n%+v\na replay returns\n%+v", r.Stream, shown, replayed)
		}
		if fault := AuditFigures(shown).Against(books.Figures(r.Stream)); fault != "" {
			return fmt.Errorf("I28: what the desk shows of %s is not what its events say: %s", r.Stream, fault)
		}
	}
	return nil
}

// read returns the state of a stream as a desk returns it, or nil if a desk has no read for the stream.
func read(ctx context.Context, d *desk.Desk, stream events.StreamID) (state any, err error) {
	key, _ := stream.Key()
	account, code, _ := strings.Cut(key, "/")
	owner := trade.Account(account)
	c, _ := trade.ParseCurrency(code)
	id, _ := trade.ParseID(key)
	switch stream.Category() {
	case order.Category:
		state, _, err = d.ReadOrder(ctx, Platform, id)
	case paylater.Category:
		state, _, err = d.ReadPayLater(ctx, Platform, id)
	case entrustment.Category:
		state, _, err = d.ReadEntrustment(ctx, Platform, order.EntrustmentID(key))
	case seller.Category:
		state, _, err = d.ReadService(ctx, Platform, owner)
	case credit.Category:
		state, _, err = d.ReadLine(ctx, Platform, owner, c)
	case credit.PayLaterCategory:
		state, _, err = d.ReadQuota(ctx, Platform, owner, c)
	case funds.Category:
		state, _, err = d.ReadFunds(ctx, Platform, owner, c)
	}
	return state, err
}

// plain returns a state in a form that reflect.DeepEqual can compare. Equal balances have the same saved form,
// also if the shapes of their trees differ.
func plain(state any) any {
	if b, ok := state.(funds.Balance); ok {
		saved, err := funds.Model().Save(nil, &b)
		return fmt.Sprint(string(saved), err)
	}
	return state
}
