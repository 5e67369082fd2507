package funds

import (
	"slices"
	"strings"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/machine"
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
	Roles   []order.Role
	Phases  []Phase
	Rule    order.Rule
	Makes   []Kind
}

// permissions is what may be asked of a balance. What it does not allow is denied. See
// TestMatrix.
var permissions = []Permission{
	// credit
	permit(Credit{}, by(order.Desk), in(PhaseNone, PhaseOpen), order.RuleB8, KindCredited),
	permit(Debit{}, by(order.Desk), in(PhaseOpen), order.RuleD50, KindDebited),

	// card
	permit(BindCard{}, by(order.Seller), in(PhaseNone, PhaseOpen), order.RuleB10, KindCardBound),
	permit(UnbindCard{}, by(order.Seller), in(PhaseOpen), order.RuleB10, KindCardUnbound),

	// withdraw
	permit(Withdraw{}, by(order.Seller), in(PhaseOpen), order.RuleB10, KindWithdrawalRequested),
	permit(WithdrawQuota{}, by(order.Seller), in(), order.RuleB6),
	permit(SettleWithdrawal{}, by(order.Platform), in(PhaseOpen), order.RuleD57, KindWithdrawalSettled),
	permit(FailWithdrawal{}, by(order.Platform), in(PhaseOpen), order.RuleD57, KindWithdrawalFailed),

	// charge
	permit(PayCharge{}, by(order.Seller), in(PhaseOpen), order.RuleB14, KindChargePaid),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...order.Role) []order.Role { return roles }

func permit(c Command, roles []order.Role, phases []Phase, rule order.Rule, makes ...Kind) Permission {
	return Permission{Command: c.Name(), Roles: roles, Phases: phases, Rule: rule, Makes: makes}
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
