package trade

import "time"

// MinInstant and MaxInstant bound the instants that commands and events may name.
var (
	MinInstant = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	MaxInstant = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// CheckInstant returns an *InvalidError unless the instant lies from MinInstant to MaxInstant.
func CheckInstant(field string, t time.Time) error {
	if t.Before(MinInstant) || t.After(MaxInstant) {
		return Invalid(field, "lies outside %s to %s", MinInstant.Format(time.DateOnly), MaxInstant.Format(time.DateOnly))
	}
	return nil
}

// Instant returns the same instant as it comes back from a log: in UTC and without a monotonic
// reading, so that equal instants are equal values.
func Instant(t time.Time) time.Time { return t.Round(0).UTC() }

// Later returns the later of two instants, as Instant does. What a command on one stream writes to
// another is ordered by version, not by time, so the last event need not be the latest.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return Instant(b)
	}
	return a
}
