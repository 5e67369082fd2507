package trade

import "slices"

// PayLaterIn reports whether pay later is offered in a currency. Without a list of currencies it is
// offered in CNY alone (D60).
func PayLaterIn(currencies []Currency, c Currency) bool {
	if len(currencies) == 0 {
		return c.String() == "CNY"
	}
	return slices.Contains(currencies, c)
}
