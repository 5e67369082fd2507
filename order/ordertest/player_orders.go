package ordertest

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// openOrders activates the sellers and brings most orders to different phases.
func (p *Player) openOrders() {
	p.ActivateSeller(Seller, USD("50000")).ActivateSeller(OtherSeller, USD("10000"))
	for i, id := range p.Orders {
		if p.chance(4) == 0 {
			continue
		}
		c := Contract{
			Seller: one(p.chance, Seller, OtherSeller), Buyer: one(p.chance, Buyer, OtherBuyer),
			Total: USD("2500"), Initial: USD(one(p.chance, "100", "100", "2500")), Entrustment: p.Entrustments[i],
			Coverage:  one(p.chance, order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery),
			Transport: one(p.chance, order.TransportAir, order.TransportSea),
		}
		p.bring(id, one(p.chance, order.PhaseDraft, order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip, order.PhaseReadyToShip, order.PhaseShipped, order.PhaseShipped), c)
	}
}

// nextOfOrders returns a next sensible command on an order or on its entrustment, line or service, with an actor who
// may issue it.
func (p *Player) nextOfOrders() (trade.Actor, Request) {
	id := p.Orders[p.serial/8%len(p.Orders)]
	if p.chance(3) == 0 {
		id = one(p.chance, p.Orders...)
	}
	n := p.among(20, 18)
	if e := p.waitsFor(id); e != "" && n < 16 {
		by, c := p.nextOfGoods(e) // the order cannot go on without it
		return by, onEntrustment(e, c)
	}
	switch {
	case n < 15:
		by, c := p.nextOfOrder(id)
		return by, onOrder(id, c)
	case n < 18:
		e := one(p.chance, p.Entrustments...)
		by, c := p.nextOfGoods(e)
		return by, onEntrustment(e, c)
	case n < 19:
		who := one(p.chance, Seller, OtherSeller)
		return Platform, onLine(who, p.nextOfLine(who))
	default:
		who := one(p.chance, Seller, OtherSeller, freeMember)
		by, c := p.nextOfService(who)
		return by, onSeller(who, c)
	}
}

// deadlineOfOrders returns the open deadline of some order, or the zero time.
func (p *Player) deadlineOfOrders() time.Time {
	o := p.order(one(p.chance, p.Orders...))
	if d, runs := o.Deadline(); runs {
		return d.At
	}
	return time.Time{}
}

// waitsFor returns an entrustment that customs have to release before the order can ship, or none.
func (p *Player) waitsFor(id trade.ID) order.EntrustmentID {
	o := p.order(id)
	for _, l := range o.Links {
		if o.Phase == order.PhaseReadyToShip && l.ReleasedAt.IsZero() && !o.Frozen() && p.chance(4) > 0 {
			return l.ID
		}
	}
	return ""
}

// found returns the state of a read, or the zero state if the stream does not exist.
func found[S any](f *Fixture, s S, err error) S {
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		f.t.Fatalf("reading: %v", err)
	}
	return s
}

func (p *Player) order(id trade.ID) order.Order {
	o, _, err := p.Desk.ReadOrder(p.t.Context(), Platform, id)
	return found(p.Fixture, o, err)
}

// buyerOf returns the buyer of an order.
func buyerOf(o *order.Order) trade.Actor {
	if o.Buyer.Email.Same(OtherBuyer.Email) {
		return OtherBuyer
	}
	return Buyer
}

// ownerOf returns the seller of an order.
func ownerOf(o *order.Order) trade.Actor {
	return trade.Actor{Role: trade.Seller, Account: o.Seller.Account, Email: o.Seller.Email}
}

