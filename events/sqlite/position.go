package sqlite

import "github.com/tradesurety/surety/events"

// unknown stands for a position that has to be looked up.
const unknown = -1

// next returns the position of the next record. A position is never left to SQLite, which draws
// positions at random once the highest one is taken.
func (l *log) next() (int64, error) {
	if err := l.locate(); err != nil {
		return 0, err
	}
	if l.last == maxInt64 {
		return 0, &events.BoundsError{Field: "position", Reason: "the log is at the highest position there is"}
	}
	l.last++
	return l.last, nil
}

// locate looks the highest position up if it is not known.
func (l *log) locate() error {
	if l.last != unknown {
		return nil
	}
	defer l.highest.Reset()
	if _, err := l.highest.Step(); err != nil {
		return err
	}
	l.last = l.highest.ColumnInt64(0)
	return nil
}
