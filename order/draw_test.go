package order_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// drawInstant goes on a little, jumps beyond a deadline, or goes back.
func drawInstant(t *rapid.T, s story) time.Time {
	switch rapid.IntRange(0, 9).Draw(t, "time") {
	case 0:
		return s.order.LastAt.Add(-rapid.SampledFrom([]time.Duration{1, time.Second, day}).Draw(t, "back"))
	case 1:
		if d, ok := s.order.Deadline(); ok {
			return d.At.Add(rapid.SampledFrom([]time.Duration{-1, 0, 1}).Draw(t, "beside the deadline"))
		}
	case 2:
		return latest(s).Add(time.Duration(rapid.IntRange(0, 70).Draw(t, "days")) * day)
	}
	return latest(s).Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "minutes")) * time.Minute)
}

func latest(s story) time.Time {
	if s.order.LastAt.IsZero() {
		return newYear
	}
	return s.order.LastAt
}

func drawFacts(t *rapid.T) order.Facts {
	f := order.Facts{
		Service: order.ServiceActive, Match: buyer.Account,
		Quota:     order.Quota{Available: money("10000")},
		Receiving: order.Receiving{Account: account},
	}
	switch rapid.IntRange(0, 14).Draw(t, "facts") {
	case 0:
		f.Service = rapid.SampledFrom([]order.Service{order.ServiceNone, order.ServiceRejected, order.ServiceSuspended}).Draw(t, "service")
	case 1:
		f.Match = rapid.SampledFrom([]trade.Account{"", seller.Account, "b-7"}).Draw(t, "match")
	case 2:
		f.Quota.Available = money(rapid.SampledFrom([]string{"0", "0.01", "1000", "1000 EUR"}).Draw(t, "quota"))
	case 3:
		f.Quota.Suspended = true
	case 4:
		f.Receiving.Owner = rapid.SampledFrom([]trade.ID{orderID, otherID}).Draw(t, "owner")
	case 5:
		f.Receiving = order.Receiving{}
	case 6:
		f.Entrustment = order.Entrustment{
			ID: drawEntrustment(t), Seller: rapid.SampledFrom([]trade.Account{seller.Account, "rival"}).Draw(t, "seller"),
			Cancelled: rapid.Bool().Draw(t, "cancelled"), ReleasedAt: newYear.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "released"))),
		}
	}
	return f
}

func drawEntrustment(t *rapid.T) order.EntrustmentID {
	return rapid.SampledFrom([]order.EntrustmentID{"E1", "E2", "E3"}).Draw(t, "entrustment")
}

var moneyCommands = []string{
	"initiate-payment", "record-payment", "record-payment", "fail-payment", "apply-unapplied", "accept-shortfall",
	"return-unapplied", "charge-back", "resolve-chargeback", "reverse-transfer", "void-payment", "apply-unapplied", "return-unapplied",
}

// parties are the actors of the stories.
var parties = []trade.Actor{buyer, seller, platform, system, deskRole}

// possible returns the commands that nothing is known to refuse.
func possible(s story, by trade.Actor) (names []string) {
	for _, option := range s.order.Next(by, s.now, s.policy) {
		if option.Refusal == nil {
			names = append(names, option.Command)
		}
	}
	return names
}

