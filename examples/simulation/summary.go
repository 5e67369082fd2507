package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tradesurety/surety/order/ordertest/world"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// summary prints the results of the run. kept is how many more bytes are in use at its end than before
// it, including the store.
func summary(out io.Writer, r *world.Report, kept int64) {
	begun := r.Assurance + r.PayLater
	fmt.Fprintf(out, "%s orders, seed %d, from %s to %s by the virtual clock: %s commands, %s events, each commit audited\n",
		count(begun), r.Seed, r.Began.Format(time.DateOnly), r.Until.Format(time.DateOnly), count(r.Commands), count(r.Events))
	outcomes(out, r)
	refusals(out, r)
	for i := range r.Money {
		money(out, &r.Money[i])
	}
	faults(out, r)

	w := table(out, "Run")
	fmt.Fprintf(w, "wall clock\t%s\t\n", r.Wall.Round(time.Millisecond))
	fmt.Fprintf(w, "orders a second\t%s\t\n", count(int(r.OrdersPerSecond())))
	fmt.Fprintf(w, "peak memory\t%.1f MiB\t\n", float64(r.PeakBytes)/(1<<20))
	fmt.Fprintf(w, "kept at the end\t%.1f MiB\t%d bytes an order\n", float64(kept)/(1<<20), kept/int64(max(begun, 1)))
	w.Flush()
	fmt.Fprintf(out, "\nDigest of the history\n  %s\n", r.Digest)
}

// table begins a table under a heading; its second column is right-aligned.
func table(out io.Writer, heading string) *tabwriter.Writer {
	fmt.Fprintf(out, "\n%s\n", heading)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	return w
}

func outcomes(out io.Writer, r *world.Report) {
	w := table(out, "Orders by outcome")
	for _, o := range r.Outcomes {
		all := r.Assurance
		if o.Kind == "pay-later" {
			all = r.PayLater
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%.1f %%\n", o.Kind, o.End, right(count(o.Count), 10), 100*float64(o.Count)/float64(max(all, 1)))
	}
	w.Flush()
}

func refusals(out io.Writer, r *world.Report) {
	texts := make(map[rule.ID]string)
	for _, entry := range rule.Book() {
		texts[entry.ID] = entry.English
	}
	w := table(out, "Refusals by rule")
	list := slices.Clone(r.Refusals)
	slices.SortStableFunc(list, func(a, b world.RuleCount) int { return b.Count - a.Count })
	for _, c := range list {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", c.Rule, right(count(c.Count), 10), short(texts[c.Rule], 90))
	}
	fmt.Fprintf(w, "  id of another command\t%s\t\n", right(count(r.Duplicates), 10))
	fmt.Fprintf(w, "  malformed\t%s\t\n", right(count(r.Malformed), 10))
	fmt.Fprintf(w, "  all\t%s\tof %s commands\n", right(count(r.Refused+r.Duplicates+r.Malformed), 10), count(r.Commands))
	w.Flush()
}

// money prints both sides of each equation; the world has checked that they are equal to the cent.
func money(out io.Writer, m *world.Money) {
	w := table(out, "Money and quota in "+m.Currency.String())
	for _, row := range []struct {
		what  string
		total trade.Money
		parts []part
	}{
		{"received for assurance orders", m.Received, []part{
			{"applied", m.Applied}, {"not applied", m.Unapplied}, {"returned", m.Returned}, {"charged back", m.Reversed},
		}},
		{"held of the assurance lines", m.Held, []part{
			{"released", m.Released}, {"claimed", m.Posted}, {"still held", m.Holding},
		}},
		{"deducted from the pay-later lines", m.Deducted, []part{
			{"restored by payments", m.RestoredPaid}, {"restored otherwise", m.RestoredOther}, {"written off", m.WrittenOff}, {"still used", m.Used},
		}},
		{"credited to merchants", m.Credited, []part{
			{"balance", m.Balance}, {"in transit", m.InTransit}, {"paid out", m.PaidOut}, {"fees", m.Fees}, {"spent", m.Spent}, {"refunds", m.Debited}, {"less debt", m.Debt},
		}},
	} {
		if row.total.IsZero() {
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\t\n", row.what, right(grouped(row.total), 20))
		for _, p := range row.parts {
			if !p.amount.IsZero() {
				fmt.Fprintf(w, "    %s\t%s\t\n", p.what, right(grouped(p.amount), 20))
			}
		}
	}
	w.Flush()
}

type part struct {
	what   string
	amount trade.Money
}

func faults(out io.Writer, r *world.Report) {
	w := table(out, "Faults met")
	for _, f := range r.Faults {
		fmt.Fprintf(w, "  %s\t%s\t\n", f.Fault, right(count(f.Count), 10))
	}
	w.Flush()
}

// count returns a number with separated thousands.
func count(n int) string { return thousands(strconv.Itoa(n)) }

// grouped returns an amount with separated thousands.
func grouped(m trade.Money) string {
	whole, fraction, found := strings.Cut(m.Amount(), ".")
	if !found {
		return thousands(whole)
	}
	return thousands(whole) + "." + fraction
}

// thousands puts commas between the thousands of a whole number.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// right returns a text right-aligned in that many columns.
func right(s string, columns int) string { return fmt.Sprintf("%*s", columns, s) }

// short cuts a text at a word, so that a row fits its line.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:strings.LastIndexByte(s[:most], ' ')] + " …"
}
