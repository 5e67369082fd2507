package viewtest

import (
	"context"
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/memory"
)

// Printer stands for the *testing.T of an example: it prints a failure, which is then in the
// output.
type Printer struct{}

// Helper does nothing.
func (Printer) Helper() {}

// Cleanup does nothing: an example works in memory.
func (Printer) Cleanup(func()) {}

// Context returns the background context.
func (Printer) Context() context.Context { return context.Background() }

// Errorf prints the failure.
func (Printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// Fatalf panics with the failure.
func (Printer) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Built returns a store in memory with views that are built from the whole log.
func Built(log events.Store, views ...*projection.View) projection.Store {
	store := memory.New()
	for _, v := range views {
		worker, err := projection.New(log, store, v)
		if err == nil {
			_, err = worker.CatchUp(context.Background())
		}
		if err != nil {
			panic(err)
		}
	}
	return store
}
