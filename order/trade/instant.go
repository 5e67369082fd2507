package trade

import "time"

// MinInstant and MaxInstant are the bounds of the instants in commands and events.
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

// Instant returns t as a log returns it: in UTC and without a monotonic reading, so that equal
// instants are equal values.
func Instant(t time.Time) time.Time { return t.Round(0).UTC() }

// Later returns the later of two instants in the form of Instant. Events that a command on one stream
// writes to another are ordered by version, not by time, so the last event need not be the latest.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return Instant(b)
	}
	return a
}
