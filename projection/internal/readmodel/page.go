package readmodel

import (
	"strconv"
	"strings"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// Full reports whether a number of rows fills a page of that limit, so that another page may
// follow.
func Full(limit, rows int) bool { return rows == Limit(limit) }

// Limit returns how many rows a page of that limit has at most; 0 is the default.
func Limit(limit int) int {
	if limit == 0 {
		return projection.DefaultLimit
	}
	return limit
}

// Place encodes the place of a row in a list: the numbers by which it is ordered, and then the id
// of an order unless that is zero.
func Place(id trade.ID, numbers ...int64) string {
	var parts []string
	for _, n := range numbers {
		parts = append(parts, strconv.FormatInt(n, 10))
	}
	if !id.IsZero() {
		parts = append(parts, id.String())
	}
	return strings.Join(parts, "/")
}

// ParsePlace is the inverse of Place for that many numbers, with or without an id. Any other text
// is a *trade.InvalidError about page.after.
func ParsePlace(s string, numbers int, withID bool) ([]int64, trade.ID, error) {
	var (
		list []int64
		id   trade.ID
		err  error
	)
	parts := strings.Split(s, "/")
	want := numbers
	if withID {
		want++
	}
	if len(parts) != want {
		return nil, id, notAPlace()
	}
	for _, part := range parts[:numbers] {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, id, notAPlace()
		}
		list = append(list, n)
	}
	if withID {
		if id, err = trade.ParseID(parts[numbers]); err != nil {
			return nil, id, notAPlace()
		}
	}
	return list, id, nil
}

func notAPlace() error { return Invalid("page.after", "is not a place in this list") }
