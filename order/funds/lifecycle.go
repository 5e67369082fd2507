package funds

import (
	"slices"
	"strings"

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

var phaseNames = [...]string{"none", "open"}

// String returns the phase's name, such as "open".
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// steps is the life of a balance: which fact moves it from where to where. It is the only place
// that says so; the machine and the diagram are made from it. See TestStepsAreTheMachine.
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

// Permission says who may ask for a command, in which phases, which rule refuses it elsewhere
// and to others, and which facts may come of it. A command of a seller is only ever the
// merchant's own.
type Permission struct {
	Command string
	Roles   []trade.Role
	Phases  []Phase
	Rule    rule.ID
	Makes   []Kind
}

// permissions is what may be asked of a balance. What it does not allow is denied. See
// TestMatrix.
var permissions = []Permission{
	// credit
	permit(Credit{}, by(trade.Desk), in(PhaseNone, PhaseOpen), rule.B8, KindCredited),
	permit(Debit{}, by(trade.Desk), in(PhaseOpen), rule.D50, KindDebited),

	// card
	permit(BindCard{}, by(trade.Seller), in(PhaseNone, PhaseOpen), rule.B10, KindCardBound),
	permit(UnbindCard{}, by(trade.Seller), in(PhaseOpen), rule.B10, KindCardUnbound),

	// withdraw
	permit(Withdraw{}, by(trade.Seller), in(PhaseOpen), rule.B10, KindWithdrawalRequested),
	permit(WithdrawQuota{}, by(trade.Seller), in(), rule.B6),
	permit(SettleWithdrawal{}, by(trade.Platform), in(PhaseOpen), rule.D57, KindWithdrawalSettled),
	permit(FailWithdrawal{}, by(trade.Platform), in(PhaseOpen), rule.D57, KindWithdrawalFailed),

	// charge
	permit(PayCharge{}, by(trade.Seller), in(PhaseOpen), rule.B14, KindChargePaid),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, ruleID rule.ID, makes ...Kind) Permission {
	return Permission{Command: c.Name(), Roles: roles, Phases: phases, Rule: ruleID, Makes: makes}
}

// permissionOf returns the row of that command. Every command has one, see TestPermissions, and
// the table is short enough to be read from the top; a command without a row would be denied.
func permissionOf(command string) *Permission {
	for i := range permissions {
		if permissions[i].Command == command {
			return &permissions[i]
		}
	}
	return &Permission{Command: command}
}

// Permissions returns a copy of the table of commands.
func Permissions() []Permission {
	rows := slices.Clone(permissions)
	for i := range rows {
		p := &rows[i]
		p.Roles, p.Phases, p.Makes = slices.Clone(p.Roles), slices.Clone(p.Phases), slices.Clone(p.Makes)
	}
	return rows
}

// lifecycle is the machine of a balance. It is made once from the steps and never changes.
var lifecycle = mustTable(machine.New(PhaseNone, steps))

// mustTable panics if the steps above contradict each other: the program is broken then,
// whatever its input.
func mustTable(t *machine.Table[Phase, Kind], err error) *machine.Table[Phase, Kind] {
	if err != nil {
		panic(err)
	}
	return t
}

// Table returns the machine of a balance.
func Table() *machine.Table[Phase, Kind] { return lifecycle }

// Diagram returns the phases of a balance as a Mermaid state diagram.
func Diagram() string {
	// A phase that no step leaves is drawn to the end, which a balance does not have.
	return strings.TrimSuffix(lifecycle.Mermaid(), "    open --> [*]\n")
}