// drawCommand returns a command that may well fit, with a payload that often does.
func drawCommand(t *rapid.T, s story) order.Command {
	name := rapid.SampledFrom(allCommands).Draw(t, "command").Name()
	if rapid.IntRange(0, 3).Draw(t, "money") == 0 {
		// Money has the most to get wrong.
		name = rapid.SampledFrom(moneyCommands).Draw(t, "money command")
	} else if options := possible(s, rapid.SampledFrom(parties).Draw(t, "helper")); len(options) > 0 && rapid.IntRange(0, 7).Draw(t, "fits") > 0 {
		name = rapid.SampledFrom(options).Draw(t, "option")
	}
	if s.order.Phase == order.PhaseDraft && rapid.IntRange(0, 5).Draw(t, "offers") == 0 {
		name = "submit"
	}
	if s.order.Frozen() && rapid.IntRange(0, 5).Draw(t, "goes on") == 0 {
		name = rapid.SampledFrom([]string{"arbitrate", "resolve-chargeback", "accept-settlement"}).Draw(t, "thaws")
	}
	i := slices.IndexFunc(allCommands, func(c order.Command) bool { return c.Name() == name })
	id := order.PaymentID(rapid.SampledFrom([]string{"P1", "P2", "P3", "P4"}).Draw(t, "payment"))
	amount := drawAmount(t, s)
	switch c := allCommands[i].(type) {
	case order.Draft:
		return order.Draft{Mode: rapid.SampledFrom([]order.DraftMode{order.DraftOnline, order.DraftAttachment, "fax"}).Draw(t, "mode")}
	case order.SetBuyer:
		c.Email = rapid.SampledFrom([]trade.Email{buyer.Email, otherBuyer.Email, seller.Email, "no address"}).Draw(t, "email")
		return c
	case order.MatchBuyer:
		return order.MatchBuyer{Email: s.order.Buyer.Email}
	case order.AttachContract:
		c.StatesAccount = rapid.IntRange(0, 4).Draw(t, "states") == 0
		return c
	case order.SetTerms:
		return order.SetTerms{Terms: order.Terms{
			Total: amount, Initial: rapid.SampledFrom([]trade.Money{{}, money("0.01"), amount, money("1 EUR")}).Draw(t, "initial"),
			ShipBy: rapid.SampledFrom([]order.ShipBy{{}, {Date: "2025-01-05"}, {Days: 1, After: order.InitialPayment}, {Days: 1, After: order.BalancePayment}}).Draw(t, "ship by"),
		}}
	case order.SetTransport:
		return order.SetTransport{Mode: rapid.SampledFrom([]order.Transport{order.TransportAir, order.TransportLand, order.TransportSea, "post"}).Draw(t, "mode")}
	case order.ChooseCoverage:
		c.Coverage = rapid.SampledFrom([]order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery}).Draw(t, "coverage")
		return c
	case order.Confirm:
		return order.Confirm{Terms: s.order.Revision - order.Revision(rapid.IntRange(0, 4).Draw(t, "stale")/4)}
	case order.InitiatePayment:
		c.Payment, c.Amount = id, amount
		c.Method = rapid.SampledFrom([]order.Method{order.PayTT, order.PayCard, order.PayECheck, "cash"}).Draw(t, "method")
		c.BankCountry = rapid.SampledFrom([]string{"US", "CA"}).Draw(t, "country")
		return c
	case order.RecordPayment:
		return drawReceipt(t, s, id, amount)
	case order.FailPayment:
		for _, p := range s.order.Payments {
			if p.Status == order.PaymentPending {
				id = p.ID
			}
		}
		return order.FailPayment{Payment: id, Reason: "declined"}
	case order.ApplyUnapplied:
		if p, ok := drawUnderReview(t, s); ok {
			return order.ApplyUnapplied{Amount: rapid.SampledFrom([]trade.Money{p.Unapplied, money("0.01"), amount}).Draw(t, "apply"), Reference: p.Reference, Method: p.Method}
		}
		waits := s.order.Ledger.Unapplied
		return order.ApplyUnapplied{Amount: rapid.SampledFrom([]trade.Money{waits, waits, s.order.StepDue(), amount}).Draw(t, "apply")}
	case order.Modify, order.ProposeChange, order.AcceptChange, order.RejectChange:
		return drawChange(t, s, c)
	case order.OpenDispute, order.ProposeSettlement, order.AcceptSettlement, order.Arbitrate:
		return drawQuarrel(t, s, c)
	case order.Refund:
		return order.Refund{Amount: drawShare(t, s)}
	case order.ReturnUnapplied:
		if p, ok := drawUnderReview(t, s); ok {
			return order.ReturnUnapplied{Amount: rapid.SampledFrom([]trade.Money{p.Unapplied, money("0.01"), amount}).Draw(t, "return"), Reference: p.Reference, Method: p.Method}
		}
		return order.ReturnUnapplied{Amount: rapid.SampledFrom([]trade.Money{s.order.Ledger.Unapplied, money("0.01"), amount}).Draw(t, "return")}
	case order.ChargeBack:
		return order.ChargeBack{Reference: drawReference(t, s, false), Case: drawCase(t), Amount: drawTaken(t), At: drawReported(t, s)}
	case order.ReverseTransfer:
		return order.ReverseTransfer{Reference: drawReference(t, s, true), Case: drawCase(t), Amount: drawTaken(t), At: drawReported(t, s)}
	case order.ResolveChargeback:
		return order.ResolveChargeback{Reference: drawReference(t, s, false), Case: drawCase(t), Won: rapid.Bool().Draw(t, "won"), At: drawReported(t, s)}
	case order.VoidPayment:
		return order.VoidPayment{Reference: drawReference(t, s, rapid.Bool().Draw(t, "a transfer"))}
	case order.Link:
		return order.Link{Entrustment: drawEntrustment(t)}
	case order.Unlink:
		return order.Unlink{Entrustment: drawEntrustment(t)}
	case order.RecordRelease:
		id := drawEntrustment(t)
		if n := len(s.order.Links); n > 0 && rapid.Bool().Draw(t, "linked") {
			id = s.order.Links[n-1].ID
		}
		return order.RecordRelease{Entrustment: id, ReleasedAt: rapid.SampledFrom([]time.Time{newYear.Add(-1), newYear, s.now, s.now.Add(1)}).Draw(t, "released")}
	default:
		return c
	}
}

