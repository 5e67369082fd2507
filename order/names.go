package order

// The names of what is stored as a number, for those who read a state.
var (
	holdNames       = []string{"none", "open", "released", "posted"}
	stageNames      = []string{"none", "negotiating", "escalated"}
	paymentNames    = []string{"none", "pending", "received", "failed"}
	chargebackNames = []string{"none", "open", "won", "lost"}
)

// MarshalText returns "none", "open", "released" or "posted".
func (s HoldStatus) MarshalText() ([]byte, error) { return []byte(nameOf(holdNames, uint8(s))), nil }

// MarshalText returns "none", "negotiating" or "escalated".
func (s DisputeStage) MarshalText() ([]byte, error) { return []byte(nameOf(stageNames, uint8(s))), nil }

// MarshalText returns "pending", "received" or "failed".
func (s PaymentStatus) MarshalText() ([]byte, error) {
	return []byte(nameOf(paymentNames, uint8(s))), nil
}

// MarshalText returns "none", "open", "won" or "lost".
func (s ChargebackStatus) MarshalText() ([]byte, error) {
	return []byte(nameOf(chargebackNames, uint8(s))), nil
}

func nameOf(names []string, n uint8) string {
	if int(n) < len(names) {
		return names[n]
	}
	return "unknown"
}
