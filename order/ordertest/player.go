package ordertest

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// chance returns a random number from 0 to n-1.
type chance func(n int) int

func one[T any](c chance, list ...T) T { return list[c(len(list))] }

// PlayerConfig are the settings of a Player.
type PlayerConfig struct {
	// Name is part of the ids of the orders, entrustments and commands. Players on one log need different
	// names; 0 is a name too.
	Name byte
	// Orders is the number of assurance orders, each with an entrustment. If it is 0, the player issues no
	// commands on entrustments, services and assurance lines either.
	Orders int
	// PayLaterOrders is the number of pay-later orders. If it is 0, the player issues no commands on quotas and funds.
	PayLaterOrders int
	// LeaveShared excludes commands on what several orders share: services, lines, quotas and funds. Commands
	// on orders still write to those streams.
	LeaveShared bool
	// NoCompensation excludes rulings with compensation from the seller's line.
	NoCompensation bool
}

// Player generates commands: mostly a sensible next command on one of its orders, or on a stream related to it, and
// sometimes an arbitrary command by an arbitrary actor. It reads the orders from the desk of its fixture and moves the
// fixture's clock forwards, or sometimes a little backwards. Only Open executes commands. The actors are those of the
// kit: Seller and OtherSeller with Buyer and OtherBuyer, Merchant and OtherMerchant with Shopper and OtherShopper.
type Player struct {
	*Fixture
	// Orders, Entrustments and PayLaterOrders are the targets of the commands. A test may replace them.
	Orders         []trade.ID
	Entrustments   []order.EntrustmentID
	PayLaterOrders []trade.ID

	config   PlayerConfig
	chance   chance
	serial   int // the number of generated commands
	made     Request
	reported map[trade.ID][]*reportedPayment // the payments that were reported, by order
}

// NewPlayer returns a player on a desk. The player takes all random numbers from pick, which returns a number from 0 to
// n-1: the same numbers on an equal log generate the same commands.
func NewPlayer(f *Fixture, pick func(n int) int, config PlayerConfig) *Player {
	p := &Player{Fixture: f, config: config, chance: pick}
	for i := range config.Orders {
		p.Orders = append(p.Orders, trade.ID{0: 1, 1: config.Name, 6: 0x70, 8: 0x80, 15: byte(i + 1)})
		p.Entrustments = append(p.Entrustments, order.EntrustmentID("E"+p.named(i+1)))
	}
	for i := range config.PayLaterOrders {
		p.PayLaterOrders = append(p.PayLaterOrders, trade.ID{0: 2, 1: config.Name, 6: 0x70, 8: 0x80, 15: byte(i + 1)})
	}
	return p
}

// named returns a number as text, with the player's name, so that no other player has it.
func (p *Player) named(n int) string {
	if p.config.Name == 0 {
		return strconv.Itoa(n)
	}
	return string(rune(p.config.Name)) + strconv.Itoa(n)
}

// Open activates the sellers, opens the lines of the merchants, and brings most orders to different phases. The sellers
// and lines must be new.
func (p *Player) Open() *Player {
	p.t.Helper()
	if len(p.Orders) > 0 {
		p.openOrders()
	}
	if len(p.PayLaterOrders) > 0 {
		p.openPayLater()
	}
	return p
}

// Next returns the next command. Its ID derives from the player's name and the number of commands before it.
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

// Request returns the request of the last Next.
func (p *Player) Request() Request { return p.made }

// Every returns one of each command on each kind of target, sensible or not.
func (p *Player) Every() (list []Request) {
	if len(p.Orders) > 0 {
		list = p.everyOfOrders()
	}
	if len(p.PayLaterOrders) > 0 {
		list = append(list, p.everyOfPayLater()...)
	}
	return list
}

// nextID derives the ID of each command from its serial number, so that the same numbers of pick write the same log.
func (p *Player) nextID() uuid.UUID {
	p.serial++
	return desk.CommandID(Start, "ordertest", p.named(p.serial))
}

// passTime moves the clock before some commands, forwards or a little backwards.
func (p *Player) passTime() {
	if p.chance(4) == 0 {
		p.Clock.Advance(one(p.chance, time.Millisecond, time.Hour, Day, Day, 4*Day, 8*Day, 16*Day, 31*Day, -3*time.Second, -time.Hour))
	}
}

// onOrders picks between the assurance orders and the pay-later orders.
func (p *Player) onOrders() bool {
	return len(p.PayLaterOrders) == 0 || len(p.Orders) > 0 && p.chance(2) == 0
}

// next returns a sensible next request, with an actor who may issue it.
func (p *Player) next() (trade.Actor, Request) {
	if p.onOrders() {
		return p.nextOfOrders()
	}
	return p.nextOfPayLater()
}

// any returns an arbitrary request.
func (p *Player) any() Request {
	if p.onOrders() {
		return one(p.chance, p.everyOfOrders()...)
	}
	return one(p.chance, p.everyOfPayLater()...)
}

// deadline returns the open deadline of some order, or the zero time.
func (p *Player) deadline() time.Time {
	if p.onOrders() {
		return p.deadlineOfOrders()
	}
	return p.deadlineOfPayLater()
}

// among picks one of n cases. Under LeaveShared it picks one of the first own cases, which do not address shared
// streams.
func (p *Player) among(n, own int) int {
	i := p.chance(n)
	if p.config.LeaveShared {
		i = min(i, own-1)
	}
	return i
}
