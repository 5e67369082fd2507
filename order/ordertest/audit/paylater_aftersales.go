package audit

import "time"

func (a *Auditor) onAfterSalesOpened(s *payLaterBook) {
	if s.afterSalesAt != 0 || a.at > s.dueAt {
		a.failf("D46", "an after-sales case opened at %s, due at %s, open since %s", a.at, s.dueAt, s.afterSalesAt)
	}
	left := max(0, instant(a.policy.MaxPause)-s.pausedFor)
	if s.pauseUntil = a.time("pause_until"); s.pauseUntil != a.at+left || s.closedByPlatform || s.afterSalesCases >= int64(a.policy.MaxAfterSales) {
		a.failf("D66", "after-sales case %d pauses until %s, with %s of pause left, closed by the platform %t", s.afterSalesCases+1, s.pauseUntil, time.Duration(left), s.closedByPlatform)
	}
	s.afterSalesAt = a.at
	s.afterSalesCases++
}

// chargeableFrom returns the instant from which the system may charge the payment (D66).
func (s *payLaterBook) chargeableFrom() instant {
	if s.afterSalesAt == 0 {
		return s.dueAt
	}
	return s.dueAt + s.pauseUntil - s.afterSalesAt
}

func (a *Auditor) onAfterSalesClosed(s *payLaterBook) {
	due := a.time("due_at")
	by := roleOf(a.text("by"))
	if s.afterSalesAt == 0 || due != s.dueAt+min(a.at, s.pauseUntil)-s.afterSalesAt || by != a.by.role {
		a.failf("D46", "due at %s after %s, after-sales case open since %s", due, s.dueAt, s.afterSalesAt)
	}
	if by == seller && a.at-s.afterSalesAt <= instant(72*time.Hour) {
		s.afterSalesCases--
	}
	s.closedByPlatform = s.closedByPlatform || by == platform
	s.pausedFor += due - s.dueAt
	s.dueAt, s.afterSalesAt, s.pauseUntil = due, 0, 0
}
