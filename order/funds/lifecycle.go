package funds

import (
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is where a balance stands in its life.
type Phase uint8

// The phases of a balance. Stored: add phases, never renumber them.
const (
	// PhaseNone is the phase of a balance to which nothing has happened.
	PhaseNone Phase = iota
	// PhaseOpen: the merchant has received funds or bound a card. It does not end.
	PhaseOpen
)

// phases names the phases: on the wire, and for people in both languages.
var phases = machine.Names{
	{"none", "still empty", "尚无款项"},
	{"open", "open", "已有款项"},
}

// String returns the phase's name, such as "open".
func (p Phase) String() string { return phases.Name(uint8(p)) }

// Text returns the phase as a sentence has it, such as "still empty" or "尚无款项".
func (p Phase) Text(lang rule.Lang) string { return phases.Text(uint8(p), lang) }

// steps says which event moves a balance from where to where. It is the only place that does; the
// machine and the diagram are made from it. See TestAggregate.
var steps = []machine.Step[Phase, Kind]{
	// credit
	{Event: KindCredited, From: in(PhaseNone), To: PhaseOpen},
	{Event: KindCredited, From: in(PhaseOpen), Stay: true},
	{Event: KindDebited, From: in(PhaseOpen), Stay: true},

	// card
	{Event: KindCardBound, From: in(PhaseNone), To: PhaseOpen},
	{Event: KindCardBound, From: in(PhaseOpen), Stay: true},
	{Event: KindCardUnbound, From: in(PhaseOpen), Stay: true},

	// withdraw
	{Event: KindWithdrawalRequested, From: in(PhaseOpen), Stay: true},
	{Event: KindWithdrawalSettled, From: in(PhaseOpen), Stay: true},
	{Event: KindWithdrawalFailed, From: in(PhaseOpen), Stay: true},

	// charge
	{Event: KindChargePaid, From: in(PhaseOpen), Stay: true},
}

// permits says which role may issue which command, in which phases. What it does not allow is
// denied. See TestMatrix.
var permits = []machine.Permit[Phase, Kind]{
	// credit
	permit(Credit{}, by(trade.Desk), in(PhaseNone, PhaseOpen), rule.B8, KindCredited),
	permit(Debit{}, by(trade.Desk), in(PhaseOpen), rule.D50, KindDebited),

	// card
	permit(BindCard{}, by(trade.Seller), in(PhaseNone, PhaseOpen), rule.B10, KindCardBound),
	permit(UnbindCard{}, by(trade.Seller), in(PhaseOpen), rule.B10, KindCardUnbound),

	// withdraw
	permit(Withdraw{}, by(trade.Seller), in(PhaseOpen), rule.B10, KindWithdrawalRequested),
	permit(WithdrawQuota{}, by(trade.Seller), in(PhaseNone, PhaseOpen), rule.B6),
	permit(SettleWithdrawal{}, by(trade.Platform), in(PhaseOpen), rule.D57, KindWithdrawalSettled).AsFact(),
	permit(FailWithdrawal{}, by(trade.Platform), in(PhaseOpen), rule.D57, KindWithdrawalFailed).AsFact(),

	// charge
	permit(PayCharge{}, by(trade.Seller), in(PhaseOpen), rule.B14, KindChargePaid),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, id rule.ID, makes ...Kind) machine.Permit[Phase, Kind] {
	return machine.Permit[Phase, Kind]{Command: c.Name(), Roles: roles, Phases: phases, Rule: id, Makes: makes}
}

var life = machine.Must(machine.NewLife("balance", "货款账户", PhaseNone, steps, permits))

// Life returns the two tables of a balance, and the machine and the diagram made from them. It is
// drawn with machine.WithoutEnd, for a balance does not end.
func Life() *machine.Life[Phase, Kind] { return life }
