package main

import (
	"fmt"
	"strings"

	"github.com/tradesurety/surety/examples/internal/display"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

func (s *story) chapter(title string) {
	if s.err == nil {
		fmt.Fprintf(s.out, "\n%s\n%s\n", title, strings.Repeat("-", 100))
	}
}

func (s *story) line(by trade.Role, what string) {
	fmt.Fprintf(s.out, "%s  %s  %s\n", s.now.Format("2006-01-02 15:04"), display.Pad(by.Text(s.words.Lang), 8), what)
}

// events prints the events of a command: on the order, on the line, on the balance.
func (s *story) events(by trade.Role, list []desk.Recorded) {
	var parts []string
	for _, r := range list {
		if text := s.describe(r.Event); text != "" {
			parts = append(parts, text)
		}
	}
	s.line(by, strings.Join(parts, "; "))
}

func (s *story) describe(event any) string {
	t := s.texts
	switch e := event.(type) {
	case paylater.Placed:
		return fmt.Sprintf(t.placed, e.Amount)
	case paylater.Shipped:
		return t.shipped
	case paylater.ReceiptConfirmed:
		return t.received
	case paylater.Paid:
		return fmt.Sprintf(t.paid, e.Total)
	case credit.LineOpened:
		return fmt.Sprintf(t.opened, e.Limit)
	case credit.QuotaDeducted:
		return fmt.Sprintf(t.deducted, e.Amount)
	case credit.QuotaRestored:
		return fmt.Sprintf(t.restored, e.Amount)
	case credit.LimitRaised:
		return fmt.Sprintf(t.raised, e.From, e.To)
	case credit.Unfrozen:
		return t.unfrozen
	case funds.Credited:
		return fmt.Sprintf(t.credited, e.Amount, e.AvailableAt.Format("01-02"))
	case funds.WithdrawalRequested:
		return fmt.Sprintf(t.requested, e.Gross, e.Fee, e.Net)
	case funds.WithdrawalSettled:
		return fmt.Sprintf(t.settled, e.ID)
	}
	return ""
}

// page prints the merchant's quota page (B4).
func (s *story) page() {
	if s.err != nil {
		return
	}
	line, _, err := s.desk.ReadQuota(s.ctx, shop, shop.Account, funds.CNY())
	if s.fail(err) {
		return
	}
	p, t := line.Page(), s.texts
	frozen := t.no
	if p.Frozen {
		var why []string
		for _, g := range p.Why {
			why = append(why, strings.TrimSpace(t.reasons[g.Reason]+" "+s.name(g.Order())))
		}
		frozen = strings.Join(why, ", ")
	}
	rule := "  +" + strings.Repeat("-", 14) + "+" + strings.Repeat("-", 14) + "+" + strings.Repeat("-", 14) + "+" + strings.Repeat("-", 14) + "+" + strings.Repeat("-", 24) + "+\n"
	row := func(cells ...string) {
		fmt.Fprintf(s.out, "  | %s | %s | %s | %s | %s |\n", right(cells[0], 12), right(cells[1], 12), right(cells[2], 12), right(cells[3], 12), display.Pad(cells[4], 22))
	}
	fmt.Fprint(s.out, rule)
	row(t.limit, t.used, t.remaining, t.usable, t.frozen)
	fmt.Fprint(s.out, rule)
	row(p.Limit.Amount(), p.Used.Amount(), p.Remaining.Amount(), p.Usable.Amount(), frozen)
	fmt.Fprint(s.out, rule)
}

func right(s string, width int) string {
	return strings.Repeat(" ", max(0, width-display.Columns(s))) + s
}

// statements prints the ledger of the quota, the statement of the funds, and the withdrawals.
func (s *story) statements() {
	if s.err != nil {
		return
	}
	t := s.texts
	ledger, err := s.desk.QuotaLedger(s.ctx, shop, shop.Account, funds.CNY())
	if s.fail(err) {
		return
	}
	s.chapter(t.ledger)
	limit, used := ledger.Opening.Limit, ledger.Opening.Used
	entry := func(when, what, which string, limitBy, usedBy trade.Money) {
		fmt.Fprintf(s.out, "%s  %s  %s  %s  %s  %s  %s\n", display.Pad(when, 16), display.Pad(what, 16), display.Pad(which, 4),
			right(signed(limitBy), 12), right(signed(usedBy), 12), right(limit.Amount(), 12), right(used.Amount(), 12))
	}
	fmt.Fprintf(s.out, "%s  %s  %s  %s  %s  %s  %s\n", display.Pad(s.words.Heading.Time, 16), display.Pad(t.entry, 16), display.Pad("", 4),
		right(t.limitBy, 12), right(t.usedBy, 12), right(t.limit, 12), right(t.used, 12))
	entry("", t.openingWord, "", trade.Money{}, trade.Money{})
	for _, m := range ledger.Movements {
		limit, used = sum(limit, m.Limit), sum(used, m.Used)
		entry(m.At.Format("2006-01-02 15:04"), t.movements[m.Kind], s.name(m.Order), m.Limit, m.Used)
	}
	entry("", t.closingWord, "", trade.Money{}, trade.Money{})
	if limit != ledger.Closing.Limit || used != ledger.Closing.Used {
		s.fail(fmt.Errorf("the ledger closes at %s and %s, the line at %s and %s", limit, used, ledger.Closing.Limit, ledger.Closing.Used))
	}
	s.page()
	s.received()
}

// received prints the statement of the funds, their state and the withdrawals.
func (s *story) received() {
	t := s.texts
	statement, err := s.desk.FundsLedger(s.ctx, shop, shop.Account, funds.CNY())
	if s.fail(err) {
		return
	}
	s.chapter(t.statement)
	for _, m := range statement.Movements {
		which := s.name(m.Order) + string(m.Withdrawal)
		fmt.Fprintf(s.out, "%s  %s  %s  %s  %s\n", m.At.Format("2006-01-02 15:04"), display.Pad(t.money[m.Kind], 16), display.Pad(which, 4),
			right(signed(m.Amount), 12), right(m.Balance.Amount(), 12))
	}
	balance, _, err := s.desk.ReadFunds(s.ctx, shop, shop.Account, funds.CNY())
	if s.fail(err) {
		return
	}
	p := balance.Page(s.now)
	for _, x := range []struct {
		name   string
		amount trade.Money
	}{
		{t.pending, p.Pending}, {t.available, p.Available}, {t.transit, p.InTransit}, {t.paidOut, p.PaidOut}, {t.fees, p.Fees}, {t.creditedAll, p.Credited},
	} {
		fmt.Fprintf(s.out, "  %s %s\n", display.Pad(x.name, 22), right(x.amount.Amount(), 12))
	}
	list, err := s.desk.Withdrawals(s.ctx, shop, shop.Account, funds.CNY())
	if s.fail(err) {
		return
	}
	s.chapter(t.history)
	for _, w := range list {
		fmt.Fprintf(s.out, "%s  %s  %s  %s\n", w.RequestedAt.Format("2006-01-02 15:04"), w.ID,
			fmt.Sprintf(t.requested, w.Gross, w.Fee, w.Net), t.statuses[w.Status])
	}
}

// signed returns an amount with its sign, and "" for zero.
func signed(m trade.Money) string {
	switch {
	case m.IsZero():
		return ""
	case m.IsPositive():
		return "+" + m.Amount()
	}
	return m.Amount()
}

func sum(a, b trade.Money) trade.Money {
	total, _ := a.Add(b) // the line has checked that the sum fits
	return total
}
