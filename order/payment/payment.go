package payment

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix payment -dispatch decide

// Category is the category of the streams of payments.
const Category = "payment"

// Adoption is the stream of the mark that every payment which the first edition of the rule book kept
// on its order has a stream of its own (D65). No payment has it.
const Adoption events.StreamID = Category + "-adopted"

// Charge is the method of a payment of a pay-later order.
const Charge order.Method = "charge"

// Key is what a payment is known by.
type Key struct {
	Method    order.Method
	Account   order.ReceivingAccount // T/T: the account that was credited; empty for other methods
	Reference string                 // of the receiving bank or the processor
}

// Stream returns the stream of the payment. Its name holds no free text: it is made from a hash of the
// key, each part of which is written with its length before it.
func (k Key) Stream() events.StreamID {
	parts := []string{string(k.Method), k.Reference}
	if k.Method == order.PayTT {
		parts = []string{string(k.Method), string(k.Account), k.Reference}
	}
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%d:%s", len(p), p)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return events.StreamID(Category + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26])
}

// Payment is the folded state of a payment. It is a value.
type Payment struct {
	Stream  events.StreamID
	Phase   Phase
	LastAt  time.Time // the latest instant of its events
	Account order.ReceivingAccount
	order.IncomingPayment
}

// Fact returns what an order needs to know of the payment: the zero value of one that is not recorded.
func (p *Payment) Fact() order.IncomingPayment {
	if p.Phase != PhaseRecorded {
		return order.IncomingPayment{}
	}
	return p.IncomingPayment
}

// Facts is what other streams say; a payment needs nothing of it.
type Facts struct{}