// drawChange proposes other terms, near what they are, or answers a proposal, at times another
// than the one that is open.
func drawChange(t *rapid.T, s story, c order.Command) order.Command {
	number := s.order.Proposal.Number - uint32(rapid.IntRange(0, 4).Draw(t, "stale")/4)
	switch c.(type) {
	case order.AcceptChange:
		return order.AcceptChange{Proposal: number}
	case order.RejectChange:
		return order.RejectChange{Proposal: number}
	}
	o := &s.order
	settled := must(o.Terms.Total.Sub(o.Due()))
	a := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
	a.Coverage = rapid.SampledFrom([]order.Coverage{o.Coverage, order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery}).Draw(t, "coverage")
	if rapid.Bool().Draw(t, "the price stays") {
		a.Terms.TradeTerm = rapid.SampledFrom([]string{"FOB Ningbo", "CIF Hamburg"}).Draw(t, "trade term")
		return changeTo(a, c, true)
	}
	a.Terms.Total = rapid.SampledFrom([]trade.Money{o.Terms.Total, settled, money("6000"), money("7000"), money("500"), drawAmount(t, s)}).Draw(t, "total")
	a.Terms.Initial = rapid.SampledFrom([]trade.Money{o.Terms.Initial, {}, settled, money("500"), money("2000")}).Draw(t, "initial")
	a.Terms.ShipBy = rapid.SampledFrom([]order.ShipBy{o.Terms.ShipBy, {}, {Date: "2025-02-01"}, {Days: 90, After: order.InitialPayment}, {Days: 91, After: order.InitialPayment}}).Draw(t, "ship by")
	switch rapid.IntRange(0, 15).Draw(t, "what is fixed") {
	case 0:
		a.Seller = "rival"
	case 1:
		a.BuyerName = "Jane Roe"
	case 2:
		a.BuyerEmail = buyer.Email
	}
	return changeTo(a, c, rapid.Bool().Draw(t, "ticked"))
}

// changeTo is a modification or a proposal, as c is.
func changeTo(a order.Amendment, c order.Command, ticked bool) order.Command {
	if _, modify := c.(order.Modify); modify {
		return order.Modify{To: a, TermsAccepted: ticked}
	}
	return order.ProposeChange{To: a, TermsAccepted: ticked}
}

// drawQuarrel opens a dispute, offers, accepts or rules.
func drawQuarrel(t *rapid.T, s story, c order.Command) order.Command {
	share := drawShare(t, s)
	switch c.(type) {
	case order.OpenDispute:
		return order.OpenDispute{Ground: rapid.SampledFrom([]order.Ground{order.GroundLate, order.GroundQuality, order.GroundOther}).Draw(t, "ground"), Claimed: share}
	case order.ProposeSettlement:
		return order.ProposeSettlement{Refund: share}
	case order.AcceptSettlement:
		return order.AcceptSettlement{Proposal: s.order.Dispute.Settlement.Proposal - uint32(rapid.IntRange(0, 4).Draw(t, "stale")/4)}
	}
	return rapid.SampledFrom([]order.Command{
		order.Arbitrate{}, order.Arbitrate{Refund: share}, order.Arbitrate{Compensation: share}, order.Arbitrate{Compensation: share}, order.Arbitrate{Compensation: money("6000")},
		order.Arbitrate{Refund: share, Compensation: share},
	}).Draw(t, "ruling")
}

