package paylater

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// figureColumns are the columns of FundsFigures in the order of its fields.
var figureColumns = []string{"credited", "pending", "available", "in_transit", "paid_out", "fees", "spent", "refunded", "debt"}

// movements has a row for each event of a balance, with the figures after it at the instant at
// which it is booked. That instant never falls: it is that of the event, or a later one of an
// earlier event. The table releases has a row for each instant and order with the part of the
// order's credit that becomes available then; rows before the last event of a balance are final.
// The table withdrawals has a row for each withdrawal, and sales one for each order that was paid.
var (
	movements = &projection.Table{
		Name: "movements", Key: 3,
		Columns: append([]projection.Column{
			readmodel.Text("merchant"), readmodel.Text("currency"), readmodel.Number("version"),
			readmodel.Number("booked"), readmodel.Number("at"), readmodel.Text("type"), readmodel.Text("order"),
			readmodel.Text("withdrawal"), readmodel.Text("charge"),
		}, readmodel.Numbers(figureColumns...)...),
		Indexes: [][]string{{"merchant", "currency", "booked"}},
	}
	releases = &projection.Table{
		Name: "releases", Key: 4,
		Columns: []projection.Column{
			readmodel.Text("merchant"), readmodel.Text("currency"), readmodel.Number("at"), readmodel.Text("order"), readmodel.Number("amount"),
		},
	}
	withdrawals = &projection.Table{
		Name: "withdrawals", Key: 3,
		Columns: append([]projection.Column{
			readmodel.Text("merchant"), readmodel.Text("currency"), readmodel.Text("id"),
			readmodel.Text("card"), readmodel.Text("alipay"), readmodel.Text("status"), readmodel.Text("reason"),
		}, readmodel.Numbers("place", "gross", "fee", "net", "requested", "expected", "ended")...),
		Indexes: [][]string{{"merchant", "currency", "place"}},
	}
	sales = &projection.Table{
		Name: "sales", Key: 1,
		Columns: []projection.Column{
			readmodel.Text("id"), readmodel.Text("merchant"), readmodel.Text("currency"), readmodel.Number("paid"), readmodel.Number("refunded"),
		},
	}
)

// FundsView returns the view that Funds reads.
func FundsView() *projection.View {
	return readmodel.View("paylater_funds", 1, []*projection.Table{movements, releases, withdrawals, sales},
		projection.Fold[step, funds.Event]{Model: stepModel(), Each: putMovement},
		projection.Fold[paylater.Order, paylater.Event]{Model: paylater.Model(), Last: putSale})
}

// step is a balance before and after an event. Both share what the event did not change.
type step struct{ before, after funds.Balance }

func stepModel() *events.Model[step, funds.Event] {
	m := funds.Model()
	return &events.Model[step, funds.Event]{
		Category: m.Category, Encode: m.Encode, Decode: m.Decode,
		New: func(stream events.StreamID) step { return step{after: m.New(stream)} },
		Evolve: func(s *step, e funds.Event, at time.Time) error {
			before := s.after
			if err := m.Evolve(&s.after, e, at); err != nil {
				return err
			}
			s.before = before
			return nil
		},
	}
}

func putSale(rows *projection.Rows, _ events.StreamID, _ events.Version, o *paylater.Order) {
	if o.Paid.IsZero() {
		return // it was never paid: Paid does not fall
	}
	rows.Put(sales, readmodel.ID(o.ID), projection.Text(o.Merchant), readmodel.Currency(o.Original.Currency()),
		readmodel.Minor(o.Paid), readmodel.Minor(o.Refunded))
}

func putMovement(rows *projection.Rows, r *events.Record, e funds.Event, s *step) error {
	var (
		id         trade.ID
		withdrawal funds.WithdrawalID
		charge     funds.ChargeID
	)
	b := &s.after
	merchant, currency := projection.Text(b.Merchant), readmodel.Currency(b.Currency)
	switch e := e.(type) {
	case funds.Credited:
		id = e.Order
		if rest := e.Amount.MinorUnits() - e.Repaid.MinorUnits(); rest > 0 && e.AvailableAt.After(b.LastAt) {
			rows.Put(releases, merchant, currency, projection.Time(e.AvailableAt), readmodel.ID(id), projection.Int(rest))
		}
	case funds.Debited:
		id = e.Order
		drain(rows, s)
	case funds.WithdrawalRequested:
		withdrawal = e.ID
		rows.Put(withdrawals, merchant, currency, projection.Text(e.ID),
			projection.Text(readmodel.MaskNumber(e.Dest.Card)), projection.Text(maskAlipay(e.Dest.Alipay.Account)),
			projection.Text(funds.Requested), projection.Text(""), projection.Int(int64(r.Version)),
			readmodel.Minor(e.Gross), readmodel.Minor(e.Fee), readmodel.Minor(e.Net),
			projection.Time(r.At), projection.Time(e.ExpectedAt), projection.Int(0))
	case funds.WithdrawalSettled:
		withdrawal = e.ID
		end(rows, b, e.ID, funds.Settled, "", r.At)
	case funds.WithdrawalFailed:
		withdrawal = e.ID
		end(rows, b, e.ID, funds.Failed, string(e.Reason), r.At)
	case funds.ChargePaid:
		charge = e.ID
	}
	row := []projection.Value{
		merchant, currency, projection.Int(int64(r.Version)), projection.Time(b.LastAt), projection.Time(r.At), projection.Text(r.Type),
		readmodel.ID(id), projection.Text(withdrawal), projection.Text(charge),
	}
	p := b.Page(b.LastAt)
	for _, amount := range [...]trade.Money{p.Credited, p.Pending, p.Available, p.InTransit, p.PaidOut, p.Fees, p.Spent, p.Refunded, p.Debt} {
		row = append(row, readmodel.Minor(amount))
	}
	rows.Put(movements, row...)
	return nil
}

// drain updates the waiting credits that a refund has reduced.
func drain(rows *projection.Rows, s *step) {
	b := &s.after
	merchant, currency := projection.Text(b.Merchant), readmodel.Currency(b.Currency)
	left := b.Waiting(b.LastAt)
	for _, w := range s.before.Waiting(b.LastAt) {
		i, found := slices.BinarySearchFunc(left, w, func(a, b funds.Waiting) int {
			return cmp.Or(a.AvailableAt.Compare(b.AvailableAt), slices.Compare(a.Order[:], b.Order[:]))
		})
		switch {
		case !found:
			rows.Delete(releases, merchant, currency, projection.Time(w.AvailableAt), readmodel.ID(w.Order))
		case left[i].Amount != w.Amount:
			rows.Put(releases, merchant, currency, projection.Time(w.AvailableAt), readmodel.ID(w.Order), readmodel.Minor(left[i].Amount))
		}
	}
}

// end puts the end of a withdrawal.
func end(rows *projection.Rows, b *funds.Balance, id funds.WithdrawalID, status funds.Status, reason string, at time.Time) {
	row := slices.Clone(rows.Get(withdrawals, projection.Text(b.Merchant), readmodel.Currency(b.Currency), projection.Text(id)))
	if row == nil {
		return // the withdrawal is open, so the store failed to read its row, which stops the view
	}
	row[withdrawals.Column("status")] = projection.Text(status)
	row[withdrawals.Column("reason")] = projection.Text(reason)
	row[withdrawals.Column("ended")] = projection.Time(at)
	rows.Put(withdrawals, row...)
}

// maskAlipay masks an Alipay account, which is an address or a number.
func maskAlipay(account string) string {
	if strings.Contains(account, "@") {
		return readmodel.MaskEmail(account)
	}
	return readmodel.MaskNumber(account)
}
