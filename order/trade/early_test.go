package trade_test

import (
	"errors"
	"testing"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

func TestEarlyError(t *testing.T) {
	err := error(&trade.EarlyError{Command: "charge-back", Awaited: "record-payment", ID: "CH-1"})
	var early *trade.EarlyError
	var no *trade.Refusal
	if !errors.Is(err, rule.D62) || !errors.As(err, &early) || errors.As(err, &no) {
		t.Errorf("%v must be an EarlyError of D62 and no refusal", err)
	}
	if got, want := early.Text(rule.English), `Not yet: charge-back of "CH-1" waits for record-payment; deliver it again.`; got != want {
		t.Errorf("the English text is %q, want %q", got, want)
	}
	if got, want := early.Text(rule.Chinese), `尚不能登记：charge-back（"CH-1"）须在 record-payment 之后，请稍后重新提交。`; got != want {
		t.Errorf("the Chinese text is %q, want %q", got, want)
	}
}
