package credit

import (
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

// save appends the JSON of the line to buf.
func save(buf []byte, l *Line) ([]byte, error) { return l.appendJSON(buf), nil }

// restore sets l, the line that New made, to the one that save wrote. After an error l is to be
// discarded.
func restore(data []byte, l *Line) error {
	r := wire.NewReader(data)
	l.decodeJSON(r)
	if err := r.End(); err != nil {
		return err
	}
	if int(l.Phase) >= len(phaseNames) || !l.Phase.of(l.Product) {
		return &trade.InvalidError{Field: "phase", Reason: "is no phase of such a line"}
	}
	if err := l.checkFreezes(); err != nil {
		return err
	}
	return l.sound()
}
