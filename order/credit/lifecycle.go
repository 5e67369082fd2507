package credit

import (
	"slices"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/machine"
)

// Phase is where a line stands in its life.
type Phase uint8

// The phases of a line. Stored: add phases, never renumber them.
const (
	// PhaseNone is the phase of a line that was never assessed. Its limit is zero.
	PhaseNone Phase = iota
	// PhaseActive: the line takes holds up to what is available.
	PhaseActive
	// PhaseSuspended: the line takes no new holds; the ones it has go on.
	PhaseSuspended
)

var phaseNames = [...]string{"none", "active", "suspended"}

// String returns the phase's name, such as "active".
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// steps is the life of a line: which fact moves it from where to where. It is the only place
// that says so; the machine and the diagram are made from it. See TestStepsAreTheMachine.
var steps = []machine.Step[Phase, Kind]{
	// assess
	{Event: KindLimitAssessed, From: in(PhaseNone), To: PhaseActive},
	{Event: KindLimitAssessed, From: in(PhaseActive, PhaseSuspended), Stay: true},
	{Event: KindLineSuspended, From: in(PhaseActive), To: PhaseSuspended},
	{Event: KindLineResumed, From: in(PhaseSuspended), To: PhaseActive},

	// hold
	{Event: KindHeld, From: in(PhaseActive), Stay: true},
	{Event: KindHoldAdjusted, From: in(PhaseActive, PhaseSuspended), Stay: true},
	{Event: KindReleased, From: in(PhaseActive, PhaseSuspended), Stay: true},

	// claim
	{Event: KindClaimPosted, From: in(PhaseActive, PhaseSuspended), Stay: true},
	{Event: KindClaimRepaid, From: in(PhaseActive, PhaseSuspended), Stay: true},
}

// Permission says who may ask for a command, in which phases, which rule refuses it elsewhere
// and to others, and which facts may come of it.
type Permission struct {
	Command string
	Roles   []order.Role
	Phases  []Phase
	Rule    order.Rule
	Makes   []Kind
}

// permissions is what may be asked of a line. What it does not allow is denied. See TestMatrix.
var permissions = []Permission{
	// assess
	permit(AssessLimit{}, by(order.Platform), in(PhaseNone, PhaseActive, PhaseSuspended), order.RuleD6, KindLimitAssessed),
	permit(Suspend{}, by(order.Platform), in(PhaseActive), order.RuleD6, KindLineSuspended),
	permit(Resume{}, by(order.Platform), in(PhaseSuspended), order.RuleD6, KindLineResumed),

	// hold
	permit(Hold{}, by(order.Desk), in(PhaseActive), order.RuleD3, KindHeld),
	permit(Adjust{}, by(order.Desk), in(PhaseActive, PhaseSuspended), order.RuleD5, KindHoldAdjusted),
	permit(Release{}, by(order.Desk), in(PhaseActive, PhaseSuspended), order.RuleD5, KindReleased),

	// claim
	permit(Claim{}, by(order.Desk), in(PhaseActive, PhaseSuspended), order.RuleD8, KindClaimPosted),
	permit(RepayClaim{}, by(order.Platform), in(PhaseActive, PhaseSuspended), order.RuleD8, KindClaimRepaid),
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

// lifecycle is the machine of a line. It is made once from the steps and never changes.
var lifecycle = mustTable(machine.New(PhaseNone, steps))

// mustTable panics if the steps above contradict each other: the program is broken then,
// whatever its input.
func mustTable(t *machine.Table[Phase, Kind], err error) *machine.Table[Phase, Kind] {
	if err != nil {
		panic(err)
	}
	return t
}

// Table returns the machine of a line.
func Table() *machine.Table[Phase, Kind] { return lifecycle }

// Diagram returns the phases of a line as a Mermaid state diagram.
func Diagram() string { return lifecycle.Mermaid() }
