package audit

import "time"

// Policy has the settings under which the log was written, as far as events do not carry them.
type Policy struct {
	ConfirmWithin, PayWithin         time.Duration  // D28
	ReceiptDays                      map[string]int // A25, by mode of transport
	CalendarDays                     bool           // D11
	HoldAtConfirm                    bool           // D4
	CapCoverage                      bool           // D3
	AutoShip                         bool           // D9
	NoticeLife                       time.Duration  // D18, of transfers
	CardLife, ECheckLife             time.Duration  // D18
	MaxDisputes                      int            // D29
	ClockSkew                        time.Duration  // D61
	ReviewWithin                     time.Duration  // D31
	ReceiptExtension                 time.Duration  // D12
	EscalateFrom, EscalateAfter      time.Duration  // D29
	ReceiveWithin, PayLaterExtension time.Duration  // D46, of pay-later orders
	DueWithin                        time.Duration  // D46
	ChargeRetries                    int            // D47
	Instalments                      bool           // D51
	FreezeAfterOverdue               int            // D53
	MaxAfterSales                    int            // D66
	MaxPause                         time.Duration  // D66
	Currencies                       []string       // D60, of pay later; empty means CNY
}

// DefaultPolicy returns the defaults of the rule book.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		ConfirmWithin: 30 * day, PayWithin: 60 * day,
		ReceiptDays: map[string]int{"air": 15, "land": 30, "sea": 45},
		NoticeLife:  7 * day, CardLife: day, ECheckLife: 14 * day, ReviewWithin: 30 * day, ReceiptExtension: 15 * day,
		MaxDisputes: 3, ClockSkew: 5 * time.Second,
		EscalateFrom: 3 * day, EscalateAfter: 6 * day,
		ReceiveWithin: 10 * day, PayLaterExtension: 3 * day, DueWithin: day,
		MaxAfterSales: 3, MaxPause: 30 * day,
	}
}

// FundsPolicy has the platform's settings for the received funds of a merchant. Amounts are in minor
// units of the balance's currency.
type FundsPolicy struct {
	HoldDays       int   // B17
	FeeRate        int64 // in basis points (D58)
	FeeMin, FeeMax int64 // D58; a FeeMax of 0 sets no maximum
	MinWithdrawal  int64 // D57
	Expected       time.Duration
}

// DefaultFundsPolicy returns the defaults of the rule book.
func DefaultFundsPolicy() FundsPolicy {
	return FundsPolicy{Expected: 24 * time.Hour}
}

// Option changes what an Auditor expects. Where settings change, an option can be applied to a running
// Auditor between commits.
type Option func(*Auditor)

// WithPolicy sets the policy under which the log was written.
func WithPolicy(p Policy) Option { return func(a *Auditor) { a.policy = p } }

// WithFunds sets the policies of the merchants' received funds. Without it the auditor takes the waiting
// time from the events and accepts any fee below the amount.
func WithFunds(of func(merchant string) FundsPolicy) Option {
	return func(a *Auditor) { a.fundsPolicy = of }
}

// OrdersOnly audits a log that has only the streams of orders, such as the history of one order that was
// decided without a desk. The auditor does not check the lines, entrustments, services and accounts of
// the orders. It accepts commands of the role "desk", which stand for commands to another stream.
func OrdersOnly() Option { return func(a *Auditor) { a.ordersOnly = true } }

// SecondEdition applies the second edition of the rule book to all of the log. Without it the auditor
// applies the second edition to an order from the first event that only that edition writes, and until
// then what both editions have in common.
func SecondEdition() Option {
	return func(a *Auditor) { a.secondEdition, a.chargeStreams = true, true }
}