// nextOfOrder returns a next sensible command on the order.
func (p *Player) nextOfOrder(id trade.ID) (trade.Actor, order.Command) {
	o := p.order(id)
	owner, buyer := ownerOf(&o), buyerOf(&o)
	if by, c := p.exception(&o); c != nil {
		return by, c
	}
	switch o.Phase {
	case order.PhaseNone:
		return one(p.chance, Seller, Seller, OtherSeller), order.Draft{Mode: one(p.chance, order.DraftOnline, order.DraftOnline, order.DraftAttachment)}
	case order.PhaseDraft:
		return owner, p.drafting(&o)
	case order.PhaseSubmitted:
		if p.chance(6) == 0 {
			return one(p.chance, owner, buyer), order.Cancel{}
		}
		return buyer, order.Confirm{Terms: o.Revision}
	case order.PhaseConfirmed:
		return Platform, p.paying(&o, o.StepDue())
	case order.PhaseReadyToShip:
		for _, l := range o.Links {
			if o.Void(l) {
				return owner, order.Unlink{Entrustment: l.ID}
			}
		}
		if len(o.Links) > 0 && p.chance(6) > 0 {
			return owner, order.MarkShipped{}
		}
		return owner, order.Link{Entrustment: p.goodsOf(o.Seller.Account)}
	case order.PhaseShipped:
		if p.chance(2) == 0 && o.Due().IsPositive() {
			return Platform, p.paying(&o, o.StepDue())
		}
		return buyer, order.ConfirmReceipt{}
	case order.PhaseReceived, order.PhaseClosed:
		return Platform, p.paying(&o, o.StepDue())
	default:
		return buyer, order.Review{Rating: 1 + p.chance(5)}
	}
}

// goodsOf returns an entrustment that an order of that seller can be linked to, or any if there is none.
func (p *Player) goodsOf(account trade.Account) order.EntrustmentID {
	for _, id := range p.Entrustments {
		if e := p.entrustment(id); e.Seller == account && !e.Linked() && e.Phase != entrustment.PhaseCancelled {
			return id
		}
	}
	return one(p.chance, p.Entrustments...)
}

func (p *Player) entrustment(id order.EntrustmentID) entrustment.Entrustment {
	e, _, err := p.Desk.ReadEntrustment(p.t.Context(), Platform, id)
	return found(p.Fixture, e, err)
}

func (p *Player) drafting(o *order.Order) order.Command {
	switch {
	case o.Buyer.Email == "":
		return order.SetBuyer{Email: one(p.chance, Buyer, OtherBuyer).Email, BuyerName: "Imports"}
	case !o.Matched:
		return order.MatchBuyer{Email: o.Buyer.Email}
	case o.Terms.Total.IsZero():
		return p.terms()
	case o.Coverage == "":
		return p.coverage()
	case o.Transport == "":
		return order.SetTransport{Mode: one(p.chance, order.TransportAir, order.TransportLand, order.TransportSea)}
	case p.chance(4) == 0:
		return p.coverage()
	case p.chance(5) == 0, o.Mode == order.DraftAttachment && len(o.Contracts) == 0:
		return p.contract("as agreed")
	default:
		return order.Submit{OneTouchAcknowledged: true}
	}
}

func (p *Player) terms() order.Command {
	total := one(p.chance, "100", "600", "2500", "6000.01")
	return order.SetTerms{Terms: order.Terms{Total: USD(total), Initial: USD(one(p.chance, "100", "30"))}}
}

func (p *Player) contract(text string) order.Command {
	return order.AttachContract{FileName: "contract.pdf", Size: 1, SHA256: digest, Text: text}
}

// digest is the SHA-256 of empty data.
const digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func (p *Player) coverage() order.Command {
	return order.ChooseCoverage{
		Coverage: one(p.chance, order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery), TermsAccepted: true,
	}
}

// paying returns the report of a payment, mostly of the amount that is due.
func (p *Player) paying(o *order.Order, due trade.Money) order.Command {
	if !due.IsPositive() || p.chance(4) == 0 {
		due = USD(one(p.chance, "30", "99.99", "600"))
	}
	c := Wired(o, "R"+p.named(p.serial), due, p.Clock.Now())
	if p.chance(5) == 0 {
		c.Payer = "Somebody"
	}
	if p.chance(8) == 0 {
		return p.unannounced(o, due)
	}
	return p.report(o.ID, c)
}

