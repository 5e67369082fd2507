package ordertest

import (
	"fmt"
	"slices"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// everyOfOrders returns one of each command of an order and of its entrustment, line and service.
func (p *Player) everyOfOrders() []Request {
	id, e := one(p.chance, p.Orders...), one(p.chance, p.Entrustments...)
	list := slices.Concat(each(onOrder, id, p.anyOfOrder(id)), each(onEntrustment, e, p.anyOfGoods()))
	if p.config.LeaveShared {
		return list
	}
	return slices.Concat(list,
		each(onLine, one(p.chance, Seller, OtherSeller), p.anyOfLine()),
		each(onSeller, one(p.chance, Seller, OtherSeller, Buyer), p.anyOfService()))
}

// each returns a request for each of the commands, addressed to the target.
func each[T, C any](on func(T, C) Request, target T, commands []C) []Request {
	list := make([]Request, 0, len(commands))
	for _, c := range commands {
		list = append(list, on(target, c))
	}
	return list
}

// anyOfOrder returns one of each command of an order, sensible or not.
func (p *Player) anyOfOrder(id trade.ID) []order.Command {
	o := p.order(id)
	e := one(p.chance, p.Entrustments...)
	payment := p.paymentOf(&o)
	transfer := Wired(&o, fmt.Sprint("R", p.chance(p.serial+1)), USD(one(p.chance, "30", "0", "6000.01")), p.Clock.Now())
	card := transfer
	card.Method, card.Payment, card.ReceivingAccount = one(p.chance, order.PayCard, order.PayECheck), payment, ""
	return append(p.anyException(&o),
		order.Draft{Mode: one(p.chance, order.DraftOnline, order.DraftAttachment, "paper")},
		order.SetBuyer{Email: one(p.chance, Buyer.Email, Seller.Email, "new@buyer.example", "no address"), BuyerName: "Imports"},
		order.MatchBuyer{Email: one(p.chance, Buyer.Email, "new@buyer.example")},
		p.contract(one(p.chance, "", "beneficiary account no. 6222021234567890123")), p.terms(), p.coverage(),
		order.ChooseCoverage{Coverage: order.CoveragePreShipment},
		order.SetTransport{Mode: one(p.chance, order.TransportAir, order.TransportLand, "mule")},
		order.Submit{OneTouchAcknowledged: p.chance(2) == 0},
		order.Confirm{Terms: o.Revision - order.Revision(p.chance(2))},
		order.InitiatePayment{
			Payment: payment, Method: one(p.chance, order.PayTT, order.PayCard, order.PayECheck, "cash"), Amount: USD("30"),
			BankCountry: one(p.chance, "US", "CA"),
		},
		transfer, card,
		order.FailPayment{Payment: payment, Reason: "declined"},
		order.ApplyUnapplied{Amount: USD(one(p.chance, "30", "0.01", "0"))},
		order.AcceptShortfall{}, order.Link{Entrustment: e}, order.Unlink{Entrustment: e},
		order.RecordRelease{Entrustment: e, ReleasedAt: p.Clock.Now()},
		order.MarkShipped{}, order.ConfirmReceipt{}, order.AutoConfirmReceipt{},
		order.Review{Rating: p.chance(7), Text: "good"},
		order.Cancel{}, order.Expire{},
	)
}

// paymentOf returns the ID of an announced payment of an order, or one that the order does not have.
func (p *Player) paymentOf(o *order.Order) order.PaymentID {
	ids := []order.PaymentID{order.PaymentID(fmt.Sprint("C", p.chance(p.serial+1)))}
	for _, x := range o.Payments {
		ids = append(ids, x.ID)
	}
	return one(p.chance, ids...)
}

// anyException returns one of each command of a change, a dispute, a refund and a chargeback.
func (p *Player) anyException(o *order.Order) []order.Command {
	x := &reportedPayment{reference: fmt.Sprint("R", p.chance(p.serial+1)), method: order.PayTT, amount: USD("30")}
	if came := p.reported[o.ID]; len(came) > 0 && p.chance(4) > 0 {
		x = one(p.chance, came...)
	}
	name := one(p.chance, append(slices.Clone(x.cases), "case-9")...)
	reference := one(p.chance, "", x.reference)
	amount := USD(one(p.chance, "30", "100", "0", "0.01", "6000.01"))
	proposal, offer := o.Proposal.Number, o.Dispute.Settlement.Proposal
	if p.chance(4) == 0 {
		proposal, offer = proposal-1, offer-1
	}
	return []order.Command{
		order.Modify{To: p.amendment(o), TermsAccepted: p.chance(4) > 0},
		order.ProposeChange{To: p.amendment(o), TermsAccepted: p.chance(4) > 0},
		order.AcceptChange{Proposal: proposal}, order.RejectChange{Proposal: proposal}, order.ExtendReceipt{},
		order.OpenDispute{Ground: one(p.chance, order.GroundLate, order.GroundQuality, order.GroundOther), Claimed: amount},
		order.WithdrawDispute{}, order.Escalate{}, order.ProposeSettlement{Refund: amount},
		order.AcceptSettlement{Proposal: offer},
		order.Refund{Amount: amount}, order.ReturnUnapplied{Amount: amount, Reference: reference},
		order.ChargeBack{Reference: x.reference, Case: name, Amount: amount, At: p.reportedAt()},
		order.ReverseTransfer{Reference: x.reference, Case: name, At: p.reportedAt()},
		order.ResolveChargeback{Reference: x.reference, Case: name, Won: p.chance(2) == 0, At: p.reportedAt()},
		order.VoidPayment{Reference: x.reference}, order.Unfund{},
		order.EditReview{Rating: p.chance(7)}, order.Reply{Text: "thank you"},
		p.anyRuling(amount),
	}
}

func (p *Player) anyRuling(amount trade.Money) order.Arbitrate {
	if p.config.NoCompensation {
		return order.Arbitrate{Refund: amount}
	}
	return one(p.chance, order.Arbitrate{}, order.Arbitrate{Refund: amount}, order.Arbitrate{Compensation: amount})
}

// anyOfGoods returns one of each command of an entrustment.
func (p *Player) anyOfGoods() []entrustment.Command {
	id, other := one(p.chance, p.Orders...), one(p.chance, p.Entrustments...)
	return []entrustment.Command{
		entrustment.Draft{Title: "other goods"}, entrustment.Submit{}, entrustment.Approve{},
		entrustment.RequestChange{Need: entrustment.NeedInformation}, entrustment.Resubmit{},
		entrustment.Declare{Declaration: Declaration(other, USD("0").Currency(), p.Clock.Now())},
		entrustment.Return{Reason: "papers"}, p.releasing(),
		entrustment.CloseCustoms{ClosedAt: p.Clock.Now()}, entrustment.Cancel{Reason: "no goods"},
		entrustment.Link{Order: id, DraftedAt: Start, Currency: USD("0").Currency(), Seller: string(Seller.Account)},
		entrustment.Unlink{Order: id, Cause: entrustment.CauseUnlinked},
	}
}

// anyOfLine returns one of each command of an assurance line.
func (p *Player) anyOfLine() []credit.Command {
	id, amount := one(p.chance, p.Orders...), USD(one(p.chance, "100", "2500"))
	return []credit.Command{
		credit.AssessLimit{Limit: one(p.chance, USD("10000"), USD("100"), CNY("10000"))},
		credit.Suspend{Reason: "audit"}, credit.Resume{}, credit.RequestAssessment{Note: "more orders"},
		credit.Hold{Order: id, Amount: amount}, credit.Adjust{Order: id, From: amount, To: amount},
		credit.Release{Order: id, Amount: amount, Cause: order.ReleaseClosed},
		credit.Claim{Order: id, Open: amount, Amount: amount}, credit.RepayClaim{Amount: amount, Reference: "R1"},
	}
}

// anyOfService returns one of each command of a service.
func (p *Player) anyOfService() []seller.Command {
	return []seller.Command{
		seller.Activate{Route: one(p.chance, seller.RouteConsole, seller.RouteServicePage, "post"), Fee: USD(one(p.chance, "0", "1"))},
		seller.Suspend{Reason: "violation"}, seller.Reinstate{},
	}
}
