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

// Minor returns an amount as a column has it; its currency stands in another one.
func Minor(m trade.Money) projection.Value { return projection.Int(m.MinorUnits()) }

// Currency returns the code of a currency as the column "currency" has it.
func Currency(c trade.Currency) projection.Value { return projection.Text(c.String()) }

// ID returns the id of an order as a column has it; that of no order is empty.
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

// Currency returns the currency of the row, which an order without terms does not have.
func (r Row) Currency() trade.Currency {
	c, err := trade.ParseCurrency(r.Text("currency"))
	if err != nil {
		return trade.Currency{}
	}
	return c
}

// Money returns the amount of a column in the currency of the row, or the zero Money if it has
// none.
func (r Row) Money(column string) trade.Money {
	c := r.Currency()
	if c.IsZero() {
		return trade.Money{}
	}
	return trade.Minor(r.Int(column), c)
}

// ID is the inverse of the function ID.
func (r Row) ID(column string) trade.ID {
	id, _ := trade.ParseID(r.Text(column)) // the column has nothing but what ID returned
	return id
}

// Phase returns the phase of the name that a column has, or the zero phase.
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

// Share returns which part of a whole of the same currency an amount is; of nothing it is 0.
func Share(part, whole trade.Money) *big.Rat {
	if whole.IsZero() {
		return new(big.Rat)
	}
	return big.NewRat(part.MinorUnits(), whole.MinorUnits())
}

// Difference returns by how much an amount has changed. Neither is negative, so that it cannot
// overflow.
func Difference(after, before trade.Money) trade.Money {
	return trade.Minor(after.MinorUnits()-before.MinorUnits(), after.Currency())
}

// Instant returns an instant of a question as a column has it. What lies before all that can be
// stored, or after it, is as good as the first or the last one.
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
