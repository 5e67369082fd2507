package sqlite

import "github.com/tradesurety/surety/events"

// unknown stands for a position that has to be looked up.
const unknown = -1

// next returns the position of the next record. A position is never left to SQLite, which draws
// positions at random once the highest one is taken.
func (l *log) next() (int64, error) {
	if l.last == maxInt64 {
		return 0, &events.BoundsError{Field: "position", Reason: "the log is at the highest position there is"}
	}
	l.last++
	return l.last, nil
}

// anchor looks up the last position and the last link, unless they are known, in a transaction
// that has written nothing.
func (l *log) anchor() error {
	if l.last != unknown {
		return nil
	}
	tip, err := l.links.last()
	if err != nil {
		return err
	}
	defer l.highest.Reset()
	if _, err := l.highest.Step(); err != nil {
		return err
	}
	last := l.highest.ColumnInt64(0)
	if err := l.file.covered(events.Position(last), tip); err != nil {
		return err
	}
	l.last, l.tip = last, tip
	return nil
}
