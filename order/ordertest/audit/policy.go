package audit

import "time"

// Policy is the settings under which the log was written, as far as an event does not carry them.
type Policy struct {
	ConfirmWithin, PayWithin     time.Duration  // D28
	ReceiptDays                  map[string]int // A25, by mode of transport
	CalendarDays                 bool           // D11
	HoldAtConfirm                bool           // D4
	CapCoverage                  bool           // D3
	AutoShip                     bool           // D9
	NoticeLife                   time.Duration  // D18, of transfers
	CardLife, ECheckLife         time.Duration  // D18
	MaxDisputes                  int            // D29
	ClockSkew                    time.Duration  // D61
	ReviewWithin                 time.Duration  // D31
	ReceiptExtension             time.Duration  // D12
	EscalateFrom, EscalateAfter  time.Duration  // D29
	ReceiveWithin, SaleExtension time.Duration  // D46, of pay-later orders
	DueWithin                    time.Duration  // D46
	ChargeRetries                int            // D47
	Instalments                  bool           // D51
	FreezeAfterOverdue           int            // D53
	MaxAfterSales                int            // D66
	MaxPause                     time.Duration  // D66
	Currencies                   []string       // D60, of pay later; none is CNY
}

// DefaultPolicy returns what the rule book says where nothing else is set.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		ConfirmWithin: 30 * day, PayWithin: 60 * day,
		ReceiptDays: map[string]int{"air": 15, "land": 30, "sea": 45},
		NoticeLife:  7 * day, CardLife: day, ECheckLife: 14 * day, ReviewWithin: 30 * day, ReceiptExtension: 15 * day,
		MaxDisputes: 3, ClockSkew: 5 * time.Second,
		EscalateFrom: 3 * day, EscalateAfter: 6 * day,
		ReceiveWithin: 10 * day, SaleExtension: 3 * day, DueWithin: day,
		MaxAfterSales: 3, MaxPause: 30 * day,
	}
}

// FundsPolicy is what the platform has set for the received funds of a merchant. Amounts are in
// minor units of the balance's currency.
type FundsPolicy struct {
	HoldDays       int   // B17
	FeeRate        int64 // in basis points (D58)
	FeeMin, FeeMax int64 // D58; a FeeMax of 0 is none
	MinWithdrawal  int64 // D57
	Expected       time.Duration
}

// DefaultFundsPolicy returns what the rule book says where nothing else is set.
func DefaultFundsPolicy() FundsPolicy {
	return FundsPolicy{Expected: 24 * time.Hour}
}

// Option changes what an Auditor expects. Between commits it can be applied to one that is at
// work, where settings change.
type Option func(*Auditor)

// WithPolicy says under which settings the log was written.
func WithPolicy(p Policy) Option { return func(a *Auditor) { a.policy = p } }

// WithFunds says which settings a merchant's received funds have. Without it the waiting time is
// taken from the events, and a fee may be any part of the amount.
func WithFunds(of func(merchant string) FundsPolicy) Option { return func(a *Auditor) { a.funds = of } }

// Alone says that the log has the streams of orders alone, such as the history of one order that
// was decided without a desk: what their lines, entrustments, services and accounts have to say
// is taken for granted, and commands may come from the role "desk", which stands for a command
// that another stream was asked.
func Alone() Option { return func(a *Auditor) { a.alone = true } }

// SecondEdition says that the second edition of the rule book wrote all of the log. Without it an
// order is held to the second edition from the first event on that the first one would not have
// written, and until then to what both have in common.
func SecondEdition() Option { return func(a *Auditor) { a.second, a.charges = true, true } }
