package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// step is a command at an instant.
type step struct {
	name    string // the command ID is made from it and the contract's number
	at      time.Time
	by      trade.Actor
	do      func(ctx context.Context) (desk.Action, error)
	refused bool // a rule refuses the command
}

// story executes a contract on a desk whose clock it sets.
type story struct {
	*contract
	store events.Store
	desk  *desk.Desk
	now   time.Time
	order trade.ID // the contract's order
	other trade.ID // another order of the same seller
	steps []step
}

// play executes the part of the contract that is not in the store yet, and returns the order.
func play(ctx context.Context, store events.Store, c *contract, out io.Writer, words *words) (order.Order, error) {
	s := &story{contract: c, store: store}
	var err error
	s.desk, err = desk.New(store,
		desk.WithClock(func() time.Time { return s.now }),
		desk.WithSources(desk.DemoSources()),
		desk.WithSources(desk.Sources{ // what this story knows better
			Match: func(_ context.Context, e trade.Email) (trade.Account, error) {
				if e.Same(c.Buyer.Email) {
					return c.Buyer.Account, nil
				}
				return "", nil
			},
			Store: func(context.Context, trade.Account) (seller.Facts, error) {
				return seller.Facts{Operating: true, Membership: c.Seller.Membership}, nil
			},
		}))
	if err != nil {
		return order.Order{}, err
	}
	if s.order, err = s.orderOf(ctx, "draft"); err != nil {
		return order.Order{}, err
	}
	if s.other, err = s.orderOf(ctx, "other: draft"); err != nil {
		return order.Order{}, err
	}
	s.write()

	p := &printer{store: store, out: out, words: words, story: s}
	known, err := s.progress(ctx)
	if err != nil {
		return order.Order{}, err
	}
	if known > 0 {
		fmt.Fprintf(out, words.again+"\n", s.order)
	}
	p.heading()
	if err := p.catchUp(ctx); err != nil {
		return order.Order{}, err
	}
	for i := known; i < len(s.steps); i++ {
		if err := s.execute(ctx, &s.steps[i], p); err != nil {
			return order.Order{}, fmt.Errorf("step %q: %w", s.steps[i].name, err)
		}
	}
	o, _, err := s.desk.ReadOrder(ctx, s.seller(), s.order)
	return o, err
}

// execute executes a step and prints the resulting events or the refusal.
func (s *story) execute(ctx context.Context, x *step, p *printer) error {
	s.now = x.at
	do, err := x.do(ctx)
	if err != nil {
		return err
	}
	_, err = s.desk.Do(ctx, desk.Command{ID: s.id(x.name), By: x.by, Do: do})
	var no *trade.Refusal
	switch {
	case errors.As(err, &no):
		p.refusal(x, no)
		if !x.refused {
			return err
		}
		return nil
	case err != nil:
		return err
	case x.refused:
		return errors.New("accepted, and should have been refused")
	}
	return p.catchUp(ctx)
}

// id returns the command ID of a step. It depends only on the contract, so that a second run repeats
// the same commands and changes nothing.
func (s *story) id(name string) uuid.UUID {
	return desk.CommandID(s.DraftedAt, "quickstart", s.Number+"/"+name)
}

// orderOf returns the order that the draft of that name made in an earlier run, or a new ID.
func (s *story) orderOf(ctx context.Context, name string) (trade.ID, error) {
	receipt, known, err := s.store.Lookup(ctx, s.id(name))
	if err != nil {
		return trade.ID{}, err
	}
	if !known {
		return trade.NewID(), nil
	}
	for r, err := range s.store.ReadAll(ctx, receipt.First-1, events.Filter{Categories: []string{order.Category}}) {
		if err != nil {
			return trade.ID{}, err
		}
		key, _ := r.Stream.Key()
		return trade.ParseID(key)
	}
	return trade.ID{}, errors.New("the log has the ID of the draft and not its event")
}

// progress returns how many steps are done: all up to the last one in the log.
func (s *story) progress(ctx context.Context) (int, error) {
	for i := len(s.steps) - 1; i >= 0; i-- {
		if _, known, err := s.store.Lookup(ctx, s.id(s.steps[i].name)); err != nil || known {
			return i + 1, err
		}
	}
	return 0, nil
}

func (s *story) seller() trade.Actor {
	return trade.Actor{Role: trade.Seller, Account: s.Seller.Account, Email: s.Seller.Email}
}

