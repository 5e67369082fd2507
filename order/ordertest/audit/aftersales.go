package audit

import "time"

func (a *Auditor) afterSalesOpened(s *saleBook) {
	if s.openedAt != 0 || a.at > s.dueAt {
		a.failf("D46", "opened at %s, due %s, open since %s", a.at, s.dueAt, s.openedAt)
	}
	left := max(0, instant(a.policy.MaxPause)-s.paused)
	if s.pausedAt = a.when("pause_until"); s.pausedAt != a.at+left || s.ended || s.cases >= int64(a.policy.MaxAfterSales) {
		a.failf("D66", "case %d pauses until %s, %s left, ended %t", s.cases+1, s.pausedAt, left, s.ended)
	}
	s.openedAt = a.at
	s.cases++
}

// resumes is from when the system may act on the payment (D66).
func (s *saleBook) resumes() instant {
	if s.openedAt == 0 {
		return s.dueAt
	}
	return s.dueAt + s.pausedAt - s.openedAt
}

func (a *Auditor) afterSalesClosed(s *saleBook) {
	due := a.when("due_at")
	by := roleOf(a.text("by"))
	if s.openedAt == 0 || due != s.dueAt+min(a.at, s.pausedAt)-s.openedAt || by != a.by.role {
		a.failf("D46", "due %s after %s, open since %s", due, s.dueAt, s.openedAt)
	}
	if by == seller && a.at-s.openedAt <= instant(72*time.Hour) {
		s.cases--
	}
	s.ended = s.ended || by == platform
	s.paused += due - s.dueAt
	s.dueAt, s.openedAt, s.pausedAt = due, 0, 0
}
