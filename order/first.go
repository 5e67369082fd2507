package order

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// First: what the first edition of the rule book stored of chargebacks, which orders of its time keep.

// ChargebackStatus is whether a payment of the first edition was charged back, and how that ended.
type ChargebackStatus uint8

// The states of a chargeback of the first edition. A payment had at most one.
const (
	ChargebackNone ChargebackStatus = iota
	ChargebackOpen
	ChargebackWon
	ChargebackLost
)

// asCase returns the status of the case that stands for the chargeback.
func (s ChargebackStatus) asCase() CaseStatus {
	return [...]CaseStatus{"", CaseOpen, CaseWon, CaseLost}[s]
}

// Chargeback is what a bank took back of one payment in the first edition.
type Chargeback struct {
	Status       ChargebackStatus
	Applied      trade.Money // the part taken from the applied money
	Unapplied    trade.Money // the part taken from the unapplied money
	Review       trade.Money // the part of Unapplied that was under review
	OpenedAt, At time.Time   // when it was opened, and when its status was reported
}

// receiptIndex returns the index of the payment that the first edition recorded under that reference,
// by that method if one is given, or -1.
func (o *Order) receiptIndex(method Method, reference string) int {
	return slices.IndexFunc(o.Payments, func(p Payment) bool {
		return reference != "" && p.Receipt.Reference == reference && (method == "" || p.Method == method)
	})
}
