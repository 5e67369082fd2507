package readmodel

import (
	"math/big"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// Text returns a column of texts.
func Text(name string) projection.Column {
	return projection.Column{Name: name, Kind: projection.KindText}
}

// Number returns a column of numbers.
func Number(name string) projection.Column {
	return projection.Column{Name: name, Kind: projection.KindInt}
}

// Numbers returns several columns of numbers.
func Numbers(names ...string) []projection.Column {
	columns := make([]projection.Column, len(names))
	for i, name := range names {
		columns[i] = Number(name)
	}
	return columns
}

// Equal returns the condition that a column has that value.
func Equal(column string, v projection.Value) projection.Condition {
	return projection.Condition{Column: column, Op: projection.Equal, Value: v}
}

// Above returns the condition that a column is greater than 0.
func Above(column string) projection.Condition {
	return projection.Condition{Column: column, Op: projection.Greater, Value: projection.Int(0)}
}

// Minor returns the value of a column for an amount; its currency is in another column.
func Minor(m trade.Money) projection.Value { return projection.Int(m.MinorUnits()) }

// Currency returns the value of the column "currency".
func Currency(c trade.Currency) projection.Value { return projection.Text(c.String()) }

// ID returns the value of a column for the id of an order; it is empty for the zero ID.
func ID(id trade.ID) projection.Value {
	if id.IsZero() {
		return projection.Text("")
	}
	return projection.Text(id.String())
}

// Row is a row with its table. Its methods return the values of columns by name.
type Row struct {
	Table *projection.Table
	Row   projection.Row
}

// Value returns the value of a column of the table.
func (r Row) Value(column string) projection.Value { return r.Row[r.Table.Column(column)] }

// Text returns the text of a column.
func (r Row) Text(column string) string { return r.Value(column).Text() }

// Int returns the number of a column.
func (r Row) Int(column string) int64 { return r.Value(column).Int() }

// Bool reports whether the number of a column is not 0.
func (r Row) Bool(column string) bool { return r.Value(column).Bool() }

// Count returns 1 if the number of a column is not 0, and otherwise 0.
func (r Row) Count(column string) int64 { return projection.Bool(r.Bool(column)).Int() }

// Time returns the instant of a column.
func (r Row) Time(column string) time.Time { return r.Value(column).Time() }

// Account returns the account of a column.
func (r Row) Account(column string) trade.Account { return trade.Account(r.Text(column)) }

// Currency returns the currency of the row, zero for an order without terms.
func (r Row) Currency() trade.Currency {
	c, err := trade.ParseCurrency(r.Text("currency"))
	if err != nil {
		return trade.Currency{}
	}
	return c
}

// Money returns the amount of a column in the currency of the row, or the zero Money if the row
// has no currency.
func (r Row) Money(column string) trade.Money {
	c := r.Currency()
	if c.IsZero() {
		return trade.Money{}
	}
	return trade.Minor(r.Int(column), c)
}

// ID is the inverse of the function ID.
func (r Row) ID(column string) trade.ID {
	id, _ := trade.ParseID(r.Text(column)) // the column has only values of the function ID
	return id
}

// Phase returns the phase of that name, or the zero phase.
func Phase[P interface {
	~uint8
	String() string
}](name string) P {
	for p := P(0); p.String() != "unknown"; p++ {
		if p.String() == name {
			return p
		}
	}
	return 0
}

// Share returns part divided by whole, which have the same currency, and 0 if whole is zero.
func Share(part, whole trade.Money) *big.Rat {
	if whole.IsZero() {
		return new(big.Rat)
	}
	return big.NewRat(part.MinorUnits(), whole.MinorUnits())
}

// Difference returns by how much an amount has changed. Neither amount is negative, so the
// difference does not overflow.
func Difference(after, before trade.Money) trade.Money {
	return trade.Minor(after.MinorUnits()-before.MinorUnits(), after.Currency())
}

// Instant returns the value of a column for an instant to compare with. An instant outside what can
// be stored is moved to the nearest bound.
func Instant(t time.Time) projection.Value {
	switch {
	case t.Before(events.MinInstant):
		return projection.Int(0)
	case t.After(events.MaxInstant):
		return projection.Time(events.MaxInstant)
	default:
		return projection.Time(t)
	}
}