// nextOfGoods returns a next sensible command on the entrustment.
func (p *Player) nextOfGoods(id order.EntrustmentID) (trade.Actor, entrustment.Command) {
	e := p.entrustment(id)
	if e.Phase != entrustment.PhaseNone && p.chance(20) == 0 { // customs report in their own order
		return Platform, one(p.chance, p.releasing(), entrustment.Command(entrustment.Return{Reason: "papers"}),
			entrustment.Command(entrustment.CloseCustoms{ClosedAt: p.Clock.Now()}))
	}
	owner := trade.Actor{Role: trade.Seller, Account: e.Seller}
	switch e.Phase {
	case entrustment.PhaseNone:
		return one(p.chance, Seller, Seller, OtherSeller), entrustment.Draft{Title: "goods"}
	case entrustment.PhaseDrafted:
		if p.chance(8) == 0 {
			return owner, entrustment.Cancel{Reason: "no goods"}
		}
		return owner, entrustment.Submit{}
	case entrustment.PhaseUnderReview:
		if p.chance(4) == 0 {
			return Platform, entrustment.RequestChange{Need: one(p.chance, entrustment.NeedInformation, entrustment.NeedCustomerChange)}
		}
		return Platform, entrustment.Approve{}
	case entrustment.PhaseAccepted:
		return Platform, entrustment.Declare{Declaration: Declaration(id, USD("0").Currency(), p.Clock.Now().Add(-one(p.chance, 0, 0, 20*Day)))}
	case entrustment.PhaseDeclaring:
		if p.chance(4) == 0 {
			return Platform, entrustment.Return{Reason: "papers"}
		}
		return Platform, p.releasing()
	case entrustment.PhaseReturned, entrustment.PhaseNeedsChange:
		return owner, entrustment.Resubmit{}
	default:
		return Platform, entrustment.CloseCustoms{ClosedAt: p.Clock.Now()}
	}
}

func (p *Player) releasing() entrustment.Command {
	return entrustment.Release{ReleasedAt: p.Clock.Now().Add(-one(p.chance, 0, 0, 0, 0, 0, time.Hour, 10*Day))}
}

// nextOfLine returns a sensible command on a line: more often a limit than a suspension.
func (p *Player) nextOfLine(who trade.Actor) credit.Command {
	l, _, err := p.Desk.ReadLine(p.t.Context(), Platform, who.Account, USD("0").Currency())
	l = found(p.Fixture, l, err)
	switch {
	case l.Phase == credit.PhaseSuspended:
		return credit.Resume{}
	case l.Consumed.IsPositive() && p.chance(2) == 0:
		return credit.RepayClaim{Amount: l.Consumed, Reference: fmt.Sprint("C", p.serial)}
	case p.chance(4) == 0:
		return credit.Suspend{Reason: "audit"}
	default:
		return credit.AssessLimit{Limit: USD(one(p.chance, "50000", "10000", "3000"))}
	}
}

// nextOfService returns a sensible command on a service: it reinstates a suspended one, and seldom suspends one.
func (p *Player) nextOfService(who trade.Actor) (trade.Actor, seller.Command) {
	s, _, err := p.Desk.ReadService(p.t.Context(), Platform, who.Account)
	switch s = found(p.Fixture, s, err); {
	case s.Phase == order.ServiceSuspended:
		return Platform, seller.Reinstate{}
	case s.Phase == order.ServiceActive && p.chance(4) == 0:
		return Platform, seller.Suspend{Reason: "violation"}
	default:
		return who, seller.Activate{Route: seller.RouteConsole, Certification: seller.Certification{
			CompanyName: "Free", RegistrationNo: strconv.Itoa(p.serial), LegalRepresentative: "Jane Doe", RegisteredAddress: "Ningbo",
		}}
	}
}

// freeMember is a seller who needs a certification, which is approved only sometimes.
var freeMember = trade.Actor{Role: trade.Seller, Account: "s-free", Email: "sales@free.example"}
