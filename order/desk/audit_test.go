package desk_test

import (
	"context"

	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/ordertest/audit"
)

// audit has the independent auditor go through the whole log, and holds what the desk shows of
// each stream to a replay of it and to the auditor's books.
func (tr *fixture) audit() {
	tr.Helper()
	policy := audit.WithPolicy(ordertest.AuditPolicy(tr.policy, tr.payLater))
	if err := ordertest.Audit(context.Background(), tr.Desk, tr.Store, policy); err != nil {
		tr.Fatal(err)
	}
}