func (s *story) buyer() trade.Actor {
	return trade.Actor{Role: trade.Buyer, Account: s.Buyer.Account, Email: s.Buyer.Email}
}

var platform = trade.Actor{Role: trade.Platform, Account: "platform"}

// add adds a step that is accepted.
func (s *story) add(name string, at time.Time, by trade.Actor, do desk.Action) {
	s.steps = append(s.steps, step{name: name, at: at, by: by, do: func(context.Context) (desk.Action, error) { return do, nil }})
}

// addRefused adds a step that is refused.
func (s *story) addRefused(name string, at time.Time, by trade.Actor, do desk.Action) {
	s.add(name, at, by, do)
	s.steps[len(s.steps)-1].refused = true
}

// addFrom adds a step whose command depends on the state of the order at that time.
func (s *story) addFrom(name string, at time.Time, by trade.Actor, id trade.ID, do func(o *order.Order) order.Command) {
	s.steps = append(s.steps, step{name: name, at: at, by: by, do: func(ctx context.Context) (desk.Action, error) {
		o, _, err := s.desk.ReadOrder(ctx, platform, id)
		if err != nil {
			return desk.Action{}, err
		}
		return desk.OnOrder(id, do(&o)), nil
	}})
}

// write makes the steps, ordered by their instants.
func (s *story) write() {
	s.opening()
	s.contracting()
	s.paying()
	s.exporting()
	s.receiving()
	slices.SortStableFunc(s.steps, func(a, b step) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
}

// opening activates the service and assesses the limit; an old entrustment is released before
// the order is drafted.
func (s *story) opening() {
	at := s.DraftedAt.Add(-48 * time.Hour)
	s.add("activate", at, s.seller(), desk.OnSeller(s.Seller.Account, seller.Activate{
		Route: seller.RouteConsole, Certification: s.Seller.Certification,
	}))
	s.add("assess", at.Add(time.Hour), platform, desk.OnLine(s.Seller.Account, s.Limit.Currency(), credit.AssessLimit{
		Limit: s.Limit, Inputs: credit.Inputs{Qualification: "verified", Month: at.Format("2006-01")},
	}))
	old := s.Entrustments[0]
	old.ID, old.Title = "OLD-"+old.ID, "OLD "+old.Title
	old.Declaration.Number = "9" + old.Declaration.Number[1:]
	old.Declaration.DeclaredAt = at.Add(3 * time.Hour)
	s.entrust(&old, at.Add(2*time.Hour))
	s.add("release "+string(old.ID), at.Add(24*time.Hour), platform, desk.OnEntrustment(old.ID, entrustment.Release{ReleasedAt: at.Add(23 * time.Hour)}))
}

// contracting drafts, submits and confirms the order, and a second one.
func (s *story) contracting() {
	at := s.DraftedAt
	s.add("draft", at, s.seller(), desk.OnOrder(s.order, order.Draft{Mode: order.DraftOnline}))
	s.add("set buyer", at.Add(2*time.Minute), s.seller(), desk.OnOrder(s.order, order.SetBuyer{Email: s.Buyer.Email, BuyerName: s.Buyer.Name}))
	s.add("match buyer", at.Add(3*time.Minute), s.seller(), desk.OnOrder(s.order, order.MatchBuyer{Email: s.Buyer.Email}))
	s.add("set terms", at.Add(10*time.Minute), s.seller(), desk.OnOrder(s.order, order.SetTerms{Terms: s.Terms}))
	s.add("set transport", at.Add(11*time.Minute), s.seller(), desk.OnOrder(s.order, order.SetTransport{Mode: s.Transport}))
	s.add("choose coverage", at.Add(12*time.Minute), s.seller(), desk.OnOrder(s.order, order.ChooseCoverage{Coverage: s.Coverage, TermsAccepted: true}))
	s.add("submit", at.Add(15*time.Minute), s.seller(), desk.OnOrder(s.order, order.Submit{OneTouchAcknowledged: true}))

	wrong := trade.Actor{Role: trade.Buyer, Account: "b-somebody-else", Email: "somebody@else.example"}
	s.addRefused("confirm by another", at.Add(24*time.Hour), wrong, desk.OnOrder(s.order, order.Confirm{Terms: 2}))
	confirm := func(o *order.Order) order.Command { return order.Confirm{Terms: o.Revision} }
	s.addFrom("confirm", at.Add(25*time.Hour), s.buyer(), s.order, confirm)

	at = at.Add(48 * time.Hour)
	total := trade.Minor(100_000, s.Terms.Total.Currency())
	s.add("other: draft", at, s.seller(), desk.OnOrder(s.other, order.Draft{Mode: order.DraftOnline}))
	s.add("other: set buyer", at, s.seller(), desk.OnOrder(s.other, order.SetBuyer{Email: s.Buyer.Email, BuyerName: s.Buyer.Name}))
	s.add("other: match buyer", at, s.seller(), desk.OnOrder(s.other, order.MatchBuyer{Email: s.Buyer.Email}))
	s.add("other: set terms", at, s.seller(), desk.OnOrder(s.other, order.SetTerms{Terms: order.Terms{Total: total}}))
	s.add("other: choose coverage", at, s.seller(), desk.OnOrder(s.other, order.ChooseCoverage{Coverage: order.CoverageNone}))
	s.add("other: submit", at, s.seller(), desk.OnOrder(s.other, order.Submit{OneTouchAcknowledged: true}))
	s.addFrom("other: confirm", at.Add(time.Hour), s.buyer(), s.other, confirm)
}

// paying records the transfers, the first of which falls short of the initial payment.
func (s *story) paying() {
	for _, x := range s.Transfers {
		s.addFrom("transfer "+x.Reference, x.PaidAt, platform, s.order, func(o *order.Order) order.Command {
			return order.RecordPayment{
				Reference: x.Reference, Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: x.Amount, Payer: s.Buyer.Name, PaidAt: x.PaidAt,
			}
		})
	}
}

// exporting takes the entrustments through customs, links them to the order and ships it.
func (s *story) exporting() {
	var last time.Time
	for i := range s.Entrustments {
		x := &s.Entrustments[i]
		s.entrust(x, x.DraftedAt)
		s.add("link "+string(x.ID), x.DraftedAt.Add(4*time.Hour), s.seller(), desk.OnOrder(s.order, order.Link{Entrustment: x.ID}))
		s.add("release "+string(x.ID), x.ReleasedAt.Add(time.Minute), platform, desk.OnEntrustment(x.ID, entrustment.Release{ReleasedAt: x.ReleasedAt}))
		if x.ReleasedAt.After(last) {
			last = x.ReleasedAt
		}
	}
	first := s.Entrustments[0]
	linked := first.DraftedAt.Add(6 * time.Hour)
	s.addRefused("other: grab", linked, s.seller(), desk.OnOrder(s.other, order.Link{Entrustment: first.ID}))
	s.addRefused("link too early a release", linked.Add(time.Minute), s.seller(), desk.OnOrder(s.order, order.Link{Entrustment: "OLD-" + first.ID}))
	s.addRefused("ship before release", last.Add(-time.Hour), s.seller(), desk.OnOrder(s.order, order.MarkShipped{}))
	s.add("ship", last.Add(time.Hour), s.seller(), desk.OnOrder(s.order, order.MarkShipped{}))
}

// entrust drafts an entrustment, has it approved, and declares it to customs.
func (s *story) entrust(x *exported, at time.Time) {
	s.add("draft "+string(x.ID), at, s.seller(), desk.OnEntrustment(x.ID, entrustment.Draft{Reference: s.Number, Title: x.Title}))
	s.add("submit "+string(x.ID), at.Add(10*time.Minute), s.seller(), desk.OnEntrustment(x.ID, entrustment.Submit{}))
	s.add("approve "+string(x.ID), at.Add(20*time.Minute), platform, desk.OnEntrustment(x.ID, entrustment.Approve{}))
	declared := x.Declaration.DeclaredAt
	s.add("declare "+string(x.ID), declared.Add(time.Minute), platform, desk.OnEntrustment(x.ID, entrustment.Declare{Declaration: x.Declaration}))
}

// receiving confirms receipt and reviews the order.
func (s *story) receiving() {
	s.add("receive", s.ReceivedAt, s.buyer(), desk.OnOrder(s.order, order.ConfirmReceipt{}))
	s.add("review", s.ReceivedAt.Add(time.Hour), s.buyer(), desk.OnOrder(s.order, s.Review))
}

// equal reports whether two folded orders are the same.
func equal(a, b order.Order) bool { return reflect.DeepEqual(a, b) }
