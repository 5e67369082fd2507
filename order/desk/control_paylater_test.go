package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
)

// controlLog is a log in which everything happens once that the books of the auditor tell apart.
func controlLog(t *testing.T) []entry {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.FreezeAfterOverdue = 2 }))
	paid, late, gone := tr.received("100 CNY"), tr.received("200 CNY"), tr.received("300 CNY")
	tr.pay(paid, "100 CNY")
	tr.on(paid, paylater.Refund{Amount: money("10 CNY")})
	lowered := tr.place("50 CNY")
	tr.on(lowered, paylater.LowerAmount{Amount: money("40 CNY")}, paylater.Cancel{})
	tr.at(tr.sale(late).DueAt.Add(1)).on(late, paylater.MarkOverdue{})
	tr.on(gone, paylater.MarkOverdue{}, paylater.WriteOff{})
	tr.pay(late, "200 CNY")
	tr.at(start.Add(9 * day))
	for _, id := range []string{"W-1", "W-2"} {
		tr.do(shopkeeper, withdrawal(id, "30 CNY"))
	}
	tr.do(platform, onFunds(funds.SettleWithdrawal{ID: "W-1"}))
	tr.do(platform, onFunds(funds.FailWithdrawal{ID: "W-2", Reason: "account closed"}))
	log, _, err := entriesAfter(tr.store, 0)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// TestShopAuditorFinds feeds the auditor logs with one fault each, made in one that it passes: it
// finds every one of them, under the name of the invariant.
func TestShopAuditorFinds(t *testing.T) {
	good := controlLog(t)
	if err := newShopBooks().enter(good); err != nil {
		t.Fatal(err)
	}
	type change func(log []entry) []entry
	drop := func(pick func(e any) bool) change {
		return func(log []entry) []entry {
			i := slices.IndexFunc(log, func(e entry) bool { return pick(e.event) })
			return slices.Delete(log, i, i+1)
		}
	}
	for name, c := range map[string]struct {
		fault string
		make  change
	}{
		"an order without a deduction":     {"I19", drop(is[credit.QuotaDeducted])},
		"a payment that restores nothing":  {"I19", drop(is[credit.QuotaRestored])},
		"a payment without a credit":       {"I20", drop(is[funds.Credited])},
		"a credit without a payment":       {"I19", drop(is[paylater.Paid])},
		"a refund that debits nothing":     {"D50", drop(is[funds.Debited])},
		"a debit without a refund":         {"D50", drop(is[paylater.RefundMade])},
		"an overdue order nobody counts":   {"D53", drop(is[credit.OverdueNoted])},
		"a write-off that consumes none":   {"I19", drop(is[credit.QuotaConsumed])},
		"a line that was not opened":       {"I18", drop(is[credit.LineOpened])},
		"a withdrawal that comes and goes": {"I23", drop(is[funds.WithdrawalRequested])},
		"another amount deducted":          {"I19", replace(func(e *credit.QuotaDeducted) { e.Amount = fen(1) })},
		"another amount restored":          {"I19", replace(func(e *credit.QuotaRestored) { e.Amount = fen(1) })},
		"another amount credited":          {"I20", replace(func(e *funds.Credited) { e.Amount = fen(1) })},
		"another amount consumed":          {"I19", replace(func(e *credit.QuotaConsumed) { e.Amount = fen(1) })},
		"restored as cancelled":            {"I20", replace(func(e *credit.QuotaRestored) { e.Cause = credit.RestoreCancelled })},
		"paid as not overdue":              {"D53", replaceNth(4, func(e *credit.QuotaRestored) { e.Overdue = false })},
		"a fee too many":                   {"I23", replace(func(e *funds.WithdrawalRequested) { e.Fee = fen(1) })},
		"debt while there is money":        {"I22", replace(func(e *funds.Debited) { e.Debt = fen(1) })},
		"deducted while frozen": {"I24", func(log []entry) []entry {
			freeze := log[slices.IndexFunc(log, func(e entry) bool { return is[credit.Frozen](e.event) })]
			return slices.Insert(log, 1, freeze)
		}},
		"deducted beyond the limit": {"I18", replace(func(e *credit.LineOpened) { e.Limit = fen(100_00) })},
		"raised while frozen": {"D55", func(log []entry) []entry {
			i := slices.IndexFunc(log, func(e entry) bool { return is[credit.Frozen](e.event) })
			raise := log[i]
			raise.event = credit.LimitRaised{From: fen(5000_00), To: fen(5000_01)}
			return slices.Insert(log, i+1, raise)
		}},
		"the three streams in two commits": {"I19", func(log []entry) []entry {
			i := slices.IndexFunc(log, func(e entry) bool { return is[paylater.Paid](e.event) })
			log[i].commit[0]++
			return log
		}},
	} {
		err := newShopBooks().enter(c.make(slices.Clone(good)))
		if err == nil || !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want a breach of %s", name, err, c.fault)
		}
	}
}

func is[E any](e any) bool {
	_, ok := e.(E)
	return ok
}

// replace changes the first event of that type, and replaceNth the nth.
func replace[E any](change func(e *E)) func(log []entry) []entry { return replaceNth(1, change) }

func replaceNth[E any](n int, change func(e *E)) func(log []entry) []entry {
	return func(log []entry) []entry {
		for i := range log {
			if e, ok := log[i].event.(E); ok {
				if n--; n == 0 {
					change(&e)
					log[i].event = e
					return log
				}
			}
		}
		return nil
	}
}

// TestShopAuditorReads holds what the desk shows against books that do not agree with it.
func TestShopAuditorReads(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.sold("100 CNY")
	tr.place("70 CNY")
	tr.after(time.Hour)
	log, _, err := entriesAfter(tr.store, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(b *shopBook){
		"":           func(*shopBook) {},
		"used":       func(b *shopBook) { b.used++ },
		"limit":      func(b *shopBook) { b.limit-- },
		"overdue":    func(b *shopBook) { b.overdue++ },
		"frozen":     func(b *shopBook) { b.freezes[credit.Ground{Reason: credit.ReasonOther, Ref: "x"}] = true },
		"credited":   func(b *shopBook) { b.credited++ },
		"debt":       func(b *shopBook) { b.debt++ },
		"paid out":   func(b *shopBook) { b.paidOut++ },
		"in transit": func(b *shopBook) { b.inTransit++ },
	} {
		books := newShopBooks()
		if err := books.enter(log); err != nil {
			t.Fatal(err)
		}
		spoil(books.shops["m-shop/CNY"])
		if err := books.shown(tr); (err != nil) != (name != "") {
			t.Errorf("another %q: %v", name, err)
		}
	}
}
