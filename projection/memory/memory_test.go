package memory_test

import (
	"testing"

	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/memory"
	"github.com/tradesurety/surety/projection/projectiontest"
)

func TestStore(t *testing.T) {
	projectiontest.Run(t, projectiontest.Config{Open: func(testing.TB) projection.Store { return memory.New() }})
}
