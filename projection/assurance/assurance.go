package assurance

import (
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/projection"
)

// Views returns the views of this package, each a new one.
func Views() []*projection.View {
	return []*projection.View{BoardView(), ExposureView(), DeadlinesView(), LedgerView()}
}

// Page says which part of a list is meant.
type Page struct {
	// After is the Next of the page before; empty begins at the first.
	After string
	// Limit is how many rows a page has at most, 1 to projection.MaxLimit; 0 is
	// projection.DefaultLimit.
	Limit int
}

// full reports whether so many rows are a whole page, behind which there may be another one.
func (p Page) full(rows int) bool {
	limit := p.Limit
	if limit == 0 {
		limit = projection.DefaultLimit
	}
	return rows == limit
}

func text(name string) projection.Column {
	return projection.Column{Name: name, Kind: projection.KindText}
}

func number(name string) projection.Column {
	return projection.Column{Name: name, Kind: projection.KindInt}
}

func equal(column string, v projection.Value) projection.Condition {
	return projection.Condition{Column: column, Op: projection.Equal, Value: v}
}

// reader returns an *order.InvalidError unless the actor may ask for anything at all.
func reader(by order.Actor) error {
	if err := by.Validate(); err != nil {
		return err
	}
	if by.Role == order.Desk {
		return invalid("by.role", "nobody outside may act as the desk")
	}
	return nil
}

func invalid(field, reason string) error { return &order.InvalidError{Field: field, Reason: reason} }

// minor returns an amount as a column has it; its currency stands in another one.
func minor(m order.Money) projection.Value { return projection.Int(m.MinorUnits()) }

// reading makes values of the columns of a row, by name.
type reading struct {
	table *projection.Table
	row   projection.Row
}

func (r reading) value(column string) projection.Value { return r.row[r.table.Column(column)] }

func (r reading) text(column string) string { return r.value(column).Text() }

func (r reading) time(column string) time.Time { return r.value(column).Time() }

// money returns the amount of a column, in the currency of the row.
func (r reading) money(column string) order.Money {
	c, err := order.ParseCurrency(r.text("currency"))
	if err != nil {
		return order.Money{} // of an order without terms
	}
	return order.Minor(r.value(column).Int(), c)
}

// id returns the order of a row; the column has nothing but what ID.String wrote.
func (r reading) id(column string) order.ID {
	id, _ := order.ParseID(r.text(column))
	return id
}

// idText is the inverse of reading.id.
func idText(id order.ID) projection.Value {
	if id.IsZero() {
		return projection.Text("")
	}
	return projection.Text(id.String())
}

// phaseOf returns the phase of that name.
func phaseOf(name string) order.Phase {
	for p := order.PhaseNone; p.String() != "unknown"; p++ {
		if p.String() == name {
			return p
		}
	}
	return order.PhaseNone
}
