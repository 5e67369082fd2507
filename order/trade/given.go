package trade

import "time"

// Given is who issues a command and when. It comes from outside: deciding reads no clock.
type Given struct {
	By Actor
	At time.Time
}

// Validate returns an *InvalidError that names the field and the reason, or nil.
func (g Given) Validate() error {
	if err := g.By.Validate(); err != nil {
		return err
	}
	return CheckInstant("at", g.At)
}

// MaxCommand is the largest number of bytes of a command's JSON.
const MaxCommand = 2 << 20
