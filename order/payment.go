package order

import (
	"time"

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

// The states of a payment.
const (
	PaymentPending PaymentStatus = iota + 1
	PaymentIsReceived
	PaymentHasFailed
)

// Payment is one payment of an order: announced by the buyer, or received without that.
type Payment struct {
	ID          PaymentID // empty for a transfer that was not announced
	Method      Method
	Status      PaymentStatus
	Amount      trade.Money // what was announced, and from its receipt on what came in
	NoticeUntil time.Time
	Receipt     PaymentReceived // the receipt; zero until then
	Chargeback  Chargeback
}

// MaxPayments is how many payments an order records, MaxAnnounced how many of them the buyer may
// announce, so that announcements always leave room for money that comes in.
const (
	MaxPayments  = 1000
	MaxAnnounced = 500
)

// processing reports whether a card or e-Checking payment is in process. At most one is.
func (o *Order) processing() bool {
	for i := range o.Payments {
		if p := &o.Payments[i]; p.Status == PaymentPending && p.Method != PayTT {
			return true
		}
	}
	return false
}

// noticeUntil returns until when T/T notices keep the order from being cancelled and from expiring
// (D18), or zero if none does at that instant.
func (o *Order) noticeUntil(at time.Time) time.Time {
	var until time.Time
	for i := range o.Payments {
		if p := &o.Payments[i]; p.Status == PaymentPending && p.Method == PayTT && at.Before(p.NoticeUntil) && until.Before(p.NoticeUntil) {
			until = p.NoticeUntil
		}
	}
	return until
}

// pendingIndex returns the index of the pending payment of that id and method, or -1.
func (o *Order) pendingIndex(id PaymentID, method Method) int {
	for i := range o.Payments {
		if p := &o.Payments[i]; p.ID == id && id != "" && p.Status == PaymentPending && p.Method == method {
			return i
		}
	}
	return -1
}
