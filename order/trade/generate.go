package trade

// The books are made from the tables of all packages below order, so their directive has to run after
// the codecs: go generate takes packages in the order of their paths, and this is the last one.

//go:generate go run github.com/tradesurety/surety/order/internal/bookgen -dir ..
