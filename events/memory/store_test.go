package memory_test

import (
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/storetest"
)

func TestStore(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		storetest.Run(t, storetest.Config{Open: func(testing.TB) events.Store { return memory.New() }})
	})
}
