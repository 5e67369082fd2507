package ordertest

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// chance decides: it returns a number from 0 to n-1.
type chance func(n int) int

func one[T any](c chance, list ...T) T { return list[c(len(list))] }

// PlayerConfig is what a Player plays with.
type PlayerConfig struct {
	// Name is in the ids of the orders, entrustments and commands. Players of one log need
	// different names; 0 is one of them.
	Name byte
	// Orders is the number of assurance orders, each with an entrustment. Without any, what
	// belongs to them is left alone too: entrustments, services and assurance lines.
	Orders int
	// Sales is the number of pay-later orders. Without any, quotas and funds are left alone.
	Sales int
	// LeaveShared addresses no command to what several orders share: services, lines, quotas and
	// funds. What a command on an order writes there is written all the same.
	LeaveShared bool
	// NoCompensation rules disputes without compensation out of the seller's line.
	NoCompensation bool
}

// Player makes up commands: mostly the next sensible step of one of its orders, or of what
// belongs to it, and now and then any command by anybody. It looks at the orders on the desk of
// its fixture and puts the fixture's clock forward, or a little back; it executes nothing itself
// but for Open. The traders are the people of the kit: Seller and OtherSeller with Buyer and
// OtherBuyer, Merchant and OtherMerchant with Shopper and OtherShopper.
type Player struct {
	*Fixture
	// Orders, Entrustments and Sales are what is played with. A test may put others in.
	Orders       []trade.ID
	Entrustments []order.EntrustmentID
	Sales        []trade.ID

	config   PlayerConfig
	chance   chance
	serial   int // counts the commands that were made up
	made     Request
	reported map[trade.ID][]*reportedPayment // the payments that were reported, by order
}

// NewPlayer returns a player on a desk. All that a player leaves to chance it takes from pick,
// which returns a number from 0 to n-1: the same numbers on an equal log make the same commands.
func NewPlayer(f *Fixture, pick func(n int) int, config PlayerConfig) *Player {
	p := &Player{Fixture: f, config: config, chance: pick}
	for i := range config.Orders {
		p.Orders = append(p.Orders, trade.ID{0: 1, 1: config.Name, 6: 0x70, 8: 0x80, 15: byte(i + 1)})
		p.Entrustments = append(p.Entrustments, order.EntrustmentID("E"+p.named(i+1)))
	}
	for i := range config.Sales {
		p.Sales = append(p.Sales, trade.ID{0: 2, 1: config.Name, 6: 0x70, 8: 0x80, 15: byte(i + 1)})
	}
	return p
}

// named is a number that other players do not have.
func (p *Player) named(n int) string {
	if p.config.Name == 0 {
		return strconv.Itoa(n)
	}
	return string(rune(p.config.Name)) + strconv.Itoa(n)
}

// Open activates the sellers and opens the lines of the merchants, none of which may have been
// done before, and takes most orders to where something can happen to them.
func (p *Player) Open() *Player {
	p.t.Helper()
	if len(p.Orders) > 0 {
		p.openOrders()
	}
	if len(p.Sales) > 0 {
		p.openSales()
	}
	return p
}

// Next returns the next command, under an ID that follows from the player's name and from how
// many there were.
func (p *Player) Next() desk.Command {
	p.t.Helper()
	p.passTime()
	id := p.nextID()
	by, r := p.next()
	if p.chance(4) == 0 {
		by, r = one(p.chance, Everybody()...), p.any()
	}
	p.made = r
	return desk.Command{ID: id, By: by, Do: r.Action()}
}

// Request returns what the command of the last Next asks for.
func (p *Player) Request() Request { return p.made }

// Every returns one of each command of everything that is played with, sensible or not.
func (p *Player) Every() (list []Request) {
	if len(p.Orders) > 0 {
		list = p.everyOfOrders()
	}
	if len(p.Sales) > 0 {
		list = append(list, p.everyOfSales()...)
	}
	return list
}

// nextID derives the ID of each command from how many there were, so that the same picks make
// the same log.
func (p *Player) nextID() uuid.UUID {
	p.serial++
	return desk.CommandID(Start, "ordertest", p.named(p.serial))
}

// passTime has time go on before some commands, or a little back.
func (p *Player) passTime() {
	if p.chance(4) == 0 {
		p.Clock.Advance(one(p.chance, time.Millisecond, time.Hour, Day, Day, 4*Day, 8*Day, 16*Day, 31*Day, -3*time.Second, -time.Hour))
	}
}

// onOrders picks whether to go on with the assurance orders or with the pay-later ones.
func (p *Player) onOrders() bool {
	return len(p.Sales) == 0 || len(p.Orders) > 0 && p.chance(2) == 0
}

// next is the next sensible step of something, by whoever may take it.
func (p *Player) next() (trade.Actor, Request) {
	if p.onOrders() {
		return p.nextOfOrders()
	}
	return p.nextOfSales()
}

// any is any command on anything.
func (p *Player) any() Request {
	if p.onOrders() {
		return one(p.chance, p.everyOfOrders()...)
	}
	return one(p.chance, p.everyOfSales()...)
}

// deadline is a deadline that runs, or the zero time.
func (p *Player) deadline() time.Time {
	if p.onOrders() {
		return p.deadlineOfOrders()
	}
	return p.deadlineOfSales()
}

// among picks one of n cases, of which only the first few leave alone what orders share.
func (p *Player) among(n, own int) int {
	i := p.chance(n)
	if p.config.LeaveShared {
		i = min(i, own-1)
	}
	return i
}
