package assurance

import "github.com/tradesurety/surety/projection"

// Views returns the views of this package, each a new one.
func Views() []*projection.View {
	return []*projection.View{BoardView(), ExposureView(), DeadlinesView(), LedgerView()}
}

// Page selects a part of a list.
type Page struct {
	// After is the Next of the page before; empty begins at the first.
	After string
	// Limit is how many rows a page has at most, 1 to projection.MaxLimit; 0 is
	// projection.DefaultLimit.
	Limit int
}
