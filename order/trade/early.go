package trade

import (
	"fmt"

	"github.com/tradesurety/surety/order/rule"
)

// EarlyError says that a report is about something that is not recorded yet, such as the chargeback
// of a payment whose receipt was not reported. It is not a refusal: nothing is written, and the
// report is to be delivered again, under the same command ID, until it is accepted (D62).
type EarlyError struct {
	Command string // the wire name of the command, such as "charge-back"
	Awaited string // the wire name of the command that must come first, such as "record-payment"
	ID      string // the reference or the ID by which the report names what it is about
}

// Error returns the command, what it waits for, and that it is to be delivered again.
func (e *EarlyError) Error() string {
	return fmt.Sprintf("not yet: %s of %s waits for %s; deliver it again", e.Command, Quoted(e.ID), e.Awaited)
}

// Text returns the answer in that language.
func (e *EarlyError) Text(lang rule.Lang) string {
	if lang == rule.Chinese {
		return fmt.Sprintf("尚不能登记：%[1]s（%[2]s）须在 %[3]s 之后，请稍后重新提交。", e.Command, Quoted(e.ID), e.Awaited)
	}
	return upperFirst(e.Error()) + "."
}

// Unwrap returns D62.
func (e *EarlyError) Unwrap() error { return rule.D62 }
