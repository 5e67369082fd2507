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
	Case         string      // the name under which its end was reported since, if it was
}

// ends reports whether the end of a case of that name is the end of the chargeback.
func (b *Chargeback) ends(name string) bool {
	return b.Status != ChargebackNone && (b.Case == "" || b.Case == name)
}

// receiptIndex returns the index of the payment that the first edition recorded under that reference,
// by that method if one is given, or -1.
func (o *Order) receiptIndex(method Method, reference string) int {
	return slices.IndexFunc(o.Payments, func(p Payment) bool {
		return reference != "" && p.Receipt.Reference == reference && (method == "" || p.Method == method)
	})
}

// lowerKeptReview notes that money which the first edition kept under review is not any longer, or is
// again if the amount is negative. The events of that edition do not say of which payment it is.
func (o *Order) lowerKeptReview(reviewed trade.Money) {
	if !reviewed.IsZero() {
		o.KeptReview = o.KeptReview.SubUnchecked(reviewed)
	}
}

// named notes that an event of the second edition names a payment. If the first edition kept it here, it
// has a stream of its own from now on, which knows what of it is under review.
func (o *Order) named(method Method, reference string) {
	i := o.receiptIndex(method, reference)
	if i < 0 {
		return
	}
	if in, _ := o.Incoming(o.Payments[i].Method, reference); in.Review {
		o.KeptReview = o.KeptReview.SubUnchecked(in.Unapplied)
		o.Payments = slices.Clone(o.Payments)
		o.Payments[i].Receipt.NeedsReview = false
	}
}

// forgetReceipt removes what the first edition kept of a payment whose record was taken back.
func (o *Order) forgetReceipt(method Method, reference string) {
	if i := o.receiptIndex(method, reference); i >= 0 {
		o.Payments = slices.Clone(o.Payments)
		o.Payments[i].Receipt, o.Payments[i].Chargeback = PaymentReceived{}, Chargeback{}
	}
}