// Command is a request to change a payment. Only the desk issues commands, in the commit of the
// command on the order that names the payment.
type Command interface {
	// Name is the command's wire name.
	Name() string
	decide(p *Payment, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is a change of a payment that happened.
type Event interface {
	// Kind distinguishes the events; its String is the wire name.
	Kind() Kind
	evolve(p *Payment) error
}

// Record says that the payment came in, and on which order. Cases and the amounts of a review are those
// of a payment that an order of the first edition kept until now.
type Record struct {
	Order     trade.ID               `json:"order"`
	Method    order.Method           `json:"method"`
	Account   order.ReceivingAccount `json:"account,omitzero"`
	Reference string                 `json:"reference"`
	Amount    trade.Money            `json:"amount"`
	Review    bool                   `json:"review,omitzero"` // its money waits for the platform's review
	Returned  trade.Money            `json:"returned,omitzero"`
	Reversed  trade.Money            `json:"reversed,omitzero"`
	Cases     []Case                 `json:"cases,omitzero"`
}

// Case is a case of a payment that an order of the first edition kept.
type Case struct {
	Name     string      `json:"name,omitzero"`
	Amount   trade.Money `json:"amount,omitzero"`
	OpenedAt time.Time   `json:"opened_at"`
	Status   string      `json:"status"` // "open", "won", "lost" or "recalled"
	At       time.Time   `json:"at"`
}

// Adopt returns the record of a payment that an order of the first edition kept.
func Adopt(p order.IncomingPayment, account order.ReceivingAccount) Record {
	r := Record{
		Order: p.Order, Method: p.Method, Account: account, Reference: p.Reference, Amount: p.Amount,
		Review: p.Review, Returned: p.Returned, Reversed: p.Reversed,
	}
	if p.Method != order.PayTT {
		r.Account = ""
	}
	for _, c := range p.Cases {
		r.Cases = append(r.Cases, Case{Name: c.Name, Amount: c.Amount, OpenedAt: c.OpenedAt, Status: string(c.Status), At: c.At})
	}
	return r
}

func (c Record) decide(p *Payment, _ *trade.Given, _ *Facts) ([]Event, error) {
	if k := (Key{Method: c.Method, Account: c.Account, Reference: c.Reference}); k.Stream() != p.Stream {
		return nil, trade.Invalid("reference", "the stream of the payment is %s, not %s", k.Stream(), p.Stream)
	}
	if p.Phase == PhaseRecorded {
		switch {
		case p.Order != c.Order:
			return nil, trade.Refuse(rule.D65, c.Name(), p.Phase.String()).On("order").Because("it is recorded on another order", "该款项已登记于其他订单")
		case p.Amount != c.Amount:
			return nil, trade.Refuse(rule.D19, c.Name(), p.Phase.String()).On("amount").Because("it is recorded with %[1]s", "该款项已按 %[1]s 登记", p.Amount)
		}
		return nil, nil
	}
	return []Event{Recorded(c)}, nil
}

// Recorded says on which order the payment was recorded.
// Stored: add fields, never rename or remove.
type Recorded struct {
	Order     trade.ID               `json:"order"`
	Method    order.Method           `json:"method"`
	Account   order.ReceivingAccount `json:"account,omitzero"`
	Reference string                 `json:"reference"`
	Amount    trade.Money            `json:"amount"`
	Review    bool                   `json:"review,omitzero"`
	Returned  trade.Money            `json:"returned,omitzero"`
	Reversed  trade.Money            `json:"reversed,omitzero"`
	Cases     []Case                 `json:"cases,omitzero"`
}

var statuses = []order.CaseStatus{order.CaseOpen, order.CaseWon, order.CaseLost, order.CaseRecalled}

func (e Recorded) evolve(p *Payment) error {
	in := order.IncomingPayment{Order: e.Order, Method: e.Method, Reference: e.Reference, Amount: e.Amount, Review: e.Review}
	if e.Review {
		zero := trade.Minor(0, e.Amount.Currency())
		in.Returned, in.Reversed = zero.AddUnchecked(e.Returned), zero.AddUnchecked(e.Reversed)
		in.Unapplied = e.Amount.SubUnchecked(e.Returned).SubUnchecked(e.Reversed)
	}
	if !e.Amount.IsPositive() || in.Unapplied.IsNegative() || in.Returned.IsNegative() || in.Reversed.IsNegative() {
		return trade.Invalid("amount", "%s does not cover what went of it", e.Amount)
	}
	for _, c := range e.Cases {
		if !slices.Contains(statuses, order.CaseStatus(c.Status)) {
			return trade.Invalid("cases", "%s is not a status of a case", trade.Quoted(c.Status))
		}
		in.Cases = append(in.Cases, order.Case{Name: c.Name, Amount: c.Amount, OpenedAt: c.OpenedAt, Status: order.CaseStatus(c.Status), At: c.At})
	}
	p.Account, p.IncomingPayment = e.Account, in
	return nil
}

// Apply says that the review of the payment has ended: the platform applied it, or the buyer announced
// it.
type Apply struct{}

func (c Apply) decide(p *Payment, _ *trade.Given, _ *Facts) ([]Event, error) {
	if !p.Review {
		return nil, notUnderReview(c, p)
	}
	return []Event{Applied{}}, nil
}

func notUnderReview(c Command, p *Payment) error {
	return trade.Refuse(rule.D21, c.Name(), p.Phase.String()).Because("the payment is not under review", "该款项不在核对中")
}

// Applied says that the review of the payment has ended.
// Stored: add fields, never rename or remove.
type Applied struct{}

func (e Applied) evolve(p *Payment) error {
	if !p.Review {
		return trade.Invalid("review", "the payment is not under review")
	}
	p.IncomingPayment = p.Reviewed()
	return nil
}

// Return pays unapplied money of a payment under review back.
type Return struct {
	Amount trade.Money `json:"amount"`
}

func (c Return) decide(p *Payment, _ *trade.Given, _ *Facts) ([]Event, error) {
	if !p.Review {
		return nil, notUnderReview(c, p)
	}
	if !c.Amount.IsPositive() || !c.Amount.AtMost(p.Unapplied) {
		return nil, trade.Refuse(rule.D21, c.Name(), p.Phase.String()).On("amount").Because("only %[1]s waits", "未入账款项仅为 %[1]s", p.Unapplied)
	}
	return []Event{Returned(c)}, nil
}

// Returned says how much of a payment under review was paid back.
// Stored: add fields, never rename or remove.
type Returned struct {
	Amount trade.Money `json:"amount"`
}

func (e Returned) evolve(p *Payment) error {
	if !p.Review || !e.Amount.IsPositive() || !e.Amount.AtMost(p.Unapplied) {
		return trade.Invalid("amount", "%s of %s cannot be returned", e.Amount, p.Unapplied)
	}
	p.Unapplied, p.Returned = p.Unapplied.SubUnchecked(e.Amount), p.Returned.AddUnchecked(e.Amount)
	return nil
}

// Take says that a bank opened a case about the payment, or recalled it if it is a T/T credit.
type Take struct {
	Case   string      `json:"case"`
	Amount trade.Money `json:"amount,omitzero"` // zero: all that other cases leave
	At     time.Time   `json:"at"`
}

func (c Take) decide(p *Payment, _ *trade.Given, _ *Facts) ([]Event, error) {
	return p.decideReport(c, Taken(c))
}

// decideReport returns the event if it changes the cases of the payment.
func (p *Payment) decideReport(c Command, e reporting) ([]Event, error) {
	_, changed, err := p.Reported(e.report(p))
	if err != nil {
		return nil, trade.Refuse(rule.D24, c.Name(), p.Phase.String()).On("case").Says(err.Error(), "案件报告与已登记的内容不符")
	}
	if !changed {
		return nil, nil
	}
	return []Event{e}, nil
}

// reporting is an event that reports about a case.
type reporting interface {
	Event
	report(p *Payment) order.CaseReport
}

// evolveReport folds a report about a case.
func (p *Payment) evolveReport(e reporting) error {
	after, _, err := p.Reported(e.report(p))
	if err != nil {
		return trade.Invalid("case", "%s", err)
	}
	p.IncomingPayment = after
	return nil
}

// Taken says that a bank opened a case about the payment, or recalled it.
// Stored: add fields, never rename or remove.
type Taken struct {
	Case   string      `json:"case"`
	Amount trade.Money `json:"amount,omitzero"`
	At     time.Time   `json:"at"`
}

func (e Taken) report(p *Payment) order.CaseReport {
	r := order.CaseReport{Case: e.Case, Amount: e.Amount, Status: order.CaseOpen, At: e.At}
	if p.Method == order.PayTT {
		r.Status = order.CaseRecalled
	}
	return r
}

func (e Taken) evolve(p *Payment) error { return p.evolveReport(e) }

// Resolve says how a case ended.
type Resolve struct {
	Case string    `json:"case"`
	Won  bool      `json:"won"`
	At   time.Time `json:"at"`
}

func (c Resolve) decide(p *Payment, _ *trade.Given, _ *Facts) ([]Event, error) {
	return p.decideReport(c, Resolved(c))
}

// Resolved says how a case ended.
// Stored: add fields, never rename or remove.
type Resolved struct {
	Case string    `json:"case"`
	Won  bool      `json:"won"`
	At   time.Time `json:"at"`
}

func (e Resolved) report(*Payment) order.CaseReport {
	r := order.CaseReport{Case: e.Case, Status: order.CaseLost, At: e.At}
	if e.Won {
		r.Status = order.CaseWon
	}
	return r
}

func (e Resolved) evolve(p *Payment) error { return p.evolveReport(e) }

// Void takes the record of the payment back: the reference is free again.
type Void struct{}

func (c Void) decide(*Payment, *trade.Given, *Facts) ([]Event, error) { return []Event{Voided{}}, nil }

// Voided says that the record of the payment was taken back.
// Stored: add fields, never rename or remove.
type Voided struct{}

func (e Voided) evolve(*Payment) error { return nil }

// NoteAllAdopted says that the adoption of what the first edition kept has come to the end of the log.
type NoteAllAdopted struct{}

func (c NoteAllAdopted) decide(p *Payment, _ *trade.Given, _ *Facts) ([]Event, error) {
	if p.Stream != Adoption {
		return nil, trade.Invalid("stream", "the mark has the stream %s", Adoption)
	}
	if p.Phase == PhaseAllAdopted {
		return nil, nil
	}
	return []Event{AllAdopted{}}, nil
}

// AllAdopted says that every payment which the first edition kept on its order has a stream.
// Stored: add fields, never rename or remove.
type AllAdopted struct{}

func (e AllAdopted) evolve(p *Payment) error {
	if p.Stream != Adoption {
		return trade.Invalid("stream", "the mark has the stream %s", Adoption)
	}
	return nil
}

// Decide answers a command: the resulting events, a *trade.Refusal, or a *trade.InvalidError. No
// events and no error says that there is nothing to do.
func Decide(p Payment, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "payment")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := life.Check(c.Name(), g, machine.At[Phase]{Phase: p.Phase, LastAt: p.LastAt, Party: true}); err != nil {
		return nil, err
	}
	return decideCommand(c, &p, &g, &f)
}

// New returns the payment of a stream that has no history yet.
func New(stream events.StreamID) Payment { return Payment{Stream: stream} }

// Apply folds one event into the state in place. A *trade.InvalidError says that the history cannot
// be that of a payment; the state is then unchanged.
func (p *Payment) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "payment")
	}
	to, err := life.Step(p.Phase, e.Kind())
	if err != nil {
		return err
	}
	if err := e.evolve(p); err != nil {
		return err
	}
	p.Phase, p.LastAt = to, trade.Later(p.LastAt, trade.Instant(at))
	return nil
}

// Evolve returns the payment after one more event; p itself is not changed.
func Evolve(p Payment, e Event, at time.Time) (Payment, error) {
	err := p.Apply(e, at)
	return p, err
}

// Replay returns the payment after more events, in their order; New is where a whole history begins.
// An event that cannot be is an *events.CorruptError; the state is then the one before it.
func Replay(p Payment, history []events.Recorded[Event]) (Payment, error) {
	return model.Continue(p.Stream, p, history)
}

// Model returns how the stream of a payment folds.
func Model() *events.Model[Payment, Event] { m := model; return &m }

var model = events.Model[Payment, Event]{
	Category: Category,
	New:      New,
	Evolve:   (*Payment).Apply,
	Encode:   EncodeEvent,
	Decode:   DecodeEvent,
}
