package reservation

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix reservation -view Reservation -dispatch decide

// Use is what a number is for. It is the category of the number's stream.
type Use string

// The uses. A receiving account belongs to an order, a declaration number to an entrustment.
const (
	ReceivingAccount  Use = "receiving_account"
	DeclarationNumber Use = "declaration"
)

// Rule returns the rule that wants the number unique.
func (u Use) Rule() rule.ID {
	if u == ReceivingAccount {
		return rule.A11
	}
	return rule.D43
}

// checkOwner returns a *trade.InvalidError for an owner that nothing of the kind can be: nobody
// could meet their own reservation then.
func (u Use) checkOwner(owner string) error {
	if u == ReceivingAccount {
		_, err := trade.ParseID(owner)
		return err
	}
	return trade.CheckID("owner", owner)
}

// Reservation is the folded state of a number: who owns it, if anybody does. It is a value.
type Reservation struct {
	Use    Use
	Number string
	Phase  Phase
	LastAt time.Time // the instant of the reservation
	Owner  string    // empty as long as the number is free
}

// Facts is what other streams say; a reservation needs nothing of it.
type Facts struct{}

// Command is a request to a number. There is one: it is Reserve.
type Command interface {
	// Name is the command's wire name.
	Name() string
	check() error
	decide(r *Reservation, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is an event in the life of a number. There is one: it is Reserved.
type Event interface {
	// Kind distinguishes the events; its String is the wire name.
	Kind() Kind
	check() error
	evolve(r *Reservation)
}

// Reserve claims the number for its owner: the id of an order or an entrustment.
type Reserve struct {
	Owner string `json:"owner"`
}

func (c Reserve) check() error { return Reserved(c).check() }

func (c Reserve) decide(r *Reservation, _ *trade.Given, _ *Facts) ([]Event, error) {
	if r.Owner == c.Owner {
		return nil, nil
	}
	if r.Owner != "" {
		return nil, trade.Refuse(r.Use.Rule(), c.Name(), r.Phase.String()).
			Says("the number belongs to somebody else", "该号码已被占用")
	}
	return []Event{Reserved(c)}, nil
}

// Reserved says who owns the number for good.
// Stored: add fields, never rename or remove.
type Reserved struct {
	Owner string `json:"owner"`
}

func (e Reserved) check() error {
	if e.Owner == "" {
		return trade.Invalid("owner", "must not be empty")
	}
	return nil
}

func (e Reserved) evolve(r *Reservation) { r.Owner = e.Owner }

// Decide answers a command: the resulting events, a *trade.Refusal, or a *trade.InvalidError. No
// events and no error says that the owner has the number already.
func Decide(r Reservation, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "reservation")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := life.Check(c.Name(), g, machine.At[Phase]{Phase: r.Phase, LastAt: r.LastAt, Party: true}); err != nil {
		return nil, err
	}
	return decideCommand(c, &r, &g, &f)
}

// Stream returns the stream of a number. A malformed one is a *trade.InvalidError.
func Stream(u Use, number string) (events.StreamID, error) {
	if err := trade.CheckID(string(u), number); err != nil {
		return "", err
	}
	return events.Stream(string(u), number)
}

// New returns a number that nobody has reserved.
func New(u Use, number string) Reservation { return Reservation{Use: u, Number: number} }

// Apply folds one event into the state in place. A *trade.InvalidError says that the history
// cannot be that of a number: a second reservation, or an owner that nothing can be.
func (r *Reservation) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "reservation")
	}
	to, err := life.Step(r.Phase, e.Kind())
	if err != nil {
		return err
	}
	if err := r.Use.checkOwner(e.(Reserved).Owner); err != nil {
		return err
	}
	e.evolve(r)
	r.Phase, r.LastAt = to, trade.Later(r.LastAt, at)
	return nil
}

// Evolve returns the reservation after one more event; r itself is not changed.
func Evolve(r Reservation, e Event, at time.Time) (Reservation, error) {
	err := r.Apply(e, at)
	return r, err
}

// Replay returns the reservation after more events, in their order; New is where a whole history
// begins. An event that cannot be is an *events.CorruptError; the state is then the one before it.
func Replay(r Reservation, history []events.Recorded[Event]) (Reservation, error) {
	stream, _ := Stream(r.Use, r.Number)
	return Model(r.Use).Continue(stream, r, history)
}

// Model returns how the streams of that use fold.
func Model(u Use) *events.Model[Reservation, Event] {
	return &events.Model[Reservation, Event]{
		Category: string(u),
		New: func(stream events.StreamID) Reservation {
			number, _ := stream.Key()
			return New(u, number)
		},
		Evolve: (*Reservation).Apply,
		Encode: EncodeEvent,
		Decode: DecodeEvent,
	}
}
