module example.com/consumer

go 1.26.0

require (
	github.com/tradesurety/surety v0.0.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/looplab/fsm v1.0.3 // indirect
	github.com/shopspring/decimal v1.6.0 // indirect
)

replace github.com/tradesurety/surety => ../../../..