// drawShare returns what is left of the applied money, a part of it, or more.
func drawShare(t *rapid.T, s story) trade.Money {
	left := s.order.Left()
	if rapid.IntRange(0, 7).Draw(t, "all") > 0 {
		return rapid.SampledFrom([]trade.Money{money("0.01"), money("100"), trade.Minor(left.MinorUnits()/3, left.Currency())}).Draw(t, "part")
	}
	return rapid.SampledFrom([]trade.Money{left, trade.Minor(left.MinorUnits()+1, left.Currency()), drawAmount(t, s)}).Draw(t, "share")
}

// drawReference returns the reference of a transfer or of another payment, or of none.
func drawReference(t *rapid.T, s story, transfer bool) string {
	references := []string{"C-none"}
	for _, p := range s.payments {
		if (p.Method == order.PayTT) == transfer || rapid.IntRange(0, 9).Draw(t, "of another method") == 0 {
			references = append(references, p.Reference, p.Reference)
		}
	}
	return rapid.SampledFrom(references).Draw(t, "reference")
}

// drawUnderReview returns a payment that is under review, at times, if there is one.
func drawUnderReview(t *rapid.T, s story) (order.IncomingPayment, bool) {
	var list []order.IncomingPayment
	for _, p := range s.payments {
		if in := p.Fact(); in.Review {
			list = append(list, in)
		}
	}
	if len(list) == 0 || rapid.IntRange(0, 3).Draw(t, "not under review") == 0 {
		return order.IncomingPayment{}, false
	}
	return rapid.SampledFrom(list).Draw(t, "under review"), true
}

func drawCase(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "a", "a", "b"}).Draw(t, "case")
}

// drawTaken is how much a case takes: often all.
func drawTaken(t *rapid.T) trade.Money {
	return rapid.SampledFrom([]trade.Money{{}, {}, money("0.01"), money("500"), money("5000"), money("92233720368547758.07"), money("1 EUR")}).Draw(t, "taken")
}

// drawReported is the instant of a report: the newest often, but reports come late too.
func drawReported(t *rapid.T, s story) time.Time {
	return s.now.Add(-rapid.SampledFrom([]time.Duration{0, 0, 0, time.Minute, time.Hour, day, -time.Second, -time.Hour}).Draw(t, "reported"))
}

func drawReceipt(t *rapid.T, s story, id order.PaymentID, amount trade.Money) order.RecordPayment {
	c := order.RecordPayment{
		Reference: rapid.StringMatching(`R[0-9]{1,2}`).Draw(t, "reference"), Method: order.PayTT, ReceivingAccount: s.order.ReceivingAccount, Amount: amount,
		Payer: rapid.SampledFrom([]string{"Jane Doe", "John Doe"}).Draw(t, "payer"), PaidAt: newYear,
	}
	for _, p := range s.order.Payments {
		if p.Status == order.PaymentPending && rapid.Bool().Draw(t, "meets an announcement") {
			c.Payment, c.Method = p.ID, p.Method
		}
	}
	switch rapid.IntRange(0, 9).Draw(t, "astray") {
	case 0:
		c.Payment, c.ReceivingAccount = id, "RA-2"
	case 1:
		c.Payment, c.Method = id, order.PayCard // perhaps never announced
	}
	return c
}

// drawAmount returns what is due, what waits, a part, or nonsense.
func drawAmount(t *rapid.T, s story) trade.Money {
	o := s.order
	return rapid.SampledFrom([]trade.Money{
		o.Due(), o.StepDue(), o.Ledger.Unapplied, money("0.01"), money("500"), money("6000"), money("6000"), money("92233720368547758.07"), money("-1"), money("1 EUR"),
	}).Draw(t, "amount")
}
