package order

import "time"

// PlatformStatus returns the code of the order in the marketplace's own interface (D1), and the step
// of payment where the code has one. The code is coarser than the phase. The instant decides whether a
// payment is in process.
func (o *Order) PlatformStatus(at time.Time) (status string, step string) {
	switch {
	case o.OpenChargebacks > 0:
		return "charge_back", ""
	case o.Dispute.Stage != StageNone:
		return "frozen", ""
	}
	switch o.Phase {
	case PhaseDraft, PhaseSubmitted:
		return "to_be_audited", ""
	case PhaseConfirmed:
		if o.processing(at) {
			return "paying", "ADVANCE"
		}
		return "unpay", "ADVANCE"
	case PhaseReadyToShip:
		if o.partlyReleased() {
			return "delivering", ""
		}
		return "undeliver", ""
	case PhaseShipped:
		return "wait_confirm_receipt", ""
	case PhaseReceived:
		return "unpay", "BALANCE"
	case PhaseCompleted:
		return "trade_success", ""
	case PhaseClosed:
		return "trade_close", ""
	default:
		return "", ""
	}
}

// partlyReleased reports whether customs released some of the linked entrustments, but not all.
func (o *Order) partlyReleased() bool {
	released := 0
	for i := range o.Links {
		if !o.Links[i].ReleasedAt.IsZero() {
			released++
		}
	}
	return released > 0 && released < len(o.Links)
}
