package order

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Method is a method of payment (A19).
type Method string

// The three methods of payment.
const (
	PayTT     Method = "tt"      // 电汇
	PayCard   Method = "card"    // 信用卡
	PayECheck Method = "e-check" // e-Checking, of banks in the United States only
)

func (m Method) known() bool { return m == PayTT || m == PayCard || m == PayECheck }

// PaymentID names a payment that the buyer initiated: see trade.CheckID for its form.
type PaymentID string

// PaymentStatus is how far a payment has come (D18).
type PaymentStatus uint8

// The states of a payment. Failed is not final: the money may still come in.
const (
	PaymentPending PaymentStatus = iota + 1
	PaymentIsReceived
	PaymentHasFailed
)

// Payment is a payment that the buyer announced. The first edition of the rule book kept every
// payment that came in on the order as well, with its receipt; since then each has a stream of its
// own (D65).
type Payment struct {
	ID     PaymentID // empty for a transfer of the first edition that was not announced
	Method Method
	Status PaymentStatus
	Amount trade.Money // what was announced, and from its receipt on what came in
	// NoticeUntil is until when a pending payment counts as in process (D18). A zero one, of a payment
	// that was announced at InitiatedAt in the first edition, stands for the default.
	NoticeUntil, InitiatedAt time.Time

	Receipt    PaymentReceived // first edition: the receipt; zero until then
	Chargeback Chargeback      // first edition
}

// Unannounced is a card or e-Checking payment that came in before the buyer announced it (D18).
type Unannounced struct {
	ID        PaymentID
	Method    Method
	Reference string
}

// MaxPayments is how many payments an order of the first edition recorded, MaxAnnounced how many the
// buyer may announce, and maxUnannounced how many of the latest payments that came in without an
// announcement can still be announced; the platform applies the money of older ones.
const (
	MaxPayments    = 1000
	MaxAnnounced   = 500
	maxUnannounced = 25
)

// The times for which an announced payment counts as in process, where its event names none (D18).
var processingLife = ProcessingLife{TT: 7 * day, Card: day, ECheck: 14 * day}

// processing reports whether a card or e-Checking payment is in process. At most one is.
func (o *Order) processing(at time.Time) bool {
	for i := range o.Payments {
		if p := &o.Payments[i]; p.Method != PayTT && p.inProcess(at) {
			return true
		}
	}
	return false
}

func (p *Payment) inProcess(at time.Time) bool {
	return p.Status == PaymentPending && at.Before(p.processedUntil())
}

func (p *Payment) processedUntil() time.Time {
	if p.NoticeUntil.IsZero() {
		return p.InitiatedAt.Add(processingLife.of(p.Method))
	}
	return p.NoticeUntil
}

// processingUntil returns until when payments that the buyer announced keep the order from being
// cancelled, modified or expired (D18), or zero if none does at that instant.
func (o *Order) processingUntil(at time.Time) time.Time {
	var until time.Time
	for i := range o.Payments {
		if p := &o.Payments[i]; p.inProcess(at) {
			until = trade.Later(until, p.processedUntil())
		}
	}
	return until
}

// checkNotProcessing refuses a command while a payment is in process.
func (o *Order) checkNotProcessing(id rule.ID, c Command, at time.Time) error {
	if until := o.processingUntil(at); !until.IsZero() {
		return refuse(id, c, o).Because("a payment is in process", "有付款正在处理中").From(until)
	}
	return nil
}

// announced reports whether the buyer announced a payment of that id.
func (o *Order) announced(id PaymentID) bool {
	return id != "" && slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.ID == id })
}

// announcements returns how many payments the buyer announced.
func (o *Order) announcements() int {
	n := 0
	for i := range o.Payments {
		if o.Payments[i].ID != "" {
			n++
		}
	}
	return n
}

// announcedIndex returns the index of the announced payment of that id and method which has not come
// in yet, or -1.
func (o *Order) announcedIndex(id PaymentID, method Method) int {
	for i := range o.Payments {
		if p := &o.Payments[i]; p.ID == id && id != "" && p.Status != PaymentIsReceived && p.Method == method {
			return i
		}
	}
	return -1
}

// Incoming returns the payment that the first edition recorded on the order by that method under that
// reference, as its own stream would have it, and true; or false if there is none.
func (o *Order) Incoming(method Method, reference string) (IncomingPayment, bool) {
	review := o.KeptReview
	for i := len(o.Payments) - 1; i >= 0; i-- {
		p := &o.Payments[i]
		if p.Receipt.Reference == "" {
			continue
		}
		in := IncomingPayment{Order: o.ID, Method: p.Method, Reference: p.Receipt.Reference, Amount: p.Amount}
		if b := &p.Chargeback; b.Status != ChargebackNone {
			in.Cases = Cases{{Name: b.Case, OpenedAt: b.OpenedAt, Status: b.Status.asCase(), At: b.At}}
		} else if p.Receipt.NeedsReview && review.IsPositive() {
			// Of the money under review the order knows the sum; the oldest was applied or returned first.
			in.Review = true
			in.Unapplied = smaller(review, p.Receipt.Unapplied)
			in.Returned = in.Amount.SubUnchecked(in.Unapplied)
			in.Reversed = zeroOf(in.Amount)
			review = review.SubUnchecked(in.Unapplied)
		}
		if in.Method == method && in.Reference == reference {
			return in, true
		}
	}
	return IncomingPayment{}, false
}
