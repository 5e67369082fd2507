package mutants

// mutants are the seeded faults, chapter by chapter.
var mutants = []mutant{
	// order: who may, and when
	{"order.go", "return by.Account == o.Buyer.Account\n", "return by.Account != \"\"\n", "I8", "any buyer acts on any contract", play},
	{"order.go", "return by.Account == o.Seller.Account\n\tcase command ==", "return true\n\tcase command ==", "I8", "any seller acts on any order", play},
	{"machine/life.go", "case at.Frozen && !whileFrozen:", "case false:", "D29", "an order in dispute goes on", play},
	{"machine/life.go", "case g.At.Before(at.LastAt) && g.By.Role != trade.Desk && !l.Fact(name, g.By.Role):", "case false:", "D61", "a command may come before what came before it", play},
	{"lifecycle.go", "permit(Refund{}, by(trade.Seller, trade.Platform),", "permit(Refund{}, by(trade.Buyer, trade.Seller, trade.Platform),", "I8", "a buyer issues a refund", play},
	{"lifecycle.go", "permit(RecordPayment{}, by(trade.Platform), submitted,", "permit(RecordPayment{}, by(trade.Platform, trade.Buyer), submitted,", "I8", "a buyer reports a payment as received", play},
	{"lifecycle.go", "permit(AutoConfirmReceipt{}, by(trade.System), in(PhaseShipped),", "permit(AutoConfirmReceipt{}, by(trade.System, trade.Seller), in(PhaseShipped),", "I8", "the seller confirms receipt", edges},

	// order: draft and confirm
	{"draft.go", "if o.Seller.Same(\"\", c.Email) || g.By.Email.Same(c.Email) {", "if false {", "D36", "the seller names its own e-mail address as the buyer's", edges},
	{"draft.go", "if o.Mode == DraftAttachment && o.contractsOf(trade.Seller) == 0 {", "if false {", "A7", "an order to be attached is submitted without a contract", rules},
	{"draft.go", "if !account.Owner.IsZero() && account.Owner != o.ID {", "if false {", "A11", "two orders get one receiving account", rules},
	{"draft.go", "if c.Coverage != CoverageNone && !c.TermsAccepted {", "if false {", "A13", "coverage without the tick", rules},
	{"confirm.go", "if c.Terms != o.Revision {", "if c.Terms > o.Revision {", "A18", "the buyer confirms terms that have changed", play},
	{"confirm.go", "if !g.At.Before(o.ConfirmBy) {", "if g.At.After(o.ConfirmBy) {", "D28", "confirmed at the very deadline", play},
	{"confirm.go", "PayBy: g.At.Add(f.rules().PayWithin)", "PayBy: g.At.Add(f.rules().ConfirmWithin)", "D28", "another deadline of payment", play},
	{"confirm.go", "if o.Seller.Same(g.By.Account, g.By.Email) {", "if false {", "D36", "the seller confirms as a buyer", rules},

	// order: money
	{"pay.go", "e.Applied = smaller(c.Amount.SubUnchecked(e.Reversed), o.Due())", "e.Applied = c.Amount.SubUnchecked(e.Reversed)", "I14", "more is applied than is due", edges},
	{"pay.go", "if o.collects() {", "if true {", "I7", "money is applied before confirmation and after the end", play},
	{"pay.go", "if !e.NeedsReview {", "if true {", "D19", "money of somebody else is applied", play},
	{"announce.go", "if c.Method == PayECheck && c.BankCountry != \"US\" {", "if false {", "I9", "e-Checking of any bank", edges},
	{"announce.go", "if c.Method != PayTT && o.processing(g.At) {", "if false {", "D18", "two payments in process", play},
	{"pay.go", "if c.Method == PayTT && (c.ReceivingAccount != o.ReceivingAccount || o.ReceivingAccount == \"\") {", "if false {", "D19", "a transfer into another account counts", play},
	{"unapplied.go", "amount := smaller(o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review), o.Due())", "amount := smaller(o.Ledger.Unapplied, o.Due())", "D19", "confirmation applies money under review", edges},
	{"pay.go", "short := o.StepDue()", "short := o.Due()", "D20", "a shortfall writes off the balance as well", play},
	{"refund.go", "if after.Phase <= PhaseReceived && after.paidBack() {", "if after.Phase <= PhaseReceived && after.Ledger.Applied.IsZero() {", "D30", "an order that is refunded in full stays open", play},
	{"refund.go", "case waits.Less(c.Amount):", "case false:", "I14", "more is returned than waits", play},
	{"cases.go", "if r.At.After(c.At) || r.At.Equal(c.At) && r.Status.rank() > c.Status.rank() {", "if true {", "D24", "the report that came last stands", play},
	{"ledger.go", "room = o.Terms.Total.SubUnchecked(l.Applied).SubUnchecked(l.Shortfall.SubUnchecked(l.Yielding))", "room = o.Terms.Total", "I14", "a won chargeback applies more than is due", play},
	{"ledger.go", "m.Unapplied = smaller(gap, l.Unapplied.SubUnchecked(l.Review))", "m.Unapplied = zeroOf(gap)", "D24", "a chargeback leaves alone what waits", play},
	{"order.go", "case o.stranded() && !stranded:", "case false:", "D63", "an order that lost its initial payment stays ready to ship", play},
	{"dispute.go", "case d.RuledIn == PhaseNone && int(d.Number) >= f.rules().MaxDisputes:", "case false:", "D29", "disputes without end", edges},

	// order: quota
	{"quota.go", "return o.Terms.Initial\n", "return o.Terms.Total\n", "D2", "pre-shipment coverage holds the total", play},
	{"quota.go", "cause == ReleaseReceived && o.Coverage == CoveragePostDelivery", "cause == ReleaseShipped && o.Coverage == CoveragePostDelivery", "A15", "post-delivery coverage ends at shipment", play},
	{"quota.go", "if !policy.CapCoverage || !quota.Available.IsPositive() {", "if !quota.Available.IsPositive() {", "D3", "coverage is capped under any policy", play},
	{"change.go", "case o.Due().IsZero() && coverage != o.Coverage:", "case false:", "D25", "coverage changes after full payment", edges},
	{"change.go", "if number != o.Proposal.Number {", "if number > o.Proposal.Number {", "D25", "consent to an earlier proposal counts for the last one", rules},
	{"change.go", "case o.Phase == PhaseReadyToShip && settled.Less(terms.Initial):", "case false:", "D25", "the initial payment rises above what is settled", edges},
	{"quota.go", "return []Event{HoldAdjusted{From: before, To: amount}}, nil", "return nil, nil", "D5", "a change of the price leaves the hold as it was", play},

	// order: export and receipt
	{"export.go", "if o.Void(o.Links[i]) {", "if false {", "I10", "shipped with a release before the draft", rules},
	{"export.go", "if !e.ReleasedAt.IsZero() && e.ReleasedAt.Before(o.DraftedAt) {", "if false {", "A23", "an entrustment released too early is linked", rules},
	{"export.go", "deadline := at.Add(time.Duration(days) * day)", "deadline := at.Add(time.Duration(days-1) * day)", "I12", "receipt is due a day early", play},
	{"export.go", "e.Late = !e.Agreed.IsZero() && !at.Before(e.Agreed)", "e.Late = !e.Agreed.IsZero() && at.After(e.Agreed)", "D17", "shipped at the agreed instant counts as in time", rules},
	{"receipt.go", "if g.At.Before(o.Shipment.ReceiptDeadline) {", "if g.At.Before(o.Shipment.ReceiptDeadline.Add(-1)) {", "I12", "receipt by itself a nanosecond early", edges},
	{"receipt.go", "if !g.At.Before(o.Shipment.ReceiptDeadline) {", "if g.At.After(o.Shipment.ReceiptDeadline) {", "D12", "extended at the very deadline", play},
	{"receipt.go", "if g.By.Role == trade.Buyer && o.Extended.Buyer || g.By.Role == trade.Seller && o.Extended.Seller {", "if g.By.Role == trade.Buyer && o.Extended.Buyer {", "D12", "the seller extends again and again", edges},
	{"receipt.go", "o.Phase == PhaseCompleted && g.At.After(last)", "o.Phase == PhaseClosed && g.At.After(last)", "D31", "reviewed at any time", play},

	// order: disputes and the end
	{"dispute.go", "stood := endedAt.Sub(o.FrozenAt)", "stood := time.Duration(0)", "D13", "the clock of receipt runs in a dispute", play},
	{"dispute.go", "from = o.Dispute.EscalateBy", "from = o.Dispute.EscalateFrom", "D29", "the system escalates three days early", play},
	{"dispute.go", "case g.By.Role == offer.By:", "case false:", "D29", "a party accepts its own offer", edges},
	{"dispute.go", "case left.Less(amount):", "case false:", "D30", "more is offered or claimed than is left", edges},
	{"ruling.go", "amount := smaller(smaller(ruled, o.Hold.Amount), o.Left())", "amount := smaller(o.Hold.Amount, o.Left())", "I16", "the platform pays more than it ruled", play},
	{"ruling.go", "case o.Hold.Status == HoldIsPosted:", "case false:", "D8", "a claimed hold is refused by another rule", rules},
	{"close.go", "if g.At.Before(deadline) {", "if g.At.Before(deadline.Add(-1)) {", "D28", "expired a nanosecond early", edges},
	{"close.go", "for i := 0; i < len(o.Links) && o.Shipment.ShippedAt.IsZero(); i++ {", "for i := 0; i < len(o.Links) && !o.Shipment.ShippedAt.IsZero(); i++ {", "D40", "a closed order keeps its entrustments", play},

	// credit
	{"credit/hold.go", "if available := l.Available(); available.Less(c.Amount) {", "if available := l.Available(); available.IsNegative() {", "I2", "a hold beyond what is available", rules},
	{"credit/claim.go", "if l.Consumed.Less(c.Amount) {", "if false {", "D8", "more is repaid than is owed", play},
	{"credit/claim.go", "l.Consumed, err = l.Consumed.Add(e.Amount)", "l.Consumed, err = l.Consumed.Add(e.Released)", "I2", "a claim consumes what it released", play},
	{"credit/open.go", "if !trade.PayLaterIn(f.Currencies, l.Currency) {", "if false {", "D60", "a pay-later line in any currency", rules},
	{"credit/assess.go", "if l.AssessmentRequested {\n\t\treturn nil, l.refuse", "if false {\n\t\treturn nil, l.refuse", "B21", "two requests for one assessment", rules},
	{"credit/open.go", "case l.Frozen():", "case false:", "D55", "the limit rises while frozen", edges},
	{"credit/deduct.go", "return trade.Minor(max(0, limit.MinorUnits()-amount.MinorUnits()), limit.Currency())", "return trade.Minor(max(0, limit.MinorUnits()), limit.Currency())", "D52", "a write-off leaves the limit", play},
	{"credit/freeze.go", "case c.Reason == ReasonOverdue && !f.Overdue:", "case false:", "D53", "frozen for an order that is not overdue", play},
	{"credit/lifecycle.go", "permit(Unfreeze{}, by(trade.Platform),", "permit(Unfreeze{}, by(trade.Platform, trade.Seller),", "I8", "the merchant unfreezes its own line", play},

	// paylater
	{"paylater/place.go", "if c.Merchant == g.By.Account {", "if false {", "D36", "the merchant is its own buyer", rules},
	{"paylater/place.go", "if f.Line.Email.Same(g.By.Email) {", "if false {", "D36", "the merchant buys by a second account", rules},
	{"paylater/place.go", "if !f.Line.Active || f.Line.Frozen || missing.IsPositive() {", "if !f.Line.Active || missing.IsPositive() {", "B19", "a frozen line is no ground to refuse an order", rules},
	{"paylater/ship.go", "e.DueAt = g.At.Add(f.rules().PayWithin)", "e.DueAt = o.AutoReceiveAt.Add(f.rules().PayWithin)", "D46", "payment is due by the automatic receipt", play},
	{"paylater/ship.go", "if g.At.Before(o.AutoReceiveAt) {", "if g.At.Before(o.AutoReceiveAt.Add(-1)) {", "D46", "received by itself a nanosecond early", edges},
	{"paylater/overdue.go", "\tif !g.At.After(from) {", "\tif g.At.Before(from) {", "D47", "overdue at the very instant at which payment is due", edges},
	{"paylater/overdue.go", "if o.Charges > f.rules().ChargeRetries {", "if o.Charges > f.rules().ChargeRetries+1 {", "D47", "one charge too many", edges},
	{"paylater/aftersales.go", "DueAt: o.DueAt.Add(until.Sub(o.AfterSalesAt))", "DueAt: o.DueAt", "D46", "the time to pay runs in an after-sales case", play},
	{"paylater/aftersales.go", "if most := f.rules().MaxAfterSales; o.AfterSales >= most {", "if most := f.rules().MaxAfterSales; o.AfterSales > most {", "D66", "one after-sales case too many", rules},
	{"paylater/aftersales.go", "left := max(0, f.rules().MaxPause-o.Paused)", "left := f.rules().MaxPause", "D66", "each after-sales case pauses for thirty days", rules},
	{"paylater/aftersales.go", "if c.Amount.AtMost(o.Instalments) {", "if false {", "D51", "lowered to less than was paid in parts", rules},
	{"paylater/pay.go", "case charge && known == c.Amount:", "case false:", "D62", "a charge that is told twice is refused", rules},
	{"paylater/pay.go", "if !f.PaidOn.IsZero() && f.PaidOn != o.ID {", "if false {", "D65", "a payment counts on two pay-later orders", rules},
	{"paylater/pay.go", "case !f.rules().Instalments:", "case false:", "D51", "a part is taken under any policy", edges},
	{"paylater/order.go", "return by.Account == o.Merchant", "return by.Account != \"\"", "I8", "any merchant acts on any order", play},

	// funds
	{"funds/credit.go", "AvailableAt: g.At.Add(time.Duration(policy.HoldDays) * day)", "AvailableAt: g.At.Add(time.Duration(policy.HoldDays)*day - 1)", "B17", "available a nanosecond early", play},
	{"funds/withdraw.go", "if c.Dest.Alipay.Holder != b.Merchant {", "if false {", "B10", "withdrawn to another's account", edges},
	{"funds/withdraw.go", "if b.Available(g.At).Less(c.Amount) {", "if false {", "I22", "more is withdrawn than is available", rules},
	{"funds/policy.go", "low, carry := bits.Add64(low, basisPoints/2, 0)", "low, carry := bits.Add64(low, basisPoints/2-1, 0)", "D58", "a fee is rounded down at the half", rules},
	{"funds/policy.go", "if fee.Less(p.FeeMin) {", "if p.FeeMin.Less(fee) {", "D58", "the least fee is the greatest", play},
	{"funds/settle.go", "b.sums.Fees += w.Fee.MinorUnits()", "b.sums.Fees += w.Gross.MinorUnits()", "I23", "fee and payout are more than the withdrawal", rules},
	{"funds/waiting.go", "if o, ok := w.byOrder.find(owner{order: id}); ok && amount > 0 {", "if o, ok := w.byOrder.find(owner{order: id}); ok && amount < 0 {", "D50", "a refund spares the order's own credit", play},
	{"funds/card.go", "if bound.open > 0 {", "if bound.open > 1 {", "B10", "a card is unbound while money goes to it", rules},
	{"funds/balance.go", "Party: g.By.Role != trade.Seller || g.By.Account == b.Merchant}", "Party: true}", "I8", "any merchant withdraws", play},

	// seller
	{"seller/activate.go", "if missing := c.Certification.Missing(); len(missing) > 0 {", "if missing := c.Certification.Missing(); len(missing) > 4 {", "A5", "a free member without a certification", rules},
	{"seller/activate.go", "if !f.Operating {", "if false {", "A2", "a store that does not operate", rules},
	{"seller/lifecycle.go", "permit(Reinstate{}, by(trade.Platform),", "permit(Reinstate{}, by(trade.Platform, trade.Seller),", "I8", "a seller reinstates its own service", rules},

	// entrustment
	{"entrustment/customs.go", "if f.Policy.InFuture(c.ReleasedAt, g.At) {", "if false {", "D61", "released in the future", rules},
	{"entrustment/customs.go", "!known.IsZero() && !known.Equal(at)", "false", "D44", "customs release the goods at two instants", rules},
	{"entrustment/customs.go", "case PhaseDrafted, PhaseCancelled:", "case PhaseDrafted:", "D62", "a cancelled entrustment is released", rules},
	{"entrustment/customs.go", "Void: s.Linked() && at.Before(s.OrderDraftedAt)", "Void: s.Linked() && !at.After(s.OrderDraftedAt)", "D41", "a release at the instant of the draft is void", play},
	{"entrustment/customs.go", "if owner := f.Reservation.Owner; owner != \"\" && owner != s.ID {", "if false {", "D43", "two entrustments have one number", play},
	{"entrustment/draft.go", "if f.Order.Shipped {", "if false {", "D40", "an entrustment of a shipped order is cancelled", rules},
	{"entrustment/entrustment.go", "return s.Phase == PhaseNone && drafts || s.Phase != PhaseNone && by.Account == s.Seller", "return s.Phase != PhaseNone || drafts", "I8", "any seller acts on any entrustment", play},

	// desk: what a command on one stream does to others
	{"desk/plan.go", "err = x.reserve(accounts, reservation.ReceivingAccount, string(e.ReceivingAccount), o.ID.String())", "err = nil", "I31", "an account is not reserved", play},
	{"desk/plan.go", "err = x.toLine(&o, credit.Release{Order: o.ID, Amount: e.Amount, Cause: e.Cause})", "err = nil", "I1", "a released hold stays on the line", play},
	{"desk/plan.go", "err = x.reserve(declarations, reservation.DeclarationNumber, string(e.Declaration.Number), string(id))", "err = nil", "D43", "a declaration number is not reserved", play},
	{"desk/plan.go", "err = x.toOrder(linked, order.RecordRelease{Entrustment: id, ReleasedAt: e.ReleasedAt})", "err = nil", "I31", "the order does not hear of a release", play},
	{"desk/plan.go", "err = x.toOrder(linked, order.Unlink{Entrustment: id})", "err = nil", "I11", "the order does not hear of a cancelled entrustment", play},
	{"desk/plan_paylater.go", "l.Overdue < int64(after) ||", "l.Overdue <= int64(after) ||", "D53", "the line freezes one order late", play},
	{"desk/plan_paylater.go", "return x.toBalance(after, funds.Credit{Order: after.ID, Amount: e.Total}, funds.Sale{Paid: e.Total})", "return nil", "I20", "a payment is not credited", play},
	{"desk/plan_paylater.go", "return x.restore(before, after, e.Restored, credit.RestoreCancelled, false)", "return nil", "I17", "a cancelled order keeps its quota", play},
	{"desk/execution.go", "if now.Before(last) && last.Sub(now) <= d.policy.ClockSkew {", "if now.Before(last) {", "D61", "a clock may lag by any amount", rules},
}
