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
